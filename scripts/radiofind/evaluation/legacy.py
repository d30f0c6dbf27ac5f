"""The score of the ConvoSource code (Lukic et al. 2019), for comparison with that paper.

It counts pairs, not one-to-one matches, and takes missed sources from a difference of counts, so random
points reach a recall of one half and rare classes a recall of one. To compare finders, use `matching`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from radiofind.evaluation.matching import nearby_pairs
from radiofind.mosaics.box import pixel_of
from radiofind.mosaics.regions import patch_numbers

REACH_PIXELS = 2.5
"""Pairs count if their distance, rounded to whole pixels, is less than 3."""

LARGEST_STEP_SQUARED = 2
"""A pixel belongs to the same source as the pixel before it if their distance, rounded, is at most 1."""

FLOOR = 1e-5
"""Added to each denominator."""


@dataclass(frozen=True)
class LegacyScore:
    """The score of one class; fractions are NaN if no patch has truth of the class."""

    n_truth: int
    """Pixels with truth of the class."""
    n_detections: int
    """Pixels with detections, in patches with truth of the class."""
    tp: int
    """Pairs; may exceed both numbers above."""
    fp: int
    """False positives."""
    fn: int
    """False negatives."""
    precision: float
    """0 to 1."""
    recall: float
    """0 to 1."""
    f1: float
    """0 to 1."""


def legacy_score(
    truth_xy: np.ndarray,
    truth_class: np.ndarray,
    detection_xy: np.ndarray,
    *,
    shape: tuple[int, int],
    wanted: str,
) -> LegacyScore:
    """Return the score of one class by the rule of the ConvoSource code, summed over its patches.

    Parameters
    ----------
    truth_xy, detection_xy
        Mosaic pixels, shapes (n, 2) and (m, 2).
    truth_class
        Class of each truth source, shape (n,). Of sources on one pixel the last counts.
    shape
        Rows and columns of the mosaic.
    wanted
        A class, or ``all``.
    """
    truth, kept = _pixels(truth_xy, shape)
    if wanted != "all":
        truth = truth[np.asarray(truth_class)[kept] == wanted]
    detected, _ = _pixels(detection_xy, shape)
    located = detected[_starts_a_source(detected)]
    scored = np.unique(truth[:, 0])
    n_truth, n_on, n_located = (_per_patch(pixels[:, 0], scored) for pixels in (truth, detected, located))
    tp = _per_patch(_paired_patches(truth, located), scored)
    fn = np.where(n_located > 0, np.maximum(n_truth - n_located, 0), 0)
    fp = np.where(n_located > 0, np.maximum(n_on - tp, 0) + np.maximum(n_located - n_truth, 0), 0)
    return _score(int(n_truth.sum()), int(n_on.sum()), int(tp.sum()), int(fp.sum()), int(fn.sum()))


def _pixels(xy: np.ndarray, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return (patch, row, column) of the distinct pixels in raster order, and the last source on each."""
    column, row = pixel_of(xy[:, 0]).astype(np.int64), pixel_of(xy[:, 1]).astype(np.int64)
    pixels = np.column_stack([patch_numbers(column, row, shape=shape), row, column])
    distinct, from_back = np.unique(pixels[::-1], axis=0, return_index=True)
    return distinct, len(pixels) - 1 - from_back


def _starts_a_source(pixels: np.ndarray) -> np.ndarray:
    """Return whether each pixel is the first of its patch or separate from the pixel before it."""
    step = np.diff(pixels, axis=0, prepend=-1)
    apart = step[:, 1] ** 2 + step[:, 2] ** 2 > LARGEST_STEP_SQUARED
    first = np.arange(len(pixels)) == 0
    return first | (step[:, 0] != 0) | apart


def _paired_patches(truth: np.ndarray, located: np.ndarray) -> np.ndarray:
    """Return the patch of each pair of truth and located source in the same patch and within reach."""
    pairs = nearby_pairs(truth[:, 1:], located[:, 1:], radius_pixels=REACH_PIXELS)
    patch = truth[pairs.truth, 0]
    return patch[patch == located[pairs.detection, 0]]


def _per_patch(patches: np.ndarray, scored: np.ndarray) -> np.ndarray:
    """Return the number of occurrences of each scored patch."""
    patches = patches[np.isin(patches, scored)]
    return np.bincount(np.searchsorted(scored, patches), minlength=len(scored))


def _score(n_truth: int, n_detections: int, tp: int, fp: int, fn: int) -> LegacyScore:
    """Return the score with its fractions."""
    if n_truth == 0:
        return LegacyScore(0, 0, 0, 0, 0, np.nan, np.nan, np.nan)
    precision, recall = tp / (tp + fp + FLOOR), tp / (tp + fn + FLOOR)
    f1 = 2 * precision * recall / (precision + recall + FLOOR)
    return LegacyScore(n_truth, n_detections, tp, fp, fn, precision, recall, f1)
