"""With `only` a survey is tried on a few tiles, which stay as they are when the rest follows."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import yaml
from pyarrow.dataset import parquet_dataset

from radiofind.catalogues.columns import CORRECTED, RELIABLE
from radiofind.evaluation.completeness import COLUMNS as COMPLETENESS
from radiofind.evaluation.counts import COLUMNS as COUNTS
from radiofind.evaluation.counts import euclidean_unit
from radiofind.evaluation.negation import COLUMNS as RELIABILITY
from radiofind.survey.flux_completeness import BY_CELL, BY_FLUX
from radiofind.tables import read_csv
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
FURTHER = {
    *(f"find_injected_peaks strip peaks {realisation} {TRIED}" for realisation in (1, 2)),
    f"find_negated_peaks strip peaks {TRIED}",
}
"""Its further searches."""


def write_configuration(folder, only, **injections):
    """Search with the finders that do not learn, only in some boxes, and again with fake sources."""
    mine = CONFIGURATION | {"find_with": ["pybdsf", "peaks"], "simulations": {"sky": SKY}, "only": only}
    mine["survey"] = CONFIGURATION["survey"] | {"products": ["moc", "hats"]}
    settings = {"finders": ["peaks"], "beams_per_source": 100, "realisations": 2, "double_fraction": 0.2}
    mine["injections"] = settings | injections
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
        *FURTHER,
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


@pytest.mark.parametrize("finder", ["pybdsf", "peaks"])
def test_hats_holds_the_rows_of_the_survey(tried, finder):
    place = tried[0] / "results/survey"
    survey = pd.read_parquet(place / f"{finder}.parquet")
    rows = parquet_dataset(place / f"hats/{finder}/{finder}/dataset/_metadata").to_table().to_pandas()
    assert sorted(rows["source_id"]) == sorted(survey["source_id"]) and len(rows) > 5
    assert {*rows.columns} >= {*survey.columns}
    page = (tried[0] / "results/report.html").read_text()
    assert f'href="survey/hats/{finder}/"' in page


def test_completeness_and_reliability_are_measured_without_truth(tried):
    results = tried[0] / "results"
    sources = pd.read_parquet(results / "strip/completeness/peaks.parquet")
    assert set(sources["realisation"]) == {1, 2} and sources["x"].max() < CORE
    table, pooled = (read_csv(results / one / "completeness/peaks.csv") for one in ("strip", "survey"))
    assert tuple(table.columns) == COMPLETENESS
    assert set(pooled["mosaic"]) == {"survey"} and pooled["n_found"].tolist() == table["n_found"].tolist()
    by_shape = table.groupby("shape")["n_injected"].sum()
    assert by_shape["all"] == by_shape["point"] + by_shape["double"] == len(sources) > 40
    assert by_shape["double"] == (sources["shape"] == "double").sum() > 4
    table = table[table["shape"] == "all"]
    faint, bright = (
        table[chosen].sum(numeric_only=True) for chosen in (table["snr_high"] < 3, table["snr_low"] > 9)
    )
    assert faint["n_found"] < 0.3 * faint["n_injected"] and bright["n_found"] > 0.7 * bright["n_injected"] > 0
    found = pd.read_parquet(results / "strip/catalogues/peaks.parquet")
    for place in ("strip", "survey"):
        reliability = read_csv(results / place / "reliability/peaks.csv")
        assert tuple(reliability.columns) == RELIABILITY
        assert reliability["n_detections"].sum() == len(found) > 20
        assert reliability.loc[reliability["snr_low"] > 6, "reliability"].min() == 1
    by_flux, by_cell = (
        read_csv(results / f"survey/completeness/{place}/peaks.csv") for place in ("by_flux", "by_cell")
    )
    assert tuple(by_flux.columns) == BY_FLUX and tuple(by_cell.columns) == BY_CELL
    assert set(by_flux["shape"]) == {"all", "point", "double"}
    of_all = by_flux["shape"] == "all"
    for part in (by_flux[of_all], by_flux[~of_all], by_cell):
        assert part["n_injected"].sum() == len(sources) and part["n_found"].sum() == sources["found"].sum()
    counts = read_csv(results / "survey/counts/peaks.csv")
    assert tuple(counts.columns) == COUNTS and counts["n"].sum() == len(found)
    assert counts["n_injected"].sum() > 0.3 * len(sources) and set(counts["published_source"].dropna())
    area = read_csv(results / "survey/rms_area.csv").set_index("mosaic").loc["survey", "area_deg2"].max()
    unit = euclidean_unit(np.append(counts["flux_low"], counts["flux_high"].iloc[-1]), area)
    assert counts["counts_uncorrected"].tolist() == pytest.approx((unit * counts["n"]).tolist())
    page = (results / "report.html").read_text()
    assert 'id="completeness"' in page and "Dashed: from the truth" in page and "Source counts" in page
    assert "By shape and size" in page


def test_fluxes_are_corrected_where_there_are_fake_sources(tried):
    place = tried[0] / "results/survey"
    without, survey = (pd.read_parquet(place / f"{finder}.parquet") for finder in ("pybdsf", "peaks"))
    names = [column.name for column in CORRECTED + RELIABLE]
    assert not {*names} & {*without.columns} and {*names} < {*survey.columns}
    correction = read_csv(place / "flux_correction/peaks.csv")
    assert correction["n_found"].sum() > 10 and not correction["resolved"].any()
    assert survey[names[:-1]].isna().all(axis=None), "so few fake sources tell nothing"
    assert survey.loc[survey["snr"] > 7, "reliability"].min() == 1


def test_other_fake_sources_are_searched_and_nothing_else(tried):
    folder, _ = tried
    write_configuration(folder, {"strip": f"10:{CORE - 1},0:20"}, seed=2)
    expected = {f"find_injected_peaks strip peaks {realisation} {TRIED}" for realisation in (1, 2)}
    expected |= {"measure_completeness strip peaks", "pool_completeness peaks", "calibrate_fluxes peaks"}
    expected |= {"merge_survey peaks", "export_hats peaks", "count_sources peaks", "map_completeness peaks"}
    assert planned(folder) - {"write_report", "record_provenance", "all"} == expected


def test_the_rest_of_the_survey_follows_without_searching_a_tile_again(tried):
    folder, jobs = tried
    write_configuration(folder, None)
    indexed = run(folder, "--until", "index_tiles")
    assert sorted(indexed.jobs) == ["fingerprint_mosaic other", "index_tiles", "simulate sky"]
    follow = planned(folder)
    assert not of_tiles(follow) & of_tiles(jobs)
    assert {f"find_peaks strip peaks y000x00{n}" for n in (1, 2)} <= follow
    assert {"merge_detections strip peaks", "find_peaks other peaks y000x000"} <= follow
    assert {"measure_completeness strip peaks", "find_injected_peaks strip peaks 2 y000x001"} <= follow


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
