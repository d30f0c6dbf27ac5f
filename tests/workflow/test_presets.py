"""The presets run, on small simulated mosaics."""

from __future__ import annotations

import pandas as pd
import pytest
import yaml

from workflow.runs import REPOSITORY, run

pytestmark = pytest.mark.slow


def test_lotss_preset_finds_with_wavelets_on_a_mosaic_blanked_outside_a_circle(tmp_path):
    (tmp_path / "sheet.tsv").write_text("mosaic\tsimulate\tfrequency_hz\nfield\tlotss_like\t144e6\n")
    overlay = {
        "mosaics": "sheet.tsv",
        "tiling": {"core_pixels": 250, "halo_pixels": 100},
        "simulations": {"lotss_like": {"size_pixels": 500, "density": 3.0}},
    }
    (tmp_path / "small.yaml").write_text(yaml.safe_dump(overlay))
    preset = REPOSITORY / "config/presets/lotss.yaml"
    components_path = "results/field/catalogues/components/pybdsf.parquet"
    done = run(tmp_path, "--configfile", preset, tmp_path / "small.yaml")
    assert done.code == 0, done.output
    tiles = pd.read_parquet(tmp_path / "results/tiles.parquet")
    assert tiles["valid_fraction"].max() < 0.9
    components = pd.read_parquet(tmp_path / components_path)
    sources = pd.read_parquet(tmp_path / "results/field/catalogues/pybdsf.parquet")
    assert len(components) >= len(sources) > 20
    assert set(components["source_id"]) == set(sources["source_id"])
