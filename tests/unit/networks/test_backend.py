"""Threads, seed and precision are set before Keras runs."""

import keras
import numpy as np
import pytest

from radiofind.networks import backend
from radiofind.networks.backend import UNITS, choose_precision, compiles_kernels, has_gpu, set_up

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def hardware(monkeypatch):
    """A function that simulates a GPU and bfloat16 hardware of the CPU."""

    def pretend(*, gpu="", units=False):
        monkeypatch.setattr(backend, "_gpu_name", lambda: gpu)
        monkeypatch.setattr(backend, "_cpu_has_units", lambda: units)

    return pretend


def test_the_hardware_is_described(hardware):
    hardware()
    assert set_up(threads=1, seed=1) == "the CPU (1 threads, tensorflow); there is no GPU"
    hardware(gpu="gpu:0")
    assert set_up(threads=1, seed=1) == "gpu:0 with tensorflow"


def test_weights_depend_on_the_seed_alone():
    def weights(seed):
        set_up(threads=1, seed=seed)
        return keras.layers.Dense(5).build((None, 5)) or keras.random.normal((5,))

    assert np.array_equal(weights(3), weights(3))
    assert not np.array_equal(weights(3), weights(4))


def test_another_number_of_threads_in_a_process_that_has_begun_is_an_error():
    keras.ops.add(np.ones(2), 1)
    with pytest.raises(RuntimeError, match="cannot be modified"):
        set_up(threads=2, seed=1)


def test_precision_is_reduced_only_where_the_hardware_gains(hardware):
    for gpu, units, chosen in [("", False, "float32"), ("", True, "bfloat16"), ("gpu:0", False, "bfloat16")]:
        hardware(gpu=gpu, units=units)
        assert choose_precision("auto") == chosen
        assert choose_precision("float32") == "float32"
        assert choose_precision("bfloat16") == "bfloat16"


def test_kernels_are_compiled_only_for_a_gpu(hardware):
    hardware()
    assert not has_gpu()
    assert not compiles_kernels()
    hardware(gpu="cuda:0")
    assert compiles_kernels()


@pytest.mark.parametrize(
    ("flags", "has_units"),
    [("fpu avx512_bf16 sse", True), ("amx_bf16", True), ("fpu avx512f avx2", False), ("avx512_bf16x", False)],
)
def test_bfloat16_units_are_known_by_the_flags_of_the_processor(flags, has_units):
    assert bool(UNITS.search(f"flags : {flags}\n")) == has_units
