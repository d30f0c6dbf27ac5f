"""Tell zeros that mark blank pixels from zeros that are values.

Some packages blank with zero, and quantised images have zeros among their values (9 % of the pixels of NVSS).
Zeros are blank where they fill a square, in which blank pixels and pixels beyond the mosaic count as zeros.
"""

from __future__ import annotations

import numpy as np

SIDE = 16
"""Side of the square. 9 million pixels of noise, half of them zero and with a beam of five pixels, contain no
such square, but 18,000 squares of side 8."""
REACH = SIDE - 1
"""Largest distance, along an axis, of pixels that decide whether a pixel is blank."""


def blank_zeros(pixels: np.ndarray, *, at_edges: tuple[bool, bool, bool, bool]) -> np.ndarray:
    """Return which pixels are blank: not finite, or zeros that fill a square.

    Parameters
    ----------
    pixels
        2D ndarray.
    at_edges
        Whether the first and last row, and the first and last column, are those of the mosaic.

    Returns
    -------
    2D bool ndarray
        Valid for pixels further than `REACH` from each edge that is not an edge of the mosaic.
    """
    missing = ~np.isfinite(pixels)
    zero = pixels == 0
    if not zero.any():
        return missing
    top, bottom, left, right = at_edges
    margin = [(SIDE * bool(one), SIDE * bool(other)) for one, other in ((top, bottom), (left, right))]
    hollow = np.pad(missing | zero, margin, constant_values=True)
    solid = _counts(_counts(hollow, 0) == SIDE, 1) == SIDE
    # A pixel lies in the squares that begin up to REACH before it.
    filled = _counts(_counts(np.pad(solid, REACH), 0) > 0, 1) > 0
    (above, _), (before, _) = margin
    rows, columns = pixels.shape
    return missing | (zero & filled[above : above + rows, before : before + columns])


def _counts(mask: np.ndarray, axis: int) -> np.ndarray:
    """Return how many pixels are true in each run of `SIDE` pixels along an axis."""
    before = [(0, 0), (0, 0)]
    before[axis] = (1, 0)
    sums = np.moveaxis(np.pad(np.cumsum(mask, axis=axis, dtype=np.int32), before), axis, 0)
    return np.moveaxis(sums[SIDE:] - sums[:-SIDE], 0, axis)
