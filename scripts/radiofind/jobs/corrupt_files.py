"""Set aside files of the workflow that cannot be read, so that the next run makes them anew."""

from __future__ import annotations

import json
import logging
import sys
import zipfile
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from types import TracebackType

import pyarrow.parquet as pq
from astropy.io import fits

logger = logging.getLogger(__name__)

OURS = "results"
"""Folder of what the workflow makes; what the user gave is never moved."""


def watch_for_damage(
    inputs: Iterable[str], *, checks: Mapping[str, Callable[[Path], object]] | None = None
) -> None:
    """Look, when this process ends with an error, whether one of its inputs is to blame.

    Parameters
    ----------
    inputs
        Files that the process reads. Of these the ones that the workflow made itself and that cannot be read,
        as a crash of the machine may leave them, get the further suffix ``.damaged``.
    checks
        By suffix, what raises when a file of another format cannot be read.
    """
    sys.excepthook = partial(_look_for_damage, sys.excepthook, list(inputs), {**CHECKS, **(checks or {})})


def set_aside(path: str | Path, check: Callable[[Path], object] | None) -> Path | None:
    """Rename a file of the workflow that cannot be read.

    Parameters
    ----------
    path
        The file.
    check
        Raises when it cannot be read; None when there is no way to tell.

    Returns
    -------
    Path or None
        Its new name; None when it is whole, is missing, or is not one that the workflow made.
    """
    path = Path(path)
    if path.is_absolute() or path.parts[0] != OURS or check is None or not path.is_file():
        return None
    try:
        check(path)
    except Exception as error:  # readers raise errors of many kinds when a file is damaged
        damaged = path.with_name(f"{path.name}.damaged")
        path.replace(damaged)
        logger.error(
            "%s: expected a whole file, received one that cannot be read (%s: %s); it is called %s now. "
            "Run the workflow again and it is made anew",
            *(path, type(error).__name__, error, damaged.name),
        )
        return damaged
    return None


def _look_for_damage(
    before: Callable[..., None],
    inputs: Iterable[str],
    checks: Mapping[str, Callable[[Path], object]],
    kind: type[BaseException],
    error: BaseException,
    trace: TracebackType | None,
) -> None:
    """Tell of an error, then look at the inputs."""
    before(kind, error, trace)
    if issubclass(kind, Exception) and not issubclass(kind, MemoryError):
        for path in inputs:
            set_aside(path, checks.get(Path(path).suffix))


def _check_parquet(path: Path) -> None:
    """Raise when a Parquet file cannot be read."""
    with pq.ParquetFile(path) as file:
        for _ in file.iter_batches():
            pass


def _check_fits(path: Path) -> None:
    """Raise when a FITS file is cut short."""
    with fits.open(path, memmap=False) as hdus:
        ends = [info["datLoc"] + info["datSpan"] for info in (hdu.fileinfo() for hdu in hdus)]
    if max(ends) > path.stat().st_size:
        raise ValueError(f"expected {max(ends)} bytes, received {path.stat().st_size}")


def _check_json(path: Path) -> None:
    """Raise when a JSON file cannot be read."""
    json.loads(path.read_text())


def _check_network(path: Path) -> None:
    """Raise when a network, which is a ZIP archive, cannot be read."""
    with zipfile.ZipFile(path) as archive:
        broken = archive.testzip()
    if broken:
        raise ValueError(f"expected a whole archive, received a damaged {broken}")


CHECKS: Mapping[str, Callable[[Path], object]] = {
    ".parquet": _check_parquet,
    ".fits": _check_fits,
    ".json": _check_json,
    ".keras": _check_network,
}
