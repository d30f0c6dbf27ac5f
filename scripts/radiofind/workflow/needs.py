"""Measured memory and time of the jobs of each rule (``benchmarks/resources.py``); tests check it on jobs.

`resources` derives from it what jobs request.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Need:
    """The measured memory and time of the jobs of a rule."""

    mib: float
    """Baseline memory: Python and its libraries."""
    bytes_per_pixel: float = 0
    """Memory per pixel held at a time."""
    mib_of_block: float = 0
    """Memory for `resources.BLOCK_PIXELS` pixels; fewer need proportionally less, more need no more."""
    mib_per_table_mib: float = 0
    """Memory per MiB of the (compressed) tables."""
    most_table_mib: float = math.inf
    """MiB of the tables above which the memory grows by `mib_per_further_mib` only."""
    mib_per_further_mib: float = 0
    """Memory per MiB of the tables above `most_table_mib`."""
    mib_per_tile: float = 0
    """Memory per tile processed."""
    mib_per_cutout: float = 0
    """Memory per cutout, in addition to its pixels."""
    tables: tuple[str, ...] = ()
    """Names of the rule's inputs whose sizes are added up."""
    cutouts: str = ""
    """Name of the rule's input that is a file of cutouts."""
    seconds: float = 10
    """Baseline time: starting Python and its libraries."""
    seconds_per_megapixel: float = 0
    """Time per million pixels processed."""
    seconds_per_tile: float = 0
    """Time per tile, in addition to its pixels."""
    seconds_per_table_mib: float = 0
    """Time per MiB of the tables."""
    seconds_per_batch: float = 0
    """Time per batch of a training."""
    seconds_per_epoch_mib: float = 0
    """Time per epoch of a training and MiB of its patches, for example for validation."""
    seconds_per_cutout: float = 0
    """Time per cutout; in a training, per cutout and epoch."""


NETWORKS = {
    ("convnet4", "paper"): (200, 2),
    ("convnet8", "default"): (0, 2),
    ("convnet8", "paper"): (900, 6),
    ("capsnet", "paper"): (16_000, 120),
    ("transfer", "default"): (2500, 15),
    ("transfer", "paper"): (9000, 60),
}
"""`Work.network_mib` and `Work.slowness` by architecture and recipe, for those above the default.
The paper's capsule network held 12 GiB when the measurement was stopped."""

