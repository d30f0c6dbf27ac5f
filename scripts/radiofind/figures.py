"""Draw the scores, curves and noise of the report, each as the text of an SVG."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, LogLocator, NullLocator

from radiofind.plotting import DODGE, WIDTH_INCH, Style, drawn, plain_numbers, put_legend

CUT_LINES = {"as_found": (0, (4, 2)), "tuned": "solid"}

QUANTITIES = {
    "completeness": ("Completeness", "SNR of the truth"),
    "reliability": ("Reliability", "SNR of the detection"),
    "flux_ratio": ("Detected / true flux", "SNR of the truth"),
    "offset_x": ("Offset in x (pixels)", "SNR of the truth"),
    "offset_y": ("Offset in y (pixels)", "SNR of the truth"),
}
"""Labels of the axes of each curve."""

FEWEST_IN_BIN = 5
"""Bins with fewer sources are not drawn: their intervals would hide the others."""

MOST_NAMED_MOSAICS = 6
"""Above this many, lines of mosaics are not told apart."""


@drawn
def f1_figure(pooled: pd.DataFrame, styles: Mapping[str, Style]) -> Figure:
    """Return F1 against the SNR limit, with intervals, a line per finder and cut.

    Parameters
    ----------
    pooled
        Rows of `scoreboard.pool` of one region, metric and class.
    styles
        Style of each finder.
    """
    figure = Figure(figsize=(WIDTH_INCH, 3.6), layout="constrained")
    axes = figure.subplots()
    for (finder, cut), rows in pooled.groupby(["finder", "cut"], sort=False):
        style = styles[finder]
        # A cut moves half a step, so that the two bars of a finder do not hide each other.
        shift = style.dodge * (1 + DODGE / 2 if cut == "tuned" else 1)
        _bars(axes, rows, rows["snr_min"] * shift, "f1", style=style, cut=cut)
    limits = sorted(pooled["snr_min"].unique())
    axes.set(xlabel="SNR limit of truth", ylabel="F1", xscale="log", ylim=(0, 1.04))
    axes.xaxis.set_major_locator(FixedLocator(limits))
    axes.xaxis.set_minor_locator(NullLocator())
    plain_numbers(axes.xaxis)
    axes.set_xlim(limits[0] / 1.25, limits[-1] * 1.25)
    _legend(figure, styles, pooled["cut"].unique())
    return figure


@drawn
def fractions_figure(fractions: pd.DataFrame, styles: Mapping[str, Style]) -> Figure:
    """Return completeness and reliability against SNR, one row of panels per cut.

    Parameters
    ----------
    fractions
        Rows of `scoreboard.pool_fractions` of one region.
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
            axes.label_outer()
    _legend(figure, styles, ())
    return figure


@drawn
def measurements_figure(curves: pd.DataFrame, styles: Mapping[str, Style]) -> Figure:
    """Return flux ratio and position offsets against SNR.

    Parameters
    ----------
    curves
        Columns of `evaluation.CURVE_COLUMNS`, of one region and cut. The lines of several mosaics are drawn
        apart and without bars, because medians cannot be put together.
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
        if quantity == "flux_ratio":
            axes.set_yscale("log")
            axes.yaxis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 5, 7)))
            axes.yaxis.set_minor_locator(NullLocator())
            plain_numbers(axes.yaxis)
    _legend(figure, styles, ())
    return figure


@drawn
def noise_figure(area: pd.DataFrame) -> Figure:
    """Return the area with noise below a value, a line per mosaic.

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
    """Draw one quantity of all finders; with bars when there is one mosaic or their sum."""
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


def _bars(axes: Axes, rows: pd.DataFrame, snr: pd.Series, value: str, *, style: Style, cut: str) -> None:
    """Draw values with their intervals; open markers for what is not tuned."""
    low, high = ("low", "high") if value == "value" else (f"{value}_low", f"{value}_high")
    # Bars of unknown length are left out by matplotlib; a rounding error must not make one negative.
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
    """Put the finders, and these cuts, above the panels."""
    handles = [
        Line2D([], [], color=style.colour, marker=style.marker, label=finder)
        for finder, style in styles.items()
    ]
    for cut in cuts:
        filling = "#777777" if cut == "tuned" else "white"
        look = {"linestyle": CUT_LINES.get(cut, "dotted"), "marker": "o", "markerfacecolor": filling}
        handles.append(Line2D([], [], color="#777777", label=cut.replace("_", " "), **look))
    put_legend(figure, handles)
