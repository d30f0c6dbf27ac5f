"""Learn from validation regions how likely a source is real, given what each finder says of it.

Regularised logistic regression: it gives probabilities as they stand, and its few numbers can be read.
Test regions are never looked at here.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import logit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from radiofind.combining import Joined
from radiofind.evidence import EvidenceModel, has_scores, measure_evidence
from radiofind.matching import match_one_to_one, positions
from radiofind.splits import Area

logger = logging.getLogger(__name__)

FOLDS = 5
"""Parts of the patches in cross-validation."""
STRENGTHS = (0.01, 0.1, 1.0, 10.0)
"""Inverse strengths of the regularisation that are tried (C of scikit-learn)."""
UNTRIED = 1.0
"""The inverse strength where too little was found to try several: a standard normal prior."""


@dataclass(frozen=True)
class Lesson:
    """The sources in the validation region of one mosaic, and which of them are real."""

    joined: Joined
    """The sources."""
    matched: np.ndarray
    """Whether each matches the truth, shape (n,)."""
    patch: np.ndarray
    """Patch that holds each, shape (n,)."""
    n_truth: int
    """Truth sources above the SNR in the region."""


def make_lesson(
    joined: Joined, *, truth: pd.DataFrame, area: Area, train_snr: float, radius_pixels: float
) -> Lesson:
    """Return what the validation region of a mosaic teaches.

    Parameters
    ----------
    joined
        The sources of the mosaic.
    truth
        Columns x, y and snr.
    area
        The mosaic's regions.
    train_snr
        Truth counts when its SNR is above this.
    radius_pixels
        Largest distance of a match; matches are one-to-one, closest pairs first.
    """
    truth = area.label(truth)
    truth = truth[(truth["region"] == "validation") & (truth["snr"] > train_snr)]
    placed = area.label(joined.places())
    inside = (placed["region"] == "validation").to_numpy()
    pairs = match_one_to_one(positions(truth), positions(placed[inside]), radius_pixels=radius_pixels)
    matched = np.isin(np.arange(inside.sum()), pairs.detection)
    return Lesson(joined.where(inside), matched, placed["patch"].to_numpy()[inside], len(truth))


def learn_evidence(lessons: Sequence[Lesson], *, train_snr: float, radius_pixels: float) -> EvidenceModel:
    """Return what the validation regions of a training set teach.

    Parameters
    ----------
    lessons
        One per mosaic, all of the same finders.
    train_snr, radius_pixels
        As for `make_lesson`.

    Raises
    ------
    ValueError
        When there is no truth above the SNR in any validation region.

    Notes
    -----
    The strength of the regularisation is the one with the best log loss on patches left out (five folds of
    whole patches), or that of a standard normal prior where a fold would lack matched or unmatched sources.
    Where all sources match, or none, every source gets the rate (matched + 1) / (sources + 2).
    """
    if not sum(lesson.n_truth for lesson in lessons):
        raise ValueError(
            f"Expected truth above SNR {train_snr:g} in the validation boxes of the training set, received "
            f"none in {len(lessons)} mosaics; choose boxes that hold truth, or give the finder a model"
        )
    finders = lessons[0].joined.finders
    scored = [finder for finder in finders if any(has_scores(one.joined, finder) for one in lessons)]
    evidence = pd.concat([measure_evidence(lesson.joined, scored=scored) for lesson in lessons])
    matched = np.concatenate([lesson.matched for lesson in lessons])
    one_outcome = matched.all() or not matched.any()
    learned = _rate(evidence, matched) if one_outcome else _regression(evidence, matched, _patches(lessons))
    return EvidenceModel(
        of=list(finders),
        train_snr=float(train_snr),
        radius_pixels=float(radius_pixels),
        **learned,
        n_rows=len(matched),
        n_matched=int(matched.sum()),
    )


def _patches(lessons: Sequence[Lesson]) -> np.ndarray:
    """Return a number for the patch of each source; no two mosaics share one."""
    pairs = [np.column_stack([np.full_like(one.patch, n), one.patch]) for n, one in enumerate(lessons)]
    return np.unique(np.concatenate(pairs), axis=0, return_inverse=True)[1]


def _rate(evidence: pd.DataFrame, matched: np.ndarray) -> dict[str, object]:
    """Return the part of a model that gives every source the same score."""
    logger.warning("%d of %d sources match: only this rate is learned", matched.sum(), len(matched))
    none = {"mean": 0.0, "scale": 1.0, "coefficient": 0.0}
    return {
        "features": dict.fromkeys(evidence, none),
        "intercept": float(logit((matched.sum() + 1) / (len(matched) + 2))),
        "inverse_strength": None,
        "left_out_log_loss": None,
    }


def _regression(evidence: pd.DataFrame, matched: np.ndarray, patch: np.ndarray) -> dict[str, object]:
    """Return the part of a model that weighs the evidence."""
    losses = _left_out_losses(evidence.to_numpy(), matched, patch)
    strength = min(losses, key=losses.get, default=UNTRIED)
    scaler, regression = _pipeline(strength).fit(evidence.to_numpy(), matched)
    numbers = {"mean": scaler.mean_, "scale": scaler.scale_, "coefficient": regression.coef_[0]}
    return {
        "features": pd.DataFrame(numbers, index=evidence.columns).to_dict(orient="index"),
        "intercept": float(regression.intercept_[0]),
        "inverse_strength": strength,
        "left_out_log_loss": losses.get(strength),
    }


def _pipeline(strength: float) -> Pipeline:
    """Return what is fitted."""
    return make_pipeline(StandardScaler(), LogisticRegression(C=strength, solver="newton-cholesky", tol=1e-8))


def _left_out_losses(evidence: np.ndarray, matched: np.ndarray, patch: np.ndarray) -> dict[float, float]:
    """Return the log loss on patches left out by strength; none where a fold would lack an outcome."""
    if len(np.unique(patch)) < FOLDS:
        return {}
    folds = list(GroupKFold(FOLDS).split(evidence, groups=patch))
    if any(len(np.unique(matched[kept])) < 2 for kept, _ in folds):
        return {}
    losses = {}
    for strength in STRENGTHS:
        said = cross_val_predict(_pipeline(strength), evidence, matched, cv=folds, method="predict_proba")
        losses[strength] = float(log_loss(matched, said[:, 1]))
    logger.info("log loss on patches left out, by inverse strength of regularisation: %s", losses)
    return losses
