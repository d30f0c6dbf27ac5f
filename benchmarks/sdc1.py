"""Score all finders on a cutout of the real SDC1 image at 560 MHz.

    python benchmarks/sdc1.py FOLDER

FOLDER holds ``b1_1000h.fits`` (700 x 957 pixels), ``primary_beam_b1.fits`` and ``truth_b1.txt``. Networks are
trained on columns 0 to 460; cuts, calibration and the combined finders use columns 460 to 560; the columns
beyond are the test. As in Lukic et al. 2019 there is one network per SNR. Other recipes and trainings, each
with one network for all SNR, are in `general.py`. Results stay in ./sdc1.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from on_data import run_workflow

SNR = (1, 2, 5)
FINDERS = {
    "pybdsf": {"kind": "pybdsf", "thresh_pix": 5.0, "thresh_isl": 3.0},
    "pybdsf_low": {"kind": "pybdsf", "thresh_pix": 3.0, "thresh_isl": 2.0},
    "peaks": {"kind": "peaks", "threshold": 2.0},
    **{
        f"paper_{snr}": {"kind": "convosource", "model": None, "recipe": "paper", "train_snr": snr}
        for snr in SNR
    },
    **{
        f"convosource_{snr}": {
            "kind": "convosource",
            "model": None,
            "train_snr": snr,
            "epochs": 60,
            "flux_scale": "truth",
        }
        for snr in SNR
    },
}
NETWORKS = [f"convosource_{snr}" for snr in SNR]
COMBINED = {
    f"combined_{snr}": {"kind": "combined", "of": ["pybdsf_low", *NETWORKS], "train_snr": snr} for snr in SNR
}
SETTINGS = {
    "tiling": {"core_pixels": 500, "halo_pixels": 100},
    "finders": FINDERS | COMBINED,
    "find_with": [*FINDERS, *COMBINED],
    "snr": list(SNR),
}
BRIGHT_SNR = 10
"""Minimum SNR for comparing total fluxes with the truth."""


def main() -> None:
    """Run the workflow and print its scores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, help="the data")
    data, place = parser.parse_args().folder.resolve(), Path("sdc1").resolve()
    run_workflow(place, settings=SETTINGS, sheet=[row_of(data)])
    print(measurements(place / "results/b1/matches").to_string(index=False, float_format="%.3f"))


def row_of(data: Path) -> dict[str, str]:
    """Return the sheet row of the image."""
    return {
        "mosaic": "b1",
        "image": str(data / "b1_1000h.fits"),
        "primary_beam": str(data / "primary_beam_b1.fits"),
        "truth": str(data / "truth_b1.txt"),
        "truth_format": "sdc1",
        "train_box": "0:460,0:957",
        "validation_box": "460:560,0:957",
    }


def measurements(folder: Path) -> pd.DataFrame:
    """Return how accurately finders measure test sources also matched by PyBDSF, as found above SNR 5.

    Position scatter is 1.48 times the median distance from the median offset, in pixels per axis.
    """
    tables = {finder: matched_in_test(folder / f"{finder}.parquet") for finder in (*FINDERS, *COMBINED)}
    rows = []
    for finder, table in tables.items():
        common = table[table.index.isin(tables["pybdsf"].index)]
        bright = table.loc[table["truth_snr"] > BRIGHT_SNR, "flux_ratio"]
        scatter = {f"scatter_{axis}": robust_scatter(common[f"d_{axis}_pixels"]) for axis in "xy"}
        flux = {"n_bright": len(bright), "flux_ratio": bright.median()}
        rows.append({"finder": finder, "n_common": len(common), **scatter, **flux})
    return pd.DataFrame(rows)


def matched_in_test(path: Path) -> pd.DataFrame:
    """Return the matches of one finder in the test region, by truth source."""
    matches = pd.read_parquet(path)
    chosen = (matches["region"] == "test") & (matches["cut"] == "as_found") & (matches["snr_min"] == max(SNR))
    matches = matches[chosen & matches["x"].notna() & matches["x_truth"].notna()]
    return matches.set_index("truth_id")


def robust_scatter(offsets: pd.Series) -> float:
    """Return the standard deviation estimated from the median absolute deviation."""
    return float(1.4826 * np.median(np.abs(offsets - offsets.median())))


if __name__ == "__main__":
    main()
