"""The common style of all figures: colours and markers of finders, fonts, legends, SVG without a date."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from itertools import cycle

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

LOOK = {
    "font.family": "DejaVu Sans",
    "font.size": 8.5,
    "axes.titlesize": 9,
    "axes.linewidth": 0.6,
    "axes.edgecolor": "#555555",
    "axes.labelcolor": "#222222",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": "#555555",
    "ytick.color": "#555555",
    "xtick.labelcolor": "#222222",
    "ytick.labelcolor": "#222222",
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.6,
    "axes.grid": True,
    "axes.axisbelow": True,
    "lines.linewidth": 1.3,
    "lines.markersize": 4.5,
    "legend.frameon": False,
    "legend.handletextpad": 0.5,
    # Names of finders and mosaics are not formulas.
    "text.parse_math": False,
    "svg.hashsalt": "radiofind",
}

WIDTH_INCH = 8.6
"""Width of most figures: drawn as wide as the page, their text has the size of the page's text."""

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#000000", "#e69f00", "#56b4e9", "#f0e442")
"""Okabe & Ito 2008: distinguishable by colour-blind readers."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
SKY_MARKERS = ("+", "x", "s", "D", "^", "v", "1", "2")
"""Markers of detections on images, which leave the source visible."""

DIGITS = ((1, 2, 5), (1, 3), (1,))
"""First digits of the ticks of a logarithmic axis, for a short to a long one."""
MOST_TICKS, FEWEST_TICKS = 6, 3
"""Number of these ticks; with fewer, they are evenly spaced numbers instead."""

DODGE = 0.06
"""Shift between finders in one bin, as a fraction of the SNR, so that error bars do not overlap."""


@dataclass(frozen=True)
class Style:
    """The style of one finder in all figures."""

    colour: str
    """Colour of lines and markers."""
    marker: str
    """Marker in plots."""
    sky_marker: str
    """Marker on images."""
    dodge: float
    """Factor by which its SNR is shifted in plots."""


def styles_of(finders: Sequence[str]) -> dict[str, Style]:
    """Return the style of each finder, by their order."""
    middle = (len(finders) - 1) / 2
    looks = zip(finders, cycle(COLOURS), cycle(MARKERS), cycle(SKY_MARKERS), strict=False)
    return {
        finder: Style(colour, marker, sky_marker, (1 + DODGE) ** (place - middle))
        for place, (finder, colour, marker, sky_marker) in enumerate(looks)
    }


def drawn(draw: Callable[..., Figure]) -> Callable[..., str]:
    """Decorate a function that draws a figure: it uses the common style and returns SVG text."""

    @wraps(draw)
    def as_svg(*args: object, **options: object) -> str:
        with mpl.rc_context(LOOK):
            text = io.StringIO()
            draw(*args, **options).savefig(text, format="svg", metadata={"Date": None, "Creator": None})
        return text.getvalue()

    return as_svg


def put_legend(figure: Figure, handles: Sequence[Artist]) -> None:
    """Put a legend above the panels, if it has entries."""
    if handles:
        figure.legend(handles=handles, loc="outside upper center", ncols=min(len(handles), 6))


class RoundNumbers(LogLocator):
    """Ticks of a logarithmic axis at a few round numbers, also where it spans less than a decade."""

    def tick_values(self, vmin: float, vmax: float) -> np.ndarray:
        """Return the ticks in a range."""
        low, high = min(vmin, vmax), max(vmin, vmax)
        decades = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
        for digits in DIGITS:
            ticks = np.multiply.outer(decades, digits).ravel()
            ticks = ticks[(low <= ticks) & (ticks <= high)]
            if len(ticks) <= MOST_TICKS:
                break
        if len(ticks) >= FEWEST_TICKS:
            return ticks[:: -(-len(ticks) // MOST_TICKS)]
        return MaxNLocator(MOST_TICKS, steps=[1, 2, 5, 10]).tick_values(low, high)


def plain_numbers(axis: Axis) -> None:
    """Label a logarithmic axis with a few plain numbers instead of powers of ten."""
    axis.set_major_locator(RoundNumbers())
    axis.set_minor_locator(NullLocator())
    label_plainly(axis)


def label_plainly(axis: Axis) -> None:
    """Write the ticks of an axis as plain numbers."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
