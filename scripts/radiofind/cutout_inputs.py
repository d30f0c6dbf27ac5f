"""Read the labelled cutouts of a user (HDF5) and tell what is wrong with them, and where.

Nothing but numbers and texts is read, and nothing outside the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from radiofind.classified import LONGEST_CLASS
from radiofind.cutout_splits import SPLIT_TYPE, SPLITS
from radiofind.problems import (
    NAME,
    NAME_RULE,
    closest,
    file_trouble,
    quoted,
    raise_if_not_of_the_file,
    reason,
    shown,
)

REQUIRED = ("image", "label")
OPTIONAL = ("split", "name", "group", "rms")
KINDS = {
    **{"image": ("iuf", "real numbers"), "rms": ("iuf", "real numbers"), "label": ("iu", "integers")},
    **{"split": ("S", "texts"), "name": ("Siu", "texts"), "group": ("Siu", "texts")},
}
"""Kinds of numbers (S: texts) that a dataset may hold, and their name."""

BLOCK_PIXELS = 2**24
"""So many are read at a time: images need not be there twice, as they are stored and as float32."""
MOST_CLASSES = 255
"""Labels are kept as uint8."""


class CutoutError(ValueError):
    """A file does not hold labelled cutouts."""


@dataclass(frozen=True)
class UserCutouts:
    """What a user's file holds, as `cutouts.Cutouts`; what is not there is None."""

    image: np.ndarray
    """As in `cutouts.Cutouts`."""
    label: np.ndarray
    """Likewise."""
    split: np.ndarray | None
    """Likewise."""
    name: np.ndarray | None
    """Likewise."""
    group: np.ndarray | None
    """As the file has it: nothing is known of copies in other groups."""
    rms: np.ndarray | None
    """As in `cutouts.Cutouts`."""
    classes: tuple[str, ...]
    """Likewise."""
    pixel_arcsec: float
    """Likewise."""


