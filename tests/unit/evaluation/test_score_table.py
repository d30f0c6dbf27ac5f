"""The scores as text: totals over the mosaics, on one screen."""

import pandas as pd
import pytest

from radiofind.evaluation.metrics import COLUMNS
from radiofind.evaluation.score_table import LEGEND, NO_TRUTH, SHOWN, score_table

HEADINGS = [label for label, _ in SHOWN.values()]


def scores(**changes):
    row = dict.fromkeys(COLUMNS, 0.5) | {"mosaic": "m", "finder": "f", "cut": "tuned", "snr_min": 2}
    row |= {"region": "test", "metric": "one_to_one", "class": "all", "chance_matches": 1.0}
    row |= {"n_truth": 10, "n_detections": 6, "n_matched": 4, "f1": 0.5, "f1_low": 0.4, "f1_high": 0.6}
    return {**row, **changes}


def table_of(*rows):
    """The title, and the rows of the table by heading."""
    title, head, *lines = score_table(pd.DataFrame(rows)).removesuffix(LEGEND).splitlines()
    assert head.split() == HEADINGS
    return title, [dict(zip(HEADINGS, line.split(), strict=True)) for line in lines if line]


def test_only_one_to_one_scores_of_all_classes_in_test_regions_are_shown():
    others = [{"region": "train"}, {"metric": "random"}, {"metric": "legacy"}, {"class": "sfg"}]
    title, (row,) = table_of(scores(), *[scores(**other) for other in others])
    assert title.startswith("Test regions of m,")
    values = ["2", "f", "tuned", "10", "6", "4", "1", "0.400", "0.667", "0.500", "0.400", "0.600"]
    assert list(row.values()) == values


def test_counts_are_summed_over_mosaics_and_fractions_are_those_of_the_sums():
    other = {"n_truth": 30, "n_detections": 34, "n_matched": 26, "f1": 52 / 64, "chance_matches": 2.0}
    title, (row,) = table_of(scores(), scores(mosaic="n", **other, f1_low=0.75, f1_high=0.85))
    assert title.startswith("Test regions of 2 mosaics together,")
    assert [row[name] for name in ("truth", "detected", "matched", "chance")] == ["40", "40", "30", "3"]
    assert row["complete"] == row["reliable"] == row["F1"] == "0.750"
    assert 0.65 < float(row["low"]) < 0.75 < float(row["high"]) < 0.85


def test_the_best_finder_comes_first_at_each_snr():
    rows = [("a", 5, 1), ("b", 5, 6), ("a", 1, 3), ("b", 1, 2), ("c", 1, 0)]
    _, table = table_of(*[scores(finder=finder, snr_min=snr, n_matched=n) for finder, snr, n in rows])
    assert [row["finder"] + row["SNR"] for row in table] == ["a1", "b1", "c1", "b5", "a5"]


def test_the_tuned_cut_is_shown_where_all_mosaics_have_one():
    found = scores(cut="as_found", n_matched=2)
    _, rows = table_of(found, scores(), found | {"finder": "g"})
    assert [(row["finder"], row["matched"]) for row in rows if row["cut"] == "tuned"] == [("f", "4")]
    text = score_table(pd.DataFrame([found, scores(), found | {"mosaic": "n"}]))
    assert "tuned " not in text.removesuffix(LEGEND) and "as_found" in text.removesuffix(LEGEND)


def test_a_finder_that_lacks_a_mosaic_says_so():
    text = score_table(pd.DataFrame([scores(), scores(mosaic="n"), scores(finder="g")]))
    assert "g (1 mosaics)" in text and "f (" not in text


@pytest.mark.parametrize("n_mosaics", [1, 20])
def test_a_normal_run_fits_on_one_screen(n_mosaics):
    rows = [
        scores(mosaic=f"m{number}", finder=finder, cut=cut, snr_min=snr, n_truth=12345, n_detections=23456)
        for number in range(n_mosaics)
        for finder in ("pybdsf", "peaks", "convosource", "combined")
        for cut in ("as_found", "tuned")
        for snr in (1, 2, 5)
    ]
    lines = score_table(pd.DataFrame(rows)).splitlines()
    assert len(lines) <= 24 and max(map(len, lines)) <= 100


def test_without_truth_it_says_so():
    assert score_table(pd.DataFrame(columns=COLUMNS)) == NO_TRUTH


def test_a_part_of_a_survey_is_announced():
    first, *rest = score_table(pd.DataFrame([scores()]), only={"m": "0:50,0:60"}).splitlines()
    assert "m 0:50,0:60" in first
    assert rest == score_table(pd.DataFrame([scores()])).splitlines()
    assert score_table(pd.DataFrame(columns=COLUMNS), only={"m": "all"}).endswith(NO_TRUTH)


def test_without_truth_in_the_test_region_another_is_shown():
    title, (row,) = table_of(scores(n_truth=0), scores(region="validation", finder="b"))
    assert title.startswith("Validation regions") and row["finder"] == "b"
