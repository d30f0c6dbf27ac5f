"""What a run has to make, from its configuration, sheet and tile table."""

import os
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from radiofind.mosaics.images import ImageSource
from radiofind.workflow.config.sheet import Mosaic
from radiofind.workflow.plan.mosaics import NEVER, Plan

FINDERS = {
    "pybdsf": {"kind": "pybdsf", "tiles_per_job": 1},
    "deep": {"kind": "pybdsf", "tiles_per_job": 1},
    "peaks": {"kind": "peaks", "tiles_per_job": 4},
    "unused": {"kind": "peaks", "tiles_per_job": 1},
}


@pytest.fixture
def plan():
    mosaics = [
        Mosaic("b", "b.fits", truth="b.txt", training_set="shared"),
        Mosaic("a", "a.fits", truth="a.txt", training_set="shared", beam=(6.0, 5.0, 0.0)),
        Mosaic("bare", "bare.fits", training_set="bare"),
        Mosaic("bad", "bad.fits", truth="bad.txt", training_set="bad"),
    ]
    return Plan({"finders": FINDERS, "find_with": ["pybdsf", "deep", "peaks"]}, mosaics)


@pytest.fixture
def tiles():
    rows = [
        ("b", "y000x000", "live"),
        ("b", "y000x001", "blank"),
        ("b", "y001x000", "live"),
        ("a", "y000x000", "live"),
        ("bare", "y000x000", "blank"),
        ("bad", "", "unreadable"),
    ]
    return pd.DataFrame(rows, columns=["mosaic", "tile", "state"])


def test_a_pattern_matches_its_names_and_nothing_else():
    pattern = Plan.one_of(["a.b", "c+"])
    assert re.fullmatch(pattern, "a.b")
    assert re.fullmatch(pattern, "c+")
    for other in ("axb", "cc", "", "a", "a.b|c+"):
        assert not re.fullmatch(pattern, other)
    assert Plan.one_of([]) == NEVER
    assert not re.search(NEVER, "")
    assert not re.search(NEVER, "anything")


def test_blocks_hold_the_live_tiles_and_only_these(plan, tiles):
    def blocks(mosaic, finder):
        return [names["block"] for names in plan.blocks(tiles, {"mosaic": mosaic, "finder": finder})]

    def tiles_of(block):
        return [names["tile"] for names in plan.tiles_of_block(tiles, {"mosaic": "b", "block": block})]

    assert blocks("b", "deep") == ["y000x000", "y001x000"]
    assert blocks("b", "peaks") == ["y000x000-2x2"]
    assert blocks("bare", "peaks") == []
    assert tiles_of("y000x000-2x2") == ["y000x000", "y001x000"]
    assert tiles_of("y001x000") == ["y001x000"]
    assert plan.live_tiles(tiles, {"mosaic": "b"}) == [{"tile": "y000x000"}, {"tile": "y001x000"}]


def test_files_that_the_user_gave_have_stamps_and_simulated_ones_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("b.txt").write_text("truth")
    os.utime("b.txt", (7, 7))
    mosaics = [
        Mosaic("b", "b.fits", truth="b.txt", primary_beam="gone.fits"),
        Mosaic("s", "results/simulations/x/image.fits", truth="b.txt", simulate="x"),
        Mosaic("bare", "bare.fits"),
    ]
    plan = Plan({"finders": FINDERS, "find_with": ["peaks"]}, mosaics)
    assert plan.given_files(["s", "b", "bare"], "truth", "primary_beam") == ["b.txt", "gone.fits"]
    assert plan.stamps(["s", "b", "bare"], "truth", "primary_beam") == {
        "file b.txt": [5, 7],
        "file gone.fits": [],
    }


