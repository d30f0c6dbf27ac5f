"""Draw skies that differ in all that one radio image has different from another, to train a network for any.

A network that has seen only one beam, depth and kind of noise fails on another. Here beam, frequency, noise,
crowding, the spectrum of the noise and the residual side lobes of bright sources are all drawn from a seed.
"""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import fft

from radiofind.files import whole_or_absent
from radiofind.simulation.beams import beam_covariance
from radiofind.simulation.matched_sky import SkyDescription, draw_sky, settings_of, write_sky
from radiofind.simulation.mosaics import write_primary_beam
from radiofind.simulation.populations import POPULATIONS, count_above, flux_scale

logger = logging.getLogger(__name__)

DESCRIPTION, RESIDUALS = 3, 4
"""Part of a seed that says for what it is, beside those in `mosaics`."""
BEAM_PIXELS = (2.2, 4.8)
"""Range of the beam (FWHM, geometric mean of the axes), in pixels of the network."""
BINNED = 0.2, 2
"""Part of the skies whose images are finer, so that a network bins them, and by how many pixels at most."""
AXIS_RATIO = 2.0
"""Largest ratio of the axes of a beam."""
FREQUENCY_MHZ = (100.0, 5000.0)
BEAM_ARCSEC = (1.5, 60.0)
"""Range of the beam on the sky, on which depends how many sources are resolved."""
CROWDING = (2e-3, 0.04)
"""Sources above 5 times the noise per beam: from noise-limited to confusion-limited."""
COUNTED_RMS = 5.0
EDGE = 1.5
"""Factor beyond the range of the crowding that is still tolerated, as crowding is measured only roughly."""
FLUXES_JY = np.geomspace(1e-8, 10, 500)
"""Among these is the noise that gives a crowding."""
NOISE_WIDTH, NOISE_STEEPNESS = (0.65, 1.0), (0.8, 2.0)
"""Range of the width of the noise's autocorrelation, over that of an image that was smoothed to its beam (1);
with natural weighting, where it is the dirty beam itself, it is 0.71. And range of the steepness with which
its power ends at long baselines: 1 is a Gaussian, more gives side lobes."""
BOWL_BEAMS = (2.0, 6.0)
"""Range of the width of the negative bowl of missing short baselines, in beams."""
ARMS = 3
"""Largest number of arms of an array, which give spokes."""
LAG_BEAMS = 6
"""Largest lag of the noise, and reach of side lobes, in major axes of the beam."""
BRIGHT_RMS, LARGEST_GAIN_ERROR = 50.0, 0.03
"""Flux over noise of sources that keep residual side lobes, and the largest part of their flux in these."""


def simulate_random(
    *,
    size_pixels: int,
    seed: int,
    image_path: str | Path,
    primary_beam_path: str | Path,
    truth_path: str | Path,
) -> None:
    """Write a simulated image of a random kind, a primary beam of ones, and the truth.

    Parameters
    ----------
    size_pixels
        Side of the image.
    seed
        Seed of the kind of sky, the sky and its noise.
    image_path, primary_beam_path
        The FITS files to write.
    truth_path
        The catalogue to write: the 12 columns of SDC1, separated by spaces, without a header.
    """
    sky = random_description(seed)
    pixels, sources = draw_sky(sky, size_pixels=size_pixels, seed=seed)
    pixels += side_lobes(sky, sources, size_pixels=size_pixels, seed=seed)
    with whole_or_absent(primary_beam_path) as path:
        write_primary_beam(settings_of(sky, size_pixels=size_pixels, seed=seed), path)
    write_sky(sky, pixels, sources, seed=seed, image_path=image_path, truth_path=truth_path)
    logger.info(
        "beam %.3g x %.3g pixels, %.4g MHz, noise %.3g Jy/beam, %.3g sources above %g x noise per beam",
        *(axis / sky.pixel_arcsec for axis in sky.beam[:2]),
        *(sky.frequency_hz / 1e6, sky.rms_jy_per_beam, _crowding(sky), COUNTED_RMS),
    )


def random_description(seed: int) -> SkyDescription:
    """Return the description of a random sky.

    Parameters
    ----------
    seed
        Seed of the description.
    """
    rng = np.random.default_rng([seed, DESCRIPTION])
    width_pixels, ratio = _log_uniform(rng, BEAM_PIXELS), _log_uniform(rng, (1.0, AXIS_RATIO))
    binning = int(rng.integers(2, BINNED[1] + 1)) if rng.random() < BINNED[0] else 1
    frequency_mhz, crowding = _log_uniform(rng, FREQUENCY_MHZ), _log_uniform(rng, CROWDING)
    width_arcsec = _log_uniform(rng, BEAM_ARCSEC)
    rms = (
        _flux_brighter_than(crowding / _beam_arcmin2(width_arcsec, width_arcsec), frequency_mhz) / COUNTED_RMS
    )
    beam = (width_arcsec * np.sqrt(ratio), width_arcsec / np.sqrt(ratio), rng.uniform(0, 180))
    pixel_arcsec = width_arcsec / (width_pixels * binning)
    return SkyDescription(
        mosaic=f"random sky {seed}",
        image="",
        pixel_arcsec=float(pixel_arcsec),
        beam=tuple(map(float, beam)),
        frequency_hz=float(frequency_mhz * 1e6),
        rms_jy_per_beam=float(rms),
        density=1.0,
        autocorrelation=_random_autocorrelation(rng, beam, float(pixel_arcsec)),
    )


