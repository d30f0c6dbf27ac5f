"""Trained networks are used as they were trained, or refused with an error that says what to do."""

import json
from dataclasses import asdict

import keras
import numpy as np
import pytest
from keras import layers

from radiofind.finders.convosource.architectures import paper_network
from radiofind.finders.convosource.model import read_model
from radiofind.finders.convosource.recipes import RECIPES
from radiofind.networks.calibration import Calibration

pytestmark = pytest.mark.usefixtures("one_thread")

CALIBRATION = Calibration(a=0.9, b=1.1, c=-0.3, n_detections=50, n_matched=20)


@pytest.fixture
def files(tmp_path):
    """A function that writes a model with changes to its record; None removes a key."""
    paper_network().save(tmp_path / "a.keras")

    def write(**changes):
        record = {"recipe": "paper", "input_scaling": "jansky_times_1e7", "keras": keras.__version__}
        record |= {"turns": 1, "pixels_per_beam": 2.5, "calibration": asdict(CALIBRATION)}
        record |= {"train_snr": 2.0, "flux_scale": 0.95, "history": [], "anything": "else"} | changes
        known = {key: value for key, value in record.items() if value is not None}
        (tmp_path / "a.json").write_text(json.dumps(known))
        return tmp_path / "a.keras", tmp_path / "a.json"

    return write


def test_a_model_is_read_as_it_was_written(files):
    network, record = files()
    model = read_model(network, record)
    assert model.recipe is RECIPES["paper"]
    assert (model.pixels_per_beam, model.turns, model.calibration) == (2.5, 1, CALIBRATION)
    assert (model.train_snr, model.flux_scale) == (2.0, 0.95)
    inputs = np.random.default_rng(1).normal(size=(1, 20, 20, 1)).astype("float32")
    np.testing.assert_allclose(model.predict(inputs), keras.saving.load_model(network)(inputs), atol=1e-6)


def test_a_model_can_be_run_in_reduced_precision(files):
    inputs = np.random.default_rng(1).normal(size=(1, 20, 20, 1)).astype("float32")
    exact, near = (read_model(*files(), precision=one).predict(inputs) for one in ("float32", "bfloat16"))
    assert 0 < np.abs(exact - near).max() < 0.02


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"recipe": "other"}, "other with jansky"),
        ({"input_scaling": "asinh_of_snr"}, "paper with asinh_of_snr"),
        ({"keras": "2.15.0"}, r"Keras.*2\.15\.0"),
        ({"keras": None, "turns": None}, "keras, turns"),
        ({"turns": "many"}, "turns many"),
        ({"calibration": {"a": 1.0}}, "calibration"),
        ({"calibration": [1, 2]}, "calibration"),
        ({"pixels_per_beam": [2.0]}, "pixels_per_beam"),
    ],
)
def test_a_model_that_does_not_fit_is_refused(files, changes, message):
    with pytest.raises(ValueError, match=rf"a\.json: .*{message}"):
        read_model(*files(**changes))


@pytest.mark.parametrize("content", ["", "{", "[]", "3", "null", '"text"', b"\xff\xfe\x00"])
def test_a_file_that_is_not_a_record_is_refused(files, content):
    network, record = files()
    record.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError, match=r"a\.json"):
        read_model(network, record)


def test_files_that_are_missing_are_named(files, tmp_path):
    network, record = files()
    with pytest.raises(ValueError, match=r"b\.json.*No such file"):
        read_model(network, tmp_path / "b.json")
    with pytest.raises(ValueError, match=r"b\.keras"):
        read_model(tmp_path / "b.keras", record)


def test_a_network_with_code_is_not_run(files, tmp_path):
    network, record = files()
    given = keras.Input((None, None, 1))
    keras.Model(given, layers.Lambda(lambda x: x * 2)(given)).save(network)
    with pytest.raises(ValueError, match=r"a\.keras: .*Lambda"):
        read_model(network, record)
