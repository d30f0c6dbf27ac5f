"""With `only` a survey is tried on a few tiles, which stay as they are when the rest follows."""

from __future__ import annotations

import json

import pandas as pd
import pytest
import yaml

from radiofind.workflow.inventory import read_record
from workflow.runs import planned, run
from workflow.skies import CONFIGURATION, CORE, SKY, make_survey, write_sheet

pytestmark = pytest.mark.slow

SHEET = """
mosaic simulate image primary_beam truth truth_format
strip - data/strip.fits data/strip_beam.fits data/strip.txt sdc1
other sky - - - -
"""
TRIED = "y000x000"


def write_configuration(folder, only):
    """Search with the finders that do not learn, only in some boxes."""
    mine = CONFIGURATION | {"find_with": ["pybdsf", "peaks"], "simulations": {"sky": SKY}, "only": only}
    (folder / "survey.yaml").write_text(yaml.safe_dump(mine))


def of_tiles(jobs):
    """Return the jobs that work on a single tile."""
    return {job for job in jobs if "y000x" in job}


@pytest.fixture(scope="module")
def tried(tmp_path_factory):
    """A survey of two mosaics after a run on one tile, and the jobs of that run."""
    folder = make_survey(tmp_path_factory.mktemp("only") / "survey")
    write_sheet(folder / "sheet.tsv", SHEET)
    write_configuration(folder, {"strip": f"10:{CORE - 1},0:20"})
    done = run(folder)
    assert done.code == 0, done.output
    return folder, done.jobs


def test_one_tile_of_one_mosaic_is_searched_and_nothing_else(tried):
    folder, jobs = tried
    assert not [job for job in jobs if "other" in job or "sky" in job]
    assert of_tiles(jobs) == {
        f"measure_noise strip {TRIED}",
        f"find_pybdsf strip pybdsf {TRIED}",
        f"find_peaks strip peaks {TRIED}",
    }
    assert set(pd.read_parquet(folder / "results/strip/catalogues/peaks.parquet")["tile"]) == {TRIED}


def test_truth_outside_does_not_count_as_missed_and_scores_say_that_they_are_of_a_part(tried):
    results = tried[0] / "results"
    truth = pd.read_parquet(results / "strip/truth.parquet")
    assert len(truth) > 20 and truth["x"].max() < CORE
    scores = pd.read_csv(results / "strip/evaluation/pybdsf.csv")
    chosen = "region == 'test' and cut == 'as_found' and snr_min == 5 and `class` == 'all'"
    by_metric = scores.query(chosen).set_index("metric")
    assert by_metric.loc["one_to_one", "completeness"] > 0.6
    assert "strip 10:149,0:20" in (results / "scores.txt").read_text().splitlines()[0]
    assert "strip 10:149,0:20" in (results / "report.html").read_text()


def test_the_rest_of_the_survey_follows_without_searching_a_tile_again(tried):
    folder, jobs = tried
    write_configuration(folder, None)
    indexed = run(folder, "--until", "index_tiles")
    assert sorted(indexed.jobs) == ["fingerprint_mosaic other", "index_tiles", "simulate sky"]
    follow = planned(folder)
    assert not of_tiles(follow) & of_tiles(jobs)
    assert {f"find_peaks strip peaks y000x00{n}" for n in (1, 2)} <= follow
    assert {"merge_detections strip peaks", "find_peaks other peaks y000x000"} <= follow


@pytest.fixture
def part(copy):
    """A finished survey in whose index only two tiles are left, and how to run it."""
    only = {"strip": f"0:{2 * CORE},0:{CORE}"}
    (copy / "part.yaml").write_text(yaml.safe_dump({"only": only}))
    files = ("--configfile", copy / "survey.yaml", copy / "part.yaml")
    assert run(copy, "--until", "index_tiles", *files).jobs == ["index_tiles"]
    return copy, files


def test_a_part_of_a_finished_survey_is_gathered_without_a_search(part):
    """Where finders learn from the boxes, too."""
    folder, files = part
    jobs = planned(folder, *files)
    assert "merge_detections strip net" in jobs
    assert not of_tiles(jobs) and not [job for job in jobs if job.startswith("train_convosource")]


@pytest.mark.exhaustive
def test_results_of_other_tiles_stay_and_count_as_left_over(part):
    folder, files = part
    done = run(folder, *files)
    assert done.code == 0, done.output
    catalogue = pd.read_parquet(folder / "results/strip/catalogues/net.parquet")
    assert set(catalogue["tile"]) == {"y000x000", "y000x001"}
    record = read_record(folder / "results/provenance.json")
    outside = "results/strip/{}/y000x002.{}"
    assert outside.format("detections/net", "parquet") in record["leftover"]
    assert outside.format("tiles", "json") in record["outputs"]
    assert json.loads((folder / outside.format("tiles", "json")).read_text())["tile"] == "y000x002"
