"""Intervals that hold the true value in 95 of 100 cases."""

from __future__ import annotations

import numpy as np
from astropy.stats import binom_conf_interval

CONFIDENCE = 0.95
INTERVAL_PERCENT = (2.5, 97.5)
"""The same as percentiles."""
RESAMPLES = 1000
"""Bootstrap samples of the patches."""


def wilson_interval(hits: np.ndarray | int, n: np.ndarray | int) -> tuple[np.ndarray, np.ndarray]:
    """Return Wilson's interval of a fraction, for independent trials.

    Parameters
    ----------
    hits, n
        How many of how many, any shape, n > 0.
    """
    return binom_conf_interval(hits, n, confidence_level=CONFIDENCE, interval="wilson")


def fraction_interval(hits: np.ndarray, patch: np.ndarray, rng: np.random.Generator) -> tuple[float, float]:
    """Return the 95 % interval of the fraction of hits when the patches are drawn anew.

    Parameters
    ----------
    hits
        Whether each of n sources is one, shape (n,), n > 0.
    patch
        Patch of each, shape (n,).
    rng
        Source of randomness.

    Notes
    -----
    Where all are hits, or none, every sample says the same, and the interval is Wilson's, which is not zero.
    """
    if hits.all() or not hits.any():
        low, high = wilson_interval(hits.sum(), len(hits))
        return float(low), float(high)
    _, index = np.unique(patch, return_inverse=True)
    per_patch = np.column_stack([np.bincount(index), np.bincount(index, weights=hits)])
    # Patches with equal counts are interchangeable, as in `metrics.bootstrap_f1`.
    kinds, n_of_kind = np.unique(per_patch, axis=0, return_counts=True)
    drawn = rng.multinomial(len(per_patch), n_of_kind / len(per_patch), size=RESAMPLES) @ kinds
    low, high = np.percentile(drawn[:, 1] / drawn[:, 0], INTERVAL_PERCENT)
    return float(low), float(high)
