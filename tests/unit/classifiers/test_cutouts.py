"""Labelled cutouts: what was written is read, and a user's file is read or told to be wrong."""

import logging
import os
import re
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radiofind.classifiers.cutouts import Cutouts, read_cutouts, read_user_cutouts, write_cutouts
from radiofind.classifiers.user_cutouts import read_checked

N = 24
CLASSES = ["compact", "FRI", "FRII"]


def pictures(n=N, shape=(6, 7), seed=1):
    return np.random.default_rng(seed).normal(size=(n, *shape)).astype(np.float32)


def contents(**changes):
    """Datasets and attributes of a right file; a change to None leaves one out."""
    right = {
        "image": pictures(),
        "label": (np.arange(N) % 3).astype(np.uint8),
        "split": np.array(["train"] * 12 + ["valid"] * 6 + ["test"] * 6).astype("S5"),
        "classes": CLASSES,
        "pixel_arcsec": 1.8,
    }
    return {key: value for key, value in {**right, **changes}.items() if value is not None}


def write(path, **changes):
    with h5py.File(path, "w") as file:
        for key, value in contents(**changes).items():
            if key in ("classes", "pixel_arcsec"):
                file.attrs[key] = value
            else:
                file[key] = value
    return path


@pytest.fixture
def path(tmp_path):
    return tmp_path / "set.h5"


def changed(values, row, value):
    values = np.array(values)
    values[row] = value
    return values


def some_cutouts(n=5):
    return Cutouts(
        image=pictures(n),
        label=np.arange(n, dtype=np.uint8) % 2,
        split=np.array(["train", "valid", "test", "train", "train"][:n], dtype="<U5"),
        group=np.array(["row0", "row1", "row2", "row0", "row4"][:n], dtype=str),
        name=np.array(["ä", "b", "", "d" * 70, "e"][:n], dtype=str),
        rms=np.array([1e-4, np.nan, 1, 2, 3][:n], dtype=np.float32),
        classes=("FRI", "FRII"),
        pixel_arcsec=1.8,
    )


def assert_same(one, other):
    for field in ("image", "label", "split", "group", "name", "rms"):
        first, second = getattr(one, field), getattr(other, field)
        assert first.dtype.kind == second.dtype.kind and first.shape == second.shape, field
        np.testing.assert_array_equal(first, second)
    assert one.classes == other.classes
    assert np.array_equal(one.pixel_arcsec, other.pixel_arcsec, equal_nan=True)


@pytest.mark.parametrize("n", [0, 1, 5])
def test_what_was_written_is_read(path, n):
    write_cutouts(some_cutouts(n), path, provenance="simulated")
    assert_same(read_cutouts(path), some_cutouts(n))
    with h5py.File(path) as file:
        assert file.attrs["provenance"] == "simulated"


def test_an_unknown_size_of_pixels_stays_unknown(path):
    write_cutouts(replace(some_cutouts(), pixel_arcsec=np.nan), path)
    assert np.isnan(read_cutouts(path).pixel_arcsec)


def test_the_same_cutouts_make_the_same_bytes(tmp_path):
    first, second = tmp_path / "1.h5", tmp_path / "2.h5"
    for file in (first, second):
        write_cutouts(some_cutouts(), file)
    assert first.read_bytes() == second.read_bytes()


def test_a_file_of_the_workflow_is_one_a_user_could_bring(path):
    cutouts = replace(some_cutouts(), label=np.array([0, 0, 1, 0, 1], np.uint8))
    write_cutouts(cutouts, path)
    assert_same(
        read_user_cutouts(path), replace(cutouts, group=np.array(["row0", "row1", "row2", "row0", "row4"]))
    )


def test_rows_are_taken_together():
    taken = some_cutouts().take(np.array([False, True, False, False, True]))
    assert taken.name.tolist() == ["b", "e"] and taken.split.tolist() == ["valid", "train"]
    np.testing.assert_array_equal(taken.image, pictures(5)[[1, 4]])


@pytest.mark.parametrize("kind", ["u1", "i2", ">f8", "f2", ">i4", "u8"])
def test_images_of_any_real_numbers_are_read(path, kind):
    images = (np.abs(pictures()) * 50).astype(kind)
    found = read_user_cutouts(write(path, image=images))
    assert found.image.dtype == np.float32
    np.testing.assert_array_equal(found.image, images.astype(np.float32))


def test_what_a_file_does_not_tell_is_unknown(path):
    found = read_user_cutouts(write(path, pixel_arcsec=None))
    assert np.isnan(found.pixel_arcsec) and np.isnan(found.rms).all()
    assert found.name[:2].tolist() == ["row0", "row1"]
    assert found.classes == tuple(CLASSES) and found.label.dtype == np.uint8


