"""Draw completeness and reliability without truth, and source counts, each as SVG text."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from radiofind.evaluation.calibration import FEWEST_IN_BIN
from radiofind.mosaics.injections import DOUBLE, EXTENDED, POINT, SIZE_EDGES_BEAMS
from radiofind.report.style import WIDTH_INCH, Style, drawn, plain_numbers, put_legend

PANELS = {
    "completeness": ("Completeness", "True SNR (total flux / rms)"),
    "reliability": ("Reliability", "Measured SNR (total flux / rms)"),
}
"""Titles of the panels and labels of their axes."""
TITLES = {EXTENDED: "extended sources", DOUBLE: "doubles"}
WITHOUT_TRUTH = {"linestyle": "solid"}
FROM_TRUTH = {"linestyle": (0, (4, 2)), "markerfacecolor": "white"}
OF_COUNTS = {
    "corrected": {"linestyle": "none"},
    "not trusted": {"linestyle": "none", "markerfacecolor": "white"},
    "not corrected": {"linestyle": "none", "marker": ".", "markersize": 3},
}
"""Legend of the counts."""
GREY = "#777777"
OF_POINTS = {"color": GREY, "marker": "o", "linestyle": (0, (4, 2))}
OF_SIZES = (
    {"color": "#7fb8e0", "marker": "s"},
    {"color": "#2878b5", "marker": "^"},
    {"color": "#08306b", "marker": "D"},
)
"""From small to large sizes."""
SHIFT = 1.03
"""Factor by which SNRs of the truth are shifted, so that error bars do not overlap."""


@drawn
def completeness_figure(fractions: pd.DataFrame, truth: pd.DataFrame, styles: Mapping[str, Style]) -> Figure:
    """Return the figure of completeness and reliability against SNR, without and from the truth.

    Parameters
    ----------
    fractions
        Columns `completeness.FRACTION`.
    truth
        The same from the truth; without rows where there is none.
    styles
        Style of each finder.
    """
    figure = Figure(figsize=(WIDTH_INCH, 3.3), layout="constrained")
    shown, truth = (table[table["n"] >= FEWEST_IN_BIN] for table in (fractions, truth))
    for axes, (quantity, (title, label)) in zip(
        figure.subplots(1, 2, sharey=True), PANELS.items(), strict=True
    ):
        for table, look, shift in ((truth, FROM_TRUTH, SHIFT), (shown, WITHOUT_TRUTH, 1)):
            for finder, rows in table[table["quantity"] == quantity].groupby("finder", sort=False):
                snr = np.sqrt(rows["snr_low"] * rows["snr_high"]) * styles[finder].dodge * shift
                _bars(axes, snr, rows, "value", ("low", "high"), styles[finder], look)
        axes.set(title=title, xlabel=label, xscale="log", ylim=(0, 1.04))
        of_panel = shown[shown["quantity"] == quantity]
        if len(of_panel):
            axes.set_xlim(of_panel["snr_low"].min(), of_panel["snr_high"].max())
        plain_numbers(axes.xaxis)
    handles = _finders(styles, {*fractions["finder"]})
    if len(truth):
        handles += [_entry("without truth", WITHOUT_TRUTH), _entry("from the truth", FROM_TRUTH)]
    put_legend(figure, handles)
    return figure


@drawn
def fluxes_figure(fluxes: pd.DataFrame, styles: Mapping[str, Style]) -> Figure:
    """Return the figure of completeness against total flux.

    Parameters
    ----------
    fluxes
        Rows of `flux_completeness.completeness_by_flux`, one per finder and bin of flux.
    styles
        Style of each finder.
    """
    figure = Figure(figsize=(WIDTH_INCH, 3.3), layout="constrained")
    axes = figure.subplots()
    axes.set(xscale="log", ylim=(0, 1.04), xlabel="Total flux (mJy)", ylabel="Completeness")
    for finder, rows in fluxes[fluxes["n_injected"] >= FEWEST_IN_BIN].groupby("finder", sort=False):
        rows = rows.sort_values("flux_low")
        flux = 1e3 * np.sqrt(rows["flux_low"] * rows["flux_high"]) * styles[finder].dodge
        ends = ("completeness_low", "completeness_high")
        _bars(axes, flux, rows, "completeness", ends, styles[finder], WITHOUT_TRUTH)
    plain_numbers(axes.xaxis)
    put_legend(figure, _finders(styles, {*fluxes["finder"]}))
    return figure


@drawn
def shapes_figure(shapes: pd.DataFrame) -> Figure:
    """Return the figure of completeness against SNR by shape and size: a row for each finder.

    Parameters
    ----------
    shapes
        Columns `completeness.OF_SHAPES`, not only points.
    """
    finders, kinds = (list(dict.fromkeys(shapes[name])) for name in ("finder", "shape"))
    kinds = [kind for kind in kinds if kind != POINT]
    figure = Figure(figsize=(WIDTH_INCH, 0.5 + 2.6 * len(finders)), layout="constrained")
    panels = figure.subplots(len(finders), len(kinds), sharex=True, sharey=True, squeeze=False)
    looks = {"points": OF_POINTS}
    for (row, column), axes in np.ndenumerate(panels):
        of_finder = shapes[(shapes["finder"] == finders[row]) & (shapes["n"] >= FEWEST_IN_BIN)]
        _line(axes, of_finder[of_finder["shape"] == POINT], OF_POINTS)
        of_kind = of_finder[of_finder["shape"] == kinds[column]]
        for place, (low, high) in enumerate(pairwise(SIZE_EDGES_BEAMS)):
            looks[f"{low:g} to {high:g} beams"] = OF_SIZES[place]
            _line(
                axes, of_kind[of_kind["size_low_beams"] == low], OF_SIZES[place], shift=SHIFT ** (place + 1)
            )
        axes.set(title=f"{finders[row]}: {TITLES[kinds[column]]}", xscale="log", ylim=(0, 1.04))
        plain_numbers(axes.xaxis)
    for axes in panels[-1]:
        axes.set_xlabel(PANELS["completeness"][1])
    put_legend(figure, [Line2D([], [], label=label, **look) for label, look in looks.items()])
    return figure


@drawn
def counts_figure(counts: pd.DataFrame, styles: Mapping[str, Style]) -> Figure:
    """Return the figure of source counts against flux, corrected and not, beside published ones.

    Parameters
    ----------
    counts
        Columns of `counts.COLUMNS`, all finders.
    styles
        Style of each finder.
    """
    figure = Figure(figsize=(WIDTH_INCH, 4.0), layout="constrained")
    axes = figure.subplots()
    axes.set(xscale="log", yscale="log", xlabel="Total flux (mJy)", ylabel="S$^{2.5}$ dN/dS (Jy$^{1.5}$/sr)")
    axes.yaxis.label.set_parse_math(True)
    handles = _finders(styles, {*counts["finder"]})
    for finder, rows in counts[counts["n"] > 0].groupby("finder", sort=False):
        style = styles[finder]
        flux = 1e3 * np.sqrt(rows["flux_low"] * rows["flux_high"]) * style.dodge
        axes.plot(flux, rows["counts_uncorrected"], ".", color=style.colour, markersize=3, alpha=0.6)
        for trusted, filling in ((False, "white"), (True, style.colour)):
            chosen = rows["trusted"] == trusted
            look = {"linestyle": "none", "markerfacecolor": filling}
            _bars(axes, flux[chosen], rows[chosen], "counts", ("counts_low", "counts_high"), style, look)
    known = counts[counts["published"].notna()].drop_duplicates("flux_low").sort_values("flux_low")
    if len(known):
        flux = 1e3 * np.sqrt(known["flux_low"] * known["flux_high"])
        handles += axes.plot(flux, known["published"], color=GREY, label=known["published_source"].iloc[0])
    plain_numbers(axes.xaxis)
    plain_numbers(axes.yaxis)
    put_legend(figure, [*handles, *(_entry(label, look) for label, look in OF_COUNTS.items())])
    return figure


def _line(axes: Axes, rows: pd.DataFrame, look: Mapping[str, object], *, shift: float = 1.0) -> None:
    """Draw the completeness of a shape and size, with its intervals, if there are sources."""
    rows = rows.sort_values("snr_low")
    lengths = [(rows["value"] - rows["low"]).clip(lower=0), (rows["high"] - rows["value"]).clip(lower=0)]
    snr = np.sqrt(rows["snr_low"] * rows["snr_high"]) * shift
    axes.errorbar(snr, rows["value"], yerr=lengths, elinewidth=0.8, **look)


def _bars(
    axes: Axes,
    x: pd.Series,
    rows: pd.DataFrame,
    value: str,
    ends: tuple[str, str],
    style: Style,
    look: Mapping[str, object],
) -> None:
    """Draw values with their intervals; a rounding error must not make a bar shorter than nothing."""
    lengths = [(rows[value] - rows[ends[0]]).clip(lower=0), (rows[ends[1]] - rows[value]).clip(lower=0)]
    drawn_as = {"color": style.colour, "marker": style.marker, "elinewidth": 0.8}
    axes.errorbar(x, rows[value], yerr=lengths, **drawn_as | look)


def _finders(styles: Mapping[str, Style], shown: set[str]) -> list[Line2D]:
    """Return the legend entries of the finders that are shown."""
    return [
        Line2D([], [], color=style.colour, marker=style.marker, label=finder)
        for finder, style in styles.items()
        if finder in shown
    ]


def _entry(label: str, look: Mapping[str, object]) -> Line2D:
    """Return a legend entry that applies to all finders."""
    return Line2D([], [], label=label, **{"color": GREY, "marker": "o", **look})
