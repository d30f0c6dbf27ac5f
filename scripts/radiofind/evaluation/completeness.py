"""Measure without truth how complete a catalogue is, from fake sources that were searched again."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from radiofind.evaluation.found_again import find_again
from radiofind.evaluation.further_searches import merge_search, searched_tiles
from radiofind.evaluation.intervals import wilson_interval
from radiofind.evaluation.metrics import SNR_EDGES
from radiofind.evaluation.pulls import width_of
from radiofind.mosaics.images import ImageHeader
from radiofind.mosaics.injections import (
    ALL_SHAPES,
    NO_SOURCES,
    POINT,
    SHAPES,
    SIZE_EDGES_BEAMS,
    Injections,
    components_of,
    injected_sources,
)
from radiofind.mosaics.tile_images import read_planes
from radiofind.mosaics.tiles import Tile

logger = logging.getLogger(__name__)

OF_BINS = (
    *("mosaic", "finder", "snr_low", "snr_high", "n_injected", "n_found", "n_blended"),
    *("completeness", "completeness_low", "completeness_high"),
    *("flux_ratio", "flux_ratio_p16", "flux_ratio_p84"),
    *("flux_pull", "flux_pull_width", "position_pull_width"),
)
"""Columns of `completeness_by_snr`."""
COLUMNS = (*OF_BINS[:2], "shape", "size_low_beams", "size_high_beams", *OF_BINS[2:])
"""Columns of `completeness_by_shape`."""
OF_SOURCES = ("injected_snr", "found", "blended", "flux_ratio", "flux_pull", "ra_pull", "dec_pull")
"""Columns of `found_again.find_again` that `completeness_by_snr` needs."""
OF_SHAPES = ("shape", "size_beams")
"""Columns of `place_injections` that `completeness_by_shape` needs, too."""


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
        Rows of `found_again.find_again`, without the sources in tiles where a search failed.
    """
    parts = []
    for one in injections:
        of_one = [path for path in paths if Path(path).parent.name == str(one.realisation)]
        searched = searched_tiles(tiles, of_one, failed=failed)
        injected = place_injections(searched, noise, header=header, injections=one)
        found = merge_search(of_one, tiles)
        components = components_of(injected, header)
        parts.append(find_again(injected, components, found, catalogue, radius_pixels=radius_pixels))
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
        Columns of `injections.injected_sources`, and ``size_beams`` (``size`` in beams), ``realisation``,
        ``ra`` and ``dec`` (deg).
    """
    parts = [NO_SOURCES]
    for tile in tiles:
        (rms,) = read_planes(noise[tile.name], "RMS")
        sources = injected_sources(header, tile.box, rms, injections)
        parts.append(sources[tile.core.holds(sources["x"], sources["y"])])
    table = pd.concat(parts, ignore_index=True)
    ra, dec = header.coordinates.to_sky(table["x"], table["y"])
    size = table["size"] / (header.beam_major_pixels * header.pixel_arcsec)
    return table.assign(size_beams=size, realisation=injections.realisation, ra=ra % 360, dec=dec)


def completeness_by_snr(sources: pd.DataFrame, *, mosaic: str, finder: str) -> pd.DataFrame:
    """Return completeness and flux ratio in bins of the injected SNR, ready to plot.

    Parameters
    ----------
    sources
        Columns `OF_SOURCES` of rows of `found_again.find_again`.
    mosaic, finder
        Their names.

    Returns
    -------
    pandas.DataFrame
        The columns `OF_BINS`, one row per bin with injected sources: how many were injected, found, and found
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
    return pd.DataFrame(rows, columns=list(OF_BINS))


def completeness_by_shape(sources: pd.DataFrame, *, mosaic: str, finder: str) -> pd.DataFrame:
    """Return completeness and flux ratio in bins of the injected SNR, of all sources and by shape and size.

    Parameters
    ----------
    sources
        Columns `OF_SOURCES` and `OF_SHAPES`.
    mosaic, finder
        Their names.

    Returns
    -------
    pandas.DataFrame
        The columns `COLUMNS`: rows of `completeness_by_snr`, first those of all sources, with ``shape``
        `ALL_SHAPES`. If not all sources are points, those of each of `injections.SHAPES` follow, of extended
        ones and doubles in bins of `SIZE_EDGES_BEAMS`. Other rows have no bin of size: NaN.
    """
    parts = [(ALL_SHAPES, np.nan, np.nan, sources)]
    if (sources["shape"] != POINT).any():
        parts += [one for shape in SHAPES for one in _by_size(sources[sources["shape"] == shape], shape)]
    tables = []
    for shape, low, high, group in parts:
        names = {"shape": shape, "size_low_beams": low, "size_high_beams": high}
        tables.append(completeness_by_snr(group, mosaic=mosaic, finder=finder).assign(**names))
    return pd.concat(tables, ignore_index=True)[list(COLUMNS)]


def _by_size(sources: pd.DataFrame, shape: str) -> Iterator[tuple[str, float, float, pd.DataFrame]]:
    """Yield shape, bin of size, and the sources of a shape in it, if there are any."""
    if shape == POINT:
        if len(sources):
            yield shape, np.nan, np.nan, sources
        return
    inner = np.searchsorted(SIZE_EDGES_BEAMS[1:-1], sources["size_beams"], side="right")
    for number, group in sources.groupby(inner):
        yield shape, *SIZE_EDGES_BEAMS[number : number + 2], group
