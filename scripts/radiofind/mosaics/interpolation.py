"""Interpolate arrays between their pixels."""

from __future__ import annotations

import numpy as np


def bilinear(pixels: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the values of an array at positions inside it, by bilinear interpolation.

    Parameters
    ----------
    pixels
        2D ndarray.
    x, y
        Column and row, of any shape, from 0 to the last pixel.
    """
    column = np.clip(np.floor(x).astype(int), 0, max(pixels.shape[1] - 2, 0))
    row = np.clip(np.floor(y).astype(int), 0, max(pixels.shape[0] - 2, 0))
    right, above = np.minimum(column + 1, pixels.shape[1] - 1), np.minimum(row + 1, pixels.shape[0] - 1)
    fx, fy = x - column, y - row
    low = pixels[row, column] * (1 - fx) + pixels[row, right] * fx
    high = pixels[above, column] * (1 - fx) + pixels[above, right] * fx
    return low * (1 - fy) + high * fy
