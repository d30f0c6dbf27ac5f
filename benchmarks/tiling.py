"""Compare the tiled workflow with one PyBDSF process over the whole image, side by side in one run.

    python benchmarks/tiling.py --size 4096 --core 2000          # simulated: time, memory, agreement
    python benchmarks/tiling.py --size 12288 --core 4000
    python benchmarks/tiling.py --image IMAGE.fits --core 1000 500 200    # the same image, different tilings

Every figure printed is a ratio of two measurements of the same run, on two cores.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import psutil
import yaml
from astropy.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from radiofind.evaluation.matching import match_one_to_one
from radiofind.mosaics.images import read_header
from radiofind.simulation.mosaic_settings import Simulation
from radiofind.simulation.mosaics import simulate

REPOSITORY = Path(__file__).resolve().parents[1]
CORES = 2
SAMPLING_S = 0.1
WHOLE_IMAGE = """
import sys, bdsf
image = bdsf.process_image(sys.argv[1], thresh_pix=5.0, thresh_isl=3.0, rms_box=(150, 50), ncores=2,
                           beam=tuple(map(float, sys.argv[3:])), quiet=True, outdir=sys.argv[2])
image.write_catalog(outfile=sys.argv[2] + "/whole.fits", format="fits", catalog_type="srl")
"""


@dataclass(frozen=True)
class Cost:
    """The cost of a command."""

    seconds: float
    """Wall time."""
    memory_mib: float
    """Peak of the total proportional set size of its processes."""


def run(command: list[str], log: Path) -> Cost:
    """Run a command, and sample the memory of its process tree."""
    start = time.perf_counter()
    with log.open("w") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
        peak = 0
        while process.poll() is None:
            peak = max(peak, _memory(psutil.Process(process.pid)))
            time.sleep(SAMPLING_S)
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with exit code {process.returncode}: see {log}")
    return Cost(time.perf_counter() - start, peak / 2**20)


def _memory(process: psutil.Process) -> int:
    """Return the bytes used by a process and its children, counting shared pages once."""
    total = 0
    for member in [process, *process.children(recursive=True)]:
        try:
            total += member.memory_full_info().pss
        except psutil.Error:
            continue
    return total


def run_workflow(image: Path, folder: Path, core_pixels: int) -> tuple[Cost, pd.DataFrame]:
    """Run the workflow with PyBDSF 5/3 on an image, and return its cost and its catalogue."""
    folder.mkdir()
    (folder / "mosaics.tsv").write_text(f"mosaic\timage\nbenchmark\t{image}\n")
    settings = {
        "mosaics": "mosaics.tsv",
        "tiling": {"core_pixels": core_pixels},
        "find_with": ["pybdsf"],
        "noise": {"box_pixels": 150, "step_pixels": 50},
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(settings))
    snakemake = [str(Path(sys.executable).with_name("snakemake")), "-s", str(REPOSITORY / "Snakefile")]
    profile = ["--profile", str(REPOSITORY / "profiles" / "local"), "--cores", str(CORES)]
    place = ["--directory", str(folder), "--configfile", str(folder / "config.yaml")]
    cost = run([*snakemake, *profile, *place], folder / "log.txt")
    return cost, pd.read_parquet(folder / "results/benchmark/catalogues/pybdsf.parquet")


def largest_job_mib(folder: Path) -> float:
    """Return the largest resident memory of any job of a run, from its benchmark files."""
    files = (folder / "benchmarks").rglob("*.tsv")
    return max(pd.read_csv(path, sep="\t")["max_rss"].max() for path in files)


def agreement(one: pd.DataFrame, other: pd.DataFrame, *, pixels: float, flux: float) -> float:
    """Return the fraction of sources in one catalogue that the other has within these tolerances."""
    pairs = match_one_to_one(one[["x", "y"]].to_numpy(), other[["x", "y"]].to_numpy(), radius_pixels=pixels)
    fluxes = [table["total_flux"].to_numpy() for table in (one, other)]
    ratio = fluxes[1][pairs.detection] / fluxes[0][pairs.truth]
    return float((abs(ratio - 1) <= flux).sum() / max(len(one), 1))


def compare_with_whole(simulation: Simulation, core_pixels: int, folder: Path) -> None:
    """Print the cost and the effect of tiling on a simulated mosaic."""
    image = folder / "image.fits"
    simulate(simulation, image, folder / "beam.fits", folder / "truth.txt")
    beam = read_header(image).beam
    sizes = [beam.major_arcsec / 3600, beam.minor_arcsec / 3600, beam.position_angle_deg]
    command = [sys.executable, "-c", WHOLE_IMAGE, str(image), str(folder), *map(str, sizes)]
    whole = run(command, folder / "whole.txt")
    tiled, catalogue = run_workflow(image, folder / "tiled", core_pixels)
    reference = _read_whole(folder / "whole.fits", image)
    job = largest_job_mib(folder / "tiled")
    field = f"{simulation.frequency_mhz:g} MHz, {simulation.exposure_h:g} h"
    size = f"{simulation.size_pixels} x {simulation.size_pixels} pixels"
    print(f"{size}, {field}, cores of {core_pixels}, {CORES} processor cores")
    print(f"  wall time      whole {whole.seconds:8.1f} s    tiled {tiled.seconds:8.1f} s", end="")
    print(f"    whole / tiled {whole.seconds / tiled.seconds:.2f}")
    print(f"  memory         whole {whole.memory_mib:8.0f} MiB  job   {job:8.0f} MiB", end="")
    print(f"  job / whole   {job / whole.memory_mib:.2f}")
    print(f"  sources        whole {len(reference):8d}      tiled {len(catalogue):8d}")
    for pixels, flux in ((0.1, 0.01), (0.5, 0.05), (1.0, 0.2)):
        share = agreement(reference, catalogue, pixels=pixels, flux=flux)
        print(
            f"  sources of the whole that the tiled has, within {pixels} px and {flux:.0%} flux: {share:.4f}"
        )


def _read_whole(path: Path, image: Path) -> pd.DataFrame:
    """Return PyBDSF's own source list in mosaic pixels."""
    table = Table.read(path)
    x, y = read_header(image).coordinates.to_pixels(table["RA"], table["DEC"])
    return pd.DataFrame({"x": x, "y": y, "total_flux": table["Total_flux"]})


