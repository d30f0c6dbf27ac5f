"""Learn from the truth of the train boxes what class a source is of, and say it of other sources.

Multinomial logistic regression in which all classes weigh alike however rare they are, so its probabilities
are those of a sky on which the classes are equally common. Validation and test regions are never looked at.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.utils.class_weight import compute_sample_weight

from radiofind.class_matches import known_classes
from radiofind.json_models import read_json_model
from radiofind.source_features import FEATURES, features_of
from radiofind.truth_tables import CLASSES

logger = logging.getLogger(__name__)

FOLDS = 5
"""Parts of the patches in cross-validation."""
STRENGTHS = (0.01, 0.1, 1.0, 10.0)
"""Inverse strengths of the regularisation that are tried (C of scikit-learn)."""
UNTRIED = 1.0
"""The inverse strength where too little was found to try several: a standard normal prior."""
NEEDED = "log_total_flux"
"""The feature without which a source is not classified."""
UNKNOWN = "unknown_"
"""Starts the name of the term that is 1 where a feature is not known."""


@dataclass(frozen=True)
class ClassLesson:
    """The sources of one mosaic whose class is known, for they match the truth in the train box."""

    features: pd.DataFrame
    """Columns of `features_of`, n rows."""
    classes: np.ndarray
    """Class of each, shape (n,)."""
    patch: np.ndarray
    """Patch that holds each, shape (n,)."""


@dataclass(frozen=True)
class SourceClassModel:
    """What was learned: p(class) ~ exp(intercept + sum of coefficient * (feature - mean) / scale)."""

    classes: list[str]
    """All classes, in their order; those without an example always get the probability 0."""
    n_examples: dict[str, int]
    """Sources that were learned from, by class."""
    features: dict[str, dict[str, float]]
    """``mean``, ``scale`` and the ``low`` and ``high`` end of what was seen, by feature; values beyond the
    ends count as the ends."""
    coefficients: dict[str, dict[str, float]]
    """By class that has examples and by term: a feature, or ``unknown_`` and its name."""
    intercepts: dict[str, float]
    """By class that has examples."""
    inverse_strength: float | None
    """Of the regularisation; None when only one class has examples."""
    left_out_log_loss: float | None
    """Mean over the classes of -ln(probability given to the true class) on patches left out; None without
    cross-validation."""


def make_class_lesson(
    catalogue: pd.DataFrame,
    truth: pd.DataFrame,
    *,
    snr_min: float,
    radius_pixels: float,
    beam_arcsec: float,
    spectral_index: np.ndarray | None = None,
) -> ClassLesson:
    """Return what the train box of a mosaic teaches.

    Parameters
    ----------
    catalogue, truth
        With region and patch, as in `comparison.Comparison`.
    snr_min
        Truth takes part when its SNR is above this.
    radius_pixels
        Largest distance of a match; matches are one-to-one, closest pairs first.
    beam_arcsec, spectral_index
        As for `source_features.features_of`.
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
    """Return what the train boxes of a training set teach of the classes `truth_tables.CLASSES`.

    Parameters
    ----------
    lessons
        One per mosaic.
    origin
        The files of the truth, for the log.

    Notes
    -----
    Truths need not tell classes: where no source of a known class was found in any train box, the model knows
    none. The strength of the regularisation is the one with the best log loss, all classes weighing alike, on
    patches left out (five folds of whole patches), or that of a standard normal prior where a class is found
    in fewer patches. A class without examples is left out, and where there is but one class every source is
    of it.
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
    terms = _terms(features, numbers)
    several = sum(n > 0 for n in n_examples.values()) > 1
    learned = _regression(terms, classes, _patches(lessons)) if several else _one_class(classes[0])
    return SourceClassModel(classes=list(CLASSES), n_examples=n_examples, features=numbers, **learned)


def apply(model: SourceClassModel, features: pd.DataFrame) -> np.ndarray:
    """Return the probability of each class for each source, shape (n, classes).

    Parameters
    ----------
    model
        What was learned.
    features
        As `source_features.features_of` returns them, n rows.

    Returns
    -------
    numpy.ndarray
        In the order of ``model.classes``, were all classes with examples equally common. NaN for sources
        without a positive total flux, and for all if no class has examples.
    """
    terms = _terms(features, model.features)
    known = list(model.intercepts)
    if not known:
        return np.full((len(features), len(model.classes)), np.nan)
    weights = pd.DataFrame(model.coefficients, columns=known).reindex(terms.columns).fillna(0.0)
    logits = terms.to_numpy() @ weights.to_numpy(float) + [model.intercepts[name] for name in known]
    probabilities = np.zeros((len(features), len(model.classes)))
    probabilities[:, [model.classes.index(name) for name in known]] = softmax(logits, axis=1)
    probabilities[features[NEEDED].isna()] = np.nan
    return probabilities


def read_class_model(path: str | Path) -> SourceClassModel:
    """Return the model that a JSON file describes.

    Parameters
    ----------
    path
        A file with the fields of `SourceClassModel`.

    Raises
    ------
    ValueError
        When it is not such a file.
    """
    source = pd.DataFrame(0.0, index=[0], columns=list(FEATURES))
    use = partial(apply, features=source)
    return read_json_model(path, SourceClassModel, what="a model of source classes", use=use)


def _patches(lessons: Sequence[ClassLesson]) -> np.ndarray:
    """Return a number for the patch of each source; no two mosaics share one."""
    pairs = [np.column_stack([np.full_like(one.patch, n), one.patch]) for n, one in enumerate(lessons)]
    return np.unique(np.concatenate(pairs), axis=0, return_inverse=True)[1]


def _numbers_of(features: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Return mean, scale and ends of each feature where it is known; 0 and 1 where it never is."""
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


