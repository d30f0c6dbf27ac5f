"""Compare the workflow with PyBDSF alone on whole images from observatories.

    python benchmarks/real_images.py FOLDER

All FITS images under FOLDER are searched in one run of the workflow, with PyBDSF at 5/3. An image is
refused, and the reason printed; or its sources are compared with those of PyBDSF alone: in a first line
with PyBDSF's own noise from boxes of the same size, in a second with the noise map of the workflow. A
comparison passes if at least 90 % of PyBDSF's sources have one of the workflow's within half a beam, the
median total flux of these pairs is within 2 % of the expected one, their median offset is below 0.02 beams,
and there are at most 10 % more rows. PASS: the first comparison passes. `noise rule`: only the second does.
In images of less than 600 pixels PyBDSF uses a single number each for noise and mean, as its boxes do not fit
four times. `local pixel area`: the true area of the central pixel over the one from CDELT. PyBDSF relies on
CDELT and uses a beam area in pixels that is too large by this factor, so our fluxes are larger by it.
Results stay in ./real_images.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.coordinates import FK5, SkyCoord
from astropy.io import fits
from astropy.utils.exceptions import AstropyWarning
from astropy.wcs.utils import wcs_to_celestial_frame

from on_data import (
    PlainError,
    Sky,
    options_for,
    read_sky,
    run_alone,
    run_workflow,
    troubles_of,
    write_planes,
)

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from radiofind.evaluation.matching import match_one_to_one
from radiofind.files import read_metadata
from radiofind.mosaics.tile_images import read_planes
from radiofind.mosaics.tiles import read_tile

FITS = re.compile(r"(.*)\.fits?(\.fz|\.gz)?", re.IGNORECASE)
NO_SKY = re.compile(r"rms|bkg|noiseMap|meanMap|primary_beam", re.IGNORECASE)
"""Pattern of names of images that are not searched."""
THRESHOLDS = {"thresh_pix": 5.0, "thresh_isl": 3.0}
BOX, STEP = 150, 50
SETTINGS = {
    "finders": {"pybdsf": {"kind": "pybdsf", **THRESHOLDS}},
    "find_with": ["pybdsf"],
    "noise": {"box_pixels": BOX, "step_pixels": STEP},
}
BRIGHT_SNR = 10
LEAST_FOUND, MOST_OFF, LARGEST_OFFSET, LARGEST_EXCESS = 0.9, 0.02, 0.02, 0.1
AREA_TOLD = 0.005
"""Minimum deviation of the pixel area from CDELT to be printed."""


@dataclass(frozen=True)
class Comparison:
    """Sources of the workflow against those of PyBDSF alone."""

    ours: int
    plain: int
    found: float
    """Fraction of PyBDSF's sources with one of ours within half a beam, one to one."""
    flux: float
    """Median total flux of these pairs, ours over PyBDSF's."""
    bright: float
    """The same for PyBDSF's sources above `BRIGHT_SNR`."""
    offset: float
    """Median offset of the pairs in beams."""

    def __str__(self) -> str:
        figures = f"{self.found:6.3f}  {self.flux:6.3f}  {self.bright:6.3f}  {self.offset:6.4f}"
        return f"{self.ours:5d}  {self.plain:5d}  {figures}  {100 * self.excess:+5.1f} %"

    @property
    def excess(self) -> float:
        """Relative excess of our rows."""
        return self.ours / self.plain - 1 if self.plain else float(self.ours > 0)

    def faults(self, expected_flux: float) -> list[str]:
        """Return which criteria are not met; flux and offset need pairs."""
        missed = {
            "found": self.found < LEAST_FOUND,
            "flux": abs(self.flux / expected_flux - 1) > MOST_OFF,
            "offset": self.offset >= LARGEST_OFFSET,
            "excess": self.excess > LARGEST_EXCESS,
        }
        return [name for name, is_missed in missed.items() if is_missed]


