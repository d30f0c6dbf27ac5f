"""Count the sources of a survey by flux, corrected, beside published counts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from radiofind.evaluation import count_corrections
from radiofind.evaluation.count_corrections import FakeSources, correct_counts, fit_slopes
from radiofind.evaluation.count_weights import fit_slope, lowest_complete_snr
from radiofind.evaluation.intervals import poisson_interval
from radiofind.evaluation.published_counts import nearest_counts
from radiofind.evaluation.row_reliability import reliability_of
from radiofind.mosaics.injections import ALL_SHAPES

BINS_PER_DECADE = 5
USUAL_SLOPE = 1.8
"""Exponent of the counts where a survey has too few sources to fit one: around 1 mJy it is 1.6 to 2.1."""
PASSES = 2
"""Passes of the correction; the first has one exponent for all fluxes."""
COLUMNS = (
    *("finder", "flux_low", "flux_high", "n", "reliability", *count_corrections.COLUMNS, "n_corrected"),
    *("counts_uncorrected", "counts", "counts_low", "counts_high", "published", "published_source"),
)
"""Columns of `count_sources`."""


def count_sources(
    sources: pd.DataFrame,
    fakes: FakeSources,
    *,
    area_deg2: float,
    frequency_hz: float,
    completeness: pd.DataFrame,
    reliability: pd.DataFrame | None = None,
    finder: str = "",
) -> pd.DataFrame:
    """Return the Euclidean source counts of a survey.

    Parameters
    ----------
    sources
        The sources, each once: columns ``total_flux`` (Jy) and ``snr``.
    fakes
        Fake sources at random positions of the same area.
    area_deg2
        The area.
    frequency_hz
        Frequency of the fluxes, to which published counts are scaled; NaN if unknown.
    completeness, reliability
        Rows of `completeness.completeness_by_shape` and of `negation.reliability_by_snr`. Without the latter
        all sources count as real, and otherwise those of an SNR that it lacks.
    finder
        Name of the finder.

    Returns
    -------
    pandas.DataFrame
        The columns `COLUMNS`, one row per bin of flux (Jy) from the faintest source to the brightest.
        ``counts`` are S^2.5 n / (area dS) in Jy^1.5/sr, S the geometric mean of the bin, of ``n_corrected``:
        n times mean reliability times correction. Their interval is that of Poisson (95 %) of n alone; the
        error of the correction is apart (see `count_corrections.correct_counts`).
    """
    flux, snr = (sources[name].to_numpy(float) for name in ("total_flux", "snr"))
    edges = flux_edges(flux)
    if not len(edges):
        return pd.DataFrame(columns=list(COLUMNS))
    n, _ = np.histogram(flux, edges)
    chance = 1.0 if reliability is None else np.nan_to_num(reliability_of(snr, reliability), nan=1.0)
    real, _ = np.histogram(flux, edges, weights=np.broadcast_to(chance, len(flux)))
    of_all = completeness[completeness["shape"] == ALL_SHAPES]
    first = fit_slope(snr, lowest_snr=lowest_complete_snr(of_all))
    slopes = np.full(len(n), first if np.isfinite(first) else USUAL_SLOPE)
    for _ in range(PASSES):
        table = correct_counts(fakes, edges, counts_slopes=slopes)
        slopes = fit_slopes(edges, n=real, correction=table["correction"].to_numpy(), slopes=slopes)
    table = table.assign(finder=finder, flux_low=edges[:-1], flux_high=edges[1:], n=n)
    table["reliability"] = np.divide(real, n, out=np.full(len(n), np.nan), where=n > 0)
    table["n_corrected"] = real * table["correction"]
    return _with_counts(table, euclidean_unit(edges, area_deg2), frequency_hz)[list(COLUMNS)]


def _with_counts(table: pd.DataFrame, unit: np.ndarray, frequency_hz: float) -> pd.DataFrame:
    """Return bins with their counts and published ones; `unit` is the counts of one source in each."""
    corrected = unit * table["reliability"].fillna(1.0) * table["correction"]
    low, high = poisson_interval(table["n"].to_numpy())
    published, beside, source = nearest_counts(frequency_hz), np.full(len(table), np.nan), ""
    if published:
        middle = np.sqrt(table["flux_low"] * table["flux_high"]).to_numpy()
        beside, source = published.at(middle, frequency_hz=frequency_hz), published.source
    return table.assign(
        counts_uncorrected=unit * table["n"],
        counts=corrected * table["n"],
        counts_low=corrected * low,
        counts_high=corrected * high,
        published=beside,
        published_source=np.where(np.isfinite(beside), source, ""),
    )


def flux_edges(flux: np.ndarray) -> np.ndarray:
    """Return the edges of the bins that hold all positive fluxes; the same bins for all surveys.

    Parameters
    ----------
    flux
        Jy, shape (n,).
    """
    logs = BINS_PER_DECADE * np.log10(flux[flux > 0])
    if not len(logs):
        return np.empty(0)
    return 10 ** (np.arange(np.floor(logs.min()), np.floor(logs.max()) + 2) / BINS_PER_DECADE)


def euclidean_unit(edges: np.ndarray, area_deg2: float) -> np.ndarray:
    """Return the Euclidean counts (Jy^1.5/sr) of one source in each bin of flux.

    Parameters
    ----------
    edges
        Jy, shape (n + 1,).
    area_deg2
        The area.
    """
    middle = np.sqrt(edges[:-1] * edges[1:])
    return middle**2.5 / (np.diff(edges) * area_deg2 * np.deg2rad(1) ** 2)
