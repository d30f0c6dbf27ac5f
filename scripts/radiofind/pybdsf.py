"""Run PyBDSF on a tile with the noise map of the workflow."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from astropy.table import Table

from radiofind.detections import UNFITTED, Found, complete, give_up, reason_to_skip
from radiofind.fields import Field
from radiofind.tile_images import write_image
from radiofind.usage import log_peak_of_program

logger = logging.getLogger(__name__)

DEG = 3600.0
"""Arcsec in a degree, the unit of PyBDSF's sizes and errors."""
FITTED = {
    "RA": ("ra", 1.0),
    "DEC": ("dec", 1.0),
    "E_RA": ("e_ra", DEG),
    "E_DEC": ("e_dec", DEG),
    "Peak_flux": ("apparent_peak_flux", 1.0),
    "E_Peak_flux": ("e_apparent_peak_flux", 1.0),
    "Total_flux": ("apparent_total_flux", 1.0),
    "E_Total_flux": ("e_apparent_total_flux", 1.0),
    "Maj": ("major", DEG),
    "Min": ("minor", DEG),
    "PA": ("position_angle", 1.0),
    "DC_Maj": ("dc_major", DEG),
    "DC_Min": ("dc_minor", DEG),
    "DC_PA": ("dc_position_angle", 1.0),
    "Isl_id": ("island", 1),
}


def find_sources(
    sky: Field,
    *,
    finder: str,
    options: Mapping[str, object],
    time_limit_s: float,
    rms_box: tuple[int, int] = (1, 1),
    scratch: str | None = None,
) -> Found:
    """Return the sources and Gaussians that PyBDSF finds in a tile.

    Parameters
    ----------
    sky
        Where to search, with its noise.
    finder
        Name of the finder.
    options
        Options of ``process_image``, other than those that the workflow owns.
    time_limit_s
        PyBDSF is stopped after so many seconds.
    rms_box
        Box and step in pixels, with which PyBDSF measures the noise of its wavelet images.
    scratch
        Folder for PyBDSF's files, which are removed; the system's own by default.

    Returns
    -------
    Found
        With a reason and no rows when PyBDSF fails, does not end in time, or finds nothing.

    Raises
    ------
    RuntimeError
        When PyBDSF was killed from outside, for example for its memory: the tile is not to blame.
    """
    reason = reason_to_skip(sky.pixels, sky.rms)
    if reason:
        return Found(reason=reason)
    with TemporaryDirectory(dir=scratch) as name:
        folder = Path(name)
        _write_inputs(sky, options, rms_box, folder)
        reason = _run(folder, time_limit_s)
        if reason:
            return give_up(reason)
        return _read_outputs(sky, finder, folder)


