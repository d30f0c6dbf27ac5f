"""A survey through profiles/slurm gives what one machine gives, with jobs of the right size and place."""

from __future__ import annotations

import csv
import re
from io import StringIO
from pathlib import Path

import pytest

from radiofind.workflow.job_counts import read_status
from slurm.settings import GPU_NODES
from workflow.faults.comparison import compare
from workflow.runs import Run, copy_of, run
from workflow.skies import SHEET, make_survey, write_sheet

pytestmark = pytest.mark.slow

MOSAICS = ("strip", "broken")
"""With them alone, most rules still run; each job takes some seconds of SLURM's own."""
BESIDE_SNAKEMAKE = {"all", "index_tiles"}
"""Rules whose jobs SLURM does not get."""
NETWORKS = {"train_convosource", "find_convosource"}
COLUMNS = ("State", "Partition", "NodeList", "AllocCPUS", "AllocTRES", "Comment")


@pytest.fixture
def small_survey(tmp_path):
    """The survey of all tests with two of its mosaics."""
    folder = make_survey(tmp_path / "survey")
    rows = [row for row in SHEET.strip().splitlines() if row.split()[0] in ("mosaic", *MOSAICS)]
    write_sheet(folder / "sheet.tsv", "\n".join(rows))
    return folder


def accounted_jobs(cluster, there: Run) -> list[dict[str, str]]:
    """Return what the accounting tells of the jobs of a run."""
    name = re.search(r"SLURM run ID: (\S+)", there.log)[1]
    asked = ("--allocations", "--parsable2", f"--name={name}", f"--format={','.join(COLUMNS)}")
    told = cluster.call("sacct", *asked)
    return [job | {"rule": rule_of(job)} for job in csv.DictReader(StringIO(told), delimiter="|")]


def rule_of(job: dict[str, str]) -> str:
    """Return the rule of a job by its comment."""
    return re.match(r"rule_(\w+?)(?:_wildcards_|$)", job["Comment"])[1]


@pytest.mark.exhaustive
def test_results_are_those_of_one_machine(cluster, small_survey, tmp_path):
    here = copy_of(small_survey, tmp_path / "here")
    there, expected = run(small_survey, place=cluster), run(here, apart=None)
    assert there.code == expected.code == 0, there.output
    assert sorted(there.jobs) == sorted(expected.jobs)
    n_files, differences = compare(small_survey / "results", here / "results")
    assert differences == [] and n_files > 50
    jobs = accounted_jobs(cluster, there)
    rules = [job.split()[0] for job in there.jobs]
    assert sorted(job["rule"] for job in jobs) == sorted(
        rule for rule in rules if rule not in BESIDE_SNAKEMAKE
    )
    assert {job["State"] for job in jobs} == {"COMPLETED"}
    check_place_of_networks(jobs, small_survey / "logs")
    check_threads(jobs)
    check_efficiency_report(small_survey / "logs/efficiency", len(jobs))


def test_merging_and_matching_on_further_jobs_gives_the_same(cluster, survey, tmp_path):
    folder = copy_of(survey.folder, tmp_path / "copy")
    targets = [f"results/{name}/peaks.parquet" for name in ("strip/catalogues", "strip/matches", "survey")]
    for path in targets:
        (folder / path).unlink()
    overlay = tmp_path / "dask.yaml"
    overlay.write_text("dask: {cluster: slurm, jobs: 1, cores: 1, memory_gb: 1, interface: lo}")
    files = ("--configfile", folder / "survey.yaml", overlay)
    done = run(folder, *files, "--", *targets, place=cluster)
    assert done.code == 0, done.output
    rules = ["merge_detections", "tune_cuts", "match_catalogue", "merge_survey"]
    assert sorted(job.split()[0] for job in done.jobs) == sorted(rules)
    for path in targets:
        assert (folder / path).read_bytes() == (survey.folder / path).read_bytes()
    status = read_status(folder)
    assert status.record.planned == "some" and status.record.used_now > 0 and status.total.is_complete
    for job in ("merge_detections/strip/peaks", "match_catalogue/strip/peaks", "merge_survey/peaks"):
        assert "Dask on 1 jobs of SLURM" in (folder / f"logs/{job}.log").read_text()


def check_place_of_networks(jobs: list[dict[str, str]], logs: Path) -> None:
    """Networks, and nothing else, hold a GPU; without one that works, they say so and take the CPU."""
    for job in jobs:
        has_gpu = "gres/gpu=1" in job["AllocTRES"]
        assert has_gpu == (job["rule"] in NETWORKS), job
        assert has_gpu == (job["Partition"] == "gpu") == (job["NodeList"] in GPU_NODES), job
    for rule in NETWORKS:
        for log in (logs / rule).rglob("*.log"):
            assert re.search(r"the network runs on the CPU .*there is no GPU", log.read_text()), log


def check_threads(jobs: list[dict[str, str]]) -> None:
    """A job has as many cores as its rule asks for, however few the machine of Snakemake has."""
    (cores,) = (job["AllocCPUS"] for job in jobs if job["rule"] == "record_provenance")
    assert int(cores) == 4


def check_efficiency_report(folder: Path, n_jobs: int) -> None:
    """The table of efficiency has the columns of docs/cluster.md, and a row for each job."""
    (report,) = folder.glob("efficiency_report_*.csv")
    rows = list(csv.DictReader(report.open()))
    named = {"RuleName", "Elapsed_sec", "NCPUS", "CPU Efficiency (%)", "MaxRSS_MB", "RequestedMem_MB"}
    assert named | {"Memory Usage (%)"} <= set(rows[0])
    assert len(rows) == n_jobs
