"""What the report reads from the files of a run."""

import json

import numpy as np
import pandas as pd

from radiofind.report.data import COLUMNS
from radiofind.report.inputs import MosaicFiles, read_report_data, versions_of
from radiofind.report.page import render
from radiofind.tables import write_csv, write_parquet

EPOCH = {"epoch": 1, "loss": 0.5, "validation_loss": 0.6, "validation_f1": 0.7}


def read(folder, **files):
    """What a report without mosaics tells."""
    write_parquet(pd.DataFrame(columns=list(COLUMNS["tiles"])), folder / "tiles.parquet")
    none = dict.fromkeys(("scores", "curves", "cuts", "calibrations", "models", "frozen"), ())
    none |= {"configuration": {"snr": [1], "finders": {}, "find_with": []}}
    return read_report_data([], tiles=folder / "tiles.parquet", **(none | files))


def model(folder, name, **content):
    path = folder / "models" / "m" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"finder": name, "training_set": "m"} | content))
    return path


def test_run_without_mosaics_and_networks_is_told(tmp_path):
    data = read(tmp_path)
    assert data.training.empty and data.calibrations.empty
    assert render(data).endswith("</html>\n")


def test_history_of_a_network_is_told_epoch_by_epoch(tmp_path):
    history = [EPOCH | {"learning_rate": 1e-3}, EPOCH | {"epoch": 2, "validation_f1": None}]
    path = model(tmp_path, "net", recipe="paper", train_snr=2, history=history)
    training = read(tmp_path, models=[path]).training
    assert set(training.columns) == set(COLUMNS["training"])
    assert training["epoch"].tolist() == [1, 2]
    assert training["recipe"].tolist() == ["paper"] * 2 and training["finder"].tolist() == ["net"] * 2
    assert training["training_set"].tolist() == ["m"] * 2 and training["train_snr"].tolist() == [2, 2]
    assert training["validation_f1"][0] == 0.7 and np.isnan(training["validation_f1"][1])


def test_models_without_epochs_are_left_out(tmp_path):
    paths = [model(tmp_path, "combined", train_snr=2), model(tmp_path, "empty", history=[])]
    assert read(tmp_path, models=paths).training.empty


def test_frozen_models_of_the_finders_that_run_are_told_as_far_as_their_records_do(tmp_path):
    data = {"mosaics": ["a", "b"]}
    paths = [
        model(tmp_path, "net", training_set="deep", train_snr=2, data=data),
        model(tmp_path, "both", training_set="deep", train_snr=5.0, mosaics=["c"]),
        model(tmp_path, "old", training_set=None),
    ]
    finders = {name: {"kind": "any", "model": f"old/{name}"} for name in ("net", "both", "old", "unused")}
    configuration = {"snr": [1], "finders": finders | {"peaks": {"kind": "peaks"}}}
    configuration["find_with"] = ["net", "peaks", "both", "old"]
    net, both, old = read(tmp_path, frozen=paths, configuration=configuration).frozen
    assert (net.finder, net.path, net.training_set, net.mosaics) == ("net", "old/net", "deep", ("a", "b"))
    assert (both.mosaics, both.train_snr) == (("c",), 5.0)
    assert (old.finder, old.training_set, old.mosaics, old.train_snr) == ("old", "", (), None)
    assert "deep" in net.origin and "a, b" in net.origin and "SNR 2" in net.origin and old.origin


def test_empty_diagrams_do_not_hide_others(tmp_path):
    row = ("m", "1", "test", 2.0, 0.75, 0.85, 10, 0.8, 0.8, 0.6, 0.9)
    columns = list(COLUMNS["calibrations"])
    write_csv(pd.DataFrame([row], columns=columns), tmp_path / "1.csv")
    write_csv(pd.DataFrame(columns=columns), tmp_path / "2.csv")
    found = read(tmp_path, calibrations=[tmp_path / "2.csv", tmp_path / "1.csv"]).calibrations
    assert found.to_dict("records") == [dict(zip(columns, row, strict=True))]


def test_versions_are_those_that_made_the_catalogues(tmp_path):
    """They need not be those of the report: each rule may have an environment of its own."""
    made = {"a": {"bdsf": "0.1", "numpy": {"one of": ["0.2", "0.3"]}}, "b": {"numpy": "0.4"}}
    for name, versions in made.items():
        provenance = {"provenance": {"versions": versions}}
        write_parquet(pd.DataFrame(), tmp_path / f"{name}.parquet", metadata=provenance)
    catalogues = {name: str(tmp_path / f"{name}.parquet") for name in made}
    versions = versions_of([MosaicFiles("m", {}, "", catalogues, None)])
    assert (versions["bdsf"], versions["numpy"]) == ("0.1", "0.2, 0.3, 0.4")
    assert set(versions) == {"python", "snakemake", "matplotlib", "bdsf", "numpy"}


def test_run_without_mosaics_tells_the_versions_of_the_report(tmp_path):
    assert set(read(tmp_path).versions) == {"python", "snakemake", "matplotlib"}
