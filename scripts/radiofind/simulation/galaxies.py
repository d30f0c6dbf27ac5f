"""Simulate images of radio galaxies, with the truth of each.

A galaxy near the centre of each image has the class; other sources may lie around it. The same settings give
the same bytes.
"""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd

from radiofind.mosaics.gaussians import FWHM, determinant_of
from radiofind.simulation.galaxy_images import beam_noise, paint_components
from radiofind.simulation.galaxy_settings import LARGEST_PART, GalaxySettings
from radiofind.simulation.galaxy_shapes import Frame, Shape, draw_shape

logger = logging.getLogger(__name__)

NEIGHBOUR_SNR = (3.0, 100.0)
"""Range of the peak SNR of sources around a galaxy; their counts fall as 1/SNR, about as at mJy fluxes."""

GAUSSIAN_COLUMNS = ("x", "y", "flux", "xx", "xy", "yy")
"""Columns of the components besides ``object`` and ``neighbour``."""

TRUTH_COLUMNS = (
    *("name", "class", "kind", "x", "y", "size_arcsec", "d1_arcsec", "max_d1_arcsec", "d2_arcsec"),
    *("max_d2_arcsec", "angle_deg", "bend_deg", "n_components", "snr", "flux_jy", "n_neighbours"),
)
"""Columns of the table of objects."""


def simulate_galaxies(settings: GalaxySettings) -> tuple[np.ndarray, pd.DataFrame]:
    """Return images of simulated galaxies and the truth of each.

    Parameters
    ----------
    settings
        The settings.

    Returns
    -------
    images : 3D float32 ndarray, shape (n, size_pixels, size_pixels)
        Jy/beam.
    objects : pandas.DataFrame
        As `draw_galaxies` returns them.
    """
    generator = np.random.default_rng(settings.seed)
    objects, components = draw_galaxies(settings, generator)
    images = paint_galaxies(objects, components, settings, generator)
    logger.info("simulated %d cutouts of %s", len(images), ", ".join(settings.classes))
    return images, objects


