"""Fake sources have the density, fluxes and shapes that were asked for, the same ones whatever the tiling."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from astropy.coordinates import SkyCoord

from radiofind.mosaics.box import Box
from radiofind.mosaics.images import read_header
from radiofind.mosaics.injections import (
    SIZES_BEAMS,
    Injections,
    components_of,
    draw,
    injected_sources,
    windhorst_sizes,
)

SIDE = 400
ALL = Box(0, SIDE, 0, SIDE)
SPARSE = Injections(
    seed=1, realisation=1, beams_per_source=100, flux_snr=(1, 50), slope=1.6, extended_fraction=0.3
)
MIXED = replace(SPARSE, double_fraction=0.3)
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


def test_fractions_are_extended_and_double(header, rms):
    sources = many_sources(header, rms, MIXED)
    shape, sizes = sources["shape"], sources["size"] / 12
    for name, part in {"extended": 0.3, "double": 0.3, "point": 0.4}.items():
        assert (shape == name).mean() == pytest.approx(part, abs=0.04)
    assert (sizes[shape == "point"] == 0).all()
    for name in ("extended", "double"):
        assert sizes[shape == name].between(*SIZES_BEAMS).all() and sizes[shape == name].max() > 2.5
    angles = sources["position_angle"]
    assert angles.notna().tolist() == (shape == "double").tolist()
    assert angles.between(0, 180)[shape == "double"].all() and angles.mean() == pytest.approx(90, abs=6)


def test_doubles_take_the_place_of_points_and_nothing_else_changes(header, rms):
    """Nor do the first five numbers of each cell, so that earlier results remain those of their settings."""
    without, mixed = (injected_sources(header, ALL, rms, one) for one in (SPARSE, MIXED))
    same = (mixed["shape"] != "double").to_numpy()
    assert 0 < same.sum() < len(mixed) and (without["shape"][~same] == "point").all()
    pd.testing.assert_frame_equal(without[same], mixed[same])
    shared = ["x", "y", "rms", "injected_snr", "injected_flux"]
    pd.testing.assert_frame_equal(without[shared], mixed[shared])
    side = np.sqrt(100 * 2 * np.pi * np.sqrt(np.linalg.det(header.beam_pixels)))
    x, y, flux, *_ = np.random.default_rng([1, 1, 0, 0]).random(5)
    drawn = without.iloc[0][["x", "y", "injected_snr"]].tolist()
    assert drawn == pytest.approx([x * side - 0.5, y * side - 0.5, (1 + flux * (50**-0.6 - 1)) ** (-1 / 0.6)])


@pytest.mark.parametrize(("frequency_hz", "mjy"), [(1.4e9, 1.0), (144e6, (1400 / 144) ** 0.7)])
def test_sizes_of_the_sky_have_the_published_distribution(frequency_hz, mjy):
    """A median of 2 arcsec at 1 mJy and of 2 x 50^0.3 at 50 mJy (1.4 GHz), and of a long tail."""
    drawn = np.random.default_rng(1).random(20_000)
    faint, bright = (
        windhorst_sizes(drawn, np.full(20_000, flux * mjy / 1e3), frequency_hz=frequency_hz)
        for flux in (1, 50)
    )
    assert np.median(faint) == pytest.approx(2, rel=0.04) and np.median(bright) == pytest.approx(
        6.47, rel=0.04
    )
    assert (faint > 4).mean() == pytest.approx(2 ** -(2**0.62), abs=0.01)


def test_with_sizes_of_the_sky_the_flux_decides_which_sources_are_extended(header, rms):
    """Of the beam of 12 arcsec, those above 6."""
    settings = replace(SPARSE, extended_fraction=0, double_fraction=0.2, size_distribution="windhorst")
    sources = many_sources(header, 1e-3 * rms, settings)
    extended = sources["shape"] == "extended"
    assert (sources["shape"] == "double").mean() == pytest.approx(0.2, abs=0.03)
    sizes = sources["size"][extended]
    assert sizes.between(6, 36.001).all() and sizes.max() == pytest.approx(36)
    assert (sources["size"][sources["shape"] == "point"] == 0).all()
    mjy = 1e3 * sources["injected_flux"] * (header.frequency_hz / 1.4e9) ** 0.7
    expected = 0.8 * 2 ** -((6 / (2 * mjy**0.3)) ** 0.62)
    for some in (mjy < 3, mjy > 10):
        assert extended[some].mean() == pytest.approx(expected[some].mean(), abs=0.05)
    assert expected[mjy < 3].mean() < expected[mjy > 10].mean() - 0.1


def test_another_realisation_and_another_seed_give_other_sources(header, rms):
    first = injected_sources(header, ALL, rms, SPARSE)
    for other in (replace(SPARSE, realisation=2), replace(SPARSE, seed=2)):
        assert not set(first["x"]) & set(injected_sources(header, ALL, rms, other)["x"])
    pd.testing.assert_frame_equal(first, injected_sources(header, ALL, rms, SPARSE))


@pytest.mark.parametrize(
    "settings",
    [
        MIXED,
        replace(SPARSE, extended_fraction=0, double_fraction=1),
        replace(SPARSE, extended_fraction=0, flux_snr=(1e3, 5e4), size_distribution="windhorst"),
    ],
    ids=["mixed", "doubles", "windhorst"],
)
@pytest.mark.parametrize("box", [Box(0, 130, 0, 130), Box(117, 291, 203, 400), Box(380, 400, 0, 31)])
def test_a_part_of_the_mosaic_has_the_same_sources_and_the_same_bytes(header, box, settings):
    """But at its edge, where sources beyond it have the noise of the nearest pixel."""
    flat = np.full((SIDE, SIDE), 2, dtype=np.float32)
    of_all, of_part = (injected_sources(header, one, flat[one.slices], settings) for one in (ALL, box))
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


def test_doubles_are_two_points_of_half_the_flux_along_their_position_angle(write_fits):
    """On rotated pixels that are not square, too."""
    matrix = {
        "CDELT1": -2 / 3600,
        "CDELT2": 3 / 3600,
        "PC1_1": 0.8,
        "PC1_2": -0.9,
        "PC2_1": 0.4,
        "PC2_2": 0.8,
    }
    header = read_header(write_fits(np.zeros((SIDE, SIDE), dtype=np.float32), **BEAM | matrix))
    sources = pd.DataFrame({"x": [90.0, 200.0, 280.0], "y": [110.0, 300.0, 90.0], "size": [0.0, 60.0, 30.0]})
    sources = sources.assign(shape=["point", "double", "double"], position_angle=[np.nan, 25.0, 140.0])
    sources["injected_flux"] = [1.0, 2.0, 4.0]
    parts = components_of(sources, header)
    assert parts["source"].tolist() == [0, 1, 1, 2, 2] and (parts["size"] == 0).all()
    assert parts["injected_flux"].tolist() == [1, 1, 1, 2, 2]
    assert parts.groupby("source")[["x", "y"]].mean().to_numpy() == pytest.approx(sources[["x", "y"]])
    sky = SkyCoord(*header.coordinates.to_sky(parts["x"], parts["y"]), unit="deg")
    first, second = sky[[1, 3]], sky[[2, 4]]
    assert first.separation(second).arcsec == pytest.approx([60, 30], rel=1e-3)
    assert second.position_angle(first).deg % 180 == pytest.approx([25, 140], abs=0.05)
    image = draw(sources, header, ALL).astype(float)
    row, column = (np.rint(parts[axis]).astype(int) for axis in ("y", "x"))
    assert (image[row, column] > 0.75 * parts["injected_flux"]).all()
    beam_area = 2 * np.pi * np.sqrt(np.linalg.det(header.beam_pixels))
    assert image.sum() / beam_area == pytest.approx(7, rel=5e-3)
