"""Zeros that fill a square are blank; zeros among other values are values."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from radiofind.mosaics.blanks import SIDE, blank_zeros

EVERYWHERE = (True, True, True, True)


def slow_blanks(pixels, at_edges):
    """Return the blank pixels, found by testing every square."""
    top, bottom, left, right = (SIDE * edge for edge in at_edges)
    missing = ~np.isfinite(pixels)
    hollow = np.pad(missing | (pixels == 0), ((top, bottom), (left, right)), constant_values=True)
    filled = np.zeros_like(hollow)
    for row in range(hollow.shape[0] - SIDE + 1):
        for column in range(hollow.shape[1] - SIDE + 1):
            square = (slice(row, row + SIDE), slice(column, column + SIDE))
            filled[square] |= hollow[square].all()
    inner = filled[top : top + pixels.shape[0], left : left + pixels.shape[1]]
    return missing | (inner & (pixels == 0))


@pytest.mark.parametrize("at_edges", [EVERYWHERE, (False,) * 4, (True, False, False, True)])
def test_blanks_are_those_of_a_slow_version(at_edges):
    rng = np.random.default_rng(1)
    pixels = rng.normal(size=(60, 70))
    pixels[rng.random(pixels.shape) < 0.1] = 0
    pixels[20:37, 30:46], pixels[:, :2], pixels[0], pixels[50:, 60:] = 0, 0, 0, np.nan
    assert np.array_equal(blank_zeros(pixels, at_edges=at_edges), slow_blanks(pixels, at_edges))


@pytest.mark.parametrize("width", [1, 3, 40])
def test_borders_and_frames_of_zeros_are_blank_however_thin(width):
    pixels = np.ones((120, 130))
    frame = np.zeros(pixels.shape, dtype=bool)
    frame[:width], frame[-width:], frame[:, :width], frame[:, -width:] = True, True, True, True
    pixels[frame] = 0
    assert np.array_equal(blank_zeros(pixels, at_edges=EVERYWHERE), frame)


def test_a_frame_around_an_area_of_nan_is_blank():
    pixels = np.ones((120, 120))
    pixels[38:82, 38:82], pixels[40:80, 40:80] = 0, np.nan
    assert np.array_equal(blank_zeros(pixels, at_edges=EVERYWHERE), pixels != 1)


def test_zeros_of_a_quantised_image_are_values():
    smooth = gaussian_filter(np.random.default_rng(2).normal(size=(500, 500)), 3 / 2.355)
    for step, share in ((0.226, 0.09), (1.0, 0.38)):
        pixels = np.rint(smooth / smooth.std() / step) * step
        assert (pixels == 0).mean() == pytest.approx(share, abs=0.01)
        # In the corner a single zero fills a square together with the pixels beyond the edges.
        assert np.count_nonzero(blank_zeros(pixels, at_edges=EVERYWHERE)) <= 4
