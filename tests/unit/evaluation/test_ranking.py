"""Scores of several mosaics together, and the verdict on them."""

import numpy as np
import pandas as pd
import pytest

from radiofind.evaluation.metrics import COLUMNS, CURVE_COLUMNS
from radiofind.evaluation.ranking import (
    class_completeness,
    pool,
    pool_fractions,
    rank,
    scored_region,
    verdict,
)


def score(mosaic="m", finder="f", n_truth=100, n_detections=50, n_matched=40, half=0.05, **other):
    """One row of scores whose fractions follow from its counts."""
    f1 = 2 * n_matched / (n_truth + n_detections) if n_truth + n_detections else np.nan
    row = {"mosaic": mosaic, "finder": finder, "region": "test", "metric": "one_to_one", "cut": "tuned"}
    row |= {"cut_value": 3.0, "snr_min": 5.0, "class": "all", "n_truth": n_truth, "n_matched": n_matched}
    row |= {"n_detections": n_detections, "chance_matches": 1.5, "f1": f1}
    row |= {"f1_low": f1 - half, "f1_high": f1 + half}
    row |= {"completeness": n_matched / n_truth if n_truth else np.nan}
    return row | {"reliability": n_matched / n_detections if n_detections else np.nan} | other


def scores_of(*rows):
    return pd.DataFrame(rows, columns=list(COLUMNS))


def sentences(*rows):
    return [verdict(ranking) for ranking in rank(pool(scores_of(*rows)))]


def test_pooled_fractions_come_from_summed_counts():
    pooled = pool(scores_of(score("a"), score("b", n_truth=300, n_detections=150, n_matched=60))).iloc[0]
    assert (pooled["n_truth"], pooled["n_detections"], pooled["n_matched"]) == (400, 200, 100)
    assert (pooled["completeness"], pooled["reliability"]) == (0.25, 0.5)
    assert pooled["f1"] == pytest.approx(200 / 600)
    assert pooled["chance_matches"] == 3 and pooled["n_mosaics"] == 2


def test_one_mosaic_keeps_its_interval():
    pooled = pool(scores_of(score(f1_low=0.5, f1_high=0.55))).iloc[0]
    assert (pooled["f1_low"], pooled["f1_high"]) == pytest.approx((0.5, 0.55))


def test_half_widths_of_equal_mosaics_shrink_with_the_root_of_their_number():
    pooled = pool(scores_of(*[score(name, half=0.1) for name in "abcd"])).iloc[0]
    assert pooled["f1_high"] - pooled["f1"] == pytest.approx(0.05)


def test_pooled_interval_is_that_of_simulated_mosaics():
    rng = np.random.default_rng(3)
    n_rows, fraction = np.array([200, 600]), np.array([0.4, 0.7])
    drawn = rng.binomial(n_rows, fraction, size=(20_000, 2))
    half = 1.96 * np.sqrt(fraction * (1 - fraction) / n_rows)
    rows = [
        score(str(i), n_truth=n / 2, n_detections=n / 2, n_matched=f * n / 2, half=h)
        for i, (n, f, h) in enumerate(zip(n_rows, fraction, half, strict=True))
    ]
    low, high = np.percentile(drawn.sum(axis=1) / n_rows.sum(), [2.5, 97.5])
    pooled = pool(scores_of(*rows)).iloc[0]
    assert (pooled["f1_low"], pooled["f1_high"]) == pytest.approx((low, high), abs=0.003)


def test_mosaic_without_rows_does_not_spoil_the_interval():
    empty = score("b", n_truth=0, n_detections=0, n_matched=0)
    pooled = pool(scores_of(score("a"), empty)).iloc[0]
    assert pooled["f1_high"] - pooled["f1"] == pytest.approx(0.05)


def test_unknown_interval_of_one_mosaic_makes_the_pooled_one_unknown():
    pooled = pool(scores_of(score("a"), score("b", f1_low=np.nan, f1_high=np.nan))).iloc[0]
    assert np.isnan(pooled["f1_low"]) and np.isfinite(pooled["f1"])


def test_legacy_is_not_pooled_and_no_scores_pool_to_none():
    assert pool(scores_of(score(metric="legacy"))).empty
    assert pool(scores_of()).empty


@pytest.mark.parametrize(
    ("regions", "expected"),
    [(["train", "validation", "test"], "test"), (["train", "validation"], "validation"), ([], "")],
)
def test_region_falls_back_to_what_has_truth(regions, expected):
    empty = [score(region=region, n_truth=0, n_matched=0) for region in ("train", "validation", "test")]
    assert scored_region(scores_of(*empty, *[score(region=region) for region in regions])) == expected


def test_verdict_names_the_best_and_another_finder():
    rows = [
        score(finder="a", n_matched=30),
        score(finder="b", n_matched=45),
        score(finder="b", n_matched=44, cut="as_found"),
    ]
    assert sentences(*rows) == [
        "SNR > 5: b (tuned) is best with F1 0.600 (0.550–0.650), "
        "ahead of a (tuned) with 0.400 (0.350–0.450); the intervals do not overlap."
    ]


def test_verdict_says_that_intervals_overlap_or_are_not_known():
    assert sentences(score(finder="a"), score(finder="b", n_matched=41))[0].endswith(
        "; the intervals overlap."
    )
    unknown = score(finder="b", n_matched=41, f1_low=np.nan, f1_high=np.nan)
    assert sentences(score(finder="a"), unknown)[0].endswith("may be chance.")


def test_verdict_on_a_single_finder_a_tie_and_no_match():
    assert sentences(score())[0].endswith("no other finder was compared.")
    assert "are equal" in sentences(score(finder="a"), score(finder="b"))[0]
    assert sentences(score(n_matched=0))[0] == "SNR > 5: no finder matched a source."


def test_finder_that_leaves_out_a_mosaic_cannot_win():
    rows = [score("a", finder="x"), score("b", finder="x"), score("a", finder="y", n_matched=45)]
    assert sentences(*rows)[0].startswith("SNR > 5: x (tuned) has")


def test_completeness_of_classes_leaves_out_those_without_truth():
    rows = [
        score(**{"class": "sfg"}, n_detections=np.nan),
        score(**{"class": "fs_agn"}, n_truth=0, n_matched=0, n_detections=np.nan),
        score(),
    ]
    table = class_completeness(pool(scores_of(*rows)))
    assert (table["sfg"].item(), table["n_sfg"].item()) == (0.4, 100)
    assert np.isnan(table["fs_agn"].item())
    assert class_completeness(pool(scores_of(score()))).empty


def test_curves_of_mosaics_are_summed():
    rows = [
        (mosaic, "f", "test", "tuned", "completeness", 1.0, 2.0, n, value, 0.0, 1.0)
        for mosaic, n, value in (("a", 10, 0.5), ("b", 30, 0.9), ("b", 7, 1.0))
    ]
    rows[2] = (*rows[2][:5], 2.0, 4.0, *rows[2][7:])
    curves = pool_fractions(pd.DataFrame(rows, columns=list(CURVE_COLUMNS)))
    assert curves["n"].tolist() == [40, 7] and curves["value"].tolist() == [0.8, 1.0]
    assert (curves["low"] < curves["value"]).all() and (curves["high"] <= 1).all()
    assert pool_fractions(pd.DataFrame(columns=list(CURVE_COLUMNS))).empty
