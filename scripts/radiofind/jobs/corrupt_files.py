"""Rename corrupt files that the workflow made, so that the next run regenerates them."""

from __future__ import annotations

import json
import logging
import sys
import zipfile
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from types import TracebackType

logger = logging.getLogger(__name__)

OURS = "results"
"""Folder of the workflow's own files; files of the user are never renamed."""


def watch_for_damage(
    inputs: Iterable[str], *, checks: Mapping[str, Callable[[Path], object]] | None = None
) -> None:
    """Check the inputs of this process for corrupt files if it ends with an error.

    Parameters
    ----------
    inputs
        Files that the process reads. Those that the workflow made and that cannot be read, for example after
        a crash of the machine, get the suffix ``.damaged``.
    checks
        For further formats, by suffix: a function that raises an error if a file cannot be read.
    """
    sys.excepthook = partial(_look_for_damage, sys.excepthook, list(inputs), {**CHECKS, **(checks or {})})


def set_aside(path: str | Path, check: Callable[[Path], object] | None) -> Path | None:
    """Rename a file that the workflow made if it is corrupt.

    Parameters
    ----------
    path
        The file.
    check
        Raises an error if the file cannot be read; None leaves the file unchecked.

    Returns
    -------
    Path or None
        Its new path, or None if it is intact, missing, unchecked or a file of the user.
    """
    path = Path(path)
    if path.is_absolute() or path.parts[0] != OURS or check is None or not path.is_file():
        return None
    try:
        check(path)
    except Exception as error:  # readers raise many kinds of errors on a corrupt file
        damaged = path.with_name(f"{path.name}.damaged")
        path.replace(damaged)
        logger.error(
            "%s: corrupt (%s: %s); renamed to %s; rerun to regenerate it",
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
    """Report an error, then check the inputs."""
    before(kind, error, trace)
    if issubclass(kind, Exception) and not issubclass(kind, MemoryError):
        for path in inputs:
            set_aside(path, checks.get(Path(path).suffix))


def _check_parquet(path: Path) -> None:
    """Raise an error if a Parquet file cannot be read."""
    import pyarrow.parquet as pq  # here and below, since every job watches and few check

    with pq.ParquetFile(path, pre_buffer=False) as file:
        for _ in file.iter_batches():
            pass


def _check_fits(path: Path) -> None:
    """Raise an error if a FITS file is truncated."""
    from astropy.io import fits

    with fits.open(path, memmap=False) as hdus:
        ends = [info["datLoc"] + info["datSpan"] for info in (hdu.fileinfo() for hdu in hdus)]
    if max(ends) > path.stat().st_size:
        raise ValueError(f"{path.stat().st_size} of {max(ends)} bytes")


def _check_json(path: Path) -> None:
    """Raise an error if a JSON file cannot be read."""
    json.loads(path.read_text())


def _check_network(path: Path) -> None:
    """Raise an error if a network, which is a ZIP archive, cannot be read."""
    with zipfile.ZipFile(path) as archive:
        broken = archive.testzip()
    if broken:
        raise ValueError(f"corrupt archive member {broken}")


CHECKS: Mapping[str, Callable[[Path], object]] = {
    ".parquet": _check_parquet,
    ".fits": _check_fits,
    ".json": _check_json,
    ".keras": _check_network,
}
