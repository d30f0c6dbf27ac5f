"""Read and write the detections of several tiles in one Parquet file, one row group per tile."""

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
from radiofind.files import read_metadata, whole_or_absent
from radiofind.mosaics.tiles import Tile
from radiofind.tables import to_arrow

TILES = "tiles"
"""Key in the metadata for the notes on the tiles, in the order of the row groups."""


@dataclass(frozen=True)
class TileNote:
    """Note in a detection file on one of its tiles."""

    tile: str
    """Its name."""
    key: str
    """Digest of the inputs of its detections, which are valid while it is unchanged."""
    reason: str = ""
    """Why there are no detections."""
    failed: bool = False
    """Whether its search failed."""
    warnings: tuple[str, ...] = ()
    """Why its detections are implausible."""

    def __post_init__(self) -> None:
        # JSON has only lists, but a note read back must equal the one written.
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
        Columns `columns.DETECTION`, one table per tile.
    notes
        Notes on the same tiles.
    path
        The file to make, whole or not at all.
    metadata
        Further metadata, returned by `files.read_metadata`.
    """
    told = {**(metadata or {}), TILES: [asdict(note) for note in notes]}
    schema = to_arrow(empty(DETECTION), told).schema
    with whole_or_absent(path) as temporary, pq.ParquetWriter(temporary, schema) as writer:
        for table in tables:
            # An empty table makes a row group too.
            writer.write_table(to_arrow(table).cast(schema), row_group_size=max(len(table), 1))


def read_notes(path: str | Path) -> list[TileNote]:
    """Return the notes on the tiles of a file, in their order."""
    return [TileNote(**note) for note in read_metadata(path)[TILES]]


def read_tile_table(path: str | Path, tile: str) -> pd.DataFrame:
    """Return the detections of one tile.

    Parameters
    ----------
    path
        A file written by `write_tiles`.
    tile
        One of its tiles.

    Raises
    ------
    ValueError
        If the file does not have this tile.
    """
    names = [note.tile for note in read_notes(path)]
    if tile not in names:
        raise ValueError(f"{path}: no detections of {tile}; the file has {', '.join(names)}")
    with pq.ParquetFile(path) as file:
        return file.read_row_group(names.index(tile)).to_pandas()


def files_by_tile(tiles: Iterable[Tile], paths: Iterable[str]) -> dict[str, str]:
    """Return the path of the file with the detections of each tile.

    Parameters
    ----------
    tiles
        The live tiles; the file of a block may also have tiles that no longer have valid pixels.
    paths
        Files written by `write_tiles`.
    """
    found = {note.tile: path for path in paths for note in read_notes(path)}
    return {tile.name: found[tile.name] for tile in tiles}


def link(path: str | Path, name: str | Path) -> None:
    """Hard-link a file under a second name, whole or not at all; copy it if the disk has no hard links."""
    with whole_or_absent(name) as temporary:
        try:
            os.link(path, temporary)
        except OSError:
            with suppress(FileNotFoundError):
                temporary.unlink()
            shutil.copyfile(path, temporary)
