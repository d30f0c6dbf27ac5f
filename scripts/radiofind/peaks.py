"""The baseline finder: local maxima of the image above the noise."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.ndimage import maximum_filter

from radiofind.detections import Found, complete, reason_to_skip
from radiofind.fields import Field


def find_peaks(sky: Field, *, finder: str, threshold: float) -> Found:
    """Return the local maxima of a tile.

    Parameters
    ----------
    sky
        Where to search.
    finder
        Name of the finder.
    threshold
        Lowest height over the mean, in units of the noise.

    Returns
    -------
    Found
        One detection per pixel that is the largest of its 3 x 3 neighbours and above the threshold. The
        position is the vertex of a paraboloid through the neighbours; the total flux is that of a point
        source: the beam fitted to the 5 x 5 pixels around the maximum.
    """
    reason = reason_to_skip(sky.pixels, sky.rms)
    if reason:
        return Found(reason=reason)
    row, column = _local_maxima(sky, threshold)
    if not len(row):
        return Found(reason="no source found")
    return Found(detections=complete(_measure(sky, row, column), sky=sky, finder=finder))


def _local_maxima(sky: Field, threshold: float) -> tuple[np.ndarray, np.ndarray]:
    """Return rows and columns of the maxima; of equal neighbours the last one counts."""
    height = np.nan_to_num(sky.pixels - sky.mean, nan=-np.inf)
    before = np.array([[1, 1, 1], [1, 0, 0], [0, 0, 0]], dtype=bool)
    not_lower = height >= maximum_filter(height, footprint=before, mode="constant", cval=-np.inf)
    higher = height > maximum_filter(height, footprint=before[::-1, ::-1], mode="constant", cval=-np.inf)
    with np.errstate(invalid="ignore"):
        return np.nonzero(not_lower & higher & (height > threshold * sky.rms) & (sky.rms > 0))


def _measure(sky: Field, row: np.ndarray, column: np.ndarray) -> pd.DataFrame:
    """Return position, peak and beam-matched flux of maxima with their errors."""
    height = np.pad(sky.pixels - sky.mean, 2, constant_values=np.nan)
    stamps = np.lib.stride_tricks.sliding_window_view(height, (5, 5))[row, column].astype(float)
    beams = sky.header.beam_pixels_at(sky.tile.box.x0 + column, sky.tile.box.y0 + row)
    dx, dy, gain = _vertex(stamps[:, 1:4, 1:4], beams)
    rms = sky.rms[row, column].astype(float)
    peak = stamps[:, 2, 2] + gain
    x, y = sky.tile.box.x0 + column + dx, sky.tile.box.y0 + row + dy
    size = np.array([sky.header.beam.major_arcsec, sky.header.beam.minor_arcsec])
    error = size.mean() * rms / (2 * peak)
    return pd.DataFrame(
        {
            "x": x,
            "y": y,
            "e_ra": error,
            "e_dec": error,
            "apparent_peak_flux": peak,
            "e_apparent_peak_flux": rms,
            "apparent_total_flux": _beam_flux(stamps, dx, dy, beams),
            "e_apparent_total_flux": rms,
        }
    )


def _vertex(pixels: np.ndarray, beams: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return offsets in x and y and gain in height of the vertex of a paraboloid.

    Parameters
    ----------
    pixels
        The maxima and their neighbours, shape (n, 3, 3).
    beams
        Covariances of the beam over (x, y), shape (n, 2, 2). They tell how the paraboloid is turned; its
        curvatures along rows and columns are those of the pixels. Along an axis with a blank pixel there is
        no offset.
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


def _beam_flux(stamps: np.ndarray, dx: np.ndarray, dy: np.ndarray, beams: np.ndarray) -> np.ndarray:
    """Return the amplitude of the beam that fits 5 x 5 pixels best, which is a point source's flux."""
    offsets = np.arange(-2, 3)
    x = offsets[np.newaxis, np.newaxis, :] - dx[:, np.newaxis, np.newaxis]
    y = offsets[np.newaxis, :, np.newaxis] - dy[:, np.newaxis, np.newaxis]
    xx, xy, yy = (np.linalg.inv(beams)[:, i, j, np.newaxis, np.newaxis] for i, j in ((0, 0), (0, 1), (1, 1)))
    beam = np.exp(-0.5 * (xx * x**2 + 2 * xy * x * y + yy * y**2))
    beam = np.where(np.isfinite(stamps), beam, 0)
    return (np.nan_to_num(stamps) * beam).sum(axis=(1, 2)) / (beam**2).sum(axis=(1, 2))
