"""One sky gives the same fluxes, sizes and angles whatever the coordinates of the image are like."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord

from radiofind.fields import Field
from radiofind.fitting import measure_sources
from radiofind.images import read_header, read_pixels
from radiofind.peaks import find_peaks
from radiofind.pybdsf import find_sources
from radiofind.shapes import ellipse_of
from radiofind.tiling import Box, Tile
from unit.one_sky import FLUX, PIXEL_DEG, SIDE, draw, header_of

RMS = 1e-3
LONG = (18.0, 9.0, 30.0)
COS, SIN = np.cos(np.deg2rad(35)), np.sin(np.deg2rad(35))
NO_CDELT = {"CDELT1": None, "CDELT2": None}
DEGREE = 1 / PIXEL_DEG
CD = NO_CDELT | {"CD1_1": -PIXEL_DEG, "CD1_2": 0.0, "CD2_1": 0.0, "CD2_2": PIXEL_DEG}
TURNED = {"1_1": -PIXEL_DEG * COS, "1_2": PIXEL_DEG * SIN, "2_1": PIXEL_DEG * SIN, "2_2": PIXEL_DEG * COS}
TURNED_CD = NO_CDELT | {f"CD{place}": value for place, value in TURNED.items()}
GALACTIC = {"CTYPE1": "GLON-SIN", "CTYPE2": "GLAT-SIN", "RADESYS": None}
CASES = {
    "cdelt": {},
    "cd": CD,
    "turned cd": TURNED_CD,
    "turned pc": {"PC1_1": COS, "PC1_2": -SIN, "PC2_1": SIN, "PC2_2": COS},
    "pc and cdelt 1": {"CDELT1": 1.0, "CDELT2": 1.0} | {f"PC{place}": part for place, part in TURNED.items()},
    "crota2": {"CROTA2": 35.0},
    "mirrored": {"CDELT1": PIXEL_DEG},
    "skewed": CD | {"CD1_2": PIXEL_DEG * 0.1, "CD2_2": PIXEL_DEG * 1.05},
    "oblong pixels": {"CDELT1": -PIXEL_DEG * 0.8},
    "long beam": {"beam": LONG},
    "long beam, turned cd": {"beam": LONG} | TURNED_CD,
    "long beam, mirrored": {"beam": LONG, "CDELT1": PIXEL_DEG},
    "one degree off": {"offset": (0.7 * DEGREE, -0.7 * DEGREE), "beam": LONG},
    "north pole": {"dec": 89.5, "beam": LONG},
    "south pole": {"dec": -89.95, "beam": LONG},
    "on the pole": {"dec": 90.0},
    "across ra 0": {"ra": 0.0},
    "tan": {"projection": "TAN", "offset": (0.9 * DEGREE, 0)},
    "ncp": {"projection": "NCP", "dec": 40.0, "offset": (0, 0.9 * DEGREE)},
    "zea": {"projection": "ZEA", "offset": (0.9 * DEGREE, 0)},
    "arc": {"projection": "ARC", "offset": (0.9 * DEGREE, 0)},
    "car far from its reference": {"projection": "CAR", "dec": 0.0, "offset": (0, 50 * DEGREE)},
    "fk4": {"RADESYS": "FK4", "EQUINOX": 1950.0, "beam": LONG},
    "fk5 of another year": {"RADESYS": "FK5", "EQUINOX": 2015.5},
    "galactic": GALACTIC | {"beam": LONG},
    "galactic, turned cd": GALACTIC | TURNED_CD | {"beam": LONG},
    "declination first": {"CTYPE1": "DEC--SIN", "CTYPE2": "RA---SIN", "CRVAL1": -30.0, "CRVAL2": 150.0},
}


@pytest.fixture(params=CASES)
def drawn(request, tmp_path):
    """A sky under a header."""
    return draw(header_of(**CASES[request.param]), tmp_path / "sky.fits")


@pytest.fixture
def field(drawn):
    """The image as a finder gets it."""
    box = Box(0, SIDE, 0, SIDE)
    header, none = read_header(drawn.path), np.zeros(0, dtype=int)
    flat = np.zeros(box.shape, dtype=np.float32)
    return Field(
        "sky", header, Tile("y000x000", box, box), none, none, read_pixels(header, box), flat, flat + RMS
    )


def in_order(found, drawn):
    """Return the detections in the order of the sources, and how far they are from these in beams."""
    place = SkyCoord(found["ra"], found["dec"], unit="deg")
    nearest, distance, _ = drawn.sky.match_to_catalog_sky(place)
    return found.iloc[nearest], distance.to_value(u.arcsec) / 12


def check_shapes(table, drawn, wanted):
    """Assert sizes within 1 % and, of what is not round, angles within half a degree."""
    major, minor, angle = (value[wanted] for value in ellipse_of(drawn.shape))
    assert table["major"].to_numpy()[wanted] == pytest.approx(major, rel=0.01)
    assert table["minor"].to_numpy()[wanted] == pytest.approx(minor, rel=0.01)
    turned = (table["position_angle"].to_numpy()[wanted] - angle + 90) % 180 - 90
    assert turned[major > 1.2 * minor] == pytest.approx(0, abs=0.5)


def test_pybdsf_measures_what_was_drawn(field, drawn):
    options = {"thresh_pix": 5.0, "thresh_isl": 3.0}
    found = find_sources(field, finder="pybdsf", options=options, time_limit_s=100).detections
    assert len(found) == len(drawn.x)
    table, offset = in_order(found, drawn)
    assert offset.max() < 0.005
    assert np.hypot(table["x"] - drawn.x, table["y"] - drawn.y).max() < 0.03
    assert found["n_components"].tolist() == [1] * len(drawn.x)
    assert table["total_flux"].to_numpy() == pytest.approx(FLUX, rel=0.005)
    assert table["peak_flux"].to_numpy() == pytest.approx(drawn.peak, rel=0.005)
    check_shapes(table, drawn, np.full(len(drawn.x), True))
    extended = table[~drawn.is_point]
    assert (table["dc_major"].to_numpy()[drawn.is_point] < 2).all()
    assert extended["dc_major"].to_numpy() == pytest.approx([18, 14, 20, 16], rel=0.02)


def test_fitting_measures_what_was_drawn(field, drawn):
    found = measure_sources(field, drawn.x + 0.3, drawn.y - 0.2)
    assert found["apparent_total_flux"].to_numpy() == pytest.approx(FLUX, rel=0.005)
    assert found["apparent_peak_flux"].to_numpy() == pytest.approx(drawn.peak, rel=0.005)
    check_shapes(found, drawn, np.full(len(drawn.x), True))
    assert found["dc_major"].to_numpy()[~drawn.is_point] == pytest.approx([18, 14, 20, 16], rel=0.02)
    assert found["dc_major"].isna().to_numpy().tolist() == drawn.is_point.tolist()


def test_peaks_give_the_fluxes_of_points(field, drawn):
    found = find_peaks(field, finder="peaks", threshold=5.0).detections
    assert len(found) == len(drawn.x)
    table, offset = in_order(found, drawn)
    assert offset[drawn.is_point].max() < 0.01
    assert table["total_flux"].to_numpy()[drawn.is_point] == pytest.approx(FLUX, rel=0.005)
