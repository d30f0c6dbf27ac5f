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
from sklearn.model_selection import GroupKFold
from sklearn.preprocessing import StandardScaler

from radiofind.evaluation.matching import match_one_to_one, positions
from radiofind.finders.combined import Joined
from radiofind.finders.combined_score import EvidenceModel, has_scores, measure_evidence
from radiofind.mosaics.regions import Area
from radiofind.networks import logistic

logger = logging.getLogger(__name__)


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
    patch = logistic.number_patches([lesson.patch for lesson in lessons])
    learned = _rate(evidence, matched) if one_outcome else _regression(evidence, matched, patch)
    return EvidenceModel(
        of=list(finders),
        train_snr=float(train_snr),
        radius_pixels=float(radius_pixels),
        **learned,
        n_rows=len(matched),
        n_matched=int(matched.sum()),
    )


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
    terms = evidence.to_numpy()
    fitted = logistic.fit(logistic.regression(StandardScaler()), terms, matched, folds=_folds(matched, patch))
    scaler, regression = fitted.steps
    numbers = {"mean": scaler.mean_, "scale": scaler.scale_, "coefficient": regression.coef_[0]}
    return {
        "features": pd.DataFrame(numbers, index=evidence.columns).to_dict(orient="index"),
        "intercept": float(regression.intercept_[0]),
        "inverse_strength": fitted.inverse_strength,
        "left_out_log_loss": fitted.left_out_log_loss,
    }


def _folds(matched: np.ndarray, patch: np.ndarray) -> logistic.Folds:
    """Return parts of whole patches; none where one would lack an outcome."""
    if len(np.unique(patch)) < logistic.FOLDS:
        return []
    folds = list(GroupKFold(logistic.FOLDS).split(matched, groups=patch))
    return folds if all(len(np.unique(matched[kept])) == 2 for kept, _ in folds) else []
