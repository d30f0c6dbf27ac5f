"""Score the general network, which has seen no truth of these telescopes, on real and simulated images.

    python benchmarks/general.py SDC1 MEERKAT

SDC1 and MEERKAT are the folders of `sdc1.py` and `meerkat.py`. On the SDC1 image the scores of the general
network and its cut come from a simulated sky like the image; PyBDSF and local maxima are tuned on truth, in
columns 460 to 560; the fine-tuned network has learned from the truth in columns 0 to 460; the columns beyond
560 are the test. The three MeerKAT images are all test, and every cut comes from a simulated sky. Differences
are those of the same bootstrap samples of patches. Results stay in ./general_sdc1 and ./general_meerkat.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

import meerkat
import sdc1
from on_data import run_workflow

GENERAL = "convosource"
BASELINES = {
    "pybdsf": {"kind": "pybdsf", "thresh_pix": 5.0, "thresh_isl": 3.0},
    "pybdsf_low": {"kind": "pybdsf", "thresh_pix": 3.0, "thresh_isl": 2.0},
    "peaks": {"kind": "peaks", "threshold": 2.0},
}
NETWORK = {"kind": "convosource", "lowest_score": 0.02}
FINE_TUNED = {
    "kind": "convosource",
    "model": None,
    "start_from": "general",
    "recipe": "general",
    "epochs": 20,
}
RESAMPLES = 1000


def main() -> None:
    """Run the workflow on both data sets and print the scores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("sdc1", type=Path, help="the SDC1 data")
    parser.add_argument("meerkat", type=Path, help="the MeerKAT data")
    folders = parser.parse_args()
    on_sdc1(folders.sdc1.resolve(), Path("general_sdc1").resolve())
    on_meerkat(folders.meerkat.resolve(), Path("general_meerkat").resolve())


def on_sdc1(data: Path, place: Path) -> None:
    """Print F1 on the SDC1 image, its differences from that of the general network, and the calibration."""
    # In two runs, so that PyBDSF need not search the simulated sky.
    runs = {"baselines": BASELINES, "networks": {GENERAL: NETWORK, "fine_tuned": FINE_TUNED}}
    place.mkdir(exist_ok=True)
    folders = {}
    for name, finders in runs.items():
        settings = {**sdc1.SETTINGS, "finders": finders, "find_with": list(finders)}
        run_workflow(place / name, settings=settings, sheet=[sdc1.row_of(data)])
        folders |= dict.fromkeys(finders, place / name / "results/b1")
    for snr in sdc1.SNR:
        tables = {
            finder: tested(folder / f"matches/{finder}.parquet", snr) for finder, folder in folders.items()
        }
        tell(f"SDC1, F1 at SNR {snr}", tables, f1)
    print(
        pd.read_csv(folders[GENERAL] / f"calibration/{GENERAL}.csv")
        .query("region == 'test'")
        .to_string(index=False)
    )


def on_meerkat(data: Path, place: Path) -> None:
    """Print purity times completeness on the MeerKAT images, and its differences."""
    finders = {**BASELINES, GENERAL: NETWORK}
    settings = {**meerkat.SETTINGS, "finders": finders, "find_with": list(finders), "simulations": {}}
    rows = [{**meerkat.row_of(data, number), "train_box": "", "validation_box": ""} for number in (1, 2, 3)]
    run_workflow(place, settings=settings, sheet=rows)
    tables = {}
    for finder in finders:
        paths = {number: place / f"results/mk{number}/matches/{finder}.parquet" for number in (1, 2, 3)}
        parts = [tested(path, meerkat.SNR).assign(image=number) for number, path in paths.items()]
        tables[finder] = pd.concat(parts)
    tell("MeerKAT, purity x completeness above 3 rms", tables, product)


def tested(path: Path, snr: float) -> pd.DataFrame:
    """Return the matches of one finder in the test region with its tuned cut."""
    matches = pd.read_parquet(path).assign(image=0)
    return matches[(matches["region"] == "test") & (matches["cut"] == "tuned") & (matches["snr_min"] == snr)]


def tell(title: str, tables: dict[str, pd.DataFrame], measure: Callable[[np.ndarray], np.ndarray]) -> None:
    """Print a measure of each finder, and that of the general network minus it, with 95 % intervals."""
    counts = counts_of(tables)
    rng = np.random.default_rng(1)
    draws = rng.multinomial(counts.shape[1], np.full(counts.shape[1], 1 / counts.shape[1]), size=RESAMPLES)
    sums = np.einsum("rp,fpk->frk", draws, counts)
    values, drawn = measure(counts.sum(axis=1)), measure(sums)
    general = list(tables).index(GENERAL)
    print(title)
    for number, finder in enumerate(tables):
        low, high = np.percentile(drawn[number], (2.5, 97.5))
        worse, better = np.percentile(drawn[general] - drawn[number], (2.5, 97.5))
        print(
            f"  {finder:12s} {values[number]:.3f} ({low:.3f} to {high:.3f})   general minus this: "
            f"{values[general] - values[number]:+.3f} ({worse:+.3f} to {better:+.3f})"
        )


def counts_of(tables: dict[str, pd.DataFrame]) -> np.ndarray:
    """Return truth, detections and matches in each patch, shape (finders, patches, 3)."""
    keys = pd.concat([table[["image", "patch"]] for table in tables.values()]).drop_duplicates()
    places = pd.MultiIndex.from_frame(keys)
    counts = []
    for table in tables.values():
        truth, found = table["x_truth"].notna(), table["x"].notna()
        numbers = pd.DataFrame({"truth": truth, "found": found, "matched": truth & found})
        sums = numbers.groupby([table["image"], table["patch"]]).sum()
        counts.append(sums.reindex(places, fill_value=0).to_numpy())
    return np.array(counts, dtype=float)


def f1(counts: np.ndarray) -> np.ndarray:
    """Return F1 from truth, detections and matches."""
    return 2 * counts[..., 2] / (counts[..., 0] + counts[..., 1])


def product(counts: np.ndarray) -> np.ndarray:
    """Return purity times completeness from truth, detections and matches."""
    return counts[..., 2] ** 2 / np.maximum(counts[..., 0] * counts[..., 1], 1)


if __name__ == "__main__":
    main()
