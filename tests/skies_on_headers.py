"""The same sources drawn under many headers, the slow and plain way: astropy says where each pixel lies.

Nothing here uses the package's own coordinates, so that they can be checked against it. A covariance is over
(east, north), in arcsec^2, or over (x, y), in pixels^2.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from astropy import units
from astropy.coordinates import FK4, ICRS, Galactic, SkyCoord
from astropy.io import fits
from astropy.wcs import WCS, FITSFixedWarning
from scipy.linalg import sqrtm

RMS = 1e-4
"""Noise that the finders are told of, Jy/beam; what is drawn has a hundredth of it."""
SIZE = 256
"""Pixels along a side of the field."""
PIXEL = 2.0
"""Arcsec along a side of a pixel."""
FWHM = np.sqrt(8 * np.log(2))
"""Full width at half maximum of a Gaussian, in standard deviations."""
FRAMES = {"icrs": ICRS(), "fk5": ICRS(), "fk4": FK4(equinox="B1950"), "galactic": Galactic()}
"""What the headers mean; J2000 of radio images is ICRS."""
FRAME_CARDS = {
    "icrs": {"RADESYS": "ICRS"},
    "fk5": {"RADESYS": "FK5", "EQUINOX": 2000.0},
    "fk4": {"RADESYS": "FK4", "EQUINOX": 1950.0},
    "galactic": {},
}


@dataclass(frozen=True)
class Drawing:
    """An image to be drawn: where it lies, and with which cards its header says so."""

    centre: tuple[float, float] = (150.0, 35.0)
    """Right ascension and declination (ICRS, deg) of the middle of the field."""
    reference: tuple[float, float] = (0.0, 0.0)
    """Where the reference point lies, as seen from there: distance and position angle (ICRS), in deg."""
    projection: str = "SIN"
    """Last letters of CTYPE."""
    frame: str = "icrs"
    """One of `FRAMES`."""
    cards: str = "CDELT"
    """How the header has the matrix: CDELT, CROTA2, CD, PC, or PC1 for a PC matrix with CDELT 1."""
    turned_deg: float = 0.0
    """By which angle the axes of the pixels are turned."""
    skewed_deg: float = 0.0
    """By how much the angle between them differs from a right one."""
    mirrored: bool = False
    """Whether x grows to the east."""
    pixel: tuple[float, float] = (PIXEL, PIXEL)
    """Arcsec along the sides of a pixel."""
    latitude_first: bool = False
    """Whether axis 1 of the coordinates is the declination."""
    beam: tuple[float, float, float] = (12.0, 12.0, 0.0)
    """Axes in arcsec (FWHM), and the angle from north of the frame at the reference point, in deg."""
    corner: bool = False
    """Whether the field is the last corner of a mosaic, which is wider by the distance to the reference."""

    @property
    def order(self) -> list[int]:
        """Which of longitude and latitude the axes of the file are, or the other way round."""
        return [1, 0] if self.latitude_first else [0, 1]

    @property
    def side(self) -> int:
        """Pixels along a side of the image."""
        return SIZE + (int(self.reference[0] * 3600 / PIXEL) if self.corner else 0)

    @property
    def first(self) -> int:
        """First column, and first row, of the field."""
        return self.side - SIZE

    @cached_property
    def matrix(self) -> np.ndarray:
        """From pixels to intermediate world coordinates, arcsec; rows are longitude and latitude."""
        turn, skew = np.deg2rad([self.turned_deg, self.turned_deg + self.skewed_deg])
        east = np.array([np.cos(turn), np.sin(turn)]) * self.pixel[0]
        north = np.array([-np.sin(skew), np.cos(skew)]) * self.pixel[1]
        sides = np.column_stack([east if self.mirrored else -east, north])
        return sides[:, self.order]

    @cached_property
    def header(self) -> fits.Header:
        """The cards of the image."""
        names = ("GLON-", "GLAT-") if self.frame == "galactic" else ("RA---", "DEC--")
        distance, angle = self.reference * units.deg
        centre = SkyCoord(*self.centre, unit="deg")
        values = self.values_of(centre.directional_offset_by(angle, distance))
        major, minor, angle = self.beam
        header = fits.Header({"BUNIT": "Jy/beam", "RESTFRQ": 1.4e9})
        header.update({"BMAJ": major / 3600, "BMIN": minor / 3600, "BPA": angle})
        header.update(FRAME_CARDS[self.frame] | self.matrix_cards())
        for axis in (1, 2):
            header[f"CTYPE{axis}"] = names[self.order[axis - 1]] + self.projection
            header[f"CRVAL{axis}"] = values[axis - 1]
        place = wcs_of(header).wcs_world2pix([self.values_of(centre)], 0)[0]
        header["CRPIX1"], header["CRPIX2"] = self.first + (SIZE - 1) / 2 - place
        return header

    def matrix_cards(self) -> dict[str, float]:
        """Return the cards of the matrix."""
        matrix = self.matrix[self.order] / 3600
        places = [(row, column) for row in (0, 1) for column in (0, 1)]
        if self.cards == "CD":
            return {f"CD{row + 1}_{column + 1}": matrix[row, column] for row, column in places}
        scale = np.linalg.norm(matrix, axis=0) * np.sign(matrix.diagonal())
        scale = np.ones(2) if self.cards == "PC1" else scale
        cards = {"CDELT1": scale[0], "CDELT2": scale[1]}
        if self.cards.startswith("PC"):
            return cards | {
                f"PC{row + 1}_{column + 1}": matrix[row, column] / scale[row] for row, column in places
            }
        return cards | ({"CROTA2": self.turned_deg} if self.cards == "CROTA2" else {})

    def values_of(self, place: SkyCoord) -> np.ndarray:
        """Return the values that the axes of the file have at a place."""
        there = place.transform_to(FRAMES[self.frame]).spherical
        return np.array([there.lon.deg, there.lat.deg])[self.order]

    @cached_property
    def wcs(self) -> WCS:
        """The coordinates of the image, in its own frame."""
        return wcs_of(self.header)

    def jacobian(self, x: float, y: float) -> np.ndarray:
        """Return the matrix from offsets in pixels to offsets on the sky, in arcsec to east and north."""
        places = np.array([[x, y], [x - 0.5, y], [x + 0.5, y], [x, y - 0.5], [x, y + 0.5]])
        values = self.wcs.wcs_pix2world(places, 0)[:, self.order]
        sky = SkyCoord(*values.T, unit="deg", frame=FRAMES[self.frame]).transform_to(ICRS())
        angle, distance = sky[0].position_angle(sky).rad, sky[0].separation(sky).arcsec
        _, left, right, below, above = np.transpose([distance * np.sin(angle), distance * np.cos(angle)])
        return np.column_stack([right - left, above - below])

    def beam_seen(self, to_sky: np.ndarray) -> np.ndarray:
        """Return the covariance over (x, y) of the beam: as large as on the sky, turned with the pixels.

        Parameters
        ----------
        to_sky
            The Jacobian there.
        """
        change = to_sky @ np.linalg.inv(self.matrix)
        stretch = np.real(sqrtm(change.T @ change))
        to_pixels = np.linalg.inv(stretch @ self.matrix)
        return to_pixels @ covariance(*self.beam) @ to_pixels.T

    def draw(self) -> tuple[np.ndarray, pd.DataFrame]:
        """Return the pixels of the field, and what is to be found there."""
        rows, columns = np.indices((SIZE, SIZE)) + self.first
        pixels = np.random.default_rng(1).normal(scale=RMS / 100, size=(SIZE, SIZE))
        truth = []
        for place, flux, intrinsic in sources_around(SkyCoord(*self.centre, unit="deg")):
            x, y = self.wcs.wcs_world2pix([self.values_of(place)], 0)[0]
            to_sky = self.jacobian(x, y)
            to_pixels, beam = np.linalg.inv(to_sky), self.beam_seen(to_sky)
            shape = to_pixels @ intrinsic @ to_pixels.T + beam
            peak = flux * np.sqrt(np.linalg.det(beam) / np.linalg.det(shape))
            (xx, xy), (_, yy) = np.linalg.inv(shape)
            dx, dy = columns - x, rows - y
            pixels += peak * np.exp(-(xx * dx**2 + 2 * xy * dx * dy + yy * dy**2) / 2)
            seen = (*ellipse(to_sky @ shape @ to_sky.T), *ellipse(intrinsic))
            truth.append((x, y, place.ra.deg, place.dec.deg, peak, flux, *seen))
        return pixels, pd.DataFrame(truth, columns=TRUTH)


TRUTH = [
    *("x", "y", "ra", "dec", "peak_flux", "total_flux"),
    *("major", "minor", "position_angle", "dc_major", "dc_minor", "dc_position_angle"),
]


def sources_around(centre: SkyCoord) -> list[tuple[SkyCoord, float, np.ndarray]]:
    """Return place, total flux and covariance of sixteen sources; every second one is a point."""
    shift = np.random.default_rng(2).uniform(-8, 8, (16, 2))
    found = []
    for number in range(16):
        east, north = 100 * (np.array(divmod(number, 4)) - 1.5) + shift[number]
        angle, distance = np.arctan2(east, north) * units.rad, np.hypot(east, north) * units.arcsec
        extended = (number + number // 4) % 2
        intrinsic = covariance(24.0, 12.0, 22.5 * (number // 2) + 7) if extended else np.zeros((2, 2))
        found.append((centre.directional_offset_by(angle, distance), 0.02 * 1.1**number, intrinsic))
    return found


def wcs_of(header: fits.Header) -> WCS:
    """Return coordinates; astropy says aloud that it reads NCP as a SIN."""
    with warnings.catch_warnings(action="ignore", category=FITSFixedWarning):
        return WCS(header)


def covariance(major: float, minor: float, angle_deg: float) -> np.ndarray:
    """Return the covariance over (east, north) of a Gaussian with its axes as FWHM."""
    angle = np.deg2rad(angle_deg)
    axes = np.array([[np.sin(angle), np.cos(angle)], [np.cos(angle), -np.sin(angle)]]).T
    return axes @ np.diag([(major / FWHM) ** 2, (minor / FWHM) ** 2]) @ axes.T


def ellipse(shape: np.ndarray) -> tuple[float, float, float]:
    """Return the axes (FWHM) and the position angle in deg of a covariance over (east, north)."""
    variances, axes = np.linalg.eigh(shape)
    minor, major = FWHM * np.sqrt(np.abs(variances))
    return major, minor, np.rad2deg(np.arctan2(*axes[:, 1])) % 180
