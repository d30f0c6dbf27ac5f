from __future__ import annotations

import tracemalloc
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from radiofind.evaluation.truth import read_truth
from radiofind.mosaics.images import read_header
from radiofind.mosaics.primary_beams import sample_image
from radiofind.simulation import mosaics as module
from radiofind.simulation.mosaic_settings import BLOCK_ROWS, Simulation
from radiofind.simulation.mosaics import TRUTH_COLUMNS, simulate, strips_of

SMALL = Simulation(size_pixels=300, frequency_mhz=560, exposure_h=1000, seed=1)
QUIET = replace(SMALL, rms_jy_per_beam=1e-13, primary_beam=False)
BEAM_AREA = np.pi * SMALL.beam_pixels**2 / (4 * np.log(2))


def write(simulation: Simulation, folder: Path) -> tuple[Path, Path, Path]:
    paths = folder / "image.fits", folder / "primary_beam.fits", folder / "truth.txt"
    simulate(simulation, *paths)
    return paths


def read_rows(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, sep=" ", header=None, names=TRUTH_COLUMNS)


def stitch(simulation: Simulation) -> np.ndarray:
    return np.concatenate([pixels for pixels, _ in strips_of(simulation)])


def test_same_seed_gives_the_same_bytes_and_another_does_not(tmp_path):
    first, again = (write(SMALL, tmp_path / name) for name in ("first", "again"))
    other = write(replace(SMALL, seed=2), tmp_path / "other")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]
    assert first[0].read_bytes() != other[0].read_bytes()
    assert first[2].read_bytes() != other[2].read_bytes()


def test_files_hold_the_strips_and_no_date(tmp_path):
    image, _, _ = write(SMALL, tmp_path)
    with fits.open(image) as hdus:
        np.testing.assert_array_equal(hdus[0].data[0, 0], stitch(SMALL))
        assert not {"DATE", "HISTORY", "DATE-OBS"} & set(hdus[0].header)


def test_noise_has_the_rms_of_the_settings():
    noisy = replace(SMALL, rms_jy_per_beam=3e-6, density=1e-6)
    assert stitch(noisy).std() == pytest.approx(3e-6, rel=0.03)


def test_exposure_sets_the_noise():
    assert SMALL.rms_jy_per_beam == pytest.approx(2.57e-7, rel=0.01)
    assert replace(SMALL, rms_jy_per_beam=None, exposure_h=8).rms_jy_per_beam == pytest.approx(2.87e-6)


@pytest.mark.parametrize(
    ("mhz", "pixel", "beam"), [(560, 0.604, 1.5), (1400, 0.2417, 0.6), (9200, 0.0368, 0.0913)]
)
def test_bands_have_the_pixels_and_beams_of_sdc1(mhz, pixel, beam):
    band = Simulation(size_pixels=100, frequency_mhz=mhz, exposure_h=8, seed=0)
    assert (band.pixel_arcsec, band.beam_arcsec) == pytest.approx((pixel, beam), rel=1e-3)


def test_other_frequencies_need_pixel_beam_and_noise():
    settings = {"size_pixels": 100, "frequency_mhz": 144, "exposure_h": 8, "seed": 0}
    with pytest.raises(ValueError, match="beam_arcsec, rms_jy_per_beam.*frequency_mhz 144"):
        Simulation(**settings, pixel_arcsec=1.5)
    given = Simulation(**settings, pixel_arcsec=1.5, beam_arcsec=6.0, rms_jy_per_beam=7e-5)
    assert np.isfinite(stitch(given)).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"axes": 3}, r"axes.*\b3$"),
        ({"size_pixels": 0}, r"size_pixels.*\b0$"),
        ({"exposure_h": -1}, r"exposure_h.*-1$"),
        ({"density": 0}, r"density.*\b0$"),
        ({"beam_arcsec": 0.6}, r"beam_arcsec.*\b2 to 100 pixels.*0\.6 arcsec.*0\.99 pixels"),
    ],
)
def test_values_out_of_range_are_errors(change, message):
    with pytest.raises(ValueError, match=message):
        replace(SMALL, **change)


def test_truth_has_the_columns_of_sdc1(tmp_path):
    _, _, truth = write(SMALL, tmp_path)
    lines = truth.read_text().splitlines()
    assert all(len(line.split(" ")) == 12 for line in lines)
    rows = read_rows(truth)
    assert list(rows["id"]) == list(range(1, len(lines) + 1))
    assert rows["ra_cent"].between(-180, 180).all()
    assert (rows["ra_cent"] > 0).any() and (rows["ra_cent"] < 0).any()
    assert len(read_truth(truth, truth_format="sdc1")) == len(lines)


