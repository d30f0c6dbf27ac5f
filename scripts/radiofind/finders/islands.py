"""Describe the islands of PyBDSF, and measure those that it cannot fit from their pixels."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd
from scipy.ndimage import label

from radiofind.catalogues.quality import LARGE_ISLAND, near_blank
from radiofind.mosaics.field import Field
from radiofind.mosaics.gaussians import deconvolve, ellipse_of

CONNECTED = np.ones((3, 3), dtype=int)
"""Pixels of an island touch at sides or corners, as in PyBDSF."""
THRESHOLDS = {"thresh_isl": 3.0, "thresh_pix": 5.0}
"""PyBDSF's own thresholds, where the options have none."""
CORRELATED_BEAM_AREAS = 2.0
"""Variance of a sum of noise over that of independent pixels, in areas of the beam: that of white noise
convolved with the beam (SDC1). Noise that is correlated like the beam itself has 1."""
SIZES = ("major", "minor", "position_angle", "dc_major", "dc_minor", "dc_position_angle")


def find_large_islands(
    sky: Field, options: Mapping[str, object], *, largest_beam_areas: float | None
) -> np.ndarray:
    """Return whether each pixel belongs to an island of more beams than the largest to be fitted.

    Parameters
    ----------
    sky
        The tile.
    options
        The options of PyBDSF, whose thresholds define islands.
    largest_beam_areas
        Area of that island, in areas of the beam; None for no limit.
    """
    if largest_beam_areas is None:
        return np.zeros(sky.pixels.shape, dtype=bool)
    thresholds = THRESHOLDS | {key: options[key] for key in THRESHOLDS if options.get(key) is not None}
    with np.errstate(invalid="ignore", divide="ignore"):
        height = np.nan_to_num((sky.pixels - sky.mean) / sky.rms, nan=0, posinf=0, neginf=0)
    islands, count = label(height >= thresholds["thresh_isl"], CONNECTED)
    large = np.bincount(islands.ravel()) > largest_beam_areas * sky.beam_area_pixels
    bright = np.zeros(count + 1, dtype=bool)
    bright[islands[height > thresholds["thresh_pix"]]] = True
    bright[0] = False
    return (large & bright)[islands]


def number_islands(labels: np.ndarray, large: np.ndarray) -> np.ndarray:
    """Return the map of PyBDSF's islands with the large ones, which get the next numbers.

    Parameters
    ----------
    labels
        Number of the island of each pixel, -1 outside; of shape (0, 0) if PyBDSF found none.
    large
        Result of `find_large_islands`.
    """
    labels = labels if labels.size else np.full(large.shape, -1)
    numbers, _ = label(large, CONNECTED)
    return np.where(large, labels.max() + numbers, labels)


def describe_islands(labels: np.ndarray, sky: Field) -> pd.DataFrame:
    """Return what the merge needs to know about each island: its pixels, and where it crosses tile edges.

    Parameters
    ----------
    labels
        2D ndarray over the tile: number of the island, -1 outside islands.
    """
    box = sky.tile.box
    row, column = np.nonzero(labels >= 0)
    pixels = pd.DataFrame({"island": labels[row, column], "x": column + box.x0, "y": row + box.y0})
    pixels["height"] = (sky.pixels - sky.mean)[row, column]
    pixels["at_blank"] = near_blank(sky.pixels, 1)[row, column]
    rows, columns = sky.header.shape
    x, y = pixels["x"], pixels["y"]
    pixels["at_edge"] = x.isin([0, columns - 1]) | y.isin([0, rows - 1])
    pixels["cut"] = (
        ((x == box.x0) & (box.x0 > 0))
        | ((x == box.x1 - 1) & (box.x1 < columns))
        | ((y == box.y0) & (box.y0 > 0))
        | ((y == box.y1 - 1) & (box.y1 < rows))
    )
    by_island = pixels.groupby("island")
    on_edge = pixels[x.isin(sky.edges_x) | y.isin(sky.edges_y)]
    places = on_edge["x"].astype(str) + ":" + on_edge["y"].astype(str)
    crossings = places.groupby(on_edge["island"]).agg(" ".join)
    return pd.DataFrame(
        {
            "island_pixels": by_island.size(),
            "island_sum": by_island["height"].sum(),
            "island_cut": by_island["cut"].any(),
            "crossings": crossings,
            "at_edge": by_island["at_edge"].any(),
            "at_blank": by_island["at_blank"].any(),
        }
    ).fillna({"crossings": ""})


def measure_islands(labels: np.ndarray, numbers: Collection[int], sky: Field) -> pd.DataFrame:
    """Return position, fluxes and shape of islands from the moments of their pixels.

    Parameters
    ----------
    labels
        Number of the island of each pixel.
    numbers
        The islands to measure.
    sky
        The tile.

    Returns
    -------
    pandas.DataFrame
        Columns of a detection table, a row for each island. The position is the centroid of the flux above
        the mean, the size that of a Gaussian with the same second moments.
    """
    rows = [{"island": number, **_measure(*np.nonzero(labels == number), sky)} for number in numbers]
    table = pd.DataFrame(rows) if rows else pd.DataFrame({"island": pd.Series(dtype=int)})
    return table.assign(n_components=0, source_code="", flags=LARGE_ISLAND)


def _measure(row: np.ndarray, column: np.ndarray, sky: Field) -> dict[str, float]:
    """Return the measurements of an island with these pixels."""
    flux, noise = (sky.pixels - sky.mean)[row, column].astype(float), sky.rms[row, column]
    place = np.stack([column + sky.tile.box.x0, row + sky.tile.box.y0])
    centre = np.average(place, axis=1, weights=flux)
    beam = sky.header.beam_pixels_at(*centre[:, np.newaxis])[0]
    to_sky = sky.header.coordinates.jacobian(*centre[:, np.newaxis])[0]
    area, rms, offset = 2 * np.pi * np.sqrt(np.linalg.det(beam)), noise.mean(), place - centre[:, np.newaxis]
    shape = to_sky @ (flux * offset @ offset.T / flux.sum()) @ to_sky.T
    e_place = to_sky @ (offset @ offset.T) @ to_sky.T * CORRELATED_BEAM_AREAS * area * (rms / flux.sum()) ** 2
    sizes = np.ravel([ellipse_of(shape), deconvolve(shape, to_sky @ beam @ to_sky.T)])
    return {
        "x": centre[0],
        "y": centre[1],
        "e_ra": np.sqrt(e_place[0, 0]),
        "e_dec": np.sqrt(e_place[1, 1]),
        "apparent_peak_flux": flux.max(),
        "e_apparent_peak_flux": rms,
        "apparent_total_flux": flux.sum() / area,
        "e_apparent_total_flux": rms * np.sqrt(CORRELATED_BEAM_AREAS * len(flux) / area),
        "island_rms": rms,
        "island_mean": sky.mean[row, column].mean(),
        **dict(zip(SIZES, sizes, strict=True)),
    }
