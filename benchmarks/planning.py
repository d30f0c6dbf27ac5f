"""Measure the cost of planning a run in which nothing has changed.

    python benchmarks/planning.py FOLDER                           # 1,000 and 5,000 tiles, three finders
    python benchmarks/planning.py FOLDER --tiles 100 200 --top 20  # and where the time goes
    python benchmarks/planning.py FOLDER --tiles 1000 5000 20000 --mosaic-tiles 1000 --tiles-per-job 20

A survey with the given number of tiles is fingerprinted and indexed by the workflow. With several mosaics,
the plan for only the catalogues of the first is measured too. The results of its tiles are empty files:
planning uses names, times, and Snakemake's records of how files were made, written as if all jobs had run.
CPU seconds depend less on other load than wall seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import pstats
import subprocess
import sys
import time
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
import yaml
from astropy.io import fits
from astropy.wcs import WCS

REPOSITORY = Path(__file__).resolve().parents[1]
CORE_PIXELS = 50
TILES_ACROSS = 50
SETTINGS = {
    "mosaics": "mosaics.tsv",
    "tiling": {"core_pixels": CORE_PIXELS, "halo_pixels": 20},
    "noise": {"box_pixels": 20, "step_pixels": 10},
    "finders": {
        "pybdsf": {"kind": "pybdsf"},
        "peaks": {"kind": "peaks", "threshold": 5.0},
        "net": {"kind": "convosource", "train_snr": 2, "model": "net.keras"},
    },
    "find_with": ["pybdsf", "peaks", "net"],
}
NETWORK = {
    "recipe": "default",
    "input_scaling": "asinh_of_snr",
    "pixels_per_beam": 3.0,
    "train_snr": 2,
}
"""What planning reads of the record of a frozen network."""
RECORDING = """
import sys
from snakemake.cli import main
from snakemake.scheduling.job_scheduler import JobScheduler

def record(scheduler):
    for job in scheduler.workflow.dag.needrun_jobs():
        scheduler.workflow.async_run(scheduler.workflow.persistence.finished(job))
    return True

