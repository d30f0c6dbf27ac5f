"""Which mosaics are searched again, by which finders, and on which pixels."""

from dataclasses import fields

import pandas as pd
import pytest

from radiofind.mosaics.images import ImageSource
from radiofind.mosaics.injections import Injections
from radiofind.workflow.config.sheet import Mosaic
from radiofind.workflow.plan.injections import InjectionPlan
from radiofind.workflow.plan.mosaics import Plan
from radiofind.workflow.plan.source_classes import SourceClassPlan
from radiofind.workflow.plan.survey import SurveyPlan

SETTINGS = {
    "finders": ["deep", "peaks"],
    "beams_per_source": 500,
    "realisations": 2,
    "flux_snr": [1, 50],
    "slope": 1.6,
    "extended_fraction": 0,
    "double_fraction": 0,
    "size_distribution": "log_uniform",
    "seed": 1,
    "negated": True,
}
TILES = pd.DataFrame(
    {
        "mosaic": ["a", "a", "bad"],
        "tile": ["y000x000", "y000x001", ""],
        "state": ["live", "live", "unreadable"],
    }
)
HERE = {"mosaic": "a", "finder": "peaks", "realisation": "2", "block": "y000x000"}


def plan_with(survey=None, **changes):
    kinds = {"peaks": "peaks", "pybdsf": "pybdsf", "deep": "pybdsf"}
    first = Mosaic("a", "a.fits", beam=(3.0, 2.0, 1.0))
    rows = [first, Mosaic("bad", "b.fits"), Mosaic("a-simulated", "c.fits", like=first)]
    config = {
        "finders": {name: {"kind": kind, "tiles_per_job": 1} for name, kind in kinds.items()},
        "find_with": list(kinds),
        "survey": survey,
        "injections": SETTINGS | changes,
    }
    plan = Plan(config, rows)
    return InjectionPlan(plan, SurveyPlan(plan, SourceClassPlan(plan)))


def test_finders_search_again_each_by_the_rule_of_its_kind():
    injections = plan_with()
    assert injections.injected_by("pybdsf") == injections.negated_by("pybdsf") == ["deep"]
    assert injections.injected_by("convosource") == []
    assert injections.injected_by() == ["peaks", "deep"]


def test_each_block_is_searched_once_in_each_realisation():
    searches = plan_with().searches(TILES, HERE)
    assert [(one["realisation"], one["block"]) for one in searches] == [
        *(("1", "y000x000"), ("1", "y000x001"), ("2", "y000x000"), ("2", "y000x001"))
    ]


def test_only_readable_mosaics_of_the_sheet_are_measured():
    injections = plan_with({"prefix": "ABC"})
    expected = [{"mosaic": "a", "finder": finder} for finder in ("peaks", "deep")]
    assert injections.with_injections(TILES, {}) == injections.with_negated(TILES, {}) == expected
    pooled = [{"finder": "peaks"}, {"finder": "deep"}]
    assert injections.pooled(TILES, {}) == injections.pooled_negated(TILES, {}) == pooled
    assert plan_with().pooled(TILES, {}) == [], "without a survey"


def test_images_say_how_their_pixels_are_changed():
    injections = plan_with()
    image = ImageSource("a.fits", **injections.injected_image(HERE))
    assert image.beam == (3.0, 2.0, 1.0) and not image.negated
    assert {*image.injected} == {field.name for field in fields(Injections)}
    assert Injections(**image.injected) == Injections(1, 2, 500, [1, 50], 1.6)
    negated = ImageSource("a.fits", **injections.negated_image(HERE))
    assert negated.negated and negated.injected is None
    assert injections.distribution(HERE) == {"slope": 1.6, "flux_snr": [1, 50]}


@pytest.mark.parametrize(("off", "still"), [("realisations", "negated"), ("negated", "injected")])
def test_one_of_the_two_can_be_had_alone(off, still):
    injections = plan_with(**{off: 0})
    left = {"injected": injections.injected_by(), "negated": injections.negated_by()}
    assert {name for name, finders in left.items() if finders} == {still}
    assert injections.if_negated(TILES, HERE) == ([{}] if still == "negated" else [])


def test_without_the_key_nothing_is_searched_again():
    plan = Plan({"finders": {}, "find_with": [], "survey": None}, [Mosaic("a", "a.fits")])
    injections = InjectionPlan(plan, SurveyPlan(plan, SourceClassPlan(plan)))
    assert injections.realisations == injections.injected_by() == injections.negated_by() == []
    assert injections.with_injections(TILES, {}) == injections.with_negated(TILES, {}) == []
