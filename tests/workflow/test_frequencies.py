"""Mosaics of one field at several frequencies: sources are classified by their spectral index, too."""

import json

import numpy as np
import pandas as pd
import pytest
import yaml
from astropy.io import fits
from astropy.table import Table

from radiofind.simulation.mosaic_settings import Simulation
from radiofind.simulation.mosaics import simulate
from workflow.runs import run
from workflow.skies import write_sheet

pytestmark = pytest.mark.slow

SHEET = """
mosaic image truth truth_format train_box field frequency_hz
low data/sky.fits data/sky.txt sdc1 0:200,0:300 deep -
twin data/sky.fits - - - deep -
high data/faint.fits - - - deep 1400e6
"""
FAINTER = 0.4
CONFIGURATION = {
    "mosaics": "sheet.tsv",
    "tiling": {"core_pixels": 300, "halo_pixels": 30},
    "noise": {"box_pixels": 60, "step_pixels": 30},
    "finders": {"peaks": {"kind": "peaks"}},
    "find_with": ["peaks"],
    "snr": [2, 5],
    "classifiers": {"classify_sources": {"by": "truth"}},
}


@pytest.fixture(scope="module")
def survey(tmp_path_factory):
    """A survey after its sources were classified; one mosaic of a field shows the sky fainter than others."""
    folder = tmp_path_factory.mktemp("frequencies")
    data = folder / "data"
    data.mkdir()
    settings = Simulation(size_pixels=300, frequency_mhz=560, exposure_h=1000, seed=1)
    simulate(settings, data / "sky.fits", data / "beam.fits", data / "sky.txt")
    pixels, header = fits.getdata(data / "sky.fits", header=True)
    fits.writeto(data / "faint.fits", (FAINTER * pixels).astype(np.float32), header)
    write_sheet(folder / "sheet.tsv", SHEET)
    (folder / "survey.yaml").write_text(yaml.safe_dump(CONFIGURATION))
    targets = ["results/low/catalogues/classified/peaks.parquet", "results/twin/catalogues/peaks.parquet"]
    targets.append("results/low/spectral_index/peaks.fits")
    done = run(folder, "--configfile", folder / "survey.yaml", "--", *targets)
    assert done.code == 0, done.output
    return folder


def test_the_other_frequency_of_a_field_tells_the_index_beside_a_twin_of_the_same(survey):
    model = json.loads((survey / "results/models/low/peaks.classes.json").read_text())
    indices = [model["features"]["spectral_index"][name] for name in ("mean", "low", "high")]
    assert indices == pytest.approx([np.log(FAINTER) / np.log(1400 / 560)] * 3, abs=1e-3)


def test_sources_at_both_frequencies_have_a_spectral_index(survey):
    indices = pd.read_parquet(survey / "results/low/spectral_index/peaks.parquet")
    table = Table.read(survey / "results/low/spectral_index/peaks.fits")
    assert table.colnames == list(indices.columns) and len(table) == len(indices) > 20
    assert set(indices["other_mosaic"]) == {"high"}
    expected = np.log(FAINTER) / np.log(1400 / 560)
    assert indices["spectral_index"].tolist() == pytest.approx([expected] * len(indices), abs=1e-3)
    low = pd.read_parquet(survey / "results/low/catalogues/peaks.parquet").set_index("source_id")
    errors = low.loc[indices["source_id"], "e_total_flux"] / low.loc[indices["source_id"], "total_flux"]
    # The noise of the fainter mosaic is that of the other one, times the same factor.
    expected = np.sqrt(2) * errors / np.log(1400 / 560)
    assert indices["e_spectral_index"].tolist() == pytest.approx(expected.tolist(), rel=0.01)


def test_the_name_of_a_mosaic_does_not_touch_its_sources(survey):
    one, other = (
        pd.read_parquet(survey / f"results/{mosaic}/catalogues/peaks.parquet") for mosaic in ("low", "twin")
    )
    assert len(one) > 50
    pd.testing.assert_frame_equal(one.drop(columns="mosaic"), other.drop(columns="mosaic"))
