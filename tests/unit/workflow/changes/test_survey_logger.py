"""What the logger of `make what-changed` takes from an event of Snakemake."""

from types import SimpleNamespace

from snakemake_logger_plugin_survey import _job

TILES = ("y000x000", "y000x001")


def search_of(block, tiles, image="data/m.fits"):
    """Return the event of a job that searches a block of tiles."""
    return SimpleNamespace(
        rule_name="find_peaks",
        wildcards={"mosaic": "m", "finder": "peaks", "block": block},
        input=[image, *(f"results/m/{of}/{tile}.json" for of in ("tiles", "noise") for tile in tiles)],
        reason="",
        output=[f"results/m/detections/peaks/{block}.parquet"],
        log=[],
        benchmark=None,
    )


def test_block_of_one_tile_is_that_tile():
    job = _job(search_of(TILES[0], TILES[:1]))
    assert (job.tile, job.tiles) == (TILES[0], ())


def test_block_has_the_tiles_whose_files_are_its_inputs():
    job = _job(search_of("y000x000-2x2", TILES))
    assert (job.tile, job.tiles) == ("", TILES)


def test_image_in_a_folder_of_tiles_is_no_tile():
    job = _job(search_of("y000x000-2x2", TILES, image="/survey/tiles/m.fits"))
    assert job.tiles == TILES
