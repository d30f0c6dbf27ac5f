"""Convert the raw output of a finder to the probability that a detection is a source."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.special import expit

from radiofind.errors import reason

NEAREST_TO_CERTAIN = 1e-7
"""Smallest distance of raw outputs from 0 and 1: the resolution of single precision there."""


@dataclass(frozen=True)
class Calibration:
    """A beta calibration: logit(score) = a ln(raw) - b ln(1 - raw) + c, which increases monotonically."""

    a: float
    """Slope at low raw outputs; zero or more."""
    b: float
    """Slope at high raw outputs; zero or more."""
    c: float
    """Offset; with a = b = 1 and c = 0 the score is the raw output."""
    n_detections: int
    """Number of detections in the fit."""
    n_matched: int
    """Number of them that match a truth source."""

    def __post_init__(self) -> None:
        """Raise an error if the parameters do not give a probability that increases."""
        if not (np.isfinite([self.a, self.b, self.c]).all() and min(self.a, self.b) >= 0):
            raise ValueError(f"a calibration needs finite a, b >= 0 and finite c; this is {self}")


@dataclass(frozen=True)
class ScoreCalibration:
    """How the scores of a network that was trained elsewhere become probabilities on the sky of a mosaic."""

    curve: Calibration | None = None
    """The curve from the scores of the network to those of the catalogue; None if they are the same."""
    warnings: Sequence[str] = ()
    """In which respects the sky differs from those on which the network was trained."""


def read_score_calibration(path: str | Path | None) -> ScoreCalibration:
    """Return how the scores of a network become those of a catalogue, from a JSON file.

    Parameters
    ----------
    path
        The file; without one, scores stay what they are.

    Raises
    ------
    ValueError
        If it is not a calibration.
    """
    if not path:
        return ScoreCalibration()
    try:
        content = json.loads(Path(path).read_text())
        return ScoreCalibration(Calibration(**content["curve"]), tuple(content["warnings"]))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: not a calibration of scores: {reason(error)}") from error


def calibrate(calibration: Calibration, raw: np.ndarray) -> np.ndarray:
    """Return the score of each detection: the probability that it matches a truth source.

    Parameters
    ----------
    calibration
        The curve.
    raw
        Raw outputs, shape (n,), 0 to 1; NaN stays NaN.

    Raises
    ------
    ValueError
        If an output lies outside 0 to 1.
    """
    parameters = np.array([calibration.a, calibration.b, calibration.c])
    return expit(features_of_raw(np.asarray(raw, dtype=float)) @ parameters)


def features_of_raw(raw: np.ndarray) -> np.ndarray:
    """Return the terms that the three parameters multiply, shape (n, 3)."""
    if np.any((raw < 0) | (raw > 1)):
        raise ValueError(f"raw outputs go from {np.nanmin(raw)} to {np.nanmax(raw)}, not within 0 to 1")
    raw = np.clip(raw, NEAREST_TO_CERTAIN, 1 - NEAREST_TO_CERTAIN)
    return np.column_stack([np.log(raw), -np.log1p(-raw), np.ones_like(raw)])
