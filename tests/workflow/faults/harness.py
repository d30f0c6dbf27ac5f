"""Let the workflow suffer one fault, then go on; compare its results with those of an undisturbed run."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from subprocess import Popen

from workflow.faults.comparison import compare
from workflow.runs import (
    HERE,
    LOGGER,
    NOTHING_TO_DO,
    TIME_LIMIT_S,
    Place,
    Run,
    copy_of,
    newest_log,
    run,
    started,
)

HOOKS = Path(__file__).with_name("hooks")
LOCKED = "Directory cannot be locked"
FAILED_HERE = re.compile(r"^Error in (?:rule|checkpoint)", re.MULTILINE)
FAILED_ON_SLURM = re.compile(r"SLURM-job '(\d+)' failed, SLURM status is: '(\w+)'")
"""Beside it, the log of a job that failed is shown, in which the job itself tells of the error too."""


@dataclass(frozen=True)
class Strike:
    """Something that happens inside a job; see hooks/sitecustomize.py."""

    job: str
    """Its log, as ``find_peaks/a-b.c_1/peaks/y000x000``."""
    action: str
    """``kill``, ``end`` (SIGTERM), ``pause``, ``hang``, ``starve`` (no memory), ``hurry`` (a short limit)."""
    moment: str = "start"
    """``start``; ``open PART`` or ``rename PART`` of a path; ``call MODULE:FUNCTION:NUMBER``."""
    times: int = 1
    """In how many attempts."""
    child: bool = False
    """Whether it strikes the program that the job starts, not the job."""


@dataclass(frozen=True)
class Stop:
    """A signal that Snakemake receives while a job pauses."""

    signal: int
    """Its number."""
    to_jobs: bool = True
    """Whether its jobs receive it too, as they do by Ctrl-C or when a machine dies."""
    jobs_go_on: bool = False
    """Whether jobs outlive Snakemake, and still run when it is started again."""


@dataclass(frozen=True)
class Scene:
    """A run in which a job pauses."""

    place: Place
    """Where it runs."""
    process: Popen
    """Snakemake."""
    folder: Path
    """Where it works."""
    strikes: Path
    """The folder of the strikes."""

    def go(self) -> None:
        """Let the job go on."""
        (self.strikes / "go").touch()


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong, and what must be seen when it does."""

    name: str
    """In plain words, for the table."""
    removed: tuple[str, ...] = ()
    """Results that are removed before, so that their jobs run; glob patterns."""
    damage: Callable[[Path], object] = lambda folder: None
    """What is done to the files of the survey before."""
    strikes: tuple[Strike, ...] = ()
    """What happens inside jobs."""
    stop: Stop | None = None
    """What happens to Snakemake."""
    meanwhile: Callable[[Scene], object] | None = None
    """What happens outside of the run while a job pauses, which goes on after it."""
    disk: Callable[[Path], AbstractContextManager] = nullcontext
    """What is done to the disk as long as the first run lasts."""
    targets: tuple[str, ...] = ()
    """Results that are asked for; all by default."""
    ends_well: bool = False
    """Whether the first run itself ends with exit code 0."""
    absent: tuple[str, ...] = ()
    """Results that are not there after the first run."""
    present: tuple[str, ...] = ()
    """Results that the first run must have made all the same."""
    set_aside: tuple[str, ...] = ()
    """Damaged files that are kept under another name."""
    tells: tuple[str, ...] = ()
    """What the first run must say."""
    reports: tuple[str, ...] = ()
    """What the report must say after the first run."""
    again: tuple[str, ...] = ()
    """Further arguments of the second run, as the first one told."""
    mend: Callable[[Path], object] = lambda folder: None
    """What the user does before the second run."""
    remedy: str = ""
    """What the user does after the fault in words, for the table."""

    @property
    def needs_mount(self) -> bool:
        """Whether it can be tried only by those who may mount a disk."""
        return self.disk is not nullcontext


@dataclass(frozen=True)
class Outcome:
    """What a fault led to."""

    fault: str
    """Its name."""
    happened: str
    """What was seen, in words."""
    compared: int
    """Number of files."""
    problems: tuple[str, ...]
    """What was not as it should be; nothing when all is well."""


def try_fault(fault: Fault, survey: Path, folder: Path, place: Place = HERE) -> Outcome:
    """Return what a fault leads to in a copy of a survey that has been run, when it goes on at some place."""
    copy = copy_of(survey, folder / "copy")
    strikes = folder / "strikes"
    strikes.mkdir()
    (strikes / "strikes.json").write_text(json.dumps([asdict(strike) for strike in fault.strikes]))
    _remove(copy, fault.removed)
    fault.damage(copy)
    with fault.disk(copy), _disturbed(fault, copy, strikes, place) as first:
        problems = [*_not_as_expected(fault, copy, first), *_not_struck(fault, strikes)]
        told = _in_words(fault, first)
        if fault.stop and fault.stop.jobs_go_on:
            second = _go_on(fault, copy, place)
    if not (fault.stop and fault.stop.jobs_go_on):
        second = _go_on(fault, copy, place)
    problems += [f"the second run ended with exit code {second.code}\n{second.output}"] * bool(second.code)
    compared, differences = compare(copy / "results", survey / "results", set_aside=fault.set_aside)
    problems += differences + _left_to_do(copy)
    if second.jobs:
        told += f"; the next run ran {_number(len(set(second.jobs) - {'all'}), 'job')}"
    return Outcome(fault.name, told, compared, tuple(problems))


