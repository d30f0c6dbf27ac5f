"""The noise map of one tile."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

import numpy as np

from radiofind.mosaics.box import Box
from radiofind.mosaics.images import ImageHeader, read_pixels
from radiofind.mosaics.noise import NoiseSettings, measure_noise

logger = logging.getLogger(__name__)

NO_NODES = np.empty((0, 2), dtype=int)
"""Positions of no nodes."""


@dataclass(frozen=True)
class NoiseMap:
    """Mean and noise of the pixels of a tile."""

    mean: np.ndarray
    """2D float32 ndarray over the tile's box, Jy/beam."""
    rms: np.ndarray
    """Noise, 2D float32 ndarray of the same shape, Jy/beam; NaN where the image is blank."""
    failed: str = ""
    """Why the noise could not be measured; both maps are NaN then."""
    covered: np.ndarray = field(default_factory=NO_NODES.copy)
    """x and y (mosaic pixels) of the nodes that are covered by emission, int ndarray (n, 2)."""

    @property
    def planes(self) -> dict[str, np.ndarray]:
        """The maps by the names of their extensions."""
        return {"MEAN": self.mean, "RMS": self.rms}

    @property
    def told(self) -> dict[str, object]:
        """The fields stored in the metadata of the maps."""
        return {"failed": self.failed, "covered_nodes": self.covered.tolist()}


def map_noise(header: ImageHeader, box: Box, *, settings: NoiseSettings) -> NoiseMap:
    """Return the noise map of a tile.

    Parameters
    ----------
    header
        The mosaic.
    box
        The tile with its halo.
    settings
        Settings of the measurement.
    """
    support = box.grown(settings.reach_pixels, header.shape)
    pixels = read_pixels(header, support)
    noise = measure_noise(pixels, support=support, target=box, settings=settings)
    if len(noise.covered):
        middle = ", ".join(f"{position:.0f}" for position in noise.covered.mean(axis=0))
        logger.info(
            "emission covers the boxes of %d nodes of the noise lattice, around pixel (%s); "
            "they have the noise of their surroundings",
            *(len(noise.covered), middle),
        )
    blank = np.isnan(pixels[box.within(support)])
    return NoiseMap(noise.mean, np.where(blank, np.float32(np.nan), noise.rms), covered=noise.covered)


def give_up(box: Box, reason: str) -> NoiseMap:
    """Return the blank noise map of a tile whose noise could not be measured."""
    unknown = np.full(box.shape, np.nan, dtype=np.float32)
    return NoiseMap(unknown, unknown, reason)
