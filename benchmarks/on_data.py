"""Run the workflow in a folder of its own and print its scores; used by the benchmarks on real data."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).resolve().parents[1]


def run_workflow(place: Path, *, settings: Mapping[str, object], sheet: Sequence[Mapping[str, str]]) -> None:
    """Run the workflow and print its scores.

    Parameters
    ----------
    place
        Where the results are to stay.
    settings
        Laid over the default configuration; the sheet is added.
    sheet
        Rows of the mosaic sheet, all with the same columns.
    """
    place.mkdir(exist_ok=True)
    rows = [sheet[0].keys(), *(row.values() for row in sheet)]
    (place / "mosaics.tsv").write_text("".join("\t".join(row) + "\n" for row in rows))
    (place / "config.yaml").write_text(yaml.safe_dump({"mosaics": "mosaics.tsv", **settings}))
    snakemake = [Path(sys.executable).with_name("snakemake"), "-s", REPOSITORY / "Snakefile"]
    profile = ["--profile", REPOSITORY / "profiles/local", "--directory", place]
    subprocess.run([*snakemake, *profile, "--configfile", place / "config.yaml"], check=True)
    print((place / "results/scores.txt").read_text())
