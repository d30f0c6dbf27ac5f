"""Logistic regressions whose regularisation is chosen on patches of sky left out, by scikit-learn."""

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
"""Parts of the patches in cross-validation."""
STRENGTHS = (0.01, 0.1, 1.0, 10.0)
"""Inverse strengths of the regularisation that are tried (C of scikit-learn)."""
UNTRIED = 1.0
"""The inverse strength where too little was found to try several: a standard normal prior."""
Folds = list[tuple[np.ndarray, np.ndarray]]
"""Rows that are learned from and rows that are left out, fold by fold."""


@dataclass(frozen=True)
class Fitted:
    """What was learned."""

    steps: Pipeline
    """The steps of `regression`, fitted to all rows."""
    inverse_strength: float
    """Of the regularisation."""
    left_out_log_loss: float | None
    """Mean of -ln(probability given to what was so) on the folds left out; None without cross-validation."""


def regression(*steps: object, class_weight: str | None = None) -> Pipeline:
    """Return a logistic regression that is not fitted yet, after other steps.

    Parameters
    ----------
    *steps
        Transformers of scikit-learn.
    class_weight
        ``balanced`` when all classes weigh alike, however rare they are; this holds for the log loss, too.
    """
    last = LogisticRegression(C=UNTRIED, class_weight=class_weight, solver="newton-cholesky", tol=1e-8)
    return make_pipeline(*steps, last)


def fit(steps: Pipeline, terms: np.ndarray, labels: np.ndarray, *, folds: Folds) -> Fitted:
    """Return a regression with the strength of regularisation that does best on the folds left out.

    Parameters
    ----------
    steps
        Result of `regression`.
    terms
        Shape (n, terms).
    labels
        What is so of each row, shape (n,).
    folds
        None where too little was found; then the strength is `UNTRIED`.
    """
    if not folds:
        return Fitted(clone(steps).fit(terms, labels), UNTRIED, None)
    grid = {"logisticregression__C": STRENGTHS}
    tried = GridSearchCV(steps, grid, scoring=_score, cv=folds).fit(terms, labels)
    losses = dict(zip(STRENGTHS, (-tried.cv_results_["mean_test_score"]).tolist(), strict=True))
    logger.info("log loss on patches left out, by inverse strength of regularisation: %s", losses)
    strength = tried.best_params_["logisticregression__C"]
    return Fitted(tried.best_estimator_, strength, losses[strength])


def number_patches(patches: Sequence[np.ndarray]) -> np.ndarray:
    """Return a number for the patch of each source of several mosaics; no two mosaics share one.

    Parameters
    ----------
    patches
        Patch of each source, mosaic by mosaic.
    """
    pairs = [np.column_stack([np.full_like(one, number), one]) for number, one in enumerate(patches)]
    return np.unique(np.concatenate(pairs), axis=0, return_inverse=True)[1]


def _score(fitted: Pipeline, terms: np.ndarray, labels: np.ndarray) -> float:
    """Return the negative log loss, in which classes weigh as they did when it was fitted."""
    weight = compute_sample_weight(fitted[-1].class_weight, labels)
    return -log_loss(labels, fitted.predict_proba(terms), sample_weight=weight, labels=fitted.classes_)
