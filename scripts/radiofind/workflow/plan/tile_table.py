"""Read and check the tile table, the output of the checkpoint."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from pathlib import Path

import pandas as pd

REMEDY = "run again with --forcerun index_tiles"


def read_tiles(path: str, *, mosaics: Collection[str], with_files: bool = False) -> pd.DataFrame:
    """Return the tile table, checked; it is read again only if it has changed.

    Parameters
    ----------
    path
        The output of the checkpoint.
    mosaics
        Names of all mosaics of the sheet.
    with_files
        Whether to check that the files of all live tiles exist.

    Raises
    ------
    ValueError
        If the table lacks a mosaic, which would otherwise seem to have no valid pixels, or the file of a
        tile is missing.
    """
    return _read_tiles(str(path), Path(path).stat().st_mtime_ns, frozenset(mosaics), with_files)


def live_tiles(tiles: pd.DataFrame, mosaic: str) -> list[str]:
    """Return the live tiles of a mosaic, those with valid pixels."""
    chosen = (tiles["mosaic"] == mosaic) & (tiles["state"] == "live")
    return tiles.loc[chosen, "tile"].tolist()


@lru_cache(maxsize=1)
def _read_tiles(path: str, _changed: int, mosaics: frozenset[str], with_files: bool) -> pd.DataFrame:
    """Return the tile table, checked; the time of its last change is part of the cache key."""
    try:
        tiles = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise ValueError(f"{path}: the tile table is damaged; {REMEDY}") from error
    unknown = sorted(mosaics - set(tiles["mosaic"]))
    if unknown:
        raise ValueError(
            f"{path}: mosaics of the sheet are missing in the tile table: {', '.join(unknown)}; {REMEDY}"
        )
    if with_files:
        wanted = tiles["mosaic"].isin(mosaics) & (tiles["state"] == "live")
        for mosaic, live in tiles[wanted].groupby("mosaic"):
            _check_files(Path(path).parent / mosaic / "tiles", live["tile"])
    return tiles


def _check_files(folder: Path, tiles: Sequence[str]) -> None:
    """Raise if the folder of a mosaic lacks the file of a tile."""
    expected = {f"{tile}.json" for tile in tiles}
    lost = sorted(expected - ({path.name for path in folder.iterdir()} if folder.is_dir() else set()))
    if lost:
        raise ValueError(
            f"{folder}: the files of {len(lost)} of {len(expected)} tiles are missing, "
            f"{lost[0]} among others; {REMEDY}"
        )
