"""Detect that a file has changed without reading it, from its size and time."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def stamp_of(path: str | Path) -> list[int]:
    """Return the size (bytes) and time (s since 1970) of a file; empty if it does not exist.

    Parameters
    ----------
    path
        The file. A copy that keeps the time of its original may be older than the file it replaces, so it is
        not enough to check whether it is newer than its results.
    """
    size, nanoseconds = status_of(path) or (None, 0)
    # Not all file systems and copy programs keep fractions of a second.
    return [] if size is None else [size, nanoseconds // 10**9]


def stamps_of(paths: Iterable[str]) -> dict[str, list[int]]:
    """Return the stamps of files by path, with the prefix `reasons.STAMPED`."""
    return {f"file {path}": stamp_of(path) for path in paths}


def status_of(path: str | Path) -> tuple[int, int] | None:
    """Return the size (bytes) and time (ns since 1970) of a file; None if it does not exist."""
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns
