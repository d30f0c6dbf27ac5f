"""Read the fake sources of all mosaics of a survey, each where its mosaic owns the sky."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from radiofind.evaluation.count_corrections import FakeSources
from radiofind.mosaics.injections import DOUBLE
from radiofind.mosaics.primary_beams import beam_sampler
from radiofind.survey.footprints import Footprint, owners_of

COLUMNS = ["mosaic", "ra", "dec", "shape", "size", "rms", "injected_snr", "found", "found_flux"]
"""What is read of each source."""


def read_fake_sources(
    paths: Iterable[str], footprints: Sequence[Footprint], *, beams: Mapping[str, str | None]
) -> pd.DataFrame:
    """Return the fake sources of a survey, as its primary rows are chosen: one mosaic for each place.

    Parameters
    ----------
    paths
        Tables of fake sources of each mosaic (see `completeness.measure_completeness`).
    footprints
        The mosaics.
    beams
        Image of the primary beam by mosaic, by which noise and fluxes are divided; None for none. Where it is
        not positive, sources have no flux and are left out.

    Returns
    -------
    pandas.DataFrame
        The columns `COLUMNS`, and ``area``, for which each source stands: that of the beam of its mosaic in
        arcsec^2. Noise and fluxes are those after the primary beam.
    """
    parts = [_on_the_sky(pd.read_parquet(path, columns=COLUMNS), footprints, beams) for path in paths]
    empty = pd.DataFrame(columns=[*COLUMNS, "area"])
    return pd.concat([part for part in parts if len(part)] or [empty], ignore_index=True)


def without_doubles(table: pd.DataFrame) -> pd.DataFrame:
    """Return the fake sources that a catalogue counts as one: points and extended ones.

    If a double is found as two sources, they are two in the counts of the catalogue.
    """
    return table[table["shape"] != DOUBLE]


def fluxes_of(table: pd.DataFrame, *, slope: float, flux_snr: tuple[float, float]) -> FakeSources:
    """Return fluxes and noise of fake sources.

    Parameters
    ----------
    table
        As `read_fake_sources` returns it.
    slope, flux_snr
        As they were injected (see `injections.Injections`).
    """
    return FakeSources(
        rms=table["rms"].to_numpy(float),
        snr=table["injected_snr"].to_numpy(float),
        found_flux=table["found_flux"].where(table["found"].astype(bool)).to_numpy(float),
        area=table["area"].to_numpy(float),
        slope=slope,
        flux_snr=flux_snr,
    )


def _on_the_sky(
    table: pd.DataFrame, footprints: Sequence[Footprint], beams: Mapping[str, str | None]
) -> pd.DataFrame:
    """Return the sources of a mosaic that it owns, with noise and fluxes divided by its primary beam."""
    if table.empty:
        return table
    mosaic = table["mosaic"].iloc[0]
    ra, dec = (table[name].to_numpy(float) for name in ("ra", "dec"))
    names = np.array([one.mosaic for one in footprints])
    owner = owners_of(ra, dec, footprints)
    beam = beam_sampler(beams[mosaic])(ra, dec)
    owned = (owner >= 0) & (names[owner] == mosaic) & (beam > 0)
    divided = {name: table[name] / beam for name in ("rms", "found_flux")}
    (area,) = (one.beam_arcsec**2 for one in footprints if one.mosaic == mosaic)
    return table.assign(**divided, area=area)[owned]
