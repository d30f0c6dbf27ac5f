"""What jobs of each rule were measured to use (``benchmarks/resources.py``); tests compare it with jobs.

`resources` makes of it what jobs ask for.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Need:
    """What the jobs of a rule use, as measured."""

    size: str
    """What they work on, by the name that `rules/work.smk` has for it: ``tile``, ``mosaic``, and so on."""
    mib: float
    """Memory for nothing: Python and its libraries."""
    bytes_per_pixel: float = 0
    """Memory for each pixel that is held at a time."""
    mib_of_block: float = 0
    """Memory for `resources.BLOCK_PIXELS` pixels; fewer take less of it, and more take no more."""
    mib_per_table_mib: float = 0
    """Memory for each MiB of the tables, which are packed."""
    mib_per_tile: float = 0
    """Memory for each tile that it goes through."""
    mib_per_cutout: float = 0
    """Memory for each cutout, besides that for its pixels."""
    tables: tuple[str, ...] = ()
    """The inputs of the rule whose size counts."""
    seconds: float = 10
    """Time for nothing: to start Python and its libraries."""
    seconds_per_megapixel: float = 0
    """Time for each million of all pixels."""
    seconds_per_tile: float = 0
    """Time for each tile, besides that for its pixels."""
    seconds_per_table_mib: float = 0
    """Time for each MiB of the tables."""
    seconds_per_batch: float = 0
    """Time for each batch of a training."""
    seconds_per_epoch_mib: float = 0
    """Time in each epoch of a training for each MiB of its patches, for validation for example."""
    seconds_per_cutout: float = 0
    """Time for each cutout, in each epoch where there are any."""


NETWORKS = {
    ("convnet4", "paper"): (200, 2),
    ("convnet8", "default"): (0, 2),
    ("convnet8", "paper"): (900, 6),
    ("capsnet", "paper"): (16_000, 120),
    ("transfer", "default"): (2500, 15),
    ("transfer", "paper"): (9000, 60),
}
"""`Work.network_mib` and `Work.slowness` by architecture and recipe, of those that need more than default.
The capsules of the paper held 12 GiB when the measurement was stopped."""

NEEDS = {
    "simulate": Need("simulation", 160, bytes_per_pixel=40_000, seconds_per_megapixel=0.4),
    "fingerprint_mosaic": Need(
        "image",
        153,
        bytes_per_pixel=41,
        tables=("truth",),
        mib_per_table_mib=3,
        seconds_per_megapixel=0.5,
        seconds_per_table_mib=1,
    ),
    "index_tiles": Need("nothing", 160),
    "measure_noise": Need("tile", 144, bytes_per_pixel=23, seconds_per_megapixel=1),
    "summarise_noise": Need("mosaic", 154, bytes_per_pixel=15, seconds_per_megapixel=0.2),
    "find_pybdsf": Need("block", 335, bytes_per_pixel=180, seconds_per_megapixel=30, seconds_per_tile=5),
    "find_peaks": Need("block", 172, bytes_per_pixel=29, seconds_per_megapixel=1),
    "find_convosource": Need(
        "block", 735, bytes_per_pixel=45, mib_of_block=360, seconds=60, seconds_per_megapixel=20
    ),
    "map_probability": Need(
        "tile", 725, bytes_per_pixel=45, mib_of_block=300, seconds=60, seconds_per_megapixel=20
    ),
    "merge_detections": Need(
        "mosaic", 215, tables=("detections",), mib_per_table_mib=7, seconds_per_table_mib=3
    ),
    "merge_components": Need(
        "mosaic", 210, tables=("components", "catalogue"), mib_per_table_mib=9, seconds_per_table_mib=3
    ),
    "export_catalogue": Need(
        "mosaic", 160, tables=("catalogue",), mib_per_table_mib=13, seconds_per_table_mib=2
    ),
    "place_truth": Need(
        "mosaic",
        157,
        bytes_per_pixel=4,
        tables=("truth",),
        mib_per_table_mib=7,
        seconds_per_megapixel=0.2,
        seconds_per_table_mib=1,
    ),
    "tune_cuts": Need(
        "training",
        187,
        tables=("truths", "patches", "catalogues"),
        mib_per_table_mib=5,
        seconds_per_table_mib=5,
    ),
    "match_catalogue": Need(
        "mosaic",
        195,
        tables=("truth", "patches", "catalogue"),
        mib_per_table_mib=14,
        seconds_per_table_mib=5,
    ),
    "evaluate_finder": Need(
        "mosaic", 195, tables=("matches", "patches"), mib_per_table_mib=17, seconds_per_table_mib=10
    ),
    "evaluate_scores": Need(
        "mosaic",
        186,
        tables=("truth", "patches", "catalogue"),
        mib_per_table_mib=9,
        seconds_per_table_mib=10,
    ),
    "tabulate_scores": Need("survey", 172, tables=("scores",), mib_per_table_mib=10),
    "cut_patches": Need(
        "training",
        165,
        bytes_per_pixel=32,
        tables=("truths",),
        mib_per_table_mib=7,
        seconds_per_megapixel=3,
        seconds_per_table_mib=1,
    ),
    "train_convosource": Need(
        "training",
        1360,
        mib_of_block=100,
        tables=("patches",),
        mib_per_table_mib=14,
        seconds=300,
        seconds_per_batch=0.5,
        seconds_per_epoch_mib=0.5,
    ),
    "train_combined": Need(
        "training",
        248,
        tables=("truths", "patches", "catalogues"),
        mib_per_table_mib=9,
        seconds_per_table_mib=10,
    ),
    "combine_catalogues": Need(
        "mosaic", 191, tables=("catalogues",), mib_per_table_mib=14, seconds_per_table_mib=10
    ),
    "copy_dataset": Need("given", 175, bytes_per_pixel=9, seconds_per_megapixel=0.05),
    "simulate_dataset": Need("dataset", 185, bytes_per_pixel=40, seconds_per_megapixel=3),
    "cut_dataset": Need(
        "cutting",
        215,
        bytes_per_pixel=10,
        tables=("catalogues",),
        mib_per_table_mib=14,
        seconds_per_table_mib=60,
    ),
    "train_classifier": Need(
        "training of a classifier",
        920,
        bytes_per_pixel=8,
        mib_per_cutout=0.5,
        seconds=60,
        seconds_per_cutout=0.007,
    ),
    "evaluate_classifier": Need(
        "classifier",
        1000,
        bytes_per_pixel=5,
        mib_per_cutout=0.1,
        seconds=60,
        seconds_per_cutout=0.1,
    ),
    "train_source_classes": Need(
        "training",
        250,
        tables=("truths", "patches", "catalogues"),
        mib_per_table_mib=9,
        seconds_per_table_mib=10,
    ),
    "classify_sources": Need(
        "mosaic", 245, tables=("catalogue",), mib_per_table_mib=14, seconds_per_table_mib=10
    ),
    "apply_classifier": Need(
        "classified", 1300, tables=("catalogue",), mib_per_table_mib=14, seconds=60, seconds_per_table_mib=120
    ),
    "evaluate_classes": Need(
        "mosaic",
        250,
        tables=("truth", "patches", "catalogue"),
        mib_per_table_mib=14,
        seconds_per_table_mib=10,
    ),
    "write_report": Need(
        "survey",
        290,
        tables=("catalogues", "truths", "curves", "patches", "cutouts"),
        mib_per_table_mib=4,
        seconds=30,
        seconds_per_table_mib=1,
    ),
    "record_provenance": Need(
        # All is read once, 12 bytes a pixel and more: at 120 MB/s here, of which a quarter is enough.
        "survey",
        113,
        mib_per_tile=0.02,
        seconds_per_megapixel=0.1,
        seconds_per_tile=0.05,
    ),
}
"""By rule."""
