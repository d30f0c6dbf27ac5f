"""Compare completeness and reliability without truth with those from the truth, on the real SDC1 image.

    python benchmarks/injections.py FOLDER

FOLDER is that of benchmarks/sdc1.py. Completeness from the truth is the fraction of the sources smaller than
half a beam that have a one-to-one match. Their SNR (local rms) is that of their peak, as fake sources are
points: their total flux times the median ratio of measured peak to true total flux of those above SNR 10.
Reliability from the truth counts a detection as real if a source within the radius has at least half its
flux. Chance is subtracted as (c - p) / (1 - p): p is the fraction of random positions that match, as further
sources or as detections. Also prints the CPU time of the further searches over that of the first. Results
stay in ./injections.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from on_data import run_workflow
from radiofind.evaluation.intervals import wilson_interval
from radiofind.evaluation.matching import match_one_to_one, nearby_pairs, positions
from radiofind.evaluation.metrics import SNR_EDGES
from radiofind.tables import read_csv

MOSAIC = "b1"
RADIUS = 3.0
LARGEST_ARCSEC = 0.75
"""Half of the beam."""
BRIGHT_SNR = 10.0
LEAST_SNR = 1.0
LEAST_FLUX = 0.5
DRAWS = 20
"""Sets of random positions."""
FINDERS = {
    "pybdsf": {"kind": "pybdsf", "thresh_pix": 5.0, "thresh_isl": 3.0},
    "pybdsf_low": {"kind": "pybdsf", "thresh_pix": 3.0, "thresh_isl": 2.0},
    "peaks": {"kind": "peaks", "threshold": 4.0},
    "convosource": {"kind": "convosource", "lowest_score": 0.3},
}
KINDS = {name: settings["kind"] for name, settings in FINDERS.items()}


def settings_with(realisations: int) -> dict[str, object]:
    """Return the overlay of the default configuration."""
    return {
        "finders": FINDERS,
        "find_with": list(FINDERS),
        "injections": {
            "finders": list(FINDERS),
            "realisations": realisations,
            "beams_per_source": 100,
            "slope": 1,
        },
    }


def row_of(data: Path) -> dict[str, str]:
    """Return the sheet row of the image."""
    files = {"image": "b1_1000h.fits", "primary_beam": "primary_beam_b1.fits", "truth": "truth_b1.txt"}
    return {
        "mosaic": MOSAIC,
        **{key: str(data / name) for key, name in files.items()},
        "truth_format": "sdc1",
    }


def read_truth(results: Path, path: Path) -> pd.DataFrame:
    """Return the true sources on the image above an SNR, with their size in arcsec."""
    truth = pd.read_parquet(results / "truth.parquet")
    truth = truth.assign(snr=truth["apparent_total_flux"] / truth["rms"])
    sizes = np.loadtxt(path, usecols=(0, 7))
    major = pd.Series(sizes[:, 1], index=sizes[:, 0].astype(int).astype(str))
    truth["size"] = truth["truth_id"].astype(str).map(major)
    return truth[truth["snr"] > LEAST_SNR].reset_index(drop=True)


def peak_over_total(truth: pd.DataFrame, found: pd.DataFrame, *, radius_pixels: float = RADIUS) -> pd.Series:
    """Return the ratios of measured peak to true total flux of bright and small sources."""
    pairs = match_one_to_one(positions(truth), positions(found), radius_pixels=radius_pixels)
    of_truth = truth.iloc[pairs.truth].reset_index(drop=True)
    peak = found["apparent_peak_flux"].iloc[pairs.detection].reset_index(drop=True)
    chosen = (of_truth["snr"] > BRIGHT_SNR) & (of_truth["size"] < LARGEST_ARCSEC)
    return (peak / of_truth["apparent_total_flux"])[chosen]


def random_like(found: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """Return as many random positions in the same rectangle."""
    xy = positions(found)
    return rng.uniform(xy.min(axis=0), xy.max(axis=0), xy.shape)


def minus_chance(hits: int, number: int, chance: float) -> tuple[float, float, float]:
    """Return a fraction and its interval without chance matches."""
    values = hits / number, *map(float, wilson_interval(hits, number))
    return tuple((value - chance) / (1 - chance) for value in values)


def with_hits(
    truth: pd.DataFrame, found: pd.DataFrame, rng: np.random.Generator, *, radius_pixels: float = RADIUS
) -> pd.DataFrame:
    """Return the true sources of an image with ``hit`` and its ``chance``."""
    xy, here = positions(truth), positions(found)
    matched = match_one_to_one(xy, here, radius_pixels=radius_pixels).truth
    chance = 0.0
    for _ in range(DRAWS):
        further = random_like(found, rng)
        pairs = match_one_to_one(np.concatenate([xy, further]), here, radius_pixels=radius_pixels)
        chance += (pairs.truth >= len(xy)).sum() / len(further) / DRAWS
    return truth.assign(hit=np.isin(np.arange(len(truth)), matched), chance=chance)


def with_reality(
    truth: pd.DataFrame, found: pd.DataFrame, rng: np.random.Generator, *, radius_pixels: float = RADIUS
) -> pd.DataFrame:
    """Return the detections of an image with ``hit``, whether they are real, and its ``chance``."""
    chance = np.zeros(len(found))
    for _ in range(DRAWS):
        chance += _is_real(random_like(found, rng), truth, found, radius_pixels) / DRAWS
    return found.assign(hit=_is_real(positions(found), truth, found, radius_pixels), chance=chance)


def in_bins(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the fraction of hits in bins of ``snr``, without chance matches."""
    told = []
    for low, high in zip(SNR_EDGES[:-1], SNR_EDGES[1:], strict=True):
        inside = rows[(rows["snr"] >= low) & (rows["snr"] < high)]
        if number := len(inside):
            values = minus_chance(int(inside["hit"].sum()), number, inside["chance"].mean())
            told.append((low, number, *values))
    return pd.DataFrame(told, columns=["snr_low", "n", "truth", "truth_low", "truth_high"])


