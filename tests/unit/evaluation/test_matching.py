"""One-to-one matching, the table of matches, and random positions."""

import numpy as np
import pandas as pd
import pytest

from radiofind.evaluation.matching import Selection, match_one_to_one, match_table, random_positions
from radiofind.mosaics.box import parse_box
from radiofind.mosaics.regions import Area, patch_numbers

SHAPE = (200, 300)
AREA = Area("m", SHAPE, parse_box("0:100,0:200", SHAPE), parse_box("100:200,0:200", SHAPE))
AS_FOUND = Selection(2.0, "as_found", "snr", 2.0)


def slow_match(truth_xy, detection_xy, radius):
    """One pass over all pairs, closest first, then by row."""
    every = [(np.hypot(*(t - d)), i, j) for i, t in enumerate(truth_xy) for j, d in enumerate(detection_xy)]
    pairs, used_truth, used_detections = [], set(), set()
    for distance, i, j in sorted(every):
        if distance <= radius and i not in used_truth and j not in used_detections:
            pairs.append((i, j))
            used_truth.add(i)
            used_detections.add(j)
    return pairs


def fast_match(truth_xy, detection_xy, radius):
    pairs = match_one_to_one(
        np.reshape(truth_xy, (-1, 2)), np.reshape(detection_xy, (-1, 2)), radius_pixels=radius
    )
    return list(zip(pairs.truth.tolist(), pairs.detection.tolist(), strict=True))


def truth_table(xy, snr, **columns):
    xy = np.reshape(np.asarray(xy, float), (-1, 2))
    table = pd.DataFrame({"truth_id": [f"t{i}" for i in range(len(xy))], "x": xy[:, 0], "y": xy[:, 1]})
    snr = np.broadcast_to(np.asarray(snr, float), len(xy))
    return AREA.label(table.assign(**{"class": "sfg", "apparent_total_flux": snr, "snr": snr} | columns))


def detection_table(xy, snr, **columns):
    xy = np.reshape(np.asarray(xy, float), (-1, 2))
    table = pd.DataFrame({"source_id": [f"d{i}" for i in range(len(xy))], "x": xy[:, 0], "y": xy[:, 1]})
    snr = np.broadcast_to(np.asarray(snr, float), len(xy))
    fluxes = {"apparent_total_flux": snr, "snr": snr, "peak_snr": snr, "score": np.nan}
    return AREA.label(table.assign(**fluxes | columns))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("grid", [False, True], ids=["anywhere", "on a grid, so with ties and duplicates"])
def test_matches_are_those_of_the_obvious_way(seed, grid):
    rng = np.random.default_rng(seed)
    truth, detections = rng.uniform(0, 25, (80, 2)), rng.uniform(0, 25, (60, 2))
    if grid:
        truth, detections = np.round(truth), np.round(detections)
    assert fast_match(truth, detections, 3) == slow_match(truth, detections, 3)


def test_a_chain_of_equal_distances_gives_each_row_one_partner():
    truth = np.column_stack([np.arange(0, 400, 2), np.zeros(200)])
    assert fast_match(truth, truth + [1, 0], 1) == [(i, i) for i in range(200)]


def test_of_two_detections_on_one_truth_the_closer_matches():
    assert fast_match([[5, 5]], [[6, 5], [5, 5.5]], 3) == [(0, 1)]


def test_of_equally_close_ones_the_first_row_matches():
    assert fast_match([[5, 5]], [[6, 5], [4, 5]], 3) == [(0, 0)]
    assert fast_match([[6, 5], [4, 5]], [[5, 5]], 3) == [(0, 0)]


def test_the_radius_itself_is_a_match_and_the_same_place_too():
    assert fast_match([[0, 0]], [[3, 0]], 3) == [(0, 0)]
    assert fast_match([[0, 0]], [[3.001, 0]], 3) == []
    assert fast_match([[0, 0]], [[0, 0]], 3) == [(0, 0)]


def test_nothing_matches_nothing():
    assert fast_match([], [[1, 1]], 3) == fast_match([[1, 1]], [], 3) == fast_match([], [], 3) == []


def test_the_table_has_each_side_once_with_or_without_partner():
    table = match_table(
        truth_table([[10, 10], [40, 10]], 5),
        detection_table([[80, 9], [11, 12]], 4),
        selection=AS_FOUND,
        radius_pixels=3,
    )
    assert table["truth_id"].tolist() == ["t0", "t1", ""]
    assert table["source_id"].tolist() == ["d1", "", "d0"]
    assert table["class"].tolist() == ["sfg", "sfg", ""]
    matched = table.iloc[0]
    assert (matched["d_x_pixels"], matched["d_y_pixels"]) == (1, 2)
    assert matched["separation_pixels"] == pytest.approx(np.sqrt(5))
    assert matched["flux_ratio"] == pytest.approx(0.8)
    assert table[["x", "snr", "flux_ratio", "separation_pixels"]].isna().to_numpy()[1].all()
    assert table[["x_truth", "truth_snr", "flux_ratio", "separation_pixels"]].isna().to_numpy()[2].all()
    assert table["patch"].tolist() == [0, 0, 1]
    assert set(table["region"]) == {"train"}
    assert set(table["cut"]) == {"as_found"}
    assert set(table["snr_min"]) == set(table["cut_value"]) == {2.0}


