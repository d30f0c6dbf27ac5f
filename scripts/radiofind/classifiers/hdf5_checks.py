"""Datasets and attributes of a user's HDF5 file, looked at before anything of them is read.

Nothing but numbers and texts is read, nothing outside the file, and nothing larger than the file can hold.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np

from radiofind.errors import reason, shown

MOST_PER_BYTE = 1032
"""Bytes that gzip can make of one: what is said to hold more than these was never written."""
ALWAYS_BYTES = 2**26
"""So much is read of any file, also where it is packed better."""
ATTRIBUTE_BYTES = 2**20


class CutoutError(ValueError):
    """A file does not hold labelled cutouts."""


@contextmanager
def told_of(place: str) -> Iterator[None]:
    """Say which part of a file it is that HDF5 cannot read.

    Parameters
    ----------
    place
        Name of the dataset or attribute, perhaps with rows.

    Raises
    ------
    CutoutError
        Instead of what HDF5 raises; errors with a number, and a lack of memory, need not be of the file.
    """
    try:
        yield
    except Exception as error:  # h5py raises errors of many kinds
        if isinstance(error, CutoutError | MemoryError) or getattr(error, "errno", None):
            raise
        raise CutoutError(f"{place}: expected what HDF5 can read, received {reason(error)}") from error


def dataset_of(file: h5py.File, key: str, kinds: str, what: str) -> h5py.Dataset:
    """Return a dataset that lies in the file itself and holds what it should.

    Parameters
    ----------
    file
        The file.
    key
        Name of the dataset.
    kinds
        Kinds of numbers (of NumPy; S: texts) that it may hold.
    what
        Their name.
    """
    names = set(file)
    if key not in names:
        raise CutoutError(f"expected a dataset {key}, received {_listed(names)}")
    with told_of(key):
        # Looked at before it is followed: a link may lead to any file of this machine.
        if file.id.links.get_info(key.encode()).type != h5py.h5l.TYPE_HARD:
            raise CutoutError(f"{key}: expected a dataset of the file itself, received a link")
        found = file[key]
        if not isinstance(found, h5py.Dataset):
            raise CutoutError(f"{key}: expected a dataset, received a {type(found).__name__.lower()}")
        if found.is_virtual or found.external:
            raise CutoutError(
                f"{key}: expected a dataset of the file itself, received one stored in other files"
            )
        if _kind(found.dtype) not in kinds:
            raise CutoutError(f"{key}: expected {what}, received {shown(str(found.dtype))}")
        _check_size(found, key)
    return found


def attribute_of(file: h5py.File, key: str, kinds: str, what: str) -> list | None:
    """Return the values of an attribute, nothing where there is no such attribute.

    Parameters
    ----------
    file, key, kinds, what
        As for `dataset_of`.
    """
    with told_of(key):
        if key not in file.attrs:
            return None
        stored = file.attrs.get_id(key)
        if _kind(stored.dtype) not in kinds:
            raise CutoutError(f"{key}: expected {what}, received {shown(str(stored.dtype))}")
        if stored.shape is None or math.prod(stored.shape) * stored.dtype.itemsize > ATTRIBUTE_BYTES:
            raise CutoutError(f"{key}: expected {what}, received shape {shown(stored.shape)}")
        return np.atleast_1d(file.attrs[key]).ravel().tolist()


def _kind(dtype: np.dtype) -> str:
    """Return the kind of numbers, S for texts of any kind, or nothing for an enumeration."""
    if h5py.check_string_dtype(dtype):
        return "S"
    return "-" if h5py.check_enum_dtype(dtype) else dtype.kind


def _check_size(found: h5py.Dataset, key: str) -> None:
    """Raise when a dataset, or a chunk, says to be larger than anything that such a file can hold."""
    stored = Path(found.file.filename).stat().st_size
    for shape in (found.shape or (), found.chunks or ()):
        if math.prod(shape) * found.dtype.itemsize > max(ALWAYS_BYTES, MOST_PER_BYTE * stored):
            raise CutoutError(
                f"{key}: expected values that were written, received shape {shown(shape)} of "
                f"{shown(str(found.dtype))} in a file of {stored} bytes"
            )


def _listed(names: set[str | bytes]) -> str:
    """Return the first names of a file; those that are not UTF-8 are bytes."""
    return ", ".join(shown(name) for name in sorted(names, key=str)[:10]) if names else "an empty file"
