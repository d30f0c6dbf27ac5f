"""Check the datasets and attributes of a user's HDF5 file before reading them.

Only numbers and strings inside the file are read, and nothing larger than the file can contain.
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
"""Maximum compression ratio of gzip: a dataset with a larger one was never written."""
ALWAYS_BYTES = 2**26
"""Size up to which any dataset is read, whatever its compression ratio."""
ATTRIBUTE_BYTES = 2**20


class CutoutError(ValueError):
    """An error in a file of labelled cutouts."""


@contextmanager
def told_of(place: str) -> Iterator[None]:
    """Name the part of the file in errors that occur while reading it.

    Parameters
    ----------
    place
        Name of the dataset or attribute, optionally with rows.

    Raises
    ------
    CutoutError
        Instead of errors of HDF5, except system errors and lack of memory, which may not be due to the file.
    """
    try:
        yield
    except Exception as error:  # h5py raises errors of many kinds
        if isinstance(error, CutoutError | MemoryError) or getattr(error, "errno", None):
            raise
        raise CutoutError(f"{place}: expected data that HDF5 can read, received {reason(error)}") from error


def dataset_of(file: h5py.File, key: str, kinds: str, what: str) -> h5py.Dataset:
    """Return a dataset, checked to be in the file itself and of an allowed type.

    Parameters
    ----------
    file
        The file.
    key
        Name of the dataset.
    kinds
        Allowed kinds of numbers (of NumPy; S: strings).
    what
        Description of these kinds, for messages.
    """
    names = set(file)
    if key not in names:
        raise CutoutError(f"expected a dataset {key}, received {_listed(names)}")
    with told_of(key):
        # Checked before following it: a link may lead to any file on this machine.
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
    """Return the values of an attribute; None if there is no such attribute.

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
    """Return the kind of numbers, S for any strings, or empty for an enumeration."""
    if h5py.check_string_dtype(dtype):
        return "S"
    return "-" if h5py.check_enum_dtype(dtype) else dtype.kind


def _check_size(found: h5py.Dataset, key: str) -> None:
    """Raise if a dataset, or a chunk, claims to be larger than the file can contain."""
    stored = Path(found.file.filename).stat().st_size
    for shape in (found.shape or (), found.chunks or ()):
        if math.prod(shape) * found.dtype.itemsize > max(ALWAYS_BYTES, MOST_PER_BYTE * stored):
            raise CutoutError(
                f"{key}: expected values that were written, received shape {shown(shape)} of "
                f"{shown(str(found.dtype))} in a file of {stored} bytes"
            )


def _listed(names: set[str | bytes]) -> str:
    """Return the first few names in a file; names that are not UTF-8 are bytes."""
    return ", ".join(shown(name) for name in sorted(names, key=str)[:10]) if names else "an empty file"
