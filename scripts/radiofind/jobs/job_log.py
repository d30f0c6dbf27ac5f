"""Send everything that a job prints to its log file."""

from __future__ import annotations

import atexit
import logging
import os
import socket
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from radiofind.jobs.memory_log import log_peak

logger = logging.getLogger(__name__)


def log_to(path: str | Path) -> None:
    """Redirect standard output, standard error and the loggers of this process to a file.

    Parameters
    ----------
    path
        The log file, which is overwritten.

    Notes
    -----
    The first line says when and on which host the job started; `run_record.jobs_in` reads it. The last line
    gives the peak memory, which Snakemake samples too rarely (every 0.5 s, later every 30 s).

    The file descriptors are redirected, because compiled code (PyBDSF) and child processes bypass
    ``sys.stderr``.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o644)
    sys.stdout.flush()
    sys.stderr.flush()
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s", force=True
    )
    logger.info("started %s on %s", utc(time.time()), socket.gethostname())
    atexit.register(log_peak)


def utc(seconds: float) -> str:
    """Return a time in seconds since 1970 as ISO 8601 text in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
