"""A run on one core, in another order, gives the same files to the byte."""

from __future__ import annotations

import os

import pytest

from workflow.faults.comparison import compare
from workflow.runs import run
from workflow.skies import make_survey

pytestmark = pytest.mark.slow


@pytest.fixture
def one_core():
    """This process, and those that it starts, see one core alone."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    yield
    os.sched_setaffinity(0, cores)


@pytest.mark.exhaustive
def test_one_core_gives_the_same_bytes_as_two(survey, tmp_path, one_core):
    folder = make_survey(tmp_path / "survey")
    done = run(folder, "--cores", "1", "--prioritize", "results/hard/patches.parquet", figures=True)
    assert done.code == 0, done.output
    assert sorted(done.jobs) == sorted(survey.full_run.jobs)
    assert done.jobs != survey.full_run.jobs
    n_files, differences = compare(folder / "results", survey.folder / "results")
    assert differences == [] and n_files > 100
