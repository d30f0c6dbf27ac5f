"""Divide a mosaic into tiles. Every pixel lies in exactly one core and in one or more tiles.

All boxes are in mosaic pixels, 0-based and half-open; pixel centres are at integers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np


@dataclass(frozen=True)
class Box:
    """A rectangle of a mosaic in pixels, 0-based and half-open."""

    x0: int
    """First column."""
    x1: int
    """One after the last column."""
    y0: int
    """First row."""
    y1: int
    """One after the last row."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.y1 - self.y0, self.x1 - self.x0

    @property
    def pixels(self) -> int:
        """How many pixels it has."""
        rows, columns = self.shape
        return rows * columns

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns, to index an array of the whole mosaic."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    def grown(self, margin: int, shape: tuple[int, int]) -> Box:
        """Return the box grown on all sides by `margin` pixels, as far as a mosaic of this shape goes."""
        rows, columns = shape
        return Box(
            max(self.x0 - margin, 0),
            min(self.x1 + margin, columns),
            max(self.y0 - margin, 0),
            min(self.y1 + margin, rows),
        )

    def within(self, outer: Box) -> tuple[slice, slice]:
        """Return the slices that cut this box out of an array that covers `outer`."""
        return (
            slice(self.y0 - outer.y0, self.y1 - outer.y0),
            slice(self.x0 - outer.x0, self.x1 - outer.x0),
        )

    def holds(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return whether each position lies on a pixel of the box (the pixel whose centre is nearest)."""
        column, row = pixel_of(x), pixel_of(y)
        return (column >= self.x0) & (column < self.x1) & (row >= self.y0) & (row < self.y1)


@dataclass(frozen=True)
class Tile:
    """A rectangle of a mosaic that one job processes: a core and the halo around it."""

    name: str
    """Row and column in the grid of cores, for example ``y003x011``."""
    core: Box
    """The pixels that belong to this tile alone."""
    box: Box
    """The pixels that the job searches: the core grown by the halo."""


def pixel_of(position: np.ndarray) -> np.ndarray:
    """Return the integer pixel that holds a position; one on the border belongs to the upper pixel."""
    return np.floor(np.asarray(position) + 0.5)


def tiles_of(shape: tuple[int, int], *, core_pixels: int, halo_pixels: int) -> Iterator[Tile]:
    """Yield the tiles of a mosaic, row by row.

    Parameters
    ----------
    shape
        Rows and columns of the mosaic.
    core_pixels
        Side of a core; for the last ones of a row or column see `core_edges`.
    halo_pixels
        Width of the halo around a core; there is none outside the mosaic.
    """
    rows, columns = (core_edges(size, core_pixels) for size in shape)
    for row, (y0, y1) in enumerate(pairwise(rows)):
        for column, (x0, x1) in enumerate(pairwise(columns)):
            core = Box(x0, x1, y0, y1)
            yield Tile(f"y{row:03d}x{column:03d}", core, core.grown(halo_pixels, shape))


def core_edges(size: int, core_pixels: int) -> list[int]:
    """Return where cores begin and end along an axis of a mosaic.

    Parameters
    ----------
    size
        Columns (or rows) of the mosaic.
    core_pixels
        Side of a core. A last one of less than half of it is joined to the one before: a job of its own would
        take longer to start than to search.
    """
    edges = [*range(0, size, core_pixels), size]
    if len(edges) > 2 and size - edges[-2] < core_pixels / 2:
        del edges[-2]
    return edges


def most_pixels(*, core_pixels: int, halo_pixels: int, reach_pixels: int = 0) -> int:
    """Return the pixels of the largest tile that a mosaic of any size may have, with its noise's support.

    Parameters
    ----------
    core_pixels, halo_pixels
        As in `tiles_of`.
    reach_pixels
        How far beyond a tile its noise reads.
    """
    # The last core of a row may hold half of another one.
    side = core_pixels * 1.5 + 2 * (halo_pixels + reach_pixels)
    return int(side**2)


def edge_lines(size: int, *, core_pixels: int, halo_pixels: int) -> np.ndarray:
    """Return the first and last columns (or rows) of all tiles that are not the edge of the mosaic itself.

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
