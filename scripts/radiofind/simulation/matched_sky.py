"""Simulate a sky like that of an image: its beam, noise, depth and density of sources."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.io import fits

from radiofind.files import whole_or_absent
from radiofind.json_files import read_json
from radiofind.simulation.mosaic_settings import Simulation
from radiofind.simulation.mosaics import INVISIBLE_RMS, NOISE, SOURCES, TRUTH_LINE, image_header, truth_of
from radiofind.simulation.noise_fields import draw_noise
from radiofind.simulation.populations import draw_sources
from radiofind.simulation.profiles import Canvas, components_of, largest_radius

logger = logging.getLogger(__name__)

FAINTEST_RMS = 0.1
"""Total flux of the faintest sources drawn, in units of the noise: fainter ones are part of the noise."""
BRIGHT_RMS, FEW_SOURCES = 5.0, 200
"""Sources brighter than so many times the noise, fewer than which are too few to train and tune with."""


@dataclass(frozen=True)
class SkyDescription:
    """What an image has in common with the skies that are simulated for it."""

    mosaic: str
    """Name of the mosaic."""
    image: str
    """Path of its image."""
    pixel_arcsec: float
    """Size of a pixel, arcsec."""
    beam: Sequence[float]
    """Major and minor axis (FWHM, arcsec) and position angle (deg) at the centre, with north up."""
    frequency_hz: float
    """Frequency, Hz."""
    rms_jy_per_beam: float
    """Noise of the simulated sky, Jy/beam: with its sources, noise maps have the median of the image's."""
    density: float
    """Factor on the source counts of SDC1."""
    autocorrelation: Sequence[Sequence[float]]
    """Autocorrelation of the noise by lag in y and x, pixels; 1 in the middle."""

    @property
    def beam_pixels(self) -> float:
        """Width (FWHM, geometric mean of the axes) of the beam, pixels."""
        major, minor, _angle = self.beam
        return float(np.sqrt(major * minor)) / self.pixel_arcsec


def read_sky(path: str | Path) -> SkyDescription:
    """Return the description in a JSON file.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    ValueError
        If it is not a description.
    """
    return read_json(path, SkyDescription, what="the description of a sky")


def simulate_matched(
    sky: SkyDescription, *, size_pixels: int, seed: int, image_path: str | Path, truth_path: str | Path
) -> None:
    """Write a simulated image like the described one, and its truth.

    Parameters
    ----------
    sky
        The description.
    size_pixels
        Side of the image.
    seed
        Seed of sky and noise.
    image_path
        The FITS file to write.
    truth_path
        The catalogue to write: the 12 columns of SDC1, separated by spaces, without a header.
    """
    pixels, sources = draw_sky(sky, size_pixels=size_pixels, seed=seed)
    write_sky(sky, pixels, sources, seed=seed, image_path=image_path, truth_path=truth_path)
    bright = int((sources["flux"] > BRIGHT_RMS * sky.rms_jy_per_beam).sum())
    if bright < FEW_SOURCES:
        logger.warning(
            "only %d simulated sources are brighter than %g times the noise, which is few to train a network "
            "to tune cuts with: give matched_simulation.size_pixels a larger value",
            *(bright, BRIGHT_RMS),
        )


def write_sky(
    sky: SkyDescription,
    pixels: np.ndarray,
    sources: pd.DataFrame,
    *,
    seed: int,
    image_path: str | Path,
    truth_path: str | Path,
) -> None:
    """Write the image of a simulated sky, and its truth.

    Parameters
    ----------
    sky
        The description.
    pixels, sources
        As `draw_sky` returns them.
    seed
        Seed of the sky.
    image_path, truth_path
        As for `simulate_matched`.
    """
    settings = settings_of(sky, size_pixels=len(pixels), seed=seed)
    header = image_header(settings)
    major, minor, header["BPA"] = sky.beam
    header["BMAJ"], header["BMIN"] = major / 3600, minor / 3600
    catalogue = truth_of(sources, settings, first_id=1)
    with whole_or_absent(image_path) as image, whole_or_absent(truth_path) as truth:
        fits.PrimaryHDU(pixels, header).writeto(image, overwrite=True)
        Path(truth).write_text("".join(TRUTH_LINE % row for row in zip(*catalogue, strict=True)))
    logger.info("simulated %d sources on %d x %d pixels", len(sources), *pixels.shape)


def draw_sky(sky: SkyDescription, *, size_pixels: int, seed: int) -> tuple[np.ndarray, pd.DataFrame]:
    """Return the pixels of a simulated sky with noise, and its sources.

    Parameters
    ----------
    sky
        The description.
    size_pixels
        Side of the image.
    seed
        Seed of sky and noise.

    Returns
    -------
    pixels : 2D float32 ndarray
        Jy/beam.
    sources : pandas.DataFrame
        As `populations.draw_sources` returns them.
    """
    sources = draw_sources(
        np.random.default_rng([seed, SOURCES]),
        columns=size_pixels,
        rows=(0, size_pixels),
        pixel_arcsec=sky.pixel_arcsec,
        frequency_mhz=sky.frequency_hz / 1e6,
        density=sky.density,
        faintest_jy=FAINTEST_RMS * sky.rms_jy_per_beam,
    )
    components = components_of(sources, pixel_arcsec=sky.pixel_arcsec, beam_arcsec=sky.beam)
    reach = largest_radius(pixel_arcsec=sky.pixel_arcsec, beam_arcsec=sky.beam[0])
    canvas = Canvas((size_pixels, size_pixels), block_rows=size_pixels, reach=reach)
    canvas.paint(components, beam_pixels=sky.beam_pixels, faintest=INVISIBLE_RMS * sky.rms_jy_per_beam)
    noise = draw_noise(
        np.array(sky.autocorrelation),
        size_pixels=size_pixels,
        generator=np.random.default_rng([seed, NOISE]),
    )
    return canvas.take((0, size_pixels)) + np.float32(sky.rms_jy_per_beam) * noise, sources


def settings_of(sky: SkyDescription, *, size_pixels: int, seed: int) -> Simulation:
    """Return the settings of a simulation with the same geometry, for its header and truth."""
    return Simulation(
        size_pixels=size_pixels,
        frequency_mhz=sky.frequency_hz / 1e6,
        exposure_h=1.0,
        seed=seed,
        pixel_arcsec=sky.pixel_arcsec,
        beam_arcsec=sky.beam_pixels * sky.pixel_arcsec,
        rms_jy_per_beam=sky.rms_jy_per_beam,
        axes=2,
        primary_beam=False,
    )
