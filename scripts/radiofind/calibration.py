"""Turn the raw output of a finder into the probability that a detection is a source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

NEAREST_TO_CERTAIN = 1e-7
"""Raw outputs are kept this far from 0 and 1, the resolution of single precision there."""

SLOPE_SPREAD = 1.0
"""Standard deviation of what is believed of the two slopes before any detection is seen."""


@dataclass(frozen=True)
class Calibration:
    """A beta calibration: logit(score) = a ln(raw) - b ln(1 - raw) + c, which never falls as raw rises."""

    a: float = 1.0
    """Slope where raw outputs are low; zero or more."""
    b: float = 1.0
    """Slope where raw outputs are high; zero or more."""
    c: float = 0.0
    """Added to all; with a = b = 1 and c = 0 the score is the raw output."""
    n_detections: int = 0
    """Detections that it was fitted to."""
    n_matched: int = 0
    """Those among them that matched a truth source."""

    def __post_init__(self) -> None:
        """Refuse numbers that would not make a probability."""
        if not (np.isfinite([self.a, self.b, self.c]).all() and min(self.a, self.b) >= 0):
            raise ValueError(f"Expected a calibration with finite a, b >= 0 and finite c, received {self}")


def fit_calibration(raw: np.ndarray, matched: np.ndarray) -> Calibration:
    """Return the calibration under which the matches of these detections are most probable.

    Parameters
    ----------
    raw
        Raw outputs, shape (n,), 0 to 1; those that are NaN are left out.
    matched
        Whether each detection matched a truth source one to one, shape (n,).

    Raises
    ------
    ValueError
        When the shapes differ or an output lies outside 0 to 1.

    Notes
    -----
    Beta calibration (Kull, Silva Filho & Flach 2017, AISTATS) by penalised maximum likelihood. Few detections
    move it little: the slopes a and b are believed to be 1 give or take 1, so that the order of the raw
    outputs is kept and mainly c is learned; without any, the score is the raw output. Of n that matched, each
    counts as (n + 1)/(n + 2) of a match, of n that did not, as 1/(n + 2) (Platt 1999): when all matched, or
    none, the scores lie near these numbers and not at certainty.
    """
    raw, matched = np.asarray(raw, dtype=float), np.asarray(matched, dtype=bool)
    if raw.shape != matched.shape or raw.ndim != 1:
        raise ValueError(f"Expected as many raw outputs as matches, received {raw.shape} and {matched.shape}")
    known = ~np.isnan(raw)
    features, matched = _features(raw[known]), matched[known]
    n_detections, n_matched = len(matched), int(matched.sum())
    target = np.where(matched, (n_matched + 1) / (n_matched + 2), 1 / (n_detections - n_matched + 2))

    best = minimize(
        _cost,
        x0=np.array([1.0, 1.0, 0.0]),
        args=(features, target),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0, None), (0, None), (None, None)],
        options={"ftol": 1e-13},
    )
    return Calibration(*best.x.tolist(), n_detections, n_matched)


def calibrate(calibration: Calibration, raw: np.ndarray) -> np.ndarray:
    """Return the score of each detection: the probability that it matches a truth source.

    Parameters
    ----------
    calibration
        What `fit_calibration` found.
    raw
        Raw outputs, shape (n,), 0 to 1; NaN stays NaN.

    Raises
    ------
    ValueError
        When an output lies outside 0 to 1.
    """
    parameters = np.array([calibration.a, calibration.b, calibration.c])
    return expit(_features(np.asarray(raw, dtype=float)) @ parameters)


def calibration_to_json(calibration: Calibration) -> dict[str, float]:
    """Return the calibration as what JSON can hold."""
    return asdict(calibration)


def calibration_from_json(content: Mapping[str, float]) -> Calibration:
    """Return the calibration that `calibration_to_json` described.

    Parameters
    ----------
    content
        What it returned.

    Raises
    ------
    ValueError
        When a key is missing or unknown, or a number would not make a probability.
    """
    expected = asdict(Calibration()).keys()
    if set(content) != set(expected) or not all(isinstance(n, int | float) for n in content.values()):
        raise ValueError(
            f"Expected a calibration with numbers {', '.join(expected)}, received {dict(content)}"
        )
    return Calibration(**content)


def _features(raw: np.ndarray) -> np.ndarray:
    """Return what the three parameters multiply, shape (n, 3)."""
    if np.any((raw < 0) | (raw > 1)):
        raise ValueError(f"Expected raw outputs from 0 to 1, received {np.nanmin(raw)} to {np.nanmax(raw)}")
    raw = np.clip(raw, NEAREST_TO_CERTAIN, 1 - NEAREST_TO_CERTAIN)
    return np.column_stack([np.log(raw), -np.log1p(-raw), np.ones_like(raw)])


def _cost(parameters: np.ndarray, features: np.ndarray, target: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the negative logarithm of the posterior of a, b and c, and its gradient."""
    logit = features @ parameters
    off = np.append(parameters[:2] - 1, 0) / SLOPE_SPREAD
    value = np.sum(np.logaddexp(0, logit) - target * logit) + 0.5 * off @ off
    return value, features.T @ (expit(logit) - target) + off / SLOPE_SPREAD
