"""The fraction of detections that match, by score."""

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import cdist

from radiofind.evaluation.calibration import (
    COLUMNS,
    SCORE_EDGES,
    calibrate_on_boxes,
    calibration_verdict,
    evaluate_scores,
    matches_truth,
    pool_calibrations,
)
from radiofind.mosaics.box import parse_box
from radiofind.mosaics.regions import Area
from radiofind.networks.calibration import calibrate

SHAPE = (600, 1200)
AREA = Area("m", SHAPE, parse_box("0:300,0:600", SHAPE), parse_box("300:600,0:600", SHAPE))


def sky(seed=1, n=4000, *, rate=lambda score: score):
    """Detections with scores; a rate of the score is the chance of a truth source beside them."""
    rng = np.random.default_rng(seed)
    xy = rng.uniform(0, [1199, 599], (n, 2))
    score = rng.beta(0.7, 0.7, n)
    real = rng.random(n) < rate(score)
    truth_xy = xy[real] + rng.normal(0, 0.3, (real.sum(), 2))
    truth = pd.DataFrame({"x": truth_xy[:, 0], "y": truth_xy[:, 1], "snr": 3.0})
    detections = pd.DataFrame({"x": xy[:, 0], "y": xy[:, 1], "score": score})
    return AREA.label(truth), AREA.label(detections)


def evaluated(truth, detections, *, snr_min=2.0, radius_pixels=1.5, seed=0):
    rng = np.random.default_rng(seed)
    return evaluate_scores(truth, detections, snr_min=snr_min, radius_pixels=radius_pixels, rng=rng)


def rows_at(*positions, **columns):
    table = pd.DataFrame(positions, columns=["x", "y"]).assign(**columns)
    return AREA.label(table)


def calibration_of(*rows):
    """Rows of mosaic, score, n, matched and half the width of the interval, of one bin."""
    return pd.DataFrame(
        [("m" + m, "f", "test", 2.0, 0.75, 0.85, n, s, f, f - h, f + h) for m, s, n, f, h in rows],
        columns=list(COLUMNS),
    )


def test_bins_are_centred_on_the_tenths():
    assert SCORE_EDGES[:3] == pytest.approx([0, 0.05, 0.15])
    assert SCORE_EDGES[-3:] == pytest.approx([0.85, 0.95, 1])
    assert (SCORE_EDGES[1:-2] + SCORE_EDGES[2:-1]) / 2 == pytest.approx(np.arange(1, 10) / 10)


def test_bins_hold_their_lower_edge_and_the_last_also_one():
    scores = [0.0, 0.05, 0.75, 0.85, 0.95, 1.0]
    detections = rows_at(*[(1000 + 20 * i, 300) for i in range(6)], score=scores)
    found = evaluated(rows_at(snr=3.0), detections)
    assert found["score_low"].tolist() == [0, 0.05, 0.75, 0.85, 0.95]
    assert found["n"].tolist() == [1, 1, 1, 1, 2]
    assert found["score"].tolist() == pytest.approx([0, 0.05, 0.75, 0.85, 0.975])


def test_matches_are_one_to_one_and_closest_first():
    truth = rows_at((800, 100), (800, 104), snr=3.0)
    detections = rows_at((800, 101), (800, 102), (800, 99.5), (900, 100), score=0.5)
    found = matches_truth(truth, detections, snr_min=2, radius_pixels=3)
    assert found.tolist() == [False, True, True, False]


def test_matches_agree_with_a_loop_over_all_pairs():
    truth, detections = sky(n=300)
    used, expected = set(), np.zeros(len(detections), dtype=bool)
    distance = cdist(truth[["x", "y"]], detections[["x", "y"]])
    for i, j in sorted(np.argwhere(distance <= 5).tolist(), key=lambda pair: distance[tuple(pair)]):
        region = truth["region"][i]
        if region and region == detections["region"][j] and i not in used and not expected[j]:
            used.add(i)
            expected[j] = True
    assert np.array_equal(matches_truth(truth, detections, snr_min=2, radius_pixels=5), expected)


