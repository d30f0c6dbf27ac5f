"""The columns of classes: what they say, and what they refuse."""

import numpy as np
import pandas as pd
import pytest

from radiofind.catalogues.class_columns import class_columns, classes_of, columns_of, with_classes
from radiofind.catalogues.columns import CATALOGUE, conform
from radiofind.catalogues.detections import DEFAULTS

NAMES = ("ss_agn", "fs_agn", "sfg")


def catalogue(n):
    table = pd.DataFrame({name: [value] * n for name, value in DEFAULTS.items()})
    table["source_id"] = [f"s{i}" for i in range(n)]
    return conform(table.assign(tile="t", mosaic="m", finder="f"), CATALOGUE)


def test_the_class_is_the_most_probable_one():
    said = [[0.2, 0.3, 0.5], [0.7, 0.2, 0.1], [0.4, 0.4, 0.2]]
    table = with_classes(catalogue(3), np.array(said), NAMES, "truth_of_m")
    assert table["class"].tolist() == ["sfg", "ss_agn", "ss_agn"]
    assert table[[f"probability_{name}" for name in NAMES]].to_numpy().tolist() == said
    assert table["classifier"].tolist() == ["truth_of_m"] * 3
    assert [column.name for column in columns_of(table)] == table.columns.tolist()


def test_what_could_not_be_classified_has_no_class_and_no_probability():
    table = with_classes(catalogue(2), [[np.nan, 0.5, 0.5], [0, 0, 1]], NAMES, "c")
    assert table["class"].tolist() == ["", "sfg"]
    assert table["classifier"].tolist() == ["", "c"]
    assert table.loc[0, [f"probability_{name}" for name in NAMES]].isna().all()


@pytest.mark.parametrize("n", [0, 2])
def test_types_are_those_of_the_columns(n):
    table = with_classes(catalogue(n), np.full((n, 2), 0.5), ["FRI", "FR II"], "c")
    assert len(table) == n
    for column in class_columns(["FRI", "FR II"]):
        assert table[column.name].dtype == pd.Series(dtype=column.dtype).dtype
    assert classes_of(table) == ("FRI", "FR II")


def test_the_rows_keep_their_order_and_their_index():
    table = catalogue(3)[::-1]
    found = with_classes(table, np.eye(3), NAMES, "c")
    assert found["class"].to_dict() == {2: "ss_agn", 1: "fs_agn", 0: "sfg"}
    assert found["source_id"].tolist() == ["s2", "s1", "s0"]


def test_classes_of_another_classifier_are_replaced():
    first = with_classes(catalogue(2), np.eye(3)[:2], NAMES, "one")
    second = with_classes(first, np.eye(2), ["FRI", "FRII"], "two")
    assert classes_of(second) == ("FRI", "FRII")
    assert second["class"].tolist() == ["FRI", "FRII"]
    assert second["classifier"].tolist() == ["two", "two"]


def test_a_catalogue_without_classes_has_its_own_columns():
    assert classes_of(catalogue(1)) == ()
    assert columns_of(catalogue(1)) == CATALOGUE


def test_descriptions_fit_a_fits_card():
    for column in class_columns(NAMES):
        assert column.unit == ""
        assert 0 < len(column.description) <= 68


@pytest.mark.parametrize(
    ("probabilities", "classes", "expected"),
    [
        ([[0.5, 0.5]], NAMES, r"probabilities .*\(1, 2\) instead of \(1, 3\)"),
        ([[0.5, 0.4, 0.0]], NAMES, r"row 0 .*\[0.5, 0.4, 0.0\]"),
        ([[1.5, -0.5, 0.0]], NAMES, "from 0 to 1"),
        ([[0.5, 0.5]], ["a", "a"], "Expected classes of different names, received a, a"),
        ([[]], [], "received none"),
        ([[0.5, 0.5]], ["a", "b}\n"], r"in ASCII without braces, .*received 'b}\\n'"),
        ([[0.5, 0.5]], ["a", "é"], "in ASCII without braces, .*received 'é'"),
        ([[0.5, 0.5]], ["a", ""], "in ASCII without braces, .*received ''"),
        ([[0.5, 0.5]], ["a", 57 * "b"], "of at most 56 letters, received 'bbb"),
    ],
)
def test_what_are_no_probabilities_of_these_classes_is_refused(probabilities, classes, expected):
    with pytest.raises(ValueError, match=expected):
        with_classes(catalogue(1), probabilities, classes, "c")
