"""The rule of the ConvoSource code, with its faults."""

import numpy as np
import pytest

from radiofind.evaluation.legacy import legacy_score

SHAPE = (200, 150)


def slow_score(truth_xy, truth_class, detection_xy, shape, wanted):
    """Maps and loops over patches, as papers.md 1.5 tells it; counts TP, FP, FN."""
    truth_map = np.full(shape, "", dtype="U10")
    for (x, y), name in zip(truth_xy, truth_class, strict=True):
        truth_map[round(y), round(x)] = name
    on_map = np.zeros(shape, bool)
    for x, y in detection_xy:
        on_map[round(y), round(x)] = True
    tp = fp = fn = 0
    for y0 in range(0, shape[0], 50):
        for x0 in range(0, shape[1], 50):
            names = truth_map[y0 : y0 + 50, x0 : x0 + 50]
            truth = np.argwhere(names != "" if wanted == "all" else names == wanted)
            on = np.argwhere(on_map[y0 : y0 + 50, x0 : x0 + 50])
            located = [p for i, p in enumerate(on) if i == 0 or round(np.hypot(*(p - on[i - 1]))) > 1]
            if len(truth) == 0 or not located:
                continue
            pairs = sum(round(np.hypot(*(p - t))) < 3 for p in located for t in truth)
            tp += pairs
            fn += max(0, len(truth) - len(located))
            fp += max(0, len(on) - pairs) + max(0, len(located) - len(truth))
    return tp, fp, fn


def random_sky(seed, n_truth=120, n_found=90):
    rng = np.random.default_rng(seed)
    truth, found = (rng.uniform(0, [149, 199], (n, 2)) for n in (n_truth, n_found))
    found[: n_found // 2] = truth[: n_found // 2] + rng.normal(0, 1, (n_found // 2, 2)).clip(-2, 2)
    return truth, rng.choice(["ss_agn", "fs_agn", "sfg"], n_truth), np.clip(found, 0, [149, 199])


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("wanted", ["all", "ss_agn", "sfg"])
def test_counts_are_those_of_the_obvious_way(seed, wanted):
    truth, classes, found = random_sky(seed)
    score = legacy_score(truth, classes, found, shape=SHAPE, wanted=wanted)
    assert (score.tp, score.fp, score.fn) == slow_score(truth, classes, found, SHAPE, wanted)
    assert score.precision == pytest.approx(score.tp / (score.tp + score.fp + 1e-5))
    assert score.recall == pytest.approx(score.tp / (score.tp + score.fn + 1e-5))


def score_of(truth, found, classes=None, wanted="all"):
    truth, found = (
        np.reshape(np.asarray(truth, float), (-1, 2)),
        np.reshape(np.asarray(found, float), (-1, 2)),
    )
    return legacy_score(truth, classes or ["sfg"] * len(truth), found, shape=SHAPE, wanted=wanted)


def test_one_detection_counts_for_each_truth_near_it():
    score = score_of([[10, 10], [12, 10], [10, 12]], [[10, 10]])
    assert (score.tp, score.fn, score.n_detections) == (3, 2, 1)


def test_pairs_count_up_to_a_rounded_distance_of_two():
    assert score_of([[10, 10]], [[12, 11]]).tp == 1
    assert score_of([[10, 10]], [[12, 12]]).tp == 0


def test_pairs_across_a_patch_border_do_not_count():
    assert score_of([[49, 10]], [[50, 10]]).tp == 0


def test_missed_sources_in_a_patch_without_detections_are_forgotten():
    score = score_of([[10, 10], [60, 60]], [[10, 10]])
    assert (score.tp, score.fp, score.fn, score.n_truth) == (1, 0, 0, 2)


def test_detections_in_a_patch_without_truth_are_forgotten():
    score = score_of([[10, 10]], [[10, 10], [60, 60]])
    assert (score.tp, score.fp, score.n_detections) == (1, 0, 1)


def test_neighbouring_pixels_are_one_source_only_along_the_raster():
    assert score_of([[10, 10]], [[10, 10], [11, 10]]).tp == 1
    beside_in_the_next_row = score_of([[10, 10]], [[10, 10], [30, 10], [10, 11]])
    assert (beside_in_the_next_row.tp, beside_in_the_next_row.fp) == (2, 1 + 2)


def test_of_truth_on_one_pixel_the_last_counts():
    assert score_of([[10, 10], [10.2, 10]], [[10, 10]], ["sfg", "ss_agn"], "sfg").n_truth == 0
    assert score_of([[10, 10], [10.2, 10]], [[10, 10]], ["sfg", "ss_agn"], "ss_agn").tp == 1


def test_random_points_reach_a_high_recall_and_rare_classes_a_recall_of_one():
    rng = np.random.default_rng(3)
    truth, found = rng.uniform(0, [149, 199], (280, 2)), rng.uniform(0, [149, 199], (280, 2))
    classes = ["ss_agn"] * 5 + ["sfg"] * 275
    assert 0.4 < legacy_score(truth, classes, found, shape=SHAPE, wanted="all").recall < 0.8
    assert legacy_score(truth, classes, found, shape=SHAPE, wanted="ss_agn").fn == 0


def test_without_truth_the_score_is_undefined_and_without_detections_zero():
    none = score_of([], [[10, 10]])
    assert np.isnan([none.precision, none.recall, none.f1]).all()
    missed = score_of([[10, 10]], [])
    assert (missed.n_truth, missed.precision, missed.recall, missed.f1) == (1, 0, 0, 0)