def test_what_a_file_tells_is_kept(path):
    names, rms = [f"J{row}" for row in range(N)], changed(np.linspace(1, 2, N), 3, np.nan)
    found = read_user_cutouts(write(path, name=names, rms=rms, group=np.arange(N)))
    assert found.name.tolist() == names
    np.testing.assert_array_equal(found.rms, rms.astype(np.float32))
    assert found.split.tolist() == ["train"] * 12 + ["valid"] * 6 + ["test"] * 6


@pytest.mark.parametrize("kind", ["S", "str"])
def test_texts_may_be_bytes_or_str(path, kind):
    words = ["train"] * 12 + ["valid"] * 6 + ["test"] * 6
    classes = np.array(CLASSES, dtype="S") if kind == "S" else CLASSES
    split = np.array(words, dtype="S") if kind == "S" else words
    found = read_user_cutouts(write(path, split=split, classes=classes))
    assert found.split.tolist() == words and found.classes == tuple(CLASSES)


def test_a_set_without_a_split_gets_one_that_no_object_crosses(path):
    images = np.concatenate([pictures(12, (8, 8)), np.rot90(pictures(12, (8, 8)), axes=(1, 2))])
    label = np.tile(np.arange(12) % 2, 2)
    options = {"validation_fraction": 0.2, "test_fraction": 0.3, "seed": 2}
    found = read_user_cutouts(
        write(path, image=images, label=label, split=None, classes=["a", "b"]), **options
    )
    assert set(found.split) == {"train", "valid", "test"}
    assert (found.split[:12] == found.split[12:]).all() and (found.group[:12] == found.group[12:]).all()
    again = read_user_cutouts(path, **options)
    assert (again.split == found.split).all()
    other = read_user_cutouts(path, **{**options, "seed": 3})
    assert (other.split != found.split).any()


def test_rows_of_valid_can_be_the_test(path):
    words = ["train"] * 18 + ["valid"] * 6
    found = read_user_cutouts(write(path, split=words), test="valid", validation_fraction=0.3)
    assert (found.split[18:] == "test").all()
    assert {name: int(np.sum(found.split == name)) for name in ("train", "valid")} == {
        "train": 12,
        "valid": 6,
    }


def test_a_train_and_a_test_get_a_validation_from_train(path):
    words = ["test"] * 6 + ["train"] * 18
    found = read_user_cutouts(write(path, split=words), validation_fraction=0.3)
    assert (found.split[:6] == "test").all() and set(found.split[6:]) == {"train", "valid"}


def test_copies_of_the_test_are_not_trained_on_and_the_test_stays(path, caplog):
    images = pictures()
    images[0], images[12] = images[18], images[19, ::-1]  # of test, in train and in valid
    images[1] = images[13, :, ::-1]  # of valid, in train
    names = [f"J{row}" for row in range(N)]
    names[2] = names[20]
    with caplog.at_level(logging.WARNING):
        found = read_user_cutouts(write(path, image=images, name=names))
    left = [row for row in range(N) if row not in (0, 1, 2, 12)]
    np.testing.assert_array_equal(found.image, images[left])
    assert np.sum(found.split == "test") == 6
    assert "left out copies of objects of other splits: 3 of train, 1 of valid" in caplog.text


def test_a_class_that_only_copies_would_train_is_told(path):
    images = pictures()
    images[2:12:3] = images[20]
    with pytest.raises(ValueError, match="an example in train of each class, received none of FRII"):
        read_user_cutouts(write(path, image=images))


def test_an_object_of_two_classes_and_blank_images_are_told(path, caplog):
    images = pictures()
    images[1] = images[0]
    images[4] = 0
    with caplog.at_level(logging.WARNING):
        read_user_cutouts(write(path, image=images))
    assert "1 cutouts show an object that has another class" in caplog.text
    assert "1 images are blank, the first row4" in caplog.text


