"""Merge the detections of the tiles of a mosaic into one catalogue that does not depend on the tiling.

A detection belongs to the tile whose core contains it. An island that reaches the edge of a tile is seen
differently by its neighbours, or not at all; the views of such an island are compared and the best one is
used: preferably one that is not cut, then the one with most pixels, then the first tile. The
other views keep only sources in their own core and outside the box of the winner. Sources of an island that
no tile contains whole have the flag ``island_cut``; only these count even if no Gaussian could be fitted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from radiofind.catalogues.block_tables import read_tile_table
from radiofind.catalogues.columns import APPARENT, CATALOGUE, COMPONENT, DETECTION, conform, empty
from radiofind.catalogues.detections import name_sources
from radiofind.catalogues.quality import UNFITTED, has_flag
from radiofind.mosaics.tiles import Tile
from radiofind.networks.calibration import Calibration, calibrate

CUT = "island_cut"
"""Flag of the sources of an island that no tile contains whole."""
KEY = ["tile", "island"]
"""Columns that identify one tile's view of an island."""
VIEW = [*KEY, "island_pixels", "island_cut", "crossings"]


def settle_islands(views: pd.DataFrame) -> pd.DataFrame:
    """Return which view to use of each island on the edge of a tile.

    Parameters
    ----------
    views
        Islands on the edges of tiles as seen by all tiles: columns `VIEW`, one row per tile and island.

    Returns
    -------
    pandas.DataFrame
        One row per view: ``tile``, ``island``, ``winner`` (the tile whose view is used) and ``flags`` of its
        sources.
    """
    views = views.reset_index(drop=True).assign(group=_same_island(views["crossings"]))
    ordered = views.sort_values(["island_cut", "island_pixels", *KEY], ascending=[True, False, True, True])
    best = ordered.groupby("group").first()
    settled = views.join(best[["tile", "island_cut"]].add_suffix("_best"), on="group")
    flags = np.where(settled["island_cut_best"], CUT, "")
    return pd.DataFrame({**settled[KEY], "winner": settled["tile_best"], "flags": flags})


def keep_detections(
    table: pd.DataFrame, *, tile: Tile, tiles: dict[str, Tile], settled: pd.DataFrame
) -> pd.DataFrame:
    """Return the detections of a tile that belong in the catalogue.

    Parameters
    ----------
    table
        Detections of the tile.
    tile
        The tile.
    tiles
        All tiles by name.
    settled
        Result of `settle_islands`.

    Returns
    -------
    pandas.DataFrame
        Rows of the table, sorted by name, with their flags.
    """
    x, y = table["x"].to_numpy(), table["y"].to_numpy()
    verdicts = table[KEY].merge(settled, on=KEY, how="left")
    winner = verdicts["winner"].fillna("").to_numpy()
    keep = tile.core.holds(x, y) & (winner == "") | (winner == tile.name)
    for other in set(winner) - {"", tile.name}:
        beyond = tile.core.holds(x, y) & ~tiles[other].box.holds(x, y)
        keep |= (winner == other) & beyond
    flags = verdicts["flags"].fillna("").to_numpy()
    keep &= (flags == CUT) | ~has_flag(table["flags"], UNFITTED).to_numpy()
    flagged = [",".join(filter(None, pair)) for pair in zip(table["flags"], flags, strict=True)]
    return table.assign(flags=flagged)[keep].sort_values("source_id", kind="stable")


def correct_for_primary_beam(table: pd.DataFrame, primary_beam: np.ndarray) -> pd.DataFrame:
    """Return the detections with fluxes divided by the primary beam, or NaN where the beam is not positive.

    Parameters
    ----------
    table
        Detections.
    primary_beam
        Its value at each of them.
    """
    beam = np.where(primary_beam > 0, primary_beam, np.nan)
    return table.assign(**{flux: table[apparent] / beam for flux, apparent in APPARENT.items()})


def merge_detections(
    read: Callable[[Tile], pd.DataFrame],
    tiles: Sequence[Tile],
    *,
    beam_at: Callable[[np.ndarray, np.ndarray], np.ndarray],
    curve: Calibration | None = None,
    apply: Callable[..., Iterator] = map,
) -> Iterator[pd.DataFrame]:
    """Yield the catalogue of a mosaic, tile by tile.

    Parameters
    ----------
    read
        Returns the detections of a tile.
    tiles
        The searched tiles.
    beam_at
        Returns the primary beam at positions in deg.
    curve
        Calibration from the scores of the detections to those of the catalogue; by default they are the same.
    apply
        Applies a function to items and yields the results in their order, as `map` does.

    Yields
    ------
    pandas.DataFrame
        Rows of the catalogue.
    """
    views = [empty(DETECTION)[VIEW], *apply(partial(_views, read), tiles)]
    settled = settle_islands(pd.concat(views, ignore_index=True))
    yield from apply(partial(_merge_tile, read, beam_at, curve), _with_verdicts(tiles, settled))


