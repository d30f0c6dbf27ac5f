"""A seeded synthetic sky: sources of known position and flux on noise that is correlated as the beam."""

import gc
import subprocess
import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from scipy.ndimage import gaussian_filter
from xdist.scheduler import LoadScopeScheduling

import eager
from radiofind.finders import pybdsf
from radiofind.finders.convosource.training_data import Ground
from radiofind.mosaics.box import parse_box
from radiofind.mosaics.field import Field
from radiofind.mosaics.images import read_header
from radiofind.mosaics.noise import NoiseSettings, measure_noise
from radiofind.mosaics.noise_lattice import Lattice
from radiofind.mosaics.regions import training_box
from radiofind.mosaics.tile_images import write_image
from radiofind.mosaics.tiles import edge_lines, tiles_of

FIRST = ("workflow/test_full_run.py", "workflow/test_classifiers.py", "slurm/")
"""Where the longest tests are; the first makes the survey for which others wait."""
APART = ("workflow/test_reruns.py", "workflow/test_record.py", "workflow/test_trouble.py", "workflow/faults/")
"""Modules whose tests have nothing in common that it takes long to make."""

PIXEL_ARCSEC = 2.0
BEAM_PIXELS = 4.0
RMS = 1e-4
FWHM = np.sqrt(8 * np.log(2))


class ByModule(LoadScopeScheduling):
    """Keeps the tests of a module, and all those on SLURM, in one process of pytest-xdist."""

    def _split_scope(self, nodeid):
        module = nodeid.partition("::")[0].removeprefix("tests/")
        if module.startswith(APART):
            return nodeid
        return "slurm" if module.startswith("slurm/") else module


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Return who divides the tests among processes (`--dist loadgroup` does not group under this pytest)."""
    return ByModule(config, log)


def pytest_collection_modifyitems(items):
    """Let long tests begin first."""
    items.sort(key=_turn_of)


def _name_of(item):
    """Return the path of a test's module."""
    return item.path.relative_to(Path(__file__).parent).as_posix()


def _turn_of(item):
    """Return a number by which tests are sorted."""
    places = [place for place, start in enumerate(FIRST) if _name_of(item).startswith(start)]
    return places[0] if places else len(FIRST) + (item.get_closest_marker("slow") is None)


def add_source(pixels, x, y, peak, *, major=BEAM_PIXELS, minor=None, angle_deg=0.0):
    """Add one source by its FWHM in pixels; the angle is north through east, with north up and east left."""
    minor, reach = major if minor is None else minor, int(3 * major) + 2
    row, column = max(int(y) - reach, 0), max(int(x) - reach, 0)
    stamp = pixels[row : int(y) + reach, column : int(x) + reach]
    north, west = np.indices(stamp.shape) + np.array([row - y, column - x]).reshape(2, 1, 1)
    angle = np.deg2rad(angle_deg)
    along = -west * np.sin(angle) + north * np.cos(angle)
    across = west * np.cos(angle) + north * np.sin(angle)
    stamp += peak * np.exp(-0.5 * FWHM**2 * ((along / major) ** 2 + (across / minor) ** 2))


def make_sky(shape=(300, 300), sources=(), *, rms=RMS, seed=1):
    """Noise of this rms with sources, each x, y, peak and perhaps a dict of what else `add_source` takes."""
    noise = np.random.default_rng(seed).normal(size=shape)
    smooth = gaussian_filter(noise, BEAM_PIXELS / FWHM, mode="wrap")
    pixels = smooth * (rms / smooth.std())
    for x, y, peak, *rest in sources:
        add_source(pixels, x, y, peak, **(rest[0] if rest else {}))
    return pixels.astype(np.float32)


def sky_cards(shape, n_axes=2, **changes):
    """Header of an image around RA 0; a card given as None is left out."""
    cards = {
        "CTYPE1": "RA---SIN",
        "CRPIX1": shape[1] / 2 + 0.5,
        "CDELT1": -PIXEL_ARCSEC / 3600,
        "CRVAL1": 0.0,
        "CTYPE2": "DEC--SIN",
        "CRPIX2": shape[0] / 2 + 0.5,
        "CDELT2": PIXEL_ARCSEC / 3600,
        "CRVAL2": -30.0,
        "BMAJ": BEAM_PIXELS * PIXEL_ARCSEC / 3600,
        "BMIN": BEAM_PIXELS * PIXEL_ARCSEC / 3600,
        "BPA": 0.0,
        "BUNIT": "Jy/beam",
        "EQUINOX": 2000.0,
        "RADESYS": "ICRS",
    }
    if n_axes == 4:
        cards |= {"CTYPE3": "FREQ", "CRPIX3": 1.0, "CDELT3": 1e6, "CRVAL3": 1.4e9}
        cards |= {"CTYPE4": "STOKES", "CRPIX4": 1.0, "CDELT4": 1.0, "CRVAL4": 1.0}
    else:
        cards["RESTFRQ"] = 1.4e9
    cards |= changes
    return fits.Header([(name, value) for name, value in cards.items() if value is not None])


