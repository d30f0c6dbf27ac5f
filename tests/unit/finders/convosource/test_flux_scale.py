"""Fluxes are compared with the truth of the training set."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from radiofind.finders.convosource.flux_scale import learn_flux_scale
from radiofind.finders.convosource.patches import Region
from radiofind.mosaics.box import Box

SHAPE = (400, 400)


@pytest.fixture
def region_of(sky):
    """A function that returns a box with sources of an SNR, and truth with a multiple of their flux."""

    def make(snr, *, truth_over_image, number=0, corner=(100, 50)):
        place = [(30.3 + 55 * i, 28.6 + 55 * j) for i in range(7) for j in range(7)]
        pixels = sky.make(SHAPE, [(x, y, snr * sky.rms) for x, y in place])
        flux = np.full(len(place), snr * sky.rms * truth_over_image)
        x, y = np.array(place).T
        truth = pd.DataFrame(
            {"x": x + corner[0], "y": y + corner[1], "apparent_total_flux": flux, "snr": flux / sky.rms}
        )
        planes = (pixels, np.zeros(SHAPE, np.float32), np.full(SHAPE, sky.rms, np.float32))
        box = Box(corner[0], corner[0] + SHAPE[1], corner[1], corner[1] + SHAPE[0])
        return Region(number, box, *planes, np.zeros(SHAPE, np.uint8), truth)

    return make


@pytest.fixture
def origin(sky):
    width = sky.beam_pixels * sky.pixel_arcsec
    return {"image": "image.fits", "beam": (width, width, 0.0), "pixel_arcsec": sky.pixel_arcsec}


@pytest.mark.parametrize("truth_over_image", [1.0, 1.25])
def test_scale_is_the_ratio_of_measured_to_true_flux(region_of, origin, truth_over_image):
    regions = [region_of(40, truth_over_image=truth_over_image, number=number) for number in (0, 1)]
    scale = learn_flux_scale(regions, [origin, origin], train_snr=2)
    assert scale == pytest.approx(1 / truth_over_image, rel=0.02)


def test_scale_does_not_depend_on_where_in_a_large_mosaic_the_box_lies(region_of, origin):
    near, far = (
        learn_flux_scale([region_of(40, truth_over_image=1.0, corner=corner)], [origin], train_snr=2)
        for corner in ((100, 50), (60_000, 60_000))
    )
    assert far == pytest.approx(near, rel=1e-4)


def test_faint_sources_do_not_count(region_of, origin):
    assert learn_flux_scale([region_of(8, truth_over_image=1.0)], [origin], train_snr=2) == 1.0


def test_the_scale_is_1_without_truth(region_of, origin):
    assert learn_flux_scale([region_of(40, truth_over_image=1.0)], [origin], train_snr=1000) == 1.0
