"""Read and write labelled cutouts for training classifiers: HDF5 files of the workflow and of users."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, replace
from pathlib import Path

import h5py
import numpy as np

from radiofind.classifiers.splits import (
    SPLIT_TYPE,
    SPLITS,
    groups_of,
    inner_validation,
    split_of,
    without_crossing,
)
from radiofind.classifiers.user_cutouts import read_checked
from radiofind.files import whole_or_absent

logger = logging.getLogger(__name__)

TEXTS = ("split", "group", "name")
ROWS = ("image", "label", *TEXTS, "rms")
"""Fields with one value per cutout."""


@dataclass(frozen=True)
class Cutouts:
    """Images of sources with their classes."""

    image: np.ndarray
    """Jy/beam, or any unit linear in brightness, without NaN; float32, shape (n, rows, columns)."""
    label: np.ndarray
    """Index into `classes`, uint8, shape (n,)."""
    split: np.ndarray
    """``train``, ``valid`` or ``test``, str, shape (n,)."""
    group: np.ndarray
    """Object shown, equal for copies and in one split only; str, shape (n,)."""
    name: np.ndarray
    """Name, str, shape (n,)."""
    rms: np.ndarray
    """Noise in the unit of `image`, NaN where unknown; float32, shape (n,)."""
    classes: tuple[str, ...]
    """Names of the classes."""
    pixel_arcsec: float
    """Pixel size, NaN if unknown."""

    def take(self, rows: np.ndarray) -> Cutouts:
        """Return some of the cutouts, by indices or a mask of shape (n,)."""
        return replace(self, **{field: getattr(self, field)[rows] for field in ROWS})


def write_cutouts(cutouts: Cutouts, path: str | Path, *, provenance: str = "") -> None:
    """Write cutouts as HDF5, whole or not at all.

    Parameters
    ----------
    cutouts
        The cutouts.
    path
        The file to make.
    provenance
        Their provenance as JSON, stored with them.
    """
    with whole_or_absent(path) as temporary, h5py.File(temporary, "w") as file:
        file.attrs["classes"] = list(cutouts.classes)
        file.attrs["pixel_arcsec"] = float(cutouts.pixel_arcsec)
        file.attrs["provenance"] = provenance
        # Not compressed: jobs request memory by the size of this file.
        file.create_dataset("image", data=cutouts.image.astype(np.float32))
        file.create_dataset("label", data=cutouts.label.astype(np.uint8))
        file.create_dataset("rms", data=cutouts.rms.astype(np.float32))
        for field in TEXTS:
            file.create_dataset(field, data=np.char.encode(getattr(cutouts, field).astype(str), "utf-8"))


def read_cutouts(path: str | Path) -> Cutouts:
    """Return the cutouts in a file written by `write_cutouts`.

    Parameters
    ----------
    path
        The file.
    """
    with h5py.File(path) as file:
        numbers = {field: file[field][:] for field in ("image", "label", "rms")}
        texts = {field: np.char.decode(file[field][:], "utf-8") for field in TEXTS}
        classes = tuple(str(name) for name in file.attrs["classes"])
        return Cutouts(**numbers, **texts, classes=classes, pixel_arcsec=float(file.attrs["pixel_arcsec"]))


def read_provenance(path: str | Path) -> dict[str, object]:
    """Return the provenance in a file written by `write_cutouts`.

    Parameters
    ----------
    path
        The file.
    """
    with h5py.File(path) as file:
        return json.loads(file.attrs["provenance"] or "{}")


def read_user_cutouts(
    path: str | Path,
    *,
    test: str = "test",
    validation_fraction: float = 0.15,
    test_fraction: float = 0.2,
    seed: int = 1,
) -> Cutouts:
    """Return the cutouts of a user's file, grouped by object and split.

    Parameters
    ----------
    path
        HDF5 with the datasets ``image`` (n, rows, columns), any real numbers, and ``label`` (n,), integers;
        optionally ``split`` (``train``, ``valid`` or ``test``), ``name``, ``group`` and ``rms``, of shape
        (n,); and the attributes ``classes``, a list of names, and optionally ``pixel_arcsec``.
    test
        ``test``, or ``valid`` to use the split valid as the test; validation is then taken from train, as for
        a file with train and test only.
    validation_fraction
        Fraction for validation: of train if the file has a split, else of all rows.
    test_fraction
        Fraction for the test if the file has no split.
    seed
        Seed of a split made here.

    Returns
    -------
    Cutouts
        No object is in two splits. If the file's own split separates copies of an object (see
        `splits.groups_of`), its rows in train are left out if it is in valid or test, and its rows in valid
        if it is in test, so that the test is unchanged and never used for training.

    Raises
    ------
    ValueError
        If the file is invalid (the message says where), the split has no test, or a class has no example in
        train.
    """
    given = read_checked(path)
    rows = len(given.image)
    group = groups_of(given.image, given.name, given.group)
    found = Cutouts(
        image=given.image,
        label=given.label,
        split=np.full(rows, "train", dtype=SPLIT_TYPE) if given.split is None else given.split,
        group=group,
        name=np.char.add("row", np.arange(rows).astype(str)) if given.name is None else given.name,
        rms=np.full(rows, np.nan, dtype=np.float32) if given.rms is None else given.rms,
        classes=given.classes,
        pixel_arcsec=given.pixel_arcsec,
    )
    _check_test(path, given.split, test)
    if given.split is None:
        parts = {"validation_fraction": validation_fraction, "test_fraction": test_fraction}
        split = split_of(found.label, group, **parts, seed=seed)
        kept = replace(found, split=split)
    else:
        kept = _without_copies(path, replace(found, split=np.where(given.split == test, "test", given.split)))
        split = inner_validation(kept.label, kept.group, kept.split, fraction=validation_fraction, seed=seed)
        kept = replace(kept, split=split)
    _check_classes(path, kept)
    _log_oddities(path, kept)
    return kept


def _check_test(path: str | Path, split: np.ndarray | None, test: str) -> None:
    """Raise if the split of a file does not fit the setting ``test``."""
    if test not in ("test", "valid"):
        raise ValueError(f"test: expected test or valid, received {test!r}")
    found = [] if split is None else sorted(set(split.tolist()))
    if test == "valid" and ("valid" not in found or "test" in found):
        received = f"rows of {', '.join(found)}" if found else "no split"
        raise ValueError(
            f"{path}: split: expected rows of valid and none of test, because of the setting test: valid, "
            f"received {received}"
        )
    if found and test not in found:
        hint = "; the setting test: valid uses rows of valid as the test" if "valid" in found else ""
        raise ValueError(f"{path}: split: expected rows of test, received rows of {', '.join(found)}{hint}")


def _without_copies(path: str | Path, cutouts: Cutouts) -> Cutouts:
    """Return cutouts without copies of objects in a later split (train, valid, test)."""
    stays = without_crossing(cutouts.split, cutouts.group)
    if not stays.all():
        left = [f"{np.sum(~stays & (cutouts.split == name))} of {name}" for name in ("train", "valid")]
        logger.warning("%s: left out copies of objects of other splits: %s", path, ", ".join(left))
    return cutouts.take(stays)


def _check_classes(path: str | Path, cutouts: Cutouts) -> None:
    """Raise if a class has no example in train; log the number of examples per class."""
    for number, name in enumerate(cutouts.classes):
        counts = {
            split: int(np.sum((cutouts.label == number) & (cutouts.split == split))) for split in SPLITS
        }
        if not counts["train"]:
            raise ValueError(
                f"{path}: label: expected an example in train of each class, received none of {name} "
                f"(class {number}; {counts['valid']} in valid, {counts['test']} in test)"
            )
        logger.info("%s: %s: %s", path, name, ", ".join(f"{many} {split}" for split, many in counts.items()))


def _log_oddities(path: str | Path, cutouts: Cutouts) -> None:
    """Log the numbers of objects, blank images, and objects with two classes."""
    objects, first = np.unique(cutouts.group, return_index=True)
    logger.info("%s: %d cutouts of %d objects", path, len(cutouts.group), len(objects))
    blank = np.ptp(cutouts.image, axis=(1, 2)) == 0
    if blank.any():
        logger.warning("%s: %d images are blank, the first %s", path, blank.sum(), cutouts.name[blank][0])
    own = dict(zip(objects, cutouts.label[first], strict=True))
    torn = np.sum(cutouts.label != np.array([own[name] for name in cutouts.group]))
    if torn:
        logger.warning("%s: %d cutouts show an object that has another class in another cutout", path, torn)
