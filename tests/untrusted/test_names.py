"""Names and paths of the sheet reach files of the workflow alone, and no shell unquoted."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import pandas as pd
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz import seeds
from radiofind.workflow.config.inputs import InputError, read_inputs
from radiofind.workflow.config.sheet import COLUMNS
from radiofind.workflow.plan.mosaics import Plan
from radiofind.workflow.plan.training import TrainingPlan
from untrusted.oddities import NAMES

REPOSITORY = Path(__file__).parents[2]
SOUND = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", fullmatch=True)
ODD = st.sampled_from(NAMES) | st.text(max_size=6)


@st.composite
def names_of_a_survey(draw):
    """Return the names of mosaic, training set, finder, simulation and field; some have an odd one."""
    names = draw(st.lists(SOUND, min_size=5, max_size=5, unique=True))
    if draw(st.booleans()):
        names[draw(st.integers(0, 4))] = draw(ODD)
    return names


TILE = {"tile": "y000x000", "state": "live", "core_x0": 0, "core_x1": 200, "core_y0": 0, "core_y1": 200}
PATTERNS = [
    *("results/{mosaic}/fingerprints.parquet", "results/{mosaic}/catalogues/{finder}.parquet"),
    *("results/models/{training_set}/{finder}.keras", "logs/find/{mosaic}/{finder}/y000x000.log"),
]
QUIET = settings(
    derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck), max_examples=150
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with an image."""
    seeds.make_files(tmp_path)
    (tmp_path / "sky.fits").write_bytes(seeds.IMAGE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def inputs_of(mosaic, training_set, finder, simulation, field):
    """Read a configuration and a sheet with these names."""
    sky = {"size_pixels": 200, "frequency_mhz": 560, "exposure_h": 8, "seed": 1}
    kinds = {
        finder: {"kind": "peaks"},
        "net": {"kind": "convosource", "model": None, "probability_maps": True},
    }
    mine = {
        "mosaics": "s.tsv",
        "finders": kinds,
        "find_with": list(kinds),
        "simulations": {simulation: sky},
    }
    rows = [
        {"mosaic": mosaic, "image": "sky.fits", "training_set": training_set, "field": field},
        {"mosaic": "other", "simulate": simulation, "training_set": training_set, "train_box": "0:100,0:200"}
        | {"validation_box": "100:200,0:200"},
    ]
    lines = [COLUMNS, *([row.get(column, "") for column in COLUMNS] for row in rows)]
    Path("s.tsv").write_bytes("\n".join("\t".join(line) for line in lines).encode("utf-8", "surrogatepass"))
    return read_inputs(mine, repository=REPOSITORY, overlays=[])


def paths_of(plan):
    """Return paths that rules make of the names of a plan, and those that it makes itself."""
    tiles = pd.DataFrame([TILE | {"mosaic": mosaic} for mosaic in plan.mosaics])
    names = plan.searched(tiles, {})
    paths = [pattern.format(**one) for pattern in PATTERNS for one in names]
    maps = plan.probability_maps(tiles, {})
    paths += ["results/{mosaic}/probability/{finder}/{tile}.fits".format(**one) for one in maps]
    files = "results/{mosaic}/tiles/{tile}.json", "results/{mosaic}/noise/{tile}.fits"
    for training_set in plan.training_sets:
        grounds = TrainingPlan(plan).grounds(tiles, {"training_set": training_set, "finder": "net"}, *files)
        paths += [path for row in grounds.values() for key in ("tiles", "noise") for path in row[key]]
    simulated = [mosaic for mosaic in plan.mosaics.values() if mosaic.simulate]
    return paths + [
        path for mosaic in simulated for path in (mosaic.image, mosaic.primary_beam, mosaic.truth)
    ]


@QUIET
@given(names_of_a_survey())
@pytest.mark.slow
def test_names_that_are_accepted_make_paths_inside_the_working_folder(folder, names):
    try:
        config, mosaics = inputs_of(*names)
    except InputError:
        return
    plan = Plan(config, mosaics)
    for path in paths_of(plan):
        assert Path(os.path.normpath(path)) == Path(path), path
        assert not Path(path).is_absolute() and Path(path).parts[0] in ("results", "logs"), path
        assert shlex.quote(path) == path
        assert max(map(len, Path(path).parts)) <= 200
    for name in (*plan.mosaics, *plan.training_sets, *plan.finders, *config["simulations"]):
        assert shlex.quote(name) == name and not name.startswith("-")


@pytest.mark.parametrize("place", range(5))
@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith((".", "-", "/", "$", "m\x00"))])
def test_a_name_that_is_a_path_or_a_command_is_refused(folder, place, name):
    names = ["m", "t", "f", "s", "g"]
    names[place] = name
    with pytest.raises(
        InputError, match="expected a name|expected a key|no such file|expected a value"
    ) as caught:
        inputs_of(*names)
    assert str(caught.value).isprintable() or "\n" in str(caught.value)


def test_good_names_are_accepted(folder):
    config, mosaics = inputs_of("a-b.c_1", "t", "f", "s", "g")
    plan = Plan(config, mosaics)
    assert "results/a-b.c_1/catalogues/f.parquet" in paths_of(plan)
    assert "results/simulations/s/image.fits" in paths_of(plan)
    assert "results/other/noise/y000x000.fits" in paths_of(plan)


@pytest.mark.parametrize("column", ["image", "primary_beam", "truth"])
def test_a_path_with_braces_is_refused_with_its_line(folder, column):
    (folder / "a{mosaic}.fits").touch()
    row = {"mosaic": "m", "image": "sky.fits", "truth_format": "sdc1" if column == "truth" else ""}
    row |= {column: "a{mosaic}.fits"}
    (folder / "s.tsv").write_text("\t".join(row) + "\n" + "\t".join(row.values()) + "\n")
    config = yaml.safe_load((REPOSITORY / "config/config.yaml").read_text()) | {"mosaics": "s.tsv"}
    with pytest.raises(InputError, match=rf"s.tsv, line 2, column {column}: .* which Snakemake takes for"):
        read_inputs(config, repository=REPOSITORY, overlays=[])
