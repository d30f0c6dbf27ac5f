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

POINT, EXTENDED, DOUBLE = SHAPES = ("point", "extended", "double")
"""Points; round Gaussians; and doubles of two points with half of the flux each."""
SIZES_BEAMS = (0.5, 3.0)
"""Range of the sizes in beams: FWHM of extended sources before the convolution with the beam, distance of the
points of doubles."""
ALL_SHAPES = "all"
"""Value of the column ``shape`` of tables in rows of all fake sources."""
SIZE_EDGES_BEAMS = (0.5, 1.0, 2.0, 3.0)
"""Edges of the bins by size in tables."""
WINDHORST = "windhorst"
"""Name of the distribution of sizes that depends on the flux."""
MEDIAN_ARCSEC, MEDIAN_EXPONENT, SIZE_EXPONENT = 2.0, 0.3, 0.62
"""Median size at 1 mJy, how it grows with flux, and exponent of the distribution (Windhorst et al. 1990)."""
SIZES_FREQUENCY_HZ, SPECTRAL_INDEX = 1.4e9, -0.7
"""Frequency of these, and how fluxes are scaled to it."""
RADIUS = 5.0
"""Radius to which a source is drawn, in its standard deviations: 4e-6 of its peak."""

NO_SOURCES = pd.DataFrame(
    {
        name: pd.Series(dtype="str" if name == "shape" else float)
        for name in ("x", "y", "shape", "size", "position_angle", "rms", "injected_snr", "injected_flux")
    }
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
    """Fraction of the sources that are extended, with `SIZES_BEAMS`."""
    double_fraction: float = 0.0
    """Fraction of the sources that are double, with `SIZES_BEAMS`; the others are points."""
    size_distribution: str = "log_uniform"
    """Or `WINDHORST`: of the sources that are not double, those are extended whose `windhorst_sizes` exceed
    the smaller of `SIZES_BEAMS`, up to the larger, which larger ones have."""


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
        ``x``, ``y`` (mosaic pixels; of the middle of a double), ``shape`` (one of `SHAPES`), ``size``
        (arcsec, as `SIZES_BEAMS`; 0 for a point), ``position_angle`` (of a double, deg; else NaN), ``rms``
        (Jy/beam), ``injected_snr`` and ``injected_flux`` (total flux in units of the noise, and in Jy on the
        flat-noise image). A source outside the box has the noise of the nearest pixel inside, so its flux may
        differ from that in the tile that holds it; a halo wider than the sources makes this harmless.
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
    # Random numbers for x, y, flux, shape, size and position angle.
    drawn = np.array([np.random.default_rng([*keys, *cell]).random(6) for cell in cells])
    place = (np.array(cells)[:, ::-1] + drawn[:, :2]) * side - 0.5
    column, row = pixel_of(place).astype(int).T
    row, column = np.clip(row, box.y0, box.y1 - 1) - box.y0, np.clip(column, box.x0, box.x1 - 1) - box.x0
    noise = rms[row, column].astype(float)
    kept = seen.holds(*place.T) & (noise > 0)
    drawn, (x, y), noise = drawn[kept], place[kept].T, noise[kept]
    snr = _power_law(drawn[:, 2], injections)
    shape, size = _shapes_and_sizes(drawn[:, 3:5], snr * noise, header, injections)
    angle = np.where(shape == DOUBLE, 180 * drawn[:, 5], np.nan)
    table = pd.DataFrame({"x": x, "y": y, "shape": shape, "size": size, "position_angle": angle})
    return table.assign(rms=noise, injected_snr=snr, injected_flux=snr * noise)


def components_of(sources: pd.DataFrame, header: ImageHeader) -> pd.DataFrame:
    """Return the Gaussians of sources: one of each point and extended source, two of each double.

    Parameters
    ----------
    sources
        Columns ``x``, ``y``, ``shape``, ``size``, ``position_angle`` and ``injected_flux`` of
        `injected_sources`.
    header
        The mosaic.

    Returns
    -------
    pandas.DataFrame
        ``source`` (the number of its row), ``x``, ``y`` (mosaic pixels), ``size`` (FWHM before the
        convolution, arcsec) and ``injected_flux`` (Jy), in the order of the sources.
    """
    is_double = (sources["shape"] == DOUBLE).to_numpy()
    row = np.repeat(np.arange(len(sources)), 1 + is_double)
    x, y, size, flux = sources[["x", "y", "size", "injected_flux"]].to_numpy(float)[row].T
    of_doubles = is_double[row]
    if of_doubles.any():
        angle = np.deg2rad(sources["position_angle"].to_numpy()[row][of_doubles])
        ends = np.tile([0.5, -0.5], is_double.sum()) * size[of_doubles]
        east_north = np.stack([ends * np.sin(angle), ends * np.cos(angle)], axis=-1)
        to_sky = header.coordinates.jacobian(x[of_doubles], y[of_doubles])
        dx, dy = np.linalg.solve(to_sky, east_north[..., np.newaxis])[..., 0].T
        x[of_doubles] += dx
        y[of_doubles] += dy
        size[of_doubles] = 0.0
        flux[of_doubles] /= 2
    return pd.DataFrame({"source": row, "x": x, "y": y, "size": size, "injected_flux": flux})


def draw(sources: pd.DataFrame, header: ImageHeader, box: Box) -> np.ndarray:
    """Return the image of sources in a box.

    Parameters
    ----------
    sources
        As for `components_of`.
    header
        The mosaic, whose beam the sources have where they lie.
    box
        The box.

    Returns
    -------
    2D float32 ndarray
        Jy/beam, shape `box.shape`.
    """
    parts = components_of(sources, header)
    x, y = parts["x"].to_numpy(), parts["y"].to_numpy()
    beams = header.beam_pixels_at(x, y)
    widths = parts["size"].to_numpy() / header.pixel_arcsec / FWHM
    shapes = beams + np.square(widths)[:, np.newaxis, np.newaxis] * np.eye(2)
    peaks = parts["injected_flux"] * np.sqrt(np.linalg.det(beams) / np.linalg.det(shapes))
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
    # The points of a double reach less far than an extended source.
    sized = injections.extended_fraction + injections.double_fraction
    widest = max(SIZES_BEAMS) if sized or injections.size_distribution == WINDHORST else 0.0
    return int(np.ceil(1.1 * RADIUS * header.beam_major_pixels / FWHM * np.hypot(1, widest))) + 1


def windhorst_sizes(drawn: np.ndarray, flux: np.ndarray, *, frequency_hz: float) -> np.ndarray:
    """Return angular sizes in arcsec that are distributed as those of the sources of the sky.

    Parameters
    ----------
    drawn
        Uniform random numbers from 0 to 1, shape (n,).
    flux
        Total fluxes, Jy, shape (n,).
    frequency_hz
        Their frequency.

    Notes
    -----
    The fraction larger than s is exp(-ln 2 (s / m)^0.62), with the median m = 2 arcsec (S / mJy)^0.30 for a
    flux S at 1.4 GHz (Windhorst, Mathis & Neuschaefer 1990, ASP Conf. Ser. 10, 389).
    """
    mjy = 1e3 * flux * (SIZES_FREQUENCY_HZ / frequency_hz) ** SPECTRAL_INDEX
    return MEDIAN_ARCSEC * mjy**MEDIAN_EXPONENT * (-np.log2(1 - drawn)) ** (1 / SIZE_EXPONENT)


def _shapes_and_sizes(
    drawn: np.ndarray, flux: np.ndarray, header: ImageHeader, injections: Injections
) -> tuple[np.ndarray, np.ndarray]:
    """Return shapes, and sizes in arcsec, from two uniform random numbers of each source and its flux."""
    ends = np.cumsum([injections.extended_fraction, injections.double_fraction])
    shape = np.array([EXTENDED, DOUBLE, POINT])[np.searchsorted(ends, drawn[:, 0], side="right")]
    low, high = np.log(SIZES_BEAMS)
    size = np.exp(low + (high - low) * drawn[:, 1]) * header.beam_major_pixels * header.pixel_arcsec
    if injections.size_distribution == WINDHORST:
        smallest, largest = np.multiply(SIZES_BEAMS, header.beam_major_pixels * header.pixel_arcsec)
        of_sky = windhorst_sizes(drawn[:, 1], flux, frequency_hz=header.frequency_hz)
        shape[(shape != DOUBLE) & (of_sky >= smallest)] = EXTENDED
        size = np.where(shape == EXTENDED, np.minimum(of_sky, largest), size)
    return shape, np.where(shape == POINT, 0.0, size)


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
