"""Rectangles of a mosaic: in pixels, 0-based and half-open; pixel centres are at integers."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from radiofind.errors import quoted

PATTERN = re.compile(r"(-?[0-9]{1,9}):(-?[0-9]{1,9}),(-?[0-9]{1,9}):(-?[0-9]{1,9})")


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
        """Number of pixels."""
        rows, columns = self.shape
        return rows * columns

    @property
    def slices(self) -> tuple[slice, slice]:
        """Slices of rows and columns that index an array over the whole mosaic."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    def grown(self, margin: int, shape: tuple[int, int]) -> Box:
        """Return the box grown by a margin on all sides, clipped to a mosaic of the given shape."""
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
        """Return whether the nearest pixel of each position is in the box."""
        column, row = pixel_of(x), pixel_of(y)
        return (column >= self.x0) & (column < self.x1) & (row >= self.y0) & (row < self.y1)

    def meets(self, x0: np.ndarray, x1: np.ndarray, y0: np.ndarray, y1: np.ndarray) -> np.ndarray:
        """Return whether each rectangle with these half-open edges shares pixels with the box."""
        return (x0 < self.x1) & (x1 > self.x0) & (y0 < self.y1) & (y1 > self.y0)

    def overlap(self, other: Box) -> Box | None:
        """Return the box of the pixels that two boxes share, or None if there are none."""
        x0, x1 = max(self.x0, other.x0), min(self.x1, other.x1)
        y0, y1 = max(self.y0, other.y0), min(self.y1, other.y1)
        return Box(x0, x1, y0, y1) if x0 < x1 and y0 < y1 else None

    def __str__(self) -> str:
        """Return the box in the notation of the mosaic sheet."""
        return f"{self.x0}:{self.x1},{self.y0}:{self.y1}"


def pixel_of(position: np.ndarray) -> np.ndarray:
    """Return the nearest integer pixel of a position; halfway between two, the upper one."""
    return np.floor(np.asarray(position) + 0.5)


def parse_box(text: str, shape: tuple[int, int]) -> Box | None:
    """Return the box in a cell of the mosaic sheet.

    Parameters
    ----------
    text
        ``x0:x1,y0:y1`` in 0-based half-open mosaic pixels, ``all`` for the whole mosaic, or empty.
    shape
        Rows and columns of the mosaic.

    Returns
    -------
    Box or None
        None for an empty cell.

    Raises
    ------
    ValueError
        If it is not four integers, contains no pixel, or extends beyond the mosaic.
    """
    text = text.strip()
    rows, columns = shape
    if not text:
        return None
    if text == "all":
        return Box(x0=0, x1=columns, y0=0, y1=rows)
    match = PATTERN.fullmatch(text.replace(" ", ""))
    if not match:
        raise ValueError(f"Expected a box as x0:x1,y0:y1 in whole pixels, or 'all', received {quoted(text)}")
    x0, x1, y0, y1 = map(int, match.groups())
    if x0 >= x1 or y0 >= y1:
        raise ValueError(
            f"Expected a box with x0 < x1 and y0 < y1, received {quoted(text)}, which contains no pixel"
        )
    if min(x0, y0) < 0 or x1 > columns or y1 > rows:
        raise ValueError(f"Expected a box within 0:{columns},0:{rows} (the mosaic), received {quoted(text)}")
    return Box(x0=x0, x1=x1, y0=y0, y1=y1)
