"""Zones divide the sky, and know how far a position is from them."""

from __future__ import annotations

import numpy as np
import pytest

from radiofind.survey.directions import angle_of, chords, unit_vectors
from radiofind.survey.zones import TURN, Zone, zones_of

ZONES = [Zone(0.0, 30.0), Zone(100.0, 101.0), Zone(350.0, TURN), Zone(20.0, 300.0), Zone(0.0, 180.0)]


def some_sky(rng, number=300):
    ra = np.concatenate([rng.uniform(0, 360, number), rng.normal(0, 0.1, number) % 360, [0.0, 0.0]])
    dec = np.rad2deg(np.arcsin(np.concatenate([rng.uniform(-1, 1, 2 * number), [1.0, -1.0]])))
    return ra, dec


@pytest.mark.parametrize("zone", ZONES, ids=str)
def test_how_far_a_position_is_from_a_zone(zone):
    ra, dec = some_sky(np.random.default_rng(1))
    heights = np.linspace(-90, 90, 3601)
    edge = np.concatenate([unit_vectors(np.full(len(heights), at), heights) for at in (zone.start, zone.end)])
    slow = [angle_of(chords(edge, one).min()) for one in unit_vectors(ra, dec)]
    inside = (ra >= zone.start) & (ra < zone.end)
    beyond = zone.beyond(ra, dec)
    assert (np.sign(beyond) == np.where(inside, -1, 1))[np.abs(beyond) > 1e-3].all()
    # The points on the edge are 180 arcsec apart, half of which is 90.
    assert np.abs(beyond) == pytest.approx(slow, abs=91) and (np.abs(beyond) <= np.array(slow) + 1e-3).all()


def test_zones_cover_the_sky_once_and_have_equal_shares():
    ra = np.random.default_rng(3).uniform(0, 360, 1000)
    zones = zones_of(ra, rows_of_zone=101)
    assert [int(zone.owns(ra).sum()) for zone in zones] == [100] * 10
    assert zones[0].start == 0 and zones[-1].end == TURN and zones[-1].owns(np.array([TURN])).all()
    assert zones_of(ra[:0], rows_of_zone=10) == [Zone()] == zones_of(np.full(9, 5.0), rows_of_zone=9)
    assert sum(zone.owns(np.array([5.0])).sum() for zone in zones_of(np.full(9, 5.0), rows_of_zone=2)) == 1
    assert (Zone().beyond(*some_sky(np.random.default_rng(4))) == -np.inf).all()
