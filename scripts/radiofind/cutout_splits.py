"""Stand-in for the split of labelled cutouts, to build the simulator against; replaced at the merge."""

from __future__ import annotations

import numpy as np


def split_of(
    label: np.ndarray, group: np.ndarray, *, validation_fraction: float, test_fraction: float, seed: int
) -> np.ndarray:
    """Return train, valid or test for each cutout, stratified by label; groups must be single."""
    generator = np.random.default_rng(seed)
    split = np.full(len(label), "train", dtype="U5")
    for value in np.unique(label):
        rows = generator.permutation(np.flatnonzero(label == value))
        n_test, n_valid = (round(len(rows) * part) for part in (test_fraction, validation_fraction))
        split[rows[:n_test]] = "test"
        split[rows[n_test : n_test + n_valid]] = "valid"
    return split
