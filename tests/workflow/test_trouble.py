"""Mistakes are told at once, and finders that fail cost only their own sources. For faults see faults/."""

from __future__ import annotations

import re

import pandas as pd
import pytest
import yaml

from radiofind.catalogues.block_tables import read_notes
from radiofind.catalogues.columns import CATALOGUE, COMPONENT, DETECTION, empty
from radiofind.workflow.job_counts import read_status
from workflow.cases import cases
from workflow.runs import run
from workflow.skies import CONFIGURATION, make_survey, write_sheet

pytestmark = pytest.mark.slow

MISTAKES = {
    "unknown key": ("mine.yaml", "match:\n  radius: 3\n", "line 2: match.radius"),
    "wrong value": ("mine.yaml", "tiling:\n  core_pixels: 120\n", "line 2: tiling.core_pixels"),
    "wrong name": ("sheet.tsv", "mosaic\timage\n../a\tdata/strip.fits\n", "line 2, column mosaic"),
    "no file": ("sheet.tsv", "mosaic\timage\n\na\tdata/gone.fits\n", "line 3, column image"),
    "unknown column": ("sheet.tsv", "mosaic\timage\tbeem\na\tdata/strip.fits\t\n", "line 1, column beem"),
}


FEW = ("unknown key", "unknown column")
"""In every `make test`; how all others are told is tested in unit/workflow/config."""


@pytest.mark.parametrize("name", cases(MISTAKES, FEW))
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
    """And the run ends with an error, being strict, once all is made.

    Also: all folders have a space in their names, and the configuration lies elsewhere.
    """
    folder = make_survey(tmp_path / "my survey")
    write_sheet(folder / "my sheet.tsv", "mosaic simulate\na-b.c_1 sky")
    finders = CONFIGURATION["finders"] | {"hopeless": {"kind": "pybdsf", "time_limit_s": 0.01}}
    overlay = {
        "mosaics": "my sheet.tsv",
        "finders": finders,
        "find_with": ["hopeless", "peaks"],
        "strict": True,
    }
    (tmp_path / "my overlay.yaml").write_text(yaml.safe_dump(overlay))
    configuration = ("--configfile", "my survey/survey.yaml", "my overlay.yaml")
    done = run("my survey", *configuration, repository=clone, cwd=tmp_path)
    assert done.code == 1, done.output
    assert "find_pybdsf a-b.c_1 hopeless y000x000 in quarantine: PyBDSF" in done.output
    assert re.search("strict.*1 tile", done.output.splitlines()[-1])
    results = folder / "results"
    assert_empty(results / "a-b.c_1/detections/hopeless/y000x000.parquet", DETECTION)
    assert_empty(results / "a-b.c_1/catalogues/hopeless.parquet", CATALOGUE)
    assert_empty(results / "a-b.c_1/catalogues/components/hopeless.parquet", COMPONENT)
    reason = "PyBDSF did not end within 0.01 s"
    (note,) = read_notes(results / "a-b.c_1/detections/hopeless/y000x000.parquet")
    assert (note.reason, note.failed) == (reason, True)
    assert reason in (results / "report.html").read_text()
    (quarantined,) = pd.read_csv(results / "quarantine.csv").to_dict("records")
    assert [quarantined[key] for key in ("mosaic", "tile", "finder")] == ["a-b.c_1", "y000x000", "hopeless"]
    assert quarantined["reason"] == reason
    assert (folder / quarantined["log"]).is_file()
    (note,) = read_status(folder).quarantined
    assert (folder / note).read_text() == f"{reason}\n"
    assert len(pd.read_parquet(results / "a-b.c_1/catalogues/peaks.parquet")) > 50


def assert_empty(path, columns):
    """Assert that a table has no rows, and columns of the right types."""
    pd.testing.assert_frame_equal(pd.read_parquet(path), empty(columns))
