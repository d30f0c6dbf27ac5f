"""
What jobs work on: pixels, tiles, cutouts and epochs, from the configuration, the index of tiles and sizes of files.
"""

from dataclasses import replace
from pathlib import Path

from radiofind.mosaics.blocks import tiles_in
from radiofind.workflow.resources import Work, with_network
from radiofind.mosaics.tiles import most_pixels

BYTES_PER_PIXEL = 4
"""Of an image that is not compressed."""


def work_on_tiles(pixels):
    """Return the work on tiles, one after another, of so many pixels."""
    return Work(pixels=max(pixels, default=0), all_pixels=sum(pixels), tiles=len(pixels))


def work_on_tile(wildcards):
    """Return the work on one tile."""
    return work_on_tiles([plan.pixels_of_tiles(indexed_tiles())[wildcards.mosaic][wildcards.tile]])


def work_on_block(wildcards):
    """Return the work on the tiles of a block, on one of which a finder may hang as long as its settings say."""
    live = plan.pixels_of_tiles(indexed_tiles())[wildcards.mosaic]
    pixels = [live[tile] for tile in tiles_in(wildcards.block) if tile in live]
    limit_s = plan.finders[wildcards.finder].get("time_limit_s", 0)
    return replace(work_on_tiles(pixels), limit_s=limit_s)


def work_on_mosaic(wildcards):
    """Return the work on all tiles of a mosaic."""
    return work_on_tiles(plan.pixels_of_tiles(indexed_tiles())[wildcards.mosaic].values())


def work_on_survey(wildcards):
    """Return the work on all tiles of all mosaics."""
    tiles = plan.pixels_of_tiles(indexed_tiles()).values()
    return work_on_tiles([pixels for of_mosaic in tiles for pixels in of_mosaic.values()])


def work_on_training(wildcards):
    """Return the work on the boxes of a training set."""
    pixels = plan.pixels_of_boxes(indexed_tiles(), wildcards.training_set)
    settings = plan.finders[wildcards.finder]
    epochs = settings.get("epochs", 0)
    batches = epochs * settings.get("batches_per_epoch", 0)
    return Work(pixels=pixels, all_pixels=pixels, epochs=epochs, batches=batches)


def work_on_image(wildcards):
    """Return the work on an image of which only is known how large tiles may be, and its file is."""
    reach_pixels = noise_settings(**config["noise"]).reach_pixels
    largest = most_pixels(**config["tiling"], reach_pixels=reach_pixels)
    held = Path(plan.sheet_value(wildcards.mosaic, "image")).stat().st_size / BYTES_PER_PIXEL
    return Work(pixels=min(largest, held), all_pixels=held)


def no_work(wildcards):
    """Return the work of which nothing is known."""
    return Work()


def work_on_simulation(wildcards):
    """Return the work on a simulation, which holds some rows at a time."""
    settings = simulation_settings(wildcards)
    columns = settings["size_pixels"] * max(settings.get("density", 1), 1)
    return Work(pixels=columns, all_pixels=columns * settings["size_pixels"])


def work_on_dataset(wildcards):
    """Return the work on a data set that is simulated, or cut out of mosaics."""
    pixels = plan.classifiers.pixels_of(wildcards.dataset)
    return Work(pixels=pixels, all_pixels=pixels)


def work_on_cutouts(path):
    """Return the work on a file of cutouts; in a plan it may be missing, and Snakemake says <TBD>."""
    # Here, since it takes as long to load as the rest of a plan, and few jobs need it.
    from radiofind.classifiers.cutout_sizes import shape_of_cutouts

    number, pixels = shape_of_cutouts(path)
    return Work(cutouts=number, pixels=number * pixels, all_pixels=number * pixels)


def work_on_given(wildcards):
    """Return the work on the cutouts of a user."""
    return work_on_cutouts(plan.classifiers.datasets[wildcards.dataset]["path"])


def work_on_classifier(wildcards):
    """Return the work on a classifier that is trained."""
    work = work_on_cutouts(f"results/classifiers/{wildcards.dataset}/cutouts.h5")
    settings = plan.classifiers.networks[wildcards.network]
    return with_network(work, architecture=settings["architecture"], recipe=settings["recipe"])


def work_on_classified(wildcards):
    """Return the work on the sources of a mosaic that a network classifies."""
    return with_network(work_on_mosaic(wildcards), **plan.classifiers.applied_architecture)


def work_on_classifier_training(wildcards):
    """Return the work on the training of a classifier."""
    epochs = plan.classifiers.networks[wildcards.network]["epochs"]
    return replace(work_on_classifier(wildcards), epochs=epochs)


WORK = {
    "simulation": work_on_simulation,
    "image": work_on_image,
    "nothing": no_work,
    "tile": work_on_tile,
    "block": work_on_block,
    "mosaic": work_on_mosaic,
    "training": work_on_training,
    "dataset": work_on_dataset,
    "cutting": work_on_dataset,
    "given": work_on_given,
    "classifier": work_on_classifier,
    "training of a classifier": work_on_classifier_training,
    "classified": work_on_classified,
    "survey": work_on_survey,
}
"""By what `Need.size` says."""
