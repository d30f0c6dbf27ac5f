"""Describe the sky of an image so that a simulation can look like it, without any truth.

A simulated sky is measured in the same way as the image, and its noise, depth and density are corrected by
the difference, a few times: sources that are too faint to be masked affect both alike.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import binary_dilation

from radiofind.mosaics.box import Box
from radiofind.mosaics.images import ImageHeader, read_pixels
from radiofind.mosaics.maxima import is_maximum
from radiofind.mosaics.noise import NoiseSettings, measure_noise, noise_settings
from radiofind.simulation.matched_sky import SkyDescription, draw_sky
from radiofind.simulation.noise_fields import autocorrelation_of
from radiofind.simulation.populations import POPULATIONS, count_above, flux_scale

logger = logging.getLogger(__name__)

BEAM_PIXELS, AXIS_RATIO, FREQUENCY_HZ = (2.0, 30.0), 3.0, (5e7, 3e10)
"""Range of the beam (FWHM, geometric mean), largest ratio of its axes, and range of the frequency."""
WINDOW_PIXELS, WINDOW_BEAMS, MOST_WINDOW_PIXELS = 500, 80, 2000
"""Side of the windows that are measured: at least so many pixels and beams, at most so many pixels."""
WINDOWS_ACROSS = 3
"""Windows along each side of an image, at equal distances."""
LEAST_PIXELS = 100
"""Smallest side of a window, for an image that is smaller than usual."""
LEAST_VALID = 0.5
"""Smallest fraction of valid pixels in a window."""
BOX_BEAMS = 60
"""Side of the boxes in which the noise is measured; a third of a window at most."""
LAG_BEAMS = 6
"""Largest lag of the autocorrelation, in major axes of the beam."""
MASKED_SNR = 3.0
"""SNR above which pixels, and those within a beam of them, are not noise."""
COUNTED_SNR = (5.0, 50.0)
"""Range of the peak SNR of the local maxima whose number sets the density."""
LARGEST_DIFFERENCE = 1.1
"""Factor between the noise of the image and that of simulated windows beyond which a warning is due."""
LEAST_MAXIMA = 1e-6
"""Maxima per pixel of an image that shows no source."""
ROUNDS, SIMULATED_WINDOWS = 4, 4
"""Corrections of a description, and simulated windows with which each compares the image."""
LARGEST_CORRECTION = 2.0
"""Largest factor by which a round corrects noise and density."""
DIGITS = 5
"""Digits of the autocorrelation that are kept."""


@dataclass(frozen=True)
class Measured:
    """What is compared between an image and a simulated sky."""

    rms: float
    """Median of the noise maps, Jy/beam."""
    autocorrelation: np.ndarray
    """Autocorrelation of pixels over noise outside sources, 1 in the middle."""
    maxima: float
    """Local maxima in the range of SNR, per pixel."""


def describe_sky(header: ImageHeader, *, mosaic: str, seed: int) -> SkyDescription:
    """Return the description of the sky of an image.

    Parameters
    ----------
    header
        The image.
    mosaic
        Name of the mosaic.
    seed
        Seed of the simulated skies with which the image is compared.

    Raises
    ------
    ValueError
        If beam or frequency are out of range, or no window has enough valid pixels.
    """
    beam = header.plain_beam
    sky = SkyDescription(
        mosaic=mosaic,
        image=str(header.path),
        pixel_arcsec=header.pixel_arcsec,
        beam=(beam.major_arcsec, beam.minor_arcsec, beam.position_angle_deg),
        frequency_hz=header.frequency_hz,
        rms_jy_per_beam=0.0,
        density=1.0,
        autocorrelation=[[1.0]],
    )
    _check(sky)
    windows = _windows(header, _window_pixels(sky))
    side = min(windows[0].shape)
    image = measure(windows, sky)
    sky = replace(sky, rms_jy_per_beam=image.rms, autocorrelation=_rounded(image.autocorrelation))
    sky = replace(sky, density=_expected_density(sky, image))
    for _ in range(ROUNDS):
        sky = _corrected(sky, image, _simulated(sky, side, seed))
    _tell_difference(sky, image, _simulated(sky, side, seed))
    logger.info(
        "%s: noise %.4g Jy/beam, density of sources %.3g times that of SDC1, from %d windows of %d pixels",
        *(header.path, sky.rms_jy_per_beam, sky.density, len(windows), side),
    )
    return sky


def measure(windows: Sequence[np.ndarray], sky: SkyDescription) -> Measured:
    """Return the noise, its autocorrelation and the density of maxima in windows of an image.

    Parameters
    ----------
    windows
        2D ndarrays, Jy/beam, NaN where blanked, of the same shape.
    sky
        The description, of which the beam matters.
    """
    side = min(windows[0].shape)
    settings = _noise_settings(sky, side)
    lag = min(int(np.ceil(LAG_BEAMS * sky.beam[0] / sky.pixel_arcsec)), side // 4)
    medians, correlations, weights, maxima, valid = [], [], [], 0, 0
    for pixels in windows:
        snr, rms = _snr(pixels, settings)
        sources = binary_dilation(snr > MASKED_SNR, iterations=int(np.ceil(sky.beam_pixels)))
        noise = np.where(sources, np.nan, snr)
        medians.append(rms)
        correlations.append(autocorrelation_of(noise, largest_lag=lag))
        weights.append(np.isfinite(noise).sum())
        counted = (snr > COUNTED_SNR[0]) & (snr < COUNTED_SNR[1])
        maxima += (is_maximum(np.nan_to_num(snr, nan=-np.inf)) & counted).sum()
        valid += np.isfinite(snr).sum()
    if not sum(weights):
        raise ValueError(
            f"{sky.image}: expected valid pixels outside sources to measure the noise for a simulated sky, "
            f"received none in {len(windows)} windows of {side} pixels"
        )
    correlation = np.average(correlations, axis=0, weights=weights)
    return Measured(float(np.median(medians)), correlation / correlation[lag, lag], maxima / valid)


def _check(sky: SkyDescription) -> None:
    """Raise an error if an image is of a kind that is not simulated."""
    low, high = BEAM_PIXELS
    if not low <= sky.beam_pixels <= high:
        raise ValueError(
            f"{sky.image}: expected a beam of {low:g} to {high:g} pixels to simulate a sky like it, received "
            f"{sky.beam_pixels:.2f}"
        )
    major, minor, _angle = sky.beam
    if major > AXIS_RATIO * minor:
        raise ValueError(
            f"{sky.image}: expected a beam whose axes differ by a factor of {AXIS_RATIO:g} at most to "
            f"simulate a sky like it, received {major:.3g} x {minor:.3g} arcsec"
        )
    low, high = FREQUENCY_HZ
    if not low <= sky.frequency_hz <= high:
        raise ValueError(
            f"{sky.image}: expected a frequency of {low:.3g} to {high:.3g} Hz to simulate a sky like it, "
            f"received {sky.frequency_hz:.3g}"
        )


def _window_pixels(sky: SkyDescription) -> int:
    """Return the side of the windows."""
    return min(max(WINDOW_PIXELS, round(WINDOW_BEAMS * sky.beam_pixels)), MOST_WINDOW_PIXELS)


def _windows(header: ImageHeader, side: int) -> list[np.ndarray]:
    """Return the windows of an image with enough valid pixels; smaller ones for a smaller image."""
    rows, columns = header.shape
    height, width = min(side, rows), min(side, columns)
    windows = {
        (y, x): read_pixels(header, Box(x0=x, x1=x + width, y0=y, y1=y + height))
        for y in _starts(rows, height)
        for x in _starts(columns, width)
    }
    found = [pixels for pixels in windows.values() if np.isfinite(pixels).mean() >= LEAST_VALID]
    if not found or min(height, width) < LEAST_PIXELS:
        raise ValueError(
            f"{header.path}: expected a window of at least {LEAST_PIXELS} x {LEAST_PIXELS} pixels, half of "
            f"them valid, to measure the noise for a simulated sky; received {len(windows)} of "
            f"{width} x {height}"
        )
    return found


def _starts(size: int, side: int) -> list[int]:
    """Return the first pixels of windows at equal distances, none twice."""
    places = np.linspace(0, size - side, min(WINDOWS_ACROSS, -(-size // side)) + 2)[1:-1]
    return sorted({round(float(place)) for place in places})


def _noise_settings(sky: SkyDescription, side: int) -> NoiseSettings:
    """Return the settings of the noise maps."""
    box = min(round(BOX_BEAMS * sky.beam_pixels), side // 3)
    return noise_settings(box_pixels=box, step_pixels=max(box // 3, 1))


def _snr(pixels: np.ndarray, settings: NoiseSettings) -> tuple[np.ndarray, float]:
    """Return pixels over noise, and the median noise."""
    box = Box(x0=0, x1=pixels.shape[1], y0=0, y1=pixels.shape[0])
    noise = measure_noise(pixels, support=box, target=box, settings=settings)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (pixels - noise.mean) / noise.rms, float(np.nanmedian(noise.rms))


def _simulated(sky: SkyDescription, side: int, seed: int) -> Measured:
    """Return what is measured in simulated windows."""
    seeds = range(seed, seed + SIMULATED_WINDOWS)
    return measure([draw_sky(sky, size_pixels=side, seed=number)[0] for number in seeds], sky)


def _tell_difference(sky: SkyDescription, image: Measured, simulated: Measured) -> None:
    """Write to the log how the simulated windows differ from the image; a warning if they do by much."""
    noise, maxima = simulated.rms / image.rms, simulated.maxima / max(image.maxima, LEAST_MAXIMA)
    differ = max(noise, 1 / noise) > LARGEST_DIFFERENCE
    logger.log(
        logging.WARNING if differ else logging.INFO,
        "%s: a simulated sky has %.3g times its noise, and %.3g times its maxima of %g to %g times the noise",
        *(sky.image, noise, maxima, *COUNTED_SNR),
    )


def _expected_density(sky: SkyDescription, image: Measured) -> float:
    """Return the density with which as many points are in the range of SNR as there are maxima."""
    flux = np.array(COUNTED_SNR) * sky.rms_jy_per_beam
    expected = sum(
        -np.diff(count_above(one, flux / flux_scale(one, sky.frequency_hz / 1e6)))[0] for one in POPULATIONS
    )
    return max(image.maxima, LEAST_MAXIMA) / (expected * (sky.pixel_arcsec / 60) ** 2)


def _corrected(sky: SkyDescription, image: Measured, simulated: Measured) -> SkyDescription:
    """Return a description by which the next simulated sky is closer to the image."""
    return replace(
        sky,
        rms_jy_per_beam=sky.rms_jy_per_beam * _factor(image.rms, simulated.rms),
        density=sky.density * _factor(max(image.maxima, LEAST_MAXIMA), max(simulated.maxima, LEAST_MAXIMA)),
        autocorrelation=_rounded(
            np.array(sky.autocorrelation) + image.autocorrelation - simulated.autocorrelation
        ),
    )


def _factor(wanted: float, found: float) -> float:
    """Return the factor by which a round corrects a value."""
    return float(np.clip(wanted / found, 1 / LARGEST_CORRECTION, LARGEST_CORRECTION))


def _rounded(correlation: np.ndarray) -> list[list[float]]:
    """Return an autocorrelation as lists of rounded numbers, for JSON."""
    return np.round(correlation, DIGITS).tolist()
