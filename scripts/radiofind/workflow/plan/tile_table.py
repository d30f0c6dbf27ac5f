"""Read the table of tiles that the checkpoint makes, and say which mosaics and tiles can be used."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from pathlib import Path

import pandas as pd

REMEDY = "run again with --forcerun index_tiles"


def read_tiles(path: str, *, mosaics: Collection[str], with_files: bool = False) -> pd.DataFrame:
    """Return the tile table, read and checked once for as long as it stays the same.

    Parameters
    ----------
    path
        The output of the checkpoint.
    mosaics
        Names of all mosaics of the sheet.
    with_files
        Whether to look for the files of all live tiles, too.

    Raises
    ------
    ValueError
        When it lacks a mosaic, which would otherwise pass for one without valid pixels, or the file of a
        tile has been lost.
    """
    return _read_tiles(str(path), Path(path).stat().st_mtime_ns, frozenset(mosaics), with_files)


def live_tiles(tiles: pd.DataFrame, mosaic: str) -> list[str]:
    """Return the tiles of a mosaic that hold valid pixels."""
    chosen = (tiles["mosaic"] == mosaic) & (tiles["state"] == "live")
    return tiles.loc[chosen, "tile"].tolist()


@lru_cache(maxsize=1)
def _read_tiles(path: str, _changed: int, mosaics: frozenset[str], with_files: bool) -> pd.DataFrame:
    """Return the tile table, checked; the time of its last change is part of the key."""
    try:
        tiles = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise ValueError(f"{path}: expected a table of tiles, received a damaged one; {REMEDY}") from error
    unknown = sorted(mosaics - set(tiles["mosaic"]))
    if unknown:
        raise ValueError(
            f"{path}: expected all mosaics of the sheet, received none of {', '.join(unknown)}; {REMEDY}"
        )
    if with_files:
        wanted = tiles["mosaic"].isin(mosaics) & (tiles["state"] == "live")
        for mosaic, live in tiles[wanted].groupby("mosaic"):
            _check_files(Path(path).parent / mosaic / "tiles", live["tile"])
    return tiles


def _check_files(folder: Path, tiles: Sequence[str]) -> None:
    """Raise when the folder of a mosaic lacks the file of a tile."""
    expected = {f"{tile}.json" for tile in tiles}
    lost = sorted(expected - ({path.name for path in folder.iterdir()} if folder.is_dir() else set()))
    if lost:
        raise ValueError(
            f"{folder}: expected the files of {len(expected)} tiles, received none of {len(lost)} of them, "
            f"{lost[0]} among others; {REMEDY}"
        )
