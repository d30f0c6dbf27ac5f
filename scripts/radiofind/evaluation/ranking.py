"""Pool the scores of all mosaics, and rank the finders.

Counts are summed over mosaics and fractions are computed from the sums.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from astropy.stats import binom_conf_interval

from radiofind.evaluation.placed_truth import CLASSES
from radiofind.mosaics.regions import REGIONS

KEYS = ["finder", "region", "metric", "cut", "snr_min", "class"]
COUNTS = ["n_truth", "n_detections", "n_matched", "chance_matches"]
POOLED_METRICS = ("one_to_one", "random")
"""The legacy rule has no counts from which to compute its fractions, so it cannot be pooled."""


@dataclass(frozen=True)
class Ranking:
    """The best scores at one SNR limit."""

    snr_min: float
    """The limit."""
    best: pd.Series
    """Row of the pooled scores with the highest F1."""
    next_best: pd.Series | None
    """The best row of another finder; None if there is no other."""


def pool(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the pooled scores of all mosaics, one row per finder, region, metric, cut, SNR and class.

    Parameters
    ----------
    scores
        Columns of `metrics.COLUMNS`, any number of mosaics.

    Returns
    -------
    pandas.DataFrame
        The same columns except ``mosaic`` and ``cut_value``, with ``n_mosaics``, by ascending SNR. Rows of
        the metric ``legacy`` are left out.

    Notes
    -----
    The pooled F1 is the mean of the mosaics' F1, each weighted by its share of all truth and detections. Its
    interval is that of the mean of independent numbers: half-widths add in quadrature with these weights.
    """
    scores = scores[scores["metric"].isin(POOLED_METRICS)]
    groups = pd.concat([scores, _weighted_variance(scores)], axis=1).groupby(KEYS, sort=False)
    pooled = groups[COUNTS].sum(min_count=1).astype(float).assign(n_mosaics=groups["mosaic"].nunique())
    pooled["completeness"] = pooled["n_matched"] / pooled["n_truth"]
    pooled["reliability"] = pooled["n_matched"] / pooled["n_detections"]
    pooled["f1"] = 2 * pooled["n_matched"] / (pooled["n_truth"] + pooled["n_detections"])
    # Skipping NaN would turn an unknown interval into an exact one.
    half_width = groups[["below", "above"]].sum(skipna=False) ** 0.5
    pooled["f1_low"] = (pooled["f1"] - half_width["below"]).clip(lower=0)
    pooled["f1_high"] = (pooled["f1"] + half_width["above"]).clip(upper=1)
    return pooled.reset_index().sort_values("snr_min", kind="stable", ignore_index=True)


def scored_region(scores: pd.DataFrame) -> str:
    """Return the region whose scores to show: test, else validation, else train; empty without truth.

    Parameters
    ----------
    scores
        As for `pool`.
    """
    with_truth = set(scores.loc[scores["n_truth"] > 0, "region"])
    return next((region for region in reversed(REGIONS) if region in with_truth), "")


def rank(pooled: pd.DataFrame) -> list[Ranking]:
    """Return the best finder and the runner-up at each SNR limit.

    Parameters
    ----------
    pooled
        Rows of `pool` of one region, metric and class.

    Notes
    -----
    Rows based on fewer mosaics than others at the same SNR limit are excluded: a finder must not win by
    leaving out difficult sky.
    """
    rankings = []
    for snr_min, rows in pooled[pooled["f1"].notna()].groupby("snr_min"):
        rows = rows[rows["n_mosaics"] == rows["n_mosaics"].max()]
        rows = rows.sort_values("f1", ascending=False, kind="stable")
        others = rows[rows["finder"] != rows["finder"].iloc[0]]
        next_best = None if others.empty else others.iloc[0]
        rankings.append(Ranking(float(snr_min), rows.iloc[0], next_best))
    return rankings


