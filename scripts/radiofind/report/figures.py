"""Draw the scores, curves, training and noise of the report, each as SVG text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullLocator

from radiofind.evaluation.calibration import FEWEST_IN_BIN
from radiofind.report.style import DODGE, WIDTH_INCH, Style, drawn, label_plainly, plain_numbers, put_legend

CUT_LINES = {"as_found": (0, (4, 2)), "tuned": "solid"}

QUANTITIES = {
    "completeness": ("Completeness", "SNR of the truth"),
    "reliability": ("Reliability", "SNR of the detection"),
    "flux_ratio": ("Detected / true flux", "SNR of the truth"),
    "offset_x": ("Offset in x (pixels)", "SNR of the truth"),
    "offset_y": ("Offset in y (pixels)", "SNR of the truth"),
}
"""Labels of the axes of each curve."""

MARGIN = 1.25
"""Largest factor between an SNR limit and the edge of the figure of F1."""

GROUP = 0.45
"""Largest shift of a finder from its SNR limit in it, as a fraction of the distance between limits."""

MOST_LIMITS = 15
"""Of more SNR limits, some are not labelled."""

MOST_NAMED_MOSAICS = 6
"""With more mosaics than this, their lines are not distinguished."""

MOST_BESIDE = 3
"""Number of reliability diagrams in a row."""

COUNT_HEIGHT = 0.15
"""Height of the tallest column of counts in a reliability diagram."""

FIRST_EPOCHS = 0.1
"""Fraction of the epochs whose loss may be off the panel, as the loss starts far above its final value."""


@drawn
def f1_figure(pooled: pd.DataFrame, styles: Mapping[str, Style]) -> Figure:
    """Return the figure of F1 against the SNR limit, with intervals, one line per finder and cut.

    Parameters
    ----------
    pooled
        Rows of `ranking.pool` of one region, metric and class.
    styles
        Style of each finder.
    """
    figure = Figure(figsize=(WIDTH_INCH, 3.6), layout="constrained")
    axes = figure.subplots()
    limits = sorted(pooled["snr_min"].unique())
    step = min([MARGIN, *np.divide(limits[1:], limits[:-1])])
    # Cuts are shifted by half a step, so that the two bars of a finder do not overlap.
    shifts = {"as_found": 1, "tuned": 1 + DODGE / 2}
    widest = max(abs(np.log(style.dodge * shift)) for style in styles.values() for shift in shifts.values())
    closer = min(1, GROUP * np.log(step) / widest)
    for (finder, cut), rows in pooled.groupby(["finder", "cut"], sort=False):
        shift = (styles[finder].dodge * shifts[cut]) ** closer
        _bars(axes, rows, rows["snr_min"] * shift, "f1", style=styles[finder], cut=cut)
    axes.set(xlabel="SNR limit of truth", ylabel="F1", xscale="log", ylim=(0, 1.04))
    axes.xaxis.set_major_locator(FixedLocator(limits, nbins=MOST_LIMITS))
    axes.xaxis.set_minor_locator(NullLocator())
    label_plainly(axes.xaxis)
    axes.set_xlim(limits[0] / step, limits[-1] * step)
    _legend(figure, styles, pooled["cut"].unique())
    return figure


@drawn
def fractions_figure(fractions: pd.DataFrame, styles: Mapping[str, Style]) -> Figure:
    """Return the figure of completeness and reliability against SNR, one row of panels per cut.

    Parameters
    ----------
    fractions
        Rows of `ranking.pool_fractions` of one region.
    styles
        Style of each finder.
    """
    cuts = [cut for cut in CUT_LINES if cut in set(fractions["cut"])]
    figure = Figure(figsize=(WIDTH_INCH, 0.5 + 2.6 * len(cuts)), layout="constrained")
    panels = figure.subplots(len(cuts), 2, sharex="col", sharey=True, squeeze=False)
    for row, cut in zip(panels, cuts, strict=True):
        for axes, quantity in zip(row, ("completeness", "reliability"), strict=True):
            part = fractions[(fractions["cut"] == cut) & (fractions["quantity"] == quantity)]
            _curve_panel(axes, part, quantity, styles=styles)
            axes.set(title=f"{QUANTITIES[quantity][0]}, {cut.replace('_', ' ')}", ylabel="", ylim=(0, 1.04))
            axes.set_xlim(_snr_range(fractions))
            axes.label_outer()
    _legend(figure, styles, ())
    return figure


@drawn
def measurements_figure(curves: pd.DataFrame, styles: Mapping[str, Style]) -> Figure:
    """Return the figure of flux ratio and position offsets against SNR.

    Parameters
    ----------
    curves
        Columns of `metrics.CURVE_COLUMNS`, for one region and cut. Several mosaics get separate lines without
        bars, because medians cannot be combined.
    styles
        Style of each finder.
    """
    figure = Figure(figsize=(WIDTH_INCH, 3.2), layout="constrained")
    panels = figure.subplots(1, 3)
    panels[2].sharey(panels[1])
    for axes, quantity in zip(panels, ("flux_ratio", "offset_x", "offset_y"), strict=True):
        part = curves[curves["quantity"] == quantity]
        axes.axhline(1 if quantity == "flux_ratio" else 0, color="#555555", linewidth=0.8)
        _curve_panel(axes, part, quantity, styles=styles)
        axes.set_xlim(_snr_range(curves))
        if quantity == "flux_ratio":
            axes.set_yscale("log")
            plain_numbers(axes.yaxis)
    _legend(figure, styles, ())
    return figure


@drawn
def calibration_figure(pooled: pd.DataFrame, styles: Mapping[str, Style], *, region: str) -> Figure:
    """Return the reliability diagram: matched fraction against score, one panel per finder.

    Parameters
    ----------
    pooled
        Rows of `calibration.pool_calibrations`.
    styles
        Style of each finder.
    region
        The region to show; validation, on which scores were calibrated, is drawn in light colour behind it.
    """
    finders = [finder for finder in styles if finder in set(pooled["finder"])]
    across = min(len(finders), MOST_BESIDE)
    down = -(-len(finders) // across)
    figure = Figure(figsize=(WIDTH_INCH, 0.4 + 3.2 * down), layout="constrained")
    panels = figure.subplots(down, across, sharey=True, squeeze=False).ravel()
    for axes in panels[len(finders) :]:
        axes.set_axis_off()
    for axes, finder in zip(panels, finders, strict=False):
        rows = pooled[pooled["finder"] == finder]
        _reliability_panel(axes, rows, style=styles[finder], region=region)
        axes.set(title=f"{finder}, truth above SNR {rows['snr_min'].iloc[0]:g}", xlabel="Score")
    panels[0].set_ylabel("Matched fraction")
    shown, behind = _line(region, marker="o"), _line("validation", alpha=0.4)
    put_legend(figure, [shown] if region == "validation" else [shown, behind])
    return figure


@drawn
def training_figure(training: pd.DataFrame, styles: Mapping[str, Style]) -> Figure:
    """Return the figure of loss and validation F1 against epoch, one row of panels per network.

    Parameters
    ----------
    training
        Columns training_set, finder, recipe, epoch, loss, validation_loss and validation_f1.
    styles
        Style of each finder.
    """
    networks = list(training.groupby(["training_set", "finder", "recipe"], sort=False))
    figure = Figure(figsize=(WIDTH_INCH, 0.5 + 1.9 * len(networks)), layout="constrained")
    panels = figure.subplots(len(networks), 2, squeeze=False)
    for (loss, f1), ((training_set, finder, recipe), rows) in zip(panels, networks, strict=True):
        marker = "o" if len(rows) == 1 else ""
        look = {"color": styles[finder].colour, "marker": marker}
        loss.plot(rows["epoch"], rows["loss"], **look, linestyle=(0, (4, 2)))
        loss.plot(rows["epoch"], rows["validation_loss"], **look)
        loss.set_ylim(_late_losses(rows))
        f1.plot(rows["epoch"], rows["validation_f1"], **look)
        loss.set(title=f"{finder}, recipe {recipe}, trained on {training_set}", ylabel="Loss")
        f1.set(ylabel="F1 in validation")
        for axes in (loss, f1):
            axes.set_xlabel("Epoch")
            axes.locator_params(axis="x", integer=True)
    put_legend(figure, [_line("train", linestyle=(0, (4, 2))), _line("validation", linestyle="solid")])
    return figure


@drawn
def noise_figure(area: pd.DataFrame) -> Figure:
    """Return the figure of the area with noise below a given rms, one line per mosaic.

    Parameters
    ----------
    area
        Columns mosaic, rms (Jy/beam) and area_deg2, cumulative.
    """
    figure = Figure(figsize=(WIDTH_INCH, 3.0), layout="constrained")
    axes = figure.subplots()
    mosaics = area["mosaic"].unique()
    greys = mpl.colormaps["cividis"](np.linspace(0, 0.85, len(mosaics)))
    for mosaic, colour in zip(mosaics, greys, strict=True):
        rows = area[area["mosaic"] == mosaic].sort_values("rms")
        axes.step(rows["rms"] * 1e6, rows["area_deg2"], where="post", color=colour, label=mosaic)
    axes.set(xlabel="rms (µJy/beam)", ylabel="Area with lower rms (deg²)", ylim=(0, None))
    if len(mosaics) <= MOST_NAMED_MOSAICS:
        put_legend(figure, axes.lines)
    return figure


def _curve_panel(axes: Axes, curves: pd.DataFrame, quantity: str, *, styles: Mapping[str, Style]) -> None:
    """Draw one quantity of all finders, with bars for a single mosaic or pooled mosaics."""
    curves = curves[curves["n"] >= FEWEST_IN_BIN]
    by_mosaic = curves["mosaic"] if "mosaic" in curves else pd.Series("", index=curves.index)
    with_bars = len(by_mosaic.unique()) <= 1
    for finder, style in styles.items():
        for _, rows in curves[curves["finder"] == finder].groupby(by_mosaic, sort=False):
            snr = np.sqrt(rows["snr_low"] * rows["snr_high"]) * style.dodge
            if with_bars:
                _bars(axes, rows, snr, "value", style=style, cut="tuned")
            else:
                axes.plot(snr, rows["value"], color=style.colour, linewidth=0.8, alpha=0.6)
    label, axis = QUANTITIES[quantity]
    axes.set(xlabel=axis, ylabel=label, xscale="log")
    plain_numbers(axes.xaxis)


def _snr_range(curves: pd.DataFrame) -> tuple[float, float] | None:
    """Return the edges of the bins that are drawn; None if there are none."""
    drawn_bins = curves[curves["n"] >= FEWEST_IN_BIN]
    return (drawn_bins["snr_low"].min(), drawn_bins["snr_high"].max()) if len(drawn_bins) else None


def _reliability_panel(axes: Axes, rows: pd.DataFrame, *, style: Style, region: str) -> None:
    """Draw the reliability diagram of one finder: diagonal, counts as columns, and matched fractions."""
    axes.plot([0, 1], [0, 1], color="#555555", linewidth=0.8)
    fitted, shown = (rows[rows["region"] == name] for name in ("validation", region))
    width, heights = shown["score_high"] - shown["score_low"], shown["n"] / shown["n"].max() * COUNT_HEIGHT
    axes.bar(shown["score_low"], heights, width, align="edge", color="#dddddd", edgecolor="white")
    fitted, shown = (part[part["n"] >= FEWEST_IN_BIN] for part in (fitted, shown))
    if region != "validation":
        axes.plot(fitted["score"], fitted["matched"], color=style.colour, alpha=0.4)
    _bars(axes, shown.rename(columns={"matched": "value"}), shown["score"], "value", style=style, cut="tuned")
    axes.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03))
    axes.set_box_aspect(1)


def _late_losses(epochs: pd.DataFrame) -> tuple[float, float] | None:
    """Return the range of the losses without the first epochs; None if they are all equal."""
    late = epochs["epoch"] > epochs["epoch"].max() * FIRST_EPOCHS
    losses = epochs.loc[late, ["loss", "validation_loss"]].to_numpy(float)
    losses = losses[np.isfinite(losses)]
    margin = 0.05 * np.ptp(losses) if len(losses) else 0
    return (losses.min() - margin, losses.max() + margin) if margin else None


def _line(label: str, **look: object) -> Line2D:
    """Return a legend entry that applies to the lines of all finders."""
    return Line2D([], [], color="#777777", label=label, **look)


def _bars(axes: Axes, rows: pd.DataFrame, snr: pd.Series, value: str, *, style: Style, cut: str) -> None:
    """Draw values with their intervals, with open markers for cuts that are not tuned."""
    low, high = ("low", "high") if value == "value" else (f"{value}_low", f"{value}_high")
    # Matplotlib omits bars of unknown (NaN) length; a rounding error must not make a length negative.
    lengths = [(rows[value] - rows[low]).clip(lower=0), (rows[high] - rows[value]).clip(lower=0)]
    axes.errorbar(
        snr,
        rows[value],
        yerr=lengths,
        color=style.colour,
        marker=style.marker,
        markerfacecolor=style.colour if cut == "tuned" else "white",
        linestyle=CUT_LINES.get(cut, "dotted"),
        elinewidth=0.8,
    )


def _legend(figure: Figure, styles: Mapping[str, Style], cuts: Iterable[str]) -> None:
    """Put a legend of the finders and cuts above the panels."""
    handles = [
        Line2D([], [], color=style.colour, marker=style.marker, label=finder)
        for finder, style in styles.items()
    ]
    for cut in cuts:
        filling = "#777777" if cut == "tuned" else "white"
        look = {"linestyle": CUT_LINES.get(cut, "dotted"), "marker": "o", "markerfacecolor": filling}
        handles.append(_line(cut.replace("_", " "), **look))
    put_legend(figure, handles)
