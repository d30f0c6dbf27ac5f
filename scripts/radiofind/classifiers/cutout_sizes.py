"""Read the number and size of the cutouts in a file, and nothing else, to plan jobs."""

from __future__ import annotations

import math
from pathlib import Path

import h5py

from radiofind.classifiers.hdf5_checks import dataset_of


def shape_of_cutouts(path: str | Path) -> tuple[int, int]:
    """Return the number of cutouts in a file, and the pixels of one cutout.

    Parameters
    ----------
    path
        HDF5 file of labelled cutouts.

    Returns
    -------
    tuple of int
        0 and 0 for an invalid file: the job that reads it will report the error.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    """
    # The error of h5py lacks the filename by which Snakemake recognises a file that is not made yet.
    Path(path).stat()
    try:
        with h5py.File(path) as file:
            number, *sides = dataset_of(file, "image", "iuf", "real numbers").shape
    except Exception:  # h5py raises errors of many kinds
        return 0, 0
    return number, math.prod(sides)
