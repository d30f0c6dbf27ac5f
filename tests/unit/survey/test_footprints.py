"""A position has one owner: the nearest centre among the mosaics that were searched there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from radiofind.mosaics.box import Box
from radiofind.survey.directions import unit_vectors
from radiofind.survey.footprints import NOBODY, TIE, outside_regions, owners_of
from radiofind.survey.regions import holds, read_region
from unit.survey.mosaics import SIDE, centre_in_rings, make_mosaic, make_weight


def everywhere(number, rng):
    """Random positions on the whole sky."""
    return rng.uniform(0, 360, number), np.rad2deg(np.arcsin(rng.uniform(-1, 1, number)))


def around(ra, dec, radius, number, rng):
    return (ra + rng.uniform(-radius, radius, number) / np.cos(np.deg2rad(min(abs(dec), 89)))) % 360, np.clip(
        dec + rng.uniform(-radius, radius, number), -90, 90
    )


def nearest_searched(ra, dec, footprints):
    """The owners of positions, one after the other; the first of mosaics that are equally near."""
    searched = [one.searched_at(ra, dec) for one in footprints]
    owners = []
    for place, direction in enumerate(unit_vectors(ra, dec)):
        owner, nearest = NOBODY, np.inf
        for number, one in enumerate(footprints):
            distance = np.linalg.norm(direction - one.direction)
            if searched[number][place] and distance < nearest - TIE:
                owner, nearest = number, distance
        owners.append(owner)
    return owners


@pytest.mark.parametrize(("ra", "dec"), [(10, 0), (0, 60), (180, -90), (100, 89.9)])
def test_the_owner_is_the_nearest_that_was_searched(tmp_path, ra, dec):
    rng = np.random.default_rng(1)
    centres = [
        (ra, dec),
        ((ra + 1 / max(np.cos(np.deg2rad(dec)), 0.02)) % 360, np.clip(dec, -89.3, 89.3)),
        (ra, dec + 0.8 if dec < 0 else dec - 0.8),
    ]
    mosaics = [make_mosaic(tmp_path, f"m{n}", *centre, blank=0.1) for n, centre in enumerate(centres)]
    places = around(ra, dec, 1.5, 50, rng)
    owners = owners_of(*places, mosaics)
    assert list(owners) == nearest_searched(*places, mosaics)
    assert {NOBODY, 0, 1, 2} == set(owners)


def test_nobody_owns_the_other_half_of_the_sky(tmp_path):
    """SIN and TAN show it on the same pixels, or no pixels at all."""
    places = everywhere(2000, np.random.default_rng(1))
    for projection in ("SIN", "TAN", "CAR"):
        (mosaic,) = [make_mosaic(tmp_path, projection, 0.0, 0.0, projection=projection)]
        found = owners_of(*places, [mosaic]) != NOBODY
        near = (abs((places[0] + 180) % 360 - 180) < 2) & (abs(places[1]) < 2)
        assert not (found & ~near).any()
        assert owners_of(np.array([0.0, 180.0]), np.array([0.0, 0.0]), [mosaic]).tolist() == [0, NOBODY]


def test_blank_pixels_failed_tiles_and_places_beyond_the_image_were_not_searched(tmp_path):
    ra, dec = np.array([10.0, 10.7, 10.0, 11.0]), np.array([0.0, 0.7, 0.5, 0.0])
    whole = make_mosaic(tmp_path, "whole", 10, 0)
    round_one = make_mosaic(tmp_path, "round", 10, 0, blank=0.01)
    failed = make_mosaic(tmp_path, "failed", 10, 0, failed=[Box(0, SIDE, 60, SIDE)])
    assert whole.searched_at(ra, dec).tolist() == [True, True, True, False]
    assert round_one.searched_at(ra, dec).tolist() == [True, False, True, False]
    assert failed.searched_at(ra, dec).tolist() == [True, False, False, False]
    assert owners_of(ra, dec, [round_one, failed]).tolist() == [1, NOBODY, 0, NOBODY]


def test_the_centre_of_the_sheet_counts_instead_of_that_of_the_image(tmp_path):
    places = np.array([10.3]), np.array([0.0])
    mosaics = [make_mosaic(tmp_path, "a", 10, 0), make_mosaic(tmp_path, "b", 10.4, 0)]
    assert owners_of(*places, mosaics) == [1]
    mosaics[0] = make_mosaic(tmp_path, "c", 10, 0, centre=(10.25, 0.0))
    assert owners_of(*places, mosaics) == [0]


@pytest.mark.parametrize("rounding", [0, 1e-9, -1e-9])
def test_of_two_centres_at_the_same_place_the_first_name_owns(tmp_path, rounding):
    centres = {"b": (10.0, 0.0), "a": (10.0, rounding)}
    mosaics = [make_mosaic(tmp_path, name, 10, 0, centre=centre) for name, centre in centres.items()]
    assert owners_of(np.array([10.1]), np.array([0.1]), mosaics) == [1]
    assert owners_of(np.array([10.1]), np.array([0.1]), mosaics[::-1]) == [0]


@pytest.fixture
def cell():
    """A cell of half a degree, and its centre."""
    index = 12 * 128**2 // 2 + 40
    return f"healpix:128:{index}", centre_in_rings(128, index)


def test_outside_its_region_a_mosaic_owns_nothing(tmp_path, cell):
    region, (ra, dec) = cell
    rng = np.random.default_rng(5)
    places = around(ra, dec, 0.6, 400, rng)
    near = make_mosaic(tmp_path, "near", ra, dec, region=region)
    far = make_mosaic(tmp_path, "far", ra + 0.3, dec)
    inside = holds(read_region(region), *places)
    assert 50 < inside.sum() < 200
    assert np.array_equal(near.searched_at(*places), inside)
    owners = owners_of(*places, [near, far])
    assert set(owners[inside]) <= {0, 1} and 0 in owners[inside] and 0 not in owners[~inside]
    assert np.array_equal(outside_regions(*places, np.zeros(400, dtype=int), [near, far]), ~inside)
    assert not outside_regions(*places, np.ones(400, dtype=int), [near, far]).any()


@pytest.mark.parametrize("axes", [2, 4])
def test_the_larger_weight_owns_wherever_the_centres_are(tmp_path, axes):
    """Also if the weights have axes that the images lack, as the maps of PyBDSF."""
    pair = [make_mosaic(tmp_path, "a", 10, 0), make_mosaic(tmp_path, "b", 10.4, 0)]
    steep = [lambda east, north: 1e-12 + 0 * east, lambda east, north: 2e-12 * (north > 0.2) * (east < 0.2)]
    weights = [
        make_weight(tmp_path / f"w{n}.fits", *one, axes=axes)
        for n, one in enumerate(zip(pair, steep, strict=True))
    ]
    pair = [replace(one, weight=weight) for one, weight in zip(pair, weights, strict=True)]
    ra, dec = np.array([10.3, 10.1, 10.1, 10.7, 11.1]), np.array([0.0, 0.1, 0.3, 0.4, 0.4])
    assert owners_of(ra, dec, pair).tolist() == [0, 0, 1, 0, 1]
    assert owners_of(ra, dec, pair[::-1]).tolist() == [1, 1, 0, 1, 0]


def test_blank_weights_own_nothing_and_of_equal_ones_the_first_name_does(tmp_path):
    pair = [make_mosaic(tmp_path, name, 10, 0) for name in "ba"]
    blank = [
        lambda east, north: np.where(east > 0, np.nan, 1.0),
        lambda east, north: np.where(north > 0, np.nan, 1.0),
    ]
    weights = [
        make_weight(tmp_path / f"w{n}.fits", *one) for n, one in enumerate(zip(pair, blank, strict=True))
    ]
    pair = [replace(one, weight=weight) for one, weight in zip(pair, weights, strict=True)]
    ra, dec = np.array([10.1, 9.9, 10.1, 9.9]), np.array([0.1, 0.1, -0.1, -0.1])
    assert owners_of(ra, dec, pair).tolist() == [NOBODY, 0, 1, 1]


def test_without_mosaics_nobody_owns_anything():
    assert owners_of(np.array([1.0]), np.array([1.0]), []).tolist() == [NOBODY]
