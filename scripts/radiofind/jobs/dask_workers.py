"""Start the Dask workers of a job: threads or processes of its own, or further SLURM jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import dask

from radiofind.jobs.tasks import AHEAD, TOGETHER, apply_to, in_parts

A, B = TypeVar("A"), TypeVar("B")


class Workers(Protocol):
    """What applies functions to items."""

    def map(self, function: Callable[[A], B], items: Iterable[A], *, together: int = TOGETHER) -> Iterator[B]:
        """Yield the results for all items, in order.

        Parameters
        ----------
        function
            Takes an item. It may be pickled and sent to other processes, which may run on other nodes.
        items
            The items.
        together
            Number of items per task.
        """


@dataclass(frozen=True)
class Threads:
    """Threads of this process."""

    threads: int
    """How many tasks run at the same time."""

    def map(self, function: Callable[[A], B], items: Iterable[A], *, together: int = TOGETHER) -> Iterator[B]:
        """Yield the results for all items, in order; see `Workers.map`."""
        task = dask.delayed(apply_to, pure=False, traverse=False)
        for parts in in_parts(in_parts(items, together), AHEAD * self.threads):
            tasks = [task(function, dask.delayed(part, traverse=False)) for part in parts]
            for results in dask.compute(*tasks, scheduler="threads", num_workers=self.threads):
                yield from results


@contextmanager
def open_workers(*, cluster: str = "local", threads: int = 1, **settings: Any) -> Iterator[Workers]:
    """Yield the workers of a job, and stop them at the end of the block.

    Parameters
    ----------
    cluster
        ``local`` for threads of this process, ``processes`` for further processes on this machine, and
        ``slurm`` for SLURM jobs in addition to the threads of this process.
    threads
        Cores of this job.
    **settings
        The other keys of ``dask`` in the configuration, which only ``slurm`` uses.
    """
    if cluster == "local":
        yield Threads(threads)
        return
    # Here, since Dask's scheduler of processes takes longer to load and to start than most merges take.
    from radiofind.jobs.dask_cluster import open_cluster

    with open_cluster(cluster=cluster, threads=threads, **settings) as workers:
        yield workers
