"""Panels of the figures of classifiers: what stands where, looked at before they become SVG."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from radiofind.classifiers.evaluation import reliability_points, roc_points
from radiofind.report import classifier_figures
from radiofind.report.style import styles_of

CLASSES = ["a", "b", "c"]
STYLES = styles_of(["default", "convnet8"])
COUNTS = np.array([[90, 10, 0], [0, 30, 20], [5, 5, 0]])
MATRIX = pd.DataFrame(COUNTS, index=CLASSES, columns=CLASSES)


def axes():
    return Figure().subplots()


def panels(draw, *args, **options):
    """Return the panels of a figure, which is drawn once, as labels are then in their places."""
    figure = draw.__wrapped__(*args, **options)
    figure.draw_without_rendering()
    return figure.axes


def labels(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


def answers():
    rng = np.random.default_rng(1)
    probability = rng.dirichlet(np.ones(3), size=60)
    names = np.array(CLASSES)
    table = pd.DataFrame({"class": names[rng.integers(0, 3, 60)], "member": "ensemble"})
    table["predicted"] = names[probability.argmax(axis=1)]
    return table.join(pd.DataFrame(probability, columns=[f"probability_{name}" for name in CLASSES]))


def scores():
    """Scores that are all different; a class has fewer cutouts in one network."""
    rows = [
        (network, metric, name, value := 0.3 + 0.1 * place + 0.03 * number + 0.01 * turn, 0.9 * value, 1.0)
        for place, network in enumerate(["convnet8", "default"])
        for number, metric in enumerate(["precision", "recall", "f1"])
        for turn, name in enumerate(CLASSES)
    ]
    rows += [("default", "f1", "", 0.5, 0.4, 0.6)]
    table = pd.DataFrame(rows, columns=["network", "metric", "class", "value", "low", "high"])
    return table.assign(n=np.where(table["network"] == "default", 20, 12))


def history(**changes):
    epochs = np.arange(1, 5)
    table = pd.DataFrame({"network": "default", "member": "seed1", "epoch": epochs, "loss": 1 / epochs})
    return table.assign(**{"validation_loss": 2 / epochs, "validation_error": 0.5 / epochs} | changes)


def test_a_cell_is_as_dark_as_its_part_of_the_true_class():
    panel = axes()
    classifier_figures._confusion_panel(panel, MATRIX)
    fractions = [[0.9, 0.1, 0], [0, 0.6, 0.4], [0.5, 0.5, 0]]
    np.testing.assert_allclose(panel.images[0].get_array(), fractions)
    assert panel.images[0].get_clim() == (0, 1)
    assert (panel.get_xlabel(), panel.get_ylabel()) == ("Predicted", "True")


def test_counts_stand_in_their_cells_and_are_white_on_dark_ones():
    panel = axes()
    classifier_figures._confusion_panel(panel, MATRIX)
    texts = {text.get_position(): text for text in panel.texts}
    assert {place: text.get_text() for place, text in texts.items()} == {
        (column, row): f"{COUNTS[row, column]}\n{100 * COUNTS[row, column] / COUNTS[row].sum():.0f} %"
        for row in range(3)
        for column in range(3)
    }
    white = {place for place, text in texts.items() if text.get_color() == "white"}
    assert white == {(0, 0), (1, 1)}


def test_classes_stand_beside_their_rows_and_below_their_columns():
    panel = axes()
    matrix = MATRIX.rename(columns={"c": "none"})
    classifier_figures._confusion_panel(panel, matrix)
    assert labels(panel.xaxis) == ["a", "b", "none"] and labels(panel.yaxis) == CLASSES
    assert panel.get_ylim()[0] > panel.get_ylim()[1], "the first row is the upper one"


@pytest.mark.parametrize(("name", "turned"), [("x" * 11, False), ("x" * 12, True)])
def test_only_names_that_would_run_into_each_other_are_turned(name, turned):
    panel = axes()
    classifier_figures._confusion_panel(panel, MATRIX.rename(columns={"b": name}))
    assert {label.get_rotation() != 0 for label in panel.get_xticklabels()} == {turned}


def test_more_classes_have_smaller_numbers():
    sizes = []
    for number in (4, 5):
        panel, names = axes(), [f"c{place}" for place in range(number)]
        classifier_figures._confusion_panel(
            panel, pd.DataFrame(np.eye(number, dtype=int), index=names, columns=names)
        )
        sizes.append(panel.texts[0].get_fontsize())
    assert sizes[0] > sizes[1]


def test_matrices_stand_in_rows_of_which_the_first_names_the_classes():
    drawn = panels(classifier_figures.confusion_figure, dict.fromkeys("xyz", MATRIX), across=2)
    assert [panel.get_title() for panel in drawn] == ["x", "y", "z", ""]
    assert [panel.get_ylabel() for panel in drawn[:3]] == ["True", "", "True"]
    assert [any(labels(panel.yaxis)) for panel in drawn[:3]] == [True, False, True]
    assert [panel.axison for panel in drawn] == [True, True, True, False]
    assert len(panels(classifier_figures.confusion_figure, {"x": MATRIX}, across=3)) == 1


def test_answers_are_counted_by_true_and_predicted_class(monkeypatch):
    seen = []
    monkeypatch.setattr(classifier_figures, "_confusion_panel", lambda _, matrix: seen.append(matrix))
    classifier_figures.answers_figure.__wrapped__({"net": answers()})
    expected = pd.crosstab(answers()["class"], answers()["predicted"])
    assert (seen[0].to_numpy() == expected.to_numpy()).all()
    assert (expected.to_numpy() != expected.to_numpy().T).any()


def test_answers_have_a_row_per_network_that_is_as_high_as_long_names_need():
    short = classifier_figures.answers_figure.__wrapped__({"net": answers()})
    both = classifier_figures.answers_figure.__wrapped__({"net": answers(), "other": answers()})
    assert both.get_figheight() == pytest.approx(2 * short.get_figheight())
    words = {"a": "x" * 30}
    named = answers().replace(words).rename(columns={"probability_a": f"probability_{words['a']}"})
    assert (
        classifier_figures.answers_figure.__wrapped__({"net": named}).get_figheight() > short.get_figheight()
    )


def test_reliability_is_how_often_answers_of_a_probability_are_right():
    panel, points = axes(), reliability_points(answers())
    classifier_figures._reliability_panel(panel, points)
    diagonal, right = panel.lines[0], panel.containers[0]
    assert np.array_equal(diagonal.get_xydata(), [[0, 0], [1, 1]])
    np.testing.assert_allclose(right.lines[0].get_xydata(), points[["confidence", "correct"]])
    (bars,) = right.lines[2]
    np.testing.assert_allclose(
        [bar[:, 1] for bar in bars.get_segments()], points[["low", "high"]], atol=1e-12
    )
    assert (panel.get_xlabel(), panel.get_ylabel()) == ("Probability", "Fraction correct")


def test_curves_go_from_false_to_true_positives_and_look_different():
    panel, points = axes(), roc_points(answers())
    classifier_figures._roc_panel(panel, points)
    assert (panel.get_xlabel(), panel.get_ylabel()) == ("False positives", "True positives")
    for line, (name, curve) in zip(panel.lines[1:], points.groupby("class", sort=False), strict=True):
        np.testing.assert_allclose(line.get_xydata(), curve[["false_positive_rate", "true_positive_rate"]])
        assert line.get_label().startswith(f"{name} ")
    assert len({line.get_color() for line in panel.lines[1:]}) == 3


def test_there_may_be_more_classes_than_colours():
    names = [f"c{number:02d}" for number in range(30)]
    curves = [
        pd.DataFrame({"class": name, "false_positive_rate": [0.0, 1], "true_positive_rate": [0.0, 1]})
        for name in names
    ]
    panel = axes()
    classifier_figures._roc_panel(panel, pd.concat(curves))
    assert len(panel.lines) == 31


def test_bars_are_the_scores_of_network_metric_and_class():
    drawn = panels(classifier_figures.class_scores_figure, scores(), STYLES)
    for panel, metric in zip(drawn, ["precision", "recall", "f1"], strict=True):
        chosen = scores()[(scores()["metric"] == metric) & (scores()["class"] != "")]
        bars = [part for part in panel.containers if hasattr(part, "patches")]
        for part, network in zip(bars, ["default", "convnet8"], strict=True):
            rows = chosen[chosen["network"] == network]
            np.testing.assert_allclose([bar.get_width() for bar in part], rows["value"])
            assert {bar.get_facecolor()[:3] for bar in part} == {mpl.colors.to_rgb(STYLES[network].colour)}
            middles = [bar.get_y() + bar.get_height() / 2 for bar in part]
            np.testing.assert_allclose(np.round(middles), [0, 1, 2])
        assert all(bar.get_y() < other.get_y() for bar, other in zip(*bars, strict=True))
        assert panel.get_xlim()[0] == 0 and panel.get_xlim()[1] >= 1


def test_the_first_class_is_the_upper_one_and_tells_how_many_there_are():
    panel = panels(classifier_figures.class_scores_figure, scores(), STYLES)[0]
    assert labels(panel.yaxis) == ["a (20)", "b (20)", "c (20)"]
    assert panel.get_ylim() == (2.5, -0.5)


def test_networks_without_scores_are_not_named():
    figure = classifier_figures.class_scores_figure.__wrapped__(
        scores(), {**STYLES, **styles_of(["x", "y", "z"])}
    )
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["default", "convnet8"]


def test_intervals_begin_and_end_where_they_were_measured():
    rows = pd.DataFrame(
        {"value": [0.5, np.nan, 0.9], "low": [0.4, np.nan, 0.9 + 1e-9], "high": [0.8, 1, 0.85]}
    )
    panel = axes()
    classifier_figures._bars(panel, rows, 0.1, 0.3, "red")
    (bars,) = [part for part in panel.containers if not hasattr(part, "patches")][0].lines[2]
    np.testing.assert_allclose(
        [segment.ravel() for segment in bars.get_segments()], [[0.4, 0.1, 0.8, 0.1], [0.9, 2.1, 0.9, 2.1]]
    )


def test_losses_of_train_are_dashed_and_those_of_validation_are_not():
    losses, score = panels(classifier_figures.history_figure, history(), STYLES)
    train, validation = losses.lines
    np.testing.assert_allclose(train.get_ydata(), history()["loss"])
    np.testing.assert_allclose(validation.get_ydata(), history()["validation_loss"])
    assert train.is_dashed() and not validation.is_dashed()
    np.testing.assert_allclose(score.lines[0].get_xydata(), history()[["epoch", "validation_error"]])


def test_the_legend_has_the_lines_of_the_losses():
    figure = classifier_figures.history_figure.__wrapped__(history(), STYLES)
    told = {line.get_label(): line.is_dashed() for line in figure.legends[0].get_lines()}
    assert told == {"train": True, "validation": False}


@pytest.mark.parametrize(("n", "marker"), [(1, "o"), (2, "")])
def test_one_epoch_alone_is_a_point(n, marker):
    losses, _ = panels(classifier_figures.history_figure, history()[:n], STYLES)
    assert {line.get_marker() for line in losses.lines} == {marker}
