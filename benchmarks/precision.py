"""Compare the catalogues of one image made by a trained network in float32 and in bfloat16.

    python benchmarks/precision.py RESULTS MOSAIC FINDER IMAGE

RESULTS is the folder ``results`` of a run in which FINDER, of kind convosource, was trained on MOSAIC.
Prints the fraction of rows with a partner within 0.1 pixel and 0.01 in score, per tile and in
total; rows within 0.01 of the lowest score are left out.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from radiofind.finders.convosource.search import find_sources, start_model
from radiofind.mosaics.field import Field, read_field
from radiofind.mosaics.images import ImageSource

LOWEST_SCORE = 0.1
NEAR_SCORE = 0.01
NEAR_PIXELS = 0.1


def main() -> None:
    """Search all tiles twice and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("results", type=Path)
    parser.add_argument("mosaic")
    parser.add_argument("finder")
    parser.add_argument("image", type=Path)
    options = parser.parse_args()
    network = options.results / "models" / options.mosaic / f"{options.finder}.keras"
    skies = [
        read_sky(options, tile) for tile in sorted((options.results / options.mosaic / "tiles").iterdir())
    ]
    exact, reduced = (search(network, skies, precision) for precision in ("float32", "bfloat16"))
    agreeing = [agreement(one, other) for one, other in zip(exact, reduced, strict=True)]
    for sky, (n_rows, n_agreeing) in zip(skies, agreeing, strict=True):
        print(f"{sky.tile.name}: {n_agreeing} of {n_rows}")
    n_rows, n_agreeing = np.sum(agreeing, axis=0)
    print(f"all: {n_agreeing} of {n_rows} rows agree, {100 * n_agreeing / n_rows:.2f} %")


def read_sky(options: argparse.Namespace, tile: Path) -> Field:
    """Return a tile of the mosaic."""
    noise = options.results / options.mosaic / "noise" / f"{tile.stem}.fits"
    return read_field(options.mosaic, ImageSource(options.image), tile=tile, noise=noise)


def search(network: Path, skies: list[Field], precision: str) -> list[pd.DataFrame]:
    """Return the detections of each tile."""
    record = network.with_suffix(".json")
    train_snr = json.loads(record.read_text())["train_snr"]
    model = start_model(network, record, train_snr=train_snr, precision=precision, threads=1)
    return [
        find_sources(sky, model=model, finder="", lowest_score=LOWEST_SCORE - NEAR_SCORE).detections
        for sky in skies
    ]


def agreement(exact: pd.DataFrame, reduced: pd.DataFrame) -> tuple[int, int]:
    """Return the number of float32 rows away from the lowest score, and of those with a partner."""
    counted = exact[exact["score"] > LOWEST_SCORE + NEAR_SCORE]
    distance, partner = cKDTree(reduced[["x", "y"]]).query(counted[["x", "y"]])
    difference = np.abs(reduced["score"].to_numpy()[partner] - counted["score"].to_numpy())
    return len(counted), int(((distance <= NEAR_PIXELS) & (difference <= NEAR_SCORE)).sum())


if __name__ == "__main__":
    main()
