"""An image counts once in a survey, all mosaics have a weight or none, and its files can be read."""

import numpy as np
import pytest

from radiofind.workflow.config.sheet import Mosaic, SheetError
from radiofind.workflow.config.surveys import check_survey, check_survey_files

SURVEY = {"mosaics": "s.tsv", "survey": {"prefix": "ABC"}}


def test_an_image_that_stands_in_the_sheet_twice_is_told_with_both_lines():
    rows = [Mosaic("a", "data/a.fits", line=2), Mosaic("b", "data/../data/a.fits", line=4)]
    with pytest.raises(SheetError) as caught:
        check_survey(rows, config=SURVEY)
    (line,) = str(caught.value).splitlines()
    assert line.startswith("s.tsv, line 4, column image: ") and "line 2" in line and "(a)" in line


def test_a_simulation_that_stands_in_the_sheet_twice_is_told_by_its_name():
    rows = [Mosaic(name, "results/simulations/sky/image.fits", simulate="sky", line=2) for name in "ab"]
    with pytest.raises(SheetError) as caught:
        check_survey(rows, config=SURVEY)
    assert "column simulate" in str(caught.value) and "received sky" in str(caught.value)


def test_other_images_other_planes_and_sheets_without_a_survey_are_fine():
    rows = [Mosaic("a", "a.fits"), Mosaic("b", "b.fits"), Mosaic("c", "a.fits", plane=1)]
    check_survey(rows, config=SURVEY)
    check_survey([*rows, Mosaic("d", "a.fits")], config=SURVEY | {"survey": None})


def test_mosaics_without_a_weight_are_told_if_others_have_one():
    rows = [
        Mosaic("a", "a.fits", line=2, weight="w.fits"),
        Mosaic("b", "b.fits", line=3),
        Mosaic("c", "c.fits", line=4),
    ]
    with pytest.raises(SheetError) as caught:
        check_survey(rows, config=SURVEY)
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == [
        "s.tsv, line 3, column weight",
        "s.tsv, line 4, column weight",
    ]
    check_survey(rows[:1], config=SURVEY)
    check_survey(rows, config=SURVEY | {"survey": None})


def test_regions_and_weights_that_cannot_be_read_are_told_before_the_search(tmp_path, write_fits):
    weight = str(write_fits(np.ones((9, 9)), n_axes=4, BMAJ=None, BUNIT=None, RESTFRQ=None))
    other = str(tmp_path / "text")
    (tmp_path / "text").write_text("nothing")
    rows = [
        Mosaic("a", "a.fits", line=2, region=other, weight=weight),
        Mosaic("b", "b.fits", line=3, region="healpix:16:0", weight=other),
    ]
    with pytest.raises(SheetError) as caught:
        check_survey_files(rows, config=SURVEY)
    region, image = str(caught.value).splitlines()
    assert region.startswith(f"s.tsv, line 2, column region: {other}: expected a MOC in FITS")
    assert image.startswith(f"s.tsv, line 3, column weight: {other}: expected a FITS image")
    check_survey_files(rows, config=SURVEY | {"survey": None})
