"""A frozen model that does not fit the configuration is told with file, line and key."""

import json

import pytest

from radiofind.finders.evidence_columns import evidence_columns
from radiofind.workflow.config.frozen_models import frozen_faults

NETWORK = {"recipe": "paper", "input_scaling": "jansky_times_1e7", "pixels_per_beam": 2.5, "train_snr": 2.0}
COMBINED = {
    "of": ["peaks", "net"],
    "train_snr": 2.0,
    "radius_pixels": 3.0,
    "features": dict.fromkeys(evidence_columns(["peaks", "net"], scored=["net"]), {}),
}
OF = "finders", "x", "of"
MODEL = "finders", "x", "model"


@pytest.fixture
def faults(tmp_path):
    """A function that returns the faults in a finder with these settings and a model with this record."""

    def find(record, radius_pixels=3, **settings):
        kind = "combined" if "of" in settings else "convosource"
        model = "x.json" if kind == "combined" else "x.keras"
        (tmp_path / model).touch()
        text = record if isinstance(record, str) else json.dumps(record)
        (tmp_path / "x.json").write_text(text)
        x = {"kind": kind, "model": model, "train_snr": 2} | settings
        finders = {"x": x, "peaks": {"kind": "peaks"}, "net": {"kind": "convosource"}}
        match = {} if radius_pixels is None else {"radius_pixels": radius_pixels}
        return list(frozen_faults("x", {"finders": finders, "match": match}, tmp_path))

    return find


def test_models_that_fit_are_no_fault(faults):
    assert faults(NETWORK | {"history": []}) == []
    assert faults(COMBINED | {"intercept": 0.1}, of=["peaks", "net"]) == []


@pytest.mark.parametrize(
    ("change", "keys"),
    [
        ({"train_snr": 5}, ("finders", "x", "train_snr")),
        ({"recipe": "other"}, MODEL),
        ({"input_scaling": "asinh_of_snr"}, MODEL),
        ({"pixels_per_beam": None}, MODEL),
        ({"pixels_per_beam": 0}, MODEL),
    ],
)
def test_a_network_that_jobs_would_refuse_is_told(faults, change, keys):
    (fault,) = faults(NETWORK | change)
    assert fault.keys == keys and "x.json" in fault.at("")


@pytest.mark.parametrize(
    ("change", "keys"),
    [
        ({"of": ["net", "peaks"]}, OF),
        ({"of": ["peaks"]}, OF),
        ({"train_snr": 5}, ("finders", "x", "train_snr")),
        ({"radius_pixels": 4}, ("match", "radius_pixels")),
        ({"features": dict.fromkeys(evidence_columns(["peaks", "net"], scored=["peaks", "net"]), {})}, OF),
        ({"features": {"peaks:found": {}}}, MODEL),
        ({"features": None}, MODEL),
    ],
)
def test_a_combined_model_that_does_not_fit_is_told(faults, change, keys):
    (fault,) = faults(COMBINED | change, of=["peaks", "net"])
    assert fault.keys == keys and "x.json" in fault.at("")


def test_a_radius_that_is_not_in_pixels_is_not_compared(faults):
    assert faults(COMBINED | {"radius_pixels": 4}, radius_pixels=None, of=["peaks", "net"]) == []


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "null", '"text"', "[" * 100_000])
def test_a_record_that_is_none_is_told(faults, text):
    for more in ({}, {"of": ["peaks", "net"]}):
        (fault,) = faults(text, **more)
        assert fault.keys == MODEL and "x.json" in fault.received
