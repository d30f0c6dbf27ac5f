"""Divide the sky into zones of right ascension, each of which is merged with a margin around it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from radiofind.survey.directions import ARCSEC

TURN = 360.0
"""Degrees of right ascension."""
QUARTER = 90.0
"""Degrees beyond which the nearest point of a meridian is the pole."""


@dataclass(frozen=True)
class Zone:
    """The sky between two meridians, from pole to pole."""

    start: float = 0.0
    """Right ascension where it begins, deg."""
    end: float = TURN
    """Right ascension before which it ends, deg."""

    def owns(self, ra: np.ndarray) -> np.ndarray:
        """Return whether positions, from 0 to 360 deg, are in this zone and in no other."""
        return (ra >= self.start) & ((ra < self.end) | (self.end == TURN))

    def beyond(self, ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
        """Return how far positions (deg) are from the zone, arcsec; negative within it, from its edge."""
        if (self.start, self.end) == (0.0, TURN):
            return np.full(np.shape(ra), -np.inf)
        edge = np.minimum(*(_from_meridian(at, ra, dec) for at in (self.start, self.end)))
        return np.where(self.owns(np.mod(ra, TURN)), -edge, edge)


def zones_of(ra: np.ndarray, *, rows_of_zone: int) -> list[Zone]:
    """Return zones with about equal numbers of rows, which together cover the sky.

    Parameters
    ----------
    ra
        Right ascension of all rows, from 0 to 360 deg.
    rows_of_zone
        Most rows of a zone, unless more have the same right ascension.
    """
    number = max(-(-len(ra) // rows_of_zone), 1)
    inner = np.sort(ra)[len(ra) * np.arange(1, number) // number].astype(float)
    edges = [0.0, *np.unique(inner[(inner > 0) & (inner < TURN)]).tolist(), TURN]
    return [Zone(*ends) for ends in pairwise(edges)]


def _from_meridian(meridian: float, ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
    """Return the distances of positions from the half circle of one right ascension, arcsec."""
    turn = np.abs((np.asarray(ra) - meridian + TURN / 2) % TURN - TURN / 2)
    dec = np.asarray(dec, dtype=float)
    across = np.arcsin(np.minimum(np.cos(np.deg2rad(dec)) * np.sin(np.deg2rad(turn)), 1))
    return ARCSEC * np.where(turn < QUARTER, np.rad2deg(across), QUARTER - np.abs(dec))
