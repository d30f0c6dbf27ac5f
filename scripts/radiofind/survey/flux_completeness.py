"""Tell how complete a survey is at each flux: of all sources, of each size, and in each cell of the sky.

Fake sources were drawn in units of the noise, so those of one flux are not spread evenly over the sky. With
the weights of `count_corrections.FakeSources` each place counts alike.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from radiofind.evaluation.count_corrections import FakeSources
from radiofind.evaluation.counts import flux_edges
from radiofind.evaluation.intervals import wilson_interval
from radiofind.survey.fake_sources import fluxes_of
from radiofind.survey.healpix import cells_of, centres_of, order_with

LEAST_PER_CELL = 1000
"""Fake sources per cell, on average: some hundred in each bin of flux."""
OF_BINS = (
    *("flux_low", "flux_high", "n_injected", "n_found"),
    *("completeness", "completeness_low", "completeness_high"),
)
"""Columns of each bin of flux."""
BY_FLUX = ("finder", "shape", "size_low", "size_high", *OF_BINS)
"""Columns of `completeness_by_flux`."""
BY_CELL = ("finder", "healpix_order", "healpix", "ra", "dec", *OF_BINS)
"""Columns of `completeness_by_cell`."""


def completeness_by_flux(
    fakes: pd.DataFrame, *, slope: float, flux_snr: tuple[float, float], finder: str
) -> pd.DataFrame:
    """Return the completeness in bins of flux, of all fake sources and of each shape and size.

    Parameters
    ----------
    fakes
        Rows of `fake_sources.read_fake_sources`.
    slope, flux_snr
        As they were injected (see `injections.Injections`).
    finder
        Name of the finder.

    Returns
    -------
    pandas.DataFrame
        The columns `BY_FLUX`: first rows of the shape ``all``; then, if there is more than one shape, those
        of each, with sizes (arcsec) from ``size_low`` to below ``size_high``, twice as much. Points have 0.
    """
    fluxes, size = fluxes_of(fakes, slope=slope, flux_snr=flux_snr), fakes["size"].to_numpy(float)
    parts = [_in_bins(fluxes).assign(shape="all", size_low=np.nan, size_high=np.nan)]
    smallest = np.zeros(len(size))
    smallest[size > 0] = 2 ** np.floor(np.log2(size[size > 0]))
    shape = fakes["shape"].to_numpy(str)
    for name in sorted(set(shape)) if len(set(shape)) > 1 else ():
        for low in np.unique(smallest[shape == name]):
            table = _in_bins(fluxes.where((shape == name) & (smallest == low)))
            parts.append(table.assign(shape=name, size_low=low, size_high=2 * low))
    return pd.concat(parts, ignore_index=True).assign(finder=finder)[list(BY_FLUX)]


def completeness_by_cell(
    fakes: pd.DataFrame, *, slope: float, flux_snr: tuple[float, float], finder: str
) -> pd.DataFrame:
    """Return the completeness in bins of flux in each HEALPix cell (nested, ICRS).

    Parameters
    ----------
    fakes, slope, flux_snr, finder
        As for `completeness_by_flux`.

    Returns
    -------
    pandas.DataFrame
        The columns `BY_CELL`, sorted by cell and flux; ``ra`` and ``dec`` (deg) are those of the centre of
        the cell. The order is the finest with `LEAST_PER_CELL` fake sources per cell on average.
    """
    if fakes.empty:
        return pd.DataFrame(columns=list(BY_CELL))
    ra, dec = (fakes[name].to_numpy(float) for name in ("ra", "dec"))
    order = order_with(ra, dec, least=LEAST_PER_CELL)
    cell_of_each = cells_of(ra, dec, order=order)
    fluxes = fluxes_of(fakes, slope=slope, flux_snr=flux_snr)
    above_range, _, _ = fluxes.at_top()
    parts = []
    for cell in np.unique(cell_of_each):
        table = _in_bins(fluxes.where(cell_of_each == cell), above_range=above_range)
        (cell_ra,), (cell_dec,) = centres_of(np.array([cell]), order=order)
        parts.append(table.assign(healpix=cell, ra=cell_ra, dec=cell_dec))
    return pd.concat(parts, ignore_index=True).assign(finder=finder, healpix_order=order)[list(BY_CELL)]


def _in_bins(fakes: FakeSources, *, above_range: float | None = None) -> pd.DataFrame:
    """Return the completeness in bins of true flux (Jy), five per decade, one row per bin with fake sources.

    At each place, sources below the range of the fluxes count as missed; of those above, `above_range` are
    found, by default as many as in the upper half of the range. The interval (95 %, Wilson) is for the
    number of sources of equal weight that gives the same error.
    """
    if not len(fakes.snr):
        return pd.DataFrame(columns=list(OF_BINS))
    rows = []
    weights, found = fakes.weights(fakes.slope), np.isfinite(fakes.found_flux)
    found_above = fakes.at_top()[0] if above_range is None else above_range
    for low, high in pairwise(flux_edges(fakes.flux)):
        inside = (fakes.flux >= low) & (fakes.flux < high)
        if number := int(inside.sum()):
            here, hits = weights[inside], found[inside]
            below, above = fakes.beyond(low, high, fakes.slope)
            values = np.array([hits @ here / here.sum(), *_interval(hits, here)])
            values = (values * here.sum() + found_above * above) / (below + here.sum() + above)
            rows.append((low, high, number, int(hits.sum()), *values))
    return pd.DataFrame(rows, columns=list(OF_BINS))


def _interval(hits: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Return the interval of a weighted fraction."""
    number = max(1, round(weights.sum() ** 2 / np.square(weights).sum()))
    low, high = wilson_interval(round(number * (hits @ weights) / weights.sum()), number)
    return float(low), float(high)
