"""Draw predictions, scores and training of classifiers, each as SVG text."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from radiofind.catalogues.class_columns import classes_of
from radiofind.classifiers.evaluation import reliability_points, roc_points
from radiofind.report.style import COLOURS, WIDTH_INCH, Style, drawn, put_legend

SCORES = {"precision": "Precision", "recall": "Recall", "f1": "F1"}
LONGEST_LINE, LONGEST_NAME, LONGEST_ENTRY = 19, 34, 18
"""Maximum length of a name per line, in all lines, and in a legend; tables have the full name."""
BAR_INCH = 0.13
"""Height of the bar of one network."""
DARK_CELL = 0.55
"""Fraction above which a cell of a confusion matrix is dark and its text white."""
CONFUSION_SIDE_INCH = 2.5
ROC_LINES = ("solid", (0, (5, 1.5)), (0, (1.5, 1)), (0, (5, 1, 1, 1)))
MOST_LEVEL = 33
"""Total length of class names that fit side by side below a panel."""


@drawn
def answers_figure(predictions: Mapping[str, pd.DataFrame]) -> Figure:
    """Return the figure of confusion matrix, reliability diagram and ROC curves, one row per network.

    Parameters
    ----------
    predictions
        Predictions of each network's ensemble on the test cutouts of one data set, by network, from
        `predictions.with_ensemble`. None may be empty.
    """
    height = max(3.2 if _stand_level(classes_of(answers)) else 4.1 for answers in predictions.values())
    figure = Figure(figsize=(WIDTH_INCH, height * len(predictions)), layout="constrained")
    figure.get_layout_engine().set(h_pad=0.12)
    rows = figure.subplots(len(predictions), 3, squeeze=False, width_ratios=(1.15, 1, 1))
    for (confusion, reliability, roc), (network, answers) in zip(rows, predictions.items(), strict=True):
        pairs = answers[["class", "predicted"]].rename(columns={"class": "true"}).assign(n=1)
        _confusion_panel(confusion, matrix_of(pairs, classes_of(answers)))
        _reliability_panel(reliability, reliability_points(answers))
        _roc_panel(roc, roc_points(answers))
        confusion.set_title(f"{_cut(network, LONGEST_NAME)}\n{len(answers):,} cutouts")
        reliability.set_title("Predicted probability")
        roc.set_title("Each class against the rest")
    return figure


@drawn
def confusion_figure(matrices: Mapping[str, pd.DataFrame], *, across: int) -> Figure:
    """Return a figure of confusion matrices, one panel each.

    Parameters
    ----------
    matrices
        Counts of true (rows) against predicted classes (columns), by title; all with the same classes.
    across
        Number of panels in a row.
    """
    across = min(across, len(matrices))
    down = -(-len(matrices) // across)
    side = CONFUSION_SIDE_INCH if across > 1 else 1.4 * CONFUSION_SIDE_INCH
    figure = Figure(figsize=(WIDTH_INCH, (side + 0.6) * down), layout="constrained")
    panels = figure.subplots(down, across, squeeze=False).ravel()
    for axes in panels[len(matrices) :]:
        axes.set_axis_off()
    for place, (axes, (title, matrix)) in enumerate(zip(panels, matrices.items(), strict=False)):
        _confusion_panel(axes, matrix)
        axes.set_title(title)
        if place % across:
            axes.set(ylabel="", yticklabels=[])
    return figure


@drawn
def class_scores_figure(scores: pd.DataFrame, styles: Mapping[str, Style]) -> Figure:
    """Return the figure of precision, recall and F1 per class with intervals, one bar per network.

    Parameters
    ----------
    scores
        Columns of `evaluation.METRICS`, for one member of each network and one data set.
    styles
        Style of each network.
    """
    per_class = scores[scores["metric"].isin(SCORES) & (scores["class"] != "")]
    classes = list(per_class["class"].unique())
    networks = [network for network in styles if network in set(per_class["network"])]
    height = len(classes) * max(BAR_INCH * (len(networks) + 1), 0.42)
    figure = Figure(figsize=(WIDTH_INCH, 0.9 + height), layout="constrained")
    panels = figure.subplots(1, 3, sharey=True)
    for axes, (metric, title) in zip(panels, SCORES.items(), strict=True):
        for place, network in enumerate(networks):
            chosen = (per_class["network"] == network) & (per_class["metric"] == metric)
            rows = per_class[chosen].set_index("class").reindex(classes)
            bar = 0.8 / max(len(networks), 2)
            _bars(axes, rows, (place - (len(networks) - 1) / 2) * bar, bar, styles[network].colour)
        axes.set(title=title, xlim=(0, 1.02))
        axes.grid(visible=False, axis="y")
    numbers = per_class.groupby("class", sort=False)["n"].max()
    labels = [_wrapped(f"{_cut(name, LONGEST_NAME)} ({numbers[name]:,.0f})") for name in classes]
    panels[0].set_yticks(range(len(classes)), labels)
    panels[0].set_ylim(len(classes) - 0.5, -0.5)
    entries = [Patch(color=styles[network].colour, label=network) for network in networks]
    put_legend(figure, entries if len(networks) > 1 else [])
    return figure


@drawn
def history_figure(history: pd.DataFrame, styles: Mapping[str, Style]) -> Figure:
    """Return the figure of losses and validation error against epoch, one row of panels per network.

    Parameters
    ----------
    history
        Columns network, member, epoch, loss, validation_loss and validation_error, for one data set.
    styles
        Style of each network.
    """
    networks = [network for network in styles if network in set(history["network"])]
    figure = Figure(figsize=(WIDTH_INCH, 0.5 + 1.9 * len(networks)), layout="constrained")
    panels = figure.subplots(len(networks), 2, squeeze=False)
    for (losses, score), network in zip(panels, networks, strict=True):
        of_network = history[history["network"] == network]
        for _, rows in of_network.groupby("member", sort=False):
            look = {"color": styles[network].colour, "linewidth": 0.9, "alpha": 0.8}
            look["marker"] = "o" if len(rows) == 1 else ""
            losses.plot(rows["epoch"], rows["loss"], **look, linestyle=(0, (4, 2)))
            losses.plot(rows["epoch"], rows["validation_loss"], **look)
            score.plot(rows["epoch"], rows["validation_error"], **look)
        losses.set(title=_cut(network, LONGEST_NAME), ylabel="Loss")
        score.set(ylabel="Validation error")
        for axes in (losses, score):
            axes.set_xlabel("Epoch")
            axes.locator_params(axis="x", integer=True)
    lines = {"train": (0, (4, 2)), "validation": "solid"}
    put_legend(figure, [Line2D([], [], color="#777777", label=n, linestyle=s) for n, s in lines.items()])
    return figure


def matrix_of(
    confusion: pd.DataFrame, classes: Sequence[str], *, predicted: Sequence[str] = ()
) -> pd.DataFrame:
    """Return counts of true (rows) against predicted classes (columns).

    Parameters
    ----------
    confusion
        Columns true, predicted and n; counts of equal pairs are added.
    classes
        The classes, in order; others are left out.
    predicted
        Further possible predictions.
    """
    counts = confusion.pivot_table(index="true", columns="predicted", values="n", aggfunc="sum")
    return counts.reindex(index=classes, columns=[*classes, *predicted]).fillna(0).astype(int)


def _confusion_panel(axes: Axes, matrix: pd.DataFrame) -> None:
    """Draw a confusion matrix, with counts and fractions of the true class."""
    counts = matrix.to_numpy()
    totals = counts.sum(axis=1, keepdims=True)
    fractions = counts / np.maximum(totals, 1)
    axes.imshow(fractions, cmap="Blues", vmin=0, vmax=1, interpolation="none")
    axes.grid(visible=False)
    size = 8 if len(matrix) <= 4 else 6.5
    for (row, column), count in np.ndenumerate(counts):
        share = f"\n{100 * fractions[row, column]:.0f} %" if totals[row] else ""
        colour = "white" if fractions[row, column] >= DARK_CELL else "#222222"
        look = {"ha": "center", "va": "center", "color": colour, "fontsize": size, "linespacing": 1.05}
        axes.text(column, row, f"{count:,}{share}", **look)
    # Long names side by side would overlap.
    turned = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"}
    names = [_cut(name, LONGEST_ENTRY) for name in matrix]
    axes.set_xticks(range(len(names)), names, **({} if _stand_level(names) else turned))
    axes.set_yticks(range(len(matrix)), [_wrapped(_cut(name, LONGEST_NAME)) for name in matrix.index])
    axes.tick_params(length=0, labelsize=7.5)
    axes.set(xlabel="Predicted", ylabel="True")


def _stand_level(names: Sequence[str]) -> bool:
    """Return whether names fit side by side below a panel."""
    return max(len(name) for name in names) * len(names) <= MOST_LEVEL


def _reliability_panel(axes: Axes, points: pd.DataFrame) -> None:
    """Draw the diagonal, and the fraction of correct predictions."""
    axes.plot([0, 1], [0, 1], color="#555555", linewidth=0.8)
    axes.errorbar(
        points["confidence"],
        points["correct"],
        yerr=_lengths(points, "correct"),
        color=COLOURS[0],
        marker="o",
        elinewidth=0.8,
    )
    axes.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), xlabel="Probability", ylabel="Fraction correct")
    axes.set_box_aspect(1)


def _roc_panel(axes: Axes, points: pd.DataFrame) -> None:
    """Draw the ROC curve of each class, with the area under it in the legend."""
    axes.plot([0, 1], [0, 1], color="#bbbbbb", linewidth=0.8)
    for place, (name, curve) in enumerate(points.groupby("class", sort=False)):
        false, true = curve["false_positive_rate"], curve["true_positive_rate"]
        label = f"{_cut(name, LONGEST_ENTRY)} {np.trapezoid(true, false):.3f}"
        look = {"color": COLOURS[place % len(COLOURS)], "linestyle": ROC_LINES[place % len(ROC_LINES)]}
        axes.plot(false, true, label=label, linewidth=1.1, **look)
    if len(points):
        look = {"frameon": True, "framealpha": 0.8, "edgecolor": "none", "borderpad": 0.2}
        axes.legend(loc="lower right", fontsize=7, labelspacing=0.25, title="Area", **look)
        axes.get_legend().get_title().set_fontsize(7)
    axes.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03))
    axes.set(xlabel="False positives", ylabel="True positives")
    axes.set_box_aspect(1)


def _bars(axes: Axes, rows: pd.DataFrame, shift: float, height: float, colour: str) -> None:
    """Draw the bars of one network with intervals, one per class."""
    known = rows["value"].notna()
    rows, places = rows[known], np.flatnonzero(known) + shift
    axes.barh(places, rows["value"], height=0.92 * height, color=colour, alpha=0.75)
    look = {"fmt": "none", "ecolor": "#222222", "elinewidth": 0.8, "capsize": 1.5}
    axes.errorbar(rows["value"], places, xerr=_lengths(rows, "value"), **look)


def _lengths(rows: pd.DataFrame, value: str) -> list[pd.Series]:
    """Return the lengths of error bars on both sides; a rounding error must not make a length negative."""
    return [(rows[value] - rows["low"]).clip(lower=0), (rows["high"] - rows[value]).clip(lower=0)]


def _wrapped(name: str) -> str:
    """Return a name broken into short lines."""
    return "\n".join(textwrap.wrap(name, LONGEST_LINE)) or name


def _cut(name: str, longest: int) -> str:
    """Return a name, truncated if it is too long."""
    return name if len(name) <= longest else f"{name[: longest - 1]}…"
