"""Read what was found in the changed pixels of a mosaic: those with fake sources, and the negated ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from radiofind.catalogues.block_tables import files_by_tile, read_notes
from radiofind.catalogues.columns import CATALOGUE, empty
from radiofind.catalogues.merging import detection_reader, merge_detections
from radiofind.mosaics.tiles import Tile


def merge_search(paths: Iterable[str], tiles: Sequence[Tile]) -> pd.DataFrame:
    """Return the catalogue of a search, with fluxes as on the flat-noise image.

    Parameters
    ----------
    paths
        Files with the detections of all tiles.
    tiles
        The tiles.
    """
    read = detection_reader(files_by_tile(tiles, paths))
    parts = merge_detections(read, tiles, beam_at=lambda ra, _dec: np.ones(len(ra)))
    return pd.concat([empty(CATALOGUE), *parts], ignore_index=True)


def searched_tiles(tiles: Iterable[Tile], paths: Iterable[str], *, failed: Mapping[str, str]) -> list[Tile]:
    """Return the tiles that were searched twice, as far as none of the searches failed.

    Parameters
    ----------
    tiles
        The tiles.
    paths
        Files with the detections of the second search.
    failed
        Tiles that failed in the first search, as the metadata of its catalogue tell them.
    """
    gone = {*failed, *(note.tile for path in paths for note in read_notes(path) if note.failed)}
    return [tile for tile in tiles if tile.name not in gone]


def rows_in(table: pd.DataFrame, tiles: Iterable[Tile]) -> pd.DataFrame:
    """Return the rows of a table that lie in the cores of some tiles."""
    inside = np.zeros(len(table), dtype=bool)
    for tile in tiles:
        inside |= tile.core.holds(table["x"].to_numpy(), table["y"].to_numpy())
    return table[inside]
