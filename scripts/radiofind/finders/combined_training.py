"""Train the score of a combined finder on validation regions: the probability that a source is real.

The model is a regularised logistic regression: its outputs are probabilities without further calibration, and
its few coefficients can be interpreted. Test regions are never used here.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

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
    """The sources in the validation region of one mosaic, and whether they are real."""

    joined: Joined
    """The sources."""
    matched: np.ndarray
    """Whether each source matches the truth, shape (n,)."""
    patch: np.ndarray
    """Number of the patch of each source, shape (n,)."""
    n_truth: int
    """Number of truth sources above the SNR in the region."""
    radius_pixels: float
    """Largest distance of a match."""


def make_lesson(
    joined: Joined, *, truth: pd.DataFrame, area: Area, train_snr: float, radius_pixels: float
) -> Lesson:
    """Return the training data in the validation region of a mosaic.

    Parameters
    ----------
    joined
        The sources of the mosaic.
    truth
        Columns x, y and snr.
    area
        The regions of the mosaic.
    train_snr
        Only truth above this SNR counts.
    radius_pixels
        Largest distance of a match; matches are one-to-one, closest pairs first.
    """
    truth = area.label(truth)
    truth = truth[(truth["region"] == "validation") & (truth["snr"] > train_snr)]
    placed = area.label(joined.places())
    inside = (placed["region"] == "validation").to_numpy()
    pairs = match_one_to_one(positions(truth), positions(placed[inside]), radius_pixels=radius_pixels)
    matched = np.isin(np.arange(inside.sum()), pairs.detection)
    return Lesson(
        joined.where(inside), matched, placed["patch"].to_numpy()[inside], len(truth), radius_pixels
    )


def learn_evidence(lessons: Sequence[Lesson], *, train_snr: float) -> EvidenceModel:
    """Return the model trained on the validation regions of a training set.

    Parameters
    ----------
    lessons
        Training data of each mosaic, all of the same finders.
    train_snr
        As for `make_lesson`.

    Raises
    ------
    ValueError
        If no validation region contains truth above the SNR.

    Notes
    -----
    The strength of the regularisation is that with the best log loss on held-out patches (five folds of whole
    patches), or that of a standard normal prior if a fold would lack matched or unmatched sources. If all
    sources match, or none, every source gets the score (matched + 1) / (sources + 2).
    """
    if not sum(lesson.n_truth for lesson in lessons):
        raise ValueError(
            f"The validation boxes of the training set ({len(lessons)} mosaics) contain no truth above SNR "
            f"{train_snr:g}; choose boxes that contain some, or give the finder a model"
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
        radius_pixels=fmean(lesson.radius_pixels for lesson in lessons),
        **learned,
        n_rows=len(matched),
        n_matched=int(matched.sum()),
    )


def _rate(evidence: pd.DataFrame, matched: np.ndarray) -> dict[str, object]:
    """Return the fields of a model that gives every source the same score."""
    logger.warning("%d of %d sources match: the score is the same for all", matched.sum(), len(matched))
    none = {"mean": 0.0, "scale": 1.0, "coefficient": 0.0}
    return {
        "features": dict.fromkeys(evidence, none),
        "intercept": float(logit((matched.sum() + 1) / (len(matched) + 2))),
        "inverse_strength": None,
        "left_out_log_loss": None,
    }


def _regression(evidence: pd.DataFrame, matched: np.ndarray, patch: np.ndarray) -> dict[str, object]:
    """Return the fields of a model that weights the evidence."""
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
    """Return the folds of whole patches, or none if a fold would lack matched or unmatched sources."""
    if len(np.unique(patch)) < logistic.FOLDS:
        return []
    folds = list(GroupKFold(logistic.FOLDS).split(matched, groups=patch))
    return folds if all(len(np.unique(matched[kept])) == 2 for kept, _ in folds) else []
