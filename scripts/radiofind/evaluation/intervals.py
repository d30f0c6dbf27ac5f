"""95 % confidence intervals of fractions and of counts."""

from __future__ import annotations

import numpy as np
from astropy.stats import binom_conf_interval
from scipy.special import chdtri

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
        Number of hits and of trials, any shape, n > 0.
    """
    return binom_conf_interval(hits, n, confidence_level=CONFIDENCE, interval="wilson")


def poisson_interval(n: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the interval of the mean of a Poisson distribution from a number of events (Garwood 1936).

    Parameters
    ----------
    n
        Number of events, any shape. Without events the interval is 0 to 3.69.
    """
    n, outside = np.asarray(n, dtype=float), (1 - CONFIDENCE) / 2
    low = np.where(n > 0, chdtri(2 * np.maximum(n, 1), 1 - outside) / 2, 0.0)
    return low, chdtri(2 * n + 2, outside) / 2


def fraction_interval(hits: np.ndarray, patch: np.ndarray, rng: np.random.Generator) -> tuple[float, float]:
    """Return the 95 % bootstrap interval over patches of the fraction of hits.

    Parameters
    ----------
    hits
        Whether each of n sources is a hit, shape (n,), n > 0.
    patch
        Patch of each, shape (n,).
    rng
        Source of randomness.

    Notes
    -----
    If all are hits, or none, all bootstrap samples are equal; the interval is then Wilson's, not zero.
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
