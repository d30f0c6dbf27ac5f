"""Measure the cost of changing one tile relative to a full run, and check that only its jobs run.

    python benchmarks/changes.py FOLDER               # 20 x 20 tiles, PyBDSF and peaks
    python benchmarks/changes.py FOLDER --across 3 --finders peaks

The mosaic is simulated and has no truth, as in a survey. Each ratio compares two wall times of one run.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml
from astropy.io import fits

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from radiofind.simulation.mosaic_settings import Simulation
from radiofind.simulation.mosaics import simulate

REPOSITORY = Path(__file__).resolve().parents[1]
CORES = 2
CORE_PIXELS = 150
NEAR_PIXELS = 10
"""Distance from two edges of its core of a pixel on which four tiles depend."""
SETTINGS = {
    "mosaics": "mosaics.tsv",
    "tiling": {"core_pixels": CORE_PIXELS, "halo_pixels": 20},
    # With these, a tile depends on pixels up to 60 pixels from its core.
    "noise": {"box_pixels": 40, "step_pixels": 20},
}
OF_A_CHANGE = ("fingerprint_mosaic field", "index_tiles", "summarise_noise field", "write_report")
OF_EVERY_RUN = ("record_provenance", "all")
OF_A_FINDER = {
    "peaks": ("merge_detections field peaks", "export_catalogue field peaks"),
    "pybdsf": (
        *("merge_detections field pybdsf", "merge_components field pybdsf"),
        "export_catalogue field pybdsf",
    ),
}
"""Jobs that run whichever tile has changed."""


@dataclass(frozen=True)
class Run:
    """A run of the workflow."""

    seconds: float
    """Wall time."""
    jobs: list[str]
    """Rule and wildcards of each job that ran."""


def make_survey(folder: Path, across: int, finders: list[str]) -> None:
    """Prepare a survey of one simulated mosaic with this many tiles on a side, and these finders."""
    folder.mkdir(parents=True)
    sky = Simulation(size_pixels=across * CORE_PIXELS, frequency_mhz=560, exposure_h=1000, seed=1)
    simulate(sky, folder / "image.fits", folder / "primary_beam.fits", folder / "truth.txt")
    sheet = "mosaic\timage\tprimary_beam\nfield\timage.fits\tprimary_beam.fits\n"
    (folder / "mosaics.tsv").write_text(sheet)
    (folder / "survey.yaml").write_text(yaml.safe_dump(SETTINGS | {"find_with": finders}))


def run(folder: Path) -> Run:
    """Run the workflow to its end; its output goes to ``log.txt``."""
    command = [sys.executable, "-m", "snakemake", "-s", REPOSITORY / "Snakefile", "--cores", str(CORES)]
    command += ["--profile", REPOSITORY / "profiles/local", "--directory", folder]
    command += ["--configfile", folder / "survey.yaml", "--logger", "jobs"]
    jobs, log = folder / "jobs.txt", folder / "log.txt"
    jobs.write_text("")
    plugin = {"PYTHONPATH": str(REPOSITORY / "tests/workflow/logger"), "JOBS_FILE": str(jobs)}
    start = time.perf_counter()
    with log.open("w") as output:
        done = subprocess.run(command, env=os.environ | plugin, stdout=output, stderr=output)
    seconds = time.perf_counter() - start
    if done.returncode:
        raise RuntimeError(f"Snakemake ended with exit code {done.returncode}: see {log}")
    return Run(seconds, jobs.read_text().splitlines())


def change_pixel(folder: Path, row: int, column: int) -> None:
    """Make one pixel of the mosaic slightly brighter."""
    with fits.open(folder / "image.fits", mode="update") as hdus:
        hdus[0].data[..., row, column] += np.float32(1e-6)


def jobs_of(tiles: list[str], finders: list[str]) -> list[str]:
    """Return the jobs expected when these tiles have changed."""
    rules = ["measure_noise field", *(f"find_{finder} field {finder}" for finder in finders)]
    of_finders = [job for finder in finders for job in OF_A_FINDER[finder]]
    of_tiles = [f"{rule} {tile}" for rule in rules for tile in tiles]
    return [*OF_A_CHANGE, *of_finders, *of_tiles, *OF_EVERY_RUN]


def measure_change(folder: Path, full: Run, *, name: str, pixel: tuple[int, int], tiles: list[str]) -> bool:
    """Change a pixel, run, print the cost, and return whether exactly the expected jobs ran."""
    change_pixel(folder, *pixel)
    done = run(folder)
    finders = yaml.safe_load((folder / "survey.yaml").read_text())["find_with"]
    expected = jobs_of(tiles, finders)
    differing = (Counter(done.jobs) - Counter(expected)) + (Counter(expected) - Counter(done.jobs))
    print_run(name, done, full)
    print(f"    the jobs of {', '.join(tiles)} and no others: {'no' if differing else 'yes'}")
    for job in sorted(differing):
        print(f"    {'not expected' if job in done.jobs else 'did not run'}: {job}")
    return not differing


def print_run(name: str, done: Run, full: Run) -> None:
    """Print one line for a run."""
    cost = f"{len(done.jobs):6d} jobs {done.seconds:9.1f} s"
    print(f"  {name:24s}{cost}    full run / this {full.seconds / done.seconds:7.1f}", flush=True)


def main() -> None:
    """Read the arguments, run and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder for the survey; must not exist")
    parser.add_argument("--across", type=int, default=20, help="tiles on a side")
    parser.add_argument("--finders", nargs="+", choices=sorted(OF_A_FINDER), default=["pybdsf", "peaks"])
    arguments = parser.parse_args()
    folder, across = arguments.folder.resolve(), arguments.across
    make_survey(folder, across, arguments.finders)
    finders = " and ".join(arguments.finders)
    print(f"{across} x {across} tiles of {CORE_PIXELS} pixels, {finders}, {CORES} processor cores")
    full = run(folder)
    print_run("full run", full, full)
    print_run("nothing changed", run(folder), full)
    last = across // 2
    middle, edge = last * CORE_PIXELS + CORE_PIXELS // 2, last * CORE_PIXELS + NEAR_PIXELS
    around = [f"y{row:03d}x{column:03d}" for row in (last - 1, last) for column in (last - 1, last)]
    one = measure_change(folder, full, name="a pixel inside a core", pixel=(middle,) * 2, tiles=around[-1:])
    four = measure_change(folder, full, name="a pixel near a corner", pixel=(edge,) * 2, tiles=around)
    sys.exit(0 if one and four else 1)


if __name__ == "__main__":
    main()
