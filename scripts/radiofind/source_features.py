"""Measure what tells the classes of radio sources apart: flux, compactness, size, shape, spectral index.

Everything comes from the columns of a catalogue. NaN stands for what is not known.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from radiofind.matching import match_one_to_one

FEATURES = ("log_total_flux", "log_peak_ratio", "log_major", "log_axis_ratio", "spectral_index")
"""Columns of `features_of`. Number of components, SNR, deconvolved axes and neighbours added nothing to them
on left-out patches of the train and validation boxes of the SDC1 image at 560 MHz."""

ARCSEC = np.rad2deg(1) * 3600
"""A radian."""


def features_of(
    catalogue: pd.DataFrame, *, beam_arcsec: float, spectral_index: np.ndarray | None = None
) -> pd.DataFrame:
    """Return the features of each source.

    Parameters
    ----------
    catalogue
        Columns of `columns.CATALOGUE`, n rows.
    beam_arcsec
        Geometric mean of the axes of the mosaic's beam (FWHM).
    spectral_index
        Of each source, shape (n,), with NaN where it is not known; None when it is known of none.

    Returns
    -------
    pandas.DataFrame
        The columns `FEATURES`, n rows, index 0 to n - 1: decimal logarithms of the total flux (Jy), of peak
        over total flux, of the major axis over the beam and of minor over major axis, and the spectral
        index. What is zero or negative has no logarithm and counts as not known.
    """
    index = np.full(len(catalogue), np.nan) if spectral_index is None else np.asarray(spectral_index, float)
    if index.shape != (len(catalogue),):
        raise ValueError(f"Expected {len(catalogue)} spectral indices, received shape {index.shape}")
    names = ("total_flux", "peak_flux", "major", "minor")
    total, peak, major, minor = (_logarithm(catalogue[name]) for name in names)
    found = (total, peak - total, major - np.log10(beam_arcsec), minor - major, index)
    return pd.DataFrame(dict(zip(FEATURES, found, strict=True)))


def spectral_index_of(
    catalogue: pd.DataFrame,
    other: pd.DataFrame,
    *,
    frequencies_hz: tuple[float, float],
    radius_arcsec: float,
) -> np.ndarray:
    """Return the spectral index alpha of each source, from total fluxes S ~ nu^alpha at two frequencies.

    Parameters
    ----------
    catalogue
        The sources, n rows.
    other
        What the same finder found in the mosaic of the same field at another frequency.
    frequencies_hz
        Of the two catalogues.
    radius_arcsec
        Largest distance of two positions of one source, for example half the larger of the two beams.
        Matches are one-to-one, closest pairs first.

    Returns
    -------
    numpy.ndarray, shape (n,)
        NaN for sources without a partner, and where a flux is not positive.

    Raises
    ------
    ValueError
        When the frequencies are not two different positive numbers.
    """
    first, second = frequencies_hz
    if not (first > 0 and second > 0 and first != second):
        raise ValueError(f"Expected two different frequencies above 0 Hz, received {first:g} and {second:g}")
    pairs = match_one_to_one(_directions(catalogue), _directions(other), radius_pixels=radius_arcsec)
    flux = _logarithm(catalogue["total_flux"])[pairs.truth]
    other_flux = _logarithm(other["total_flux"])[pairs.detection]
    index = np.full(len(catalogue), np.nan)
    index[pairs.truth] = (flux - other_flux) / np.log10(first / second)
    return index


def _logarithm(values: pd.Series) -> np.ndarray:
    """Return decimal logarithms; NaN for what has none."""
    numbers = values.to_numpy(float)
    return np.log10(np.where(np.isfinite(numbers) & (numbers > 0), numbers, np.nan))


def _directions(catalogue: pd.DataFrame) -> np.ndarray:
    """Return positions on a sphere whose radius is a radian in arcsec: distances are those on the sky."""
    ra, dec = np.deg2rad(catalogue["ra"].to_numpy(float)), np.deg2rad(catalogue["dec"].to_numpy(float))
    parts = np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)
    return np.column_stack(parts) * ARCSEC
