"""Bins lie on one lattice of the mosaic, and contain the means of their pixels."""

import warnings

import numpy as np
import pytest

from radiofind.finders.convosource.binning import Grid, bin_factor, grid_of, pixels_per_beam, width_in_pixels
from radiofind.mosaics.box import Box
from radiofind.mosaics.images import read_header


@pytest.fixture
def pixels():
    return np.random.default_rng(1).normal(size=(61, 74))


@pytest.mark.parametrize("factor", [1, 2, 3, 7])
def test_bins_hold_the_mean_of_their_pixels(pixels, factor):
    box = Box(x0=10, x1=10 + 74, y0=5, y1=5 + 61)
    grid = grid_of(box, factor)
    binned = grid.bin(pixels, box)
    for row, column in np.ndindex(binned.shape):
        x, y = grid.x0 + column * factor - box.x0, grid.y0 + row * factor - box.y0
        assert np.isclose(binned[row, column], pixels[y : y + factor, x : x + factor].mean())


@pytest.mark.parametrize("factor", [1, 2, 3, 7])
def test_all_whole_bins_of_the_lattice_are_used(factor):
    for x0 in range(9):
        grid = grid_of(Box(x0=x0, x1=x0 + 30, y0=0, y1=20), factor)
        edges = [edge for edge in range(0, 100, factor) if edge >= x0 and edge + factor <= x0 + 30]
        assert grid.x0 == edges[0]
        assert grid.bin(np.zeros((20, 30)), Box(x0, x0 + 30, 0, 20)).shape[1] == len(edges)


@pytest.mark.parametrize("factor", [1, 2, 3, 5])
@pytest.mark.parametrize("corner", [(0, 0), (1, 2), (13, 8), (24, 24)])
def test_a_tile_has_the_bins_of_the_whole_mosaic(pixels, factor, corner):
    whole = Box(x0=0, x1=74, y0=0, y1=61)
    tile = Box(x0=corner[0], x1=corner[0] + 37, y0=corner[1], y1=corner[1] + 31)
    grid = grid_of(tile, factor)
    binned = grid.bin(pixels[tile.slices], tile)
    assert (grid.x0 % factor, grid.y0 % factor) == (0, 0)
    rows, columns = (slice(start // factor, start // factor + size) for start, size in _of(grid, binned))
    np.testing.assert_array_equal(binned, grid_of(whole, factor).bin(pixels, whole)[rows, columns])


def _of(grid, binned):
    return (grid.y0, binned.shape[0]), (grid.x0, binned.shape[1])


def test_the_centre_of_a_bin_is_the_mean_position_of_its_pixels():
    grid = Grid(factor=3, x0=6, y0=9)
    assert grid.to_mosaic(np.array([0.0]), np.array([2.0])) == (7, 16)
    assert grid.to_bins(np.array([7.0]), np.array([16.0])) == (0, 2)


def test_positions_come_back_from_the_bins():
    rng = np.random.default_rng(2)
    x, y = rng.uniform(-10, 1e4, (2, 100))
    for factor in (1, 2, 5):
        grid = Grid(factor, x0=4 * factor, y0=7 * factor)
        np.testing.assert_allclose(grid.to_mosaic(*grid.to_bins(x, y)), (x, y), atol=1e-9)


def test_blank_pixels_do_not_count_and_a_blank_bin_stays_blank():
    pixels = np.ones((4, 4))
    pixels[0, 0], pixels[:2, 2:], pixels[3, 3] = np.nan, np.nan, 5
    box = Box(0, 4, 0, 4)
    with warnings.catch_warnings(action="error"):
        np.testing.assert_array_equal(grid_of(box, 2).bin(pixels, box), [[1, np.nan], [1, 2]])


@pytest.mark.parametrize(
    ("width", "wanted", "factor"),
    [(2.0, 3.0, 1), (3.0, 3.0, 1), (5.9, 3.0, 1), (6.0, 3.0, 2), (9.1, 3.0, 3), (50.0, np.inf, 1)],
)
def test_the_beam_stays_wider_than_wanted_where_the_image_allows(width, wanted, factor):
    assert bin_factor(width, wanted) == factor


def test_the_width_of_a_beam_is_the_geometric_mean_of_its_axes(write_fits, sky):
    assert width_in_pixels(8.0, 2.0, 2.0) == 2.0
    header = read_header(write_fits(np.zeros((5, 5), dtype="float32"), BMAJ=18 / 3600, BMIN=8 / 3600))
    assert pixels_per_beam(header) == pytest.approx(12 / sky.pixel_arcsec)
