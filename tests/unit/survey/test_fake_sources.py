"""Fake sources of a survey: each place once, with the noise and flux of the sky."""

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits

from radiofind.survey.fake_sources import fluxes_of, read_fake_sources, without_doubles
from unit.survey.mosaics import make_mosaic

ROWS = {"shape": "point", "size": 0.0, "rms": 1e-4, "injected_snr": 10.0, "found": True, "found_flux": 1.1e-3}


def read(paths, mosaics, beams):
    """Return the fluxes of the fake sources."""
    return fluxes_of(read_fake_sources(paths, mosaics, beams=beams), slope=1.6, flux_snr=(1, 50))


@pytest.fixture
def mosaics(tmp_path):
    """Two mosaics of 1.7 degrees, their centres a degree apart; the first has a primary beam of 0.5 or 0."""
    footprints = [make_mosaic(tmp_path, name, ra, 0.0) for name, ra in (("a", 10.0), ("b", 11.0))]
    beam = np.full(footprints[0].rms.shape, 0.5, dtype=np.float32)
    beam[: len(beam) // 4] = 0
    fits.writeto(tmp_path / "beam.fits", beam, footprints[0].rms.coordinates.cards())
    return footprints


def write(folder, mosaic, rows):
    """Write fake sources at positions."""
    table = pd.DataFrame(rows, columns=["ra", "dec"]).assign(mosaic=mosaic, **ROWS)
    table.to_parquet(folder / f"{mosaic}.parquet")
    return str(folder / f"{mosaic}.parquet")


def test_each_place_counts_in_the_mosaic_that_owns_it(mosaics, tmp_path):
    # The boundary is at 10.5; both mosaics cover 10.2 to 10.8.
    paths = [write(tmp_path, name, [(10.3, 0.1), (10.7, 0.1), (10.75, 0.2)]) for name in ("a", "b")]
    pd.read_parquet(paths[1]).assign(rms=3e-4).to_parquet(paths[1])
    fakes = read(paths, mosaics, {"a": None, "b": None})
    assert fakes.rms.tolist() == [1e-4, 3e-4, 3e-4]
    assert (fakes.slope, fakes.flux_snr) == (1.6, (1, 50))


def test_noise_and_fluxes_are_divided_by_the_primary_beam(mosaics, tmp_path):
    path = write(tmp_path, "a", [(10.0, 0.3), (10.0, -0.7)])
    beams = {"a": str(tmp_path / "beam.fits")}
    fakes = read([path], mosaics[:1], beams)
    assert fakes.rms.tolist() == [2e-4] and fakes.snr.tolist() == [10.0]
    assert fakes.found_flux.tolist() == pytest.approx([2.2e-3]) and fakes.flux.tolist() == [2e-3]


def test_what_was_not_found_has_no_flux_and_no_source_is_a_result(mosaics, tmp_path):
    path = write(tmp_path, "a", [(10.0, 0.3)])
    pd.read_parquet(path).assign(found=False).to_parquet(path)
    assert np.isnan(read([path], mosaics[:1], {"a": None}).found_flux).tolist() == [True]
    assert len(read([write(tmp_path, "a", [])], mosaics[:1], {"a": None}).snr) == 0


def test_doubles_may_be_left_out(mosaics, tmp_path):
    path = write(tmp_path, "a", [(10.0, 0.3), (10.0, 0.2)])
    pd.read_parquet(path).assign(shape=["point", "double"], rms=[1e-4, 2e-4]).to_parquet(path)
    fakes = read_fake_sources([path], mosaics[:1], beams={"a": None})
    assert fakes["area"].tolist() == [mosaics[0].beam_arcsec ** 2] * 2
    assert fakes["rms"].tolist() == [1e-4, 2e-4] and without_doubles(fakes)["rms"].tolist() == [1e-4]
