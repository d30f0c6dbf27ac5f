"""Tell by how much fluxes near the threshold are wrong before and after their correction, on the SDC1 image.

    python benchmarks/fluxes.py FOLDER

FOLDER is that of benchmarks/sdc1.py. The correction is learned from fake sources of one slope and seed, and
scored on the truth, and on fake sources of another slope and seed, weighed to the counts of the catalogue;
once with all fake sources, of which 30 % are extended, and once with the points among them. A
detection counts if its source has at least half of its flux; that of a fake source, if the catalogue had none
there. Ratios are of measured (or corrected) to true flux: of their sums, the mean, and the median. The truth
has another flux scale than this image, which SNR 20 to 40 shows. Results stay in ./fluxes.
"""

from __future__ import annotations

import argparse
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
from radiofind.tables import read_csv

CHOSEN = ("pybdsf", "peaks")
LEARNED = {"slope": 1, "seed": 1}
SCORED = {"slope": 2, "seed": 2}
RANGES = ((5, 7), (7, 10), (5, 10), (20, 40))
"""Of the measured SNR."""


def settings_with(realisations: int, injections: dict[str, float]) -> dict[str, object]:
    """Return the overlay of the default configuration."""
    shared = {"finders": list(CHOSEN), "beams_per_source": 100, "extended_fraction": 0.3, "negated": False}
    return {
        "finders": {name: FINDERS[name] for name in CHOSEN},
        "find_with": list(CHOSEN),
        "survey": {"prefix": "SDC", "products": []},
        "injections": {**shared, **injections, "realisations": realisations},
    }


def corrections(place: Path, finder: str) -> dict[str, pd.DataFrame]:
    """Return the correction of the survey, and that from its fake points alone."""
    sources = pd.read_parquet(place / f"results/{MOSAIC}/completeness/{finder}.parquet")
    snr = pd.read_parquet(place / f"results/survey/{finder}.parquet")["snr"].to_numpy()
    points = calibrate_fluxes(sources[sources["size"] == 0], snr, slope=LEARNED["slope"], finder=finder)
    return {"all": read_csv(place / f"results/survey/flux_correction/{finder}.csv"), "points": points}


def fake_sources(place: Path, finder: str, correction: pd.DataFrame) -> pd.DataFrame:
    """Return measured and true flux of fake sources, with weights."""
    sources = pd.read_parquet(place / f"results/{MOSAIC}/completeness/{finder}.parquet")
    slopes = {"slope": SCORED["slope"], "counts_slope": correction["counts_slope"].iloc[0]}
    sources = sources.assign(weight=count_weights(sources["injected_snr"].to_numpy(), **slopes))
    sources = sources[is_measured(sources)].reset_index(drop=True)
    names = {"found_flux": "total_flux", "e_found_flux": "e_total_flux", "found_resolved": "resolved"}
    rows = sources.rename(columns=names).assign(true=sources["injected_flux"])
    return rows.assign(snr=rows["total_flux"] / rows["rms"])


def true_sources(place: Path, finder: str, truth: pd.DataFrame) -> pd.DataFrame:
    """Return measured and true flux of the rows of a survey that are small true sources."""
    found = pd.read_parquet(place / f"results/survey/{finder}.parquet")
    pairs = match_one_to_one(positions(truth), positions(found), radius_pixels=RADIUS)
    rows, of_truth = found.iloc[pairs.detection].reset_index(drop=True), truth.iloc[pairs.truth]
    # On the sky: the row and its truth are at one place of the primary beam.
    beam = (rows["apparent_total_flux"] / rows["total_flux"]).to_numpy()
    rows = rows.assign(true=of_truth["apparent_total_flux"].to_numpy() / beam, weight=1.0)
    small = (of_truth["size"] < LARGEST_ARCSEC).to_numpy()
    return rows[small & (rows["true"] >= LEAST_PART * rows["total_flux"])]


def scores(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the ratios of fluxes and the widths of pulls in ranges of the measured SNR."""
    told = []
    for low, high in RANGES:
        chosen = rows[rows["snr"].between(low, high) & rows["corrected_total_flux"].notna()]
        for when in ("", "corrected_"):
            flux, error = chosen[f"{when}total_flux"], chosen[f"e_{when}total_flux"]
            weights, ratio = chosen["weight"].to_numpy(), flux / chosen["true"]
            median = (
                np.quantile(ratio, 0.5, weights=weights, method="inverted_cdf") if len(chosen) else np.nan
            )
            total = (weights * flux).sum() / (weights * chosen["true"]).sum()
            width = width_of((flux - chosen["true"]) / error, weights=weights)
            mean = (weights * ratio).sum() / weights.sum()
            told.append(
                (f"{low} - {high}", when or "measured", len(chosen), total, mean, float(median), width)
            )
    return pd.DataFrame(told, columns=["SNR", "flux", "n", "sums", "mean", "median", "pull width"])


def main() -> None:
    """Run the workflow, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, help="the data")
    parser.add_argument("--realisations", type=int, default=8)
    options = parser.parse_args()
    data, place = options.folder.resolve(), Path("fluxes").resolve()
    place.mkdir(exist_ok=True)
    for name, injections in {"learned": LEARNED, "scored": SCORED}.items():
        settings = settings_with(options.realisations, injections)
        run_workflow(place / name, settings=settings, sheet=[row_of(data)])
    truth = read_truth(place / f"learned/results/{MOSAIC}", data / "truth_b1.txt")
    for finder in CHOSEN:
        for name, correction in corrections(place / "learned", finder).items():
            fakes = fake_sources(place / "scored", finder, correction)
            fakes = fakes[fakes["size"] == 0] if name == "points" else fakes
            print(
                f"\n{finder}, learned from {name}, counts of slope {correction['counts_slope'].iloc[0]:.2f}"
            )
            for scored, rows in {
                "fake": fakes,
                "true": true_sources(place / "learned", finder, truth),
            }.items():
                table = scores(rows.assign(**corrected_fluxes(rows, correction)))
                print(f"{scored} sources\n{table.to_string(index=False, float_format='%.3f')}")


if __name__ == "__main__":
    main()
