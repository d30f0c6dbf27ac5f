"""Measure the time and memory of making one survey of many mosaics, beside pairs by cKDTree alone.

    python benchmarks/survey.py --detections 1000000 --mosaics 100

Mosaics on a grid overlap by a fifth of their side. Their catalogues are made up: sources at random, one per
100 beams, found by each mosaic with errors of position and flux. Prints CPU seconds, which depend less on
other load than the time that passes, and the peak of the memory.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from astropy.io import fits
from scipy.spatial import cKDTree

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from radiofind.catalogues.catalogue_files import write_catalogue
from radiofind.catalogues.columns import CATALOGUE, conform
from radiofind.catalogues.detections import DEFAULTS, name_sources
from radiofind.survey.directions import chord_of, unit_vectors
from radiofind.survey.inputs import CORE, read_survey
from radiofind.survey.merging import merge_survey, survey_columns

BEAM_ARCSEC = 6.0
BEAMS_PER_SOURCE = 100
OVERLAP = 0.2
"""Part of the side of a mosaic that it shares with the next."""
SIDE_PIXELS = 500
"""Rows and columns of the image of the rms: coarse, as only its blank pixels matter."""


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
    mosaic: str, sources: tuple[np.ndarray, np.ndarray], rng: np.random.Generator
) -> pd.DataFrame:
    """Return what a finder would detect of these sources."""
    number = len(sources[0])
    error = 0.1 * BEAM_ARCSEC
    dec = sources[1] + rng.normal(0, error / 3600, number)
    ra = (sources[0] + rng.normal(0, error / 3600, number) / np.cos(np.deg2rad(dec))) % 360
    measured = {column.name: rng.uniform(1, 2, number) for column in CATALOGUE if column.dtype == "float64"}
    known = {"ra": ra, "dec": dec, "e_ra": error, "e_dec": error, "major": BEAM_ARCSEC, "finder": "f"}
    table = pd.DataFrame({**DEFAULTS, **measured, **known, "mosaic": mosaic, "tile": "y000x000"})
    return conform(table.assign(source_id=name_sources(ra, dec)), CATALOGUE)


def make_mosaics(folder: Path, detections: int, mosaics: int) -> dict[str, dict]:
    """Write catalogues and images of the rms of mosaics on a grid; return them without sheet rows."""
    rng, grid = np.random.default_rng(1), int(np.ceil(np.sqrt(mosaics)))
    beam_deg2 = np.pi / (4 * np.log(2)) * (BEAM_ARCSEC / 3600) ** 2
    side = float(np.sqrt(detections / mosaics * BEAMS_PER_SOURCE * beam_deg2))
    step = (1 - OVERLAP) * side
    reach = (grid * step + side) / 2
    number = int(BEAMS_PER_SOURCE**-1 * (2 * reach) ** 2 / beam_deg2)
    x, y = rng.uniform(-reach, reach, (2, number))
    names = {}
    for place in range(mosaics):
        column, row = np.array(divmod(place, grid)) * step - (grid - 1) * step / 2
        seen = (abs(x - column) < side / 2) & (abs(y - row) < side / 2)
        sources = (180 + x[seen] / np.cos(np.deg2rad(y[seen])), y[seen])
        names[name := f"m{place:04d}"] = {}
        write_rms(folder / f"{name}.fits", 180 + column / np.cos(np.deg2rad(row)), row, side)
        write_catalogue([make_catalogue(name, sources, rng)], folder / f"{name}.parquet")
    tiles = pd.DataFrame({"mosaic": list(names), "tile": "y000x000", **dict.fromkeys(CORE, 0)})
    tiles.to_parquet(folder / "tiles.parquet")
    return names


@contextmanager
def measured(what: str) -> Iterator[None]:
    """Print what a block takes."""
    wall, processor = time.perf_counter(), time.process_time()
    yield
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    passed, used = time.perf_counter() - wall, time.process_time() - processor
    print(f"{what:34s} {used:7.1f} s of CPU, {passed:7.1f} s passed, peak so far {peak:6.0f} MiB", flush=True)


def main() -> None:
    """Make catalogues, unless a folder has them, and a survey of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--detections", type=int, default=1_000_000)
    parser.add_argument("--mosaics", type=int, default=100)
    options = parser.parse_args()
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        names = make_mosaics(folder, options.detections, options.mosaics)
        paths = [[folder / f"{name}.{kind}" for name in names] for kind in ("parquet", "fits")]
        size = sum(path.stat().st_size for path in paths[0]) / 2**20
        print(f"{len(names)} catalogues of {size:.0f} MiB")
        with measured("reading"):
            catalogues, footprints = read_survey(names, *paths, tiles=folder / "tiles.parquet")
        with measured("pairs by cKDTree alone"):
            rows = pd.concat([table[["ra", "dec"]] for table in catalogues.values()])
            tree = cKDTree(unit_vectors(*rows.to_numpy().T))
            pairs = tree.query_pairs(chord_of(BEAM_ARCSEC / 2), output_type="ndarray")
        with measured("survey"):
            survey = merge_survey(catalogues, footprints, prefix="TEST")
        with measured("writing"):
            columns = survey_columns(())
            write_catalogue([survey.catalogue], folder / "survey.parquet", columns=columns)
        print({name: survey.summary[name] for name in ("rows", "sources")}, f"{len(pairs)} pairs by cKDTree")


if __name__ == "__main__":
    main()
