"""One full run of a small survey, shared by the tests; those that change it work on a copy."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from workflow.runs import Run, clone_of, copy_of, folder_of_all_workers, run
from workflow.skies import make_survey


@dataclass(frozen=True)
class Survey:
    """A survey and the run that made it."""

    folder: Path
    """Where it lies; not to be changed."""
    full_run: Run
    """The run, from nothing."""


@pytest.fixture(scope="session")
def survey(tmp_path_factory):
    """The survey after a full run, made by the first worker that asks."""
    with folder_of_all_workers(tmp_path_factory) as shared:
        folder, record = shared / "survey", shared / "full_run.json"
        if not record.exists():
            done = run(make_survey(folder), "--benchmark-extended", figures=True)
            record.write_text(json.dumps(asdict(done)))
    full_run = Run(**json.loads(record.read_text()))
    assert full_run.code == 0, full_run.output
    return Survey(folder, full_run)


@pytest.fixture
def copy(survey, tmp_path):
    """A copy of the survey after a full run, for one test to change."""
    return copy_of(survey.folder, tmp_path / "copy")


@pytest.fixture(scope="session")
def clone(tmp_path_factory):
    """A fresh clone of this checkout, in a folder with a space in its name."""
    return clone_of(tmp_path_factory.mktemp("workflow") / "radio find")
