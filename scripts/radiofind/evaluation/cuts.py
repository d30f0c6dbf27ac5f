"""Tune the cut on a finder's detections for the best F1 in validation regions, never using test regions."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from radiofind.evaluation.matching import Pairs, Selection, closest_first, nearby_pairs, positions

logger = logging.getLogger(__name__)

COLUMNS = ("peak_snr", "score")
"""Columns to tune a cut on; of equally good cuts the first wins."""

MOST_CANDIDATES = 200
"""Number of cuts tried per column."""


@dataclass(frozen=True)
class Cut:
    """The tuned cut of a finder on one training set."""

    snr_min: float
    """The truth SNR for which it was tuned."""
    column: str
    """Column of the detections: ``peak_snr`` or ``score``."""
    value: float
    """Detections are kept if the column is above this."""
    f1: float
    """F1 in the pooled validation regions."""


@dataclass(frozen=True)
class _Field:
    """The validation region of one mosaic."""

    n_truth: int
    """Truth sources above the SNR."""
    detections: pd.DataFrame
    """Detections, whatever their SNR."""
    pairs: Pairs
    """Pairs of the two within the radius."""


def tune_cut(
    mosaics: Sequence[tuple[pd.DataFrame, pd.DataFrame]],
    *,
    snr_min: float,
    radius_pixels: float | Sequence[float],
) -> Cut | None:
    """Return the cut with the best F1 in the pooled validation regions.

    Parameters
    ----------
    mosaics
        Truth and detections of each mosaic of the training set, as for `matching.match_table`.
    snr_min
        Truth is used if its SNR is above this.
    radius_pixels
        Largest distance of a match, in all mosaics or in each.

    Returns
    -------
    Cut or None
        None if the validation regions have no such truth, or no detections.

    Notes
    -----
    For equal F1 the lower value wins. Each candidate is matched separately. A column that is NaN for all
    detections (`score` without calibration) is not used.
    """
    radii = np.broadcast_to(radius_pixels, len(mosaics))
    fields = [
        _field(*mosaic, snr_min=snr_min, radius_pixels=radius)
        for mosaic, radius in zip(mosaics, radii, strict=True)
    ]
    if not sum(field.n_truth for field in fields):
        return None
    tried = [
        Cut(float(snr_min), column, float(value), _f1(fields, column, value))
        for column in COLUMNS
        for value in candidates(
            np.concatenate([field.detections[column].to_numpy(float) for field in fields])
        )
    ]
    best = max(tried, key=lambda cut: cut.f1, default=None)
    logger.info("tried %d cuts for SNR > %g, chose %s", len(tried), snr_min, best)
    return best


def candidates(values: np.ndarray) -> np.ndarray:
    """Return cuts at evenly spaced quantiles of the values, halfway between neighbours, ascending.

    Parameters
    ----------
    values
        Shape (n,); values that are not finite are left out.

    Returns
    -------
    numpy.ndarray
        At most 200 cuts; all values pass the first. Empty without values.
    """
    values = values[np.isfinite(values)]
    if len(values) == 0:
        return values
    distinct = np.unique(values)
    below = np.concatenate([[np.nextafter(distinct[0], -np.inf)], (distinct[1:] + distinct[:-1]) / 2])
    quantiles = np.quantile(values, np.linspace(0, 1, MOST_CANDIDATES), method="lower")
    return below[np.unique(np.searchsorted(distinct, quantiles))]


def selections(snr: Sequence[float], cuts: Iterable[Cut]) -> list[Selection]:
    """Return all selections to compare: detections as found at each SNR, and with each tuned cut.

    Parameters
    ----------
    snr
        The configured SNR limits.
    cuts
        The tuned cuts of the finder; those for other SNR limits are left out.
    """
    as_found = [Selection(float(limit), "as_found", "snr", float(limit)) for limit in snr]
    tuned = [Selection(cut.snr_min, "tuned", cut.column, cut.value) for cut in cuts if cut.snr_min in snr]
    return as_found + tuned


def _field(truth: pd.DataFrame, detections: pd.DataFrame, *, snr_min: float, radius_pixels: float) -> _Field:
    """Return the validation region of a mosaic."""
    truth = truth[(truth["region"] == "validation") & (truth["snr"] > snr_min)]
    detections = detections[detections["region"] == "validation"]
    pairs = nearby_pairs(positions(truth), positions(detections), radius_pixels=radius_pixels)
    return _Field(len(truth), detections, pairs)


def _f1(fields: Sequence[_Field], column: str, value: float) -> float:
    """Return the pooled F1 of all fields for detections above a value."""
    n_rows = n_matched = 0
    for field in fields:
        keep = field.detections[column].to_numpy(float) > value
        n_rows += field.n_truth + int(keep.sum())
        n_matched += len(closest_first(field.pairs.where(keep[field.pairs.detection])).truth)
    return 2 * n_matched / n_rows
