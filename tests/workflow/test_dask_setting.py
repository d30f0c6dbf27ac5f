"""Where Dask runs is told in the configuration, and lets nothing run again."""

from __future__ import annotations

import pytest

from workflow.runs import planned

pytestmark = pytest.mark.slow


def test_another_cluster_lets_nothing_run_again(copy):
    overlay = copy / "dask.yaml"
    overlay.write_text("dask: {cluster: slurm, jobs: 2, account: astro}")
    assert planned(copy, "--configfile", copy / "survey.yaml", overlay) == set()
