"""How many cutouts a file holds, for those who plan what is done with them; nothing else of it is read."""

from __future__ import annotations

import math
from pathlib import Path

import h5py

from radiofind.classifiers.hdf5_checks import dataset_of


def shape_of_cutouts(path: str | Path) -> tuple[int, int]:
    """Return how many cutouts a file has, and how many pixels one of them.

    Parameters
    ----------
    path
        HDF5 file of labelled cutouts.

    Returns
    -------
    tuple of int
        0 and 0 for a file that holds none: what is wrong with it, the job will say that reads it.

    Raises
    ------
    FileNotFoundError
        When there is no such file.
    """
    # The error of h5py has no filename, by which Snakemake knows a file that is not made yet.
    Path(path).stat()
    try:
        with h5py.File(path) as file:
            number, *sides = dataset_of(file, "image", "iuf", "real numbers").shape
    except Exception:  # h5py raises errors of many kinds
        return 0, 0
    return number, math.prod(sides)
