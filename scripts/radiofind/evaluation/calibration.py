"""Calibrate scores, and check that they are probabilities: near a score of 0.8, 80 % of detections match."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import expit

from radiofind.evaluation.intervals import fraction_interval
from radiofind.evaluation.matching import closest_first, nearby_pairs, positions
from radiofind.mosaics.box import Box
from radiofind.mosaics.regions import REGIONS
from radiofind.networks.calibration import Calibration, features_of_raw

logger = logging.getLogger(__name__)

COLUMNS = (
    *("mosaic", "finder", "region", "snr_min", "score_low", "score_high"),
    *("n", "score", "matched", "low", "high"),
)

SCORE_EDGES = np.array([0, *range(5, 100, 10), 100]) / 100
"""Edges of the score bins: 0.1 wide around each tenth, the first and last half as wide."""

SLOPE_SPREAD = 1.0
"""Standard deviation of the prior of the two slopes."""

FEWEST_IN_BIN = 5
"""Bins with fewer detections are neither drawn nor counted in the verdict."""

KEYS = ["finder", "region", "snr_min", "score_low", "score_high"]


def matches_truth(
    truth: pd.DataFrame, detections: pd.DataFrame, *, snr_min: float, radius_pixels: float
) -> np.ndarray:
    """Return whether each detection has a one-to-one match with truth above an SNR, shape (n,).

    Parameters
    ----------
    truth, detections
        With the region of each row, as in `comparison.Comparison`. All detections are used.
    snr_min
        Truth is used if its SNR is above this.
    radius_pixels
        Largest distance of a match. Matches never cross regions, and rows without a region never match.
    """
    truth = truth[(truth["snr"] > snr_min) & (truth["region"] != "")]
    pairs = nearby_pairs(positions(truth), positions(detections), radius_pixels=radius_pixels)
    same_region = truth["region"].to_numpy()[pairs.truth] == detections["region"].to_numpy()[pairs.detection]
    matched = np.zeros(len(detections), dtype=bool)
    matched[closest_first(pairs.where(same_region)).detection] = True
    return matched


def calibrate_on_boxes(
    truth: pd.DataFrame,
    detections: pd.DataFrame,
    *,
    boxes: Sequence[Sequence[int]],
    snr_min: float,
    radius_pixels: float,
) -> Calibration:
    """Return the calibration fitted to the scores of the detections in some boxes of a mosaic.

    Parameters
    ----------
    truth
        Placed truth, with ``x``, ``y``, ``apparent_total_flux`` and ``rms``.
    detections
        With ``x``, ``y`` and ``score``.
    boxes
        Edges (x0, x1, y0, y1) of the boxes, in mosaic pixels.
    snr_min, radius_pixels
        As for `matches_truth`; the noise is that at each source.
    """

    def inside(table: pd.DataFrame) -> pd.DataFrame:
        held = np.any([Box(*edges).holds(table["x"], table["y"]) for edges in boxes], axis=0)
        return table[held].assign(region="learnt")

    truth, detections = inside(truth), inside(detections)
    truth = truth.assign(snr=truth["apparent_total_flux"] / truth["rms"])
    matched = matches_truth(truth, detections, snr_min=snr_min, radius_pixels=radius_pixels)
    calibration = fit_calibration(detections["score"].to_numpy(float), matched)
    logger.info("calibrated with %d detections, of which %d match", len(matched), calibration.n_matched)
    return calibration


def evaluate_scores(
    truth: pd.DataFrame,
    detections: pd.DataFrame,
    *,
    snr_min: float,
    radius_pixels: float,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return the matched fraction of detections by score, one row per region and non-empty bin.

    Parameters
    ----------
    truth, detections
        As for `matches_truth`; detections without a score are not used.
    snr_min
        The truth SNR above which a match counts: the SNR for which the scores were calibrated.
    radius_pixels
        Largest distance of a match.
    rng
        Source of randomness.

    Returns
    -------
    pandas.DataFrame
        The columns `COLUMNS` except ``mosaic`` and ``finder``. Bins include their lower edge, the last also
        its upper edge. ``score`` is the mean score of the ``n`` detections and ``matched`` the fraction that
        matches, with a 95 % bootstrap interval over patches.

    Raises
    ------
    ValueError
        If a score is outside 0 to 1.

    Notes
    -----
    If all or none match, all bootstrap samples are equal; the interval is then Wilson's, which is not zero.
    """
    scored = detections[detections["score"].notna()]
    score = scored["score"].to_numpy(float)
    if np.any((score < 0) | (score > 1)):
        raise ValueError(f"score of detections is {score.min()} to {score.max()}, outside 0 to 1")
    scored = scored.assign(
        matched=matches_truth(truth, scored, snr_min=snr_min, radius_pixels=radius_pixels),
        bin=np.searchsorted(SCORE_EDGES[:-1], score, side="right") - 1,
    )
    rows = []
    for region in REGIONS:
        for number, part in scored[scored["region"] == region].groupby("bin"):
            low, high = fraction_interval(part["matched"].to_numpy(), part["patch"].to_numpy(), rng)
            means = part["score"].mean(), part["matched"].mean()
            edges = SCORE_EDGES[number], SCORE_EDGES[number + 1]
            rows.append((region, float(snr_min), *edges, len(part), *means, low, high))
    return pd.DataFrame(rows, columns=list(COLUMNS[2:]))


