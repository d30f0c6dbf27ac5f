"""The report's content on completeness and reliability without truth, and on source counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from radiofind.evaluation.completeness import ALL_SHAPES
from radiofind.evaluation.intervals import wilson_interval
from radiofind.evaluation.negation import pool_reliability
from radiofind.tables import read_csv

FRACTION = ("finder", "quantity", "snr_low", "snr_high", "n", "value", "low", "high")
"""Columns of the table of completeness and reliability, which those of `ranking.pool_fractions` include."""
BIN = ["finder", "shape", "size_low_beams", "size_high_beams", "snr_low", "snr_high"]
OF_SHAPES = (*BIN, "n", "value", "low", "high")
"""Columns of the table of the completeness of each shape and size."""


@dataclass(frozen=True)
class CompletenessReport:
    """What a report tells of fake sources and of negated images, all mosaics together."""

    fractions: pd.DataFrame
    """`FRACTION`: completeness by injected SNR and reliability by measured SNR, with 95 % intervals."""
    shapes: pd.DataFrame
    """`OF_SHAPES`: completeness of each shape and size; empty if all fake sources are points."""
    counts: pd.DataFrame
    """Rows of `counts.count_sources` of all finders; empty without a survey."""


def read_completeness_report(
    completeness: Iterable[str], reliabilities: Iterable[str], counts: Iterable[str]
) -> CompletenessReport | None:
    """Return the report's content on completeness and reliability without truth; None if there is none.

    Parameters
    ----------
    completeness, reliabilities
        ``results/{mosaic}/completeness/{finder}.csv`` and ``results/{mosaic}/reliability/{finder}.csv``.
    counts
        ``results/survey/counts/{finder}.csv``.
    """
    pooled = _completeness(completeness)
    of_all = pooled["shape"] == ALL_SHAPES
    parts = [pooled[of_all], _reliability(reliabilities)]
    fractions = [part[list(FRACTION)] for part in parts if len(part)]
    if not fractions:
        return None
    shapes = pooled.loc[~of_all, list(OF_SHAPES)]
    return CompletenessReport(pd.concat(fractions, ignore_index=True), shapes, _joined(counts))


def _completeness(paths: Iterable[str]) -> pd.DataFrame:
    """Return the completeness in all mosaics together, columns of `FRACTION` and `OF_SHAPES`."""
    table = _joined(paths)
    if table.empty:
        return pd.DataFrame(columns=[*FRACTION, *OF_SHAPES[1:4]])
    groups = table.groupby(BIN, as_index=False, sort=False, dropna=False)
    pooled = groups[["n_injected", "n_found"]].sum()
    number, hits = (pooled[name].to_numpy() for name in ("n_injected", "n_found"))
    low, high = wilson_interval(hits, number)
    values = {"n": number, "value": hits / number, "low": low, "high": high}
    return pooled.assign(quantity="completeness", **values)


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
