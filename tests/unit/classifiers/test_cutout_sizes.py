"""The size of a file of cutouts is known before it is read."""

import h5py
import numpy as np
import pytest

from radiofind.classifiers.cutout_sizes import shape_of_cutouts


def test_number_and_pixels_are_those_of_the_images_however_they_are_packed(tmp_path):
    with h5py.File(tmp_path / "cutouts.h5", "w") as file:
        images = np.zeros((7, 20, 30), dtype=np.uint8)
        file.create_dataset("image", data=images, compression="gzip")
    assert shape_of_cutouts(tmp_path / "cutouts.h5") == (7, 600)


@pytest.mark.parametrize("content", [b"", b"no HDF5"])
def test_a_file_that_is_none_has_no_cutouts(tmp_path, content):
    (tmp_path / "cutouts.h5").write_bytes(content)
    assert shape_of_cutouts(tmp_path / "cutouts.h5") == (0, 0)


def test_a_file_without_images_has_no_cutouts(tmp_path):
    with h5py.File(tmp_path / "cutouts.h5", "w") as file:
        file.create_group("image")
        file["label"] = np.arange(3)
    assert shape_of_cutouts(tmp_path / "cutouts.h5") == (0, 0)


@pytest.mark.parametrize("sides", [(2**32, 2**32 - 1), (2**32, 2**31), (2**20, 2**10)])
def test_images_that_were_never_written_are_none(tmp_path, sides):
    with h5py.File(tmp_path / "cutouts.h5", "w") as file:
        file.create_dataset("image", (6, *sides), np.float32, chunks=(1, 1, 64))
    assert shape_of_cutouts(tmp_path / "cutouts.h5") == (0, 0)


def test_images_of_another_file_are_none(tmp_path):
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["image"] = np.zeros((7, 20, 30), dtype=np.uint8)
    with h5py.File(tmp_path / "cutouts.h5", "w") as file:
        file["image"] = h5py.ExternalLink("other.h5", "/image")
    assert shape_of_cutouts(tmp_path / "cutouts.h5") == (0, 0)


def test_images_that_are_one_number_have_no_cutouts(tmp_path):
    with h5py.File(tmp_path / "cutouts.h5", "w") as file:
        file["image"] = 1.0
    assert shape_of_cutouts(tmp_path / "cutouts.h5") == (0, 0)


def test_a_missing_file_is_an_error_that_names_it(tmp_path):
    """As Snakemake needs it, to plan jobs whose inputs are not made yet."""
    with pytest.raises(FileNotFoundError) as error:
        shape_of_cutouts(tmp_path / "cutouts.h5")
    assert str(error.value.filename) == str(tmp_path / "cutouts.h5")
