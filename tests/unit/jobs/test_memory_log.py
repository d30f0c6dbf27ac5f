"""A job logs its peak memory, also when the peak falls between two samples of Snakemake."""

import math
import os
import subprocess
import sys

import pytest

from radiofind.workflow.job_costs import costs_of

JOB = """
import subprocess, sys
from radiofind.jobs.job_log import log_to
from radiofind.jobs.memory_log import log_peak_of_program
log_to(sys.argv[1])
held = bytearray({own} << 20)
del held
subprocess.run([sys.executable, "-c", "held = bytearray({child} << 20)"])
if {child}:
    log_peak_of_program("Child")
"""
COLUMNS = ("s", "max_rss", "cpu_time", "resources")
RESOURCES = "{'_cores': 1, 'mem_mb': 700, 'mem_mib': 668, 'runtime': 20, 'tmpdir': '/tmp'}"


def run_job(folder, *, own=0, child=0, sampled="21.5"):
    """Return the cost of a job that, like a child of it, allocates a number of MiB."""
    log = folder / "logs/find/a.b/c.d.log"
    benchmark = folder / "benchmarks/find/a.b/c.d.tsv"
    for path in (log, benchmark):
        path.parent.mkdir(parents=True, exist_ok=True)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    program = JOB.format(own=own, child=child)
    subprocess.run([sys.executable, "-c", program, str(log)], env=environment, check=True)
    row = ("4.0", sampled, "2.0", RESOURCES)
    benchmark.write_text("\n".join("\t".join(line) for line in (COLUMNS, row)) + "\n")
    (cost,) = costs_of(folder)
    return cost


def test_freed_memory_counts(tmp_path):
    nothing, much = run_job(tmp_path).peak_mib, run_job(tmp_path, own=200).peak_mib
    assert 195 < much - nothing < 230


def test_memory_of_a_program_counts(tmp_path):
    nothing, much = run_job(tmp_path).peak_mib, run_job(tmp_path, child=300).peak_mib
    assert 300 < much - nothing < 340


def test_memory_is_not_that_of_the_process_that_starts_the_job(tmp_path):
    held = bytearray(300 << 20)
    assert run_job(tmp_path).peak_mib < 200
    assert len(held)


def test_cost_has_requested_and_used_resources(tmp_path):
    cost = run_job(tmp_path)
    assert (cost.rule, cost.job) == ("find", "a.b/c.d")
    assert (cost.seconds, cost.processor_seconds, cost.sampled_mib) == (4, 2, 21.5)
    assert (cost.asked_mib, cost.asked_seconds) == (700, 1200)
    assert cost.time_ratio == 300 and cost.memory_ratio == 700 / cost.peak_mib


def test_job_that_snakemake_never_sampled_has_a_cost(tmp_path):
    cost = run_job(tmp_path, sampled="NA")
    assert math.isnan(cost.sampled_mib) and cost.peak_mib > 0


def test_log_without_its_last_line_is_an_error(tmp_path):
    run_job(tmp_path)
    log = tmp_path / "logs/find/a.b/c.d.log"
    log.write_text("INFO radiofind.jobs.job_log: started\n")
    with pytest.raises(ValueError, match=r"c\.d\.log.*memory"):
        list(costs_of(tmp_path))