def _write_inputs(sky: Field, options: Mapping[str, object], rms_box: tuple[int, int], folder: Path) -> None:
    """Write the image, the maps and the options; a pixel without noise is blank."""
    usable = np.isfinite(sky.pixels) & (sky.rms > 0)
    planes = {
        "image": np.where(usable, sky.pixels, np.nan),
        "mean": np.where(usable, sky.mean, 0),
        "rms": np.where(usable, sky.rms, np.nanmedian(sky.rms)),
    }
    for name, plane in planes.items():
        write_image({name: plane}, folder / f"{name}.fits", header=sky.header, box=sky.tile.box, n_axes=4)
    beam = sky.header.beam
    # PyBDSF discards our noise map when the box is over a quarter of the tile.
    largest = max(min(sky.tile.box.shape) // 4, 1)
    owned = {
        "rmsmean_map_filename": ["mean.fits", "rms.fits"],
        "rms_map": True,
        "mean_map": "map" if np.any(planes["mean"]) else "zero",
        "rms_box": [min(side, largest) for side in rms_box],
        "adaptive_rms_box": False,
        "thresh": "hard",
        "beam": (beam.major_arcsec / DEG, beam.minor_arcsec / DEG, beam.position_angle_deg),
        "frequency": sky.header.frequency_hz,
        "ncores": 1,
        "quiet": True,
    }
    (folder / "options.json").write_text(json.dumps({**options, **owned}))


def _run(folder: Path, time_limit_s: float) -> str:
    """Run PyBDSF, send its log to ours, and return why it failed, or an empty text."""
    command = [sys.executable, "-P", str(Path(__file__).with_name("run_pybdsf.py")), str(folder)]
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
    if code > 0 or code in (-9, -15):
        raise RuntimeError(f"Expected PyBDSF to end by itself, received exit code {code}; see the log")
    return f"PyBDSF crashed with signal {-code}" if code else ""


def _read_outputs(sky: Field, finder: str, folder: Path) -> Found:
    """Return PyBDSF's tables in the columns of the workflow."""
    sources, components = (_read_table(folder / f"{name}.fits") for name in ("sources", "components"))
    islands = _describe_islands(np.load(folder / "islands.npy", allow_pickle=False), sky)
    sources["n_components"] = sources["Source_id"].map(components.groupby("Source_id").size()).fillna(0)
    measured = _measure_unfitted(_convert(sources, islands), sky)
    detections = complete(measured, sky=sky, finder=finder)
    if detections.empty:
        return Found(reason="no source found")
    parents = pd.Series(detections["source_id"].to_numpy(), index=sources["Source_id"].loc[measured.index])
    gaussians = _convert(components, islands)
    gaussians["source_id"] = parents.reindex(components["Source_id"]).to_numpy()
    return Found(detections=detections, components=complete(gaussians, sky=sky, finder=finder))


def _read_table(path: Path) -> pd.DataFrame:
    """Return a table of PyBDSF, which writes none, or one without columns, when it has no rows."""
    table = Table.read(path).to_pandas() if path.exists() else pd.DataFrame()
    empty = {name: pd.Series(dtype=float) for name in ("Source_id", *FITTED)}
    return table if len(table) else pd.DataFrame(empty)


def _measure_unfitted(measured: pd.DataFrame, sky: Field) -> pd.DataFrame:
    """Return the sources and, of the islands without a Gaussian, those that meet the edge of a tile.

    PyBDSF refuses Gaussians centred outside of an island, as those of an island that the tile cuts may be. So
    that it does not vanish, the merge must see it, with the flux of its pixels and no size.
    """
    unfitted = measured["n_components"] == 0
    measured = measured[~unfitted | (measured["crossings"] != "")].copy()
    unfitted = measured["n_components"] == 0
    beam_area = np.pi / (4 * np.log(2)) * sky.header.beam.major_arcsec * sky.header.beam.minor_arcsec
    beam_pixels = beam_area / sky.header.pixel_arcsec**2
    flux = measured["island_sum"] / beam_pixels
    measured["apparent_total_flux"] = measured["apparent_total_flux"].mask(unfitted, flux)
    unknown = [name for name in measured if name.startswith(("e_", "major", "minor", "position", "dc_"))]
    measured.loc[unfitted, unknown] = np.nan
    measured["flags"] = np.where(unfitted, UNFITTED, "")
    return measured


def _convert(table: pd.DataFrame, islands: pd.DataFrame) -> pd.DataFrame:
    """Return a table of PyBDSF in the names and units of a detection table."""
    measured = pd.DataFrame({name: table[key] * factor for key, (name, factor) in FITTED.items()})
    measured["n_components"] = table.get("n_components", 1)
    return measured.join(islands, on="island").fillna({"crossings": ""})


def _describe_islands(labels: np.ndarray, sky: Field) -> pd.DataFrame:
    """Return for each island what the merge must know of it: its pixels, and where it meets edges of tiles.

    Parameters
    ----------
    labels
        2D ndarray over the tile: number of the island, -1 outside.
    """
    box = sky.tile.box
    row, column = np.nonzero(labels >= 0)
    pixels = pd.DataFrame({"island": labels[row, column], "x": column + box.x0, "y": row + box.y0})
    pixels["height"] = (sky.pixels - sky.mean)[row, column]
    rows, columns = sky.header.shape
    at_edge = (
        ((pixels["x"] == box.x0) & (box.x0 > 0))
        | ((pixels["x"] == box.x1 - 1) & (box.x1 < columns))
        | ((pixels["y"] == box.y0) & (box.y0 > 0))
        | ((pixels["y"] == box.y1 - 1) & (box.y1 < rows))
    )
    on_edge = pixels[pixels["x"].isin(sky.edges_x) | pixels["y"].isin(sky.edges_y)]
    places = on_edge["x"].astype(str) + ":" + on_edge["y"].astype(str)
    crossings = places.groupby(on_edge["island"]).agg(" ".join)
    return pd.DataFrame(
        {
            "island_pixels": pixels.groupby("island").size(),
            "island_sum": pixels.groupby("island")["height"].sum(),
            "island_cut": at_edge.groupby(pixels["island"]).any(),
            "crossings": crossings,
        }
    ).fillna({"crossings": ""})
