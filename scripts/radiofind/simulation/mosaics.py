"""Simulate an image as in the first SKA Data Challenge (SDC1), with its primary beam and its truth.

Each block of rows is drawn from a seed of its own. So the same settings give the same bytes, and memory does
not grow with the height of the image.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.io import fits
from astropy.wcs import WCS

from radiofind.files import whole_or_absent
from radiofind.simulation.mosaic_settings import BLOCK_ROWS, Simulation
from radiofind.simulation.populations import draw_sources
from radiofind.simulation.profiles import (
    Canvas,
    components_of,
    correlated_noise,
    largest_radius,
    primary_beam_at,
)

logger = logging.getLogger(__name__)

SOURCES, NOISE = 0, 1
"""Part of a seed that says for what it is."""

INVISIBLE_RMS = 0.02
"""Brightness, in units of the noise, below which the outskirts of a source may be cut off."""

PRIMARY_BEAM_PIXELS = 257
PRIMARY_BEAM_PIXEL_DEG, PRIMARY_BEAM_MHZ = 0.0809, 560.0
"""Size of the primary beams of SDC1, and their pixel scale, which is inversely proportional to frequency."""

TRUTH_LINE = "%d %.8f %.8f %.8f %.8f %.6e %.8f %.3f %.3f %.3f %d %d\n"
TRUTH_COLUMNS = (
    *("id", "ra_core", "dec_core", "ra_cent", "dec_cent", "flux"),
    *("core_frac", "b_maj", "b_min", "pa", "size", "class"),
)
"""The 12 columns of SDC1 (SKA-TEL-SKO-0001081)."""


def simulate(
    simulation: Simulation, image_path: str | Path, primary_beam_path: str | Path, truth_path: str | Path
) -> None:
    """Write a simulated mosaic, its primary beam and its truth.

    Parameters
    ----------
    simulation
        The settings.
    image_path, primary_beam_path
        The FITS files to write.
    truth_path
        The catalogue to write: the 12 columns of SDC1, separated by spaces, without a header.
    """
    with (
        whole_or_absent(image_path) as image_file,
        whole_or_absent(primary_beam_path) as primary_beam_file,
        whole_or_absent(truth_path) as truth_file,
        truth_file.open("w") as truth,
        closing(fits.StreamingHDU(image_file, image_header(simulation))) as image,
    ):
        write_primary_beam(simulation, primary_beam_file)
        n_sources = 0
        for pixels, sources in strips_of(simulation):
            image.write(pixels)
            catalogue = truth_of(sources, simulation, first_id=n_sources + 1)
            truth.writelines(TRUTH_LINE % row for row in zip(*catalogue, strict=True))
            n_sources += len(catalogue[0])
    logger.info(
        "simulated %d sources on %d x %d pixels", n_sources, simulation.size_pixels, simulation.size_pixels
    )


def strips_of(simulation: Simulation) -> Iterator[tuple[np.ndarray, pd.DataFrame]]:
    """Yield the mosaic from the first row to the last, in strips of `BLOCK_ROWS` rows.

    Yields
    ------
    pixels : 2D float32 ndarray
        Jy/beam.
    sources : pandas.DataFrame
        Sources whose centroid lies in these rows, as `populations.draw_sources` returns them.
    """
    size, scale = simulation.size_pixels, simulation.pixel_arcsec
    reach = largest_radius(pixel_arcsec=scale, beam_arcsec=simulation.beam_arcsec)
    canvas = Canvas((size, size), block_rows=BLOCK_ROWS, reach=reach)
    noise = correlated_noise(
        (simulation.seed, NOISE), size, block_rows=BLOCK_ROWS, beam_pixels=simulation.beam_pixels
    )
    faintest = INVISIBLE_RMS * simulation.rms_jy_per_beam
    waiting: deque[pd.DataFrame] = deque()
    for block in range(simulation.blocks + canvas.lag_blocks):
        if block < simulation.blocks:
            waiting.append(_draw_block(simulation, block))
            components = components_of(waiting[-1], pixel_arcsec=scale, beam_arcsec=simulation.beam_arcsec)
            canvas.paint(components, beam_pixels=simulation.beam_pixels, faintest=faintest)
        if block >= canvas.lag_blocks:
            rows = simulation.rows_of(block - canvas.lag_blocks)
            yield _observe(canvas.take(rows), next(noise), rows[0], simulation), waiting.popleft()


def image_header(simulation: Simulation) -> fits.Header:
    """Return the header of the image: that of SDC1 with four axes, like that of LoTSS with two."""
    degrees = simulation.pixel_arcsec / 3600
    centre = simulation.size_pixels // 2
    header = _sky_header(simulation, simulation.size_pixels, centre, degrees, axes=simulation.axes)
    header["BUNIT"] = "JY/BEAM" if simulation.axes == 4 else "Jy/beam"
    header["BMAJ"] = header["BMIN"] = simulation.beam_arcsec / 3600
    if simulation.axes == 2:
        header["BPA"] = 0.0
        header["RESTFRQ"] = simulation.frequency_mhz * 1e6
    return header


def truth_of(sources: pd.DataFrame, simulation: Simulation, *, first_id: int) -> list[list[float]]:
    """Return the columns of the truth catalogue, in the order of `TRUTH_COLUMNS`.

    Parameters
    ----------
    sources
        As `populations.draw_sources` returns them; sources on blank pixels are left out.
    simulation
        The settings.
    first_id
        Number of the first source.
    """
    if simulation.blank_outside_circle:
        x, y = sources["x_cent"].to_numpy(), sources["y_cent"].to_numpy()
        sources = sources[_in_circle(x, y, simulation.size_pixels)]
    wcs = WCS(image_header(simulation), naxis=2)
    table = {name: sources[name].to_numpy() for name in TRUTH_COLUMNS if name in sources}
    table["id"] = np.arange(first_id, first_id + len(sources))
    for place in ("core", "cent"):
        ra, dec = wcs.all_pix2world(sources[f"x_{place}"], sources[f"y_{place}"], 0)
        table[f"ra_{place}"], table[f"dec_{place}"] = (ra + 180) % 360 - 180, dec
    return [table[name].tolist() for name in TRUTH_COLUMNS]


def _draw_block(simulation: Simulation, block: int) -> pd.DataFrame:
    """Return the sources of one block."""
    return draw_sources(
        np.random.default_rng([simulation.seed, SOURCES, block]),
        columns=simulation.size_pixels,
        rows=simulation.rows_of(block),
        pixel_arcsec=simulation.pixel_arcsec,
        frequency_mhz=simulation.frequency_mhz,
        density=simulation.density,
    )


def _observe(sky: np.ndarray, noise: np.ndarray, first_row: int, simulation: Simulation) -> np.ndarray:
    """Return rows of the image from the sky (Jy/beam) and noise of standard deviation 1."""
    rows, columns = np.ogrid[first_row : first_row + len(sky), : simulation.size_pixels]
    if simulation.primary_beam:
        centre, radians = simulation.size_pixels // 2 - 1, np.radians(simulation.pixel_arcsec / 3600)
        distance = np.hypot(columns - centre, rows - centre) * radians
        sky = sky * primary_beam_at(distance, simulation.frequency_mhz).astype(np.float32)
    pixels = sky + noise[: len(sky)] * np.float32(simulation.rms_jy_per_beam)
    if simulation.blank_outside_circle:
        pixels[~_in_circle(columns, rows, simulation.size_pixels)] = np.nan
    return pixels


def _in_circle(x: np.ndarray, y: np.ndarray, size_pixels: int) -> np.ndarray:
    """Return whether pixels lie in the circle inscribed in the image."""
    centre = (size_pixels - 1) / 2
    return np.hypot(x - centre, y - centre) <= size_pixels / 2


def _sky_header(
    simulation: Simulation, size: int, centre: int, pixel_deg: float, *, axes: int
) -> fits.Header:
    """Return the cards that the image and the primary beam share; `centre` counts pixels from 1."""
    header = fits.Header()
    header["SIMPLE"], header["BITPIX"], header["NAXIS"] = True, -32, axes
    lengths = (size, size, 1, 1)[:axes]
    header.update({f"NAXIS{axis}": length for axis, length in enumerate(lengths, start=1)})
    hertz = simulation.frequency_mhz * 1e6
    kinds = (
        ("RA---SIN", centre, -pixel_deg, simulation.ra_deg),
        ("DEC--SIN", centre, pixel_deg, simulation.dec_deg),
        ("FREQ", 1.0, 0.3 * hertz, hertz),
        ("STOKES", 1.0, 1.0, 1.0),
    )
    for axis, (kind, pixel, step, value) in enumerate(kinds[:axes], start=1):
        header[f"CTYPE{axis}"], header[f"CRPIX{axis}"] = kind, float(pixel)
        header[f"CDELT{axis}"], header[f"CRVAL{axis}"] = step, float(value)
    header["EPOCH"] = 2000.0
    return header


def write_primary_beam(simulation: Simulation, path: Path) -> None:
    """Write the primary beam, or ones for a mosaic without."""
    degrees = PRIMARY_BEAM_PIXEL_DEG * PRIMARY_BEAM_MHZ / simulation.frequency_mhz
    centre = (PRIMARY_BEAM_PIXELS + 1) // 2
    beam = np.ones((PRIMARY_BEAM_PIXELS, PRIMARY_BEAM_PIXELS), dtype=np.float32)
    if simulation.primary_beam:
        offset = np.radians(degrees) * (np.arange(PRIMARY_BEAM_PIXELS) + 1 - centre)
        beam[:] = primary_beam_at(np.hypot(offset, offset[:, None]), simulation.frequency_mhz)
    header = _sky_header(simulation, PRIMARY_BEAM_PIXELS, centre, degrees, axes=4)
    with closing(fits.StreamingHDU(path, header)) as file:
        file.write(beam)
