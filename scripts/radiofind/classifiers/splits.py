"""Group cutouts that show the same object, and split data sets so that no group is in two splits.

Each row is in exactly one split, and all rows of a group are in the same one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from radiofind.networks.orientations import ORIENTATIONS, turned

SPLITS = ("train", "valid", "test")
SPLIT_TYPE = "<U5"


def groups_of(
    images: np.ndarray, names: np.ndarray | None = None, groups: np.ndarray | None = None
) -> np.ndarray:
    """Return the object that each image shows.

    Two images show the same object if their names, groups or pixels are equal, also after rotations by
    multiples of 90 deg and mirroring. Copies rotated by other angles, shifted or rescaled are only recognised
    by name or group. Constant images show nothing, and are never copies.

    Parameters
    ----------
    images
        Shape (n, rows, columns), without NaN.
    names, groups
        Shape (n,), str; empty if unknown.

    Returns
    -------
    numpy.ndarray of str, shape (n,)
        ``row`` and the index of the first image of the object.
    """
    keys = [_pixel_keys(np.asarray(images, dtype=np.float32))]
    keys += [np.asarray(given, dtype=str) for given in (names, groups) if given is not None]
    rows = np.arange(len(images))
    edges = [np.column_stack([rows, _first_of(key)]) for key in keys]
    start, end = np.concatenate(edges).T
    graph = coo_array((np.ones(len(start), dtype=bool), (start, end)), shape=(len(rows), len(rows)))
    part = connected_components(graph, directed=False)[1] if len(rows) else rows
    return np.char.add("row", _first_of(part).astype(str))


def split_of(
    label: np.ndarray, group: np.ndarray, *, validation_fraction: float, test_fraction: float, seed: int
) -> np.ndarray:
    """Return a split with about the same fractions of each class in validation and test.

    Parameters
    ----------
    label, group
        Class and object of each row, shape (n,). The class of a group is that of most of its rows.
    validation_fraction, test_fraction
        Wanted fractions of the rows, each from 0 to below 1 and together below 1.
    seed
        Seed of the order in which objects are drawn; each class is drawn independently of the others.

    Returns
    -------
    numpy.ndarray of str, shape (n,)
        ``train``, ``valid`` or ``test``. Each class has an object in train; the second is in test and the
        third in valid, where those are wanted.

    Raises
    ------
    ValueError
        When the fractions leave nothing for train.
    """
    if min(validation_fraction, test_fraction) < 0 or validation_fraction + test_fraction >= 1:
        raise ValueError(
            "Expected fractions of at least 0 that leave something for train, "
            f"received {validation_fraction:g} for validation and {test_fraction:g} for test"
        )
    wanted = [("test", test_fraction), ("valid", validation_fraction)]
    part = _places(label, group, seed=seed)
    split = np.where(part < test_fraction, "test", "train").astype(SPLIT_TYPE)
    split[(part >= test_fraction) & (part < test_fraction + validation_fraction)] = "valid"
    return _with_all_splits(split, part, label, group, [name for name, fraction in wanted if fraction > 0])


def fold_of(
    label: np.ndarray, group: np.ndarray, *, folds: int, fold: int, validation_fraction: float, seed: int
) -> np.ndarray:
    """Return the split of one fold of a cross-validation.

    Parameters
    ----------
    label, group
        As for `split_of`.
    folds
        Number of folds, at least 2.
    fold
        Number of the fold, from 1. Each row is in the test of exactly one fold.
    validation_fraction
        Fraction for validation of the rows outside the test.
    seed
        As for `split_of`; the same for all folds.

    Returns
    -------
    numpy.ndarray of str, shape (n,)
        As from `split_of`.

    Raises
    ------
    ValueError
        If there is no such fold, a class has a single object (which would have to be in train and
        test), or there are too few objects for the test of this fold.
    """
    if folds < 2 or not 1 <= fold <= folds:
        raise ValueError(
            f"Expected a fold from 1 to the number of folds (2 or more), received {fold} of {folds}"
        )
    test = (_places(label, group, seed=seed) * folds).astype(int) == fold - 1
    split = np.where(test, "test", "train").astype(SPLIT_TYPE)
    lost = sorted(set(_class_of_groups(label, group)) - set(label[~test]))
    if lost:
        raise ValueError(f"Expected two or more objects of each class, received one of class {lost[0]}")
    if not test.any():
        raise ValueError(
            f"Expected {folds} or more objects of a class for {folds} folds, received fewer of each class"
        )
    return inner_validation(label, group, split, fraction=validation_fraction, seed=seed)


def inner_validation(
    label: np.ndarray, group: np.ndarray, split: np.ndarray, *, fraction: float, seed: int
) -> np.ndarray:
    """Return a split with validation taken from train, if it has no validation yet.

    Parameters
    ----------
    label, group
        As for `split_of`.
    split
        ``train``, ``valid`` or ``test`` of each row, shape (n,).
    fraction
        Fraction of the rows of train.
    seed
        As for `split_of`.

    Returns
    -------
    numpy.ndarray of str, shape (n,)
        Unchanged if there are rows of valid.
    """
    split = np.array(split, dtype=SPLIT_TYPE)
    train = np.flatnonzero(split == "train")
    if len(train) and not (split == "valid").any():
        split[train] = split_of(
            label[train], group[train], validation_fraction=fraction, test_fraction=0, seed=seed
        )
    return split


def without_crossing(split: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Return which rows to keep so that each object is in one split only: in test if present, else in valid.

    Parameters
    ----------
    split, group
        Shape (n,).

    Returns
    -------
    numpy.ndarray of bool, shape (n,)
        False for rows of train whose object is in test or valid, and for rows of valid whose object is in
        test.
    """
    rank = np.array([SPLITS.index(name) for name in split], dtype=int)
    objects = np.unique(group, return_inverse=True)[1]
    highest = np.zeros(len(rank), dtype=int)
    np.maximum.at(highest, objects, rank)
    return rank == highest[objects]


