"""Read what a survey is made of: the catalogues of its mosaics, and where each was searched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from radiofind.files import read_metadata
from radiofind.mosaics.box import Box
from radiofind.survey.footprints import Footprint, read_footprint

CORE = ["core_x0", "core_x1", "core_y0", "core_y1"]
"""Columns of the tile table with the core of a tile."""


def read_survey(
    rows: Mapping[str, Mapping[str, object]],
    catalogues: Sequence[str | Path],
    rms: Sequence[str | Path],
    *,
    tiles: str | Path,
) -> tuple[dict[str, pd.DataFrame], list[Footprint]]:
    """Return the catalogue and the footprint of each mosaic of a survey.

    Parameters
    ----------
    rows
        What the sheet says of each mosaic: the arguments `centre`, `region` and `weight` of
        `footprints.read_footprint`.
    catalogues, rms
        Catalogue and image of the rms of each mosaic, in the same order.
    tiles
        The tile table.
    """
    table = pd.read_parquet(tiles, columns=["mosaic", "tile", *CORE])
    tables, footprints = {}, []
    for (mosaic, row), path, image in zip(rows.items(), catalogues, rms, strict=True):
        tables[mosaic] = pd.read_parquet(path)
        failed = read_metadata(path).get("failed_tiles", {})
        cores = tuple(_cores(table[(table["mosaic"] == mosaic) & table["tile"].isin(failed)]))
        footprints.append(read_footprint(mosaic, image, failed=cores, **row))
    return tables, footprints


def _cores(tiles: pd.DataFrame) -> Iterator[Box]:
    """Yield the cores of tiles."""
    for core in tiles[CORE].itertuples(index=False):
        yield Box(*map(int, core))
