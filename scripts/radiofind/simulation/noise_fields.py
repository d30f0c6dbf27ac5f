"""Measure how the noise of an image is correlated, and draw noise that is correlated in the same way."""

from __future__ import annotations

import numpy as np
from scipy import fft

TAPER = 0.5
"""Part of the largest lag beyond which a measured correlation is lowered towards 0, as it becomes noise."""


def autocorrelation_of(noise: np.ndarray, *, largest_lag: int) -> np.ndarray:
    """Return the autocovariance of an image that is known in some of its pixels.

    Parameters
    ----------
    noise
        2D ndarray; NaN where it is not known.
    largest_lag
        Largest lag, pixels.

    Returns
    -------
    2D ndarray, shape (2 largest_lag + 1, 2 largest_lag + 1)
        Over lags in y and x; the variance is in the middle. Pairs of known pixels at each lag are averaged.
    """
    known = np.isfinite(noise)
    values = np.where(known, noise - np.mean(noise, where=known), 0.0)
    shape = [fft.next_fast_len(side + largest_lag, real=True) for side in noise.shape]
    sums, pairs = (_correlated(plane, shape) for plane in (values, known.astype(float)))
    lags = np.arange(-largest_lag, largest_lag + 1)
    place = np.ix_(lags, lags)
    return sums[place] / np.maximum(pairs[place], 1)


def draw_noise(
    autocorrelation: np.ndarray, *, size_pixels: int, generator: np.random.Generator
) -> np.ndarray:
    """Return noise of standard deviation 1 with a given autocorrelation.

    Parameters
    ----------
    autocorrelation
        As `autocorrelation_of` returns it, in any unit.
    size_pixels
        Side of the image, more than twice the largest lag. Opposite edges continue each other.
    generator
        Source of random numbers.

    Returns
    -------
    2D float32 ndarray, shape (size_pixels, size_pixels)

    Raises
    ------
    ValueError
        If the image is too small for the lags.
    """
    side = len(autocorrelation)
    if size_pixels < side:
        raise ValueError(f"Expected size_pixels of at least {side} for this noise, received {size_pixels}")
    lags = np.arange(-(side // 2), side // 2 + 1)
    kernel = np.zeros((size_pixels, size_pixels))
    kernel[np.ix_(lags, lags)] = autocorrelation * _taper(side)
    power = np.clip(fft.rfft2(kernel).real, 0, None)
    white = generator.standard_normal((size_pixels, size_pixels), dtype=np.float32)
    noise = fft.irfft2(fft.rfft2(white) * np.sqrt(power), s=white.shape)
    return (noise / noise.std()).astype(np.float32)


def _correlated(plane: np.ndarray, shape: list[int]) -> np.ndarray:
    """Return the sum over all pixels of the products of those at each lag; padded, so that nothing wraps."""
    return fft.irfft2(np.abs(fft.rfft2(plane, s=shape)) ** 2, s=shape)


def _taper(side: int) -> np.ndarray:
    """Return weights that fall from 1 to 0 between a part of the largest lag and the largest lag."""
    lags = np.arange(-(side // 2), side // 2 + 1) / (side // 2)
    beyond = np.clip((np.hypot(lags, lags[:, np.newaxis]) - TAPER) / (1 - TAPER), 0, 1)
    return np.cos(np.pi / 2 * beyond) ** 2
