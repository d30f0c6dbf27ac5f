"""Measure the time and memory of making one survey of many mosaics, beside pairs by cKDTree and STILTS alone.

    python benchmarks/survey.py                          # 1,000,000 detections in 500 tiles
    python benchmarks/survey.py --detections 10000000    # in 5,000 tiles; ten minutes, 4 GB of disk

Mosaics on a grid overlap by a fifth of their side. Their catalogues are made up: sources at random, one per
100 beams, found by each mosaic with errors of position and flux. Each program runs in a process of its own.
Prints CPU seconds, which depend less on other load than the time that passes, and the peak of the memory.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from astropy.io import fits
from astropy.table import Table
from scipy.spatial import cKDTree

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from radiofind.catalogues.catalogue_files import write_catalogue
from radiofind.catalogues.columns import CATALOGUE, COMPONENT, conform
from radiofind.catalogues.detections import DEFAULTS, name_sources
from radiofind.files import read_metadata
from radiofind.jobs.dask_workers import open_workers
from radiofind.survey.components import write_components
from radiofind.survey.directions import chord_of, unit_vectors
from radiofind.survey.inputs import CORE, read_survey
from radiofind.survey.merging import write_survey

BEAM_ARCSEC = 6.0
BEAMS_PER_SOURCE = 100
OVERLAP = 0.2
"""Part of the side of a mosaic that it shares with the next."""
SIDE_PIXELS = 500
"""Rows and columns of the image of the rms: coarse, as only its blank pixels matter."""
TILES_ACROSS = 5
"""Rows and columns of the tiles of a mosaic, each of which is a row group of its catalogue."""
ROWS_OF_MOSAIC = 50_000
"""Detections of a mosaic, about."""
JAVA_GB = 3
"""Memory that STILTS may have."""


def write_rms(path: Path, ra: float, dec: float, side_deg: float) -> None:
    """Write the image of the rms of a mosaic."""
    cards = fits.Header()
    step = side_deg / SIDE_PIXELS
    for axis, (kind, value, sign) in enumerate((("RA---SIN", ra, -1), ("DEC--SIN", dec, 1)), 1):
        cards[f"CTYPE{axis}"], cards[f"CRVAL{axis}"] = kind, value
        cards[f"CDELT{axis}"], cards[f"CRPIX{axis}"] = sign * step, (SIDE_PIXELS + 1) / 2
    cards["BMAJ"] = cards["BMIN"] = BEAM_ARCSEC / 3600
    cards["BPA"], cards["RESTFRQ"], cards["BUNIT"] = 0.0, 144e6, "Jy/beam"
    fits.writeto(path, np.ones((SIDE_PIXELS, SIDE_PIXELS), dtype=np.float32), cards)


def make_catalogue(
    mosaic: str, sources: np.ndarray, tiles: np.ndarray, rng: np.random.Generator
) -> pd.DataFrame:
    """Return what a finder would detect of sources, positions of shape (n, 2), in these tiles."""
    number = len(sources)
    error = 0.1 * BEAM_ARCSEC
    dec = sources[:, 1] + rng.normal(0, error / 3600, number)
    ra = (sources[:, 0] + rng.normal(0, error / 3600, number) / np.cos(np.deg2rad(dec))) % 360
    measured = {column.name: rng.uniform(1, 2, number) for column in CATALOGUE if column.dtype == "float64"}
    known = {"ra": ra, "dec": dec, "e_ra": error, "e_dec": error, "major": BEAM_ARCSEC, "finder": "f"}
    names = [f"y{number // TILES_ACROSS:03d}x{number % TILES_ACROSS:03d}" for number in tiles.tolist()]
    table = pd.DataFrame({**DEFAULTS, **measured, **known, "mosaic": mosaic, "tile": names})
    return conform(table.assign(source_id=name_sources(ra, dec)), CATALOGUE)


def make_mosaics(folder: Path, detections: int) -> list[str]:
    """Write catalogues and images of the rms of mosaics on a grid; return their names."""
    rng, mosaics = np.random.default_rng(1), max(round(detections / ROWS_OF_MOSAIC), 1)
    grid = int(np.ceil(np.sqrt(mosaics)))
    beam_deg2 = np.pi / (4 * np.log(2)) * (BEAM_ARCSEC / 3600) ** 2
    side = float(np.sqrt(detections / mosaics * BEAMS_PER_SOURCE * beam_deg2))
    step = (1 - OVERLAP) * side
    reach = (grid * step + side) / 2
    number = int(BEAMS_PER_SOURCE**-1 * (2 * reach) ** 2 / beam_deg2)
    x, y = rng.uniform(-reach, reach, (2, number))
    names = []
    for place in range(mosaics):
        column, row = np.array(divmod(place, grid)) * step - (grid - 1) * step / 2
        seen = (abs(x - column) < side / 2) & (abs(y - row) < side / 2)
        tile_x, tile_y = (
            np.floor((one[seen] - middle + side / 2) / side * TILES_ACROSS).astype(int)
            for one, middle in ((x, column), (y, row))
        )
        tiles = tile_y * TILES_ACROSS + tile_x
        sources = np.column_stack([180 + x[seen] / np.cos(np.deg2rad(y[seen])), y[seen]])
        names.append(f"m{place:04d}")
        write_rms(folder / f"{names[-1]}.fits", 180 + column / np.cos(np.deg2rad(row)), row, side)
        order = np.argsort(tiles, kind="stable")
        table = make_catalogue(names[-1], sources[order], tiles[order], rng)
        write_catalogue((part for _, part in table.groupby("tile")), folder / f"{names[-1]}.parquet")
        gaussians = conform(table.assign(component_id=table["source_id"]), COMPONENT)
        write_catalogue([gaussians], folder / f"{names[-1]}.components.parquet", columns=COMPONENT)
    pd.DataFrame({"mosaic": names, "tile": "y000x000", **dict.fromkeys(CORE, 0)}).to_parquet(
        folder / "tiles.parquet"
    )
    return names


def by_tree(folder: Path, names: list[str]) -> str:
    """Read all catalogues and find pairs by one tree of all rows, with nothing made of them."""
    tables = (pq.read_table(folder / f"{name}.parquet", partitioning=None).to_pandas() for name in names)
    positions = np.concatenate([table[["ra", "dec"]].to_numpy() for table in tables])
    used = _processor_s()
    pairs = cKDTree(unit_vectors(*positions.T)).query_pairs(chord_of(BEAM_ARCSEC / 2), output_type="ndarray")
    return f"{len(pairs)} pairs; {used:.1f} s of it to read {len(positions)} rows"


def by_stilts(folder: Path, names: list[str]) -> str:
    """Find groups of rows by STILTS, from a FITS table of nothing but their positions."""
    tables = (pq.read_table(folder / f"{name}.parquet", columns=["ra", "dec"]) for name in names)
    positions = np.concatenate([table.to_pandas().to_numpy() for table in tables])
    Table(positions, names=["ra", "dec"]).write(folder / "positions.fits")
    matched = ["tmatch1", "matcher=sky", f"params={BEAM_ARCSEC / 2}", "values=ra dec", "action=identify"]
    files = [f"in={folder / 'positions.fits'}", f"out={folder / 'stilts.fits'}", "ofmt=fits-basic"]
    java = {**os.environ, "JAVA_TOOL_OPTIONS": f"-Xmx{JAVA_GB}g"}
    done = subprocess.run(["stilts", *matched, *files], env=java, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f"failed: {done.stderr.strip()[-200:]}"


def by_survey(folder: Path, names: list[str]) -> str:
    """Write the survey."""
    paths = [[folder / f"{name}.{kind}" for name in names] for kind in ("parquet", "fits")]
    with open_workers() as workers:
        look = partial(read_survey, tiles=folder / "tiles.parquet", apply=workers.map)
        given = look({name: {} for name in names}, *paths)
        apply = partial(workers.map, together=1)
        write_survey(given, folder / "survey.parquet", prefix="TEST", frequency_hz=144e6, apply=apply)
    told = read_metadata(folder / "survey.parquet")["survey"]
    return f"{told['sources']} sources of {told['rows']} rows"


def by_components(folder: Path, names: list[str]) -> str:
    """Give the Gaussians the names of the survey."""
    paths = {name: folder / f"{name}.components.parquet" for name in names}
    write_components(folder / "survey.parquet", paths, folder / "survey.components.parquet")
    return ""


PROGRAMS: dict[str, Callable[[Path, list[str]], str]] = {
    "reading, cKDTree": by_tree,
    "STILTS": by_stilts,
    "survey": by_survey,
    "its Gaussians": by_components,
}


def measure(name: str, folder: Path, names: list[str]) -> tuple[float, str]:
    """Run a program and return its CPU time in seconds, and what to print."""
    started = time.perf_counter(), _processor_s()
    told = PROGRAMS[name](folder, names)
    passed, used = time.perf_counter() - started[0], _processor_s() - started[1]
    peaks = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return used, f"{used:7.1f} s of CPU, {passed:7.1f} s passed, peak {max(peaks) / 1024:6.0f} MiB; {told}"


def measurements(folder: Path, names: list[str], programs: list[str]) -> Iterator[tuple[str, float, str]]:
    """Yield each program with what it took, one after the other."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, max_tasks_per_child=1) as pool:
        for name in programs:
            yield (name, *pool.submit(measure, name, folder, names).result())


def _processor_s() -> float:
    """Return the CPU time of this process and of its finished children, in seconds."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def main() -> None:
    """Make catalogues, and a survey of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--detections", type=int, default=1_000_000)
    options = parser.parse_args()
    programs = [name for name in PROGRAMS if name != "STILTS" or shutil.which("stilts")]
    if "STILTS" not in programs:
        print("STILTS is not on the PATH, and left out")
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        names = make_mosaics(folder, options.detections)
        size = sum((folder / f"{name}.parquet").stat().st_size for name in names) / 2**20
        print(f"{len(names)} catalogues of {TILES_ACROSS**2} tiles each, {size:.0f} MiB", flush=True)
        taken = {}
        for name, used, told in measurements(folder, names, programs):
            print(f"{name:18s} {told}", flush=True)
            taken[name] = used
    print(f"survey: {taken['survey'] / taken['reading, cKDTree']:.2f} times the CPU of reading and cKDTree")


if __name__ == "__main__":
    main()
