"""Reasons are told in the words of a survey."""

from __future__ import annotations

import pytest

from radiofind.workflow.changes.reasons import (
    Reason,
    describe_params,
    describe_tile_change,
    read_values,
    reason_of_tile,
)


def told(before, now, recorded=None):
    """What is told of a job of the finder `peaks` whose parameters have changed."""
    reason = Reason(before=before, now=now)
    return list(describe_params(reason, rule="find_peaks", subject="peaks", recorded=recorded or {}))


def test_files_with_another_stamp_are_no_settings():
    before = {"file data/a.truth": [9, 8], "file b.fits": [1, 2]}
    now = {"file data/a.truth": [9, 7], "file b.fits": [1, 2]}
    assert told((before,), (now,)) == ["files have been replaced: data/a.truth"]


def test_file_that_is_newer_is_not_told_twice():
    before = {"file a.txt": [9, 8], "file b.txt": [1, 2]}
    now = {"file a.txt": [9, 9], "file b.txt": [1, 1]}
    reason = Reason(updated=("a.txt",), before=(before,), now=(now,))
    assert list(describe_params(reason, rule="place_truth", subject="place_truth", recorded={})) == [
        "files have been replaced: b.txt"
    ]


@pytest.mark.parametrize("reason", [Reason(), Reason(missing=True), Reason(follows=("a", "b"))])
def test_missing_results_and_other_jobs_are_no_cause_of_ones_own(reason):
    assert not reason.is_own


@pytest.mark.parametrize(
    "reason",
    [
        *(Reason(forced=True), Reason(inputs=True), Reason(environment=True), Reason(updated=("a",))),
        *(Reason(before=(3,), now=(2,)), Reason(now=(2,)), Reason(before=None)),
    ],
)
def test_changes_of_a_job_itself_are_causes(reason):
    assert reason.is_own


def test_of_a_block_a_tile_has_what_is_its_own_and_what_is_of_all():
    tiles = "results/m/tiles/y000x000.json", "results/m/tiles/y000x001.json", "results/models/s/net.keras"
    reason = Reason(missing=True, updated=tiles, follows=("results/m/noise/y000x001.fits",), inputs=True)
    first = reason_of_tile(reason, "y000x000", is_kept=True)
    assert first == Reason(updated=(tiles[0], tiles[2]))
    second = reason_of_tile(reason, "y000x001", is_kept=False)
    assert second == Reason(missing=True, updated=tiles[1:], follows=reason.follows)
    assert reason_of_tile(Reason(missing=True, inputs=True), "y000x000", is_kept=True) == Reason()


def test_values_are_read_as_python_writes_them():
    assert read_values(["{'a': (1, None)}", "3", "'x; y'"]) == ({"a": (1, None)}, 3, "x; y")
    assert read_values([]) == ()


def test_setting_is_told_by_its_key_with_both_values():
    before, now = {"kind": "peaks", "threshold": 5.0}, {"kind": "peaks", "threshold": 6.0}
    assert told((before,), (now,)) == ["settings of peaks have changed: threshold 5.0 -> 6.0"]


def test_key_that_is_added_or_left_out_is_told():
    assert told(({"a": 1},), ({"b": 2},)) == ["settings of peaks have changed: a 1 -> none, b none -> 2"]


def test_key_within_a_key_is_told_with_both():
    before = {"bright": {"box_pixels": 20, "threshold": 3}}
    now = {"bright": {"box_pixels": 30, "threshold": 3}}
    assert told((before,), (now,)) == ["settings of peaks have changed: bright.box_pixels 20 -> 30"]


def test_value_without_a_key_has_the_name_under_which_it_is_recorded():
    assert told((3,), (2,), {"seed": 1, "radius_pixels": 3}) == [
        "settings of peaks have changed: radius_pixels 3 -> 2"
    ]
    assert told((3,), (2,)) == ["settings of peaks have changed: 3 -> 2"]


def test_value_that_another_parameter_has_too_is_not_known():
    assert told((3,), (), {"radius_pixels": 3}) == ["settings of peaks have changed: radius_pixels 3 -> ?"]


def test_code_is_told_apart_from_settings():
    old, new = "0123456789abcdef", "fedcba9876543210"
    assert told((old,), (new,)) == ["code of find_peaks has changed"]
    assert told((old, 3), (2, new)) == [
        "code of find_peaks has changed",
        "settings of peaks have changed: 3 -> 2",
    ]


def test_what_the_sheet_says_is_told_apart_from_settings():
    before = {"beam": None, "frequency_hz": 5e8}, {"kind": "peaks", "threshold": 5}
    now = {"kind": "peaks", "threshold": 6}, {"beam": (2, 1, 0), "frequency_hz": 5e8}
    assert told(before, now) == [
        "the sheet has changed: beam none -> (2, 1, 0)",
        "settings of peaks have changed: threshold 5 -> 6",
    ]


def test_tiles_under_boxes_are_not_listed():
    before = {"strip": {"train_box": "0:9,0:9", "tiles": ["a"]}}
    assert told((before,), ({"strip": {"train_box": "0:5,0:9", "tiles": ["b"]}},)) == [
        "the sheet has changed: strip.train_box 0:9,0:9 -> 0:5,0:9"
    ]
    assert told((before,), ({"strip": {"train_box": "0:9,0:9", "tiles": ["b"]}},)) == [
        "the tiles under its boxes have changed"
    ]


def test_long_lists_of_settings_and_long_values_are_cut():
    before, now = {f"key{n}": n for n in range(9)}, {f"key{n}": "x" * 99 for n in range(9)}
    (line,) = told((before,), (now,))
    assert line.endswith(" and 6 more")
    assert len(line) < 250


@pytest.mark.parametrize("value", ["inf", "<object at 0x1>", "nan,3"])
def test_values_that_cannot_be_read_are_settings_that_changed(value):
    assert told(read_values([value]), (3,)) == ["settings of peaks have changed"]


TILE = {"header": "h", "pixels": "p", "core_pixels": 100, "halo_pixels": 20}


@pytest.mark.parametrize(
    ("recorded", "words"),
    [
        (TILE, ""),
        (TILE | {"pixels": "other"}, "pixels have changed"),
        (TILE | {"header": "other"}, "header has changed"),
        (TILE | {"pixels": "other", "header": "other"}, "pixels and header have changed"),
        (
            TILE | {"pixels": "other", "halo_pixels": 10},
            "tiling or noise box has changed: halo_pixels 10 -> 20",
        ),
        (
            TILE | {"pixels": "other", "header": "other", "halo_pixels": 10},
            "header and tiling or noise box have changed: halo_pixels 10 -> 20",
        ),
        ({"header": "h", "pixels": "p"}, ""),
        ({"header": "h", "pixels": "other"}, "pixels (or tiling or noise box) have changed"),
        ({"header": "other", "pixels": "p"}, "header has changed"),
        (None, "pixels, header or tiling have changed"),
    ],
)
def test_change_of_a_tile_is_what_differs_from_its_result(recorded, words):
    assert describe_tile_change(recorded, TILE) == words


def test_tile_without_a_file_is_not_compared():
    assert describe_tile_change(TILE, {}) == "pixels, header or tiling have changed"
