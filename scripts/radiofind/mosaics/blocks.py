"""Gather neighbouring tiles into blocks, each of which one job searches tile by tile.

Blocks are rectangles of the grid of tiles, fixed by the number of tiles alone: a tile that becomes blank or
live moves no other tile into another block. A block of one tile has the name of the tile.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

PATTERN = r"y\d\d\d+x\d\d\d+(?:-\d+x\d+)?"
"""What names of blocks look like: the first tile, then rows and columns where there are several tiles."""
NAME = re.compile(r"y(\d+)x(\d+)(?:-(\d+)x(\d+))?")


def block_of(tile: str, tiles_per_job: int) -> str:
    """Return the block that holds a tile, for example ``y002x000-2x5``.

    Parameters
    ----------
    tile
        Name of the tile.
    tiles_per_job
        Tiles in a block; they stand in as many rows as make it least oblong.
    """
    if tiles_per_job == 1:
        return tile
    row, column, _, _ = _parse(tile)
    rows = max(n for n in range(1, math.isqrt(tiles_per_job) + 1) if tiles_per_job % n == 0)
    columns = tiles_per_job // rows
    return f"{_name(row - row % rows, column - column % columns)}-{rows}x{columns}"


def tiles_in(block: str) -> list[str]:
    """Return the names of the tiles that a block holds as far as the mosaic reaches, row by row."""
    row, column, rows, columns = _parse(block)
    return [_name(row + down, column + along) for down in range(rows) for along in range(columns)]


def blocks_of(tiles: Iterable[str], tiles_per_job: int) -> list[str]:
    """Return the blocks that hold some tiles, each once, in the order of their first tiles."""
    return list(dict.fromkeys(block_of(tile, tiles_per_job) for tile in tiles))


def _parse(name: str) -> tuple[int, int, int, int]:
    """Return row and column of the first tile of a block, and its numbers of rows and columns."""
    row, column, rows, columns = NAME.fullmatch(name).groups(default="1")
    return int(row), int(column), int(rows), int(columns)


def _name(row: int, column: int) -> str:
    """Return the name of a tile."""
    return f"y{row:03d}x{column:03d}"
