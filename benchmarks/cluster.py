"""Measure the overhead of SLURM jobs, with one job per tile and with many tiles per job.

    python benchmarks/cluster.py FOLDER --profile profiles/mysite

A simulated mosaic of short tiles is searched for peaks twice in one run, with one job per tile and with jobs
of many tiles; another mosaic, a single tile, with PyBDSF. The overhead of a job is its time in SLURM's
accounting minus the time of its script measured by Snakemake. At most two jobs run at a time. The folder must
be on a disk that all nodes see, and the accounting must keep comments (AccountingStoreFlags=job_comment).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from radiofind.simulation.mosaic_settings import Simulation
from radiofind.simulation.mosaics import simulate

REPOSITORY = Path(__file__).resolve().parents[1]
AT_ONCE = 2
SHORT_PIXELS = 150
SETTINGS = {
    "mosaics": "mosaics.tsv",
    "noise": {"box_pixels": 40, "step_pixels": 20},
    "snr": [5],
}
SHORT_TARGET_S = 0.5
"""Target overhead of a short tile in a job of many, seconds."""
LONG_TARGET = 0.1
"""Target overhead of a tile of a minute, as a fraction of its time."""


@dataclass(frozen=True)
class Cost:
    """Times of the jobs of one finder."""

    jobs: int
    """Their number."""
    tiles: int
    """Tiles searched."""
    elapsed_s: float
    """Sum of their times in SLURM's accounting."""
    script_s: float
    """Sum of the times of their scripts."""

    @property
    def per_tile_s(self) -> float:
        """Overhead per tile."""
        return (self.elapsed_s - self.script_s) / self.tiles


def run(folder: Path, profile: Path, settings: dict[str, object], size_pixels: int) -> float:
    """Simulate a mosaic, search it on SLURM, and return the elapsed seconds."""
    folder.mkdir(parents=True)
    sky = Simulation(size_pixels=size_pixels, frequency_mhz=560, exposure_h=1000, seed=1)
    simulate(sky, folder / "image.fits", folder / "primary_beam.fits", folder / "truth.txt")
    (folder / "mosaics.tsv").write_text("mosaic\timage\nfield\timage.fits\n")
    (folder / "survey.yaml").write_text(yaml.safe_dump(SETTINGS | settings))
    command = [
        sys.executable,
        "-m",
        "snakemake",
        "-s",
        REPOSITORY / "Snakefile",
        "--profile",
        profile.resolve(),
    ]
    command += ["--directory", folder, "--configfile", folder / "survey.yaml", "--jobs", str(AT_ONCE)]
    start = time.perf_counter()
    with (folder / "log.txt").open("w") as log:
        done = subprocess.run(command, stdout=log, stderr=log)
    if done.returncode:
        raise RuntimeError(f"Snakemake ended with exit code {done.returncode}: see {folder / 'log.txt'}")
    return time.perf_counter() - start


def elapsed_by_job(folder: Path) -> pd.Series:
    """Return the elapsed seconds of the jobs of a run, by rule and wildcards, from SLURM's accounting."""
    (line,) = [text for text in (folder / "log.txt").read_text().splitlines() if "SLURM run ID" in text]
    fields = ["--format=Comment,ElapsedRaw,State", "--noheader", "--parsable2", "--allocations"]
    told = subprocess.run(
        ["sacct", "--name", line.split()[-1], *fields], check=True, capture_output=True, text=True
    ).stdout
    rows = [text.split("|") for text in told.splitlines()]
    return pd.Series({comment: float(seconds) for comment, seconds, state in rows if state == "COMPLETED"})


def cost_of(folder: Path, rule: str, finder: str, tiles: int) -> Cost:
    """Return the times of the jobs of a finder."""
    elapsed = elapsed_by_job(folder)
    of_finder = elapsed[[f"rule_{rule}_" in job and f"_{finder}_" in job for job in elapsed.index]]
    files = sorted((folder / f"benchmarks/{rule}/field/{finder}").glob("*.tsv"))
    scripts = [pd.read_csv(path, sep="\t")["s"].sum() for path in files]
    if len(of_finder) != len(scripts):
        raise RuntimeError(f"the accounting has {len(of_finder)} of {len(scripts)} jobs of {finder}")
    return Cost(len(scripts), tiles, float(of_finder.sum()), float(sum(scripts)))


def measure_short(folder: Path, profile: Path, across: int, tiles_per_job: int) -> bool:
    """Print the overhead of short tiles, alone and many per job; return whether the target is met."""
    finders = {
        "alone": {"kind": "peaks", "threshold": 5.0},
        "many": {"kind": "peaks", "threshold": 5.0, "tiles_per_job": tiles_per_job},
    }
    tiling = {"core_pixels": SHORT_PIXELS, "halo_pixels": 20}
    settings = {"tiling": tiling, "finders": finders, "find_with": list(finders)}
    seconds = run(folder, profile, settings, across * SHORT_PIXELS)
    print(f"{across} x {across} tiles of {SHORT_PIXELS} pixels, peaks: {seconds:.0f} s in total")
    costs = {finder: cost_of(folder, "find_peaks", finder, across**2) for finder in finders}
    for finder, cost in costs.items():
        print_cost(f"{finder}, {cost.tiles / cost.jobs:.0f} per job", cost)
    print(f"  alone / many {costs['alone'].per_tile_s / costs['many'].per_tile_s:.1f}")
    print(f"  target: at most {SHORT_TARGET_S} s per tile in a job of many", flush=True)
    return costs["many"].per_tile_s <= SHORT_TARGET_S


def measure_long(folder: Path, profile: Path, size_pixels: int) -> bool:
    """Print the overhead of a long tile; return whether the target is met."""
    tiling = {"core_pixels": size_pixels, "halo_pixels": 100}
    noise = {"box_pixels": 150, "step_pixels": 50}
    run(folder, profile, {"tiling": tiling, "noise": noise, "find_with": ["pybdsf"]}, size_pixels)
    cost = cost_of(folder, "find_pybdsf", "pybdsf", 1)
    share = cost.per_tile_s / cost.script_s
    print(f"a tile of {size_pixels} pixels, PyBDSF")
    print_cost("alone", cost)
    print(f"  overhead / script {share:.3f}, of a tile of 60 s {cost.per_tile_s / 60:.3f}")
    print(f"  target: at most {LONG_TARGET}", flush=True)
    return cost.per_tile_s <= LONG_TARGET * 60


def print_cost(name: str, cost: Cost) -> None:
    """Print one line for the jobs of a finder."""
    work = f"{cost.elapsed_s / cost.tiles:7.2f} s per tile, script {cost.script_s / cost.tiles:7.2f} s"
    print(f"  {name:18s}{cost.jobs:4d} jobs {work}, overhead {cost.per_tile_s:6.2f} s")


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder for the surveys; must not exist")
    parser.add_argument("--profile", type=Path, required=True, help="a copy of profiles/slurm for your site")
    parser.add_argument("--across", type=int, default=6, help="short tiles on a side")
    parser.add_argument("--tiles-per-job", type=int, default=36, help="short tiles per job of many")
    parser.add_argument("--long", type=int, default=2000, help="side of the long tile in pixels; 0 for none")
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    good = measure_short(folder / "short", arguments.profile, arguments.across, arguments.tiles_per_job)
    good &= not arguments.long or measure_long(folder / "long", arguments.profile, arguments.long)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
