"""What the jobs of a run work on."""

import os

import pytest

from radiofind.workflow.config.sheet import Mosaic
from radiofind.workflow.plan.classifiers import ClassifierPlan
from radiofind.workflow.plan.mosaics import Plan
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


def test_work_on_an_image_is_bounded_by_its_file_and_by_the_largest_tile(tmp_path):
    """Before an image is read its beam is unknown: sizes in beams are taken for those of a wide one."""
    image = tmp_path / "m.fits"
    image.touch()
    os.truncate(image, 4 * 10**8)
    tilings = {"halo_pixels": 50}, {"halo_beams": 5}
    boxes = {"box_pixels": 30, "step_pixels": 10}, {"box_beams": 3, "step_pixels": 10}
    found = []
    for tiling, noise in zip(tilings, boxes, strict=True):
        config = {"tiling": {"core_pixels": 100, **tiling}, "noise": noise, "finders": {}, "find_with": []}
        plan = Plan(config, [Mosaic("m", str(image))])
        work = WorkPlan(plan, TrainingPlan(plan), ClassifierPlan(plan), SourceClassPlan(plan))
        found.append(work.on_image({"mosaic": "m"}))
    largest = (150 + 2 * (50 + 10 + 75)) ** 2
    assert found[0] == found[1] and (found[0].pixels, found[0].all_pixels) == (largest, 10**8)
    os.truncate(image, 4 * 10**4)
    assert work.on_image({"mosaic": "m"}).pixels == 10**4


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
