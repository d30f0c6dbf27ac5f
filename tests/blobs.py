"""Labelled cutouts that tiny networks learn in seconds: one, two or three blobs in a row at any angle."""

from __future__ import annotations

import numpy as np

from radiofind.classifiers.cutouts import Cutouts

RMS = 1e-4
CLASSES = ("one", "two", "three")


def cutouts_of(number=60, *, side=16, classes=CLASSES, seed=1, brightness=1.0):
    """Return cutouts, half of them to train on, and a quarter each for validation and test."""
    rng = np.random.default_rng(seed)
    label = (np.arange(number) % len(classes)).astype(np.uint8)
    image = rng.normal(scale=RMS, size=(number, side, side))
    rows, columns = np.indices((side, side)) - (side - 1) / 2
    for pixels, blobs in zip(image, label + 1, strict=True):
        angle, peak = rng.uniform(0, np.pi), 20 * RMS * rng.uniform(1, 3)
        for place in (np.arange(blobs) - (blobs - 1) / 2) * side / 4:
            distance2 = (rows - place * np.sin(angle)) ** 2 + (columns - place * np.cos(angle)) ** 2
            pixels += peak * np.exp(-distance2 / 2)
    name = np.array([f"s{place}" for place in range(number)])
    split = np.array(["train", "train", "valid", "test"])[np.arange(number) // len(classes) % 4]
    return Cutouts(
        image=(image * brightness).astype(np.float32),
        label=label,
        split=split,
        group=name,
        name=name,
        rms=np.full(number, RMS * brightness, dtype=np.float32),
        classes=classes,
        pixel_arcsec=1.8,
    )


SETTINGS = {
    "architecture": "default",
    "recipe": "default",
    "epochs": 3,
    "seeds": [1, 2],
    "folds": 0,
    "clip_rms": 0,
    "augment": True,
    "threads": 1,
    "precision": "auto",
    "weights": None,
    "variant": "default",
}
"""Of a network, as the configuration gives them."""
