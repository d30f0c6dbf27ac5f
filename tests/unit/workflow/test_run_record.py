"""A record lists every input and output with digest, times and host, and tells its own files from others."""

import hashlib
import json
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from radiofind.workflow.inventory import Difference, differences, digest_of_files
from radiofind.workflow.run_record import Scope, earlier_record, files_of_run, jobs_in, record_inventory

SCOPE = Scope(
    patterns=[
        "results/report.html",
        "results/broken/fingerprints.parquet",
        "results/simulations/{simulation}/image.fits",
        "results/{mosaic}/detections/{finder}/{block}.parquet",
        "results/{mosaic}/detections/{finder}/{block}.components.parquet",
        "results/{mosaic}/injections/{finder}/{realisation}/{block}.parquet",
        "results/{mosaic}/catalogues/{finder}.fits",
        "results/survey/hats/{finder}",
        "results/models/{training_set}/{finder}.json",
        "results/classifiers/{dataset}/{network}/members/{member}.json",
    ],
    names={
        **{"mosaic": ["a", "b.c"], "simulation": ["sky"], "finder": ["net", "net.2"], "training_set": ["a"]},
        "realisation": ["1", "2"],
        **{"dataset": ["d", "e"], "dataset network": ["d n", "e m"]},
        "dataset network member": ["d n seed1", "e m seed1", "e m seed2"],
    },
    tiles_per_job={"net": 1, "net.2": 4},
)
OURS = {
    "results/report.html",
    "results/broken/fingerprints.parquet",
    "results/simulations/sky/image.fits",
    "results/a/tiles/y000x000.json",
    "results/a/detections/net/y000x000.parquet",
    "results/a/detections/net/y000x000.components.parquet",
    "results/a/detections/net.2/y000x000-2x2.parquet",
    "results/a/injections/net/2/y000x000.parquet",
    "results/b.c/catalogues/net.2.fits",
    "results/survey/hats/net.2/net.2/dataset/Norder=0/Dir=0/Npix=4.parquet",
    "results/models/a/net.json",
    "results/classifiers/d/n/members/seed1.json",
    "results/classifiers/e/m/members/seed2.json",
}
LEFT_OVER = {
    "notes of ours": "results/notes.txt",
    "mosaic": "results/gone/catalogues/net.fits",
    "its tile": "results/gone/tiles/y000x000.json",
    "unreadable mosaic": "results/broken/catalogues/net.fits",
    "finder": "results/a/catalogues/old.fits",
    "finder of a folder": "results/survey/hats/net.3/collection.properties",
    "finder with a longer name": "results/a/catalogues/net.3.fits",
    "simulation": "results/simulations/old/image.fits",
    "realisation": "results/a/injections/net/3/y000x000.parquet",
    "blank tile": "results/a/detections/net/y000x001.parquet",
    "tile of another mosaic": "results/b.c/detections/net/y000x000.parquet",
    "blank block": "results/a/detections/net.2/y000x002-2x2.parquet",
    "block of another size": "results/a/detections/net.2/y000x000.parquet",
    "block of a finder that had blocks": "results/a/detections/net/y000x000-2x2.parquet",
    "training set": "results/models/old/net.json",
    "data set": "results/classifiers/f/n/members/seed1.json",
    "network on that data set": "results/classifiers/d/m/members/seed1.json",
    "member": "results/classifiers/d/n/members/seed2.json",
    "kind of file": "results/a/catalogues/net.vot",
    "deeper": "results/a/catalogues/more/net.fits",
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path, text="x"):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)


def write_log(path, *outputs, started="2026-01-02T00:00:00.000000Z", host="node1"):
    lines = [f"INFO radiofind.jobs.job_log: started {started} on {host}", "WARNING other: wrote nothing", ""]
    write(path, "\n".join([*lines, *(f"INFO radiofind.files: wrote {output}\n" for output in outputs)]))


def record(given=(), known=None, configuration=None):
    return record_inventory(given, scope=SCOPE, configuration=configuration or {}, known=known or {})


@pytest.mark.parametrize("name", LEFT_OVER)
def test_files_of_other_runs_are_told_apart(name):
    assert files_of_run({*OURS, LEFT_OVER[name]}, SCOPE) == OURS


def test_results_of_tiles_that_are_left_out_are_left_over_but_their_tile_files_are_not():
    of_tile = {path for path in OURS if "/y000x000" in path}
    found = files_of_run(OURS, replace(SCOPE, left_out={"a": ["y000x000"]}))
    assert OURS - found == of_tile - {"results/a/tiles/y000x000.json"}


def test_record_lists_every_file_once():
    for path in (*OURS, *LEFT_OVER.values(), "data/a.fits", "sheet.tsv"):
        write(path, f"in {path}")
    model = LEFT_OVER["training set"]
    found = record(["data/a.fits", "sheet.tsv", model, "results/simulations/sky/image.fits"])
    assert set(found["inputs"]) == {"data/a.fits", "sheet.tsv", model}
    assert set(found["outputs"]) == OURS
    assert set(found["leftover"]) == set(LEFT_OVER.values()) - {model}
    for part in ("inputs", "outputs", "leftover"):
        for path, entry in found[part].items():
            assert entry["sha256"] == hashlib.sha256(f"in {path}".encode()).hexdigest()
            assert entry["bytes"] == len(f"in {path}")
    assert differences(found, Path()) == []


def test_record_says_when_files_were_written_and_when_it_was_made():
    write("results/report.html")
    os.utime("results/report.html", (0, 1e9 + 0.5))
    found = record()
    assert found["outputs"]["results/report.html"]["written"] == "2001-09-09T01:46:40.500000Z"
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", found["recorded"])
    assert re.fullmatch(r"\d+\.\d+\.\d+", found["radiofind"])


