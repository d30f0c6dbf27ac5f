"""Paint sources, primary beam and noise on pixels.

Sources are sums of Gaussians convolved with the beam. A canvas holds only some rows, so its memory depends on
the width of the image and the size of the largest source, but not on the height of the image.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count

import numpy as np
import pandas as pd
from scipy.ndimage import correlate1d
from scipy.special import j1

from radiofind.mosaics.gaussians import FWHM
from radiofind.simulation.beams import beam_covariance
from radiofind.simulation.populations import DISC, FS_AGN, GAUSSIAN, LOBE_OFFSET, LOBED

DISC_WEIGHTS = (0.00397, 0.03684, 0.15677, 0.35865, 0.35861, 0.08516)
DISC_VARIANCES = (0.02613, 0.1656, 0.6023, 1.695, 4.138, 9.452)
"""Six Gaussians that approximate an exponential disc of scale length 1, as in Hogg & Lang (2013): the flux
within any radius agrees to 1e-4 of the total."""

DISC_SCALE = 0.25
"""Scale length of a disc over the listed axis, fitted to the 12 brightest discs of the real 560 MHz image."""

LOBE_LENGTH, LOBE_WIDTH = 0.25, 1 / 3
"""FWHM of a lobe over the listed axes of the source: along the major and along the minor axis."""

FAINTEST_CUT = 2e-3
"""Highest brightness over the peak at which a stamp ends; at most this fraction of the flux is outside."""

DEEPEST_CUT = 1e-9
"""Lowest brightness over the peak at which a stamp ends."""

LARGEST_SIGMA_ARCSEC = 18.5
"""Standard deviation of the largest component: a lobe of a source of 173 arcsec."""

NOISE_SIGMAS = 5.0
"""Half width of the noise kernel, in its standard deviations."""

DISH_METRES = 15.0
"""Dish diameter whose Airy pattern agrees with the real 560 MHz primary beam to 0.04, out to 2 deg."""

BATCH_PIXELS = 1_000_000
"""Pixels to paint at once: few enough for the CPU cache, many enough to hide the overhead of a call."""


def components_of(
    sources: pd.DataFrame, *, pixel_arcsec: float, beam_arcsec: float | Sequence[float]
) -> pd.DataFrame:
    """Return the Gaussians that make up the sources, convolved with the beam.

    Parameters
    ----------
    sources
        As `populations.draw_sources` returns them.
    pixel_arcsec
        Size of a pixel, arcsec.
    beam_arcsec
        FWHM of a circular beam, arcsec; or major and minor FWHM, arcsec, and position angle, deg, north
        through east.

    Returns
    -------
    pandas.DataFrame
        ``x``, ``y`` (pixels), ``flux`` (Jy), ``xx``, ``xy``, ``yy`` (variances and covariance, pixels2).
        One row for a Gaussian source, two for a flat-spectrum AGN, three for a lobed AGN, six for a disc.
    """
    code, flat = sources["size"], sources["class"] == FS_AGN
    tables = [
        sources[(code == GAUSSIAN) & ~flat],
        *_core_and_halo(sources[flat]),
        *_core_and_lobes(sources[code == LOBED], pixel_arcsec),
        *_discs(sources[code == DISC]),
    ]
    ellipses = pd.concat(tables, ignore_index=True)
    return _convolved(ellipses[ellipses["flux"] > 0], pixel_arcsec, beam_arcsec)


def _core(sources: pd.DataFrame) -> pd.DataFrame:
    """Return the cores of sources, which are points."""
    flux = sources["flux"] * sources["core_frac"]
    return sources.assign(flux=flux, x_cent=sources["x_core"], y_cent=sources["y_core"], b_maj=0.0, b_min=0.0)


def _core_and_halo(sources: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield the cores of flat-spectrum AGN, then their lobes, seen end-on."""
    yield _core(sources)
    yield sources.assign(flux=sources["flux"] * (1 - sources["core_frac"]))


def _core_and_lobes(sources: pd.DataFrame, pixel_arcsec: float) -> Iterator[pd.DataFrame]:
    """Yield the cores of steep-spectrum AGN, then the lobes towards the position angle and opposite."""
    yield _core(sources)
    angle = np.radians(sources["pa"])
    reach = LOBE_OFFSET * sources["b_maj"] / pixel_arcsec
    rest = sources["flux"] * (1 - sources["core_frac"])
    for sign, share in ((1, sources["lobe_share"]), (-1, 1 - sources["lobe_share"])):
        yield sources.assign(
            flux=rest * share,
            x_cent=sources["x_core"] + sign * reach * np.cos(angle),
            y_cent=sources["y_core"] - sign * reach * np.sin(angle),
            b_maj=sources["b_maj"] * LOBE_LENGTH,
            b_min=sources["b_min"] * LOBE_WIDTH,
        )


