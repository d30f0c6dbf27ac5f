"""Count the jobs of a folder that are done, running or failed, by mosaic and stage, from its files alone."""

from __future__ import annotations

import os
import socket
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cached_property, reduce
from operator import add
from pathlib import Path

from radiofind.jobs.retries import QUARANTINED
from radiofind.mosaics.blocks import tiles_in
from radiofind.workflow.job_record import Jobs, Record, read_record
from radiofind.workflow.stages import STAGE_OF, STAGES

TILES = "results/tiles.parquet"
FINGERPRINTS = ("fingerprints.parquet",)
"""The only result of a mosaic that cannot be read."""


@dataclass(frozen=True)
class Counts:
    """Numbers of jobs."""

    jobs: int = 0
    """All jobs."""
    done: int = 0
    """Those whose output exists and is not to be remade."""
    started: int = 0
    """Those that started or were submitted, and have not ended."""
    failed: int = 0
    """Those whose last attempt failed."""
    quarantined: int = 0
    """Tiles that were given up, among the jobs that are done."""
    core_hours: float = 0.0
    """Core hours of successful jobs in all runs."""

    def __add__(self, other: Counts) -> Counts:
        """Return the sums."""
        return Counts(
            self.jobs + other.jobs,
            self.done + other.done,
            self.started + other.started,
            self.failed + other.failed,
            self.quarantined + other.quarantined,
            self.core_hours + other.core_hours,
        )

    @property
    def is_complete(self) -> bool:
        """Whether all jobs are done."""
        return self.done == self.jobs


@dataclass
class Status:
    """The state of all jobs in a folder."""

    record: Record
    """The events of the runs."""
    is_alive: bool | None = None
    """Whether the last run is still running; None if only its own host can tell."""
    counts: dict[tuple[str, str], Counts] = field(default_factory=dict)
    """By mosaic and stage; the mosaic is empty for jobs of no mosaic."""
    failed: list[tuple[str, str]] = field(default_factory=list)
    """Output and log of each failed job."""
    quarantined: list[str] = field(default_factory=list)
    """Paths of the notes that say why tiles were given up."""
    started: list[tuple[str, str]] = field(default_factory=list)
    """Start and log of each job that has not ended."""

    @cached_property
    def total(self) -> Counts:
        """The counts of all mosaics and stages."""
        return reduce(add, self.counts.values(), Counts())

    @cached_property
    def stages(self) -> dict[str, Counts]:
        """The counts by stage, in the order in which stages begin."""
        return self._summed(1, (*STAGES, *(stage for _, stage in self.counts)))

    @cached_property
    def mosaics(self) -> dict[str, Counts]:
        """The counts by mosaic, in the order of their names."""
        return self._summed(0, sorted({mosaic for mosaic, _ in self.counts if mosaic}))

    def _summed(self, place: int, names: Collection[str]) -> dict[str, Counts]:
        """Return the sums over all keys with the same name at this place."""
        sums: dict[str, Counts] = dict.fromkeys(names, Counts())
        for key, counts in self.counts.items():
            if key[place] in sums:
                sums[key[place]] += counts
        return {name: counts for name, counts in sums.items() if counts.jobs}


def read_status(folder: Path) -> Status:
    """Return the state of all jobs in a folder.

    Parameters
    ----------
    folder
        The folder that contains ``results``.
    """
    record = read_record(folder)
    status = Status(record, _is_alive(record))
    listed: dict[str, set[str]] = {}
    for jobs in record.jobs.values():
        if jobs.folder not in listed:
            listed[jobs.folder] = _names_in(f"{folder}/{jobs.folder}")
        _count(jobs, listed[jobs.folder], status)
    for (rule, mosaic), (_, seconds) in record.used.items():
        key = (mosaic, STAGE_OF.get(rule, rule))
        if key in status.counts:
            status.counts[key] += Counts(core_hours=seconds / 3600)
    return status


def unreadable_mosaics(status: Status, folder: Path) -> dict[str, str]:
    """Return why mosaics are left out, by mosaic.

    Parameters
    ----------
    status
        The state of all jobs.
    folder
        The folder that contains ``results``.
    """
    found: dict[str, set[tuple[str, ...]]] = {}
    for jobs in status.record.jobs.values():
        found.setdefault(jobs.mosaic, set()).add(jobs.names)
    place = folder / TILES
    if not any(names == {FINGERPRINTS} for names in found.values()) or not place.exists():
        return {}
    from pyarrow import parquet  # slow to import and rarely needed

    try:
        rows = parquet.read_table(place, filters=[("state", "==", "unreadable")])
    except (OSError, ValueError):
        return {}
    return dict(zip(rows["mosaic"].to_pylist(), rows["reason"].to_pylist(), strict=True))


def _count(jobs: Jobs, present: set[str], status: Status) -> None:
    """Add the jobs of a rule and mosaic to the counts."""
    last, to_run, done = status.record.last, set(jobs.to_run), []
    n_started = n_failed = 0
    for name in jobs.names:
        event = last.get(f"{jobs.folder}/{name}")
        kind = event.kind if event else ""
        if name in present and (kind == "done" or name not in to_run):
            done.append(name)
        elif kind == "start":
            n_started += 1
            status.started.append((event.started, event.log))
        elif kind == "fail":
            n_failed += 1
            status.failed.append((f"{jobs.folder}/{name}", event.log))
    given_up = list(_given_up(done, present))
    status.quarantined += [f"{jobs.folder}/{name}" for name in given_up]
    key = (jobs.mosaic, STAGE_OF.get(jobs.rule, jobs.rule))
    counts = Counts(len(jobs.names), len(done), n_started, n_failed, len(given_up))
    status.counts[key] = status.counts.get(key, Counts()) + counts


def _given_up(done: Collection[str], present: Collection[str]) -> Iterator[str]:
    """Yield the notes on tiles that were given up, among the jobs that are done."""
    notes = {name.split(".")[0]: name for name in present if name.endswith(QUARANTINED)}
    if notes:
        blocks = {name.split(".")[0] for name in done}
        tiles = blocks.union(*(tiles_in(block) for block in blocks if "-" in block))
        yield from (notes[tile] for tile in sorted(tiles & notes.keys()))


def _names_in(folder: str) -> set[str]:
    """Return the names of the files in a folder; none if the folder is missing."""
    try:
        return {place.name for place in os.scandir(folder)}
    except OSError:
        return set()


def _is_alive(record: Record) -> bool | None:
    """Return whether the last run is still running; None if only another host can tell."""
    if record.ended or not record.started:
        return False
    if record.host != socket.gethostname():
        return None
    try:
        os.kill(record.process, 0)
    except PermissionError:
        pass  # of another user
    except OSError:
        return False
    # Another program may have this number by now.
    command = Path(f"/proc/{record.process}/cmdline")
    return not command.exists() or b"snakemake" in command.read_bytes()
