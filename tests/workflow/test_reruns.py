"""After a change, exactly the jobs that it concerns run again."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import yaml
from astropy.io import fits

from workflow.jobs import (
    SURVEY_WIDE,
    TRAINED,
    catalogue_jobs,
    cut_jobs,
    find_jobs,
    mosaic_jobs,
    relearnt_jobs,
    retrained_jobs,
    score_jobs,
    tile_jobs,
)
from workflow.runs import planned, run
from workflow.skies import CORE, FINDERS, READABLE, SCORED

pytestmark = pytest.mark.slow


def plan_with(survey, tmp_path, overlay):
    """Return the jobs of a dry run with further settings."""
    path = tmp_path / "overlay.yaml"
    path.write_text(yaml.safe_dump(overlay))
    return planned(survey.folder, "--configfile", survey.folder / "survey.yaml", path)


def test_nothing_is_to_be_done_after_a_run(survey):
    assert planned(survey.folder) == set()


def test_nothing_is_to_be_done_in_a_fresh_clone(survey, clone):
    assert planned(survey.folder, repository=clone) == set()


def test_nothing_is_to_be_done_when_the_records_are_lost(copy):
    shutil.rmtree(copy / ".snakemake")
    assert planned(copy) == set()


def test_changed_pixel_reruns_the_tiles_that_depend_on_it(copy):
    with fits.open(copy / "data/strip.fits", mode="update") as hdus:
        # Tiles depend on pixels up to 60 from their core: the first two on this one, the third not.
        hdus[0].data[..., 70, CORE - 50] += np.float32(1e-4)
    first = run(copy, "--until", "index_tiles")
    assert set(first.jobs) == {"fingerprint_mosaic strip", "index_tiles"}
    expected = mosaic_jobs("strip", ["y000x000", "y000x001"]) | SURVEY_WIDE
    assert planned(copy) == expected
    second = run(copy)
    assert second.code == 0, second.output
    assert sorted(second.jobs) == sorted(expected)
    assert planned(copy) == set()


def test_changed_pixel_beyond_the_boxes_trains_no_network_anew(copy):
    with fits.open(copy / "data/strip.fits", mode="update") as hdus:
        hdus[0].data[..., 70, 3 * CORE - 10] += np.float32(1e-4)
    run(copy, "--until", "index_tiles")
    jobs = planned(copy)
    assert jobs == mosaic_jobs("strip", ["y000x002"]) | SURVEY_WIDE
    assert not jobs & {"cut_patches strip net", "train_convosource strip net"}


def test_truth_replaced_trains_the_network_anew_and_no_other_finder(copy):
    truth = copy / "data/strip.txt"
    truth.write_text("".join(truth.read_text().splitlines(keepends=True)[:-1]))
    run(copy, "--until", "index_tiles")
    jobs = planned(copy)
    scores = score_jobs(TRAINED, "pybdsf") | score_jobs(TRAINED, "peaks")
    expected = retrained_jobs() | relearnt_jobs() | scores | cut_jobs("pybdsf") | cut_jobs("peaks")
    assert jobs == expected | {"place_truth strip"} | SURVEY_WIDE


def test_settings_of_the_search_train_no_network_anew(survey, tmp_path):
    jobs = plan_with(survey, tmp_path, {"finders": {"net": {"lowest_score": 0.6}}})
    per_mosaic = [find_jobs(mosaic, "net") | catalogue_jobs(mosaic, "net") for mosaic in READABLE]
    assert jobs == SURVEY_WIDE.union(*per_mosaic)


def test_settings_of_the_training_concern_that_finder_and_what_is_combined_of_it(survey, tmp_path):
    jobs = plan_with(survey, tmp_path, {"finders": {"net": {"epochs": 5}}})
    assert jobs == (retrained_jobs() | SURVEY_WIDE) - {"cut_patches strip net"}


def test_network_of_another_run_is_not_trained_and_maps_probabilities(copy):
    for suffix in ("keras", "json"):
        shutil.copy(copy / f"results/models/strip/net.{suffix}", copy / f"frozen.{suffix}")
    overlay = copy / "overlay.yaml"
    overlay.write_text(
        yaml.safe_dump({"finders": {"net": {"model": "frozen.keras", "probability_maps": True}}})
    )
    place = "results/strip/probability/net/y000x002.fits"
    done = run(copy, "--configfile", copy / "survey.yaml", overlay, "--", place)
    assert done.jobs == ["map_probability strip net y000x002"], done.output
    probability = fits.getdata(copy / place)
    assert probability.shape == (CORE, CORE)
    assert 0 <= probability.min() < 0.1 < 0.5 < probability.max() <= 1


def test_file_with_the_same_sky_reruns_no_tile(copy):
    # Snakemake sees by itself that a small file has the same bytes; a mosaic is not small.
    large_files = ("--max-checksum-file-size", "100000")
    strip, hard = copy / "data/strip.fits", copy / "data/hard.fits"
    strip.write_bytes(strip.read_bytes())
    fits.setval(hard, "HISTORY", value="Copied from tape")
    done = run(copy, *large_files)
    assert done.code == 0, done.output
    assert set(done.jobs) - {"all"} == {"fingerprint_mosaic strip", "fingerprint_mosaic hard", "index_tiles"}


def test_settings_of_a_finder_concern_that_finder_alone(survey, tmp_path):
    jobs = plan_with(survey, tmp_path, {"finders": {"peaks": {"threshold": 6.0}}})
    per_mosaic = [find_jobs(mosaic, "peaks") | catalogue_jobs(mosaic, "peaks") for mosaic in READABLE]
    assert jobs == SURVEY_WIDE.union(*per_mosaic)


def test_matching_radius_concerns_cuts_and_what_follows(survey, tmp_path):
    jobs = plan_with(survey, tmp_path, {"match": {"radius_pixels": 2}})
    scores = [score_jobs(mosaic, name) | cut_jobs(name) for mosaic in SCORED for name in FINDERS]
    # The network is calibrated on matches, and sources are combined that match each other.
    calibrated = retrained_jobs() - {"cut_patches strip net"}
    assert jobs == SURVEY_WIDE.union(relearnt_jobs(), calibrated, *scores)


def test_finder_added_concerns_no_other(survey, tmp_path):
    overlay = {"finders": {"deep": {"kind": "peaks", "threshold": 3.0}}, "find_with": [*FINDERS, "deep"]}
    jobs = plan_with(survey, tmp_path, overlay)
    per_mosaic = [
        find_jobs(mosaic, "deep", kind="peaks") | catalogue_jobs(mosaic, "deep") for mosaic in READABLE
    ]
    assert jobs == SURVEY_WIDE.union(*per_mosaic)


def test_finder_left_out_reruns_only_what_compares_finders(survey, tmp_path):
    assert plan_with(survey, tmp_path, {"find_with": ["peaks"]}) == SURVEY_WIDE


def add_to_sheet(folder, mosaic, *, image):
    with (folder / "sheet.tsv").open("a") as sheet:
        sheet.write(f"{mosaic}\t\t{image}" + 6 * "\t" + "strip\t\t\n")


def test_mosaic_added_to_the_sheet_concerns_no_other(copy):
    pixels, header = fits.getdata(copy / "data/strip.fits", header=True)
    fits.writeto(copy / "data/new.fits", pixels[..., :CORE], header)
    add_to_sheet(copy, "new", image="data/new.fits")
    done = run(copy)
    assert done.code == 0, done.output
    expected = {"fingerprint_mosaic new", "index_tiles", "summarise_noise new", "write_report", "all"}
    expected |= tile_jobs("new", ["y000x000"])
    assert set(done.jobs) == expected.union(*(catalogue_jobs("new", finder) for finder in FINDERS))


def test_mosaic_whose_folder_was_deleted_is_indexed_again(copy):
    shutil.rmtree(copy / "results/twin")
    assert planned(copy) == {"fingerprint_mosaic twin", "index_tiles", "all"}


def test_mosaic_that_is_not_indexed_is_not_taken_for_an_empty_one(copy):
    shutil.rmtree(copy / ".snakemake")
    add_to_sheet(copy, "new", image="data/strip.fits")
    assert planned(copy) == {"fingerprint_mosaic new", "index_tiles", "all"}
    alone = run(copy, "--dry-run", "results/new/catalogues/peaks.parquet")
    assert alone.code != 0
    assert "--forcerun index_tiles" in alone.output
