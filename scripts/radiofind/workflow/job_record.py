"""Record the events of the jobs of a run as they happen, and read the records of all runs.

Each run has a tab-separated file in ``logs/runs``, to which only its main process appends, line by line, so
that it is complete when the run is killed. The first column is the kind of a line, the others are

=====  =====================================================================================================
run    time of the start, host, process
plan   time, which jobs are planned: ``all``, those of ``some`` results, or those ``before`` the tiles are
       known; ``jobs`` lines follow
jobs   rule, mosaic, folder of the outputs, names of all outputs, names of those whose jobs will run
start  time at which a job starts or is submitted, its output, its log
done   time at which a job succeeded, its output, rule, mosaic, core seconds (empty if unknown)
fail   time at which a job failed, its output
end    time at which the run ended
=====  =====================================================================================================
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

FOLDER = "logs/runs"
N_COLUMNS = {"run": 4, "plan": 3, "jobs": 6, "start": 4, "done": 6, "fail": 3, "end": 2}
"""Columns of each kind of line."""
TIME = "%Y-%m-%dT%H:%M:%SZ"


class Jobs(NamedTuple):
    """Jobs of one rule and mosaic whose first outputs lie in one folder."""

    rule: str
    """The rule."""
    mosaic: str
    """The mosaic; empty for jobs of no mosaic."""
    folder: str
    """Folder of the outputs."""
    names: tuple[str, ...]
    """Name of the first output of each."""
    to_run: tuple[str, ...]
    """Those that the run will make, even if a file of an earlier run exists."""


class Event(NamedTuple):
    """The last event of a job."""

    kind: str
    """``start``, ``done`` or ``fail``."""
    started: str
    """Time of the start, unless the job succeeded."""
    log: str
    """Log of the job, likewise."""


DONE = Event("done", "", "")


@dataclass
class Record:
    """The events of all runs in a folder."""

    started: str = ""
    """Start of the last run; empty before the first run."""
    host: str = ""
    """Its host."""
    process: int = 0
    """Number of its main process."""
    said: str = ""
    """Time of its last event."""
    ended: str = ""
    """Its end; empty while it runs and after it was killed."""
    planned: str = ""
    """Which jobs it planned: ``all``, ``some``, or those ``before`` the tiles are known."""
    jobs: dict[tuple[str, str, str], Jobs] = field(default_factory=dict)
    """All planned jobs, by rule, mosaic and folder."""
    last: dict[str, Event] = field(default_factory=dict)
    """The last event of each job since it was planned, by output."""
    used: dict[tuple[str, str], tuple[int, float]] = field(default_factory=dict)
    """Number and core seconds of successful jobs in all runs, by rule and mosaic."""
    used_now: float = 0.0
    """Core seconds of successful jobs in the last run."""


class Writer:
    """Appends to the record of one run.

    Parameters
    ----------
    folder
        The working folder of the run.
    """

    def __init__(self, folder: str | Path = ".") -> None:
        started = time.strftime(TIME, time.gmtime())
        place = Path(folder, FOLDER, f"{started.replace(':', '')}-{os.getpid()}.tsv")
        place.parent.mkdir(parents=True, exist_ok=True)
        self._stream = place.open("a", encoding="utf-8", buffering=1)
        self._write("run", started, socket.gethostname(), os.getpid())

    def plan(self, which: str, jobs: Iterable[Jobs]) -> None:
        """Write the planned jobs; unless they are ``all``, jobs planned earlier stay as they are."""
        self._write("plan", _now(), which)
        for rule, mosaic, folder, names, to_run in jobs:
            self._write("jobs", rule, mosaic, folder, " ".join(names), " ".join(to_run))

    def start(self, output: str, log: str) -> None:
        """Write that a job starts or is submitted."""
        self._write("start", _now(), output, log)

    def done(self, output: str, *, rule: str, mosaic: str, core_seconds: float | None) -> None:
        """Write that a job succeeded, with the core seconds that it used, if known."""
        used = "" if core_seconds is None else f"{core_seconds:.1f}"
        self._write("done", _now(), output, rule, mosaic, used)

    def fail(self, output: str) -> None:
        """Write that a job failed."""
        self._write("fail", _now(), output)

    def close(self) -> None:
        """Write that the run ends."""
        if not self._stream.closed:
            self._write("end", _now())
            self._stream.close()

    def _write(self, *columns: object) -> None:
        """Write a line."""
        self._stream.write("\t".join(map(str, columns)) + "\n")


def read_record(folder: str | Path) -> Record:
    """Return the events of all runs in a working folder.

    Parameters
    ----------
    folder
        The working folder of the runs.
    """
    record = Record()
    for path in sorted(Path(folder, FOLDER).glob("*.tsv")):
        used = _add_run(path, record)
        record.used_now = 0.0
        for key, texts in used.items():
            number, seconds = record.used.get(key, (0, 0.0))
            now = sum(float(text) for text in texts if text)
            record.used[key] = (number + len(texts), seconds + now)
            record.used_now += now
    return record


def _add_run(path: Path, record: Record) -> dict[tuple[str, str], list[str]]:
    """Add the events of a run to the record; return the core seconds of its jobs by rule and mosaic."""
    used: dict[tuple[str, str], list[str]] = {}
    record.ended = ""
    # The text after the last newline is being written, or was cut short.
    for line in path.read_text(encoding="utf-8", errors="replace").split("\n")[:-1]:
        columns = line.split("\t")
        kind = columns[0]
        if len(columns) != N_COLUMNS.get(kind):
            continue
        if kind == "jobs":
            _add_jobs(record, *columns[1:])
            continue
        record.said = columns[1]
        if kind == "start":
            record.last[columns[2]] = Event(kind, columns[1], columns[3])
        elif kind == "done":
            record.last[columns[2]] = DONE
            used.setdefault((columns[3], columns[4]), []).append(columns[5])
        elif kind == "fail":
            record.last[columns[2]] = record.last.get(columns[2], DONE)._replace(kind=kind)
        elif kind == "plan":
            record.planned = columns[2]
            if record.planned == "all":
                record.jobs.clear()
        elif kind == "run":
            record.started, record.host, record.process = columns[1], columns[2], int(columns[3])
        else:
            record.ended = columns[1]
    return used


def _add_jobs(record: Record, rule: str, mosaic: str, folder: str, names: str, to_run: str) -> None:
    """Add planned jobs to the record; those that will run lose their earlier events."""
    jobs = Jobs(rule, mosaic, folder, tuple(names.split()), tuple(to_run.split()))
    record.jobs[rule, mosaic, folder] = jobs
    for name in jobs.to_run:
        record.last.pop(f"{folder}/{name}", None)


def _now() -> str:
    """Return the current time, UTC."""
    return time.strftime(TIME, time.gmtime())
