"""Corrupt files of the workflow are renamed; intact files and those of the user are not."""

import json
import sys
import zipfile

import h5py
import numpy as np
import pandas as pd
import pytest
from astropy.io import fits

from radiofind.jobs import corrupt_files
from radiofind.tables import write_parquet


def write_fits(path):
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(np.ones((60, 60), np.float32))]).writeto(path)


def write_hdf5(path):
    with h5py.File(path, "w") as file:
        file["a"] = np.arange(9000)


def write_archive(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("weights", bytes(5000))


def read_hdf5(path):
    with h5py.File(path):
        pass


WRITERS = {
    "a.parquet": lambda path: write_parquet(pd.DataFrame({"a": np.arange(9000.0)}), path),
    "a.fits": write_fits,
    "a.json": lambda path: path.write_text(json.dumps({"a": list(range(900))})),
    "a.keras": write_archive,
    "a.h5": write_hdf5,
}


@pytest.fixture(params=WRITERS)
def path(request, tmp_path, monkeypatch):
    """A file of the workflow, relative to the working directory."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "results/m" / request.param
    path.parent.mkdir(parents=True)
    WRITERS[request.param](path)
    return path.relative_to(tmp_path)


@pytest.fixture
def end_with_an_error(monkeypatch, capsys):
    """A function that ends a script with an error after it has read a file, and returns what it prints."""

    def end(path, error):
        monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
        corrupt_files.watch_for_damage([str(path)], checks={".h5": read_hdf5})
        sys.excepthook(type(error), error, None)
        return capsys.readouterr().err

    return end


@pytest.mark.filterwarnings("ignore:File may have been truncated")
@pytest.mark.parametrize("kept", [0, 0.5, 0.97])
def test_a_truncated_file_is_renamed(path, kept, end_with_an_error, caplog):
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    assert "ValueError: no" in end_with_an_error(path, ValueError("no"))
    assert [one.name for one in path.parent.iterdir()] == [f"{path.name}.damaged"]
    assert str(path) in caplog.text and f"{path.name}.damaged" in caplog.text


def test_an_intact_file_keeps_its_name(path, end_with_an_error):
    end_with_an_error(path, ValueError("another reason"))
    assert path.exists()


@pytest.mark.parametrize("error", [MemoryError(), KeyboardInterrupt()])
def test_a_stopped_job_renames_no_file(path, error, end_with_an_error):
    path.write_bytes(b"")
    end_with_an_error(path, error)
    assert path.exists()


def test_files_of_the_user_are_never_renamed(path, end_with_an_error):
    mine = path.rename(path.name)
    mine.write_bytes(b"")
    end_with_an_error(mine, ValueError())
    end_with_an_error(mine.resolve(), ValueError())
    assert mine.exists()
