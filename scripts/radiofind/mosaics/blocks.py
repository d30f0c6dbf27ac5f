"""Group neighbouring tiles into blocks; one job searches the tiles of a block one after the other.

Blocks are rectangles in the grid of tiles and depend only on the number of tiles per job: when a tile becomes
blank, all other tiles stay in their blocks. A block of one tile has the name of the tile.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

PATTERN = r"y\d\d\d+x\d\d\d+(?:-\d+x\d+)?"
"""Regular expression of block names: the first tile, then rows and columns if there are several tiles."""
NAME = re.compile(r"y(\d+)x(\d+)(?:-(\d+)x(\d+))?")


def block_of(tile: str, tiles_per_job: int) -> str:
    """Return the block that holds a tile, for example ``y002x000-2x5``.

    Parameters
    ----------
    tile
        Name of the tile.
    tiles_per_job
        Number of tiles in a block, arranged as nearly square as possible.
    """
    if tiles_per_job == 1:
        return tile
    row, column, _, _ = _parse(tile)
    rows = max(n for n in range(1, math.isqrt(tiles_per_job) + 1) if tiles_per_job % n == 0)
    columns = tiles_per_job // rows
    return f"{_name(row - row % rows, column - column % columns)}-{rows}x{columns}"


def tiles_in(block: str) -> list[str]:
    """Return the names of the tiles of a block, row by row, including any that lie outside the mosaic."""
    row, column, rows, columns = _parse(block)
    return [_name(row + down, column + along) for down in range(rows) for along in range(columns)]


def blocks_of(tiles: Iterable[str], tiles_per_job: int) -> list[str]:
    """Return the blocks of the given tiles, without repeats, in the order of their first tiles."""
    return list(dict.fromkeys(block_of(tile, tiles_per_job) for tile in tiles))


def _parse(name: str) -> tuple[int, int, int, int]:
    """Return row and column of the first tile of a block, and its numbers of rows and columns."""
    row, column, rows, columns = NAME.fullmatch(name).groups(default="1")
    return int(row), int(column), int(rows), int(columns)


def _name(row: int, column: int) -> str:
    """Return the name of a tile."""
    return f"y{row:03d}x{column:03d}"
