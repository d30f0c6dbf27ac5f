"""A logger of Snakemake that tells a dry run in the words of a survey: which tiles will run, and why.

In a run that is not dry it shows what each job does, and what goes wrong.
"""

from __future__ import annotations

import logging
import sys
import traceback
from dataclasses import asdict
from logging import LogRecord
from pathlib import Path

import pandas as pd
from snakemake.common import NOTHING_TO_BE_DONE_MSG
from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

from radiofind.jobs.provenance import read_provenance
from radiofind.tables import write_csv
from radiofind.workflow.changes.changes import Changes, Job, TileChange
from radiofind.workflow.changes.earlier_runs import read_earlier_runs
from radiofind.workflow.changes.reasons import Reason, read_values
from radiofind.workflow.changes.text import describe_changes
from snakemake_logger_plugin_survey.recorder import record_run
from snakemake_logger_plugin_survey.terminal import end_run, take_terminal

__all__ = ["LogHandler", "end_run", "watch"]

TABLE = "logs/what_changed.csv"
WILDCARDS = ("mosaic", "tile", "finder", "training_set")


_watched: list = []
"""The workflow, which tells of each job why it runs in other ways than in words."""


def watch(workflow: object) -> None:
    """Let the logger see the jobs of a workflow, or, where another was chosen or none, the terminal.

    Whichever it is, the run is recorded.
    """
    _watched[:] = [workflow]
    take_terminal(workflow)
    if workflow.is_main_process:
        record_run(workflow)


class LogHandler(LogHandlerBase):
    """Collects the jobs of a dry run, and says at its end what they mean."""

    writes_to_stream = True
    writes_to_file = False
    has_filter = True
    has_formatter = False
    needs_rulegraph = False

    def __post_init__(self) -> None:
        self._jobs: list[Job] = []
        self._expected: int | None = None
        self._planned: dict[int, object] = {}

    def _reason_of(self, number: int) -> Reason:
        """Return why the job of this number runs."""
        (workflow,) = _watched
        if number not in self._planned:
            self._planned = {workflow.dag.jobid(job): job for job in workflow.dag.jobs}
        return _reason(workflow.dag.reason(self._planned[number]))

    def emit(self, record: LogRecord) -> None:
        """Take note of a job, or show an error."""
        event = getattr(record, "event", None)
        if record.levelno >= logging.WARNING:
            print(self.format(record), file=sys.stderr)
        elif event == LogEvent.JOB_INFO and self.common_settings.dryrun:
            self._jobs.append(_job(record, self._reason_of(record.jobid)))
        elif event == LogEvent.JOB_INFO and record.rule_msg:
            print(record.rule_msg, flush=True)
        elif event == LogEvent.RUN_INFO:
            self._expected = record.stats["total"]
        elif record.msg == NOTHING_TO_BE_DONE_MSG:
            self._expected = 0

    def close(self) -> None:
        """Say what the jobs mean, once, if the dry run came to its end."""
        complete, self._expected = self._expected == len(self._jobs), None
        if complete and self.common_settings.dryrun:
            try:
                _tell(self._jobs)
            except Exception:  # Snakemake would pass over it without a word
                traceback.print_exc()
        super().close()


def _reason(reason: object) -> Reason:
    """Return Snakemake's `jobs.Reason` in our terms; one that is forced has no other."""
    if reason.forced or reason.incomplete_output:
        return Reason(forced=True)
    follows = set(map(str, reason.updated_input_run))
    missing = bool(reason.missing_output)
    return Reason(
        missing=missing,
        # Where there is no result, Snakemake compares with the next one that there is.
        updated=() if missing else tuple(sorted({str(path) for path in reason.updated_input} - follows)),
        follows=tuple(sorted(follows)),
        inputs=bool(reason.input_changed),
        before=read_values(sorted(reason.params_changed.only_old)),
        now=read_values(sorted(reason.params_changed.only_new)),
        environment=bool(reason.software_stack_changed),
    )


def _job(record: LogRecord, reason: Reason) -> Job:
    """Return the job of an event."""
    # A network is to its data set what a finder is to its training set.
    named = {"finder": "network", "training_set": "dataset"}
    given = {**{name: record.wildcards.get(other, "") for name, other in named.items()}, **record.wildcards}
    wildcards = {name: given.get(name, "") for name in WILDCARDS}
    folder = Path(f"results/{wildcards['mosaic']}/tiles")  # images, too, may lie in a folder of that name
    tiles = [Path(path).stem for path in record.input if Path(path).parent == folder]
    block = record.wildcards.get("block", "")
    if block in tiles:
        wildcards["tile"] = block
    return Job(
        rule=record.rule_name,
        **wildcards,
        tiles=tuple(tiles) if block and block not in tiles else (),
        reason=reason,
        outputs=tuple(record.output),
        log=next(iter(record.log), ""),
        benchmark=record.benchmark or "",
    )


def _tell(jobs: list[Job]) -> None:
    """Print what will run, and write down every tile."""
    changes = Changes(jobs, read_earlier_runs(read_provenance))
    print(describe_changes(changes))
    if changes.are_known:
        columns = list(TileChange.__annotations__)
        write_csv(pd.DataFrame(map(asdict, changes.tiles), columns=columns), TABLE)
    if changes.are_known and changes.tiles:
        print(f"All tiles with their reasons: {TABLE}")