def _terms(features: pd.DataFrame, numbers: dict[str, dict[str, float]]) -> pd.DataFrame:
    """Return standardised features, 0 where they are not known, and whether they are not known."""
    terms = {}
    for name, of in numbers.items():
        values = features[name].clip(of["low"], of["high"])
        terms[name] = ((values - of["mean"]) / of["scale"]).fillna(0.0)
        terms[UNKNOWN + name] = features[name].isna().astype(float)
    return pd.DataFrame(terms)


def _no_class(origin: str) -> SourceClassModel:
    """Return a model that knows no class."""
    logger.warning(
        "expected sources that match truth of class %s in the train boxes, received none: no source gets a "
        "class. Look at the column class of %s, and at the train boxes of the mosaic sheet",
        *(", ".join(CLASSES), origin),
    )
    nothing = _numbers_of(pd.DataFrame(columns=list(FEATURES), dtype=float))
    return SourceClassModel(list(CLASSES), dict.fromkeys(CLASSES, 0), nothing, {}, {}, None, None)


def _one_class(name: str) -> dict[str, object]:
    """Return the part of a model that knows one class."""
    logger.warning("all sources in the train boxes are of class %s: it is given to every source", name)
    empty = {"inverse_strength": None, "left_out_log_loss": None}
    return {"coefficients": {str(name): {}}, "intercepts": {str(name): 0.0}, **empty}


def _regression(terms: pd.DataFrame, classes: np.ndarray, patch: np.ndarray) -> dict[str, object]:
    """Return the part of a model that weighs the features."""
    losses = _left_out_losses(terms.to_numpy(), classes, patch)
    strength = min(losses, key=losses.get, default=UNTRIED)
    regression = _estimator(strength).fit(terms.to_numpy(), classes)
    weights, intercepts = regression.coef_, regression.intercept_
    if len(regression.classes_) == 2:  # scikit-learn gives the weights of the second class alone
        weights, intercepts = np.concatenate([-weights, weights]) / 2, np.append(-intercepts, intercepts) / 2
    return {
        "coefficients": {
            str(name): dict(zip(terms.columns, row.tolist(), strict=True))
            for name, row in zip(regression.classes_, weights, strict=True)
        },
        "intercepts": dict(zip(map(str, regression.classes_), intercepts.tolist(), strict=True)),
        "inverse_strength": strength,
        "left_out_log_loss": losses.get(strength),
    }


def _estimator(strength: float) -> LogisticRegression:
    """Return what is fitted."""
    return LogisticRegression(C=strength, class_weight="balanced", solver="newton-cholesky", tol=1e-8)


def _left_out_losses(terms: np.ndarray, classes: np.ndarray, patch: np.ndarray) -> dict[float, float]:
    """Return the log loss on patches left out by strength; none where patches are too few."""
    names = np.unique(classes)
    if min(len(np.unique(patch[classes == name])) for name in names) < FOLDS:
        return {}
    folds = list(StratifiedGroupKFold(FOLDS).split(terms, classes, groups=patch))
    if any(len(np.unique(classes[kept])) < len(names) for kept, _ in folds):
        return {}
    weight = compute_sample_weight("balanced", classes)
    losses = {}
    for strength in STRENGTHS:
        said = cross_val_predict(_estimator(strength), terms, classes, cv=folds, method="predict_proba")
        losses[strength] = float(log_loss(classes, said, sample_weight=weight, labels=names))
    logger.info("log loss on patches left out, by inverse strength of regularisation: %s", losses)
    return losses
