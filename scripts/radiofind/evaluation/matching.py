"""Match detections to truth, one to one: closest pairs first, each row used once.

Truth and detections are tables in mosaic pixels that already carry `region` and `patch` (see `regions.Area`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from radiofind.mosaics.regions import PATCH_PIXELS, patches_across

MOST_MISSES = 1000
"""Number of draws (of 100 or more positions) without one in the region, after which it is assumed empty."""


@dataclass(frozen=True)
class Pairs:
    """Pairs of a truth row and a detection row, closest first."""

    truth: np.ndarray
    """Row in the truth, shape (n,)."""
    detection: np.ndarray
    """Row in the detections, shape (n,)."""
    distance: np.ndarray
    """Pixels, shape (n,), ascending."""

    def where(self, keep: np.ndarray) -> Pairs:
        """Return the pairs for which `keep`, shape (n,), is true."""
        return Pairs(self.truth[keep], self.detection[keep], self.distance[keep])


@dataclass(frozen=True)
class Selection:
    """Which truth and which detections are compared."""

    snr_min: float
    """Truth is used if its SNR is above this."""
    cut: str
    """Name of the cut: ``as_found`` or ``tuned``."""
    column: str
    """Column of the detections that is cut: ``snr``, ``peak_snr`` or ``score``."""
    value: float
    """Detections are used if the column is above this."""


def nearby_pairs(truth_xy: np.ndarray, detection_xy: np.ndarray, *, radius_pixels: float) -> Pairs:
    """Return all pairs within the radius, closest first; equal distances in the order of the rows.

    Parameters
    ----------
    truth_xy, detection_xy
        Mosaic pixels, shapes (n, 2) and (m, 2), finite.
    radius_pixels
        Largest distance of a pair, inclusive.
    """
    if len(truth_xy) == 0 or len(detection_xy) == 0:
        none = np.zeros(0, dtype=np.int64)
        return Pairs(none, none, np.zeros(0))
    found = cKDTree(truth_xy).sparse_distance_matrix(
        cKDTree(detection_xy), radius_pixels, output_type="ndarray"
    )
    found = found[np.lexsort((found["j"], found["i"], found["v"]))]
    return Pairs(found["i"], found["j"], found["v"])


def closest_first(pairs: Pairs) -> Pairs:
    """Return the pairs that remain if, starting from the closest, each pair excludes all others of its rows.

    Notes
    -----
    A pair that comes first for both of its rows is never excluded, so all such pairs are taken at once,
    until none are left. The result is that of a loop over the pairs, in a few passes over arrays.
    """
    truth_used = np.zeros(pairs.truth.max(initial=-1) + 1, dtype=bool)
    detection_used = np.zeros(pairs.detection.max(initial=-1) + 1, dtype=bool)
    taken = [np.zeros(0, dtype=np.int64)]
    left = np.arange(len(pairs.distance))
    while len(left):
        truth, detection = pairs.truth[left], pairs.detection[left]
        mutual = _is_first(truth) & _is_first(detection)
        truth_used[truth[mutual]] = True
        detection_used[detection[mutual]] = True
        taken.append(left[mutual])
        left = left[~truth_used[truth] & ~detection_used[detection]]
    return pairs.where(np.sort(np.concatenate(taken)))


def match_one_to_one(truth_xy: np.ndarray, detection_xy: np.ndarray, *, radius_pixels: float) -> Pairs:
    """Return the matches: closest pairs first, each row used once.

    Parameters
    ----------
    truth_xy, detection_xy
        Mosaic pixels, shapes (n, 2) and (m, 2), finite.
    radius_pixels
        Largest distance of a match, inclusive.
    """
    return closest_first(nearby_pairs(truth_xy, detection_xy, radius_pixels=radius_pixels))


def match_table(
    truth: pd.DataFrame, detections: pd.DataFrame, *, selection: Selection, radius_pixels: float
) -> pd.DataFrame:
    """Return one row per selected truth source and per unmatched selected detection.

    Parameters
    ----------
    truth
        Columns truth_id, class, x, y, apparent_total_flux, snr, region, patch.
    detections
        A catalogue with region and patch.
    selection
        The rows to use. Rows without a region are never used.
    radius_pixels
        Largest distance of a match. Matches never cross regions.

    Returns
    -------
    pandas.DataFrame
        Truth in its own order, then the unmatched detections. The side without a partner is NaN (empty for
        truth_id, class and source_id). Pixels, Jy; `d_x_pixels` is detection minus truth; `flux_ratio` is
        detected over true apparent flux; `patch` is that of the truth if there is one.
    """
    truth = truth[(truth["snr"] > selection.snr_min) & (truth["region"] != "")].reset_index(drop=True)
    passes = (detections[selection.column] > selection.value) & (detections["region"] != "")
    detections = detections[passes].reset_index(drop=True)
    pairs = nearby_pairs(positions(truth), positions(detections), radius_pixels=radius_pixels)
    same_region = truth["region"].to_numpy()[pairs.truth] == detections["region"].to_numpy()[pairs.detection]
    return _joined(truth, detections, closest_first(pairs.where(same_region))).assign(
        snr_min=float(selection.snr_min), cut=selection.cut, cut_value=float(selection.value)
    )


def positions(table: pd.DataFrame, *, x: str = "x", y: str = "y") -> np.ndarray:
    """Return two columns of a table as positions, shape (n, 2)."""
    return table[[x, y]].to_numpy(float)


def random_positions(
    count: int,
    *,
    patches: np.ndarray,
    shape: tuple[int, int],
    inside: Callable[[np.ndarray, np.ndarray], np.ndarray],
    rng: np.random.Generator,
) -> np.ndarray:
    """Return uniformly random positions in the part of some patches that is inside a region.

    Parameters
    ----------
    count
        How many.
    patches
        Numbers of the patches (see `regions.patch_numbers`).
    shape
        Rows and columns of the mosaic.
    inside
        Takes x and y, returns whether each position may be used.
    rng
        Source of randomness.

    Returns
    -------
    numpy.ndarray, shape (count, 2)
        Mosaic pixels.

    Raises
    ------
    ValueError
        If no part of the patches seems to be inside.
    """
    corners = np.column_stack(np.divmod(patches, patches_across(shape)))[:, ::-1] * PATCH_PIXELS - 0.5
    kept, missing, misses = [np.zeros((0, 2))], count, 0
    while missing > 0:
        if len(corners) == 0 or misses == MOST_MISSES:
            raise ValueError(f"none of {len(corners)} patches overlaps the region")
        block = rng.choice(corners, size=count + 100) + rng.uniform(0, PATCH_PIXELS, size=(count + 100, 2))
        kept.append(block[inside(block[:, 0], block[:, 1])][:missing])
        missing -= len(kept[-1])
        misses += missing == count
    return np.concatenate(kept)


def _is_first(rows: np.ndarray) -> np.ndarray:
    """Return whether each entry is the first of its value."""
    order = np.arange(len(rows))
    first = np.empty(rows.max() + 1, dtype=np.int64)
    # For repeated indices the last assignment wins, so in reverse order it is the first entry.
    first[rows[::-1]] = order[::-1]
    return first[rows] == order


def _joined(truth: pd.DataFrame, detections: pd.DataFrame, pairs: Pairs) -> pd.DataFrame:
    """Return truth with its partners, then the unmatched detections."""
    partner = np.full(len(truth), -1)
    partner[pairs.truth] = pairs.detection
    alone = np.setdiff1d(np.arange(len(detections)), pairs.detection)
    # Row -1 does not exist, so reindex fills it with NaN.
    left = truth.reindex(np.concatenate([np.arange(len(truth)), np.full(len(alone), -1)])).reset_index(
        drop=True
    )
    right = detections.reindex(np.concatenate([partner, alone])).reset_index(drop=True)
    offset_x, offset_y = right["x"] - left["x"], right["y"] - left["y"]
    return pd.DataFrame(
        {
            "region": left["region"].astype("str").fillna(right["region"]),
            "truth_id": left["truth_id"].astype("str").fillna(""),
            "source_id": right["source_id"].astype("str").fillna(""),
            "class": left["class"].astype("str").fillna(""),
            "x_truth": left["x"],
            "y_truth": left["y"],
            "x": right["x"],
            "y": right["y"],
            "truth_flux": left["apparent_total_flux"],
            "flux_ratio": right["apparent_total_flux"] / left["apparent_total_flux"],
            "truth_snr": left["snr"],
            "snr": right["snr"],
            "peak_snr": right["peak_snr"],
            "d_x_pixels": offset_x,
            "d_y_pixels": offset_y,
            "separation_pixels": np.hypot(offset_x, offset_y),
            "patch": left["patch"].fillna(right["patch"]).astype(np.int64),
        }
    )
