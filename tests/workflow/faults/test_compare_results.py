"""The comparison of two folders of results notices whatever differs."""

from __future__ import annotations

import json

import pytest

from workflow.faults.comparison import compare


def write(folder, *, host="one", digest="a", **files):
    (folder / "a").mkdir(parents=True)
    for name, text in {"table": "1", **files}.items():
        (folder / "a" / name).write_text(text)
    entry = {"sha256": digest, "host": host, "written": host}
    (folder / "provenance.json").write_text(json.dumps({"outputs": {"a/table": entry}, "recorded": host}))
    return folder


def test_same_files_do_not_differ_whoever_wrote_them(tmp_path):
    one, other = write(tmp_path / "one"), write(tmp_path / "other", host="other")
    assert compare(one, other) == (2, [])


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"table": "2"}, "a/table differs"),
        ({"digest": "b"}, "provenance.json differs"),
        ({".12-table": "1"}, "a/.12-table was left over"),
        ({"table.attempts": "killed"}, "a/table.attempts was left over"),
    ],
)
def test_difference_is_named(tmp_path, changes, problem):
    assert compare(write(tmp_path / "one", **changes), write(tmp_path / "other"))[1] == [problem]


def test_missing_file_is_named(tmp_path):
    one, other = write(tmp_path / "one"), write(tmp_path / "other")
    (one / "a/table").unlink()
    assert compare(one, other)[1] == ["a/table is missing"]


def test_folder_of_an_interrupted_training_is_left_over(tmp_path):
    one, other = write(tmp_path / "one"), write(tmp_path / "other")
    (one / "net.keras.unfinished").mkdir()
    assert compare(one, other)[1] == ["net.keras.unfinished was left over"]


def test_file_that_was_set_aside_must_be_kept(tmp_path):
    one, other = write(tmp_path / "one", **{"table.damaged": "0"}), write(tmp_path / "other")
    assert compare(one, other, set_aside=("a/table.damaged",)) == (2, [])
    assert compare(other, one)[1] == ["a/table.damaged is missing"]
    assert "a/table.damaged was not kept" in compare(other, other, set_aside=("a/table.damaged",))[1]
