"""Score PyBDSF and local maxima on a piece of the real SDC1 image at 560 MHz.

    python benchmarks/sdc1.py FOLDER

FOLDER holds ``b1_1000h.fits`` (700 x 957 pixels), ``primary_beam_b1.fits`` and ``truth_b1.txt``. The cuts
are tuned on columns 460 to 560 and scored on those beyond; the results stay in ./sdc1.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).resolve().parents[1]
SETTINGS = {
    "mosaics": "mosaics.tsv",
    "tiling": {"core_pixels": 250, "halo_pixels": 100},
    "finders": {
        "pybdsf": {"kind": "pybdsf", "thresh_pix": 5.0, "thresh_isl": 3.0},
        "pybdsf_low": {"kind": "pybdsf", "thresh_pix": 3.0, "thresh_isl": 2.0},
        "peaks": {"kind": "peaks", "threshold": 2.0},
    },
    "find_with": ["pybdsf", "pybdsf_low", "peaks"],
}


def sheet_of(data: Path) -> str:
    """Return the mosaic sheet for the files of a folder."""
    row = {
        "mosaic": "b1",
        "image": str(data / "b1_1000h.fits"),
        "primary_beam": str(data / "primary_beam_b1.fits"),
        "truth": str(data / "truth_b1.txt"),
        "truth_format": "sdc1",
        "train_box": "0:460,0:957",
        "validation_box": "460:560,0:957",
    }
    return "\t".join(row) + "\n" + "\t".join(row.values()) + "\n"


def main() -> None:
    """Run the workflow and print its scores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, help="the data")
    data, place = parser.parse_args().folder.resolve(), Path("sdc1").resolve()
    place.mkdir(exist_ok=True)
    (place / "mosaics.tsv").write_text(sheet_of(data))
    (place / "config.yaml").write_text(yaml.safe_dump(SETTINGS))
    snakemake = [Path(sys.executable).with_name("snakemake"), "-s", REPOSITORY / "Snakefile"]
    profile = ["--profile", REPOSITORY / "profiles/local", "--directory", place]
    subprocess.run([*snakemake, *profile, "--configfile", place / "config.yaml"], check=True)
    print((place / "results/scores.txt").read_text())


if __name__ == "__main__":
    main()