def main() -> None:
    """Run the workflow on all images, then PyBDSF on each, and print the comparisons."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, help="the data, searched recursively")
    warnings.simplefilter("ignore", AstropyWarning)
    images, place = images_in(parser.parse_args().folder.resolve()), Path("real_images").resolve()
    sheet = [{"mosaic": name, "image": str(path)} for name, path in images.items()]
    try:
        run_workflow(place, settings=SETTINGS, sheet=sheet)
    except subprocess.CalledProcessError as error:
        print(f"the workflow ended with exit code {error.returncode}")
    tiles = pd.read_parquet(place / "results/tiles.parquet")
    print(f"{'image':26s} noise of   ours  plain   found    flux  bright  offset   excess")
    for name, path in images.items():
        rows = tiles[tiles["mosaic"] == name]
        if (rows["state"] == "live").any():
            print_row(name, path, place)
        else:
            print(f"{name:26s} refused: {rows['reason'].iloc[0].replace(str(path), path.name)}")


def images_in(folder: Path) -> dict[str, Path]:
    """Return the images to search, by mosaic name, and print the number of files left out."""
    files = sorted(path for path in folder.rglob("*") if FITS.fullmatch(path.name))
    images = [path for path in files if has_image(path)]
    searched = [path for path in images if not NO_SKY.search(path.name)]
    print(f"{len(searched)} images; left out {len(files) - len(images)} tables", end="")
    print(f" and {len(images) - len(searched)} maps of noise, background or beam")
    stems = [re.sub(r"[^\w.-]", "_", FITS.sub(r"\1", path.name), flags=re.ASCII) for path in searched]
    return {f"{number:02d}_{stems[number]}": path for number, path in enumerate(searched)}


def has_image(path: Path) -> bool:
    """Return whether a file has an image, or cannot be read, for which the workflow must give a reason."""
    try:
        with fits.open(path) as hdus:
            return any(hdu.is_image and hdu.header["NAXIS"] >= 2 for hdu in hdus)
    except Exception:  # astropy raises errors of many kinds
        return True


def print_row(name: str, path: Path, place: Path) -> None:
    """Print the comparison of an image's sources with those of PyBDSF alone."""
    catalogue = place / f"results/{name}/catalogues/pybdsf.parquet"
    if not catalogue.exists():
        print(f"{name:26s} no catalogue, as a job failed: see its log")
        return
    sky, ours = read_sky(path), pd.read_parquet(catalogue)
    results, scratch = catalogue.parents[1], place / "plain" / name
    own = attempt(lambda: search_alone(sky, scratch / "own"), ours, sky)
    given = attempt(lambda: search_with_noise(sky, scratch / "given", results), ours, sky)
    print(f"{name:26s} PyBDSF    {own}  {verdict(own, given, pixel_area(sky))}")
    print(f"{'':26s} workflow  {given}")
    told = read_metadata(catalogue)
    reasons = {**told.get("empty_tiles", {}), **told.get("failed_tiles", {})}
    for line in [*troubles_of(sky), *(f"tile {tile}: {reason}" for tile, reason in reasons.items())]:
        print(f"{'':26s} {line}")


def attempt(search: Callable[[], pd.DataFrame], ours: pd.DataFrame, sky: Sky) -> Comparison | str:
    """Return the comparison of our sources with those of a search, or why it failed."""
    try:
        return compare(ours, search(), sky)
    except PlainError as error:
        return f"plain PyBDSF fails: {error};"


def verdict(own: Comparison | str, given: Comparison | str, area: float) -> str:
    """Return whether the workflow agrees with PyBDSF, and the cause of any difference."""
    faults = [["no end"] if isinstance(one, str) else one.faults(area) for one in (own, given)]
    if not faults[0]:
        words = "PASS" if own.plain else "PASS (neither finds any)"
    elif not faults[1]:
        words = f"noise rule ({', '.join(faults[0])})"
    else:
        words = f"FAIL ({', '.join(faults[0])}; with the same noise: {', '.join(faults[1])})"
    return f"{words}, local pixel area {area:.3f}" if abs(area - 1) > AREA_TOLD else words


