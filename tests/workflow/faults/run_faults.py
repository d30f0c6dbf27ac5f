"""What may happen to a run and to the disk on which it writes."""

from __future__ import annotations

import signal

from workflow.faults.disks import disk_at, nearly_full
from workflow.faults.harness import Fault, Stop, Strike
from workflow.faults.names import (
    MID_EPOCH,
    NETWORK_ALONE,
    OTHER_AGAIN,
    OTHER_ALONE,
    OTHER_FOUND,
    PEAKS,
    PEAKS_AGAIN,
    PEAKS_ALONE,
    PEAKS_FOUND,
    PYBDSF_AGAIN,
    PYBDSF_ALONE,
    PYBDSF_FOUND,
    TRAINED,
    TRAINING,
    log_of,
)

STOPPED_RUNS = [
    Fault(
        "kill -9 of Snakemake and its jobs while tiles run, as when a machine dies",
        removed=PEAKS_AGAIN,
        targets=PEAKS_ALONE,
        strikes=(Strike(PEAKS, "pause", "rename peaks/y000x000.parquet"),),
        stop=Stop(signal.SIGKILL),
        absent=(PEAKS_FOUND,),
    ),
    Fault(
        "kill -9 of Snakemake alone, whose jobs live on into the next run",
        removed=PEAKS_AGAIN,
        targets=PEAKS_ALONE,
        strikes=(Strike(PEAKS, "pause", "rename peaks/y000x000.parquet"),),
        stop=Stop(signal.SIGKILL, to_jobs=False, jobs_go_on=True),
    ),
    Fault(
        "kill -9 of Snakemake and its jobs while the tiles are indexed",
        removed=("tiles.parquet",),
        strikes=(Strike("index_tiles/index_tiles", "pause", "rename results/tiles.parquet"),),
        stop=Stop(signal.SIGKILL),
        absent=("tiles.parquet",),
    ),
    Fault(
        "kill -9 of Snakemake and its jobs during training",
        removed=TRAINED,
        strikes=(Strike(TRAINING, "pause", MID_EPOCH),),
        stop=Stop(signal.SIGKILL),
        targets=NETWORK_ALONE,
        absent=TRAINED,
    ),
    Fault(
        "kill -9 of Snakemake alone during training, which lives on into the next run",
        removed=TRAINED,
        strikes=(Strike(TRAINING, "pause", MID_EPOCH),),
        stop=Stop(signal.SIGKILL, to_jobs=False, jobs_go_on=True),
        targets=NETWORK_ALONE,
    ),
    Fault(
        "Ctrl-C while tiles run",
        removed=PEAKS_AGAIN,
        targets=PEAKS_ALONE,
        strikes=(Strike(PEAKS, "pause", "open noise/y000x000.fits"),),
        stop=Stop(signal.SIGINT),
        absent=(PEAKS_FOUND,),
    ),
    Fault(
        "SIGTERM to Snakemake while tiles run",
        removed=PEAKS_AGAIN,
        targets=PEAKS_ALONE,
        strikes=(Strike(PEAKS, "pause", "open noise/y000x000.fits"),),
        stop=Stop(signal.SIGTERM, to_jobs=False),
        present=(PEAKS_FOUND,),
    ),
]

DISKS = [
    Fault(
        "full disk under the detections of a mosaic",
        removed=(*PEAKS_AGAIN, *OTHER_AGAIN),
        targets=(*PEAKS_ALONE, *OTHER_ALONE),
        disk=disk_at("results/a-b.c_1/detections/peaks", "size=4k"),
        absent=(PEAKS_FOUND,),
        present=(OTHER_FOUND,),
        tells=(log_of(PEAKS), "No space left on device"),
    ),
    Fault(
        "full disk under everything",
        removed=(*PEAKS_AGAIN, *PYBDSF_AGAIN),
        disk=nearly_full,
    ),
    Fault(
        "folder that cannot be written to",
        removed=PYBDSF_AGAIN,
        targets=PYBDSF_ALONE,
        disk=disk_at("results/a-b.c_1/detections/pybdsf", "ro"),
        absent=(PYBDSF_FOUND,),
        tells=("Read-only file system",),
    ),
]
