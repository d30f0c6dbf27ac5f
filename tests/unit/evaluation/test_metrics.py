"""Scores, their intervals, what chance gives, and the curves."""

import warnings

import numpy as np
import pandas as pd
import pytest

from radiofind.evaluation.cuts import Cut, selections
from radiofind.evaluation.matching import match_table
from radiofind.evaluation.metrics import (
    COLUMNS,
    CURVE_COLUMNS,
    Protocol,
    bootstrap_f1,
    chance_matches,
    curves,
    evaluate,
)
from radiofind.mosaics.box import parse_box
from radiofind.mosaics.regions import Area

SHAPE = (300, 400)
AREA = Area("m", SHAPE, parse_box("0:100,0:300", SHAPE), parse_box("100:200,0:300", SHAPE))
SELECTIONS = selections([1, 5], [Cut(5.0, "peak_snr", 4.0, 0.5)])
PROTOCOL = Protocol(resamples=200, realisations=4)


def sky(seed=1, n_truth=400, n_found=300):
    """Truth of all SNR; two thirds of the detections are near the first truth sources."""
    rng = np.random.default_rng(seed)
    xy = rng.uniform(0, [399, 299], (n_truth, 2))
    n_real = min(2 * n_found // 3, n_truth)
    found = np.concatenate(
        [xy[:n_real] + rng.normal(0, 0.5, (n_real, 2)), rng.uniform(0, [399, 299], (n_found, 2))]
    )
    snr, found_snr = rng.lognormal(1.5, 1, n_truth), rng.lognormal(1.5, 1, n_found)
    truth = pd.DataFrame({"truth_id": [f"t{i}" for i in range(n_truth)], "x": xy[:, 0], "y": xy[:, 1]})
    truth = truth.assign(
        **{"class": rng.choice(["ss_agn", "sfg", ""], n_truth), "snr": snr, "apparent_total_flux": snr}
    )
    detections = pd.DataFrame({"source_id": [f"d{i}" for i in range(n_found)], "score": np.nan})
    detections = detections.assign(x=found[:n_found, 0], y=found[:n_found, 1], apparent_total_flux=found_snr)
    return AREA.label(truth), AREA.label(detections.assign(snr=found_snr, peak_snr=found_snr))


def matches_of(truth, detections):
    tables = [
        match_table(truth, detections, selection=selection, radius_pixels=3) for selection in SELECTIONS
    ]
    return pd.concat(tables, ignore_index=True)


def scores_of(matches, area=AREA, seed=0):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return evaluate(
            matches,
            area=area,
            finder="f",
            selections=SELECTIONS,
            protocol=PROTOCOL,
            rng=np.random.default_rng(seed),
        )


def row(scores, **wanted):
    chosen = scores[(scores[list(wanted)] == pd.Series(wanted)).all(axis=1)]
    assert len(chosen) == 1
    return chosen.iloc[0]


def test_there_is_one_row_for_each_region_metric_selection_and_class():
    scores = scores_of(matches_of(*sky()))
    assert tuple(scores.columns) == COLUMNS
    assert len(scores) == 3 * 3 * 3 * 4
    assert not scores.duplicated(["region", "metric", "cut", "snr_min", "class"]).any()
    assert set(scores["mosaic"]) == {"m"}
    assert set(scores["finder"]) == {"f"}


def test_scores_follow_from_the_counts_of_the_table():
    truth, detections = sky()
    scores = scores_of(matches_of(truth, detections))
    best = row(scores, region="test", metric="one_to_one", cut="tuned", snr_min=5.0, **{"class": "all"})
    assert best["n_truth"] == ((truth["region"] == "test") & (truth["snr"] > 5)).sum()
    assert best["n_detections"] == ((detections["region"] == "test") & (detections["peak_snr"] > 4)).sum()
    assert best["cut_value"] == 4.0
    assert 0 < best["n_matched"] < best["n_truth"]
    assert best["completeness"] == pytest.approx(best["n_matched"] / best["n_truth"])
    assert best["reliability"] == pytest.approx(best["n_matched"] / best["n_detections"])
    harmonic = 2 / (1 / best["completeness"] + 1 / best["reliability"])
    assert best["f1"] == pytest.approx(harmonic)
    assert best["f1_low"] < best["f1"] < best["f1_high"]


def test_one_class_has_completeness_alone():
    truth, detections = sky()
    scores = scores_of(matches_of(truth, detections))
    sfg = row(scores, region="train", metric="one_to_one", cut="as_found", snr_min=1.0, **{"class": "sfg"})
    in_train = (truth["region"] == "train") & (truth["snr"] > 1) & (truth["class"] == "sfg")
    assert sfg["n_truth"] == in_train.sum()
    assert 0 < sfg["completeness"] < 1
    assert sfg["chance_matches"] < sfg["n_matched"]
    assert sfg[["n_detections", "reliability", "f1", "f1_low", "f1_high"]].isna().all()
    absent = row(
        scores, region="train", metric="one_to_one", cut="as_found", snr_min=1.0, **{"class": "fs_agn"}
    )
    assert absent["n_truth"] == absent["n_matched"] == 0
    assert np.isnan(absent["completeness"])


def test_a_perfect_finder_scores_one():
    truth, _ = sky()
    found = truth.rename(columns={"truth_id": "source_id"}).assign(peak_snr=truth["snr"], score=np.nan)
    best = row(
        scores_of(matches_of(truth, found)),
        region="test",
        metric="one_to_one",
        cut="as_found",
        snr_min=5.0,
        **{"class": "all"},
    )
    assert best[["completeness", "reliability", "f1", "f1_low", "f1_high"]].tolist() == [1] * 5


def test_the_random_metric_is_the_mean_of_what_chance_matches():
    scores = scores_of(matches_of(*sky()))
    key = {"region": "test", "cut": "as_found", "snr_min": 1.0, "class": "all"}
    chance, real = row(scores, metric="random", **key), row(scores, metric="one_to_one", **key)
    assert chance["n_matched"] == real["chance_matches"]
    assert (chance["n_matched"] * PROTOCOL.realisations) % 1 == 0
    assert chance["completeness"] == pytest.approx(chance["n_matched"] / chance["n_truth"])
    assert 0 < chance["f1"] < real["f1"]


def test_chance_is_about_the_area_of_the_circles_around_few_truths():
    truth, detections = sky(n_truth=60, n_found=2000)
    part = matches_of(truth, detections.assign(snr=9)).query(
        "cut == 'as_found' and snr_min == 1 and region == 'test'"
    )
    n_truth, n_found = part["x_truth"].notna().sum(), part["x"].notna().sum()
    reached = 1 - np.exp(-n_found * np.pi * 9 / (200 * 300))
    matched = chance_matches(part, "test", AREA, Protocol(realisations=40), np.random.default_rng(2))
    assert matched["all"] == pytest.approx(n_truth * reached, rel=0.15)
    assert matched["all"] >= matched["sfg"] + matched["ss_agn"]


def test_random_positions_keep_to_the_valid_patches():
    truth, detections = sky()
    part = matches_of(truth, detections).query("cut == 'as_found' and snr_min == 1 and region == 'test'")
    far = Area("m", SHAPE, AREA.train_box, AREA.validation_box, valid_patches=np.array([7]))
    near = part[(part["x_truth"] < 340) | part["x_truth"].isna()]
    assert chance_matches(near, "test", far, PROTOCOL, np.random.default_rng(2))["all"] == 0


def test_scores_repeat_with_the_seed():
    matches = matches_of(*sky())
    pd.testing.assert_frame_equal(scores_of(matches, seed=3), scores_of(matches, seed=3))


def test_the_interval_is_that_of_patches_drawn_one_by_one():
    usual = pd.DataFrame({"patch": range(30), "x_truth": 1.0, "x": 1.0})
    crowded_and_missed = pd.DataFrame({"patch": [30] * 9 + [31] * 9, "x_truth": 1.0, "x": np.nan})
    part = pd.concat([usual, crowded_and_missed], ignore_index=True)
    rng = np.random.default_rng(4)
    drawn = []
    for _ in range(4000):
        missed = np.sum(rng.integers(32, size=32) >= 30)
        drawn.append(2 * (32 - missed) / (2 * (32 - missed) + 9 * missed))
    expected = np.percentile(drawn, [2.5, 97.5])
    assert bootstrap_f1(part, resamples=4000, rng=rng) == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize(("n_truth", "n_found"), [(0, 0), (0, 9), (9, 0)])
def test_empty_sides_give_nan_where_undefined_without_a_warning(n_truth, n_found):
    truth, detections = sky()
    matches = matches_of(truth.iloc[:n_truth], detections.iloc[:n_found])
    scores = scores_of(matches)
    assert len(scores) == 108
    key = {"region": "test", "cut": "as_found", "snr_min": 1.0, "class": "all"}
    for metric in ("one_to_one", "random"):
        all_classes = row(scores, metric=metric, **key)
        assert all_classes["n_matched"] == 0
        assert np.isnan(all_classes["completeness"]) == (n_truth == 0)
        assert np.isnan(all_classes["reliability"]) == (n_found == 0)
        assert np.isnan(all_classes["f1"]) == (n_truth == n_found == 0)
    assert np.isnan(row(scores, metric="legacy", **key)["f1"]) == (n_truth == 0)
    assert tuple(curves(matches, mosaic="m", finder="f").columns) == CURVE_COLUMNS


def test_legacy_rows_carry_the_counts_of_that_rule():
    scores = scores_of(matches_of(*sky()))
    key = {"region": "test", "metric": "legacy", "cut": "as_found", "snr_min": 1.0}
    everything, agn = row(scores, **key, **{"class": "all"}), row(scores, **key, **{"class": "ss_agn"})
    assert 0 < agn["reliability"] < everything["reliability"] <= 1
    assert agn["n_truth"] < everything["n_truth"]
    assert np.isnan(everything["chance_matches"])


def test_curves_use_all_truth_and_count_each_row_once():
    truth, detections = sky()
    table = curves(matches_of(truth, detections), mosaic="m", finder="f")
    test = table[(table["region"] == "test") & (table["cut"] == "as_found")]
    counts = test.groupby("quantity")["n"].sum()
    assert counts["completeness"] == ((truth["region"] == "test") & (truth["snr"] > 1)).sum()
    assert counts["reliability"] == ((detections["region"] == "test") & (detections["snr"] > 1)).sum()
    assert counts["flux_ratio"] == counts["offset_x"] == counts["offset_y"] > 0
    assert (test["low"] <= test["value"]).all()
    assert (test["value"] <= test["high"]).all()
    assert test["snr_high"].to_numpy() == pytest.approx(test["snr_low"].to_numpy() * 10**0.2)


def test_curves_find_a_known_completeness_offset_and_flux_ratio():
    n = 200
    truth = pd.DataFrame(
        {"truth_id": np.arange(n).astype(str), "class": "", "x": 210.0 + np.arange(n) % 20 * 9}
    )
    truth = AREA.label(truth.assign(y=5.0 + np.arange(n) // 20 * 20, snr=20.0, apparent_total_flux=1.0))
    found = truth.rename(columns={"truth_id": "source_id"}).iloc[: n // 2]
    found = AREA.label(found.assign(x=found["x"] + 0.25, apparent_total_flux=0.8, peak_snr=9.0, score=np.nan))
    table = curves(matches_of(truth, found), mosaic="m", finder="f")
    values = table[table["cut"] == "as_found"].set_index("quantity")
    assert values["value"].to_dict() == pytest.approx(
        {"completeness": 0.5, "reliability": 1, "flux_ratio": 0.8, "offset_x": 0.25, "offset_y": 0}
    )
    # Wilson's interval for 100 of 200 and for 100 of 100.
    assert values.loc["completeness", ["low", "high"]].tolist() == pytest.approx([0.4314, 0.5686], abs=1e-4)
    assert values.loc["reliability", ["low", "high"]].tolist() == pytest.approx([0.9630, 1], abs=1e-4)