def test_a_model_that_is_replaced_by_an_older_one_has_another_stamp(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, second in {"net.keras": 9, "net.json": 8, "both.json": 7}.items():
        Path(name).write_text(name)
        os.utime(name, (second, second))
    finders = {
        "frozen": {"kind": "convosource", "model": "net.keras"},
        "learns": {"kind": "convosource", "model": None},
        "both": {"kind": "combined", "model": "both.json"},
        "peaks": {"kind": "peaks"},
    }
    plan = Plan({"finders": finders, "find_with": list(finders)}, [])
    assert plan.model_files("frozen") == ["net.keras", "net.json"]
    assert plan.model_stamps({"finder": "frozen"}) == {"file net.keras": [9, 9], "file net.json": [8, 8]}
    assert plan.model_stamps({"finder": "both"}) == {"file both.json": [9, 7]}
    assert plan.model_stamps({"finder": "learns"}) == plan.model_stamps({"finder": "peaks"}) == {}
    os.utime("net.keras", (5, 5))
    assert plan.model_stamps({"finder": "frozen"}) == {"file net.keras": [9, 5], "file net.json": [8, 8]}


def test_only_the_finders_that_run_count(plan):
    assert list(plan.finders) == ["pybdsf", "deep", "peaks"]
    assert plan.finders_of("pybdsf") == ["pybdsf", "deep"]
    assert plan.finders_of("peaks", "pybdsf") == ["pybdsf", "deep", "peaks"]
    assert plan.finders_of("convosource") == []


def test_an_unreadable_mosaic_is_left_out_and_the_others_go_on(plan, tiles):
    assert plan.readable_mosaics(tiles) == ["b", "a", "bare"]
    assert plan.scored_mosaics(tiles) == ["b", "a"]
    like = {"like": plan.mosaics["bare"], "truth": "s.txt", "truth_format": "sdc1", "training_set": "bare"}
    plan.mosaics["bare-simulated"] = Mosaic("bare-simulated", "s.fits", **like)
    assert plan.observed_mosaics(tiles) == ["b", "a", "bare"]
    assert plan.scored_mosaics(tiles) == ["b", "a"]
    assert plan.searched_mosaics(tiles) == list(plan.images(tiles, {})) == ["b", "a", "bare"]
    for name in ("a", "b"):
        plan.mosaics[name] = replace(plan.mosaics[name], truth=None)
    assert plan.scored_mosaics(tiles) == ["bare-simulated"]
    assert plan.searched_mosaics(tiles) == ["b", "a", "bare", "bare-simulated"]
    assert plan.training_sets == ["bad", "bare", "shared"]


def test_the_sheet_is_looked_up_by_mosaic(plan):
    assert plan.sheet_value("a", "image") == "a.fits"
    assert plan.sheet_values("a", "beam", "frequency_hz") == {"beam": (6.0, 5.0, 0.0), "frequency_hz": None}


def test_the_image_of_a_mosaic_is_what_reads_it(plan):
    assert ImageSource(**plan.image("a")) == ImageSource("a.fits", beam=(6.0, 5.0, 0.0))
    # A path would enter what results say of themselves: the same image elsewhere would give other bytes.
    assert plan.image_source({"mosaic": "a"}) == {
        "beam": (6.0, 5.0, 0.0),
        "frequency_hz": None,
        "plane": None,
    }
    assert plan.sheet_file({"mosaic": "a"}, "truth") == "a.txt"
    assert plan.sheet_file({"mosaic": "bare"}, "truth") == plan.file(None, {"mosaic": "bare"}, "truth") == []


def test_mosaics_come_with_all_finders_unless_the_rule_names_one(plan, tiles):
    shared = {"training_set": "shared"}
    assert plan.with_finders(["a"], {}) == [
        {"mosaic": "a", "finder": finder, **shared} for finder in ("pybdsf", "deep", "peaks")
    ]
    wildcards = {"finder": "peaks", "mosaic": "x"}
    both = [{"mosaic": mosaic, "finder": "peaks", **shared} for mosaic in ("b", "a")]
    assert plan.with_finders(["b", "a"], wildcards) == plan.scored(tiles, wildcards) == both
    assert plan.with_finders([], {}) == []


def test_a_model_is_the_given_one_or_that_of_the_training_set():
    finders = {"given": NETWORK | {"model": "old/net.v1.keras"}, "learns": NETWORK}
    plan = Plan({"finders": finders, "find_with": list(finders)}, [Mosaic("m", "m.fits", training_set="s")])

    def model(finder, suffix):
        wildcards = {"mosaic": "m", "finder": finder}
        return plan.model(None, wildcards, f"models/{{training_set}}/{{finder}}{suffix}")

    assert [model("given", suffix) for suffix in (".keras", ".json")] == [
        "old/net.v1.keras",
        "old/net.v1.json",
    ]
    assert model("learns", ".keras") == "models/s/learns.keras"


def test_fluxes_come_from_the_finders_that_fit_gaussians_first():
    kinds = {"net": "convosource", "tops": "peaks", "gauss": "pybdsf"}
    finders = {name: {"kind": kind} for name, kind in kinds.items()}
    finders["both"] = {"kind": "combined", "of": ["tops", "net", "gauss"]}
    plan = Plan({"finders": finders, "find_with": list(finders)}, [])
    assert plan.fluxes_from({"finder": "both"}) == ["gauss", "net", "tops"]
    assert [names["finder"] for names in plan.combined(None, {"finder": "both"})] == ["tops", "net", "gauss"]


def test_all_catalogues_of_readable_mosaics_are_made(plan, tiles):
    catalogues, components = plan.searched(tiles, {}), plan.with_components(tiles, {})
    assert (len(catalogues), len(components)) == (3 * 3, 3 * 2)
    assert {"mosaic": "bare", "finder": "peaks", "training_set": "bare"} in catalogues
    assert {names["finder"] for names in components} == {"pybdsf", "deep"}
    assert {names["mosaic"] for names in catalogues} == {"b", "a", "bare"}
    assert plan.components(tiles, {"finder": "deep"}) == [{}]
    assert plan.components(tiles, {"finder": "peaks"}) == []


NETWORK = {"kind": "convosource", "model": None, "probability_maps": False}


def test_probability_maps_are_made_of_live_tiles_for_the_finders_that_keep_them(tiles):
    finders = {"net": NETWORK, "kept": NETWORK | {"probability_maps": True}, "peaks": {"kind": "peaks"}}
    plan = Plan(
        {"finders": finders, "find_with": list(finders)}, [Mosaic("b", "b.fits"), Mosaic("bad", "x.fits")]
    )
    assert plan.probability_maps(tiles, {}) == [
        {"mosaic": "b", "finder": "kept", "tile": tile} for tile in ("y000x000", "y001x000")
    ]
