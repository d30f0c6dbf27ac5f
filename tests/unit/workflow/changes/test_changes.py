"""What a run will do is told by tiles and first causes."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from radiofind.workflow.changes.changes import Changes, Job, TileChange
from radiofind.workflow.changes.earlier_runs import EarlierRuns
from radiofind.workflow.changes.reasons import Reason
from radiofind.workflow.changes.text import NOTHING, describe_changes

LIVE = {"strip": ["y000x000", "y000x001", "y000x002"], "hard": ["y000x000", "y000x001"]}
MISSING = Reason(missing=True)
FORCED = Reason(forced=True)
OTHER_INPUTS = Reason(inputs=True)


def follows(*paths, **more):
    return Reason(follows=paths, **more)


def updated(*paths, **more):
    return Reason(updated=paths, **more)


def params(before, now):
    return Reason(before=before, now=now)


FOLLOWS_X = follows("x")
FOLLOWS_PATCHES = follows("results/models/deep/net.patches.h5")


def noise(mosaic, tile, reason):
    return Job("measure_noise", mosaic, tile, reason=reason, outputs=(f"results/{mosaic}/noise/{tile}.fits",))


def find(finder, mosaic, tile, reason, rule=None):
    return Job(
        rule or f"find_{finder}",
        mosaic,
        tile,
        finder,
        reason=reason,
        outputs=(f"results/{mosaic}/detections/{finder}/{tile}.parquet",),
        log=f"logs/find_{finder}/{mosaic}/{finder}/{tile}.log",
        benchmark=f"benchmarks/find_{finder}/{mosaic}/{finder}/{tile}.tsv",
    )


def changed_tile(mosaic, tile):
    """Jobs of a tile whose file is newer than its noise."""
    after = follows(f"results/{mosaic}/noise/{tile}.fits")
    return [
        noise(mosaic, tile, updated(f"results/{mosaic}/tiles/{tile}.json")),
        find("peaks", mosaic, tile, after),
        find("pybdsf", mosaic, tile, after),
    ]


def merge(mosaic, finder, reason=FOLLOWS_X):
    outputs = (f"results/{mosaic}/catalogues/{finder}.parquet",)
    return Job("merge_detections", mosaic, finder=finder, reason=reason, outputs=outputs)


def training(patches, network=FOLLOWS_PATCHES):
    """Jobs of a training."""
    place = "results/models/deep/net"
    return [
        Job(
            "cut_patches", finder="net", training_set="deep", reason=patches, outputs=(f"{place}.patches.h5",)
        ),
        Job(
            "train_convosource",
            finder="net",
            training_set="deep",
            reason=network,
            outputs=(f"{place}.keras", f"{place}.json"),
        ),
    ]


def recorded(pixels="p", header="h", settings=None):
    """A reader of results that were all made of one tile and its settings."""
    tiles = {
        f"{mosaic}/{tile}": {"pixels": pixels, "header": header} for mosaic in LIVE for tile in LIVE[mosaic]
    }
    return lambda _path: {"inputs": {"tiles": tiles}, "settings": settings or {}}


def earlier(**what):
    return EarlierRuns(
        **{"live_tiles": LIVE, "read_tile": lambda _path: {"pixels": "p", "header": "h"}} | what
    )


def reasons(jobs, before=None):
    """Reason by mosaic, tile and finder."""
    tiles = Changes(jobs, before or earlier()).tiles
    return {(one.mosaic, one.tile, one.finder): one.why for one in tiles}


def text(jobs, before=None):
    return describe_changes(Changes(jobs, before or earlier()))


def test_without_jobs_nothing_has_changed():
    assert text([]) == NOTHING


def test_target_rule_is_no_job():
    assert text([Job("all", reason=FORCED)]) == NOTHING


def test_finders_have_the_reason_of_their_noise():
    found = reasons(changed_tile("strip", "y000x001"), earlier(read_provenance=recorded(pixels="before")))
    assert found == {
        ("strip", "y000x001", "peaks"): "pixels (or tiling or noise box) have changed",
        ("strip", "y000x001", "pybdsf"): "pixels (or tiling or noise box) have changed",
    }


def test_header_is_told_apart_from_pixels():
    found = reasons(changed_tile("strip", "y000x001"), earlier(read_provenance=recorded(header="before")))
    assert set(found.values()) == {"header has changed"}


def test_result_that_says_nothing_of_itself_leaves_it_open():
    assert set(reasons(changed_tile("strip", "y000x001")).values()) == {
        "pixels, header or tiling have changed"
    }


def test_tile_that_was_written_anew_as_it_was_is_told():
    found = reasons(changed_tile("strip", "y000x001"), earlier(read_provenance=recorded()))
    assert set(found.values()) == {"tile file was written again"}


def test_noise_of_an_interrupted_run_is_told_by_what_had_changed():
    job = find("peaks", "strip", "y000x001", updated("results/strip/noise/y000x001.fits"))
    assert reasons([job], earlier(read_provenance=recorded())) == {
        ("strip", "y000x001", "peaks"): "noise was measured again"
    }
    assert reasons([job], earlier(read_provenance=recorded(pixels="before"))) == {
        ("strip", "y000x001", "peaks"): "pixels (or tiling or noise box) have changed"
    }


def test_noise_alone_is_told_where_no_finder_follows():
    job = changed_tile("strip", "y000x001")[0]
    assert list(reasons([job])) == [("strip", "y000x001", "noise")]


def test_settings_of_the_noise_are_those_of_its_finders():
    change = params(({"box_pixels": 150},), ({"box_pixels": 100},))
    jobs = [noise("strip", "y000x000", change), *changed_tile("strip", "y000x000")[1:]]
    assert set(reasons(jobs).values()) == {"settings of noise have changed: box_pixels 150 -> 100"}


def test_settings_without_a_key_have_their_name_from_the_last_result():
    job = merge("strip", "peaks", params((3,), (2,)))
    known = recorded(settings={"merge_detections peaks": {"radius_pixels": 3}})
    assert "Also: catalogue of peaks in strip (settings of peaks have changed: radius_pixels 3 -> 2)" in text(
        [job], earlier(read_provenance=known)
    )


@pytest.mark.parametrize("rule", ["find_injected_peaks", "find_negated_peaks"])
def test_further_searches_record_settings_as_the_search_that_they_repeat(rule):
    job = replace(find("peaks", "strip", "y000x000", params((5,), (6,))), rule=rule)
    known = recorded(settings={"find_peaks peaks": {"threshold": 5}})
    told = reasons([job], earlier(read_provenance=known))
    assert set(told.values()) == {"settings of peaks have changed: threshold 5 -> 6"}


def test_result_is_read_once_for_all_tiles_with_the_same_change_of_settings():
    change = params(({"threshold": 5},), ({"threshold": 6},))
    jobs = [find("peaks", "strip", tile, change) for tile in LIVE["strip"]]
    read = []
    found = reasons(jobs, earlier(read_provenance=lambda path: read.append(path) or {}))
    assert set(found.values()) == {"settings of peaks have changed: threshold 5 -> 6"}
    assert len(read) == 1


def test_tile_never_searched_is_not_searched_yet():
    missing = noise("hard", "y000x000", MISSING)
    follower = find("peaks", "hard", "y000x000", follows("results/hard/noise/y000x000.fits", missing=True))
    assert set(reasons([missing, follower]).values()) == {"not searched yet"}


def test_tile_that_holds_pixels_now_is_told_apart_from_a_new_mosaic():
    job = noise("hard", "y000x000", MISSING)
    times = {"results/hard/patches.parquet": 1.0}
    assert set(reasons([job], earlier(changed_at=times.get)).values()) == {"has valid pixels now"}


@pytest.mark.parametrize(
    ("log", "benchmark", "words"),
    [
        (None, None, "not searched yet"),
        (2.0, None, "did not finish last time"),
        (2.0, 1.0, "did not finish last time"),
        (1.0, 2.0, "result is missing"),
        (None, 2.0, "result is missing"),
    ],
)
def test_missing_result_is_told_by_what_the_last_attempt_left(log, benchmark, words):
    job = find("peaks", "hard", "y000x000", MISSING)
    before = earlier(changed_at={job.log: log, job.benchmark: benchmark}.get)
    assert set(reasons([job], before).values()) == {words}


def test_attempts_that_failed_are_told_by_the_last():
    job = find("peaks", "hard", "y000x000", MISSING)
    attempts = {job.outputs[0]: ["ValueError: x", "killed"]}
    before = earlier(read_attempts=lambda path: attempts[path])
    assert set(reasons([job], before).values()) == {"did not finish last time: killed"}


def test_tile_in_quarantine_is_told_with_its_reason():
    jobs = [find(finder, "hard", "y000x000", MISSING) for finder in ("peaks", "pybdsf")]
    found = reasons(jobs, earlier(quarantined={("hard", "y000x000", "peaks"): "killed"}))
    assert found == {
        ("hard", "y000x000", "peaks"): "out of quarantine (killed)",
        ("hard", "y000x000", "pybdsf"): "not searched yet",
    }


def test_noise_in_quarantine_is_told_of_its_finders():
    jobs = [noise("hard", "y000x000", MISSING), find("peaks", "hard", "y000x000", follows("b"))]
    found = reasons(jobs, earlier(quarantined={("hard", "y000x000", "noise"): "killed"}))
    assert found == {("hard", "y000x000", "peaks"): "out of quarantine (killed)"}


def test_tiles_follow_a_network_that_is_trained_anew():
    truth = training(updated("data/deep.fits"))
    follower = find(
        "net", "hard", "y000x000", follows("results/models/deep/net.keras"), rule="find_convosource"
    )
    changes = Changes([*truth, follower], earlier())
    assert changes.trainings == {("deep", "net"): "data/deep.fits has changed"}
    assert changes.tiles == [TileChange("hard", "y000x000", "net", "net is trained again")]


def test_training_that_follows_tiles_has_their_reason():
    tiles = changed_tile("strip", "y000x000") + changed_tile("strip", "y000x001")
    places = [tiles[n].outputs[0] for n in (0, 3)]
    changes = Changes([*tiles, *training(follows(*places))], earlier(read_provenance=recorded(pixels="b")))
    assert changes.trainings == {
        ("deep", "net"): "under its boxes: pixels (or tiling or noise box) have changed"
    }


def test_settings_of_a_training_are_told():
    change = params(({"epochs": 4},), ({"epochs": 5},))
    assert "Trained again: net on deep (settings of net have changed: epochs 4 -> 5)" in text(
        training(Reason(), change)[1:]
    )


def test_network_that_was_replaced_is_told_by_its_file():
    job = find("net", "strip", "y000x000", updated("networks/deep.keras"), rule="find_convosource")
    assert set(reasons([job]).values()) == {"networks/deep.keras has changed"}


def test_tiles_with_one_reason_are_one_line():
    jobs = [job for tile in LIVE["strip"][:2] for job in changed_tile("strip", tile)]
    lines = text(jobs, earlier(read_provenance=recorded(pixels="before"))).splitlines()
    assert [line.split("  ")[0] for line in lines[:2]] == ["mosaic", "strip"]
    assert lines[1].split(maxsplit=1)[1].startswith("2 of 3: y000x000 y000x001  peaks pybdsf  pixels")
    assert lines[-1] == "2 of 5 tiles, 6 jobs. Everything else is unchanged."


def test_mosaics_of_which_all_tiles_have_one_reason_are_one_line():
    jobs = [find("peaks", mosaic, tile, FORCED) for mosaic in LIVE for tile in LIVE[mosaic]]
    assert text(jobs).splitlines()[1].startswith("strip, hard  all 5  peaks    was interrupted")


def test_tiles_of_several_reasons_are_told_for_each_finder():
    jobs = [*changed_tile("hard", "y000x001")[:2], find("pybdsf", "hard", "y000x001", MISSING)]
    jobs[0] = noise("hard", "y000x001", FORCED)
    change = params(({"thresh": 5},), ({"thresh": 6},))
    jobs[2] = find("pybdsf", "hard", "y000x001", change)
    rows = text(jobs).splitlines()
    assert "1 of 2: y000x001  peaks    was interrupted last time, or is forced" in rows[1]
    assert "1 of 2: y000x001  pybdsf   settings of pybdsf have changed: thresh 5 -> 6" in rows[2]


def test_long_lists_of_tiles_are_cut():
    live = {"wide": [f"y000x{number:03d}" for number in range(400)]}
    jobs = [find("peaks", "wide", tile, FORCED) for tile in live["wide"][:37]]
    row = text(jobs, earlier(live_tiles=live)).splitlines()[1]
    assert "37 of 400: y000x000 y000x001 y000x002 y000x003 and 33 more" in row


def test_mosaics_come_in_the_order_of_the_sheet():
    jobs = [find("peaks", mosaic, "y000x000", FORCED) for mosaic in ("hard", "strip")]
    assert [one.mosaic for one in Changes(jobs, earlier()).tiles] == ["strip", "hard"]


def test_catalogues_and_scores_are_listed_by_finders():
    jobs = [merge(mosaic, finder) for mosaic in LIVE for finder in ("peaks", "net")]
    jobs += [Job("combine_catalogues", "strip", finder="both", reason=follows("x"))]
    jobs += [Job("evaluate_finder", "strip", finder="peaks", reason=follows("x"))]
    lines = text(jobs).splitlines()
    assert "Catalogues made again: net, peaks in hard; both, net, peaks in strip" in lines
    assert "Scores made again: peaks in strip" in lines


def test_jobs_that_only_follow_are_no_reason():
    assert "Also" not in text([merge("strip", "peaks"), Job("write_report", reason=follows("x"))])


def test_result_that_is_missing_because_of_jobs_before_it_is_no_reason():
    assert "Also" not in text([merge("strip", "peaks", follows("x", missing=True))])
    assert "catalogue of peaks in strip (not made yet)" in text([merge("strip", "peaks", MISSING)])


def test_truth_that_was_replaced_is_told():
    job = Job("place_truth", "strip", reason=updated("data/strip.txt"), outputs=("x",))
    assert "Also: truth in strip (data/strip.txt has changed)" in text([job])


def test_finder_left_out_is_told_by_the_report():
    job = Job("write_report", reason=OTHER_INPUTS, outputs=("results/report.html",))
    assert "Also: report (the set of mosaics or finders has changed)" in text([job])


def test_tiles_without_pixels_any_more_are_told_and_not_counted():
    jobs = [Job("summarise_noise", "hard", reason=OTHER_INPUTS, outputs=("x",))]
    told = text(jobs, earlier(list_noise=lambda _mosaic: ["y000x002", "y000x000"]))
    assert "hard    y000x002  none     no valid pixels any more: left out of catalogues" in told
    assert "Also: noise summary in hard (the set of tiles has changed)" in told
    assert told.endswith("0 of 5 tiles, 1 job. Everything else is unchanged.")


def test_tiles_that_are_left_out_are_told_and_not_taken_for_blank():
    jobs = [Job("summarise_noise", "hard", reason=OTHER_INPUTS, outputs=("x",))]
    left = earlier(list_noise=lambda _mosaic: ["y000x002", "y000x003"], left_out={"hard": ["y000x003"]})
    changes = Changes(jobs, left)
    assert changes.left_out_tiles == {"hard": ["y000x003"]}
    assert changes.blank_tiles == {"hard": ["y000x002"]}
    assert "y000x003  none     outside the boxes" in describe_changes(changes)


def test_mosaics_that_enter_nothing_are_told():
    told = text([], earlier(unreadable={"broken": "x.fits: no FITS"}, removed=["old", "older"]))
    assert "Left out: broken (x.fits: no FITS)" in told
    assert "No longer in the sheet" in told and ": old, older" in told


def test_tiles_are_not_known_before_the_mosaics_are_read():
    jobs = [Job("fingerprint_mosaic", mosaic, reason=MISSING) for mosaic in LIVE]
    told = text([*jobs, Job("index_tiles", reason=follows("x"))])
    assert "(strip, hard)" in told and "index_tiles" in told
    assert "make what-changed" in told
    assert NOTHING not in told


def test_survey_of_5000_tiles_is_told_in_seconds():
    live = {"wide": [f"y{number // 100:03d}x{number % 100:03d}" for number in range(5000)]}
    tiles = [job for tile in live["wide"] for job in changed_tile("wide", tile)]
    everything = follows(*(job.outputs[0] for job in tiles))
    jobs = [
        *tiles,
        *training(everything),
        *(merge("wide", finder, everything) for finder in ("peaks", "pybdsf")),
    ]
    read = []
    start = time.process_time()
    told = text(
        jobs, earlier(live_tiles=live, read_provenance=lambda path: read.append(path) or {"inputs": {}})
    )
    assert time.process_time() - start < 3
    assert len(read) == len(set(read)) == 5000
    assert "all 5000" in told


def find_block(mosaic, reason, tiles=("y000x000", "y000x001"), finder="peaks"):
    place = f"{mosaic}/{finder}/y000x000-2x2"
    return Job(
        f"find_{finder}",
        mosaic,
        finder=finder,
        reason=reason,
        outputs=(f"results/{mosaic}/detections/{finder}/y000x000-2x2.parquet",),
        log=f"logs/find_{finder}/{place}.log",
        benchmark=f"benchmarks/find_{finder}/{place}.tsv",
        tiles=tiles,
    )


def test_of_a_block_only_the_changed_tile_is_told():
    changed = changed_tile("strip", "y000x001")[0]
    noise_made, tile_file = "results/strip/noise/y000x001.fits", "results/strip/tiles/y000x001.json"
    before = earlier(read_provenance=recorded(pixels="before"))
    both = follows(noise_made, updated=(tile_file,))
    for reason in (follows(noise_made), both, updated(tile_file, inputs=True)):
        found = reasons([changed, find_block("strip", reason)], before)
        assert list(found) == [("strip", "y000x001", "peaks")]
        assert set(found.values()) == {"pixels (or tiling or noise box) have changed"}


def test_of_a_block_all_tiles_are_told_when_something_of_all_has_changed():
    union = params((5.0,), (6.0,))
    assert len(reasons([find_block("strip", union)])) == 2
    network = updated("results/models/deep/net.keras")
    told = reasons([find_block("strip", network, finder="net")])
    assert set(told.values()) == {"net was trained again"} and len(told) == 2


def test_of_a_block_that_lost_a_tile_no_tile_is_searched_but_its_job_is_counted():
    job = find_block("strip", OTHER_INPUTS, tiles=("y000x000",))
    assert reasons([job]) == {}
    assert "0 of 5 tiles, 1 job." in text([job])


def test_of_a_block_whose_file_is_missing_only_tiles_that_were_not_kept_are_told():
    job, why = find_block("strip", MISSING), {("strip", "y000x001", "peaks"): "PyBDSF hung"}
    assert len(reasons([job])) == 2
    found = reasons([job], earlier(kept_tiles=lambda _path: {"y000x000"}, quarantined=why))
    assert found == {("strip", "y000x001", "peaks"): "out of quarantine (PyBDSF hung)"}
    path = "results/strip/detections/peaks/y000x001.parquet"
    attempts = earlier(
        kept_tiles=lambda _path: {"y000x000"}, read_attempts=lambda of: ["killed"] if of == path else []
    )
    assert reasons([job], attempts) == {("strip", "y000x001", "peaks"): "did not finish last time: killed"}
