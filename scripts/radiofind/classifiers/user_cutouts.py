"""Read and check the labelled cutouts of a user (HDF5); errors say what is wrong, and where."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from radiofind.catalogues.class_columns import LONGEST_CLASS
from radiofind.classifiers.hdf5_checks import CutoutError, attribute_of, dataset_of, told_of
from radiofind.classifiers.splits import SPLIT_TYPE, SPLITS
from radiofind.errors import closest, quoted, reason, shown
from radiofind.files import NAME, NAME_RULE
from radiofind.given_files import file_trouble, raise_if_not_of_the_file

REQUIRED = ("image", "label")
OPTIONAL = ("split", "name", "group", "rms")
KINDS = {
    **{"image": ("iuf", "real numbers"), "rms": ("iuf", "real numbers"), "label": ("iu", "integers")},
    **{"split": ("S", "texts"), "name": ("Siu", "texts"), "group": ("Siu", "texts")},
}
"""Allowed kinds of numbers (S: strings) of each dataset, and their description."""

BLOCK_PIXELS = 2**24
"""Images read at a time, so that not all are in memory twice, as stored and as float32."""
MOST_CLASSES = 255
"""Labels are stored as uint8."""
LONGEST_TEXT = 255


@dataclass(frozen=True)
class UserCutouts:
    """The content of a user's file, as in `cutouts.Cutouts`; missing items are None."""

    image: np.ndarray
    """As in `cutouts.Cutouts`."""
    label: np.ndarray
    """Likewise."""
    split: np.ndarray | None
    """Likewise."""
    name: np.ndarray | None
    """Likewise."""
    group: np.ndarray | None
    """As in the file; it may not identify all copies."""
    rms: np.ndarray | None
    """As in `cutouts.Cutouts`."""
    classes: tuple[str, ...]
    """Likewise."""
    pixel_arcsec: float
    """Likewise."""


def read_checked(path: str | Path) -> UserCutouts:
    """Return the content of a user's file of labelled cutouts, checked.

    Parameters
    ----------
    path
        The file (see `cutouts.read_user_cutouts`).

    Raises
    ------
    CutoutError
        If the file is invalid; names the dataset and the row, counted from 0, as in ``image[3]``.

    Notes
    -----
    HDF5 itself may never finish reading a file whose heap (of variable-length strings) is damaged.
    """
    trouble = file_trouble(Path(path))
    if trouble:
        raise CutoutError(f"{path}: expected a file with labelled cutouts (HDF5), received {trouble}")
    try:
        with h5py.File(path, "r") as file:
            return _read(file)
    except CutoutError as error:
        raise CutoutError(f"{path}: {error}") from None
    except Exception as error:  # h5py raises errors of many kinds
        raise_if_not_of_the_file(error, path)
        raise CutoutError(
            f"{path}: expected a file with labelled cutouts (HDF5), received {reason(error)}"
        ) from error


def _read(file: h5py.File) -> UserCutouts:
    """Return the content of a file; small items are read first, as images may be large."""
    names = set(file)
    there = [*REQUIRED, *(key for key in OPTIONAL if key in names)]
    datasets = {key: dataset_of(file, key, *KINDS[key]) for key in there}
    _check_shapes(datasets)
    classes = _classes(file)
    texts = {key: _texts(datasets[key], key) for key in ("name", "group") if key in datasets}
    return UserCutouts(
        label=_label(datasets["label"], classes),
        split=_split(datasets["split"]) if "split" in datasets else None,
        name=texts.get("name"),
        group=texts.get("group"),
        rms=_rms(datasets["rms"]) if "rms" in datasets else None,
        image=_image(datasets["image"]),
        classes=classes,
        pixel_arcsec=_pixel_arcsec(file),
    )


def _check_shapes(datasets: dict[str, h5py.Dataset]) -> None:
    """Raise unless there are images, and equally many rows of everything else."""
    shape = datasets["image"].shape
    if shape is None or len(shape) != 3 or 0 in shape:
        raise CutoutError(
            f"image: expected images of shape (n, rows, columns), received shape {shown(shape)}"
        )
    for key, dataset in datasets.items():
        if key != "image" and dataset.shape != shape[:1]:
            raise CutoutError(
                f"{key}: expected shape ({shape[0]},), as there are {shape[0]} images, "
                f"received shape {shown(dataset.shape)}"
            )