def test_match_never_joins_two_regions():
    truth = rows_at((286, 300), (300, 100), snr=3.0)
    detections = rows_at((314, 300), (300, 100), score=0.5)
    assert [*truth["region"], *detections["region"]] == ["train", "", "validation", ""]
    assert not matches_truth(truth, detections, snr_min=2, radius_pixels=40).any()


def test_faint_truth_does_not_count():
    truth, detections = rows_at((800, 100), snr=2.0), rows_at((800, 100), score=0.5)
    assert not matches_truth(truth, detections, snr_min=2, radius_pixels=3).any()
    assert matches_truth(truth, detections, snr_min=1.9, radius_pixels=3).all()


def test_each_region_has_its_own_rows_and_gaps_have_none():
    truth, detections = sky()
    found = evaluated(truth, detections)
    assert tuple(found.columns) == COLUMNS[2:]
    assert found["region"].unique().tolist() == ["train", "validation", "test"]
    for region, rows in found.groupby("region"):
        assert rows["n"].sum() == (detections["region"] == region).sum()
        assert len(rows) == 11


def test_fractions_follow_a_rate_that_is_not_the_score():
    found = evaluated(*sky(n=20_000, rate=lambda score: score**2), radius_pixels=1.0)
    test = found[found["region"] == "test"]
    assert test["matched"].to_numpy() == pytest.approx(test["score"].to_numpy() ** 2, abs=0.06)


def test_detections_without_a_score_take_no_part_in_the_matching():
    truth = rows_at((800, 100), snr=3.0)
    detections = rows_at((800, 100), (801, 100), score=[np.nan, 0.8])
    (row,) = evaluated(truth, detections).to_dict("records")
    assert (row["n"], row["matched"], row["region"]) == (1, 1.0, "test")


@pytest.mark.slow
def test_intervals_hold_the_score_as_often_as_they_say():
    held = []
    for seed in range(40):
        found = evaluated(*sky(seed, n=1500), radius_pixels=1.0)
        held += ((found["low"] <= found["score"]) & (found["score"] <= found["high"])).tolist()
    assert 0.90 < np.mean(held) < 0.98


def test_interval_is_wider_when_matches_cluster_in_patches():
    rng = np.random.default_rng(5)
    corners = np.stack(np.meshgrid(np.arange(650, 1150, 50), np.arange(0, 600, 50)), -1).reshape(-1, 2)
    xy = np.repeat(corners, 8, axis=0) + rng.uniform(2, 48, (8 * len(corners), 2))
    lone, clustered = rng.random(len(xy)) < 0.5, np.repeat(rng.random(len(corners)) < 0.5, 8)
    widths = []
    for real in (lone, clustered):
        truth = rows_at(*xy[real], snr=3.0)
        (row,) = evaluated(truth, rows_at(*xy, score=0.5), radius_pixels=0.1).to_dict("records")
        widths.append(row["high"] - row["low"])
    assert widths[1] > 2 * widths[0]


def test_interval_agrees_with_drawing_patches_one_by_one():
    truth, detections = sky(n=3000)
    row = evaluated(truth, detections).query("region == 'test' and score_low == 0.45").iloc[0]
    matched = matches_truth(truth, detections, snr_min=2, radius_pixels=1.5)
    chosen = (detections["region"] == "test") & detections["score"].between(0.45, 0.55, inclusive="left")
    parts = [matched[chosen][index] for index in detections[chosen].groupby("patch").indices.values()]
    rng = np.random.default_rng(1)
    drawn = [
        np.concatenate([parts[i] for i in rng.integers(0, len(parts), len(parts))]).mean()
        for _ in range(2000)
    ]
    assert (row["low"], row["high"]) == pytest.approx(np.percentile(drawn, [2.5, 97.5]), abs=0.02)


