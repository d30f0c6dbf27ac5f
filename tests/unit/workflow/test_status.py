"""`make status` says at a glance how far a run is, also of many mosaics, and quickly of many tiles."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from radiofind.workflow.job_record import Jobs, Writer
from radiofind.workflow.status import MOST_MOSAICS, main

SCRIPTS = Path(__file__).parents[3] / "scripts"
SLOW_LOOP = "x = 0\nfor i in range(10_000_000): x += i"
"""Takes about half a second on a machine that does nothing else."""
STAGES = {"measure_noise": "noise", "find_pybdsf": "detections/pybdsf", "find_peaks": "detections/peaks"}


@pytest.fixture
def writer(tmp_path):
    return Writer(tmp_path)


@pytest.fixture
def show(tmp_path, capsys):
    def show(*arguments):
        main([str(tmp_path), *arguments])
        return capsys.readouterr().out

    return show


def one_job(mosaic):
    return Jobs("find_peaks", mosaic, f"results/{mosaic}/detections/peaks", ("y000x000.parquet",), ())


def make(folder, *paths):
    for path in paths:
        if not (folder / path).parent.is_dir():
            (folder / path).parent.mkdir(parents=True)
        (folder / path).touch()


def row_of(shown, name):
    """Return the cells of the first row that starts with a name."""
    return next(line.split() for line in shown.splitlines() if line.split()[:1] == [name])


def test_folder_without_a_run(show, tmp_path):
    assert show() == "Nothing has run here yet.\n"
    (tmp_path / "results").mkdir()
    assert "No run is recorded" in show()


def test_run_that_is_complete(show, writer, tmp_path):
    writer.plan("all", [one_job("m")])
    make(tmp_path, "results/m/detections/peaks/y000x000.parquet")
    writer.close()
    shown = show()
    assert shown.startswith("Complete.")
    assert row_of(shown, "peaks") == ["peaks", "1/1", "0.00"]
    assert "not complete" not in shown


def test_run_that_failed_says_where_and_why(show, writer, tmp_path):
    writer.plan("all", [one_job("m")])
    output, log = "results/m/detections/peaks/y000x000.parquet", "logs/find_peaks/m/peaks/y000x000.log"
    writer.start(output, log)
    writer.fail(output)
    (tmp_path / log).parent.mkdir(parents=True)
    (tmp_path / log).write_text("Traceback (most recent call last):\n  File x\nValueError: too bright\n")
    writer.close()
    shown = show()
    assert "the same command goes on" in shown.splitlines()[0]
    assert row_of(shown, "m") == ["m", "0/1", "1", "0.00", "peaks", "1"]
    assert f"1 job failed:\n  {log}: ValueError: too bright" in shown


def test_run_that_was_killed_says_how_to_go_on(show, writer, tmp_path):
    writer.plan("all", [one_job("m")])
    writer.start("results/m/detections/peaks/y000x000.parquet", "logs/x.log")
    (path,) = (tmp_path / "logs/runs").iterdir()
    path.write_text(path.read_text().replace(f"\t{os.getpid()}\n", "\t999999999\n"))
    shown = show()
    assert shown.startswith("Killed") and "--unlock" in shown
    assert "unfinished" in shown


def test_of_many_mosaics_those_in_trouble_are_shown_first_and_all_on_request(show, writer, tmp_path):
    names = [f"m{number:03d}" for number in range(3 * MOST_MOSAICS)]
    writer.plan("all", map(one_job, names))
    make(tmp_path, f"results/{names[0]}/detections/peaks/y000x000.parquet")
    writer.start(f"results/{names[-2]}/detections/peaks/y000x000.parquet", "logs/x.log")
    writer.fail(f"results/{names[-1]}/detections/peaks/y000x000.parquet")
    listed = [line.split()[0] for line in show().splitlines() if line.startswith("m0")]
    assert listed == [names[-1], names[-2], *names[1 : MOST_MOSAICS - 1]]
    listed = [line.split()[0] for line in show("--all").splitlines() if line.startswith("m0")]
    assert listed == names


def make_survey(folder, *, n_mosaics, n_tiles):
    """Make the record of a run that has searched most tiles, and empty files."""
    tiles = [f"y{number // 50:03d}x{number % 50:03d}" for number in range(n_tiles)]
    writer, names = Writer(folder), tuple(f"{tile}.parquet" for tile in tiles)
    places = {
        (rule, f"m{number}"): f"results/m{number}/{place}"
        for number in range(n_mosaics)
        for rule, place in STAGES.items()
    }
    writer.plan("all", (Jobs(*key, place, names, names) for key, place in places.items()))
    for (rule, mosaic), place in places.items():
        for name in names[:-1]:
            output = f"{place}/{name}"
            writer.start(output, f"logs/{rule}/{mosaic}/{name}.log")
            writer.done(output, rule=rule, mosaic=mosaic, core_seconds=3.6)
    writer.close()
    make(folder, *(f"results/m0/{place}/{name}" for place in STAGES.values() for name in names[:-1]))
    for number in range(1, n_mosaics):
        (folder / f"results/m{number}").symlink_to("m0")  # so many files take long to make


def processor_seconds(code, *arguments):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-c", code, *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(SCRIPTS)}
    output = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, output


def test_twenty_thousand_tiles_are_counted_within_a_second(tmp_path):
    """On a machine of its own; here, in terms of another program at the same time."""
    make_survey(tmp_path, n_mosaics=20, n_tiles=1000)
    code = (
        "import sys; from radiofind.workflow.status import main; main(sys.argv[1:]);"
        "print(*{'pandas', 'pyarrow', 'astropy', 'snakemake'} & sys.modules.keys())"
    )
    seconds, shown = processor_seconds(code, tmp_path)
    assert row_of(shown, "total") == ["total", "59,940/60,000", "59.94"]
    assert shown.endswith("\n\n")  # nothing of what takes long to load was loaded
    unit, _ = processor_seconds(SLOW_LOOP)
    assert seconds < 1.5 * unit