def _is_real(xy: np.ndarray, truth: pd.DataFrame, found: pd.DataFrame, radius_pixels: float) -> np.ndarray:
    """Return whether each detection, were it there, has a true source with enough flux within the radius."""
    pairs = nearby_pairs(positions(truth), xy, radius_pixels=radius_pixels)
    true = truth["apparent_total_flux"].to_numpy()[pairs.truth]
    enough = true >= LEAST_FLUX * found["apparent_total_flux"].to_numpy()[pairs.detection]
    return np.isin(np.arange(len(xy)), pairs.detection[enough])


def cost_of(place: Path, rule: str, finder: str) -> float:
    """Return the CPU seconds of the jobs of a rule, in all realisations together."""
    paths = (place / "benchmarks" / rule / MOSAIC / finder).rglob("*.tsv")
    return sum(float(pd.read_csv(path, sep="\t")["cpu_time"].iloc[0]) for path in paths)


def compare(table: pd.DataFrame, from_truth: pd.DataFrame, *, figure: str) -> None:
    """Print a table of the workflow beside what the truth says, and whether the intervals overlap."""
    if "shape" in table:
        table = table[table["shape"] == "all"].drop(columns=["shape", "size_low_beams", "size_high_beams"])
    table = table.drop(columns=["mosaic", "finder"]).merge(from_truth, on="snr_low")
    low, high = (table[f"{figure}_{end}"] for end in ("low", "high"))
    table["agrees"] = (low <= table["truth_high"]) & (table["truth_low"] <= high)
    print(table.to_string(index=False, float_format="%.3f"))
    print(f"{figure}: the intervals overlap in {table['agrees'].sum()} of {len(table)} bins")


def main() -> None:
    """Run the workflow, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, help="the data")
    parser.add_argument("--realisations", type=int, default=3)
    options = parser.parse_args()
    data, place = options.folder.resolve(), Path("injections").resolve()
    run_workflow(place, settings=settings_with(options.realisations), sheet=[row_of(data)])
    results, rng = place / "results" / MOSAIC, np.random.default_rng(1)
    truth = read_truth(results, data / "truth_b1.txt")
    ratio = peak_over_total(truth, pd.read_parquet(results / "catalogues/peaks.parquet")).median()
    print(f"measured peak over true total flux: {ratio:.2f}")
    for finder, kind in KINDS.items():
        found = pd.read_parquet(results / f"catalogues/{finder}.parquet")
        print(f"\n{finder}: {len(found)} detections")
        hits = with_hits(truth.assign(snr=ratio * truth["snr"]), found, rng)
        hits = hits[hits["size"] < LARGEST_ARCSEC]
        compare(read_csv(results / f"completeness/{finder}.csv"), in_bins(hits), figure="completeness")
        compare(
            read_csv(results / f"reliability/{finder}.csv"),
            in_bins(with_reality(truth, found, rng)),
            figure="reliability",
        )
        first = cost_of(place, f"find_{kind}", finder)
        injected = cost_of(place, f"find_injected_{kind}", finder) / options.realisations
        negated = cost_of(place, f"find_negated_{kind}", finder)
        print(f"CPU time over that of the search ({first:.1f} s): ", end="")
        print(f"a realisation {injected / first:.2f}, negated {negated / first:.2f}")


if __name__ == "__main__":
    main()