@pytest.mark.parametrize("is_real", [True, False])
def test_equal_outcomes_leave_an_interval(is_real):
    spots = [(800 + 20 * i, 100) for i in range(8)]
    truth = rows_at(*(spots if is_real else ()), snr=3.0)
    (row,) = evaluated(truth, rows_at(*spots, score=0.8)).to_dict("records")
    assert row["matched"] == is_real
    # Wilson: one over 1 + z^2 / n.
    end = 1 / (1 + 1.96**2 / 8)
    assert (row["low"], row["high"]) == pytest.approx((end, 1) if is_real else (0, 1 - end), abs=1e-4)


def test_same_seed_gives_the_same_intervals():
    assert evaluated(*sky()).equals(evaluated(*sky()))
    assert not evaluated(*sky()).equals(evaluated(*sky(), seed=1))


def test_nothing_found_gives_all_columns_and_no_rows():
    truth, detections = sky(n=20)
    for none in (detections.iloc[:0], detections.assign(score=np.nan)):
        found = evaluated(truth, none)
        assert found.empty and tuple(found.columns) == COLUMNS[2:]
    assert pool_calibrations(pd.DataFrame(columns=list(COLUMNS))).empty


def test_scores_that_are_no_probabilities_are_refused():
    with pytest.raises(ValueError, match="0.5 to 7.0"):
        evaluated(rows_at(snr=3.0), rows_at((800, 1), (800, 9), (800, 20), score=[0.5, 7.0, np.nan]))


def test_pooled_fraction_is_that_of_the_summed_counts():
    (row,) = pool_calibrations(
        calibration_of(("a", 0.80, 300, 0.9, 0.03), ("b", 0.84, 100, 0.5, 0.08))
    ).to_dict("records")
    assert (row["n"], row["matched"], row["score"]) == pytest.approx((400, 0.8, 0.81))
    half = np.hypot(0.75 * 0.03, 0.25 * 0.08)
    assert (row["low"], row["high"]) == pytest.approx((0.8 - half, 0.8 + half))


def test_one_mosaic_is_its_own_pool():
    truth, detections = sky()
    alone = evaluated(truth, detections).assign(mosaic="m", finder="f")
    pooled = pool_calibrations(alone)
    expected = alone.sort_values(["region", "score_low"], ignore_index=True)[pooled.columns]
    pd.testing.assert_frame_equal(pooled, expected)


def test_verdict_counts_bins_that_agree_and_leaves_out_small_ones():
    rows = calibration_of(("a", 0.8, 300, 0.8, 0.03), ("a", 0.6, 100, 0.5, 0.05), ("a", 0.1, 4, 1.0, 0.0))
    rows["score_low"] = [0.75, 0.55, 0.05]
    assert calibration_verdict(pool_calibrations(rows)) == (
        "f, truth above SNR 2, 404 detections: the matched fraction agrees with the score in 1 of 2 bins, "
        "with a mean difference of 0.025."
    )


def test_verdict_on_a_handful_of_detections_is_that_they_are_too_few():
    assert "too few" in calibration_verdict(pool_calibrations(calibration_of(("a", 0.8, 4, 1, 0))))


def test_scores_are_calibrated_in_the_boxes_alone():
    rng = np.random.default_rng(3)
    n = 4000
    x, y = np.arange(n) * 10.0, np.full(n, 5.0)
    score = rng.random(n)
    real = (rng.random(n) < score**2) & (x < 30_000)
    detections = pd.DataFrame({"x": x, "y": y, "score": score})
    truth = pd.DataFrame({"x": x[real], "y": y[real], "apparent_total_flux": 3.0, "rms": 1.0})
    faint = truth.assign(x=truth["x"] + 1, apparent_total_flux=1.0)
    curve = calibrate_on_boxes(
        pd.concat([truth, faint]),
        detections,
        boxes=[[0, 10_000, 0, 10], [10_000, 30_000, 0, 10]],
        snr_min=2,
        radius_pixels=3,
    )
    assert (curve.n_detections, curve.n_matched) == (3000, real.sum())
    np.testing.assert_allclose(calibrate(curve, np.array([0.3, 0.6, 0.9])), [0.09, 0.36, 0.81], atol=0.04)
