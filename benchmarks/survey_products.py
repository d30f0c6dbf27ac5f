"""Measure the time and memory of writing a survey as FITS table, VOTable, DS9 regions and HATS collection.

    python benchmarks/survey_products.py --rows 1000000

The survey is made up of random numbers, which Parquet packs worse than real ones. Each product is written by
a process of its own. Prints CPU seconds, the peak of the memory, and the size of the file.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from radiofind.catalogues.catalogue_files import write_catalogue
from radiofind.catalogues.columns import SURVEY, conform
from radiofind.survey.band import Band
from radiofind.survey.hats import export_hats
from radiofind.survey.products import PRODUCTS as FILES

PART_ROWS = 200_000
"""Rows to make at a time."""
PRODUCTS = FILES | {"hats": export_hats}


def make_parts(rows: int) -> Iterator[pd.DataFrame]:
    """Yield the parts of a survey."""
    rng = np.random.default_rng(1)
    for first in range(0, rows, PART_ROWS):
        number = min(PART_ROWS, rows - first)
        names = [f"J{place:09d}.12+123456.{place % 10}" for place in range(first, first + number)]
        texts = {"name": [f"TEST {name}" for name in names], "source_id": names, "island_id": names}
        table = pd.DataFrame({column.name: rng.uniform(0, 5, number) for column in SURVEY})
        texts |= dict.fromkeys(["source_code", "flags", "tile", "mosaic", "finder"], "y000x000")
        yield conform(table.assign(**texts, is_primary=rng.uniform(size=number) < 0.8), SURVEY)


def measure(product: str, survey: Path) -> str:
    """Write a product, and return what it took."""
    started = time.process_time()
    path = survey.with_suffix(f".{product}")
    PRODUCTS[product](survey, path, band=Band(frequency_hz=1.44e8, beam_arcsec=6.0))
    used, peak = time.process_time() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    files = path.rglob("*") if path.is_dir() else [path]
    size = sum(one.stat().st_size for one in files if one.is_file()) / 2**20
    return f"{product:5s} {used:7.1f} s of CPU, peak {peak:6.0f} MiB, file {size:6.0f} MiB"


def main() -> None:
    """Make a survey and write it in each format."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    options = parser.parse_args()
    with TemporaryDirectory() as scratch:
        survey = Path(scratch) / "survey.parquet"
        write_catalogue(make_parts(options.rows), survey, columns=SURVEY)
        print(f"{options.rows} rows, {survey.stat().st_size / 2**20:.0f} MiB of Parquet", flush=True)
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, mp_context=context, max_tasks_per_child=1) as pool:
            for line in pool.map(measure, PRODUCTS, [survey] * len(PRODUCTS)):
                print(line, flush=True)


if __name__ == "__main__":
    main()
