"""Divide rows on the sky into HEALPix cells of not too many rows each, with margins around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from mocpy import MOC

from radiofind.survey.healpix import CELL_DEG2, ORDER

INDEX_ORDER = 29
"""Order of the cells by which rows are sorted, the finest of HEALPix."""
NARROWEST = 2.0
"""The root of the area of cells is at most this often their least width. (The library of HATS takes 1.6.)"""


@dataclass(frozen=True)
class Partition:
    """A HEALPix cell, nested, that holds a part of the rows."""

    order: int
    """Its order."""
    pixel: int
    """Its number."""

    @property
    def start(self) -> int:
        """Number of the first cell of order `INDEX_ORDER` in it."""
        return self.pixel << 2 * (INDEX_ORDER - self.order)


def order_of_margins(width_arcsec: float) -> int:
    """Return the finest order whose cells are everywhere wider than this."""
    cell_arcsec = 3600 * np.sqrt(CELL_DEG2) * 2**ORDER
    return int(np.clip(np.log2(cell_arcsec / (NARROWEST * width_arcsec)), 0, INDEX_ORDER))


def divide(index: np.ndarray, *, most_rows: int, finest: int) -> list[Partition]:
    """Return the largest cells without more rows than allowed, in the order of `index`; none without rows.

    Parameters
    ----------
    index
        Cells of order `INDEX_ORDER` that hold the rows, shape (n,), sorted.
    most_rows
        Rows of a partition; those of the finest order may have more.
    finest
        Highest order of a partition.
    """
    found, pixels = [], np.arange(12)
    for order in range(finest + 1):
        shift = 2 * (INDEX_ORDER - order)
        ends = [np.searchsorted(index, edge << shift) for edge in (pixels, pixels + 1)]
        rows = ends[1] - ends[0]
        small = (rows <= most_rows) | (order == finest)
        found += [Partition(order, int(pixel)) for pixel in pixels[small & (rows > 0)]]
        pixels = (4 * pixels[~small][:, np.newaxis] + np.arange(4)).ravel()
    return sorted(found, key=lambda one: one.start)


def places_in(partitions: Sequence[Partition], index: np.ndarray) -> np.ndarray:
    """Return the place in the list of the partition that holds each cell of order `INDEX_ORDER`.

    Parameters
    ----------
    partitions
        Result of `divide`.
    index
        Cells of its rows, shape (n,).
    """
    return np.searchsorted([one.start for one in partitions], index, side="right") - 1


class Margins:
    """The margins of partitions: the cells of an order that touch each from outside.

    Parameters
    ----------
    partitions
        Result of `divide`.
    order
        Order of the cells, at least that of any partition (see `order_of_margins`).
    """

    def __init__(self, partitions: Sequence[Partition], *, order: int) -> None:
        self._shift = 2 * (INDEX_ORDER - order)
        around = [_cells_around(one, order) for one in partitions]
        cells = np.concatenate([np.empty(0, dtype=np.int64), *around])
        places = np.repeat(np.arange(len(around)), [len(one) for one in around])
        sequence = np.lexsort((places, cells))
        self._cells, self._places = cells[sequence], places[sequence]

    def holding(self, index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return numbers of rows and, for each, the place of a partition whose margin holds it.

        Parameters
        ----------
        index
            Cells of order `INDEX_ORDER` of the rows, shape (n,). A row may be in several margins, or in none.
        """
        first, last = (np.searchsorted(self._cells, index >> self._shift, side) for side in ("left", "right"))
        rows = np.repeat(np.arange(len(index)), last - first)
        within = np.arange(len(rows)) - np.repeat(np.cumsum(last - first) - (last - first), last - first)
        return rows, self._places[first[rows] + within]


def _cells_around(partition: Partition, order: int) -> np.ndarray:
    """Return the cells of an order that touch a partition from outside."""
    pixel, depth = np.array([partition.pixel], np.uint64), np.array([partition.order], np.uint8)
    inside = MOC.from_healpix_cells(pixel, depth, max_depth=order)
    return inside.extended().difference(inside).flatten().astype(np.int64)
