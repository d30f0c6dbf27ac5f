"""A quiet terminal: the stages of a run, in place of the lines that Snakemake writes."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from logging import LogRecord
from pathlib import Path
from typing import TextIO

from snakemake.common import NOTHING_TO_BE_DONE_MSG
from snakemake.exceptions import WorkflowError
from snakemake_interface_logger_plugins.common import LogEvent

from radiofind.workflow.closing_lines import closing_lines, left_out_lines, what_was_left_out
from radiofind.workflow.display import Display, display_for
from radiofind.workflow.failures import (
    describe_failure,
    is_interrupt,
    plain_error,
    quarantine_lines,
    why_failed,
)
from radiofind.workflow.lines import clock_time, plural, shorten
from radiofind.workflow.plan_lines import INDEX, plan_lines
from radiofind.workflow.progress import Job, Progress

RESULTS = "results"
INTERRUPTED = "Terminating processes on user request"
ENDING = "Will exit after finishing currently running jobs"
SLOW = ("Creating conda environment", "Pulling singularity image")
SOME_FAILED = "Exiting because a job execution failed"
"""How lines of Snakemake begin that have no event of their own, and matter."""
CHATTER = "Assuming unrestricted shared filesystem usage"
"""What Snakemake says before it begins, whatever it will do."""
STREAM, FILE = "DefaultStreamHandler", "DefaultLogFileHandler"
"""Snakemake's names of what writes to the terminal and to its log."""
MOST_PROBLEMS = 20
"""Failures and warnings that are told; all of them are in the log of Snakemake."""
STOPPED = "stopped; the same command goes on"


class Terminal(logging.Handler):
    """Shows a run by its stages; what is no run, and comes before one, as Snakemake does."""

    def __init__(self, workflow: object, default: logging.Handler) -> None:
        super().__init__()
        self._workflow, self._default = workflow, default
        self._is_dry = workflow.output_settings.dryrun
        self._display: Display | None = None
        self._outputs: list[int] = []
        self._progress = Progress()
        self._is_new = False
        self._reasons: dict[int, str] = {}
        self._problems = 0
        self._stopping = self._interrupted = self._ended = False

    def emit(self, record: LogRecord) -> None:
        """Take note of an event, and show what it changes; a terminal that is gone stops no run."""
        try:
            self._take(record)
        except WorkflowError:
            raise
        except Exception:
            self.handleError(record)

    def _take(self, record: LogRecord) -> None:
        """Take note of an event, and show what it changes."""
        event = getattr(record, "event", None)
        if event == LogEvent.WORKFLOW_STARTED:
            self._begin()
        elif event == LogEvent.ERROR:
            self._take_error(record)
        elif self._display is None:
            if not record.getMessage().startswith(CHATTER):
                self._default.handle(record)
        elif event is None:
            self._take_message(record)
        elif event in TAKERS:
            TAKERS[event](self, record)
            if not self._is_dry:
                self._display.update(self._progress)

    def end(self, config: Mapping[str, object], *, failed: bool) -> None:
        """Say what the run has made; raise an error where something was left out and nothing may be."""
        self._ended = True
        self._stop_display()
        if self._stopping:
            return
        for line in closing_lines(RESULTS, finders=config["find_with"]):
            self._say(line)
        if not failed:
            check_strict(config)
        if not failed and self._progress.planned:
            self._say(f"done in {clock_time(time.monotonic() - self._began)}")

    def close(self) -> None:
        """Give the terminal back."""
        self._stop_display()
        for number, output in enumerate(self._outputs, start=1):
            os.dup2(output, number)
        self._outputs = []
        super().close()

    def _begin(self) -> None:
        """Take the terminal for a run."""
        self._progress = Progress(retries=self._workflow.execution_settings.retries)
        self._began = time.monotonic()
        if self._is_dry:
            self._display = display_for(sys.stdout)
            return
        paths = self._workflow.logger_manager.logfile_handlers
        log = next((path for handler, path in paths.items() if handler.name == FILE), os.devnull)
        self._display = display_for(self._set_aside_outputs(log))
        self._say(f"Snakemake's own log: {os.path.relpath(log)}; those of the jobs: logs/")

    def _set_aside_outputs(self, log: str) -> TextIO:
        """Let what programs print go to a log, whoever starts them, and return the terminal."""
        sys.stdout.flush()
        sys.stderr.flush()
        self._outputs = [os.dup(1), os.dup(2)]
        descriptor = os.open(log, os.O_WRONLY | os.O_APPEND)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        os.close(descriptor)
        return os.fdopen(self._outputs[1], "w", errors="replace", closefd=False)

    def _take_plan(self, record: LogRecord) -> None:
        """Take note of how many jobs there are; that is all that a dry run shows."""
        jobs_of = {rule: number for rule, number in record.stats.items() if rule != "total"}
        if self._is_dry and not self._progress.planned:
            for line in plan_lines(jobs_of):
                self._say(line)
        elif not jobs_of:  # as with `--until` a rule whose jobs are known only after the checkpoint
            self._say("No job is to be done for what was asked.")
        self._progress.plan(jobs_of)
        self._progress.begun = "running" if self._workflow.local_exec else "submitted"

    def _take_start(self, record: LogRecord) -> None:
        """Take note of a job that begins."""
        if self._is_new:
            dag, self._is_new = self._workflow.dag, False
            jobs = {*dag.needrun_jobs(), *dag.finished_jobs}
            self._progress.plan(Counter(job.rule.name for job in jobs))
        names = record.wildcards
        paths = {"log": next(iter(record.log), ""), "output": next(iter(record.output), "")}
        block = names.get("block") or names.get("tile", "")
        self._progress.start(Job(record.jobid, record.rule_name, tuple(names.values()), block=block, **paths))

    def _take_finish(self, record: LogRecord) -> None:
        """Take note of a job that is done."""
        if not (job := self._progress.finish(record.job_id)):
            return
        for line in quarantine_lines(job):
            self._tell_problem(line)
        if job.rule == INDEX:
            self._is_new = True
            for line in left_out_lines(RESULTS):
                self._say(line)

    def _take_failure(self, record: LogRecord) -> None:
        """Take note of a job that has failed, and say why."""
        self._fail(record.jobid, self._reasons.pop(record.thread, record.rule_msg or ""), record.log)

    def _take_failures(self, record: LogRecord) -> None:
        """Take note of jobs that have failed together."""
        for job in record.job_error_info:
            self._fail(job["jobid"], str(record.msg), job["log"])

    def _fail(self, number: int, told: str, logs: Sequence[str]) -> None:
        """Say why a job has failed, unless it was ended on request."""
        failed = self._progress.fail(number)
        if failed and not self._interrupted and not is_interrupt(told):
            job, failures = failed
            # Beside its own, which is not there when the job never began, that of the cluster.
            job = replace(job, log=next((path for path in logs if Path(path).exists()), job.log))
            reason = why_failed(job.log, told)
            self._tell_problem(describe_failure(job, failures, retries=self._progress.retries, reason=reason))

    def _take_error(self, record: LogRecord) -> None:
        """Show an error that ends the run; keep one of a job, which is told with the event of its failure."""
        if record.threadName != threading.main_thread().name:
            self._reasons[record.thread] = record.getMessage()
        elif self._ended and self._stopping:
            self._say(STOPPED)
        elif self._ended and (failed := self._progress.all.failed):
            self._say(f"{plural(failed, 'job')} failed: mend the cause, and the same command goes on")
        else:
            self._say(plain_error(record.getMessage()))

    def _take_message(self, record: LogRecord) -> None:
        """Show what matters among all that has no event."""
        text = str(record.msg)
        if text == NOTHING_TO_BE_DONE_MSG:
            self._say("Nothing to be done: all results are there.")
            if not self._is_dry:
                self.end(self._workflow.globals["config"], failed=False)
        elif text.startswith((INTERRUPTED, ENDING)) and not self._stopping:
            self._stopping, self._interrupted = True, text.startswith(INTERRUPTED)
            self._say("stopping: waiting for the jobs that run")
        elif text.startswith(SLOW):
            self._say(shorten(text))
        elif record.levelno >= logging.WARNING and not text.startswith(SOME_FAILED):
            self._tell_problem(shorten(text.strip()))

    def _tell_problem(self, line: str) -> None:
        """Show one problem, and not thousands."""
        self._problems += 1
        if self._problems <= MOST_PROBLEMS:
            self._say(line)
        if self._problems == MOST_PROBLEMS:
            self._say("further problems are only counted here; Snakemake's own log has them all")

    def _say(self, text: str) -> None:
        """Show some lines, also when there is no run yet."""
        for line in text.splitlines():
            with suppress(OSError):
                self._display.say(line) if self._display else print(line, file=sys.stderr)

    def _stop_display(self) -> None:
        """Let no bar move any more."""
        with suppress(OSError):
            self._display and self._display.close()


