"""Start Snakemake from a process that has imported it already: importing it takes longer than most plans.

Each run is still a process of its own. It is forked from one that has done nothing but import, and so it sees
neither what other runs have done to theirs nor what the tests have.
"""

from __future__ import annotations

import atexit
import functools
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path

from workflow.forked_jobs import take_environment

IMPORTED = [
    "snakemake.cli",
    "snakemake.profiles",
    "snakemake.report.html_reporter",
    "nbformat",
    "smart_open",
    "rich.console",
    "pandas",
    "pyarrow.dataset",
    "pyarrow.parquet",
    "astropy.table",
    "astropy.wcs",
]
"""Before any run. Nothing of ours: a run imports that from its own repository."""

PROGRAM = Path(__file__).with_name("forked_jobs.py")
ASKING = Path(__file__).with_name("ask_fork.py")
FORKS = "JOBS_ARE_FORKED_BY"
"""Variable with the socket of the process that forks jobs, for a run whose jobs may be forks."""
APART = "JOBS_APART"
"""Variable with the rules whose jobs are processes of their own all the same."""


@functools.cache
def started_forks() -> str:
    """Start the process that forks jobs, once, and return its socket; it ends with this process."""
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    path = f"{folder.name}/forks"
    process = subprocess.Popen([sys.executable, PROGRAM, path], stdin=subprocess.PIPE)
    while not Path(path).exists():
        assert process.poll() is None
        time.sleep(0.05)
    return path


class Forked:
    """A run of Snakemake, with what is asked of a `subprocess.Popen`."""

    def __init__(self, arguments: Sequence[str], output: Path, cwd: Path, environment: Mapping[str, str]):
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(IMPORTED)
        given = (list(arguments), str(output), str(cwd), dict(environment))
        self._process: BaseProcess = context.Process(target=_be_snakemake, args=given)
        self._process.start()
        self.pid = self._process.pid

    def poll(self) -> int | None:
        """Return the exit code, or None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end, and return the exit code."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("snakemake", timeout)
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send a signal to this process alone."""
        os.kill(self.pid, number)


def _be_snakemake(arguments: list[str], output: str, cwd: str, environment: dict[str, str]) -> None:
    """Do what the program ``snakemake`` does, in a group of processes of its own."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    stream = os.open(output, os.O_WRONLY | os.O_APPEND)
    os.dup2(stream, 1)
    os.dup2(stream, 2)
    os.chdir(cwd)
    take_environment(environment)
    sys.argv = ["snakemake", *arguments]
    from snakemake.cli import main
    from snakemake.script import PythonScript

    if FORKS in environment:
        PythonScript.execute_script = functools.partialmethod(_fork_script, PythonScript.execute_script)
    main()


def _fork_script(script, start: Callable, fname: str, edit: bool = False) -> None:
    """Run the script of a job in a fork; in the place of the method of Snakemake that starts Python."""
    if Path(fname).suffixes[-2].removeprefix(".") in os.environ[APART].split():
        start(script, fname, edit)
        return
    command = "{python:q} -I -S {program:q} {forks:q} {fname:q}"
    names = {"python": sys.executable, "program": ASKING, "forks": os.environ[FORKS], "fname": fname}
    script._execute_cmd(command, **names)