JobScheduler.schedule = record
main(sys.argv[1:])
"""
"""Snakemake, modified to record the jobs of a run as done instead of running them."""


@dataclass(frozen=True)
class Cost:
    """The cost of a command."""

    seconds: float
    """Wall time."""
    processor_seconds: float
    """CPU time, user and system."""
    memory_mib: float
    """Largest resident set size."""


def snakemake(folder: Path, *arguments: str | Path, program: tuple[str, ...] = ("-m", "snakemake")) -> Cost:
    """Run the workflow in a folder, and return its cost; its output goes to ``log.txt``."""
    command = [sys.executable, *program, "-s", REPOSITORY / "Snakefile"]
    command += ["--profile", REPOSITORY / "profiles/local", "--directory", folder]
    command += ["--configfile", folder / "survey.yaml", *arguments]
    start = time.perf_counter()
    with (folder / "log.txt").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - start
    if process.returncode:
        raise RuntimeError(f"Snakemake ended with exit code {process.returncode}: see {folder / 'log.txt'}")
    return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def make_survey(folder: Path, tiles: int, mosaic_tiles: int, tiles_per_job: int) -> list[str]:
    """Make a survey with these numbers of tiles in total and per mosaic, index it, and return the mosaics."""
    folder.mkdir(parents=True)
    rows = min(tiles, mosaic_tiles) // TILES_ACROSS
    names = [f"survey{number}" for number in range(tiles // (rows * TILES_ACROSS))]
    coordinates = WCS(naxis=2)
    coordinates.wcs.ctype, coordinates.wcs.crval = ["RA---SIN", "DEC--SIN"], [150, -30]
    coordinates.wcs.cdelt = [-1 / 3600, 1 / 3600]
    header = coordinates.to_header()
    header.update({"BMAJ": 3 / 3600, "BMIN": 3 / 3600, "BPA": 0, "BUNIT": "JY/BEAM"})
    pixels = np.ones((CORE_PIXELS * rows, CORE_PIXELS * TILES_ACROSS), np.float32)
    fits.writeto(folder / "image.fits", pixels, header)
    sheet = ["mosaic\timage\tfrequency_hz", *(f"{name}\timage.fits\t1.4e9" for name in names)]
    (folder / "mosaics.tsv").write_text("\n".join(sheet) + "\n")
    of_block = {"tiles_per_job": tiles_per_job}
    finders = {name: settings | of_block for name, settings in SETTINGS["finders"].items()}
    (folder / "survey.yaml").write_text(yaml.safe_dump(SETTINGS | {"finders": finders}))
    (folder / "net.keras").touch()
    (folder / "net.json").write_text(json.dumps(NETWORK))
    snakemake(folder, "--until", "index_tiles")
    return names


def make_results(folder: Path) -> int:
    """Make an empty file for each result that a run would make, and return their number."""
    snakemake(folder, "--summary")
    lines = (folder / "log.txt").read_text().splitlines()
    rows = [line.split("\t") for line in lines if line.startswith("results/")]
    missing = [folder / row[0] for row in rows if "missing" in row]
    for path in missing:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    now = time.time()
    for path in missing:
        os.utime(path, (now, now))
    return len(missing)


def record_results(folder: Path) -> None:
    """Let Snakemake record all results as made from their inputs."""
    snakemake(folder, "--forcerun", "measure_noise", "tabulate_scores", program=("-c", RECORDING))


def print_costliest(folder: Path, number: int) -> None:
    """Print the fraction of planning spent in our input functions, and the costliest functions."""
    profile = folder / "planning.prof"
    snakemake(folder, "--dry-run", program=("-m", "cProfile", "-o", str(profile), "-m", "snakemake"))
    stats = pstats.Stats(str(profile))
    calls = [row[4].items() for place, row in stats.stats.items() if _is_input_function(place)]
    seconds = sum(call[3] for callers in calls for caller, call in callers if not _is_input_function(caller))
    print(f"  input functions, with all that they call: {seconds / stats.total_tt:.1%} of the time")
    stats.strip_dirs().sort_stats("tottime").print_stats(number)


def _is_input_function(place: tuple[str, int, str]) -> bool:
    """Return whether a place in a profile is a function in rules/."""
    path, _, name = place
    return path.startswith(str(REPOSITORY / "rules")) and name != "<module>"


def plan_again(folder: Path, *arguments: str) -> Cost:
    """Return the cost of planning a run that has nothing to do."""
    cost = snakemake(folder, *arguments)
    if "Nothing to be done" not in (folder / "log.txt").read_text():
        raise RuntimeError(f"the run has jobs, but nothing should be left to do: see {folder / 'log.txt'}")
    return cost


def measure(folder: Path, tiles: int, mosaic_tiles: int, tiles_per_job: int) -> dict[str, Cost]:
    """Print and return the costs of planning runs with this many tiles."""
    mosaics = make_survey(folder, tiles, mosaic_tiles, tiles_per_job)
    costs = {"dry run, all to do": snakemake(folder, "--dry-run")}
    print(f"{tiles} tiles, {make_results(folder)} results of jobs", flush=True)
    costs |= {"dry run, no records": plan_again(folder, "--dry-run")}
    record_results(folder)
    first = [f"results/{mosaics[0]}/catalogues/{finder}.fits" for finder in SETTINGS["find_with"]]
    costs |= {"dry run": plan_again(folder, "--dry-run"), "run": plan_again(folder)}
    costs |= {"dry run, one mosaic": plan_again(folder, "--dry-run", "--", *first)}
    for name, cost in costs.items():
        seconds = f"{cost.seconds:8.1f} s {cost.processor_seconds:8.1f} CPU s"
        print(f"  {name:20s}{seconds} {cost.memory_mib:8.0f} MiB", flush=True)
    return costs


def print_ratios(small: dict[str, Cost], large: dict[str, Cost]) -> None:
    """Print how the costs of two surveys compare."""
    for name in small:
        pairs = zip(astuple(large[name]), astuple(small[name]), strict=True)
        print(f"  {name:20s}" + "".join(f"{one / other:8.2f}" for one, other in pairs))


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder for the surveys")
    parser.add_argument("--tiles", type=int, nargs="+", default=[1000, 5000], help="sizes of the surveys")
    parser.add_argument(
        "--mosaic-tiles", type=int, default=sys.maxsize, help="tiles per mosaic; default: all"
    )
    parser.add_argument("--tiles-per-job", type=int, default=1, help="tiles per job")
    parser.add_argument("--top", type=int, default=0, help="number of the costliest functions to print")
    arguments = parser.parse_args()
    places = {tiles: arguments.folder.resolve() / str(tiles) for tiles in sorted(arguments.tiles)}
    sizes = (arguments.mosaic_tiles, arguments.tiles_per_job)
    costs = [measure(place, tiles, *sizes) for tiles, place in places.items()]
    print(f"{max(places)} / {min(places)} tiles: seconds, CPU seconds, memory")
    print_ratios(costs[0], costs[-1])
    if arguments.top:
        print_costliest(places[max(places)], arguments.top)


if __name__ == "__main__":
    main()
