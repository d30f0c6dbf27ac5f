"""Start Snakemake from a process that has imported it already: importing it takes longer than most plans.

Each run is still a process of its own. It is forked from one that has done nothing but import, and so it sees
neither what other runs have done to theirs nor what the tests have.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path

IMPORTED = [
    "snakemake.cli",
    "nbformat",
    "smart_open",
    "pandas",
    "pyarrow.parquet",
    "astropy.table",
    "astropy.wcs",
]
"""Before any run. Nothing of ours: a run imports that from its own repository."""


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
    os.environ.clear()
    os.environ.update(environment)
    added = filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))
    own = (sys.prefix, sys.base_prefix)
    sys.path[:] = [*added, *(path for path in sys.path if path.startswith(own))]
    sys.argv = ["snakemake", *arguments]
    from snakemake.cli import main

    main()
