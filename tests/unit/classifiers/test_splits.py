"""Groups and splits of cutouts: copies are one object, and no object is in two splits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radiofind.classifiers.splits import fold_of, groups_of, inner_validation, split_of, without_crossing

FRACTIONS = {"validation_fraction": 0.15, "test_fraction": 0.2}


@st.composite
def labelled_groups(draw):
    """Labels and groups: classes of 2 to 12 objects with 1 to 5 copies, in any order."""
    sizes = draw(
        st.lists(st.lists(st.integers(1, 5), min_size=2, max_size=12), min_size=2, max_size=4), label="copies"
    )
    rows = [
        (label, f"{label}-{number}")
        for label, copies in enumerate(sizes)
        for number, many in enumerate(copies)
        for _ in range(many)
    ]
    rows = draw(st.permutations(rows))
    return np.array([row[0] for row in rows]), np.array([row[1] for row in rows])


def splits_by_group(split, group):
    return {name: set(split[group == name]) for name in group}


def objects_in(split, label, group, name, number):
    return len(set(group[(split == name) & (label == number)]))


def images(n, side=6, seed=1):
    return np.random.default_rng(seed).normal(size=(n, side, side)).astype(np.float32)


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("mirrored", [False, True])
def test_an_image_turned_or_mirrored_is_the_same_object(turns, mirrored):
    first, other = images(2)
    copy = np.rot90(first.T if mirrored else first, turns)
    assert groups_of(np.stack([first, other, copy])).tolist() == ["row0", "row1", "row0"]


def test_images_that_are_not_square_are_compared_in_their_own_directions():
    one = np.arange(8, dtype=np.float32).reshape(1, 2, 4)
    assert len(set(groups_of(np.concatenate([one, one[:, ::-1], one[:, :, ::-1], one + 1])))) == 2


def test_columns_written_as_rows_are_another_object():
    given = np.random.default_rng(1).normal(size=(40, 2, 4)).astype(np.float32)
    other = given.transpose(0, 2, 1).reshape(40, 2, 4)
    assert len(set(groups_of(np.concatenate([given, other])))) == 80


def test_almost_the_same_image_is_another_object():
    first = images(1)[0]
    changed = first.copy()
    changed[2, 3] += 1e-3
    moved = np.roll(first, 1, axis=0)
    assert len(set(groups_of(np.stack([first, changed, moved])))) == 3


def test_the_same_pixels_in_another_order_are_another_object():
    first = images(1)[0]
    assert len(set(groups_of(np.stack([first, first[:, ::-1], np.roll(first, 2, axis=1)])))) == 2


def test_zero_and_minus_zero_are_the_same():
    first = images(1)[0]
    first[0] = 0
    other = first.copy()
    other[0] = -0.0
    assert len(set(groups_of(np.stack([first, other])))) == 1


def test_names_groups_and_pixels_together_tell_objects():
    pictures = images(5)
    pictures[4] = pictures[3]
    names = np.array(["a", "b", "a", "c", ""])
    groups = np.array(["", "g", "g", "", ""])
    assert groups_of(pictures, names, groups).tolist() == ["row0", "row0", "row0", "row3", "row3"]


def test_rows_without_a_name_and_blank_images_are_not_copies():
    blank = np.zeros((3, 4, 4), np.float32)
    assert len(set(groups_of(blank, np.array(["", "", ""])))) == 3
    assert groups_of(blank[:0]).tolist() == []


@settings(max_examples=60, deadline=None, derandomize=True)
@given(labelled_groups(), st.integers(0, 5))
def test_no_object_is_in_two_splits_and_each_class_is_trained_on(rows, seed):
    label, group = rows
    split = split_of(label, group, **FRACTIONS, seed=seed)
    assert set(split) <= {"train", "valid", "test"}
    assert all(len(found) == 1 for found in splits_by_group(split, group).values())
    for number in set(label):
        objects = len(set(group[label == number]))
        assert objects_in(split, label, group, "train", number) >= 1
        assert objects_in(split, label, group, "test", number) >= 1
        assert objects_in(split, label, group, "valid", number) >= (objects > 2)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(labelled_groups(), st.integers(0, 5), st.integers(2, 5))
def test_the_tests_of_the_folds_partition_the_set(rows, seed, folds):
    label, group = rows
    tested = np.zeros(len(label), dtype=int)
    for fold in range(1, folds + 1):
        try:
            split = fold_of(label, group, folds=folds, fold=fold, validation_fraction=0.15, seed=seed)
        except ValueError as error:
            assert "or more objects of a class" in str(error)
            continue
        assert all(len(found) == 1 for found in splits_by_group(split, group).values())
        assert set(label[split == "train"]) == set(label)
        assert (split == "test").any()
        tested += split == "test"
    assert (tested == 1).all()


@pytest.mark.parametrize("copies", [1, 3])
def test_each_class_has_the_wanted_parts(copies):
    label = np.repeat([0] * 300 + [1] * 40, copies)
    group = np.repeat(np.arange(340), copies).astype(str)
    split = split_of(label, group, **FRACTIONS, seed=3)
    for number in (0, 1):
        rows = label == number
        assert np.mean(split[rows] == "test") == pytest.approx(0.2, abs=0.02)
        assert np.mean(split[rows] == "valid") == pytest.approx(0.15, abs=0.02)


def test_each_fold_has_the_same_part_of_each_class():
    label = np.repeat([0, 1], [100, 25])
    group = np.arange(125).astype(str)
    for fold in (1, 3, 5):
        split = fold_of(label, group, folds=5, fold=fold, validation_fraction=0.25, seed=1)
        assert [np.sum(split[label == number] == "test") for number in (0, 1)] == [20, 5]
        assert [np.sum(split[label == number] == "valid") for number in (0, 1)] == [20, 5]


def test_a_split_depends_on_its_seed_alone():
    label, group = np.repeat([0, 1], 50), np.arange(100).astype(str)
    split = [split_of(label, group, **FRACTIONS, seed=seed) for seed in (1, 1, 2)]
    assert (split[0] == split[1]).all() and (split[0] != split[2]).any()


def test_the_split_of_a_class_does_not_depend_on_other_classes():
    label, group = np.repeat([0, 1], 50), np.arange(100).astype(str)
    both = split_of(label, group, **FRACTIONS, seed=1)
    assert (both[:50] == split_of(label[:50], group[:50], **FRACTIONS, seed=1)).all()


def test_classes_are_not_split_alike():
    label, group = np.repeat([0, 1], 50), np.arange(100, 200).astype(str)
    split = split_of(label, group, **FRACTIONS, seed=1)
    assert (split[:50] != split[50:]).any()


def test_a_class_of_one_object_is_trained_on():
    label, group = np.array([0, 0, 1, 1, 1, 1]), np.array(["a", "a", "b", "c", "d", "e"])
    for seed in range(5):
        assert set(split_of(label, group, **FRACTIONS, seed=seed)[:2]) == {"train"}


def test_nothing_is_kept_for_what_is_not_wanted():
    label, group = np.repeat([0, 1], 3), np.arange(6).astype(str)
    split = split_of(label, group, validation_fraction=0, test_fraction=0, seed=1)
    assert set(split) == {"train"}
    assert len(split_of(label[:0], group[:0], **FRACTIONS, seed=1)) == 0


def test_validation_is_taken_from_train_where_there_is_none():
    label, group = np.repeat([0, 1], 50), np.repeat(np.arange(50), 2).astype(str)
    given = np.where(np.arange(100) % 10 < 2, "test", "train")
    split = inner_validation(label, group, given, fraction=0.25, seed=1)
    assert ((split == "test") == (given == "test")).all()
    assert np.sum(split == "valid") == 20
    assert all(len(found) == 1 for found in splits_by_group(split, group).values())


def test_validation_that_is_there_stays():
    given = np.array(["train", "valid", "test", "train"])
    split = inner_validation(np.zeros(4, int), np.arange(4).astype(str), given, fraction=0.5, seed=1)
    assert split.tolist() == given.tolist()


def test_a_copy_stays_in_the_test_only():
    group = np.array(["a", "a", "a", "b", "b", "c", "a"])
    split = np.array(["train", "test", "valid", "train", "valid", "train", "test"])
    assert without_crossing(split, group).tolist() == [False, True, False, False, True, True, True]


@pytest.mark.parametrize("fractions", [(-0.1, 0.2), (0.5, 0.5), (0.2, 1.0)])
def test_fractions_leave_something_for_train(fractions):
    with pytest.raises(ValueError, match="leave something for train"):
        split_of(
            np.array([0, 1]),
            np.array(["a", "b"]),
            validation_fraction=fractions[0],
            test_fraction=fractions[1],
            seed=1,
        )


@pytest.mark.parametrize(
    ("folds", "fold", "objects", "message"),
    [
        (1, 1, 9, "a fold from 1"),
        (3, 0, 9, "a fold from 1"),
        (3, 4, 9, "received 4 of 3"),
        (2, 2, 1, "received one of class 1"),
    ],
)
def test_a_fold_that_cannot_be_is_told(folds, fold, objects, message):
    label = np.array([0] * 9 + [1] * objects)
    with pytest.raises(ValueError, match=message):
        for number in [fold] if objects > 1 else (1, 2):
            fold_of(
                label,
                np.arange(len(label)).astype(str),
                folds=folds,
                fold=number,
                validation_fraction=0.1,
                seed=1,
            )


def test_too_few_objects_for_so_many_folds_are_told():
    label, group = np.array([0, 0, 1, 1]), np.arange(4).astype(str)
    with pytest.raises(ValueError, match="Expected 5 or more objects"):
        for fold in range(1, 6):
            fold_of(label, group, folds=5, fold=fold, validation_fraction=0.1, seed=1)