NEEDS = {
    "simulate": Need(215, bytes_per_pixel=40_000, seconds_per_megapixel=0.4),
    "describe_sky": Need(700, seconds=200),
    "simulate_matched": Need(165, bytes_per_pixel=45, seconds_per_megapixel=2),
    "fingerprint_mosaic": Need(
        153,
        bytes_per_pixel=41,
        tables=("truth",),
        mib_per_table_mib=3,
        seconds_per_megapixel=0.5,
        seconds_per_table_mib=1,
    ),
    "index_tiles": Need(132),
    "measure_noise": Need(74, bytes_per_pixel=25, seconds_per_megapixel=1),
    "summarise_noise": Need(181, bytes_per_pixel=15, seconds_per_megapixel=0.2),
    "map_rms": Need(100, bytes_per_pixel=20, seconds_per_megapixel=0.2),
    "find_pybdsf": Need(335, bytes_per_pixel=180, seconds_per_megapixel=30, seconds_per_tile=5),
    "find_peaks": Need(172, bytes_per_pixel=29, seconds_per_megapixel=1),
    "find_convosource": Need(735, bytes_per_pixel=45, mib_of_block=360, seconds=60, seconds_per_megapixel=20),
    "calibrate_scores": Need(
        190, tables=("truth", "detections"), mib_per_table_mib=7, seconds_per_table_mib=5
    ),
    "map_probability": Need(725, bytes_per_pixel=45, mib_of_block=300, seconds=60, seconds_per_megapixel=20),
    "merge_detections": Need(215, tables=("detections",), mib_per_table_mib=7, seconds_per_table_mib=3),
    "merge_components": Need(
        210, tables=("components", "catalogue"), mib_per_table_mib=9, seconds_per_table_mib=3
    ),
    "export_catalogue": Need(160, tables=("catalogue",), mib_per_table_mib=13, seconds_per_table_mib=2),
    "export_components": Need(160, tables=("components",), mib_per_table_mib=13, seconds_per_table_mib=2),
    "export_pybdsf": Need(
        160, tables=("components", "catalogue"), mib_per_table_mib=5, seconds_per_table_mib=1
    ),
    "measure_spectral_index": Need(
        190, tables=("catalogue", "others"), mib_per_table_mib=5, seconds_per_table_mib=1
    ),
    "draw_model": Need(
        200, tables=("components",), mib_per_table_mib=4, seconds_per_table_mib=1, seconds_per_megapixel=0.5
    ),
    "place_truth": Need(
        157,
        bytes_per_pixel=4,
        tables=("truth",),
        mib_per_table_mib=7,
        seconds_per_megapixel=0.2,
        seconds_per_table_mib=1,
    ),
    "tune_cuts": Need(
        187,
        tables=("truths", "patches", "catalogues"),
        mib_per_table_mib=5,
        seconds_per_table_mib=5,
    ),
    "match_catalogue": Need(
        195,
        tables=("truth", "patches", "catalogue"),
        mib_per_table_mib=14,
        seconds_per_table_mib=5,
    ),
    "evaluate_finder": Need(
        195, tables=("matches", "patches"), mib_per_table_mib=17, seconds_per_table_mib=10
    ),
    "evaluate_scores": Need(
        186,
        tables=("truth", "patches", "catalogue"),
        mib_per_table_mib=9,
        seconds_per_table_mib=10,
    ),
    "tabulate_scores": Need(172, tables=("scores",), mib_per_table_mib=10),
    "cut_patches": Need(
        165,
        bytes_per_pixel=32,
        tables=("truths",),
        mib_per_table_mib=7,
        seconds_per_megapixel=3,
        seconds_per_table_mib=1,
    ),
    "train_convosource": Need(
        1360,
        mib_of_block=100,
        tables=("patches",),
        mib_per_table_mib=14,
        seconds=300,
        seconds_per_batch=0.5,
        seconds_per_epoch_mib=0.5,
    ),
    "train_combined": Need(
        248,
        tables=("truths", "patches", "catalogues"),
        mib_per_table_mib=9,
        seconds_per_table_mib=10,
    ),
    "combine_catalogues": Need(191, tables=("catalogues",), mib_per_table_mib=14, seconds_per_table_mib=10),
    "copy_dataset": Need(175, cutouts="given", bytes_per_pixel=9, seconds_per_megapixel=0.05),
    "simulate_dataset": Need(185, bytes_per_pixel=40, seconds_per_megapixel=3),
    "cut_dataset": Need(
        215,
        bytes_per_pixel=10,
        tables=("catalogues",),
        mib_per_table_mib=14,
        seconds_per_table_mib=60,
    ),
    "train_classifier": Need(
        920,
        cutouts="cutouts",
        bytes_per_pixel=8,
        mib_per_cutout=0.5,
        seconds=60,
        seconds_per_cutout=0.007,
    ),
    "evaluate_classifier": Need(
        1000,
        cutouts="cutouts",
        bytes_per_pixel=5,
        mib_per_cutout=0.1,
        seconds=60,
        seconds_per_cutout=0.1,
    ),
    "train_source_classes": Need(
        250,
        tables=("truths", "patches", "catalogues"),
        mib_per_table_mib=9,
        seconds_per_table_mib=10,
    ),
    "classify_sources": Need(245, tables=("catalogue",), mib_per_table_mib=14, seconds_per_table_mib=10),
    "apply_classifier": Need(
        1300, tables=("catalogue",), mib_per_table_mib=14, seconds=60, seconds_per_table_mib=120
    ),
    "evaluate_classes": Need(
        250,
        tables=("truth", "patches", "catalogue"),
        mib_per_table_mib=14,
        seconds_per_table_mib=10,
    ),
    "merge_survey": Need(
        190,
        tables=("catalogues",),
        mib_per_table_mib=7,
        most_table_mib=100,
        mib_per_further_mib=0.5,
        seconds_per_table_mib=0.3,
    ),
    "merge_survey_components": Need(
        190,
        tables=("survey", "components"),
        mib_per_table_mib=3,
        # All of those of the largest mosaic, which is one of many above that size.
        most_table_mib=450,
        mib_per_further_mib=0.1,
        seconds_per_table_mib=0.3,
    ),
    "export_survey": Need(
        260,
        tables=("survey",),
        mib_per_table_mib=2,
        most_table_mib=150,
        mib_per_further_mib=0.5,
        seconds_per_table_mib=0.2,
    ),
    "export_hats": Need(
        190,
        tables=("survey",),
        mib_per_table_mib=12,
        most_table_mib=65,
        mib_per_further_mib=0.1,
        seconds_per_table_mib=0.2,
    ),
    "measure_completeness": Need(
        200,
        bytes_per_pixel=20,
        tables=("injected", "catalogue"),
        mib_per_table_mib=14,
        seconds_per_megapixel=0.3,
        seconds_per_table_mib=5,
    ),
    "measure_reliability": Need(
        185, tables=("negated", "catalogue"), mib_per_table_mib=14, seconds_per_table_mib=5
    ),
    "pool_completeness": Need(186, tables=("sources",), mib_per_table_mib=5, seconds_per_table_mib=1),
    "pool_reliability": Need(157, tables=("reliabilities",), mib_per_table_mib=5),
    "calibrate_fluxes": Need(190, tables=("sources",), mib_per_table_mib=7, seconds_per_table_mib=1),
    "map_completeness": Need(
        200, tables=("catalogues", "fakes"), mib_per_table_mib=3, seconds_per_table_mib=0.5
    ),
    "count_sources": Need(
        200, tables=("survey", "catalogues", "fakes"), mib_per_table_mib=3, seconds_per_table_mib=0.5
    ),
    "measure_coverage": Need(290, seconds_per_megapixel=0.8),
    "map_coverage": Need(160, tables=("coverage",), mib_per_table_mib=7, seconds_per_table_mib=0.3),
    "write_report": Need(
        290,
        tables=("catalogues", "truths", "curves", "patches", "cutouts"),
        mib_per_table_mib=4,
        seconds=30,
        seconds_per_table_mib=1,
    ),
    "record_provenance": Need(
        # Everything is read once, 12 bytes per pixel or more: 120 MB/s here; a quarter of that suffices.
        30,
        mib_per_tile=0.02,
        seconds_per_megapixel=0.1,
        seconds_per_tile=0.05,
    ),
}
"""Measured needs by rule."""
