"""The scores as text."""

import pandas as pd

from radiofind.evaluation.metrics import COLUMNS
from radiofind.evaluation.score_table import NO_TRUTH, SHOWN, score_table


def scores(**changes):
    row = dict.fromkeys(COLUMNS, 0.5) | {"mosaic": "m", "finder": "f", "cut": "tuned", "snr_min": 2}
    row |= {"region": "test", "metric": "one_to_one", "class": "all", "n_truth": 7, "f1": 0.25}
    return {**row, **changes}


def lines_of(*rows):
    return score_table(pd.DataFrame(rows)).splitlines()


def test_only_one_to_one_scores_of_all_classes_in_test_regions_are_shown():
    others = [{"region": "train"}, {"metric": "legacy"}, {"class": "sfg"}]
    title, head, *rows = lines_of(scores(), *[scores(**other) for other in others])
    assert title.startswith("Test regions")
    assert head.split() == list(SHOWN)
    assert [" ".join(row.split()) for row in rows] == ["m f tuned 2 7 0 0 0.500 0.500 0.250 0.500 0.500"]


def test_the_best_finder_comes_first_at_each_snr():
    rows = [("a", 5, 0.1), ("b", 5, 0.9), ("a", 1, 0.3), ("b", 1, 0.2), ("c", 1, float("nan"))]
    lines = lines_of(*[scores(finder=finder, snr_min=snr, f1=f1) for finder, snr, f1 in rows])
    assert [(line.split()[1], line.split()[3]) for line in lines[2:]] == [
        ("a", "1"),
        ("b", "1"),
        ("c", "1"),
        ("b", "5"),
        ("a", "5"),
    ]


def test_without_truth_it_says_so():
    assert score_table(pd.DataFrame(columns=COLUMNS)) == NO_TRUTH


def test_a_part_of_a_survey_is_announced():
    first, *rest = score_table(pd.DataFrame([scores()]), only={"m": "0:50,0:60"}).splitlines()
    assert "m 0:50,0:60" in first
    assert rest == lines_of(scores())
    assert score_table(pd.DataFrame(columns=COLUMNS), only={"m": "all"}).endswith(NO_TRUTH)


def test_without_truth_in_the_test_region_another_is_shown():
    title, _, row = lines_of(scores(n_truth=0), scores(region="validation", finder="b"))
    assert title.startswith("Validation regions")
    assert row.split()[1] == "b"
