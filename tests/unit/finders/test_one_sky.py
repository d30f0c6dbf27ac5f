"""One sky under many headers: whatever the frame, projection and matrix, the finders measure the same."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from threadpoolctl import threadpool_limits

from radiofind.catalogues.detections import complete
from radiofind.finders.fitting import measure_sources
from radiofind.finders.peaks import find_peaks
from radiofind.finders.pybdsf import find_sources
from radiofind.mosaics.box import Box
from radiofind.mosaics.field import Field
from radiofind.mosaics.images import read_header, read_pixels
from radiofind.mosaics.tiles import Tile
from skies_on_headers import RMS, SIZE, Drawing
from workflow.cases import cases

pytestmark = pytest.mark.slow

ELONGATED = (16.0, 9.0, 30.0)
DRAWINGS = {
    "cdelt": Drawing(),
    "cd": Drawing(cards="CD"),
    "rotated_cd": Drawing(cards="CD", turned_deg=33),
    "rotated_pc": Drawing(cards="PC", turned_deg=70),
    "pc_with_cdelt_1": Drawing(cards="PC1"),
    "rotated_pc_with_cdelt_1": Drawing(cards="PC1", turned_deg=-40, beam=ELONGATED),
    "crota2": Drawing(cards="CROTA2", turned_deg=-25, beam=ELONGATED),
    "mirrored": Drawing(mirrored=True, beam=ELONGATED),
    "rotated_and_mirrored": Drawing(cards="CD", turned_deg=50, mirrored=True, beam=ELONGATED),
    "skewed_cd": Drawing(cards="CD", turned_deg=15, skewed_deg=5, beam=ELONGATED),
    "oblong_pixels": Drawing(pixel=(1.8, 2.2), beam=ELONGATED),
    "declination_first": Drawing(latitude_first=True, beam=ELONGATED),
    "declination_first_rotated_cd": Drawing(latitude_first=True, cards="CD", turned_deg=20, beam=ELONGATED),
    "elongated_beam": Drawing(beam=ELONGATED),
    "rotated_cd_elongated_beam": Drawing(cards="CD", turned_deg=33, beam=ELONGATED),
    "offset_1deg": Drawing(reference=(1, 240), beam=ELONGATED),
    "tan_offset_1deg": Drawing(reference=(1, 60), projection="TAN"),
    "near_north_pole": Drawing(centre=(40, 89.5)),
    "near_north_pole_elongated_beam": Drawing(centre=(40, 89.2), reference=(0.7, 260), beam=ELONGATED),
    "north_pole_in_the_field": Drawing(centre=(200, 89.95), reference=(0.4, 180), beam=ELONGATED),
    "near_south_pole": Drawing(centre=(300, -89.9), reference=(0.3, 280), beam=ELONGATED),
    "across_ra_0": Drawing(centre=(0, -30)),
    "tan": Drawing(projection="TAN"),
    "ncp": Drawing(projection="NCP"),
    "ncp_offset_1deg": Drawing(projection="NCP", centre=(150, 31), reference=(1, 190), beam=ELONGATED),
    "zea": Drawing(projection="ZEA"),
    "arc": Drawing(projection="ARC", reference=(1, 120), cards="CD", turned_deg=10),
    "fk5": Drawing(frame="fk5"),
    "fk4": Drawing(frame="fk4", beam=ELONGATED),
    "galactic": Drawing(frame="galactic"),
    "galactic_elongated_beam": Drawing(frame="galactic", beam=ELONGATED),
    "galactic_rotated_offset_1deg": Drawing(
        frame="galactic", cards="CD", turned_deg=33, reference=(1, 300), beam=ELONGATED
    ),
    "corner_of_an_ncp_mosaic": Drawing(
        projection="NCP", centre=(150, 31), reference=(1, 135), beam=ELONGATED, corner=True
    ),
}
"""Headers by name; the projection is SIN by default."""
FEW = {
    *("crota2", "rotated_pc_with_cdelt_1", "rotated_and_mirrored", "skewed_cd", "oblong_pixels", "fk4"),
    *("declination_first_rotated_cd", "north_pole_in_the_field", "ncp_offset_1deg"),
    *("galactic_rotated_offset_1deg", "corner_of_an_ncp_mosaic"),
}
"""Those in which the most is unusual."""
FLUX, SIZES, ANGLE = 0.005, 0.01, 0.5
"""Largest errors: relative for fluxes and sizes, in deg for position angles."""
PLACE, LEFT = 0.02, 0.1
"""Largest error of a position, and largest deconvolved size of a point source, in beams."""
ROUND = 1.2
"""Axis ratio below which the position angle is not compared."""
RELATIVE = ["peak_flux", "total_flux", "major", "minor", "dc_major", "dc_minor"]
ANGLES = ["position_angle", "dc_position_angle"]
POINT, EXTENDED = 0, 1
"""Index of the tables that `errors_of` returns."""


@cache
def sky_of(name):
    """Return the field for a finder, and the sources drawn in it."""
    drawing = DRAWINGS[name]
    pixels, truth = drawing.draw()
    box = Box(drawing.first, drawing.side, drawing.first, drawing.side)
    mosaic = np.zeros((drawing.side, drawing.side), dtype=np.float32)
    mosaic[box.slices] = pixels
    with TemporaryDirectory() as folder:
        path = Path(folder, "image.fits")
        fits.PrimaryHDU(mosaic, drawing.header).writeto(path)
        header = read_header(path)
        seen = read_pixels(header, box)
    flat, no_edges = np.ones((SIZE, SIZE), dtype=np.float32), np.array([], dtype=int)
    tile = Tile("y000x000", box, box)
    return Field("field", header, tile, no_edges, no_edges, seen, 0 * flat, RMS * flat), truth


def peaks(field, _truth):
    return find_peaks(field, finder="peaks", threshold=20).detections


def pybdsf(field, _truth):
    """Return PyBDSF's sources, one per island, which with a wrong beam it would divide without end."""
    options = {"thresh_pix": 20.0, "thresh_isl": 5.0, "peak_fit": False, "split_isl": False}
    return find_sources(field, finder="pybdsf", options=options, time_limit_s=100).detections


