"""The baseline finder: local maxima of the image above the noise."""

from __future__ import annotations

import numpy as np
import pandas as pd

from radiofind.catalogues.detections import Found, complete, reason_to_skip
from radiofind.mosaics.field import Field
from radiofind.mosaics.maxima import is_maximum, vertex_of_paraboloid


def find_peaks(sky: Field, *, finder: str, threshold: float) -> Found:
    """Return the local maxima of a tile.

    Parameters
    ----------
    sky
        The tile with its noise.
    finder
        Name of the finder.
    threshold
        Lowest height above the mean, in units of the noise.

    Returns
    -------
    Found
        A detection for each pixel that is the maximum of its 3 x 3 neighbourhood and above the threshold. The
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
    """Return the rows and columns of the maxima above the threshold."""
    height = np.nan_to_num(sky.pixels - sky.mean, nan=-np.inf)
    with np.errstate(invalid="ignore"):
        return np.nonzero(is_maximum(height) & (height > threshold * sky.rms) & (sky.rms > 0))


def _measure(sky: Field, row: np.ndarray, column: np.ndarray) -> pd.DataFrame:
    """Return positions, peak fluxes and point-source fluxes of maxima, with their errors."""
    height = np.pad(sky.pixels - sky.mean, 2, constant_values=np.nan)
    stamps = np.lib.stride_tricks.sliding_window_view(height, (5, 5))[row, column].astype(float)
    beams = sky.header.beam_pixels_at(sky.tile.box.x0 + column, sky.tile.box.y0 + row)
    dx, dy, gain = vertex_of_paraboloid(stamps[:, 1:4, 1:4], beams)
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


def _beam_flux(stamps: np.ndarray, dx: np.ndarray, dy: np.ndarray, beams: np.ndarray) -> np.ndarray:
    """Return the amplitude of the beam fitted to 5 x 5 pixels, which is the flux of a point source."""
    offsets = np.arange(-2, 3)
    x = offsets[np.newaxis, np.newaxis, :] - dx[:, np.newaxis, np.newaxis]
    y = offsets[np.newaxis, :, np.newaxis] - dy[:, np.newaxis, np.newaxis]
    xx, xy, yy = (np.linalg.inv(beams)[:, i, j, np.newaxis, np.newaxis] for i, j in ((0, 0), (0, 1), (1, 1)))
    beam = np.exp(-0.5 * (xx * x**2 + 2 * xy * x * y + yy * y**2))
    beam = np.where(np.isfinite(stamps), beam, 0)
    return (np.nan_to_num(stamps) * beam).sum(axis=(1, 2)) / (beam**2).sum(axis=(1, 2))
