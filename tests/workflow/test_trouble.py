"""Mistakes are told at once, finders that fail cost only their own sources, and killed runs go on."""

from __future__ import annotations

import shutil
import time

import pandas as pd
import pytest
import yaml

from radiofind.columns import CATALOGUE, DETECTION, empty
from radiofind.files import read_metadata
from workflow.runs import run, started
from workflow.skies import CONFIGURATION, FINDERS, make_survey, write_sheet

pytestmark = pytest.mark.slow

MISTAKES = {
    "unknown key": ("mine.yaml", "match:\n  radius: 3\n", "line 2: match.radius"),
    "wrong value": ("mine.yaml", "tiling:\n  core_pixels: 120\n", "line 2: tiling.core_pixels"),
    "wrong name": ("sheet.tsv", "mosaic\timage\n../a\tdata/strip.fits\n", "line 2, column mosaic"),
    "no file": ("sheet.tsv", "mosaic\timage\n\na\tdata/gone.fits\n", "line 3, column image"),
    "unknown column": ("sheet.tsv", "mosaic\timage\tbeem\na\tdata/strip.fits\t\n", "line 1, column beem"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake_is_told_with_file_line_and_key(tmp_path, name):
    folder = make_survey(tmp_path / "survey")
    file, text, place = MISTAKES[name]
    (folder / "mine.yaml").write_text("snr: [5]\n")
    (folder / file).write_text(text)
    done = run(folder, "--configfile", folder / "survey.yaml", folder / "mine.yaml")
    assert done.code != 0
    assert f"\n{file}, {place}" in done.output
    assert done.output.count("expected") == done.output.count("received") == 1
    assert "Traceback" not in done.output and "radiofind/" not in done.output
    assert done.jobs == [] and not (folder / "results").exists()


def test_lint_has_nothing_to_say(tmp_path):
    done = run(make_survey(tmp_path / "survey"), "--lint")
    assert done.code == 0, done.output
    assert "Congratulations" in done.output


def test_finder_that_always_fails_leaves_the_others_alone(tmp_path, clone):
    """Also: all folders have a space in their names, and the configuration lies elsewhere."""
    folder = make_survey(tmp_path / "my survey")
    write_sheet(folder / "my sheet.tsv", "mosaic simulate\na-b.c_1 sky")
    finders = CONFIGURATION["finders"] | {"hopeless": {"kind": "pybdsf", "time_limit_s": 0.01}}
    overlay = {"mosaics": "my sheet.tsv", "finders": finders, "find_with": ["hopeless", "peaks"]}
    (tmp_path / "my overlay.yaml").write_text(yaml.safe_dump(overlay))
    configuration = ("--configfile", "my survey/survey.yaml", "my overlay.yaml")
    done = run("my survey", *configuration, repository=clone, cwd=tmp_path)
    assert done.code == 0, done.output
    results = folder / "results"
    assert_empty(results / "a-b.c_1/detections/hopeless/y000x000.parquet", DETECTION)
    assert_empty(results / "a-b.c_1/catalogues/hopeless.parquet", CATALOGUE)
    assert_empty(results / "a-b.c_1/catalogues/components/hopeless.parquet", CATALOGUE)
    reason = "PyBDSF did not end within 0.01 s"
    assert read_metadata(results / "a-b.c_1/detections/hopeless/y000x000.parquet")["reason"] == reason
    assert reason in (results / "report.html").read_text()
    assert len(pd.read_parquet(results / "a-b.c_1/catalogues/peaks.parquet")) > 50


def assert_empty(path, columns):
    """Assert that a table has no rows, and columns of the right types."""
    pd.testing.assert_frame_equal(pd.read_parquet(path), empty(columns))


def test_killed_run_goes_on_to_the_same_catalogues(survey, copy):
    shutil.rmtree(copy / "results/a-b.c_1")
    with started(copy) as (process, jobs, _):
        while "find_pybdsf" not in jobs.read_text():
            assert process.poll() is None
            time.sleep(0.1)
        process.kill()
    assert run(copy, "--unlock").code == 0
    done = run(copy)
    assert done.code == 0, done.output
    for finder in FINDERS:
        place = f"results/a-b.c_1/catalogues/{finder}.parquet"
        resumed, undisturbed = (pd.read_parquet(folder / place) for folder in (copy, survey.folder))
        pd.testing.assert_frame_equal(resumed, undisturbed)
        scores = f"results/a-b.c_1/evaluation/{finder}.csv"
        assert (copy / scores).read_text() == (survey.folder / scores).read_text()
