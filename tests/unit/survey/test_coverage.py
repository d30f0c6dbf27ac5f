"""Where a survey has looked and how deep, on mosaics whose areas are known."""

import numpy as np
import pandas as pd
import pytest
from astropy import units as u
from astropy.io import fits
from mocpy import MOC

from radiofind.mosaics.images import read_header
from radiofind.mosaics.primary_beams import beam_sampler
from radiofind.survey import coverage
from radiofind.survey.coverage import (
    AREAS,
    WHOLE,
    join_coverage,
    measure_coverage,
    tabulate_areas,
    write_moc,
)
from radiofind.tables import read_csv, write_csv

PIXEL_ARCSEC = 12.0
SIZE = 500
RMS = 1e-4


def no_beam(ra, dec):
    return np.ones(len(ra))


@pytest.fixture
def rms_image(tmp_path):
    """Write an image of the noise, which begins at a pixel of a larger one, and return its header."""

    def write(rms, *, name="a", ra=0.0, dec=0.0, pixel_arcsec=PIXEL_ARCSEC, first=(0, 0), projection="SIN"):
        cards = fits.Header(
            {
                "CTYPE1": f"RA---{projection}",
                "CTYPE2": f"DEC--{projection}",
                "CRVAL1": ra,
                "CRVAL2": dec,
                "CDELT1": -pixel_arcsec / 3600,
                "CDELT2": pixel_arcsec / 3600,
                "CRPIX1": SIZE / 2 + 0.5 - first[0],
                "CRPIX2": SIZE / 2 + 0.5 - first[1],
                "BMAJ": 0.02,
                "BMIN": 0.02,
                "BPA": 0.0,
                "RESTFRQ": 1.4e8,
                "BUNIT": "Jy/beam",
            }
        )
        path = tmp_path / f"{name}.fits"
        fits.writeto(path, np.asarray(rms, dtype=np.float32), cards)
        return read_header(path)

    return write


def circle(radius, *, size=SIZE, level=RMS):
    """Return noise within a circle around the centre of an image, blank outside."""
    y, x = np.indices((size, size)) - (size - 1) / 2
    return np.where(np.hypot(x, y) < radius, level, np.nan)


def area_of(table, mosaic=WHOLE):
    return table.loc[table["mosaic"] == mosaic, "area_deg2"].max()


@pytest.mark.parametrize(
    ("ra", "dec", "pixel_arcsec"),
    [(0.0, 0.0, 12.0), (0.02, -45.0, 12.0), (200.0, 89.6, 12.0), (10.0, -90.0, 12.0), (359.99, 30.0, 40.0)],
)
def test_a_blanked_circle_has_its_area_and_holds_its_sources(rms_image, tmp_path, ra, dec, pixel_arcsec):
    header = rms_image(circle(240), ra=ra, dec=dec, pixel_arcsec=pixel_arcsec)
    cells = measure_coverage(header, beam_at=no_beam)
    true_area = np.pi * (240 * pixel_arcsec / 3600) ** 2
    assert area_of(tabulate_areas({}, cells)) == pytest.approx(true_area, rel=0.005)
    write_moc(cells, tmp_path / "c.fits")
    moc = MOC.from_fits(tmp_path / "c.fits")
    assert true_area < moc.sky_fraction * 41252.96 < true_area * 1.04
    rng = np.random.default_rng(1)
    angle, radius = rng.uniform(0, 2 * np.pi, 5000), 239.9 * np.sqrt(rng.uniform(size=5000))
    x, y = (249.5 + radius * part(angle) for part in (np.cos, np.sin))
    inside = np.isfinite(circle(240)[np.rint(y).astype(int), np.rint(x).astype(int)])
    lon, lat = header.coordinates.to_sky(np.rint(x[inside]), np.rint(y[inside]))
    assert moc.contains_lonlat(lon * u.deg, lat * u.deg).all()
    lon, lat = header.coordinates.to_sky(249.5 + 248 * np.cos(angle), 249.5 + 248 * np.sin(angle))
    assert not moc.contains_lonlat(lon * u.deg, lat * u.deg).all()


def test_areas_are_those_of_the_pixels_with_overlaps_once_and_the_lower_noise(rms_image):
    whole = np.full((2, SIZE, SIZE), np.nan)
    slope = np.linspace(1, 3, 300)
    whole[0, :, :300] = RMS * slope
    whole[1, 100:, 200:] = 1.5 * RMS * slope[::-1]
    whole[0, 50:120, 60:250] = np.nan  # a hole
    whole *= np.exp(0.1 * np.sin(np.arange(SIZE) / 40))[:, None]
    assert np.isfinite(whole).all(axis=0).any()
    headers = {
        "a": rms_image(whole[0, :, :300], name="a", dec=50.0),
        "b": rms_image(whole[1, 100:, 200:], name="b", dec=50.0, first=(200, 100)),
    }
    cells = {name: measure_coverage(header, beam_at=no_beam) for name, header in headers.items()}
    table = tabulate_areas(cells, join_coverage(cells))
    expected = {"a": whole[0], "b": whole[1], WHOLE: np.fmin(*whole)}
    assert table["mosaic"].drop_duplicates().tolist() == [WHOLE, "a", "b"]
    for mosaic, pixels in expected.items():
        rows = table[table["mosaic"] == mosaic]
        found = np.sort(pixels[np.isfinite(pixels)])
        count = np.searchsorted(found, rows["rms_jy_per_beam"], side="right")
        areas = count * (PIXEL_ARCSEC / 3600) ** 2
        assert rows["area_deg2"].to_numpy() == pytest.approx(areas, abs=0.01 * areas[-1])
        assert rows["rms_jy_per_beam"].iloc[0] <= found[0] * 1.05
        assert rows["rms_jy_per_beam"].iloc[-1] >= found[-1] / 1.05


