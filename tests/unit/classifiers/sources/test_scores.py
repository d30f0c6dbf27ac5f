"""Who is taken for whom, and scores that are those of the obvious way."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score, precision_score, recall_score

from radiofind.classifiers.sources.matches import known_classes
from radiofind.classifiers.sources.scores import (
    COLUMNS,
    CONFUSION_COLUMNS,
    PAIR_COLUMNS,
    count_confusions,
    most_frequent,
    pair_classes,
    score_classes,
)
from radiofind.mosaics.box import parse_box
from radiofind.mosaics.regions import REGIONS, Area

NAMES = ("ss_agn", "fs_agn", "sfg")
SHAPE = (1000, 1000)
AREA = Area("m", SHAPE, parse_box("0:400,0:1000", SHAPE), parse_box("400:600,0:1000", SHAPE))
SHARED = {"classes": NAMES, "snr": [1, 5], "mosaic": "m", "finder": "f"}


def random_pairs(seed=1, n=900, right=0.8):
    rng = np.random.default_rng(seed)
    true = rng.choice(NAMES, n, p=[0.1, 0.1, 0.8])
    said = np.where(rng.uniform(size=n) < right, true, rng.choice([*NAMES, ""], n))
    pairs = {"region": rng.choice(REGIONS, n), "patch": rng.integers(0, 100, n)}
    return pd.DataFrame(pairs | {"snr_min": rng.choice([1.0, 5.0], n), "true": true, "predicted": said})


def scores_of(pairs, seed=0):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return score_classes(pairs, **SHARED, constant="sfg", rng=np.random.default_rng(seed))


def one(scores, metric, name="", region="test", snr=1):
    chosen = scores[(scores["region"] == region) & (scores["snr_min"] == snr)]
    chosen = chosen[(chosen["metric"] == metric) & (chosen["class"] == name)]
    assert len(chosen) == 1
    return chosen.iloc[0]


def tables():
    """Sources of known and unknown class in all regions; two of them near one truth."""
    x = np.array([50, 100, 150, 500, 700, 750, 800, 850.0])
    truth = pd.DataFrame({"truth_id": list("abcdefgh"), "x": x, "y": 500.0, "apparent_total_flux": 1.0})
    truth["class"] = ["sfg", "ss_agn", "", "fs_agn", "sfg", "sfg", "fs_agn", "sfg"]
    truth["snr"] = [9, 9, 9, 9, 9, 3, 9, 0.5]
    found = pd.DataFrame({"source_id": [*"ABCDEFGH", "I"], "x": [*(x + 1), 702.0], "y": 500.0})
    found = found.assign(apparent_total_flux=1.0, snr=9.0, peak_snr=9.0)
    found["class"] = ["sfg", "sfg", "sfg", "fs_agn", "sfg", "ss_agn", "", "sfg", "fs_agn"]
    return AREA.label(truth), AREA.label(found.iloc[::-1])


def test_pairs_are_the_sources_that_match_truth_of_known_class():
    pairs = pair_classes(*tables(), snr=[1, 5], radius_pixels=3)
    assert tuple(pairs.columns) == PAIR_COLUMNS
    told = pairs[pairs["snr_min"] == 1][["region", "true", "predicted"]].to_numpy().tolist()
    assert told == [
        ["train", "sfg", "sfg"],
        ["train", "ss_agn", "sfg"],
        ["validation", "fs_agn", "fs_agn"],
        ["test", "sfg", "sfg"],
        ["test", "sfg", "ss_agn"],
        ["test", "fs_agn", ""],
    ]
    assert pairs[pairs["snr_min"] == 5]["predicted"].tolist() == ["sfg", "sfg", "fs_agn", "sfg", ""]


def test_rows_are_those_of_the_catalogue_as_it_is_given():
    truth, found = tables()
    known = known_classes(truth, found, snr_min=1, radius_pixels=3)
    assert found.iloc[known["row"]]["source_id"].tolist() == list("ABDEFG")
    assert known["class"].tolist() == ["sfg", "ss_agn", "fs_agn", "sfg", "sfg", "fs_agn"]
    assert known["patch"].tolist() == [201, 202, 210, 214, 215, 216]
    assert known_classes(truth, found[:0], snr_min=1, radius_pixels=3).empty


def test_confusions_count_every_pair_once_and_have_all_rows():
    pairs = random_pairs()
    table = count_confusions(pairs, **SHARED)
    assert tuple(table.columns) == CONFUSION_COLUMNS
    assert len(table) == 3 * 2 * 3 * 4
    assert table["n"].sum() == len(pairs)
    for row in table.sample(20, random_state=1).to_dict("records"):
        chosen = [
            pair
            for pair in pairs.to_dict("records")
            if all(pair[key] == row[key] for key in ("region", "snr_min", "true", "predicted"))
        ]
        assert len(chosen) == row["n"]


def test_scores_are_those_of_scikit_learn():
    pairs = random_pairs()
    scores = scores_of(pairs)
    assert tuple(scores.columns) == COLUMNS
    assert not scores.duplicated(list(COLUMNS[:6])).any()
    for region in REGIONS:
        part = pairs[(pairs["region"] == region) & (pairs["snr_min"] == 5)]
        true, said = part["true"], part["predicted"]
        for metric, function in (("precision", precision_score), ("recall", recall_score), ("f1", f1_score)):
            expected = function(true, said, labels=list(NAMES), average=None)
            for name, value in zip(NAMES, expected, strict=True):
                assert one(scores, metric, name, region, 5)["value"] == pytest.approx(value)
        balanced = one(scores, "balanced_accuracy", region=region, snr=5)
        assert balanced["value"] == pytest.approx(
            np.mean(recall_score(true, said, labels=list(NAMES), average=None))
        )
        assert one(scores, "accuracy", region=region, snr=5)["value"] == pytest.approx(np.mean(true == said))
        constant = one(scores, "constant_accuracy", region=region, snr=5)
        assert constant["value"] == pytest.approx(np.mean(true == "sfg"))
        assert one(scores, "constant_balanced_accuracy", region=region, snr=5)["value"] == pytest.approx(
            1 / 3
        )


def test_counts_are_those_that_the_value_rests_on():
    pairs = random_pairs()
    scores, part = scores_of(pairs), pairs[(pairs["region"] == "test") & (pairs["snr_min"] == 1)]
    true, said = part["true"] == "sfg", part["predicted"] == "sfg"
    counts = [one(scores, metric, "sfg")["n"] for metric in ("recall", "precision", "f1")]
    assert counts == [true.sum(), said.sum(), (true | said).sum()]
    assert one(scores, "accuracy")["n"] == one(scores, "balanced_accuracy")["n"] == len(part)


@pytest.mark.slow
def test_intervals_hold_the_truth_as_often_as_they_say():
    held = {"recall": 0, "f1": 0, "balanced_accuracy": 0}
    large = random_pairs(999, 200_000).assign(region="test", snr_min=1.0)
    expected = scores_of(large)
    for seed in range(60):
        scores = scores_of(random_pairs(seed, 300).assign(region="test", snr_min=1.0), seed)
        for metric in held:
            name = "" if metric == "balanced_accuracy" else "ss_agn"
            row = one(scores, metric, name)
            held[metric] += row["low"] <= one(expected, metric, name)["value"] <= row["high"]
    assert min(held.values()) >= 52  # of 60; 57 are expected


def test_few_sources_that_are_all_right_are_not_sure():
    pairs = pd.DataFrame({"region": "test", "patch": [1, 2, 3, 4], "snr_min": 1.0})
    names = ["ss_agn", "ss_agn", "fs_agn", "sfg"]
    scores = scores_of(pairs.assign(true=names, predicted=names))
    recall, f1, balanced = (
        one(scores, "recall", "sfg"),
        one(scores, "f1", "sfg"),
        one(scores, "balanced_accuracy"),
    )
    assert (recall["value"], recall["high"]) == (1, 1)
    assert recall["low"] < 0.3
    assert f1["low"] == pytest.approx(2 * recall["low"] / (1 + recall["low"]))
    assert balanced["value"] == 1
    assert 0.3 < balanced["low"] < 0.7


def test_patches_are_drawn_whole():
    pairs = pd.DataFrame({"region": "test", "patch": np.repeat(np.arange(20), 50), "snr_min": 1.0})
    said = np.where(pairs["patch"] % 2 == 0, "sfg", "ss_agn")
    together = one(scores_of(pairs.assign(true="sfg", predicted=said)), "recall", "sfg")
    apart = pairs.assign(patch=np.arange(1000), true="sfg", predicted=said)
    alone = one(scores_of(apart), "recall", "sfg")
    assert together["high"] - together["low"] > 5 * (alone["high"] - alone["low"])


def test_a_class_that_is_not_there_is_undefined_and_does_not_count():
    pairs = pd.DataFrame({"region": "test", "patch": range(8), "snr_min": 1.0})
    pairs = pairs.assign(
        true=["sfg"] * 4 + ["ss_agn"] * 4, predicted=["sfg"] * 4 + ["ss_agn", "", "sfg", "sfg"]
    )
    scores = scores_of(pairs)
    missing = one(scores, "recall", "fs_agn")
    assert np.isnan(missing[["value", "low", "high"]].astype(float)).all()
    assert missing["n"] == 0
    assert one(scores, "balanced_accuracy")["value"] == pytest.approx((1 + 1 / 4) / 2)
    assert one(scores, "constant_balanced_accuracy")["value"] == 0.5


def test_without_pairs_all_rows_are_there():
    pairs = random_pairs()
    empty = scores_of(pairs[:0])
    assert empty["value"].isna().all()
    assert (empty["n"] == 0).all()
    keys = list(COLUMNS[:6])
    assert empty[keys].equals(scores_of(pairs)[keys])
    assert (count_confusions(pairs[:0], **SHARED)["n"] == 0).all()


def test_the_constant_answer_is_the_most_frequent_class():
    assert most_frequent({"ss_agn": 3, "fs_agn": 1, "sfg": 99}) == "sfg"
    assert most_frequent({"ss_agn": 3, "fs_agn": 3, "sfg": 1}) == "ss_agn"
