"""A full run makes every file of the design, from good mosaics and despite bad ones."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest
import yaml
from astropy import units as u
from astropy.io import fits
from astropy.io.votable import parse_single_table
from astropy.table import Table
from mocpy import MOC
from regions import Regions

from radiofind.catalogues.block_tables import read_notes
from radiofind.catalogues.columns import CATALOGUE, DETECTION, SURVEY, SURVEY_COMPONENT, empty
from radiofind.evaluation import metrics
from radiofind.files import read_metadata
from radiofind.tables import read_csv
from radiofind.workflow.job_counts import read_status, unreadable_mosaics
from workflow.jobs import all_jobs
from workflow.runs import run
from workflow.skies import (
    CONFIGURATION,
    CORE,
    FINDERS,
    OF_TILES,
    READABLE,
    SCORED,
    SCORING,
    SHEET,
    TILES,
    make_survey,
    write_sheet,
)

pytestmark = pytest.mark.slow

HARD = {"y000x000": "no source found", "y000x001": "no source found", "y000x002": "constant"}
"""Why there is nothing in the tiles of `hard`."""


@pytest.fixture
def results(survey):
    return survey.folder / "results"


@pytest.fixture(params=READABLE)
def mosaic(request):
    return request.param


@pytest.fixture(params=FINDERS)
def finder(request):
    return request.param


def read_catalogue(results, mosaic, finder):
    return pd.read_parquet(results / mosaic / "catalogues" / f"{finder}.parquet")


def test_first_plan_tells_of_the_checkpoint(tmp_path):
    """Also: two mosaics show one simulation."""
    folder = make_survey(tmp_path / "survey")
    write_sheet(folder / "sheet.tsv", SHEET + "twin sky - - - - - - strip - -")
    (folder / "survey.yaml").write_text(yaml.safe_dump(CONFIGURATION | {"survey": None}))
    plan = run(folder, "--dry-run")
    first = {f"fingerprint_mosaic {mosaic}" for mosaic in (*READABLE, "twin", "broken")}
    assert sorted(plan.jobs) == sorted(first | {"simulate sky", "index_tiles", "all"})
    assert "after index_tiles" in plan.output and len(plan.output.splitlines()) < 10


def test_every_job_runs_once(survey):
    assert sorted(survey.full_run.jobs) == sorted(all_jobs())


def test_every_file_is_there_and_no_other(results):
    tiles = [(mosaic, tile) for mosaic in READABLE for tile in TILES[mosaic]]
    expected = {
        "tiles.parquet",
        "scores.txt",
        "report.html",
        "quarantine.csv",
        "warnings.csv",
        "provenance.json",
    }
    expected |= {"broken/fingerprints.parquet"}
    expected |= {f"simulations/sky/{name}" for name in ("image.fits", "primary_beam.fits", "truth.txt")}
    expected |= {f"{mosaic}/{name}.parquet" for mosaic in READABLE for name in ("fingerprints", "patches")}
    expected |= {f"{mosaic}/truth.parquet" for mosaic in SCORED}
    expected |= {
        f"{mosaic}/{place}"
        for mosaic, tile in tiles
        for place in (f"tiles/{tile}.json", f"noise/{tile}.fits")
    }
    expected |= {f"{mosaic}/detections/pybdsf/{tile}.components.parquet" for mosaic, tile in tiles}
    expected |= {f"survey/rms/{mosaic}.fits" for mosaic in READABLE}
    expected |= {f"survey/coverage/{mosaic}.parquet" for mosaic in READABLE}
    expected |= {"survey/coverage.moc.fits", "survey/rms_area.csv", "survey/components/pybdsf.parquet"}
    expected |= {
        f"{mosaic}/{place}"
        for mosaic in READABLE
        for place in (
            *("catalogues/components/pybdsf.parquet", "catalogues/components/pybdsf.fits"),
            *("catalogues/pybdsf/pybdsf.srl.fits", "catalogues/pybdsf/pybdsf.gaul.fits"),
            *("images/pybdsf.model.fits", "images/pybdsf.residual.fits"),
        )
    }
    expected |= {f"{mosaic}/calibration/{finder}.csv" for mosaic in SCORED for finder in SCORING}
    expected |= {f"models/strip/{name}" for name in ("net.patches.h5", "net.keras", "net.json", "both.json")}
    expected |= {
        f"{mosaic}/detections/{finder}/{tile}.parquet" for mosaic, tile in tiles for finder in OF_TILES
    }
    for finder in FINDERS:
        expected |= {
            f"{mosaic}/catalogues/{finder}.{kind}"
            for mosaic in READABLE
            for kind in ("parquet", "fits", "reg")
        }
        expected |= {f"{mosaic}/matches/{finder}.parquet" for mosaic in SCORED}
        expected |= {
            f"{mosaic}/{kind}/{finder}.csv" for mosaic in SCORED for kind in ("evaluation", "curves")
        }
        expected |= {f"cuts/strip/{finder}.json", f"survey/{finder}.parquet", f"survey/{finder}.vot"}
    assert {str(path.relative_to(results)) for path in results.rglob("*") if path.is_file()} == expected


def test_catalogues_have_the_columns_of_the_design(results, mosaic, finder):
    catalogue = read_catalogue(results, mosaic, finder)
    pd.testing.assert_series_equal(catalogue.dtypes, empty(CATALOGUE).dtypes)
    assert catalogue["source_id"].is_unique
    assert set(catalogue["tile"]) <= set(TILES[mosaic])
    assert set(catalogue["mosaic"]) <= {mosaic} and set(catalogue["finder"]) <= {finder}


def test_survey_holds_the_rows_of_all_mosaics_and_each_source_once(results, finder):
    survey = pd.read_parquet(results / "survey" / f"{finder}.parquet")
    pd.testing.assert_series_equal(survey.dtypes, empty(SURVEY).dtypes)
    of_mosaics = pd.concat([read_catalogue(results, mosaic, finder) for mosaic in READABLE])
    assert sorted(survey["mosaic"] + survey["source_id"]) == sorted(
        of_mosaics["mosaic"] + of_mosaics["source_id"]
    )
    sources = survey.groupby("name")
    confirmed = ~sources["flags"].first().str.contains("unconfirmed")
    assert (sources["is_primary"].sum() == confirmed).all()
    assert (sources["n_mosaics"].first() == sources.size()).all()
    assert survey["name"].str.startswith("TEST J0").any() and survey["is_primary"].sum() > 50
    # Both mosaics of the sky have the same centre, of which the first name owns what it shows.
    told = read_metadata(results / "survey" / f"{finder}.parquet")
    assert told["survey"]["sources"] == survey["is_primary"].sum() and told["provenance"]["code"]


def test_gaussians_follow_their_sources(results):
    components = pd.read_parquet(results / "survey/components/pybdsf.parquet")
    pd.testing.assert_series_equal(components.dtypes, empty(SURVEY_COMPONENT).dtypes)
    files = [results / mosaic / "catalogues/components/pybdsf.parquet" for mosaic in READABLE]
    given = pd.concat(pd.read_parquet(path) for path in files)
    assert sorted(components["mosaic"] + components["component_id"]) == sorted(
        given["mosaic"] + given["component_id"]
    )
    survey = pd.read_parquet(results / "survey/pybdsf.parquet")
    both = components.merge(survey, on=["mosaic", "source_id"], suffixes=("", "_of_source"))
    assert len(both) == len(components)
    for column in ("name", "is_primary"):
        assert (both[column] == both[f"{column}_of_source"]).all()


def test_products_hold_the_rows_of_the_survey_and_its_coverage_all_sources(results, finder):
    survey = pd.read_parquet(results / "survey" / f"{finder}.parquet")
    table = parse_single_table(results / "survey" / f"{finder}.vot", verify="exception").to_table()
    assert table.colnames == list(survey.columns)
    assert list(table["ra"]) == list(survey["ra"]) and list(table["name"]) == list(survey["name"])
    primary = survey[survey["is_primary"]]
    moc = MOC.from_fits(results / "survey/coverage.moc.fits")
    assert moc.contains_lonlat(primary["ra"].to_numpy() * u.deg, primary["dec"].to_numpy() * u.deg).all()


def test_areas_of_mosaics_that_overlap_count_once(results):
    areas = read_csv(results / "survey/rms_area.csv").groupby("mosaic")["area_deg2"].max()
    assert set(areas.index) == {"survey", *READABLE}
    of_mosaics = areas.drop("survey")
    assert of_mosaics.max() <= areas["survey"] < of_mosaics.sum()


def test_catalogues_open_in_topcat_and_ds9(results, mosaic, finder):
    catalogue = read_catalogue(results, mosaic, finder)
    folder = results / mosaic / "catalogues"
    table = Table.read(folder / f"{finder}.fits")
    assert table.colnames == list(catalogue.columns)
    assert list(table["ra"]) == list(catalogue["ra"])
    assert len(Regions.read(folder / f"{finder}.reg", format="ds9")) == len(catalogue)


def test_components_have_names_of_their_own_and_the_image_of_their_catalogue(results, mosaic):
    folder = results / mosaic / "catalogues"
    components = pd.read_parquet(folder / "components/pybdsf.parquet")
    assert list(components.columns) == Table.read(folder / "components/pybdsf.fits").colnames
    assert components["component_id"].is_unique
    assert set(components["source_id"]) == set(read_catalogue(results, mosaic, "pybdsf")["source_id"])
    of_image = [
        read_metadata(folder / name)["image"]
        for name in ("components/pybdsf.parquet", "pybdsf.parquet", "both.parquet")
    ]
    assert of_image[0] == of_image[1] == of_image[2]
    assert of_image[0]["BMAJ"] == pytest.approx(fits.getheader(folder / "pybdsf.fits", 1)["BMAJ"])


def test_the_rms_image_is_that_of_the_tiles(results, mosaic):
    rms = fits.getdata(results / "survey/rms" / f"{mosaic}.fits")
    for tile in TILES[mosaic]:
        box = json.loads((results / mosaic / "tiles" / f"{tile}.json").read_text())["box"]
        middle = (box[2] + box[3]) // 2, (box[0] + box[1]) // 2
        of_tile = fits.getdata(results / mosaic / "noise" / f"{tile}.fits", "RMS")
        expected = of_tile[middle[0] - box[2], middle[1] - box[0]]
        assert rms[middle] == pytest.approx(expected, nan_ok=True)


def test_without_its_sources_a_mosaic_is_noise(results):
    """The rms of the residual is that of the noise, and what is left at sources is not their flux."""
    image = fits.getdata(results / "strip/images/pybdsf.residual.fits")
    rms = fits.getdata(results / "survey/rms/strip.fits")
    catalogue = read_catalogue(results, "strip", "pybdsf")
    rows, columns = (catalogue[axis].round().astype(int).to_numpy() for axis in ("y", "x"))
    left = image[rows, columns] / rms[rows, columns]
    assert catalogue["peak_snr"].median() > 8
    assert abs(np.nanmedian(left)) < 1 and np.nanstd(image / rms) < 1.3


@pytest.mark.parametrize("mosaic", SCORED)
def test_bright_sources_are_found(results, mosaic, finder):
    """The network is hardly trained: it need not be good."""
    scores = pd.read_csv(results / mosaic / "evaluation" / f"{finder}.csv")
    assert list(scores.columns) == list(metrics.COLUMNS)
    chosen = "region == 'test' and cut == 'as_found' and snr_min == 5 and `class` == 'all'"
    by_metric = scores.query(chosen).set_index("metric")
    assert by_metric.loc["one_to_one", "n_truth"] > 20
    assert by_metric.loc["one_to_one", "completeness"] > 0.6
    assert by_metric.loc["one_to_one", "reliability"] > (0.7 if finder in SCORING else 0.9)
    assert by_metric.loc["random", "completeness"] < 0.2


def test_cuts_are_tuned_for_each_snr(results, finder):
    cuts = json.loads((results / "cuts/strip" / f"{finder}.json").read_text())
    assert [cut["snr_min"] for cut in cuts] == [2, 5]


@pytest.mark.parametrize("finder", SCORING)
def test_scores_are_probabilities(results, finder):
    for mosaic in READABLE:
        scores = read_catalogue(results, mosaic, finder)["score"]
        assert scores.between(0, 1).all() and (scores.min() < scores.max() or mosaic == "hard")


def test_combined_catalogue_holds_each_source_of_its_finders_once(results):
    for mosaic in SCORED:
        one, other = (read_catalogue(results, mosaic, finder) for finder in ("pybdsf", "net"))
        both = read_catalogue(results, mosaic, "both")
        found = both["flags"].str.split(",")
        assert found.map(lambda words: "by_pybdsf" in words).sum() == len(one)
        assert found.map(lambda words: "by_net" in words).sum() == len(other)
        assert max(len(one), len(other)) < len(both) < len(one) + len(other)


@pytest.mark.parametrize("finder", OF_TILES)
def test_hard_tiles_give_empty_tables_and_a_reason(results, finder):
    for tile, reason in HARD.items():
        path = results / "hard/detections" / finder / f"{tile}.parquet"
        pd.testing.assert_frame_equal(pd.read_parquet(path), empty(DETECTION))
        (note,) = read_notes(path)
        assert (note.tile, note.reason, note.failed) == (tile, reason, False)
    assert read_metadata(results / f"hard/catalogues/{finder}.parquet")["empty_tiles"].items() >= HARD.items()


def test_blank_tiles_and_unreadable_mosaics_are_told_from_live_ones(results):
    tiles = pd.read_parquet(results / "tiles.parquet").set_index(["mosaic", "tile"])
    live = tiles[tiles["state"] == "live"].index.to_list()
    assert live == [(mosaic, tile) for mosaic in READABLE for tile in TILES[mosaic]]
    assert tiles["state"].drop(live).to_dict() == {
        ("hard", "y000x004"): "blank",
        ("broken", ""): "unreadable",
    }
    assert tiles.loc[("broken", ""), "reason"].startswith("data/broken.fits: expected a FITS image")


def test_noise_maps_cover_their_tiles(results):
    with fits.open(results / "strip/noise/y000x001.fits") as hdus:
        shapes = {hdu.name: hdu.shape for hdu in hdus if hdu.name in ("MEAN", "RMS")}
    assert shapes == dict.fromkeys(("MEAN", "RMS"), (CORE, CORE + 40))


def test_report_needs_no_network(results):
    page = (results / "report.html").read_text()
    places = re.findall(r"""(?:src|href)\s*=\s*["']([^"']*)|url\(["']?([^"')]*)|(@import)""", page)
    assert len(places) > 0
    elsewhere = {"".join(place) for place in places if not "".join(place).startswith(("#", "data:"))}
    files = {f"survey/{name}.{kind}" for name in FINDERS for kind in ("parquet", "vot")}
    assert elsewhere == files | {"survey/coverage.moc.fits", "survey/rms_area.csv"}
    assert all((results / place).exists() for place in elsewhere)


def test_report_tells_of_what_could_not_be_searched(results):
    page = (results / "report.html").read_text()
    for words in ("broken", "data/broken.fits", "constant", "y000x004"):
        assert words in page


def test_terminal_is_quiet(survey):
    """Without one that can show bars: what jobs and libraries print is in logs."""
    lines = survey.full_run.output.splitlines()
    assert len(lines) <= 100 and max(map(len, lines)) <= 200
    stages = [found[1] for line in lines if (found := re.match(r"[\d:]+  (\w+) done", line))]
    assert {"simulation", "index", "training", "report"} <= set(stages)
    assert not re.search("TensorFlow|WARNING|INFO|jobid|Building DAG", survey.full_run.output)
    assert "Finished jobid" in survey.full_run.log


def test_run_ends_with_its_sources(survey, results):
    (line,) = (line for line in survey.full_run.output.splitlines() if line.startswith("sources: "))
    for finder in FINDERS:
        total = sum(len(read_catalogue(results, mosaic, finder)) for mosaic in READABLE)
        assert f"{finder} {total:,}" in line
    assert survey.full_run.output.splitlines()[-1].startswith("done in")


def test_run_ends_with_what_is_odd(survey, results):
    """The main process says it, once; a job does not, nor does a plan."""
    warnings = read_csv(results / "warnings.csv")
    of_images = warnings[warnings["finder"].isna()]
    assert of_images["mosaic"].tolist() == ["hard"]
    assert of_images["warning"].item().startswith("no unit")
    output = survey.full_run.output
    assert output.count("in results/warnings.csv") == 1
    assert "\n  hard: no unit (card BUNIT)" in output
    # As soon as the tiles are indexed, and again at the end.
    assert output.count("\n1 mosaic left out") == output.count("\n  broken: data/broken.fits: expected") == 2
    plan = run(survey.folder, "--dry-run", "--forcerun", "write_report").output
    assert "write_report" in plan and "results/warnings.csv" not in plan


def test_status_knows_every_job_and_what_it_used(survey):
    status = read_status(survey.folder)
    assert status.record.ended and status.record.planned == "all"
    assert status.total.jobs == status.total.done == len(survey.full_run.jobs) - 1  # without `all`
    assert status.failed == status.started == status.quarantined == []
    searches = ("noise", "pybdsf", "peaks", "convosource")
    counts = [status.counts["strip", stage] for stage in searches]
    assert [one.done for one in counts] == [len(TILES["strip"]) + 2, *[len(TILES["strip"])] * 3]
    assert 0 < sum(one.core_hours for one in counts) < status.total.core_hours < 24
    assert list(unreadable_mosaics(status, survey.folder)) == ["broken"]


def test_scores_are_totals_of_the_scored_mosaics_for_every_finder(results):
    text = (results / "scores.txt").read_text()
    assert f"{len(SCORED)} mosaics together" in text and all(name in text for name in FINDERS)
