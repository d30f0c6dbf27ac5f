"""The record of a run lists what it made and of what, and whatever has changed since is named."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from radiofind.workflow.inventory import RECORD, Difference, differences, files_in, read_record
from workflow.jobs import SURVEY_WIDE, survey_jobs
from workflow.runs import REPOSITORY, planned, run
from workflow.skies import FINDERS, SHEET, write_sheet

pytestmark = pytest.mark.slow

GIVEN = {"sheet.tsv", *(f"data/{name}" for name in ("strip.fits", "strip_beam.fits", "strip.txt"))}
GIVEN |= {"data/hard.fits", "data/broken.fits"}


def verify(folder):
    """Run `make verify` and return its exit code and what it says."""
    command = [
        "make",
        "-s",
        "-o",
        "setup",
        "verify",
        f"BIN={Path(sys.executable).parent}",
        f"FOLDER={folder}",
    ]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def flip_a_bit(path):
    """Damage a file as a disk does, without a trace in its time."""
    content, time = bytearray(path.read_bytes()), path.stat().st_mtime_ns
    content[-1] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(time, time))


def test_every_file_is_recorded_with_the_job_that_wrote_it(survey):
    record = read_record(survey.folder / RECORD)
    assert set(record["inputs"]) == GIVEN
    assert list(record["outputs"]) == files_in(survey.folder)
    assert record["leftover"] == {}
    for path, entry in record["outputs"].items():
        assert entry["host"] == socket.gethostname()
        assert entry["started"] < entry["written"] < record["recorded"]
        assert f"wrote {path}\n" in (survey.folder / entry["log"]).read_text()


def test_record_is_made_last_and_after_all_targets(survey):
    assert survey.full_run.jobs[-2:] == ["record_provenance", "all"]
    targets, inputs = (
        set(re.findall(r"^        (\w+)=", re.search(r"    input:\n((?: {8}.*\n)+)", text)[1], re.MULTILINE))
        for text in (
            (REPOSITORY / "Snakefile").read_text(),
            (REPOSITORY / "rules/provenance.smk").read_text(),
        )
    )
    assert targets - {"fingerprints", "provenance"} == inputs - {"given"}


def test_verify_names_what_has_changed(survey, copy):
    recorded = read_record(copy / RECORD)
    n_files = len(recorded["inputs"]) + len(recorded["outputs"])
    assert verify(copy) == (0, f"{n_files} files, as recorded on {recorded['recorded']}\n")
    flip_a_bit(copy / "results/strip/noise/y000x001.fits")
    (copy / "results/a-b.c_1/catalogues/peaks.fits").unlink()
    (copy / "results/new.txt").touch()
    flip_a_bit(copy / "data/strip.fits")
    code, said = verify(copy)
    assert code != 0
    assert [line.split("  ")[0] for line in said.splitlines()[:-1]] == [
        "input changed",
        "missing",
        "not listed",
        "changed",
    ]
    for path in (
        "data/strip.fits",
        "results/new.txt",
        "noise/y000x001.fits",
        "results/a-b.c_1/catalogues/peaks",
    ):
        assert said.count(path) == 1
    (copy / RECORD).write_text((copy / RECORD).read_text()[:1000])
    assert verify(copy)[1] == "" and verify(copy)[0] != 0


def test_input_that_no_job_reads_makes_a_new_record(copy):
    with (copy / "sheet.tsv").open("a") as sheet:
        sheet.write("# a comment\n")
    assert planned(copy) == {"record_provenance", "all"}


def test_new_record_tells_left_over_files_and_hides_no_damage(copy):
    """A mosaic is removed from the sheet; meanwhile a disk has damaged a file, and the logs are lost."""
    before = read_record(copy / RECORD)
    damaged = "results/strip/detections/peaks/y000x001.parquet"
    flip_a_bit(copy / damaged)
    for rule in ("measure_noise", "index_tiles"):
        shutil.rmtree(copy / f"logs/{rule}")
    write_sheet(copy / "sheet.tsv", "\n".join(line for line in SHEET.splitlines() if "a-b.c_1" not in line))
    done = run(copy)
    assert done.code == 0, done.output
    gathered = SURVEY_WIDE.union({"index_tiles", "map_coverage"}, *map(survey_jobs, FINDERS))
    assert {"index_tiles", "record_provenance"} <= set(done.jobs) <= gathered
    record = read_record(copy / RECORD)
    of_survey = ("results/survey/rms/a-b.c_1.", "results/survey/coverage/a-b.c_1.")
    assert set(record["leftover"]) == {
        path
        for path in before["outputs"]
        if path.startswith(("results/a-b.c_1/", *of_survey, "results/simulations/sky/"))
    }
    noise = {
        path: entry for path, entry in record["outputs"].items() if "/noise/" in path or "/tiles/" in path
    }
    assert noise.items() <= before["outputs"].items()
    assert differences(record, copy) == [Difference(damaged, "changed")]


def test_failed_record_is_made_anew(copy):
    """What Snakemake keeps of a job that failed must not pass for its result."""
    with (copy / "sheet.tsv").open("a") as sheet:
        sheet.write("# a comment\n")
    state = copy / "logs/record_provenance/record_provenance.json"
    state.unlink()
    state.mkdir()
    failed = run(copy, "--retries", "0")
    assert failed.code != 0 and failed.jobs == ["record_provenance"]
    state.rmdir()
    assert planned(copy) == {"record_provenance", "all"}