def merge_components(
    read: Callable[[Tile], pd.DataFrame],
    tiles: Sequence[Tile],
    *,
    catalogue: pd.DataFrame,
    beam_at: Callable[[np.ndarray, np.ndarray], np.ndarray],
    apply: Callable[..., Iterator] = map,
) -> Iterator[pd.DataFrame]:
    """Yield the Gaussians of the sources of a catalogue, tile by tile.

    Parameters
    ----------
    read
        Returns the Gaussians of a tile, with the identifier of their source.
    tiles
        The tiles that were searched.
    catalogue
        Columns ``source_id`` and ``tile``: the sources, and the tile that measured each.
    beam_at
        Returns the primary beam at positions in deg.
    apply
        Applies a function to items and yields the results in their order, as `map` does.

    Yields
    ------
    pandas.DataFrame
        Columns `columns.COMPONENT`, one row per Gaussian.
    """
    names = catalogue.groupby("tile")["source_id"].agg(set)
    with_names = ((tile, names.get(tile.name, set())) for tile in tiles)
    yield from apply(partial(_merge_components_of_tile, read, beam_at), with_names)


def detection_reader(paths: Mapping[str, str | Path]) -> Callable[[Tile], pd.DataFrame]:
    """Return a function that reads the detections of a tile.

    Parameters
    ----------
    paths
        The file with the detections of each tile, by name of the tile; it may contain other tiles.
    """
    return lambda tile: read_tile_table(paths[tile.name], tile.name)


def _corrected(table: pd.DataFrame, beam_at: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> pd.DataFrame:
    """Return the rows with their fluxes corrected for the primary beam at their positions."""
    return correct_for_primary_beam(table, beam_at(table["ra"].to_numpy(), table["dec"].to_numpy()))


def _with_verdicts(
    tiles: Sequence[Tile], settled: pd.DataFrame
) -> Iterator[tuple[Tile, pd.DataFrame, dict[str, Tile]]]:
    """Yield each tile with the verdicts on its views and the winning tiles, to keep the tasks small."""
    by_name, verdicts = {tile.name: tile for tile in tiles}, dict(iter(settled.groupby("tile")))
    for tile in tiles:
        own = verdicts.get(tile.name, settled[:0])
        yield tile, own, {name: by_name[name] for name in set(own["winner"])}


def _merge_tile(
    read: Callable[[Tile], pd.DataFrame],
    beam_at: Callable[[np.ndarray, np.ndarray], np.ndarray],
    curve: Calibration | None,
    given: tuple[Tile, pd.DataFrame, dict[str, Tile]],
) -> pd.DataFrame:
    """Return a tile's rows of the catalogue."""
    tile, settled, tiles = given
    kept = keep_detections(read(tile), tile=tile, tiles=tiles, settled=settled)
    if curve:
        kept = kept.assign(score=calibrate(curve, kept["score"].to_numpy()))
    return conform(_corrected(kept, beam_at), CATALOGUE)


def _merge_components_of_tile(
    read: Callable[[Tile], pd.DataFrame],
    beam_at: Callable[[np.ndarray, np.ndarray], np.ndarray],
    given: tuple[Tile, set[str]],
) -> pd.DataFrame:
    """Return the Gaussians of a tile that belong to these sources."""
    tile, names = given
    table = read(tile)
    kept = table[table["source_id"].isin(names)].sort_values(["source_id", "ra", "dec"], kind="stable")
    names_of_own = name_sources(kept["ra"].to_numpy(), kept["dec"].to_numpy())
    return conform(_corrected(kept.assign(component_id=names_of_own), beam_at), COMPONENT)


def _views(read: Callable[[Tile], pd.DataFrame], tile: Tile) -> pd.DataFrame:
    """Return the islands of a tile that reach an edge of any tile."""
    table = read(tile)
    return table.loc[table["crossings"] != "", VIEW].drop_duplicates(KEY)


def _same_island(crossings: pd.Series) -> np.ndarray:
    """Return a number for each view, equal for views that share a pixel."""
    pixels = crossings.str.split().explode()
    view, pixel = pixels.index.to_numpy(), pd.factorize(pixels)[0]
    if not len(view):
        return np.empty(0, dtype=int)
    size = int(view.max()) + 1
    links = coo_array((np.ones(len(view)), (view, size + pixel)), shape=(size + pixel.max() + 1,) * 2)
    return connected_components(links, directed=False)[1][:size]
