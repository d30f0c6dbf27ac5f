"""Compare a simulated sky with the real one of SDC1 at 560 MHz, and measure memory and time.

Usage: python benchmarks/simulation.py TRUTH IMAGE [--full]

TRUTH and IMAGE are the released truth list (12 columns) and image (1000 h), or cutouts of them.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.io import fits
from astropy.wcs import WCS
from scipy.ndimage import minimum_filter

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from radiofind.simulation.mosaic_settings import BLOCK_ROWS, Simulation
from radiofind.simulation.mosaics import TRUTH_COLUMNS, simulate, strips_of

CLASS_NAMES = {1: "SS-AGN", 2: "FS-AGN", 3: "SFG"}
AXES = ("b_maj", "b_min")
PERCENTILES = (10, 50, 90)
FEWEST = 20
"""Minimum number of sources for percentiles."""

REAL_NOISE = 3.3e-7
"""Noise (Jy/beam) with which a simulation is as noisy as the real image, found by trial."""

SDC1_PIXELS = 32768
SIMULATION = Simulation(size_pixels=3000, frequency_mhz=560.0, exposure_h=1000.0, seed=1)


def read_sky(truth_path: Path, image_path: Path) -> tuple[pd.DataFrame, np.ndarray, float]:
    """Return the truth inside an image with its flux decades, the pixels (Jy/beam) and the area (arcmin2)."""
    truth = pd.read_csv(truth_path, sep=" ", header=None, names=TRUTH_COLUMNS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pixels, header = fits.getdata(image_path, header=True)
        pixels, wcs = np.squeeze(pixels).astype(float), WCS(header, naxis=2)
    x, y = wcs.all_world2pix(truth["ra_cent"], truth["dec_cent"], 0)
    rows, columns = pixels.shape
    inside = (x > -0.5) & (x < columns - 0.5) & (y > -0.5) & (y < rows - 0.5)
    area_arcmin2 = rows * columns * (wcs.wcs.cdelt[1] * 60) ** 2
    return truth[inside].assign(decade=np.floor(np.log10(truth["flux"]))), pixels, area_arcmin2


def print_counts(real: pd.DataFrame, real_area: float, simulated: pd.DataFrame, area: float) -> None:
    """Print sources per arcmin2 by class and flux decade, and the difference in Poisson errors."""
    print("\n| class | flux, Jy | real n | real per arcmin2 | simulated | difference / Poisson error |")
    print("|---|---|---|---|---|---|")
    for (code, decade), group in real.groupby(["class", "decade"]):
        n_simulated = len(simulated[(simulated["class"] == code) & (simulated["decade"] == decade)])
        expected, found = len(group) / real_area, n_simulated / area
        error = np.sqrt(max(len(group), 1)) / real_area
        print(
            f"| {CLASS_NAMES[code]} | 1e{decade:.0f}..1e{decade + 1:.0f} | {len(group)} | {expected:.4f} "
            f"| {found:.4f} | {(found - expected) / error:+.1f} |"
        )


def print_sizes(real: pd.DataFrame, simulated: pd.DataFrame) -> None:
    """Print percentiles of the listed axes, real and simulated, if the list has enough sources."""
    header = " | ".join(f"{axis} {percentile} %" for axis in AXES for percentile in PERCENTILES)
    print(f"\nIn arcsec: real ± sampling error / simulated\n\n| class | flux, Jy | real n | {header} |")
    print("|---" * (3 + len(AXES) * len(PERCENTILES)) + "|")
    for (code, decade), group in real.groupby(["class", "decade"]):
        if len(group) < FEWEST:
            continue
        other = simulated[(simulated["class"] == code) & (simulated["decade"] == decade)]
        cells = [compare(group[axis], other[axis], percentile) for axis in AXES for percentile in PERCENTILES]
        decades = f"1e{decade:.0f}..1e{decade + 1:.0f}"
        print(f"| {CLASS_NAMES[code]} | {decades} | {len(group)} | {' | '.join(cells)} |")


def compare(real: pd.Series, simulated: pd.Series, percentile: int) -> str:
    """Return one percentile of two samples, with the bootstrap error of the first."""
    rng = np.random.default_rng(0)
    resampled = rng.choice(real.to_numpy(), (200, len(real)))
    error = np.percentile(resampled, percentile, axis=1).std()
    first, second = (np.percentile(sample, percentile) for sample in (real, simulated))
    return f"{first:.3g} ± {error:.2g} / {second:.3g}"


def print_pixels(images: dict[str, np.ndarray]) -> None:
    """Print pixel statistics of each image."""
    columns = "median, uJy/beam | robust rms, uJy/beam | over median + 5 rms | correlation at 1, 2, 3 px"
    print(f"\n| image | {columns} | minima below median - 2 rms per 10,000 px |")
    print("|---|---|---|---|---|---|")
    for name, pixels in images.items():
        median = np.median(pixels)
        rms = 1.4826 * np.median(np.abs(pixels - median))
        faint = np.clip(pixels - median, -3 * rms, 3 * rms)
        faint -= faint.mean()
        lags = [np.mean(faint[:, :-lag] * faint[:, lag:]) / np.mean(faint**2) for lag in (1, 2, 3)]
        bright = 100 * np.mean(pixels > median + 5 * rms)
        minima = (pixels == minimum_filter(pixels, 3)) & (pixels < median - 2 * rms)
        print(
            f"| {name} | {median * 1e6:.3f} | {rms * 1e6:.3f} | {bright:.2f} % "
            f"| {', '.join(f'{lag:.2f}' for lag in lags)} | {1e4 * minima.mean():.0f} |"
        )


def run_whole(size_pixels: int, frequency_mhz: float, folder: str) -> tuple[float, float]:
    """Simulate a whole mosaic; return CPU seconds and peak memory, GiB."""
    simulation = Simulation(size_pixels=size_pixels, frequency_mhz=frequency_mhz, exposure_h=1000.0, seed=1)
    simulate(simulation, *(Path(folder, name) for name in ("image.fits", "primary_beam.fits", "truth.txt")))
    return _usage()


def run_strips(frequency_mhz: float, strips: int) -> tuple[float, float]:
    """Simulate the first strips of a mosaic of full width; return CPU seconds and peak memory, GiB."""
    simulation = Simulation(size_pixels=SDC1_PIXELS, frequency_mhz=frequency_mhz, exposure_h=1000.0, seed=1)
    for _ in islice(strips_of(simulation), strips):
        pass
    return _usage()


def _usage() -> tuple[float, float]:
    return time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def in_process(function, *arguments: object) -> tuple[float, float]:
    """Run a function in a process of its own, and return its result."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def print_costs(folder: str, *, full: bool) -> None:
    """Print time and memory of whole mosaics and of strips at full width."""
    print("\n| run | CPU, s | peak memory, GiB |")
    print("|---|---|---|")
    for size in (2048, *([SDC1_PIXELS] if full else [])):
        print(
            "| {0} x {0}, 560 MHz, whole | {1:.1f} | {2:.2f} |".format(
                size, *in_process(run_whole, size, 560.0, folder)
            )
        )
    for mhz in (560.0, 1400.0, 9200.0):
        used = in_process(run_strips, mhz, 4)
        print(
            "| {} x {}, {:.0f} MHz, strips | {:.1f} | {:.2f} |".format(
                SDC1_PIXELS, 4 * BLOCK_ROWS, mhz, *used
            )
        )


def print_likeness(truth: Path, image: Path, folder: str) -> None:
    """Print the tables that compare a simulation with the real sky."""
    real, real_pixels, real_area = read_sky(truth, image)
    images = {"real": real_pixels}
    paths = [Path(folder, name) for name in ("image.fits", "primary_beam.fits", "truth.txt")]
    for rms in (REAL_NOISE, SIMULATION.rms_jy_per_beam):
        simulate(replace(SIMULATION, rms_jy_per_beam=rms), *paths)
        simulated, pixels, area = read_sky(paths[2], paths[0])
        images[f"simulated, noise {rms * 1e6:.3f} uJy/beam"] = pixels
    print_counts(real, real_area, simulated, area)
    print_sizes(real, simulated)
    print_pixels(images)


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("truth", type=Path)
    parser.add_argument("image", type=Path)
    parser.add_argument("--full", action="store_true", help="also simulate a whole mosaic of 32768 x 32768")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        # First, because a child starts with the peak memory of its parent.
        print_costs(folder, full=arguments.full)
        print_likeness(arguments.truth, arguments.image, folder)


if __name__ == "__main__":
    main()
