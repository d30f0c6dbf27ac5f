"""The record of a training is read whole, or told what it lacks."""

import keras
import pytest

from radiofind.files import write_json
from radiofind.networks.records import check_keras, read_record


def test_what_is_needed_is_read_and_the_rest_left(tmp_path):
    write_json({"turns": "8", "classes": ["a"], "more": 1}, tmp_path / "a.json")
    assert read_record(tmp_path / "a.json", {"turns": int, "classes": tuple}, what="x") == {
        "turns": 8,
        "classes": ("a",),
    }


@pytest.mark.parametrize("content", ["{}", "[1]", '{"turns": null}', "no JSON", None])
def test_a_file_that_is_no_record_is_named(tmp_path, content):
    if content is not None:
        (tmp_path / "a.json").write_text(content)
    with pytest.raises(ValueError, match=r"a\.json: expected the record of a classifier, received"):
        read_record(tmp_path / "a.json", {"turns": int}, what="classifier")


def test_all_that_is_missing_is_named(tmp_path):
    write_json({"turns": 0}, tmp_path / "a.json")
    assert read_record(tmp_path / "a.json", {"turns": int}, what="x") == {"turns": 0}
    with pytest.raises(ValueError, match="received none of classes, size$"):
        read_record(tmp_path / "a.json", {"turns": int, "classes": tuple, "size": int}, what="x")


def test_another_major_version_of_keras_is_refused():
    check_keras(keras.__version__, "a.json", what="model")
    check_keras(f"{keras.__version__.split('.')[0]}.999", "a.json", what="model")
    with pytest.raises(ValueError, match=r"a\.json: expected a model of Keras 3, received one of 2\.15"):
        check_keras("2.15", "a.json", what="model")


@pytest.mark.parametrize("version", ["4.0.1", "33.1", ""])
def test_later_versions_of_keras_and_none_are_refused(version):
    with pytest.raises(ValueError, match=f"of Keras 3, received one of {version}$"):
        check_keras(version, "a.json", what="model")