def verdict(ranking: Ranking) -> str:
    """Return a sentence naming the best finder, and whether its interval overlaps that of the runner-up.

    Parameters
    ----------
    ranking
        One SNR limit.
    """
    best, other, start = ranking.best, ranking.next_best, f"SNR > {ranking.snr_min:g}: "
    if best["f1"] == 0:
        return f"{start}no finder matched a source."
    if other is None:
        return f"{start}{_name(best)} has F1 {_f1(best)}; no other finder was compared."
    if best["f1"] == other["f1"]:
        return f"{start}{_name(best)} and {_name(other)} are equal with F1 {_f1(best)}."
    return (
        f"{start}{_name(best)} is best with F1 {_f1(best)}, ahead of {_name(other)} with {_f1(other)}; "
        f"{_overlap(best, other)}."
    )


def class_completeness(pooled: pd.DataFrame) -> pd.DataFrame:
    """Return the completeness of each class, one row per SNR, finder and cut.

    Parameters
    ----------
    pooled
        Rows of `pool` of one region.

    Returns
    -------
    pandas.DataFrame
        snr_min, finder, cut, and for each class its completeness and ``n_{class}``, the number of its truth
        sources; no rows if no truth source has a class.
    """
    rows = pooled[(pooled["metric"] == "one_to_one") & (pooled["class"] != "all") & (pooled["n_truth"] > 0)]
    index = ["snr_min", "finder", "cut"]
    wide = rows.pivot_table(["completeness", "n_truth"], index, columns="class", aggfunc="first", sort=False)
    wide.columns = [name if kind == "completeness" else f"n_{name}" for kind, name in wide.columns]
    expected = [name for kind in CLASSES for name in (kind, f"n_{kind}")]
    return wide.reindex(columns=expected).reset_index()


def pool_fractions(curves: pd.DataFrame) -> pd.DataFrame:
    """Return completeness and reliability per SNR bin of all mosaics together, with Wilson 95 % intervals.

    Parameters
    ----------
    curves
        Columns of `metrics.CURVE_COLUMNS`; other quantities are left out.

    Returns
    -------
    pandas.DataFrame
        The same columns except ``mosaic``.
    """
    fractions = curves[curves["quantity"].isin(("completeness", "reliability"))]
    keys = ["finder", "region", "cut", "quantity", "snr_low", "snr_high"]
    hits = (fractions["value"] * fractions["n"]).astype(float).round()
    summed = fractions.assign(hits=hits).groupby(keys, sort=False)[["hits", "n"]].sum().reset_index()
    hits, n = summed.pop("hits").to_numpy(int), summed["n"].to_numpy(int)
    low, high = binom_conf_interval(hits, n, confidence_level=0.95, interval="wilson") if len(n) else ([], [])
    return summed.assign(value=hits / n, low=low, high=high)


def _weighted_variance(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the contribution of each mosaic to the squared half-widths of the pooled F1, below and above."""
    n_rows = (scores["n_truth"] + scores["n_detections"]).astype(float)
    share = n_rows / n_rows.groupby([scores[key] for key in KEYS]).transform("sum")
    width = scores[["f1_low", "f1_high"]].astype(float).sub(scores["f1"].astype(float), axis=0)
    variance = width.mul(share, axis=0) ** 2
    # A mosaic without truth and detections has no F1, and no weight.
    variance[share == 0] = 0.0
    return variance.set_axis(["below", "above"], axis=1)


def _name(row: pd.Series) -> str:
    """Return finder and cut in words."""
    return f"{row['finder']} ({row['cut'].replace('_', ' ')})"


def _f1(row: pd.Series) -> str:
    """Return F1, and its interval if it has one."""
    interval = f" ({row['f1_low']:.3f}–{row['f1_high']:.3f})" if _has_interval(row) else ""
    return f"{row['f1']:.3f}{interval}"


def _overlap(best: pd.Series, other: pd.Series) -> str:
    """Return in words whether the intervals of two rows overlap."""
    if not (_has_interval(best) and _has_interval(other)):
        return "without intervals, the difference may be chance"
    return "the intervals overlap" if other["f1_high"] >= best["f1_low"] else "the intervals do not overlap"


def _has_interval(row: pd.Series) -> bool:
    """Return whether both ends of the F1 interval are known."""
    return bool(np.isfinite(row["f1_low"]) and np.isfinite(row["f1_high"]))
