"""Match the sources of a field at two frequencies, and measure their spectral indices."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from astropy import units
from astropy.coordinates import SkyCoord, search_around_sky

from radiofind.catalogues.columns import SPECTRAL, conform, empty
from radiofind.evaluation.matching import Pairs, closest_first
from radiofind.files import read_metadata


def measure_spectral_indices(path: str | Path, others: Sequence[str | Path]) -> pd.DataFrame:
    """Return the spectral indices between a catalogue and that of the most different frequency.

    Parameters
    ----------
    path
        The catalogue of a mosaic.
    others
        What the same finder found in other mosaics of the field.

    Returns
    -------
    pandas.DataFrame
        Columns `columns.SPECTRAL`; no rows if all frequencies are the same. Sources match within half of
        the larger beam.
    """
    image, *images = (read_metadata(one)["image"] for one in (path, *others))
    apart = [abs(np.log(other["FREQ"] / image["FREQ"])) for other in images]
    if not any(apart):
        return empty(SPECTRAL)
    chosen = int(np.argmax(apart))
    beams_deg = [np.sqrt(one["BMAJ"] * one["BMIN"]) for one in (image, images[chosen])]
    return spectral_index_table(
        pd.read_parquet(path),
        pd.read_parquet(others[chosen]),
        frequencies_hz=(image["FREQ"], images[chosen]["FREQ"]),
        radius_arcsec=3600 * max(beams_deg) / 2,
    )


def spectral_index_table(
    catalogue: pd.DataFrame,
    other: pd.DataFrame,
    *,
    frequencies_hz: tuple[float, float],
    radius_arcsec: float,
) -> pd.DataFrame:
    """Return the sources found at both frequencies, with their spectral indices.

    Parameters
    ----------
    catalogue, other, frequencies_hz, radius_arcsec
        As for `spectral_index_of`.

    Returns
    -------
    pandas.DataFrame
        Columns `columns.SPECTRAL`, in the order of the catalogue. Errors are those of the fluxes, without
        those of the flux scales.
    """
    index = spectral_index_of(catalogue, other, frequencies_hz=frequencies_hz, radius_arcsec=radius_arcsec)
    pairs = _pairs_on_sky(catalogue, other, radius_arcsec=radius_arcsec)
    mine, theirs = (
        table.iloc[rows].reset_index(drop=True)
        for table, rows in ((catalogue, pairs.truth), (other, pairs.detection))
    )
    relative = [table["e_total_flux"] / table["total_flux"] for table in (mine, theirs)]
    matched = mine.assign(
        spectral_index=index[pairs.truth],
        e_spectral_index=np.hypot(*relative) / abs(np.log(frequencies_hz[0] / frequencies_hz[1])),
        separation=pairs.distance,
        **{f"other_{name}": theirs[name] for name in ("mosaic", "source_id", "total_flux", "e_total_flux")},
    )
    return conform(matched.iloc[np.argsort(pairs.truth)], SPECTRAL).reset_index(drop=True)


def spectral_index_of(
    catalogue: pd.DataFrame,
    other: pd.DataFrame,
    *,
    frequencies_hz: tuple[float, float],
    radius_arcsec: float,
) -> np.ndarray:
    """Return the spectral index alpha of each source, from total fluxes S ~ nu^alpha at two frequencies.

    Parameters
    ----------
    catalogue
        The sources, n rows.
    other
        What the same finder found in the mosaic of the same field at another frequency.
    frequencies_hz
        Of the two catalogues.
    radius_arcsec
        Largest distance of two positions of one source, for example half the larger of the two beams.
        Matches are one-to-one, closest pairs first.

    Returns
    -------
    numpy.ndarray, shape (n,)
        NaN for sources without a partner, and where a flux is not positive.

    Raises
    ------
    ValueError
        If the frequencies are not two different positive numbers.
    """
    first, second = frequencies_hz
    if not (first > 0 and second > 0 and first != second):
        raise ValueError(f"a spectral index needs two different frequencies, not {first:g} and {second:g} Hz")
    pairs = _pairs_on_sky(catalogue, other, radius_arcsec=radius_arcsec)
    flux = logarithm(catalogue["total_flux"])[pairs.truth]
    other_flux = logarithm(other["total_flux"])[pairs.detection]
    index = np.full(len(catalogue), np.nan)
    index[pairs.truth] = (flux - other_flux) / np.log10(first / second)
    return index


def logarithm(values: pd.Series) -> np.ndarray:
    """Return decimal logarithms; NaN for values that are not positive and finite."""
    numbers = values.to_numpy(float)
    return np.log10(np.where(np.isfinite(numbers) & (numbers > 0), numbers, np.nan))


def _pairs_on_sky(catalogue: pd.DataFrame, other: pd.DataFrame, *, radius_arcsec: float) -> Pairs:
    """Return the matches of two catalogues by their positions on the sky, closest pairs first."""
    one, two = (SkyCoord(table["ra"], table["dec"], unit="deg") for table in (catalogue, other))
    rows, other_rows, separation, _ = search_around_sky(one, two, radius_arcsec * units.arcsec)
    order = np.lexsort((other_rows, rows, separation))
    return closest_first(Pairs(rows[order], other_rows[order], separation.arcsec[order]))
