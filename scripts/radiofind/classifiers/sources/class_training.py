"""Learn the classes of sources from the truth in the train boxes.

Multinomial logistic regression with equal weight for all classes, however rare, so its probabilities
assume that the classes are equally common. Validation and test regions are never used.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold

from radiofind.classifiers.sources.classes import NEEDED, SourceClassModel, terms_of
from radiofind.classifiers.sources.features import FEATURES, features_of
from radiofind.classifiers.sources.matches import known_classes
from radiofind.evaluation.placed_truth import CLASSES
from radiofind.networks import logistic

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ClassLesson:
    """The training examples of one mosaic: sources that match the truth in the train box."""

    features: pd.DataFrame
    """Columns of `features_of`, n rows."""
    classes: np.ndarray
    """Class of each, shape (n,)."""
    patch: np.ndarray
    """Patch of each, shape (n,)."""


def make_class_lesson(
    catalogue: pd.DataFrame,
    truth: pd.DataFrame,
    *,
    snr_min: float,
    radius_pixels: float,
    beam_arcsec: float,
    spectral_index: np.ndarray | None = None,
) -> ClassLesson:
    """Return the training examples in the train box of a mosaic.

    Parameters
    ----------
    catalogue, truth
        With region and patch, as in `comparison.Comparison`.
    snr_min
        Truth is used if its SNR is above this.
    radius_pixels
        Largest distance of a match; matches are one-to-one, closest pairs first.
    beam_arcsec, spectral_index
        As for `features.features_of`.
    """
    known = known_classes(truth, catalogue, snr_min=snr_min, radius_pixels=radius_pixels)
    known = known[known["region"] == "train"]
    rows = known["row"].to_numpy()
    features = features_of(catalogue, beam_arcsec=beam_arcsec, spectral_index=spectral_index)
    usable = features[NEEDED].notna().to_numpy()[rows]
    return ClassLesson(
        features.iloc[rows[usable]].reset_index(drop=True),
        known["class"].to_numpy(str)[usable],
        known["patch"].to_numpy()[usable],
    )


def fit_source_classes(lessons: Sequence[ClassLesson], *, origin: str) -> SourceClassModel:
    """Return the model of the classes `placed_truth.CLASSES`, fitted to the train boxes of a training set.

    Parameters
    ----------
    lessons
        One per mosaic.
    origin
        The files of the truth, for the log.

    Notes
    -----
    A truth may have no classes: if no source of known class was found in any train box, the model has no
    classes. The strength of the regularisation has the best log loss, with equal weight for all classes, in
    cross-validation (five folds of whole patches), or is that of a standard normal prior if a class is found
    in fewer patches. A class without examples is left out; with only one class, all sources get it.
    """
    if not sum(len(lesson.classes) for lesson in lessons):
        return _no_class(origin)
    classes = np.concatenate([lesson.classes for lesson in lessons])
    features = pd.concat([lesson.features for lesson in lessons], ignore_index=True)
    n_examples = {name: int((classes == name).sum()) for name in CLASSES}
    logger.info("sources in the train boxes by class: %s", n_examples)
    if missing := [name for name, n in n_examples.items() if not n]:
        logger.warning("no source of class %s in the train boxes: it is never given", " and ".join(missing))
    numbers = _numbers_of(features)
    terms = terms_of(features, numbers)
    several = sum(n > 0 for n in n_examples.values()) > 1
    learned = (
        _regression(terms, classes, logistic.number_patches([one.patch for one in lessons]))
        if several
        else _one_class(classes[0])
    )
    return SourceClassModel(classes=list(CLASSES), n_examples=n_examples, features=numbers, **learned)


def _numbers_of(features: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Return mean, scale and range of the known values of each feature; mean 0 and scale 1 without any."""
    scale = features.std(ddof=0)
    numbers = pd.DataFrame(
        {
            "mean": features.mean().fillna(0.0),
            "scale": scale.where(scale > 0, 1.0),
            "low": features.min().fillna(0.0),
            "high": features.max().fillna(0.0),
        }
    )
    return numbers.to_dict(orient="index")


def _no_class(origin: str) -> SourceClassModel:
    """Return a model without classes."""
    logger.warning(
        "no source matches truth of class %s in the train boxes: no source gets a class. Check the column "
        "class of %s, and the train boxes in the mosaic sheet",
        *(", ".join(CLASSES), origin),
    )
    nothing = _numbers_of(pd.DataFrame(columns=list(FEATURES), dtype=float))
    return SourceClassModel(list(CLASSES), dict.fromkeys(CLASSES, 0), nothing, {}, {}, None, None)


def _one_class(name: str) -> dict[str, object]:
    """Return the fitted part of a model with a single class."""
    logger.warning("all sources in the train boxes are of class %s: it is given to every source", name)
    empty = {"inverse_strength": None, "left_out_log_loss": None}
    return {"coefficients": {str(name): {}}, "intercepts": {str(name): 0.0}, **empty}


def _regression(terms: pd.DataFrame, classes: np.ndarray, patch: np.ndarray) -> dict[str, object]:
    """Return the fitted part of a model with several classes."""
    steps = logistic.regression(class_weight="balanced")
    fitted = logistic.fit(steps, terms.to_numpy(), classes, folds=_folds(classes, patch))
    regression = fitted.steps[-1]
    weights, intercepts = regression.coef_, regression.intercept_
    if len(regression.classes_) == 2:  # scikit-learn returns only the weights of the second class
        weights, intercepts = np.concatenate([-weights, weights]) / 2, np.append(-intercepts, intercepts) / 2
    return {
        "coefficients": {
            str(name): dict(zip(terms.columns, row.tolist(), strict=True))
            for name, row in zip(regression.classes_, weights, strict=True)
        },
        "intercepts": dict(zip(map(str, regression.classes_), intercepts.tolist(), strict=True)),
        "inverse_strength": fitted.inverse_strength,
        "left_out_log_loss": fitted.left_out_log_loss,
    }


def _folds(classes: np.ndarray, patch: np.ndarray) -> logistic.Folds:
    """Return cross-validation folds of whole patches; none if a class is found in too few patches."""
    names = np.unique(classes)
    if min(len(np.unique(patch[classes == name])) for name in names) < logistic.FOLDS:
        return []
    folds = list(StratifiedGroupKFold(logistic.FOLDS).split(classes, classes, groups=patch))
    return folds if all(len(np.unique(classes[kept])) == len(names) for kept, _ in folds) else []
