"""Whatever goes wrong once, the next run ends with the same results as if nothing had happened."""

from __future__ import annotations

import pytest

from workflow.faults.disks import can_mount
from workflow.faults.faults import FAULTS
from workflow.faults.harness import cases, try_fault

pytestmark = pytest.mark.slow

FEW = (
    "kill -9 of a PyBDSF job between its two files",
    "image that becomes unreadable after it was indexed",
    "kill -9 of Snakemake and its jobs while tiles run, as when a machine dies",
    "full disk under the detections of a mosaic",
    "mosaic cut short",
    "index of the tiles (Parquet) cut short by a crash of the machine",
)
"""One of each group, in every `make test`; all of them in `make test-all`."""


@pytest.mark.parametrize("name", cases(FAULTS, FEW))
def test_results_after_a_fault_are_those_of_an_undisturbed_run(survey, tmp_path, name, record_property):
    if FAULTS[name].needs_mount and not can_mount():
        pytest.skip("mounting a disk takes the rights of an administrator")
    outcome = try_fault(FAULTS[name], survey.folder, tmp_path)
    for key, value in {"fault": name, "happened": outcome.happened, "compared": outcome.compared}.items():
        record_property(key, value)
    assert not outcome.problems, "\n".join(outcome.problems)
    assert outcome.compared > 100
