"""Invent mosaics that overlap, and what a finder detects on them."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from astropy.io import fits
from cdshealpix import ring

from radiofind.catalogues.catalogue_files import write_catalogue
from radiofind.catalogues.class_columns import columns_of
from radiofind.catalogues.columns import CATALOGUE, conform
from radiofind.catalogues.detections import DEFAULTS, name_sources
from radiofind.files import read_metadata
from radiofind.survey.footprints import Footprint, read_footprint
from radiofind.survey.inputs import CORE, SurveyInput, read_survey
from radiofind.survey.merging import write_survey

PIXEL = 60.0
"""Arcsec."""
BEAM = 180.0
"""Arcsec."""
SIDE = 101
"""Rows and columns of a mosaic, 1.7 degrees."""


def make_mosaic(
    folder, name, ra, dec, *, side=SIDE, blank=0.0, projection="SIN", frequency_hz=144e6, **given
) -> Footprint:
    """Write the rms of a mosaic, NaN further from its centre than 1 - `blank` times half of its side."""
    rows, columns = np.indices((side, side)) - (side - 1) / 2
    rms = np.full((side, side), 1e-4, dtype=np.float32)
    if blank:
        rms[np.hypot(rows, columns) > (1 - blank) * side / 2] = np.nan
    cards = fits.Header()
    for axis, (kind, centre, step) in enumerate((("RA--", ra, -PIXEL), ("DEC-", dec, PIXEL)), 1):
        cards[f"CTYPE{axis}"], cards[f"CRVAL{axis}"] = f"{kind}-{projection}", centre
        cards[f"CDELT{axis}"], cards[f"CRPIX{axis}"] = step / 3600, (side + 1) / 2
    cards["BMAJ"], cards["BMIN"], cards["BPA"] = BEAM / 3600, BEAM / 3600, 0.0
    cards["RESTFRQ"], cards["BUNIT"] = frequency_hz, "Jy/beam"
    fits.writeto(folder / f"{name}.fits", rms, cards)
    return read_footprint(name, folder / f"{name}.fits", **given)


def make_weight(path, footprint, weight, *, axes=2) -> str:
    """Write the weight of a mosaic: a function of the distances (deg) to the east and north of its centre."""
    rows, columns = footprint.rms.shape
    y, x = (np.indices((rows, columns)) - (SIDE - 1) / 2) * PIXEL / 3600
    cards = footprint.rms.coordinates.cards()
    for axis, kind in list({3: "FREQ", 4: "STOKES"}.items())[: axes - 2]:
        cards[f"CTYPE{axis}"], cards[f"CRVAL{axis}"], cards[f"CDELT{axis}"] = kind, 1.0, 1.0
    fits.writeto(path, weight(-x, y).astype(np.float32).reshape((1,) * (axes - 2) + (rows, columns)), cards)
    return str(path)


def scatter_sources(rng, number, *, ra, dec, radius_deg) -> pd.DataFrame:
    """Return sources at random positions around a place, no two within two beams of each other."""
    step = 2 * BEAM / 3600
    cells = int(2 * radius_deg / step)
    chosen = rng.choice(cells * cells, number, replace=False)
    x, y = step * (np.array(np.divmod(chosen, cells)) * 1.0 - cells / 2) + rng.uniform(
        0, step / 9, (2, number)
    )
    return _around(x, y, ra, dec).assign(source=np.arange(number), flux=10 ** rng.uniform(-2, 0, number))


def _around(x, y, ra, dec) -> pd.DataFrame:
    """Return the positions at offsets (deg) to the east and north of a place, on a plane that touches it."""
    ra0, dec0 = np.deg2rad([ra, dec])
    x, y = np.deg2rad(x), np.deg2rad(y)
    down = np.cos(dec0) - y * np.sin(dec0)
    found_ra = ra0 + np.arctan2(x, down)
    found_dec = np.arctan2(np.sin(dec0) + y * np.cos(dec0), np.hypot(x, down))
    return pd.DataFrame({"ra": np.rad2deg(found_ra) % 360, "dec": np.rad2deg(found_dec)})


def detect(sources, footprint, rng, *, error_arcsec=3.0, missed=()) -> pd.DataFrame:
    """Return what a finder detects on a mosaic: all sources on its pixels, with errors of position and flux.

    The column ``source`` tells which source a row is.
    """
    seen = sources[
        footprint.searched_at(sources["ra"].to_numpy(), sources["dec"].to_numpy())
        & ~sources["source"].isin(missed)
    ].reset_index(drop=True)
    east, north = rng.normal(0, error_arcsec / 3600, (2, len(seen)))
    dec = seen["dec"] + north
    ra = (seen["ra"] + east / np.cos(np.deg2rad(dec))) % 360
    flux = seen["flux"] * rng.normal(1, 0.02, len(seen))
    return catalogue(footprint.mosaic, ra, dec, flux=flux, e_ra=error_arcsec, e_dec=error_arcsec).assign(
        source=seen["source"]
    )


def catalogue(mosaic, ra, dec, *, flux=1.0, **columns) -> pd.DataFrame:
    """Return the catalogue of a mosaic."""
    ra, dec = np.broadcast_arrays(np.atleast_1d(ra).astype(float), np.asarray(dec, dtype=float))
    fluxes = {
        f"{apparent}{kind}": flux for apparent in ("", "apparent_") for kind in ("peak_flux", "total_flux")
    }
    given = {"ra": ra, "dec": dec, "mosaic": mosaic, "finder": "f", "tile": "y000x000"}
    sizes = {"major": BEAM, "minor": BEAM, "e_ra": 1.0, "e_dec": 1.0}
    values = {**DEFAULTS, **sizes, **fluxes, **given, "source_id": name_sources(ra, dec), **columns}
    return conform(pd.DataFrame(values, index=range(len(ra))), CATALOGUE)


def centre_in_rings(nside, index):
    """The centre (deg) of a HEALPix cell that is numbered in the order RING."""
    ra, dec = ring.healpix_to_lonlat(np.array([index]), nside)
    return float(ra.deg[0]), float(dec.deg[0])


def write_inputs(catalogues, footprints, folder) -> SurveyInput:
    """Write the catalogues of mosaics, and return what a survey is made of."""
    for name, table in catalogues.items():
        bare = table.drop(columns="source", errors="ignore")
        write_catalogue([bare], folder / f"{name}.parquet", columns=columns_of(bare))
    pd.DataFrame({name: [] for name in ["mosaic", "tile", *CORE]}).to_parquet(folder / "tiles.parquet")
    return read_survey(
        {
            one.mosaic: {name: getattr(one, name) for name in ("centre", "region", "weight")}
            for one in footprints
        },
        [folder / f"{one.mosaic}.parquet" for one in footprints],
        [one.rms.path for one in footprints],
        tiles=folder / "tiles.parquet",
    )


def merge(catalogues, footprints, *, prefix="TEST", **options) -> tuple[pd.DataFrame, dict]:
    """Return the survey made of catalogues, and what is said of it."""
    with TemporaryDirectory() as folder:
        given, path = write_inputs(catalogues, footprints, Path(folder)), Path(folder) / "survey.parquet"
        write_survey(given, path, prefix=prefix, frequency_hz=1.4e9, **options)
        return pd.read_parquet(path), read_metadata(path)["survey"]
