"""Draw one sky under any header: slowly, a source at a time, with coordinates of astropy alone."""

from dataclasses import dataclass

import numpy as np
from astropy import units as u
from astropy.coordinates import ICRS, SkyCoord
from astropy.io import fits
from astropy.wcs import WCS

SIDE = 256
PIXEL_DEG = 2.0 / 3600
FWHM = np.sqrt(8 * np.log(2))
FLUX = 1.0
SIZES = ((0, 0, 0), (18, 6, 40), (0, 0, 0), (14, 14, 0), (0, 0, 0), (20, 10, 130), (0, 0, 0), (16, 5, 85))
"""Major and minor axis (arcsec) and position angle (deg) of sources before the beam smears them."""


@dataclass(frozen=True)
class Drawn:
    """A sky as it was drawn."""

    path: str
    """The image."""
    x: np.ndarray
    """Pixels of the sources."""
    y: np.ndarray
    """Likewise."""
    sky: SkyCoord
    """Their places in ICRS."""
    shape: np.ndarray
    """Covariances of what is seen over (east, north), arcsec^2, shape (n, 2, 2)."""
    peak: np.ndarray
    """What one Jy makes of each, Jy/beam."""
    is_point: np.ndarray
    """Which have no size."""


def header_of(dec=-30.0, ra=150.0, projection="SIN", beam=(12.0, 12.0, 0.0), offset=(0.0, 0.0), **changes):
    """Cards of an image; offset is that of its middle from the reference point in pixels."""
    cards = {
        "CTYPE1": f"RA---{projection}",
        "CTYPE2": f"DEC--{projection}",
        "CRVAL1": ra,
        "CRVAL2": dec,
        "CDELT1": -PIXEL_DEG,
        "CDELT2": PIXEL_DEG,
        "CRPIX1": SIDE / 2 + 0.5 - offset[0],
        "CRPIX2": SIDE / 2 + 0.5 - offset[1],
        "CUNIT1": "deg",
        "CUNIT2": "deg",
        "RADESYS": "ICRS",
        "BMAJ": beam[0] / 3600,
        "BMIN": beam[1] / 3600,
        "BPA": beam[2],
        "BUNIT": "Jy/beam",
        "RESTFRQ": 1.4e9,
    }
    return {card: value for card, value in (cards | changes).items() if value is not None}


def covariance(major, minor, angle_deg):
    """Covariance over (east, north) of a Gaussian, arcsec^2."""
    angle = np.deg2rad(angle_deg)
    along, across = np.array([np.sin(angle), np.cos(angle)]), np.array([np.cos(angle), -np.sin(angle)])
    return (major**2 * np.outer(along, along) + minor**2 * np.outer(across, across)) / FWHM**2


def jacobian(wcs, x, y):
    """Matrix from pixels to arcsec east and north in ICRS."""
    here = to_icrs(wcs, x, y)
    columns = []
    for dx, dy in ((1, 0), (0, 1)):
        ahead = here.spherical_offsets_to(to_icrs(wcs, x + dx, y + dy))
        behind = here.spherical_offsets_to(to_icrs(wcs, x - dx, y - dy))
        columns.append(
            [(one - other).to_value(u.arcsec) / 2 for one, other in zip(ahead, behind, strict=True)]
        )
    return np.transpose(columns)


def to_icrs(wcs, x, y):
    """Place of a pixel in ICRS; J2000 is taken for it."""
    sky = wcs.pixel_to_world(x, y)
    is_j2000 = sky.frame.name == "fk5" and sky.equinox.value == "J2000.000"
    return SkyCoord(sky.ra, sky.dec) if is_j2000 else sky.transform_to(ICRS())


def draw(cards, path):
    """Draw eight sources of 1 Jy, every second one a point, with hardly any noise.

    The beam has the same size everywhere on the sky, and keeps its angle to the pixels as far as a rotation
    can: J A^-1 = R U with A the matrix of the cards, J that of the place, and R a rotation.
    """
    wcs = WCS(fits.Header(cards))
    matrix = wcs.pixel_scale_matrix[[wcs.wcs.lng, wcs.wcs.lat]] * 3600
    beam = covariance(cards["BMAJ"] * 3600, cards["BMIN"] * 3600, cards["BPA"])
    places = [(60.3 + 67.2 * column, 45.7 + 56.4 * row) for row in range(4) for column in (0, 2)]
    # PyBDSF fails on an image without any noise.
    pixels, shapes, peaks = np.random.default_rng(1).normal(0, 1e-5, (SIDE, SIDE)), [], []
    rows, columns = np.indices(pixels.shape)
    for (x, y), size in zip(places, SIZES, strict=True):
        local = jacobian(wcs, x, y)
        left, stretches, right = np.linalg.svd(local @ np.linalg.inv(matrix))
        rotation = left @ right
        smeared = rotation @ beam @ rotation.T
        shape = smeared + covariance(*size)
        on_pixels = np.linalg.inv(np.linalg.inv(local) @ shape @ np.linalg.inv(local).T)
        dx, dy = columns - x, rows - y
        square = on_pixels[0, 0] * dx**2 + 2 * on_pixels[0, 1] * dx * dy + on_pixels[1, 1] * dy**2
        peak = FLUX * np.sqrt(np.linalg.det(smeared) / np.linalg.det(shape))
        pixels += peak * np.exp(-0.5 * square)
        shapes.append(shape)
        peaks.append(peak)
    fits.PrimaryHDU(pixels.astype(np.float32), fits.Header(cards)).writeto(path)
    x, y = np.transpose(places)
    sky = SkyCoord([to_icrs(wcs, *place) for place in places])
    return Drawn(path, x, y, sky, np.array(shapes), np.array(peaks), np.array(SIZES)[:, 0] == 0)
