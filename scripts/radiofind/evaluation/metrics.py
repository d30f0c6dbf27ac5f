"""Score a finder: completeness, reliability and F1 per region, cut, SNR and class, with intervals.

Every number is derived from the table of matches (`matching.match_table`) and can be reproduced from it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from radiofind.evaluation.intervals import INTERVAL_PERCENT, wilson_interval
from radiofind.evaluation.legacy import legacy_score
from radiofind.evaluation.matching import Selection, match_one_to_one, positions, random_positions
from radiofind.evaluation.placed_truth import CLASSES
from radiofind.mosaics.regions import REGIONS, Area

COLUMNS = (
    *("mosaic", "finder", "region", "metric", "cut", "cut_value", "snr_min", "class"),
    *("n_truth", "n_detections", "n_matched", "completeness", "reliability", "f1", "f1_low", "f1_high"),
    "chance_matches",
)

CURVE_COLUMNS = (
    *("mosaic", "finder", "region", "cut", "quantity"),
    *("snr_low", "snr_high", "n", "value", "low", "high"),
)

SNR_EDGES = 10 ** (np.arange(-5, 26) / 5)
"""Edges of the bins of the curves: five per decade, 0.1 to 100 000, the same for all finders and mosaics."""


@dataclass(frozen=True)
class Protocol:
    """Parameters of a comparison."""

    radius_pixels: float = 3.0
    """Largest distance of a match."""
    resamples: int = 1000
    """Bootstrap samples of the patches."""
    realisations: int = 10
    """Sets of random positions."""


def evaluate(
    matches: pd.DataFrame,
    *,
    area: Area,
    finder: str,
    selections: Sequence[Selection],
    protocol: Protocol,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return the scores of a finder on a mosaic, one row per selection, region, metric and class.

    Parameters
    ----------
    matches
        Rows of `matching.match_table` for all the selections.
    area
        Regions and patches of the mosaic.
    finder
        Name of the finder.
    selections
        The selections compared; a selection without rows has scores too.
    protocol
        Parameters of the comparison.
    rng
        Source of randomness.

    Returns
    -------
    pandas.DataFrame
        The columns `COLUMNS`. Undefined values are NaN: reliability and F1 of one class (except by the legacy
        rule), completeness without truth, reliability without detections. Counts of the metric ``random`` are
        means over its realisations.
    """
    rows = []
    for selection in selections:
        of_selection = matches[(matches["snr_min"] == selection.snr_min) & (matches["cut"] == selection.cut)]
        shared = {"cut": selection.cut, "cut_value": selection.value, "snr_min": selection.snr_min}
        for region in REGIONS:
            part = of_selection[of_selection["region"] == region]
            found = _one_to_one_and_random(part, region, area, protocol, rng) + _legacy(part, area)
            rows += [{"region": region} | shared | score for score in found]
    scores = pd.DataFrame(rows).assign(mosaic=area.mosaic, finder=finder).reindex(columns=COLUMNS)
    return scores.astype({"n_truth": "int64"})


