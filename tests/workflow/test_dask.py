"""Where Dask runs is told in the configuration, changes no result and lets nothing run again."""

from __future__ import annotations

import pytest

from workflow.faults.comparison import compare
from workflow.runs import planned, run

pytestmark = pytest.mark.slow

RULES = ("merge_detections", "merge_components", "match_catalogue")
"""The rules whose work Dask does."""


def test_another_cluster_lets_nothing_run_again(copy):
    assert planned(copy, "--config", "dask={cluster: slurm, jobs: 2, account: astro}") == set()


def test_processes_make_the_same_bytes_as_threads(survey, copy):
    threads = [f"{rule}=2" for rule in RULES]
    options = ["--config", "dask={cluster: processes}", "--set-threads", *threads]
    done = run(copy, *options, "--forcerun", *RULES, "--until", *RULES)
    assert done.code == 0, done.output
    expected = [job for job in survey.full_run.jobs if job.split()[0] in RULES]
    assert sorted(done.jobs) == sorted(expected) and expected
    n_files, differences = compare(copy / "results", survey.folder / "results")
    assert differences == [] and n_files > 100
