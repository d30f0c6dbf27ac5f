"""What a member of a classifier depends on: its split, its settings, and the name of its training."""

from dataclasses import replace

import numpy as np
import pytest

from blobs import SETTINGS, cutouts_of
from radiofind.classifiers.members import member_of, numbers_of, split_digest, training_digest

pytestmark = pytest.mark.usefixtures("one_thread")


def make(cutouts=None, *, seed=1, fold=None, **changes):
    return member_of(cutouts_of() if cutouts is None else cutouts, SETTINGS | changes, seed, fold)


def test_a_member_sees_the_split_of_the_cutouts():
    cutouts, member = cutouts_of(), make()
    for split, number in (("train", 30), ("valid", 15), ("test", 15)):
        inputs, label = member.prepared(split)
        assert inputs.shape == (number, 64, 64, len(member.preparation.planes))
        np.testing.assert_array_equal(label, cutouts.label[cutouts.split == split])


def test_folds_are_the_same_for_all_seeds_and_test_each_cutout_once():
    folds = [make(fold=fold, folds=3).split for fold in (1, 2, 3)]
    np.testing.assert_array_equal(sum((split == "test").astype(int) for split in folds), 1)
    assert all((split == "valid").any() for split in folds)
    np.testing.assert_array_equal(make(fold=2, folds=3, seed=5).split, folds[1])


def test_clipping_is_that_of_the_settings():
    member = make(clip_rms=4)
    assert member.preparation.clip_rms == 4
    assert (member.prepared("train")[0] > 0).sum() < 0.7 * (make().prepared("train")[0] > 0).sum()


def test_the_recipe_limits_the_epochs():
    options = {"architecture": "convnet4", "recipe": "paper"}
    assert [make(epochs=epochs, **options).epochs for epochs in (20, 80)] == [20, 50]


def test_the_same_seed_builds_the_same_weights():
    cutouts = cutouts_of()
    one, again, other = (make(cutouts, seed=seed).build().get_weights() for seed in (3, 3, 4))
    assert all(np.array_equal(a, b) for a, b in zip(one, again, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("split", ["train", "valid"])
def test_nothing_to_train_or_to_validate_on_is_an_error(split):
    cutouts = cutouts_of()
    without = replace(cutouts, split=np.where(cutouts.split == split, "test", cutouts.split))
    with pytest.raises(ValueError, match=f"split {split}"):
        make(without)


def test_numbers_count_each_class_of_each_split():
    cutouts = cutouts_of(number=24)
    assert numbers_of(cutouts, cutouts.split)["train"] == {"one": 4, "two": 4, "three": 4}


def changed(cutouts, field):
    values = getattr(cutouts, field).copy()
    values[0] = values[0] + 1
    return replace(cutouts, **{field: values})


def test_trainings_have_one_name_only_when_all_is_the_same(tmp_path):
    cutouts = cutouts_of()
    weights = tmp_path / "a.weights.h5"
    weights.write_bytes(b"1")
    learnt = {"weights": str(weights)}
    names = [training_digest(make(cutouts), "1"), training_digest(make(cutouts), "2")]
    names += [training_digest(make(changed(cutouts, field)), "1") for field in ("image", "label", "rms")]
    names += [training_digest(make(replace(cutouts, classes=("a", "b", "c"))), "1")]
    names += [training_digest(make(replace(cutouts, split=np.roll(cutouts.split, 3))), "1")]
    options = [
        {"epochs": 4},
        {"augment": False},
        {"seed": 2},
        {"fold": 1, "folds": 3},
        {"fold": 1, "folds": 4},
    ]
    names += [
        training_digest(make(cutouts, **one), "1") for one in [*options, {"precision": "bfloat16"}, learnt]
    ]
    weights.write_bytes(b"2")
    names += [training_digest(make(cutouts, **learnt), "1")]
    assert len(set(names)) == len(names)
    assert training_digest(make(cutouts_of()), "1") == names[0]


def test_a_member_does_not_depend_on_how_many_others_there_are():
    cutouts = cutouts_of()
    assert training_digest(make(cutouts, seeds=[1], folds=5), "1") == training_digest(make(cutouts), "1")


def test_the_digest_of_a_split_tells_who_is_where():
    cutouts = cutouts_of()
    moved = replace(cutouts, split=np.roll(cutouts.split, 3))
    assert split_digest(make(cutouts)) == split_digest(make()) != split_digest(make(moved))
