"""Make a detection table from a finder's measurements in one tile."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from radiofind.catalogues.columns import APPARENT, DETECTION, conform, empty
from radiofind.catalogues.quality import flags_of
from radiofind.catalogues.resolved import is_resolved
from radiofind.mosaics.field import Field, value_at

UNMEASURED = {column.name: np.nan for column in DETECTION if column.dtype == "float64"}
DEFAULTS = {
    **UNMEASURED,
    "n_components": 1,
    "flags": "",
    "source_code": "",
    "resolved": False,
    "island_id": "",
    "island": -1,
    "island_pixels": 0,
    "island_cut": False,
    "crossings": "",
}


@dataclass(frozen=True)
class Found:
    """The detections of a finder in one tile."""

    detections: pd.DataFrame = field(default_factory=lambda: empty(DETECTION))
    """One row per source."""
    components: pd.DataFrame = field(default_factory=lambda: empty(DETECTION))
    """One row per Gaussian with the identifier of its source, for finders that fit Gaussians."""
    reason: str = ""
    """Why there are no detections, in words for the report."""
    failed: bool = False
    """Whether the search of the tile failed, so that it is quarantined."""
    warnings: tuple[str, ...] = ()
    """Why the detections are implausible, in words for the report; see `plausibility.check`."""

    @property
    def told(self) -> dict[str, object]:
        """The fields stored in the metadata of the table."""
        return {"reason": self.reason, "failed": self.failed, "warnings": self.warnings}


def give_up(reason: str) -> Found:
    """Return the empty result of a tile whose search failed."""
    return Found(reason=reason, failed=True)


def reason_to_skip(pixels: np.ndarray, rms: np.ndarray) -> str:
    """Return why a tile cannot be searched; empty if it can.

    Parameters
    ----------
    pixels
        2D ndarray, Jy/beam.
    rms
        The noise, same shape.
    """
    valid = pixels[np.isfinite(pixels)]
    if not valid.size:
        return "blank"
    if valid.min() == valid.max():
        return "constant"
    if not (rms[np.isfinite(pixels)] > 0).any():
        return "no noise could be measured"
    return ""


def complete(measured: pd.DataFrame, *, sky: Field, finder: str) -> pd.DataFrame:
    """Return the detection table of a finder's measurements.

    Parameters
    ----------
    measured
        Columns of a detection table: the position as ``x`` and ``y``, the ``apparent_`` fluxes with their
        errors, and any others that the finder measured.
    sky
        The field that was searched.
    finder
        Name of the finder.

    Returns
    -------
    pandas.DataFrame
        All columns of `columns.DETECTION`; fluxes are not yet corrected for the primary beam.
    """
    table = measured.assign(mosaic=sky.mosaic, tile=sky.tile.name, finder=finder)
    table["ra"], table["dec"] = sky.header.coordinates.to_sky(table["x"], table["y"])
    table["ra"] %= 360
    for flux, apparent in APPARENT.items():
        table[flux] = table[apparent]
    table["rms"] = value_at(sky.rms, table["x"], table["y"], sky.tile.box)
    table["snr"] = table["apparent_total_flux"] / table["rms"]
    table["peak_snr"] = table["apparent_peak_flux"] / table["rms"]
    missing = {name: value for name, value in DEFAULTS.items() if name not in table}
    table = table.assign(**missing)
    table["resolved"] = is_resolved(table)
    table["flags"] = flags_of(table, sky)
    if "source_id" not in table:
        table["source_id"] = name_sources(table["ra"].to_numpy(), table["dec"].to_numpy())
        table["island_id"] = name_islands(table)
    return conform(table, DETECTION)


def name_islands(table: pd.DataFrame) -> pd.Series:
    """Return the name of the island of each source, that of its brightest source; empty without islands.

    Parameters
    ----------
    table
        Columns ``source_id``, ``island`` and ``apparent_peak_flux`` of one tile.
    """
    ordered = table.sort_values(["apparent_peak_flux", "source_id"], ascending=[False, True])
    brightest = ordered.groupby("island")["source_id"].first()
    return table["island"].map(brightest).mask(table["island"] < 0, "").astype(str)


def name_sources(ra: np.ndarray, dec: np.ndarray) -> list[str]:
    """Return source names made from positions, such as ``J000123.456-300012.34``.

    Parameters
    ----------
    ra, dec
        Positions in deg.

    Notes
    -----
    The resolution of 15 milliarcsec in right ascension and 10 in declination separates neighbours down to the
    beam of SKA at 9200 MHz; digits are truncated as the IAU recommends. A second source with the same name
    gets the suffix b, and so on.
    """
    hours = _sexagesimal(np.asarray(ra) % 360 % 360 / 15, decimals=3)
    degrees = _sexagesimal(np.abs(dec), decimals=2)
    signs = np.where(np.asarray(dec) < 0, "-", "+")
    names = pd.Series([f"J{''.join(parts)}" for parts in zip(hours, signs, degrees, strict=True)], dtype=str)
    order = np.lexsort((dec, ra))
    repeats = names.iloc[order].groupby(names).cumcount().sort_index()
    return [name + ("" if not n else chr(ord("a") + n)) for name, n in zip(names, repeats, strict=True)]


def _sexagesimal(values: np.ndarray, *, decimals: int) -> list[str]:
    """Return hours or degrees as sexagesimal digits, with the seconds truncated."""
    units = np.floor(values * (3600 * 10**decimals)).astype(np.int64)
    seconds, fraction = np.divmod(units, 10**decimals)
    minutes, seconds = np.divmod(seconds, 60)
    hours, minutes = np.divmod(minutes, 60)
    parts = zip(hours, minutes, seconds, fraction, strict=True)
    return [f"{hour:02d}{minute:02d}{second:02d}.{rest:0{decimals}d}" for hour, minute, second, rest in parts]
