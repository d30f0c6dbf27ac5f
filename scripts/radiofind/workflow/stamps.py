"""Tell without reading it that a file is another one than before."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def stamp_of(path: str | Path) -> list[int]:
    """Return bytes and time (s since 1970) of a file; nothing when there is none.

    Parameters
    ----------
    path
        The file. One that was copied with the time of its original may be older than what it replaces, so
        that it is not enough to ask whether it is newer than its results.
    """
    size, nanoseconds = status_of(path) or (None, 0)
    # Not all disks and ways to copy keep more than seconds.
    return [] if size is None else [size, nanoseconds // 10**9]


def stamps_of(paths: Iterable[str]) -> dict[str, list[int]]:
    """Return the stamps of files, by names that `reasons.STAMPED` knows."""
    return {f"file {path}": stamp_of(path) for path in paths}


def status_of(path: str | Path) -> tuple[int, int] | None:
    """Return bytes and time (ns since 1970) of a file; None when there is none."""
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns
