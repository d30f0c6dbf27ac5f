"""After a change, exactly the jobs that it concerns run again."""

from __future__ import annotations

import os
import shutil
import signal
import time

import numpy as np
import pandas as pd
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
    noise_jobs,
    relearnt_jobs,
    retrained_jobs,
    score_jobs,
    survey_jobs,
    tile_jobs,
)
from workflow.runs import clone_of, planned, run, started
from workflow.skies import CORE, FINDERS, HALO, READABLE, RMS, SCORED, TILES

pytestmark = pytest.mark.slow


def everywhere(finder, kind=None):
    """Jobs when one finder searches all mosaics anew."""
    per_mosaic = [
        find_jobs(mosaic, finder, kind=kind) | catalogue_jobs(mosaic, finder) for mosaic in READABLE
    ]
    return SURVEY_WIDE.union(*per_mosaic)


def change_pixels(path, columns, value):
    """Set whole columns of an image."""
    with fits.open(path, mode="update") as hdus:
        hdus[0].data[..., columns] = value


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


def change_a_pixel_under_the_boxes(copy):
    """Change a pixel on which two tiles of a mosaic depend, and return the jobs that it concerns."""
    with fits.open(copy / "data/strip.fits", mode="update") as hdus:
        # Tiles depend on pixels up to 92 from their core: the first two on this one, the third not.
        hdus[0].data[..., 70, CORE - 50] += np.float32(1e-4)
    first = run(copy, "--until", "index_tiles")
    assert set(first.jobs) == {"fingerprint_mosaic strip", "index_tiles"}
    return mosaic_jobs("strip", ["y000x000", "y000x001"]) | SURVEY_WIDE


def test_changed_pixel_reruns_the_tiles_that_depend_on_it(copy):
    expected = change_a_pixel_under_the_boxes(copy)
    # It lies under the training box.
    assert find_jobs("hard", "net") < expected and not find_jobs("hard", "pybdsf") & expected
    assert planned(copy) == expected


@pytest.mark.exhaustive
def test_all_that_a_changed_pixel_concerns_runs_once(copy):
    run_to_the_end(copy, change_a_pixel_under_the_boxes(copy))


def run_to_the_end(copy, expected):
    """Run the workflow; assert that these jobs run, each once, and that nothing is left to do."""
    done = run(copy)
    assert done.code == 0, done.output
    assert sorted(done.jobs) == sorted(expected)
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
    assert jobs == everywhere("net")


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
    # Tiles are indexed again, since only then networks are compared with the images.
    assert done.jobs == ["index_tiles", "map_probability strip net y000x002"], done.output
    probability = fits.getdata(copy / place)
    assert probability.shape == (CORE, CORE)
    assert 0 <= probability.min() < 0.1 < 0.5 < probability.max() <= 1
    os.utime(copy / "frozen.keras", (1e9, 1e9))  # as one that `cp -p` has put in its place
    again = planned(copy, "--configfile", copy / "survey.yaml", overlay, "--", place)
    assert again == {"map_probability strip net y000x002"}


def test_file_with_the_same_sky_reruns_no_tile(copy):
    # Snakemake sees by itself that a small file has the same bytes; a mosaic is not small.
    large_files = ("--max-checksum-file-size", "50000")
    strip, hard = copy / "data/strip.fits", copy / "data/hard.fits"
    strip.write_bytes(strip.read_bytes())
    for keyword, value in {"HISTORY": "Copied from tape", "OBJECT": "Hard", "DATE": "2026-01-01"}.items():
        fits.setval(hard, keyword, value=value)
    (copy / "results/simulations/sky/image.fits").touch()
    done = run(copy, *large_files)
    assert done.code == 0, done.output
    # The record of the run holds the digests of whole files.
    assert set(done.jobs) - {"all"} == {
        "index_tiles",
        "record_provenance",
        *(f"fingerprint_mosaic {mosaic}" for mosaic in READABLE),
    }


def test_files_replaced_by_older_ones_are_noticed(copy):
    """Copies and downloads keep the time of their original, which may lie before the last run."""
    change_pixels(copy / "data/hard.fits", slice(CORE - 1, CORE), RMS)
    change_pixels(copy / "data/strip_beam.fits", slice(0, 1), 0.5)
    for name in ("hard.fits", "strip_beam.fits", "strip.txt"):
        os.utime(copy / "data" / name, (1e9, 1e9))
    fingerprinted = {f"fingerprint_mosaic {mosaic}" for mosaic in ("strip", "hard", "broken")}
    assert planned(copy) == fingerprinted | {"index_tiles", "all"}
    run(copy, "--until", "index_tiles")
    jobs = planned(copy)
    merges = {f"merge_detections strip {finder}" for finder in ("pybdsf", "peaks", "net")}
    trained = {"place_truth strip", "cut_patches strip net", "train_convosource strip net"}
    assert merges | trained | mosaic_jobs("hard", ["y000x000", "y000x001"]) <= jobs
    assert not find_jobs("strip", "pybdsf") & jobs


