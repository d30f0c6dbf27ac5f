"""Sizes in beams become whole pixels, and settings stay what they are otherwise."""

import pytest

from radiofind.mosaics.images import read_header
from radiofind.mosaics.noise import noise_settings
from radiofind.mosaics.sizes import (
    SizeError,
    are_in_beams,
    check_sizes,
    in_pixels,
    radius_in_pixels,
    sizes_of,
)

NOISE = {
    "box_beams": 37.5,
    "step_pixels": 15,
    "mean": "zero",
    "bright": {"threshold": 150, "box_beams": 15, "step_beams": 3.75},
}


def test_sizes_in_beams_become_pixels_in_their_places():
    resolved = in_pixels(NOISE, beam_pixels=4)
    assert list(resolved) == ["box_pixels", "step_pixels", "mean", "bright"]
    bright = {"threshold": 150, "box_pixels": 60, "step_pixels": 15}
    assert resolved == {"box_pixels": 150, "step_pixels": 15, "mean": "zero", "bright": bright}
    assert isinstance(resolved["box_pixels"], int)


@pytest.mark.parametrize(("beams", "pixels"), [(0.01, 1), (2.1, 11), (2.5, 13), (2.7, 14), (2.08, 10)])
def test_pixels_are_whole_halves_round_up_and_none_is_zero(beams, pixels):
    assert in_pixels({"halo_beams": beams}, beam_pixels=5) == {"halo_pixels": pixels}


def test_sizes_in_pixels_do_not_change():
    settings = {"box_pixels": 150, "step_pixels": 50, "mean": "map", "bright": None}
    assert in_pixels(settings, beam_pixels=7) == settings
    assert not are_in_beams(settings) and are_in_beams(NOISE) and are_in_beams({"bright": {"box_beams": 1}})


def test_the_reach_depends_on_sizes_alone():
    sizes = sizes_of(NOISE)
    assert sizes == {"box_beams": 37.5, "step_pixels": 15, "bright": {"box_beams": 15, "step_beams": 3.75}}
    reach = [noise_settings(**in_pixels(some, beam_pixels=4)).reach_pixels for some in (sizes, NOISE)]
    assert reach[0] == reach[1]
    assert sizes_of({"box_pixels": 150, "mean": "map", "bright": None}) == {"box_pixels": 150}


def test_a_radius_is_no_whole_number_of_pixels():
    assert radius_in_pixels({"radius_beams": 0.7}, beam_pixels=4.1) == pytest.approx(2.87)
    assert radius_in_pixels({"radius_pixels": 3}, beam_pixels=4.1) == 3


@pytest.mark.parametrize(("key", "box_beams"), [("box", 5), ("step", 6)])
def test_a_lattice_around_bright_sources_that_is_not_finer_is_told(key, box_beams):
    tiling, bright = {"core_pixels": 100, "halo_pixels": 20}, {"box_pixels": 20, "step_pixels": 10}
    noise = {"box_beams": box_beams, "step_beams": 2.5, "bright": bright}
    check_sizes(tiling=tiling, noise=noise, beam_pixels=4)
    with pytest.raises(
        SizeError, match=rf"at most noise\.{key}_beams .*received noise\.bright\.{key}_pixels"
    ):
        check_sizes(tiling=tiling, noise=noise, beam_pixels=3.5)


def test_a_beam_is_its_major_axis_whatever_its_angle(write_fits, sky):
    pixel = sky.pixel_arcsec / 3600
    for angle in (0, 37, 90):
        header = read_header(write_fits(sky.make((60, 80)), BMAJ=5 * pixel, BMIN=2 * pixel, BPA=angle))
        assert header.beam_major_pixels == pytest.approx(5, abs=2e-4)
