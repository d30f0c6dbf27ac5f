"""From cutouts to a trained member, the same bytes for the same seed, whatever interrupts it."""

import json
import logging
from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import layers

from blobs import CLASSES, cutouts_of
from blobs import SETTINGS as NETWORK
from radiofind.classifiers import training
from radiofind.classifiers.architectures.capsules import reconstruct
from radiofind.classifiers.architectures.convnets import image_input, probabilities
from radiofind.classifiers.architectures.table import ARCHITECTURES, classifying_part
from radiofind.classifiers.augmentation import Augmentation
from radiofind.classifiers.preparation import Preparation
from radiofind.classifiers.recipes import adam
from radiofind.classifiers.training import train_member
from radiofind.networks.saving import save_network
from radiofind.networks.training import forget_training

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread")]

SETTINGS = NETWORK | {"architecture": "tiny"}
CAPSULES = {
    "filters": 16,
    "kernel": 3,
    "stride": 1,
    "capsules": 4,
    "primary_kernel": 5,
    "primary_stride": 2,
    "decoder": (16, 32),
    "normalised": True,
}


def build_tiny(size_pixels, n_classes, settings):
    image = image_input(size_pixels, settings)
    x = layers.Conv2D(16, 5, activation="relu", name="conv")(image)
    x = layers.Dropout(0.1, name="drop")(layers.MaxPooling2D(2, name="pool")(x))
    return keras.Model(image, probabilities(layers.Flatten(name="flat")(x), n_classes), name="tiny")


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Networks that learn in seconds, from cutouts of 16 pixels."""
    tiny = replace(ARCHITECTURES["simple"], name="tiny", build=build_tiny)
    monkeypatch.setitem(ARCHITECTURES, "tiny", tiny)
    for name in ("tiny", "capsnet"):
        recipe = replace(
            ARCHITECTURES[name].recipes["default"],
            preparation=Preparation(16, scaling="sqrt"),
            augmentation=Augmentation(rotate=True, flip=True),
            optimiser=(lambda _steps, _epochs: adam(1, 1)),
            batch=16,
            network=CAPSULES if name == "capsnet" else {},
        )
        changed = replace(ARCHITECTURES[name], recipes={"default": recipe})
        monkeypatch.setitem(ARCHITECTURES, name, changed)


@pytest.fixture
def learn(tmp_path):
    """A function that trains a member and keeps nothing of it."""

    def run(cutouts=None, *, seed=3, fold=None, code="1", **changes):
        state = tmp_path / "state"
        given = cutouts_of(number=48) if cutouts is None else cutouts
        trained = train_member(
            given, settings=SETTINGS | changes, seed=seed, fold=fold, state=state, code=code
        )
        forget_training(state)
        return trained

    return run


def test_a_network_learns_to_tell_classes(learn):
    network, record, _pace = learn(cutouts_of(number=300), epochs=15)
    assert record["history"][-1]["validation_error"] < 0.1
    assert min(row["validation_loss"] for row in record["history"]) < 0.4
    assert record["epoch"] == 1 + np.argmin([row["validation_loss"] for row in record["history"]])
    assert getattr(network, "optimizer", None) is None


def test_a_capsule_network_learns_with_its_decoder(learn):
    network, record, _pace = learn(cutouts_of(number=240), architecture="capsnet", epochs=5)
    assert record["history"][-1]["validation_error"] < 0.2
    assert record["history"][-1]["validation_loss"] < 0.5 * record["history"][0]["validation_loss"]
    assert reconstruct(network, np.zeros((2, 16, 16, 1), dtype=np.float32)).shape == (2, 16, 16, 1)
    assert record["parameters"] == classifying_part(network).count_params() < network.count_params()


@pytest.mark.usefixtures("without_graphs")
def test_the_record_tells_how_and_on_what_the_network_was_trained(learn):
    _network, record, _pace = learn(epochs=2, clip_rms=3, augment=False)
    assert json.loads(json.dumps(record)) == record
    assert record["settings"]["clip_rms"] == 3
    assert "seeds" not in record["settings"]
    assert (record["seed"], record["fold"], record["turns"]) == (3, None, 1)
    assert (record["classes"], record["pixel_arcsec"]) == (list(CLASSES), 1.8)
    assert record["preparation"]["clip_rms"] == 3
    assert record["augmentation"] is None
    assert record["numbers"]["valid"] == {"one": 4, "two": 4, "three": 4}
    assert [set(row) for row in record["history"]] == [
        {"epoch", "loss", "validation_loss", "validation_error"}
    ] * 2
    assert "CPU" in record["device"]
    assert (record["backend"], record["precision"]) == ("tensorflow", "float32")


@pytest.mark.usefixtures("without_graphs")
def test_unknown_pixels_are_told_as_json_can(learn):
    _network, record, _pace = learn(replace(cutouts_of(number=48), pixel_arcsec=np.nan), epochs=1)
    assert record["pixel_arcsec"] is None
    assert record["turns"] == 8


def bytes_of(network, path):
    save_network(network, path)
    return path.read_bytes()


@pytest.mark.parametrize("graphs", [False, pytest.param(True, marks=pytest.mark.exhaustive)])
@pytest.mark.parametrize("architecture", ["tiny", "capsnet"])
def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(
    learn, tmp_path, request, architecture, graphs
):
    if not graphs:
        request.getfixturevalue("without_graphs")
    members = [learn(seed=seed, epochs=1, architecture=architecture) for seed in (3, 3, 5)]
    files = [bytes_of(member[0], tmp_path / "one.keras") for member in members]
    assert files[0] == files[1] != files[2]
    assert members[0][1] == members[1][1] != members[2][1]


@pytest.mark.usefixtures("without_graphs")
def test_an_interrupted_training_goes_on_to_the_same_bytes(learn, tmp_path, monkeypatch, caplog):
    caplog.set_level(logging.INFO, logger="radiofind")
    undisturbed, record, _pace = learn()
    validator_of = training._validator_of

    def die_in_the_second_epoch(*arguments):
        validation_scores, asked = validator_of(*arguments), []

        def validate():
            asked.append(1)
            if len(asked) == 2:
                raise KeyboardInterrupt
            return validation_scores()

        return validate

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(training, "_validator_of", die_in_the_second_epoch)
        learn()
    resumed, again, _pace = learn()
    assert "resumed after epoch 1" in caplog.text
    assert again == record
    one, other = (bytes_of(network, tmp_path / "one.keras") for network in (undisturbed, resumed))
    assert one == other


@pytest.mark.usefixtures("without_graphs")
def test_the_weights_kept_are_those_of_the_best_epoch(learn, monkeypatch):
    cutouts, validator_of, weights = cutouts_of(number=48), training._validator_of, []
    losses = iter([2.0, 1.0, 3.0])

    def validator_of_these(member, network):
        def validate():
            weights.append(network.get_weights())
            return {"validation_loss": next(losses), "validation_error": 0.5}

        assert validator_of(member, network)()["validation_error"] <= 1
        return validate

    monkeypatch.setattr(training, "_validator_of", validator_of_these)
    network, record, _pace = learn(cutouts)
    assert record["epoch"] == 2
    for one, other in zip(network.get_weights(), weights[1], strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.usefixtures("without_graphs")
def test_the_epoch_is_chosen_by_the_mean_over_as_many_as_the_recipe_says(learn, monkeypatch):
    tiny = ARCHITECTURES["tiny"]
    recipes = {"default": replace(tiny.recipes["default"], mean_over_epochs=3)}
    monkeypatch.setitem(ARCHITECTURES, "tiny", replace(tiny, recipes=recipes))
    losses = iter([0.1, 3.0, 2.0, 1.0, 2.0, 3.0])
    error = {"validation_error": 0.5}
    monkeypatch.setattr(
        training, "_validator_of", lambda *_: lambda: {"validation_loss": next(losses), **error}
    )
    _network, record, _pace = learn(epochs=6)
    assert record["epoch"] == 5


@pytest.mark.usefixtures("without_graphs")
def test_training_ends_by_the_patience_of_the_recipe(learn, monkeypatch):
    tiny = ARCHITECTURES["tiny"]
    still = {"patience_epochs": 1, "optimiser": lambda *_: keras.optimizers.SGD(0.0)}
    recipes = {"default": replace(tiny.recipes["default"], **still)}
    monkeypatch.setitem(ARCHITECTURES, "tiny", replace(tiny, recipes=recipes))
    _network, record, _pace = learn(epochs=9)
    assert len(record["history"]) == 2


@pytest.mark.usefixtures("without_graphs")
def test_training_in_bfloat16_ends_in_float32(learn):
    network, record, _pace = learn(precision="bfloat16", epochs=1)
    assert record["precision"] == "bfloat16"
    assert {layer.compute_dtype for layer in network.layers} == {"float32"}
    assert np.isfinite(record["history"][-1]["validation_loss"])
    assert learn(epochs=1)[1]["history"] != record["history"]


@pytest.mark.usefixtures("without_graphs")
def test_a_fold_is_tested_on_its_own_cutouts(learn):
    _network, record, _pace = learn(fold=2, folds=4, epochs=1)
    assert (record["fold"], record["settings"]["folds"]) == (2, 4)
    assert sum(record["numbers"]["test"].values()) == 12


@pytest.mark.usefixtures("without_graphs")
def test_the_pace_is_told_apart_from_what_must_be_the_same(learn, tmp_path):
    _network, record, pace = learn(epochs=2)
    assert pace.seconds_per_epoch > 0
    assert pace.images_per_second == pytest.approx(24 / pace.seconds_per_epoch)
    assert not [key for key in record if "second" in key]


@pytest.mark.usefixtures("without_graphs")
def test_a_finished_training_that_is_only_read_has_no_pace(tmp_path):
    options = {"settings": SETTINGS | {"epochs": 1}, "seed": 3, "fold": None, "state": tmp_path, "code": "1"}
    paces = [train_member(cutouts_of(number=48), **options)[2] for _ in range(2)]
    assert paces[0].seconds_per_epoch > 0
    assert np.isnan(paces[1].seconds_per_epoch)
