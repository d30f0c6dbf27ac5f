"""Give a job its Dask workers: threads or processes of its own, or further jobs of SLURM.

The only module that knows Dask. A task is complete in itself, a function and what it is applied to, and needs
nothing that another has left on a worker. So when a worker is lost, its tasks run again on others.
"""

from __future__ import annotations

import logging
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import dask
from dask_jobqueue import SLURMCluster
from distributed import Client, LocalCluster, Security, Worker, wait
from distributed.deploy import SpecCluster

logger = logging.getLogger(__name__)

A, B = TypeVar("A"), TypeVar("B")

AHEAD = 2
"""Tasks for each thread that are given out before the first result is taken, which bounds the memory."""
TOGETHER = 8
"""Items of one task if nothing else is said: a task costs about as much as to read the file of a tile."""
LOOK_S = 10
"""How often to look for lost jobs while a result is waited for, in seconds."""
LOGS = "logs/dask"
"""Where the jobs of SLURM write; relative, since in a job's script a path cannot be quoted."""
COMMENT = "dask"
"""Comment of the jobs of SLURM; also their name, where this process is in no such job."""
OWN = "own"
"""Name of the worker inside the job that asks for workers of SLURM."""
SCRIPTS = Path(__file__).parents[2]
"""What workers need on their path."""
LOOPBACK = "127.0.0.1:0"
"""Where Dask's servers of HTTP listen, which cannot be left out."""
SETTINGS = {
    # A task is given up when that many workers were lost under it: then it is the task that kills them.
    "distributed.scheduler.allowed-failures": 10,
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    # A worker that was killed alone is started again inside its job; until then the job is not given up.
    "distributed.deploy.lost-worker-timeout": "20s",
}


@dataclass(frozen=True)
class Workers:
    """Dask workers that apply functions to items."""

    cluster: SpecCluster
    """Where they run."""
    client: Client
    """Hands out their tasks."""
    threads: int
    """How many tasks run at the same time when all workers are there."""

    def map(self, function: Callable[[A], B], items: Iterable[A], *, together: int = TOGETHER) -> Iterator[B]:
        """Yield the results for all items, in their order, while further items are worked on.

        Parameters
        ----------
        function
            Takes an item. With all that it holds, it is sent to the workers, which may be on other nodes.
        items
            What it is applied to.
        together
            Items of one task.
        """
        waiting: deque = deque()
        for part in _in_parts(items, together):
            waiting.append(self.client.submit(_apply, function, part, pure=False))
            if len(waiting) >= AHEAD * self.threads:
                yield from self._result(waiting.popleft())
        while waiting:
            yield from self._result(waiting.popleft())

    def _result(self, future: Any) -> list:
        """Return the result of a task, or raise its error."""
        while future.status == "pending":
            with suppress(TimeoutError):
                wait(future, timeout=LOOK_S)
            self._replace_lost()
        return future.result()

    def _replace_lost(self) -> None:
        """Start workers in place of those that will not come back."""
        lost = set(self.cluster.worker_spec) - set(self.cluster.workers)
        if lost:
            logger.warning("lost %d Dask workers, starting as many", len(lost))
            try:
                _start_missing(self.cluster)
            except ValueError as error:
                logger.warning("the others go on alone: %s", error)


@contextmanager
def open_workers(*, cluster: str = "local", threads: int = 1, **settings: Any) -> Iterator[Workers]:
    """Yield the workers of a job, which end with the block.

    Parameters
    ----------
    cluster
        ``local`` for threads of this process, ``processes`` for processes of their own on this machine, and
        ``slurm`` for jobs of SLURM, besides the threads of this process.
    threads
        Cores of this job.
    **settings
        The other keys of ``dask`` in the configuration, which count for ``slurm``.
    """
    with dask.config.set(SETTINGS):
        if cluster == "slurm":
            jobs, interface = settings.pop("jobs"), settings["interface"]
            opened = _submitted(_slurm_cluster(**settings), jobs=jobs, threads=threads, interface=interface)
            threads += jobs * settings["cores"]
        else:
            opened = _local_cluster(threads, processes=cluster == "processes")
        with opened as running, Client(running) as client:
            yield Workers(running, client, threads)