def _pixel_keys(images: np.ndarray) -> np.ndarray:
    """Return keys that are equal for copies, and empty for images that cannot be copies."""
    blank = np.array([np.ptp(image) == 0 for image in images], dtype=bool)
    # Sums of integers do not depend on the order, so that digests are needed for few images only.
    sums = np.array([(image + 0).view(np.uint32).sum(dtype=np.uint64) for image in images], dtype=np.uint64)
    _, inverse, counts = np.unique(sums, return_inverse=True, return_counts=True)
    candidates = (counts[inverse] > 1) & ~blank
    return np.array(
        [_digest(image) if candidates[row] else "" for row, image in enumerate(images)], dtype=str
    )


def _digest(image: np.ndarray) -> str:
    """Return a digest of pixels that is invariant under rotations by 90 deg and mirroring."""
    plain = image + 0  # turns -0 into 0
    views = [turned(plain, way) for way in range(ORIENTATIONS)]
    # The shape is included, as a row and a column may have the same pixels.
    return min(hashlib.sha256(b"%dx%d " % view.shape + view.tobytes()).hexdigest() for view in views)


def _first_of(key: np.ndarray) -> np.ndarray:
    """Return for each row the first row with the same key; a row without a key stands alone."""
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    return (
        np.where(key == "", np.arange(len(key)), first[inverse]) if key.dtype.kind == "U" else first[inverse]
    )


def _class_of_groups(label: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Return for each row the most frequent class of its group, the first one if equal."""
    objects = np.unique(group, return_inverse=True)[1]
    counts = np.zeros((objects.max(initial=-1) + 1, int(np.max(label, initial=0)) + 1), dtype=int)
    np.add.at(counts, (objects, np.asarray(label, dtype=int)), 1)
    return counts.argmax(axis=1)[objects] if len(objects) else np.zeros(0, dtype=int)


def _places(label: np.ndarray, group: np.ndarray, *, seed: int) -> np.ndarray:
    """Return the position (0 to 1) of each row's group in a random order of its class."""
    classes = _class_of_groups(label, group)
    places = np.zeros(len(classes))
    for number in np.unique(classes):
        rows = classes == number
        sizes, objects = np.unique(group[rows], return_counts=True, return_inverse=True)[2:0:-1]
        order = np.random.default_rng([seed, int(number)]).permutation(len(sizes))
        middle = np.empty(len(sizes))
        middle[order] = np.cumsum(sizes[order]) - sizes[order] / 2
        places[rows] = (middle / sizes.sum())[objects]
    return places


def _with_all_splits(
    split: np.ndarray, part: np.ndarray, label: np.ndarray, group: np.ndarray, wanted: Sequence[str]
) -> np.ndarray:
    """Return a split in which even small classes have an object in train, then in test, then in valid."""
    classes, split = _class_of_groups(label, group), split.copy()
    for number in np.unique(classes):
        rows = np.flatnonzero(classes == number)
        _, first, objects = np.unique(group[rows], return_index=True, return_inverse=True)
        order = np.argsort(part[rows][first], kind="stable")
        given = split[rows][first][order]
        _fill(given, wanted)
        places = np.empty_like(given)
        places[order] = given
        split[rows] = places[objects]
    return split


def _fill(given: np.ndarray, wanted: Sequence[str]) -> None:
    """Give each wanted split an object of a class (in place), as long as one is left in train."""
    if not (given == "train").any():
        given[-1] = "train"
    for name in wanted:
        if not (given == name).any():
            # A second object goes to test rather than validation.
            donor = "train" if (given == "train").sum() > 1 else "valid" if name == "test" else ""
            given[np.flatnonzero(given == donor)[:1]] = name
