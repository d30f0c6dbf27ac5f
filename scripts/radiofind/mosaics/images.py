"""Read FITS images as observatories write them: their headers, and rectangles of their pixels.

The only module that opens images of the user. Pixels are in Jy/beam, and NaN where the image is blank.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np
from astropy.io import fits

from radiofind.given_files import count_trouble, file_trouble, packing_trouble
from radiofind.mosaics.blanks import REACH, blank_zeros
from radiofind.mosaics.box import Box
from radiofind.mosaics.coordinates import Coordinates, coordinates_of
from radiofind.mosaics.gaussians import beam_covariance, ellipse_of
from radiofind.mosaics.headers import (
    Beam,
    ImageError,
    beam_of,
    check_packing,
    frequency_of,
    told,
    unit_of,
)
from radiofind.mosaics.planes import Plane, plane_of

MOST_HDUS = 1000
"""Most HDUs to examine: in a corrupt compressed file astropy finds HDUs without end."""

LEAST_LONG = 1.001
"""A beam with a smaller axis ratio counts as round: projections stretch round beams by about that much at a
random angle, along which PyBDSF would start its fits."""


@dataclass(frozen=True)
class ImageSource:
    """An image, with the values of the mosaic sheet that replace its own cards."""

    path: str | Path
    """A FITS file, fpack-ed or not, with an image or a cube."""
    beam: tuple[float, float, float] | None = None
    """Major and minor axis in arcsec (FWHM) and position angle in deg."""
    frequency_hz: float | None = None
    """Centre of the band."""
    plane: int | None = None
    """Number of the plane of a cube (see `planes.Plane`)."""
    primary_beam: str | Path | None = None
    """Image of the primary beam, where a job needs it."""
    injected: Mapping[str, object] | None = None
    """Fields of `injections.Injections`: the fake sources that a search adds to the pixels; None for none."""
    negated: bool = False
    """Whether a search negates the pixels."""

    def read_header(self) -> ImageHeader:
        """Return the header of the image (see the function `read_header`)."""
        return read_header(self.path, beam=self.beam, frequency_hz=self.frequency_hz, plane=self.plane)


def image_sources(rows: Mapping[str, Mapping[str, object]]) -> dict[str, ImageSource]:
    """Return an `ImageSource` for each key.

    Parameters
    ----------
    rows
        The fields of each image, by key.
    """
    return {key: ImageSource(**row) for key, row in rows.items()}


@dataclass(frozen=True)
class ImageHeader:
    """The properties of an image that the workflow needs."""

    path: Path
    """The FITS file."""
    hdu: int
    """Number of the HDU that holds the image."""
    plane: Plane
    """The plane of the array to search."""
    coordinates: Coordinates
    """The sky coordinates of the pixels."""
    beam: Beam
    """The restoring beam, with its angle from north in the image's own frame at the reference point."""
    frequency_hz: float
    """Centre of the band, or of the channel."""
    jy_per_beam: float
    """Factor from the unit of the file to Jy/beam."""
    has_unit: bool = True
    """Whether the file gives the unit of its pixels."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.plane.shape

    @cached_property
    def pixel_arcsec(self) -> float:
        """Side of a square with the area of the central pixel."""
        return float(np.sqrt(abs(np.linalg.det(self.coordinates.jacobian(*self._middle)[0]))))

    @cached_property
    def beam_pixels(self) -> np.ndarray:
        """Covariance of the beam at the centre of the image over (x, y), shape (2, 2), in pixels^2."""
        return self.beam_pixels_at(*self._middle)[0]

    @property
    def beam_major_pixels(self) -> float:
        """Major axis (FWHM) of the beam at the centre of the image, in pixels, to 1e-4.

        One beam of the sizes that a configuration gives in beams (see `sizes`).
        """
        return round(self.plain_beam.major_arcsec / self.pixel_arcsec, 4)

    @property
    def plain_beam(self) -> Beam:
        """The same beam on an image with square pixels of `pixel_arcsec`, north up and east left."""
        mirrored = self.beam_pixels * [[1, -1], [-1, 1]]
        major, minor, angle = map(float, ellipse_of(mirrored * self.pixel_arcsec**2))
        if major > minor * LEAST_LONG:
            return Beam(major, minor, angle)
        return Beam(*[math.sqrt(major * minor)] * 2, 0.0)

    @property
    def cards(self) -> str:
        """Coordinates, beam, frequency, unit and plane, on which detections depend, as one text."""
        sky = self.coordinates.cards().tostring()
        return f"{sky} {self.beam} {self.frequency_hz!r} {self.jy_per_beam!r} {self.plane}"

    def beam_pixels_at(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the covariance of the beam over (x, y) at pixel positions.

        Parameters
        ----------
        x, y
            Positions in pixels, shape (n,).

        Returns
        -------
        numpy.ndarray, shape (n, 2, 2)
            Pixels^2.

        Notes
        -----
        The beam has the same size everywhere on the sky, and its angle to the pixel axes changes only as the
        projection requires: the beam is transported along great circles from the reference point. (A single
        pointing in SIN has a constant beam in pixels instead, which is 0.4 % larger on the sky at 5 degrees.)
        If A is the matrix of the cards, J the Jacobian, and J A^-1 = R U with a rotation R, the beam B
        becomes (UA)^-1 B (UA)^-T.
        """
        matrix = self.coordinates.matrix
        change = self.coordinates.jacobian(x, y) @ np.linalg.inv(matrix)
        square = np.swapaxes(change, -1, -2) @ change
        root = np.sqrt(np.linalg.det(square))[..., np.newaxis, np.newaxis]
        trace = np.trace(square, axis1=-2, axis2=-1)[..., np.newaxis, np.newaxis]
        stretch = (square + root * np.eye(2)) / np.sqrt(trace + 2 * root)
        to_pixels = np.linalg.inv(stretch @ matrix)
        return to_pixels @ beam_covariance(self.beam) @ np.swapaxes(to_pixels, -1, -2)

    @property
    def _middle(self) -> tuple[np.ndarray, np.ndarray]:
        """Position of the centre of the image, x and y of shape (1,)."""
        rows, columns = self.shape
        return np.array([(columns - 1) / 2]), np.array([(rows - 1) / 2])


