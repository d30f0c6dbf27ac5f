"""Blocks of tiles that are one job: the same catalogues, and still only changed tiles are searched."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import asdict
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from astropy.io import fits

from radiofind.catalogues.block_tables import read_notes
from workflow.faults.comparison import compare
from workflow.faults.harness import HOOKS, Strike
from workflow.jobs import SURVEY_WIDE, catalogue_jobs, noise_jobs
from workflow.runs import LOGGER, copy_of, planned, run
from workflow.skies import CORE, FINDERS, OF_TILES, TILES
from workflow.test_what_changed import listed, what_changed

pytestmark = pytest.mark.slow

SIZE = 4
SETS = [["peaks"], pytest.param(list(OF_TILES), marks=pytest.mark.exhaustive)]
"""Finders that search in blocks; with all of them, nearly the whole survey is made again."""
BLOCKS = {
    "a-b.c_1": ["y000x000-2x2"],
    "strip": ["y000x000-2x2", "y000x002-2x2"],
    "hard": ["y000x000-2x2", "y000x002-2x2"],
}
IN_SECOND_SEARCH = "call radiofind.mosaics.field:read_planes:2"
OF_BLOCK = "hard/detections/peaks/y000x000-2x2.parquet"


@pytest.fixture(scope="module", params=SETS, ids=len)
def finders(request):
    """Finders that search in blocks."""
    return request.param


@pytest.fixture(scope="module")
def blocks(survey, finders, tmp_path_factory):
    """The survey after a run in which each job of these finders searches up to four tiles."""
    return search_in_blocks(copy_of(survey.folder, tmp_path_factory.mktemp("blocks") / "survey"), finders)


def search_in_blocks(folder, finders):
    """Run the survey in a folder with blocks of tiles, and return the folder."""
    settings = yaml.safe_load((folder / "survey.yaml").read_text())
    for finder in finders:
        settings["finders"][finder]["tiles_per_job"] = SIZE
    (folder / "survey.yaml").write_text(yaml.safe_dump(settings))
    done = run(folder)
    assert done.code == 0, done.output
    searched = {job for job in done.jobs if job.startswith("find_")}
    assert {tuple(job.split()[1:]) for job in searched} == {
        (mosaic, finder, block) for mosaic in BLOCKS for finder in finders for block in BLOCKS[mosaic]
    }
    return folder


@pytest.fixture
def changed(blocks, tmp_path):
    """A copy in which a pixel has changed that one of the two tiles of a block depends on."""
    folder = copy_of(blocks, tmp_path / "changed")
    with fits.open(folder / "data/hard.fits", mode="update") as hdus:
        hdus[0].data[70, CORE // 4] += np.float32(1e-4)
    return folder


def test_results_are_those_of_one_job_a_tile(survey, blocks, finders):
    """Nothing differs but the files of detections, the report (it tells the settings) and the record."""
    _, problems = compare(blocks / "results", survey.folder / "results")
    told = {problem.split()[0] for problem in problems}
    expected = {
        f"{mosaic}/detections/{finder}/{block}{kind}{suffix}"
        for mosaic in BLOCKS
        for finder in finders
        for block in BLOCKS[mosaic]
        for kind in [".parquet", *[".components.parquet"] * (finder == "pybdsf")]
        for suffix in ("", ".kept")
    }
    assert told == expected | {"provenance.json", "report.html"}
    for mosaic, finder in product(TILES, finders):
        place = f"results/{mosaic}/detections/{finder}"
        tables = [pd.read_parquet(blocks / place / f"{name}.parquet") for name in BLOCKS[mosaic]]
        singles = [pd.read_parquet(survey.folder / place / f"{name}.parquet") for name in TILES[mosaic]]
        pd.testing.assert_frame_equal(
            pd.concat(tables, ignore_index=True), pd.concat(singles, ignore_index=True)
        )


def test_files_of_single_tiles_are_left_over_and_nothing_else_is(blocks):
    record = json.loads((blocks / "results/provenance.json").read_text())
    assert all(Path(path).stem.split(".")[0] in TILES["hard"] for path in record["leftover"])
    assert f"results/{OF_BLOCK}" in record["outputs"]


def test_nothing_is_to_be_done_after_a_run_of_blocks(blocks):
    assert planned(blocks) == set()


def test_only_the_changed_tile_of_a_block_is_searched(changed, finders):
    text = "\n".join(what_changed(changed))
    tiles, reasons = listed(changed)
    assert tiles == {("hard", finder, "y000x000") for finder in OF_TILES}
    assert all(reason.startswith("pixels") for reason in reasons.values())
    assert "1 of 8 tiles" in text
    done = run(changed)
    assert done.code == 0, done.output
    finds = {
        f"find_{'convosource' if finder == 'net' else finder} hard {finder} "
        f"{'y000x000-2x2' if finder in finders else 'y000x000'}"
        for finder in OF_TILES
    }
    noise = {"measure_noise hard y000x000"} | noise_jobs("hard")
    without_truth = SURVEY_WIDE - {"tabulate_scores"}
    rest = without_truth.union(*(catalogue_jobs("hard", finder) for finder in FINDERS))
    assert set(done.jobs) == finds | noise | rest
    log = changed / "logs/find_peaks/hard/peaks/y000x000-2x2.log"
    assert "1 of 2 tiles are kept as they were" in log.read_text()


def test_tile_that_kills_its_job_goes_into_quarantine_alone(blocks, tmp_path):
    folder, strikes = copy_of(blocks, tmp_path / "copy"), tmp_path / "strikes"
    strikes.mkdir()
    strike = Strike("find_peaks/hard/peaks/y000x000-2x2", "kill", IN_SECOND_SEARCH, times=3)
    (strikes / "strikes.json").write_text(json.dumps([asdict(strike)]))
    for name in (OF_BLOCK, f"{OF_BLOCK}.kept", "hard/catalogues/peaks.parquet"):
        (folder / "results" / name).unlink()
    environment = {"PYTHONPATH": f"{HOOKS}{os.pathsep}{LOGGER}", "STRIKES_FOLDER": str(strikes)}
    done = run(folder, environment=environment, apart=["find_peaks"])
    assert done.code == 0, done.output
    failed = {note.tile: note.failed for note in read_notes(folder / "results" / OF_BLOCK)}
    assert failed == {"y000x000": False, "y000x001": True}
    quarantine = pd.read_csv(folder / "results/quarantine.csv")
    (row,) = quarantine[quarantine["finder"] == "peaks"].to_dict("records")
    assert (row["mosaic"], row["tile"]) == ("hard", "y000x001")
    assert (folder / row["log"]).exists()
    subprocess.run(row["command"].split(), cwd=folder, check=True)
    what_changed(folder)
    assert listed(folder)[0] == {("hard", "peaks", "y000x001")}
    again = run(folder)
    assert again.code == 0, again.output
    assert compare(folder / "results", blocks / "results")[1] == []
