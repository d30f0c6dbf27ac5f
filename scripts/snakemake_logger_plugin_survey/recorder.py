"""Record a run in the format of `radiofind.workflow.job_record`, from the events of Snakemake's log."""

from __future__ import annotations

import logging
import sys
from logging import LogRecord
from pathlib import Path

from snakemake.common import NOTHING_TO_BE_DONE_MSG
from snakemake.logging import logger
from snakemake_interface_logger_plugins.common import LogEvent

from radiofind.workflow.failures import is_interrupt
from radiofind.workflow.job_record import FOLDER, Jobs, Writer


def record_run(workflow: object) -> None:
    """Record the run of a workflow, once."""
    if not any(isinstance(handler, Recorder) for handler in logger.handlers):
        logger.addHandler(Recorder(workflow))


class Recorder(logging.Handler):
    """Records a run, unless it is a dry one.

    Parameters
    ----------
    workflow
        The workflow of Snakemake.
    """

    def __init__(self, workflow: object) -> None:
        super().__init__()
        self._workflow = workflow
        self._writer: Writer | None = None
        self._is_planned = False
        self._running: dict[int, LogRecord] = {}
        self._begun: set[str] = set()
        self._reasons: dict[int, str] = {}

    def emit(self, record: LogRecord) -> None:
        """Record an event of a job; an error here does not stop the run."""
        try:
            self._take(record, getattr(record, "event", None))
        except OSError as error:
            print(f"{FOLDER}: make status will not see the rest of this run: {error}", file=sys.stderr)
            self._writer = None
        except Exception:
            self.handleError(record)

    def close(self) -> None:
        """Record the end of the run."""
        if self._writer:
            self._writer.close()
        super().close()

    def _take(self, record: LogRecord, event: LogEvent | None) -> None:
        """Record an event."""
        is_begin = event == LogEvent.RUN_INFO or record.msg == NOTHING_TO_BE_DONE_MSG
        if is_begin and not (self._workflow.dryrun or self._workflow.touch):
            self._writer = Writer()
        if not self._writer:
            return
        if (is_begin or event == LogEvent.JOB_STARTED) and not self._is_planned:
            self._plan()
        if event == LogEvent.JOB_INFO and record.output:
            self._running[record.jobid] = record
            self._begun.add(record.output[0])
            self._writer.start(record.output[0], next(iter(record.log), ""))
        elif event == LogEvent.JOB_FINISHED and (job := self._running.pop(record.job_id, None)):
            # After a checkpoint Snakemake plans anew, before it starts the next jobs.
            self._is_planned &= not job.is_checkpoint
            used = {"mosaic": job.wildcards.get("mosaic", ""), "core_seconds": _core_seconds(job)}
            self._writer.done(job.output[0], rule=job.rule_name, **used)
        elif event == LogEvent.ERROR:
            self._reasons[record.thread] = record.getMessage()
        elif event == LogEvent.JOB_ERROR:
            self._fail(record.jobid, self._reasons.pop(record.thread, ""))
        elif event == LogEvent.GROUP_ERROR:
            for job in record.job_error_info:
                self._fail(job["jobid"], "")

    def _fail(self, number: int, reason: str) -> None:
        """Record that a job failed, unless Ctrl-C ended it."""
        if (job := self._running.pop(number, None)) and not is_interrupt(reason):
            self._writer.fail(job.output[0])

    def _plan(self) -> None:
        """Record the planned jobs, and those among them that will run."""
        dag = self._workflow.dag
        jobs = list(dag.jobs)
        found: dict[tuple[str, str, str], tuple[list[str], list[str]]] = {}
        for job in filter(lambda job: job.output, jobs):
            output, mosaic = str(job.output[0]), job.wildcards_dict.get("mosaic", "")
            folder, _, name = output.rpartition("/")
            names, to_run = found.setdefault((job.rule.name, mosaic, folder), ([], []))
            names.append(name)
            if dag.needrun(job) and output not in self._begun:
                to_run.append(name)
        is_open = any(job.is_checkpoint and dag.needrun(job) and not dag.finished(job) for job in jobs)
        is_whole = any(job.rule.name == self._workflow.default_target for job in jobs)
        which = "before" if is_open else "all" if is_whole else "some"
        self._writer.plan(which, (Jobs(*key, *both) for key, both in found.items()))
        self._is_planned = True


def _core_seconds(job: LogRecord) -> float | None:
    """Return the wall time of a successful job times its cores; None without a benchmark."""
    try:
        return float(Path(job.benchmark or "").read_text().splitlines()[-1].split("\t")[0]) * job.threads
    except (OSError, ValueError, LookupError):
        return None
