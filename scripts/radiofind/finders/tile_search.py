"""Search the tiles of a block one after the other, and keep the results of unchanged tiles."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from radiofind.catalogues.block_tables import TileNote
from radiofind.catalogues.detections import Found, give_up
from radiofind.files import read_metadata
from radiofind.finders.kept_tiles import Keeper, Result, write_results
from radiofind.jobs.provenance import KEY, Named, Provenance
from radiofind.jobs.retries import SURROUNDINGS, attempt, end_attempts

logger = logging.getLogger(__name__)

TileFiles = Mapping[str, str]
"""Paths of the tile file (``tile``) and the noise map (``noise``) of one tile."""


def search_tiles(
    search: Callable[[TileFiles], Found],
    inputs: Named,
    *,
    outputs: Named,
    tell: Callable[..., Provenance],
    limit_min: float,
    never_blame: tuple[type[Exception], ...] = (),
) -> None:
    """Search the tiles of a block and write the detections.

    Parameters
    ----------
    search
        Returns what it finds in a tile.
    inputs
        Input files of the job; ``tiles`` and ``noise`` are lists with a file for each tile.
    outputs
        Output files of the block: ``detections``, and ``components`` if the finder fits them.
    tell
        Returns the provenance of results, given ``inputs``.
    limit_min
        Time limit of the job, in minutes.
    never_blame
        As for `retries.attempt`.

    Raises
    ------
    Exception
        The first error of `search` on a tile that is not given up yet, after all other tiles were searched.
    """
    places, files = dict(outputs.items()), _files_of_tiles(inputs)
    keys = {tile: _digest(tell(inputs=dict(inputs.items()) | own), own) for tile, own in files.items()}
    records = {tile: Path(places["detections"]).with_name(f"{tile}.parquet") for tile in files}
    keeper = Keeper(places)
    results = keeper.recall(keys)
    logger.info("%d of %d tiles are kept as they were", len(results), len(files))
    troubles: list[Exception] = []
    for tile in [tile for tile in files if tile not in results]:
        work = partial(search, {"tile": files[tile]["tiles"], "noise": files[tile]["noise"]})
        terms = {"place": records[tile], "made_of": keys[tile], "never_blame": never_blame}
        terms["limit_s"] = 60 * limit_min
        try:
            found = attempt(work, give_up=give_up, **terms)
        except (*SURROUNDINGS, *never_blame):
            raise
        except Exception as error:  # an error on one tile does not stop the search of the others
            logger.error("%s: %r", tile, error)
            troubles.append(error)
        else:
            results[tile] = Result(found, TileNote(tile, keys[tile], **found.told))
            keeper.keep(results)
    if troubles:
        keeper.keep(results, at_once=True)
        raise troubles[0]
    in_order = {tile: results[tile] for tile in files}
    write_results(in_order, places, metadata={KEY: tell(inputs=inputs)})
    keeper.keep_files()
    for tile, place in records.items():
        note = results[tile].note
        end_attempts(place, failed=note.reason if note.failed else "")


def _files_of_tiles(inputs: Named) -> dict[str, dict[str, str]]:
    """Return the input files of each tile, by tile."""
    named = dict(inputs.items())
    pairs = zip(named["tiles"], named["noise"], strict=True)
    return {Path(tile).stem: {"tiles": tile, "noise": noise} for tile, noise in pairs}


def _digest(provenance: Provenance, own: Mapping[str, str]) -> str:
    """Return a digest of everything on which the detections of a tile depend."""
    # The provenance alone does not tell noise that was given up from measured noise.
    made_of = [provenance, read_metadata(own["noise"]).get("failed")]
    return hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()
