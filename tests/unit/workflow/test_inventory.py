"""Whatever has changed in a results folder since it was recorded is named, and nothing else is."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from radiofind.files import write_json
from radiofind.workflow.inventory import RECORD, Difference, differences, files_in, main, read_record
from radiofind.workflow.run_record import Scope, record_inventory

TABLE, REPORT, OLD, IMAGE = "results/a/noise.fits", "results/report.html", "results/old.csv", "data/a.fits"
SCOPE = Scope(["results/report.html", "results/{mosaic}/noise.fits"], {"mosaic": ["a"]}, {})


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with results of a run and the record of them."""
    monkeypatch.chdir(tmp_path)
    for path in (TABLE, REPORT, OLD, IMAGE, "sheet.tsv"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(path.encode() * 1000)
    found = record_inventory([IMAGE, "sheet.tsv", "gone.fits"], scope=SCOPE, configuration={}, known={})
    write_json(found, tmp_path / RECORD)
    return tmp_path


def cut_short(path):
    path.write_bytes(path.read_bytes()[:-1])


def flip_a_bit(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def keep_the_time(change, path):
    time = path.stat().st_mtime_ns
    change(path)
    os.utime(path, ns=(time, time))


def replace_by_a_folder(path):
    path.unlink()
    path.mkdir()


def replace_by_a_pipe(path):
    path.unlink()
    os.mkfifo(path)


CHANGES = {
    "cut short": (TABLE, cut_short, "changed"),
    "a bit flipped": (REPORT, flip_a_bit, "changed"),
    "removed": (TABLE, Path.unlink, "missing"),
    "a folder in its place": (TABLE, replace_by_a_folder, "missing"),
    "a pipe in its place": (TABLE, replace_by_a_pipe, "missing"),
    "added": ("results/a/new.fits", Path.touch, "not listed"),
    "left over and changed": (OLD, flip_a_bit, "changed"),
    "image replaced": (IMAGE, flip_a_bit, "input changed"),
    "image removed": (IMAGE, Path.unlink, "input unreadable"),
    "a pipe for an image": (IMAGE, replace_by_a_pipe, "input unreadable"),
    "sheet cut short": ("sheet.tsv", cut_short, "input changed"),
    "image that was missing": ("gone.fits", Path.touch, "input changed"),
}


def compare(folder, **options):
    return differences(read_record(folder / RECORD), folder, **options)


def test_nothing_differs_after_a_run(folder, capsys):
    assert compare(folder) == compare(folder, quick=True) == []
    (folder / OLD).unlink()  # whoever cleans up changes nothing of the run
    assert compare(folder) == []
    assert main([str(folder)]) == 0
    assert capsys.readouterr().out.endswith("Z\n")


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_named(folder, name):
    path, change, what = CHANGES[name]
    change(folder / path)
    assert compare(folder) == compare(folder, quick=True, threads=2) == [Difference(path, what)]


def test_changes_are_named_though_times_are_the_same(folder):
    keep_the_time(cut_short, folder / TABLE)
    keep_the_time(flip_a_bit, folder / REPORT)
    keep_the_time(flip_a_bit, folder / IMAGE)
    assert compare(folder) == [
        Difference(IMAGE, "input changed"),
        Difference(TABLE, "changed"),
        Difference(REPORT, "changed"),
    ]


def test_quick_comparison_sees_sizes_and_times_and_reads_what_differs(folder):
    keep_the_time(flip_a_bit, folder / REPORT)
    (folder / IMAGE).touch()
    assert compare(folder, quick=True) == []
    keep_the_time(cut_short, folder / TABLE)
    assert compare(folder, quick=True) == [Difference(TABLE, "changed")]


def test_all_changes_are_named_at_once(folder):
    cut_short(folder / TABLE)
    (folder / REPORT).unlink()
    (folder / "results/new").touch()
    flip_a_bit(folder / IMAGE)
    what = {one.path: one.what for one in compare(folder)}
    assert what == {
        IMAGE: "input changed",
        TABLE: "changed",
        "results/new": "not listed",
        REPORT: "missing",
    }
    assert list(what) == sorted(what)


def test_what_is_no_result_is_passed_over(folder):
    for passing in (
        "a/.12-noise.fits",
        "a/noise.fits.attempts",
        "a/noise.fits.damaged",
        "a/noise.fits.quarantined",
        "models/a/net.keras.unfinished/epoch1.keras",
        ".snakemake_timestamp",
    ):
        path = folder / "results" / passing
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (folder / "results/dangling").symlink_to("nowhere")
    assert compare(folder) == []


def test_mosaics_with_odd_names_and_links_to_other_disks_are_looked_at(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("disk")
    (elsewhere / "x.damaged").mkdir()
    (elsewhere / "x.damaged/noise.fits").touch()
    (folder / "results/linked").symlink_to(elsewhere)
    assert "results/linked/x.damaged/noise.fits" in files_in(folder)


def test_command_names_what_differs_and_what_is_left_over(folder, capsys):
    cut_short(folder / TABLE)
    (folder / "results/two\nlines\udcff").touch()
    assert main([str(folder)]) == 1
    *lines, last = capsys.readouterr().out.splitlines()
    assert [line.split(maxsplit=1) for line in lines[:-2]] == [["changed", TABLE]]
    assert lines[-2].split("  ")[0] == "not listed" and r"two\nlines\udcff" in lines[-2]
    assert lines[-1].split("  ")[0] == "left over" and lines[-1].endswith(OLD)
    recorded = read_record(folder / RECORD)["recorded"]
    assert last == f"5 files recorded on {recorded}, 2 differences"


def test_command_runs_from_anywhere(folder, tmp_path_factory):
    command = [sys.executable, "-m", "radiofind.workflow.inventory", str(folder)]
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(str(Path(place).absolute()) for place in sys.path)
    }
    place = tmp_path_factory.mktemp("elsewhere")
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    recorded = read_record(folder / RECORD)["recorded"]
    assert done.stdout == f"left over         {OLD}\n5 files, as recorded on {recorded}\n"


DAMAGES = {
    "missing": (Path.unlink, "no such file"),
    "a folder": (replace_by_a_folder, "a folder"),
    "empty": (lambda path: path.write_text(""), "JSONDecodeError"),
    "cut short": (lambda path: path.write_bytes(path.read_bytes()[:-20]), "JSONDecodeError"),
    "not text": (lambda path: path.write_bytes(b"\xff" * 20), "UnicodeDecodeError"),
    "another file": (lambda path: path.write_text("[1]"), "TypeError"),
    "too deep": (lambda path: path.write_text("[" * 100000), "RecursionError"),
    "a digest changed": (lambda path: edit(path, "outputs", TABLE, "sha256", "0" * 64), "the digest"),
    "an output left out": (lambda path: edit(path, "outputs", {}), "the digest"),
    "an entry that is none": (lambda path: edit(path, "inputs", IMAGE, 3), "AttributeError"),
    "a part that is none": (lambda path: edit(path, "leftover", []), "AttributeError"),
    "no time": (lambda path: edit(path, "recorded", None), "TypeError"),
}


def edit(path, *place_and_value):
    *place, key, value = place_and_value
    record = json.loads(path.read_text())
    part = record
    for name in place:
        part = part[name]
    part[key] = value
    path.write_text(json.dumps(record))


@pytest.mark.parametrize("name", DAMAGES)
def test_record_that_is_missing_or_damaged_is_a_clear_error(folder, name, capsys):
    damage, received = DAMAGES[name]
    damage(folder / RECORD)
    with pytest.raises(ValueError, match=re.escape(str(folder / RECORD))):
        read_record(folder / RECORD)
    with pytest.raises(SystemExit) as end:
        main([str(folder)])
    said = capsys.readouterr().err
    assert end.value.code == 2
    assert str(folder / RECORD) in said and received in said and said.count("\n") == 1