def test_sources_lie_where_the_truth_says_across_ra_zero(tmp_path):
    image, _, truth = write(replace(QUIET, density=0.02, seed=4), tmp_path)
    rows = read_rows(truth)
    with fits.open(image) as hdus:
        pixels, wcs = hdus[0].data[0, 0].astype(float), WCS(hdus[0].header, naxis=2)
    x, y = wcs.all_world2pix(rows["ra_cent"], rows["dec_cent"], 0)
    distance = np.hypot(x[:, None] - x, y[:, None] - y) + 1e9 * np.eye(len(x))
    alone = (distance.min(axis=0) > 30) & (rows["size"] == 2) & (rows["b_maj"] < 1)
    alone &= (np.abs(x - 149.5) < 130) & (np.abs(y - 149.5) < 130)
    assert (rows["ra_cent"][alone] > 0).any() and (rows["ra_cent"][alone] < 0).any()
    for column, row, flux in zip(x[alone], y[alone], rows["flux"][alone], strict=True):
        stamp = pixels[round(row) - 8 : round(row) + 9, round(column) - 8 : round(column) + 9]
        assert np.unravel_index(stamp.argmax(), stamp.shape) == (8, 8)
        assert stamp.sum() / BEAM_AREA == pytest.approx(flux, rel=0.01)


def test_sky_is_attenuated_by_the_beam_that_is_written(tmp_path):
    wide = replace(QUIET, pixel_arcsec=6.0, beam_arcsec=15.0, size_pixels=600, density=0.1)
    image, beam, truth = write(replace(wide, primary_beam=True), tmp_path)
    header = read_header(image)
    x, y = np.array([50.0, 299.0, 500.0]), np.array([100.0, 299.0, 520.0])
    expected = sample_image(beam, *header.coordinates.to_sky(x, y))
    attenuated, plain = fits.getdata(image)[0, 0], stitch(wide)
    ratio = attenuated[y.astype(int), x.astype(int)] / plain[y.astype(int), x.astype(int)]
    np.testing.assert_allclose(ratio, expected, atol=2e-3)
    assert expected[1] == pytest.approx(1, abs=1e-6) and expected[0] < 0.95
    total = read_rows(truth)["flux"].sum()
    assert plain.sum(dtype=float) / BEAM_AREA == pytest.approx(total, rel=0.02)


def test_without_a_primary_beam_ones_are_written(tmp_path):
    _, beam, _ = write(replace(SMALL, primary_beam=False), tmp_path)
    assert (fits.getdata(beam) == 1).all()


def test_headers_are_those_of_sdc1(tmp_path):
    image, beam, _ = write(SMALL, tmp_path)
    header = fits.getheader(image)
    assert [header[f"CTYPE{axis}"] for axis in (1, 2, 3, 4)] == ["RA---SIN", "DEC--SIN", "FREQ", "STOKES"]
    assert [header[f"NAXIS{axis}"] for axis in (1, 2, 3, 4)] == [300, 300, 1, 1]
    assert header["BUNIT"] == "JY/BEAM" and header["BITPIX"] == -32 and "BPA" not in header
    assert header["CRVAL3"] == 560e6 and header["CDELT1"] == pytest.approx(-1.67847e-4)
    assert fits.getheader(beam)["NAXIS1"] == 257 and fits.getheader(beam)["NAXIS"] == 4
    assert read_header(image).pixel_arcsec == pytest.approx(0.60425, rel=1e-4)


def test_two_axes_give_a_header_like_that_of_lotss(tmp_path):
    image, _, _ = write(replace(SMALL, axes=2, ra_deg=180.0, dec_deg=50.0), tmp_path)
    header = read_header(image)
    cards = fits.getheader(image)
    assert header.plane.index == (None, None) and header.shape == (300, 300) and header.frequency_hz == 560e6
    assert cards["BPA"] == 0 and cards["BUNIT"] == "Jy/beam" and "CTYPE3" not in cards
    assert header.coordinates.to_sky(149, 149) == pytest.approx((180.0, 50.0))


def test_outside_the_circle_are_neither_pixels_nor_truth(tmp_path):
    round_sky = replace(SMALL, blank_outside_circle=True)
    image, _, truth = write(round_sky, tmp_path)
    pixels = fits.getdata(image)[0, 0]
    assert np.isnan(pixels[0, 0]) and np.isfinite(pixels[150, [1, 298]]).all()
    assert np.isfinite(pixels).mean() == pytest.approx(np.pi / 4, abs=0.01)
    truth_rows = read_truth(truth, truth_format="sdc1")
    x, y = read_header(image).coordinates.to_pixels(truth_rows["ra"], truth_rows["dec"])
    assert np.hypot(x - 149.5, y - 149.5).max() < 150.1


def test_a_failure_leaves_no_files(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "truth_of", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write(SMALL, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_memory_does_not_grow_with_the_number_of_strips():
    sparse = replace(SMALL, size_pixels=6 * BLOCK_ROWS, density=0.02)
    peaks = []
    for strips in (2, 6):
        tracemalloc.start()
        for _ in islice(strips_of(sparse), strips):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.1 * peaks[0]


def test_every_strip_has_its_own_sources():
    strips = [sources for _, sources in strips_of(replace(SMALL, size_pixels=2 * BLOCK_ROWS))]
    assert [strip["y_cent"].round().min() // BLOCK_ROWS for strip in strips] == [0, 1]
    fluxes = pd.concat(strips)["flux"]
    assert fluxes.is_unique


def test_strips_have_no_seams():
    rows = stitch(replace(SMALL, size_pixels=3 * BLOCK_ROWS, density=1e-6)).astype(float)
    neighbours = np.mean(rows[1:] * rows[:-1], axis=1) / rows.var()
    seams = neighbours[BLOCK_ROWS - 1 :: BLOCK_ROWS]
    assert np.abs(seams - neighbours.mean()).max() < 4 * neighbours.std()
