"""Run the scripts of jobs in forks of a process that has imported their libraries: half of a job is imports.

Each job is still a process of its own, with the folder, the environment and the streams that Snakemake gives
it, and so is the PyBDSF that it starts. As a program, ``forked_jobs.py SOCKET`` waits for those who ask for
scripts to be run (see `ask_fork`).
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr
from io import RawIOBase, StringIO

LIBRARIES = [
    "keras",
    "pandas",
    "pyarrow.parquet",
    "astropy.table",
    "astropy.wcs",
    "h5py",
    "scipy.ndimage",
    "scipy.spatial",
    "dask",
    "pydantic",
    "jinja2",
    "matplotlib.backends.backend_svg",
    "snakemake.script",
]
"""What jobs import of others; what is ours they import from their own repository."""
FIGURES = "FIGURES_ARE_DRAWN"
"""Variable without which the figures of a report are blank: to draw them takes most of its time."""
GRAPHS = "GRAPHS_ARE_BUILT"
"""Variable without which TensorFlow builds no graphs: for a tiny network, that takes longer than the rest."""
PYBDSF = "pybdsf_process.py"


def serve(path: str) -> None:
    """Wait for scripts, and run each in a fork; end with the process that has started this one."""
    import importlib
    import signal

    # Here, since the forks find modules where their jobs do.
    from loaded import hide_libraries

    sys.modules["matplotlib"] = None  # for PyBDSF, as in its own process
    with redirect_stderr(StringIO()):
        importlib.import_module("bdsf")
    del sys.modules["matplotlib"]
    for name in LIBRARIES:
        importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    _end_at_end_of(sys.stdin.buffer.raw)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        while True:
            connection, _address = listener.accept()
            if os.fork() == 0:
                listener.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                _be_job(connection, hide_libraries)
            connection.close()


def _be_job(connection: socket.socket, hide: Callable[[], None]) -> None:
    """Run the script that is asked for, say how it ended, and end; hide what the script has not loaded."""
    import atexit
    import functools
    import runpy

    from matplotlib.figure import Figure
    from threadpoolctl import threadpool_limits

    _received, (folder, *streams), _flags, _address = socket.recv_fds(connection, 5, 3)
    with connection.makefile("rb") as asked:
        script, *variables = asked.read(int(asked.readline())).split(b"\0")
    for number, stream in enumerate(streams, start=1):
        os.dup2(stream, number)
        os.close(stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.fchdir(folder)
    os.close(folder)
    take_environment(dict(os.fsdecode(variable).split("=", 1) for variable in variables))
    _end_at_end_of(connection)
    threadpool_limits(int(os.environ["OMP_NUM_THREADS"]))
    if GRAPHS not in os.environ:
        sys.modules["tensorflow"].config.run_functions_eagerly(True)
    hide()
    subprocess.run = functools.partial(_fork_pybdsf, subprocess.run)
    if FIGURES not in os.environ:
        Figure.savefig = _leave_blank
    code = 0
    try:
        runpy.run_path(os.fsdecode(script), run_name="__main__")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        code = 1
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    connection.sendall(str(code).encode())
    os._exit(code)


def _fork_pybdsf(start: Callable, command: list[str], **options: object) -> subprocess.CompletedProcess:
    """Run PyBDSF in a fork, and every other program as `subprocess.run`, in whose place this is."""
    import multiprocessing
    import runpy

    if not any(str(part).endswith(PYBDSF) for part in command):
        return start(command, **options)
    _python, _flag, program, folder = command

    def be_pybdsf() -> None:
        sys.argv = [program, folder]
        runpy.run_path(program, run_name="__main__")

    process = multiprocessing.get_context("fork").Process(target=be_pybdsf)
    process.start()
    process.join(options["timeout"])
    if process.exitcode is None:
        process.kill()
        process.join()
        raise subprocess.TimeoutExpired(command, options["timeout"])
    return subprocess.CompletedProcess(command, process.exitcode)


def _leave_blank(_figure: object, stream: StringIO, **_options: object) -> None:
    """Write a figure without anything in it, in the place of matplotlib."""
    stream.write('<svg xmlns="http://www.w3.org/2000/svg"/>')


def _end_at_end_of(stream: RawIOBase | socket.socket) -> None:
    """Let this process end as soon as nobody holds the other end of a stream."""
    read = stream.recv if isinstance(stream, socket.socket) else stream.read

    def wait() -> None:
        read(1)
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def take_environment(environment: Mapping[str, str]) -> None:
    """Give this process the environment of another, and the path on which modules are found there."""
    os.environ.clear()
    os.environ.update(environment)
    added = filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))
    own = (sys.prefix, sys.base_prefix)
    sys.path[:] = [*added, *(path for path in sys.path if path.startswith(own))]


if __name__ == "__main__":
    serve(sys.argv[1])
