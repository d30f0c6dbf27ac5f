"""A network is trained and calibrated on a mosaic and finds sources; the same seed gives the same network."""

import json
import logging
from dataclasses import replace

import keras
import numpy as np
import pytest

from radiofind.files import write_json
from radiofind.finders.convosource import architectures
from radiofind.finders.convosource import training as convosource_training
from radiofind.finders.convosource.patches import cut_patches
from radiofind.finders.convosource.recipes import RECIPES
from radiofind.finders.convosource.search import find_sources, start_model
from radiofind.finders.convosource.training import train_finder
from radiofind.networks.training import forget_training

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread")]

SHAPE = (180, 380)
RADII = {"a": 3.0}
"""Matching radius of the mosaic."""
BOXES = {"train_box": "0:200,0:180", "validation_box": "200:380,0:180"}
SETTINGS = {
    "recipe": "default",
    "train_snr": 4.0,
    "augment": "all",
    "epochs": 4,
    "batches_per_epoch": 12,
    "seed": 3,
    "training_threads": 1,
    "precision": "float32",
}


def sources_of(seed, number=60):
    """Sources of SNR 5 to 40 at random positions."""
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(5, SHAPE[1] - 5, number), rng.uniform(5, SHAPE[0] - 5, number)
    return list(zip(x, y, 1e-4 * rng.uniform(5, 40, number), ["sfg"] * number, strict=True))


@pytest.fixture
def small(monkeypatch):
    """Networks with few channels and small batches, which learn bright sources in seconds."""
    monkeypatch.setattr(architectures, "WIDTH", 8)
    monkeypatch.setattr(architectures, "BLOCKS", 2)
    for name in ("default", "deepsource"):
        monkeypatch.setitem(RECIPES, name, replace(RECIPES[name], batch=8))


@pytest.fixture
def patches(sky, ground_of, tmp_path):
    sources = sources_of(1)
    ground = ground_of(sky.make(SHAPE, [source[:3] for source in sources]), sources, **BOXES)
    cut_patches(tmp_path / "p.h5", [ground], train_snr=4.0, train_rms="local", stride_pixels=50)
    return tmp_path / "p.h5"


@pytest.fixture
def learn(patches, tmp_path, small):
    """A function that trains on the patches and removes the state of the training."""

    def run(code="1", start=None, **changes):
        options = {"radius_pixels": RADII, "start": start, "state": tmp_path / "state", "code": code}
        trained = train_finder(patches, settings=SETTINGS | changes, **options)
        forget_training(tmp_path / "state")
        return trained

    return run


def test_a_trained_network_finds_sources_of_another_sky_and_scores_them_above_noise(
    learn, tmp_path, sky, fields_of
):
    network, record = learn(epochs=4, batches_per_epoch=20)
    files = tmp_path / "a.keras", tmp_path / "a.json"
    network.save(files[0])
    write_json(record, files[1])
    model = start_model(*files, train_snr=4.0, precision="float32", threads=1)
    sources = np.array([source[:3] for source in sources_of(2)])
    (field,) = fields_of(sky.make(SHAPE, sources, seed=9), rms=sky.rms)
    found = find_sources(field, model=model, finder="net", lowest_score=0.0).detections
    positions, score = found[["x", "y"]].to_numpy(), found["score"].to_numpy()
    distance = np.linalg.norm(positions[:, np.newaxis] - sources[:, :2], axis=2)
    assert (distance[score > 0.5].min(axis=0) < 3).mean() > 0.8
    assert np.median(score[distance.min(axis=1) < 3]) > 0.8
    assert np.median(score[distance.min(axis=1) > 6]) < 0.2
    assert record["history"][-1]["validation_f1"] > 0.8
    assert record["turns"] == 8
    assert record["flux_scale"] == pytest.approx(1, abs=0.1)


@pytest.mark.usefixtures("without_graphs")
def test_the_record_has_the_settings_and_data_of_the_training(learn):
    changes = {"augment": "none", "epochs": 2, "batches_per_epoch": 2}
    _network, record = learn(**changes)
    assert json.loads(json.dumps(record)) == record
    assert record["recipe"] == "default"
    assert record["input_scaling"] == "asinh_of_snr"
    assert record["settings"] == SETTINGS | changes
    assert record["pixels_per_beam"] == pytest.approx(4.0)
    assert (record["turns"], record["train_snr"]) == (1, 4.0)
    assert (record["keras"], record["precision"]) == (keras.__version__, "float32")
    assert record["data"]["origin"]["a"]["train_box"] == BOXES["train_box"]
    assert record["data"]["numbers"]["train"]["truth"] > 10
    assert len(record["history"]) == 2
    assert record["calibration"]["n_detections"] > 0


