"""What earlier runs left is read from the folder, and nothing is an error."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

from radiofind.files import write_json
from radiofind.tables import write_csv, write_parquet
from radiofind.workflow.changes.earlier_runs import read_earlier_runs


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read_damaged(path):
    """Fail as readers of damaged files do."""
    raise ValueError(path)


def write_tiles():
    rows = [
        ("second", "y000x000", "live", ""),
        ("second", "y000x001", "blank", "no valid pixel"),
        ("first", "y000x000", "live", ""),
        ("empty", "y000x000", "blank", "no valid pixel"),
        ("empty", "y000x001", "left_out", "outside"),
        ("broken", "", "unreadable", "x.fits: no FITS"),
    ]
    write_parquet(pd.DataFrame(rows, columns=["mosaic", "tile", "state", "reason"]), "results/tiles.parquet")


def test_folder_without_results_tells_nothing(folder):
    earlier = read_earlier_runs(read_damaged)
    assert (earlier.live_tiles, earlier.unreadable, earlier.removed, earlier.quarantined) == ({}, {}, [], {})
    assert earlier.read_provenance("results/x.parquet") == {}
    assert earlier.read_tile("results/m/tiles/y000x000.json") == {}
    assert earlier.changed_at("") is earlier.changed_at("logs/x.log") is None
    assert earlier.read_attempts("results/x.parquet") == ()
    assert earlier.list_noise("m") == []


def test_tiles_are_those_with_pixels_in_the_order_of_the_table(folder):
    write_tiles()
    earlier = read_earlier_runs(read_damaged)
    assert list(earlier.live_tiles.items()) == [
        ("second", ["y000x000"]),
        ("first", ["y000x000"]),
        ("empty", []),
    ]
    assert earlier.left_out == {"second": [], "first": [], "empty": ["y000x001"]}
    assert earlier.unreadable == {"broken": "x.fits: no FITS"}


def test_mosaics_with_results_that_the_table_lacks_were_removed(folder):
    write_tiles()
    for mosaic in ("first", "broken", "old"):
        write_csv(pd.DataFrame(), f"results/{mosaic}/fingerprints.parquet")
    Path("results/models").mkdir()
    assert read_earlier_runs(read_damaged).removed == ["old"]


def test_files_of_results_are_read(folder):
    write_json({"pixels": "p"}, "results/m/tiles/y000x000.json")
    Path("results/m/a.parquet.attempts").write_text("0123abcd\nValueError: x\nkilled\n")
    Path("results/m/noise").mkdir()
    Path("results/m/noise/y000x001.fits").touch()
    os.utime("results/m/noise/y000x001.fits", (5.0, 7.0))
    earlier = read_earlier_runs(lambda path: {"code": path})
    assert earlier.read_tile("results/m/tiles/y000x000.json") == {"pixels": "p"}
    assert earlier.read_attempts("results/m/a.parquet") == ["ValueError: x", "killed"]
    assert earlier.list_noise("m") == ["y000x001"]
    assert earlier.changed_at("results/m/noise/y000x001.fits") == 7.0
    assert earlier.read_provenance("x") == {"code": "x"}


def test_quarantine_is_read_by_mosaic_tile_and_finder(folder):
    row = {
        "mosaic": "1",
        "tile": "y000x000",
        "finder": "NA",
        "reason": "killed, x",
        "log": "l",
        "command": "rm",
    }
    write_csv(pd.DataFrame([row]), "results/quarantine.csv")
    assert read_earlier_runs(read_damaged).quarantined == {("1", "y000x000", "NA"): "killed, x"}
