"""How far a run is: its jobs counted by stage, from what Snakemake tells of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from radiofind.workflow.stages import STAGE_OF, STAGES

TARGET = "all"
"""The rule that asks for everything and makes nothing."""
OTHER = "other"
"""The stage of rules that are not radiofind's."""


@dataclass(frozen=True)
class Job:
    """A job that has begun."""

    number: int
    rule: str
    names: tuple[str, ...] = ()
    """Values of its wildcards."""
    log: str = ""
    """Path of its log, empty without one."""
    output: str = ""
    """Path of its first output, likewise."""
    block: str = ""
    """The tile or tiles that it works on, empty for others."""


@dataclass
class Stage:
    """The jobs of a stage."""

    name: str
    total: int = 0
    done: int = 0
    running: int = 0
    failed: int = 0
    """Jobs that will not be tried again."""

    @property
    def has_begun(self) -> bool:
        """Whether a job has begun."""
        return bool(self.done or self.running or self.failed)

    @property
    def is_complete(self) -> bool:
        """Whether there is nothing left to do."""
        return self.done == self.total


@dataclass
class Progress:
    """The stages of a run."""

    retries: int = 0
    """How often a job that has failed is started again."""
    begun: str = "running"
    """Word for the jobs that have begun."""
    stages: dict[str, Stage] = field(default_factory=lambda: {name: Stage(name) for name in (*STAGES, OTHER)})
    _running: dict[int, Job] = field(default_factory=dict)
    _failures: dict[int, int] = field(default_factory=dict)

    def plan(self, jobs_of: Mapping[str, int]) -> None:
        """Take note of how many jobs there are of each rule, those that are done among them."""
        for stage in self.stages.values():
            stage.total = 0
        for rule, number in jobs_of.items():
            if rule != TARGET:
                self._stage(rule).total += number

    def start(self, job: Job) -> None:
        """Take note that a job has begun."""
        if job.rule != TARGET and job.number not in self._running:
            self._running[job.number] = job
            self._stage(job.rule).running += 1

    def finish(self, number: int) -> Job | None:
        """Take note that a job is done, and return it; nothing for one that was never started."""
        if job := self._end(number):
            self._stage(job.rule).done += 1
        return job

    def fail(self, number: int) -> tuple[Job, int] | None:
        """Take note that a job has failed, and return it with the number of its failures, likewise."""
        if not (job := self._end(number)):
            return None
        failures = self._failures[number] = self._failures.get(number, 0) + 1
        self._stage(job.rule).failed += failures > self.retries
        return job, failures

    @property
    def planned(self) -> list[Stage]:
        """The stages that have jobs, in order."""
        return [stage for stage in self.stages.values() if stage.total]

    @property
    def all(self) -> Stage:
        """All jobs as one stage."""
        stages = self.stages.values()
        names = ("total", "done", "running", "failed")
        return Stage(TARGET, **{name: sum(getattr(one, name) for one in stages) for name in names})

    def _stage(self, rule: str) -> Stage:
        """Return the stage of a rule."""
        return self.stages[STAGE_OF.get(rule, OTHER)]

    def _end(self, number: int) -> Job | None:
        """Return a job that runs no more."""
        if job := self._running.pop(number, None):
            self._stage(job.rule).running -= 1
        return job