def convosource(field, truth):
    """Return sources fitted as by ConvoSource, from inaccurate positions; in one thread, which is faster."""
    x, y = truth[["x", "y"]].to_numpy().T + np.random.default_rng(3).uniform(-0.4, 0.4, (2, len(truth)))
    with threadpool_limits(1):
        return complete(measure_sources(field, x, y), sky=field, finder="convosource")


@cache
def errors_of(finder, name):
    """Return the errors of a finder, for the point sources and for the extended ones.

    Fluxes and sizes are relative to the true ones, angles in deg, and places in major axes of the beam. What
    is left of a point source without the beam is in major axes of the beam too.
    """
    field, truth = sky_of(name)
    found = finder(field, truth)
    assert len(found) == len(truth)
    there, places = (SkyCoord(table["ra"], table["dec"], unit="deg") for table in (found, truth))
    nearest, distance, _ = places.match_to_catalog_sky(there)
    assert sorted(nearest) == list(range(len(truth)))
    found, beam = found.iloc[nearest].reset_index(drop=True), DRAWINGS[name].beam[0]
    errors = found[RELATIVE] / truth[RELATIVE] - 1
    errors[ANGLES] = (found[ANGLES] - truth[ANGLES] + 90) % 180 - 90
    errors["position_angle"] *= truth["major"] > ROUND * truth["minor"]
    errors["place"] = distance.arcsec / beam
    errors["left"] = found["dc_major"].fillna(0) / beam
    point = truth["dc_major"] == 0
    return errors[point], errors[~point]


def check(finder, name, kind, **largest):
    """Compare with the drawn sources, and with those found under a plain CDELT header."""
    plain = "elongated_beam" if DRAWINGS[name].beam == ELONGATED else "cdelt"
    errors, under_cdelt = (errors_of(finder, header)[kind] for header in (name, plain))
    for column, limit in largest.items():
        none = pytest.approx(np.zeros(len(errors)), abs=limit)
        assert errors[column].to_numpy() == none, column
        assert (errors[column] - under_cdelt[column]).to_numpy() == none, f"{column}, from CDELT"


@pytest.mark.parametrize("name", DRAWINGS)
def test_peaks_have_the_position_and_flux_of_point_sources_under_every_header(name):
    check(peaks, name, POINT, place=PLACE, peak_flux=FLUX, total_flux=FLUX)


@pytest.mark.parametrize("finder", [pybdsf, convosource])
@pytest.mark.parametrize("name", cases(DRAWINGS, FEW))
@pytest.mark.usefixtures("pybdsf_in_process")
def test_fitted_sources_have_their_position_flux_size_and_angle_under_every_header(name, finder):
    both = {"place": PLACE, "peak_flux": FLUX, "total_flux": FLUX, "major": SIZES, "minor": SIZES}
    check(finder, name, POINT, **both, position_angle=ANGLE, left=LEFT)
    deconvolved = {"dc_major": SIZES, "dc_minor": SIZES, "dc_position_angle": ANGLE}
    check(finder, name, EXTENDED, **both, position_angle=ANGLE, **deconvolved)