@pytest.mark.parametrize("graphs", [False, pytest.param(True, marks=pytest.mark.exhaustive)])
def test_the_same_seed_gives_the_same_network_and_another_seed_another(learn, request, graphs):
    if not graphs:
        request.getfixturevalue("without_graphs")
    options = {"epochs": 1, "batches_per_epoch": 2}
    (one, first), (again, second), (other, _third) = (learn(seed=seed, **options) for seed in (3, 3, 5))
    assert first == second
    for a, b in zip(one.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(one.get_weights()[0], other.get_weights()[0])


@pytest.mark.usefixtures("without_graphs")
def test_a_training_starts_where_another_one_ended(learn, tmp_path):
    options = {"augment": "none", "batches_per_epoch": 6}
    network, record = learn(epochs=3, **options)
    network.save(tmp_path / "first.keras")
    _network, further = learn(start=tmp_path / "first.keras", epochs=1, **options)
    first, last, again = record["history"][0], record["history"][-1], further["history"][0]
    assert again["loss"] < (first["loss"] + last["loss"]) / 2
    assert again["validation_loss"] < first["validation_loss"]


@pytest.mark.usefixtures("without_graphs")
def test_losses_of_training_and_validation_compare(learn):
    """Both losses of an untrained network are equal, although the training excludes margins."""
    _network, record = learn(epochs=1, batches_per_epoch=1)
    (row,) = record["history"]
    assert row["loss"] == pytest.approx(row["validation_loss"], rel=0.25)


@pytest.mark.usefixtures("without_graphs")
def test_the_network_of_the_paper_is_never_turned(learn):
    _network, record = learn(recipe="paper", epochs=2)
    assert record["input_scaling"] == "jansky_times_1e7"
    assert record["turns"] == 1
    assert len(record["history"]) == 2


@pytest.mark.usefixtures("without_graphs")
def test_deepsource_learns_its_demand_map(learn):
    _network, record = learn(recipe="deepsource", epochs=2, batches_per_epoch=6)
    assert record["input_scaling"] == "asinh_of_snr"
    losses = [row["validation_loss"] for row in record["history"]]
    assert losses[-1] < losses[0] < 1


@pytest.mark.usefixtures("without_graphs")
def test_an_interrupted_training_is_resumed_only_when_nothing_has_changed(learn, monkeypatch, caplog):
    caplog.set_level(logging.INFO, logger="radiofind")
    options = {"augment": "none", "epochs": 2, "batches_per_epoch": 1}
    validate, asked = convosource_training._validate, []

    def die_in_the_second_epoch(*arguments):
        asked.append(arguments)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return validate(*arguments)

    monkeypatch.setattr(convosource_training, "_validate", die_in_the_second_epoch)
    resumed = "resumed after epoch 1"
    with pytest.raises(KeyboardInterrupt):
        learn(**options)
    _network, record = learn(**options)
    assert resumed in caplog.text
    assert [row["epoch"] for row in record["history"]] == [1, 2]
    caplog.clear()
    asked.clear()
    with pytest.raises(KeyboardInterrupt):
        learn(**options)
    learn(code="2", **options)
    assert resumed not in caplog.text


@pytest.mark.usefixtures("without_graphs")
def test_a_training_is_kept_until_it_is_forgotten(patches, tmp_path, small):
    """A job that is killed before the network is written loses no epoch."""
    settings, state = SETTINGS | {"epochs": 1, "batches_per_epoch": 1}, tmp_path / "state"
    train_finder(patches, settings=settings, radius_pixels=RADII, state=state, code="1")
    assert list(state.rglob("*.keras"))
    for _ in range(2):  # another process may have removed it before
        forget_training(state)
        assert not state.exists()


def test_the_recipe_of_the_paper_ends_after_50_epochs():
    assert RECIPES["paper"].most_epochs == 50
