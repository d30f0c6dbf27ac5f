"""Tiles that could not be searched are listed with the way to search them again."""

import pandas as pd

from radiofind.files import write_parquet
from radiofind.quarantine import COLUMNS, list_quarantine, sort_reasons

TOLD = {
    "y000x000": {"reason": "", "failed": False},
    "y000x001": {"reason": "no source found", "failed": False},
    "y000x002": {"reason": "PyBDSF crashed", "failed": True},
}


def table(path, **metadata):
    write_parquet(pd.DataFrame({"x": [1.0]}), path, metadata=metadata)
    return path


def test_reasons_are_sorted_by_whether_the_search_failed(tmp_path):
    paths = {tile: table(tmp_path / f"{tile}.parquet", **told) for tile, told in TOLD.items()}
    assert sort_reasons(paths) == {
        "empty_tiles": {"y000x001": "no source found"},
        "failed_tiles": {"y000x002": "PyBDSF crashed"},
    }


def test_quarantine_names_log_and_command_of_each_failure(tmp_path):
    catalogues = {
        ("m", "deep"): table(tmp_path / "deep.parquet", failed_tiles={"y000x002": "crashed"}),
        ("m", "peaks"): table(tmp_path / "peaks.parquet", failed_tiles={}),
    }
    patches = {"m": table(tmp_path / "patches.parquet", failed_tiles={"y001x000": "killed"})}
    found = list_quarantine(catalogues, patches, kinds={"deep": "pybdsf", "peaks": "peaks"})
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
    ]
    assert list_quarantine({}, {}, kinds={}).empty
