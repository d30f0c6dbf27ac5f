"""Compare noise maps with the known noise of simulated skies, and with those of PyBDSF and Aegean's BANE.

    python benchmarks/noise.py                         # radiofind and PyBDSF
    python benchmarks/noise.py --bane PATH/TO/BANE     # also BANE, where it is installed

A row per sky and program: bias, scatter and maximum of rms over known rms where there is no emission (a
model below half the noise); the part of these pixels within 10 %, everywhere and no farther than a box from
emission; and the peak of the brightest source over mean and rms there. "cost" is the processor time over that
of radiofind without the search for covered boxes, in the same run; that of PyBDSF includes reading the image
and finding islands, that of BANE is not measured.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from astropy.io import fits
from scipy.ndimage import gaussian_filter, maximum_filter

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from radiofind.mosaics.box import Box
from radiofind.mosaics.noise import NoiseSettings, measure_noise
from radiofind.mosaics.noise_lattice import (
    BoxPixels,
    Lattice,
    interpolate,
    measure_nodes,
    positions_around,
)

SIZE, BEAM_PIXELS, FWHM = 1200, 4.0, 2.3548
LATTICE = Lattice(box_pixels=150, step_pixels=50)
FAINT, SLOPE = 0.5, 1.6
Maps = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Sky:
    """A simulated sky, in units of its noise."""

    name: str
    """What is in it."""
    rms: np.ndarray
    """The noise."""
    model: np.ndarray
    """The emission."""
    pixels: np.ndarray
    """The image."""


def skies(seed: int) -> Iterator[Sky]:
    """Yield the skies."""
    flat, nothing = np.ones((SIZE, SIZE)), np.zeros((SIZE, SIZE))
    yield _sky("empty", flat, nothing, seed)
    yield _sky("noise x 3 across", flat * np.linspace(1, 3, SIZE), nothing, seed)
    yield _sky("25 beams a source", flat, _points(SIZE**2 / 25 / 18.1, seed), seed)
    bright = _points(20, seed, faintest=300)
    yield _sky("20 bright points", flat, bright, seed)
    spread = gaussian_filter((bright > 100).astype(float), 25)
    yield _sky("with artefacts", flat + 4 * np.minimum(spread / 0.01, 1), bright, seed)
    for snr in (100, 1000):
        for beams in (10, 30, 60):
            yield _sky(f"{beams} beams, SNR {snr}", flat, snr * _galaxy(beams * BEAM_PIXELS), seed)


def _sky(name: str, rms: np.ndarray, model: np.ndarray, seed: int) -> Sky:
    """Return a sky with noise that is correlated like the beam."""
    noise = np.random.default_rng(seed).normal(size=model.shape)
    noise = gaussian_filter(noise, BEAM_PIXELS / FWHM, mode="wrap")
    return Sky(name, rms, model, (model + rms * noise / noise.std()).astype(np.float32))


def _points(number: float, seed: int, *, faintest: float = FAINT) -> np.ndarray:
    """Return point sources at random places, with a power law of fluxes up to 1000 times the faintest."""
    rng = np.random.default_rng([seed, 1])
    image = np.zeros((SIZE, SIZE))
    x, y = rng.integers(0, SIZE, (2, int(number)))
    fluxes = faintest * (1 - rng.uniform(0, 1 - 1000**-SLOPE, int(number))) ** (-1 / SLOPE)
    np.add.at(image, (y, x), fluxes)
    width = BEAM_PIXELS / FWHM
    return gaussian_filter(image, width, mode="wrap") * 2 * np.pi * width**2


def _galaxy(extent: float) -> np.ndarray:
    """Return two lobes and a core, which span an extent (pixels) above 1 % of the peak."""
    y, x = np.indices((SIZE, SIZE)) - SIZE // 2 - 17
    width = extent / 10
    lobes = sum(np.exp(-(((x - side * extent / 5) / width) ** 2 + (y / width) ** 2) / 2) for side in (-1, 1))
    core = np.exp(-(x**2 + y**2) / (2 * (BEAM_PIXELS / FWHM) ** 2))
    return np.maximum(lobes, core) / lobes.max()


def simple(pixels: np.ndarray, _folder: Path) -> Maps:
    """Return the maps of clipped boxes alone, without the search for boxes covered by emission."""
    whole = Box(0, SIZE, 0, SIZE)
    positions = positions_around(0, SIZE, LATTICE.step_pixels)
    nodes = measure_nodes(BoxPixels(pixels, whole), positions, positions, LATTICE.box_pixels)
    return tuple(interpolate(nodes, whole))


def radiofind(pixels: np.ndarray, _folder: Path) -> Maps:
    """Return the maps of radiofind."""
    whole = Box(0, SIZE, 0, SIZE)
    noise = measure_noise(pixels, support=whole, target=whole, settings=NoiseSettings(LATTICE))
    return noise.mean, noise.rms


def pybdsf(pixels: np.ndarray, folder: Path) -> Maps:
    """Return the maps of PyBDSF with the same box and step, and its own rules about constants."""
    import bdsf

    found = bdsf.process_image(
        str(_write(pixels, folder)),
        rms_box=(LATTICE.box_pixels, LATTICE.step_pixels),
        adaptive_rms_box=False,
        frequency=1.4e9,
        stop_at="isl",
        quiet=True,
        ncores=1,
    )
    return found.mean_arr.T, found.rms_arr.T


def bane(program: str, pixels: np.ndarray, folder: Path) -> Maps:
    """Return the maps of BANE with its own grid and box."""
    image = _write(pixels, folder)
    subprocess.run([program, "--cores=1", str(image)], check=True, capture_output=True)
    return tuple(np.squeeze(fits.getdata(image.with_name(f"image_{kind}.fits"))) for kind in ("bkg", "rms"))


def _write(pixels: np.ndarray, folder: Path) -> Path:
    """Write an image of 2 arcsec a pixel."""
    pixel, image = 2 / 3600, folder / "image.fits"
    cards = {"CTYPE1": "RA---SIN", "CTYPE2": "DEC--SIN", "CRVAL1": 0.0, "CRVAL2": -30.0, "CRPIX1": SIZE / 2}
    cards |= {"CRPIX2": SIZE / 2, "CDELT1": -pixel, "CDELT2": pixel, "BUNIT": "JY/BEAM", "BPA": 0.0}
    cards |= {"BMAJ": BEAM_PIXELS * pixel, "BMIN": BEAM_PIXELS * pixel, "RESTFRQ": 1.4e9}
    fits.writeto(image, pixels, fits.Header(cards), overwrite=True)
    return image


def compare(sky: Sky, program: Callable[[np.ndarray, Path], Maps], folder: Path) -> dict[str, object]:
    """Return how the map of a program agrees with the known noise."""
    start = time.process_time()
    mean, rms = program(sky.pixels, folder)
    cost = time.process_time() - start
    emission = sky.model >= 0.5 * sky.rms
    near = maximum_filter(emission, 2 * LATTICE.box_pixels + 1) & ~emission
    ratio, ratio_near = (rms / sky.rms)[~emission], (rms / sky.rms)[near]
    peak = np.unravel_index(np.argmax(sky.pixels), sky.pixels.shape)
    return {
        "bias": np.median(ratio) - 1,
        "scatter": np.std(ratio),
        "highest": np.max(ratio),
        "within_10": np.mean(np.abs(ratio - 1) < 0.1),
        "near_within_10": np.mean(np.abs(ratio_near - 1) < 0.1) if near.any() else np.nan,
        "peak_snr": ((sky.pixels - mean) / rms)[peak],
        "seconds": cost,
    }


def main() -> None:
    """Print the table."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--bane", help="the program BANE; without it, it is left out")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    programs = {"simple": simple, "radiofind": radiofind, "pybdsf": pybdsf}
    if options.bane:
        programs["bane"] = lambda pixels, folder: bane(options.bane, pixels, folder)
    rows = []
    for sky in skies(options.seed):
        for name, program in programs.items():
            with TemporaryDirectory() as folder:
                rows.append({"sky": sky.name, "program": name} | compare(sky, program, Path(folder)))
    table = pd.DataFrame(rows)
    base = table[table["program"] == "simple"].set_index("sky")["seconds"]
    table["cost"] = table.pop("seconds") / table["sky"].map(base).to_numpy()
    print(table.to_string(index=False, float_format="{:.2f}".format))


if __name__ == "__main__":
    main()
