"""Whatever goes wrong on a cluster, the survey ends with the same results as if nothing had happened."""

from __future__ import annotations

import pytest

from slurm.slurm_faults import FAULTS
from workflow.cases import cases
from workflow.faults.harness import try_fault

pytestmark = pytest.mark.slow

FEW = ("job cancelled with scancel",)
"""In every `make test`; all of them in `make test-all`."""


@pytest.mark.parametrize("name", cases(FAULTS, FEW))
def test_results_after_a_fault_of_the_cluster_are_those_of_an_undisturbed_run(
    cluster, survey, tmp_path, name, record_property
):
    outcome = try_fault(FAULTS[name], survey.folder, tmp_path, cluster)
    for key, value in {"fault": name, "happened": outcome.happened, "compared": outcome.compared}.items():
        record_property(key, value)
    assert not outcome.problems, "\n".join(outcome.problems)
    assert outcome.compared > 100
