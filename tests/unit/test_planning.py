"""What a run has to make, from its configuration, sheet and tile table."""

import os
import re

import pandas as pd
import pytest

from radiofind.planning import NEVER, Plan
from radiofind.sheet import Mosaic

FINDERS = {
    "pybdsf": {"kind": "pybdsf"},
    "deep": {"kind": "pybdsf"},
    "peaks": {"kind": "peaks"},
    "unused": {"kind": "peaks"},
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
