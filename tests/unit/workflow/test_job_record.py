"""The record of a run tells what its jobs did, also when the run was killed."""

from pathlib import Path

import pytest

from radiofind.workflow.job_record import Jobs, Writer, read_record

NOISE = Jobs("measure_noise", "m", "results/m/noise", ("a.fits", "b.fits"), ("a.fits", "b.fits"))
PEAKS = Jobs("find_peaks", "m", "results/m/detections/peaks", ("a.parquet",), ())
A, B = "results/m/noise/a.fits", "results/m/noise/b.fits"


@pytest.fixture
def writer(tmp_path):
    writer = Writer(tmp_path)
    writer.plan("all", [NOISE, PEAKS])
    return writer


def one_file(folder):
    (path,) = Path(folder, "logs/runs").iterdir()
    return path


def end_job(writer, output, core_seconds=2.0):
    writer.start(output, "logs/a.log")
    writer.done(output, rule="measure_noise", mosaic="m", core_seconds=core_seconds)


def another_run(folder):
    """Return the writer of a run that starts in another second."""
    path = one_file(folder)
    path.rename(path.with_name(f"1999-{path.name}"))
    return Writer(folder)


def test_record_tells_what_each_job_did_last(tmp_path, writer):
    end_job(writer, A)
    writer.start(B, "logs/b.log")
    writer.fail(B)
    record = read_record(tmp_path)
    assert list(record.jobs.values()) == [NOISE, PEAKS]
    assert {output: (event.kind, event.log) for output, event in record.last.items()} == {
        A: ("done", ""),
        B: ("fail", "logs/b.log"),
    }
    assert record.started and record.host and record.process and not record.ended
    writer.close()
    assert read_record(tmp_path).ended


def test_nothing_is_known_before_the_first_run(tmp_path):
    record = read_record(tmp_path)
    assert (record.started, record.jobs, record.last) == ("", {}, {})


def test_every_line_is_written_at_once_and_one_that_is_cut_short_is_passed_over(tmp_path, writer):
    end_job(writer, A)
    path = one_file(tmp_path)
    text = path.read_text()
    for length in range(len(text)):
        path.write_text(text[:length])
        assert set(read_record(tmp_path).last) <= {A}
    path.write_text(f"{text[:-5]}\n{text}")
    assert read_record(tmp_path).last[A].kind == "done"


def test_core_hours_of_all_runs_are_added_and_unknown_ones_are_left_out(tmp_path, writer):
    end_job(writer, A, 2.0)
    end_job(writer, B, None)
    end_job(another_run(tmp_path), A, 3.0)
    record = read_record(tmp_path)
    assert record.used == {("measure_noise", "m"): (3, 5.0)}
    assert record.used_now == 3.0


def test_job_that_is_to_run_again_has_no_past(tmp_path, writer):
    for output in (A, B):
        end_job(writer, output)
    another_run(tmp_path).plan("all", [NOISE._replace(to_run=("b.fits",))])
    record = read_record(tmp_path)
    assert set(record.last) == {A}
    assert list(record.jobs) == [("measure_noise", "m", "results/m/noise")]


def test_mosaics_whose_outputs_share_a_folder_are_kept_apart(tmp_path, writer):
    maps = [
        Jobs("map_rms", mosaic, "results/survey/rms", (f"{mosaic}.fits",), ()) for mosaic in ("m", "other")
    ]
    writer.plan("all", maps)
    assert list(read_record(tmp_path).jobs.values()) == maps


def test_plan_of_some_results_leaves_the_other_jobs_as_they_are(tmp_path, writer):
    del writer
    other = PEAKS._replace(names=("a.parquet", "b.parquet"))
    another_run(tmp_path).plan("some", [other])
    assert list(read_record(tmp_path).jobs.values()) == [NOISE, other]
