"""Random skies differ in beam, depth and noise, and the same seed gives the same sky."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits

from radiofind.simulation.random_skies import (
    AXIS_RATIO,
    BEAM_PIXELS,
    BINNED,
    CROWDING,
    outside_range,
    random_description,
    side_lobes,
    simulate_random,
)

SEEDS = range(1, 41)


@pytest.fixture(scope="module")
def skies():
    """The descriptions of many random skies."""
    return [random_description(seed) for seed in SEEDS]


def test_beams_are_those_that_a_network_sees_after_binning(skies):
    widths = np.array([sky.beam_pixels for sky in skies])
    low, high = BEAM_PIXELS
    assert widths.min() >= low and widths.max() <= high * BINNED[1]
    assert 0 < (widths > high).mean() < 0.5
    ratios = np.array([sky.beam[0] / sky.beam[1] for sky in skies])
    assert ratios.min() >= 1 and 1.5 < ratios.max() <= AXIS_RATIO


def test_noise_is_correlated_over_the_beam_alike_in_opposite_directions(skies):
    for sky in skies:
        correlation = np.array(sky.autocorrelation)
        middle = len(correlation) // 2
        assert correlation[middle, middle] == correlation.max() == 1
        np.testing.assert_allclose(correlation, correlation[::-1, ::-1], atol=1e-12)
        assert correlation[middle, middle + 1] > 0.2
        assert abs(correlation[middle, -1]) < 0.1


def test_the_same_seed_gives_the_same_image_and_another_seed_another_kind(tmp_path):
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        paths = {f"{kind}_path": tmp_path / f"{name}.{kind}" for kind in ("image", "primary_beam", "truth")}
        simulate_random(size_pixels=150, seed=seed, **paths)
    a, b, c = (fits.getdata(tmp_path / f"{name}.image") for name in "abc")
    np.testing.assert_array_equal(a, b)
    assert (tmp_path / "a.truth").read_bytes() == (tmp_path / "b.truth").read_bytes()
    headers = [fits.getheader(tmp_path / f"{name}.image") for name in "ac"]
    assert headers[0]["BMAJ"] != pytest.approx(headers[1]["BMAJ"]) and c.std() != pytest.approx(a.std())
    assert (fits.getdata(tmp_path / "a.primary_beam") == 1).all()


def test_only_bright_sources_keep_side_lobes_and_only_near_them(skies):
    sky = replace(skies[0], rms_jy_per_beam=1.0)
    sources = pd.DataFrame({"flux": [1000.0, 40.0], "x_cent": [100.0, 300.0], "y_cent": [100.0, 300.0]})
    lobes = side_lobes(sky, sources, size_pixels=400, seed=1)
    reach = len(sky.autocorrelation) // 2 + 1
    assert 0 < np.abs(lobes[100 - reach : 100 + reach, 100 - reach : 100 + reach]).max() < 150
    assert np.abs(lobes[200:]).max() < 1e-3


def test_a_sky_unlike_all_others_is_told(skies):
    sky = skies[0]
    assert outside_range(sky) == []
    (told,) = outside_range(replace(sky, beam=(3 * sky.beam[1], sky.beam[1], 0.0), density=0.5))
    assert "3.00" in told
    (told,) = outside_range(replace(sky, density=100.0))
    assert f"{CROWDING[1]:g}" in told
