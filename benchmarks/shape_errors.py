"""Measure the pulls of fitted shapes: (fitted - true) / error, on simulated Gaussians over known noise.

    python benchmarks/shape_errors.py

A row per finder, size and peak SNR: the number of sources, and for major axis, minor axis and position angle
the median and the width of the pulls (half the range from the 16th to the 84th percentile): 1 for correct
errors.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from astropy.io import fits
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from radiofind.finders.fitting import measure_sources
from radiofind.finders.pybdsf import find_sources
from radiofind.mosaics.field import Field
from radiofind.mosaics.gaussians import FWHM, covariance_of
from radiofind.mosaics.images import ImageHeader, read_header
from radiofind.mosaics.tiles import tiles_of

SIZE, SPACING, BEAM_PIXELS, PIXEL_ARCSEC, TURN_DEG = 1200, 50, 4.0, 2.0, 25.0
SHAPES = {"point": (1.0, 1.0), "1.5 x 1.2 beams": (1.5, 1.2), "2.5 x 1.5 beams": (2.5, 1.5)}
"""Axes in beams."""
SNRS = (10, 20, 50, 200)
COLUMNS = ("major", "minor", "position_angle")


def write_header(folder: Path, *, beam_pixels: float = BEAM_PIXELS) -> ImageHeader:
    """Write an empty image with a rotated frame and return its header."""
    turn, pixel = np.deg2rad(TURN_DEG), PIXEL_ARCSEC / 3600
    cards = {"CTYPE1": "RA---SIN", "CTYPE2": "DEC--SIN", "CRVAL1": 40.0, "CRVAL2": -30.0, "BUNIT": "Jy/beam"}
    cards |= {"CRPIX1": SIZE / 2, "CRPIX2": SIZE / 2, "CDELT1": -pixel, "CDELT2": pixel, "RESTFRQ": 1.4e9}
    cards |= {"PC1_1": np.cos(turn), "PC1_2": -np.sin(turn), "PC2_1": np.sin(turn), "PC2_2": np.cos(turn)}
    cards |= {"BMAJ": beam_pixels * pixel, "BMIN": beam_pixels * pixel, "BPA": 0.0}
    fits.writeto(folder / "image.fits", np.zeros((SIZE, SIZE), dtype=np.float32), fits.Header(cards))
    return read_header(folder / "image.fits")


def make_field(
    header: ImageHeader, axes: tuple[float, float], snr: float, seed: int
) -> tuple[Field, pd.DataFrame]:
    """Return a field with Gaussians of random angles on a grid, over noise of 1, and their true shapes."""
    rng = np.random.default_rng(seed)
    beam_pixels = header.beam.major_arcsec / PIXEL_ARCSEC
    noise = gaussian_filter(rng.normal(size=(SIZE, SIZE)), beam_pixels / FWHM, mode="wrap")
    pixels = noise / noise.std()
    grid = np.arange(SPACING, SIZE - SPACING, SPACING)
    x, y = (np.ravel(axis) + rng.uniform(-2, 2, grid.size**2) for axis in np.meshgrid(grid, grid))
    major, minor = (axis * beam_pixels * PIXEL_ARCSEC for axis in axes)
    angle = rng.uniform(0, 180, len(x))
    to_pixels = np.linalg.inv(header.coordinates.jacobian(x, y))
    shapes = to_pixels @ covariance_of(major, minor, angle) @ np.swapaxes(to_pixels, 1, 2)
    for column, row, inverse in zip(x, y, np.linalg.inv(shapes), strict=True):
        x0, y0 = int(column) - SPACING // 2, int(row) - SPACING // 2
        stamp = pixels[y0 : y0 + SPACING, x0 : x0 + SPACING]
        offset = np.stack(
            np.meshgrid(np.arange(SPACING) + x0 - column, np.arange(SPACING) + y0 - row), axis=-1
        )
        stamp += snr * np.exp(-0.5 * np.einsum("...i,ij,...j->...", offset, inverse, offset))
    (tile,) = tiles_of(header.shape, core_pixels=2 * SIZE, halo_pixels=50)
    none = np.empty(0, dtype=int)
    flat = np.ones((SIZE, SIZE), dtype=np.float32)
    field = Field("field", header, tile, none, none, pixels.astype(np.float32), 0 * flat, flat)
    truth = pd.DataFrame({"x": x, "y": y, "major": major, "minor": minor, "position_angle": angle})
    return field, truth


def with_pybdsf(field: Field, _truth: pd.DataFrame) -> pd.DataFrame:
    """Return the sources of PyBDSF 5/3."""
    options = {"thresh_pix": 5.0, "thresh_isl": 3.0}
    return find_sources(field, finder="pybdsf", options=options, time_limit_s=600).detections


def with_our_fit(field: Field, truth: pd.DataFrame) -> pd.DataFrame:
    """Return the sources fitted as for a network, from positions that are off by up to half a pixel."""
    shift = np.random.default_rng(5).uniform(-0.5, 0.5, (2, len(truth)))
    return measure_sources(field, truth["x"].to_numpy() + shift[0], truth["y"].to_numpy() + shift[1])


def pulls(found: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Return the pulls of all sources that have errors and one component."""
    distance, nearest = cKDTree(truth[["x", "y"]]).query(found[["x", "y"]])
    single = found["n_components"] == 1 if "n_components" in found else True
    usable = (distance < BEAM_PIXELS) & found["e_major"].notna() & single
    found, truth = found[usable], truth.iloc[nearest[usable]]
    difference = found[list(COLUMNS)].to_numpy() - truth[list(COLUMNS)].to_numpy()
    difference[:, 2] = (difference[:, 2] + 90) % 180 - 90
    return pd.DataFrame(difference / found[[f"e_{name}" for name in COLUMNS]].to_numpy(), columns=COLUMNS)


def rows(
    header: ImageHeader, finders: dict[str, Callable[[Field, pd.DataFrame], pd.DataFrame]], seed: int
) -> list[dict[str, object]]:
    """Return the pulls of each finder, size and SNR."""
    table = []
    for size, axes in SHAPES.items():
        for snr in SNRS:
            field, truth = make_field(header, axes, snr, seed)
            for finder, find in finders.items():
                values = pulls(find(field, truth), truth)
                row = {"finder": finder, "size": size, "snr": snr, "sources": len(values)}
                for name in COLUMNS:
                    low, middle, high = (
                        np.percentile(values[name], [16, 50, 84]) if len(values) else [np.nan] * 3
                    )
                    row |= {f"{name}_median": middle, f"{name}_width": (high - low) / 2}
                table.append(row)
    return table


def main() -> None:
    """Print the table."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--seed", type=int, default=1)
    finders = {"pybdsf": with_pybdsf, "convosource's fit": with_our_fit}
    with TemporaryDirectory() as folder:
        table = pd.DataFrame(rows(write_header(Path(folder)), finders, parser.parse_args().seed))
    print(table.sort_values("finder", kind="stable").to_string(index=False, float_format="{:.2f}".format))


if __name__ == "__main__":
    main()
