"""Reconstructions of some cutouts by a capsule network, also with one dimension of a capsule perturbed."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import h5py
import numpy as np

from radiofind.files import whole_or_absent


@dataclass(frozen=True)
class CapsuleViews:
    """Test cutouts and their reconstructions by a capsule network; empty for other networks."""

    classes: tuple[str, ...]
    """Names of the classes."""
    image: np.ndarray
    """(n, rows, columns), the network's input."""
    reconstruction: np.ndarray
    """(n, rows, columns), the decoder's output for the longest capsule, in the unit of the input."""
    label: np.ndarray
    """(n,), index of the true class."""
    predicted: np.ndarray
    """(n,), index of the class of the longest capsule."""
    perturbed: np.ndarray
    """(m, n_dimensions, n_steps, rows, columns), reconstructions with one dimension perturbed."""
    perturbed_of: np.ndarray
    """(m,), indices into the n cutouts."""
    steps: np.ndarray
    """(n_steps,), values added to the dimension (Lukic et al. 2019: -0.25 to 0.25 in steps of 0.05)."""


def no_views(classes: tuple[str, ...]) -> CapsuleViews:
    """Return empty views, for a network without capsules."""
    none, images = np.empty(0, dtype=int), np.empty((0, 0, 0), dtype="float32")
    return CapsuleViews(tuple(classes), images, images, none, none, images[:, None, None], none, np.empty(0))


def write_capsule_views(views: CapsuleViews, path: str | Path) -> None:
    """Write views as HDF5, whole or not at all.

    Parameters
    ----------
    views
        Any number of cutouts, including none.
    path
        The file to make.
    """
    with whole_or_absent(path) as temporary, h5py.File(temporary, "w") as file:
        file.attrs["classes"] = np.array(views.classes, dtype=h5py.string_dtype())
        for name in _arrays():
            file.create_dataset(name, data=getattr(views, name), track_times=False)


def read_capsule_views(path: str | Path) -> CapsuleViews:
    """Return the views in a file written by `write_capsule_views`."""
    with h5py.File(path) as file:
        classes = tuple(str(name) for name in file.attrs["classes"])
        return CapsuleViews(classes, **{name: file[name][()] for name in _arrays()})


def _arrays() -> list[str]:
    """Return the names of the arrays of views."""
    return [field.name for field in fields(CapsuleViews) if field.name != "classes"]
