"""Targets mark sources where they are, between the pixels, and nothing else."""

import numpy as np
import pytest

from radiofind.finders.convosource.targets import (
    BACKGROUND,
    BRIGHTEST_SNR,
    BRIGHTNESS_POWER,
    HORN_PIXELS,
    SMOOTHING_PIXELS,
    demand_map,
    mark_sources,
)


@pytest.fixture
def bright():
    """An image, as the recipe scales it, that is as bright everywhere as demand heeds."""
    return np.full((40, 50), np.arcsinh(BRIGHTEST_SNR / 2))


def test_sources_are_marked_where_they_are_between_the_pixels():
    x, y = np.array([10.3, 20.0]), np.array([7.6, 20.5])
    marked = mark_sources((30, 40), x, y, blob_pixels=1.0)
    rows, columns = np.indices((30, 40))
    distance2 = [(columns - a) ** 2 + (rows - b) ** 2 for a, b in zip(x, y, strict=True)]
    wanted = np.exp(-np.min(distance2, axis=0) / 2)
    np.testing.assert_allclose(marked, np.where(marked > 0, wanted, 0), rtol=1e-5)
    assert (marked[wanted > 0.02] > 0).all()


def test_one_pixel_is_marked_without_a_blob_and_it_is_the_one_that_holds_the_source():
    marked = mark_sources(
        (5, 6), np.array([1.4, 2.5, -0.6, 3.0]), np.array([0.0, 3.5, 2.0, 5.0]), blob_pixels=0.0
    )
    assert np.argwhere(marked == 1).tolist() == [[0, 1], [4, 3]]
    assert marked.sum() == 2


def test_blobs_reach_over_the_edge_and_no_further():
    marked = mark_sources((5, 5), np.array([-1.0]), np.array([2.0]), blob_pixels=1.0)
    np.testing.assert_allclose(marked[2], np.exp([-0.5, -2, -4.5, -np.inf, -np.inf]), rtol=1e-5)


def test_demand_is_1_at_a_bright_source_and_falls_to_the_background(bright):
    demand = demand_map(bright, np.array([20.0]), np.array([15.0]))
    assert demand.dtype == np.float32
    assert demand[15, 20] == demand.max() == pytest.approx(1)
    far = np.hypot(*(np.indices(demand.shape) - np.array([[[15]], [[20]]]))) > HORN_PIXELS + 6
    np.testing.assert_allclose(demand[far], BACKGROUND / (1 + BACKGROUND), rtol=1e-4)
    assert (np.diff(demand[15, 20:28]) < 0).all()


def test_the_horn_is_that_of_a_slow_version(bright):
    """A cone on a fine grid, smoothed there."""
    fine, reach = 20, 12
    place = np.arange(-reach, reach + 1 / fine, 1 / fine)
    cone = np.clip(1 - np.hypot(place, place[:, None]) / HORN_PIXELS, 0, None)
    weights = np.exp(-0.5 * (place / SMOOTHING_PIXELS) ** 2)
    profile = np.array(
        [
            (weights * cone * np.exp(-0.5 * ((place[:, None] - at) / SMOOTHING_PIXELS) ** 2)).sum()
            for at in range(6)
        ]
    )
    demand = demand_map(bright, np.array([20.0]), np.array([15.0]))[15, 20:26]
    horn = demand * (1 + BACKGROUND) - BACKGROUND
    np.testing.assert_allclose(horn, profile / profile[0], atol=0.05)


def test_demand_grows_with_a_power_of_the_image_and_noise_below_the_mean_has_none():
    snr = np.array([[-3.0, 0.0, 1.0, 10.0, BRIGHTEST_SNR, 1e4]])
    demand = demand_map(np.arcsinh(snr / 2), np.array([]), np.array([]))[0]
    assert demand[:2].tolist() == [0, 0]
    np.testing.assert_allclose(demand[3] / demand[2], 10**BRIGHTNESS_POWER, rtol=1e-5)
    assert demand[5] == demand[4]


def test_demand_of_a_part_is_a_part_of_the_demand(bright):
    rng = np.random.default_rng(1)
    inputs = rng.normal(size=bright.shape)
    x, y = rng.uniform(0, 50, 12), rng.uniform(0, 40, 12)
    whole, part = demand_map(inputs, x, y), demand_map(inputs[10:, 20:], x - 20, y - 10)
    margin = 12
    np.testing.assert_allclose(
        part[margin:, margin:], whole[10 + margin :, 20 + margin :], rtol=1e-4, atol=1e-6
    )


def test_demand_of_a_blend_is_not_above_1(bright):
    x = np.array([20.0, 20.5, 21.0])
    assert demand_map(bright, x, np.full(3, 15.0)).max() == pytest.approx(1)
