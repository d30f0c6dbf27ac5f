"""Simulate an image of the first SKA Data Challenge (SDC1), its primary beam and its truth.

Everything random is drawn for one block of rows at a time, from a seed that depends on the block alone. So
the same settings give the same bytes, and memory does not grow with the height of the image.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.io import fits
from astropy.wcs import WCS

from radiofind.files import whole_or_absent
from radiofind.simulation.populations import draw_sources
from radiofind.simulation.profiles import (
    Canvas,
    components_of,
    correlated_noise,
    largest_radius,
    primary_beam_at,
)

logger = logging.getLogger(__name__)

BLOCK_ROWS = 256
"""Rows that are drawn together. Another number is another sky."""

SOURCES, NOISE = 0, 1
"""What a seed is for; part of the seed."""

BEAM_PIXELS = (2.0, 100.0)
"""Smallest and largest beam (FWHM): below it pixels undersample the sky, above it noise spans blocks."""

INVISIBLE_RMS = 0.02
"""Brightness around a source, in units of the noise, that may be left out."""

PRIMARY_BEAM_PIXELS = 257
PRIMARY_BEAM_PIXEL_DEG, PRIMARY_BEAM_MHZ = 0.0809, 560.0
"""Size of the primary beams of SDC1, and their pixel, which is inversely proportional to the frequency."""

TRUTH_LINE = "%d %.8f %.8f %.8f %.8f %.6e %.8f %.3f %.3f %.3f %d %d\n"
TRUTH_COLUMNS = (
    *("id", "ra_core", "dec_core", "ra_cent", "dec_cent", "flux"),
    *("core_frac", "b_maj", "b_min", "pa", "size", "class"),
)
"""The 12 columns of SDC1 (SKA-TEL-SKO-0001081)."""

BANDS = {
    560.0: {"pixel_arcsec": 1.67847e-4 * 3600, "beam_arcsec": 1.5, "rms_jy_per_beam": 2.87e-6},
    1400.0: {"pixel_arcsec": 6.71387e-5 * 3600, "beam_arcsec": 0.6, "rms_jy_per_beam": 0.70e-6},
    9200.0: {"pixel_arcsec": 1.02168e-5 * 3600, "beam_arcsec": 0.0913, "rms_jy_per_beam": 0.43e-6},
}
"""The bands of SDC1 by frequency in MHz, with the thermal noise of 8 hours (arXiv 1811.10454)."""


@dataclass(frozen=True)
class Simulation:
    """The settings of one simulated mosaic.

    Raises
    ------
    ValueError
        When a value is out of range, or one is missing that a frequency other than those of SDC1 needs.
    """

    size_pixels: int
    """Side of the image, pixels."""
    frequency_mhz: float
    """Frequency, MHz."""
    exposure_h: float
    """Observing time, hours: sets the noise when `rms_jy_per_beam` does not."""
    seed: int
    """The same seed gives the same sky and noise."""
    pixel_arcsec: float | None = None
    """Size of a pixel, arcsec; that of the band by default."""
    beam_arcsec: float | None = None
    """FWHM of the circular beam, arcsec; that of the band by default."""
    rms_jy_per_beam: float | None = None
    """Noise, Jy/beam; the thermal noise of the band and exposure by default."""
    ra_deg: float = 0.0
    """Right ascension of the centre, deg."""
    dec_deg: float = -30.0
    """Declination of the centre, deg."""
    axes: int = 4
    """Axes of the image: 4 as in SDC1, 2 as in LoTSS."""
    primary_beam: bool = True
    """Whether the sky is attenuated by a primary beam."""
    blank_outside_circle: bool = False
    """Whether pixels outside the inscribed circle are blank."""
    density: float = 1.0
    """Factor on the source counts."""

    def __post_init__(self) -> None:
        self._fill_in_band()
        for name in ("size_pixels", "frequency_mhz", "pixel_arcsec", "rms_jy_per_beam", "density"):
            if not getattr(self, name) > 0:
                raise ValueError(f"Expected {name} greater than 0, received {getattr(self, name)}")
        if self.axes not in (2, 4):
            raise ValueError(f"Expected axes 2 or 4, received {self.axes}")
        low, high = BEAM_PIXELS
        if not low <= self.beam_pixels <= high:
            raise ValueError(
                f"Expected beam_arcsec from {low:g} to {high:g} pixels, received {self.beam_arcsec} arcsec "
                f"({self.beam_pixels:.2f} pixels)"
            )

    @property
    def beam_pixels(self) -> float:
        """FWHM of the beam, pixels."""
        return self.beam_arcsec / self.pixel_arcsec

    @property
    def blocks(self) -> int:
        """Blocks of rows in the image; the last may be cut short."""
        return -(-self.size_pixels // BLOCK_ROWS)

    def rows_of(self, block: int) -> tuple[int, int]:
        """Return the first row of a block and the row after its last."""
        return block * BLOCK_ROWS, min((block + 1) * BLOCK_ROWS, self.size_pixels)

    def _fill_in_band(self) -> None:
        """Put the values of the band where none are given."""
        if not self.exposure_h > 0:
            raise ValueError(f"Expected exposure_h greater than 0, received {self.exposure_h}")
        missing = [n for n in ("pixel_arcsec", "beam_arcsec", "rms_jy_per_beam") if getattr(self, n) is None]
        if missing and self.frequency_mhz not in BANDS:
            raise ValueError(
                f"Expected {', '.join(missing)} for frequency_mhz {self.frequency_mhz:g}, received none: "
                f"there are defaults at {', '.join(f'{mhz:g}' for mhz in BANDS)} MHz only"
            )
        for name in missing:
            scale = np.sqrt(8 / self.exposure_h) if name == "rms_jy_per_beam" else 1.0
            object.__setattr__(self, name, float(BANDS[self.frequency_mhz][name] * scale))


def simulate(
    simulation: Simulation, image_path: str | Path, primary_beam_path: str | Path, truth_path: str | Path
) -> None:
    """Write a simulated mosaic, its primary beam and its truth, each whole or not at all.

    Parameters
    ----------
    simulation
        The settings.
    image_path, primary_beam_path
        The FITS files to make.
    truth_path
        The catalogue to make: the 12 columns of SDC1, separated by spaces, without a header.
    """
    with (
        whole_or_absent(image_path) as image_file,
        whole_or_absent(primary_beam_path) as primary_beam_file,
        whole_or_absent(truth_path) as truth_file,
        truth_file.open("w") as truth,
        closing(fits.StreamingHDU(image_file, image_header(simulation))) as image,
    ):
        _write_primary_beam(simulation, primary_beam_file)
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
        Those whose centroid lies in these rows, as `populations.draw_sources` gives them.
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
        As `populations.draw_sources` gives them; those on blank pixels are left out.
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
    """Return rows of the image: sky (Jy/beam) times primary beam, plus noise (of unit strength)."""
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
    """Return whether pixels lie within the circle inscribed in the image."""
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


def _write_primary_beam(simulation: Simulation, path: Path) -> None:
    """Write the primary beam; ones when there is none."""
    degrees = PRIMARY_BEAM_PIXEL_DEG * PRIMARY_BEAM_MHZ / simulation.frequency_mhz
    centre = (PRIMARY_BEAM_PIXELS + 1) // 2
    beam = np.ones((PRIMARY_BEAM_PIXELS, PRIMARY_BEAM_PIXELS), dtype=np.float32)
    if simulation.primary_beam:
        offset = np.radians(degrees) * (np.arange(PRIMARY_BEAM_PIXELS) + 1 - centre)
        beam[:] = primary_beam_at(np.hypot(offset, offset[:, None]), simulation.frequency_mhz)
    header = _sky_header(simulation, PRIMARY_BEAM_PIXELS, centre, degrees, axes=4)
    with closing(fits.StreamingHDU(path, header)) as file:
        file.write(beam)
