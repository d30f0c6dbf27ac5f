"""Compute features that distinguish classes of sources: flux, compactness, size, shape, spectral index.

All are computed from the columns of a catalogue. NaN means unknown.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from radiofind.evaluation.spectral_index import logarithm

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
    total, peak, major, minor = (logarithm(catalogue[name]) for name in names)
    found = (total, peak - total, major - np.log10(beam_arcsec), minor - major, index)
    return pd.DataFrame(dict(zip(FEATURES, found, strict=True)))
