"""What the finders of a run learn from."""

import inspect
from dataclasses import fields, replace

import pandas as pd
import pytest

from radiofind.finders.convosource.training_data import read_ground
from radiofind.mosaics.images import ImageSource
from radiofind.workflow.config.sheet import Mosaic
from radiofind.workflow.plan.mosaics import Plan
from radiofind.workflow.plan.training import TrainingPlan

NETWORK = {"kind": "convosource", "model": None, "probability_maps": False, "training": "truth"}
SHARED = {"training_set": "shared", "finder": "net"}


def plan_of(**finders):
    """A plan with two mosaics of one training set that have boxes, and others that cannot train."""
    boxes = {"train_box": "0:90,0:80", "validation_box": "130:180,0:100"}
    truth = {"truth": "t.txt", "truth_format": "table"}
    mosaics = [
        Mosaic("b", "b.fits", training_set="shared", beam=(6.0, 5.0, 0.0), **boxes, **truth),
        Mosaic("a", "a.fits", training_set="shared", train_box="all", **truth),
        Mosaic("bare", "bare.fits", training_set="shared", **boxes),
        Mosaic("boxless", "c.fits", training_set="shared", **truth),
        Mosaic("bad", "bad.fits", training_set="shared", **boxes, **truth),
        Mosaic("other", "d.fits", training_set="other", **boxes, **truth),
        Mosaic("gone", "e.fits", training_set="gone", **boxes, **truth),
    ]
    return Plan({"finders": finders, "find_with": list(finders)}, mosaics)


@pytest.fixture
def cores():
    """Each mosaic has 2 x 2 cores of 100 pixels, the second one blank in mosaic b; two cannot be read."""
    corners = [(row, column) for row in (0, 1) for column in (0, 1)]
    rows = [
        (name, f"y00{row}x00{column}", "live", 100 * column, 100 * column + 100, 100 * row, 100 * row + 100)
        for name in ("b", "a", "bare", "boxless", "other")
        for row, column in corners
    ]
    rows[1] = ("b", "y000x001", "blank", *rows[1][3:])
    rows += [(name, "", "unreadable", -1, -1, -1, -1) for name in ("bad", "gone")]
    return pd.DataFrame(rows, columns=["mosaic", "tile", "state", "core_x0", "core_x1", "core_y0", "core_y1"])


def training_of(**finders):
    """The training of the same plan."""
    return TrainingPlan(plan_of(**finders))


def test_a_network_is_trained_on_the_live_tiles_under_the_boxes(cores):
    all_tiles = ["y000x000", "y000x001", "y001x000", "y001x001"]
    found = training_of(net=NETWORK).tiles_of_mosaics(cores, SHARED)
    assert found == {"b": ["y000x000"], "a": all_tiles}
    cores.loc[1, "state"] = "live"
    assert training_of(net=NETWORK).tiles_of_mosaics(cores, SHARED)["b"] == ["y000x000", "y000x001"]


def test_the_pixels_of_a_training_are_those_of_all_its_boxes(cores):
    assert training_of(net=NETWORK).pixels_of_boxes(cores, SHARED) == 90 * 80 + 50 * 100 + 200 * 200


def test_a_box_that_ends_with_a_core_does_not_meet_the_next(cores):
    plan = plan_of(net=NETWORK)
    right, below, upper = ["y000x001"], ["y001x000"], ["y000x000", "y000x001"]
    cells = [("0:100,0:100", ["y000x000"]), ("100:120,0:100", right), ("0:9,100:120", below)]
    for text, wanted in [*cells, ("99:101,99:100", upper)]:
        mosaic = Mosaic("other", "d.fits", truth="t.txt", training_set="other", train_box=text)
        plan.mosaics["other"] = mosaic
        found = TrainingPlan(plan).tiles_of_mosaics(cores, SHARED | {"training_set": "other"})
        assert found == {"other": wanted}