def test_only_what_is_above_the_limits_takes_part():
    truth = truth_table([[10, 10], [30, 10], [50, 10]], [2, 2.1, np.nan])
    found = detection_table([[10, 50], [30, 50], [50, 50]], [2, 2.1, np.nan], score=[0.9, 0.1, np.nan])
    assert match_table(truth, found, selection=AS_FOUND, radius_pixels=3)["truth_id"].tolist() == ["t1", ""]
    tuned = match_table(truth, found, selection=Selection(0, "tuned", "score", 0.5), radius_pixels=3)
    assert tuned["truth_id"].tolist() == ["t0", "t1", ""]
    assert tuned["source_id"].tolist() == ["", "", "d0"]


def test_a_faint_truth_takes_no_partner_from_a_bright_one():
    truth = truth_table([[10, 10], [12, 10]], [1, 5])
    table = match_table(truth, detection_table([[10, 10]], 4), selection=AS_FOUND, radius_pixels=3)
    assert table[["truth_id", "source_id"]].to_numpy().tolist() == [["t1", "d0"]]


def test_a_match_joins_no_two_regions_and_a_gap_holds_nothing():
    truth = truth_table([[199, 150], [186, 50]], 5)
    assert truth["region"].tolist() == ["", "validation"]
    found = detection_table([[200, 150], [187, 50], [np.nan, 50]], 5)
    assert found["region"].tolist() == ["test", "", ""]
    table = match_table(truth, found, selection=AS_FOUND, radius_pixels=3)
    assert table[["region", "truth_id", "source_id"]].to_numpy().tolist() == [
        ["validation", "t1", ""],
        ["test", "", "d0"],
    ]


def test_regions_are_matched_apart_where_they_touch():
    truth, found = truth_table([[50, 50]], 5), detection_table([[51, 50], [53, 50]], 5)
    found["region"] = ["test", "train"]
    table = match_table(truth, found, selection=AS_FOUND, radius_pixels=3)
    assert table["source_id"].tolist() == ["d1", "d0"]


@pytest.mark.parametrize(("n_truth", "n_found"), [(0, 0), (0, 2), (2, 0)])
def test_empty_sides_give_a_table_of_all_columns(n_truth, n_found):
    xy = np.array([[10.0, 10], [60, 60]])
    full = match_table(truth_table(xy, 5), detection_table(xy, 5), selection=AS_FOUND, radius_pixels=3)
    table = match_table(
        truth_table(xy[:n_truth], 5), detection_table(xy[:n_found], 5), selection=AS_FOUND, radius_pixels=3
    )
    assert list(table.columns) == list(full.columns)
    assert len(table) == n_truth + n_found
    assert (table["x_truth"].notna().sum(), table["x"].notna().sum()) == (n_truth, n_found)


def test_random_positions_fill_the_region_evenly_and_keep_to_the_patches():
    rng = np.random.default_rng(1)
    patches = np.array([0, 1, 2, 8])
    xy = random_positions(
        4000, patches=patches, shape=SHAPE, inside=lambda x, y: AREA.regions(x, y) == "train", rng=rng
    )
    assert xy.shape == (4000, 2)
    found = patch_numbers(xy[:, 0], xy[:, 1], shape=SHAPE)
    assert set(AREA.regions(xy[:, 0], xy[:, 1])) == {"train"}
    # Patch 1 loses the gap of 13 of its 50 columns; patches 2 and 8 are in validation.
    assert np.bincount(found, minlength=9)[[0, 1, 2, 8]] == pytest.approx(
        [4000 * 50 / 87, 4000 * 37 / 87, 0, 0], rel=0.05
    )
    assert xy[:, 0].min() < 0 < xy[:, 0].max() - 86


def test_random_positions_repeat_with_the_seed():
    same = [
        random_positions(
            5, patches=np.arange(24), shape=SHAPE, inside=lambda x, y: x > 250, rng=np.random.default_rng(7)
        )
        for _ in range(2)
    ]
    assert np.array_equal(*same)


def test_random_positions_without_a_region_are_an_error_unless_none_are_wanted():
    def draw(count, patches):
        return random_positions(
            count, patches=patches, shape=SHAPE, inside=lambda x, y: x < -9, rng=np.random.default_rng(1)
        )

    assert draw(0, np.arange(24)).shape == (0, 2)
    for patches in (np.arange(24), np.zeros(0, dtype=int)):
        with pytest.raises(ValueError, match="none of .* patches"):
            draw(3, patches)