def _classes(file: h5py.File) -> tuple[str, ...]:
    """Return the names of the classes, which become column names."""
    given = attribute_of(file, "classes", "S", "names")
    if given is None:
        raise CutoutError("expected an attribute classes, the list of class names, received none")
    if not 2 <= len(given) <= MOST_CLASSES:
        raise CutoutError(f"classes: expected from 2 to {MOST_CLASSES} classes, received {len(given)}")
    names = tuple(_decoded(name, "classes", number) for number, name in enumerate(given))
    for number, name in enumerate(names):
        if not NAME.fullmatch(name):
            raise CutoutError(f"classes[{number}]: expected {NAME_RULE}, received {quoted(name)}")
        if len(name) > LONGEST_CLASS:
            expected = f"a name of at most {LONGEST_CLASS} letters"
            raise CutoutError(f"classes[{number}]: expected {expected}, received {quoted(name)}")
        if name in names[:number]:
            raise CutoutError(f"classes[{number}]: expected each name once, received {name} again")
    return names


def _decoded(value: object, key: str, number: int) -> str:
    """Return bytes or an integer as text."""
    try:
        return value.decode("utf-8") if isinstance(value, bytes) else str(value)
    except UnicodeDecodeError as error:
        raise CutoutError(f"{key}[{number}]: expected a text in UTF-8, received {reason(error)}") from None


def _pixel_arcsec(file: h5py.File) -> float:
    """Return the pixel size, or NaN if the file does not give it."""
    values = attribute_of(file, "pixel_arcsec", "iuf", "a number")
    if values is None:
        return np.nan
    if len(values) != 1:
        raise CutoutError(f"pixel_arcsec: expected a number, received {quoted(values)}")
    number = float(values[0])
    if number <= 0 or np.isinf(number):
        raise CutoutError(f"pixel_arcsec: expected a finite number above 0, received {number:g}")
    return number


def _label(dataset: h5py.Dataset, classes: tuple[str, ...]) -> np.ndarray:
    """Return labels, checked to be indices into the classes."""
    with told_of("label"):
        values = dataset[:]
    expected = f"0 to {len(classes) - 1}, an index into classes"
    _check_rows((values >= 0) & (values < len(classes)), values, "label", expected)
    return values.astype(np.uint8)


def _split(dataset: h5py.Dataset) -> np.ndarray:
    """Return the split of each row."""
    words = _texts(dataset, "split")
    known = np.isin(words, SPLITS)
    hint = closest(words[~known][0], SPLITS) if not known.all() else ""
    _check_rows(known, words, "split", "train, valid or test", hint)
    return words.astype(SPLIT_TYPE)


def _texts(dataset: h5py.Dataset, key: str) -> np.ndarray:
    """Return a dataset of strings or integers as printable text."""
    with told_of(key):
        stored = dataset[:].tolist()
    words = [_decoded(value, key, row) for row, value in enumerate(stored)]
    for row, word in enumerate(words):
        # A NumPy array allocates the length of the longest string for each.
        if len(word) > LONGEST_TEXT:
            raise CutoutError(
                f"{key}[{row}]: expected a text of at most {LONGEST_TEXT} characters, received {len(word)}"
            )
    right = np.array([word.isprintable() for word in words], dtype=bool)
    _check_rows(right, words, key, "a printable text")
    return np.array(words, dtype=str)


def _rms(dataset: h5py.Dataset) -> np.ndarray:
    """Return the noise of each image."""
    with told_of("rms"), np.errstate(over="ignore"):
        values = dataset[:].astype(np.float32)
    right = np.isnan(values) | ((values > 0) & np.isfinite(values))
    _check_rows(right, values, "rms", "a finite number above 0, or NaN if unknown")
    return values


def _image(dataset: h5py.Dataset) -> np.ndarray:
    """Return images as float32, checked to be finite."""
    images = np.empty(dataset.shape, dtype=np.float32)
    step = max(1, BLOCK_PIXELS // math.prod(dataset.shape[1:]))
    for start in range(0, len(images), step):
        block = images[start : start + step]
        with told_of(f"image[{start}:{start + len(block)}]"), np.errstate(over="ignore"):
            block[:] = dataset[start : start + step]
        wrong = np.flatnonzero(~np.isfinite(block).all(axis=(1, 2)))
        if len(wrong):
            blank = np.isnan(block[wrong[0]]).any()
            received = "NaN (set blank pixels to 0)" if blank else "an infinite one"
            raise CutoutError(
                f"image[{start + wrong[0]}]: expected a number in each pixel, received {received}"
            )
    return images


def _check_rows(right: np.ndarray, values: Sequence, key: str, expected: str, hint: str = "") -> None:
    """Raise if a row is invalid, naming the first one."""
    wrong = np.flatnonzero(~right)
    if len(wrong):
        more = f", and {len(wrong) - 1} more rows like it" if len(wrong) > 1 else ""
        received = shown(str(values[wrong[0]]))
        raise CutoutError(f"{key}[{wrong[0]}]: expected {expected}, received {received}{hint}{more}")
