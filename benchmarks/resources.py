"""Measure the memory and time of the jobs of every rule, and compare them with their requests.

    python benchmarks/resources.py FOLDER                      # tiles of 150 to 1000 pixels
    python benchmarks/resources.py FOLDER --cores 2000 --network .../convosource.keras    # trains nothing
    python benchmarks/resources.py FOLDER --cores --mosaic 4000 --core 2000 --finders peaks

Simulates, for each core size, a mosaic of one tile, and with --mosaic a mosaic of many; trains on
a part of it, and runs the finders. Prints the largest job of each rule: peak memory from the system
and from Snakemake's samples (MiB), wall and CPU seconds, the request, and requested / used.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from radiofind.workflow.job_costs import JobCost, costs_of

REPOSITORY = Path(__file__).resolve().parents[1]
FINDERS = ["pybdsf", "peaks", "convosource", "combined"]
LARGEST_BOX = 2000
"""Side of the largest pair of boxes, pixels."""
SHEET = "mosaic\tsimulate\ttrain_box\tvalidation_box\nfield\tsky\t{train}\t{validation}\n"
COLUMNS = ("peak", "sampled", "asked", "ratio", "s", "cpu s", "asked", "ratio")


def settings_of(size: int, core: int, arguments: argparse.Namespace) -> dict[str, object]:
    """Return the configuration of a survey of one simulated mosaic."""
    sky = {"frequency_mhz": arguments.frequency, "exposure_h": arguments.exposure, "seed": 1}
    network = {
        "kind": "convosource",
        "model": None,
        "recipe": arguments.recipe,
        "epochs": 4,
        "probability_maps": True,
    }
    network |= {"model": str(arguments.network.resolve())} if arguments.network else {}
    return {
        "mosaics": "mosaics.tsv",
        "tiling": {"core_pixels": core},
        "finders": {"convosource": network},
        "find_with": arguments.finders,
        "simulations": {"sky": {"size_pixels": size, **sky}},
    }


def run_survey(folder: Path, settings: dict[str, object]) -> list[JobCost]:
    """Run a survey, unless it exists, and return the requested and used resources of its jobs."""
    folder.mkdir(parents=True, exist_ok=True)
    side = min(settings["simulations"]["sky"]["size_pixels"], LARGEST_BOX)
    boxes = {"train": f"0:{side // 2},0:{side}", "validation": f"{side // 2}:{side},0:{side}"}
    (folder / "mosaics.tsv").write_text(SHEET.format(**boxes))
    (folder / "survey.yaml").write_text(yaml.safe_dump(settings))
    command = [sys.executable, "-m", "snakemake", "-s", REPOSITORY / "Snakefile", "--directory", folder]
    command += ["--profile", REPOSITORY / "profiles/local", "--configfile", folder / "survey.yaml"]
    if not (folder / "results/provenance.json").exists():
        with (folder / "log.txt").open("w") as log:
            subprocess.run([*command, "--benchmark-extended"], stdout=log, stderr=log, check=True)
    return list(costs_of(folder))


def print_largest(name: str, costs: list[JobCost]) -> None:
    """Print the largest memory and the longest time of each rule."""
    print(f"{name:22s}" + "".join(f"{title:>8s}" for title in COLUMNS))
    for rule in sorted({cost.rule for cost in costs}):
        of_rule = [cost for cost in costs if cost.rule == rule]
        large = max(of_rule, key=lambda one: one.peak_mib)
        slow = max(of_rule, key=lambda one: one.seconds)
        print(f"  {rule:20s}{large.peak_mib:8.0f}{large.sampled_mib:8.0f}{large.asked_mib:8d}", end="")
        print(f"{large.memory_ratio:8.2f}{slow.seconds:8.1f}{slow.processor_seconds:8.1f}", end="")
        print(f"{slow.asked_seconds:8d}{slow.time_ratio:8.0f}", flush=True)


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder for the surveys")
    parser.add_argument("--cores", type=int, nargs="*", default=[150, 500, 1000], help="single tiles, pixels")
    parser.add_argument("--mosaic", type=int, help="side of a mosaic of many tiles, pixels")
    parser.add_argument("--core", type=int, default=1000, help="size of its cores, pixels")
    parser.add_argument("--frequency", type=float, default=560, help="MHz of the simulated mosaics")
    parser.add_argument("--exposure", type=float, default=1000, help="their exposure, hours")
    parser.add_argument("--finders", nargs="+", default=FINDERS, help="finders to run")
    parser.add_argument("--recipe", default="default", help="recipe of the network")
    parser.add_argument("--network", type=Path, help="a trained network (.keras); one is trained otherwise")
    arguments = parser.parse_args()
    sizes = [(core, core) for core in arguments.cores]
    sizes += [(arguments.mosaic, arguments.core)] if arguments.mosaic else []
    for size, core in sizes:
        settings = settings_of(size, core, arguments)
        costs = run_survey(arguments.folder.resolve() / f"{size}_{core}", settings)
        print_largest(f"mosaic {size}, cores {core}", costs)


if __name__ == "__main__":
    main()
