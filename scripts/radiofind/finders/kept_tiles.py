"""Keep the results of the tiles of a block from one job to the next.

Snakemake removes the outputs of a job before it starts. So the files of a block have a second name,
``{name}.kept``, which survives and, while a job runs, holds what it has found so far.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from radiofind.catalogues.block_tables import TileNote, link, read_notes, read_tile_table, write_tiles
from radiofind.catalogues.detections import Found
from radiofind.mosaics.blocks import tiles_in

logger = logging.getLogger(__name__)

KEEP_AFTER_S = 30.0
"""Time between two writes of the results so far."""


@dataclass(frozen=True)
class Result:
    """The result of the search of a tile."""

    found: Found
    """The detections."""
    note: TileNote
    """The entry of the tile in the files of the block."""


class Keeper:
    """Keeps the results of the tiles of a block; does nothing for a block of one tile, which cannot profit.

    Parameters
    ----------
    places
        The files of the block: ``detections``, and ``components`` if the finder fits them.
    """

    def __init__(self, places: Mapping[str, str]) -> None:
        is_block = len(tiles_in(Path(places["detections"]).stem)) > 1
        self._originals = dict(places) if is_block else {}
        self._places = {what: f"{path}.kept" for what, path in self._originals.items()}
        self._kept_at = time.monotonic()

    def recall(self, keys: Mapping[str, str]) -> dict[str, Result]:
        """Return the kept results that are still valid.

        Parameters
        ----------
        keys
            Digest, by tile, of everything on which its detections depend now.

        Returns
        -------
        dict
            Results by tile, without tiles that were given up.
        """
        if not all(map(os.path.exists, self._places.values())):
            return {}
        try:
            notes = [read_notes(place) for place in self._places.values()]
            alike = [note for note in chain.from_iterable(notes[:1]) if all(note in one for one in notes)]
            sound = [note for note in alike if keys.get(note.tile) == note.key and not note.failed]
            return {note.tile: Result(self._read(note), note) for note in sound}
        except (OSError, ValueError, LookupError, TypeError) as error:
            logger.warning("kept results cannot be read (%r); searching all tiles", error)
            return {}

    def keep(self, results: Mapping[str, Result], *, at_once: bool = False) -> None:
        """Write the results so far, unless the last write was less than `KEEP_AFTER_S` ago."""
        if at_once or time.monotonic() - self._kept_at > KEEP_AFTER_S:
            write_results(results, self._places)
            self._kept_at = time.monotonic()

    def keep_files(self) -> None:
        """Keep the finished files of the block."""
        for what, place in self._places.items():
            link(self._originals[what], place)

    def _read(self, note: TileNote) -> Found:
        """Return the kept result of a tile."""
        tables = {what: read_tile_table(place, note.tile) for what, place in self._places.items()}
        return Found(**tables, reason=note.reason, warnings=note.warnings)


def write_results(
    results: Mapping[str, Result],
    places: Mapping[str, str | Path],
    *,
    metadata: Mapping[str, object] | None = None,
) -> None:
    """Write results to the files of a block.

    Parameters
    ----------
    results
        Results by tile.
    places
        Files by the attribute of `detections.Found` that they hold. The first file is written last.
    metadata
        Further metadata of the files.
    """
    notes = [result.note for result in results.values()]
    for what, place in reversed(places.items()):
        tables = (getattr(result.found, what) for result in results.values())
        write_tiles(tables, notes, place, metadata=metadata)
