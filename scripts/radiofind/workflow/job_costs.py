"""Compare what the jobs of a run asked for with what they used, as their benchmark files and logs tell."""

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
    """What one job asked for, and what it used."""

    rule: str
    """Name of the rule."""
    job: str
    """Its wildcards, as they stand in the name of its benchmark file."""
    seconds: float
    """Wall time of the script."""
    processor_seconds: float
    """Time on processors, when Snakemake last looked; NaN when it never did."""
    sampled_mib: float
    """Most resident memory of script and programs when Snakemake looked; NaN when it never did."""
    peak_mib: float
    """Most resident memory of the script, and of the program that it ran, as the system counts it."""
    asked_mib: int
    """``mem_mb``, which SLURM takes as MiB."""
    asked_seconds: int
    """``runtime``, in seconds."""

    @property
    def memory_ratio(self) -> float:
        """Memory that was asked for over memory that was used."""
        return self.asked_mib / self.peak_mib

    @property
    def time_ratio(self) -> float:
        """Time that was asked for over time that was used."""
        return self.asked_seconds / self.seconds


def costs_of(folder: Path) -> Iterator[JobCost]:
    """Yield what the jobs of a run asked for and used.

    Parameters
    ----------
    folder
        Where Snakemake ran, with ``--benchmark-extended``.

    Raises
    ------
    ValueError
        When a log does not tell how much memory its job used.
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
    """Return the memory that a job used, as its log tells."""
    peaks = {name: float(mib) for name, mib in PEAK.findall(log.read_text(errors="replace"))}
    if "script" not in peaks:
        raise ValueError(f"{log}: expected a line with the memory that the job used, received none")
    return sum(peaks.values())
