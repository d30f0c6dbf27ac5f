"""Run PyBDSF on a tile with the noise map of the workflow."""

from __future__ import annotations

import json
import logging
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS

from radiofind.catalogues.detections import Found, complete, give_up, reason_to_skip
from radiofind.catalogues.quality import UNFITTED
from radiofind.finders.islands import (
    describe_islands,
    find_large_islands,
    measure_islands,
    number_islands,
)
from radiofind.finders.pybdsf_shapes import DEG, SHAPE_COLUMNS, shapes_on_sky
from radiofind.jobs.memory_log import log_peak_of_program
from radiofind.mosaics.box import Box
from radiofind.mosaics.field import Field

logger = logging.getLogger(__name__)

GRACE_S = 0.5
"""How long after PyBDSF a signal to the whole job may reach this process."""
FITTABLE_BEAM_AREAS = 25.0
"""Area of the widest Gaussian that PyBDSF accepts by default (``flag_maxsize_bm``), in areas of the beam: a
larger island without a Gaussian is measured from its pixels."""
RA_DEC = (180.0, 0.0)
"""Position of the image written for PyBDSF (deg): far from the poles and from RA 0."""
FREQUENCY_HZ = 1.4e9
"""Frequency of the image written for PyBDSF; no detection depends on it."""
FITTED = {
    "Peak_flux": ("apparent_peak_flux", 1.0),
    "E_Peak_flux": ("e_apparent_peak_flux", 1.0),
    "Total_flux": ("apparent_total_flux", 1.0),
    "E_Total_flux": ("e_apparent_total_flux", 1.0),
    "E_RA": ("e_x", DEG),
    "E_DEC": ("e_y", DEG),
    "Isl_rms": ("island_rms", 1.0),
    "Isl_mean": ("island_mean", 1.0),
    "Isl_id": ("island", 1),
}
"""Columns of PyBDSF with their names here and the factors to the units here (Jy, and pixels for errors)."""


def find_sources(
    sky: Field,
    *,
    finder: str,
    options: Mapping[str, object],
    time_limit_s: float,
    largest_island_beam_areas: float | None = None,
    rms_box: tuple[int, int] = (1, 1),
    scratch: str | None = None,
) -> Found:
    """Return the sources and Gaussians that PyBDSF finds in a tile.

    Parameters
    ----------
    sky
        The tile with its noise.
    finder
        Name of the finder.
    options
        Options of ``process_image``, except those that the workflow sets.
    time_limit_s
        Time after which PyBDSF is stopped, in seconds.
    largest_island_beam_areas
        Area of the largest island that PyBDSF fits, in areas of the beam; None for no limit.
    rms_box
        Box and step in pixels with which PyBDSF measures the noise of its wavelet images.
    scratch
        Folder for PyBDSF's temporary files; by default that of the system.

    Returns
    -------
    Found
        Without rows and with a reason if PyBDSF fails, exceeds its time limit, or finds nothing.

    Raises
    ------
    RuntimeError
        If PyBDSF was killed from outside, for example for its memory: the tile is not to blame.
    """
    reason = reason_to_skip(sky.pixels, sky.rms)
    if reason:
        return Found(reason=reason)
    large = find_large_islands(sky, options, largest_beam_areas=largest_island_beam_areas)
    with TemporaryDirectory(dir=scratch) as name:
        folder = Path(name)
        _write_inputs(sky, ~large, options, rms_box, folder)
        reason = _run(folder, time_limit_s)
        if reason:
            return give_up(reason)
        return _read_outputs(sky, large, finder, folder)


