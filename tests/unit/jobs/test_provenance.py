"""A file records what it was made of, and a job passes on the provenance of its inputs."""

import hashlib
import json

import numpy as np
import pandas as pd
import pytest

from radiofind.files import write_json
from radiofind.jobs.provenance import fold_tiles, in_lines, provenance_of, read_provenance
from radiofind.mosaics.box import Box
from radiofind.mosaics.images import read_header
from radiofind.mosaics.tile_images import write_image
from radiofind.tables import write_parquet

TILING = {"core_pixels": 100, "halo_pixels": 20, "reach_pixels": 60}
TILE = {"tile": "y000x000", "header": "h0", "pixels": "p0", "fingerprint": "f0", **TILING}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The folder that contains ``results``."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def tile(mosaic="m", name="y000x000", pixels="p0"):
    path = f"results/{mosaic}/tiles/{name}.json"
    write_json(TILE | {"tile": name, "pixels": pixels}, path)
    return path


def detections(name, **settings):
    """Write the detections of a tile with their provenance."""
    found = provenance_of(
        "find_peaks deep", params={"code": "c1", **settings}, inputs={"tile": tile(name=name, pixels=name)}
    )
    path = f"results/m/detections/deep/{name}.parquet"
    write_parquet(pd.DataFrame({"x": [1.0]}), path, metadata={"provenance": found})
    return path


def test_provenance_names_code_settings_tile_and_versions():
    found = provenance_of(
        "find_peaks deep",
        params={"code": "c1", "threshold": 5.0, "stamps": {"file beam.fits": [4, 1764000000]}},
        inputs={"image": "sky.fits", "tile": tile()},
    )
    assert found["code"] == {"find_peaks": "c1"}
    assert found["settings"] == {"find_peaks deep": {"threshold": 5.0}}
    assert found["inputs"]["tiles"] == {"m/y000x000": {"header": "h0", "pixels": "p0", **TILING}}
    assert list(found["inputs"]["image"]) == ["sky.fits"]
    assert found["versions"]["numpy"] == np.__version__ and "python" in found["versions"]


def test_job_passes_on_the_provenance_of_its_inputs(folder):
    (folder / "beam.fits").write_bytes(b"beam")
    paths = [detections("y000x000", threshold=5), detections("y000x001", threshold=5)]
    found = provenance_of(
        "merge_detections deep",
        params={"code": "c2"},
        inputs={"detections": paths, "primary_beam": "beam.fits"},
    )
    assert found["code"] == {"find_peaks": "c1", "merge_detections": "c2"}
    assert found["settings"] == {"find_peaks deep": {"threshold": 5}}
    assert found["inputs"]["primary_beam"] == {"beam.fits": hashlib.sha256(b"beam").hexdigest()}
    assert {name: one["pixels"] for name, one in found["inputs"]["tiles"].items()} == {
        "m/y000x000": "y000x000",
        "m/y000x001": "y000x001",
    }


def test_all_values_are_kept_where_inputs_differ():
    paths = [detections(f"y000x00{number}", threshold=[5, 6, 5][number]) for number in range(3)]
    merged = [
        provenance_of("merge_detections deep", params={"code": "c2"}, inputs={"detections": order})
        for order in (paths, paths[::-1])
    ]
    assert merged[0] == merged[1]
    assert merged[0]["settings"]["find_peaks deep"] == {"threshold": {"one of": [5, 6]}}


def merged(*paths):
    return provenance_of("merge_detections deep", params={"code": "c"}, inputs={"detections": list(paths)})


def test_folded_tiles_are_one_digest_per_mosaic_that_changes_with_each_tile():
    def folded(*names):
        return fold_tiles(merged(*map(detections, names)))["inputs"]["tiles"]["m"]

    two = folded("y000x000", "y000x001")
    assert two.startswith("2 tiles, sha256 ") and folded("y000x001").startswith("1 tiles")
    assert folded("y000x001", "y000x000") == two != folded("y000x000", "y000x002")


def test_catalogues_of_different_tiles_name_the_digests_of_both():
    paths = []
    for number in range(3):
        found = fold_tiles(merged(detections(f"y000x00{min(number, 1)}")))
        paths.append(f"results/m/catalogues/{number}.parquet")
        write_parquet(pd.DataFrame({"x": [1.0]}), paths[-1], metadata={"provenance": found})
    together = fold_tiles(merged(*paths))["inputs"]["tiles"]["m"]
    assert together == {"one of": sorted(read_provenance(path)["inputs"]["tiles"]["m"] for path in paths[:2])}


def test_every_kind_of_file_keeps_its_provenance(folder, write_fits):
    known = {"settings": {"a": {"b": "it's " * 40}}, "inputs": {"ç": "&"}}
    write_parquet(pd.DataFrame({"x": [1.0]}), "a.parquet", metadata={"provenance": known})
    write_json({"provenance": known, "other": 1}, "a.json")
    header = read_header(write_fits(np.ones((20, 20), np.float32)))
    planes = {name: np.ones((20, 20)) for name in ("MEAN", "RMS")}
    write_image(planes, "a.fits", header=header, box=Box(0, 20, 0, 20), metadata={"provenance": known})
    assert [read_provenance(f"a.{suffix}") for suffix in ("parquet", "json", "fits")] == [known] * 3


def test_files_without_provenance_give_an_empty_one(folder, write_fits):
    write_parquet(pd.DataFrame({"x": [1.0]}), "a.parquet")
    (folder / "a.json").write_text("[1]")
    image = write_fits(np.ones((20, 20), np.float32))
    assert [read_provenance(path) for path in ("a.parquet", "a.json", image, "a.keras")] == [{}] * 4


def test_settings_can_be_written_as_json():
    found = provenance_of("a", params={"code": "c", "box": (1, 2)}, inputs={})
    assert json.loads(json.dumps(found)) == found


def test_lines_for_astronomers_are_short_and_complete():
    found = provenance_of(
        "find_peaks deep", params={"code": "c1", "words": "far " * 50}, inputs={"tile": tile()}
    )
    lines = in_lines(found)
    assert max(map(len, lines)) <= 70
    text = " ".join(" ".join(lines).split())
    assert "code find_peaks: c1" in text and "far far far" in text and '"p0"' in text
    assert f"versions numpy: {np.__version__}" in text
