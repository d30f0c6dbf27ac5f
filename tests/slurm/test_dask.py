"""Dask workers that are jobs of SLURM make the same catalogue, whatever becomes of the jobs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from slurm.merge_on_dask import HURRY
from workflow.runs import REPOSITORY

pytestmark = pytest.mark.slow

PROGRAM = Path(__file__).with_name("merge_on_dask.py")
NAME = "dask"
"""Name of the jobs when they are asked for outside of any job."""
SETTINGS = {
    **{"cluster": "slurm", "threads": 1, "jobs": 2, "cores": 1, "memory_gb": 1, "walltime_min": 10},
    **{"account": None, "partition": None, "interface": "lo", "options": []},
}
LIMIT_S = 300


@pytest.fixture
def within(cluster) -> tuple[str, ...]:
    """Return what must stand before a command so that it finds the SLURM of the tests."""
    return cluster.within


@pytest.fixture
def started(within, tmp_path):
    """Return a function that starts a merge; it ends with the test, and so do its jobs."""
    running = []

    def start(seconds: float = 0.05, **changes: object) -> subprocess.Popen:
        command = [*within, "env", f"--chdir={tmp_path}", sys.executable, PROGRAM, tmp_path, f"{seconds}"]
        process = subprocess.Popen(
            [*command, json.dumps(SETTINGS | changes)],
            env=os.environ | {"PYTHONPATH": str(REPOSITORY / "scripts")},
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.wait()
    subprocess.run([*within, "scancel", f"--name={NAME}"], check=True)


@pytest.fixture
def jobs(within) -> Callable[..., list[str]]:
    """Return a function that lists the Dask jobs in a state."""

    def listed(state: str = "PENDING,RUNNING") -> list[str]:
        command = [*within, "squeue", "--noheader", f"--name={NAME}", f"--states={state}", "--format=%i"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()

    return listed


@pytest.fixture(scope="module")
def expected(tmp_path_factory) -> bytes:
    """The catalogue that a worker inside the job makes."""
    folder = tmp_path_factory.mktemp("expected")
    command = [sys.executable, PROGRAM, folder, "0", json.dumps({"cluster": "local", "threads": 4})]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY / "scripts")}
    subprocess.run(command, cwd=folder, env=environment, check=True)
    return (folder / "catalogue.parquet").read_bytes()


def readers(folder: Path) -> list[str]:
    """Return the jobs that have read tiles, one for each reading."""
    path = folder / "readers"
    return [line.split()[0] for line in path.read_text().splitlines()] if path.exists() else []


def wait_until(process: subprocess.Popen, holds: Callable[[], bool]) -> None:
    """Wait while a merge runs, until something holds."""
    end = time.monotonic() + LIMIT_S
    while not holds():
        assert process.poll() is None, "the merge has ended"
        assert time.monotonic() < end, "nothing has happened"
        time.sleep(0.1)


def assert_whole(process: subprocess.Popen, folder: Path, expected: bytes) -> str:
    """Wait for the end of a merge, and return its log when the catalogue is as it should be."""
    code = process.wait(LIMIT_S)
    log = (folder / "merge.log").read_text()
    assert code == 0, log
    assert (folder / "catalogue.parquet").read_bytes() == expected
    return log


def test_a_job_that_is_cancelled_is_replaced_and_nothing_is_lost(within, started, jobs, tmp_path, expected):
    process = started(seconds=1.5, jobs=1)
    wait_until(process, lambda: set(readers(tmp_path)) - {"own"})
    (first,) = set(readers(tmp_path)) - {"own"}
    subprocess.run([*within, "scancel", first], check=True)
    wait_until(process, lambda: (others := jobs()) and first not in others)
    (tmp_path / HURRY).touch()
    log = assert_whole(process, tmp_path, expected)
    assert "lost 1 Dask workers" in log
    assert not jobs()
    keys = [path.name for path in (tmp_path / "logs/dask").glob(".*")]
    assert keys == []


def test_jobs_that_never_start_are_not_waited_for(started, jobs, tmp_path, expected):
    process = started(options=["--hold"])
    wait_until(process, lambda: len(jobs("PENDING")) == 2)
    assert_whole(process, tmp_path, expected)
    assert set(readers(tmp_path)) == {"own"}
    assert not jobs()


def test_what_sbatch_refuses_is_told(started, tmp_path):
    process = started(partition="nowhere")
    assert process.wait(LIMIT_S) != 0
    log = (tmp_path / "merge.log").read_text()
    assert "invalid partition specified: nowhere" in log
    assert "\nValueError: dask: " in log and "sbatch" in log
    assert not (tmp_path / "catalogue.parquet").exists()


def test_the_jobs_of_a_merge_that_is_killed_end(started, jobs, tmp_path):
    process = started(seconds=0.5)
    wait_until(process, lambda: set(readers(tmp_path)) - {"own"})
    process.kill()
    process.wait()
    end = time.monotonic() + LIMIT_S
    while jobs():
        assert time.monotonic() < end
        time.sleep(1)
    assert not (tmp_path / "catalogue.parquet").exists()


def test_jobs_bear_the_name_of_the_job_that_asks_for_them(within, tmp_path):
    program = f"{sys.executable} {PROGRAM} {tmp_path} 0.5 '{json.dumps(SETTINGS)}'"
    text = f"#!/bin/sh\nexport PYTHONPATH='{REPOSITORY / 'scripts'}'\nsrun -n1 {program}\n"
    (tmp_path / "job.sh").write_text(text)
    command = [*within, "env", f"--chdir={tmp_path}", "sbatch", "--wait", "--job-name=run-1", "--mem=2000"]
    process = subprocess.Popen([*command, "job.sh"])
    asked = [*within, "squeue", "--noheader", "--name=run-1", "--format=%k"]
    comments = set()
    while process.poll() is None and "dask" not in comments:
        comments |= set(subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split())
        time.sleep(0.2)
    subprocess.run([*within, "scancel", "--name=run-1"], check=True)
    assert process.wait(LIMIT_S) != 0
    assert "dask" in comments
