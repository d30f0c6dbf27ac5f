"""Score classifiers: precision, recall and F1 per class, macro averages, accuracy, ROC-AUC, calibration.

Every number is derived from the table of predictions of the test cutouts, and can be reproduced from it.
Nothing is tuned here: the predicted class of a cutout is the most probable one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from radiofind.catalogues.class_columns import classes_of
from radiofind.classifiers.predictions import fold_of_member, probabilities_of, with_ensemble
from radiofind.evaluation.intervals import CONFIDENCE, RESAMPLES, wilson_interval

METRICS = ("dataset", "network", "member", "metric", "class", "value", "low", "high", "n")
CONFUSION = ("member", "true", "predicted", "n")
ROC_COLUMNS = ("class", "false_positive_rate", "true_positive_rate")
RELIABILITY_COLUMNS = ("confidence", "correct", "low", "high", "n")

PER_CLASS = ("precision", "recall", "f1", "roc_auc")
MACRO = ("macro_precision", "macro_recall", "macro_f1", "roc_auc")
"""Names of the means of `PER_CLASS` metrics over the classes."""

MEAN = "mean"
"""Name of the pseudo-member whose scores are the mean over the members."""

CONFIDENCE_BINS = 10
MOST_AT_ONCE = 2_000_000
"""Number of cutout weights held at once while resampling; limits memory."""


@dataclass(frozen=True)
class _Answers:
    """Predictions of one member for the test cutouts."""

    label: np.ndarray
    """(n,), index of the true class."""
    probability: np.ndarray
    """(n, n_classes)."""
    indicator: np.ndarray
    """(n, n_classes ** 2), 1 at the cell of the confusion matrix."""
    bins: np.ndarray
    """(n, n_bins), 1 at the bin of confidence."""
    overconfidence: np.ndarray
    """(n,), confidence, minus 1 if the prediction is correct."""


def score_members(
    predictions: pd.DataFrame, *, seed: int, dataset: str = "", network: str = ""
) -> pd.DataFrame:
    """Return the scores of each member, of their mean and of the ensemble on the test cutouts.

    Parameters
    ----------
    predictions
        Columns `predictions.PREDICTIONS` and the probabilities; only ``test`` rows of members are used.
    seed
        Seed of the bootstrap; all members use the same samples.
    dataset, network
        Their names.

    Returns
    -------
    pandas.DataFrame
        The columns `METRICS`. ``class`` is empty for metrics of all classes. ``n`` is the number of test
        cutouts (of the class), or for the mean the number of values averaged.

    Notes
    -----
    A class without test cutouts has NaN and is left out of macro averages; a class never predicted has
    precision 0. ``roc_auc`` is one against the rest. ``calibration_error`` is the expected calibration error
    of the highest probability in 10 bins of equal counts (Naeini et al. 2015; Guo et al. 2017).
    Intervals are 95 %: for members and ensemble a bootstrap over groups, the uncertainty from the test set;
    for the mean Student's t, the scatter between members. With several folds, members of the same fold share
    their test cutouts and count as one value, their mean.
    """
    test = predictions[predictions["split"] == "test"]
    if test.empty:
        return pd.DataFrame(columns=list(METRICS))
    names = _names(classes_of(test))
    parts = [
        names.assign(member=member, **_scores(rows, seed))
        for member, rows in with_ensemble(test).groupby("member", sort=False)
    ]
    scores = pd.concat([*parts[:-1], _mean(pd.concat(parts[:-1]), names), parts[-1]], ignore_index=True)
    return scores.assign(dataset=dataset, network=network)[list(METRICS)].astype({"n": "int64"})


def confusion_of(predictions: pd.DataFrame) -> pd.DataFrame:
    """Return the confusion matrix of each member and the ensemble, as a table.

    Parameters
    ----------
    predictions
        As for `score_members`.

    Returns
    -------
    pandas.DataFrame
        The columns `CONFUSION`, one row per pair of classes, even if ``n`` is 0.
    """
    test = predictions[predictions["split"] == "test"]
    if test.empty:
        return pd.DataFrame(columns=list(CONFUSION))
    classes, rows = classes_of(test), with_ensemble(test)
    members = rows["member"].unique()
    pairs = pd.MultiIndex.from_product([members, classes, classes], names=CONFUSION[:-1])
    counts = rows.groupby(["member", "class", "predicted"]).size().rename_axis(CONFUSION[:-1])
    return counts.reindex(pairs, fill_value=0).rename("n").reset_index()


def roc_points(predictions: pd.DataFrame) -> pd.DataFrame:
    """Return the ROC curve of each class against the rest.

    Parameters
    ----------
    predictions
        Rows of one member.

    Returns
    -------
    pandas.DataFrame
        The columns `ROC_COLUMNS`; no rows for a class to which no cutouts or all belong.
    """
    # Here: it takes two seconds to load, and only curves of classifiers need it.
    from sklearn.metrics import roc_curve

    parts = [pd.DataFrame(columns=list(ROC_COLUMNS))]
    for name, score in zip(classes_of(predictions), probabilities_of(predictions).T, strict=True):
        belongs = (predictions["class"] == name).to_numpy()
        if belongs.any() and not belongs.all():
            false, true, _ = roc_curve(belongs, score)
            parts.append(pd.DataFrame(dict(zip(ROC_COLUMNS, (name, false, true), strict=True))))
    return pd.concat(parts[1:] or parts, ignore_index=True)


def reliability_points(predictions: pd.DataFrame) -> pd.DataFrame:
    """Return the fraction of correct predictions in bins of the highest probability.

    Parameters
    ----------
    predictions
        Rows of one member.

    Returns
    -------
    pandas.DataFrame
        The columns `RELIABILITY_COLUMNS`: mean ``confidence`` and fraction ``correct`` of the ``n`` cutouts
        of a bin, with Wilson's 95 % interval. Equal confidences share a bin.
    """
    confidence = probabilities_of(predictions).max(axis=1) if len(predictions) else np.empty(0)
    correct = (predictions["class"] == predictions["predicted"]).to_numpy(float)
    table = pd.DataFrame({"bin": _bins_of(confidence), "confidence": confidence, "correct": correct})
    means = table.groupby("bin").mean().assign(n=table.groupby("bin").size())
    low, high = wilson_interval(means["correct"] * means["n"], means["n"]) if len(means) else ([], [])
    return means.assign(low=low, high=high).reset_index()[list(RELIABILITY_COLUMNS)]


def _names(classes: Sequence[str]) -> pd.DataFrame:
    """Return the metric and class of each value of `_values`."""
    pairs = [(metric, name) for metric in PER_CLASS for name in classes]
    pairs += [(metric, "") for metric in (*MACRO, "accuracy", "calibration_error")]
    return pd.DataFrame(pairs, columns=["metric", "class"])


def _scores(rows: pd.DataFrame, seed: int) -> dict[str, np.ndarray]:
    """Return the values, intervals and numbers of cutouts of all scores of one member."""
    answers = _answers(rows)
    value = _values(np.ones((1, len(rows))), answers)[0]
    samples = _resampled(rows["group"].to_numpy(), np.random.default_rng(seed))
    resampled = np.concatenate([_values(weights, answers) for weights in samples])
    # Chance increases the distance from the diagonal; resampling increases it once more.
    resampled[:, -1] -= resampled[:, -1].mean() - value[-1]
    low, high = np.full((2, len(value)), np.nan)
    known = np.isfinite(value)
    tails = (50 * (1 - CONFIDENCE), 50 * (1 + CONFIDENCE))
    low[known], high[known] = np.nanpercentile(resampled[:, known], tails, axis=0)
    per_class = np.bincount(answers.label, minlength=answers.probability.shape[1])
    n = np.concatenate([np.tile(per_class, len(PER_CLASS)), np.full(len(MACRO) + 2, len(rows))])
    # If all samples agree on 0 or 1, their scatter does not measure the uncertainty.
    certain = known & (low == high) & np.isin(value, (0, 1))
    certain[-1] = False
    if certain.any():
        low[certain], high[certain] = wilson_interval(value[certain] * n[certain], n[certain])
    return {"value": value, "low": np.clip(low, 0, 1), "high": np.clip(high, 0, 1), "n": n}


def _answers(rows: pd.DataFrame) -> _Answers:
    """Return the predictions of one member as arrays."""
    probability, label = probabilities_of(rows), rows["label"].to_numpy(int)
    n_classes = probability.shape[1]
    # Derived from the probabilities and not the column `predicted`, so that they cannot disagree.
    answer, confidence = probability.argmax(axis=1), probability.max(axis=1)
    return _Answers(
        label=label,
        probability=probability,
        indicator=_indicator(label * n_classes + answer, n_classes**2),
        bins=_indicator(_bins_of(confidence), CONFIDENCE_BINS),
        overconfidence=confidence - (answer == label),
    )


def _indicator(place: np.ndarray, n_places: int) -> np.ndarray:
    """Return one-hot rows with 1 at the place of each, (n, n_places), float."""
    return (place[:, None] == np.arange(n_places)).astype(float)


def _bins_of(confidence: np.ndarray) -> np.ndarray:
    """Return the bin of each confidence; bins have equal counts, except that equal values stay together."""
    if not len(confidence):
        return np.empty(0, dtype=int)
    edges = np.quantile(confidence, np.arange(1, CONFIDENCE_BINS) / CONFIDENCE_BINS)
    return np.searchsorted(edges, confidence, side="left")


def _resampled(group: np.ndarray, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield the number of draws of each cutout in bootstrap samples of groups, in chunks (samples, n)."""
    names, place = np.unique(group, return_inverse=True)
    at_once = int(np.clip(MOST_AT_ONCE // len(group), 1, RESAMPLES))
    share = np.full(len(names), 1 / len(names))
    for start in range(0, RESAMPLES, at_once):
        drawn = rng.multinomial(len(names), share, size=min(at_once, RESAMPLES - start))
        yield drawn[:, place].astype(float)


def _values(weights: np.ndarray, answers: _Answers) -> np.ndarray:
    """Return all scores for each row of cutout weights, (samples, scores), in the order of `_names`."""
    n_classes = answers.probability.shape[1]
    confusion = (weights @ answers.indicator).reshape(-1, n_classes, n_classes)
    true, predicted = confusion.sum(axis=2), confusion.sum(axis=1)
    hits = np.diagonal(confusion, axis1=1, axis2=2)
    absent = true == 0
    per_class = (
        np.where(absent, np.nan, hits / np.maximum(predicted, 1)),
        _ratio(hits, true),
        np.where(absent, np.nan, _ratio(2 * hits, true + predicted)),
        np.column_stack([_auc(weights, answers, place) for place in range(n_classes)]),
    )
    n = weights.sum(axis=1)
    macro = [_mean_of_known(values) for values in per_class]
    calibration_error = np.abs((weights * answers.overconfidence) @ answers.bins).sum(axis=1) / n
    return np.column_stack([*per_class, *macro, hits.sum(axis=1) / n, calibration_error])


def _auc(weights: np.ndarray, answers: _Answers, place: int) -> np.ndarray:
    """Return the area under the ROC curve of one class against the rest for each row of weights.

    It is the weighted fraction of pairs (one cutout of the class, one of the rest) in which the former has
    the higher probability; equal ones count as half a pair.
    """
    score = answers.probability[:, place]
    order = np.argsort(score, kind="stable")
    starts = np.flatnonzero(np.diff(score[order], prepend=-np.inf))
    positive = weights * (answers.label == place)
    inside = np.add.reduceat(positive[:, order], starts, axis=1)
    outside = np.add.reduceat((weights - positive)[:, order], starts, axis=1)
    below = np.cumsum(outside, axis=1) - outside / 2
    return _ratio((inside * below).sum(axis=1), inside.sum(axis=1) * outside.sum(axis=1))


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Return part / whole, NaN if the whole is zero."""
    return np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=whole > 0)


def _mean_of_known(values: np.ndarray) -> np.ndarray:
    """Return the mean of each row without NaN; NaN if all are NaN."""
    return _ratio(np.nansum(values, axis=1), np.isfinite(values).sum(axis=1))


def _mean(scores: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    """Return the mean of the members' scores with Student's t interval, which is NaN for a single value."""
    fold = fold_of_member(scores["member"])
    # Members of one fold share their test cutouts.
    unit = fold if len(fold.unique()) > 1 else scores["member"]
    values = scores.groupby([unit.rename("unit"), "metric", "class"], sort=False)["value"].mean()
    groups = values.groupby(level=["metric", "class"])
    table = pd.DataFrame({"value": groups.mean(), "n": groups.count(), "spread": groups.std()})
    half = stdtrit(table["n"] - 1, (1 + CONFIDENCE) / 2) * table["spread"] / np.sqrt(table["n"])
    low, high = (table["value"] - half).clip(lower=0), (table["value"] + half).clip(upper=1)
    table = table.assign(low=low, high=high, member=MEAN).drop(columns="spread")
    return names.join(table, on=["metric", "class"])
