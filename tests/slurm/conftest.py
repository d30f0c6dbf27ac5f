"""A SLURM for each worker of pytest-xdist: what one test does to it must not disturb another."""

from __future__ import annotations

import os

import pytest

from slurm.cluster import NoSlurm, started_cluster
from workflow import conftest as of_workflow

survey = of_workflow.survey
NEEDED = "RADIOFIND_NEEDS_SLURM"
"""Variable that makes a failure of what would be skipped."""


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """A SLURM of four nodes, one of which has a GPU of sorts."""
    try:
        with started_cluster(tmp_path_factory.mktemp("slurm") / "state") as running:
            yield running
    except NoSlurm as reason:
        tell = pytest.fail if os.environ.get(NEEDED) == "1" else pytest.skip
        tell(f"no SLURM: {reason}")
