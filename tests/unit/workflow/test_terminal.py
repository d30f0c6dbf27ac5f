"""Events of Snakemake go in, lines for its user come out."""

import logging
import sys
import threading
from types import SimpleNamespace

import pandas as pd
import pytest
from snakemake.exceptions import WorkflowError
from snakemake_interface_logger_plugins.common import LogEvent

from radiofind.tables import write_parquet
from radiofind.workflow.display import Lines
from snakemake_logger_plugin_survey import terminal as module
from snakemake_logger_plugin_survey.terminal import Terminal, end_run, take_terminal

CONFIG = {"find_with": ["peaks"], "strict": False}
DIED = "RuleException:\nCommand 'x' died with <Signals.SIGKILL: 9>."
FAILED = "WorkflowError:\nAt least one job did not complete successfully."


class PlannedJob:
    """A job as Snakemake plans it."""

    def __init__(self, rule):
        self.rule = SimpleNamespace(name=rule)


@pytest.fixture
def workflow():
    """What the terminal knows of Snakemake's workflow."""
    jobs = [PlannedJob(rule) for rule in (*3 * ["find_peaks"], "index_tiles")]
    stream = logging.NullHandler()
    stream.name = module.STREAM
    settings = {"quiet": None, "verbose": False, "printshellcmds": False, "debug_dag": False, "dryrun": False}
    return SimpleNamespace(
        dag=SimpleNamespace(needrun_jobs=lambda: jobs[1:], finished_jobs=jobs[:1]),
        execution_settings=SimpleNamespace(retries=1),
        globals={"config": CONFIG},
        is_main_process=True,
        local_exec=True,
        logger_manager=SimpleNamespace(logfile_handlers={}, logger=SimpleNamespace(handlers=[stream])),
        modifier=SimpleNamespace(is_main_snakefile=lambda: True),
        output_settings=SimpleNamespace(**settings),
    )


@pytest.fixture
def written(monkeypatch, tmp_path):
    """What is written to the terminal."""
    lines = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module, "display_for", lambda stream: Lines(lines.append))
    return lines


@pytest.fixture
def terminal(workflow, written, monkeypatch, capsys):
    shown = Terminal(workflow, logging.StreamHandler(sys.stderr))
    workflow.logger_manager.logger.handlers[:] = [shown]
    yield shown
    shown.close()


@pytest.fixture
def running(terminal, written):
    """The terminal of a run that has begun, with one job."""
    tell(terminal, LogEvent.WORKFLOW_STARTED)
    tell(terminal, LogEvent.RUN_INFO, stats={"find_peaks": 2, "all": 1, "total": 3})
    start(terminal, 1)
    written.clear()
    return terminal


def tell(terminal, event, text="", level=logging.INFO, **more):
    terminal.handle(logging.makeLogRecord({"msg": text, "levelno": level, "event": event, **more}))


def start(terminal, number, rule="find_peaks", **wildcards):
    tell(
        terminal,
        LogEvent.JOB_INFO,
        jobid=number,
        rule_name=rule,
        wildcards=wildcards,
        log=["a.log"],
        output=["out/y000x000.fits"],
    )


def fail(terminal, number, told=DIED):
    """Let a job fail as it does on this machine, in a thread of its own."""

    def events():
        tell(terminal, LogEvent.ERROR, told, logging.ERROR, **here())
        tell(
            terminal,
            LogEvent.JOB_ERROR,
            level=logging.ERROR,
            jobid=number,
            rule_msg=None,
            log=["a.log"],
            **here(),
        )

    thread = threading.Thread(target=events)
    thread.start()
    thread.join()


def here():
    return {"thread": threading.get_ident(), "threadName": threading.current_thread().name}


def end(terminal, text):
    tell(terminal, LogEvent.ERROR, text, logging.ERROR, **here())


