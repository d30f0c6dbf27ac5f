"""Which mosaics and finders make a survey."""

import pandas as pd
import pytest

from radiofind.workflow.config.sheet import Mosaic
from radiofind.workflow.plan.mosaics import Plan
from radiofind.workflow.plan.source_classes import SourceClassPlan
from radiofind.workflow.plan.survey import SurveyPlan

FINDERS = {"peaks": {"kind": "peaks"}, "pybdsf": {"kind": "pybdsf"}}
NETWORK = {"by": "network", "dataset": None, "network": "n"}


def plan_with(survey, *, classify=None):
    first = Mosaic("a", "a.fits", "p.fits", centre=(10.0, 20.0), region="a.moc", weight="w.fits")
    rows = [
        first,
        Mosaic("b", "b.fits", region="healpix:16:0"),
        Mosaic("broken", "c.fits"),
        Mosaic("a-simulated", "d.fits", like=first),
    ]
    classifiers = {"classify_sources": classify, "networks": {"n": {"model": "n.keras"}}}
    config = {"finders": FINDERS, "find_with": list(FINDERS), "survey": survey, "classifiers": classifiers}
    plan = Plan(config, rows)
    return SurveyPlan(plan, SourceClassPlan(plan))


@pytest.fixture
def tiles():
    states = {"a": "live", "b": "blank", "broken": "unreadable", "a-simulated": "live"}
    return pd.DataFrame({"mosaic": states.keys(), "tile": "y000x000", "state": states.values()})


def test_a_survey_has_the_readable_mosaics_of_the_sheet_and_all_finders(tiles):
    survey = plan_with({"prefix": "ABC", "products": ["fits"]})
    assert survey.members(tiles, {}) == [{"mosaic": "a", "folder": ""}, {"mosaic": "b", "folder": ""}]
    assert survey.sheet_rows(tiles, {}) == {
        "a": {"centre": (10.0, 20.0), "region": "a.moc", "weight": "w.fits"},
        "b": {"centre": None, "region": "healpix:16:0", "weight": None},
    }
    assert survey.primary_beams(tiles, {}) == {"a": "p.fits", "b": None}
    files = [survey.files(tiles, {}, column) for column in ("region_file", "weight")]
    assert files == [["a.moc"], ["w.fits"]] and survey.given_files == ["a.moc", "w.fits"]
    assert list(survey.stamps(tiles, {})) == ["file a.moc", "file w.fits"]
    assert survey.of_sheet({}) == ["a", "b", "broken"]
    assert survey.with_finders(tiles, {}) == [{"finder": "peaks"}, {"finder": "pybdsf"}]
    assert survey.prefix == "ABC" and survey.asks_for("fits") and not survey.asks_for("moc")


def test_a_survey_takes_classified_catalogues_where_there_are(tiles):
    survey = plan_with({"prefix": "ABC"}, classify=NETWORK)
    assert [names["folder"] for names in survey.members(tiles, {})] == ["classified/", "classified/"]


def test_without_a_survey_nothing_is_made(tiles):
    survey = plan_with(None)
    assert survey.finders == survey.with_finders(tiles, {}) == survey.members(tiles, {}) == []
    assert (
        survey.of_sheet({}) == survey.given_files == []
        and survey.prefix == ""
        and not survey.asks_for("fits")
    )
