"""Paint small images of Gaussians convolved with an elliptical beam, and noise correlated like the beam.

Covariances are (xx, xy, yy), pixels2. North is towards larger rows, east towards smaller columns.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import fft

from radiofind.mosaics.gaussians import determinant_of
from radiofind.simulation.profiles import NOISE_SIGMAS

NOISE_IMAGES = 128
"""Images for which noise is drawn at a time, which bounds the memory."""


def paint_components(
    components: pd.DataFrame, *, n_images: int, size_pixels: int, beam: np.ndarray
) -> np.ndarray:
    """Return images of Gaussians convolved with the beam, without noise.

    Parameters
    ----------
    components
        ``object`` (number of the image, from 0), ``x``, ``y`` (pixels), ``flux`` (Jy), ``xx``, ``xy``, ``yy``
        (intrinsic covariance, pixels2).
    n_images, size_pixels
        Number of images, and their side.
    beam
        Covariance of the beam, pixels2.

    Returns
    -------
    3D float32 ndarray, shape (n_images, size_pixels, size_pixels)
        Jy/beam.
    """
    table = components.sort_values("object", kind="stable")
    starts = np.searchsorted(table["object"], np.arange(n_images + 1))
    centre = table[["x", "y"]].to_numpy(float)
    covariance = table[["xx", "xy", "yy"]].to_numpy(float) + beam
    peak = table["flux"].to_numpy(float) * np.sqrt(determinant_of(beam) / determinant_of(covariance))
    images = np.zeros((n_images, size_pixels, size_pixels), dtype=np.float32)
    for number, (first, last) in enumerate(zip(starts[:-1], starts[1:], strict=True)):
        rows = slice(first, last)
        images[number] = _sum_of_gaussians(centre[rows], covariance[rows], peak[rows], size_pixels)
    return images


def beam_noise(
    n_images: int, size_pixels: int, *, beam: np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    """Return noise of standard deviation 1 whose autocorrelation is the beam, independent in each image.

    Parameters
    ----------
    n_images, size_pixels
        Number of images, and their side.
    beam
        Covariance of the beam, pixels2.
    generator
        Source of random numbers.

    Returns
    -------
    3D float32 ndarray, shape (n_images, size_pixels, size_pixels)
    """
    # A margin takes up the wrap-around of the Fourier transform, so that opposite edges are independent.
    margin = int(np.ceil(NOISE_SIGMAS * np.sqrt(max(beam[0], beam[2]))))
    side = fft.next_fast_len(size_pixels + margin, real=True)
    response = _response(side, beam / 2)
    noise = np.empty((n_images, size_pixels, size_pixels), dtype=np.float32)
    for start in range(0, n_images, NOISE_IMAGES):
        part = noise[start : start + NOISE_IMAGES]
        white = generator.standard_normal((len(part), side, side), dtype=np.float32)
        smooth = fft.irfft2(fft.rfft2(white) * response, s=(side, side))
        part[:] = smooth[:, :size_pixels, :size_pixels]
    return noise


def _sum_of_gaussians(
    centre: np.ndarray, covariance: np.ndarray, peak: np.ndarray, size_pixels: int
) -> np.ndarray:
    """Return one image of Gaussians: centres (n, 2), covariances (n, 3), peaks (n,)."""
    offset = np.arange(size_pixels) - centre[:, :, None]
    dx, dy = offset[:, 0].astype(np.float32), offset[:, 1].astype(np.float32)
    xx, xy, yy = (covariance / determinant_of(covariance)[:, None]).astype(np.float32).T[:, :, None]
    exponent = (xy * dy)[:, :, None] * dx[:, None, :]
    exponent -= 0.5 * (xx * dy**2)[:, :, None]
    exponent -= 0.5 * (yy * dx**2)[:, None, :]
    # Not a matrix product, whose order of summation depends on the number of threads.
    return (np.exp(exponent, out=exponent) * peak.astype(np.float32)[:, None, None]).sum(axis=0)


def _response(side: int, covariance: np.ndarray) -> np.ndarray:
    """Return the frequency response of a Gaussian filter that preserves the variance of white noise."""
    across, along = fft.fftfreq(side)[:, None], fft.fftfreq(side)
    xx, xy, yy = covariance
    response = np.exp(-2 * np.pi**2 * (xx * along**2 + 2 * xy * along * across + yy * across**2))
    response /= np.sqrt((response**2).mean())
    return response[:, : side // 2 + 1].astype(np.float32)