def test_digest_of_outputs_is_that_of_the_lines_of_sha256sum_and_of_nothing_else():
    write("results/report.html", "b")
    write("results/models/a/net.json", "a")
    found = record()
    lines = [
        f"{hashlib.sha256(text).hexdigest()}  results/{path}\n"
        for text, path in ((b"a", "models/a/net.json"), (b"b", "report.html"))
    ]
    backwards = dict(reversed(found["outputs"].items()))
    assert digest_of_files(backwards) == found["outputs_sha256"]
    assert found["outputs_sha256"] == hashlib.sha256("".join(lines).encode()).hexdigest()
    os.utime("results/report.html", (0, 0))
    write("results/notes.txt")
    assert record(["gone"])["outputs_sha256"] == found["outputs_sha256"]
    write("results/report.html", "c")
    assert record()["outputs_sha256"] != found["outputs_sha256"]


def test_digest_of_configuration_is_that_of_its_values():
    one = record(configuration={"snr": [1, 2], "match": {"radius_pixels": 3}})["configuration_sha256"]
    again = record(configuration={"match": {"radius_pixels": 3}, "snr": [1, 2]})["configuration_sha256"]
    other = record(configuration={"match": {"radius_pixels": 3}, "snr": [1, 3]})["configuration_sha256"]
    assert one == again != other


def test_input_that_cannot_be_read_is_recorded_with_the_reason(folder):
    (folder / "folder").mkdir()
    (folder / "link").symlink_to("nowhere")
    os.mkfifo(folder / "pipe")
    found = record(["folder", "link", "pipe"])["inputs"]
    assert found == {
        "folder": {"unreadable": "not a file"},
        "link": {"unreadable": "No such file or directory"},
        "pipe": {"unreadable": "not a file"},
    }


def test_output_that_cannot_be_read_is_an_error(monkeypatch):
    write("results/report.html")

    def fail(*_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(hashlib, "file_digest", fail)
    with pytest.raises(OSError, match=r"results/report\.html: .*Input/output error"):
        record()


def test_outputs_tell_of_the_job_that_wrote_them():
    write("results/report.html")
    write("results/models/a/net.json")
    write_log("logs/write_report/write_report.log", "results/report.html", host="node7.cluster")
    outputs = record()["outputs"]
    report, model = outputs["results/report.html"], outputs["results/models/a/net.json"]
    job = ("2026-01-02T00:00:00.000000Z", "node7.cluster", "logs/write_report/write_report.log")
    assert (report["started"], report["host"], report["log"]) == job
    assert (model["started"], model["host"], model["log"]) == (None, None, None)


def test_the_last_job_that_wrote_a_file_counts_wherever_its_log_lies(folder):
    times = ["2026-01-02T00:00:00.000000Z", "2026-01-02T00:00:00.000001Z", "2025-12-31T00:00:00.000000Z"]
    for place in ("abc", "bca", "cab"):
        for name, started in zip(place, times, strict=True):
            write_log(f"logs/{place}/{name}.log", f"results/{place}", started=started, host=name)
    hosts = {path: job["host"] for path, job in jobs_in(Path("logs")).items()}
    assert hosts == {"results/abc": "b", "results/bca": "c", "results/cab": "a"}


def test_logs_may_be_lost_odd_or_folders(folder):
    assert jobs_in(folder / "no logs") == {}
    write_log("logs/measure_noise/mosaic.log/y000x000.log", "results/x")
    write("logs/old.log", "INFO radiofind.files: wrote results/of/an/old/version\n")
    (folder / "logs/binary.log").write_bytes(bytes(range(256)))
    assert set(jobs_in(Path("logs"))) == {"results/x"}


def test_job_is_remembered_when_its_log_is_lost_but_not_for_another_file():
    write("results/report.html", "one")
    write("results/models/a/net.json", "one")
    write_log("logs/a.log", "results/report.html", "results/models/a/net.json")
    before = record()
    Path("logs/a.log").unlink()
    write("results/models/a/net.json", "two")
    outputs = record(known=before)["outputs"]
    assert outputs["results/report.html"] == before["outputs"]["results/report.html"]
    assert outputs["results/models/a/net.json"]["host"] is None


def test_damage_is_not_recorded_as_a_result():
    """Damage is what changes a file without anything having written it."""
    write("results/report.html", "whole")
    before = record()
    written = Path("results/report.html").stat().st_mtime_ns
    for damaged in ("whale", "who"):
        write("results/report.html", damaged)
        os.utime("results/report.html", ns=(0, written))
        again = record(known=before)
        assert again["outputs"] == before["outputs"]
        assert differences(again, Path()) == [Difference("results/report.html", "changed")]


def test_file_written_anew_is_recorded_anew():
    write("results/report.html", "old")
    write("sheet.tsv", "old")
    before = record(["sheet.tsv"])
    for path in ("results/report.html", "sheet.tsv"):
        write(path, "new")
        os.utime(path, ns=(0, Path(path).stat().st_mtime_ns + 1000))
    again = record(["sheet.tsv"], known=before)
    assert again["outputs"]["results/report.html"]["sha256"] == hashlib.sha256(b"new").hexdigest()
    assert again["inputs"]["sheet.tsv"]["sha256"] == hashlib.sha256(b"new").hexdigest()


def test_earlier_record_that_is_damaged_counts_as_none(folder):
    write("results/report.html")
    text = json.dumps(record())
    write("logs/record.json", text)
    assert earlier_record("logs/record.json") == json.loads(text)
    write("logs/record.json", text[:-20])
    assert earlier_record("logs/record.json") == earlier_record("logs/none.json") == {}
