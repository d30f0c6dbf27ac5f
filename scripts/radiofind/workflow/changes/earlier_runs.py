"""Read the state that earlier runs left in a folder: tiles, results, attempts, quarantined tiles."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from radiofind.catalogues.block_tables import read_notes
from radiofind.tables import read_csv

TILES = Path("results/tiles.parquet")
QUARANTINE = Path("results/quarantine.csv")


def _nothing(_path: str) -> Mapping[str, object]:
    """Return an empty record."""
    return {}


@dataclass(frozen=True)
class EarlierRuns:
    """The state that earlier runs left in a folder."""

    live_tiles: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Tiles with valid pixels, by readable mosaic in the order of the sheet."""
    unreadable: Mapping[str, str] = field(default_factory=dict)
    """Why mosaics are left out, by mosaic."""
    left_out: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Tiles with valid pixels that are not searched, by mosaic."""
    removed: Sequence[str] = ()
    """Mosaics with results that are no longer searched or no longer in the sheet."""
    quarantined: Mapping[tuple[str, str, str], str] = field(default_factory=dict)
    """Why tiles could not be searched, by mosaic, tile and finder."""
    read_provenance: Callable[[str], Mapping[str, object]] = _nothing
    """Returns the provenance in a result; empty if there is no result."""
    read_tile: Callable[[str], Mapping[str, object]] = _nothing
    """Returns the content of a tile's file; empty if there is no file."""
    changed_at: Callable[[str], float | None] = lambda _path: None
    """Returns the time at which a file was written; None if there is no file."""
    read_attempts: Callable[[str], Sequence[str]] = lambda _path: ()
    """Returns how earlier attempts to make a file ended."""
    kept_tiles: Callable[[str], Collection[str]] = lambda _path: ()
    """Returns the tiles of a block whose detections are kept, and searched again only if they change."""
    list_noise: Callable[[str], Sequence[str]] = lambda _mosaic: ()
    """Returns the tiles of a mosaic that have a noise map."""


def read_earlier_runs(read_provenance: Callable[[str], Mapping[str, object]]) -> EarlierRuns:
    """Return the state that earlier runs left in the working folder.

    Parameters
    ----------
    read_provenance
        As `provenance.read_provenance`.
    """
    tiles = pd.read_parquet(TILES) if TILES.exists() else None
    return EarlierRuns(
        live_tiles=_tiles_by_mosaic(tiles, "live"),
        left_out=_tiles_by_mosaic(tiles, "left_out"),
        unreadable=_unreadable(tiles),
        removed=_removed(tiles),
        quarantined=_quarantined(),
        read_provenance=_cautious(read_provenance, {}),
        read_tile=_cautious(lambda path: json.loads(Path(path).read_text()), {}),
        changed_at=_cautious(lambda path: Path(path).stat().st_mtime if path else None, None),
        # The first line identifies the work.
        read_attempts=_cautious(lambda path: Path(f"{path}.attempts").read_text().splitlines()[1:], ()),
        kept_tiles=_cautious(_kept_tiles, ()),
        list_noise=lambda mosaic: sorted(
            path.stem for path in Path(f"results/{mosaic}/noise").glob("y*.fits")
        ),
    )


def _kept_tiles(path: str) -> set[str]:
    """Return the tiles in the kept file of a block that were searched successfully."""
    return {note.tile for note in read_notes(f"{path}.kept") if not note.failed}


def _cautious(read: Callable, otherwise: object) -> Callable:
    """Return a function that reads a file, or returns a default if it cannot be read."""

    def read_or(path: str) -> object:
        try:
            return read(path)
        except (OSError, ValueError):
            return otherwise

    return read_or


def _tiles_by_mosaic(tiles: pd.DataFrame | None, state: str) -> dict[str, list[str]]:
    """Return the tiles in a state, by readable mosaic."""
    if tiles is None:
        return {}
    readable = tiles[tiles["state"] != "unreadable"]
    return {
        mosaic: rows.loc[rows["state"] == state, "tile"].tolist()
        for mosaic, rows in readable.groupby("mosaic", sort=False)
    }


def _unreadable(tiles: pd.DataFrame | None) -> dict[str, str]:
    """Return the reasons of the mosaics that cannot be read."""
    if tiles is None:
        return {}
    rows = tiles[tiles["state"] == "unreadable"]
    return dict(zip(rows["mosaic"], rows["reason"], strict=True))


def _removed(tiles: pd.DataFrame | None) -> list[str]:
    """Return the mosaics with results that are not in the tile table."""
    if tiles is None:
        return []
    found = {path.parent.name for path in Path("results").glob("*/fingerprints.parquet")}
    return sorted(found - set(tiles["mosaic"]))


def _quarantined() -> dict[tuple[str, str, str], str]:
    """Return the reasons of the tiles in quarantine."""
    if not QUARANTINE.exists():
        return {}
    table = read_csv(QUARANTINE)
    keys = zip(table["mosaic"], table["tile"], table["finder"], strict=True)
    return dict(zip(keys, table["reason"], strict=True))
