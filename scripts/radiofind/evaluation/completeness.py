"""Measure without truth how complete a catalogue is, from fake sources that were injected and searched again.

A fake source and a detection within the matching radius are a match if the detection is new: if the
catalogue of the real search has no source within the radius of the detection; or if the fake source is
brighter than all such sources together, and the flux has risen by at least `LEAST_RISE` of what was injected.
Of these pairs the closest come first, each row used once.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from radiofind.evaluation.further_searches import merge_search, searched_tiles
from radiofind.evaluation.intervals import wilson_interval
from radiofind.evaluation.matching import closest_first, nearby_pairs, positions
from radiofind.evaluation.metrics import SNR_EDGES
from radiofind.evaluation.pulls import width_of, with_pulls
from radiofind.mosaics.images import ImageHeader
from radiofind.mosaics.injections import NO_SOURCES, Injections, injected_sources
from radiofind.mosaics.tile_images import read_planes
from radiofind.mosaics.tiles import Tile

logger = logging.getLogger(__name__)

LEAST_RISE = 0.5
"""Least rise of the flux where the catalogue had a source, over the injected flux, for a match."""
COLUMNS = (
    *("mosaic", "finder", "snr_low", "snr_high", "n_injected", "n_found", "n_blended"),
    *("completeness", "completeness_low", "completeness_high"),
    *("flux_ratio", "flux_ratio_p16", "flux_ratio_p84"),
    *("flux_pull", "flux_pull_width", "position_pull_width"),
)
"""Columns of `completeness_by_snr`."""
OF_SOURCES = ("injected_snr", "found", "blended", "flux_ratio", "flux_pull", "ra_pull", "dec_pull")
"""Columns of `find_again` that `completeness_by_snr` needs."""
OF_PARTNERS = ["ra", "dec", "x", "y", "e_ra", "e_dec", "e_apparent_total_flux", "resolved"]
"""Columns of the detections that are compared with the injected sources."""


def measure_completeness(
    injections: Iterable[Injections],
    paths: Sequence[str],
    tiles: Sequence[Tile],
    *,
    noise: Mapping[str, str],
    header: ImageHeader,
    catalogue: pd.DataFrame,
    failed: Mapping[str, str],
    radius_pixels: float,
) -> pd.DataFrame:
    """Return the fake sources of all realisations with what was found of them.

    Parameters
    ----------
    injections
        The settings of each realisation.
    paths
        Files with the detections, ``.../{realisation}/{block}.parquet``.
    tiles
        The tiles.
    noise
        Path of the noise map of each tile, by its name.
    header
        The mosaic.
    catalogue
        What was found in the image as it is.
    failed
        Tiles in which that search failed, as the metadata of the catalogue tell them.
    radius_pixels
        Largest distance of a match.

    Returns
    -------
    pandas.DataFrame
        Rows of `find_again`, without the sources in tiles where a search failed.
    """
    parts = []
    for one in injections:
        of_one = [path for path in paths if Path(path).parent.name == str(one.realisation)]
        searched = searched_tiles(tiles, of_one, failed=failed)
        injected = place_injections(searched, noise, header=header, injections=one)
        found = merge_search(of_one, tiles)
        parts.append(find_again(injected, found, catalogue, radius_pixels=radius_pixels))
        logger.info(
            "realisation %d: found %d of %d fake sources, in %d of %d tiles",
            *(one.realisation, parts[-1]["found"].sum(), len(injected), len(searched), len(tiles)),
        )
    return pd.concat(parts, ignore_index=True)


def place_injections(
    tiles: Sequence[Tile], noise: Mapping[str, str], *, header: ImageHeader, injections: Injections
) -> pd.DataFrame:
    """Return the fake sources in the cores of tiles.

    Parameters
    ----------
    tiles
        The tiles.
    noise
        Path of the noise map of each tile, by its name.
    header
        The mosaic.
    injections
        The settings.

    Returns
    -------
    pandas.DataFrame
        Columns of `injections.injected_sources`, and ``realisation``, ``ra`` and ``dec`` (deg).
    """
    parts = [NO_SOURCES]
    for tile in tiles:
        (rms,) = read_planes(noise[tile.name], "RMS")
        sources = injected_sources(header, tile.box, rms, injections)
        parts.append(sources[tile.core.holds(sources["x"], sources["y"])])
    table = pd.concat(parts, ignore_index=True)
    ra, dec = header.coordinates.to_sky(table["x"], table["y"])
    return table.assign(realisation=injections.realisation, ra=ra % 360, dec=dec)


def find_again(
    injected: pd.DataFrame, found: pd.DataFrame, before: pd.DataFrame, *, radius_pixels: float
) -> pd.DataFrame:
    """Return injected sources with what a search found of them.

    Parameters
    ----------
    injected
        Columns ``x``, ``y``, ``ra``, ``dec`` (deg) and ``injected_flux`` (Jy).
    found
        Catalogue of the search with the injections.
    before
        Catalogue of the real search.
    radius_pixels
        Largest distance of a match.

    Returns
    -------
    pandas.DataFrame
        The rows of `injected` with ``found``, ``blended`` (found where the catalogue had a source),
        ``found_flux`` (Jy, less the flux that was there before), its error ``e_found_flux``,
        ``found_resolved`` (the detection is), ``flux_ratio`` (found over injected), ``d_x_pixels`` and
        ``d_y_pixels`` (found minus injected), and the columns of `pulls.with_pulls`. NaN where nothing was
        found.
    """
    n_before, flux_before = _known_at(found, before, radius_pixels)
    flux = found["apparent_total_flux"].to_numpy() - flux_before
    pairs = nearby_pairs(positions(injected), positions(found), radius_pixels=radius_pixels)
    of_pairs = injected["injected_flux"].to_numpy()[pairs.truth]
    is_most = (of_pairs > flux_before[pairs.detection]) & (flux[pairs.detection] >= LEAST_RISE * of_pairs)
    pairs = closest_first(pairs.where((n_before[pairs.detection] == 0) | is_most))
    found = found[OF_PARTNERS].assign(found_flux=flux, blended=n_before > 0)
    partners = found.iloc[pairs.detection].set_axis(injected.index[pairs.truth]).reindex(injected.index)
    table = injected.assign(found=False, blended=partners["blended"].eq(True))
    table.loc[injected.index[pairs.truth], "found"] = True
    table["found_flux"], table["e_found_flux"] = partners["found_flux"], partners["e_apparent_total_flux"]
    table["found_resolved"] = partners["resolved"].eq(True)
    table["flux_ratio"] = table["found_flux"] / table["injected_flux"]
    table["d_x_pixels"], table["d_y_pixels"] = partners["x"] - table["x"], partners["y"] - table["y"]
    return with_pulls(table, partners)


def completeness_by_snr(sources: pd.DataFrame, *, mosaic: str, finder: str) -> pd.DataFrame:
    """Return completeness and flux ratio in bins of the injected SNR, ready to plot.

    Parameters
    ----------
    sources
        Columns `OF_SOURCES` of rows of `find_again`.
    mosaic, finder
        Their names.

    Returns
    -------
    pandas.DataFrame
        The columns `COLUMNS`, one row per bin with injected sources: how many were injected, found, and found
        where the catalogue had a source; completeness with its 95 % interval (Wilson); the median ratio of
        found to injected flux with its 16th and 84th percentiles, NaN where nothing was found; of sources
        without blends, median and width of the pulls of the flux, and width of those of both coordinates.
    """
    rows = []
    upper = np.searchsorted(SNR_EDGES, sources["injected_snr"], side="right")
    for edge, group in sources.groupby(np.clip(upper, 1, len(SNR_EDGES) - 1)):
        number, hits = len(group), int(group["found"].sum())
        low, high = map(float, wilson_interval(hits, number))
        alone = group[~group["blended"]]
        rows.append(
            (
                *(mosaic, finder, SNR_EDGES[edge - 1], SNR_EDGES[edge], number, hits, group["blended"].sum()),
                *(hits / number, low, high),
                *group["flux_ratio"].quantile([0.5, 0.16, 0.84]),
                *(alone["flux_pull"].median(), width_of(alone["flux_pull"])),
                width_of(alone[["ra_pull", "dec_pull"]].to_numpy().ravel()),
            )
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _known_at(
    found: pd.DataFrame, before: pd.DataFrame, radius_pixels: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return number and total flux of the catalogued sources within the radius of each detection."""
    pairs = nearby_pairs(positions(found), positions(before), radius_pixels=radius_pixels)
    fluxes = np.nan_to_num(before["apparent_total_flux"].to_numpy(float))[pairs.detection]
    number = np.bincount(pairs.truth, minlength=len(found))
    return number, np.bincount(pairs.truth, weights=fluxes, minlength=len(found))
