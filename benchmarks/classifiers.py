"""Train and compare classifiers on a file of labelled cutouts, or on simulated ones.

    python benchmarks/classifiers.py FOLDER --data first.h5 --test valid --networks default convnet8
    python benchmarks/classifiers.py FOLDER --data mirabest.h5 --folds 5
    python benchmarks/classifiers.py FOLDER --classes unresolved FRI FRII --networks capsnet --clip-rms 4

Prints, for each network, macro F1 and accuracy on the test cutouts: for the ensemble, with a bootstrap
interval, and for single members, with the interval of their mean; and the cost of training a
member. The results stay in FOLDER; existing networks are not trained again.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import yaml

REPOSITORY = Path(__file__).resolve().parents[1]
PACE = re.compile(r"([\d.e+-]+) s per epoch, ([\d.e+-]+) cutouts per second")
SCORES = ("macro_f1", "accuracy")
"""Metrics that are printed."""


def main() -> None:
    """Train the requested networks, and print their scores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder for the results")
    data = parser.add_mutually_exclusive_group(required=True)
    data.add_argument("--data", type=Path, help="HDF5 file of labelled cutouts")
    data.add_argument("--classes", nargs="+", help="classes of simulated galaxies")
    parser.add_argument("--test", default="test", help="split of the file used as the test")
    parser.add_argument("--images-per-class", type=int, default=500, help="simulated galaxies per class")
    parser.add_argument("--snr", nargs=2, type=float, default=[10, 100], help="range of theirs")
    parser.add_argument(
        "--networks", nargs="+", default=["default"], help="architectures, or architecture:variant"
    )
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--folds", type=int, default=0)
    parser.add_argument("--clip-rms", type=float, default=0)
    parser.add_argument("--plain", action="store_true", help="train without augmentation")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    dataset = options.data.stem if options.data else "simulated"
    names = {name_of(network, options): network for network in options.networks}
    train(options, dataset, names)
    rows = [row_of(options.folder / "results/classifiers" / dataset / name, name) for name in names]
    print(pd.DataFrame(rows).to_string(index=False))


def name_of(network: str, options: argparse.Namespace) -> str:
    """Return a name for a network that distinguishes it from others in the same folder."""
    marks = [f"{options.epochs}", f"{options.folds}folds" if options.folds else ""]
    marks += [f"clip{options.clip_rms:g}" if options.clip_rms else "", "plain" if options.plain else ""]
    return "-".join([network.replace(":", "-"), *filter(None, marks)])


def train(options: argparse.Namespace, dataset: str, names: dict[str, str]) -> None:
    """Run the workflow up to the scores of the networks."""
    options.folder.mkdir(parents=True, exist_ok=True)
    given = {"kind": "file", "path": str(options.data and options.data.resolve()), "test": options.test}
    drawn = {
        "kind": "simulated",
        "classes": options.classes,
        "images_per_class": options.images_per_class,
        "snr": options.snr,
    }
    networks = {name: settings_of(network, options) for name, network in names.items()}
    classifiers = {
        "datasets": {dataset: given if options.data else drawn},
        "networks": networks,
        "train_with": [f"{dataset}/{name}" for name in networks],
        "classify_sources": None,
    }
    (options.folder / "config.yaml").write_text(yaml.safe_dump({"classifiers": classifiers}))
    snakemake = [Path(sys.executable).with_name("snakemake"), "-s", REPOSITORY / "Snakefile"]
    profile = ["--profile", REPOSITORY / "profiles/local", "--directory", options.folder]
    sheet = f"mosaics={REPOSITORY / 'config/demo.tsv'}"
    files = [REPOSITORY / "config/demo.yaml", options.folder / "config.yaml"]
    asked = ["--config", sheet, "--configfile", *files, "--"]
    targets = [f"results/classifiers/{dataset}/{name}/metrics.csv" for name in names]
    subprocess.run([*snakemake, *profile, *asked, *targets], check=True)


def settings_of(network: str, options: argparse.Namespace) -> dict[str, object]:
    """Return the settings of a network."""
    architecture, _, variant = network.partition(":")
    return {
        "architecture": architecture,
        "variant": variant or "default",
        "epochs": options.epochs,
        "seeds": options.seeds,
        "folds": options.folds,
        "clip_rms": options.clip_rms,
        "augment": not options.plain,
        "threads": options.threads,
    }


def row_of(folder: Path, name: str) -> dict[str, object]:
    """Return the printed row of one network."""
    scores = pd.read_csv(folder / "metrics.csv", keep_default_na=False)
    row: dict[str, object] = {"network": name}
    for member in ("ensemble", "mean"):
        for metric in SCORES:
            chosen = scores[(scores["member"] == member) & (scores["metric"] == metric)].iloc[0]
            value, low, high = (float(chosen[column]) for column in ("value", "low", "high"))
            row[f"{member} {metric}"] = f"{value:.3f} [{low:.3f}, {high:.3f}]"
    return row | cost_of(folder)


def cost_of(folder: Path) -> dict[str, object]:
    """Return the cost of training a member from log and benchmark files, the median over members."""
    run, dataset, network = folder.parents[3], *folder.parts[-2:]
    logs = (run / "logs/train_classifier" / dataset / network).glob("*.log")
    paces = [found[-1] for log in logs if (found := PACE.findall(log.read_text()))]
    seconds = [
        pd.read_csv(path, sep="\t")["s"].iloc[0]
        for path in (run / "benchmarks/train_classifier" / dataset / network).glob("*.tsv")
    ]
    pace = pd.DataFrame(paces, columns=["s/epoch", "cutouts/s"]).astype(float).median().round(1)
    return {"members": len(seconds), "training s": round(pd.Series(seconds).median()), **pace}


if __name__ == "__main__":
    main()
