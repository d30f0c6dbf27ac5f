"""Jobs, results and moments that the faults name."""

from __future__ import annotations

PEAKS = "find_peaks/a-b.c_1/peaks/y000x000"
PYBDSF = "find_pybdsf/a-b.c_1/pybdsf/y000x000"
NETWORK = "find_convosource/a-b.c_1/net/y000x000"
MERGE = "merge_detections/strip/peaks"
TRAINING = "train_convosource/strip/net"
"""Jobs, by their logs."""

PEAKS_FOUND = "a-b.c_1/detections/peaks/y000x000.parquet"
PYBDSF_FOUND = "a-b.c_1/detections/pybdsf/y000x000.parquet"
NETWORK_FOUND = "a-b.c_1/detections/net/y000x000.parquet"
OTHER_FOUND = "strip/detections/peaks/y000x002.parquet"
HARD_FOUND = "hard/detections/peaks/y000x003.parquet"
MERGED = "strip/catalogues/peaks.parquet"
HARD_MERGED = "hard/catalogues/pybdsf.parquet"
EXPORTED = "strip/catalogues/peaks.fits"
TRAINED = ("models/strip/net.keras", "models/strip/net.json")
"""Results."""
PEAKS_AGAIN = (PEAKS_FOUND, "a-b.c_1/catalogues/peaks.parquet")
PYBDSF_AGAIN = ("a-b.c_1/detections/pybdsf/*", "a-b.c_1/catalogues/pybdsf.parquet")
NETWORK_AGAIN = (NETWORK_FOUND, "a-b.c_1/catalogues/net.parquet")
OTHER_AGAIN = (OTHER_FOUND, MERGED)
HARD_AGAIN = (HARD_FOUND, "hard/catalogues/peaks.parquet")
"""What is removed so that they are made again: a file that nothing misses stays away."""

MID_EPOCH = "call keras:Model.train_on_batch:2"
"""A moment in the second of two epochs of one batch."""
IN_SEARCH = "call radiofind.mosaics.field:read_planes:1"
"""When the search of a tile has begun, and counts as an attempt."""
HALF_WRITTEN = "call pyarrow.parquet:ParquetWriter.write_table:2"
"""When the tables of two of three tiles have been handed to the catalogue."""
GIVEN_UP = "given up after 3 attempts"
RETRIED = "the command of the report given"
NETWORK_ALONE = ("results/models/strip/net.keras",)
NETWORK_AND_SEARCH = (*NETWORK_ALONE, "results/a-b.c_1/catalogues/net.parquet")
PEAKS_ALONE = ("results/a-b.c_1/catalogues/peaks.parquet",)
PYBDSF_ALONE = ("results/a-b.c_1/catalogues/pybdsf.parquet",)
OTHER_ALONE = (f"results/{MERGED}",)
HARD_ALONE = ("results/hard/catalogues/peaks.parquet",)
"""What is asked for, where the rest would only cost time."""


def log_of(job: str) -> str:
    """Return the log of a job."""
    return f"logs/{job}.log"
