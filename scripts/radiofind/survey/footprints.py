"""Decide which mosaic of a survey owns a position on the sky.

The owner is the mosaic whose centre is nearest, among those that were searched there. It is a question of the
position alone, so it has one answer wherever a source was found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from astropy.io import fits

from radiofind.mosaics.box import Box, pixel_of
from radiofind.mosaics.images import ImageHeader, read_header
from radiofind.survey.directions import chords, unit_vectors

NOBODY = -1
"""The owner of a position where no mosaic was searched."""
TIE = 1e-9
"""Centres are equally near if their distances (between unit vectors) differ by less: 0.2 mas is rounding."""
EDGE_POINTS = 65
"""Points on each edge of an image of which the farthest from its centre is sought."""
BETWEEN_POINTS = 1.01
"""Farthest distance over that of the farthest point."""
WHOLE_SKY = 2.0
"""The distance of the ends of opposite unit vectors."""


@dataclass(frozen=True)
class Footprint:
    """The part of the sky on which a mosaic was searched."""

    mosaic: str
    """Name."""
    rms: ImageHeader
    """Header of the image of its rms, NaN where nothing was searched."""
    centre: tuple[float, float] | None = None
    """Right ascension and declination of its centre, deg; None for that of the image."""
    failed: tuple[Box, ...] = ()
    """Cores of tiles whose search failed: nothing could be found there."""

    @property
    def beam_arcsec(self) -> float:
        """Width of the beam (FWHM, geometric mean of the axes)."""
        return float(np.sqrt(self.rms.beam.major_arcsec * self.rms.beam.minor_arcsec))

    @cached_property
    def middle(self) -> np.ndarray:
        """Unit vector of the centre of the image, shape (3,)."""
        rows, columns = self.rms.shape
        middle = np.array([(columns - 1) / 2]), np.array([(rows - 1) / 2])
        return unit_vectors(*self.rms.coordinates.to_sky(*middle))[0]

    @cached_property
    def direction(self) -> np.ndarray:
        """Unit vector of the centre of the mosaic, shape (3,)."""
        return unit_vectors(*map(np.atleast_1d, self.centre))[0] if self.centre else self.middle

    @cached_property
    def reach(self) -> float:
        """Distance (between unit vectors) from the centre of the image to the farthest point of its edge."""
        rows, columns = self.rms.shape
        x, y = np.linspace(-0.5, columns - 0.5, EDGE_POINTS), np.linspace(-0.5, rows - 0.5, EDGE_POINTS)
        edge_x = np.concatenate([x, x, np.full(EDGE_POINTS, x[0]), np.full(EDGE_POINTS, x[-1])])
        edge_y = np.concatenate([np.full(EDGE_POINTS, y[0]), np.full(EDGE_POINTS, y[-1]), y, y])
        farthest = chords(unit_vectors(*self.rms.coordinates.to_sky(edge_x, edge_y)), self.middle).max()
        return float(farthest * BETWEEN_POINTS) if np.isfinite(farthest) else WHOLE_SKY

    def searched_at(self, ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
        """Return whether the nearest pixel of each position (deg) exists, is not blank and was searched."""
        x, y = self.rms.coordinates.to_pixels(ra, dec)
        rows, columns = self.rms.shape
        # Projections have pixels for the other half of the sky, too.
        near = chords(unit_vectors(ra, dec), self.middle) <= self.reach
        places = np.flatnonzero(near & Box(0, columns, 0, rows).holds(x, y))
        found = np.zeros(len(x), dtype=bool)
        with fits.open(self.rms.path, memmap=True) as hdus:
            pixels = hdus[self.rms.hdu].data
            found[places] = np.isfinite(pixels[_index(y[places]), _index(x[places])])
        for core in self.failed:
            found &= ~core.holds(x, y)
        return found


def read_footprint(
    mosaic: str,
    rms: str | Path,
    *,
    centre: tuple[float, float] | None = None,
    failed: Sequence[Box] = (),
) -> Footprint:
    """Return the footprint of a mosaic.

    Parameters
    ----------
    mosaic
        Its name.
    rms
        The image of its rms (see `mosaic_images`).
    centre
        Its centre (ICRS, deg), if it is not that of the image.
    failed
        Cores of tiles whose search failed.
    """
    return Footprint(mosaic, read_header(rms), centre, tuple(failed))


def owners_of(ra: np.ndarray, dec: np.ndarray, footprints: Sequence[Footprint]) -> np.ndarray:
    """Return the number of the mosaic that owns each position, or `NOBODY`.

    Parameters
    ----------
    ra, dec
        Positions (ICRS, deg), shape (n,).
    footprints
        The mosaics. Of two at the same distance, that with the first name owns the position.

    Returns
    -------
    numpy.ndarray of int, shape (n,)
    """
    directions = unit_vectors(ra, dec)
    by_height = np.argsort(directions[:, 2], kind="stable")
    heights = directions[by_height, 2]
    owner, nearest = np.full(len(directions), NOBODY), np.full(len(directions), np.inf)
    for number in sorted(range(len(footprints)), key=lambda number: footprints[number].mosaic):
        one = footprints[number]
        first, last = np.searchsorted(heights, one.middle[2] + one.reach * np.array([-1, 1]))
        places = by_height[first:last]
        distance = chords(directions[places], one.direction)
        nearer = distance < nearest[places] - TIE
        nearer[nearer] = one.searched_at(ra[places[nearer]], dec[places[nearer]])
        owner[places[nearer]], nearest[places[nearer]] = number, distance[nearer]
    return owner


def _index(position: np.ndarray) -> np.ndarray:
    """Return pixel positions as indices."""
    return pixel_of(position).astype(np.intp)
