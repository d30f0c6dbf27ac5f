"""`make what-changed` tells before a run which tiles will run, and why."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest
import yaml
from astropy.io import fits

from workflow.forked import Forked
from workflow.runs import REPOSITORY, SNAKEMAKE, TIME_LIMIT_S, copy_of, planned
from workflow.skies import CORE, OF_TILES, TILES

pytestmark = pytest.mark.slow

TABLE = "logs/what_changed.csv"


def make(folder, *further, only_tell=False):
    """Run the target of the Makefile, or only tell its commands."""
    arguments = ["--directory", folder, "--cores", "2", "--configfile", folder / "survey.yaml", *further]
    command = ["make", "--silent", "what-changed", f"BIN={SNAKEMAKE.parent}", "--old-file=.venv/installed"]
    command += [f"ARGS={' '.join(map(str, arguments))}", *["--dry-run"] * only_tell]
    return subprocess.run(
        command, cwd=REPOSITORY, capture_output=True, text=True, timeout=TIME_LIMIT_S, check=False
    )


def what_changed(folder, *further):
    """Return the lines that the target says when all is well, from forks of its commands."""
    lines = []
    for command in make(folder, *further, only_tell=True).stdout.splitlines():
        variable, _program, *arguments = shlex.split(command)
        with TemporaryDirectory() as scratch:
            output = Path(scratch) / "output"
            output.touch()
            environment = os.environ | dict([variable.split("=", 1)])
            code = Forked(arguments, output, REPOSITORY, environment).wait(TIME_LIMIT_S)
            lines += output.read_text().splitlines()
        assert code == 0, lines
    return lines


def listed(folder):
    """Return the tiles of the table as jobs of finders, and the reasons that are given."""
    table = pd.read_csv(folder / TABLE, dtype=str)
    tiles = set(zip(table["mosaic"], table["finder"], table["tile"], strict=True))
    return tiles, dict(
        zip(table["mosaic"] + " " + table["tile"] + " " + table["finder"], table["why"], strict=True)
    )


def counted(lines):
    """Return the number of jobs that is told."""
    return int(re.search(r"tiles, (\d+) jobs?\.", "\n".join(lines))[1])


def searches(jobs):
    """Return mosaic, finder and tile of the jobs that search."""
    return {tuple(job.split()[1:]) for job in jobs if job.startswith("find_")}


@pytest.fixture(scope="module")
def finished(survey, tmp_path_factory):
    """A copy of the survey after a full run, in which tests change nothing but tables of changes."""
    return copy_of(survey.folder, Path(tmp_path_factory.mktemp("what_changed")) / "copy")


def test_nothing_to_do_is_told_in_a_line(finished):
    done = make(finished)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[-1] == "Nothing has changed: no job will run."
    assert "Left out: broken" in "".join(lines)
    assert listed(finished) == (set(), {})


def test_error_is_shown_and_nothing_is_told(finished, tmp_path):
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(yaml.safe_dump({"matches": {"radius_pixels": 2}}))
    done = make(finished, overlay)
    assert done.returncode != 0
    assert "matches" in done.stderr
    assert done.stdout == ""


def test_setting_is_told_with_its_values(finished, tmp_path):
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(yaml.safe_dump({"finders": {"peaks": {"threshold": 6.0}}}))
    lines = what_changed(finished, overlay)
    tiles = sum(map(len, TILES.values()))
    assert any(
        f"all {tiles}  peaks    settings of peaks have changed: threshold 5.0 -> 6.0" in line
        for line in lines
    )
    assert f"{tiles} of {tiles} tiles" in lines[-2]
    jobs = planned(finished, "--configfile", finished / "survey.yaml", overlay)
    assert listed(finished)[0] == searches(jobs)
    assert counted(lines) == len(jobs - {"all"})


def test_changed_pixel_is_told_of_the_tiles_that_see_it(copy):
    with fits.open(copy / "data/strip.fits", mode="update") as hdus:
        hdus[0].data[..., 70, CORE - 50] += np.float32(1e-4)
    lines = what_changed(copy)
    text, (tiles, reasons), jobs = "\n".join(lines), listed(copy), planned(copy)
    assert "Fingerprinting the tiles of strip" in text
    assert tiles == searches(jobs)
    assert counted(lines) == len(jobs - {"all"})
    for finder in OF_TILES:
        for tile in ("y000x000", "y000x001"):
            assert reasons[f"strip {tile} {finder}"].startswith("pixels")
    assert reasons["strip y000x002 net"] == "net is trained again"
    assert "Trained again: net on strip (under its boxes: pixels" in text
    assert "header" not in text


def test_mosaic_added_is_told_as_not_searched_yet(copy):
    pixels, header = fits.getdata(copy / "data/strip.fits", header=True)
    fits.writeto(copy / "data/new.fits", pixels[..., :CORE], header)
    with (copy / "sheet.tsv").open("a") as sheet:
        sheet.write("new\t\tdata/new.fits" + 6 * "\t" + "strip\t\t\n")
    text = "\n".join(what_changed(copy))
    tiles, reasons = listed(copy)
    assert tiles == {("new", finder, "y000x000") for finder in OF_TILES}
    assert set(reasons.values()) == {"not searched yet"}
    assert "Catalogues made again: both, net, peaks, pybdsf in new" in text
