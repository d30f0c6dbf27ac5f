"""Collect the warnings of a run about unusual images and implausible catalogues."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from radiofind.files import read_metadata
from radiofind.workflow.tile_index import WARNINGS

COLUMNS = ("mosaic", "tile", "finder", "warning")
"""Tile and finder are empty for warnings of an image."""
GROUP_COLUMNS = ("mosaic", "tile", "finder", "warning", "n_mosaics", "n_tiles")
NUMBER = re.compile(r"\d+(?:\.\d+)?")
"""Numbers, in which warnings of one kind differ."""


def list_warnings(catalogues: Mapping[tuple[str, str], str | Path], tiles: str | Path) -> pd.DataFrame:
    """Return all warnings of a run, those of images first.

    Parameters
    ----------
    catalogues
        Catalogue by mosaic and finder.
    tiles
        The table of all tiles, whose metadata has the warnings about images.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`.
    """
    of_images = read_metadata(tiles).get(WARNINGS, {})
    rows = [(mosaic, "", "", text) for mosaic, texts in of_images.items() for text in texts]
    for (mosaic, finder), path in catalogues.items():
        of_tiles = read_metadata(path)[WARNINGS]
        rows += [(mosaic, tile, finder, text) for tile, texts in of_tiles.items() for text in texts]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def group_warnings(warnings: pd.DataFrame) -> pd.DataFrame:
    """Return one row per finder and kind of warning, because ten thousand tiles may have the same one.

    Parameters
    ----------
    warnings
        Result of `list_warnings`.

    Returns
    -------
    pandas.DataFrame
        Columns `GROUP_COLUMNS`: the first warning of its kind, as an example, and the number of affected
        mosaics and tiles; zero tiles for warnings about images.
    """
    kinds = warnings["warning"].map(lambda text: NUMBER.sub("", text))
    places = (warnings["mosaic"] + "/" + warnings["tile"]).where(warnings["tile"] != "")
    groups = warnings.assign(kind=kinds, place=places).groupby(["finder", "kind"], sort=False)
    counts = {"n_mosaics": ("mosaic", "nunique"), "n_tiles": ("place", "nunique")}
    firsts = {name: (name, "first") for name in ("mosaic", "tile", "warning")}
    return groups.agg(**firsts, **counts).reset_index()[list(GROUP_COLUMNS)]
