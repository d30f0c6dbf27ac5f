"""What a run has to make, from its configuration, sheet and tile table."""

import inspect
import os
import re
from pathlib import Path

import pandas as pd
import pytest

from radiofind.finders.convosource.training_data import read_ground
from radiofind.workflow.config.sheet import Mosaic
from radiofind.workflow.plan import GROUND_COLUMNS, NEVER, Plan

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
    assert plan.blocks(tiles, "b", "deep") == ["y000x000", "y001x000"]
    assert plan.blocks(tiles, "b", "peaks") == ["y000x000-2x2"]
    assert plan.blocks(tiles, "bare", "peaks") == []
    assert plan.tiles_of_block(tiles, "b", "y000x000-2x2") == ["y000x000", "y001x000"]
    assert plan.tiles_of_block(tiles, "b", "y001x000") == ["y001x000"]


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
    assert plan.model_stamps("frozen") == {"file net.keras": [9, 9], "file net.json": [8, 8]}
    assert plan.model_stamps("both") == {"file both.json": [9, 7]}
    assert plan.model_stamps("learns") == plan.model_stamps("peaks") == {}
    os.utime("net.keras", (5, 5))
    assert plan.model_stamps("frozen") == {"file net.keras": [9, 5], "file net.json": [8, 8]}


def test_only_the_finders_that_run_count(plan):
    assert list(plan.finders) == ["pybdsf", "deep", "peaks"]
    assert plan.finders_of("pybdsf") == ["pybdsf", "deep"]
    assert plan.finders_of("peaks", "pybdsf") == ["pybdsf", "deep", "peaks"]
    assert plan.finders_of("convosource") == []


def test_only_live_tiles_get_jobs(plan, tiles):
    assert plan.live_tiles(tiles, "b") == ["y000x000", "y001x000"]
    assert [plan.live_tiles(tiles, mosaic) for mosaic in ("bare", "bad")] == [[], []]


def test_an_unreadable_mosaic_is_left_out_and_the_others_go_on(plan, tiles):
    assert plan.readable_mosaics(tiles) == ["b", "a", "bare"]
    assert plan.scored_mosaics(tiles) == ["b", "a"]
    assert plan.scored_mosaics(tiles, "shared") == ["b", "a"]
    assert plan.scored_mosaics(tiles, "bare") == []
    assert plan.training_sets == ["bad", "bare", "shared"]


def test_the_sheet_is_looked_up_by_mosaic(plan):
    assert plan.sheet_value("a", "image") == "a.fits"
    assert plan.sheet_values("a", "beam", "frequency_hz") == {"beam": (6.0, 5.0, 0.0), "frequency_hz": None}


def test_a_pattern_is_expanded_over_finders_unless_the_rule_names_one(plan):
    both = ["b", "a"]
    assert plan.expand("{mosaic}/{finder}", {}, ["a"]) == ["a/pybdsf", "a/deep", "a/peaks"]
    assert plan.expand("{mosaic}/{finder}", {"finder": "peaks", "mosaic": "x"}, both) == [
        "b/peaks",
        "a/peaks",
    ]
    assert plan.expand("{training_set}/{finder}", {"finder": "peaks"}, both) == ["shared/peaks"]
    assert plan.expand("{mosaic}", {}, both) == both
    assert plan.expand("{mosaic}/{finder}", {}, []) == []


def test_all_catalogues_of_readable_mosaics_are_made(plan, tiles):
    paths = plan.catalogues(tiles)
    assert len(paths) == len(set(paths)) == 3 * 3 * 3 + 3 * 2
    assert "results/bare/catalogues/peaks.reg" in paths
    assert "results/a/catalogues/components/deep.parquet" in paths
    assert not [path for path in paths if "bad" in path or "unused" in path or "components/peaks" in path]


def test_the_tile_table_is_read_again_when_it_changes(plan, tiles, tmp_path):
    path = tmp_path / "tiles.parquet"
    tiles.to_parquet(path)
    first = plan.read_tiles(str(path))
    assert len(first) == 6
    assert plan.read_tiles(str(path)) is first
    tiles[1:].to_parquet(path)
    os.utime(path, ns=(1, 1))
    assert len(plan.read_tiles(str(path))) == 5


def test_a_tile_table_without_a_mosaic_of_the_sheet_is_an_error(plan, tiles, tmp_path):
    tiles[:3].to_parquet(tmp_path / "tiles.parquet")
    with pytest.raises(ValueError, match="tiles.parquet: .* received none of a, bad, bare"):
        plan.read_tiles(str(tmp_path / "tiles.parquet"))


