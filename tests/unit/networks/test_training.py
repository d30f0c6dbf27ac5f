"""Training gives the same network whatever interrupts it, with the best weights, and ends when it stalls."""

import keras
import numpy as np
import pytest
from keras import layers

from radiofind.networks import training
from radiofind.networks.backend import set_up
from radiofind.networks.training import best_epoch, train

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread")]

SIDE = 8


class Killed(Exception):
    pass


class Noise:
    """Batches of noise with bright pixels as targets, which may stop in the middle of an epoch."""

    batches_per_epoch = 3

    def __init__(self, *, killed_at=None, scale=1.0):
        self.killed_at, self.scale, self.asked = killed_at, scale, []

    def batch(self, epoch, index):
        if (epoch, index) == self.killed_at:
            raise Killed
        self.asked.append((epoch, index))
        inputs = np.random.default_rng([epoch, index]).normal(size=(4, SIDE, SIDE, 1)).astype(np.float32)
        weights = np.ones(inputs.shape[:3], dtype=np.float32)
        return inputs * np.float32(self.scale), (inputs > 1).astype(np.float32), weights


def network_of(seed=1):
    keras.utils.set_random_seed(seed)
    given = keras.Input((None, None, 1))
    x = layers.Conv2D(4, 3, padding="same", activation="relu")(given)
    x = layers.SpatialDropout2D(0.3)(layers.Dropout(0.3)(x))
    network = keras.Model(given, layers.Conv2D(1, 1, activation="sigmoid")(x))
    network.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.05, 20)), "binary_crossentropy"
    )
    return network


def loss_of(network):
    """Return the loss of a batch that is not in the training."""
    inputs, target, _weights = Noise().batch(99, 0)
    found = network.predict_on_batch(inputs)
    return {
        "validation_loss": float(-np.mean(np.log(np.where(target > 0, found, 1 - found)))),
        "validation_f1": 0.5,
    }


class Told:
    """Predefined validation losses."""

    def __init__(self, *losses):
        self.losses, self.weights = list(losses), []

    def __call__(self, network):
        self.weights.append(network.get_weights())
        return {"validation_loss": self.losses[len(self.weights) - 1]}


def run(network, batches, state, *, validate=loss_of, epochs=6, patience_epochs=0, seed=1):
    return train(
        network,
        batches,
        validate=validate,
        epochs=epochs,
        patience_epochs=patience_epochs,
        seed=seed,
        state=state,
    )


def assert_same_weights(one, other):
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


def test_training_lowers_the_loss_and_tells_of_each_epoch(tmp_path):
    batches = Noise()
    history = run(network_of(), batches, tmp_path / "state")
    assert [row["epoch"] for row in history] == [1, 2, 3, 4, 5, 6]
    assert {name for row in history for name in row} == {"epoch", "loss", "validation_loss", "validation_f1"}
    assert history[-1]["loss"] < history[0]["loss"]
    assert history[-1]["validation_loss"] < history[0]["validation_loss"]
    assert batches.asked == [(epoch, index) for epoch in range(6) for index in range(3)]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """Weights and history of an uninterrupted training."""
    set_up(threads=1, seed=1)
    network = network_of()
    history = run(network, Noise(), tmp_path_factory.mktemp("undisturbed") / "state")
    return network.get_weights(), history


@pytest.mark.parametrize("killed_at", [(1, 0), (3, 2)])
def test_a_killed_training_goes_on_to_the_same_network(tmp_path, undisturbed, killed_at):
    weights, history = undisturbed
    with pytest.raises(Killed):
        run(network_of(), Noise(killed_at=killed_at), tmp_path / "state")
    resumed, rest = network_of(seed=7), Noise()
    assert run(resumed, rest, tmp_path / "state") == history
    assert rest.asked[0] == (killed_at[0], 0)
    assert_same_weights(resumed.get_weights(), weights)


def test_a_training_killed_while_it_saved_goes_on_to_the_same_network(tmp_path, undisturbed, monkeypatch):
    weights, history = undisturbed

    def save_but_the_second(content, path, *, write_json=training.write_json):
        if len(content) == 2:
            raise Killed
        write_json(content, path)

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(training, "write_json", save_but_the_second)
        run(network_of(), Noise(), tmp_path / "state")
    resumed = network_of(seed=7)
    assert run(resumed, Noise(), tmp_path / "state") == history
    assert_same_weights(resumed.get_weights(), weights)


def test_an_interrupted_training_keeps_its_last_epoch_alone(tmp_path):
    with pytest.raises(Killed):
        run(network_of(), Noise(killed_at=(3, 1)), tmp_path / "state")
    names = sorted(path.name for path in (tmp_path / "state").iterdir())
    assert names == ["best.weights.h5", "epoch3.keras", "history.json"]


def test_a_finished_training_is_kept_until_its_network_is_written(tmp_path, undisturbed):
    weights, history = undisturbed
    run(network_of(), Noise(), tmp_path / "state")
    again, batches = network_of(seed=7), Noise()
    assert run(again, batches, tmp_path / "state") == history
    assert batches.asked == []
    assert_same_weights(again.get_weights(), weights)


@pytest.mark.parametrize("lost", ["best.weights.h5", "epoch3.keras", "history.json"])
@pytest.mark.parametrize("how", [pytest.param("missing", marks=pytest.mark.exhaustive), "damaged"])
def test_a_training_that_cannot_be_read_begins_anew(tmp_path, undisturbed, lost, how):
    """As when a job that outlived its run ends at the same time as its replacement."""
    weights, history = undisturbed
    with pytest.raises(Killed):
        run(network_of(), Noise(killed_at=(3, 1)), tmp_path / "state")
    path = tmp_path / "state" / lost
    path.unlink() if how == "missing" else path.write_bytes(path.read_bytes()[:100])
    resumed = network_of()
    assert run(resumed, Noise(), tmp_path / "state") == history
    assert_same_weights(resumed.get_weights(), weights)