@pytest.fixture
def sky():
    """The functions and numbers of the synthetic sky."""
    return SimpleNamespace(
        make=make_sky,
        fwhm=FWHM,
        cards=sky_cards,
        pixel_arcsec=PIXEL_ARCSEC,
        beam_pixels=BEAM_PIXELS,
        rms=RMS,
    )


@pytest.fixture
def write_fits(tmp_path):
    """A function that writes pixels as a FITS image and returns its path."""

    def write(pixels, name="image.fits", *, n_axes=2, history=(), **changes):
        cards = sky_cards(pixels.shape, n_axes, **changes)
        for line in history:
            cards["HISTORY"] = line
        array = pixels.reshape((1,) * (n_axes - 2) + pixels.shape)
        path = tmp_path / name
        if name.endswith(".fz"):
            hdu = fits.CompImageHDU(array, cards, compression_type="RICE_1", quantize_method=1)
            fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(path, overwrite=True)
        else:
            fits.PrimaryHDU(array, cards).writeto(path, overwrite=True)
        return path

    return write


@pytest.fixture
def fields_of(write_fits):
    """A function that returns the tiles of a mosaic as a finder gets them, with their noise."""

    def build(pixels, *, core_pixels=5000, halo_pixels=30, box_pixels=60, step_pixels=20, rms=None, **cards):
        header = read_header(write_fits(np.asarray(pixels, dtype=np.float32), **cards))
        tiling = {"core_pixels": core_pixels, "halo_pixels": halo_pixels}
        settings = NoiseSettings(Lattice(box_pixels, step_pixels))
        edges = [edge_lines(size, **tiling) for size in header.shape[::-1]]

        def field(tile):
            support = tile.box.grown(settings.reach_pixels, header.shape)
            measured = measure_noise(
                pixels[support.slices], support=support, target=tile.box, settings=settings
            )
            mean, noise = measured.mean, measured.rms
            if rms is not None:
                mean, noise = np.zeros_like(mean), np.full_like(noise, rms)
            cut = np.array(pixels[tile.box.slices], dtype=np.float32)
            noise[np.isnan(cut)] = np.nan
            return Field("field", header, tile, *edges, cut, mean, noise)

        return [field(tile) for tile in tiles_of(header.shape, **tiling)]

    return build


@pytest.fixture
def ground_of(write_fits, tmp_path):
    """A function that returns what a mosaic with boxes and sources (x, y, flux, class) gives to training."""

    def build(pixels, sources, name="a", *, rms=RMS, train_box=None, validation_box=None, **cards):
        header = read_header(write_fits(pixels, f"{name}.fits", **cards))
        (tile,) = tiles_of(header.shape, core_pixels=5000, halo_pixels=0)
        noise = tmp_path / f"{name}-noise.fits"
        planes = {"MEAN": np.zeros(header.shape), "RMS": np.full(header.shape, rms)}
        write_image(planes, noise, header=header, box=tile.box)
        truth = pd.DataFrame(sources, columns=["x", "y", "apparent_total_flux", "class"]).assign(rms=rms)
        cells = {"train": train_box, "validation": validation_box}
        boxes = {split: parse_box(cell, header.shape) for split, cell in cells.items() if cell}
        inner = {split: training_box(box, header.shape) for split, box in boxes.items()}
        return Ground(name, header, {tile: noise}, truth, tmp_path / "truth.txt", boxes, inner)

    return build


@pytest.fixture
def one_thread():
    """Set up TensorFlow as all tests do (a process can do it once); each test begins with the same seed."""
    from radiofind.networks.backend import set_up

    set_up(threads=1, seed=1)


@pytest.fixture
def without_graphs():
    """Let TensorFlow build no graphs."""
    with eager.without_graphs():
        yield


@pytest.fixture
def pybdsf_in_process(monkeypatch):
    """Run PyBDSF in this process: a process of its own costs two seconds for each tile."""
    from radiofind.finders import pybdsf_process

    def run(command, **_):
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
            pybdsf_process.main(Path(command[-1]))
        return SimpleNamespace(returncode=0)

    fake = SimpleNamespace(run=run, TimeoutExpired=subprocess.TimeoutExpired)
    monkeypatch.setattr(pybdsf, "subprocess", fake)
    gc.freeze()  # PyBDSF collects garbage after each of its steps, among all that the tests have loaded
    yield
    gc.unfreeze()
