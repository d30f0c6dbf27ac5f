"""What the report tells of the survey."""

import re

import numpy as np
import pandas as pd
import pytest

from radiofind.report.page import render
from radiofind.report.survey import SurveyReport, read_survey_report
from radiofind.tables import write_csv, write_parquet
from unit.report.test_page import Balance, data_of, words

AGREE = {"pairs": 40, "flux_ratio": 1.021, "flux_scatter": 0.034, "ra_offset_arcsec": -0.25}
AGREE |= {"dec_offset_arcsec": 0.125, "ra_scatter_arcsec": 0.5, "dec_scatter_arcsec": 0.6}
SUMMARY = {
    "rows": 1130,
    "sources": 1020,
    "flags": {"blended": 31, "unconfirmed": 17},
    "flags_of_primary_rows": {"blended": 30},
    "agreement": AGREE,
    "agreement_by_mosaics": [
        {"mosaic": "a", "other": "b", **AGREE},
        {"mosaic": "a", "other": "c", **AGREE, "flux_ratio": 0.8},
        {"mosaic": "b", "other": "c", **AGREE, "flux_ratio": 3.0, "pairs": 2},
        {"mosaic": "c", "other": "d", "pairs": 0},
    ],
}
NOTHING = {"rows": 0, "sources": 0, "flags": {}, "flags_of_primary_rows": {}}
NOTHING |= {"agreement": {"pairs": 0}, "agreement_by_mosaics": []}


@pytest.fixture
def read(tmp_path):
    """Write a survey of two finders, of which one found nothing, and return what is read of it."""

    def report(products=("fits", "moc"), areas=True) -> SurveyReport:
        catalogues = []
        for finder, summary in (("pybdsf", SUMMARY), ("v1.2", NOTHING)):
            catalogues.append(str(tmp_path / f"{finder}.parquet"))
            write_parquet(pd.DataFrame({"x": [1]}), catalogues[-1], metadata={"survey": summary})
        rms = np.array([1e-5, 2e-5, 4e-5, 8e-5])
        whole = pd.DataFrame({"mosaic": "survey", "rms_jy_per_beam": rms, "area_deg2": [1.0, 5.9, 6.1, 12.0]})
        write_csv(pd.concat([whole, whole.assign(mosaic="a", area_deg2=99.0)]), tmp_path / "areas.csv")
        return read_survey_report(catalogues, [str(tmp_path / "areas.csv")] * areas, products=products)

    return report


def page_of(survey):
    """Return a page without scores, whose figures take time."""
    return render(data_of(scores=pd.DataFrame(), survey=survey))


def test_the_numbers_are_those_of_the_metadata(read):
    survey = read()
    assert survey.finders.set_index("finder").loc["pybdsf"].to_dict() == {
        **{"sources": 1020, "rows": 1130, "unconfirmed": 17, "pairs": 40},
        **{
            key: AGREE[key] for key in ("flux_ratio", "flux_scatter", "ra_offset_arcsec", "dec_offset_arcsec")
        },
    }
    assert survey.flags.to_dict("index") == {"blended": {"pybdsf": 30, "v1.2": 0}}
    assert survey.mosaics[["mosaic", "other"]].to_numpy().tolist() == [["a", "c"], ["a", "b"]]
    assert (survey.area_deg2, survey.median_rms) == (12.0, 4e-5)


def test_the_page_tells_them(read):
    page = page_of(read())
    text = words(page)
    assert 'href="#survey"' in page
    assert "12 deg² were searched, half of them with a noise of at most 40 µJy/beam" in text
    assert "pybdsf 1,020 1,130 17 40 1.021 0.034 -0.250 0.125" in text
    assert "v1.2 0 0 0 0 – – – –" in text
    assert "Flag pybdsf v1.2 blended 30 0" in text and "pybdsf a c 40 0.800" in text
    parser = Balance()
    parser.feed(page)
    assert parser.opened == [] and len(parser.images) == 1
    assert not any(target.startswith(("http", "/")) for target in parser.fetched)
    assert page == page_of(read())


@pytest.mark.parametrize(
    ("products", "files"),
    [
        (["fits", "moc"], {"pybdsf": ["parquet", "fits"], "": ["coverage.moc.fits", "rms_area.csv"]}),
        (["regions", "votable", "hats"], {"pybdsf": ["parquet", "vot", "reg", "hats/"], "": []}),
    ],
)
def test_files_that_the_configuration_asks_for_are_linked(read, products, files):
    page = page_of(read(products))
    found = re.findall(r'href="survey/(.*?)">', page)
    names = {"hats/": "hats/pybdsf/"}
    expected = [names.get(one, f"pybdsf.{one}") for one in files["pybdsf"]]
    assert [one for one in found if "v1.2" not in one] == expected + files[""]


def test_without_its_coverage_the_rest_is_told(read):
    page = page_of(read(["fits"], areas=False))
    assert "deg² were searched" not in page and "1,020" in page and "<img" not in page


def test_there_is_no_section_without_a_survey():
    assert read_survey_report([], [], products=[]) is None
    assert "survey" not in page_of(None).lower().replace("surveys", "").partition("<body>")[2]
