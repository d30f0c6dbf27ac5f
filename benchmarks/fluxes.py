"""Tell by how much fluxes near the threshold are wrong before and after their correction, on the SDC1 image.

    python benchmarks/fluxes.py FOLDER

FOLDER is that of benchmarks/sdc1.py. The correction is learned from fake sources of one slope and seed, and
scored on the truth, and on fake sources of another slope and seed, weighed to the counts of the catalogue;
also the other way round. Once with all fake sources, of which 30 % are extended, and once with the points
among them. A detection counts if its source has at least half of its flux; that of a fake source, if the
catalogue had none there. Ratios are of measured (or corrected) to true flux: of their sums, the mean, and the
median. "+-" is the error of the sums, from bootstraps of learned and scored sources. The truth has another
flux scale than this image, which SNR 20 to 40 shows. Results stay in ./fluxes.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from injections import FINDERS, LARGEST_ARCSEC, MOSAIC, RADIUS, read_truth, row_of
from on_data import run_workflow
from radiofind.evaluation.count_weights import count_weights
from radiofind.evaluation.flux_correction import LEAST_PART, calibrate_fluxes, is_measured
from radiofind.evaluation.matching import match_one_to_one, positions
from radiofind.evaluation.pulls import width_of
from radiofind.survey.learned import corrected_fluxes

CHOSEN = ("pybdsf", "peaks")
SETS = {"learned": {"slope": 1, "seed": 1}, "scored": {"slope": 2, "seed": 2}}
PAIRS = (("learned", "scored"), ("scored", "learned"), ("learned", "truth"))
"""From which a correction is learned, and on which it is scored."""
RESAMPLES = 50
FLUX_SNR = [2, 50]
"""Fainter fake sources are not the main part of a detection of SNR 5, nor of one in the bin below."""
RANGES = ((5, 7), (7, 10), (5, 10), (20, 40))
"""Of the measured SNR."""


def settings_with(realisations: int, injections: dict[str, float]) -> dict[str, object]:
    """Return the overlay of the default configuration."""
    shared = {
        "finders": list(CHOSEN),
        "beams_per_source": 100,
        "flux_snr": FLUX_SNR,
        "extended_fraction": 0.3,
        "negated": False,
    }
    return {
        "finders": {name: FINDERS[name] for name in CHOSEN},
        "find_with": list(CHOSEN),
        "survey": {"prefix": "SDC", "products": []},
        "injections": {**shared, **injections, "realisations": realisations},
    }


def fake_sources(place: Path, finder: str, *, kind: str) -> pd.DataFrame:
    """Return fake sources with what was found of them, or the points among them."""
    sources = pd.read_parquet(place / f"results/{MOSAIC}/completeness/{finder}.parquet")
    return sources[sources["size"] == 0].reset_index(drop=True) if kind == "points" else sources


def measured(sources: pd.DataFrame) -> pd.DataFrame:
    """Return measured and true flux of fake sources."""
    names = {"found_flux": "total_flux", "e_found_flux": "e_total_flux", "found_resolved": "resolved"}
    rows = sources[is_measured(sources)].reset_index(drop=True).rename(columns=names)
    return rows.assign(true=rows["injected_flux"], snr=rows["total_flux"] / rows["rms"])


def true_sources(found: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Return measured and true flux of the rows of a survey that are small true sources."""
    pairs = match_one_to_one(positions(truth), positions(found), radius_pixels=RADIUS)
    rows, of_truth = found.iloc[pairs.detection].reset_index(drop=True), truth.iloc[pairs.truth]
    # On the sky: the row and its truth are at one place of the primary beam.
    beam = (rows["apparent_total_flux"] / rows["total_flux"]).to_numpy()
    rows = rows.assign(true=of_truth["apparent_total_flux"].to_numpy() / beam)
    small = (of_truth["size"] < LARGEST_ARCSEC).to_numpy()
    return rows[small & (rows["true"] >= LEAST_PART * rows["total_flux"])].reset_index(drop=True)


def with_correction(rows: pd.DataFrame, correction: pd.DataFrame, *, slope: float | None) -> pd.DataFrame:
    """Return rows with corrected fluxes and weights: those of fake sources, of a slope, give the counts."""
    weights = 1.0
    if slope is not None:
        counts_slope = correction["counts_slope"].iloc[0]
        weights = count_weights(rows["injected_snr"].to_numpy(), slope=slope, counts_slope=counts_slope)
    rows = rows.assign(**corrected_fluxes(rows, correction), weight=weights)
    return rows[rows["corrected_total_flux"].notna()]


