"""The summary of the noise maps against the map of the whole mosaic."""

import numpy as np
import pandas as pd
import pytest

from radiofind.mosaics.noise_summary import (
    NO_PATCHES,
    median_noise,
    noise_at,
    sample_noise,
    summarise_patches,
)
from radiofind.mosaics.tiles import tiles_of

SHAPE = (230, 310)
TILES = list(tiles_of(SHAPE, core_pixels=100, halo_pixels=20))


@pytest.fixture
def rms():
    rms = np.random.default_rng(1).uniform(1, 2, SHAPE).astype(np.float32)
    rms[:60, :120] = np.nan
    rms[200:, 300] = np.nan
    return rms


def test_patches_are_those_of_the_mosaic_whatever_the_tiling(rms):
    parts = [summarise_patches(rms[t.core.slices], t.core, shape=SHAPE) for t in TILES]
    summary = pd.concat([NO_PATCHES, *parts], ignore_index=True)
    assert summary["patch"].is_unique
    for row, column in np.ndindex(5, 7):
        patch = rms[50 * row : 50 * row + 50, 50 * column : 50 * column + 50]
        found = summary[summary["patch"] == row * 7 + column]
        assert found["n_valid"].sum() == np.count_nonzero(np.isfinite(patch))
        if len(found):
            assert found["rms"].item() == pytest.approx(np.nanmedian(patch))
    assert summary.dtypes.to_dict() == NO_PATCHES.dtypes.to_dict()


def test_a_blank_core_has_no_patches():
    blank = np.full((100, 100), np.nan, dtype=np.float32)
    assert summarise_patches(blank, TILES[0].core, shape=SHAPE).empty


def test_the_median_is_that_of_all_cores(rms):
    median = median_noise([sample_noise(rms[t.core.slices]) for t in TILES])
    assert median == pytest.approx(np.nanmedian(rms), rel=0.02)
    assert median == median_noise([sample_noise(rms)])
    assert np.isnan(median_noise([]))
    assert np.isnan(median_noise([sample_noise(np.full((9, 9), np.nan))]))


def test_noise_at_a_position_is_that_of_its_pixel(rms):
    rng = np.random.default_rng(2)
    x = np.concatenate([rng.uniform(-0.5, 309.5, 300), [99.5, 99.49, 199.5, -0.6, 400, np.nan]])
    y = np.concatenate([rng.uniform(-0.5, 229.5, 300), [99.5, 99.49, 50, 100, 100, 100]])
    values = noise_at(x, y, TILES, read=lambda tile: rms[tile.box.slices])
    expected = [
        rms[int(np.floor(b + 0.5)), int(np.floor(a + 0.5))] for a, b in zip(x[:-3], y[:-3], strict=True)
    ]
    assert values == pytest.approx([*expected, *[np.nan] * 3], nan_ok=True)
    assert np.isfinite(values).sum() > 200
    assert noise_at(np.zeros(0), np.zeros(0), TILES, read=None).shape == (0,)