def _write_inputs(
    sky: Field, wanted: np.ndarray, options: Mapping[str, object], rms_box: tuple[int, int], folder: Path
) -> None:
    """Write the image, the maps and the options for PyBDSF; pixels not wanted or without noise are blank."""
    usable = np.isfinite(sky.pixels) & (sky.rms > 0) & wanted
    planes = {
        "image": np.where(usable, sky.pixels, np.nan),
        "mean": np.where(usable, sky.mean, 0),
        "rms": np.where(usable, sky.rms, np.nanmedian(sky.rms)),
    }
    cards = _plain_wcs(sky.tile.box).to_header()
    for name, plane in planes.items():
        pixels = np.asarray(plane, dtype=np.float32)[np.newaxis, np.newaxis]
        fits.PrimaryHDU(pixels, header=cards).writeto(folder / f"{name}.fits")
    beam, pixel = sky.header.plain_beam, sky.header.pixel_arcsec
    # PyBDSF discards the given noise map if the box is larger than a quarter of the tile.
    largest = max(min(sky.tile.box.shape) // 4, 1)
    owned = {
        "rmsmean_map_filename": ["mean.fits", "rms.fits"],
        "rms_map": True,
        "mean_map": "map" if np.any(planes["mean"]) else "zero",
        "rms_box": [min(side, largest) for side in rms_box],
        "adaptive_rms_box": False,
        "thresh": "hard",
        "beam": (
            beam.major_arcsec / pixel / DEG,
            beam.minor_arcsec / pixel / DEG,
            beam.position_angle_deg,
        ),
        "frequency": FREQUENCY_HZ,
        "ncores": 1,
        "quiet": True,
    }
    (folder / "options.json").write_text(json.dumps({**options, **owned}))


def _plain_wcs(box: Box) -> WCS:
    """Return arbitrary coordinates with pixels of one arcsec, for PyBDSF.

    PyBDSF takes the pixel size from CDELT whatever a CD or PC matrix says, and measures the angle of the beam
    from the pixel axis. So it never sees the coordinates of the mosaic: it measures in pixels, and `_convert`
    transforms its measurements to the sky.
    """
    wcs = WCS(naxis=4)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN", "FREQ", "STOKES"]
    wcs.wcs.cunit = ["deg", "deg", "Hz", ""]
    wcs.wcs.crpix = [(box.x1 - box.x0) / 2, (box.y1 - box.y0) / 2, 1, 1]
    wcs.wcs.crval = [*RA_DEC, FREQUENCY_HZ, 1]
    wcs.wcs.cdelt = [-1 / DEG, 1 / DEG, 1e6, 1]
    return wcs


def _run(folder: Path, time_limit_s: float) -> str:
    """Run PyBDSF, copy its log to that of the job, and return why it failed, or an empty text."""
    command = [sys.executable, "-P", str(Path(__file__).with_name("pybdsf_process.py")), str(folder)]
    try:
        code = subprocess.run(command, timeout=time_limit_s, check=False).returncode
    except subprocess.TimeoutExpired:
        return f"PyBDSF did not end within {time_limit_s:g} s"
    finally:
        for log in folder.glob("*.log"):
            logger.info("log of PyBDSF\n%s", log.read_text(errors="replace"))
        log_peak_of_program("PyBDSF")
    error = folder / "error.txt"
    if error.exists():
        return f"PyBDSF: {error.read_text()}"
    if -code in (signal.SIGINT, signal.SIGTERM):
        # A signal to the whole job reaches this process, too, perhaps a little later.
        time.sleep(GRACE_S)
    if code > 0 or -code in (signal.SIGINT, signal.SIGKILL, signal.SIGTERM):
        raise RuntimeError(f"PyBDSF was killed or failed to start (exit code {code}); see the log")
    return f"PyBDSF crashed with signal {-code}" if code else ""


def _read_outputs(sky: Field, large: np.ndarray, finder: str, folder: Path) -> Found:
    """Return the detections and components in PyBDSF's files, and the large islands that it was not given."""
    sources, components = (_read_table(folder / f"{name}.fits") for name in ("sources", "components"))
    labels = number_islands(np.load(folder / "islands.npy", allow_pickle=False), large)
    of_islands = describe_islands(labels, sky)
    sources["n_components"] = sources["Source_id"].map(components.groupby("Source_id").size()).fillna(0)
    measured = _measure_unfitted(_convert(sources, of_islands, sky), sky)
    unfitted = of_islands.loc[of_islands.index.difference(measured["island"])]
    large = unfitted.index[unfitted["island_pixels"] > FITTABLE_BEAM_AREAS * sky.beam_area_pixels]
    from_pixels = measure_islands(labels, large, sky).join(of_islands, on="island")
    detections = complete(pd.concat([measured, from_pixels]), sky=sky, finder=finder)
    if detections.empty:
        return Found(reason="no source found")
    ids = detections["source_id"].to_numpy()[: len(measured)]
    parents = pd.Series(ids, index=sources["Source_id"].loc[measured.index])
    gaussians = _convert(components, of_islands, sky)
    gaussians["source_id"] = parents.reindex(components["Source_id"]).to_numpy()
    islands = detections.set_index("source_id")["island_id"]
    gaussians["island_id"] = islands.reindex(gaussians["source_id"]).fillna("").to_numpy()
    return Found(detections=detections, components=complete(gaussians, sky=sky, finder=finder))


def _read_table(path: Path) -> pd.DataFrame:
    """Return a table of PyBDSF, with all columns even if PyBDSF wrote no table or an empty one."""
    table = Table.read(path).to_pandas() if path.exists() else pd.DataFrame()
    if len(table):
        return table.assign(S_Code=table["S_Code"].str.decode("ascii").str.strip())
    numbers = ("Source_id", "RA", "DEC", *FITTED, *SHAPE_COLUMNS)
    return pd.DataFrame({name: pd.Series(dtype=float) for name in numbers} | {"S_Code": pd.Series(dtype=str)})


def _convert(table: pd.DataFrame, islands: pd.DataFrame, sky: Field) -> pd.DataFrame:
    """Return a table of PyBDSF with the column names and units of a detection table."""
    measured = pd.DataFrame({name: table[key] * factor for key, (name, factor) in FITTED.items()})
    measured["n_components"] = table.get("n_components", 1)
    measured["source_code"] = table["S_Code"]
    x, y = _plain_wcs(sky.tile.box).celestial.wcs_world2pix(table["RA"], table["DEC"], 0)
    x, y = x + sky.tile.box.x0, y + sky.tile.box.y0
    to_sky = sky.header.coordinates.jacobian(x, y)
    variances = measured[["e_x", "e_y"]].to_numpy() ** 2
    e_ra, e_dec = np.sqrt(np.einsum("nij,nj->ni", to_sky**2, variances)).T
    measured = measured.drop(columns=["e_x", "e_y"]).assign(x=x, y=y, e_ra=e_ra, e_dec=e_dec)
    beams = sky.header.beam_pixels_at(x, y)
    # Fluxes and deconvolution of PyBDSF assume a beam of constant size in pixels, not on the sky.
    shapes = shapes_on_sky(table, to_sky, excess_beam=sky.header.beam_pixels - beams)
    measured = pd.concat([measured, shapes], axis=1)
    for flux in ("apparent_total_flux", "e_apparent_total_flux"):
        measured[flux] *= np.sqrt(np.linalg.det(sky.header.beam_pixels) / np.linalg.det(beams))
    nowhere = {"crossings": "", "at_edge": False, "at_blank": False}
    return measured.join(islands, on="island").fillna(nowhere)


def _measure_unfitted(measured: pd.DataFrame, sky: Field) -> pd.DataFrame:
    """Return the sources and those small islands without a Gaussian that touch the edge of a tile.

    PyBDSF rejects Gaussians centred outside their island, which happens where a tile cuts an island. The
    merge needs such islands, with the flux of their pixels and no size, so that no source is lost.
    """
    unfitted = measured["n_components"] == 0
    small = measured["island_pixels"] <= FITTABLE_BEAM_AREAS * sky.beam_area_pixels
    measured = measured[~unfitted | small & (measured["crossings"] != "")].copy()
    unfitted = measured["n_components"] == 0
    beams = sky.header.beam_pixels_at(measured["x"].to_numpy(), measured["y"].to_numpy())
    flux = measured["island_sum"] / (2 * np.pi * np.sqrt(np.linalg.det(beams)))
    measured["apparent_total_flux"] = measured["apparent_total_flux"].mask(unfitted, flux)
    fitted = measured.groupby("island")["apparent_total_flux"].transform("sum")
    measured["fitted"] = fitted / flux
    unknown = [name for name in measured if name.startswith(("e_", "major", "minor", "position", "dc_"))]
    measured.loc[unfitted, unknown] = np.nan
    measured["flags"] = np.where(unfitted, UNFITTED, "")
    measured["source_code"] = measured["source_code"].mask(unfitted, "")
    return measured
