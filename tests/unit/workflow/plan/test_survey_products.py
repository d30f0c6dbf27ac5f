"""Which files of a survey a configuration asks for."""

import pandas as pd
import pytest

from radiofind.workflow.config.sheet import Mosaic
from radiofind.workflow.plan.classifiers import NOT_CLASSIFIED, ClassifierPlan
from radiofind.workflow.plan.injections import InjectionPlan
from radiofind.workflow.plan.mosaics import Plan
from radiofind.workflow.plan.record import RecordPlan
from radiofind.workflow.plan.source_classes import SourceClassPlan
from radiofind.workflow.plan.survey import SurveyPlan
from radiofind.workflow.plan.survey_products import SurveyProductPlan

TILES = pd.DataFrame(
    {"mosaic": ["a", "bad"], "tile": ["y000x000", ""], "state": ["live", "unreadable"]},
)


@pytest.fixture
def plans():
    """Return the plan of a survey's products and that of the record, by the key ``survey``."""

    def make(survey):
        settings = {"kind": "peaks", "tiles_per_job": 1}
        config = {
            "finders": {"peaks": settings, "deep": settings},
            "find_with": ["peaks", "deep"],
            "survey": survey,
            "classifiers": NOT_CLASSIFIED,
            "mosaics": "sheet.tsv",
        }
        plan = Plan(config, [Mosaic("a", "a.fits"), Mosaic("bad", "bad.fits")])
        source_classes = SourceClassPlan(plan)
        of_mosaics = SurveyPlan(plan, source_classes)
        products = SurveyProductPlan(of_mosaics)
        return products, RecordPlan(
            plan, ClassifierPlan(plan), source_classes, products, InjectionPlan(plan, of_mosaics)
        )

    return make


def test_only_products_that_are_asked_for_are_made(plans):
    products, record = plans({"prefix": "LBAS", "products": ["votable", "fits"]})
    made = products.exported(TILES, {})
    assert [(names["finder"], names["product"]) for names in made] == [
        *(("peaks", "fits"), ("peaks", "vot")),
        *(("deep", "fits"), ("deep", "vot")),
    ]
    assert products.coverage(TILES, {}) == []
    assert record.names_in_outputs(TILES, {})["product"] == ["fits", "vot"]


def test_hats_is_made_of_all_finders_if_asked_for(plans):
    products, _ = plans({"prefix": "LBAS", "products": ["hats"]})
    assert products.in_hats(TILES, {}) == [{"finder": "peaks"}, {"finder": "deep"}]
    assert products.exported(TILES, {}) == [] and products.coverage(TILES, {}) == []


def test_the_coverage_is_that_of_the_readable_mosaics(plans):
    products, _ = plans({"prefix": "LBAS", "products": ["moc"]})
    assert products.exported(TILES, {}) == [] and products.coverage(TILES, {}) == [{}]
    assert products.mosaics(TILES, {}) == ["a"]


def test_nothing_is_made_without_a_survey(plans):
    products, record = plans(None)
    assert products.exported(TILES, {}) == products.coverage(TILES, {}) == products.mosaics(TILES, {}) == []
    assert products.finders_in_hats == products.in_hats(TILES, {}) == []
    assert record.names_in_outputs(TILES, {})["product"] == []
