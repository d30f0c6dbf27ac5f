"""What the jobs of a run work on."""

import pytest

from radiofind.workflow.plan.classifiers import ClassifierPlan
from radiofind.workflow.plan.source_classes import SourceClassPlan
from radiofind.workflow.plan.training import TrainingPlan
from radiofind.workflow.plan.work import WorkPlan

from .test_training import NETWORK, cores, plan_of

assert cores  # a fixture


@pytest.fixture
def boxes(cores):
    """The same tiles with halos of 10 and 20 pixels."""
    edges = {edge: cores[f"core_{edge}"] for edge in ("x0", "y0")}
    return cores.assign(**edges, x1=cores["core_x1"] + 10, y1=cores["core_y1"] + 20)


@pytest.fixture
def work():
    finders = {
        "net": NETWORK | {"epochs": 3, "batches_per_epoch": 5},
        "slow": {"kind": "pybdsf", "time_limit_s": 60},
    }
    plan = plan_of(**finders)
    return WorkPlan(plan, TrainingPlan(plan), ClassifierPlan(plan), SourceClassPlan(plan))


def test_pixels_of_live_tiles_are_known_with_their_halos(work, boxes):
    pixels = work.pixels_of_tiles(boxes)
    assert list(pixels) == ["b", "a", "bare", "boxless", "bad", "other", "gone"]
    assert pixels["b"] == dict.fromkeys(["y000x000", "y001x000", "y001x001"], 110 * 120)
    assert pixels["gone"] == {}
    assert work.pixels_of_tiles(boxes) is pixels
    assert work.pixels_of_tiles(boxes.assign(y1=boxes["y1"] + 1))["b"]["y000x000"] == 110 * 121


def test_work_counts_the_live_tiles_of_a_block_a_mosaic_and_a_survey(work, boxes):
    one = work.on_tile(boxes, {"mosaic": "b", "tile": "y000x000"})
    assert (one.pixels, one.all_pixels, one.tiles) == (110 * 120, 110 * 120, 1)
    block = work.on_block(boxes, {"mosaic": "b", "block": "y000x000-2x2", "finder": "slow"})
    assert (block.pixels, block.all_pixels, block.tiles, block.limit_s) == (110 * 120, 3 * 110 * 120, 3, 60)
    assert work.on_mosaic(boxes, {"mosaic": "gone"}).tiles == 0
    assert work.on_survey(boxes, {}).tiles == 19


def test_work_on_boxes_counts_pixels_and_batches(work, boxes):
    found = work.on_boxes(boxes, {"training_set": "shared", "finder": "net"})
    assert found.pixels == 90 * 80 + 50 * 100 + 200 * 200
    assert (found.epochs, found.batches) == (3, 15)
    assert work.on_boxes(boxes, {"training_set": "shared", "finder": "slow"}).batches == 0