def sums_of(rows: pd.DataFrame) -> np.ndarray:
    """Return the sum of the fluxes over that of the true ones, measured and corrected in each range."""
    weights, snr = rows["weight"].to_numpy(), rows["snr"].to_numpy()
    fluxes = rows[["total_flux", "corrected_total_flux", "true"]].to_numpy() * weights[:, np.newaxis]
    sums = np.array([fluxes[(snr >= low) & (snr < high)].sum(axis=0) for low, high in RANGES])
    return (sums[:, :2] / sums[:, 2:]).ravel()


def scores(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the ratios of fluxes and the widths of pulls in ranges of the measured SNR."""
    told = []
    for low, high in RANGES:
        chosen = rows[rows["snr"].between(low, high, inclusive="left")]
        for when in ("", "corrected_"):
            flux, error = chosen[f"{when}total_flux"], chosen[f"e_{when}total_flux"]
            weights, ratio = chosen["weight"].to_numpy(), flux / chosen["true"]
            median = (
                np.quantile(ratio, 0.5, weights=weights, method="inverted_cdf") if len(chosen) else np.nan
            )
            width = width_of((flux - chosen["true"]) / error, weights=weights)
            mean = (weights * ratio).sum() / weights.sum()
            told.append((f"{low} - {high}", when or "measured", len(chosen), mean, float(median), width))
    return pd.DataFrame(told, columns=["SNR", "flux", "n", "mean", "median", "pull width"])


def with_errors(
    rows: pd.DataFrame,
    learned: pd.DataFrame,
    calibrate: Callable[[pd.DataFrame], pd.DataFrame],
    *,
    slope: float | None,
) -> pd.DataFrame:
    """Return the scores of rows, and the errors of the sums from bootstraps of rows and learned sources."""
    told, rng = with_correction(rows, calibrate(learned), slope=slope), np.random.default_rng(1)
    draws = []
    for _ in range(RESAMPLES):
        sets = (one.iloc[rng.integers(len(one), size=len(one))] for one in (rows, learned))
        of_rows, of_learned = (one.reset_index(drop=True) for one in sets)
        draws.append(sums_of(with_correction(of_rows, calibrate(of_learned), slope=slope)))
    table = scores(told)
    table.insert(3, "sums", sums_of(told))
    table.insert(4, "+-", np.std(draws, axis=0))
    return table


def main() -> None:
    """Run the workflow, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, help="the data")
    parser.add_argument(
        "--realisations", type=int, nargs=2, default=(32, 24), metavar="N", help="of the two sets"
    )
    options = parser.parse_args()
    data, place = options.folder.resolve(), Path("fluxes").resolve()
    place.mkdir(exist_ok=True)
    for (name, injections), realisations in zip(SETS.items(), options.realisations, strict=True):
        settings = settings_with(realisations, injections)
        run_workflow(place / name, settings=settings, sheet=[row_of(data)])
    truth = read_truth(place / f"learned/results/{MOSAIC}", data / "truth_b1.txt")
    for finder in CHOSEN:
        survey = pd.read_parquet(place / f"learned/results/survey/{finder}.parquet")
        for kind in ("points", "all"):
            tell(finder, kind, place, survey, true_sources(survey, truth))


def tell(finder: str, kind: str, place: Path, survey: pd.DataFrame, true: pd.DataFrame) -> None:
    """Print the scores on fake sources, on those of the other set, and on the truth."""
    fakes = {name: fake_sources(place / name, finder, kind=kind) for name in SETS}
    for learned, scored in PAIRS:
        of_learned, of_scored = (SETS[name]["slope"] if name in SETS else None for name in (learned, scored))
        calibrate = partial(
            calibrate_fluxes, catalogued_snr=survey["snr"].to_numpy(), slope=of_learned, finder=finder
        )
        rows = true if scored == "truth" else measured(fakes[scored])
        table = with_errors(rows, fakes[learned], calibrate, slope=of_scored)
        print(f"\n{finder}, {kind}: learned from {learned!r}, scored on {scored!r}")
        print(table.to_string(index=False, float_format="%.3f"))


if __name__ == "__main__":
    main()
