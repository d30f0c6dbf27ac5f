"""Networks learn without any truth, from a simulated mosaic that is like the first of its training set.

One is trained there; the scores of the general network are calibrated there.
"""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import yaml
from astropy.io import fits

from radiofind.networks.calibration import calibrate, read_score_calibration
from workflow.runs import copy_of, planned, run
from workflow.skies import CONFIGURATION, make_survey, write_sheet

pytestmark = pytest.mark.slow

SHEET = """
mosaic image
strip data/strip.fits
"""
SIMULATED = "strip-simulated"
SIZE, CORE = 400, 200
FINDERS = ("peaks", "net", "general")


def make_survey_without_truth(folder, **changes):
    """Make the files of a survey of one mosaic without truth."""
    make_survey(folder)
    write_sheet(folder / "sheet.tsv", SHEET)
    blocks = {"tiles_per_job": 4}
    network = CONFIGURATION["finders"]["net"] | {"training": "simulation", "lowest_score": 0.1}
    mine = CONFIGURATION | {
        "finders": {
            "peaks": CONFIGURATION["finders"]["peaks"] | blocks,
            "net": network | blocks,
            "general": {"kind": "convosource"} | blocks,
        },
        "find_with": list(FINDERS),
        "tiling": {"core_pixels": CORE, "halo_pixels": 20},
        "matched_simulation": {"size_pixels": SIZE},
        "simulations": {},
    }
    (folder / "survey.yaml").write_text(yaml.safe_dump(mine | changes))
    return folder


@pytest.fixture(scope="module")
def survey(tmp_path_factory):
    """A survey of one mosaic without truth after a run, and the jobs of that run; not to be changed."""
    folder = make_survey_without_truth(tmp_path_factory.mktemp("matched") / "survey")
    done = run(folder)
    assert done.code == 0, done.output
    return folder, done


def test_the_simulation_is_like_the_image(survey):
    folder, _done = survey
    sky = json.loads((folder / "results/models/strip/sky.json").read_text())
    header = fits.getheader(folder / "data/strip.fits")
    assert sky["beam"][0] == pytest.approx(header["BMAJ"] * 3600, rel=1e-3)
    image = fits.getdata(folder / f"results/simulations/{SIMULATED}/image.fits")
    assert image.shape == (SIZE, SIZE)
    medians = [
        pd.read_parquet(folder / f"results/{mosaic}/patches.parquet")["rms"].median()
        for mosaic in ("strip", SIMULATED)
    ]
    assert medians[0] == pytest.approx(medians[1], rel=0.15)


def test_all_finders_are_trained_and_tuned_and_scored_on_it(survey):
    folder, _done = survey
    record = json.loads((folder / "results/models/strip/net.json").read_text())
    assert list(record["data"]["origin"]) == [SIMULATED]
    assert SIMULATED in (folder / "results/scores.txt").read_text()
    for finder in FINDERS:
        assert (folder / f"results/strip/catalogues/{finder}.fits").exists()
        cuts = json.loads((folder / f"results/cuts/strip/{finder}.json").read_text())
        assert [cut["snr_min"] for cut in cuts] == CONFIGURATION["snr"]
        assert (folder / f"results/{SIMULATED}/evaluation/{finder}.csv").exists()


def test_scores_of_the_general_network_are_calibrated_on_it_when_detections_are_merged(survey):
    folder, _done = survey
    scores = read_score_calibration(folder / "results/models/strip/general.calibration.json")
    assert scores.curve.n_matched > 20
    assert not (folder / "results/models/strip/general.keras").exists()
    for mosaic in ("strip", SIMULATED):
        blocks = (folder / f"results/{mosaic}/detections/general").glob("*.parquet")
        found = pd.concat(map(pd.read_parquet, blocks)).set_index(["tile", "source_id"])["score"]
        merged = pd.read_parquet(folder / f"results/{mosaic}/catalogues/general.parquet")
        raw = found[list(zip(merged["tile"], merged["source_id"], strict=True))].to_numpy()
        np.testing.assert_allclose(merged["score"], calibrate(scores.curve, raw), rtol=1e-6)
        assert len(merged) > 20 and not np.allclose(merged["score"], raw)


def test_the_survey_does_not_hold_it(survey):
    folder, done = survey
    assert [path.name for path in (folder / "results/survey/rms").iterdir()] == ["strip.fits"]
    (line,) = (line for line in done.output.splitlines() if line.startswith("sources: "))
    rows = len(pd.read_parquet(folder / "results/strip/catalogues/peaks.parquet"))
    assert f"peaks {rows}" in line


def test_a_changed_tile_reruns_its_own_search_and_neither_simulation_nor_training(survey, tmp_path):
    folder = copy_of(survey[0], tmp_path / "copy")
    assert planned(folder) == set()
    with fits.open(folder / "data/strip.fits", mode="update") as hdus:
        hdus[0].data[..., 20, 20] += np.float32(1e-4)
    indexed = run(folder, "--until", "index_tiles")
    assert sorted(indexed.jobs) == ["fingerprint_mosaic strip", "index_tiles"]
    jobs = planned(folder)
    assert {"find_convosource strip net y000x000-2x2", "measure_noise strip y000x000"} <= jobs
    again = ("describe_sky", "simulate_matched", "cut_patches", "calibrate_scores")
    assert not [job for job in jobs if job.split()[0] in again]
    assert not [job for job in jobs if "train_" in job or SIMULATED in job or "noise strip y000x001" in job]
