"""Read FITS images as they come: their headers, and rectangles of their pixels.

The only module that opens an image of the user. Pixels are Jy/beam, NaN where the image is blanked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

from radiofind.header_cards import (
    Beam,
    ImageError,
    beam_of,
    celestial_of,
    check_packing,
    frequency_of,
    shape_of,
    told,
    unit_of,
)
from radiofind.interpolation import bilinear
from radiofind.problems import count_trouble, file_trouble, packing_trouble
from radiofind.tiling import Box

MOST_HDUS = 1000
"""In a damaged file that is packed, astropy finds HDUs without end."""
STRIP_ROWS = 1000
"""Rows of a primary beam that are read at a time: it may be as large as the mosaic."""


@dataclass(frozen=True)
class ImageHeader:
    """What the workflow needs to know of an image."""

    path: Path
    """The FITS file."""
    hdu: int
    """Number of the HDU that holds the image."""
    n_axes: int
    """Axes of the array; all but the last two have length one."""
    shape: tuple[int, int]
    """Rows and columns."""
    wcs: WCS
    """Celestial coordinates of the pixels."""
    beam: Beam
    """The restoring beam."""
    frequency_hz: float
    """Centre of the band."""
    jy_per_beam: float
    """Factor from the unit of the file to Jy/beam."""

    @property
    def pixel_arcsec(self) -> float:
        """Side of a pixel."""
        return float(np.sqrt(abs(np.linalg.det(self.wcs.pixel_scale_matrix))) * 3600)

    @property
    def cards(self) -> str:
        """The cards on which detections depend, as one text: coordinates, beam, frequency, unit."""
        coordinates = self.wcs.to_header()
        for card in [card for card in coordinates if card.startswith(("DATE", "MJD"))]:
            del coordinates[card]
        return f"{coordinates.tostring()} {self.beam} {self.frequency_hz!r} {self.jy_per_beam!r}"


def read_header(
    path: str | Path,
    *,
    beam: tuple[float, float, float] | None = None,
    frequency_hz: float | None = None,
) -> ImageHeader:
    """Return the header of the first image in a FITS file.

    Parameters
    ----------
    path
        A FITS file, fpack-ed or not, with an image of two axes or of more whose further axes have length one.
    beam
        Major and minor axis in arcsec (FWHM) and position angle in deg, instead of those of the file.
    frequency_hz
        Centre of the band, instead of that of the file.

    Raises
    ------
    ImageError
        When the file holds no image, or a card that is needed is missing or unusable.
    """
    with told(path):
        number, header = _first_image(Path(path))
        return ImageHeader(
            path=Path(path),
            hdu=number,
            n_axes=header["NAXIS"],
            shape=shape_of(header, path),
            wcs=celestial_of(header, path),
            beam=beam_of(header, beam, path),
            frequency_hz=frequency_of(header, frequency_hz, path),
            jy_per_beam=unit_of(header, path),
        )


def read_pixels(header: ImageHeader, box: Box) -> np.ndarray:
    """Return a rectangle of an image.

    Parameters
    ----------
    header
        The image.
    box
        The rectangle in pixels.

    Returns
    -------
    2D float32 ndarray
        Jy/beam, shape `box.shape`; NaN where the file has NaN, its integer BLANK, or exactly zero, with which
        some packages blank.
    """
    pixels = _read_section(header.path, header.hdu, header.n_axes, box)
    pixels *= np.float32(header.jy_per_beam)
    pixels[pixels == 0] = np.nan
    return pixels


def sample_image(path: str | Path, ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
    """Return the value of an image at positions on the sky, bilinear between pixels; NaN outside.

    Parameters
    ----------
    path
        A FITS image of any unit, for example a primary beam; no beam or frequency is asked of it.
    ra, dec
        Positions in deg.
    """
    with told(path):
        number, header = _first_image(Path(path))
        rows, columns = shape_of(header, path)
        x, y = celestial_of(header, path).world_to_pixel_values(ra, dec)
    inside = (x >= -0.5) & (x <= columns - 0.5) & (y >= -0.5) & (y <= rows - 0.5)
    values = np.full(np.shape(x), np.nan)
    x, y = np.clip(x, 0, columns - 1), np.clip(y, 0, rows - 1)
    strip = np.where(inside, y // STRIP_ROWS, -1)
    for number_of_strip in np.unique(strip[inside]):
        wanted = strip == number_of_strip
        sx, sy = x[wanted], y[wanted]
        box = Box(int(sx.min()), int(sx.max()) + 2, int(sy.min()), int(sy.max()) + 2).grown(
            0, (rows, columns)
        )
        pixels = _read_section(Path(path), number, header["NAXIS"], box)
        values[wanted] = bilinear(pixels, sx - box.x0, sy - box.y0)
    return values


def check_image(path: str | Path) -> None:
    """Raise when an image, of any unit and without beam or frequency, cannot be read to its last pixel.

    Parameters
    ----------
    path
        A FITS image, for example a primary beam.

    Raises
    ------
    ImageError
        When it is none, or is cut short.
    """
    with told(path):
        number, header = _first_image(Path(path))
        rows, columns = shape_of(header, path)
        celestial_of(header, path)
    for y0 in range(0, rows, STRIP_ROWS):
        strip = Box(0, columns, y0, min(y0 + STRIP_ROWS, rows))
        _read_section(Path(path), number, header["NAXIS"], strip)


def beam_sampler(path: str | Path | None) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Return a function that gives the primary beam at positions in deg.

    Parameters
    ----------
    path
        The primary beam, or nothing for a mosaic without: the beam is then one everywhere.
    """
    return partial(sample_image, path) if path else lambda ra, dec: np.ones(len(ra))


@contextmanager
def _opened(path: Path, **options: bool) -> Iterator[fits.HDUList]:
    """Yield an open FITS file."""
    # A section is read alone without memmap too, and astropy refuses to map scaled integers.
    with told(path), fits.open(path, memmap=False, **options) as hdus:
        yield hdus


def _read_section(path: Path, hdu: int, n_axes: int, box: Box) -> np.ndarray:
    """Return a rectangle of the last two axes as native float32, without reading the rest."""
    with _opened(path) as hdus:
        return np.array(hdus[hdu].section[(*(0,) * (n_axes - 2), *box.slices)], dtype=np.float32)


def _first_image(path: Path) -> tuple[int, fits.Header]:
    """Return the number and the header of the first HDU with an image."""
    received = file_trouble(path) or packing_trouble(path) or count_trouble(path)
    if received:
        raise ImageError(f"{path}: expected a FITS image, received {received}")
    with _opened(path) as hdus:
        first = islice(enumerate(hdus), MOST_HDUS)
        images = (item for item in first if item[1].is_image and item[1].header["NAXIS"] >= 2)
        number, hdu = next(images, (0, None))
        if hdu is None:
            received = "no HDU with an image of two axes or more"
            raise ImageError(f"{path}: expected a FITS image, received {received}")
        packed, header = isinstance(hdu, fits.CompImageHDU), hdu.header.copy()
    if packed:
        with _opened(path, disable_image_compression=True) as hdus:
            check_packing(hdus[number].header, path)
    return number, header
