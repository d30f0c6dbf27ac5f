"""Compare the resources that jobs requested with those they used, from their benchmark files and logs."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from radiofind.jobs import memory_log

PEAK = re.compile(rf"^INFO {re.escape(memory_log.__name__)}: (\w+) used at most (\d+) MiB", re.MULTILINE)
ASKED = re.compile(r"'(mem_mb|runtime)': (\d+)")
SECONDS_IN_MINUTE = 60


@dataclass(frozen=True)
class JobCost:
    """The resources that one job requested and used."""

    rule: str
    """Name of the rule."""
    job: str
    """Its wildcards, as in the path of its benchmark file."""
    seconds: float
    """Wall time of the script."""
    processor_seconds: float
    """CPU time at Snakemake's last sample; NaN without a sample."""
    sampled_mib: float
    """Peak resident memory of script and programs in Snakemake's samples; NaN without a sample."""
    peak_mib: float
    """Peak resident memory of the script plus that of the program it ran, from the operating system."""
    asked_mib: int
    """``mem_mb``, which SLURM interprets as MiB."""
    asked_seconds: int
    """``runtime``, in seconds."""

    @property
    def memory_ratio(self) -> float:
        """Requested over used memory."""
        return self.asked_mib / self.peak_mib

    @property
    def time_ratio(self) -> float:
        """Requested over used time."""
        return self.asked_seconds / self.seconds


def costs_of(folder: Path) -> Iterator[JobCost]:
    """Yield the requested and used resources of the jobs of a run.

    Parameters
    ----------
    folder
        The folder in which Snakemake ran, with ``--benchmark-extended``.

    Raises
    ------
    ValueError
        If a log has no line with the memory of its job.
    """
    for path in sorted((folder / "benchmarks").rglob("*.tsv")):
        place = path.relative_to(folder / "benchmarks").as_posix().removesuffix(".tsv")
        rule, job = place.split("/", 1)
        row = pd.read_csv(path, sep="\t", quoting=csv.QUOTE_NONE).iloc[-1]
        asked = {name: int(number) for name, number in ASKED.findall(row["resources"])}
        yield JobCost(
            rule=rule,
            job=job,
            seconds=float(row["s"]),
            processor_seconds=float(row["cpu_time"]),
            sampled_mib=float(row["max_rss"]),
            peak_mib=_peak_mib(folder / "logs" / f"{place}.log"),
            asked_mib=asked["mem_mb"],
            asked_seconds=asked["runtime"] * SECONDS_IN_MINUTE,
        )


def _peak_mib(log: Path) -> float:
    """Return the memory that a job used, from its log."""
    peaks = {name: float(mib) for name, mib in PEAK.findall(log.read_text(errors="replace"))}
    if "script" not in peaks:
        raise ValueError(f"{log}: no line gives the memory that the job used")
    return sum(peaks.values())