def test_header_card_that_matters_reruns_all_tiles_of_its_mosaic(copy):
    hard = copy / "data/hard.fits"
    fits.setval(hard, "CRVAL1", value=fits.getval(hard, "CRVAL1") + 0.1)
    run(copy, "--until", "index_tiles")
    assert planned(copy) == mosaic_jobs("hard") | SURVEY_WIDE - {"tabulate_scores"}


def test_sizes_in_beams_concern_the_mosaics_where_they_are_other_pixels(copy):
    """In beams of 2.48 pixels they are those of the last run; one mosaic gets a beam twice as wide."""
    sheet, overlay = copy / "sheet.tsv", copy / "overlay.yaml"
    sheet.write_text(sheet.read_text().replace("1.5,1.5,0", "3,3,0"))
    in_beams = {"tiling": {"halo_beams": HALO / 2.5}, "noise": {"box_beams": 9.6, "step_beams": 4.8}}
    overlay.write_text(yaml.safe_dump(in_beams))
    files = ("--configfile", copy / "survey.yaml", overlay)
    first = run(copy, "--until", "index_tiles", *files)
    assert first.code == 0, first.output
    tiles = pd.read_parquet(copy / "results/tiles.parquet").groupby("mosaic")
    halos = {**dict.fromkeys(SCORED, HALO), "hard": 2 * HALO, "broken": 0}
    assert tiles["halo_pixels"].max().to_dict() == halos
    beams = tiles["beam_major_pixels"].max()
    assert beams["strip"] == pytest.approx(2.48, abs=0.01) and beams["hard"] == pytest.approx(4.96, abs=0.01)
    # The wider halo of the last tile, which was blank, holds valid pixels.
    searched = [*TILES["hard"], "y000x004"]
    assert planned(copy, *files) == mosaic_jobs("hard", searched) | SURVEY_WIDE - {"tabulate_scores"}


def test_tile_that_becomes_blank_goes_and_one_that_is_blank_no_more_comes(copy):
    # Tiles depend on pixels up to 92 from their core.
    change_pixels(copy / "data/hard.fits", slice(0, CORE + 20), np.nan)
    change_pixels(copy / "data/hard.fits", slice(4 * CORE + 100, None), RMS)
    run(copy, "--until", "index_tiles")
    files = sorted(path.stem for path in (copy / "results/hard/tiles").iterdir())
    assert files == ["y000x001", "y000x002", "y000x003", "y000x004"]
    run_to_the_end(copy, mosaic_jobs("hard", ["y000x001", "y000x004"]) | SURVEY_WIDE - {"tabulate_scores"})


@pytest.mark.parametrize(
    ("module", "jobs"),
    [
        ("finders/peaks", everywhere("peaks")),
        (
            "catalogues/exports",
            {"record_provenance", "all"}
            | {f"export_catalogue {mosaic} {finder}" for mosaic in READABLE for finder in FINDERS}
            | {f"export_components {mosaic} pybdsf" for mosaic in READABLE}
            | {f"export_survey {finder}" for finder in FINDERS},
        ),
    ],
)
def test_module_edited_reruns_the_jobs_that_use_it_in_all_mosaics(survey, tmp_path, module, jobs):
    """A comment counts: who decides that an edit does not matter says so with --rerun-triggers."""
    edited = clone_of(tmp_path / "edited")
    with (edited / f"scripts/radiofind/{module}.py").open("a") as file:
        file.write("# Edited\n")
    assert planned(survey.folder, repository=edited) == jobs


def test_settings_of_a_finder_concern_that_finder_alone(survey, tmp_path):
    jobs = plan_with(survey, tmp_path, {"finders": {"peaks": {"threshold": 6.0}}})
    assert jobs == everywhere("peaks")


# All beams of the survey are 2.48 pixels.
@pytest.mark.parametrize("match", [{"radius_pixels": 2}, {"radius_beams": 0.8}], ids=["pixels", "beams"])
def test_matching_radius_concerns_cuts_and_what_follows(survey, tmp_path, match):
    jobs = plan_with(survey, tmp_path, {"match": match})
    scores = [score_jobs(mosaic, name) | cut_jobs(name) for mosaic in SCORED for name in FINDERS]
    # The network is calibrated on matches, and sources are combined that match each other.
    calibrated = retrained_jobs() - {"cut_patches strip net"}
    assert jobs == SURVEY_WIDE.union(relearnt_jobs(), calibrated, *scores)


