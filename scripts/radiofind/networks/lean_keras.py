"""Keras, imported from here by all modules: without the libraries that it only plots and wraps with."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

OPTIONAL = ("matplotlib", "sklearn")
"""Keras goes without them where they are not installed; with them, it takes half as long again to load."""


@contextmanager
def hidden(*names: str) -> Iterator[None]:
    """Let modules seem not to be installed until the block ends, except those that are loaded already."""
    hide = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hide))
    try:
        yield
    finally:
        for name in hide:
            del sys.modules[name]


with hidden(*OPTIONAL):
    import keras
    from keras import layers, ops

__all__ = ["keras", "layers", "ops"]
