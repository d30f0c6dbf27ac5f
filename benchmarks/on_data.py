"""Run the workflow, or PyBDSF alone, in a folder of its own; used by the benchmarks on real data."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from radiofind.mosaics.box import Box
from radiofind.mosaics.images import ImageHeader, read_header, read_pixels

REPOSITORY = Path(__file__).resolve().parents[1]
ANY_FREQUENCY_HZ = 1.4e9
"""PyBDSF requires a frequency; its results do not depend on it."""
LIMIT_S = 900
ALONE = """
import json, bdsf
options = json.load(open("options.json"))
options = {name: tuple(value) if isinstance(value, list) else value for name, value in options.items()}
image = bdsf.process_image("image.fits", ncores=1, **options)
image.write_catalog(outfile="sources.fits", format="fits", catalog_type="srl", clobber=True)
"""


class PlainError(RuntimeError):
    """PyBDSF alone failed."""


@dataclass(frozen=True)
class Sky:
    """An image with the coordinates and the pixels of its file."""

    header: ImageHeader
    cards: fits.Header
    pixels: np.ndarray
    blanked: np.ndarray
    """Jy/beam, NaN where the workflow treats pixels as blank."""

    @property
    def wcs(self) -> WCS:
        """Coordinates in the file."""
        return WCS(self.cards).celestial


def run_workflow(place: Path, *, settings: Mapping[str, object], sheet: Sequence[Mapping[str, str]]) -> None:
    """Run the workflow and print its scores.

    Parameters
    ----------
    place
        Folder for the results.
    settings
        Overlay of the default configuration; the sheet is added.
    sheet
        Rows of the mosaic sheet, all with the same columns.
    """
    place.mkdir(exist_ok=True)
    rows = [sheet[0].keys(), *(row.values() for row in sheet)]
    (place / "mosaics.tsv").write_text("".join("\t".join(row) + "\n" for row in rows))
    (place / "config.yaml").write_text(yaml.safe_dump({"mosaics": "mosaics.tsv", **settings}))
    snakemake = [Path(sys.executable).with_name("snakemake"), "-s", REPOSITORY / "Snakefile"]
    profile = ["--profile", REPOSITORY / "profiles/local", "--directory", place]
    subprocess.run([*snakemake, *profile, "--configfile", place / "config.yaml"], check=True)
    print((place / "results/scores.txt").read_text())


def run_alone(folder: Path, options: Mapping[str, object]) -> pd.DataFrame:
    """Return PyBDSF's own source list of ``image.fits`` in a folder.

    Parameters
    ----------
    folder
        Folder of the image, and for PyBDSF's files.
    options
        Options of ``process_image``.

    Raises
    ------
    PlainError
        If it fails, crashes or exceeds the time limit.
    """
    catalogue = folder / "sources.fits"
    catalogue.unlink(missing_ok=True)
    (folder / "options.json").write_text(json.dumps(options))
    with (folder / "log.txt").open("w+") as log:
        command = [sys.executable, "-c", ALONE]
        try:
            subprocess.run(command, cwd=folder, stdout=log, stderr=log, timeout=LIMIT_S, check=True)
        except subprocess.TimeoutExpired as error:
            raise PlainError(f"not finished within {LIMIT_S} s") from error
        except subprocess.CalledProcessError as error:
            log.seek(0)
            lines = [line.strip() for line in log if line.strip()]
            raise PlainError(lines[-1] if error.returncode > 0 and lines else str(error)) from error
    empty = {name: pd.Series(dtype=float) for name in ("RA", "DEC", "Total_flux", "Isl_rms")}
    return Table.read(catalogue).to_pandas() if catalogue.exists() else pd.DataFrame(empty)


def read_sky(path: Path) -> Sky:
    """Return an image."""
    header = read_header(path)
    pixels, cards = fits.getdata(path, header.hdu, header=True)
    planes = np.asarray(pixels, np.float32).reshape(-1, *header.shape)
    rows, columns = header.shape
    blanked = read_pixels(header, Box(0, columns, 0, rows))
    return Sky(header, cards, planes[header.plane.number], blanked)


def options_for(sky: Sky) -> dict[str, object]:
    """Return the PyBDSF options set by the workflow, other than those of the noise."""
    beam, frequency_hz = sky.header.beam, sky.header.frequency_hz or ANY_FREQUENCY_HZ
    axes = (beam.major_arcsec / 3600, beam.minor_arcsec / 3600, beam.position_angle_deg)
    return {"thresh": "hard", "beam": axes, "frequency": frequency_hz}


def troubles_of(sky: Sky) -> list[str]:
    """Return descriptions of header and pixel problems that would mislead PyBDSF."""
    troubles = {
        "with NaN for blank zeros": (np.isnan(sky.blanked) & (sky.pixels == 0)).any(),
        "with NaN for infinities": np.isinf(sky.pixels).any(),
        "in Jy/beam": sky.header.jy_per_beam != 1,
        "out of a further HDU": sky.header.hdu != 0,
        "with CDELT": "CDELT1" not in sky.cards or "CDELT2" not in sky.cards,
    }
    return [f"PyBDSF is given a copy {what}" for what, is_needed in troubles.items() if is_needed]


def write_planes(sky: Sky, folder: Path, **planes: np.ndarray) -> None:
    """Write images with four axes and the coordinates of the file, expressed by CDELT."""
    cards, matrix = sky.wcs.to_header(), sky.wcs.pixel_scale_matrix
    for axis in (0, 1):
        scale = np.copysign(np.linalg.norm(matrix[axis]), matrix[axis, axis])
        cards[f"CDELT{axis + 1}"] = scale
        cards[f"PC{axis + 1}_1"], cards[f"PC{axis + 1}_2"] = matrix[axis] / scale
    cards["WCSAXES"], cards["CTYPE3"], cards["CTYPE4"] = 4, "FREQ", "STOKES"
    for name, plane in planes.items():
        fits.writeto(folder / f"{name}.fits", plane[None, None].astype(np.float32), cards, overwrite=True)