def test_what_is_no_run_is_shown_as_snakemake_does(terminal, written, capsys):
    tell(terminal, None, "Unlocking working directory.")
    assert "Unlocking" in capsys.readouterr().err and written == []


def test_wrong_configuration_is_shown_without_places_in_the_code(terminal, capsys):
    end(terminal, 'WorkflowError in file "/x/common.smk", line 37:\nmine.yaml, line 2: wrong\n  File "/x"')
    assert capsys.readouterr().err == "mine.yaml, line 2: wrong\n"


def test_chatter_of_snakemake_is_not_shown(running, written):
    tell(running, None, "Select jobs to execute...")
    tell(running, LogEvent.SHELLCMD, "rm -r *")
    assert written == []
    tell(running, None, "Creating conda environment envs/x.yaml...")
    tell(running, None, "odd\nthing", logging.WARNING)
    assert [line.split()[0] for line in written] == ["Creating", "odd"]


def test_failures_are_told_with_their_tries(running, written):
    fail(running, 1)
    start(running, 1)
    fail(running, 1)
    assert [line.partition(":")[0] for line in written] == [
        f"find_peaks failed (try {number} of 2)" for number in (1, 2)
    ]
    assert all("killed (SIGKILL); see a.log" in line for line in written)
    running.end(CONFIG, failed=True)
    end(running, FAILED)
    assert written[-1].startswith("1 job failed")


def test_thousands_of_failures_are_few_lines(running, written):
    for number in range(2, 3000):
        start(running, number)
        fail(running, number)
    assert len(written) == module.MOST_PROBLEMS + 1


def test_run_without_jobs_says_so(running, written):
    tell(running, LogEvent.RUN_INFO, stats={"total": 0})
    assert len(written) == 1


def test_plan_grows_after_the_index_and_mosaics_left_out_are_told_at_once(running, written):
    tiles = pd.DataFrame({"mosaic": ["m"], "state": ["unreadable"], "reason": ["m.fits: no image"]})
    write_parquet(tiles, "results/tiles.parquet")
    start(running, 2, "index_tiles")
    tell(running, LogEvent.JOB_FINISHED, job_id=2)
    assert written[1:2] == ["  m: m.fits: no image"]
    start(running, 3)
    for number in (1, 3):
        tell(running, LogEvent.JOB_FINISHED, job_id=number)
    assert not any("peaks done" in line for line in written)
    start(running, 4)
    tell(running, LogEvent.JOB_FINISHED, job_id=4)
    assert "peaks done (3 jobs)" in written[-1]


