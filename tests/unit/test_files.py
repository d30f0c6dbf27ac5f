"""Files are whole or absent."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from radiofind.files import read_metadata, whole_or_absent, whole_or_absent_folder, write_json, write_text
from radiofind.tables import write_csv, write_parquet


def test_an_error_leaves_nothing_behind(tmp_path):
    with pytest.raises(RuntimeError), whole_or_absent(tmp_path / "new" / "a.txt") as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert list((tmp_path / "new").iterdir()) == []


def test_an_error_leaves_the_old_file_alone(tmp_path):
    write_text("old", tmp_path / "a.txt")
    with pytest.raises(KeyboardInterrupt), whole_or_absent(tmp_path / "a.txt") as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt
    assert (tmp_path / "a.txt").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_a_file_is_replaced_at_once(tmp_path):
    path = tmp_path / "a.fits"
    write_text("old", path)
    with path.open() as reader:
        with whole_or_absent(path) as temporary:
            assert temporary.suffix == ".fits"
            assert temporary.parent == tmp_path
            temporary.write_text("new")
            assert path.read_text() == "old"
        assert reader.read() == "old"  # a reader that had it open still sees the old content
    assert path.read_text() == "new"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.fits"]


def test_a_block_that_writes_nothing_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError), whole_or_absent(tmp_path / "a.txt"):
        pass


def test_a_folder_is_replaced_whole_or_left_alone(tmp_path):
    path = tmp_path / "new" / "a"
    for number in "12":
        with whole_or_absent_folder(path) as temporary:
            (temporary / number).write_text(number)
    with pytest.raises(RuntimeError), whole_or_absent_folder(path) as temporary:
        (temporary / "3").write_text("half")
        raise RuntimeError
    assert [entry.name for entry in path.iterdir()] == ["2"]
    assert [entry.name for entry in path.parent.iterdir()] == ["a"]


def test_a_folder_that_a_killed_process_left_is_removed(tmp_path):
    (tmp_path / ".123-a" / "b").mkdir(parents=True)
    with whole_or_absent_folder(tmp_path / "a"):
        pass
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]


def test_parquet_keeps_types_and_metadata(tmp_path):
    table = pd.DataFrame(
        {"a": [1, 2], "b": ["x", ""], "c": np.array([0.5, np.nan], dtype=np.float32)}, index=[7, 8]
    )
    metadata = {"shape": [3, 4], "reason": "", "median": float("nan")}
    write_parquet(table, tmp_path / "t.parquet", metadata=metadata)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "t.parquet"), table.reset_index(drop=True))
    again = read_metadata(tmp_path / "t.parquet")
    assert np.isnan(again.pop("median"))
    assert again == {"shape": [3, 4], "reason": ""}
    write_parquet(table[:0], tmp_path / "t.parquet")
    assert read_metadata(tmp_path / "t.parquet") == {}
    assert pd.read_parquet(tmp_path / "t.parquet").dtypes.equals(table.dtypes)
    table.to_parquet(tmp_path / "other.parquet")
    assert read_metadata(tmp_path / "other.parquet") == {}


def test_equal_content_gives_equal_json(tmp_path):
    write_json({"b": 1, "a": [2]}, tmp_path / "a.json")
    write_json({"a": [2], "b": 1}, tmp_path / "b.json")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert json.loads((tmp_path / "a.json").read_text()) == {"a": [2], "b": 1}


def test_text_is_utf_8_whatever_the_locale(tmp_path):
    text = "µJy/beam − °"
    program = f"from radiofind.files import write_text; write_text({text!a}, {str(tmp_path / 'a.txt')!a})"
    plain = {
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    subprocess.run([sys.executable, "-c", program], env=os.environ | plain, check=True)
    assert (tmp_path / "a.txt").read_bytes() == text.encode()


def test_csv_has_no_index(tmp_path):
    write_csv(pd.DataFrame({"a": [1]}, index=[5]), tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text() == "a\n1\n"


def test_the_next_writer_removes_what_a_killed_one_left(tmp_path):
    for name in (".123-a.txt", ".123-b-a.txt", ".a.txt", "123-a.txt"):
        (tmp_path / name).write_text("half")
    write_text("whole", tmp_path / "a.txt")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".123-b-a.txt",
        ".a.txt",
        "123-a.txt",
        "a.txt",
    ]


def test_a_folder_of_many_files_is_listed_once(tmp_path, monkeypatch):
    listed, scandir = [], os.scandir
    monkeypatch.setattr(os, "scandir", lambda folder: listed.append(folder) or scandir(folder))
    for number in range(3):
        (tmp_path / f".7-{number}.txt").write_text("half")
    for number in range(5):
        write_text("whole", tmp_path / f"{number}.txt")
    assert len(listed) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{number}.txt" for number in range(5)]


def test_a_file_is_flushed_to_disk_before_it_is_renamed(tmp_path, monkeypatch):
    calls = []
    replace = Path.replace
    monkeypatch.setattr(os, "fsync", lambda _descriptor: calls.append("flushed"))
    monkeypatch.setattr(Path, "replace", lambda old, new: calls.append("renamed") or replace(old, new))
    write_text("whole", tmp_path / "a.txt")
    assert calls == ["flushed", "renamed"]
