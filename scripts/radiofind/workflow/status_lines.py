"""The lines of `make status`: whether a run goes on, how long it will take, and what went wrong."""

from __future__ import annotations

import calendar
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from radiofind.workflow.failures import why_failed
from radiofind.workflow.job_counts import Status, unreadable_mosaics
from radiofind.workflow.job_record import TIME
from radiofind.workflow.lines import plural, shorten
from radiofind.workflow.stages import STAGE_OF

MOST = 5
"""Failed jobs, tiles in quarantine and unreadable mosaics that are listed."""
KNOWN_SHARE = 0.9
"""The time left is estimated once so many of the jobs to do belong to stages of which some jobs succeeded."""
UNITS = ((86400, "days"), (3600, "h"), (60, "min"), (1, "s"))


def heading(status: Status, folder: Path, *, now: float) -> list[str]:
    """Return whether the last run goes on, and how long it will take.

    Parameters
    ----------
    status
        The state of all jobs.
    folder
        The folder that contains ``results``.
    now
        The time, in seconds since 1970.
    """
    record = status.record
    if not record.started:
        is_older = (folder / "results").is_dir()
        return [
            "No run is recorded here yet; the next one will be." if is_older else "Nothing has run here yet."
        ]
    since = f"{_shown(record.started)} on {record.host} (process {record.process})"
    latest = f"last event {_duration(now - _seconds(record.said))} ago"
    if status.is_alive:
        return [f"Running since {since}, {latest}.", *_queue(status, folder), *_outlook(status, now)]
    if status.is_alive is None:
        here = f"Started {since}, {latest}. Only {record.host} can tell whether it is still running."
        return [here, *_queue(status, folder), *_outlook(status, now)]
    if not record.ended:
        return [f"Killed: started {since}, {latest}.", *_advice(status)]
    if status.total.is_complete:
        return [f"Complete. The last run ended {_shown(record.ended)}."]
    return [f"Not complete. The last run ended {_shown(record.ended)}; the same command goes on."]


def trouble_lines(status: Status, folder: Path) -> Iterator[str]:
    """Yield failed jobs, tiles in quarantine and mosaics that are left out, with the reasons.

    Parameters
    ----------
    status
        The state of all jobs.
    folder
        The folder that contains ``results``.
    """
    failed = (f"{log or output}: {why_failed(folder / log)}" for output, log in status.failed)
    yield from _listed("failed", "job", len(status.failed), failed)
    tiles = (f"{note}: {_reason(folder / note)}" for note in status.quarantined)
    yield from _listed("in quarantine", "tile", len(status.quarantined), tiles)
    left_out = unreadable_mosaics(status, folder)
    mosaics = (f"{mosaic}: {why}" for mosaic, why in left_out.items())
    yield from _listed("left out", "mosaic", len(left_out), mosaics)


def _listed(what: str, noun: str, number: int, lines: Iterator[str]) -> Iterator[str]:
    """Yield how many there are, and the first of them."""
    if number:
        yield f"{plural(number, noun)} {what}:"
        yield from (shorten(f"  {line}") for line in islice(lines, MOST))
    if number > MOST:
        yield f"  and {number - MOST:,} more"


def _queue(status: Status, folder: Path) -> list[str]:
    """Return how many jobs are running, and how many were submitted and have no log yet."""
    n_begun = sum(_has_begun(folder / log, _seconds(when)) for when, log in status.started)
    n_waiting = len(status.started) - n_begun
    waiting = f", {n_waiting:,} in the queue or about to start" if n_waiting else ""
    return [f"{plural(n_begun, 'job')} running{waiting}."]


def _has_begun(log: Path, since: float) -> bool:
    """Return whether a job has written to its log since it was submitted."""
    try:
        return log.stat().st_mtime >= since
    except OSError:
        return False


def _outlook(status: Status, now: float) -> list[str]:
    """Return how long the run will take, if each job takes as long as the mean of its stage."""
    record = status.record
    if record.planned == "before":
        return ["The tiles are not indexed yet; their jobs are planned after that."]
    ended: dict[str, tuple[int, float]] = {}
    for (rule, _), (number, seconds) in record.used.items():
        before = ended.get(STAGE_OF.get(rule, rule), (0, 0.0))
        ended[STAGE_OF.get(rule, rule)] = (before[0] + number, before[1] + seconds)
    to_do = {stage: counts.jobs - counts.done for stage, counts in status.stages.items()}
    known = {stage: number for stage, number in to_do.items() if stage in ended}
    if not record.used_now or sum(known.values()) < KNOWN_SHARE * sum(to_do.values()):
        return []
    core_seconds = sum(number * ended[stage][1] / ended[stage][0] for stage, number in known.items())
    cores = record.used_now / max(now - _seconds(record.started), 1)
    return [f"About {_duration(core_seconds / cores)} left, at the pace so far."]


def _advice(status: Status) -> list[str]:
    """Return how to go on after Snakemake was killed."""
    jobs = plural(len(status.started), "job")
    unfinished = (
        f" {jobs} did not finish: wait for those that still run, or end them." if status.started else ""
    )
    return [f"To go on: snakemake --unlock, then the same command as before.{unfinished}"]


def _reason(note: Path) -> str:
    """Return why a tile was given up."""
    try:
        return note.read_text().strip()
    except OSError:
        return ""


def _duration(seconds: float) -> str:
    """Return a time span with its unit."""
    size, unit = next((one for one in UNITS if seconds >= 2 * one[0]), UNITS[-1])
    return f"{max(seconds, 0) / size:.0f} {unit}"


def _seconds(when: str) -> float:
    """Return a time of the record as seconds since 1970."""
    return calendar.timegm(time.strptime(when, TIME))


def _shown(when: str) -> str:
    """Return a time of the record as local time."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(_seconds(when)))
