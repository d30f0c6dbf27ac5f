"""A network is used for images whose beam it knows, and with a halo as wide as its reach."""

import numpy as np
import pytest

from radiofind.finders.convosource.limits import ModelError, check_halo, fitting_factor
from radiofind.mosaics.tiles import tiles_of


@pytest.mark.parametrize(("width", "factor"), [(4.0, 1), (3.1, 1), (5.1, 1), (7.0, 2), (8.2, 2), (41.0, 10)])
def test_an_image_is_binned_until_its_beam_is_as_wide_as_in_training(width, factor):
    assert fitting_factor(width, wanted=4.0, recipe="default", image="a.fits") == factor


@pytest.mark.parametrize("width", [2.0, 3.0, 5.5])
def test_an_image_with_a_beam_of_another_width_is_refused(width):
    with pytest.raises(ModelError, match=rf"a\.fits: .*beam.*\b4\.00\b.*\b{width:.2f}\b"):
        fitting_factor(width, wanted=4.0, recipe="default", image="a.fits")


def test_the_general_network_knows_every_beam_that_is_not_too_narrow():
    for width in np.geomspace(2.2, 100, 300):
        factor = fitting_factor(width, wanted=3.25, recipe="general", image="a.fits")
        assert 2.1 < width / factor < 4.9
    with pytest.raises(ModelError):
        fitting_factor(2.1, wanted=3.25, recipe="general", image="a.fits")


@pytest.mark.parametrize(("halo_pixels", "factor", "needed"), [(6, 1, 7), (13, 2, 14), (20, 3, 21)])
def test_a_halo_contains_the_reach_in_pixels_of_the_image(halo_pixels, factor, needed):
    terms = {"reach_pixels": 6, "factor": factor, "image": "m"}
    narrow, wide = (next(tiles_of((90, 90), core_pixels=45, halo_pixels=h)) for h in (halo_pixels, needed))
    with pytest.raises(ModelError, match=rf"m: .*halo_pixels.*\b{needed}\b.*\b{halo_pixels}\b"):
        check_halo(narrow, **terms)
    check_halo(wide, **terms)


def test_a_mosaic_of_one_tile_needs_no_halo():
    check_halo(next(tiles_of((40, 40), core_pixels=45, halo_pixels=0)), reach_pixels=6, factor=1, image="m")
