"""What is done follows the files; what is running or failed, the record of the runs."""

import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest

from radiofind.jobs.retries import QUARANTINED
from radiofind.workflow.job_counts import Counts, read_status, unreadable_mosaics
from radiofind.workflow.job_record import Jobs, Writer

TILES = ("y000x000", "y000x001", "y000x002")
NOISE = "results/m/noise"
DETECTIONS = "results/m/detections/peaks"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def writer():
    return Writer()


def noise_jobs(to_run=()):
    names = tuple(f"{tile}.fits" for tile in TILES)
    return Jobs("measure_noise", "m", NOISE, names, tuple(f"{tile}.fits" for tile in to_run))


def make(*paths):
    for path in map(Path, paths):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def end_job(writer, output, rule="measure_noise", core_seconds=36.0):
    writer.start(output, "logs/x.log")
    make(output)
    writer.done(output, rule=rule, mosaic="m", core_seconds=core_seconds)


def counts(stage="noise", mosaic="m"):
    return read_status(Path()).counts[mosaic, stage]


def test_job_is_done_while_its_output_is_there(writer):
    writer.plan("all", [noise_jobs(TILES)])
    for tile in TILES:
        end_job(writer, f"{NOISE}/{tile}.fits")
    assert counts() == Counts(jobs=3, done=3, core_hours=0.03)
    Path(f"{NOISE}/{TILES[0]}.fits").unlink()
    assert counts() == Counts(jobs=3, done=2, core_hours=0.03)


def test_old_output_of_a_job_that_will_run_again_is_not_done(writer):
    make(*(f"{NOISE}/{tile}.fits" for tile in TILES))
    writer.plan("all", [noise_jobs(TILES[:1])])
    assert counts().done == 2
    end_job(writer, f"{NOISE}/{TILES[0]}.fits")
    assert counts().done == 3


def test_jobs_that_started_or_failed_are_counted_until_they_end_well(writer):
    writer.plan("all", [noise_jobs(TILES)])
    for tile in TILES[:2]:
        writer.start(f"{NOISE}/{tile}.fits", f"logs/measure_noise/m/{tile}.log")
    writer.fail(f"{NOISE}/{TILES[1]}.fits")
    status = read_status(Path())
    assert status.total == Counts(jobs=3, started=1, failed=1)
    assert status.failed == [(f"{NOISE}/{TILES[1]}.fits", f"logs/measure_noise/m/{TILES[1]}.log")]
    assert [log for _, log in status.started] == [f"logs/measure_noise/m/{TILES[0]}.log"]
    for tile in TILES:
        end_job(writer, f"{NOISE}/{tile}.fits")
    assert read_status(Path()).total.is_complete
    assert read_status(Path()).failed == read_status(Path()).started == []


@pytest.mark.parametrize("block", [TILES[0], "y000x000-1x2"])
def test_tile_is_in_quarantine_while_the_output_of_its_job_is_there(writer, block):
    names = (f"{block}.parquet", f"{TILES[2]}.parquet")
    writer.plan("all", [Jobs("find_peaks", "m", DETECTIONS, names, ())])
    make(*(f"{DETECTIONS}/{name}" for name in names), f"{DETECTIONS}/{TILES[0]}.parquet{QUARANTINED}")
    assert counts("peaks") == Counts(jobs=2, done=2, quarantined=1)
    assert read_status(Path()).quarantined == [f"{DETECTIONS}/{TILES[0]}.parquet{QUARANTINED}"]
    Path(f"{DETECTIONS}/{block}.parquet").unlink()
    assert counts("peaks") == Counts(jobs=2, done=1)


def test_stages_have_their_order_and_rules_without_a_stage_stand_for_themselves(writer):
    jobs = [
        Jobs("own_rule", "", "results", ("own.txt",), ()),
        Jobs("write_report", "", "results", ("report.html",), ()),
        Jobs("find_peaks", "m", DETECTIONS, ("a.parquet",), ()),
        noise_jobs(),
        Jobs("summarise_noise", "m", "results/m", ("patches.parquet",), ()),
    ]
    writer.plan("all", jobs)
    status = read_status(Path())
    assert {stage: one.jobs for stage, one in status.stages.items()} == {
        "noise": 4,
        "peaks": 1,
        "report": 1,
        "own_rule": 1,
    }
    assert list(status.stages) == ["noise", "peaks", "report", "own_rule"]
    assert {mosaic: one.jobs for mosaic, one in status.mosaics.items()} == {"m": 5}


def change_run_line(**values):
    """Change host or process of the last run."""
    (path,) = Path("logs/runs").iterdir()
    lines = path.read_text().splitlines(keepends=True)
    columns = dict(zip(("kind", "when", "host", "process"), lines[0].split("\t"), strict=True))
    lines[0] = "\t".join((columns | values).values()).rstrip() + "\n"
    path.write_text("".join(lines))


@contextmanager
def program(*arguments):
    """Yield the number of a Python program that does nothing, in text, once it has begun."""
    command = [sys.executable, "-c", "print(flush=True); input()", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        try:
            yield str(process.pid)
        finally:
            process.kill()


def test_run_is_alive_until_it_ends_or_is_killed(writer):
    writer.plan("all", [noise_jobs()])
    with program("snakemake") as snakemake, program() as other:
        change_run_line(process=snakemake)
        assert read_status(Path()).is_alive is True
        change_run_line(process=other)  # another program has its number by now
        assert read_status(Path()).is_alive is False
        change_run_line(process=snakemake)
    assert read_status(Path()).is_alive is False
    change_run_line(host=f"not-{socket.gethostname()}")
    assert read_status(Path()).is_alive is None
    writer.close()
    assert read_status(Path()).is_alive is False


def test_mosaic_that_cannot_be_read_is_left_out_with_its_reason(writer):
    first = Jobs("fingerprint_mosaic", "m", "results/m", ("fingerprints.parquet",), ())
    broken = first._replace(mosaic="broken", folder="results/broken")
    writer.plan("all", [first, broken, noise_jobs()])
    assert unreadable_mosaics(read_status(Path()), Path()) == {}
    rows = [("m", TILES[0], "live", ""), ("broken", "", "unreadable", "no FITS image")]
    Path("results").mkdir()
    table = pd.DataFrame(rows, columns=["mosaic", "tile", "state", "reason"])
    table.to_parquet("results/tiles.parquet")
    assert unreadable_mosaics(read_status(Path()), Path()) == {"broken": "no FITS image"}
    Path("results/tiles.parquet").write_bytes(b"PAR1")
    assert unreadable_mosaics(read_status(Path()), Path()) == {}
