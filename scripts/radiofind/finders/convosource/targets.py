"""The maps that networks are taught: 1 at a source, and less around it."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from radiofind.mosaics.box import pixel_of

HORN_PIXELS, SMOOTHING_PIXELS = 2.0, 1.4
"""Radius of the horn and standard deviation of its smoothing: the 10 and 7 pixels of DeepSource's images of
MeerKAT, whose beam is 17 pixels wide, after our binning by 5."""
BACKGROUND, BRIGHTNESS_POWER = 0.1, 0.3
"""Demand far from sources before it is multiplied by the image, and the power of the image (public code)."""
BRIGHTEST_SNR = 100.0
"""SNR beyond which demand does not grow."""


def mark_sources(shape: tuple[int, int], x: np.ndarray, y: np.ndarray, *, blob_pixels: float) -> np.ndarray:
    """Return a map that is 1 at sources and 0 elsewhere.

    Parameters
    ----------
    shape
        Rows and columns.
    x, y
        Positions of the sources in pixels of the map; sources outside are ignored.
    blob_pixels
        Standard deviation of the Gaussian around each source (the maximum counts where several overlap); 0
        marks only the nearest pixel.
    """
    marked = np.zeros(shape, dtype=np.float32)
    reach = int(np.ceil(3 * blob_pixels))
    for offset_y in range(-reach, reach + 1):
        for offset_x in range(-reach, reach + 1):
            column, row = pixel_of(x).astype(int) + offset_x, pixel_of(y).astype(int) + offset_y
            inside = (column >= 0) & (column < shape[1]) & (row >= 0) & (row < shape[0])
            distance2 = (column - x) ** 2 + (row - y) ** 2
            height = np.exp(-distance2 / (2 * blob_pixels**2)) if blob_pixels else np.ones(len(x))
            np.maximum.at(marked, (row[inside], column[inside]), height[inside].astype(np.float32))
    return marked


def single_pixels(inputs: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return a map that is 1 in the pixel of each source (Lukic et al. 2019, section 3).

    Parameters
    ----------
    inputs
        The scaled image, of which only the shape matters.
    x, y
        Positions of the sources in its pixels.
    """
    return mark_sources(inputs.shape, x, y, blob_pixels=0.0)


def blobs(inputs: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return a map with a Gaussian at each source, of a standard deviation of one pixel.

    Parameters
    ----------
    inputs, x, y
        As for `single_pixels`.
    """
    return mark_sources(inputs.shape, x, y, blob_pixels=1.0)


def demand_map(inputs: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the demand of each pixel, 0 to 1: a smoothed horn at each source, times a power of the image.

    Parameters
    ----------
    inputs
        The image as asinh(SNR / 2).
    x, y
        Positions of the sources in its pixels.

    Notes
    -----
    From the public code of DeepSource (Vafaei Sadr et al. 2019), which scales each image by its brightest
    pixel and each map by its largest value. Here both scales are fixed: a map must not depend on what else
    is in the image. Where horns overlap the higher one counts, not their sum, so that close sources remain
    two.
    """
    reach = int(np.ceil(HORN_PIXELS + 4 * SMOOTHING_PIXELS))
    single = _horns((2 * reach + 1, 2 * reach + 1), np.array([reach]), np.array([reach]))
    horns = _horns(inputs.shape, x, y) / single.max()
    brightness = np.clip(2 * np.sinh(inputs), 0, BRIGHTEST_SNR) / BRIGHTEST_SNR
    demand = (np.minimum(horns, 1) + BACKGROUND) / (1 + BACKGROUND) * brightness**BRIGHTNESS_POWER
    return demand.astype(np.float32)


def _horns(shape: tuple[int, int], x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return horns, which fall linearly from 1 at a source to 0 at their radius, smoothed."""
    horns = np.zeros(shape)
    reach = int(np.ceil(HORN_PIXELS))
    for offset_y in range(-reach, reach + 1):
        for offset_x in range(-reach, reach + 1):
            column, row = pixel_of(x).astype(int) + offset_x, pixel_of(y).astype(int) + offset_y
            inside = (column >= 0) & (column < shape[1]) & (row >= 0) & (row < shape[0])
            height = np.clip(1 - np.hypot(column - x, row - y) / HORN_PIXELS, 0, None)
            np.maximum.at(horns, (row[inside], column[inside]), height[inside])
    return gaussian_filter(horns, SMOOTHING_PIXELS, mode="constant")
