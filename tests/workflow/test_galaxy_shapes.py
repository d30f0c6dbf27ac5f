"""Galaxies of known shape in a mosaic: cut out, labelled by the rule, and told apart by capsules."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
import yaml
from astropy.io import fits

from radiofind.classifiers.cutouts import read_cutouts
from radiofind.simulation.galaxies import simulate_galaxies
from radiofind.simulation.galaxy_settings import GalaxySettings
from workflow.runs import run
from workflow.skies import write_sheet

pytestmark = pytest.mark.slow

GALAXIES = GalaxySettings(
    classes=("unresolved", "FRI", "FRII"),
    images_per_class=12,
    size_pixels=72,
    snr=(2000, 5000),  # bridges between lobes are seen
    neighbours_per_arcmin2=0,
    offset_pixels=0,
    seed=3,
)
COLUMNS = 6
SHAPES = "results/classifiers/shapes"
CONFIGURATION = {
    "mosaics": "sheet.tsv",
    "finders": {"pybdsf": {"kind": "pybdsf", "group_by_isl": True}},  # lobes on one island are one source
    "find_with": ["pybdsf"],
    "classifiers": {
        "datasets": {
            "shapes": {
                "kind": "morphology",
                "finder": "pybdsf",
                "image": "masked",
                "size_pixels": GALAXIES.size_pixels,
                "lowest_peak_snr": 50,
            }
        },
        "networks": {
            "capsules": {"architecture": "capsnet", "variant": "filters", "epochs": 1, "seeds": [1]}
        },
        "train_with": ["shapes/capsules"],
        "classify_sources": {"by": "network", "dataset": "shapes", "network": "capsules"},
    },
}


def write_mosaic(path: Path) -> pd.DataFrame:
    """Write galaxies side by side, and return their classes and places."""
    images, galaxies = simulate_galaxies(GALAXIES)
    side = GALAXIES.size_pixels
    rows = [np.hstack(images[start : start + COLUMNS]) for start in range(0, len(images), COLUMNS)]
    beam_deg, pixel_deg = GALAXIES.beam_arcsec / 3600, GALAXIES.pixel_arcsec / 3600
    cards = {"CTYPE1": "RA---SIN", "CTYPE2": "DEC--SIN", "CRVAL1": 10.0, "CRVAL2": 20.0, "RESTFRQ": 1.4e9}
    cards |= {"CDELT1": -pixel_deg, "CDELT2": pixel_deg, "CRPIX1": 1.0, "CRPIX2": 1.0, "BUNIT": "Jy/beam"}
    cards |= {"BMAJ": beam_deg, "BMIN": beam_deg, "BPA": 0.0}
    fits.writeto(path, np.vstack(rows), fits.Header(cards))
    number = np.arange(len(galaxies))
    galaxies["x"] += number % COLUMNS * side
    galaxies["y"] += number // COLUMNS * side
    return galaxies


@pytest.fixture(scope="module")
def survey(tmp_path_factory):
    """The survey after a full run, and what was drawn; not to be changed."""
    folder = tmp_path_factory.mktemp("shapes")
    galaxies = write_mosaic(folder / "sky.fits")
    write_sheet(folder / "sheet.tsv", "mosaic image\nsky sky.fits")
    (folder / "survey.yaml").write_text(yaml.safe_dump(CONFIGURATION))
    done = run(folder, figures=True)
    assert done.code == 0, done.output
    return folder, galaxies


def drawn_near(galaxies: pd.DataFrame, catalogue: pd.DataFrame) -> np.ndarray:
    """Return the class that was drawn nearest to each source."""
    distance = np.hypot(
        *(np.subtract.outer(*(table[axis].to_numpy() for table in (catalogue, galaxies))) for axis in "xy")
    )
    return galaxies["class"].to_numpy()[distance.argmin(axis=1)]


def test_the_rule_finds_the_classes_that_were_drawn(survey):
    folder, galaxies = survey
    cutouts = read_cutouts(folder / SHAPES / "cutouts.h5")
    catalogue = pd.read_parquet(folder / "results/sky/catalogues/pybdsf.parquet").set_index("source_id")
    assert cutouts.classes == ("unresolved", "FRI", "FRII")
    drawn = drawn_near(galaxies, catalogue.loc[[name.removeprefix("sky/") for name in cutouts.name]])
    found = np.array(cutouts.classes)[cutouts.label]
    for name in cutouts.classes:
        assert (found == name).sum() >= 4
        assert (drawn[found == name] == name).mean() >= 0.8, pd.crosstab(drawn, found)


def test_masked_cutouts_are_empty_around_the_source(survey):
    image = read_cutouts(survey[0] / SHAPES / "cutouts.h5").image
    border = np.concatenate([image[:, :3].ravel(), image[:, :, -3:].ravel()])
    assert (border == 0).mean() > 0.95
    assert (image.max(axis=(1, 2)) > 50 * GALAXIES.rms_jy_per_beam).all()


def test_capsules_are_drawn_anew_and_classify_all_sources(survey):
    folder, _ = survey
    with h5py.File(folder / SHAPES / "capsules/capsules.h5") as file:
        assert {len(file[name]) for name in file} != {0}
    classified = pd.read_parquet(folder / "results/sky/catalogues/classified/pybdsf.parquet")
    assert len(classified) == len(pd.read_parquet(folder / "results/sky/catalogues/pybdsf.parquet")) >= 30
    assert set(classified["classifier"]) == {"shapes/capsules"}
    chances = classified[[f"probability_{name}" for name in GALAXIES.classes]]
    np.testing.assert_allclose(chances.sum(axis=1), 1, rtol=1e-5)
    assert "capsules" in (folder / "results/report.html").read_text()
