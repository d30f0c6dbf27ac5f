"""Draw misclassified cutouts, and reconstructions by capsule networks, as SVG text."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import AsinhNorm, Normalize
from matplotlib.figure import Figure

from radiofind.classifiers.capsule_views import CapsuleViews
from radiofind.report.style import WIDTH_INCH, drawn

MOST_BESIDE, MOST_PAIRS = 6, 9
"""Number of cutouts in a row, alone and with a reconstruction."""
FAINTEST_SHOWN = -1.5
"""Lower end of the greyscale, in rms."""
FAINT_PART = 0.02
"""Fraction of the peak used as the noise of a noiseless cutout."""
LONGEST_LINE = 21
"""Maximum length of a line above a cutout."""
MOST_LINES = 2
"""Maximum number of lines of a name above a cutout."""
GAP_PIXELS = 1
"""Gap between cutouts in a grid, pixels."""


@dataclass(frozen=True)
class Mistake:
    """A misclassified cutout."""

    name: str
    """Name of the cutout."""
    image: np.ndarray
    """(rows, columns), any unit."""
    rms: float
    """Noise in the same unit; NaN where unknown."""
    true: str
    """Its true class."""
    predicted: str
    """The predicted class."""
    probability: float
    """Probability of the predicted class."""


@drawn
def mistakes_figure(mistakes: Sequence[Mistake]) -> Figure:
    """Return a figure of misclassified cutouts, each with its true and predicted class.

    Parameters
    ----------
    mistakes
        One or more.
    """
    down = -(-len(mistakes) // MOST_BESIDE)
    titles = [_title(mistake) for mistake in mistakes]
    most_lines = max(title.count("\n") + 1 for title in titles)
    figure = Figure(figsize=(WIDTH_INCH, (1.65 + 0.13 * most_lines) * down), layout="constrained")
    panels = figure.subplots(down, MOST_BESIDE, squeeze=False).ravel()
    for axes in panels:
        axes.set_axis_off()
    for axes, mistake, title in zip(panels, mistakes, titles, strict=False):
        _picture(axes, mistake.image, mistake.rms)
        axes.set_title(title, fontsize=7.5, linespacing=1.15)
        name = _lines(mistake.name)[0]
        axes.text(0.5, -0.03, name, transform=axes.transAxes, ha="center", va="top", fontsize=6.5)
    return figure


@drawn
def reconstructions_figure(views: CapsuleViews) -> Figure:
    """Return a figure of cutouts above their reconstructions, each pair on the greyscale of its cutout.

    Parameters
    ----------
    views
        One cutout or more.
    """
    down = -(-len(views.image) // MOST_PAIRS)
    figure = Figure(figsize=(WIDTH_INCH, 2.2 * down), layout="constrained")
    panels = figure.subplots(down, MOST_PAIRS, squeeze=False).ravel()
    for axes in panels:
        axes.set_axis_off()
    pairs = np.stack([views.image, views.reconstruction], axis=1)[:, :, np.newaxis]
    for place, (axes, pair) in enumerate(zip(panels, pairs, strict=False)):
        axes.imshow(_mosaic(pair), cmap="gray_r", norm=_linear(views.image[place]), interpolation="none")
        true, predicted = views.classes[views.label[place]], views.classes[views.predicted[place]]
        lines = _lines(true, width=15) + ([] if true == predicted else _lines(predicted, "→ {}", width=15))
        axes.set_title("\n".join(lines), fontsize=7)
    return figure


@drawn
def perturbations_figure(views: CapsuleViews, place: int) -> Figure:
    """Return a figure of reconstructions of one cutout, with each dimension of its capsule varied in steps.

    Parameters
    ----------
    views
        Reconstructions of cutouts by a network.
    place
        Index of the perturbed cutout.
    """
    perturbed = views.perturbed[place]
    mosaic = _mosaic(perturbed)
    n_dimensions, n_steps = perturbed.shape[:2]
    height = 0.75 + WIDTH_INCH * 0.82 * mosaic.shape[0] / mosaic.shape[1]
    figure = Figure(figsize=(WIDTH_INCH, height), layout="constrained")
    axes = figure.subplots()
    axes.grid(visible=False)
    axes.imshow(mosaic, cmap="gray_r", norm=_linear(perturbed), interpolation="none")
    rows, columns = perturbed.shape[2] + GAP_PIXELS, perturbed.shape[3] + GAP_PIXELS
    axes.set_xticks(columns * (np.arange(n_steps) + 0.5), [f"{step:+.2f}" for step in views.steps])
    axes.set_yticks(rows * (np.arange(n_dimensions) + 0.5), [str(n + 1) for n in range(n_dimensions)])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    longest = views.classes[views.predicted[views.perturbed_of[place]]]
    axes.set(xlabel="Added to the dimension", ylabel="Dimension", title=f"Capsule of {longest}")
    return figure


def _title(mistake: Mistake) -> str:
    """Return the true and predicted class of a cutout, in short lines."""
    taken_for = _lines(mistake.predicted, f"→ {{}} {mistake.probability:.2f}")
    return "\n".join([*_lines(mistake.true), *taken_for])


def _picture(axes: Axes, image: np.ndarray, rms: float) -> None:
    """Draw a cutout with a greyscale that shows its noise and its peak."""
    peak = float(np.nanmax(image))
    noise = rms if np.isfinite(rms) and rms > 0 else FAINT_PART * abs(peak)
    top = max(peak, 5 * noise) or 1.0
    norm = AsinhNorm(linear_width=2 * noise or 1.0, vmin=FAINTEST_SHOWN * noise, vmax=top)
    axes.imshow(image, cmap="gray_r", norm=norm, origin="lower", interpolation="none")


def _linear(images: np.ndarray) -> Normalize:
    """Return a greyscale from the lowest to the highest value, which may be equal."""
    low, high = float(np.nanmin(images)), float(np.nanmax(images))
    return Normalize(low, high if high > low else low + 1)


def _mosaic(images: np.ndarray) -> np.ndarray:
    """Return images (down, across, rows, columns) as one grid (rows, columns), NaN in the gaps, north up."""
    gaps = ((0, 0), (0, 0), (0, GAP_PIXELS), (0, GAP_PIXELS))
    padded = np.pad(images[:, :, ::-1].astype(float), gaps, constant_values=np.nan)
    down, across, rows, columns = padded.shape
    return padded.transpose(0, 2, 1, 3).reshape(down * rows, across * columns)


def _lines(name: str, form: str = "{}", *, width: int = LONGEST_LINE) -> list[str]:
    """Return a name in short lines, formatted by `form` and truncated if too long."""
    shortest = width - len(form) + 2
    short = textwrap.shorten(name, shortest * MOST_LINES, placeholder="…") if " " in name else name
    lines = textwrap.wrap(short, shortest) or [""]
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES - 1], f"{lines[MOST_LINES - 1][: shortest - 1]}…"]
    return form.format("\n".join(lines)).split("\n")
