"""Masks of cutouts, against a slow flood fill."""

import numpy as np
import pytest

from radiofind.classifiers.masking import footprint_of, heights_of, mask_cutout
from radiofind.mosaics.gaussians import FWHM

RMS = 1e-4


def slow_mask(image, threshold, seeds):
    """What can be reached from the seeds by steps to the eight neighbours without leaving the threshold."""
    reached, waiting = set(), [seed for seed in seeds if image[seed] >= threshold]
    while waiting:
        row, column = waiting.pop()
        reached.add((row, column))
        for near in [(row + i, column + j) for i in (-1, 0, 1) for j in (-1, 0, 1)]:
            inside = 0 <= near[0] < image.shape[0] and 0 <= near[1] < image.shape[1]
            if inside and near not in reached and image[near] >= threshold:
                waiting.append(near)
    masked = np.zeros_like(image)
    for pixel in reached:
        masked[pixel] = image[pixel]
    return masked


@pytest.mark.parametrize("threshold", [0.5, 1.0, 4.0])
@pytest.mark.parametrize("seed", range(5))
def test_a_mask_is_what_a_flood_fill_reaches(threshold, seed):
    rng = np.random.default_rng(seed)
    image = rng.normal(scale=RMS, size=(25, 31)).astype(np.float32)
    image[12, 15] = image[3, 4] = 9 * RMS
    footprint = np.zeros(image.shape, dtype=bool)
    footprint[2:6, 2:6] = True
    seeds = [(12, 15), *zip(*np.nonzero(footprint), strict=True)]
    given = {"host": (15.4, 11.6), "threshold": threshold}
    masked = mask_cutout(image, RMS, footprint=footprint, **given)
    assert masked.dtype == np.float32
    assert np.array_equal(masked, slow_mask(image, threshold * RMS, seeds))
    assert np.array_equal(mask_cutout(image, RMS, **given), slow_mask(image, threshold * RMS, seeds[:1]))


def test_pixels_that_touch_at_a_corner_are_one_island_and_others_are_not():
    image = np.zeros((7, 7), dtype=np.float32)
    image[3, 3], image[4, 4], image[5, 3], image[0, 0], image[3, 5] = 5, 5, 4, 5, 3.9
    masked = mask_cutout(image, 1.0, host=(3, 3))
    assert sorted(zip(*np.nonzero(masked), strict=True)) == [(3, 3), (4, 4), (5, 3)]


def test_nothing_is_left_where_nothing_touches_the_source():
    image = np.full((5, 5), 1.0, dtype=np.float32)
    image[0, 0] = 9
    assert not mask_cutout(image, 1.0, host=(3, 3)).any()
    assert not mask_cutout(image, 1.0, host=(40, 3)).any()  # the position is off the cutout
    assert not mask_cutout(image, 1.0, host=(3, 3), footprint=np.zeros(image.shape, dtype=bool)).any()


def test_what_other_sources_have_for_themselves_is_masked_and_joins_nothing():
    image = np.zeros((5, 9), dtype=np.float32)
    image[2, 1:8] = 5
    others, footprint = np.zeros((2, 5, 9), dtype=bool)
    others[:, 4] = True
    given = {"host": (2, 2), "footprint": footprint, "others": others}
    assert np.flatnonzero(mask_cutout(image, 1.0, **given)[2]).tolist() == [1, 2, 3]
    footprint[2, 4] = True  # of both: it stays
    assert np.flatnonzero(mask_cutout(image, 1.0, **given)[2]).tolist() == [1, 2, 3, 4, 5, 6, 7]
    others[:] = True
    assert np.flatnonzero(mask_cutout(image, 1.0, **given)[2]).tolist() == [2, 4]


@pytest.mark.parametrize("rms", [0.0, -1.0, np.nan])
def test_a_mask_without_noise_is_an_error(rms):
    with pytest.raises(ValueError, match="rms"):
        mask_cutout(np.ones((5, 5)), rms, host=(2, 2))


def test_a_footprint_is_what_lies_above_half_height():
    angle = np.deg2rad(30)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    long = turn @ np.diag([(9 / FWHM) ** 2, (4 / FWHM) ** 2]) @ turn.T
    covariances, centres = np.stack([long, np.full((2, 2), np.nan)]), np.array([[14.3, 12.8], [2.4, 3.6]])
    footprint = footprint_of((25, 30), centres, covariances)
    row, column = np.indices((25, 30))
    offset = np.stack([column - 14.3, row - 12.8], axis=-1)
    height = np.exp(-0.5 * np.einsum("rci,ij,rcj->rc", offset, np.linalg.inv(long), offset))
    expected = height >= 0.5
    expected[4, 2] = True  # of a component without a size the pixel that holds it
    assert np.array_equal(footprint, expected)
    heights = heights_of((25, 30), centres, covariances, np.array([3.0, 2.0]))
    assert heights == pytest.approx(3 * height)
    twice = heights_of((25, 30), centres[[0, 0, 0]], covariances[[0, 0, 0]], np.array([3.0, 2.0, np.nan]))
    assert twice == pytest.approx(5 * height)
    assert not footprint_of((25, 30), np.zeros((0, 2)), np.zeros((0, 2, 2))).any()
