"""Check before the search that frozen networks suit the beams of the mosaics and the halo of the tiles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from radiofind.errors import InputFileError
from radiofind.finders.convosource.limits import ModelError, check_halo, fitting_factor
from radiofind.mosaics.box import Box
from radiofind.mosaics.tiles import Tile
from radiofind.workflow.tile_index import EDGES

PIXELS_PER_BEAM = "pixels_per_beam"
"""Key of the width of the beam in the metadata of fingerprints; None for an image that cannot be read."""


def check_networks(
    tiles: pd.DataFrame,
    widths_pixels: Mapping[str, float | None],
    networks: Mapping[str, Mapping[str, object]],
) -> None:
    """Raise if the jobs of a frozen network would refuse a mosaic.

    Parameters
    ----------
    tiles
        Result of `tile_index.index_tiles`; only live tiles count.
    widths_pixels
        Width of the beam (FWHM, geometric mean of the axes) by mosaic; None where it is not known, and only
        the jobs check.
    networks
        ``recipe``, and ``pixels_per_beam`` and ``reach_pixels`` in pixels of the network, by finder.

    Raises
    ------
    InputFileError
        With a line for each finder and mosaic.
    """
    live = tiles[tiles["state"] == "live"]
    problems = [
        problem
        for finder, limits in networks.items()
        for mosaic, rows in live.groupby("mosaic", sort=False)
        if widths_pixels[mosaic] is not None
        for problem in _problems(finder, limits, mosaic, rows, widths_pixels[mosaic])
    ]
    if problems:
        way_out = "Or leave the finder out of find_with, or the mosaic out of the sheet."
        raise InputFileError("\n".join([*problems, way_out]))


def _problems(
    finder: str, limits: Mapping[str, object], mosaic: str, tiles: pd.DataFrame, width: float
) -> Iterator[str]:
    """Yield the first reason for which the jobs of a finder would refuse a mosaic."""
    try:
        wanted, recipe = limits["pixels_per_beam"], limits["recipe"]
        factor = fitting_factor(width, wanted=wanted, recipe=recipe, image=mosaic)
        for row in tiles.to_dict("records"):
            boxes = (Box(*(row[f"{part}{edge}"] for edge in EDGES)) for part in ("core_", ""))
            tile = Tile(row["tile"], *boxes)
            check_halo(tile, reach_pixels=limits["reach_pixels"], factor=factor, image=mosaic)
    except ModelError as error:
        yield f"{finder}, {error}"
