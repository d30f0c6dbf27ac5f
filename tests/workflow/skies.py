"""Invent a small survey: images, a sheet with what sheets may hold, and a configuration."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import yaml
from astropy.io import fits
from astropy.wcs import WCS

from radiofind.simulation.mosaic_settings import Simulation
from radiofind.simulation.mosaics import simulate

CORE, HALO = 150, 20
NOISE = {"box_pixels": 24, "step_pixels": 12}
"""With these, a tile depends on the pixels that lie up to 92 pixels from its core."""

SKY = {"size_pixels": CORE, "frequency_mhz": 560, "exposure_h": 1000, "seed": 1}
RMS = 2.6e-7
"""About the noise of `SKY`, Jy/beam."""

FINDERS = ("pybdsf", "peaks", "net", "both")
OF_TILES = ("pybdsf", "peaks", "net")
"""Those that search tiles."""
SCORING = ("net", "both")
"""Those that give scores."""
SCORED = ("a-b.c_1", "strip")
READABLE = (*SCORED, "hard")
TILES = {
    "a-b.c_1": ["y000x000"],
    "strip": ["y000x000", "y000x001", "y000x002"],
    "hard": ["y000x000", "y000x001", "y000x002", "y000x003"],
}
"""The live tiles."""

SHEET = """
mosaic simulate image primary_beam truth truth_format train_box validation_box training_set beam frequency_hz
a-b.c_1 sky - - - - - - strip - -
strip - data/strip.fits data/strip_beam.fits data/strip.txt sdc1 0:150,0:150 150:300,0:150 - - -
hard - data/hard.fits - - - - - strip 1.5,1.5,0 560e6
broken - data/broken.fits - data/strip.txt sdc1 - - strip - -
"""

CONFIGURATION = {
    "mosaics": "sheet.tsv",
    "tiling": {"core_pixels": CORE, "halo_pixels": HALO},
    "noise": NOISE,
    "finders": {
        "pybdsf": {"kind": "pybdsf", "pybdsf_tables": True, "model_images": True},
        "peaks": {"kind": "peaks", "threshold": 5.0},
        "net": {
            "kind": "convosource",
            "model": None,
            "train_snr": 4,
            "augment": "none",
            "epochs": 2,
            "batches_per_epoch": 1,
            "lowest_score": 0.5,
        },
        "both": {"kind": "combined", "of": ["pybdsf", "net"], "train_snr": 4},
    },
    "find_with": list(FINDERS),
    "snr": [2, 5],
    "simulations": {"sky": SKY},
    "survey": {"prefix": "TEST", "products": ["votable", "moc"]},
}


def make_survey(folder: Path) -> Path:
    """Make the files of the survey."""
    data = folder / "data"
    data.mkdir(parents=True)
    write_sheet(folder / "sheet.tsv", SHEET)
    (folder / "survey.yaml").write_text(yaml.safe_dump(CONFIGURATION))
    settings = Simulation(**SKY | {"size_pixels": 3 * CORE, "seed": 2})
    simulate(settings, data / "strip.fits", data / "strip_beam.fits", data / "strip.txt")
    _cut_rows(data / "strip.fits", CORE)
    _make_hard_image(data / "strip.fits", data / "hard.fits")
    (data / "broken.fits").write_bytes((data / "strip.fits").read_bytes()[: 6 * 2880])
    return folder


def write_sheet(path: Path, text: str) -> None:
    """Write a sheet from columns between spaces, where a dash is an empty field."""
    rows = [["" if field == "-" else field for field in line.split()] for line in text.strip().splitlines()]
    path.write_text("".join("\t".join(row) + "\n" for row in rows))


def _cut_rows(path: Path, rows: int) -> None:
    """Keep the middle rows of an image."""
    pixels, header = fits.getdata(path, header=True)
    first = (pixels.shape[-2] - rows) // 2
    header["CRPIX2"] -= first
    fits.writeto(path, pixels[..., first : first + rows, :], header, overwrite=True)


def _make_hard_image(like: Path, path: Path) -> None:
    """Make an image of two axes and without a beam, whose tiles are hard, from left to right.

    The first holds an infinity, which is a blank pixel, the second noise only, the third is constant, the
    fourth is half blank, and the fifth is blank.
    """
    pixels = np.random.default_rng(3).normal(0, RMS, (CORE, 5 * CORE)).astype(np.float32)
    pixels[5, 5] = np.inf
    pixels[:, 2 * CORE - HALO : 3 * CORE + HALO] = 1e-6
    pixels[:, 4 * CORE - HALO :] = np.nan
    coordinates = WCS(fits.getheader(like)).celestial.to_header()
    fits.writeto(path, pixels, coordinates)
