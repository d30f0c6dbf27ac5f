"""Keep what was found in the tiles of a block from one job to the next.

The files of a block have second names, ``{name}.kept``, that outlive the start of a job (Snakemake removes
what a job is to make) and, while it runs, hold what it has found so far.
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
"""How long a job searches before it keeps what it has found so far."""


@dataclass(frozen=True)
class Result:
    """What was found in a tile."""

    found: Found
    """The detections."""
    note: TileNote
    """What the files of the block say of it."""


class Keeper:
    """Remembers the tiles of one block; nothing of a block of one tile, whose job has nothing to gain by it.

    Parameters
    ----------
    places
        The files of the block by what they hold: ``detections``, and ``components`` of finders that fit them.
    """

    def __init__(self, places: Mapping[str, str]) -> None:
        is_block = len(tiles_in(Path(places["detections"]).stem)) > 1
        self._originals = dict(places) if is_block else {}
        self._places = {what: f"{path}.kept" for what, path in self._originals.items()}
        self._kept_at = time.monotonic()

    def recall(self, keys: Mapping[str, str]) -> dict[str, Result]:
        """Return what still holds of what was found before.

        Parameters
        ----------
        keys
            By tile, the digest of all that its detections are made of now.

        Returns
        -------
        dict
            By tile; never a tile that could not be searched to the end.
        """
        if not all(map(os.path.exists, self._places.values())):
            return {}
        try:
            notes = [read_notes(place) for place in self._places.values()]
            alike = [note for note in chain.from_iterable(notes[:1]) if all(note in one for one in notes)]
            sound = [note for note in alike if keys.get(note.tile) == note.key and not note.failed]
            return {note.tile: Result(self._read(note), note) for note in sound}
        except (OSError, ValueError, LookupError, TypeError) as error:
            logger.warning("all tiles are searched: what was kept of them cannot be read (%r)", error)
            return {}

    def keep(self, results: Mapping[str, Result], *, at_once: bool = False) -> None:
        """Write down what was found so far, unless that was done a moment ago."""
        if at_once or time.monotonic() - self._kept_at > KEEP_AFTER_S:
            write_results(results, self._places)
            self._kept_at = time.monotonic()

    def keep_files(self) -> None:
        """Keep the files of the block as they are now."""
        for what, place in self._places.items():
            link(self._originals[what], place)

    def _read(self, note: TileNote) -> Found:
        """Return what was found in a tile."""
        tables = {what: read_tile_table(place, note.tile) for what, place in self._places.items()}
        return Found(**tables, reason=note.reason, warnings=note.warnings)


def write_results(
    results: Mapping[str, Result],
    places: Mapping[str, str | Path],
    *,
    metadata: Mapping[str, object] | None = None,
) -> None:
    """Write what was found into the files of a block.

    Parameters
    ----------
    results
        By tile.
    places
        The files by what they hold, attributes of `detections.Found`. The first one is written last.
    metadata
        What the files say besides of themselves.
    """
    notes = [result.note for result in results.values()]
    for what, place in reversed(places.items()):
        tables = (getattr(result.found, what) for result in results.values())
        write_tiles(tables, notes, place, metadata=metadata)