def _local_cluster(threads: int, *, processes: bool) -> LocalCluster:
    """Start workers on this machine, which can be reached from it alone."""
    return LocalCluster(
        n_workers=threads if processes else 1,
        threads_per_worker=1 if processes else threads,
        processes=processes,
        memory_limit=None,
        dashboard_address=LOOPBACK,
        worker_dashboard_address=LOOPBACK,
        scheduler_kwargs={"dashboard": False},
        silence_logs=logging.ERROR,
    )


def _slurm_cluster(
    *,
    cores: int,
    memory_gb: float,
    walltime_min: int,
    account: str | None,
    partition: str | None,
    interface: str | None,
    options: Sequence[str],
) -> SLURMCluster:
    """Return a cluster whose jobs are not submitted yet."""
    if not shutil.which("sbatch"):
        raise FileNotFoundError("dask.cluster: expected sbatch on the PATH for slurm, received none")
    Path(LOGS).mkdir(parents=True, exist_ok=True)
    return SLURMCluster(
        cores=cores,
        processes=1,
        memory=f"{memory_gb}GiB",
        walltime=str(walltime_min),
        account=account,
        queue=partition,
        interface=interface,
        job_extra_directives=[f"--comment={COMMENT}", *options],
        job_name=_name_of_own_job(),
        python=shlex.quote(sys.executable),
        job_script_prologue=[f"export PYTHONPATH={shlex.quote(str(SCRIPTS))}"],
        worker_extra_args=["--no-dashboard", "--dashboard-address", LOOPBACK],
        log_directory=LOGS,
        # Who can reach a Dask scheduler can run anything as its user, so both sides must show a certificate.
        security=Security.temporary(),
        shared_temp_directory=LOGS,
        scheduler_options={"dashboard": False, "dashboard_address": LOOPBACK},
        silence_logs=logging.CRITICAL,
    )


def _name_of_own_job() -> str:
    """Return the name of the job of SLURM around this process, by which users cancel all jobs of a run."""
    # SLURM_JOB_NAME is that of the step.
    asked = ["squeue", "--noheader", "--format=%j", f"--jobs={os.environ.get('SLURM_JOB_ID', '')}"]
    if "SLURM_JOB_ID" not in os.environ:
        return COMMENT
    name = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    return name if re.fullmatch(r"[\w.-]+", name) else COMMENT


@contextmanager
def _submitted(
    cluster: SLURMCluster, *, jobs: int, threads: int, interface: str | None
) -> Iterator[SLURMCluster]:
    """Submit the jobs of a cluster, to which this process belongs too: it works alone if none ever starts."""
    own = {"nthreads": threads, "memory_limit": None, "dashboard": False, "dashboard_address": LOOPBACK}
    own |= {"interface": interface, "protocol": "tls://", "security": cluster.security}
    cluster.worker_spec[OWN] = {"cls": Worker, "options": own}
    for _ in range(jobs):
        cluster.worker_spec.update(cluster.new_worker_spec())
    try:
        _start_missing(cluster)
        logger.info("Dask on %d jobs of SLURM, which write to %s", jobs, LOGS)
        yield cluster
    finally:
        # It says so at the end when sbatch has refused a job, which was told before.
        with suppress(AssertionError):
            cluster.close()


def _start_missing(cluster: SpecCluster) -> None:
    """Start the workers that a cluster should have and has not."""
    # Not `scale`, which does it in the background, where what sbatch says is lost.
    try:
        cluster.sync(_started, cluster)
    except RuntimeError as error:
        told = " ".join(str(error).split())
        raise ValueError(f"dask: expected settings with which sbatch takes a job, received {told}") from error


async def _started(cluster: SpecCluster) -> None:
    """Wait until all jobs of a cluster are submitted."""
    await cluster


def _in_parts(items: Iterable[A], size: int) -> Iterator[list[A]]:
    """Yield items by so many at a time."""
    left = iter(items)
    while part := list(islice(left, size)):
        yield part


def _apply(function: Callable[[A], B], items: list[A]) -> list[B]:
    """Return the results for some items."""
    return [function(item) for item in items]