def _discs(sources: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield the Gaussians that add up to each disc."""
    for weight, variance in zip(DISC_WEIGHTS, DISC_VARIANCES, strict=True):
        fwhm = FWHM * np.sqrt(variance) * DISC_SCALE
        yield sources.assign(
            flux=sources["flux"] * weight, b_maj=sources["b_maj"] * fwhm, b_min=sources["b_min"] * fwhm
        )


def _convolved(
    ellipses: pd.DataFrame, pixel_arcsec: float, beam_arcsec: float | Sequence[float]
) -> pd.DataFrame:
    """Return ellipses with the given FWHM as Gaussians convolved with the beam."""
    axes = (ellipses["b_maj"], ellipses["b_min"])
    major, minor = ((fwhm / (FWHM * pixel_arcsec)) ** 2 for fwhm in axes)
    beam_xx, beam_xy, beam_yy = beam_covariance(beam_arcsec, pixel_arcsec=pixel_arcsec)
    # Clockwise from due west: west is towards larger columns, and clockwise is down from there.
    cosine, sine = np.cos(np.radians(ellipses["pa"])), -np.sin(np.radians(ellipses["pa"]))
    return pd.DataFrame(
        {
            "x": ellipses["x_cent"],
            "y": ellipses["y_cent"],
            "flux": ellipses["flux"],
            "xx": beam_xx + major * cosine**2 + minor * sine**2,
            "xy": beam_xy + (major - minor) * cosine * sine,
            "yy": beam_yy + major * sine**2 + minor * cosine**2,
        }
    )


def largest_radius(*, pixel_arcsec: float, beam_arcsec: float) -> int:
    """Return the most rows on either side of its centre that a component of the populations can cover."""
    sigma = np.hypot(LARGEST_SIGMA_ARCSEC, beam_arcsec / FWHM) / pixel_arcsec
    return int(np.ceil(sigma * np.sqrt(-2 * np.log(DEEPEST_CUT))))


def correlated_noise(
    seed: tuple[int, ...], columns: int, *, block_rows: int, beam_pixels: float
) -> Iterator[np.ndarray]:
    """Yield noise of standard deviation 1 whose autocorrelation is the beam, in blocks of rows.

    Parameters
    ----------
    seed
        Numbers that, together with the number of a block, seed that block.
    columns
        Width of the image.
    block_rows
        Rows of a block.
    beam_pixels
        FWHM of the circular beam.

    Yields
    ------
    2D float32 ndarray, shape (block_rows, columns)
    """
    # As in an interferometer, the autocorrelation is the beam, so the kernel is narrower by sqrt(2).
    sigma = beam_pixels / FWHM / np.sqrt(2)
    half = int(np.ceil(NOISE_SIGMAS * sigma))
    kernel = np.exp(-0.5 * (np.arange(-half, half + 1) / sigma) ** 2)
    kernel /= np.sqrt((kernel**2).sum())

    def smoothed_along_rows(number: int) -> np.ndarray:
        white = np.random.default_rng([*seed, number]).standard_normal(
            (block_rows, columns + 2 * half), dtype=np.float32
        )
        return correlate1d(white, kernel, axis=1)[:, half:-half]

    before, here = smoothed_along_rows(0), smoothed_along_rows(1)
    for number in count(2):
        after = smoothed_along_rows(number)
        stack = np.concatenate([before[-half:], here, after[:half]])
        yield correlate1d(stack, kernel, axis=0)[half:-half]
        before, here = here, after


def primary_beam_at(sine: np.ndarray, frequency_mhz: float) -> np.ndarray:
    """Return the primary beam, the Airy pattern of a dish, relative to the centre.

    Parameters
    ----------
    sine : ndarray
        Sine of the distance from the centre: the distance in the plane of a SIN projection, radians.
    frequency_mhz
        Frequency, MHz.
    """
    phase = np.maximum(np.pi * DISH_METRES * frequency_mhz / 299.792458 * sine, 1e-6)
    return (2 * j1(phase) / phase) ** 2


class Canvas:
    """A ring buffer for some rows of an image: the slot of a row is its number modulo the height of the ring.

    Parameters
    ----------
    shape
        Rows and columns of the whole image.
    block_rows
        Rows of a block. Components must be painted block by block, in the order of their centres.
    reach
        Rows on either side of its centre that a component may cover.
    """

    def __init__(self, shape: tuple[int, int], *, block_rows: int, reach: int):
        self.shape = shape
        self.lag_blocks = -(-reach // block_rows)
        """Number of later blocks to paint before a block is complete."""
        self._reach = self.lag_blocks * block_rows
        self._ring = np.zeros((2 * self._reach + block_rows, shape[1]), dtype=np.float32)

    def paint(self, components: pd.DataFrame, *, beam_pixels: float, faintest: float) -> None:
        """Add components to the image.

        Parameters
        ----------
        components
            As `components_of` returns them.
        beam_pixels
            FWHM of the beam, pixels.
        faintest
            Brightness below which the outskirts of a component may be cut off, Jy/beam.
        """
        determinant = components["xx"] * components["yy"] - components["xy"] ** 2
        peak = components["flux"] * (beam_pixels / FWHM) ** 2 / np.sqrt(determinant)
        cut = np.clip(faintest / peak, DEEPEST_CUT, FAINTEST_CUT)
        radius = np.sqrt(-2 * np.log(cut) * components[["xx", "yy"]].max(axis=1))
        halves = _stamp_sizes(self._reach)
        stamp = np.searchsorted(halves, np.minimum(radius, self._reach))
        table = components.assign(determinant=determinant, log_peak=np.log(peak))
        for index in np.unique(stamp):
            self._paint_stamps(table[stamp == index], halves[index])

    def take(self, rows: tuple[int, int]) -> np.ndarray:
        """Return complete rows (Jy/beam, float32) and clear them."""
        slots = np.arange(*rows) % len(self._ring)
        taken = self._ring[slots]
        self._ring[slots] = 0
        return taken

    def _paint_stamps(self, components: pd.DataFrame, half: int) -> None:
        """Add components with stamps of the same size, in batches of limited size."""
        side = 2 * half + 1
        rows_at_once = min(side, BATCH_PIXELS // side)
        sources_at_once = BATCH_PIXELS // (side * rows_at_once)
        offsets = np.arange(-half, half + 1)
        for start in range(0, len(components), sources_at_once):
            batch = components.iloc[start : start + sources_at_once]
            columns = {name: batch[name].to_numpy()[:, None] for name in batch}
            for first in range(0, side, rows_at_once):
                self._paint_batch(columns, offsets[first : first + rows_at_once], offsets)

    def _paint_batch(
        self, batch: dict[str, np.ndarray], row_offsets: np.ndarray, column_offsets: np.ndarray
    ) -> None:
        """Add the given rows and columns of the stamps of components, whose columns have shape (n, 1)."""
        rows = np.rint(batch["y"]).astype(np.intp) + row_offsets
        columns = np.rint(batch["x"]).astype(np.intp) + column_offsets
        dy, dx = rows - batch["y"], columns - batch["x"]
        along_y = -0.5 * batch["xx"] / batch["determinant"] * dy**2
        along_x = -0.5 * batch["yy"] / batch["determinant"] * dx**2 + batch["log_peak"]
        tilt = (batch["xy"] / batch["determinant"] * dy).astype(np.float32)
        values = tilt[:, :, None] * dx.astype(np.float32)[:, None, :]
        # Outside the image the logarithm is minus infinity, so nothing is added there.
        values += _outside_to_minus_infinity(along_y, rows, self.shape[0])[:, :, None]
        values += _outside_to_minus_infinity(along_x, columns, self.shape[1])[:, None, :]
        np.exp(values, out=values)
        slots = (rows % len(self._ring)) * self.shape[1]
        pixels = slots[:, :, None] + np.clip(columns, 0, self.shape[1] - 1)[:, None, :]
        np.add.at(self._ring.reshape(-1), pixels.reshape(-1), values.reshape(-1))


def _outside_to_minus_infinity(values: np.ndarray, places: np.ndarray, size: int) -> np.ndarray:
    """Return the values in single precision, and minus infinity at places outside the image."""
    return np.where((places >= 0) & (places < size), values, -np.inf).astype(np.float32)


def _stamp_sizes(largest: int) -> np.ndarray:
    """Return half sizes of stamps in pixels, in steps of at most an eighth, so that few pixels are wasted."""
    sizes = np.unique(np.ceil(np.geomspace(2, largest, int(np.log(largest / 2) / np.log(1.125)) + 2)))
    return sizes.astype(int)
