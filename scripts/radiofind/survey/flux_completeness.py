"""Tell how complete a survey is at each flux: of all sources, of each size, and in each cell of the sky.

Fake sources were drawn in units of the noise, so those of one flux are not spread evenly over the sky. With
the weights of `count_corrections.FakeSources` each place counts alike.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from radiofind.evaluation.count_corrections import FakeSources, is_guessed
from radiofind.evaluation.counts import flux_edges
from radiofind.evaluation.intervals import wilson_interval
from radiofind.mosaics.injections import ALL_SHAPES, POINT, SHAPES
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
        The columns `BY_FLUX`: first rows of all shapes, with ``shape`` `ALL_SHAPES`; then, unless all sources
        are points, those of each shape, with sizes (arcsec) from ``size_low`` to below ``size_high``, twice
        as much. Points have 0.
    """
    fluxes, size = fluxes_of(fakes, slope=slope, flux_snr=flux_snr), fakes["size"].to_numpy(float)
    parts = [_in_bins(fluxes).assign(shape=ALL_SHAPES, size_low=np.nan, size_high=np.nan)]
    smallest = np.zeros(len(size))
    smallest[size > 0] = 2 ** np.floor(np.log2(size[size > 0]))
    shape = fakes["shape"].to_numpy(str)
    for name in SHAPES if (shape != POINT).any() else ():
        for low in np.unique(smallest[shape == name]):
            table = _in_bins(fluxes, (shape == name) & (smallest == low))
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
    fluxes = fluxes_of(fakes, slope=slope, flux_snr=flux_snr)
    found_at_top, _, _ = fluxes.at_top()
    members = fakes.groupby(cells_of(ra, dec, order=order)).indices
    centres = zip(*centres_of(np.array(list(members)), order=order), strict=True)
    parts = [
        _in_bins(fluxes.where(rows), found_at_top=found_at_top).assign(healpix=cell, ra=cell_ra, dec=cell_dec)
        for (cell, rows), (cell_ra, cell_dec) in zip(members.items(), centres, strict=True)
    ]
    return pd.concat(parts, ignore_index=True).assign(finder=finder, healpix_order=order)[list(BY_CELL)]


def _in_bins(
    fakes: FakeSources, chosen: np.ndarray | None = None, *, found_at_top: float | None = None
) -> pd.DataFrame:
    """Return the completeness in bins of true flux (Jy), five per decade, one row per bin with fake sources.

    At each place, sources below the range of the fluxes count as missed; of those above, `found_at_top` are
    found, by default as many as in the upper half of the range; NaN where that `is_guessed`. The interval
    (95 %, Wilson) is for the number of sources of equal weight that gives the same error. With `chosen` (a
    mask), the completeness is that of these sources alone; their places are those of all.
    """
    if not len(fakes.snr):
        return pd.DataFrame(columns=list(OF_BINS))
    chosen = np.ones(len(fakes.snr), dtype=bool) if chosen is None else chosen
    weights, found, rows = fakes.weights(fakes.slope), np.isfinite(fakes.found_flux), []
    top, _, n_at_top = fakes.where(chosen).at_top() if found_at_top is None else (found_at_top, 1.0, 1)
    for low, high in pairwise(flux_edges(fakes.flux[chosen])):
        of_all = (fakes.flux >= low) & (fakes.flux < high)
        inside = of_all & chosen
        if number := int(inside.sum()):
            here, hits = weights[inside], found[inside]
            share = here.sum() / weights[of_all].sum()
            below, above = (share * part for part in fakes.beyond(low, high, fakes.slope))
            total = below + here.sum() + above
            values = np.array([hits @ here / here.sum(), *_interval(hits, here)])
            values = (values * here.sum() + top * above) / total
            if is_guessed(above / total, top if n_at_top else 0.0):
                values[:] = np.nan
            rows.append((low, high, number, int(hits.sum()), *values))
    return pd.DataFrame(rows, columns=list(OF_BINS))


def _interval(hits: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Return the interval of a weighted fraction."""
    number = max(1, round(weights.sum() ** 2 / np.square(weights).sum()))
    low, high = wilson_interval(round(number * (hits @ weights) / weights.sum()), number)
    return float(low), float(high)
