"""Estimate the work of jobs (pixels, tiles, epochs) from configuration, tile table and file sizes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from radiofind.mosaics.blocks import tiles_in
from radiofind.mosaics.box import Box
from radiofind.mosaics.noise import noise_settings
from radiofind.mosaics.sizes import in_pixels
from radiofind.mosaics.tiles import most_pixels
from radiofind.workflow.plan.classifiers import ClassifierPlan
from radiofind.workflow.plan.mosaics import Plan
from radiofind.workflow.plan.source_classes import SourceClassPlan
from radiofind.workflow.plan.training import TrainingPlan
from radiofind.workflow.resources import Work, with_network

BYTES_PER_PIXEL = 4
"""Bytes per pixel of an uncompressed image."""
WIDEST_BEAM_PIXELS = 10
"""The beam assumed for sizes in beams before an image is read: imagers use 3 to 5 pixels. With a wider one, a
job that ends for lack of memory gets more when it is retried."""


class WorkPlan:
    """The amount of work of each job of a run."""

    def __init__(
        self, plan: Plan, training: TrainingPlan, classifiers: ClassifierPlan, source_classes: SourceClassPlan
    ) -> None:
        self._plan, self._training = plan, training
        self._classifiers, self._source_classes = classifiers, source_classes
        self._tiles, self._pixels = None, {}

    def on_simulation(self, wildcards: Mapping[str, str]) -> Work:
        """Return the work on a simulation, which holds a few rows at a time."""
        settings = self._plan.simulation_settings(wildcards)
        columns = settings["size_pixels"] * max(settings.get("density", 1), 1)
        return Work(pixels=columns, all_pixels=columns * settings["size_pixels"])

    def on_matched(self, _wildcards: Mapping[str, str]) -> Work:
        """Return the work on a simulation that is like a mosaic, which holds all of its pixels."""
        pixels = self._plan.config["matched_simulation"]["size_pixels"] ** 2
        return Work(pixels=pixels, all_pixels=pixels)

    def on_image(self, wildcards: Mapping[str, str]) -> Work:
        """Return the work on an image before its tiles are known, from the largest tile and the file size."""
        tiling, noise = (
            in_pixels(self._plan.config[key], beam_pixels=WIDEST_BEAM_PIXELS) for key in ("tiling", "noise")
        )
        largest = most_pixels(**tiling, reach_pixels=noise_settings(**noise).reach_pixels)
        path = Path(self._plan.sheet_value(wildcards["mosaic"], "image"))
        held = path.stat().st_size / BYTES_PER_PIXEL
        return Work(pixels=min(largest, held), all_pixels=held)

    def on_tile(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> Work:
        """Return the work on one tile."""
        return _one_after_another([self.pixels_of_tiles(tiles)[wildcards["mosaic"]][wildcards["tile"]]])

    def on_block(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> Work:
        """Return the work on a block of tiles, including the time limit of a finder on one of them."""
        live = self.pixels_of_tiles(tiles)[wildcards["mosaic"]]
        pixels = [live[tile] for tile in tiles_in(wildcards["block"]) if tile in live]
        limit_s = self._plan.finders[wildcards["finder"]].get("time_limit_s", 0)
        return replace(_one_after_another(pixels), limit_s=limit_s)

    def on_mosaic(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> Work:
        """Return the work on all tiles of a mosaic."""
        return _one_after_another(self.pixels_of_tiles(tiles)[wildcards["mosaic"]].values())

    def on_survey(self, tiles: pd.DataFrame, _wildcards: Mapping[str, str]) -> Work:
        """Return the work on all tiles of all mosaics."""
        of_mosaics = self.pixels_of_tiles(tiles).values()
        return _one_after_another([pixels for one in of_mosaics for pixels in one.values()])

    def on_boxes(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> Work:
        """Return the work on the boxes of a training set, with the epochs if the finder trains a network."""
        pixels = self._training.pixels_of_boxes(tiles, wildcards)
        settings = self._plan.finders[wildcards["finder"]]
        epochs = settings.get("epochs", 0)
        batches = epochs * settings.get("batches_per_epoch", 0)
        return Work(pixels=pixels, all_pixels=pixels, epochs=epochs, batches=batches)

    def on_dataset(self, wildcards: Mapping[str, str]) -> Work:
        """Return the work on a data set that is simulated or cut from mosaics."""
        pixels = self._classifiers.pixels_of(wildcards)
        return Work(pixels=pixels, all_pixels=pixels)

    def on_network(self, wildcards: Mapping[str, str]) -> Work:
        """Return the work of a network, without the number of cutouts."""
        settings = self._classifiers.networks[wildcards["network"]]
        return with_network(Work(), architecture=settings["architecture"], recipe=settings["recipe"])

    def on_epochs(self, wildcards: Mapping[str, str]) -> Work:
        """Return the work of training a network, without the number of cutouts."""
        epochs = self._classifiers.networks[wildcards["network"]]["epochs"]
        return replace(self.on_network(wildcards), epochs=epochs)

    def on_classified(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> Work:
        """Return the work of classifying the sources of a mosaic with a network."""
        return with_network(self.on_mosaic(tiles, wildcards), **self._source_classes.applied_architecture)

    def pixels_of_tiles(self, tiles: pd.DataFrame) -> dict[str, dict[str, int]]:
        """Return the pixels of all live tiles with halos, by mosaic and tile; cached for a tile table."""
        if self._tiles is not tiles:
            live = tiles[tiles["state"] == "live"]
            boxes = live[["x0", "x1", "y0", "y1"]].itertuples(index=False)
            self._tiles, self._pixels = tiles, {mosaic: {} for mosaic in self._plan.mosaics}
            for mosaic, tile, box in zip(live["mosaic"], live["tile"], boxes, strict=True):
                self._pixels.setdefault(mosaic, {})[tile] = Box(*map(int, box)).pixels
        return self._pixels


def _one_after_another(pixels: Iterable[int]) -> Work:
    """Return the work on tiles with these numbers of pixels, processed one after another."""
    pixels = list(pixels)
    return Work(pixels=max(pixels, default=0), all_pixels=sum(pixels), tiles=len(pixels))