TAKERS = {
    LogEvent.RUN_INFO: Terminal._take_plan,
    LogEvent.JOB_INFO: Terminal._take_start,
    LogEvent.JOB_FINISHED: Terminal._take_finish,
    LogEvent.JOB_ERROR: Terminal._take_failure,
    LogEvent.GROUP_ERROR: Terminal._take_failures,
}


def take_terminal(workflow: object) -> None:
    """Let a run be shown by its stages, unless its user wants to see more or less, or it is a module."""
    settings, manager = workflow.output_settings, workflow.logger_manager
    asked = settings.quiet or settings.verbose or settings.printshellcmds or settings.debug_dag
    if asked or not workflow.is_main_process or not workflow.modifier.is_main_snakefile():
        return
    for handler in manager.logger.handlers:
        if handler.name == STREAM:
            manager.logger.removeHandler(handler)
            manager.logger.addHandler(Terminal(workflow, handler))
            sys.excepthook = _excepthook
            return


def end_run(workflow: object, config: Mapping[str, object], *, failed: bool) -> None:
    """Say what a run has made, and what it left out; raise an error where nothing may be left out.

    Parameters
    ----------
    workflow
        The workflow of Snakemake.
    config
        The checked configuration.
    failed
        Whether jobs have failed, or Snakemake was stopped.
    """
    shown = next((one for one in workflow.logger_manager.logger.handlers if isinstance(one, Terminal)), None)
    if shown:
        shown.end(config, failed=failed)
        return
    for line in closing_lines(RESULTS, finders=config["find_with"]):
        print(line, file=sys.stderr)
    if not failed:
        check_strict(config)


def check_strict(config: Mapping[str, object]) -> None:
    """Raise an error where something was left out and nothing may be."""
    left_out = what_was_left_out(RESULTS)
    if config["strict"] and left_out:
        raise WorkflowError(f"strict: true, but left out: {left_out}. All else is made.")


def _excepthook(kind: type, error: BaseException, traceback: object) -> None:
    """Say how to go on after Ctrl-C where Snakemake does not expect it."""
    if issubclass(kind, KeyboardInterrupt):
        print(STOPPED, file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, traceback)
