"""Say how much memory and time the jobs of each rule ask for, from what they work on.

What each rule was measured to use stands in `needs`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from radiofind.workflow.needs import NEEDS, NETWORKS

MIB = 2**20
MEGAPIXEL = 1e6
SECONDS_IN_MINUTE = 60

SNAKEMAKE_MIB = 200
"""On a cluster two processes of Snakemake run beside the script, in the same job. Each was measured to hold
210 MiB, of which 132 cannot be given back; the rest are libraries, which the script shares."""
MEMORY_MARGIN = 1.15
"""What is asked for the script over what it was measured to use."""
TIME_MARGIN = 4
"""Likewise of time: processors and disks differ more than sizes of arrays do."""
LEAST_MINUTES = 10
"""A queue gains nothing from less."""


@dataclass(frozen=True)
class Work:
    """What a job works on."""

    pixels: float = 0
    """Pixels that it holds at a time: those of its largest tile, with halo."""
    all_pixels: float = 0
    """Pixels that it goes through, tile after tile."""
    tiles: int = 0
    """Tiles that it goes through, one after another."""
    table_mib: float = 0
    """Size of the files of tables that it reads, all together, MiB."""
    cutouts: int = 0
    """Cutouts that it reads."""
    epochs: int = 0
    """Epochs of a training."""
    batches: int = 0
    """Batches of a training, in all its epochs."""
    network_mib: float = 0
    """Memory of a network beyond that of the one that was measured, MiB."""
    slowness: float = 1
    """How many times as long it takes."""
    limit_s: float = 0
    """Time that a finder may hang on a tile before it is given up, seconds."""


BLOCK_PIXELS = 1000**2
"""Pixels on which a network is run at once: a block of `inference.probability_map`."""


def with_network(work: Work, *, architecture: str, recipe: str) -> Work:
    """Return the same work, done with a network; most need no more than the one that was measured."""
    mib, slowness = NETWORKS.get((architecture, recipe), (0, 1))
    return replace(work, network_mib=mib, slowness=slowness)


def memory_mib(rule: str, work: Work, *, attempt: int = 1) -> int:
    """Return the memory that a job asks for, MiB.

    Parameters
    ----------
    rule
        Name of the rule.
    work
        What the job works on.
    attempt
        1 for the first start of a job; each further start asks for as much more as the first asked for.

    Notes
    -----
    So the second start of a job that ran out of memory has twice as much. It does not double again and again:
    a job that needs eight times what was measured has another fault, and would wait long for such a node.
    """
    need = NEEDS[rule]
    used = (
        need.mib
        + need.bytes_per_pixel * work.pixels / MIB
        + need.mib_of_block * min(work.pixels / BLOCK_PIXELS, 1)
        + need.mib_per_tile * work.tiles
        + need.mib_per_table_mib * work.table_mib
        + need.mib_per_cutout * work.cutouts
        + work.network_mib
    )
    return math.ceil(used * MEMORY_MARGIN + SNAKEMAKE_MIB) * attempt


def runtime_minutes(rule: str, work: Work, *, attempt: int = 1) -> int:
    """Return the time that a job asks for, minutes; the parameters are those of `memory_mib`."""
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
