"""Score all finders on simulated MeerKAT images with an elliptical beam.

    python benchmarks/meerkat.py FOLDER

FOLDER holds ``image1.fits`` to ``image3.fits`` and their truth ``image1.txt`` to ``image3.txt`` (the set of
DeepSource). Networks are trained on a simulated sky with a beam of that size and, at the end, on columns 0
to 500 of the first two images; cuts and calibration come from the columns beyond; the third image is the
test. Prints purity (reliability) times completeness for truth above 3 rms within 10 pixels, with its
bootstrap interval; results stay in ./meerkat.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from on_data import run_workflow

SNR = 3
FINDERS = {
    "pybdsf": {"kind": "pybdsf", "thresh_pix": 5.0, "thresh_isl": 3.0},
    "peaks": {"kind": "peaks", "threshold": 2.5},
    "convosource": {
        "kind": "convosource",
        "model": None,
        "train_snr": SNR,
        "epochs": 60,
        "lowest_score": 0.02,
    },
    "combined": {"kind": "combined", "of": ["pybdsf", "convosource"], "train_snr": SNR},
}
SETTINGS = {
    "tiling": {"core_pixels": 1000, "halo_pixels": 100},
    "finders": FINDERS,
    "find_with": list(FINDERS),
    "snr": [SNR],
    "match": {"radius_pixels": 10},
    "simulations": {
        "alike": {
            "size_pixels": 3000,
            "frequency_mhz": 1400,
            "exposure_h": 8,
            "seed": 1,
            "pixel_arcsec": 1.5,
            "beam_arcsec": 26,
            "rms_jy_per_beam": 1.2e-4,
            "primary_beam": False,
        }
    },
}
RESAMPLES = 1000


def main() -> None:
    """Run the workflow and print its scores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, help="the data")
    data, place = parser.parse_args().folder.resolve(), Path("meerkat").resolve()
    run_workflow(
        place, settings=SETTINGS, sheet=[simulated_row(), *(row_of(data, number) for number in (1, 2, 3))]
    )
    for finder in FINDERS:
        matches = pd.read_parquet(place / f"results/mk3/matches/{finder}.parquet")
        found = matches[(matches["region"] == "test") & (matches["cut"] == "tuned")]
        low, high = np.percentile(resampled(found, np.random.default_rng(1)), (2.5, 97.5))
        print(f"{finder:12s} purity x completeness {product(found):.3f} ({low:.3f} to {high:.3f})")


def row_of(data: Path, number: int) -> dict[str, str]:
    """Return the sheet row of one image; the third is the test."""
    boxes = ("0:500,0:1000", "500:1000,0:1000") if number < 3 else ("", "")
    return {
        "mosaic": f"mk{number}",
        "simulate": "",
        "image": str(data / f"image{number}.fits"),
        "truth": str(data / f"image{number}.txt"),
        "truth_format": "meerkat_sim",
        "train_box": boxes[0],
        "validation_box": boxes[1],
        "training_set": "meerkat",
    }


def simulated_row() -> dict[str, str]:
    """Return the sheet row of the simulated sky, used for training only."""
    empty = dict.fromkeys(row_of(Path(), 3), "")
    return empty | {"mosaic": "alike", "simulate": "alike", "train_box": "all", "training_set": "meerkat"}


def product(matches: pd.DataFrame) -> float:
    """Return purity times completeness."""
    truth, found = matches["x_truth"].notna(), matches["x"].notna()
    return (truth & found).sum() ** 2 / max(truth.sum() * found.sum(), 1)


def resampled(matches: pd.DataFrame, rng: np.random.Generator) -> list[float]:
    """Return the product for patches drawn with replacement."""
    patches = [part for _patch, part in matches.groupby("patch")]
    draws = rng.integers(len(patches), size=(RESAMPLES, len(patches)))
    return [product(pd.concat([patches[number] for number in draw])) for draw in draws]


if __name__ == "__main__":
    main()
