"""Start Dask workers that are processes of their own, on this machine or in SLURM jobs.

Each task is self-contained, a function and its items, and uses nothing
that another task left on a worker. So if a worker is lost, its tasks run again on another.
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
from pathlib import Path
from typing import Any, TypeVar

import dask
from dask_jobqueue import SLURMCluster
from distributed import Client, LocalCluster, Security, Worker, wait
from distributed.deploy import SpecCluster

from radiofind.jobs.tasks import AHEAD, TOGETHER, apply_to, in_parts

logger = logging.getLogger(__name__)

A, B = TypeVar("A"), TypeVar("B")

LOOK_S = 10
"""How often to look for lost workers while waiting for a result, in seconds."""
LOGS = "logs/dask"
"""Folder of the logs of SLURM jobs; relative, since a job script cannot quote a path."""
COMMENT = "dask"
"""Comment of the SLURM jobs; also their name if this process is in no SLURM job."""
OWN = "own"
"""Name of the worker inside this process when the others are SLURM jobs."""
SCRIPTS = Path(__file__).parents[2]
"""Folder that workers need on their PYTHONPATH."""
LOOPBACK = "127.0.0.1:0"
"""Address of Dask's HTTP servers, which cannot be switched off."""
SETTINGS = {
    # A task on which that many workers died probably kills them, and fails.
    "distributed.scheduler.allowed-failures": 10,
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    # A job restarts its own worker if only that was killed; wait so long before replacing the job.
    "distributed.deploy.lost-worker-timeout": "20s",
}


@dataclass(frozen=True)
class ClusterWorkers:
    """Dask workers that apply functions to items."""

    cluster: SpecCluster
    """The cluster that runs them."""
    client: Client
    """Submits their tasks."""
    threads: int
    """How many tasks run at the same time once all workers have started."""

    def map(self, function: Callable[[A], B], items: Iterable[A], *, together: int = TOGETHER) -> Iterator[B]:
        """Yield the results for all items, in order; see `dask_workers.Workers.map`."""
        waiting: deque = deque()
        for part in in_parts(items, together):
            waiting.append(self.client.submit(apply_to, function, part, pure=False))
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
        """Start a worker for each one that was lost."""
        lost = set(self.cluster.worker_spec) - set(self.cluster.workers)
        if lost:
            logger.warning("lost %d Dask workers; starting as many new ones", len(lost))
            try:
                _start_missing(self.cluster)
            except ValueError as error:
                logger.warning("continuing with the remaining Dask workers: %s", error)


@contextmanager
def open_cluster(*, cluster: str, threads: int, **settings: Any) -> Iterator[ClusterWorkers]:
    """Yield the workers of a job, and stop them at the end of the block.

    Parameters
    ----------
    cluster
        ``processes`` or ``slurm``; see `dask_workers.open_workers`.
    threads
        Cores of this job.
    **settings
        The other keys of ``dask`` in the configuration, which only ``slurm`` uses.
    """
    with dask.config.set(SETTINGS):
        if cluster == "slurm":
            jobs, interface = settings.pop("jobs"), settings["interface"]
            opened = _submitted(_slurm_cluster(**settings), jobs=jobs, threads=threads, interface=interface)
            threads += jobs * settings["cores"]
        else:
            opened = _local_cluster(threads)
        with opened as running, Client(running) as client:
            yield ClusterWorkers(running, client, threads)


def _local_cluster(threads: int) -> LocalCluster:
    """Start workers on this machine that no other machine can connect to."""
    return LocalCluster(
        n_workers=threads,
        threads_per_worker=1,
        processes=True,
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
    """Return a cluster of SLURM jobs that are not submitted yet."""
    if not shutil.which("sbatch"):
        raise FileNotFoundError(
            "dask.cluster: slurm needs sbatch, which is not on the PATH; set local or processes"
        )
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
        # Anyone who can connect to a Dask scheduler can run code as its user, so TLS checks both sides.
        security=Security.temporary(),
        shared_temp_directory=LOGS,
        scheduler_options={"dashboard": False, "dashboard_address": LOOPBACK},
        silence_logs=logging.CRITICAL,
    )


def _name_of_own_job() -> str:
    """Return the name of the SLURM job of this process, by which users cancel all jobs of a run."""
    # SLURM_JOB_NAME holds the name of the job step.
    asked = ["squeue", "--noheader", "--format=%j", f"--jobs={os.environ.get('SLURM_JOB_ID', '')}"]
    if "SLURM_JOB_ID" not in os.environ:
        return COMMENT
    name = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    return name if re.fullmatch(r"[\w.-]+", name) else COMMENT


@contextmanager
def _submitted(
    cluster: SLURMCluster, *, jobs: int, threads: int, interface: str | None
) -> Iterator[SLURMCluster]:
    """Submit the jobs of a cluster, with a worker in this process that works alone if no job ever starts."""
    own = {"nthreads": threads, "memory_limit": None, "dashboard": False, "dashboard_address": LOOPBACK}
    own |= {"interface": interface, "protocol": "tls://", "security": cluster.security}
    cluster.worker_spec[OWN] = {"cls": Worker, "options": own}
    for _ in range(jobs):
        cluster.worker_spec.update(cluster.new_worker_spec())
    try:
        _start_missing(cluster)
        logger.info("Dask on %d jobs of SLURM; their logs are in %s", jobs, LOGS)
        yield cluster
    finally:
        # Closing repeats that sbatch refused a job, which was reported before.
        with suppress(AssertionError):
            cluster.close()


def _start_missing(cluster: SpecCluster) -> None:
    """Start the workers that a cluster lacks."""
    # Not `scale`, which works in the background and loses the error message of sbatch.
    try:
        cluster.sync(_started, cluster)
    except RuntimeError as error:
        answer = " ".join(str(error).split())
        raise ValueError(f"dask: sbatch refused a job, change the settings: {answer}") from error


async def _started(cluster: SpecCluster) -> None:
    """Wait until all jobs of a cluster are submitted."""
    await cluster
