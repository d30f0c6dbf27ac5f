"""Say in a line why a job has failed."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

from radiofind.jobs.retries import QUARANTINED
from radiofind.mosaics.blocks import tiles_in
from radiofind.workflow.lines import LONGEST_LINE, shorten
from radiofind.workflow.progress import Job

SHORTEST_REASON = 40
"""Characters that a reason has at least, however long the path of the log is."""
END_OF_LOG = 64 * 1024
"""Bytes at the end of a log that are read."""
TRACEBACK = "Traceback (most recent call last):"
STATUS = re.compile(r"returned non-zero exit status (\d+)|died with <Signals\.(\w+)")
"""What Snakemake says of the command of a job."""
HEAD = re.compile(r"WorkflowError(?: in file .*, line \d+)?:")
PLACE = '  File "'
"""How lines of an error begin that say where in the code it was raised."""
FIRST_SIGNAL = 128
"""A shell adds this to the number of the signal that ended a command."""


def describe_failure(job: Job, failures: int, *, retries: int, reason: str) -> str:
    """Return a line on a job that has failed.

    Parameters
    ----------
    job
        The job.
    failures
        How often it has failed in this run.
    retries
        How often a job is started again.
    reason
        Why it has failed.
    """
    tries = f" (try {failures} of {retries + 1})" if retries else ""
    start = f"{' '.join((job.rule, *job.names))} failed{tries}: "
    end = f"; see {job.log}" if job.log else ""
    return start + shorten(reason, max(SHORTEST_REASON, LONGEST_LINE - len(start) - len(end))) + end


def quarantine_lines(job: Job) -> Iterator[str]:
    """Yield a line for each tile that a job, which is done, has given up.

    Parameters
    ----------
    job
        The job.
    """
    output = Path(job.output)
    for tile in tiles_in(job.block) if job.block else ():
        note = output.with_name(f"{tile}{output.suffix}{QUARANTINED}")
        if note.is_file():
            names = " ".join((job.rule, *(name for name in job.names if name != job.block), tile))
            yield shorten(f"{names} in quarantine: {note.read_text().strip()}")


def why_failed(log: str | Path, told: str = "") -> str:
    """Return why a job has failed, on one line.

    Parameters
    ----------
    log
        The log of the job, which may be missing.
    told
        What Snakemake, or the cluster, says of it.
    """
    number, name = _exit_status(told)
    if name:
        return f"killed ({name})"
    return (
        _error_in(log) or (f"exit status {number}" if number else _first_line(told)) or "no reason is known"
    )


def is_interrupt(told: str) -> bool:
    """Return whether a job was ended by Ctrl-C."""
    return _exit_status(told)[1] == signal.SIGINT.name


def plain_error(text: str) -> str:
    """Return an error without the places in the code that Snakemake adds to it.

    Parameters
    ----------
    text
        The error as Snakemake shows it.
    """
    lines = [line for line in text.splitlines() if not line.startswith(PLACE)]
    return "\n".join(line for line in lines if not HEAD.fullmatch(line)) or text


def _exit_status(told: str) -> tuple[int, str]:
    """Return the exit status of the command of a job, and the name of the signal that ended it."""
    found = STATUS.search(told)
    if not found:
        return 0, ""
    number = int(found[1] or 0)
    if number > FIRST_SIGNAL and number - FIRST_SIGNAL in set(signal.Signals):
        return number, signal.Signals(number - FIRST_SIGNAL).name
    return number, found[2] or ""


def _error_in(log: str | Path) -> str:
    """Return the error that a log ends with; nothing without one."""
    try:
        with Path(log).open("rb") as stream:
            stream.seek(max(0, stream.seek(0, os.SEEK_END) - END_OF_LOG))
            text = stream.read().decode(errors="replace")
    except OSError:
        return ""
    _, traceback, rest = text.rpartition(TRACEBACK)
    lines = rest.splitlines() if traceback else []
    error = next((line for line in lines if line and not line.startswith(" ")), "")
    # Without the modules of the error, as `radiofind.errors.`.
    return re.sub(r"^(?:\w+\.)+(?=\w+(?::|$))", "", error)


def _first_line(text: str) -> str:
    """Return the first line that is not empty."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")
