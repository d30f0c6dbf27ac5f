"""Compute the memory and time that jobs request, from the size of their input.

`needs` has the measured needs of each rule.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from radiofind.workflow.needs import NEEDS, NETWORKS

MIB = 2**20
MEGAPIXEL = 1e6
SECONDS_IN_MINUTE = 60

SNAKEMAKE_MIB = 200
"""On a cluster two Snakemake processes run in the same job as the script. Each holds 210 MiB (measured), of
which 132 are its own; the rest are libraries shared with the script."""
MEMORY_MARGIN = 1.15
"""Requested over measured memory of the script."""
TIME_MARGIN = 4
"""Requested over measured time. Larger, because processors and disks vary more than array sizes."""
LEAST_MINUTES = 10
"""Shorter requests do not start sooner."""


@dataclass(frozen=True)
class Work:
    """The size of a job's input."""

    pixels: float = 0
    """Pixels held at a time: those of its largest tile, with halo."""
    all_pixels: float = 0
    """Pixels processed in total, tile after tile."""
    tiles: int = 0
    """Tiles processed, one after another."""
    table_mib: float = 0
    """Total size of the table files read, MiB."""
    cutouts: int = 0
    """Cutouts read."""
    epochs: int = 0
    """Epochs of a training."""
    batches: int = 0
    """Batches of a training, over all epochs."""
    network_mib: float = 0
    """Memory of a network in excess of the measured one, MiB."""
    slowness: float = 1
    """Time of a network relative to the measured one."""
    limit_s: float = 0
    """Time limit of a finder for one tile, seconds."""


BLOCK_PIXELS = 1000**2
"""Pixels that a network processes at once: a block of `inference.probability_map`."""


def with_network(work: Work, *, architecture: str, recipe: str) -> Work:
    """Return the work with the extra needs of a network; most need no more than the measured one."""
    mib, slowness = NETWORKS.get((architecture, recipe), (0, 1))
    return replace(work, network_mib=mib, slowness=slowness)


def memory_mib(rule: str, work: Work, *, attempt: int = 1) -> int:
    """Return the memory that a job requests, MiB.

    Parameters
    ----------
    rule
        Name of the rule.
    work
        The size of the job's input.
    attempt
        1 for the first attempt; the nth attempt requests n times as much.

    Notes
    -----
    The request grows linearly and does not double each time: a job that needs eight times the measured memory
    has another fault, and would wait long for such a node.
    """
    need = NEEDS[rule]
    used = (
        need.mib
        + need.bytes_per_pixel * work.pixels / MIB
        + need.mib_of_block * min(work.pixels / BLOCK_PIXELS, 1)
        + need.mib_per_tile * work.tiles
        + need.mib_per_table_mib * min(work.table_mib, need.most_table_mib)
        + need.mib_per_further_mib * max(work.table_mib - need.most_table_mib, 0)
        + need.mib_per_cutout * work.cutouts
        + work.network_mib
    )
    return math.ceil(used * MEMORY_MARGIN + SNAKEMAKE_MIB) * attempt


def runtime_minutes(rule: str, work: Work, *, attempt: int = 1) -> int:
    """Return the time that a job requests, minutes; the parameters are those of `memory_mib`."""
    need = NEEDS[rule]
    used = (
        need.seconds
        + need.seconds_per_megapixel * work.all_pixels / MEGAPIXEL
        + need.seconds_per_tile * work.tiles
        + need.seconds_per_table_mib * work.table_mib * work.slowness
        + need.seconds_per_batch * work.batches
        + need.seconds_per_epoch_mib * work.epochs * work.table_mib
        + need.seconds_per_cutout * work.cutouts * max(work.epochs, 1) * work.slowness
    )
    asked = (used * TIME_MARGIN + work.limit_s) / SECONDS_IN_MINUTE
    return max(math.ceil(asked), LEAST_MINUTES) * attempt
