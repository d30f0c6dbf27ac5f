"""List the tiles of all mosaics with their state, and write the tile files on which jobs depend."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from radiofind.files import write_json
from radiofind.mosaics.box import parse_box

logger = logging.getLogger(__name__)

EDGES = ("x0", "x1", "y0", "y1")
SIZES = {"beam_major_pixels": 0.0, "core_pixels": 0, "halo_pixels": 0, "reach_pixels": 0}
"""Columns of the beam, the tiling, and how far beyond a tile its noise measurement reads, all in pixels; with
their values where an image cannot be read."""
DIGESTS = ("header", "pixels", "fingerprint")
COLUMNS = (
    *("tile", *(f"core_{edge}" for edge in EDGES), *EDGES, "valid_fraction"),
    *(*SIZES, *DIGESTS, "reason"),
)
"""Columns of the fingerprints of a mosaic."""
WARNINGS = "warnings"
"""Key of the warnings in the metadata of tables."""


def index_tiles(
    fingerprints: Mapping[str, pd.DataFrame], *, only: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Return the tiles of all mosaics with their state.

    Parameters
    ----------
    fingerprints
        Tiles of `fingerprints.fingerprint_mosaic` by mosaic.
    only
        Boxes by mosaic, as in the configuration: tiles whose cores share no pixel with them are left out.

    Returns
    -------
    pandas.DataFrame
        Columns of the fingerprints after ``mosaic``, and ``state``: ``live`` (has valid pixels and is
        searched), ``blank``, ``left_out`` or ``unreadable`` (one row for the whole mosaic).
    """
    tables = [table.assign(mosaic=mosaic) for mosaic, table in fingerprints.items()]
    tiles = pd.concat(tables, ignore_index=True)
    tiles["state"] = np.where(tiles["valid_fraction"] > 0, "live", "blank")
    tiles.loc[tiles["tile"] == "", "state"] = "unreadable"
    tiles.loc[tiles["state"] == "blank", "reason"] = "no valid pixel"
    for mosaic, box in (only or {}).items():
        outside = (tiles["mosaic"] == mosaic) & (tiles["state"] == "live")
        if outside.any():  # otherwise the image may be unreadable, and its shape unknown
            outside &= ~_touch(tiles, mosaic, box)
        tiles.loc[outside, ["state", "reason"]] = "left_out", f"outside {box} (only.{mosaic})"
    return tiles[["mosaic", *COLUMNS[:-1], "state", "reason"]]


def describe_tiles(tiles: pd.DataFrame) -> dict[str, dict[str, dict[str, object]]]:
    """Return the content of each tile file, by mosaic and tile, for tiles with valid pixels.

    Parameters
    ----------
    tiles
        Result of `index_tiles`. Mosaics that cannot be read are left out: they may come back unchanged.
        Tiles that are left out keep their files, so that their results are up to date when they come back.
    """
    readable = tiles[tiles["state"] != "unreadable"]
    return {
        mosaic: {
            row["tile"]: describe_tile(row)
            for row in rows[rows["state"].isin(["live", "left_out"])].to_dict("records")
        }
        for mosaic, rows in readable.groupby("mosaic")
    }


def describe_tile(row: Mapping[str, object]) -> dict[str, object]:
    """Return the content of a tile's file: its boxes, the tiling and its digests.

    Parameters
    ----------
    row
        One row of `index_tiles`.
    """
    return {
        "tile": row["tile"],
        "core": [int(row[f"core_{edge}"]) for edge in EDGES],
        "box": [int(row[edge]) for edge in EDGES],
        **{name: int(row[name]) for name in ("core_pixels", "halo_pixels", "reach_pixels")},
        **{name: row[name] for name in DIGESTS},
    }


def update_tile_files(descriptions: Mapping[str, Mapping[str, object]], folder: Path) -> None:
    """Rewrite the tile files of a mosaic that do not match its tiles; leave the others untouched.

    Parameters
    ----------
    descriptions
        Result of `describe_tile` for each live tile.
    folder
        The folder of their files; files of other tiles are removed, and damaged ones rewritten.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("y*.json"):
        if path.stem not in descriptions:
            path.unlink()
    for tile, description in descriptions.items():
        path = folder / f"{tile}.json"
        if not _says(path, description):
            write_json(description, path)
            logger.info("tile %s of %s has changed", tile, folder.parent.name)


def _touch(tiles: pd.DataFrame, mosaic: str, box: str) -> pd.Series:
    """Return which tiles have a core that shares pixels with a box of a mosaic."""
    cores = [tiles[f"core_{edge}"] for edge in EDGES]
    of_mosaic = tiles.loc[tiles["mosaic"] == mosaic, ["core_y1", "core_x1"]]
    return parse_box(box, tuple(of_mosaic.max().astype(int))).meets(*cores)


def _says(path: Path, description: Mapping[str, object]) -> bool:
    """Return whether the file of a tile is there, is whole, and holds its description."""
    try:
        return json.loads(path.read_text()) == description
    except (FileNotFoundError, ValueError):
        return False
