"""Jobs ask for more where there is more to do, and where they have failed."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from radiofind.classifiers.architectures.table import ARCHITECTURES
from radiofind.mosaics.tiles import most_pixels, tiles_of
from radiofind.workflow.needs import NEEDS, NETWORKS
from radiofind.workflow.resources import (
    BLOCK_PIXELS,
    LEAST_MINUTES,
    Work,
    memory_mib,
    runtime_minutes,
    with_network,
)

MEGAPIXEL = 1_000_000
TILE = Work(pixels=4 * MEGAPIXEL, all_pixels=4 * MEGAPIXEL, tiles=1, limit_s=0)
SEARCHES = ("find_pybdsf", "find_peaks", "find_convosource", "map_probability", "measure_noise")


@pytest.fixture(params=NEEDS)
def rule(request):
    return request.param


@pytest.mark.parametrize("attempt", [2, 3])
def test_each_start_of_a_job_asks_for_as_much_more_as_the_first(rule, attempt):
    assert memory_mib(rule, TILE, attempt=attempt) == attempt * memory_mib(rule, TILE)
    assert runtime_minutes(rule, TILE, attempt=attempt) == attempt * runtime_minutes(rule, TILE)


@pytest.mark.parametrize(
    "part",
    [
        *("pixels", "all_pixels", "tiles", "table_mib", "epochs", "batches", "limit_s"),
        *("network_mib", "cutouts", "slowness"),
    ],
)
def test_more_work_never_asks_for_less(rule, part):
    asked = [
        (memory_mib(rule, work), runtime_minutes(rule, work))
        for work in (replace(TILE, **{part: number}) for number in (0, 1, 1e3, 1e6, 1e9))
    ]
    assert asked == sorted(asked) and [time for _, time in asked] == sorted(time for _, time in asked)


@pytest.mark.parametrize("rule", SEARCHES)
def test_memory_and_time_of_a_search_grow_with_the_tile(rule):
    larger = replace(TILE, pixels=25 * TILE.pixels, all_pixels=25 * TILE.pixels)
    assert memory_mib(rule, larger) > 1.5 * memory_mib(rule, TILE)
    assert runtime_minutes(rule, replace(larger, all_pixels=1e10)) > 10 * runtime_minutes(rule, TILE)


@pytest.mark.parametrize("rule", SEARCHES)
def test_tiles_one_after_another_take_longer_and_no_more_memory(rule):
    many = replace(TILE, tiles=1000, all_pixels=1000 * TILE.all_pixels)
    assert memory_mib(rule, many) == memory_mib(rule, TILE)
    assert runtime_minutes(rule, many) > 10 * runtime_minutes(rule, TILE)


@pytest.mark.parametrize("rule", ["fingerprint_mosaic", "place_truth", "cut_patches"])
def test_a_job_that_reads_a_truth_has_memory_for_it(rule):
    # Text takes 2.5 times its size when it is read, with the numbers that come out.
    assert {"truth", "truths"} & set(NEEDS[rule].tables)
    assert memory_mib(rule, replace(TILE, table_mib=700)) > memory_mib(rule, TILE) + 2.5 * 700


def test_a_job_outlives_the_time_limit_of_its_tile():
    assert runtime_minutes("find_pybdsf", replace(TILE, limit_s=7200)) > 120


def test_the_last_job_of_a_survey_like_lotss_fits_into_a_partition_of_a_day():
    tile = 2400**2
    survey = Work(pixels=tile, all_pixels=21_000 * tile, tiles=21_000, table_mib=4000)
    assert runtime_minutes("record_provenance", survey) < 24 * 60


def test_no_job_asks_for_less_than_ten_minutes(rule):
    assert runtime_minutes(rule, Work()) >= LEAST_MINUTES == 10


def test_numbers_are_whole(rule):
    asked = memory_mib(rule, replace(TILE, table_mib=0.3)), runtime_minutes(rule, TILE)
    assert all(isinstance(number, int) for number in asked)


@pytest.mark.parametrize("size", [40, 130, 149, 249, 1000])
def test_no_tile_is_larger_than_the_largest(size):
    tiles = tiles_of((size, size), core_pixels=100, halo_pixels=10)
    assert max(tile.box.pixels for tile in tiles) <= most_pixels(core_pixels=100, halo_pixels=10)


BOX = 2200**2
FIRST = 2000 * 300**2
TILE_OF_THE_MANUAL = Work(pixels=BOX, all_pixels=BOX, tiles=1)
MOSAIC = Work(pixels=BOX, all_pixels=25 * BOX, tiles=25, table_mib=30)
BOXES = Work(pixels=4e6, all_pixels=4e6, table_mib=30, epochs=100, batches=2500)
CUTOUTS = Work(pixels=FIRST, all_pixels=FIRST, cutouts=2000)
EXAMPLES = {
    "simulate": Work(pixels=10_000, all_pixels=1e8),
    "fingerprint_mosaic": Work(pixels=3600**2, all_pixels=1e8),
    "index_tiles": Work(),
    "describe_sky": Work(),
    "simulate_matched": Work(pixels=1500**2, all_pixels=1500**2),
    "find_pybdsf": replace(TILE_OF_THE_MANUAL, limit_s=1800),
    **dict.fromkeys(
        ["measure_noise", "find_peaks", "find_convosource", "map_probability"], TILE_OF_THE_MANUAL
    ),
    **dict.fromkeys(
        ["tune_cuts", "cut_patches", "train_convosource", "train_combined", "train_source_classes"], BOXES
    ),
    "copy_dataset": CUTOUTS,
    "simulate_dataset": Work(pixels=600 * 64**2, all_pixels=600 * 64**2),
    "cut_dataset": Work(pixels=2e4 * 64**2, all_pixels=2e4 * 64**2, table_mib=30),
    "train_classifier": replace(CUTOUTS, epochs=60),
    "evaluate_classifier": CUTOUTS,
}
"""What docs/cluster.md takes for examples; the other rules work on a mosaic."""


def test_the_manual_says_what_the_rules_ask_for():
    manual = (Path(__file__).parents[3] / "docs/cluster.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| ([\d,]+) MiB \| ([\d,]+) min \|", manual, re.MULTILINE)
    told = {rule: (int(mib.replace(",", "")), int(minutes.replace(",", ""))) for rule, mib, minutes in rows}
    asked = {}
    for rule in NEEDS:
        work = EXAMPLES.get(rule, MOSAIC)
        asked[rule] = (memory_mib(rule, work), runtime_minutes(rule, work))
    assert told == asked


def test_networks_that_need_more_are_among_those_that_can_be_trained():
    for name, recipe in NETWORKS:
        assert recipe in ARCHITECTURES[name].recipes


def test_a_larger_network_asks_for_its_memory_and_its_time():
    work = replace(EXAMPLES["train_classifier"], epochs=600)
    plain = with_network(work, architecture="convnet4", recipe="default")
    assert plain == work
    larger = with_network(work, architecture="convnet8", recipe="paper")
    mib, slowness = NETWORKS["convnet8", "paper"]
    assert (larger.network_mib, larger.slowness) == (mib, slowness)
    rule = "train_classifier"
    assert memory_mib(rule, larger) - memory_mib(rule, work) >= mib
    times = runtime_minutes(rule, larger) / runtime_minutes(rule, work)
    assert times == pytest.approx(slowness, rel=0.01)


def test_a_slow_network_has_the_time_to_classify_sources():
    work = MOSAIC
    slow = with_network(work, architecture="transfer", recipe="default")
    sources = 150_000
    # Three members of transfer, and of default, on masked cutouts, on one core.
    for one, seconds in ((slow, 0.286), (work, 0.025)):
        assert 3 * sources * seconds < 60 * runtime_minutes("apply_classifier", one) < 9 * sources * seconds
    assert memory_mib("apply_classifier", slow) > memory_mib("apply_classifier", work) + 2000


def test_a_block_of_a_network_is_the_one_that_it_runs_on():
    source = (Path(__file__).parents[3] / "scripts/radiofind/finders/convosource/inference.py").read_text()
    assert f"\nBLOCK_PIXELS = {round(BLOCK_PIXELS**0.5)}\n" in source