def side_lobes(sky: SkyDescription, sources: pd.DataFrame, *, size_pixels: int, seed: int) -> np.ndarray:
    """Return what imperfect calibration leaves of the side lobes of bright sources, Jy/beam.

    Parameters
    ----------
    sky
        The description. Natural weighting gives the dirty beam and the noise the same shape.
    sources
        As `populations.draw_sources` returns them.
    size_pixels
        Side of the image.
    seed
        Seed of the errors.

    Returns
    -------
    2D float32 ndarray, shape (size_pixels, size_pixels)
    """
    rng = np.random.default_rng([seed, RESIDUALS])
    bright = sources[sources["flux"] > BRIGHT_RMS * sky.rms_jy_per_beam]
    errors = rng.uniform(0, LARGEST_GAIN_ERROR) * rng.standard_normal(len(bright)) * bright["flux"].to_numpy()
    points = np.zeros((size_pixels, size_pixels))
    row, column = (bright[axis].round().astype(int).clip(0, size_pixels - 1) for axis in ("y_cent", "x_cent"))
    np.add.at(points, (row.to_numpy(), column.to_numpy()), errors)
    kernel = np.array(sky.autocorrelation)
    lag, padded = len(kernel) // 2, [fft.next_fast_len(size_pixels + len(kernel), real=True)] * 2
    # Not by scipy.signal, which takes as long to load as everything else together.
    lobes = fft.irfft2(fft.rfft2(points, s=padded) * fft.rfft2(kernel, s=padded), s=padded)
    return lobes[lag : lag + size_pixels, lag : lag + size_pixels].astype(np.float32)


def outside_range(sky: SkyDescription) -> list[str]:
    """Return in which respects a sky differs from all that `random_description` draws; also to the log.

    Parameters
    ----------
    sky
        The description.
    """
    ratio, crowding = sky.beam[0] / sky.beam[1], sky.density * _crowding(sky)
    found = []
    if ratio > AXIS_RATIO:
        found.append(f"beam with axes that differ by a factor of {ratio:.2f}, more than {AXIS_RATIO:g}")
    if not CROWDING[0] / EDGE < crowding < CROWDING[1] * EDGE:
        low, high = CROWDING
        found.append(
            f"{crowding:.2g} sources above {COUNTED_RMS:g} times the noise per beam, not {low:g} to {high:g}"
        )
    texts = [f"the general network was not trained for this sky, {one}; scores may be wrong" for one in found]
    for text in texts:
        logger.warning("%s: %s", sky.image, text)
    return texts


def _random_autocorrelation(rng: np.random.Generator, beam: tuple, pixel_arcsec: float) -> np.ndarray:
    """Return the autocorrelation of noise by lag in y and x, from a random coverage of baselines.

    The power falls at long baselines like the square of the beam's, or more steeply; it lacks a part of the
    short baselines, and has the arms of an array.
    """
    lag = int(np.ceil(LAG_BEAMS * beam[0] / pixel_arcsec))
    v, u = np.meshgrid(*[fft.fftfreq(4 * lag + 1)] * 2, indexing="ij")
    xx, xy, yy = beam_covariance(beam, pixel_arcsec=pixel_arcsec)
    baseline = 4 * np.pi**2 * (xx * u**2 + 2 * xy * u * v + yy * v**2)
    width, steepness = rng.uniform(*NOISE_WIDTH), _log_uniform(rng, NOISE_STEEPNESS)
    power = np.exp(-((width**2 * baseline) ** steepness))
    power *= 1 - rng.uniform(0, 1) * np.exp(-(rng.uniform(*BOWL_BEAMS) ** 2) * baseline)
    arms, turn = rng.integers(0, ARMS + 1), rng.uniform(0, 2 * np.pi)
    power *= 1 + rng.uniform(0, 1) * np.cos(2 * arms * np.arctan2(v, u) + turn) * (arms > 0)
    covariance = fft.fftshift(fft.ifft2(power).real)
    middle = slice(lag, 3 * lag + 1)
    return covariance[middle, middle] / covariance.max()


def _count_per_arcmin2(flux_jy: np.ndarray, frequency_mhz: float) -> np.ndarray:
    """Return how many sources are brighter than each flux, per arcmin2."""
    return sum(count_above(one, flux_jy / flux_scale(one, frequency_mhz)) for one in POPULATIONS)


def _flux_brighter_than(count_per_arcmin2: float, frequency_mhz: float) -> float:
    """Return the flux, Jy, above which there are so many sources per arcmin2."""
    counts = _count_per_arcmin2(FLUXES_JY, frequency_mhz)
    return float(np.exp(np.interp(-count_per_arcmin2, -counts, np.log(FLUXES_JY))))


def _beam_arcmin2(major_arcsec: float, minor_arcsec: float) -> float:
    """Return the solid angle of a beam, arcmin2."""
    return np.pi / (4 * np.log(2)) * major_arcsec * minor_arcsec / 3600


def _crowding(sky: SkyDescription) -> float:
    """Return the number of sources above 5 times the noise per beam."""
    flux_jy = np.array([COUNTED_RMS * sky.rms_jy_per_beam])
    return float(_beam_arcmin2(*sky.beam[:2]) * _count_per_arcmin2(flux_jy, sky.frequency_hz / 1e6)[0])


def _log_uniform(rng: np.random.Generator, limits: tuple[float, float]) -> float:
    """Return a number whose logarithm is uniform between those of two limits."""
    return float(np.exp(rng.uniform(*np.log(limits))))