def read_checked(path: str | Path) -> UserCutouts:
    """Return what a user's file of labelled cutouts holds.

    Parameters
    ----------
    path
        The file (see `cutouts.read_user_cutouts`).

    Raises
    ------
    CutoutError
        When something is wrong with it, with the dataset and the row, counted from 0, as in ``image[3]``.

    Notes
    -----
    HDF5 itself may read a file without end whose heap (of texts of many lengths) is damaged.
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
    """Return what a file holds: small things first, as images may be large."""
    there = [*REQUIRED, *(key for key in OPTIONAL if key in set(file))]
    datasets = {key: _dataset(file, key) for key in there}
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


def _dataset(file: h5py.File, key: str) -> h5py.Dataset:
    """Return a dataset that lies in the file itself and holds what it should."""
    if key not in set(file):
        raise CutoutError(f"expected a dataset {key}, received {_listed(set(file))}")
    # Looked at before it is followed: a link may lead to any file of this machine.
    if file.id.links.get_info(key.encode()).type != h5py.h5l.TYPE_HARD:
        raise CutoutError(f"{key}: expected a dataset of the file itself, received a link")
    found, (kinds, what) = file[key], KINDS[key]
    if not isinstance(found, h5py.Dataset):
        raise CutoutError(f"{key}: expected a dataset, received a {type(found).__name__.lower()}")
    if found.is_virtual or found.external:
        raise CutoutError(f"{key}: expected a dataset of the file itself, received one stored in other files")
    kind = "S" if h5py.check_string_dtype(found.dtype) else found.dtype.kind
    if kind not in kinds or h5py.check_enum_dtype(found.dtype):
        raise CutoutError(f"{key}: expected {what}, received {shown(str(found.dtype))}")
    return found


def _listed(names: set[str]) -> str:
    """Return the first names of a file."""
    return f"{', '.join(shown(name) for name in sorted(names)[:10])}" if names else "an empty file"


def _check_shapes(datasets: dict[str, h5py.Dataset]) -> None:
    """Raise unless there are images, and as many of everything else."""
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
    """Return the names of the classes, which become names of columns."""
    if "classes" not in file.attrs:
        raise CutoutError("expected an attribute classes, the list of their names, received none")
    given = np.atleast_1d(file.attrs["classes"]).ravel().tolist()
    names = tuple(_decoded(name) for name in given)
    for number, name in enumerate(names):
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise CutoutError(f"classes[{number}]: expected {NAME_RULE}, received {quoted(name)}")
        if len(name) > LONGEST_CLASS:
            expected = f"a name of at most {LONGEST_CLASS} letters"
            raise CutoutError(f"classes[{number}]: expected {expected}, received {quoted(name)}")
        if name in names[:number]:
            raise CutoutError(f"classes[{number}]: expected each name once, received {name} again")
    if not 2 <= len(names) <= MOST_CLASSES:
        raise CutoutError(f"classes: expected from 2 to {MOST_CLASSES} classes, received {len(names)}")
    return names


def _decoded(value: object) -> object:
    """Return the text of bytes, and anything else as it is."""
    return value.decode("utf-8") if isinstance(value, bytes) else value


def _pixel_arcsec(file: h5py.File) -> float:
    """Return the side of a pixel, or NaN where the file does not tell it."""
    value = np.asarray(file.attrs.get("pixel_arcsec", np.nan))
    if value.size != 1 or value.dtype.kind not in "iuf":
        raise CutoutError(f"pixel_arcsec: expected a number, received {quoted(value.tolist())}")
    number = float(value.reshape(())[()])
    if number <= 0 or np.isinf(number):
        raise CutoutError(f"pixel_arcsec: expected a finite number above 0, received {number:g}")
    return number


def _label(dataset: h5py.Dataset, classes: tuple[str, ...]) -> np.ndarray:
    """Return labels that are places in the classes."""
    values = dataset[:]
    expected = f"0 to {len(classes) - 1}, the places in classes"
    _check_rows((values >= 0) & (values < len(classes)), values, "label", expected)
    return values.astype(np.uint8)


def _split(dataset: h5py.Dataset) -> np.ndarray:
    """Return the words of a split."""
    words = _texts(dataset, "split")
    known = np.isin(words, SPLITS)
    hint = closest(words[~known][0], SPLITS) if not known.all() else ""
    _check_rows(known, words, "split", "train, valid or test", hint)
    return words.astype(SPLIT_TYPE)


def _texts(dataset: h5py.Dataset, key: str) -> np.ndarray:
    """Return texts that can be shown, also those that were written as integers."""
    try:
        stored = dataset.asstr("utf-8") if h5py.check_string_dtype(dataset.dtype) else dataset
        words = np.array(stored[:], dtype=str)
    except UnicodeDecodeError as error:
        raise CutoutError(f"{key}: expected texts in UTF-8, received {reason(error)}") from None
    _check_rows(np.array([word.isprintable() for word in words]), words, key, "a printable text")
    return words


def _rms(dataset: h5py.Dataset) -> np.ndarray:
    """Return the noise of each image."""
    with np.errstate(over="ignore"):
        values = dataset[:].astype(np.float32)
    right = np.isnan(values) | ((values > 0) & np.isfinite(values))
    _check_rows(right, values, "rms", "a finite number above 0, or NaN where it is unknown")
    return values


def _image(dataset: h5py.Dataset) -> np.ndarray:
    """Return images as float32, of which every pixel is a number."""
    images = np.empty(dataset.shape, dtype=np.float32)
    step = max(1, BLOCK_PIXELS // int(np.prod(dataset.shape[1:])))
    for start in range(0, len(images), step):
        block = images[start : start + step]
        with np.errstate(over="ignore"):
            block[:] = dataset[start : start + step]
        wrong = np.flatnonzero(~np.isfinite(block).all(axis=(1, 2)))
        if len(wrong):
            blank = np.isnan(block[wrong[0]]).any()
            received = "NaN (set blank pixels to 0)" if blank else "an infinite one"
            raise CutoutError(
                f"image[{start + wrong[0]}]: expected a number in each pixel, received {received}"
            )
    return images


def _check_rows(right: np.ndarray, values: np.ndarray, key: str, expected: str, hint: str = "") -> None:
    """Raise with the first row that is wrong."""
    wrong = np.flatnonzero(~right)
    if len(wrong):
        more = f", and {len(wrong) - 1} more rows like it" if len(wrong) > 1 else ""
        received = shown(str(values[wrong[0]]))
        raise CutoutError(f"{key}[{wrong[0]}]: expected {expected}, received {received}{hint}{more}")
