"""Set up the backend of Keras: threads, seed, precision. The only module that depends on the backend."""

from __future__ import annotations

import logging
import re
from pathlib import Path

from radiofind.networks.lean_keras import keras

logger = logging.getLogger(__name__)

POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}
"""Keras policies by precision."""
UNITS = re.compile(r"\b(?:amx_bf16|avx512_bf16)\b")
"""CPU flags of hardware for bfloat16."""


def set_up(*, threads: int, seed: int) -> str:
    """Set threads, seed and determinism, and return a description of the hardware.

    Parameters
    ----------
    threads
        Threads of one operation on a CPU; a setting rather than the number of cores, since sums depend on it.
    seed
        Seed of the initial weights and of dropout.

    Raises
    ------
    RuntimeError
        If this process has already used TensorFlow with another number of threads.
    """
    keras.utils.set_random_seed(seed)
    if keras.backend.backend() == "tensorflow":
        _set_up_tensorflow(threads)
    found = f"{_gpu_name()} with {keras.backend.backend()}" if has_gpu() else ""
    hardware = found or f"the CPU ({threads} threads, {keras.backend.backend()}); there is no GPU"
    logger.info("the network runs on %s", hardware)
    return hardware


def has_gpu() -> bool:
    """Return whether the backend sees a GPU."""
    return bool(_gpu_name())


def compiles_kernels() -> bool:
    """Return whether just-in-time compilation is faster; on a CPU it takes 1.6 times as long."""
    return has_gpu()


def choose_precision(wanted: str) -> str:
    """Return the precision to use, ``float32`` or ``bfloat16``.

    Parameters
    ----------
    wanted
        One of these, or ``auto`` for bfloat16 where the hardware supports it.
    """
    if wanted != "auto":
        return wanted
    return "bfloat16" if has_gpu() or _cpu_has_units() else "float32"


def _cpu_has_units() -> bool:
    """Return whether the CPU supports bfloat16 in hardware, as far as Linux reports it."""
    flags = Path("/proc/cpuinfo")
    return flags.is_file() and bool(UNITS.search(flags.read_text()))


def _set_up_tensorflow(threads: int) -> None:
    """Set threads and deterministic sums, and let GPU memory grow as needed."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)


def _gpu_name() -> str:
    """Return the name of the first GPU that the backend sees, or an empty text."""
    return next((name for name in keras.distribution.list_devices() if re.match("(?i)gpu|cuda", name)), "")
