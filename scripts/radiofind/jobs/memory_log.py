"""Log how much memory a job has used, as the system counts it."""

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
    """Log the most memory that this process has held; nothing where the system does not tell (macOS).

    Notes
    -----
    Not by ``getrusage``, which also counts what the process that started this one held at that moment.
    """
    found = HIGHEST.search(STATUS.read_text()) if STATUS.exists() else None
    if found:
        _log("script", int(found[1]))


def log_peak_of_program(name: str) -> None:
    """Log the most memory that a program held that this process ran; at least what this one held then.

    Parameters
    ----------
    name
        One word for the program.
    """
    _log(name, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)


def _log(name: str, kib: int) -> None:
    """Log a size; `job_costs` reads it."""
    logger.info("%s used at most %d MiB of memory", name, -(-kib // KIB_IN_MIB))
