"""The eight orientations of an image."""

from __future__ import annotations

import numpy as np
import pytest

from radiofind.networks.orientations import turned, turned_back


@pytest.mark.parametrize("way", range(8))
def test_turned_images_can_be_turned_back(way):
    pixels = np.random.default_rng(1).normal(size=(4, 7))
    np.testing.assert_array_equal(turned_back(turned(pixels, way), way), pixels)


def test_there_are_eight_different_ways():
    pixels = np.random.default_rng(1).normal(size=(5, 5))
    assert len({turned(pixels, way).tobytes() for way in range(8)}) == 8
    np.testing.assert_array_equal(turned(pixels, 1), np.rot90(pixels))
    np.testing.assert_array_equal(turned(pixels, 4), pixels[:, ::-1])
    np.testing.assert_array_equal(turned(pixels, 6), pixels[::-1])
