"""Keep the detections of several tiles in one Parquet file, a row group for each tile."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from radiofind.catalogues.columns import DETECTION, empty
from radiofind.files import read_metadata, to_arrow, whole_or_absent
from radiofind.mosaics.tiles import Tile

TILES = "tiles"
"""Key in the metadata under which the tiles are described, in the order of the row groups."""


@dataclass(frozen=True)
class TileNote:
    """What a file says of one of its tiles."""

    tile: str
    """Its name."""
    key: str
    """Digest of all that its detections were made of; they hold as long as it is the same."""
    reason: str = ""
    """Why there is no detection."""
    failed: bool = False
    """Whether it was not searched to the end."""
    warnings: tuple[str, ...] = ()
    """Why its detections are hard to believe."""

    def __post_init__(self) -> None:
        # JSON has lists alone; a note that was read is to be equal to the one that was written.
        object.__setattr__(self, "warnings", tuple(self.warnings))


def write_tiles(
    tables: Iterable[pd.DataFrame],
    notes: Iterable[TileNote],
    path: str | Path,
    *,
    metadata: Mapping[str, object] | None = None,
) -> None:
    """Write the detections of some tiles.

    Parameters
    ----------
    tables
        Columns `columns.DETECTION`, one table for each tile.
    notes
        What is said of the same tiles.
    path
        The file to make, whole or not at all.
    metadata
        What `files.read_metadata` will return besides the notes.
    """
    told = {**(metadata or {}), TILES: [asdict(note) for note in notes]}
    schema = to_arrow(empty(DETECTION), told).schema
    with whole_or_absent(path) as temporary, pq.ParquetWriter(temporary, schema) as writer:
        for table in tables:
            # An empty table makes a row group, too.
            writer.write_table(to_arrow(table).cast(schema), row_group_size=max(len(table), 1))


def read_notes(path: str | Path) -> list[TileNote]:
    """Return what a file says of its tiles, in their order."""
    return [TileNote(**note) for note in read_metadata(path)[TILES]]


def read_tile_table(path: str | Path, tile: str) -> pd.DataFrame:
    """Return the detections of one tile.

    Parameters
    ----------
    path
        A file that `write_tiles` wrote.
    tile
        One of its tiles.

    Raises
    ------
    ValueError
        When it has no such tile.
    """
    names = [note.tile for note in read_notes(path)]
    if tile not in names:
        raise ValueError(f"{path}: expected the detections of {tile}, received those of {', '.join(names)}")
    with pq.ParquetFile(path) as file:
        return file.read_row_group(names.index(tile)).to_pandas()


def files_by_tile(tiles: Iterable[Tile], paths: Iterable[str]) -> dict[str, str]:
    """Return which of some files holds the detections of each tile.

    Parameters
    ----------
    tiles
        The tiles that count; the file of a block may know one that has no valid pixels any more.
    paths
        Files that `write_tiles` wrote.
    """
    found = {note.tile: path for path in paths for note in read_notes(path)}
    return {tile.name: found[tile.name] for tile in tiles}


def link(path: str | Path, name: str | Path) -> None:
    """Give a file a second name, whole or not at all; a copy where the disk knows no second names."""
    with whole_or_absent(name) as temporary:
        try:
            os.link(path, temporary)
        except OSError:
            with suppress(FileNotFoundError):
                temporary.unlink()
            shutil.copyfile(path, temporary)