@contextmanager
def _disturbed(fault: Fault, copy: Path, strikes: Path, place: Place) -> Iterator[Run]:
    """Run the workflow under a fault; its jobs live as long as the block, if they outlive the run."""
    environment = {"PYTHONPATH": f"{HOOKS}{os.pathsep}{LOGGER}", "STRIKES_FOLDER": str(strikes)}
    struck = {strike.job.partition("/")[0] for strike in fault.strikes}
    options = {"environment": environment, "apart": struck, "place": place, "figures": True}
    with started(copy, *_asked(fault, copy), **options) as (process, jobs, output):
        if fault.stop or fault.meanwhile:
            wait_for(lambda: list(strikes.glob("struck-*")) or process.poll() is not None)
        if fault.meanwhile and process.poll() is None:
            scene = Scene(place, process, copy, strikes)
            fault.meanwhile(scene)
            scene.go()
        if fault.stop:
            send = os.killpg if fault.stop.to_jobs else os.kill
            send(process.pid, fault.stop.signal)
            if not fault.stop.to_jobs:
                (strikes / "go").touch()
        code = process.wait(TIME_LIMIT_S)
        yield Run(code, jobs.read_text().splitlines(), output.read_text(), newest_log(copy))


def _go_on(fault: Fault, copy: Path, place: Place) -> Run:
    """Mend what is to be mended, and run again."""
    fault.mend(copy)
    done = run(copy, *fault.again, *_asked(fault, copy), place=place, figures=True)
    if LOCKED in done.output:
        assert run(copy, "--unlock", place=place).code == 0
        done = run(copy, *fault.again, *_asked(fault, copy), place=place, figures=True)
    return done


def _asked(fault: Fault, copy: Path) -> tuple[str, ...]:
    """Return the arguments that ask for some results."""
    return ("--configfile", str(copy / "survey.yaml"), "--", *fault.targets) if fault.targets else ()


def _remove(copy: Path, patterns: tuple[str, ...]) -> None:
    """Remove results."""
    for pattern in patterns:
        found = list((copy / "results").glob(pattern))
        assert found, pattern
        for path in found:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until something is the case."""
    end = time.monotonic() + TIME_LIMIT_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def _not_as_expected(fault: Fault, copy: Path, first: Run) -> Iterator[str]:
    """Yield what the first run did and should not have done."""
    results = copy / "results"
    if fault.ends_well != (first.code == 0):
        yield f"the first run ended with exit code {first.code}\n{first.output}"
    yield from (f"{name} is there" for name in fault.absent if (results / name).exists())
    yield from (f"{name} is missing" for name in fault.present if not (results / name).exists())
    for text in fault.tells:
        if text not in first.output + first.log:
            yield f"the first run does not say: {text}\n{first.output}"
    page = (results / "report.html").read_text()
    yield from (f"the report does not say: {text}" for text in fault.reports if text not in page)


def _not_struck(fault: Fault, strikes: Path) -> Iterator[str]:
    """Yield the strikes that did not happen."""
    for number, strike in enumerate(fault.strikes):
        times = len(list(strikes.glob(f"struck-{number}-*")))
        if times < strike.times:
            yield f"{strike} happened {times} times"


def _left_to_do(copy: Path) -> list[str]:
    """Return what a dry run would do after all has been done."""
    plan = run(copy, "--dry-run")
    return [] if NOTHING_TO_DO in plan.output else [f"there is more to do: {plan.jobs}\n{plan.output}"]


def _in_words(fault: Fault, first: Run) -> str:
    """Return what the first run did."""
    states = dict(FAILED_ON_SLURM.findall(first.log))
    failures = len(states or FAILED_HERE.findall(first.log))
    name = signal.Signals(-first.code).name if first.code < 0 else f"exit code {first.code}"
    words = [_number(failures, "failed attempt")] if failures else []
    words += [f"SLURM said {state}" for state in sorted(set(states.values()))]
    words.append(f"the run ended with {name}" if first.code else "the run went on to its end")
    words += [f"the report said: {text}" for text in fault.reports]
    words += [f"{Path(name).name} was set aside" for name in fault.set_aside]
    words += [fault.remedy] if fault.remedy else []
    words += [f"run again with {' '.join(fault.again)}"] if fault.again else []
    return "; ".join(words)


def _number(number: int, thing: str) -> str:
    """Return how many things there are, in words."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