def read_header(
    path: str | Path,
    *,
    beam: tuple[float, float, float] | None = None,
    frequency_hz: float | None = None,
    plane: int | None = None,
) -> ImageHeader:
    """Return the header of the first image in a FITS file.

    Parameters
    ----------
    path
        A FITS file, fpack-ed or not, with an image or a cube.
    beam
        Major and minor axis in arcsec (FWHM) and position angle in deg, instead of those of the file.
    frequency_hz
        Centre of the band, instead of that of the file.
    plane
        Number of the plane of a cube (see `planes.Plane`), instead of the first of Stokes I.

    Raises
    ------
    ImageError
        If the file contains no image, or a necessary card is missing or invalid.
    """
    with told(path):
        number, header = first_image(Path(path))
        coordinates = coordinates_of(header, path)
        searched = plane_of(header, coordinates.axes, given=plane, path=path)
        image = ImageHeader(
            path=Path(path),
            hdu=number,
            plane=searched,
            coordinates=coordinates,
            beam=beam_of(header, beam, path),
            frequency_hz=frequency_of(header, frequency_hz, searched.index, path),
            jy_per_beam=unit_of(header, path),
            has_unit=bool(str(header.get("BUNIT") or "").strip()),
        )
        if not (np.isfinite(image.beam_pixels).all() and 0 < image.pixel_arcsec < np.inf):
            raise ImageError(
                f"{path}: expected an image whose centre is on the sky, received coordinates without a centre"
            )
        return image


def read_cards(header: ImageHeader, names: Sequence[str]) -> dict[str, object]:
    """Return the values of cards by name, without those that the file lacks, that are empty or not FITS."""
    cards, values = first_image(header.path)[1], {}
    for name in names:
        with suppress(fits.VerifyError):
            values[name] = cards.get(name)
    return {name: value for name, value in values.items() if value and isinstance(value, str | int | float)}


def read_pixels(header: ImageHeader, box: Box) -> np.ndarray:
    """Return the pixels in a rectangle of an image.

    Parameters
    ----------
    header
        The image.
    box
        The rectangle in pixels.

    Returns
    -------
    2D float32 ndarray
        Jy/beam, shape `box.shape`; NaN where the file has NaN, an infinity or its integer BLANK, and where
        zeros mark blank pixels (see `blanks`).
    """
    seen = box.grown(REACH, header.shape)
    pixels = read_section(header.path, header.hdu, header.plane, seen)
    rows, columns = header.shape
    at_edges = (seen.y0 == 0, seen.y1 == rows, seen.x0 == 0, seen.x1 == columns)
    pixels[blank_zeros(pixels, at_edges=at_edges)] = np.nan
    return pixels[box.within(seen)] * np.float32(header.jy_per_beam)


@contextmanager
def _opened(path: Path, **options: bool) -> Iterator[fits.HDUList]:
    """Yield an open FITS file."""
    # Sections are read without the rest even without memmap, which astropy refuses for scaled integers.
    with told(path), fits.open(path, memmap=False, **options) as hdus:
        yield hdus


def read_section(path: Path, hdu: int, plane: Plane, box: Box) -> np.ndarray:
    """Return the pixels in a rectangle of a plane as native float32, without reading the rest."""
    rows_columns = iter(box.slices)
    wanted = tuple(next(rows_columns) if pixel is None else pixel for pixel in plane.index)
    with _opened(path) as hdus:
        # A section keeps axes of one pixel that come after those of the sky.
        return np.array(hdus[hdu].section[wanted], dtype=np.float32).reshape(box.shape)


def first_image(path: Path) -> tuple[int, fits.Header]:
    """Return the number and the header of the first HDU that contains an image."""
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
