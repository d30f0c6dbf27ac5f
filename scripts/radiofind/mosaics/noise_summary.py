"""Summarise the noise maps of a mosaic: per patch, at positions, and by their median."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from radiofind.mosaics.box import Box, pixel_of
from radiofind.mosaics.regions import PATCH_PIXELS, patch_numbers
from radiofind.mosaics.tiles import Tile

NO_PATCHES = pd.DataFrame(
    {
        "patch": pd.Series(dtype="int64"),
        "n_valid": pd.Series(dtype="int64"),
        "rms": pd.Series(dtype="float32"),
    }
)
"""The summary of a mosaic without valid pixels."""
SAMPLE_STEP = 5
"""Step between the pixels that enter the median, since the map is smooth; a divisor of `PATCH_PIXELS`."""


def summarise_patches(rms: np.ndarray, core: Box, *, shape: tuple[int, int]) -> pd.DataFrame:
    """Return the number of valid pixels and the median noise of each patch of a core.

    Parameters
    ----------
    rms
        2D ndarray over the core, Jy/beam, NaN where blanked.
    core
        The core; its first pixel is the first of a patch.
    shape
        Rows and columns of the mosaic.

    Returns
    -------
    pandas.DataFrame
        ``patch`` (see `regions.patch_numbers`), ``n_valid`` and ``rms`` (the median), a row for each patch
        with valid pixels.
    """
    rows, columns = (-(-side // PATCH_PIXELS) for side in core.shape)
    filled = np.full((rows * PATCH_PIXELS, columns * PATCH_PIXELS), np.nan, dtype=np.float32)
    filled[: core.shape[0], : core.shape[1]] = rms
    patches = filled.reshape(rows, PATCH_PIXELS, columns, PATCH_PIXELS)
    n_valid = np.isfinite(patches).sum(axis=(1, 3))
    row, column = np.nonzero(n_valid)
    ordered = np.sort(patches[row, :, column].reshape(len(row), PATCH_PIXELS**2), axis=1)
    each, count = np.arange(len(row)), n_valid[row, column]
    x, y = core.x0 + column * PATCH_PIXELS, core.y0 + row * PATCH_PIXELS
    return pd.DataFrame(
        {
            "patch": patch_numbers(x, y, shape=shape),
            "n_valid": count,
            "rms": (ordered[each, (count - 1) // 2] + ordered[each, count // 2]) / 2,
        }
    )


def median_noise(samples: Sequence[np.ndarray]) -> float:
    """Return the median of the samples of all cores (see `sample_noise`); NaN if there are none."""
    pooled = np.concatenate([np.empty(0), *samples])
    return float(np.median(pooled)) if len(pooled) else float("nan")


def sample_noise(rms: np.ndarray) -> np.ndarray:
    """Return the finite values of a core's map at every `SAMPLE_STEP`-th pixel.

    Parameters
    ----------
    rms
        2D ndarray over the core.
    """
    sample = rms[::SAMPLE_STEP, ::SAMPLE_STEP]
    return sample[np.isfinite(sample)]


def noise_at(
    x: np.ndarray, y: np.ndarray, tiles: Sequence[Tile], *, read: Callable[[Tile], np.ndarray]
) -> np.ndarray:
    """Return the noise at each position, that of the nearest pixel; NaN where blanked or outside the tiles.

    Parameters
    ----------
    x, y
        Positions in mosaic pixels, shape (n,).
    tiles
        The tiles of the mosaic.
    read
        Returns the noise map of a tile over its box.
    """
    noise = np.full(len(x), np.nan)
    for tile in tiles:
        inside = tile.core.holds(x, y)
        if inside.any():
            column, row = pixel_of(x[inside]).astype(int), pixel_of(y[inside]).astype(int)
            noise[inside] = read(tile)[row - tile.box.y0, column - tile.box.x0]
    return noise
