"""What a run has to know of its frozen models."""

import json
from pathlib import Path

from radiofind.workflow.plan.frozen_models import FrozenPlan
from radiofind.workflow.plan.mosaics import Plan

FINDERS = {
    "frozen": {"kind": "convosource", "model": "old/net.keras"},
    "learns": {"kind": "convosource", "model": None},
    "unused": {"kind": "convosource", "model": "none.keras"},
    "both": {"kind": "combined", "model": "both.json"},
    "peaks": {"kind": "peaks"},
}


def test_limits_and_records_are_those_of_the_frozen_models_that_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    record = {"recipe": "paper", "input_scaling": "jansky_times_1e7", "pixels_per_beam": 2.5, "train_snr": 2}
    Path("old").mkdir()
    Path("old/net.json").write_text(json.dumps(record))
    find_with = ["frozen", "learns", "both", "peaks"]
    frozen = FrozenPlan(Plan({"finders": FINDERS, "find_with": find_with}, []))
    assert frozen.networks({}) == {"frozen": {"recipe": "paper", "pixels_per_beam": 2.5, "reach_pixels": 6}}
    assert frozen.records(None, {}) == ["old/net.json", "both.json"]
