"""Fake sources for the pixels of a mosaic: where they lie, how bright they are, and their image.

A mosaic is divided into square cells, each with one source. What is drawn in a cell depends on the seed, the
realisation and the place of the cell in the mosaic, so the sources are the same whatever the tiling.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from radiofind.mosaics.box import Box, pixel_of
from radiofind.mosaics.gaussians import FWHM
from radiofind.mosaics.images import ImageHeader

SIZES_BEAMS = (0.5, 3.0)
"""Range of the sizes (FWHM before the convolution with the beam) of extended sources, in beams."""
RADIUS = 5.0
"""Radius to which a source is drawn, in its standard deviations: 4e-6 of its peak."""

NO_SOURCES = pd.DataFrame(
    {name: pd.Series(dtype=float) for name in ("x", "y", "size", "rms", "injected_snr", "injected_flux")}
)
"""Injected sources, without rows."""


@dataclass(frozen=True)
class Injections:
    """The settings of one realisation."""

    seed: int
    """Seed of all realisations."""
    realisation: int
    """Number of this one."""
    beams_per_source: float
    """Area of a cell, in areas of the beam at the centre of the mosaic."""
    flux_snr: Sequence[float]
    """Lowest and highest total flux, in units of the noise at the source."""
    slope: float
    """Exponent q of the flux distribution dN/dS ~ S^-q."""
    extended_fraction: float = 0.0
    """Fraction of the sources that are round Gaussians of `SIZES_BEAMS`; the others are points."""


def injected_sources(header: ImageHeader, box: Box, rms: np.ndarray, injections: Injections) -> pd.DataFrame:
    """Return the sources whose image may touch a box, in the order of their cells.

    Parameters
    ----------
    header
        The mosaic.
    box
        The box, in pixels.
    rms
        2D ndarray over the box: the noise, Jy/beam. Where it is not positive no source is injected.
    injections
        The settings.

    Returns
    -------
    pandas.DataFrame
        ``x``, ``y`` (mosaic pixels), ``size`` (FWHM before the convolution, arcsec; 0 for a point), ``rms``
        (Jy/beam), ``injected_snr`` and ``injected_flux`` (total flux in units of the noise, and in Jy on the
        flat-noise image). A source outside the box has the noise of the nearest pixel inside, so
        its flux may differ from that in the tile that holds it; a halo wider than the sources makes this
        harmless.
    """
    # Side of a cell, pixels.
    side = np.sqrt(injections.beams_per_source * 2 * np.pi * np.sqrt(np.linalg.det(header.beam_pixels)))
    seen = box.grown(_reach(header, injections), header.shape)
    rows, columns = (
        range(int(first // side), int(last // side) + 1)
        for first, last in ((seen.y0, seen.y1), (seen.x0, seen.x1))
    )
    cells = [(row, column) for row in rows for column in columns]
    keys = (injections.seed, injections.realisation)
    # Random numbers for x, y, flux, whether a source is extended, and its size.
    drawn = np.array([np.random.default_rng([*keys, *cell]).random(5) for cell in cells])
    place = (np.array(cells)[:, ::-1] + drawn[:, :2]) * side - 0.5
    table = pd.DataFrame(
        {"x": place[:, 0], "y": place[:, 1], "size": _sizes(drawn[:, 3:], header, injections)}
    )
    column, row = (pixel_of(table[axis].to_numpy()).astype(int) for axis in ("x", "y"))
    row, column = np.clip(row, box.y0, box.y1 - 1) - box.y0, np.clip(column, box.x0, box.x1 - 1) - box.x0
    table["rms"] = rms[row, column].astype(float)
    table["injected_snr"] = _power_law(drawn[:, 2], injections)
    table["injected_flux"] = table["injected_snr"] * table["rms"]
    return table[seen.holds(table["x"], table["y"]) & (table["rms"] > 0)].reset_index(drop=True)


def draw(sources: pd.DataFrame, header: ImageHeader, box: Box) -> np.ndarray:
    """Return the image of sources in a box.

    Parameters
    ----------
    sources
        As `injected_sources` returns them.
    header
        The mosaic, whose beam the sources have where they lie.
    box
        The box.

    Returns
    -------
    2D float32 ndarray
        Jy/beam, shape `box.shape`.
    """
    x, y = sources["x"].to_numpy(), sources["y"].to_numpy()
    beams = header.beam_pixels_at(x, y)
    widths = sources["size"].to_numpy() / header.pixel_arcsec / FWHM
    shapes = beams + np.square(widths)[:, np.newaxis, np.newaxis] * np.eye(2)
    peaks = sources["injected_flux"] * np.sqrt(np.linalg.det(beams) / np.linalg.det(shapes))
    image = np.zeros(box.shape)
    for *centre, shape, peak in zip(x, y, shapes, peaks, strict=True):
        half = int(np.ceil(RADIUS * np.sqrt(shape.diagonal().max())))
        column, row = (int(np.rint(value)) for value in centre)
        stamp = Box(column - half, column + half + 1, row - half, row + half + 1)
        if shared := stamp.overlap(box):
            # All of the stamp, so that each pixel is computed in the same way in all boxes.
            values = peak * _gaussian(stamp, centre, np.linalg.inv(shape))
            image[shared.within(box)] += values[shared.within(stamp)]
    return image.astype(np.float32)


def _reach(header: ImageHeader, injections: Injections) -> int:
    """Return how far from its centre a source is drawn at most, in pixels, with a margin for projections."""
    widest = max(SIZES_BEAMS) if injections.extended_fraction else 0.0
    return int(np.ceil(1.1 * RADIUS * header.beam_major_pixels / FWHM * np.hypot(1, widest))) + 1


def _sizes(drawn: np.ndarray, header: ImageHeader, injections: Injections) -> np.ndarray:
    """Return the sizes of sources in arcsec, from two uniform random numbers of each."""
    low, high = np.log(SIZES_BEAMS)
    sizes = np.exp(low + (high - low) * drawn[:, 1]) * header.beam_major_pixels * header.pixel_arcsec
    return np.where(drawn[:, 0] < injections.extended_fraction, sizes, 0.0)


def _power_law(drawn: np.ndarray, injections: Injections) -> np.ndarray:
    """Return fluxes in units of the noise, from uniform random numbers."""
    low, high = injections.flux_snr
    power = 1 - injections.slope
    if abs(power) < 1e-6:
        return low * (high / low) ** drawn
    return (low**power + drawn * (high**power - low**power)) ** (1 / power)


def _gaussian(box: Box, centre: Sequence[float], inverse: np.ndarray) -> np.ndarray:
    """Return a Gaussian of peak 1 over a box, from the inverse of its covariance over (x, y)."""
    dx = np.arange(box.x0, box.x1) - centre[0]
    dy = (np.arange(box.y0, box.y1) - centre[1])[:, np.newaxis]
    return np.exp(-0.5 * (inverse[0, 0] * dx**2 + 2 * inverse[0, 1] * dx * dy + inverse[1, 1] * dy**2))