def test_finder_added_concerns_no_other(survey, tmp_path):
    overlay = {"finders": {"deep": {"kind": "peaks", "threshold": 3.0}}, "find_with": [*FINDERS, "deep"]}
    jobs = plan_with(survey, tmp_path, overlay)
    assert jobs == everywhere("deep", kind="peaks")


def test_finder_left_out_reruns_only_what_compares_finders(survey, tmp_path):
    assert plan_with(survey, tmp_path, {"find_with": ["peaks"]}) == SURVEY_WIDE


def add_to_sheet(folder, mosaic, *, image):
    with (folder / "sheet.tsv").open("a") as sheet:
        sheet.write(f"{mosaic}\t\t{image}" + 6 * "\t" + "strip\t\t\n")


def test_mosaics_removed_from_the_sheet_rerun_only_what_compares_mosaics(copy):
    sheet = copy / "sheet.tsv"
    rows = sheet.read_text().splitlines(keepends=True)
    sheet.write_text("".join(row for row in rows if not row.startswith(("a-b.c_1", "hard"))))
    run(copy, "--until", "index_tiles")
    assert planned(copy) == SURVEY_WIDE.union({"map_coverage"}, *map(survey_jobs, FINDERS))


def test_mosaic_added_to_the_sheet_concerns_no_other(copy):
    pixels, header = fits.getdata(copy / "data/strip.fits", header=True)
    fits.writeto(copy / "data/new.fits", pixels[..., :CORE], header)
    add_to_sheet(copy, "new", image="data/new.fits")
    target = "results/new/catalogues/peaks.parquet"
    done = run(copy, "--configfile", copy / "survey.yaml", "--", target)
    assert done.code == 0, done.output
    first = {
        "fingerprint_mosaic new",
        "index_tiles",
        "measure_noise new y000x000",
        "find_peaks new peaks y000x000",
    }
    assert sorted(done.jobs) == sorted(first | {"merge_detections new peaks"})
    expected = tile_jobs("new", ["y000x000"]).union(*(catalogue_jobs("new", finder) for finder in FINDERS))
    expected |= noise_jobs("new") | SURVEY_WIDE - {"tabulate_scores"}
    assert planned(copy) == expected - set(done.jobs)


def test_mosaic_whose_folder_was_deleted_is_indexed_again(copy):
    shutil.rmtree(copy / "results/a-b.c_1")
    assert planned(copy) == {"fingerprint_mosaic a-b.c_1", "index_tiles", "all"}


def test_mosaic_that_is_not_indexed_is_not_taken_for_an_empty_one(copy):
    shutil.rmtree(copy / ".snakemake")
    shutil.copy2(copy / "data/strip.fits", copy / "data/new.fits")
    add_to_sheet(copy, "new", image="data/new.fits")
    assert planned(copy) == {"fingerprint_mosaic new", "index_tiles", "all"}
    alone = run(copy, "--dry-run", "results/new/catalogues/peaks.parquet")
    assert alone.code != 0
    assert "--forcerun index_tiles" in alone.output


def test_tile_files_that_are_lost_are_told_and_made_again(copy):
    for path in (copy / "results/strip/tiles").iterdir():
        path.unlink()
    lost = run(copy, "--dry-run")
    assert lost.code != 0
    assert "results/strip/tiles: the files of 3 of 3 tiles" in lost.output
    assert "--forcerun index_tiles" in lost.output
    assert run(copy, "--until", "index_tiles", "--forcerun", "index_tiles").jobs == ["index_tiles"]
    assert planned(copy) == set()


def test_interrupted_run_goes_on_with_exactly_the_missing_jobs(copy):
    overlay = copy / "overlay.yaml"
    overlay.write_text(yaml.safe_dump({"finders": {"peaks": {"threshold": 6.0}}}))
    arguments = ("--configfile", copy / "survey.yaml", overlay, "--", "results/hard/catalogues/peaks.parquet")
    with started(copy, *arguments) as (process, jobs, output):
        while not jobs.read_text():
            assert process.poll() is None
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) != 0
        ended = set(jobs.read_text().splitlines())
        assert "stopping: waiting for the jobs that run" in output.read_text()
    resumed = run(copy, *arguments)
    assert resumed.code == 0, resumed.output
    assert ended and not ended & set(resumed.jobs)
    assert ended | set(resumed.jobs) == find_jobs("hard", "peaks") | {"merge_detections hard peaks"}