def test_a_box_and_its_tiles_are_those_of_the_same_mosaics(cores):
    training, wildcards = training_of(net=NETWORK), {"training_set": "shared", "finder": "net"}
    tiles = training.tiles(cores, wildcards)
    assert tiles[0] == {"mosaic": "b", "tile": "y000x000"}
    assert [names["mosaic"] for names in tiles] == ["b"] + ["a"] * 4
    assert training.files(cores, wildcards, "image") == ["b.fits", "a.fits"]
    assert training.files(cores, wildcards, "primary_beam") == []
    boxes = {"train_box": "0:90,0:80", "validation_box": "130:180,0:100"}
    assert training.validated_boxes(cores, wildcards) == {"b": boxes}
    assert training.validated(cores, wildcards) == [{"mosaic": "b", **wildcards}]


def test_the_ground_of_a_network_is_what_the_sheet_says_with_the_tiles_under_the_boxes(cores):
    patterns = "{mosaic}/tiles/{tile}.json", "{mosaic}/noise/{tile}.fits"
    found = training_of(net=NETWORK).grounds(cores, SHARED, *patterns)
    assert list(found) == ["b", "a"]
    assert found["b"] == {
        "image": {
            "path": "b.fits",
            "beam": (6.0, 5.0, 0.0),
            "frequency_hz": None,
            "plane": None,
            "primary_beam": None,
        },
        "truth": "t.txt",
        "truth_format": "table",
        "train_box": "0:90,0:80",
        "validation_box": "130:180,0:100",
        "tiles": ["b/tiles/y000x000.json"],
        "noise": ["b/noise/y000x000.fits"],
    }
    assert {*found["b"], "mosaic"} == set(inspect.signature(read_ground).parameters)
    changes = {"injected", "negated"}
    assert set(found["b"]["image"]) == {field.name for field in fields(ImageSource)} - changes


def test_a_combined_finder_learns_from_the_finders_that_it_combines(cores):
    training = training_of(net=NETWORK, both={"kind": "combined", "of": ["tops", "net"]})
    found = training.combined(cores, {"training_set": "shared", "finder": "both"})
    assert [(names["mosaic"], names["finder"]) for names in found] == [("b", "tops"), ("b", "net")]


def test_finders_learn_from_the_sheet_or_from_the_simulation_that_is_like_it(cores):
    """With a truth in the sheet, only networks that are to learn from the simulation do."""
    simulated = NETWORK | {"training": "simulation"}
    plan = plan_of(net=NETWORK, other=simulated, peaks={"kind": "peaks"})
    boxes = {"train_box": "0:90,0:80", "validation_box": "130:180,0:100"}
    like = {"truth": "s.txt", "truth_format": "sdc1", "simulate": "x", "training_set": "shared"}
    rows = cores[cores["mosaic"] == "other"].assign(mosaic="shared-simulated")
    plan.mosaics["shared-simulated"] = Mosaic(
        "shared-simulated", "s.fits", like=plan.mosaics["bare"], **boxes, **like
    )
    tiles = pd.concat([cores, rows])

    def validated(finder):
        named = TrainingPlan(plan).validated(tiles, SHARED | {"finder": finder})
        return [names["mosaic"] for names in named]

    assert validated("net") == validated("peaks") == ["b"]
    assert validated("other") == ["shared-simulated"]
    plan.finders["other"] = simulated | {"model": "frozen.keras"}
    assert validated("other") == ["b"]
    plan.finders["other"] = simulated
    assert TrainingPlan(plan).simulated_sets == ["shared"]
    for name in ("a", "b", "boxless", "bad"):
        plan.mosaics[name] = replace(plan.mosaics[name], truth=None)
    assert validated("net") == []
    assert validated("other") == validated("peaks") == ["shared-simulated"]


def test_networks_are_trained_for_each_training_set_unless_they_come_from_elsewhere(cores):
    plan = training_of(net=NETWORK, given=NETWORK | {"model": "a.keras"}, peaks={"kind": "peaks"})
    assert plan.networks(cores) == [
        {"training_set": training_set, "finder": "net"} for training_set in ("other", "shared")
    ]
    assert training_of(peaks={"kind": "peaks"}).networks(cores) == []
