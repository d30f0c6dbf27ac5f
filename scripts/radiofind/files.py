"""Write files that are whole or absent."""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

logger = logging.getLogger(__name__)

LONGEST_NAME = 100
"""File systems take names of 255 bytes, and suffixes are added to these."""

NAME = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,{LONGEST_NAME - 1}}}")
"""Names of mosaics, finders, simulations and data sets: they become parts of paths."""

NAME_RULE = (
    "a name of letters, digits, '.', '_' and '-' that starts with a letter or digit"
    f" and has at most {LONGEST_NAME} characters"
)

TEMPORARY = re.compile(r"\.\d+-.+")
"""Names of files that are not finished: the number of the process that writes, and the name to be."""
METADATA_KEY = b"radiofind"
"""Key of a JSON object in the metadata of Parquet files."""
METADATA_CARD = "METADATA"
"""Card of the primary header of FITS files for the same."""


@contextmanager
def whole_or_absent(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path` that becomes `path` only when the block ends without an error.

    Parameters
    ----------
    path
        The file to make. Its folder is created.

    Yields
    ------
    Path
        Where to write. It keeps the suffix of `path`, by which some writers choose the format.
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


def _remove_leftovers(path: Path) -> None:
    """Remove what writers of this file left behind that were killed."""
    for name in _leftovers_in(path.parent.absolute()):
        if name.partition("-")[2] == path.name:
            path.with_name(name).unlink(missing_ok=True)


@cache
def _leftovers_in(folder: Path) -> list[str]:
    """Return the temporary names in a folder, which may hold a file for each of thousands of tiles."""
    # Once is enough: what this process itself leaves unfinished it removes.
    return [place.name for place in os.scandir(folder) if TEMPORARY.fullmatch(place.name)]


def _flush(path: Path) -> None:
    """Wait until a file is on the disk: a file that is renamed before may be cut short by a loss of power."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def write_text(text: str, path: str | Path) -> None:
    """Write a text file in UTF-8, whole or not at all."""
    with whole_or_absent(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(content: object, path: str | Path) -> None:
    """Write a JSON file with sorted keys, whole or not at all."""
    write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", path)


def write_csv(table: pd.DataFrame, path: str | Path) -> None:
    """Write a table as CSV without its index, whole or not at all."""
    with whole_or_absent(path) as temporary:
        table.to_csv(temporary, index=False)


def read_csv(path: str | Path) -> pd.DataFrame:
    """Read a table that `write_csv` wrote; a mosaic or finder called ``1`` or ``NA`` stays a name."""
    names = {"mosaic": str, "finder": str}
    return pd.read_csv(path, dtype=names, keep_default_na=False, na_values=[""])


def write_parquet(
    table: pd.DataFrame, path: str | Path, *, metadata: Mapping[str, object] | None = None
) -> None:
    """Write a table as one Parquet file, with a JSON object in its metadata.

    Parameters
    ----------
    table
        The rows; the index is not written.
    path
        The file to make, whole or not at all.
    metadata
        What `read_metadata` will return.
    """
    with whole_or_absent(path) as temporary:
        pq.write_table(to_arrow(table, metadata), temporary)


def to_arrow(table: pd.DataFrame, metadata: Mapping[str, object] | None = None) -> pa.Table:
    """Return a table as Arrow holds it, with a JSON object in its metadata."""
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    stored = {
        **(arrow.schema.metadata or {}),
        METADATA_KEY: json.dumps(dict(metadata or {}), sort_keys=True).encode(),
    }
    return arrow.replace_schema_metadata(stored)


def read_metadata(path: str | Path) -> dict[str, object]:
    """Return the JSON object that was stored with a table (Parquet) or an image (FITS); empty without one."""
    if Path(path).suffix == ".fits":
        from astropy.io import fits  # here, since planning reads tables alone, and must be quick

        return json.loads(fits.getheader(path).get(METADATA_CARD, "{}"))
    return json.loads((pq.read_schema(path).metadata or {}).get(METADATA_KEY, b"{}"))
