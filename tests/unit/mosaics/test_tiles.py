"""Every pixel and every position has exactly one core; boxes stay within the mosaic."""

import numpy as np
import pytest

from radiofind.mosaics.box import Box, pixel_of
from radiofind.mosaics.tiles import core_edges, edge_lines, tiles_of

SHAPES = [(300, 400), (301, 399), (100, 100), (99, 1), (1, 1), (250, 50)]
TILINGS = [(100, 0), (100, 30), (50, 120), (500, 10)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("core", "halo"), TILINGS)
def test_cores_cover_every_pixel_once_and_boxes_are_cores_with_halo(shape, core, halo):
    coverage = np.zeros(shape, dtype=int)
    names = set()
    for tile in tiles_of(shape, core_pixels=core, halo_pixels=halo):
        coverage[tile.core.slices] += 1
        names.add(tile.name)
        assert tile.core.y0 == int(tile.name[1:4]) * core
        assert tile.core.x0 == int(tile.name[5:]) * core
        assert (tile.box.x0, tile.box.y0) == (max(tile.core.x0 - halo, 0), max(tile.core.y0 - halo, 0))
        assert tile.box.x1 == min(tile.core.x1 + halo, shape[1])
        assert tile.box.y1 == min(tile.core.y1 + halo, shape[0])
    assert np.all(coverage == 1)
    assert len(names) == np.prod([max(-(-size // core) - (0 < size % core < core / 2), 1) for size in shape])
    assert tile.core.shape >= tuple(min(size, core / 2) for size in shape)


def test_a_narrow_last_core_is_joined_to_the_one_before():
    assert core_edges(12288, 4000) == [0, 4000, 8000, 12288]
    assert core_edges(300, 200) == [0, 200, 300]
    assert core_edges(299, 200) == [0, 299]
    assert core_edges(99, 200) == [0, 99]


def test_a_position_has_one_owner_also_on_seams_and_corners():
    rng = np.random.default_rng(1)
    x = np.concatenate([rng.uniform(-0.5, 249.5, 500), np.repeat([99.5, 199.5, -0.5], 3), [100, 99.499]])
    y = np.concatenate([rng.uniform(-0.5, 249.5, 500), np.tile([99.5, 199.5, -0.5], 3), [99.5, 200]])
    owners = [tile.core.holds(x, y) for tile in tiles_of((250, 250), core_pixels=100, halo_pixels=20)]
    assert np.all(np.sum(owners, axis=0) == 1)


def test_a_position_on_a_border_belongs_to_the_upper_pixel():
    assert pixel_of([-0.5, 0, 0.49, 0.5, 1.5, 2.5]).tolist() == [0, 0, 0, 1, 2, 3]
    box = Box(x0=10, x1=20, y0=0, y1=5)
    x = np.array([9.49, 9.5, 19.49, 19.5, 15, 15, np.nan])
    y = np.array([2, 2, 2, 2, -0.51, 4.5, 2])
    assert box.holds(x, y).tolist() == [False, True, True, False, False, False, False]


def test_within_cuts_the_box_out_of_an_array_over_another():
    mosaic = np.arange(300 * 400).reshape(300, 400)
    inner, outer = Box(40, 90, 100, 120), Box(30, 100, 90, 200)
    assert np.array_equal(mosaic[outer.slices][inner.within(outer)], mosaic[inner.slices])
    assert mosaic[inner.slices].shape == inner.shape


@pytest.mark.parametrize("size", [50, 130, 220, 250, 300])
@pytest.mark.parametrize(("core", "halo"), TILINGS)
def test_edge_lines_are_the_ends_of_all_boxes_inside_the_mosaic(size, core, halo):
    expected = set()
    for tile in tiles_of((1, size), core_pixels=core, halo_pixels=halo):
        expected |= {tile.box.x0} if tile.box.x0 > 0 else set()
        expected |= {tile.box.x1 - 1} if tile.box.x1 < size else set()
    assert edge_lines(size, core_pixels=core, halo_pixels=halo).tolist() == sorted(expected)
