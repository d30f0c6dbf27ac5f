"""List tiles without detections, with the command that makes the next run search a failed tile again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from radiofind.catalogues.block_tables import read_notes
from radiofind.files import read_metadata
from radiofind.finders.kinds import OF_TILES
from radiofind.mosaics.blocks import block_of

COLUMNS = ("mosaic", "tile", "finder", "reason", "log", "command")
NOISE = "noise"
"""Name used in place of a finder if the noise of a tile could not be measured."""


def sort_reasons(
    paths: Mapping[str, str | Path], *, of_mosaic: Sequence[str] = ()
) -> dict[str, dict[str, object]]:
    """Return why tiles have no detections or implausible ones, from the metadata of their detection tables.

    Parameters
    ----------
    paths
        Detection file by tile.
    of_mosaic
        Warnings about the whole mosaic.

    Returns
    -------
    dict
        ``empty_tiles`` and ``failed_tiles``: the reason by tile, for tiles with nothing to find and for tiles
        whose search failed. ``warnings``: a list of warnings by tile, for tiles with implausible
        detections; those of the mosaic have an empty name.
    """
    notes = [note for path in sorted(set(paths.values())) for note in read_notes(path) if note.tile in paths]
    reasons = {
        name: {note.tile: note.reason for note in notes if note.reason and note.failed == failed}
        for name, failed in (("empty_tiles", False), ("failed_tiles", True))
    }
    warnings = {note.tile: list(note.warnings) for note in notes if note.warnings}
    return {**reasons, "warnings": {**({"": list(of_mosaic)} if of_mosaic else {}), **warnings}}


def list_quarantine(
    catalogues: Mapping[tuple[str, str], str | Path],
    patches: Mapping[str, str | Path],
    *,
    finders: Mapping[str, Mapping[str, object]],
) -> pd.DataFrame:
    """Return the tiles whose search failed.

    Parameters
    ----------
    catalogues
        Catalogue by mosaic and finder.
    patches
        Noise summary by mosaic.
    finders
        Settings by finder.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`: the log of the last attempt, and the command after which the next run searches the
        tile again. The command also removes the merged result; otherwise Snakemake would not rerun anything.
    """
    rows = [row for mosaic, path in patches.items() for row in _noise_rows(mosaic, path)]
    for (mosaic, finder), path in catalogues.items():
        if finders[finder]["kind"] not in OF_TILES:
            continue  # a combined finder, whose parts tell of the same tiles
        rows += _finder_rows(mosaic, finder, finders[finder], path)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _noise_rows(mosaic: str, path: str | Path) -> Iterable[tuple[str, ...]]:
    """Yield the tiles whose noise could not be measured."""
    for tile, reason in read_metadata(path)["failed_tiles"].items():
        log = f"logs/measure_noise/{mosaic}/{tile}.log"
        command = f"rm results/{mosaic}/noise/{tile}.fits results/{mosaic}/patches.parquet"
        yield mosaic, tile, NOISE, reason, log, command


def _finder_rows(
    mosaic: str, finder: str, settings: Mapping[str, object], path: str | Path
) -> Iterable[tuple[str, ...]]:
    """Yield the tiles that a finder could not search."""
    for tile, reason in read_metadata(path)["failed_tiles"].items():
        block = block_of(tile, settings["tiles_per_job"])
        log = f"logs/find_{settings['kind']}/{mosaic}/{finder}/{block}.log"
        detections = f"results/{mosaic}/detections/{finder}/{block}.parquet"
        command = f"rm {detections} results/{mosaic}/catalogues/{finder}.parquet"
        yield mosaic, tile, finder, reason, log, command
