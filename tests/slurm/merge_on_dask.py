"""Merge made-up tiles on Dask workers, noting which job of SLURM read which tile.

python merge_on_dask.py FOLDER SECONDS SETTINGS      # SECONDS for each tile; SETTINGS is JSON
"""

from __future__ import annotations

import json
import os
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from radiofind.catalogues.catalogue_files import write_catalogue
from radiofind.catalogues.columns import DETECTION, conform
from radiofind.catalogues.detections import DEFAULTS
from radiofind.catalogues.merging import merge_detections
from radiofind.jobs.dask_workers import open_workers
from radiofind.jobs.job_log import log_to
from radiofind.mosaics.tiles import Tile, tiles_of

TILES = list(tiles_of((100, 6000), core_pixels=100, halo_pixels=20))
"""Sixty in a row."""
OWN = "own"
"""Stands for the process that is no job of SLURM."""
HURRY = "hurry"
"""File after which no tile takes a while."""


def ones(ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
    """Return no primary beam."""
    return np.ones(len(ra))


def read(folder: Path, seconds: float, tile: Tile) -> pd.DataFrame:
    """Return ten sources of a tile; until a file says ``hurry``, it takes a while to disturb the merge in."""
    with (folder / "readers").open("a") as readers:
        readers.write(f"{os.environ.get('SLURM_JOB_ID', OWN)} {tile.name}\n")
    if not (folder / HURRY).exists():
        time.sleep(seconds)
    x = np.random.default_rng(tile.box.x0).uniform(tile.box.x0, tile.box.x1, 10)
    row = {**DEFAULTS, "y": 50.0, "dec": 1.0, "tile": tile.name, "mosaic": "m", "finder": "f"}
    rows = [row | {"source_id": f"{tile.name}-{n}", "x": at, "ra": at / 1000} for n, at in enumerate(x)]
    return conform(pd.DataFrame(rows), DETECTION)


def main(folder: Path, seconds: float, settings: dict[str, object]) -> None:
    """Merge, and write the catalogue."""
    with open_workers(**settings) as workers:
        catalogue = merge_detections(partial(read, folder, seconds), TILES, beam_at=ones, apply=workers.map)
        write_catalogue(catalogue, folder / "catalogue.parquet")


if __name__ == "__main__":
    log_to("merge.log")
    main(Path(sys.argv[1]), float(sys.argv[2]), json.loads(sys.argv[3]))
