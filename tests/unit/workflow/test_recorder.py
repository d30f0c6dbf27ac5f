"""Events of Snakemake go in, the record of the run comes out."""

import errno
import logging
from types import SimpleNamespace

import pytest
from snakemake.common import NOTHING_TO_BE_DONE_MSG
from snakemake_interface_logger_plugins.common import LogEvent

from radiofind.workflow.job_record import Writer, read_record
from snakemake_logger_plugin_survey.recorder import Recorder

NOISE, PEAKS = "results/m/noise/y000x000.fits", "results/m/detections/peaks/y000x000.parquet"
INDEX = "results/tiles.parquet"
INTERRUPTED = "RuleException:\nCommand 'x' died with <Signals.SIGINT: 2>."


def job(rule, output, *, is_checkpoint=False):
    wildcards = {"mosaic": "m"} if "/m/" in output else {}
    return SimpleNamespace(
        rule=SimpleNamespace(name=rule),
        output=[output] if output else [],
        wildcards_dict=wildcards,
        is_checkpoint=is_checkpoint,
    )


JOBS = {
    1: job("index_tiles", INDEX, is_checkpoint=True),
    2: job("measure_noise", NOISE),
    3: job("find_peaks", PEAKS),
    4: job("all", ""),
}


class Workflow:
    """Snakemake's workflow, as far as the recorder asks for it."""

    def __init__(self):
        self.dryrun = self.touch = False
        self.default_target = "all"
        self.planned, self.done = [1, 4], set()
        self.dag = self

    @property
    def jobs(self):
        return [JOBS[number] for number in self.planned]

    def needrun(self, one):
        return one is not JOBS[3]  # its output exists

    def finished(self, one):
        return any(JOBS[number] is one for number in self.done)


@pytest.fixture
def workflow(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Workflow()


@pytest.fixture
def recorder(workflow):
    recorder = Recorder(workflow)
    yield recorder
    recorder.close()


def tell(recorder, event, text="", **more):
    recorder.handle(logging.makeLogRecord({"msg": text, "event": event, "thread": 1, **more}))


def start(recorder, number):
    tell(recorder, LogEvent.JOB_STARTED, jobs=[number])
    one = JOBS[number]
    tell(
        recorder,
        LogEvent.JOB_INFO,
        jobid=number,
        rule_name=one.rule.name,
        output=one.output,
        wildcards=one.wildcards_dict,
        log=[f"logs/{number}.log"],
        benchmark=f"{number}.tsv",
        threads=2,
        is_checkpoint=one.is_checkpoint,
    )


def finish(recorder, workflow, number):
    workflow.done.add(number)
    tell(recorder, LogEvent.JOB_FINISHED, job_id=number)


def fail(recorder, number, told=""):
    tell(recorder, LogEvent.ERROR, told)
    tell(recorder, LogEvent.JOB_ERROR, jobid=number)


def kinds():
    return {output: event.kind for output, event in read_record(".").last.items()}


def test_jobs_are_planned_anew_after_the_checkpoint(recorder, workflow):
    tell(recorder, LogEvent.RUN_INFO)
    start(recorder, 1)
    assert [(one.rule, one.to_run) for one in read_record(".").jobs.values()] == [
        ("index_tiles", ("tiles.parquet",))
    ]
    assert read_record(".").planned == "before"
    finish(recorder, workflow, 1)
    workflow.planned = [1, 2, 3, 4]
    start(recorder, 2)
    record = read_record(".")
    assert record.planned == "all"
    assert [(one.rule, one.mosaic, one.to_run) for one in record.jobs.values()] == [
        ("index_tiles", "", ()),
        ("measure_noise", "m", ("y000x000.fits",)),
        ("find_peaks", "m", ()),
    ]
    assert kinds() == {INDEX: "done", NOISE: "start"}
    recorder.close()
    assert read_record(".").ended


def test_run_of_a_part_is_told_from_one_of_all(recorder, workflow):
    workflow.planned, workflow.default_target = [2], "all"
    tell(recorder, None, NOTHING_TO_BE_DONE_MSG)
    assert read_record(".").planned == "some"


def test_wall_time_counts_for_each_core(recorder, workflow, tmp_path):
    workflow.planned = [2, 3, 4]
    tell(recorder, LogEvent.RUN_INFO)
    (tmp_path / "2.tsv").write_text("s\th:m:s\n1.5\t0:00:01\n2.5\t0:00:02\n")
    for number in (2, 3):
        start(recorder, number)
        finish(recorder, workflow, number)
    assert read_record(".").used == {("measure_noise", "m"): (1, 5.0), ("find_peaks", "m"): (1, 0.0)}


def test_job_that_fails_is_told_from_one_that_was_interrupted(recorder, workflow):
    workflow.planned = [2, 3, 4]
    tell(recorder, LogEvent.RUN_INFO)
    for number in (2, 3):
        start(recorder, number)
    fail(recorder, 2)
    fail(recorder, 3, INTERRUPTED)
    assert kinds() == {NOISE: "fail", PEAKS: "start"}
    start(recorder, 2)
    tell(recorder, LogEvent.GROUP_ERROR, job_error_info=[{"jobid": 2}])
    assert kinds()[NOISE] == "fail"


@pytest.mark.parametrize("mode", ["dryrun", "touch"])
def test_what_is_no_run_leaves_no_record(recorder, workflow, tmp_path, mode):
    setattr(workflow, mode, True)
    tell(recorder, LogEvent.RUN_INFO)
    start(recorder, 1)
    assert list(tmp_path.iterdir()) == []


def test_full_disk_is_told_once_and_stops_no_run(recorder, monkeypatch, capsys):
    def write(*_columns):
        raise OSError(errno.ENOSPC, "No space left on device")

    tell(recorder, LogEvent.RUN_INFO)
    monkeypatch.setattr(Writer, "_write", write)
    for number in (1, 2):
        start(recorder, number)
    assert capsys.readouterr().err.count("No space left") == 1
