"""Compute features that distinguish classes of sources: flux, compactness, size, shape, spectral index.

All are computed from the columns of a catalogue. NaN means unknown.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from astropy import units
from astropy.coordinates import SkyCoord, search_around_sky

from radiofind.evaluation.matching import Pairs, closest_first

FEATURES = ("log_total_flux", "log_peak_ratio", "log_major", "log_axis_ratio", "spectral_index")
"""Columns of `features_of`. Number of components, SNR, deconvolved axes and neighbours did not improve on
them in cross-validation on the train and validation boxes of the SDC1 image at 560 MHz."""


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
        Spectral index of each source, shape (n,), NaN if unknown; None if unknown for all.

    Returns
    -------
    pandas.DataFrame
        The columns `FEATURES`, n rows, index 0 to n - 1: decimal logarithms of the total flux (Jy), of peak
        over total flux, of the major axis over the beam and of minor over major axis, and the spectral
        index. What is zero or negative has no logarithm and counts as not known.
    """
    index = np.full(len(catalogue), np.nan) if spectral_index is None else np.asarray(spectral_index, float)
    if index.shape != (len(catalogue),):
        raise ValueError(f"spectral indices have shape {index.shape} for {len(catalogue)} sources")
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
        If the frequencies are not two different positive numbers.
    """
    first, second = frequencies_hz
    if not (first > 0 and second > 0 and first != second):
        raise ValueError(f"a spectral index needs two different frequencies, not {first:g} and {second:g} Hz")
    pairs = _pairs_on_sky(catalogue, other, radius_arcsec=radius_arcsec)
    flux = _logarithm(catalogue["total_flux"])[pairs.truth]
    other_flux = _logarithm(other["total_flux"])[pairs.detection]
    index = np.full(len(catalogue), np.nan)
    index[pairs.truth] = (flux - other_flux) / np.log10(first / second)
    return index


def _logarithm(values: pd.Series) -> np.ndarray:
    """Return decimal logarithms; NaN for values that are not positive and finite."""
    numbers = values.to_numpy(float)
    return np.log10(np.where(np.isfinite(numbers) & (numbers > 0), numbers, np.nan))


def _pairs_on_sky(catalogue: pd.DataFrame, other: pd.DataFrame, *, radius_arcsec: float) -> Pairs:
    """Return the matches of two catalogues by their positions on the sky, closest pairs first."""
    one, two = (SkyCoord(table["ra"], table["dec"], unit="deg") for table in (catalogue, other))
    rows, other_rows, separation, _ = search_around_sky(one, two, radius_arcsec * units.arcsec)
    order = np.lexsort((other_rows, rows, separation))
    return closest_first(Pairs(rows[order], other_rows[order], separation.arcsec[order]))
