"""Logistic regression (scikit-learn) with a regularisation chosen by cross-validation on patches of sky."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.utils.class_weight import compute_sample_weight

logger = logging.getLogger(__name__)

FOLDS = 5
"""Folds of the cross-validation."""
STRENGTHS = (0.01, 0.1, 1.0, 10.0)
"""Inverse strengths of the regularisation to try (C of scikit-learn)."""
UNTRIED = 1.0
"""Inverse strength without cross-validation, for small samples: a standard normal prior."""
Folds = list[tuple[np.ndarray, np.ndarray]]
"""Rows to train on and rows to hold out, fold by fold."""


@dataclass(frozen=True)
class Fitted:
    """A fitted regression."""

    steps: Pipeline
    """The steps of `regression`, fitted to all rows."""
    inverse_strength: float
    """Inverse strength of the regularisation."""
    left_out_log_loss: float | None
    """Mean log loss on the held-out folds; None without cross-validation."""


def regression(*steps: object, class_weight: str | None = None) -> Pipeline:
    """Return an unfitted pipeline that ends with a logistic regression.

    Parameters
    ----------
    *steps
        Transformers of scikit-learn that come before.
    class_weight
        ``balanced`` to give all classes the same weight, however rare they are; in the log loss, too.
    """
    last = LogisticRegression(C=UNTRIED, class_weight=class_weight, solver="newton-cholesky", tol=1e-8)
    return make_pipeline(*steps, last)


def fit(steps: Pipeline, terms: np.ndarray, labels: np.ndarray, *, folds: Folds) -> Fitted:
    """Return a regression with the regularisation that has the lowest log loss on held-out folds.

    Parameters
    ----------
    steps
        Result of `regression`.
    terms
        Inputs, shape (n, terms).
    labels
        True class of each row, shape (n,).
    folds
        Folds of the cross-validation; empty for small samples, which get the strength `UNTRIED`.
    """
    if not folds:
        return Fitted(clone(steps).fit(terms, labels), UNTRIED, None)
    grid = {"logisticregression__C": STRENGTHS}
    tried = GridSearchCV(steps, grid, scoring=_score, cv=folds).fit(terms, labels)
    losses = dict(zip(STRENGTHS, (-tried.cv_results_["mean_test_score"]).tolist(), strict=True))
    logger.info("log loss on held-out patches by inverse strength of regularisation: %s", losses)
    strength = tried.best_params_["logisticregression__C"]
    return Fitted(tried.best_estimator_, strength, losses[strength])


def number_patches(patches: Sequence[np.ndarray]) -> np.ndarray:
    """Return patch numbers that are unique over several mosaics.

    Parameters
    ----------
    patches
        Number of the patch of each source, for each mosaic.
    """
    pairs = [np.column_stack([np.full_like(one, number), one]) for number, one in enumerate(patches)]
    return np.unique(np.concatenate(pairs), axis=0, return_inverse=True)[1]


def _score(fitted: Pipeline, terms: np.ndarray, labels: np.ndarray) -> float:
    """Return the negative log loss, with the class weights of the fit."""
    weight = compute_sample_weight(fitted[-1].class_weight, labels)
    return -log_loss(labels, fitted.predict_proba(terms), sample_weight=weight, labels=fitted.classes_)
