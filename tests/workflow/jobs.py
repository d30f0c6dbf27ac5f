"""Say which jobs there ought to be, in the words of `runs.Run`."""

from __future__ import annotations

from workflow.skies import FINDERS, READABLE, SCORED, TILES

SURVEY_WIDE = {"tabulate_scores", "write_report", "all"}


def tile_jobs(mosaic, tiles=None):
    """Jobs of tiles: noise and finders."""
    tiles = tiles or TILES[mosaic]
    noise = {f"measure_noise {mosaic} {tile}" for tile in tiles}
    return noise.union(*(find_jobs(mosaic, finder, tiles) for finder in FINDERS))


def find_jobs(mosaic, finder, tiles=None, kind=None):
    """Jobs of tiles of one finder."""
    return {f"find_{kind or finder} {mosaic} {finder} {tile}" for tile in tiles or TILES[mosaic]}


def catalogue_jobs(mosaic, finder):
    """What follows the tiles of one finder."""
    rules = ["merge_detections", "export_catalogue"]
    rules += ["merge_components"] if finder == "pybdsf" else []
    return {f"{rule} {mosaic} {finder}" for rule in rules} | score_jobs(mosaic, finder)


def score_jobs(mosaic, finder):
    """What follows the catalogue of one finder; nothing without truth."""
    rules = ("tune_cuts", "match_catalogue", "evaluate_finder") if mosaic in SCORED else ()
    return {f"{rule} {mosaic} {finder}" for rule in rules}


def mosaic_jobs(mosaic, tiles=None):
    """What runs when these tiles of a mosaic have changed, from their noise to the scores."""
    noise_rules = ["summarise_noise"] + (["place_truth"] if mosaic in SCORED else [])
    jobs = tile_jobs(mosaic, tiles) | {f"{rule} {mosaic}" for rule in noise_rules}
    return jobs.union(*(catalogue_jobs(mosaic, finder) for finder in FINDERS))


def all_jobs():
    """The jobs of a full run."""
    first = {
        "simulate sky",
        "index_tiles",
        *(f"fingerprint_mosaic {mosaic}" for mosaic in (*READABLE, "broken")),
    }
    return (first | SURVEY_WIDE).union(*(mosaic_jobs(mosaic) for mosaic in READABLE))
