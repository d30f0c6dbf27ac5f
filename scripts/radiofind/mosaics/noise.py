"""Measure the mean and the noise of an image on a lattice of boxes.

A node of the lattice has the sigma-clipped statistics of the box around it, or those without emission where a
source covers the box (see `noise_emission`), and the maps are interpolated bilinearly between nodes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from radiofind.mosaics.box import Box
from radiofind.mosaics.noise_emission import emission_reach_pixels, quiet_surroundings, without_emission
from radiofind.mosaics.noise_lattice import (
    BoxPixels,
    Lattice,
    Nodes,
    bilinear,
    interpolate,
    measure_nodes,
    measure_row,
    positions_around,
)


@dataclass(frozen=True)
class NoiseSettings:
    """Settings of the noise measurement."""

    lattice: Lattice
    """The lattice for all pixels."""
    bright: Lattice | None = None
    """A finer lattice around bright sources, where artefacts raise the noise."""
    bright_threshold: float = np.inf
    """Pixels above this multiple of the noise are bright."""
    zero_mean: bool = False
    """Whether to set the mean to zero, as for images without a background."""

    @property
    def reach_pixels(self) -> int:
        """Largest distance, along an axis, of pixels that affect the noise at a pixel."""
        reach = self.lattice.step_pixels + emission_reach_pixels(self.lattice)
        if self.bright is None:
            return reach
        return reach + self.bright.step_pixels + max(self.lattice.box_pixels, self.bright.box_pixels) // 2


@dataclass(frozen=True)
class Noise:
    """The measured noise of a box of a mosaic."""

    mean: np.ndarray
    """2D float32 ndarray, Jy/beam; NaN where too few pixels are valid."""
    rms: np.ndarray
    """2D float32 ndarray, Jy/beam; NaN where too few pixels are valid."""
    covered: np.ndarray
    """x and y (mosaic pixels) of the nodes in the box that are covered by emission, int ndarray (n, 2)."""


def noise_settings(
    *, box_pixels: int, step_pixels: int, mean: str = "map", bright: Mapping[str, float] | None = None
) -> NoiseSettings:
    """Return the settings given by a configuration.

    Parameters
    ----------
    box_pixels, step_pixels
        The lattice.
    mean
        ``map`` or ``zero``.
    bright
        ``threshold``, ``box_pixels`` and ``step_pixels`` of the finer lattice, or None. Without a threshold
        nothing is bright; the reach is the same.
    """
    return NoiseSettings(
        lattice=Lattice(box_pixels, step_pixels),
        bright=Lattice(bright["box_pixels"], bright["step_pixels"]) if bright else None,
        bright_threshold=bright.get("threshold", np.inf) if bright else np.inf,
        zero_mean=mean == "zero",
    )


def measure_noise(pixels: np.ndarray, *, support: Box, target: Box, settings: NoiseSettings) -> Noise:
    """Return the mean and the noise of the pixels of a box.

    Parameters
    ----------
    pixels
        2D ndarray over `support`, Jy/beam, NaN where blanked; infinities count as blanked.
    support
        The box that was read: `target` grown by `settings.reach_pixels`, clipped to the mosaic.
    target
        The box to measure.
    settings
        Settings of the measurement.

    Notes
    -----
    The finer lattice works like PyBDSF's ``rms_box_bright``: a node is measured in its own small box if a
    bright pixel is within half a large box of it, and takes the value of the coarse lattice otherwise.
    """
    image = BoxPixels(np.where(np.isfinite(pixels), pixels, np.nan).astype(np.float32), support)
    if settings.bright is None:
        nodes, covered = _coarse_nodes(image, target, settings.lattice)
        mean, rms = interpolate(nodes, target)
        places = _places(nodes, covered, target)
    else:
        mean, rms, places = _measure_with_bright(image, target, settings)
    if settings.zero_mean:
        mean = np.where(np.isfinite(rms), np.float32(0), np.float32(np.nan))
    return Noise(mean, rms, places)


def _coarse_nodes(image: BoxPixels, target: Box, lattice: Lattice) -> tuple[Nodes, np.ndarray]:
    """Return the nodes that enclose a box, and which of them are covered by emission."""
    columns = positions_around(target.x0, target.x1, lattice.step_pixels)
    rows = positions_around(target.y0, target.y1, lattice.step_pixels)
    nodes = measure_nodes(image, columns, rows, lattice.box_pixels)
    expected = quiet_surroundings(image, nodes, lattice)
    return without_emission(image, nodes, expected, box_pixels=lattice.box_pixels)


def _places(nodes: Nodes, covered: np.ndarray, target: Box) -> np.ndarray:
    """Return x and y of the covered nodes in a box."""
    y, x = np.nonzero(covered)
    places = np.column_stack([nodes.x[x], nodes.y[y]])
    return places[target.holds(*places.T)]


def _measure_with_bright(
    image: BoxPixels, target: Box, settings: NoiseSettings
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return mean, rms and covered nodes of a box, with the finer lattice around bright pixels."""
    support = image.box
    columns = positions_around(target.x0, target.x1, settings.bright.step_pixels)
    rows = positions_around(target.y0, target.y1, settings.bright.step_pixels)
    reach = settings.lattice.box_pixels // 2
    hull = Box(target.x0, int(columns[-1]) + 1, target.y0, int(rows[-1]) + 1)
    wide = Box(int(columns[0]), hull.x1, int(rows[0]), hull.y1).grown(reach, (support.y1, support.x1))
    wide = Box(max(wide.x0, support.x0), wide.x1, max(wide.y0, support.y0), wide.y1)
    nodes, covered = _coarse_nodes(image, wide, settings.lattice)
    coarse = interpolate(nodes, wide)
    near = _near_bright(image.pixels[wide.within(support)], coarse, wide, (columns, rows), settings)
    fine, small = _fine_nodes(image, (columns, rows), near, coarse, wide, settings.bright.box_pixels)
    touched = bilinear(near[np.newaxis].astype(float), Nodes(columns, rows, near), target)[0] > 0
    places = np.concatenate([_places(nodes, covered, target), _places(fine, small, target)])
    mean, rms = np.where(touched, interpolate(fine, target), coarse[:, *target.within(wide)])
    return mean, rms, np.unique(places, axis=0)