def pool_calibrations(calibrations: pd.DataFrame) -> pd.DataFrame:
    """Return the matched fraction of detections by score, for all mosaics together.

    Parameters
    ----------
    calibrations
        Columns `COLUMNS`, any number of mosaics.

    Returns
    -------
    pandas.DataFrame
        The same columns except ``mosaic``. Counts are summed; half-widths of the intervals add in quadrature,
        each weighted by the mosaic's share of the detections.
    """
    n = calibrations["n"].astype(float)
    share = n / n.groupby([calibrations[key] for key in KEYS]).transform("sum")
    parts = calibrations[KEYS].assign(
        n=n,
        score=share * calibrations["score"],
        matched=share * calibrations["matched"],
        low=(share * (calibrations["matched"] - calibrations["low"])) ** 2,
        high=(share * (calibrations["high"] - calibrations["matched"])) ** 2,
    )
    pooled = parts.groupby(KEYS, sort=False).sum().reset_index()
    pooled["low"] = (pooled["matched"] - pooled["low"] ** 0.5).clip(lower=0)
    pooled["high"] = (pooled["matched"] + pooled["high"] ** 0.5).clip(upper=1)
    return pooled.astype({"n": "int64"}).sort_values(KEYS, ignore_index=True)


def calibration_verdict(pooled: pd.DataFrame) -> str:
    """Return a sentence on how well the scores of a finder are calibrated.

    Parameters
    ----------
    pooled
        Rows of `pool_calibrations` of one finder, region and SNR.
    """
    name, limit, n = pooled["finder"].iloc[0], pooled["snr_min"].iloc[0], pooled["n"].sum()
    told = pooled[pooled["n"] >= FEWEST_IN_BIN]
    start = f"{name}, truth above SNR {limit:g}, {n:,} detections: "
    if told.empty:
        return f"{start}too few to check the calibration of the scores."
    agree = int(((told["low"] <= told["score"]) & (told["score"] <= told["high"])).sum())
    off = (told["n"] * (told["matched"] - told["score"]).abs()).sum() / told["n"].sum()
    return (
        f"{start}the matched fraction agrees with the score in {agree} of {len(told)} bins, "
        f"with a mean difference of {off:.3f}."
    )


def fit_calibration(raw: np.ndarray, matched: np.ndarray) -> Calibration:
    """Return the calibration fitted to the matches of these detections.

    Parameters
    ----------
    raw
        Raw outputs, shape (n,), 0 to 1; NaN is left out.
    matched
        Whether each detection matched a truth source one to one, shape (n,).

    Raises
    ------
    ValueError
        If the shapes differ or an output is outside 0 to 1.

    Notes
    -----
    Beta calibration (Kull, Silva Filho & Flach 2017, AISTATS) by penalised maximum likelihood. The slopes a
    and b have a prior of 1 +- 1, so that few detections change the raw outputs little, their order is kept
    and mainly c is learned; without detections, the score is the raw output. Each of n matched detections
    counts as (n + 1)/(n + 2) of a match, each of n unmatched ones as 1/(n + 2) (Platt 1999): if all match, or
    none, the scores come near these numbers and not 1 or 0.
    """
    raw, matched = np.asarray(raw, dtype=float), np.asarray(matched, dtype=bool)
    if raw.shape != matched.shape or raw.ndim != 1:
        raise ValueError(f"raw outputs and matches have different shapes, {raw.shape} and {matched.shape}")
    known = ~np.isnan(raw)
    features, matched = features_of_raw(raw[known]), matched[known]
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


def _cost(parameters: np.ndarray, features: np.ndarray, target: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the negative logarithm of the posterior of a, b and c, and its gradient."""
    logit = features @ parameters
    off = np.append(parameters[:2] - 1, 0) / SLOPE_SPREAD
    value = np.sum(np.logaddexp(0, logit) - target * logit) + 0.5 * off @ off
    return value, features.T @ (expit(logit) - target) + off / SLOPE_SPREAD
