"""Figures of classifiers."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest

from radiofind.report.classifier_figures import (
    answers_figure,
    class_scores_figure,
    confusion_figure,
    history_figure,
    matrix_of,
)
from radiofind.report.style import styles_of
from unit.report.test_figures import n_texts

pytestmark = pytest.mark.slow

CLASSES = ["compact", "FRI", "$x_1$ <b>"]
LONG = [f"{word} component extended radio source" for word in ("single", "two", "multiple", "bent", "x", "y")]
STYLES = styles_of(["default", "convnet8"])


def answers(classes=CLASSES, n=30):
    """Answers of which every third is wrong."""
    label = np.arange(n) % len(classes)
    guess = np.where(np.arange(n) % 3 == 0, (label + 1) % len(classes), label)
    probability = 0.1 / len(classes) + 0.9 * np.eye(len(classes))[guess]
    probability[:, 0] += np.linspace(0, 0.05, n)
    probability /= probability.sum(axis=1, keepdims=True)
    names = np.array(classes, dtype=object)
    table = pd.DataFrame({"class": names[label], "predicted": names[guess], "member": "ensemble"})
    return table.join(pd.DataFrame(probability, columns=[f"probability_{name}" for name in classes]))


def scores(networks=tuple(STYLES), classes=CLASSES):
    rows = [
        (network, metric, name, 0.8, 0.7, 0.9, 20)
        for network in networks
        for metric in ("precision", "recall", "f1", "roc_auc")
        for name in classes
    ]
    rows += [(network, "accuracy", "", 0.8, 0.7, 0.9, 60) for network in networks]
    return pd.DataFrame(rows, columns=["network", "metric", "class", "value", "low", "high", "n"])


def history(n=5, networks=tuple(STYLES)):
    rows = [
        (network, member, epoch, 1 / epoch, 1.1 / epoch, 0.5 / epoch)
        for network in networks
        for member in ("seed1", "seed2")
        for epoch in range(1, n + 1)
    ]
    return pd.DataFrame(
        rows, columns=["network", "member", "epoch", "loss", "validation_loss", "validation_error"]
    )


def all_figures():
    pairs = answers()[["class", "predicted"]].rename(columns={"class": "true"}).assign(n=1)
    return [
        answers_figure({"default": answers(), "convnet8": answers()}),
        confusion_figure({"pybdsf": matrix_of(pairs, CLASSES)}, across=3),
        class_scores_figure(scores(), STYLES),
        history_figure(history(), STYLES),
    ]


@pytest.fixture(scope="module")
def figures():
    return all_figures()


def test_same_data_give_the_same_bytes(figures):
    assert figures == all_figures()


def test_figures_are_svg_without_a_date(figures):
    for svg in figures:
        assert ET.fromstring(svg).tag.endswith("svg")
        assert "<dc:date>" not in svg


def test_each_network_has_its_row_of_answers(figures):
    for text in ("default", "convnet8"):
        assert n_texts(figures[0], text) == 1
    for text in ("Predicted probability", "Each class against the rest", "30 cutouts"):
        assert n_texts(figures[0], text) == 2


def test_names_of_classes_are_not_formulas(figures):
    assert n_texts(figures[2], "$x_1$ &lt;b&gt; (20)") == 1
    assert n_texts(figures[1], "$x_1$ &lt;b&gt;") == 2


def test_cells_tell_counts_and_parts_of_the_true_class():
    table = pd.DataFrame({"true": ["a", "a", "b"], "predicted": ["a", "b", "b"], "n": [3, 1, 5]})
    matrix = matrix_of(table, ["a", "b", "c"], predicted=["none"])
    assert matrix.to_numpy().tolist() == [[3, 1, 0, 0], [0, 5, 0, 0], [0, 0, 0, 0]]
    svg = confusion_figure({"": matrix}, across=1)
    assert n_texts(svg, "75 %") == n_texts(svg, "25 %") == n_texts(svg, "100 %") == 1
    assert n_texts(svg, "0 %") == 5, "a class without cutouts has no parts"


def test_equal_pairs_of_several_mosaics_are_added():
    table = pd.DataFrame({"true": ["a", "a"], "predicted": ["b", "b"], "n": [3, 4]})
    assert matrix_of(table, ["a", "b"]).loc["a", "b"] == 7


def test_confusion_of_answers_is_that_of_their_rows():
    svg = answers_figure({"default": answers(["a", "b"])})
    wrong, right = 10, 20
    assert wrong + right == 30 and n_texts(svg, "10") == 2 and n_texts(svg, "67 %") == 2


def test_area_stands_beside_the_class():
    perfect = answers(["a", "b"])
    perfect["class"] = perfect["predicted"]
    svg = answers_figure({"default": perfect})
    assert n_texts(svg, "a 1.000") == n_texts(svg, "b 1.000") == 1


def test_one_class_alone_is_drawn_without_curves():
    svg = answers_figure({"default": answers().assign(**{"class": "compact"})})
    assert n_texts(svg, "Area") == 0 and n_texts(svg, "30 cutouts") == 1


@pytest.mark.parametrize("classes", [LONG[:2], LONG])
def test_long_names_are_cut_and_wrapped(classes):
    svg = answers_figure({"n" * 60: answers(classes)})
    words = re.findall("<!-- (.*) -->", svg)
    assert max(map(len, words)) <= 34
    assert sum("…" in word for word in words) >= 2 * len(classes)
    scored = class_scores_figure(scores(("default",), classes), STYLES)
    assert max(map(len, re.findall("<!-- (.*) -->", scored))) <= 20


def test_bars_have_the_colours_of_networks_and_one_alone_no_legend():
    both, alone = class_scores_figure(scores(), STYLES), class_scores_figure(scores(("default",)), STYLES)
    for style in STYLES.values():
        assert style.colour in both
    assert n_texts(both, "convnet8") == 1 and n_texts(alone, "default") == 0


def test_class_without_test_cutouts_has_no_bar():
    table = scores(("default",))
    unknown = table["class"] == "FRI"
    table.loc[unknown, ["value", "low", "high"]] = np.nan
    svg = class_scores_figure(table, STYLES)
    colour = f"fill: {STYLES['default'].colour}"
    assert svg.count(colour) < class_scores_figure(scores(("default",)), STYLES).count(colour)
    assert n_texts(svg, "FRI (20)") == 1


def test_histories_of_all_members_are_drawn(figures):
    assert n_texts(figures[3], "default") == n_texts(figures[3], "convnet8") == 1
    assert n_texts(figures[3], "Validation error") == 2
    one = history_figure(history().query("member == 'seed1'"), STYLES)
    colour = f"stroke: {STYLES['default'].colour}"
    assert figures[3].count(colour) == 2 * one.count(colour)


@pytest.mark.parametrize("n", [1, 3])
def test_short_histories_are_drawn(n):
    assert n_texts(history_figure(history(n), STYLES), "Validation error") == 2
