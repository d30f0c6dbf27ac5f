"""An image counts once in a survey."""

import pytest

from radiofind.workflow.config.sheet import Mosaic, SheetError
from radiofind.workflow.config.surveys import check_survey

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
