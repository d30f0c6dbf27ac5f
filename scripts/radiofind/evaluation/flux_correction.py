"""Tell by what total fluxes and their errors are wrong, from what was measured of fake sources.

Noise lifts more faint sources above the threshold than it sinks bright ones below, so measured fluxes are too
high on average near it. How much depends on the source counts, so fake sources are weighed to those of the
catalogue. The correction is the mean true flux of the sources with a measured SNR, over the measured flux.
Doubles tell nothing: a row of the catalogue may be one of their two points, which has half of the flux.
"""

from __future__ import annotations

import logging
from itertools import pairwise

import numpy as np
import pandas as pd

from radiofind.evaluation.completeness import completeness_by_snr
from radiofind.evaluation.count_weights import count_weights, fit_slope, lowest_complete_snr
from radiofind.evaluation.pulls import width_of
from radiofind.mosaics.injections import DOUBLE, EXTENDED

logger = logging.getLogger(__name__)

EDGES_PER_DECADE = 10
"""Edges of the bins."""
LEAST_SOURCES = 20
"""Fake sources without which a bin takes its values from the nearest one with as many."""
LEAST_PART = 0.5
"""Least part of the measured flux that a fake source has; else the detection is mainly something else."""
MARGIN = 1.25
"""The highest injected SNR over the highest corrected: sources that were brighter would be missing above."""
OF_SOURCES = (
    *("shape", "rms", "injected_snr", "injected_flux", "found", "blended", "found_flux", "e_found_flux"),
    *("found_resolved", "flux_ratio", "flux_pull", "ra_pull", "dec_pull"),
)
"""Columns of the fake sources that `calibrate_fluxes` needs."""
OF_ALL_BINS = ("finder", "resolved", "counts_slope")
"""Columns of `calibrate_fluxes` that say what the bins are of."""
COLUMNS = (
    *(*OF_ALL_BINS, "snr_low", "snr_high"),
    *("n_found", "flux_factor", "error_factor", "n_injected", "completeness"),
)
"""Columns of `calibrate_fluxes`."""


def calibrate_fluxes(
    sources: pd.DataFrame, catalogued_snr: np.ndarray, *, slope: float, finder: str
) -> pd.DataFrame:
    """Return by what fluxes and errors are to be multiplied, and the completeness, in bins of SNR.

    Parameters
    ----------
    sources
        Columns `OF_SOURCES` of rows of `completeness.measure_completeness`. Doubles are left out.
    catalogued_snr
        SNR (of the total flux) of the sources of the catalogue.
    slope
        Exponent with which the fake sources were drawn, as for `injections.Injections`.
    finder
        Name of the finder.

    Returns
    -------
    pandas.DataFrame
        The columns `COLUMNS`, one row per bin, sorted by ``resolved`` and SNR. ``n_found``, ``flux_factor``
        and ``error_factor`` are for a measured SNR, ``n_injected`` and ``completeness`` for a true one.
        ``counts_slope`` is that to which the fake sources were weighed; without enough sources to fit it, the
        one with which they were drawn. Rows for resolved sources need extended ones that were measured as
        resolved; without these, the completeness is that of all fake sources.
    """
    sources = sources[sources["shape"] != DOUBLE]
    bins = completeness_by_snr(sources, mosaic="", finder=finder)
    counts_slope = fit_slope(catalogued_snr, lowest_snr=lowest_complete_snr(bins))
    if np.isnan(counts_slope):
        logger.warning("too few sources to fit a slope of the source counts: %g is taken", slope)
        counts_slope = slope
    weights = count_weights(sources["injected_snr"].to_numpy(), slope=slope, counts_slope=counts_slope)
    sources = sources.assign(weight=weights, found_snr=sources["found_flux"] / sources["rms"])
    extended = sources["shape"] == EXTENDED
    tells = (extended & sources["found_resolved"]).any()
    tables = []
    for resolved in (False, True) if tells else (False,):
        found = sources[is_measured(sources) & (sources["found_resolved"] == resolved)]
        injected = sources[extended == resolved] if tells else sources
        table = _in_bins(injected, found, _edges(sources["injected_snr"]))
        tables.append(table.assign(finder=finder, resolved=resolved, counts_slope=counts_slope))
    table = pd.concat(tables, ignore_index=True)[list(COLUMNS)]
    if table["flux_factor"].isna().any():
        logger.warning("too few fake sources to correct all fluxes: ask for more realisations")
    return table


def is_measured(sources: pd.DataFrame) -> pd.Series:
    """Return which fake sources are the main part of a detection where the catalogue had no source."""
    return sources["found"] & ~sources["blended"] & (sources["flux_ratio"] <= 1 / LEAST_PART)


def _edges(snr: pd.Series) -> np.ndarray:
    """Return the edges of the bins, from the lowest injected SNR to below the highest."""
    if snr.empty:
        return np.zeros(0)
    low, high = np.floor(EDGES_PER_DECADE * np.log10([snr.min(), snr.max() / MARGIN]))
    return 10 ** (np.arange(low, high + 1) / EDGES_PER_DECADE)


def _in_bins(injected: pd.DataFrame, found: pd.DataFrame, edges: np.ndarray) -> pd.DataFrame:
    """Return the columns of `COLUMNS` that differ between the bins of a table."""
    rows = []
    for low, high in pairwise(edges):
        true = injected[injected["injected_snr"].between(low, high, inclusive="left")]
        measured = found[found["found_snr"].between(low, high, inclusive="left")]
        completeness = true["found"].mean() if len(true) >= LEAST_SOURCES else np.nan
        rows.append((low, high, len(measured), *_factors(measured), len(true), completeness))
    table = pd.DataFrame(rows, columns=[name for name in COLUMNS if name not in OF_ALL_BINS], dtype=float)
    filled = {name: _from_nearest(table[name]) for name in ("flux_factor", "error_factor", "completeness")}
    return table.assign(**filled).astype({"n_found": int, "n_injected": int})


def _factors(measured: pd.DataFrame) -> tuple[float, float]:
    """Return the factors of the flux and of its error for fake sources of about the same measured SNR."""
    if len(measured) < LEAST_SOURCES:
        return np.nan, np.nan
    true, found, weights = (measured[name] for name in ("injected_flux", "found_flux", "weight"))
    # In units of the noise: a mosaic of high noise counts no more than others.
    factor = (weights * true / measured["rms"]).sum() / (weights * found / measured["rms"]).sum()
    pulls = (factor * found - true) / (factor * measured["e_found_flux"])
    return factor, width_of(pulls, weights=weights)


def _from_nearest(values: pd.Series) -> np.ndarray:
    """Return values in which those that are missing are those of the nearest bin that has one."""
    known = np.flatnonzero(values.notna())
    if len(known) == 0:
        return values.to_numpy()
    distances = np.abs(np.arange(len(values))[:, np.newaxis] - known)
    return values.to_numpy()[known[distances.argmin(axis=1)]]
