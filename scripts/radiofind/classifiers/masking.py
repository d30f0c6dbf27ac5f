"""Mask a cutout except for its source: the pixels above a threshold that are connected to it.

Lukic et al. 2019 had their best results with such images, and apply their FRI/FRII rule to them.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import label

THRESHOLD = 4.0
"""Threshold of the mask in rms, as in the papers."""
EIGHT = np.ones((3, 3), dtype=int)
"""Pixels that touch at a corner are connected."""


def mask_cutout(
    image: np.ndarray,
    rms: float,
    *,
    host: tuple[float, float],
    threshold: float = THRESHOLD,
    footprint: np.ndarray | None = None,
    others: np.ndarray | None = None,
) -> np.ndarray:
    """Return a cutout with only its source: 0 below the threshold and in islands not connected to the source.

    Parameters
    ----------
    image
        2D float ndarray, 0 where blank.
    rms
        Noise, in the unit of the image, above 0.
    host
        Position x, y of the source in pixels of the cutout. Its pixel belongs to the source.
    threshold
        Pixels below this many rms are masked.
    footprint
        2D bool ndarray: pixels of the source in the catalogue (see `footprint_of`); by default only the host.
    others
        2D bool ndarray: pixels of other sources in the catalogue, masked outside the footprint.

    Returns
    -------
    numpy.ndarray
        Same type and shape as the image. All 0 if nothing above the threshold is connected to the source.

    Raises
    ------
    ValueError
        If the noise is not above 0.

    Notes
    -----
    Lukic et al. 2019 (4-rms arrays), Mingo et al. 2019. Islands are connected at sides and corners, and kept
    if they have a pixel in the footprint; unrelated sources are masked.
    """
    if not rms > 0:
        raise ValueError(f"rms is {rms}, but must be above 0")
    own = footprint_of(image.shape, np.atleast_2d(host))
    own = own if footprint is None else own | footprint
    above = image >= threshold * rms
    if others is not None:
        above &= own | ~others
    islands, n_islands = label(above, structure=EIGHT)
    touched = np.zeros(n_islands + 1, dtype=bool)
    touched[islands[own]] = True
    touched[0] = False
    return np.where(touched[islands], image, 0).astype(image.dtype)


def footprint_of(
    shape: tuple[int, int], centres: np.ndarray, covariances: np.ndarray | None = None
) -> np.ndarray:
    """Return the pixels of a cutout inside the half-maximum ellipses of a source's Gaussians.

    Parameters
    ----------
    shape
        Rows and columns of the cutout.
    centres
        x and y of Gaussians in pixels of the cutout, shape (n, 2).
    covariances
        Their covariances in pixels^2 over (x, y), shape (n, 2, 2); Gaussians without finite covariance are
        points, as are all by default.

    Returns
    -------
    numpy.ndarray
        Bool of this shape; always includes the pixels of the centres inside the cutout.
    """
    row, column = np.indices(shape)
    inside = np.zeros(shape, dtype=bool)
    for number, (x, y) in enumerate(centres):
        inside |= (column == np.floor(x + 0.5)) & (row == np.floor(y + 0.5))
        if covariances is not None and np.isfinite(covariances[number]).all():
            inside |= _exponent(shape, centres[number], covariances[number]) <= np.log(2)
    return inside


def heights_of(
    shape: tuple[int, int], centres: np.ndarray, covariances: np.ndarray, peaks: np.ndarray
) -> np.ndarray:
    """Return the sum of Gaussians over a cutout.

    Parameters
    ----------
    shape, centres, covariances
        As in `footprint_of`.
    peaks
        Their heights, shape (n,).

    Returns
    -------
    numpy.ndarray
        Float of this shape, in the unit of the heights. Gaussians with non-finite parameters are left out.
    """
    heights = np.zeros(shape)
    for centre, covariance, peak in zip(centres, covariances, peaks, strict=True):
        if np.isfinite(covariance).all() and np.isfinite(peak):
            heights += peak * np.exp(-_exponent(shape, centre, covariance))
    return heights


def _exponent(shape: tuple[int, int], centre: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Return the exponent of a Gaussian at each pixel (0 at its centre)."""
    y, x = np.indices(shape) - centre[::-1].reshape(2, 1, 1)
    xx, yy, xy = covariance[[0, 1, 0], [0, 1, 1]]
    return (yy * x**2 - 2 * xy * x * y + xx * y**2) / (2 * (xx * yy - xy**2))
