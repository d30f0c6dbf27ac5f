"""Run the workflow as a user does, and say which jobs it ran."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from workflow.forked import APART, FORKS, Forked, started_forks
from workflow.forked_jobs import FIGURES, GRAPHS

REPOSITORY = Path(__file__).parents[2]
SNAKEMAKE = Path(sys.executable).with_name("snakemake")
LOGGER = Path(__file__).with_name("logger")

NOTHING_TO_DO = "Nothing to be done"
TIME_LIMIT_S = 1800


@dataclass(frozen=True)
class Run:
    """What a run did."""

    code: int
    """Exit code."""
    jobs: list[str]
    """Each job as ``rule simulation training_set mosaic finder realisation tile``, with those that it has."""
    output: str
    """What its user saw."""
    log: str
    """What Snakemake wrote in its own log; nothing after a dry run."""


@dataclass(frozen=True)
class Place:
    """Where the workflow runs."""

    profile: Path | None = None
    """The profile; that for one machine, with two cores, if none is named."""
    within: Sequence[str | Path] = ()
    """The beginning of a command that runs another one there, as the same process."""


HERE = Place()


@contextmanager
def started(
    folder,
    *arguments,
    repository=REPOSITORY,
    cwd=None,
    environment: Mapping[str, str] | None = None,
    apart: Collection[str] | None = (),
    figures: bool = False,
    graphs: bool = True,
    place: Place = HERE,
    snakemake: Sequence[str | Path] = (),
) -> Iterator[tuple]:
    """Start the workflow in a folder, on its ``survey.yaml`` if nothing else is said.

    Yields the process, which leads a group of its own, and the files in which it writes its jobs and what it
    says. What still runs of the group at the end is killed. `snakemake` is the command that is to be started;
    here, without one, a process is forked that has imported Snakemake already. Its jobs are forks, too, which
    take less memory than a user's, but those of rules that are to be `apart`; none is if that is None. They
    draw figures if these are asked for, and let TensorFlow build graphs unless it is told not to.
    """
    local = (repository / "profiles/local", "--cores", "2")
    asked = ["-s", repository / "Snakefile", "--profile"]
    asked += [place.profile] if place.profile else local
    asked += ["--directory", folder, "--logger", "jobs", *arguments]
    if "--configfile" not in arguments:
        asked += ["--configfile", Path(folder) / "survey.yaml"]
    with tempfile.TemporaryDirectory() as scratch:
        jobs, output = Path(scratch) / "jobs", Path(scratch) / "output"
        jobs.touch()
        output.touch()
        settings = {"PYTHONPATH": str(LOGGER), "JOBS_FILE": str(jobs), **(environment or {})}
        within = [*place.within, *(snakemake or [SNAKEMAKE])] if place.within or snakemake else []
        if apart is not None and not within and "--dry-run" not in arguments:
            settings |= {FORKS: started_forks(), APART: " ".join(apart)}
            settings |= ({FIGURES: "yes"} if figures else {}) | ({GRAPHS: "yes"} if graphs else {})
        process = _start(within, map(str, asked), output, cwd or Path.cwd(), os.environ | settings)
        try:
            yield process, jobs, output
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _start(
    program: list, arguments: Iterable[str], output: Path, cwd: Path, environment: Mapping[str, str]
) -> subprocess.Popen | Forked:
    """Start Snakemake by a program, or without one as a fork."""
    if not program:
        return Forked(list(arguments), output, cwd, environment)
    with output.open("w") as stream:
        return subprocess.Popen(
            [*program, *arguments],
            cwd=cwd,
            env=environment,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
            preexec_fn=_hear_interrupts,
        )


def _hear_interrupts() -> None:
    """Let a process end by Ctrl-C, which one that was started in the background does not hear."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def run(folder, *arguments, **options) -> Run:
    """Run the workflow to its end; the options are those of `started`."""
    with started(folder, *arguments, **options) as (process, jobs, output):
        code = process.wait(TIME_LIMIT_S)
        log = "" if "--dry-run" in arguments else newest_log(Path(options.get("cwd") or "") / folder)
        return Run(code, jobs.read_text().splitlines(), output.read_text(), log)


def newest_log(folder) -> str:
    """Return what Snakemake has written in the log of its last run in a folder; nothing without one."""
    logs = sorted((Path(folder) / ".snakemake/log").glob("*.log"))
    return logs[-1].read_text() if logs else ""


def planned(folder, *arguments, **options) -> set[str]:
    """Return the jobs of a dry run."""
    dry_run = run(folder, "--dry-run", *arguments, **options)
    assert dry_run.code == 0, dry_run.output
    assert bool(dry_run.jobs) != (NOTHING_TO_DO in dry_run.output), dry_run.output
    return set(dry_run.jobs)


@contextmanager
def folder_of_all_workers(tmp_path_factory):
    """Yield a folder that the workers of pytest-xdist share, to one of them at a time."""
    folder = tmp_path_factory.getbasetemp()
    folder = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


def copy_of(folder: Path, target: Path) -> Path:
    """Copy a folder with the times of its files."""
    return Path(shutil.copytree(folder, target, symlinks=True))


def clone_of(target: Path, repository: Path = REPOSITORY) -> Path:
    """Copy the files of a checkout as new files, without those that it ignores."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=repository, check=True, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        if (repository / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(repository / name, target / name)
    return target
