"""Weigh fake sources so that their fluxes are distributed as those of the sky."""

from __future__ import annotations

import numpy as np
import pandas as pd

LEAST_ROWS = 20
"""Sources above the limit without which no slope is fitted: it would be wrong by more than 0.3."""
COMPLETE = 0.9
"""Completeness from which on a slope is fitted; crowded images lack some per cent at any SNR."""
LEAST_SNR = 10.0
"""Least limit of a fit: below it, the errors of the fluxes make counts steeper."""


def fit_slope(snr: np.ndarray, *, lowest_snr: float) -> float:
    """Return the exponent q of the source counts dN/dS ~ S^-q, by maximum likelihood.

    Parameters
    ----------
    snr
        Total flux over noise of the sources of a catalogue; it has the exponent of S also where noise varies.
    lowest_snr
        Limit above which sources are used, for example that of `lowest_complete_snr`.

    Returns
    -------
    float
        NaN with fewer than `LEAST_ROWS` sources. The estimator is that of a power law without upper end
        (Crawford, Jauncey & Murdoch 1970, ApJ 162, 405), corrected for its bias; its error is
        (q - 1) / sqrt(n).
    """
    snr = np.asarray(snr, dtype=float)
    logs = np.log(snr[snr > lowest_snr] / lowest_snr)
    return float(1 + (len(logs) - 1) / logs.sum()) if len(logs) >= LEAST_ROWS else np.nan


def lowest_complete_snr(completeness: pd.DataFrame) -> float:
    """Return the SNR from which on a catalogue is complete, at least `LEAST_SNR`.

    Parameters
    ----------
    completeness
        Rows of `completeness.completeness_by_snr`. The limit is the lower edge of the first bin with a
        completeness of `COMPLETE`; NaN if there is none.
    """
    table = completeness.sort_values("snr_low")
    complete = (table["completeness"] >= COMPLETE).to_numpy()
    if not complete.any():
        return np.nan
    return max(LEAST_SNR, float(table["snr_low"].iloc[complete.argmax()]))


def count_weights(injected_snr: np.ndarray, *, slope: float, counts_slope: float) -> np.ndarray:
    """Return the weights that give fake sources the source counts of the sky.

    Parameters
    ----------
    injected_snr
        Injected total flux over noise, positive.
    slope
        Exponent with which they were drawn, as for `injections.Injections`.
    counts_slope
        Exponent of the source counts, as from `fit_slope`.

    Returns
    -------
    ndarray
        Shape of `injected_snr`, mean 1.
    """
    weights = np.asarray(injected_snr, dtype=float) ** (slope - counts_slope)
    return weights / weights.mean() if weights.size else weights
