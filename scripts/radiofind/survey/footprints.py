"""Decide which mosaic of a survey owns a position on the sky.

The owner is the mosaic whose centre is nearest, or whose weight is largest, among those that were searched
there. It is a question of the position alone, so it has one answer wherever a source was found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from astropy.io import fits

from radiofind.mosaics.box import Box, pixel_of
from radiofind.mosaics.images import ImageHeader, read_header
from radiofind.mosaics.primary_beams import sample_image
from radiofind.survey.directions import chords, unit_vectors
from radiofind.survey.regions import holds, read_region

if TYPE_CHECKING:
    from mocpy import MOC

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
    region: str | None = None
    """Outside it its detections do not count; as in the mosaic sheet (see `regions.read_region`)."""
    weight: str | None = None
    """Image whose values decide instead of the distances of centres."""

    @property
    def beam_arcsec(self) -> float:
        """Width of the beam (FWHM, geometric mean of the axes)."""
        return float(np.sqrt(self.rms.beam.major_arcsec * self.rms.beam.minor_arcsec))

    @cached_property
    def moc(self) -> MOC | None:
        """Its region; None for all of the sky."""
        return read_region(self.region)

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
        """Return whether each position (deg) is in the region, on a searched pixel that is not blank."""
        x, y = self.rms.coordinates.to_pixels(ra, dec)
        rows, columns = self.rms.shape
        # Projections have pixels for the other half of the sky, too.
        near = chords(unit_vectors(ra, dec), self.middle) <= self.reach
        places = np.flatnonzero(near & Box(0, columns, 0, rows).holds(x, y))
        places = places[holds(self.moc, ra[places], dec[places])]
        found = np.zeros(len(x), dtype=bool)
        with fits.open(self.rms.path, memmap=True) as hdus:
            pixels = hdus[self.rms.hdu].data
            found[places] = np.isfinite(pixels[_index(y[places]), _index(x[places])])
        for core in self.failed:
            found &= ~core.holds(x, y)
        return found

    def rank(self, ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
        """Return the distance of each position from the centre, or its negative weight: the lowest owns."""
        if self.weight:
            return -sample_image(self.weight, ra, dec)
        return chords(unit_vectors(ra, dec), self.direction)


def read_footprint(
    mosaic: str,
    rms: str | Path,
    *,
    centre: tuple[float, float] | None = None,
    failed: Sequence[Box] = (),
    region: str | None = None,
    weight: str | None = None,
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
    region
        As in the mosaic sheet (see `regions.read_region`).
    weight
        Image of its weights. Either all mosaics of a survey have one, or none.
    """
    return Footprint(mosaic, read_header(rms), centre, tuple(failed), region, weight)


def owners_of(ra: np.ndarray, dec: np.ndarray, footprints: Sequence[Footprint]) -> np.ndarray:
    """Return the number of the mosaic that owns each position, or `NOBODY`.

    Parameters
    ----------
    ra, dec
        Positions (ICRS, deg), shape (n,).
    footprints
        The mosaics. Of two at the same distance, or of the same weight, that with the first name owns the
        position.

    Returns
    -------
    numpy.ndarray of int, shape (n,)
    """
    directions = unit_vectors(ra, dec)
    by_height = np.argsort(directions[:, 2], kind="stable")
    heights = directions[by_height, 2]
    owner, lowest = np.full(len(directions), NOBODY), np.full(len(directions), np.inf)
    for number in sorted(range(len(footprints)), key=lambda number: footprints[number].mosaic):
        one = footprints[number]
        first, last = np.searchsorted(heights, one.middle[2] + one.reach * np.array([-1, 1]))
        places = by_height[first:last]
        places = places[chords(directions[places], one.middle) <= one.reach]
        rank = one.rank(ra[places], dec[places])
        lower = rank < lowest[places] - (0 if one.weight else TIE)
        lower[lower] = one.searched_at(ra[places[lower]], dec[places[lower]])
        owner[places[lower]], lowest[places[lower]] = number, rank[lower]
    return owner


def outside_regions(
    ra: np.ndarray, dec: np.ndarray, mosaics: np.ndarray, footprints: Sequence[Footprint]
) -> np.ndarray:
    """Return whether each position is outside the region of a mosaic.

    Parameters
    ----------
    ra, dec
        Positions (ICRS, deg), shape (n,).
    mosaics
        Number of the mosaic, shape (n,).
    footprints
        The mosaics.
    """
    outside = np.zeros(len(ra), dtype=bool)
    for number, places in pd.Series(mosaics).groupby(mosaics).indices.items():
        outside[places] = ~holds(footprints[number].moc, ra[places], dec[places])
    return outside


def _index(position: np.ndarray) -> np.ndarray:
    """Return pixel positions as indices."""
    return pixel_of(position).astype(np.intp)
