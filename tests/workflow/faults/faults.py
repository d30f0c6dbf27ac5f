"""The faults that the workflow must survive."""

from __future__ import annotations

from workflow.faults.file_faults import DAMAGED_RESULTS, INPUTS
from workflow.faults.job_faults import KILLED_JOBS, LIMITS
from workflow.faults.run_faults import DISKS, STOPPED_RUNS

FAULTS = {
    fault.name: fault
    for group in (KILLED_JOBS, LIMITS, STOPPED_RUNS, DISKS, INPUTS, DAMAGED_RESULTS)
    for fault in group
}
"""By name."""
