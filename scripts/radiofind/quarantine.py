"""Gather the tiles that have no detections, and tell how to search those again that could not be searched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from radiofind.files import read_metadata

COLUMNS = ("mosaic", "tile", "finder", "reason", "log", "command")
NOISE = "noise"
"""Stands for a finder where the noise of a tile could not be measured."""


def sort_reasons(paths: Mapping[str, str | Path]) -> dict[str, dict[str, str]]:
    """Return why tiles have no detections, from the metadata of their detection tables.

    Parameters
    ----------
    paths
        Detection table by tile.

    Returns
    -------
    dict
        ``empty_tiles`` and ``failed_tiles``: reason by tile, of those in which there is nothing to find and
        of those that could not be searched to the end.
    """
    told = {tile: read_metadata(path) for tile, path in paths.items()}
    return {
        name: {tile: one["reason"] for tile, one in told.items() if one["reason"] and one["failed"] == failed}
        for name, failed in (("empty_tiles", False), ("failed_tiles", True))
    }


def list_quarantine(
    catalogues: Mapping[tuple[str, str], str | Path],
    patches: Mapping[str, str | Path],
    *,
    kinds: Mapping[str, str],
) -> pd.DataFrame:
    """Return the tiles that could not be searched to the end.

    Parameters
    ----------
    catalogues
        Catalogue by mosaic and finder.
    patches
        Noise summary by mosaic.
    kinds
        Kind by finder.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`: the log of the last attempt, and the command after which the next run searches the
        tile again. It also removes what was made of the tile, without which Snakemake misses nothing.
    """
    rows = [row for mosaic, path in patches.items() for row in _noise_rows(mosaic, path)]
    for (mosaic, finder), path in catalogues.items():
        rows += _finder_rows(mosaic, finder, f"find_{kinds[finder]}", path)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _noise_rows(mosaic: str, path: str | Path) -> Iterable[tuple[str, ...]]:
    """Yield the tiles whose noise could not be measured."""
    for tile, reason in read_metadata(path)["failed_tiles"].items():
        log = f"logs/measure_noise/{mosaic}/{tile}.log"
        command = f"rm results/{mosaic}/noise/{tile}.fits results/{mosaic}/patches.parquet"
        yield mosaic, tile, NOISE, reason, log, command


def _finder_rows(mosaic: str, finder: str, rule: str, path: str | Path) -> Iterable[tuple[str, ...]]:
    """Yield the tiles that a finder could not search."""
    for tile, reason in read_metadata(path)["failed_tiles"].items():
        log = f"logs/{rule}/{mosaic}/{finder}/{tile}.log"
        detections = f"results/{mosaic}/detections/{finder}/{tile}.parquet"
        command = f"rm {detections} results/{mosaic}/catalogues/{finder}.parquet"
        yield mosaic, tile, finder, reason, log, command
