"""A matched sky has the beam, frequency, noise and counts of its description, and a truth that fits it."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import numpy as np
import pytest

from radiofind.evaluation.truth import read_truth
from radiofind.mosaics.gaussians import FWHM
from radiofind.mosaics.headers import Beam
from radiofind.mosaics.images import read_header
from radiofind.simulation.matched_sky import (
    FAINTEST_RMS,
    SkyDescription,
    draw_sky,
    read_sky,
    simulate_matched,
)

SIZE = 400
LAGS = np.mgrid[-8:9, -8:9]
SKY = SkyDescription(
    mosaic="field",
    image="field.fits",
    pixel_arcsec=1.5,
    beam=(6.0, 4.5, 40.0),
    frequency_hz=1.4e8,
    rms_jy_per_beam=8e-5,
    density=3.0,
    autocorrelation=np.exp(-(LAGS**2).sum(axis=0) / 4).tolist(),
)


def test_the_image_and_its_truth_are_those_of_the_description(tmp_path):
    paths = {"image_path": tmp_path / "image.fits", "truth_path": tmp_path / "truth.txt"}
    simulate_matched(SKY, size_pixels=SIZE, seed=1, **paths)
    header = read_header(paths["image_path"])
    assert header.shape == (SIZE, SIZE)
    assert header.pixel_arcsec == pytest.approx(SKY.pixel_arcsec, rel=1e-4)
    assert header.frequency_hz == pytest.approx(SKY.frequency_hz)
    found = header.plain_beam
    assert (found.major_arcsec, found.minor_arcsec, found.position_angle_deg) == pytest.approx(
        SKY.beam, rel=1e-3
    )
    assert header.beam == Beam(*(pytest.approx(value) for value in SKY.beam))
    pixels, sources = draw_sky(SKY, size_pixels=SIZE, seed=1)
    truth = read_truth(paths["truth_path"], truth_format="sdc1")
    assert len(truth) == len(sources) > 50
    x, y = header.coordinates.to_pixels(truth["ra"], truth["dec"])
    bright = np.flatnonzero((truth["total_flux"] > 30 * SKY.rms_jy_per_beam).to_numpy())
    inside = [one for one in bright if 5 < x[one] < SIZE - 6 and 5 < y[one] < SIZE - 6]
    assert len(inside) >= 3
    for one in inside:
        row, column = round(float(y[one])), round(float(x[one]))
        assert pixels[row - 2 : row + 3, column - 2 : column + 3].max() > 5 * SKY.rms_jy_per_beam


def test_the_flux_of_the_image_is_that_of_its_sources():
    sky = replace(SKY, rms_jy_per_beam=1e-7)
    pixels, sources = draw_sky(sky, size_pixels=SIZE, seed=2)
    beam_area = 2 * np.pi * (sky.beam_pixels / FWHM) ** 2
    assert pixels.sum() / beam_area == pytest.approx(sources["flux"].sum(), rel=0.05)


def test_no_source_is_drawn_far_below_the_noise_and_brighter_ones_as_often():
    _pixels, sources = draw_sky(SKY, size_pixels=SIZE, seed=3)
    _pixels, deep = draw_sky(replace(SKY, rms_jy_per_beam=1e-5), size_pixels=SIZE, seed=4)
    faintest = FAINTEST_RMS * SKY.rms_jy_per_beam
    assert sources["flux"].min() > faintest * 0.999
    expected = (deep["flux"] > faintest).sum()
    assert len(sources) == pytest.approx(expected, abs=4 * np.sqrt(2 * expected))


def test_the_same_seed_gives_the_same_sky_and_another_seed_another():
    one, same, other = (draw_sky(SKY, size_pixels=SIZE, seed=seed)[0] for seed in (5, 5, 6))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_a_description_is_read_as_it_was_written(tmp_path):
    text = json.dumps(asdict(SKY))
    (tmp_path / "sky.json").write_text(json.dumps({**json.loads(text), "provenance": {}}))
    assert json.dumps(asdict(read_sky(tmp_path / "sky.json"))) == text
    (tmp_path / "bad.json").write_text('{"mosaic": "field"}')
    with pytest.raises(ValueError, match="bad.json"):
        read_sky(tmp_path / "bad.json")
