"""The description of a sky is that by which it was simulated, and images that cannot be described say why."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits

from radiofind.mosaics.images import read_header
from radiofind.simulation import sky_description
from radiofind.simulation.matched_sky import SkyDescription, simulate_matched
from radiofind.simulation.sky_description import describe_sky, measure

pytestmark = pytest.mark.slow

SIZE = 700
LAG = 12


def correlation() -> np.ndarray:
    """Noise in beams that are longer than the restoring beam, in a negative bowl."""
    y, x = np.mgrid[-LAG : LAG + 1, -LAG : LAG + 1]
    return (np.exp(-(x**2) / 6 - y**2 / 12) - 0.1 * np.exp(-(x**2 + y**2) / 30)) / 0.9


KNOWN = SkyDescription(
    mosaic="known",
    image="known.fits",
    pixel_arcsec=0.6,
    beam=(2.2, 1.5, 70.0),
    frequency_hz=1.4e9,
    rms_jy_per_beam=2e-6,
    density=2.5,
    autocorrelation=correlation().tolist(),
)


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """A simulated image of this sky."""
    folder = tmp_path_factory.mktemp("sky")
    paths = {"image_path": folder / "image.fits", "truth_path": folder / "truth.txt"}
    simulate_matched(KNOWN, size_pixels=SIZE, seed=11, **paths)
    return paths["image_path"]


@pytest.fixture
def changed(image, tmp_path):
    """Return a function that writes the image with other cards and pixels."""

    def write(pixels=None, **cards):
        with fits.open(image) as hdus:
            header, data = hdus[0].header.copy(), hdus[0].data if pixels is None else pixels
        header.update(cards)
        fits.writeto(tmp_path / "changed.fits", data, header)
        return read_header(tmp_path / "changed.fits")

    return write


def test_a_sky_is_described_as_it_was_simulated(image):
    found = describe_sky(read_header(image), mosaic="field", seed=1)
    assert found.mosaic == "field" and found.image == str(image)
    assert found.beam == pytest.approx(KNOWN.beam, rel=1e-3)
    assert found.frequency_hz == pytest.approx(KNOWN.frequency_hz)
    assert found.rms_jy_per_beam == pytest.approx(KNOWN.rms_jy_per_beam, rel=0.05)
    assert found.density == pytest.approx(KNOWN.density, rel=0.3)
    lags = len(found.autocorrelation) // 2
    middle = slice(lags - LAG // 2, lags + LAG // 2 + 1)
    own = np.array(found.autocorrelation)[middle, middle]
    inner = slice(LAG - LAG // 2, LAG + LAG // 2 + 1)
    np.testing.assert_allclose(own, correlation()[inner, inner], atol=0.08)


def test_an_image_without_sources_has_hardly_any(changed):
    rng = np.random.default_rng(1)
    noise = rng.normal(0, 1e-6, (SIZE, SIZE)).astype(np.float32)
    found = describe_sky(changed(noise), mosaic="empty", seed=1)
    assert found.density < 0.01
    assert found.rms_jy_per_beam == pytest.approx(1e-6, rel=0.05)


def test_blank_windows_are_left_out(changed, image, monkeypatch):
    monkeypatch.setattr(sky_description, "WINDOW_PIXELS", 200)
    monkeypatch.setattr(sky_description, "WINDOW_BEAMS", 1)
    pixels = fits.getdata(image).copy()
    pixels[:, :350] = np.nan
    whole = describe_sky(read_header(image), mosaic="field", seed=1)
    half = describe_sky(changed(pixels), mosaic="field", seed=1)
    assert half.rms_jy_per_beam == pytest.approx(whole.rms_jy_per_beam, rel=0.1)


@pytest.mark.parametrize("shape", [(300, 500), (500, 300)])
def test_an_image_need_not_be_square(changed, image, shape):
    found = describe_sky(changed(fits.getdata(image)[: shape[0], : shape[1]].copy()), mosaic="a", seed=1)
    assert found.rms_jy_per_beam == pytest.approx(KNOWN.rms_jy_per_beam, rel=0.1)


def test_an_image_that_is_too_small_is_refused(changed, image):
    with pytest.raises(ValueError, match="changed.fits"):
        describe_sky(changed(fits.getdata(image)[:12, :12].copy()), mosaic="a", seed=1)


def test_a_blank_image_is_refused(changed):
    with pytest.raises(ValueError, match="changed.fits.*valid"):
        describe_sky(changed(np.full((SIZE, SIZE), np.nan, np.float32)), mosaic="blank", seed=1)


def test_a_simulation_with_another_noise_than_the_image_is_told(changed, image, monkeypatch, caplog):
    header = changed(fits.getdata(image)[:300, :300].copy())
    for rounds, told in ((sky_description.ROUNDS, 0), (0, 1)):
        monkeypatch.setattr(sky_description, "ROUNDS", rounds)
        monkeypatch.setattr(sky_description, "SIMULATED_WINDOWS", 1)
        monkeypatch.setattr(sky_description, "LARGEST_DIFFERENCE", 1.02)
        caplog.clear()
        describe_sky(header, mosaic="field", seed=1)
        warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
        assert len(warnings) == told and all("changed.fits" in text for text in warnings)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_an_image_with_sources_everywhere_is_refused(monkeypatch):
    """All its pixels are those of sources, so that none shows the noise."""
    monkeypatch.setattr(sky_description, "MASKED_SNR", -np.inf)
    pixels = np.random.default_rng(1).normal(0, 1e-6, (200, 200)).astype(np.float32)
    with pytest.raises(ValueError, match="known.fits.*outside sources"):
        measure([pixels], KNOWN)


@pytest.mark.parametrize(
    ("cards", "told"),
    [
        ({"BMAJ": 1.0 / 3600, "BMIN": 1.0 / 3600}, "beam of 2 to 30 pixels"),
        ({"BMAJ": 30.0 / 3600, "BMIN": 20.0 / 3600}, "beam of 2 to 30 pixels"),
        ({"BMAJ": 6.0 / 3600, "BMIN": 1.5 / 3600}, "axes"),
        ({"RESTFRQ": 1e7}, "frequency"),
    ],
)
def test_images_of_other_kinds_are_refused(changed, cards, told):
    with pytest.raises(ValueError, match=f"changed.fits.*{told}"):
        describe_sky(changed(**cards), mosaic="odd", seed=1)


def test_a_source_is_no_noise(image):
    pixels = fits.getdata(image).astype(np.float32)
    before = measure([pixels], KNOWN)
    bright = pixels.copy()
    y, x = np.indices(bright.shape)
    bright += 1e-3 * np.exp(-((x - 300) ** 2 + (y - 300) ** 2) / 8).astype(np.float32)
    after = measure([bright], KNOWN)
    assert after.rms == pytest.approx(before.rms, rel=0.02)
    np.testing.assert_allclose(after.autocorrelation, before.autocorrelation, atol=0.03)