def bootstrap_f1(part: pd.DataFrame, *, resamples: int, rng: np.random.Generator) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of F1 over patches.

    Parameters
    ----------
    part
        Matches of one selection and region.
    resamples
        Samples drawn.
    rng
        Source of randomness.

    Returns
    -------
    tuple of float
        Lower and upper end; NaN without rows. Patches without truth and detections are not used.
    """
    if part.empty:
        return np.nan, np.nan
    has_truth, has_detection = part["x_truth"].notna(), part["x"].notna()
    per_patch = pd.DataFrame(
        {"rows": has_truth.astype(int) + has_detection, "matched": has_truth & has_detection}
    )
    per_patch = per_patch.groupby(part["patch"]).sum().to_numpy()
    # Patches with equal counts are interchangeable: drawing numbers of each kind is fast for large mosaics.
    kinds, n_of_kind = np.unique(per_patch, axis=0, return_counts=True)
    drawn = rng.multinomial(len(per_patch), n_of_kind / len(per_patch), size=resamples) @ kinds
    low, high = np.percentile(2 * drawn[:, 1] / drawn[:, 0], INTERVAL_PERCENT)
    return float(low), float(high)


def chance_matches(
    part: pd.DataFrame, region: str, area: Area, protocol: Protocol, rng: np.random.Generator
) -> dict[str, float]:
    """Return how many truth sources of each class (and of all) match detections at random positions.

    Parameters
    ----------
    part
        Matches of one selection and region.
    region
        Name of the region in which random positions are drawn.
    area, protocol
        As for `evaluate`.
    rng
        Source of randomness.
    """
    truth, n_detections = part[part["x_truth"].notna()], int(part["x"].notna().sum())
    matched = pd.Series(0.0, index=["all", *CLASSES])
    if truth.empty or n_detections == 0:
        return matched.to_dict()
    patches = area.patches_of(region)
    for _ in range(protocol.realisations):
        xy = random_positions(
            n_detections,
            patches=patches,
            shape=area.shape,
            inside=lambda x, y: area.regions(x, y) == region,
            rng=rng,
        )
        found = match_one_to_one(
            positions(truth, x="x_truth", y="y_truth"), xy, radius_pixels=protocol.radius_pixels
        ).truth
        matched = matched.add(_per_class(truth.iloc[found]), fill_value=0)
    return (matched / protocol.realisations).to_dict()


def curves(matches: pd.DataFrame, *, mosaic: str, finder: str) -> pd.DataFrame:
    """Return quantities in bins of SNR for each region and cut, ready to plot.

    Parameters
    ----------
    matches
        As for `evaluate`; the rows of the smallest SNR limit are used.
    mosaic, finder
        Their names.

    Returns
    -------
    pandas.DataFrame
        The columns `CURVE_COLUMNS`, one row per non-empty bin. Quantities: ``completeness`` (against
        truth SNR) and ``reliability`` (against detection SNR) with Wilson 95 % intervals; ``flux_ratio``,
        ``offset_x`` and ``offset_y`` (detection minus truth, pixels) of matches against truth SNR: the median
        with the 16th and 84th percentiles.
    """
    rows = []
    lowest = matches[matches["snr_min"] == matches["snr_min"].min()]
    for (region, cut), part in lowest.groupby(["region", "cut"]):
        truth, detections = part[part["x_truth"].notna()], part[part["x"].notna()]
        pairs = truth[truth["x"].notna()]
        bins = {
            "completeness": _binned(truth["truth_snr"], truth["x"].notna(), _fraction_of_ones),
            "reliability": _binned(detections["snr"], detections["x_truth"].notna(), _fraction_of_ones),
            "flux_ratio": _binned(pairs["truth_snr"], pairs["flux_ratio"], _median),
            "offset_x": _binned(pairs["truth_snr"], pairs["d_x_pixels"], _median),
            "offset_y": _binned(pairs["truth_snr"], pairs["d_y_pixels"], _median),
        }
        rows += [(mosaic, finder, region, cut, name, *row) for name, binned in bins.items() for row in binned]
    return pd.DataFrame(rows, columns=list(CURVE_COLUMNS))


def _one_to_one_and_random(
    part: pd.DataFrame, region: str, area: Area, protocol: Protocol, rng: np.random.Generator
) -> list[dict[str, object]]:
    """Return the rows of the metrics ``one_to_one`` and ``random``."""
    has_truth, has_detection = part["x_truth"].notna(), part["x"].notna()
    n_truth, n_matched = _per_class(part[has_truth]), _per_class(part[has_truth & has_detection])
    chance = chance_matches(part, region, area, protocol, rng)
    low, high = bootstrap_f1(part, resamples=protocol.resamples, rng=rng)
    rows = []
    for name in ("all", *CLASSES):
        n_detections = float(has_detection.sum()) if name == "all" else np.nan
        found = _score("one_to_one", name, n_truth[name], n_detections, n_matched[name])
        interval = {"f1_low": low, "f1_high": high} if name == "all" else {}
        rows += [found | interval | {"chance_matches": chance[name]}]
        rows += [_score("random", name, n_truth[name], n_detections, chance[name])]
    return rows


def _per_class(truth: pd.DataFrame) -> pd.Series:
    """Return the number of truth rows per class, and in total."""
    counts = truth["class"].value_counts().reindex(CLASSES, fill_value=0)
    return pd.concat([pd.Series({"all": len(truth)}), counts]).astype(float)


def _score(
    metric: str, name: str, n_truth: float, n_detections: float, n_matched: float
) -> dict[str, object]:
    """Return the scores computed from three counts; NaN counts make NaN scores."""
    return {
        "metric": metric,
        "class": name,
        "n_truth": n_truth,
        "n_detections": n_detections,
        "n_matched": n_matched,
        "completeness": _fraction(n_matched, n_truth),
        "reliability": _fraction(n_matched, n_detections),
        "f1": _fraction(2 * n_matched, n_truth + n_detections),
    }


def _fraction(part: float, whole: float) -> float:
    """Return part / whole, NaN when the whole is zero."""
    return part / whole if whole else np.nan


def _legacy(part: pd.DataFrame, area: Area) -> list[dict[str, object]]:
    """Return the rows of the metric ``legacy``."""
    truth = part[part["x_truth"].notna()]
    truth_xy = positions(truth, x="x_truth", y="y_truth")
    detection_xy = positions(part[part["x"].notna()])
    rows = []
    for name in ("all", *CLASSES):
        score = legacy_score(truth_xy, truth["class"].to_numpy(), detection_xy, shape=area.shape, wanted=name)
        counts = {"n_truth": score.n_truth, "n_detections": score.n_detections, "n_matched": score.tp}
        fractions = {"completeness": score.recall, "reliability": score.precision, "f1": score.f1}
        rows.append({"metric": "legacy", "class": name} | counts | fractions)
    return rows


def _binned(
    snr: pd.Series, values: pd.Series, summary: Callable[[np.ndarray], tuple[float, float, float]]
) -> list[tuple[float, ...]]:
    """Return (snr_low, snr_high, n, value, low, high) of each non-empty bin."""
    upper = np.searchsorted(SNR_EDGES, snr, side="right")
    inside = (upper > 0) & (upper < len(SNR_EDGES))
    groups = values[inside].groupby(upper[inside])
    return [
        (SNR_EDGES[i - 1], SNR_EDGES[i], len(group), *summary(group.to_numpy(float))) for i, group in groups
    ]


def _fraction_of_ones(hits: np.ndarray) -> tuple[float, float, float]:
    """Return the fraction of ones and its 95 % interval."""
    low, high = wilson_interval(hits.sum(), len(hits))
    return float(hits.mean()), float(low), float(high)


def _median(values: np.ndarray) -> tuple[float, float, float]:
    """Return the median and the 16th and 84th percentiles."""
    return tuple(np.percentile(values, (50, 16, 84)).tolist())
