"""Divide a mosaic into tiles. Every pixel lies in exactly one core and in one or more tiles.

All boxes are in mosaic pixels, 0-based and half-open; pixel centres are at integers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from radiofind.mosaics.box import Box


@dataclass(frozen=True)
class Tile:
    """A rectangle of a mosaic that one job processes: a core and the halo around it."""

    name: str
    """Row and column in the grid of cores, for example ``y003x011``."""
    core: Box
    """The pixels that belong to this tile alone."""
    box: Box
    """The pixels that the job searches: the core grown by the halo."""


def tile_from(description: Mapping[str, object]) -> Tile:
    """Return the tile described by the content of a tile file."""
    return Tile(description["tile"], Box(*description["core"]), Box(*description["box"]))


def read_tile(path: str | Path) -> Tile:
    """Return the tile described by a tile file."""
    return tile_from(json.loads(Path(path).read_text()))


def tiles_of(shape: tuple[int, int], *, core_pixels: int, halo_pixels: int) -> Iterator[Tile]:
    """Yield the tiles of a mosaic, row by row.

    Parameters
    ----------
    shape
        Rows and columns of the mosaic.
    core_pixels
        Side of a core; the last core of a row or column may differ (see `core_edges`).
    halo_pixels
        Width of the halo around a core, which ends at the edge of the mosaic.
    """
    rows, columns = (core_edges(size, core_pixels) for size in shape)
    for row, (y0, y1) in enumerate(pairwise(rows)):
        for column, (x0, x1) in enumerate(pairwise(columns)):
            core = Box(x0, x1, y0, y1)
            yield Tile(f"y{row:03d}x{column:03d}", core, core.grown(halo_pixels, shape))


def core_edges(size: int, core_pixels: int) -> list[int]:
    """Return the edges of the cores along an axis of a mosaic.

    Parameters
    ----------
    size
        Columns (or rows) of the mosaic.
    core_pixels
        Side of a core. A last core narrower than half of this is merged with the one before, since its job
        would take longer to start than to search.
    """
    edges = [*range(0, size, core_pixels), size]
    if len(edges) > 2 and size - edges[-2] < core_pixels / 2:
        del edges[-2]
    return edges


def most_pixels(*, core_pixels: int, halo_pixels: int, reach_pixels: int = 0) -> int:
    """Return the number of pixels that a job reads for the largest possible tile of a mosaic of any size.

    Parameters
    ----------
    core_pixels, halo_pixels
        As in `tiles_of`.
    reach_pixels
        Width of the margin around the tile that its noise map needs.
    """
    # The last core of a row may include half of another one.
    side = core_pixels * 1.5 + 2 * (halo_pixels + reach_pixels)
    return int(side**2)


def edge_lines(size: int, *, core_pixels: int, halo_pixels: int) -> np.ndarray:
    """Return the first and last columns (or rows) of all tiles, except those at the edge of the mosaic.

    Parameters
    ----------
    size
        Columns (or rows) of the mosaic.
    core_pixels, halo_pixels
        As in `tiles_of`.
    """
    edges = np.array(core_edges(size, core_pixels))
    lines = np.unique(np.concatenate([edges[:-1] - halo_pixels, edges[1:] + halo_pixels - 1]))
    return lines[(lines > 0) & (lines < size - 1)]