def pixel_area(sky: Sky) -> float:
    """Return the sky area of the central pixel of an image, relative to CDELT."""
    y, x = (np.array(sky.header.shape) - 1) / 2
    edges = np.array([[x + 0.5, y], [x - 0.5, y], [x, y + 0.5], [x, y - 0.5]])
    right, left, top, bottom = vectors(*sky.wcs.wcs_pix2world(edges, 0).T)
    area = np.linalg.norm(np.cross(right - left, top - bottom)) * np.rad2deg(1) ** 2
    return float(area / abs(np.linalg.det(sky.wcs.pixel_scale_matrix)))


def vectors(longitude: np.ndarray, latitude: np.ndarray) -> np.ndarray:
    """Return positions in deg as unit vectors, shape (n, 3)."""
    longitude, latitude = np.deg2rad(longitude), np.deg2rad(latitude)
    across = np.cos(latitude)
    return np.column_stack([across * np.cos(longitude), across * np.sin(longitude), np.sin(latitude)])


def search_alone(sky: Sky, folder: Path) -> pd.DataFrame:
    """Return PyBDSF's sources in the file, or in a corrected copy if the file would mislead it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "image.fits").unlink(missing_ok=True)
    if troubles_of(sky):
        write_planes(sky, folder, image=sky.blanked)
    else:
        (folder / "image.fits").symlink_to(sky.header.path)
    return run_alone(folder, {"rms_box": (BOX, STEP), **THRESHOLDS, **options_for(sky)})


def search_with_noise(sky: Sky, folder: Path, results: Path) -> pd.DataFrame:
    """Return PyBDSF's sources with the workflow's noise map; every option here is needed for that."""
    folder.mkdir(parents=True, exist_ok=True)
    mean, rms = np.zeros_like(sky.pixels), np.zeros_like(sky.pixels)
    for tile in (results / "tiles").glob("*.json"):
        box = read_tile(tile).box
        mean[box.slices], rms[box.slices] = read_planes(results / f"noise/{tile.stem}.fits", "MEAN", "RMS")
    image = np.where(rms > 0, sky.blanked, np.float32(np.nan))
    mean, rms = np.where(rms > 0, mean, 0), np.where(rms > 0, rms, np.median(rms[rms > 0]))
    write_planes(sky, folder, image=image, mean=mean, rms=rms)
    maps = {"rmsmean_map_filename": ("mean.fits", "rms.fits"), "rms_map": True, "mean_map": "map"}
    return run_alone(
        folder, {**maps, "rms_box": (1, 1), "adaptive_rms_box": False, **THRESHOLDS, **options_for(sky)}
    )


def compare(ours: pd.DataFrame, plain: pd.DataFrame, sky: Sky) -> Comparison:
    """Return the comparison of two source lists, matched closest pairs first."""
    frame = wcs_to_celestial_frame(sky.wcs)
    places = SkyCoord(plain["RA"], plain["DEC"], unit="deg", frame=frame)
    if not (isinstance(frame, FK5) and frame.equinox.jyear == 2000):  # which the workflow treats as ICRS, too
        places = places.icrs
    of_plain = vectors(places.spherical.lon.deg, places.spherical.lat.deg)
    beam = np.deg2rad(np.sqrt(sky.header.beam.major_arcsec * sky.header.beam.minor_arcsec) / 3600)
    pairs = match_one_to_one(of_plain / beam, vectors(ours["ra"], ours["dec"]) / beam, radius_pixels=0.5)
    partner, flux = plain.iloc[pairs.truth], ours["apparent_total_flux"].to_numpy()[pairs.detection]
    ratio = flux / partner["Total_flux"]
    return Comparison(
        ours=len(ours),
        plain=len(plain),
        found=len(ratio) / len(plain) if len(plain) else 1.0,
        flux=ratio.median(),
        bright=ratio[partner["Total_flux"] > BRIGHT_SNR * partner["Isl_rms"]].median(),
        offset=pd.Series(pairs.distance).median(),
    )


if __name__ == "__main__":
    main()
