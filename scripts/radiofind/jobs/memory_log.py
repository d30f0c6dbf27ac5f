"""Log the peak memory of a job, as counted by the operating system."""

from __future__ import annotations

import logging
import re
import resource
from pathlib import Path

logger = logging.getLogger(__name__)

STATUS = Path("/proc/self/status")
HIGHEST = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)
KIB_IN_MIB = 1024


def log_peak() -> None:
    """Log the peak memory of this process, where the system reports it (not on macOS).

    Notes
    -----
    ``getrusage`` is no alternative: its peak includes the memory of the parent process at the fork.
    """
    found = HIGHEST.search(STATUS.read_text()) if STATUS.exists() else None
    if found:
        _log("script", int(found[1]))


def log_peak_of_program(name: str) -> None:
    """Log the peak memory of a program that this process ran.

    Parameters
    ----------
    name
        The program, in one word.

    Notes
    -----
    The peak includes the memory of this process at the fork.
    """
    _log(name, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)


def _log(name: str, kib: int) -> None:
    """Log a peak; `job_costs` reads this line."""
    logger.info("%s used at most %d MiB of memory", name, -(-kib // KIB_IN_MIB))
