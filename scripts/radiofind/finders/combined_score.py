"""Score sources of a combined finder: the probability that each is real, from the evidence of each finder.

`combined_training` makes the model.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from radiofind.finders.combined import Joined
from radiofind.finders.evidence_columns import OF_EVERY_FINDER, OF_SCORES, scored_in
from radiofind.json_files import read_json

LOWEST_SNR = 0.1
"""Smallest SNR: lower values are raised to it, so that they have a logarithm."""
FAINT_SNR = 5.0
"""Below this SNR, noise peaks fall off faster than any power law, so logarithms of SNR are not enough."""
LOWEST_SCORE = 1e-6
"""Smallest distance of scores from 0 and 1, so that their logit is finite."""


@dataclass(frozen=True)
class EvidenceModel:
    """A logistic regression: logit(score) = intercept + sum of coefficient * (evidence - mean) / scale."""

    of: list[str]
    """The finders, in the order of joining."""
    train_snr: float
    """A source counts as real if it matches truth above this SNR."""
    radius_pixels: float
    """Largest distance of a match; the mean over the mosaics that it was trained on."""
    features: dict[str, dict[str, float]]
    """``mean``, ``scale`` and ``coefficient`` of each column of `measure_evidence`, by its name."""
    intercept: float
    """Logit of the score of a source with mean evidence."""
    inverse_strength: float | None
    """Inverse strength of the regularisation; None if only the rate of matches was learned."""
    left_out_log_loss: float | None
    """Mean log loss on held-out patches; None without cross-validation."""
    n_rows: int
    """Number of sources in the training."""
    n_matched: int
    """Number of them that match truth."""


def measure_evidence(joined: Joined, *, scored: Collection[str]) -> pd.DataFrame:
    """Return the evidence of each finder for each source; 0 for what it did not measure.

    Parameters
    ----------
    joined
        The sources.
    scored
        The finders whose scores are evidence.

    Returns
    -------
    pandas.DataFrame
        For each finder ``{finder}:found`` (0 or 1), ``:faint_peak_snr`` (peak_snr up to 5),
        ``:log_peak_snr`` and ``:log_snr`` (natural logarithms), and ``:logit_score`` if it is scored.
    """
    columns = {}
    for finder, rows in zip(joined.finders, joined.rows.T, strict=True):
        found = rows >= 0
        of_finder = joined.detections.iloc[rows[found]]
        peak_snr, snr = (np.maximum(of_finder[name].to_numpy(), LOWEST_SNR) for name in ("peak_snr", "snr"))
        known = (
            np.ones(len(of_finder)),
            np.minimum(peak_snr, FAINT_SNR),
            np.log(peak_snr),
            np.log(snr),
        )
        said = dict(zip(OF_EVERY_FINDER, known, strict=True))
        if finder in scored:
            said[OF_SCORES] = logit(of_finder["score"].clip(LOWEST_SCORE, 1 - LOWEST_SCORE).to_numpy())
        columns |= {f"{finder}:{name}": _spread(values, found) for name, values in said.items()}
    return pd.DataFrame(columns)


def score_sources(model: EvidenceModel, joined: Joined, *, train_snr: float) -> np.ndarray:
    """Return the probability that each source is real, shape (n,).

    Parameters
    ----------
    model
        The trained model.
    joined
        The sources.
    train_snr
        The SNR in the finder's settings.

    Raises
    ------
    ValueError
        If the model was trained for other finders or another SNR, or with scores that a finder does not give.
    """
    scored = scored_in(model.features, joined.finders)
    evidence = measure_evidence(joined, scored=scored)
    given = [finder for finder in scored if has_scores(joined, finder) or not _rows_of(joined, finder).size]
    _demand("finders", model.of, joined.finders)
    _demand("train_snr", [model.train_snr], [train_snr])
    _demand("evidence", sorted(model.features), sorted(evidence))
    _demand("scores of the finders", scored, given)
    weights = _weights(model).loc[list(evidence)]
    standard = (evidence - weights["mean"]) / weights["scale"]
    return expit(standard.to_numpy() @ weights["coefficient"].to_numpy() + model.intercept)


def read_model(path: str | Path) -> EvidenceModel:
    """Return the model in a JSON file.

    Parameters
    ----------
    path
        A file with the fields of `EvidenceModel`.

    Raises
    ------
    ValueError
        If the file is not such a model.
    """
    return read_json(path, EvidenceModel, what="the model of a combined finder", use=_weights)


def has_scores(joined: Joined, finder: str) -> bool:
    """Return whether any row of a finder has a score."""
    return bool(np.isfinite(joined.detections["score"].to_numpy()[_rows_of(joined, finder)]).any())


def _demand(what: str, expected: Collection, received: Collection) -> None:
    """Raise an error if something differs from the training of the model."""
    if list(expected) != list(received):
        wanted, found = (", ".join(map(str, values)) or "none" for values in (expected, received))
        raise ValueError(f"{what}: the model was trained with {wanted}, not {found}; train another model")


def _weights(model: EvidenceModel) -> pd.DataFrame:
    """Return mean, scale and coefficient of each column of evidence."""
    names = ["mean", "scale", "coefficient"]
    rows = [[weights[name] for name in names] for weights in model.features.values()]
    return pd.DataFrame(rows, index=list(model.features), columns=names).astype(float)


def _rows_of(joined: Joined, finder: str) -> np.ndarray:
    """Return the rows in `detections` of a finder."""
    rows = joined.rows[:, joined.finders.index(finder)]
    return rows[rows >= 0]


def _spread(values: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Return an array with the finite values where `found` is true, and 0 elsewhere."""
    spread = np.zeros(len(found))
    spread[found] = np.where(np.isfinite(values), values, 0)
    return spread
