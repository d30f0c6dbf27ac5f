"""The truth and the catalogue of a mosaic are placed in its regions."""

import numpy as np
import pandas as pd
import pytest

from radiofind.evaluation.comparison import read_area, read_comparison
from radiofind.mosaics.box import Box
from radiofind.tables import write_parquet


@pytest.fixture
def patches(tmp_path):
    table = pd.DataFrame({"patch": [0, 1, 5], "n_valid": 9, "rms": 1.0})
    write_parquet(table, tmp_path / "patches.parquet", metadata={"shape": [200, 300], "median_rms": 2.0})
    return tmp_path / "patches.parquet"


def test_the_area_comes_from_the_noise_summary_and_the_sheet(patches):
    area = read_area("m", patches, train_box="0:100,0:200", validation_box=None)
    assert (area.mosaic, area.shape) == ("m", (200, 300))
    assert (area.train_box, area.validation_box) == (Box(0, 100, 0, 200), None)
    assert area.valid_patches.tolist() == [0, 1, 5]


@pytest.mark.parametrize(("truth_rms", "snr"), [("median", [2, 4]), ("local", [4, 1])])
def test_both_sides_get_region_and_patch_and_the_truth_its_snr(patches, tmp_path, truth_rms, snr):
    place = {"x": [10.0, 250.0], "y": [60.0, 10.0]}
    write_parquet(
        pd.DataFrame({**place, "apparent_total_flux": [4.0, 8.0], "rms": [1.0, 8.0]}), tmp_path / "t.parquet"
    )
    write_parquet(pd.DataFrame({**place, "source_id": ["a", "b"]}), tmp_path / "c.parquet")
    area = read_area("m", patches, train_box="0:100,0:200", validation_box="")
    files = {"truth": tmp_path / "t.parquet", "catalogue": tmp_path / "c.parquet"}
    comparison = read_comparison(area, patches=patches, **files, truth_rms=truth_rms)
    for table in (comparison.truth, comparison.detections):
        assert table["region"].tolist() == ["train", "test"]
        assert table["patch"].tolist() == [6, 5]
    assert np.array_equal(comparison.truth["snr"], snr)
    assert comparison.detections["source_id"].tolist() == ["a", "b"]
