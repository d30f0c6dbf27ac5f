"""The eight orientations of an image: rotations by quarter turns, and their mirror images."""

from __future__ import annotations

import numpy as np

ORIENTATIONS = 8
"""Number of orientations."""


def turned(images: np.ndarray, way: int, *, axes: tuple[int, int] = (0, 1)) -> np.ndarray:
    """Return images in one of the eight orientations.

    Parameters
    ----------
    images
        An image, or an array of several.
    way
        The orientation: number of quarter turns, plus 4 to mirror left to right after that.
    axes
        Rows and columns among the axes of the array.
    """
    rotated = np.rot90(images, way % 4, axes=axes)
    return np.flip(rotated, axis=axes[1]) if way >= 4 else rotated


def turned_back(image: np.ndarray, way: int) -> np.ndarray:
    """Return an image in its original orientation, undoing `turned`."""
    return np.rot90(np.flip(image, axis=1) if way >= 4 else image, -(way % 4))
