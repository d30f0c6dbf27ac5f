"""Blocks of tiles: fixed rectangles that hold every tile once."""

import re

import pytest

from radiofind.mosaics.blocks import PATTERN, block_of, blocks_of, tiles_in

GRID = [f"y{row:03d}x{column:03d}" for row in range(7) for column in range(11)]


@pytest.mark.parametrize("tiles_per_job", [1, 2, 4, 6, 7, 12, 1000])
def test_every_tile_lies_in_one_block_of_the_wanted_size(tiles_per_job):
    blocks = blocks_of(GRID, tiles_per_job)
    inside = [tile for block in blocks for tile in tiles_in(block)]
    assert len(inside) == len(set(inside)) == len(blocks) * tiles_per_job
    assert set(GRID) <= set(inside)
    assert all(re.fullmatch(PATTERN, block) for block in blocks)


def test_block_of_one_tile_has_its_name():
    assert blocks_of(GRID, 1) == GRID
    assert tiles_in("y003x010") == ["y003x010"]


def test_tiles_of_a_block_are_neighbours():
    assert block_of("y003x010", 6) == "y002x009-2x3"
    assert tiles_in("y002x009-2x3") == [
        *("y002x009", "y002x010", "y002x011"),
        *("y003x009", "y003x010", "y003x011"),
    ]


def test_blocks_do_not_depend_on_which_tiles_there_are():
    whole = {tile: block_of(tile, 6) for tile in GRID}
    assert blocks_of(GRID[40:], 6) == list(dict.fromkeys(whole[tile] for tile in GRID[40:]))


def test_large_mosaics_have_large_numbers():
    assert block_of("y1234x1000", 4) == "y1234x1000-2x2"
    assert tiles_in("y1234x1000-2x2")[-1] == "y1235x1001"
    assert re.fullmatch(PATTERN, "y1234x1000-2x2")
    assert not re.fullmatch(PATTERN, "y000x000.components")
