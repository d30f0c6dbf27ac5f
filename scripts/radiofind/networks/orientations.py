"""The eight orientations of an image: quarter turns, and those of its mirror image."""

from __future__ import annotations

import numpy as np

ORIENTATIONS = 8
"""How many there are."""


def turned(images: np.ndarray, way: int, *, axes: tuple[int, int] = (0, 1)) -> np.ndarray:
    """Return images turned by `way` quarter turns; from 4 on they are mirrored left to right after that.

    Parameters
    ----------
    images
        An image, or an array of several.
    way
        0 to 7; 0 changes nothing.
    axes
        Rows and columns among the axes of the array.
    """
    rotated = np.rot90(images, way % 4, axes=axes)
    return np.flip(rotated, axis=axes[1]) if way >= 4 else rotated


def turned_back(image: np.ndarray, way: int) -> np.ndarray:
    """Return what `turned` made of an image back as it was."""
    return np.rot90(np.flip(image, axis=1) if way >= 4 else image, -(way % 4))
