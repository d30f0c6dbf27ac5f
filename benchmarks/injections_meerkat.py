"""Compare completeness and reliability without truth with those from the truth, on simulated MeerKAT images.

    python benchmarks/injections_meerkat.py FOLDER

FOLDER is that of benchmarks/meerkat.py. As benchmarks/injections.py, for all three images together, within
10 pixels. Their sources are points, all brighter on the images than in the truth by about the same factor:
the median ratio of the peak in `peaks` to the true flux above SNR 10, by which the truth is multiplied.
Results stay in ./injections_meerkat.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from injections import (
    FINDERS,
    LEAST_SNR,
    compare,
    in_bins,
    peak_over_total,
    settings_with,
    with_hits,
    with_reality,
)
from meerkat import SETTINGS, row_of
from on_data import run_workflow
from radiofind.evaluation.completeness import completeness_by_snr
from radiofind.evaluation.negation import pool_reliability
from radiofind.tables import read_csv

MOSAICS = ("mk1", "mk2", "mk3")
RADIUS = SETTINGS["match"]["radius_pixels"]


def read_truth(results: Path) -> pd.DataFrame:
    """Return the true sources on an image; all are points."""
    truth = pd.read_parquet(results / "truth.parquet")
    return truth.assign(snr=truth["apparent_total_flux"] / truth["rms"], size=0.0)


def scaled(truth: pd.DataFrame, ratio: float) -> pd.DataFrame:
    """Return the true sources above an SNR, with the flux that they have on the image."""
    columns = ["snr", "apparent_total_flux"]
    truth = truth.assign(**ratio * truth[columns])
    return truth[truth["snr"] > LEAST_SNR].reset_index(drop=True)


def main() -> None:
    """Run the workflow, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, help="the data")
    parser.add_argument("--realisations", type=int, default=8)
    options = parser.parse_args()
    data, place = options.folder.resolve(), Path("injections_meerkat").resolve()
    settings = settings_with(options.realisations) | {key: SETTINGS[key] for key in ("tiling", "match")}
    rows = [{**row_of(data, number), "train_box": "", "validation_box": ""} for number in (1, 2, 3)]
    run_workflow(place, settings=settings, sheet=rows)
    folders, rng = [place / "results" / mosaic for mosaic in MOSAICS], np.random.default_rng(1)
    truths = [read_truth(folder) for folder in folders]
    brightest = [pd.read_parquet(folder / "catalogues/peaks.parquet") for folder in folders]
    ratios = pd.concat(
        peak_over_total(*pair, radius_pixels=RADIUS) for pair in zip(truths, brightest, strict=True)
    )
    print(f"measured peak over true flux: {ratios.median():.2f}, of {len(ratios)} sources")
    truths = [scaled(truth, ratios.median()) for truth in truths]
    for finder in FINDERS:
        catalogues = [pd.read_parquet(folder / f"catalogues/{finder}.parquet") for folder in folders]
        print(f"\n{finder}: {sum(map(len, catalogues))} detections")
        pairs = list(zip(truths, catalogues, strict=True))
        hits = pd.concat(with_hits(*pair, rng, radius_pixels=RADIUS) for pair in pairs)
        sources = pd.concat(pd.read_parquet(folder / f"completeness/{finder}.parquet") for folder in folders)
        compare(
            completeness_by_snr(sources, mosaic="all", finder=finder), in_bins(hits), figure="completeness"
        )
        real = pd.concat(with_reality(*pair, rng, radius_pixels=RADIUS) for pair in pairs)
        bins = pd.concat(read_csv(folder / f"reliability/{finder}.csv") for folder in folders)
        compare(pool_reliability(bins), in_bins(real), figure="reliability")


if __name__ == "__main__":
    main()