def test_the_weights_of_the_best_epoch_are_left(tmp_path):
    network, validate = network_of(), Told(3.0, 1.0, 2.0, 1.0)
    run(network, Noise(), tmp_path / "state", validate=validate, epochs=4)
    assert_same_weights(network.get_weights(), validate.weights[1])


def test_training_ends_when_validation_has_not_improved_for_the_patience(tmp_path):
    losses, network = (5.0, 4.0, 4.5, 4.2, 3.9, 4.0, 4.0, 4.0, 1.0), network_of()
    for patience_epochs, epochs in [(3, 8), (2, 4), (0, 9)]:
        options = {"validate": Told(*losses), "epochs": 9, "patience_epochs": patience_epochs}
        assert len(run(network, Noise(), tmp_path / str(epochs), **options)) == epochs


@pytest.mark.parametrize("broken", ["training", "validation"])
def test_a_loss_that_is_not_finite_is_an_error(tmp_path, broken):
    batches = Noise(scale=np.inf if broken == "training" else 1)
    validate = Told(1.0 if broken == "training" else np.nan)
    with pytest.raises(ValueError, match=r"epoch 1\b.*nan"):
        run(network_of(), batches, tmp_path / "state", validate=validate)


def test_dropout_depends_on_the_seed(tmp_path, undisturbed):
    _weights, history = undisturbed
    (row,) = run(network_of(), Noise(), tmp_path / "state", epochs=1, seed=2)
    assert row["loss"] != history[0]["loss"]


def test_layers_and_steps_leave_out_different_parts(tmp_path):
    """Keras increments the state of dropout with each step: consecutive states would soon coincide."""
    given = keras.Input((None, None, 64))
    kept = [layers.SpatialDropout2D(0.5)(given) for _ in range(2)]
    network = keras.Model(given, layers.Conv2D(1, 1)(layers.concatenate(kept)))
    network.compile("sgd", "mse")
    inside = keras.Model(given, kept)
    seen = []

    class Watched:
        batches_per_epoch = 3

        def batch(self, epoch, index):
            states = [layer.seed_generator.state.numpy() for layer in network.layers[1:3]]
            seen.extend(np.asarray(part).tobytes() for part in inside(np.ones((1, 1, 1, 64)), training=True))
            for layer, state in zip(network.layers[1:3], states, strict=True):
                layer.seed_generator.state.assign(state)
            return np.ones((1, 2, 2, 64)), np.ones((1, 2, 2, 1)), np.ones((1, 2, 2))

    run(network, Watched(), tmp_path / "state", validate=Told(1.0, 1.0, 1.0), epochs=3)
    assert len(seen) == len(set(seen)) == 3 * 3 * 2


def test_the_best_epoch_may_be_that_of_another_number(tmp_path):
    network, seen = network_of(), []
    errors = [0.5, 0.2, 0.2, 0.3, 0.1]

    def validate(network):
        seen.append(network.get_weights())
        return {"validation_loss": 5.0 - len(seen), "validation_error": errors[len(seen) - 1]}

    options = {
        "validate": validate,
        "epochs": 5,
        "patience_epochs": 2,
        "seed": 1,
        "state": tmp_path / "state",
    }
    history = train(network, Noise(), best_by="validation_error", **options)
    assert len(history) == 4
    assert_same_weights(network.get_weights(), seen[1])


def test_a_lucky_epoch_is_not_the_best_where_the_mean_over_epochs_is_judged(tmp_path):
    network, seen = network_of(), []
    losses = [3.0, 0.5, 2.0, 1.1, 1.0, 1.3, 1.4]  # means over three: 1.83, 1.2, 1.37, 1.13, 1.23

    def validate(network):
        seen.append(network.get_weights())
        return {"validation_loss": losses[len(seen) - 1]}

    options = {"validate": validate, "patience_epochs": 2, "seed": 1, "state": tmp_path / "state"}
    history = train(network, Noise(), epochs=len(losses), over_epochs=3, **options)
    assert len(history) == len(losses)
    assert_same_weights(network.get_weights(), seen[5])
    best = [best_epoch(history, best_by="validation_loss", over_epochs=number) for number in (1, 3)]
    assert best == [1, 5]


@pytest.mark.parametrize(("number", "best"), [(1, 0), (2, 1), (3, 2), (4, 3), (5, 4)])
def test_no_epoch_is_judged_by_fewer_than_so_many(number, best):
    history = [{"validation_loss": loss} for loss in (0.1, 1.0, 0.9, 1.0, 0.9)]
    assert best_epoch(history, best_by="validation_loss", over_epochs=number) == best
    assert best_epoch(history[:1], best_by="validation_loss", over_epochs=number) == 0


def test_a_network_may_have_several_inputs(tmp_path):
    first, second = (keras.Input((2,), name=name) for name in ("first", "second"))
    network = keras.Model({"first": first, "second": second}, layers.Dense(1)(layers.add([first, second])))
    network.compile("sgd", "mse")

    class Pairs:
        batches_per_epoch = 2

        def batch(self, epoch, index):
            one = np.random.default_rng([epoch, index]).normal(size=(4, 2)).astype(np.float32)
            return {"first": one, "second": 2 * one}, 3 * one.sum(axis=1, keepdims=True), np.ones(4)

    history = run(network, Pairs(), tmp_path / "state", validate=Told(*[1.0] * 20), epochs=20)
    assert history[-1]["loss"] < 0.1 * history[0]["loss"]
