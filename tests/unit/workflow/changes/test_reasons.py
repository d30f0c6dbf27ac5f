"""Reasons are told in the words of a survey."""

from __future__ import annotations

import pytest

from radiofind.workflow.changes.reasons import Reason, describe_params, describe_tile_change, parse_reason

UNION = (
    "Params have changed since last execution: Union of exclusive params before and now across all output: "
)


def told(before, now, recorded=None):
    """What is told of a job of the finder `peaks` whose parameters have changed."""
    reason = parse_reason(f"{UNION}before: {before} now: {now} ")
    return list(describe_params(reason, rule="find_peaks", subject="peaks", recorded=recorded or {}))


def test_files_with_another_stamp_are_no_settings():
    before = "{'file data/a.truth': [9, 8], 'file b.fits': [1, 2]}"
    now = "{'file data/a.truth': [9, 7], 'file b.fits': [1, 2]}"
    assert told(before, now) == ["another file lies at data/a.truth"]


def test_file_that_is_newer_is_not_told_twice():
    before = "{'file a.txt': [9, 8], 'file b.txt': [1, 2]}"
    now = "{'file a.txt': [9, 9], 'file b.txt': [1, 1]}"
    reason = parse_reason(f"Updated input files: a.txt; {UNION}before: {before} now: {now}")
    assert reason.updated == ("a.txt",)
    assert list(describe_params(reason, rule="place_truth", subject="place_truth", recorded={})) == [
        "another file lies at b.txt"
    ]


def test_reason_without_text_has_no_cause_of_its_own():
    assert parse_reason("") == Reason()
    assert not Reason().is_own


def test_files_of_a_reason_are_told_apart_by_who_changed_them():
    reason = parse_reason(
        "Updated input files: data/x.fits, y.txt; Input files updated by another job: results/m/noise/t.fits"
    )
    assert reason == Reason(updated=("data/x.fits", "y.txt"), follows=("results/m/noise/t.fits",))
    assert reason.is_own


def test_inputs_are_not_newer_than_a_result_that_is_missing():
    reason = parse_reason("Missing output files: a/b.fits; Updated input files: data/x.fits")
    assert reason == Reason(missing=True)


@pytest.mark.parametrize("text", ["Missing output files: a", "Input files updated by another job: a, b"])
def test_missing_results_and_other_jobs_are_no_cause_of_ones_own(text):
    assert not parse_reason(text).is_own


@pytest.mark.parametrize(
    "text",
    [
        "Forced execution",
        "Set of input files has changed since last execution",
        "Software environment definition has changed since last execution",
        f"{UNION}before: 3 now: 2 ",
        f"{UNION}before: <nothing exclusive> now: 2 ",
        "Updated input files: a",
    ],
)
def test_changes_of_a_job_itself_are_causes(text):
    assert parse_reason(text).is_own


def test_semicolon_in_a_value_ends_no_sentence():
    reason = parse_reason(
        f"{UNION}before: {{'a': 'x; y'}} now: {{'a': 'z'}} ; "
        "Software environment definition has changed since last execution"
    )
    assert (reason.before, reason.now) == (({"a": "x; y"},), ({"a": "z"},))
    assert reason.environment


def test_setting_is_told_by_its_key_with_both_values():
    before, now = "{'kind': 'peaks', 'threshold': 5.0}", "{'kind': 'peaks', 'threshold': 6.0}"
    assert told(before, now) == ["settings of peaks have changed: threshold 5.0 -> 6.0"]


def test_key_that_is_added_or_left_out_is_told():
    assert told("{'a': 1}", "{'b': 2}") == ["settings of peaks have changed: a 1 -> none, b none -> 2"]


def test_key_within_a_key_is_told_with_both():
    before, now = (
        "{'bright': {'box_pixels': 20, 'threshold': 3}}",
        "{'bright': {'box_pixels': 30, 'threshold': 3}}",
    )
    assert told(before, now) == ["settings of peaks have changed: bright.box_pixels 20 -> 30"]


def test_value_without_a_key_has_the_name_under_which_it_is_recorded():
    assert told("3", "2", {"seed": 1, "radius_pixels": 3}) == [
        "settings of peaks have changed: radius_pixels 3 -> 2"
    ]
    assert told("3", "2") == ["settings of peaks have changed: 3 -> 2"]


def test_value_that_another_parameter_has_too_is_not_known():
    assert told("3", "<nothing exclusive>", {"radius_pixels": 3}) == [
        "settings of peaks have changed: radius_pixels 3 -> ?"
    ]


def test_code_is_told_apart_from_settings():
    digests = "'0123456789abcdef'", "'fedcba9876543210'"
    assert told(*digests) == ["code of find_peaks has changed"]
    assert told(f"{digests[0]},3", f"2,{digests[1]}") == [
        "code of find_peaks has changed",
        "settings of peaks have changed: 3 -> 2",
    ]


def test_what_the_sheet_says_is_told_apart_from_settings():
    before = "{'beam': None, 'frequency_hz': 5e8},{'kind': 'peaks', 'threshold': 5}"
    now = "{'kind': 'peaks', 'threshold': 6},{'beam': (2, 1, 0), 'frequency_hz': 5e8}"
    assert told(before, now) == [
        "the sheet has changed: beam none -> (2, 1, 0)",
        "settings of peaks have changed: threshold 5 -> 6",
    ]


def test_tiles_under_boxes_are_not_listed():
    before = "{'strip': {'train_box': '0:9,0:9', 'tiles': ['a']}}"
    assert told(before, "{'strip': {'train_box': '0:5,0:9', 'tiles': ['b']}}") == [
        "the sheet has changed: strip.train_box 0:9,0:9 -> 0:5,0:9"
    ]
    assert told(before, "{'strip': {'train_box': '0:9,0:9', 'tiles': ['b']}}") == [
        "other tiles lie under its boxes"
    ]


def test_long_lists_of_settings_and_long_values_are_cut():
    before = str({f"key{n}": n for n in range(9)})
    (line,) = told(before, str({f"key{n}": "x" * 99 for n in range(9)}))
    assert line.endswith(" and 6 more")
    assert len(line) < 250


@pytest.mark.parametrize("value", ["inf", "<object at 0x1>", "nan,3"])
def test_values_that_cannot_be_read_are_settings_that_changed(value):
    assert told(value, "3") == ["settings of peaks have changed"]


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
