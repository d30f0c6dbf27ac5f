"""Classify sources by a model, which `class_training` fits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import softmax

from radiofind.classifiers.sources.features import FEATURES
from radiofind.json_files import read_json

NEEDED = "log_total_flux"
"""The feature without which a source is not classified."""
UNKNOWN = "unknown_"
"""Prefix of the name of the term that is 1 where a feature is unknown."""


@dataclass(frozen=True)
class SourceClassModel:
    """The model: p(class) ~ exp(intercept + sum of coefficient * (feature - mean) / scale)."""

    classes: list[str]
    """All classes, in their order; classes without examples always get probability 0."""
    n_examples: dict[str, int]
    """Number of training examples, by class."""
    features: dict[str, dict[str, float]]
    """``mean``, ``scale``, and the range (``low``, ``high``) of the training examples, by feature; values
    are clipped to the range."""
    coefficients: dict[str, dict[str, float]]
    """Coefficient by class with examples and by term, a feature or ``unknown_{feature}``."""
    intercepts: dict[str, float]
    """Intercept by class with examples."""
    inverse_strength: float | None
    """Strength of the regularisation; None if only one class has examples."""
    left_out_log_loss: float | None
    """Cross-validated log loss over patches, averaged over classes; None without cross-validation."""


def apply(model: SourceClassModel, features: pd.DataFrame) -> np.ndarray:
    """Return the probability of each class for each source, shape (n, classes).

    Parameters
    ----------
    model
        The model.
    features
        Result of `features.features_of`, n rows.

    Returns
    -------
    numpy.ndarray
        In the order of ``model.classes``, assuming that all classes with examples are equally common. NaN for
        sources without a positive total flux, and for all if no class has examples.
    """
    terms = terms_of(features, model.features)
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
    """Return the model in a JSON file.

    Parameters
    ----------
    path
        A file with the fields of `SourceClassModel`.

    Raises
    ------
    ValueError
        If it is not such a file.
    """
    source = pd.DataFrame(0.0, index=[0], columns=list(FEATURES))
    use = partial(apply, features=source)
    return read_json(path, SourceClassModel, what="a model of source classes", use=use)


def terms_of(features: pd.DataFrame, numbers: dict[str, dict[str, float]]) -> pd.DataFrame:
    """Return standardised features (0 if unknown) and indicators of unknown features.

    Parameters
    ----------
    features
        Result of `features.features_of`.
    numbers
        As in `SourceClassModel.features`.
    """
    terms = {}
    for name, of in numbers.items():
        values = features[name].clip(of["low"], of["high"])
        terms[name] = ((values - of["mean"]) / of["scale"]).fillna(0.0)
        terms[UNKNOWN + name] = features[name].isna().astype(float)
    return pd.DataFrame(terms)
