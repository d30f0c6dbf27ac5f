"""Tiles that could not be searched are listed with the way to search them again."""

import pandas as pd

from radiofind.catalogues.block_tables import TileNote, write_tiles
from radiofind.catalogues.columns import DETECTION, empty
from radiofind.tables import write_parquet
from radiofind.workflow.quarantine import COLUMNS, list_quarantine, sort_reasons

NOTES = [
    TileNote("y000x000", "key"),
    TileNote("y000x001", "key", reason="no source found"),
    TileNote("y000x002", "key", reason="PyBDSF crashed", failed=True),
    TileNote("y000x003", "key", reason="of a tile that is blank now", warnings=("gone",)),
    TileNote("y000x004", "key", warnings=("odd fluxes", "odd places")),
]
FINDERS = {
    "deep": {"kind": "pybdsf", "tiles_per_job": 1},
    "many": {"kind": "convosource", "tiles_per_job": 4},
    "peaks": {"kind": "peaks", "tiles_per_job": 1},
    "both": {"kind": "combined", "of": ["deep", "peaks"]},
}


def table(path, **metadata):
    write_parquet(pd.DataFrame({"x": [1.0]}), path, metadata=metadata)
    return path


def test_reasons_are_sorted_by_whether_the_search_failed(tmp_path):
    tables = [empty(DETECTION)] * 3
    write_tiles(tables[:2], NOTES[:2], tmp_path / "one.parquet")
    write_tiles(tables, NOTES[2:], tmp_path / "other.parquet")
    paths = {note.tile: tmp_path / "one.parquet" for note in NOTES[:2]}
    paths |= dict.fromkeys(["y000x002", "y000x004"], tmp_path / "other.parquet")
    assert sort_reasons(paths) == {
        "empty_tiles": {"y000x001": "no source found"},
        "failed_tiles": {"y000x002": "PyBDSF crashed"},
        "warnings": {"y000x004": ["odd fluxes", "odd places"]},
    }
    assert sort_reasons(paths, of_mosaic=("odd beam",))["warnings"] == {
        "": ["odd beam"],
        "y000x004": ["odd fluxes", "odd places"],
    }


def test_quarantine_names_log_and_command_of_each_failure(tmp_path):
    catalogues = {
        ("m", "deep"): table(tmp_path / "deep.parquet", failed_tiles={"y000x002": "crashed"}),
        ("m", "many"): table(tmp_path / "many.parquet", failed_tiles={"y001x003": "hung"}),
        ("m", "peaks"): table(tmp_path / "peaks.parquet", failed_tiles={}),
        ("m", "both"): table(tmp_path / "both.parquet", failed_tiles={"y000x002": "deep: crashed"}),
    }
    patches = {"m": table(tmp_path / "patches.parquet", failed_tiles={"y001x000": "killed"})}
    found = list_quarantine(catalogues, patches, finders=FINDERS)
    assert tuple(found.columns) == COLUMNS
    assert found.to_numpy().tolist() == [
        [
            *("m", "y001x000", "noise", "killed"),
            "logs/measure_noise/m/y001x000.log",
            "rm results/m/noise/y001x000.fits results/m/patches.parquet",
        ],
        [
            *("m", "y000x002", "deep", "crashed", "logs/find_pybdsf/m/deep/y000x002.log"),
            "rm results/m/detections/deep/y000x002.parquet results/m/catalogues/deep.parquet",
        ],
        [
            *("m", "y001x003", "many", "hung", "logs/find_convosource/m/many/y000x002-2x2.log"),
            "rm results/m/detections/many/y000x002-2x2.parquet results/m/catalogues/many.parquet",
        ],
    ]
    assert list_quarantine({}, {}, finders={}).empty
