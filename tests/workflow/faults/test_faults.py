"""Whatever goes wrong once, the next run ends with the same results as if nothing had happened."""

from __future__ import annotations

import pytest

from workflow.faults.disks import can_mount
from workflow.faults.faults import FAULTS
from workflow.faults.harness import try_fault
from workflow.faults.together import SHARED_RUNS, together

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("run", SHARED_RUNS)
def test_results_after_faults_of_several_kinds_are_those_of_an_undisturbed_run(survey, tmp_path, run):
    faults = [fault for fault in SHARED_RUNS[run] if can_mount() or not fault.needs_mount]
    outcome = try_fault(together(faults), survey.folder, tmp_path)
    assert not outcome.problems, "\n".join(outcome.problems)
    assert outcome.compared > 100


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", FAULTS)
def test_results_after_a_fault_are_those_of_an_undisturbed_run(survey, tmp_path, name, record_property):
    if FAULTS[name].needs_mount and not can_mount():
        pytest.skip("mounting a disk takes the rights of an administrator")
    outcome = try_fault(FAULTS[name], survey.folder, tmp_path)
    for key, value in {"fault": name, "happened": outcome.happened, "compared": outcome.compared}.items():
        record_property(key, value)
    assert not outcome.problems, "\n".join(outcome.problems)
    assert outcome.compared > 100
