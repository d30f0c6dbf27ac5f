"""What the logger of `make what-changed` takes from an event of Snakemake."""

from types import SimpleNamespace

import pytest

from radiofind.workflow.changes.reasons import Reason
from snakemake_logger_plugin_survey import _job, _reason

TILES = ("y000x000", "y000x001")


def search_of(block, tiles, image="data/m.fits"):
    """Return the event of a job that searches a block of tiles."""
    return SimpleNamespace(
        rule_name="find_peaks",
        wildcards={"mosaic": "m", "finder": "peaks", "block": block},
        input=[image, *(f"results/m/{of}/{tile}.json" for of in ("tiles", "noise") for tile in tiles)],
        output=[f"results/m/detections/peaks/{block}.parquet"],
        log=[],
        benchmark=None,
    )


def test_block_of_one_tile_is_that_tile():
    job = _job(search_of(TILES[0], TILES[:1]), Reason())
    assert (job.tile, job.tiles) == (TILES[0], ())


def test_block_has_the_tiles_whose_files_are_its_inputs():
    job = _job(search_of("y000x000-2x2", TILES), Reason())
    assert (job.tile, job.tiles) == ("", TILES)


def test_image_in_a_folder_of_tiles_is_no_tile():
    job = _job(search_of("y000x000-2x2", TILES, image="/survey/tiles/m.fits"), Reason())
    assert job.tiles == TILES


@pytest.fixture
def given():
    """The reason of a job that Snakemake has none for."""
    from snakemake.jobs import Reason as Given

    return Given()


def test_a_reason_is_told_by_its_parts(given):
    assert _reason(given) == Reason()
    given.updated_input.update(["data/x.fits", "results/m/noise/t.fits"])
    given.updated_input_run.add("results/m/noise/t.fits")
    given.input_changed = True
    found = _reason(given)
    assert found == Reason(updated=("data/x.fits",), follows=("results/m/noise/t.fits",), inputs=True)


def test_inputs_are_not_newer_than_a_result_that_is_missing(given):
    given.missing_output.add("a/b.fits")
    given.updated_input.add("data/x.fits")
    assert _reason(given) == Reason(missing=True)


def test_values_of_parameters_are_those_that_changed(given):
    from snakemake.persistence import ParamsChange

    given.params_changed = ParamsChange({"{'a': 'x; y'}", "3"}, {"{'a': 'z'}"}, {"out"})
    given.software_stack_changed = True
    assert _reason(given) == Reason(before=(3, {"a": "x; y"}), now=({"a": "z"},), environment=True)


@pytest.mark.parametrize("part", ["forced", "incomplete"])
def test_what_is_forced_or_was_interrupted_needs_no_other_reason(given, part):
    given.forced = part == "forced"
    given.incomplete_output.update({"incomplete": ["a"]}.get(part, []))
    given.input_changed = True
    assert _reason(given) == Reason(forced=True)
