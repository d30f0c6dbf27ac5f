"""Draw the shapes of radio galaxies as sums of Gaussians around their host.

Lengths are in arcsec, angles in deg from the x axis towards the y axis. The brightness along an arm is set
after convolution with the beam, so that a galaxy of a few beams looks like a large one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from radiofind.mosaics.gaussians import FWHM, covariance_elements

SMALLEST_BEAMS, SMALLEST_BENT_BEAMS = 5.0, 7.0
"""Smallest size of straight and of bent galaxies with two arms, beams: in smaller ones the parts blend."""

SEPARATION_BEAMS = 2.5
"""Smallest distance between neighbouring components, beams; after convolution none is wider than 1.3."""

MOST_COMPONENTS = 4
"""Largest number of components in a class with a given number."""

SCATTER_BEAMS = 0.25
"""Standard deviation of the components across their row, beams."""

STEP_SIGMAS = 0.8
"""Distance between the Gaussians of an arm, standard deviations of the beam, so that it looks continuous."""

ARM_RATIO = (0.67, 1.5)
"""Range of the length ratio of the arms, log-uniform."""

STRAIGHT_DEG = 5.0
"""Standard deviation of the bend of a straight galaxy."""

FAINTEST_ARM = 0.4
"""Smallest brightness ratio of the arms: at a peak SNR of 10, both are above 4 times the noise."""

BEND_DEG = (30.0, 120.0)
"""Range of the bend of a bent galaxy: 180 deg minus the angle between its arms."""


@dataclass(frozen=True)
class Shape:
    """A galaxy without position and total brightness; lengths in arcsec, angles in deg."""

    kind: str
    """Kind of shape: point, gaussian, components, FRI or FRII."""
    gaussians: np.ndarray
    """Columns x, y (from the host), flux (relative), xx, xy, yy (arcsec2), shape (n, 6)."""
    size: float = 0.0
    """Largest distance between the host and the ends; FWHM of a single Gaussian."""
    angle: float = np.nan
    """Direction of the first arm, or of the major axis."""
    bend: float = np.nan
    """180 minus the angle between the two ends at the host."""
    peaks: tuple[float, float] = (np.nan, np.nan)
    """Distance of the brightest point of each arm from the host: d1, d2."""
    ends: tuple[float, float] = (np.nan, np.nan)
    """Distance of the end of each arm from the host: Maxd1, Maxd2."""
    n_components: float = np.nan
    """Number of Gaussians, if they are separate."""


@dataclass(frozen=True)
class Frame:
    """The limits of a shape, in arcsec."""

    beam: float
    """FWHM of the beam; the geometric mean of an elliptical one."""
    largest: float
    """Size of the largest galaxy."""


Curve = Callable[[np.ndarray], np.ndarray]
"""Function from fractions along an arm, 0 (host) to 1 (end), to points of shape (n, 2)."""


def draw_shape(name: str, frame: Frame, generator: np.random.Generator) -> Shape:
    """Return a galaxy of a class.

    Parameters
    ----------
    name
        One of `DRAWERS`.
    frame
        The beam and the largest size.
    generator
        Source of random numbers.
    """
    return DRAWERS[name](frame, generator)


def _point(frame: Frame, generator: np.random.Generator) -> Shape:
    """Return a point."""
    return Shape("point", _gaussian(np.zeros(2), 1.0, np.zeros(3)), n_components=1)


def _unresolved(frame: Frame, generator: np.random.Generator) -> Shape:
    """Return a Gaussian of up to half a beam, which is unresolved."""
    return _ellipse(frame, generator, generator.uniform(0.0, 0.5))


def _single_extended(frame: Frame, generator: np.random.Generator) -> Shape:
    """Return an elongated Gaussian of 1.5 to 4 beams."""
    return _ellipse(frame, generator, _log_uniform(generator, 1.5, 4.0))


def _row(frame: Frame, generator: np.random.Generator, *, least: int, most: int) -> Shape:
    """Return `least` to `most` separate Gaussians in a row, with the host at its centre."""
    n, angle = int(generator.integers(least, most + 1)), generator.uniform(0, 360)
    shortest = (n - 1) * SEPARATION_BEAMS * frame.beam
    length = _log_uniform(generator, shortest, frame.largest)
    gaps = generator.dirichlet(np.full(n - 1, 3.0)) * (length - shortest) + SEPARATION_BEAMS * frame.beam
    along = np.concatenate([[0.0], np.cumsum(gaps)]) - length / 2
    across = generator.normal(0, SCATTER_BEAMS * frame.beam, n)
    places = along[:, None] * _unit(angle) + across[:, None] * _unit(angle + 90)
    rows = [_gaussian(place, generator.uniform(0.4, 1.0), _small(frame, generator)) for place in places]
    size = np.hypot(*(places[-1] - places[0]))
    return Shape("components", np.concatenate(rows), size=size, angle=angle, n_components=n)


def _fri(frame: Frame, generator: np.random.Generator, *, bent: bool = False) -> Shape:
    """Return a core and two jets that are brightest near the core, widen and fade."""
    return _two_arms("FRI", generator.uniform(0.3, 1.2), frame, generator, bent=bent)


def _frii(frame: Frame, generator: np.random.Generator, *, bent: bool = False) -> Shape:
    """Return hot spots near the two ends, lobes that extend back towards the core, and a weak core."""
    return _two_arms("FRII", generator.uniform(0.0, 0.3), frame, generator, bent=bent)


def _bent(frame: Frame, generator: np.random.Generator) -> Shape:
    """Return a bent galaxy of class I or II, like wide-angle and narrow-angle tails."""
    return (_fri if generator.random() < 0.6 else _frii)(frame, generator, bent=True)


def _any_extended(frame: Frame, generator: np.random.Generator) -> Shape:
    """Return one, two or several components, with equal probability."""
    return DRAWERS[f"{generator.choice(['single', 'two', 'multiple'])}_component_extended"](frame, generator)


def _one_component(frame: Frame, generator: np.random.Generator) -> Shape:
    """Return a point or an elongated Gaussian, with equal probability."""
    return (_point if generator.random() < 0.5 else _single_extended)(frame, generator)


DRAWERS: dict[str, Callable[[Frame, np.random.Generator], Shape]] = {
    "compact": _point,
    "unresolved": _unresolved,
    "FRI": _fri,
    "FRII": _frii,
    "bent": _bent,
    "extended": _any_extended,
    "single_component_extended": _single_extended,
    "two_component_extended": partial(_row, least=2, most=2),
    "multiple_component_extended": partial(_row, least=3, most=MOST_COMPONENTS),
    "1_component": _one_component,
    **{f"{n}_component": partial(_row, least=n, most=n) for n in range(2, MOST_COMPONENTS + 1)},
}
"""Functions that draw a galaxy, by class."""


def _two_arms(kind: str, core: float, frame: Frame, generator: np.random.Generator, *, bent: bool) -> Shape:
    """Return two arms and a core of the given brightness."""
    smallest = SMALLEST_BENT_BEAMS if bent else SMALLEST_BEAMS
    size = _log_uniform(generator, smallest * frame.beam, frame.largest)
    ratio = _log_uniform(generator, *ARM_RATIO)
    lengths = np.array([ratio, 1.0]) * size / (1 + ratio)
    bend = generator.uniform(*BEND_DEG) if bent else abs(generator.normal(0, STRAIGHT_DEG))
    directions = generator.uniform(0, 360) + np.array([1, -1]) * (180 - bend) / 2
    # The arms leave the host nearly opposite to each other and are swept back, as by the surrounding gas.
    turns = np.array([1, -1]) * bend / 2 * generator.uniform(0.3, 1.0)
    light = generator.permutation([1.0, _log_uniform(generator, FAINTEST_ARM, 1.0)])
    rows, peaks = [_gaussian(np.zeros(2), core, np.zeros(3))], []
    for length, direction, turn, factor in zip(lengths, directions, turns, light, strict=True):
        curve = partial(_curve, length=length, direction=direction, turn=turn)
        arm, peak = ARMS[kind](curve, length, frame, generator)
        rows.append(arm * np.array([1, 1, factor, 1, 1, 1]))
        peaks.append(peak)
    ends = lengths[:, None] * np.array([_unit(direction) for direction in directions])
    return Shape(
        kind,
        np.concatenate(rows),
        size=max(*lengths, np.hypot(*(ends[0] - ends[1]))),
        angle=directions[0] % 360,
        bend=bend,
        peaks=tuple(peaks),
        ends=tuple(lengths),
    )


def _fading_arm(
    curve: Curve, length: float, frame: Frame, generator: np.random.Generator
) -> tuple[np.ndarray, float]:
    """Return the Gaussians of a jet and the distance at which it is brightest."""
    flare, fade, opening = generator.uniform((0.08, 0.3, 0.06), (0.22, 0.5, 0.15))
    place = _places(0.05, 1.0, length, frame)
    light = np.where(place < flare, 0.6 + 0.4 * place / flare, np.exp(-(place - flare) / fade))
    peak = np.hypot(*curve(np.array([flare]))[0])
    light *= np.exp(generator.normal(0, 0.15, len(place)))
    return _ridge(curve(place), light, length * (0.01 + opening * place), frame), float(peak)


def _lobed_arm(
    curve: Curve, length: float, frame: Frame, generator: np.random.Generator
) -> tuple[np.ndarray, float]:
    """Return the Gaussians of a lobe and its hot spot, and the distance of the hot spot."""
    spot, back, radius = generator.uniform((0.85, 0.2, 0.02), (0.95, 0.55, 0.05))
    bright, steep, wide = generator.uniform((0.25, 0.7, 0.06), (0.6, 2.0, 0.14))
    place = _places(back, spot, length, frame)
    part = (place - back) / (spot - back)
    light = bright * part**steep * np.exp(generator.normal(0, 0.2, len(place)))
    lobe = _ridge(curve(place), light, length * wide * (1 - 0.5 * part**2), frame)
    centre, sigma = curve(np.array([spot]))[0], length * radius
    # So that hot spot and lobe together have a peak of about 1 after convolution with the beam.
    flux = (1 - bright / 2) * (1 + (sigma * FWHM / frame.beam) ** 2)
    hot_spot = _gaussian(centre, flux, np.array([sigma**2, 0.0, sigma**2]))
    return np.concatenate([lobe, hot_spot]), float(np.hypot(*centre))


ARMS = {"FRI": _fading_arm, "FRII": _lobed_arm}
"""Functions that draw an arm, by kind of galaxy (Fanaroff & Riley 1974)."""


def _curve(place: np.ndarray, *, length: float, direction: float, turn: float) -> np.ndarray:
    """Return points (n, 2) of an arm that leaves the host at `direction + turn` and ends at `direction`."""
    place = place[:, None]
    return length * (place * (1 - place) * _unit(direction + turn) + place**2 * _unit(direction))


def _places(first: float, last: float, length: float, frame: Frame) -> np.ndarray:
    """Return fractions along an arm, so close together that the beam blends Gaussians there."""
    step = STEP_SIGMAS * frame.beam / FWHM
    return np.linspace(first, last, 2 + int((last - first) * length / step))


def _ridge(points: np.ndarray, light: np.ndarray, sigma: np.ndarray, frame: Frame) -> np.ndarray:
    """Return round Gaussians whose sum has the given brightness along the points after convolution."""
    beam = frame.beam / FWHM
    step = np.hypot(*np.gradient(points, axis=0).T)
    flux = light * step * np.hypot(beam, sigma) / (beam**2 * np.sqrt(2 * np.pi))
    return np.column_stack([points, flux, sigma**2, np.zeros_like(sigma), sigma**2])


def _ellipse(frame: Frame, generator: np.random.Generator, beams: float) -> Shape:
    """Return an elongated Gaussian with a major axis of a number of beams."""
    size, ratio, angle = beams * frame.beam, generator.uniform(0.2, 0.7), generator.uniform(0, 180)
    sigma = size / FWHM
    rows = _gaussian(np.zeros(2), 1.0, covariance_elements(sigma, ratio * sigma, angle))
    return Shape("gaussian", rows, size=size, angle=angle, n_components=1)


def _small(frame: Frame, generator: np.random.Generator) -> np.ndarray:
    """Return the covariance of a random Gaussian of up to 0.8 beams."""
    major = generator.uniform(0, 0.8) * frame.beam / FWHM
    return covariance_elements(major, generator.uniform(0.3, 1.0) * major, generator.uniform(0, 180))


def _gaussian(centre: np.ndarray, flux: float, covariance: np.ndarray) -> np.ndarray:
    """Return one row of `Shape.gaussians`, shape (1, 6)."""
    return np.array([[*centre, flux, *covariance]])


def _unit(angle_deg: float) -> np.ndarray:
    """Return the unit vector (x, y) in a direction."""
    return np.array([np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))])


def _log_uniform(generator: np.random.Generator, low: float, high: float) -> float:
    """Return a log-uniform random number."""
    return float(np.exp(generator.uniform(np.log(low), np.log(high))))
