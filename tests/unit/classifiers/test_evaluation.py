"""Scores of classifiers, checked by scikit-learn and by slow obvious loops."""

import time

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student
from sklearn import metrics

from radiofind.classifiers import evaluation
from radiofind.classifiers.cutouts import Cutouts
from radiofind.classifiers.evaluation import (
    CONFUSION,
    METRICS,
    confusion_of,
    reliability_points,
    roc_points,
    score_members,
)
from radiofind.classifiers.predictions import PREDICTIONS, tabulate_predictions, with_ensemble

CLASSES = ("compact", "FRI", "FRII")


def cutouts_of(label, *, classes=CLASSES, group=None):
    n = len(label)
    name = np.array([f"J{place:04d}" for place in range(n)], dtype=object)
    group = name if group is None else np.array(group, dtype=object)
    image, split = np.zeros((n, 4, 4), "float32"), np.full(n, "test", dtype=object)
    rms = np.ones(n, "float32")
    return Cutouts(image, np.array(label, "uint8"), split, group, name, rms, classes, 1.8)


def softmax(values):
    powers = np.exp(values - values.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def predictions_of(n=120, *, members=("seed1", "seed2", "seed3"), classes=CLASSES, skill=1.0, label=None):
    """Predictions that are right now and then; two in three cutouts have a copy in their group."""
    rng = np.random.default_rng(5)
    label = rng.integers(0, len(classes), n) if label is None else label
    cutouts = cutouts_of(label, classes=classes, group=[f"g{place // 3}" for place in range(n)])
    tables = [
        tabulate_predictions(
            cutouts,
            softmax(rng.normal(size=(n, len(classes))) + skill * np.eye(len(classes))[label]),
            rows=np.arange(n),
            member=member,
        )
        for member in members
    ]
    return pd.concat(tables, ignore_index=True)


def folds_of(seeds=(1, 2), n=40):
    """Predictions of two folds, each of which has one half of the cutouts as its test."""
    whole = predictions_of(n, members=[f"seed{seed}-fold{fold}" for seed in seeds for fold in (1, 2)])
    fold = whole["member"].str[-1].astype(int)
    return whole[whole["row"] % 2 == fold - 1].reset_index(drop=True)


def probabilities(rows, classes=CLASSES):
    return rows[[f"probability_{name}" for name in classes]].to_numpy()


def value(scores, member, metric, name="", column="value"):
    chosen = scores[(scores["member"] == member) & (scores["metric"] == metric) & (scores["class"] == name)]
    assert len(chosen) == 1
    return chosen[column].iloc[0]


def slow_calibration_error(confidence, correct):
    """Cutouts in order of confidence, cut into ten equal parts."""
    parts = np.array_split(np.argsort(confidence), 10)
    return sum(abs(confidence[part].mean() - correct[part].mean()) * len(part) for part in parts) / len(
        correct
    )


def test_columns_and_members_are_those_of_the_house():
    scores = score_members(predictions_of(), seed=1, dataset="galaxies", network="default")
    assert tuple(scores.columns) == METRICS
    assert list(scores["member"].unique()) == ["seed1", "seed2", "seed3", "mean", "ensemble"]
    assert set(scores["dataset"]) == {"galaxies"} and set(scores["network"]) == {"default"}
    assert tuple(predictions_of().columns[: len(PREDICTIONS)]) == PREDICTIONS


def test_values_are_those_of_scikit_learn():
    predictions = predictions_of()
    scores = score_members(predictions, seed=1)
    for member, rows in with_ensemble(predictions).groupby("member"):
        true, predicted = rows["class"], rows["predicted"]
        found = metrics.precision_recall_fscore_support(true, predicted, labels=CLASSES, zero_division=0)
        for metric, values in zip(("precision", "recall", "f1"), found, strict=False):
            for name, expected in zip(CLASSES, values, strict=True):
                assert value(scores, member, metric, name) == pytest.approx(expected)
            assert value(scores, member, f"macro_{metric}") == pytest.approx(values.mean())
        areas = [metrics.roc_auc_score(true == name, rows[f"probability_{name}"]) for name in CLASSES]
        for name, expected in zip(CLASSES, areas, strict=True):
            assert value(scores, member, "roc_auc", name) == pytest.approx(expected)
        assert value(scores, member, "roc_auc") == pytest.approx(np.mean(areas))
        assert value(scores, member, "accuracy") == pytest.approx(metrics.accuracy_score(true, predicted))


def test_calibration_error_is_that_of_ten_bins_of_equal_counts():
    predictions = predictions_of()
    scores = score_members(predictions, seed=1)
    for member, rows in with_ensemble(predictions).groupby("member"):
        correct = (rows["class"] == rows["predicted"]).to_numpy(float)
        expected = slow_calibration_error(probabilities(rows).max(axis=1), correct)
        assert value(scores, member, "calibration_error") == pytest.approx(expected)


def test_equal_probabilities_count_half_in_the_area_and_share_a_bin():
    predictions = predictions_of(60, members=("seed1",))
    columns = [f"probability_{name}" for name in CLASSES]
    predictions[columns] = np.array([[0.5, 0.25, 0.25], [0.2, 0.6, 0.2]])[np.arange(60) % 2]
    predictions["predicted"] = np.array(CLASSES)[np.arange(60) % 2]
    scores = score_members(predictions, seed=1)
    for name in CLASSES:
        expected = metrics.roc_auc_score(predictions["class"] == name, predictions[f"probability_{name}"])
        assert value(scores, "seed1", "roc_auc", name) == pytest.approx(expected)
    correct = predictions["class"] == predictions["predicted"]
    gaps = [correct[np.arange(60) % 2 == place].mean() - peak for place, peak in enumerate((0.5, 0.6))]
    assert value(scores, "seed1", "calibration_error") == pytest.approx(np.abs(gaps).mean())


def test_bootstrap_draws_whole_groups(monkeypatch):
    monkeypatch.setattr(evaluation, "RESAMPLES", 200)
    rows = predictions_of(90, members=("seed1",))
    scores = score_members(rows, seed=7)
    names, place = np.unique(rows["group"], return_inverse=True)
    draws = np.random.default_rng(7).multinomial(len(names), np.full(len(names), 1 / len(names)), 200)
    confidence, correct = (
        probabilities(rows).max(axis=1),
        (rows["class"] == rows["predicted"]).to_numpy(float),
    )
    edges = np.quantile(confidence, np.arange(1, 10) / 10)
    bins = np.searchsorted(edges, confidence)
    found = {name: [] for name in ("recall", "precision", "macro_f1", "roc_auc", "accuracy", "error")}
    for draw in draws:
        drawn = np.repeat(np.arange(len(rows)), draw[place])
        true, predicted = rows["class"].to_numpy()[drawn], rows["predicted"].to_numpy()[drawn]
        per_class = metrics.precision_recall_fscore_support(true, predicted, labels=CLASSES, zero_division=0)
        found["precision"].append(per_class[0][1])
        found["recall"].append(per_class[1][1])
        found["macro_f1"].append(per_class[2].mean())
        found["roc_auc"].append(
            metrics.roc_auc_score(true == "FRI", rows["probability_FRI"].to_numpy()[drawn])
        )
        found["accuracy"].append(np.mean(true == predicted))
        gaps = [np.sum((confidence - correct)[drawn][bins[drawn] == number]) for number in range(10)]
        found["error"].append(np.abs(gaps).sum() / len(drawn))
    error = np.array(found.pop("error"))
    found["calibration_error"] = error - error.mean() + value(scores, "seed1", "calibration_error")
    for metric, values in found.items():
        name = "FRI" if metric in ("precision", "recall", "roc_auc") else ""
        low, high = np.percentile(values, (2.5, 97.5))
        assert value(scores, "seed1", metric, name, "low") == pytest.approx(max(low, 0))
        assert value(scores, "seed1", metric, name, "high") == pytest.approx(high)


def test_copies_of_an_object_do_not_make_the_interval_narrower():
    once = predictions_of(60, members=("seed1",)).assign(group=lambda rows: rows["name"])
    copied = pd.concat([once] * 4, ignore_index=True)
    narrow = score_members(copied.assign(group=copied.index.astype(str)), seed=1)
    scores = [score_members(rows.assign(row=range(len(rows))), seed=1) for rows in (once, copied)]
    widths = [
        value(table, "seed1", "accuracy", column="high") - value(table, "seed1", "accuracy", column="low")
        for table in (*scores, narrow)
    ]
    assert widths[0] == pytest.approx(widths[1])
    assert widths[2] < 0.7 * widths[0]


def test_samples_taken_in_parts_are_the_same(monkeypatch):
    whole = score_members(predictions_of(), seed=3)
    monkeypatch.setattr("radiofind.classifiers.evaluation.MOST_AT_ONCE", 1000)
    pd.testing.assert_frame_equal(whole, score_members(predictions_of(), seed=3))


def test_scores_are_the_same_for_the_same_seed_only():
    first, again, other = (score_members(predictions_of(), seed=seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(first, again)
    assert not first["low"].equals(other["low"])


def test_mean_has_the_interval_of_student():
    scores = score_members(predictions_of(), seed=1)
    values = [value(scores, f"seed{seed}", "accuracy") for seed in (1, 2, 3)]
    half = student.ppf(0.975, 2) * np.std(values, ddof=1) / np.sqrt(3)
    assert value(scores, "mean", "accuracy") == pytest.approx(np.mean(values))
    assert value(scores, "mean", "accuracy", column="low") == pytest.approx(np.mean(values) - half)
    assert value(scores, "mean", "accuracy", column="high") == pytest.approx(np.mean(values) + half)
    assert value(scores, "mean", "accuracy", column="n") == 3


def test_mean_of_one_member_has_no_interval():
    scores = score_members(predictions_of(members=("seed1",)), seed=1)
    mean = scores[scores["member"] == "mean"]
    assert mean["low"].isna().all() and mean["high"].isna().all() and mean["value"].notna().all()


def test_members_of_one_fold_count_as_one_value():
    scores = score_members(folds_of(), seed=1)
    values = [
        np.mean([value(scores, f"seed{seed}-fold{fold}", "accuracy") for seed in (1, 2)]) for fold in (1, 2)
    ]
    half = student.ppf(0.975, 1) * np.std(values, ddof=1) / np.sqrt(2)
    assert value(scores, "mean", "accuracy", column="n") == 2
    assert value(scores, "mean", "accuracy") == pytest.approx(np.mean(values))
    low = value(scores, "mean", "accuracy", column="low")
    assert low == pytest.approx(max(np.mean(values) - half, 0))


def test_ensemble_averages_the_members_of_each_fold_and_pools_the_folds():
    predictions = folds_of()
    ensemble = with_ensemble(predictions).query("member == 'ensemble'")
    assert sorted(ensemble["row"]) == list(range(40))
    for _, row in ensemble.iterrows():
        of_row = predictions[predictions["row"] == row["row"]]
        assert len(of_row) == 2
        mean = probabilities(of_row).mean(axis=0)
        assert row[[f"probability_{name}" for name in CLASSES]].to_numpy(float) == pytest.approx(mean)
        assert row["predicted"] == CLASSES[mean.argmax()] and row["class"] == of_row["class"].iloc[0]
    assert value(score_members(predictions, seed=1), "ensemble", "accuracy", column="n") == 40


def test_ensemble_of_an_ensemble_is_itself():
    once = with_ensemble(predictions_of())
    pd.testing.assert_frame_equal(once, with_ensemble(once))


def test_members_must_tell_of_the_same_cutouts():
    predictions = predictions_of().drop(index=125)
    with pytest.raises(ValueError, match="cutout 5 .* 2 instead of 3 members$"):
        with_ensemble(predictions)


def test_only_test_cutouts_are_scored():
    predictions = predictions_of()
    other = predictions.assign(split="valid", predicted="FRI", row=predictions["row"] + 1000)
    both = pd.concat([predictions, other], ignore_index=True)
    pd.testing.assert_frame_equal(score_members(both, seed=1), score_members(predictions, seed=1))
    pd.testing.assert_frame_equal(confusion_of(both), confusion_of(predictions))


def test_class_without_test_cutouts_is_unknown_and_left_out_of_the_averages():
    label = np.arange(60) % 2
    predictions = predictions_of(60, label=label, skill=2.0)
    scores = score_members(predictions, seed=1)
    assert (predictions["predicted"] == "FRII").any()
    for metric in ("precision", "recall", "f1", "roc_auc"):
        of_class = scores[(scores["metric"] == metric) & (scores["class"] == "FRII")]
        assert of_class[["value", "low", "high"]].isna().all(axis=None) and set(of_class["n"]) == {0}
        macro = value(scores, "seed1", metric if metric == "roc_auc" else f"macro_{metric}")
        known = [value(scores, "seed1", metric, name) for name in CLASSES[:2]]
        assert macro == pytest.approx(np.mean(known))


def test_one_class_alone_has_no_area():
    scores = score_members(predictions_of(9, label=np.zeros(9, int)), seed=1)
    areas = scores[scores["metric"] == "roc_auc"]
    assert areas["value"].isna().all() and value(scores, "seed1", "accuracy") >= 0
    assert roc_points(predictions_of(9, label=np.zeros(9, int))).empty


def test_class_that_is_never_predicted_has_no_precision_to_boast_of():
    predictions = predictions_of(members=("seed1",))
    columns = [f"probability_{name}" for name in CLASSES]
    predictions[columns], predictions["predicted"] = [0.6, 0.2, 0.2], "compact"
    scores = score_members(predictions, seed=1)
    assert value(scores, "seed1", "precision", "FRI") == value(scores, "seed1", "f1", "FRI") == 0
    assert value(scores, "seed1", "recall", "compact") == 1


def test_perfect_answers_are_not_certain():
    label = np.arange(30) % 3
    predictions = predictions_of(30, label=label, skill=50.0, members=("seed1",))
    scores = score_members(predictions, seed=1)
    assert value(scores, "seed1", "recall", "FRI") == 1
    assert value(scores, "seed1", "recall", "FRI", "low") == pytest.approx(0.7225, abs=1e-3)
    assert value(scores, "seed1", "accuracy", column="low") == pytest.approx(0.8865, abs=1e-3)
    assert value(scores, "seed1", "calibration_error", column="high") == pytest.approx(0, abs=1e-12)


def test_value_lies_in_its_interval():
    scores = score_members(predictions_of(), seed=1)
    assert ((scores["low"] <= scores["value"]) & (scores["value"] <= scores["high"])).all()
    assert scores["low"].min() >= 0 and scores["high"].max() <= 1


def test_empty_test_gives_tables_with_all_columns():
    empty = predictions_of().iloc[:0]
    assert tuple(score_members(empty, seed=1).columns) == METRICS
    assert tuple(confusion_of(empty).columns) == CONFUSION
    assert len(score_members(empty, seed=1)) == len(confusion_of(empty)) == len(with_ensemble(empty)) == 0
    assert reliability_points(empty).empty and roc_points(empty).empty


def test_confusion_counts_each_pair_of_classes():
    predictions = predictions_of()
    confusion = confusion_of(predictions)
    pairs = [(true, predicted) for true in CLASSES for predicted in CLASSES]
    for member, rows in with_ensemble(predictions).groupby("member"):
        matrix = metrics.confusion_matrix(rows["class"], rows["predicted"], labels=CLASSES)
        found = confusion[confusion["member"] == member].set_index(["true", "predicted"])["n"]
        assert found[pairs].tolist() == matrix.ravel().tolist()
    assert len(confusion) == 4 * 9


def test_area_under_the_roc_points_is_the_score():
    predictions = predictions_of(members=("seed1",))
    scores, points = score_members(predictions, seed=1), roc_points(predictions)
    for name, curve in points.groupby("class"):
        area = np.trapezoid(curve["true_positive_rate"], curve["false_positive_rate"])
        assert area == pytest.approx(value(scores, "seed1", "roc_auc", name))


def test_reliability_points_hold_all_cutouts_and_give_the_calibration_error():
    predictions = predictions_of(members=("seed1",))
    points = reliability_points(predictions)
    assert len(points) == 10 and points["n"].sum() == 120 and points["n"].between(11, 13).all()
    error = ((points["confidence"] - points["correct"]).abs() * points["n"]).sum() / 120
    assert error == pytest.approx(value(score_members(predictions, seed=1), "seed1", "calibration_error"))
    assert ((points["low"] < points["correct"]) | (points["correct"] == 0)).all()


@pytest.mark.parametrize("n_classes", [2, 6])
def test_any_number_of_classes(n_classes):
    classes = tuple(f"class {place}" for place in range(n_classes))
    scores = score_members(predictions_of(classes=classes), seed=1)
    assert set(scores["class"]) == {"", *classes} and scores["value"].notna().all()


def test_scores_come_in_less_than_two_seconds():
    predictions = predictions_of(200, members=("seed1", "seed2", "seed3", "seed4"))
    start = time.process_time()
    score_members(predictions, seed=1)
    assert time.process_time() - start < 2


def test_probabilities_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"seed1 .*\(2, 4\) instead of \(2, 3\)"):
        tabulate_predictions(cutouts_of([0, 1]), np.full((2, 4), 0.25), rows=np.arange(2), member="seed1")


@pytest.mark.parametrize("wrong", [[0.5, 0.5, 0.5], [np.nan, 0.5, 0.5], [1.5, -0.5, 0.0]])
def test_probabilities_that_are_none_are_refused(wrong):
    probability = np.array([[1.0, 0, 0], wrong])
    with pytest.raises(ValueError, match="seed1 for cutout 1"):
        tabulate_predictions(cutouts_of([0, 1]), probability, rows=np.arange(2), member="seed1")


def test_predictions_tell_of_the_chosen_cutouts():
    cutouts = cutouts_of([0, 1, 2])
    table = tabulate_predictions(
        cutouts, np.array([[0.1, 0.2, 0.7], [0.8, 0.1, 0.1]]), rows=np.array([2, 1]), member="seed1"
    )
    assert table["name"].tolist() == ["J0002", "J0001"] and table["class"].tolist() == ["FRII", "FRI"]
    assert table["predicted"].tolist() == ["FRII", "compact"] and table["label"].tolist() == [2, 1]


def test_ensemble_is_the_mean_of_three_members():
    predictions = predictions_of(12)
    ensemble = with_ensemble(predictions).query("member == 'ensemble'").sort_values("row")
    parts = [probabilities(rows) for _, rows in predictions.groupby("member")]
    np.testing.assert_allclose(probabilities(ensemble), np.mean(parts, axis=0))