def draw_galaxies(
    settings: GalaxySettings, generator: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return galaxies, one for each cutout, and the Gaussians of the galaxies and their neighbours.

    Parameters
    ----------
    settings
        The settings.
    generator
        Source of random numbers.

    Returns
    -------
    objects : pandas.DataFrame
        `TRUTH_COLUMNS`, ordered by class; NaN where a column does not apply: ``kind`` (kind of shape), ``x``,
        ``y`` of the host (pixels from 0), ``size_arcsec`` (largest distance between host and ends; FWHM of a
        single Gaussian), distance from the host to the brightest point and the end of each arm
        (``d1_arcsec``, ``max_d1_arcsec``, ``d2_arcsec``, ``max_d2_arcsec``), ``angle_deg`` of the first arm
        or the major axis (from the x axis towards the y axis), ``bend_deg`` (180 minus the angle between the
        ends at the host), ``n_components`` (if they are separate), ``snr`` (brightest pixel over noise),
        ``flux_jy``, ``n_neighbours``.
    components : pandas.DataFrame
        ``object`` (row of the galaxy), ``x``, ``y`` (pixels), ``flux`` (Jy), ``xx``, ``xy``, ``yy``
        (intrinsic covariance, pixels2), ``neighbour`` (whether it belongs to another source).
    """
    frame = Frame(
        beam=settings.beam_pixels * settings.pixel_arcsec,
        largest=LARGEST_PART * settings.size_pixels * settings.pixel_arcsec,
    )
    classes = np.repeat(settings.classes, settings.images_per_class)
    shapes = [draw_shape(name, frame, generator) for name in classes]
    objects = _truth_of(shapes, classes, settings, generator)
    components = _scaled(_placed(shapes, objects, settings), objects, settings)
    objects["flux_jy"] = components.groupby("object")["flux"].sum()
    neighbours = _draw_neighbours(len(objects), settings, generator)
    objects["n_neighbours"] = np.bincount(neighbours["object"], minlength=len(objects))
    return objects[list(TRUTH_COLUMNS)], pd.concat([components, neighbours], ignore_index=True)


def paint_galaxies(
    objects: pd.DataFrame,
    components: pd.DataFrame,
    settings: GalaxySettings,
    generator: np.random.Generator | None,
) -> np.ndarray:
    """Return the images of galaxies.

    Parameters
    ----------
    objects, components
        As `draw_galaxies` returns them.
    settings
        The settings.
    generator
        Source of random numbers for the noise; None leaves the noise out.

    Returns
    -------
    3D float32 ndarray, shape (n, size_pixels, size_pixels)
        Jy/beam.
    """
    n, size, beam = len(objects), settings.size_pixels, settings.beam
    images = paint_components(components, n_images=n, size_pixels=size, beam=beam)
    if generator is not None:
        noise = beam_noise(n, size, beam=beam, generator=generator)
        images += np.float32(settings.rms_jy_per_beam) * noise
    return images


def _truth_of(
    shapes: list[Shape], classes: np.ndarray, settings: GalaxySettings, generator: np.random.Generator
) -> pd.DataFrame:
    """Return the truth of the galaxies, with random positions and SNR, without fluxes."""
    n, middle, reach = len(shapes), (settings.size_pixels - 1) / 2, settings.offset_pixels
    number = np.tile(np.arange(settings.images_per_class), len(settings.classes))
    table = {
        "name": [f"{name}-{place:05d}" for name, place in zip(classes, number, strict=True)],
        "class": classes,
        "x": middle + generator.uniform(-reach, reach, n),
        "y": middle + generator.uniform(-reach, reach, n),
        "snr": np.exp(generator.uniform(*np.log(settings.snr), n)),
    }
    columns = {"kind": "kind", "size_arcsec": "size", "angle_deg": "angle", "bend_deg": "bend"}
    columns["n_components"] = "n_components"
    table |= {column: [getattr(shape, name) for shape in shapes] for column, name in columns.items()}
    for arm in (0, 1):
        table[f"d{arm + 1}_arcsec"] = [shape.peaks[arm] for shape in shapes]
        table[f"max_d{arm + 1}_arcsec"] = [shape.ends[arm] for shape in shapes]
    return pd.DataFrame(table)


def _placed(shapes: list[Shape], objects: pd.DataFrame, settings: GalaxySettings) -> pd.DataFrame:
    """Return the Gaussians of the galaxies in pixels of their cutouts, with relative fluxes."""
    owner = np.repeat(np.arange(len(shapes)), [len(shape.gaussians) for shape in shapes])
    rows = np.concatenate([shape.gaussians for shape in shapes])
    table = pd.DataFrame(rows, columns=list(GAUSSIAN_COLUMNS)).assign(object=owner, neighbour=False)
    for axis in ("x", "y"):
        table[axis] = objects[axis].to_numpy()[owner] + table[axis] / settings.pixel_arcsec
    table[["xx", "xy", "yy"]] /= settings.pixel_arcsec**2
    return table


def _scaled(components: pd.DataFrame, objects: pd.DataFrame, settings: GalaxySettings) -> pd.DataFrame:
    """Return the Gaussians with fluxes in Jy that correspond to the SNR of each galaxy."""
    images = paint_components(
        components, n_images=len(objects), size_pixels=settings.size_pixels, beam=settings.beam
    )
    factor = objects["snr"].to_numpy() * settings.rms_jy_per_beam / images.max(axis=(1, 2))
    return components.assign(flux=components["flux"] * factor[components["object"]])


def _draw_neighbours(n: int, settings: GalaxySettings, generator: np.random.Generator) -> pd.DataFrame:
    """Return the neighbours: points and small Gaussians anywhere on the cutouts."""
    side_arcmin = settings.size_pixels * settings.pixel_arcsec / 60
    owner = np.repeat(np.arange(n), generator.poisson(settings.neighbours_per_arcmin2 * side_arcmin**2, n))
    x, y = generator.uniform(-0.5, settings.size_pixels - 0.5, (2, len(owner)))
    low, high = NEIGHBOUR_SNR
    snr = low / (1 - generator.random(len(owner)) * (1 - low / high))
    variance = (generator.uniform(0, 0.7, len(owner)) * settings.beam_pixels / FWHM) ** 2
    widening = np.sqrt(determinant_of(settings.beam + np.outer(variance, [1, 0, 1])))
    flux = snr * settings.rms_jy_per_beam * widening / np.sqrt(determinant_of(settings.beam))
    table = {"x": x, "y": y, "flux": flux, "xx": variance, "xy": np.zeros(len(owner)), "yy": variance}
    return pd.DataFrame(table).assign(object=owner, neighbour=True)
