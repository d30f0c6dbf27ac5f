"""Say which jobs there ought to be, in the words of `runs.Run`."""

from __future__ import annotations

from workflow.skies import FINDERS, OF_TILES, READABLE, SCORED, SCORING, TILES

SURVEY_WIDE = {"tabulate_scores", "write_report", "record_provenance", "all"}
TRAINED = "strip"
"""The mosaic with boxes, and the training set of all."""
TRAINING_TILES = {"y000x000", "y000x001"}
"""Its tiles under the boxes."""
CLASSIFIER_RULES = {
    *("copy_dataset", "simulate_dataset", "cut_dataset", "train_classifier", "evaluate_classifier"),
    *("train_source_classes", "classify_sources", "apply_classifier", "evaluate_classes"),
}
"""Those of which the survey of `skies` has no jobs."""
COMBINED = ("pybdsf", "net")
"""The finders that `both` combines."""
KINDS = {"net": "convosource"}


def tile_jobs(mosaic, tiles=None):
    """Jobs of tiles: noise and finders."""
    tiles = tiles or TILES[mosaic]
    noise = {f"measure_noise {mosaic} {tile}" for tile in tiles}
    return noise.union(*(find_jobs(mosaic, finder, tiles) for finder in OF_TILES))


def noise_jobs(mosaic):
    """What follows the noise of the tiles of a mosaic, up to the coverage of the survey."""
    rules = ("summarise_noise", "map_rms", "measure_coverage")
    return {f"{rule} {mosaic}" for rule in rules} | {"map_coverage"}


def find_jobs(mosaic, finder, tiles=None, kind=None):
    """Jobs of tiles of one finder."""
    rule = f"find_{kind or KINDS.get(finder, finder)}"
    return {f"{rule} {mosaic} {finder} {tile}" for tile in tiles or TILES[mosaic]}


def catalogue_jobs(mosaic, finder):
    """What follows the tiles of one finder in one mosaic, or its scores for `both`, and the survey."""
    rules = ["combine_catalogues" if finder == "both" else "merge_detections", "export_catalogue"]
    rules += ["merge_components", "export_components"] if finder == "pybdsf" else []
    rules += ["export_pybdsf", "draw_model"] if finder == "pybdsf" else []
    jobs = {f"{rule} {mosaic} {finder}" for rule in rules} | score_jobs(mosaic, finder)
    jobs |= survey_jobs(finder)
    if mosaic == TRAINED:
        jobs |= cut_jobs(finder)
    if finder in COMBINED:
        jobs |= relearnt_jobs() if mosaic == TRAINED else catalogue_jobs(mosaic, "both")
    return jobs


def survey_jobs(finder):
    """What makes the survey of one finder."""
    rules = ["merge_survey", "export_survey"]
    rules += ["merge_survey_components"] if finder == "pybdsf" else []
    return {f"{rule} {finder}" for rule in rules}


def score_jobs(mosaic, finder):
    """What follows catalogue and cut of one finder in one mosaic; nothing without truth."""
    rules = ["match_catalogue", "evaluate_finder"]
    rules += ["evaluate_scores"] if finder in SCORING else []
    return {f"{rule} {mosaic} {finder}" for rule in rules} if mosaic in SCORED else set()


def cut_jobs(finder):
    """What follows the validation region of one finder: its cut, and all that is compared by it."""
    compared = {
        f"{rule} {mosaic} {finder}" for mosaic in SCORED for rule in ("match_catalogue", "evaluate_finder")
    }
    return {f"tune_cuts {TRAINED} {finder}"} | compared


def relearnt_jobs():
    """What follows when the scores of `both` are learned anew."""
    return {f"train_combined {TRAINED} both"}.union(*(catalogue_jobs(mosaic, "both") for mosaic in READABLE))


def retrained_jobs():
    """What follows when the network is trained anew."""
    jobs = {f"cut_patches {TRAINED} net", f"train_convosource {TRAINED} net"}
    return jobs.union(*(find_jobs(mosaic, "net") | catalogue_jobs(mosaic, "net") for mosaic in READABLE))


def mosaic_jobs(mosaic, tiles=None):
    """What runs when these tiles of a mosaic have changed, from their noise to the scores."""
    tiles = tiles or TILES[mosaic]
    jobs = tile_jobs(mosaic, tiles) | noise_jobs(mosaic)
    jobs |= {f"place_truth {mosaic}"} if mosaic in SCORED else set()
    if mosaic == TRAINED and TRAINING_TILES & set(tiles):
        jobs |= retrained_jobs()
    return jobs.union(*(catalogue_jobs(mosaic, finder) for finder in FINDERS))


def all_jobs():
    """The jobs of a full run."""
    first = {
        "simulate sky",
        "index_tiles",
        *(f"fingerprint_mosaic {mosaic}" for mosaic in (*READABLE, "broken")),
    }
    return (first | SURVEY_WIDE).union(*(mosaic_jobs(mosaic) for mosaic in READABLE))
