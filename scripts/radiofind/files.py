"""Write files that are whole or absent, and read their metadata."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

logger = logging.getLogger(__name__)

LONGEST_NAME = 100
"""Most characters of a name: file systems take 255 bytes, and suffixes are added."""

NAME = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,{LONGEST_NAME - 1}}}")
"""Names of mosaics, finders, simulations and data sets, which become parts of paths."""

NAME_RULE = (
    "a name of letters, digits, '.', '_' and '-' that starts with a letter or digit"
    f" and has at most {LONGEST_NAME} characters"
)

TEMPORARY = re.compile(r"\.\d+-.+")
"""Temporary names of unfinished files: the process id of the writer, then the final name."""
METADATA_KEY = b"radiofind"
"""Key in the metadata of Parquet files that holds a JSON object."""
METADATA_CARD = "METADATA"
"""Card in the primary header of FITS files that holds the same."""


@contextmanager
def whole_or_absent(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path that is renamed to `path` when the block ends without an error.

    Parameters
    ----------
    path
        The file to write. Its folder is created if needed.

    Yields
    ------
    Path
        Where to write: in the same folder and with the same suffix, from which some writers infer the format.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(path)
    temporary = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        yield temporary
        _flush(temporary)
        temporary.replace(path)
        logger.info("wrote %s", path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def whole_or_absent_folder(path: str | Path) -> Iterator[Path]:
    """Yield a temporary folder that is renamed to `path` when the block ends without an error.

    Parameters
    ----------
    path
        The folder to make. One of this name is removed then.

    Yields
    ------
    Path
        The folder in which to write, beside the final one.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(path)
    temporary = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        temporary.mkdir()
        yield temporary
        files = sorted(place.relative_to(temporary) for place in temporary.rglob("*") if place.is_file())
        for name in files:
            _flush(temporary / name)
        shutil.rmtree(path, ignore_errors=True)
        temporary.replace(path)
        for name in files:
            logger.info("wrote %s", path / name)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _remove_leftovers(path: Path) -> None:
    """Remove unfinished copies of a file or folder that killed processes left."""
    for name in _leftovers_in(path.parent.absolute()):
        if name.partition("-")[2] == path.name:
            left = path.with_name(name)
            shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)


@cache
def _leftovers_in(folder: Path) -> list[str]:
    """Return the temporary names in a folder."""
    # Cached, since a folder may hold thousands of tiles and this process removes its own temporary files.
    return [place.name for place in os.scandir(folder) if TEMPORARY.fullmatch(place.name)]


def _flush(path: Path) -> None:
    """Flush a file to disk, since a power cut after an early rename would leave a truncated file."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def write_text(text: str, path: str | Path) -> None:
    """Write a text file in UTF-8."""
    with whole_or_absent(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(content: object, path: str | Path) -> None:
    """Write a JSON file with sorted keys."""
    write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", path)


def read_metadata(path: str | Path) -> dict[str, object]:
    """Return the JSON object stored with a table (Parquet) or an image (FITS), or an empty one."""
    # Imported where they are needed: a job on images needs no tables, and a plan no images.
    if Path(path).suffix == ".fits":
        from astropy.io import fits

        return json.loads(fits.getheader(path).get(METADATA_CARD, "{}"))
    import pyarrow.parquet as pq

    # Not those of the schema, which a writer cannot add at the end.
    return json.loads((pq.read_metadata(path).metadata or {}).get(METADATA_KEY, b"{}"))