def _near_bright(
    pixels: np.ndarray,
    coarse: np.ndarray,
    wide: Box,
    nodes: tuple[np.ndarray, np.ndarray],
    settings: NoiseSettings,
) -> np.ndarray:
    """Return for each fine node whether a bright pixel lies within half a large box of it."""
    columns, rows = nodes
    reach = settings.lattice.box_pixels // 2
    with np.errstate(invalid="ignore"):
        y, x = np.nonzero(pixels - coarse[0] > settings.bright_threshold * coarse[1])
    near = np.zeros((len(rows), len(columns)), dtype=bool)
    for column, row in zip(x + wide.x0, y + wide.y0, strict=True):
        near[np.ix_(np.abs(rows - row) <= reach, np.abs(columns - column) <= reach)] = True
    return near


def _fine_nodes(
    image: BoxPixels,
    positions: tuple[np.ndarray, np.ndarray],
    near: np.ndarray,
    coarse: np.ndarray,
    wide: Box,
    side: int,
) -> tuple[Nodes, np.ndarray]:
    """Return the nodes of the fine lattice, measured near bright pixels and taken from `coarse` elsewhere.

    Also returns which of them are covered by emission.
    """
    columns, rows = positions
    x = np.clip(columns, wide.x0, wide.x1 - 1) - wide.x0
    y = np.clip(rows, wide.y0, wide.y1 - 1) - wide.y0
    expected = coarse[:, y[:, np.newaxis], x].astype(float)
    values = expected.copy()
    for number in np.flatnonzero(near.any(axis=1)):
        wanted = near[number]
        values[:, number, wanted] = measure_row(image, columns[wanted], rows[number], side)
    return without_emission(image, Nodes(columns, rows, values), expected, box_pixels=side)