def test_tile_in_quarantine_is_told_when_its_job_is_done(running, written, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/y000x000.fits.quarantined").write_text("given up after 3 attempts\n")
    for number, wildcards in {2: {"mosaic": "m", "tile": "y000x000"}, 3: {"tile": "y000x001"}, 4: {}}.items():
        start(running, number, "measure_noise", **wildcards)
        tell(running, LogEvent.JOB_FINISHED, job_id=number)
    assert written == ["measure_noise m y000x000 in quarantine: given up after 3 attempts"]


def test_ctrl_c_ends_in_one_line_and_no_job_has_failed(running, written):
    start(running, 2)
    fail(running, 2, "Command 'x' died with <Signals.SIGINT: 2>.")
    tell(running, None, module.INTERRUPTED)
    fail(running, 1)
    running.end(CONFIG, failed=True)
    end(running, FAILED)
    assert written == ["stopping: waiting for the jobs that run", module.STOPPED]


def test_strict_run_that_left_something_out_ends_with_an_error(running, written):
    running.end(CONFIG | {"strict": True}, failed=False)
    assert written[-1].startswith("done")
    tiles = pd.DataFrame({"mosaic": ["m"], "state": ["unreadable"], "reason": ["m.fits: no image"]})
    write_parquet(tiles, "results/tiles.parquet")
    running.end(CONFIG, failed=False)
    with pytest.raises(WorkflowError, match="1 mosaic"):
        running.end(CONFIG | {"strict": True}, failed=False)


def test_failed_run_has_made_no_all(running, written):
    """A job whose outputs are missing fails without an event of its own."""
    running.end(CONFIG | {"strict": True}, failed=True)
    end(running, FAILED)
    assert written == ["At least one job did not complete successfully."]


def test_asked_to_end_it_tells_of_jobs_that_fail_meanwhile(running, written):
    tell(running, None, module.ENDING)
    tell(running, None, module.ENDING)
    fail(running, 1)
    running.end(CONFIG, failed=True)
    end(running, FAILED)
    assert [line.split()[0] for line in written] == ["stopping:", "find_peaks", module.STOPPED.split()[0]]


def test_terminal_that_is_gone_stops_no_run(running, monkeypatch):
    def lost(line):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(running, "_display", Lines(lost))
    monkeypatch.setattr(logging, "raiseExceptions", False)
    fail(running, 1)
    start(running, 2)
    for number in (2, 3):
        tell(running, LogEvent.JOB_FINISHED, job_id=number)
    running.end(CONFIG, failed=False)


def test_log_of_the_cluster_is_named_where_the_job_never_began(running, written, tmp_path):
    (tmp_path / "slurm.log").touch()
    told = {"jobid": 1, "rule_msg": "SLURM sbatch failed", "log": ["a.log", "slurm.log"]}
    tell(running, LogEvent.JOB_ERROR, level=logging.ERROR, **told, **here())
    assert written == ["find_peaks failed (try 1 of 2): SLURM sbatch failed; see slurm.log"]


def test_strict_holds_where_there_is_nothing_to_do(running, workflow):
    tiles = pd.DataFrame({"mosaic": ["m"], "state": ["unreadable"], "reason": ["m.fits: no image"]})
    write_parquet(tiles, "results/tiles.parquet")
    tell(running, None, module.NOTHING_TO_BE_DONE_MSG)
    workflow.globals["config"] = CONFIG | {"strict": True}
    with pytest.raises(WorkflowError, match="strict"):
        tell(running, None, module.NOTHING_TO_BE_DONE_MSG)


def test_dry_run_is_told_once_by_stage(workflow, written, capsys):
    workflow.output_settings.dryrun = True
    shown = Terminal(workflow, logging.StreamHandler())
    for event in (LogEvent.WORKFLOW_STARTED, LogEvent.RUN_INFO, LogEvent.RUN_INFO):
        tell(shown, event, stats={"find_peaks": 2, "total": 2})
    start(shown, 1)
    assert [line.split()[0] for line in written] == ["peaks", "2", "With"]


@pytest.mark.parametrize("asked", ["quiet", "verbose", "printshellcmds", "debug_dag"])
def test_who_wants_to_see_more_or_less_gets_it(workflow, asked):
    setattr(workflow.output_settings, asked, True)
    (before,) = workflow.logger_manager.logger.handlers
    take_terminal(workflow)
    assert workflow.logger_manager.logger.handlers == [before]


@pytest.mark.parametrize("part", ["job", "module"])
def test_jobs_and_modules_leave_the_terminal_alone(workflow, part):
    workflow.is_main_process = part != "job"
    workflow.modifier = SimpleNamespace(is_main_snakefile=lambda: part != "module")
    (before,) = workflow.logger_manager.logger.handlers
    take_terminal(workflow)
    assert workflow.logger_manager.logger.handlers == [before]


def test_run_that_is_not_shown_by_stages_ends_with_the_same_lines(workflow, written, capsys):
    tiles = pd.DataFrame({"mosaic": ["m"], "state": ["unreadable"], "reason": ["m.fits: no image"]})
    write_parquet(tiles, "results/tiles.parquet")
    end_run(workflow, CONFIG, failed=False)
    assert "m.fits: no image" in capsys.readouterr().err
    with pytest.raises(WorkflowError):
        end_run(workflow, CONFIG | {"strict": True}, failed=False)
