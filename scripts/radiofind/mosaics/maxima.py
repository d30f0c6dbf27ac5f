"""Local maxima of an image and their subpixel positions."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import maximum_filter


def is_maximum(image: np.ndarray) -> np.ndarray:
    """Return whether each pixel is the maximum of its 3 x 3 neighbourhood; of equal pixels the last one is.

    Parameters
    ----------
    image
        2D ndarray without NaN.
    """
    before = np.array([[1, 1, 1], [1, 0, 0], [0, 0, 0]], dtype=bool)
    not_lower = image >= maximum_filter(image, footprint=before, mode="constant", cval=-np.inf)
    return not_lower & (
        image > maximum_filter(image, footprint=before[::-1, ::-1], mode="constant", cval=-np.inf)
    )


def vertex_of_parabola(left: np.ndarray, centre: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the offset of the vertex of the parabola through three values, at most half a pixel."""
    curvature = left - 2 * centre + right
    offset = np.divide(left - right, 2 * curvature, out=np.zeros(len(centre)), where=curvature < 0)
    return np.clip(offset, -0.5, 0.5)


def vertex_of_paraboloid(pixels: np.ndarray, beams: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the offsets in x and y of the vertex of a paraboloid, and its height above the central pixel.

    Parameters
    ----------
    pixels
        The maxima and their neighbours, shape (n, 3, 3).
    beams
        Covariances of the beam over (x, y), shape (n, 2, 2).

    Notes
    -----
    The orientation of the paraboloid is that of the beam; its curvatures along rows and columns are those of
    the pixels. Along an axis with a blank pixel the offset is zero.
    """
    middle = pixels[:, 1, 1]
    sides = np.stack([pixels[:, 1, [0, 2]], pixels[:, [0, 2], 1]], axis=1)
    curvature = sides.sum(axis=2) - 2 * middle[:, np.newaxis]
    usable = np.isfinite(curvature) & (curvature < 0)
    slope = np.where(usable, (sides[..., 1] - sides[..., 0]) / 2, 0)
    sharp = np.where(usable, np.sqrt(np.abs(curvature)), 1)
    turn = np.where(usable.all(axis=1), -beams[:, 0, 1] / np.sqrt(beams[:, 0, 0] * beams[:, 1, 1]), 0)
    u, v = (slope / sharp).T
    dx, dy = np.stack([u - turn * v, v - turn * u]) / (1 - turn**2) / sharp.T
    return dx, dy, (slope[:, 0] * dx + slope[:, 1] * dy) / 2
