"""Score the classes of a catalogue against the truth: confusion matrices, and scores with intervals.

Sources are scored if they match truth of known class one to one; a source without a class counts as wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import pandas as pd

from radiofind.classifiers.sources.matches import known_classes
from radiofind.evaluation.intervals import fraction_interval
from radiofind.mosaics.regions import REGIONS

CONFUSION_COLUMNS = ("mosaic", "finder", "region", "snr_min", "true", "predicted", "n")

COLUMNS = ("mosaic", "finder", "region", "snr_min", "metric", "class", "value", "low", "high", "n")

PAIR_COLUMNS = ("region", "patch", "snr_min", "true", "predicted")

UNDEFINED = (np.nan, np.nan, np.nan, 0)


def pair_classes(
    truth: pd.DataFrame, catalogue: pd.DataFrame, *, snr: Sequence[float], radius_pixels: float
) -> pd.DataFrame:
    """Return the true and the predicted class of the sources that match truth of a known class.

    Parameters
    ----------
    truth, catalogue
        With region and patch, as in `comparison.Comparison`; the catalogue with classes from
        `class_columns.with_classes`.
    snr
        SNR limits; sources are matched separately to the truth above each.
    radius_pixels
        Largest distance of a match.

    Returns
    -------
    pandas.DataFrame
        The columns `PAIR_COLUMNS`; ``predicted`` is empty for sources without a class.
    """
    predicted = catalogue["class"].to_numpy(dtype=object)
    parts = []
    for snr_min in snr:
        known = known_classes(truth, catalogue, snr_min=snr_min, radius_pixels=radius_pixels)
        known = known.assign(snr_min=float(snr_min), predicted=predicted[known["row"]])
        parts.append(known.rename(columns={"class": "true"})[list(PAIR_COLUMNS)])
    return pd.concat(parts, ignore_index=True)


def count_confusions(
    pairs: pd.DataFrame, *, classes: Sequence[str], snr: Sequence[float], mosaic: str, finder: str
) -> pd.DataFrame:
    """Return the confusion matrices as a table of counts.

    Parameters
    ----------
    pairs
        Rows of `pair_classes`.
    classes
        Names of all classes, of the truth and of the classifier.
    snr
        The SNR limits; a limit without pairs has rows too.
    mosaic, finder
        Their names.

    Returns
    -------
    pandas.DataFrame
        The columns `CONFUSION_COLUMNS`, one row for each region, SNR, true and predicted class (empty: none),
        even without sources.
    """
    keys = ["region", "snr_min", "true", "predicted"]
    everything = product(REGIONS, map(float, snr), classes, [*classes, ""])
    index = pd.MultiIndex.from_tuples(everything, names=keys)
    counts = pairs.groupby(keys).size().reindex(index, fill_value=0)
    table = counts.rename("n").reset_index().assign(mosaic=mosaic, finder=finder)
    return table[list(CONFUSION_COLUMNS)]


def score_classes(
    pairs: pd.DataFrame,
    *,
    classes: Sequence[str],
    constant: str,
    snr: Sequence[float],
    mosaic: str,
    finder: str,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return the scores of the classes of a finder on a mosaic.

    Parameters
    ----------
    pairs, classes, snr, mosaic, finder
        As for `count_confusions`.
    constant
        The class of the constant answer: the most frequent one in the train boxes.
    rng
        Source of randomness.

    Returns
    -------
    pandas.DataFrame
        The columns `COLUMNS`, one row for each region, SNR and metric: ``precision``, ``recall`` and ``f1``
        of each class, ``accuracy``, ``balanced_accuracy`` (mean recall of the classes present), and both for
        the constant answer (``constant_``); 95 % intervals; ``n`` sources used. Undefined values are NaN,
        with n 0.

    Notes
    -----
    Intervals of fractions are from `intervals.fraction_interval`. F1 = 2 j / (1 + j), with j the correct
    fraction of the sources that are of the class or predicted to be. The half-widths of the
    recalls add in quadrature to those of the balanced accuracy (Zou & Donner 2008, Stat. Med. 27, 1693).
    """
    rows = []
    for region, snr_min in product(REGIONS, map(float, snr)):
        part = pairs[(pairs["region"] == region) & (pairs["snr_min"] == snr_min)]
        rows += [(region, snr_min, *score) for score in _scores(part, classes, constant, rng)]
    table = pd.DataFrame(rows, columns=list(COLUMNS[2:])).assign(mosaic=mosaic, finder=finder)
    return table[list(COLUMNS)]


def most_frequent(n_examples: dict[str, int]) -> str:
    """Return the class with the most examples; the first if equal."""
    return max(n_examples, key=n_examples.get)


def _scores(
    part: pd.DataFrame, classes: Sequence[str], constant: str, rng: np.random.Generator
) -> list[tuple]:
    """Return metric, class, value, low, high and n of each score of the sources of one region and SNR."""
    true, predicted = part["true"].to_numpy(), part["predicted"].to_numpy()
    patch, right = part["patch"].to_numpy(), true == predicted
    rows, recalls = [], []
    for name in classes:
        is_true, is_said = true == name, predicted == name
        recalls.append(_fraction(right, is_true, patch, rng))
        value, low, high, n = _fraction(right, is_true | is_said, patch, rng)
        rows += [
            ("precision", name, *_fraction(right, is_said, patch, rng)),
            ("recall", name, *recalls[-1]),
            ("f1", name, *(2 * j / (1 + j) for j in (value, low, high)), n),
        ]
    everyone = np.ones(len(part), dtype=bool)
    rows += [("accuracy", "", *_fraction(right, everyone, patch, rng))]
    rows += [("balanced_accuracy", "", *_mean(recalls))]
    rows += [("constant_accuracy", "", *_fraction(true == constant, everyone, patch, rng))]
    there = [float(name == constant) for name, (*_, n) in zip(classes, recalls, strict=True) if n]
    exact = (np.mean(there),) * 3 + (len(part),) if there else UNDEFINED
    return [*rows, ("constant_balanced_accuracy", "", *exact)]


def _fraction(
    right: np.ndarray, counted: np.ndarray, patch: np.ndarray, rng: np.random.Generator
) -> tuple[float, float, float, int]:
    """Return the correct fraction of the counted sources, its 95 % interval, and their number."""
    right, n = right[counted], int(counted.sum())
    if n == 0:
        return UNDEFINED
    return float(right.mean()), *fraction_interval(right, patch[counted], rng), n


def _mean(fractions: Sequence[tuple[float, float, float, int]]) -> tuple[float, float, float, int]:
    """Return the mean of the defined fractions, its interval, and the total number of sources."""
    defined = np.array([fraction for fraction in fractions if fraction[-1]])
    if not len(defined):
        return UNDEFINED
    value, low, high, n = defined.T
    below, above = (np.sqrt(((value - end) ** 2).sum()) / len(defined) for end in (low, high))
    return float(value.mean()), float(value.mean() - below), float(value.mean() + above), int(n.sum())
