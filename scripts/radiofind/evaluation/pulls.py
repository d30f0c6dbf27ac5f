"""Say whether the errors of a catalogue are right, by pulls: differences from the truth over their errors."""

from __future__ import annotations

import numpy as np
import pandas as pd

ARCSEC = 3600.0
"""Arcsec in a degree."""
LEAST_PULLS = 20
"""Number of pulls without which their width is not given: it would be wrong by 20 % or more."""
PERCENTILES = (0.16, 0.84)
"""Between them is twice the standard deviation of a normal distribution."""


def with_pulls(sources: pd.DataFrame, partners: pd.DataFrame) -> pd.DataFrame:
    """Return injected sources with the pulls of what was measured of them.

    Parameters
    ----------
    sources
        Columns ``ra``, ``dec`` (deg), ``injected_flux`` and ``found_flux`` (Jy).
    partners
        The detection of each source, or NaN: columns ``ra``, ``dec`` (deg), ``e_ra``, ``e_dec`` (arcsec) and
        ``e_apparent_total_flux`` (Jy).

    Returns
    -------
    pandas.DataFrame
        `sources` with ``flux_pull``, ``ra_pull`` and ``dec_pull``: found minus injected, over the error. NaN
        without a detection or if the error is not positive.
    """
    east = (partners["ra"] - sources["ra"] + 180) % 360 - 180
    differences = {
        "flux_pull": (sources["found_flux"] - sources["injected_flux"], partners["e_apparent_total_flux"]),
        "ra_pull": (east * np.cos(np.deg2rad(sources["dec"])) * ARCSEC, partners["e_ra"]),
        "dec_pull": ((partners["dec"] - sources["dec"]) * ARCSEC, partners["e_dec"]),
    }
    pulls = {name: value / error.where(error > 0) for name, (value, error) in differences.items()}
    return sources.assign(**pulls)


def width_of(pulls: pd.Series | np.ndarray, *, weights: np.ndarray | None = None) -> float:
    """Return the width of pulls: half of the range from the 16th to the 84th percentile.

    Parameters
    ----------
    pulls
        Any number; those that are NaN are not counted.
    weights
        Weight of each; all the same by default.

    Returns
    -------
    float
        1 if the errors are right; NaN with fewer than `LEAST_PULLS` pulls.
    """
    pulls = np.asarray(pulls, dtype=float)
    weights = np.ones(len(pulls)) if weights is None else np.asarray(weights, dtype=float)
    known = np.isfinite(pulls)
    if known.sum() < LEAST_PULLS:
        return np.nan
    low, high = np.quantile(pulls[known], PERCENTILES, weights=weights[known], method="inverted_cdf")
    return float(high - low) / 2