def test_how_much_is_read_at_a_time_does_not_matter(rms_image, monkeypatch):
    rng = np.random.default_rng(4)
    noise = rng.uniform(1, 2, (SIZE, SIZE))
    header = rms_image(np.where(noise < 1.5, noise, np.nan))
    at_once = measure_coverage(header, beam_at=no_beam)
    monkeypatch.setattr(coverage, "STRIP_PIXELS", 7 * SIZE)
    pd.testing.assert_frame_equal(measure_coverage(header, beam_at=no_beam), at_once)
    assert 0.4 < at_once["rms"].notna().mean() < 0.6


def test_the_noise_is_divided_by_the_primary_beam(rms_image):
    header = rms_image(circle(240), dec=-20.0)

    def beam_at(ra, dec):
        return np.where(dec > -20.0, 0.25, np.where(dec < -20.5, 0, 1))

    cells = measure_coverage(header, beam_at=beam_at)
    assert sorted(cells["rms"].dropna().unique()) == pytest.approx([RMS, 4 * RMS])
    table = tabulate_areas({}, cells)
    true_area = np.pi * (240 * PIXEL_ARCSEC / 3600) ** 2
    assert area_of(table) == pytest.approx(true_area / 2 + 0.5 * 1.6, rel=0.05)
    deep = table.loc[table["rms_jy_per_beam"] < 2 * RMS, "area_deg2"].max()
    assert deep == pytest.approx(area_of(table) - true_area / 2, rel=0.02)


@pytest.mark.parametrize("order", [7, 14])
def test_only_the_region_counts(rms_image, tmp_path, order):
    """One whose edge is that of cells, and one whose edge crosses them."""
    header = rms_image(np.full((SIZE, SIZE), RMS), ra=20.0, dec=30.0)
    if order == 7:
        region = MOC.from_lonlat(np.array([20.2]) * u.deg, np.array([30.1]) * u.deg, max_norder=order)
    else:
        region = MOC.from_cone(lon=20.2 * u.deg, lat=30.1 * u.deg, radius=0.25 * u.deg, max_depth=order)
    cells = measure_coverage(header, beam_at=no_beam, region=region)
    joined = join_coverage({"a": cells, "b": measure_coverage(header, beam_at=no_beam, region=region)})
    area = region.sky_fraction * 41252.96
    assert 0.15 < area < 0.3
    assert area_of(tabulate_areas({"a": cells}, joined), "a") == pytest.approx(area, rel=0.02)
    write_moc(joined, tmp_path / "c.fits")
    found = MOC.from_fits(tmp_path / "c.fits")
    assert region.difference(found).sky_fraction == pytest.approx(0, abs=1e-9)
    assert found.sky_fraction <= (region.degrade_to_order(12) if order > 12 else region).sky_fraction


def test_a_primary_beam_of_four_axes_is_read_beside_an_image_of_two(rms_image, write_fits):
    header = rms_image(circle(240), ra=0.0, dec=-30.0)
    flat = np.full((40, 60), 0.5, dtype=np.float32)
    told = [
        measure_coverage(
            header, beam_at=beam_sampler(write_fits(flat, n_axes=axes, CDELT1=-0.05, CDELT2=0.05))
        )
        for axes in (2, 4)
    ]
    pd.testing.assert_frame_equal(*told)
    assert told[0]["rms"].max() == pytest.approx(2 * RMS)


def test_a_survey_that_saw_nothing_has_no_area(rms_image, tmp_path):
    cells = {"a": measure_coverage(rms_image(np.full((SIZE, SIZE), np.nan)), beam_at=no_beam)}
    joined = join_coverage(cells)
    assert len(joined) == 0
    write_moc(joined, tmp_path / "c.fits")
    assert MOC.from_fits(tmp_path / "c.fits").empty()
    write_csv(tabulate_areas(cells, joined), tmp_path / "a.csv")
    assert read_csv(tmp_path / "a.csv").columns.tolist() == list(AREAS)
    assert len(join_coverage({})) == 0


def test_the_same_cells_are_the_same_bytes(rms_image, tmp_path):
    cells = measure_coverage(rms_image(circle(100)), beam_at=no_beam)
    for name in ("1", "2"):
        write_moc(cells, tmp_path / f"{name}.fits")
    assert (tmp_path / "1.fits").read_bytes() == (tmp_path / "2.fits").read_bytes()
    assert fits.getheader(tmp_path / "1.fits", 1)["COORDSYS"] == "C"
