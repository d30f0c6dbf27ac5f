"""The report's content on completeness and reliability without truth, and on source counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import isotonic_regression

from radiofind.evaluation.intervals import wilson_interval
from radiofind.evaluation.negation import pool_reliability
from radiofind.mosaics.injections import ALL_SHAPES, POINT
from radiofind.tables import read_csv

FRACTION = ("finder", "quantity", "snr_low", "snr_high", "n", "value", "low", "high")
"""Columns of the table of completeness and reliability, which those of `ranking.pool_fractions` include."""
BIN = ["finder", "shape", "size_low_beams", "size_high_beams", "snr_low", "snr_high"]
OF_SHAPES = (*BIN, "n", "value", "low", "high")
"""Columns of the table of the completeness of each shape and size."""
LEVELS = {"half": 0.5, "most": 0.9, "nearly_all": 0.95}
"""Completeness whose flux is told, by column."""


@dataclass(frozen=True)
class CompletenessReport:
    """What a report tells of fake sources and of negated images, all mosaics together."""

    fractions: pd.DataFrame
    """`FRACTION`: completeness by injected SNR and reliability by measured SNR, with 95 % intervals."""
    shapes: pd.DataFrame
    """`OF_SHAPES`: completeness of each shape and size; empty if all fake sources are points."""
    fluxes: pd.DataFrame
    """Rows of `flux_completeness.completeness_by_flux` of all finders and all fake sources; empty without a
    survey."""
    limits: pd.DataFrame
    """``finder``, and for each of `LEVELS` the flux in Jy above which it is as complete: see `limits_of`."""
    counts: pd.DataFrame
    """Rows of `counts.count_sources` of all finders; empty without a survey."""


def read_completeness_report(
    completeness: Iterable[str],
    reliabilities: Iterable[str],
    fluxes: Iterable[str],
    counts: Iterable[str],
) -> CompletenessReport | None:
    """Return the report's content on completeness and reliability without truth; None if there is none.

    Parameters
    ----------
    completeness, reliabilities
        ``results/{mosaic}/completeness/{finder}.csv`` and ``results/{mosaic}/reliability/{finder}.csv``.
    fluxes
        ``results/survey/completeness/by_flux/{finder}.csv``.
    counts
        ``results/survey/counts/{finder}.csv``.
    """
    pooled = _completeness(completeness)
    of_all = pooled["shape"] == ALL_SHAPES
    parts = [pooled[of_all], _reliability(reliabilities)]
    fractions = [part[list(FRACTION)] for part in parts if len(part)]
    if not fractions:
        return None
    mixed = not pooled["shape"].isin([ALL_SHAPES, POINT]).all()
    shapes = pooled.loc[~of_all & mixed, list(OF_SHAPES)]
    by_flux = _joined(fluxes)
    by_flux = by_flux[by_flux["shape"] == ALL_SHAPES] if len(by_flux) else by_flux
    return CompletenessReport(
        pd.concat(fractions, ignore_index=True), shapes, by_flux, limits_of(by_flux), _joined(counts)
    )


def limits_of(fluxes: pd.DataFrame) -> pd.DataFrame:
    """Return the fluxes above which each finder is complete to each of `LEVELS`.

    Parameters
    ----------
    fluxes
        Rows of `flux_completeness.completeness_by_flux`, one per finder and bin of flux.

    Returns
    -------
    pandas.DataFrame
        ``finder``, and the names of `LEVELS`: the flux (Jy) where the completeness rises above the level,
        interpolated in the logarithm of the flux between the middles of the bins; NaN if it does not. It is
        taken to rise with the flux (isotonic regression), so that the scatter of bright bins does not matter.
    """
    rows = []
    for finder, group in fluxes.groupby("finder", sort=False) if len(fluxes) else ():
        group = group[group["completeness"].notna()].sort_values("flux_low")
        x = np.log10(group["flux_low"] * group["flux_high"]).to_numpy() / 2
        y = isotonic_regression(group["completeness"], weights=group["n_injected"]).x if len(x) else x
        rows.append({"finder": finder, **{name: _rises_above(x, y, one) for name, one in LEVELS.items()}})
    return pd.DataFrame(rows, columns=["finder", *LEVELS])


def _rises_above(x: np.ndarray, y: np.ndarray, level: float) -> float:
    """Return 10^x where y, which does not fall, rises above a level; NaN if it ends below or begins above."""
    first = np.searchsorted(y, level)
    if first in (0, len(y)):
        return np.nan
    part = (level - y[first - 1]) / (y[first] - y[first - 1])
    return float(10 ** (x[first - 1] + part * (x[first] - x[first - 1])))


def _completeness(paths: Iterable[str]) -> pd.DataFrame:
    """Return the completeness in all mosaics together, columns of `FRACTION` and `OF_SHAPES`."""
    table = pd.concat([_with_points(read_csv(path)) for path in paths] or [pd.DataFrame()], ignore_index=True)
    if table.empty:
        return pd.DataFrame(columns=[*FRACTION, *OF_SHAPES[1:4]])
    groups = table.groupby(BIN, as_index=False, sort=False, dropna=False)
    pooled = groups[["n_injected", "n_found"]].sum()
    number, hits = (pooled[name].to_numpy() for name in ("n_injected", "n_found"))
    low, high = wilson_interval(hits, number)
    values = {"n": number, "value": hits / number, "low": low, "high": high}
    return pooled.assign(quantity="completeness", **values)


def _with_points(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of completeness with rows of points also if all sources are points."""
    return table if {*table["shape"]} != {ALL_SHAPES} else pd.concat([table, table.assign(shape=POINT)])


def _reliability(paths: Iterable[str]) -> pd.DataFrame:
    """Return the reliability in all mosaics together."""
    table = _joined(paths)
    if table.empty:
        return table
    names = {
        "n_detections": "n",
        "reliability": "value",
        "reliability_low": "low",
        "reliability_high": "high",
    }
    return pool_reliability(table).rename(columns=names).assign(quantity="reliability")


def _joined(paths: Iterable[str]) -> pd.DataFrame:
    """Return the rows of all tables that have any."""
    tables = [table for table in map(read_csv, paths) if len(table)]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
