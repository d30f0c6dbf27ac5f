"""Where a survey has looked, and how deep: cells of the sky, and areas searched to each noise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from mocpy import MOC

from radiofind.files import whole_or_absent
from radiofind.mosaics.box import Box, pixel_of
from radiofind.mosaics.images import ImageHeader, read_pixels
from radiofind.survey.healpix import CELL_DEG2, ORDER, cells_with, centres_of, moc_of, order_for
from radiofind.survey.regions import holds

STRIP_PIXELS = 1_000_000
"""Pixels to read at a time."""
STEPS = 50
"""Steps in a decade of noise: each is 4.7 %."""
WHOLE = "survey"
"""Name of all mosaics together in the table of areas; no mosaic may have it."""
AREAS = {"mosaic": "str", "rms_jy_per_beam": "float64", "area_deg2": "float64"}
"""Columns of the table of areas."""

BeamAt = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Takes right ascension and declination (deg) and returns the primary beam."""


def measure_coverage(rms: ImageHeader, *, beam_at: BeamAt, region: MOC | None = None) -> pd.DataFrame:
    """Return the cells of the sky in which a mosaic was searched, and the noise at their centres.

    Parameters
    ----------
    rms
        Image of the noise of the mosaic; NaN where it was not searched.
    beam_at
        Its primary beam, by which the noise is divided, as fluxes are.
    region
        The part of the sky outside which the mosaic does not count; None for all of it.

    Returns
    -------
    pandas.DataFrame
        ``cell``: numbers of HEALPix cells (see `healpix`), sorted: all with the centre of a searched pixel
        that touch the region.
        ``rms``: Jy/beam, of the pixel at the centre of the cell, NaN where that was not searched, so that the
        cells with a noise have the area of the mosaic together.
    """
    parts = [_cells_in(rms, strip) for strip in _strips(rms.shape)]
    # A cell on two strips has its centre in one of them.
    cells = pd.concat(parts).groupby("cell")["rms"].max().reset_index()
    if region is not None:
        cells = _cells_touching(region, cells)
    beam = beam_at(*centres_of(cells["cell"].to_numpy()))
    with np.errstate(divide="ignore", invalid="ignore"):
        seen = np.where(beam > 0, cells["rms"] / beam, np.nan)
    return cells.assign(rms=seen.astype(np.float32))


def join_coverage(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the cells of all mosaics, each once and with the lowest noise.

    Parameters
    ----------
    tables
        What `measure_coverage` returned, by mosaic.
    """
    empty = pd.DataFrame({"cell": pd.Series(dtype="int64"), "rms": pd.Series(dtype="float32")})
    return pd.concat([empty, *tables.values()]).groupby("cell")["rms"].min().reset_index()


def tabulate_areas(tables: Mapping[str, pd.DataFrame], joined: pd.DataFrame) -> pd.DataFrame:
    """Return the area searched to each noise or a lower one, of the survey and of each mosaic.

    Parameters
    ----------
    tables
        What `measure_coverage` returned, by mosaic.
    joined
        What `join_coverage` returned.

    Returns
    -------
    pandas.DataFrame
        Columns of `AREAS`, the survey first. A mosaic without a valid pixel has no row.
    """
    parts = [_areas(name, table["rms"]) for name, table in {WHOLE: joined, **tables}.items()]
    return pd.concat(parts, ignore_index=True).astype(AREAS)


def write_moc(joined: pd.DataFrame, path: str | Path) -> None:
    """Write the cells of a survey as a MOC in FITS, for Aladin, TOPCAT and mocpy (IVOA MOC 2.0)."""
    with whole_or_absent(path) as temporary:
        moc_of(joined["cell"].to_numpy()).save(temporary, format="fits", v1_compatible=True)


def _strips(shape: tuple[int, int]) -> Iterator[Box]:
    """Yield an image in strips of whole rows."""
    rows, columns = shape
    height = max(STRIP_PIXELS // columns, 1)
    for y0 in range(0, rows, height):
        yield Box(0, columns, y0, min(y0 + height, rows))


def _cells_in(rms: ImageHeader, strip: Box) -> pd.DataFrame:
    """Return the cells in which a strip of a mosaic was searched, with the noise at centres in the strip."""
    pixels = read_pixels(rms, strip)
    row, column = np.nonzero(np.isfinite(pixels))
    ra, dec = rms.coordinates.to_sky(column + strip.x0, row + strip.y0)
    on_sky = np.isfinite(ra) & np.isfinite(dec)
    cells = cells_with(ra[on_sky], dec[on_sky], order=order_for(rms.pixel_arcsec))
    x, y = rms.coordinates.to_pixels(*centres_of(cells))
    inside = strip.holds(x, y)
    noise = np.full(len(cells), np.nan, dtype=np.float32)
    at = pixel_of(y[inside]).astype(int) - strip.y0, pixel_of(x[inside]).astype(int) - strip.x0
    noise[inside] = pixels[at]
    return pd.DataFrame({"cell": cells, "rms": noise})


def _cells_touching(region: MOC, cells: pd.DataFrame) -> pd.DataFrame:
    """Return the cells that touch a region; those whose centre is outside it have no noise."""
    centres = centres_of(cells["cell"].to_numpy())
    counted = cells.assign(rms=cells["rms"].where(holds(region, *centres)))
    touched = region.degrade_to_order(ORDER) if region.max_order > ORDER else region
    return counted[holds(touched, *centres)].reset_index(drop=True)


def _areas(name: str, rms: pd.Series) -> pd.DataFrame:
    """Return the area searched to each noise or a lower one, at steps that are the same for all mosaics."""
    known = np.sort(rms[rms > 0].to_numpy(dtype=float))
    if not len(known):
        return pd.DataFrame({column: [] for column in AREAS})
    first, last = np.floor(STEPS * np.log10(known[[0, -1]])).astype(int)
    levels = 10 ** (np.arange(first, last + 2) / STEPS)
    return pd.DataFrame(
        {
            "mosaic": name,
            "rms_jy_per_beam": levels,
            "area_deg2": CELL_DEG2 * np.searchsorted(known, levels, side="right"),
        }
    )
