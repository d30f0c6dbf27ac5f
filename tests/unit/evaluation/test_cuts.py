"""The tuned cut is the best one in validation, and looks nowhere else."""

from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest

from radiofind.evaluation.cuts import (
    Cut,
    candidates,
    selections,
    tune_cut,
)
from radiofind.evaluation.matching import Selection, match_table
from radiofind.files import write_json
from radiofind.json_files import read_json


def truth_table(x, snr=10.0, region="validation"):
    x = np.asarray(x, float)
    columns = {"truth_id": [f"t{i}" for i in range(len(x))], "class": "", "x": x, "y": 0.0, "patch": 0}
    return pd.DataFrame(columns | {"snr": snr, "apparent_total_flux": snr, "region": region})


def detection_table(x, peak_snr, score=np.nan, region="validation"):
    x = np.asarray(x, float)
    columns = {"source_id": [f"d{i}" for i in range(len(x))], "x": x, "y": 0.0, "patch": 0, "region": region}
    return pd.DataFrame(
        columns | {"peak_snr": peak_snr, "snr": peak_snr, "apparent_total_flux": peak_snr, "score": score}
    )


def random_mosaic(seed):
    """Half of the detections are near truth, and these tend to have higher values."""
    rng = np.random.default_rng(seed)
    truth = rng.uniform(0, 3000, 80)
    x = np.concatenate([truth + rng.normal(0, 1, 80), rng.uniform(0, 3000, 80)])
    lift = np.repeat([1.0, 0.0], 80)
    region = rng.choice(["validation", "test"], 160)
    found = detection_table(x, rng.normal(4 + lift, 1), rng.normal(0.3 + 0.3 * lift, 0.1), region)
    return truth_table(truth, rng.uniform(1, 10, 80), rng.choice(["validation", "test"], 80)), found


def f1_of(mosaics, column, value, snr_min):
    """F1 of the pooled validation regions, by way of the table of matches."""
    tables = [
        match_table(
            truth[truth["region"] == "validation"],
            found[found["region"] == "validation"],
            selection=Selection(snr_min, "tuned", column, value),
            radius_pixels=3,
        )
        for truth, found in mosaics
    ]
    table = pd.concat(tables)
    n_truth, n_found = table["x_truth"].notna().sum(), table["x"].notna().sum()
    return 2 * table["separation_pixels"].notna().sum() / (n_truth + n_found)


def test_the_cut_parts_the_real_from_the_false():
    found = detection_table([0, 100, 200, 300], [9, 8, 3, 2])
    cut = tune_cut([(truth_table([0, 100]), found)], snr_min=1, radius_pixels=3)
    assert cut == Cut(1.0, "peak_snr", 5.5, 1.0)


@pytest.mark.parametrize("snr_min", [1, 5])
def test_no_cut_on_either_column_is_better_in_the_pool(snr_min):
    mosaics = [random_mosaic(1), random_mosaic(2)]
    cut = tune_cut(mosaics, snr_min=snr_min, radius_pixels=3)
    assert cut.f1 == pytest.approx(f1_of(mosaics, cut.column, cut.value, snr_min))
    pool = pd.concat([found for _, found in mosaics]).query("region == 'validation'")
    tried = [
        (name, value) for name in ("peak_snr", "score") for value in candidates(pool[name].to_numpy())[::8]
    ]
    assert cut.f1 >= max(f1_of(mosaics, name, value, snr_min) for name, value in tried)
    assert cut.column == "score"


def test_only_validation_counts():
    truth, found = random_mosaic(1)
    other = found["region"] == "test"
    before = tune_cut([(truth, found)], snr_min=1, radius_pixels=3)
    found.loc[other, "score"] = np.random.default_rng(5).uniform(0, 1, other.sum())
    assert tune_cut([(truth, found)], snr_min=1, radius_pixels=3) == before


def test_the_score_wins_only_when_it_is_better():
    truth = truth_table([0, 100])
    equal = detection_table([0, 100, 200], [9, 8, 3], [0.9, 0.8, 0.1])
    assert tune_cut([(truth, equal)], snr_min=1, radius_pixels=3).column == "peak_snr"
    better = detection_table([0, 100, 200], [9, 8, 8.5], [0.9, 0.8, 0.1])
    assert tune_cut([(truth, better)], snr_min=1, radius_pixels=3).column == "score"


def test_of_equally_good_values_the_lowest_wins():
    found = detection_table([0, 100, 200, 300], [5, 4, 3, 2])
    cut = tune_cut([(truth_table([0, 200]), found)], snr_min=1, radius_pixels=3)
    assert cut.f1 == pytest.approx(0.8)
    assert cut.value == 2.5


def test_a_detection_that_a_lower_cut_would_give_away_is_matched_anew():
    found = detection_table([0.5, 2], [2, 9])
    assert tune_cut([(truth_table([0]), found)], snr_min=1, radius_pixels=3) == Cut(1.0, "peak_snr", 5.5, 1.0)


def test_each_mosaic_is_matched_within_its_own_radius():
    truth, found = truth_table([0, 100]), detection_table([4, 104], [9, 8])
    mosaics = [(truth, found), (truth, found)]
    f1 = [tune_cut(mosaics, snr_min=1, radius_pixels=radii).f1 for radii in ([3, 3], [3, 5], 5)]
    assert f1 == pytest.approx([0, 0.5, 1])


def test_without_validation_truth_or_detections_there_is_no_cut():
    truth, found = truth_table([0]), detection_table([0], [5.0])
    assert tune_cut([], snr_min=1, radius_pixels=3) is None
    assert tune_cut([(truth_table([]), found)], snr_min=1, radius_pixels=3) is None
    assert tune_cut([(truth_table([0], region="test"), found)], snr_min=1, radius_pixels=3) is None
    assert tune_cut([(truth, found)], snr_min=10, radius_pixels=3) is None
    assert tune_cut([(truth, detection_table([], []))], snr_min=1, radius_pixels=3) is None


def test_candidates_lie_between_values_and_the_first_lets_all_pass():
    values = candidates(np.array([3.0, np.nan, 1.0, 1.0, np.inf, 2.0]))
    assert values[0] < 1
    assert values[1:].tolist() == [1.5, 2.5]
    assert candidates(np.array([np.nan])).tolist() == []
    many = candidates(np.random.default_rng(1).normal(size=5000))
    assert 150 < len(many) <= 200
    assert (np.diff(many) > 0).all()


def test_cuts_survive_json(tmp_path):
    cuts = [Cut(1.0, "score", 0.25, 0.7), Cut(5.0, "peak_snr", float(np.nextafter(3, 0)), 0.9)]
    write_json([asdict(cut) for cut in cuts], tmp_path / "cuts.json")
    assert read_json(tmp_path / "cuts.json", list[Cut], what="tuned cuts") == cuts


def test_each_snr_is_compared_as_found_and_where_there_is_a_cut_tuned():
    assert selections([1, 5], [Cut(5.0, "score", 0.25, 0.7), Cut(9.0, "score", 0.5, 0.7)]) == [
        Selection(1.0, "as_found", "snr", 1.0),
        Selection(5.0, "as_found", "snr", 5.0),
        Selection(5.0, "tuned", "score", 0.25),
    ]
