"""Score the general network, which has seen no truth of these telescopes, on real and simulated images.

    python benchmarks/general.py SDC1 MEERKAT

SDC1 and MEERKAT are the folders of `sdc1.py` and `meerkat.py`. On the SDC1 image truth is known in columns 0
to 560, and the columns beyond are the test. Networks that learn from truth (`paper`, `deepsource`, `default`,
and `fine_tuned`, which starts with the weights of the general network) are trained in columns 0 to 460; their
cuts, those of PyBDSF and of local maxima, and the scores of `combined`, come from columns 460 to 560. The
others need no truth: scores and cuts of the general network, of `matched`, which is trained there, and of
`combined_matched` come from a simulated sky like the image. The three MeerKAT images are all test, and every
cut comes from a simulated sky. Differences are those of the same bootstrap samples of patches. Results stay
in ./general_sdc1 and ./general_meerkat; the same command goes on where it was stopped.
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

GENERAL, FINE_TUNED = "convosource", "fine_tuned"
PYBDSF = {"kind": "pybdsf", "thresh_pix": 5.0, "thresh_isl": 3.0}
BASELINES = {
    "pybdsf": PYBDSF,
    "pybdsf_low": {"kind": "pybdsf", "thresh_pix": 3.0, "thresh_isl": 2.0},
    "peaks": {"kind": "peaks", "threshold": 2.0},
}
NETWORK = {"kind": "convosource", "lowest_score": 0.02}
TRAINED = {"kind": "convosource", "model": None}
FINE_TUNING = TRAINED | {"recipe": "general", "start_from": "general", "epochs": 20}
COMBINED = {"kind": "combined", "of": ["pybdsf", GENERAL]}
TEST = 559.5
"""Least x of the test region of the SDC1 image."""
RESAMPLES = 1000


def main() -> None:
    """Run the workflow on both data sets and print the scores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("sdc1", type=Path, help="the SDC1 data")
    parser.add_argument("meerkat", type=Path, help="the MeerKAT data")
    parser.add_argument("--epochs", type=int, default=60, help="of networks trained from nothing")
    options = parser.parse_args()
    on_sdc1(options.sdc1.resolve(), Path("general_sdc1").resolve(), runs_with(options.epochs))
    on_meerkat(options.meerkat.resolve(), Path("general_meerkat").resolve())


def runs_with(epochs: int) -> dict[str, dict[str, dict[str, object]]]:
    """Return the finders of each run on the SDC1 image: several, so that few search the simulated sky."""
    trained = TRAINED | {"epochs": epochs}
    return {
        "no_truth": {"pybdsf": PYBDSF, GENERAL: NETWORK, "combined_matched": COMBINED},
        "networks": {
            "pybdsf": PYBDSF,
            GENERAL: NETWORK,
            FINE_TUNED: FINE_TUNING,
            "matched": trained | {"training": "simulation"},
            "combined": COMBINED,
        },
        "truth": {
            **BASELINES,
            "paper": trained | {"recipe": "paper"},
            "deepsource": trained | {"recipe": "deepsource"},
            "default": trained,
        },
    }


def on_sdc1(data: Path, place: Path, runs: dict[str, dict[str, dict[str, object]]]) -> None:
    """Print F1 on the SDC1 image, its differences, and the calibration of the general network."""
    place.mkdir(exist_ok=True)
    folders = {}
    for name, finders in runs.items():
        boxes = {"train_box": "", "validation_box": ""} if name == "no_truth" else {}
        settings = {**sdc1.SETTINGS, "finders": finders, "find_with": list(finders)}
        run_workflow(place / name, settings=settings, sheet=[sdc1.row_of(data) | boxes])
        folders |= dict.fromkeys(finders, place / name / "results/b1")
    for snr in sdc1.SNR:
        tables = {
            finder: tested(folder / f"matches/{finder}.parquet", snr, least_x=TEST)
            for finder, folder in folders.items()
        }
        tell(f"SDC1, F1 at SNR {snr}", tables, f1, references=(GENERAL, FINE_TUNED))
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
    tell("MeerKAT, purity x completeness above 3 rms", tables, product, references=(GENERAL,))


def tested(path: Path, snr: float, *, least_x: float = -np.inf) -> pd.DataFrame:
    """Return the matches of one finder in the test region with its tuned cut."""
    matches = pd.read_parquet(path).assign(image=0)
    chosen = (matches["region"] == "test") & (matches["cut"] == "tuned") & (matches["snr_min"] == snr)
    return matches[chosen & (matches["x_truth"].fillna(matches["x"]) >= least_x)]


def tell(
    title: str,
    tables: dict[str, pd.DataFrame],
    measure: Callable[[np.ndarray], np.ndarray],
    *,
    references: tuple[str, ...],
) -> None:
    """Print a measure of each finder, and that of the references minus it, with 95 % intervals."""
    counts = counts_of(tables)
    rng = np.random.default_rng(1)
    draws = rng.multinomial(counts.shape[1], np.full(counts.shape[1], 1 / counts.shape[1]), size=RESAMPLES)
    sums = np.einsum("rp,fpk->frk", draws, counts)
    values = dict(zip(tables, measure(counts.sum(axis=1)), strict=True))
    drawn = dict(zip(tables, measure(sums), strict=True))
    print(title)
    for finder, value in values.items():
        low, high = np.percentile(drawn[finder], (2.5, 97.5))
        line = f"  {finder:16s} {value:.3f} ({low:.3f} to {high:.3f})"
        for reference in references:
            worse, better = np.percentile(drawn[reference] - drawn[finder], (2.5, 97.5))
            line += f"   {reference} - it: {values[reference] - value:+.3f} ({worse:+.3f} to {better:+.3f})"
        print(line)


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
