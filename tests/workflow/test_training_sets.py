"""The train and validation box of one training set may lie in different mosaics."""

from __future__ import annotations

import json

import pandas as pd
import pytest
import yaml

from workflow.runs import run
from workflow.skies import CONFIGURATION, SKY, write_sheet

pytestmark = pytest.mark.slow

SHEET = """
mosaic simulate train_box validation_box training_set
taught first all - deep
watched second - all deep
"""
FINDER = "net"
MADE = [
    f"results/{mosaic}/{name}"
    for mosaic in ("taught", "watched")
    for name in (f"evaluation/{FINDER}.csv", f"catalogues/classified/{FINDER}.parquet")
]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """The results of two mosaics, of which one teaches and the other validates."""
    folder = tmp_path_factory.mktemp("training_sets")
    write_sheet(folder / "sheet.tsv", SHEET)
    few = {"epochs": 1}
    mine = CONFIGURATION | {
        "finders": {FINDER: CONFIGURATION["finders"][FINDER] | few},
        "find_with": [FINDER],
        "classifiers": {"classify_sources": {"by": "truth"}},
        "simulations": {"first": SKY, "second": SKY | {"seed": 2}},
    }
    (folder / "survey.yaml").write_text(yaml.safe_dump(mine))
    done = run(folder, "--configfile", folder / "survey.yaml", "--", *MADE)
    assert done.code == 0, done.output
    return folder / "results"


def test_network_is_trained_on_one_mosaic_and_validated_on_the_other(results):
    record = json.loads((results / f"models/deep/{FINDER}.json").read_text())
    boxes = {
        mosaic: [place[f"{split}_box"] is not None for split in ("train", "validation")]
        for mosaic, place in record["data"]["origin"].items()
    }
    assert boxes == {"taught": [True, False], "watched": [False, True]}
    assert all(numbers["truth"] > 20 for numbers in record["data"]["numbers"].values())


def test_both_mosaics_are_scored_with_the_cuts_of_the_one_that_validates(results):
    cuts = json.loads((results / f"cuts/deep/{FINDER}.json").read_text())
    assert [cut["snr_min"] for cut in cuts] == CONFIGURATION["snr"]
    for mosaic, region in (("taught", "train"), ("watched", "validation")):
        scores = pd.read_csv(results / mosaic / f"evaluation/{FINDER}.csv")
        found = scores[(scores["n_truth"] > 0) & (scores["cut"] == "tuned")]
        assert set(found["region"]) == {region}


def test_classes_are_learned_where_networks_are_trained(results):
    for mosaic in ("taught", "watched"):
        classified = pd.read_parquet(results / mosaic / f"catalogues/classified/{FINDER}.parquet")
        assert set(classified["class"]) - {""}
