"""Draw the Gaussians of a catalogue: the model of a mosaic, and what is left without it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from radiofind.mosaics.box import Box
from radiofind.mosaics.gaussians import covariance_of
from radiofind.mosaics.images import ImageHeader, read_pixels
from radiofind.mosaics.mosaic_images import mosaic_image

BLOCK_PIXELS = 1000
"""Side of the squares that are drawn one after the other."""
REACH = 5.0
"""How far a Gaussian is drawn, in standard deviations: its brightness has fallen to 4e-6 of the peak."""


def write_model_images(
    components: pd.DataFrame, header: ImageHeader, *, model: str | Path, residual: str | Path
) -> None:
    """Write the model of a mosaic and the image minus the model, in Jy/beam.

    Parameters
    ----------
    components
        Columns `columns.COMPONENT`. Their apparent fluxes are drawn, those of the image.
    header
        The mosaic.
    model, residual
        The FITS files to make. Blank pixels of the image are blank in the residual.
    """
    shapes = _shapes_in_pixels(components, header)
    with mosaic_image(model, header) as write_model, mosaic_image(residual, header) as write_residual:
        for box in _squares(header.shape):
            drawn = draw_gaussians(components, shapes, box)
            write_model(box, drawn)
            write_residual(box, read_pixels(header, box) - drawn)


def draw_gaussians(components: pd.DataFrame, shapes: np.ndarray, box: Box) -> np.ndarray:
    """Return the sum of Gaussians over a box.

    Parameters
    ----------
    components
        Columns ``x``, ``y`` and ``apparent_peak_flux``, n rows.
    shapes
        Their covariances over (x, y) in pixels^2, shape (n, 2, 2).
    box
        The pixels to draw.

    Returns
    -------
    2D float64 ndarray
        Jy/beam, shape `box.shape`.
    """
    reach = REACH * np.sqrt(np.diagonal(shapes, axis1=1, axis2=2))
    place = components[["x", "y"]].to_numpy()
    first, last = np.ceil(place - reach).astype(int), np.floor(place + reach).astype(int) + 1
    first, last = np.maximum(first, [box.x0, box.y0]), np.minimum(last, [box.x1, box.y1])
    peaks, drawn = components["apparent_peak_flux"].to_numpy(), np.zeros(box.shape)
    for row in np.flatnonzero((first < last).all(axis=1)):
        (x0, y0), (x1, y1) = first[row], last[row]
        dx, dy = np.arange(x0, x1) - place[row, 0], (np.arange(y0, y1) - place[row, 1])[:, np.newaxis]
        (xx, xy), (_, yy) = np.linalg.inv(shapes[row])
        stamp = drawn[y0 - box.y0 : y1 - box.y0, x0 - box.x0 : x1 - box.x0]
        stamp += peaks[row] * np.exp(-0.5 * (xx * dx**2 + 2 * xy * dx * dy + yy * dy**2))
    return drawn


def _shapes_in_pixels(components: pd.DataFrame, header: ImageHeader) -> np.ndarray:
    """Return the covariances of Gaussians over (x, y) in pixels^2; those without a size have the beam."""
    x, y = components["x"].to_numpy(), components["y"].to_numpy()
    sizes = components[["major", "minor", "position_angle"]].to_numpy(float)
    to_pixels = np.linalg.inv(header.coordinates.jacobian(x, y))
    shapes = to_pixels @ covariance_of(*sizes.T) @ np.swapaxes(to_pixels, 1, 2)
    known = (sizes[:, 1] > 0)[:, np.newaxis, np.newaxis]
    return np.where(known, shapes, header.beam_pixels_at(x, y))


def _squares(shape: tuple[int, int]) -> Iterator[Box]:
    """Yield boxes that cover a mosaic."""
    rows, columns = shape
    for y0 in range(0, rows, BLOCK_PIXELS):
        for x0 in range(0, columns, BLOCK_PIXELS):
            yield Box(x0, min(x0 + BLOCK_PIXELS, columns), y0, min(y0 + BLOCK_PIXELS, rows))
