"""Draw an image cutout with truth and detections, as SVG text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import AsinhNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from radiofind.mosaics.box import Box
from radiofind.report.style import WIDTH_INCH, Style, drawn, put_legend

CLASS_LABELS = {"ss_agn": "SS-AGN", "fs_agn": "FS-AGN", "sfg": "SFG", "": "no class"}

TRUTH_CIRCLES = {
    "ss_agn": ("#e69f00", 150),
    "fs_agn": ("#56b4e9", 150),
    "sfg": ("#444444", 100),
    "": ("#888888", 100),
}
"""Colour and area (square points) of the circle of each class."""

FAINTEST_SHOWN, BRIGHTEST_SHOWN = -1.5, 50.0
"""Ends of the greyscale, in rms."""


@dataclass(frozen=True)
class SkyView:
    """An image cutout of a mosaic, with its truth and detections."""

    mosaic: str
    """Name of the mosaic."""
    pixels: np.ndarray
    """2D ndarray over the box, Jy/beam; NaN where blank."""
    box: Box
    """The rectangle in mosaic pixels."""
    rms: float
    """Noise, Jy/beam; sets the greyscale."""
    truth: pd.DataFrame
    """``x``, ``y`` in mosaic pixels and ``class``."""
    detections: Mapping[str, pd.DataFrame]
    """``x``, ``y`` in mosaic pixels by finder."""


@drawn
def sky_figure(view: SkyView, styles: Mapping[str, Style], *, pixel_arcsec: float | None) -> Figure:
    """Return the figure of an image cutout with truth and detections.

    Parameters
    ----------
    view
        The rectangle.
    styles
        Style of each finder.
    pixel_arcsec
        Pixel size, for the scale bar; without it there is no scale bar.
    """
    rows, columns = view.box.shape
    figure = Figure(figsize=(WIDTH_INCH, 0.9 + 6.6 * min(rows / columns, 1.3)), layout="constrained")
    axes = figure.subplots()
    axes.grid(visible=False)
    axes.set_facecolor("#f6e8c3")
    edges = (view.box.x0 - 0.5, view.box.x1 - 0.5, view.box.y0 - 0.5, view.box.y1 - 0.5)
    norm = AsinhNorm(linear_width=2, vmin=FAINTEST_SHOWN, vmax=BRIGHTEST_SHOWN)
    image = np.ma.masked_invalid(view.pixels / view.rms)
    axes.imshow(image, cmap="gray_r", norm=norm, origin="lower", extent=edges, interpolation="none")
    handles = [*_draw_truth(axes, view.truth), *_draw_detections(axes, view.detections, styles)]
    axes.set(xlabel="x (mosaic pixels)", ylabel="y (mosaic pixels)", xlim=edges[:2], ylim=edges[2:])
    if pixel_arcsec and np.isfinite(pixel_arcsec):
        _scale_bar(axes, view.box, pixel_arcsec)
    put_legend(figure, handles)
    return figure


def _draw_truth(axes: Axes, truth: pd.DataFrame) -> list[Line2D]:
    """Draw a circle around each truth source, and return the legend entries."""
    handles = []
    for name, (colour, size) in TRUTH_CIRCLES.items():
        rows = truth[truth["class"].fillna("") == name] if len(truth) else truth
        if len(rows):
            axes.scatter(rows["x"], rows["y"], s=size, facecolors="none", edgecolors=colour, linewidths=1.0)
            handles.append(
                Line2D([], [], linestyle="", marker="o", markersize=size**0.5, markerfacecolor="none")
            )
            handles[-1].set(markeredgecolor=colour, markeredgewidth=0.9, label=f"truth: {CLASS_LABELS[name]}")
    return handles


def _draw_detections(
    axes: Axes, detections: Mapping[str, pd.DataFrame], styles: Mapping[str, Style]
) -> list[Line2D]:
    """Draw a marker at each detection, and return the legend entries."""
    handles = []
    for finder, rows in detections.items():
        look = {"marker": styles[finder].sky_marker, "markerfacecolor": "none", "markeredgewidth": 1.1}
        look |= {"linestyle": "", "markeredgecolor": styles[finder].colour, "markersize": 6}
        handles += axes.plot(rows["x"], rows["y"], label=finder, **look)
    return handles


def _scale_bar(axes: Axes, box: Box, pixel_arcsec: float) -> None:
    """Draw a bar of a round length, about a fifth of the width, in the lower left corner."""
    aim = (box.x1 - box.x0) * pixel_arcsec / 5
    length = max(
        step * 10.0**power for power in range(-6, 7) for step in (1, 2, 5) if step * 10.0**power <= aim
    )
    left, right = 0.04, 0.04 + length / pixel_arcsec / (box.x1 - box.x0)
    ground = {"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 2.5}
    axes.plot([left, right], [0.04, 0.04], color="black", linewidth=2.5, transform=axes.transAxes)
    axes.text(left, 0.055, f"{length:g}″", transform=axes.transAxes, va="bottom", bbox=ground, color="black")
