"""Fake sources have the density, fluxes and shapes that were asked for, the same ones whatever the tiling."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from radiofind.mosaics.box import Box
from radiofind.mosaics.images import read_header
from radiofind.mosaics.injections import SIZES_BEAMS, Injections, draw, injected_sources

SIDE = 400
ALL = Box(0, SIDE, 0, SIDE)
SPARSE = Injections(
    seed=1, realisation=1, beams_per_source=100, flux_snr=(1, 50), slope=1.6, extended_fraction=0.3
)
BEAM = {"BMAJ": 12 / 3600, "BMIN": 8 / 3600, "BPA": 30.0}
"""Of 6 and 4 pixels."""


@pytest.fixture
def header(write_fits):
    return read_header(write_fits(np.zeros((SIDE, SIDE), dtype=np.float32), **BEAM))


@pytest.fixture
def rms():
    """A noise that grows from left to right."""
    return np.broadcast_to(np.linspace(1, 3, SIDE, dtype=np.float32), (SIDE, SIDE)).copy()


def test_one_source_per_area_with_fluxes_in_units_of_the_noise_there(header, rms):
    sources = injected_sources(header, ALL, rms, SPARSE)
    beam_area = np.pi * 6 * 4 / (4 * np.log(2))
    assert len(sources) == pytest.approx(SIDE**2 / beam_area / SPARSE.beams_per_source, rel=0.15)
    there = rms[0, np.floor(sources["x"] + 0.5).astype(int)]
    assert (sources["rms"] == there).all()
    assert sources["injected_flux"].to_numpy() == pytest.approx(there * sources["injected_snr"])
    assert sources["injected_snr"].between(1, 50).all()


def many_sources(header, rms, settings):
    """Return the sources of forty realisations."""
    each = (replace(settings, realisation=number) for number in range(40))
    return pd.concat([injected_sources(header, ALL, rms, one) for one in each], ignore_index=True)


@pytest.mark.parametrize(
    ("slope", "above"), [(1.6, (5**-0.6 - 50**-0.6) / (1 - 50**-0.6)), (1, np.log(10) / np.log(50))]
)
def test_fluxes_follow_the_power_law(header, rms, slope, above):
    snr = many_sources(header, rms, replace(SPARSE, slope=slope))["injected_snr"]
    error = np.sqrt(above * (1 - above) / len(snr))
    assert (snr > 5).mean() == pytest.approx(above, abs=4 * error)


def test_a_fraction_is_extended(header, rms):
    sizes = many_sources(header, rms, SPARSE)["size"] / 12
    assert (sizes > 0).mean() == pytest.approx(SPARSE.extended_fraction, abs=0.04)
    assert sizes[sizes > 0].between(*SIZES_BEAMS).all() and sizes.max() > 2.5


def test_another_realisation_and_another_seed_give_other_sources(header, rms):
    first = injected_sources(header, ALL, rms, SPARSE)
    for other in (replace(SPARSE, realisation=2), replace(SPARSE, seed=2)):
        assert not set(first["x"]) & set(injected_sources(header, ALL, rms, other)["x"])
    pd.testing.assert_frame_equal(first, injected_sources(header, ALL, rms, SPARSE))


@pytest.mark.parametrize("box", [Box(0, 130, 0, 130), Box(117, 291, 203, 400), Box(380, 400, 0, 31)])
def test_a_part_of_the_mosaic_has_the_same_sources_and_the_same_bytes(header, box):
    """But at its edge, where sources beyond it have the noise of the nearest pixel."""
    flat = np.full((SIDE, SIDE), 2, dtype=np.float32)
    of_all, of_part = (injected_sources(header, one, flat[one.slices], SPARSE) for one in (ALL, box))
    inside = of_all[box.holds(of_all["x"], of_all["y"])].reset_index(drop=True)
    also = of_part[box.holds(of_part["x"], of_part["y"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(inside, also)
    assert draw(of_all, header, ALL)[box.slices].tobytes() == draw(of_part, header, box).tobytes()


def test_blank_pixels_get_no_sources(header, rms):
    everywhere = injected_sources(header, ALL, rms, SPARSE)
    rms[:, :200] = np.nan
    rms[:200, 300:] = 0
    left = injected_sources(header, ALL, rms, SPARSE)
    blank = Box(0, 200, 0, SIDE), Box(300, SIDE, 0, 200)
    gone = np.logical_or(*(box.holds(everywhere["x"], everywhere["y"]) for box in blank))
    assert gone.sum() > 0 and left["x"].tolist() == everywhere["x"][~gone].tolist()


def test_points_have_the_beam_and_all_sources_their_flux(header):
    places = pd.DataFrame({"x": [100.0, 200.3], "y": [100.0, 250.6], "size": [0.0, 20.0]})
    places = places.assign(shape=["point", "extended"], position_angle=np.nan)
    image = draw(places.assign(injected_flux=[1.0, 2.0]), header, ALL).astype(float)
    beam_area = 2 * np.pi * np.sqrt(np.linalg.det(header.beam_pixels))
    halves = image[:180].sum(), image[180:].sum()
    assert np.array(halves) / beam_area == pytest.approx([1, 2], rel=2e-3)
    assert image[100, 100] == pytest.approx(1, rel=1e-6)
    row, column = np.indices((SIDE, SIDE)) - 100
    stamp = image[60:141, 60:141]
    spread = [[row, row], [row, column], [column, column]]
    yy, xy, xx = ((stamp * (one * other)[60:141, 60:141]).sum() / stamp.sum() for one, other in spread)
    assert np.array([[xx, xy], [xy, yy]]) == pytest.approx(header.beam_pixels, rel=2e-3)
    assert image[251, 200] == pytest.approx(2 * 24 / np.hypot(10, 6) / np.hypot(10, 4), rel=0.03)