def compare_tilings(image: Path, cores: list[int], folder: Path) -> None:
    """Print the differences between catalogues of one image in different tilings."""
    catalogues = [run_workflow(image, folder / str(core), core)[1] for core in cores]
    whole = catalogues[0]
    print(f"{image.name}: the catalogue in cores of {cores[0]} against other tilings")
    for core, catalogue in zip(cores, catalogues, strict=True):
        same = agreement(whole, catalogue, pixels=0.01, flux=0.001)
        cut = catalogue["flags"].str.contains("island_cut").sum()
        print(
            f"  cores of {core:5d}: {catalogue['tile'].nunique():4d} tiles {len(catalogue):6d} sources, "
            f"identical (0.01 px, 0.1 % flux) {same:.6f}, flagged island_cut {cut}"
        )


def main() -> None:
    """Read the arguments and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--size", type=int, help="side of a simulated mosaic in pixels")
    parser.add_argument("--frequency", type=float, default=1400, help="MHz of the simulated mosaic")
    parser.add_argument("--exposure", type=float, default=8, help="hours of the simulated mosaic")
    parser.add_argument("--image", type=Path, help="a FITS image for comparing tilings")
    parser.add_argument("--core", type=int, nargs="+", default=[4000], help="side of the cores in pixels")
    arguments = parser.parse_args()
    with TemporaryDirectory() as name:
        if arguments.size:
            simulation = Simulation(arguments.size, arguments.frequency, arguments.exposure, seed=1)
            compare_with_whole(simulation, arguments.core[0], Path(name))
        if arguments.image:
            compare_tilings(arguments.image.resolve(), arguments.core, Path(name))


if __name__ == "__main__":
    main()
