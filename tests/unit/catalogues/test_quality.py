"""Flags of sources at edges, next to blank pixels, under a narrow beam, and against their image."""

import numpy as np
import pandas as pd
import pytest

from radiofind.catalogues.detections import complete
from radiofind.catalogues.quality import AT_BLANK, AT_EDGE, IMPLAUSIBLE, UNDERSAMPLED, has_flag

SOURCES = [(40, 40, 5e-3), (100, 40, 5e-3), (40, 100, 5e-3)]


def rows(places, peak=5e-3, total=None, **more):
    """Measurements of sources at these places."""
    x, y = np.transpose(places).astype(float)
    fluxes = {"apparent_peak_flux": peak, "apparent_total_flux": peak if total is None else total}
    errors = {"e_apparent_peak_flux": 1e-4, "e_apparent_total_flux": 1e-4}
    return pd.DataFrame({"x": x, "y": y, **fluxes, **errors, **more})


def flags(measured, field):
    """The words of each source."""
    found = complete(measured, sky=field, finder="f")
    return [set(filter(None, text.split(","))) for text in found["flags"]]


def test_a_source_within_a_beam_of_the_edge_says_so(sky, fields_of):
    (field,) = fields_of(sky.make((140, 160)))
    places = [(40, 40), (3, 40), (156.6, 40), (40, 3.4), (40, 135.9), (4.5, 40)]
    got = flags(rows(places, 1e-4), field)
    assert [AT_EDGE in words for words in got] == [False, True, True, True, True, False]


def test_only_the_edge_of_the_mosaic_counts_not_that_of_a_tile(sky, fields_of):
    left, _ = fields_of(sky.make((140, 300)), core_pixels=150, halo_pixels=30)
    assert left.tile.box.x1 == 180
    assert flags(rows([(178, 70)], 1e-4), left) == [set()]


def test_a_source_within_a_beam_of_blank_pixels_says_so(sky, fields_of):
    pixels = sky.make((140, 160))
    pixels[60:63, 80:83] = np.nan
    (field,) = fields_of(pixels)
    got = flags(rows([(77, 58), (81, 66), (75, 61), (81, 40)], 1e-4), field)
    assert [AT_BLANK in words for words in got] == [True, True, False, False]


def test_what_a_finder_knows_of_its_islands_comes_first(sky, fields_of):
    (field,) = fields_of(sky.make((140, 160)))
    measured = rows(
        [(3, 40), (40, 40)], 1e-4, flags="unfitted", at_edge=[False, True], at_blank=[True, False]
    )
    assert complete(measured, sky=field, finder="f")["flags"].tolist() == [
        f"unfitted,{AT_BLANK}",
        f"unfitted,{AT_EDGE}",
    ]


@pytest.mark.parametrize(("pixels_across", "flagged"), [(1.9, True), (2.1, False)])
def test_a_narrow_beam_is_undersampled(sky, fields_of, pixels_across, flagged):
    beam = {"BMAJ": 3 * sky.pixel_arcsec / 3600, "BMIN": pixels_across * sky.pixel_arcsec / 3600, "BPA": 40.0}
    (field,) = fields_of(sky.make((140, 160)), **beam)
    assert [UNDERSAMPLED in words for words in flags(rows([(40, 40)], 1e-4), field)] == [flagged]


def test_a_bright_source_that_contradicts_the_image_is_implausible(sky, fields_of):
    (field,) = fields_of(sky.make((140, 160), SOURCES), rms=sky.rms)
    places = [place[:2] for place in SOURCES]
    assert flags(rows(places), field) == [set()] * 3
    wrong = flags(rows(places, [5e-3, 15e-3, 2e-3]), field)
    assert wrong == [set(), {IMPLAUSIBLE}, {IMPLAUSIBLE}]
    assert flags(rows(places, 5e-3, [5e-3, 2e-3, 50e-3]), field) == [set(), {IMPLAUSIBLE}, set()]
    # The centroid of two lobes lies between them, and the pixels of a faint source are noise.
    assert flags(rows([(70, 40)], n_components=2), field) == [set()]
    assert flags(rows([(70, 70)], 9e-4), field) == [set()]


def test_a_flag_is_a_whole_word():
    texts = pd.Series(["", "unfitted", "near_blank,unfitted", "unfitted_not"])
    assert has_flag(texts, "unfitted").tolist() == [False, True, True, False]
    assert has_flag(texts[:0], "unfitted").dtype == bool
