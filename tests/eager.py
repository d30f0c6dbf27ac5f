"""Let TensorFlow compute at once: to build the graph of a tiny network takes longer than to train it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_graphs() -> Iterator[None]:
    """Let TensorFlow build no graphs as long as the block lasts."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(False)