def test_a_tile_file_that_is_lost_is_told_with_the_remedy(plan, tiles, tmp_path):
    path = tmp_path / "tiles.parquet"
    tiles.to_parquet(path)
    with pytest.raises(
        ValueError, match=r"/a/tiles: expected the files of 1 tiles, .* --forcerun index_tiles"
    ):
        plan.read_tiles(str(path), with_files=True)
    for mosaic, tile in [("a", "y000x000"), ("b", "y000x000"), ("b", "y001x000")]:
        (tmp_path / mosaic / "tiles").mkdir(parents=True, exist_ok=True)
        (tmp_path / mosaic / "tiles" / f"{tile}.json").touch()
    removed = pd.DataFrame({"mosaic": ["removed"], "tile": ["y000x000"], "state": ["live"]})
    pd.concat([tiles, removed]).to_parquet(path)
    assert len(plan.read_tiles(str(path), with_files=True)) == 7
    (tmp_path / "b/tiles/y001x000.json").unlink()
    os.utime(path, ns=(1, 1))
    with pytest.raises(
        ValueError, match="/b/tiles: .* of 2 tiles, received none of 1 of them, y001x000.json"
    ):
        plan.read_tiles(str(path), with_files=True)
    assert len(plan.read_tiles(str(path))) == 7


NETWORK = {"kind": "convosource", "model": None, "probability_maps": False}


def networks_of(**finders):
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


def test_a_network_is_trained_on_the_live_tiles_under_the_boxes(cores):
    all_tiles = ["y000x000", "y000x001", "y001x000", "y001x001"]
    found = networks_of(net=NETWORK).training_tiles(cores, "shared")
    assert found == {"b": ["y000x000"], "a": all_tiles}
    cores.loc[1, "state"] = "live"
    assert networks_of(net=NETWORK).training_tiles(cores, "shared")["b"] == ["y000x000", "y000x001"]


def test_the_pixels_of_a_training_are_those_of_all_its_boxes(cores):
    assert networks_of(net=NETWORK).pixels_of_boxes(cores, "shared") == 90 * 80 + 50 * 100 + 200 * 200


def test_pixels_of_live_tiles_are_known_with_their_halos(cores):
    edges = {edge: cores[f"core_{edge}"] for edge in ("x0", "y0")}
    boxes = cores.assign(**edges, x1=cores["core_x1"] + 10, y1=cores["core_y1"] + 20)
    plan = networks_of(net=NETWORK)
    pixels = plan.pixels_of_tiles(boxes)
    assert list(pixels) == list(plan.mosaics)
    assert pixels["b"] == dict.fromkeys(["y000x000", "y001x000", "y001x001"], 110 * 120)
    assert pixels["gone"] == {}
    assert plan.pixels_of_tiles(boxes) is pixels
    assert plan.pixels_of_tiles(boxes.assign(y1=boxes["y1"] + 1))["b"]["y000x000"] == 110 * 121


def test_a_box_that_ends_with_a_core_does_not_meet_the_next(cores):
    plan = networks_of(net=NETWORK)
    right, below, upper = ["y000x001"], ["y001x000"], ["y000x000", "y000x001"]
    cells = [("0:100,0:100", ["y000x000"]), ("100:120,0:100", right), ("0:9,100:120", below)]
    for text, wanted in [*cells, ("99:101,99:100", upper)]:
        mosaic = Mosaic("other", "d.fits", truth="t.txt", training_set="other", train_box=text)
        plan.mosaics["other"] = mosaic
        assert plan.training_tiles(cores, "other") == {"other": wanted}


def test_the_ground_of_a_network_is_what_the_sheet_says_with_the_tiles_under_the_boxes(cores):
    found = networks_of(net=NETWORK).grounds(cores, "shared")
    assert list(found) == ["b", "a"]
    assert found["b"] == {
        "image": "b.fits",
        "primary_beam": None,
        "truth": "t.txt",
        "truth_format": "table",
        "beam": (6.0, 5.0, 0.0),
        "frequency_hz": None,
        "plane": None,
        "train_box": "0:90,0:80",
        "validation_box": "130:180,0:100",
        "tiles": ["results/b/tiles/y000x000.json"],
        "noise": ["results/b/noise/y000x000.fits"],
    }


def test_the_ground_of_a_network_is_what_reads_it():
    wanted = set(inspect.signature(read_ground).parameters)
    assert {*GROUND_COLUMNS, "mosaic", "tiles", "noise"} == wanted


def test_networks_are_trained_for_each_training_set_unless_they_come_from_elsewhere(cores):
    plan = networks_of(net=NETWORK, given=NETWORK | {"model": "a.keras"}, peaks={"kind": "peaks"})
    assert plan.trained_networks(cores) == [("other", "net"), ("shared", "net")]
    assert networks_of(peaks={"kind": "peaks"}).trained_networks(cores) == []


def test_probability_maps_are_made_of_live_tiles_for_the_finders_that_keep_them(cores):
    plan = networks_of(net=NETWORK, kept=NETWORK | {"probability_maps": True})
    paths = plan.probability_maps(cores)
    assert len(paths) == len(set(paths)) == 4 * 5 - 1
    assert paths[0] == "results/b/probability/kept/y000x000.fits"
    unwanted = "/net/", "/bad/", "b/probability/kept/y000x001"
    assert not [path for path in paths for part in unwanted if part in path]


def test_damaged_table_of_tiles_is_told_with_the_remedy(tmp_path):
    (tmp_path / "tiles.parquet").write_bytes(b"PAR1 cut short")
    with pytest.raises(ValueError, match="a damaged one; run again with --forcerun index_tiles"):
        Plan({"finders": {}, "find_with": []}, []).read_tiles(str(tmp_path / "tiles.parquet"))