WRONG = {
    "no image": ({"image": None}, "expected a dataset image, received label, split"),
    "no label": ({"label": None}, "expected a dataset label"),
    "images of numbers": ({"image": np.zeros(N)}, r"image: expected images of shape \(n, rows, columns\)"),
    "colours": ({"image": np.zeros((N, 3, 4, 4))}, r"received shape \(24, 3, 4, 4\)"),
    "no images": (
        {"image": np.zeros((0, 4, 4)), "label": np.zeros(0, int), "split": None},
        r"shape \(0, 4, 4\)",
    ),
    "no pixels": ({"image": np.zeros((N, 0, 4))}, "image: expected images"),
    "complex": ({"image": np.zeros((N, 4, 4), complex)}, "image: expected real numbers, received complex128"),
    "bool": ({"image": np.zeros((N, 4, 4), bool)}, "image: expected real numbers"),
    "text": ({"image": np.full((N, 4, 4), b"x")}, "image: expected real numbers"),
    "fewer labels": (
        {"label": np.zeros(N - 1, int)},
        r"label: expected shape \(24,\).*received shape \(23,\)",
    ),
    "fewer splits": ({"split": np.array([b"train"] * 3)}, r"split: expected shape \(24,\)"),
    "fewer rms": ({"rms": np.ones(2)}, r"rms: expected shape \(24,\)"),
    "one rms": ({"rms": 1.0}, r"rms: expected shape \(24,\).*received shape \(\)"),
    "one-hot": ({"label": np.zeros((N, 3), int)}, r"label: expected shape"),
    "labels of floats": ({"label": np.zeros(N)}, "label: expected integers, received float64"),
    "label too high": (
        {"label": changed(np.arange(N) % 3, 7, 3)},
        r"label\[7\]: expected 0 to 2.* received 3",
    ),
    "label too low": (
        {"label": changed(np.arange(N) % 3, [5, 9], -1)},
        r"label\[5\].*received -1, and 1 more",
    ),
    "label that wraps": ({"label": changed(np.arange(N) % 3, 5, 256)}, r"label\[5\].*received 256"),
    "NaN": (
        {"image": changed(pictures(), (3, 2, 1), np.nan)},
        r"image\[3\]: .*NaN \(set blank pixels to 0\)",
    ),
    "infinite": ({"image": changed(pictures(), (9, 0, 0), -np.inf)}, r"image\[9\]: .*an infinite one"),
    "too bright": ({"image": changed(pictures().astype(float), (9, 0, 0), 1e200)}, r"image\[9\]: .*infinite"),
    "split unknown": (
        {"split": changed(contents()["split"], 4, b"tets")},
        r"split\[4\]: expected train, valid or test, received tets \(did you mean test\?\)",
    ),
    "split of numbers": ({"split": np.zeros(N, int)}, "split: expected texts, received int64"),
    "rms 0": (
        {"rms": changed(np.ones(N), 6, 0)},
        r"rms\[6\]: expected a finite number above 0.*received 0.0",
    ),
    "rms infinite": ({"rms": changed(np.ones(N), 6, np.inf)}, r"rms\[6\]"),
    "name of a bell": (
        {"name": changed(np.full(N, b"abc"), 2, b"a\x07")},
        r"name\[2\]: expected a printable text",
    ),
    "name not UTF-8": (
        {"name": changed(np.full(N, b"ab"), 4, b"\xff\xfe")},
        r"name\[4\]: expected a text in UTF-8",
    ),
    "no classes": ({"classes": None}, "expected an attribute classes"),
    "one class": ({"classes": ["a"], "label": np.zeros(N, int)}, "from 2 to 255 classes, received 1"),
    "class twice": ({"classes": ["a", "b", "a"]}, r"classes\[2\]: expected each name once, received a again"),
    "class of spaces": ({"classes": ["a", "b c", "d"]}, r"classes\[1\]: expected a name of letters"),
    "class of a path": ({"classes": ["a", "../b", "d"]}, r"classes\[1\]: .*received '\.\./b'"),
    "class of many letters": (
        {"classes": ["a", 57 * "b", "d"]},
        r"classes\[1\]: expected a name of at most 56 letters",
    ),
    "classes of numbers": ({"classes": [1, 2, 3]}, "classes: expected names, received int64"),
    "pixel 0": ({"pixel_arcsec": 0.0}, "pixel_arcsec: expected a finite number above 0"),
    "pixels": ({"pixel_arcsec": [1.0, 2.0]}, "pixel_arcsec: expected a number"),
    "pixel of text": ({"pixel_arcsec": "1.8"}, "pixel_arcsec: expected a number"),
    "class without train": (
        {"label": np.array([0, 1] * 9 + [2] * 6)},
        r"label: .*received none of FRII \(class 2; 0 in valid, 6 in test\)",
    ),
    "class without rows": ({"classes": [*CLASSES, "bent"]}, "received none of bent"),
    "no test": (
        {"split": np.array([b"train"] * 12 + [b"valid"] * 12)},
        "split: expected rows of test, received rows of train, valid; .*test: valid",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_told_with_its_place(path, case):
    changes, message = WRONG[case]
    with pytest.raises(ValueError, match=f"^{re.escape(str(path))}: .*{message}"):
        read_user_cutouts(write(path, **changes))


@pytest.mark.parametrize(
    ("split", "message"),
    [
        (None, "received no split"),
        (["train"] * 12 + ["test"] * 12, "received rows of test, train"),
        (["train"] * 12 + ["valid"] * 6 + ["test"] * 6, "received rows of test, train, valid"),
    ],
)
def test_valid_is_the_test_only_where_there_is_no_other(path, split, message):
    with pytest.raises(ValueError, match=f"split: expected rows of valid and none of test.*{message}"):
        read_user_cutouts(write(path, split=split), test="valid")


def test_another_split_cannot_be_the_test(path):
    with pytest.raises(ValueError, match="test: "):
        read_user_cutouts(write(path), test="train")


def test_what_is_no_hdf5_is_told(tmp_path):
    text = tmp_path / "set.h5"
    text.write_text("name,label\n")
    cut = write(tmp_path / "cut.h5")
    cut.write_bytes(cut.read_bytes()[:700])
    for file in (text, cut, tmp_path, tmp_path / "nothing.h5"):
        with pytest.raises(
            ValueError, match=f"^{re.escape(str(file))}: expected a file with labelled cutouts"
        ):
            read_user_cutouts(file)


def test_a_file_that_may_not_be_read_is_not_called_wrong(path, monkeypatch):
    def refuse(*_args, **_options):
        raise PermissionError(13, "Permission denied")

    write(path)
    monkeypatch.setattr(h5py, "File", refuse)
    with pytest.raises(PermissionError):
        read_user_cutouts(path)


def elsewhere(folder):
    """A right file, to which others lead."""
    return write(folder / "elsewhere.h5")


def soft(file, folder):
    file["image"] = h5py.SoftLink("/other")
    file["other"] = pictures()


def external_link(file, folder):
    file["image"] = h5py.ExternalLink(str(elsewhere(folder)), "/image")


def external_storage(file, folder):
    (folder / "raw").write_bytes(pictures().tobytes())
    file.create_dataset("image", (N, 6, 7), "f4", external=[(str(folder / "raw"), 0, h5py.h5f.UNLIMITED)])


def virtual(file, folder):
    layout = h5py.VirtualLayout((N, 6, 7), "f4")
    layout[:] = h5py.VirtualSource(str(elsewhere(folder)), "image", (N, 6, 7))
    file.create_virtual_dataset("image", layout)


@pytest.mark.parametrize("hide", [soft, external_link, external_storage, virtual])
def test_nothing_is_read_from_other_files(path, hide, tmp_path):
    write(path, image=None)
    with h5py.File(path, "a") as file:
        hide(file, tmp_path)
    with pytest.raises(ValueError, match="image: expected a dataset of the file itself"):
        read_user_cutouts(path)


def test_a_group_of_datasets_is_no_dataset(path):
    write(path, image=None)
    with h5py.File(path, "a") as file:
        file.create_group("image")
    with pytest.raises(ValueError, match="image: expected a dataset, received a group"):
        read_user_cutouts(path)


def test_objects_of_other_kinds_are_refused(path):
    write(path, name=None)
    with h5py.File(path, "a") as file:
        file.create_dataset("name", (N,), h5py.ref_dtype)
        file.create_dataset("rms", (N,), h5py.vlen_dtype(np.dtype("f4")))
    with pytest.raises(ValueError, match="name: expected texts, received object"):
        read_user_cutouts(path)


def test_images_that_are_read_in_blocks_are_all_read_and_checked(path, monkeypatch):
    monkeypatch.setattr("radiofind.classifiers.user_cutouts.BLOCK_PIXELS", 5 * 6 * 7)
    np.testing.assert_array_equal(read_user_cutouts(write(path)).image, pictures())
    with pytest.raises(ValueError, match=r"image\[22\]"):
        read_user_cutouts(write(path, image=changed(pictures(), (22, 5, 6), np.nan)))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.data())
def test_a_damaged_file_is_read_or_told_to_be_wrong(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("damaged") / "set.h5"
    # Texts of one length: HDF5 itself may read a damaged heap, where the others are, without end.
    texts = {"name": np.full(N, b"x"), "classes": np.array(CLASSES, dtype="S")}
    content = bytearray(write(path, **texts).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:
        read_checked(path)
    except ValueError as error:
        assert str(path) in str(error)


@pytest.mark.skipif(
    "RADIOFIND_DATA" not in os.environ, reason="RADIOFIND_DATA names no folder of real images"
)
@pytest.mark.parametrize(
    ("name", "test", "classes"), [("first_fr_bent", "valid", 4), ("mirabest", "test", 2)]
)
def test_published_sets_are_read(name, test, classes):
    found = read_user_cutouts(Path(os.environ["RADIOFIND_DATA"]) / "morphology" / f"{name}.h5", test=test)
    assert len(found.classes) == classes and set(found.split) == {"train", "valid", "test"}
    assert found.image.dtype == np.float32 and len(found.image) > 500
