"""Find sources in a tile as the peaks of the probability map of a network."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.ndimage import binary_erosion

from radiofind.catalogues.detections import Found, complete, reason_to_skip
from radiofind.finders.convosource.binning import Grid, grid_of, pixels_per_beam
from radiofind.finders.convosource.inference import probability_map
from radiofind.finders.convosource.limits import check_halo, fitting_factor
from radiofind.finders.convosource.model import TrainedModel, read_model
from radiofind.finders.fitting import measure_sources
from radiofind.mosaics.box import Box
from radiofind.mosaics.field import Field
from radiofind.mosaics.maxima import is_maximum, vertex_of_parabola
from radiofind.networks.backend import choose_precision, set_up
from radiofind.networks.calibration import calibrate

logger = logging.getLogger(__name__)

TOTAL = ["total_flux", "e_total_flux", "apparent_total_flux", "e_apparent_total_flux", "snr"]
FLOOR = 0.01
"""Lowest probability of a peak, before calibration."""


def start_model(
    network: str | Path, record: str | Path, *, train_snr: float, precision: str, threads: int
) -> TrainedModel:
    """Return a trained network that is ready to search.

    Parameters
    ----------
    network, record
        Its files.
    train_snr
        SNR in the settings of the finder: scores are probabilities of truth above it.
    precision
        ``float32``, ``bfloat16`` or ``auto``.
    threads
        Threads of one operation on a CPU.

    Raises
    ------
    ValueError
        If the network was trained for another SNR or cannot be used.
    """
    set_up(threads=threads, seed=0)
    chosen = choose_precision(precision)
    logger.info("searching with %s in %s", network, chosen)
    model = read_model(network, record, precision=chosen)
    if model.train_snr != train_snr:
        raise ValueError(
            f"{record}: the network was trained with train_snr {model.train_snr:g}, but the finder has "
            f"{train_snr:g}; set train_snr to {model.train_snr:g} or use another network"
        )
    return model


def find_sources(
    sky: Field, *, model: TrainedModel, finder: str, lowest_score: float, flux_scale: str = "image"
) -> Found:
    """Return the sources that a network finds in a tile.

    Parameters
    ----------
    sky
        The tile with its noise.
    model
        The trained network.
    finder
        Name of the finder.
    lowest_score
        Lowest score of a detection.
    flux_scale
        ``image``: total fluxes as measured; ``truth``: divided by the median ratio to the truth of the
        training set.

    Returns
    -------
    Found
        A detection for each local maximum of the probability map that touches neither a blank pixel nor the
        edge of the tile. Position, fluxes and size are fitted to the image around it.

    Raises
    ------
    ModelError
        If the width of the beam in pixels differs too much from that in the training, or the halo of the
        tile is too narrow.
    """
    reason = reason_to_skip(sky.pixels, sky.rms)
    if reason:
        return Found(reason=reason)
    probability, grid = map_tile(sky, model=model)
    # What rises towards a blank pixel would be a maximum beside it.
    peaks = peaks_of(probability, where=binary_erosion(_valid(sky, grid), np.ones((3, 3))))
    peaks = peaks.assign(score=calibrate(model.calibration, peaks["probability"].to_numpy()))
    peaks = peaks[peaks["score"] >= lowest_score].reset_index(drop=True)
    if peaks.empty:
        return Found(reason="no source found")
    x, y = grid.to_mosaic(peaks["x"].to_numpy(), peaks["y"].to_numpy())
    measured = measure_sources(sky, x, y).assign(score=peaks["score"])
    detections = complete(measured, sky=sky, finder=finder)
    if flux_scale == "truth":
        # Only now: flags and `resolved` compare a source with its image.
        detections[TOTAL] /= model.flux_scale
    return Found(detections=detections)


def map_tile(sky: Field, *, model: TrainedModel) -> tuple[np.ndarray, Grid]:
    """Return the probability of a source in each bin of a tile, and the lattice of bins.

    Parameters
    ----------
    sky, model
        As for `find_sources`.

    Returns
    -------
    2D float32 ndarray, Grid
        Zero where the image is blank.
    """
    image, reach = sky.header.path, model.recipe.reach_pixels
    factor = fitting_factor(
        pixels_per_beam(sky.header), wanted=model.pixels_per_beam, recipe=model.recipe.name, image=image
    )
    check_halo(sky.tile, reach_pixels=reach, factor=factor, image=image)
    grid, box = grid_of(sky.tile.box, factor), sky.tile.box
    pixels, mean, rms = (grid.bin(plane, box) for plane in (sky.pixels, sky.mean, sky.rms))
    inputs = model.recipe.scale(pixels, mean, rms)
    probability = probability_map(model.predict, inputs, reach_pixels=reach, turns=model.turns)
    return np.where(_valid(sky, grid), probability, np.float32(0)), grid


def spread_over(box: Box, probability: np.ndarray, grid: Grid) -> np.ndarray:
    """Return a probability map resampled to the pixels of a box; NaN beyond the bins.

    Parameters
    ----------
    box
        The box in mosaic pixels.
    probability, grid
        As `map_tile` returns them.
    """
    row = (np.arange(box.y0, box.y1) - grid.y0) // grid.factor
    column = (np.arange(box.x0, box.x1) - grid.x0) // grid.factor
    rows, columns = probability.shape
    inside = ((row >= 0) & (row < rows))[:, np.newaxis] & ((column >= 0) & (column < columns))
    values = probability[np.clip(row, 0, rows - 1)[:, np.newaxis], np.clip(column, 0, columns - 1)]
    return np.where(inside, values, np.float32(np.nan))


def peaks_of(probability: np.ndarray, *, where: np.ndarray | bool = True) -> pd.DataFrame:
    """Return the local maxima of a probability map.

    Parameters
    ----------
    probability
        2D ndarray.
    where
        Whether a pixel may be one, 2D boolean ndarray; by default all may.

    Returns
    -------
    pandas.DataFrame
        x and y (pixels of the map, refined by a parabola through the logarithms of the neighbours) and
        probability.
    """
    row, column = np.nonzero(is_maximum(probability) & (probability > FLOOR) & where)
    # Mirrored at the edges, so that a peak there stays on its pixel instead of moving off the mosaic.
    logs = np.log(np.pad(probability, 1, mode="reflect") + 1e-6)
    stamps = np.lib.stride_tricks.sliding_window_view(logs, (3, 3))[row, column]
    return pd.DataFrame(
        {
            "x": column + vertex_of_parabola(stamps[:, 1, 0], stamps[:, 1, 1], stamps[:, 1, 2]),
            "y": row + vertex_of_parabola(stamps[:, 0, 1], stamps[:, 1, 1], stamps[:, 2, 1]),
            "probability": probability[row, column].astype(float),
        }
    )


def _valid(sky: Field, grid: Grid) -> np.ndarray:
    """Return which bins of a tile have pixels and noise."""
    pixels, rms = (grid.bin(plane, sky.tile.box) for plane in (sky.pixels, sky.rms))
    return np.isfinite(pixels) & (rms > 0)
