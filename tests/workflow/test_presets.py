"""The presets find the sources of simulated mosaics; that of LoTSS, those of mosaics that overlap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
import yaml
from astropy import units as u
from astropy.io import fits
from astropy.wcs import WCS
from mocpy import MOC
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree
from snakemake.common.configfile import load_configfile
from snakemake.utils import update_config

from radiofind.finders.pybdsf import find_sources
from radiofind.mosaics.field import Field
from radiofind.mosaics.images import read_header, read_pixels
from radiofind.mosaics.noise import noise_settings
from radiofind.mosaics.noise_maps import map_noise
from radiofind.mosaics.sizes import in_pixels
from radiofind.mosaics.tiles import edge_lines, tiles_of
from radiofind.simulation.mosaic_settings import Simulation
from radiofind.simulation.mosaics import simulate
from radiofind.survey.directions import angle_of, unit_vectors
from radiofind.survey.inputs import read_survey
from radiofind.survey.merging import write_survey
from radiofind.survey.regions import holds, read_region
from radiofind.workflow.config.inputs import read_inputs
from radiofind.workflow.plan.mosaics import Plan
from workflow.runs import REPOSITORY, copy_of, planned, run

pytestmark = pytest.mark.slow

PRESETS = REPOSITORY / "config/presets"
SMALL = {"size_pixels": 300, "density": 1e-3}
"""A simulated mosaic of little but noise."""


@pytest.mark.usefixtures("pybdsf_in_process")
@pytest.mark.parametrize("name", ["meerkat", "racs", "vlass"])
def test_a_preset_finds_the_sources_of_its_survey(tmp_path, monkeypatch, name):
    """On a mosaic with the header, beam and depth of the survey."""
    monkeypatch.chdir(REPOSITORY)
    preset = PRESETS / f"{name}.yaml"
    config = load_configfile(REPOSITORY / "config/config.yaml")
    update_config(config, load_configfile(preset))
    config, (mosaic,) = read_inputs(config, repository=REPOSITORY, overlays=[preset])
    settings = {**config["simulations"][mosaic.simulate], **SMALL}
    settings.pop("kind")
    image = tmp_path / "image.fits"
    simulate(Simulation(**settings), image, tmp_path / "beam.fits", tmp_path / "truth.txt")
    points = add_points(image, settings["rms_jy_per_beam"])
    options = Plan(config, [mosaic]).finder_settings({"finder": "pybdsf"})
    limits = {key: options.pop(key) for key in ("time_limit_s", "largest_island_beam_areas")}
    del options["kind"]
    found = find_sources(field_of(image, config), finder="pybdsf", options=options, **limits).detections
    distance, nearest = cKDTree(found[["x", "y"]]).query(points[["x", "y"]])
    assert (distance < 1).all() and len(found) < len(points) + 5
    ratio = found["total_flux"].to_numpy()[nearest] / points["flux"]
    assert np.median(ratio) == pytest.approx(1, abs=0.05)


def add_points(path, rms):
    """Add point sources of 12 to 100 times the noise to an image."""
    header = read_header(path)
    places = np.arange(25.0, 300, 50)
    x, y = (part.ravel() for part in np.meshgrid(places + 0.3, places - 0.2))
    points = pd.DataFrame({"x": x, "y": y, "flux": rms * np.geomspace(12, 100, len(x))})
    rows, columns = np.indices(header.shape)
    with fits.open(path, mode="update") as hdus:
        for point in points.itertuples():
            distance = np.hypot(columns - point.x, rows - point.y)
            hdus[0].data += point.flux * np.exp(-4 * np.log(2) * (distance / header.beam_major_pixels) ** 2)
    return points


def field_of(path, config):
    """A mosaic as its only tile, as jobs see it."""
    header = read_header(path)
    beam = header.beam_major_pixels
    tiling, boxes = (in_pixels(config[part], beam_pixels=beam) for part in ("tiling", "noise"))
    (tile,) = tiles_of(header.shape, **tiling)
    noise = map_noise(header, tile.box, settings=noise_settings(**boxes))
    edges = [edge_lines(size, **tiling) for size in header.shape]
    return Field("m", header, tile, *edges, read_pixels(header, tile.box), noise.mean, noise.rms)


SIDE, RADIUS, PIXEL, RMS = 300, 145, 1.5, 83e-6
"""Of the mosaics: pixels, the radius in pixels outside which they are blank, arcsec, Jy/beam."""
CELL = "healpix:1024:843699"
"""The cell of 3.4 arcmin that holds the centre of the first mosaic."""


@dataclass(frozen=True)
class Triple:
    """Three mosaics of one sky across ra 0, and their survey."""

    folder: object
    """Where they lie."""
    mosaics: dict
    """Coordinates of each."""
    sources: pd.DataFrame
    """True sources."""

    def distances(self):
        """Distance in pixels of each source from the centre of each mosaic, shape (sources, mosaics)."""
        places = [
            one.wcs_world2pix(self.sources["ra"], self.sources["dec"], 0) for one in self.mosaics.values()
        ]
        return np.transpose([np.hypot(x - SIDE / 2, y - SIDE / 2) for x, y in places])

    def regions(self):
        """Whether the region of each mosaic holds each source, and whether that is sure."""
        places = self.sources["ra"].to_numpy(), self.sources["dec"].to_numpy()
        steps = np.array([(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)]) / 3600
        texts = (CELL, str(self.folder / "b.moc.fits"), None)
        held = [[holds(read_region(text), places[0] + e, places[1] + n) for e, n in steps] for text in texts]
        held = np.transpose(held)
        return held[:, 0], held.all(axis=1) == held.any(axis=1)


@pytest.fixture(scope="module")
def triple(tmp_path_factory):
    """The survey that the preset makes of mosaics with regions and weights, twice as high in the last."""
    folder = tmp_path_factory.mktemp("lotss")
    centres = {"a": (359.95, 60.0), "b": (0.09, 60.0), "c": (0.02, 60.055)}
    sources = scattered_around(0.02, 60.02, 0.13)
    sky = {name: write_mosaic(folder, name, *centre, sources) for name, centre in centres.items()}
    MOC.from_cone(lon=0.09 * u.deg, lat=60.0 * u.deg, radius=0.04 * u.deg, max_depth=16).save(
        folder / "b.moc.fits", format="fits"
    )
    (folder / "sheet.tsv").write_text(
        "mosaic\timage\tregion\tweight\n"
        f"a\ta.fits\t{CELL}\ta-weight.fits\n"
        "b\tb.fits\tb.moc.fits\tb-weight.fits\n"
        "c\tc.fits\t\tc-weight.fits\n"
    )
    small = {"mosaics": "sheet.tsv", "find_with": ["pybdsf"], "survey": {"products": ["moc"]}}
    (folder / "small.yaml").write_text(yaml.safe_dump(small))
    done = run(folder, "--configfile", PRESETS / "lotss-dr2.yaml", folder / "small.yaml")
    assert done.code == 0, done.output
    return Triple(folder, sky, sources)


def scattered_around(ra, dec, radius):
    """Sources more than six beams apart, at peaks of 12 to 100 times the noise."""
    rng = np.random.default_rng(4)
    steps = np.arange(-radius, radius, 0.014)
    east, north = (part.ravel() for part in np.meshgrid(steps, steps))
    east, north = (part + rng.uniform(0, 0.003, len(part)) for part in (east, north))
    places = (ra + east / np.cos(np.deg2rad(dec))) % 360, dec + north
    return pd.DataFrame(
        {"ra": places[0], "dec": places[1], "peak": RMS * 10 ** rng.uniform(1.1, 2, len(east))}
    )


def write_mosaic(folder, name, ra, dec, sources):
    """Write a mosaic as those of LoTSS, with 2 axes and blank outside a circle, and a weight with 4."""
    cards = {"CTYPE1": "RA---SIN", "CTYPE2": "DEC--SIN", "CRVAL1": ra, "CRVAL2": dec}
    cards |= {"CDELT1": -PIXEL / 3600, "CDELT2": PIXEL / 3600, "CRPIX1": SIDE / 2 + 1, "CRPIX2": SIDE / 2 + 1}
    coordinates = WCS(fits.Header(cards))
    cards |= {"BMAJ": 6 / 3600, "BMIN": 6 / 3600, "BPA": 0.0, "RESTFRQ": 144e6, "BUNIT": "JY/BEAM"}
    width = 4 / np.sqrt(8 * np.log(2))
    noise = gaussian_filter(np.random.default_rng(ord(name)).normal(size=(SIDE, SIDE)), width, mode="wrap")
    pixels = noise * (RMS / noise.std())
    rows, columns = np.indices((SIDE, SIDE))
    x, y = coordinates.wcs_world2pix(sources["ra"], sources["dec"], 0)
    for one in np.flatnonzero(np.hypot(x - SIDE / 2, y - SIDE / 2) < SIDE):
        distance = np.hypot(columns - x[one], rows - y[one])
        pixels += sources["peak"][one] * np.exp(-((distance / width) ** 2) / 2)
    distance = np.hypot(rows - SIDE / 2, columns - SIDE / 2)
    blanked = np.where(distance < RADIUS, pixels, np.nan).astype(np.float32)
    fits.writeto(folder / f"{name}.fits", blanked, fits.Header(cards))
    weight = (2 if name == "c" else 1) * np.exp(-((distance / 100) ** 2))
    cards |= {"CTYPE3": "FREQ", "CRVAL3": 144e6, "CTYPE4": "STOKES", "CRVAL4": 1.0}
    weight = weight.astype(np.float32)[np.newaxis, np.newaxis]
    fits.writeto(folder / f"{name}-weight.fits", weight, fits.Header(cards))
    return coordinates


def with_truth(rows, sources):
    """Rows with the number of the true source within half a beam of each, or -1."""
    tree = cKDTree(unit_vectors(sources["ra"].to_numpy(), sources["dec"].to_numpy()))
    distance, source = tree.query(unit_vectors(rows["ra"].to_numpy(), rows["dec"].to_numpy()))
    return rows.assign(source=np.where(angle_of(distance) < 3, source, -1))


def primaries_of(rows, number):
    """The mosaic of the primary row of each source, empty for sources without; no source has two."""
    primary = rows[rows["is_primary"] & (rows["source"] >= 0)].set_index("source")["mosaic"]
    assert primary.index.is_unique
    return primary.reindex(range(number), fill_value="").to_numpy()


def test_each_source_is_once_in_a_survey_of_regions_and_weights(triple):
    rows = with_truth(pd.read_parquet(triple.folder / "results/survey/pybdsf.parquet"), triple.sources)
    distance, (held, sure) = triple.distances(), triple.regions()
    counts = held & (distance < RADIUS)
    sure = (sure & (abs(distance - RADIUS) > 3)).all(axis=1)
    weight = np.where(counts, np.exp(-((distance / 100) ** 2)) * [1, 1, 2], 0)
    first, second = np.sort(weight, axis=1)[:, [2, 1]].T
    sure &= (first == 0) | (first > 1.05 * second)
    owner = np.where(first > 0, np.array(list(triple.mosaics))[weight.argmax(axis=1)], "")
    assert {name: (owner[sure] == name).sum() > 4 for name in ("a", "b", "c", "")} == dict.fromkeys(
        ["a", "b", "c", ""], True
    )
    assert primaries_of(rows, len(triple.sources))[sure].tolist() == owner[sure].tolist()
    assert rows["name"].str.startswith("LOTSS-RF J").all()
    nowhere = rows[rows["source"].isin(np.flatnonzero(sure & (owner == "")))]
    assert len(nowhere) > 4 and nowhere["flags"].str.contains("outside_region").all()
    fluxes = rows["total_flux"] / triple.sources["peak"].to_numpy()[rows["source"]]
    assert np.median(fluxes[rows["source"] >= 0]) == pytest.approx(1, abs=0.05)


def test_a_region_counts_in_the_survey_only(triple):
    found = {
        name: pd.read_parquet(triple.folder / f"results/{name}/catalogues/pybdsf.parquet") for name in "abc"
    }
    seen = (triple.distances() < RADIUS - 3).sum(axis=0)
    assert all(len(found[name]) >= number for name, number in zip("abc", seen, strict=True))
    areas = pd.read_csv(triple.folder / "results/survey/rms_area.csv").groupby("mosaic")["area_deg2"].max()
    disc, cell, cone = np.pi * (RADIUS * PIXEL / 3600) ** 2, 41253 / (12 * 1024**2), np.pi * 0.04**2
    assert areas["c"] == pytest.approx(disc, rel=0.1) and areas["b"] == pytest.approx(cone, rel=0.15)
    assert areas["a"] == pytest.approx(cell, rel=0.1)
    moc = MOC.from_fits(triple.folder / "results/survey/coverage.moc.fits")
    survey = pd.read_parquet(triple.folder / "results/survey/pybdsf.parquet")
    inside = moc.contains_lonlat(survey["ra"].to_numpy() * u.deg, survey["dec"].to_numpy() * u.deg)
    assert inside[survey["is_primary"]].all() and not inside.all()


@pytest.mark.parametrize("names", ["ab", "abc"])
def test_each_source_is_once_in_mosaics_that_are_blank_outside_a_circle(triple, names, tmp_path):
    """As in DR2, in which the nearest centre owns."""
    results = triple.folder / "results"
    files = (
        [results / f"{name}/catalogues/pybdsf.parquet" for name in names],
        [results / f"survey/rms/{name}.fits" for name in names],
    )
    rows = {name: {} for name in names}
    given = read_survey(rows, *files, tiles=results / "tiles.parquet")
    write_survey(given, tmp_path / "survey.parquet", prefix="TEST", frequency_hz=144e6)
    survey = pd.read_parquet(tmp_path / "survey.parquet")
    distance = triple.distances()[:, : len(names)]
    nearest, second = np.sort(np.where(distance < RADIUS, distance, 999), axis=1)[:, :2].T
    sure = (abs(distance - RADIUS) > 3).all(axis=1) & ((nearest == 999) | (second - nearest > 3))
    owner = np.where(nearest < 999, np.array(list(names))[distance.argmin(axis=1)], "")
    found = primaries_of(with_truth(survey, triple.sources), len(triple.sources))
    assert found[sure].tolist() == owner[sure].tolist() and set(owner[sure]) == {*names, ""}


def test_another_region_makes_only_the_survey_again(triple, tmp_path):
    folder = copy_of(triple.folder, tmp_path / "copy")
    sheet = (folder / "sheet.tsv").read_text()
    (folder / "sheet.tsv").write_text(sheet.replace(CELL, ""))
    again = planned(folder, "--configfile", PRESETS / "lotss-dr2.yaml", folder / "small.yaml")
    rules = {job.split()[0] for job in again}
    assert {"merge_survey", "measure_coverage", "map_coverage"} <= rules
    assert rules <= {
        "merge_survey",
        "merge_survey_components",
        "measure_coverage",
        "map_coverage",
        "tabulate_scores",
        "write_report",
        "record_provenance",
        "all",
    }
    assert {job for job in again if job.startswith("measure_coverage")} == {"measure_coverage a"}


def test_a_region_that_cannot_be_read_is_told_before_any_job(triple, tmp_path):
    folder = copy_of(triple.folder, tmp_path / "copy")
    (folder / "b.moc.fits").write_text("nothing")
    mine = ("--configfile", PRESETS / "lotss-dr2.yaml", folder / "small.yaml")
    done = run(folder, "--dry-run", *mine)
    assert done.code != 0 and done.jobs == []
    assert "sheet.tsv, line 3, column region: b.moc.fits: expected a MOC in FITS" in done.output
    assert "Traceback" not in done.output
