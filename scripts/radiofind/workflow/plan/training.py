"""Decide which boxes of mosaics, and tiles under them, the networks and scores of a run learn from."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from radiofind.finders.convosource.limits import GENERAL
from radiofind.mosaics.box import Box, parse_box
from radiofind.workflow.config.boxes import teachers
from radiofind.workflow.config.sheet import Mosaic
from radiofind.workflow.config.sheet_rows import MATCHED
from radiofind.workflow.plan.mosaics import OF_AN_IMAGE, Names, Plan

BOXES = ("train_box", "validation_box")
GROUND_COLUMNS = ("truth", "truth_format", *BOXES)
"""Columns of the sheet needed for training, other than those of the image."""


class TrainingPlan:
    """The boxes and tiles that finders learn from.

    Parameters
    ----------
    plan
        The mosaics and finders.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def tiles_of_mosaics(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> dict[str, list[str]]:
        """Return the live tiles whose cores overlap a train or validation box, by mosaic.

        Parameters
        ----------
        tiles
            The tile table.
        wildcards
            ``training_set`` and ``finder``; mosaics without truth or boxes are left out.
        """
        found = {}
        for mosaic in self._teachers(tiles, wildcards):
            of_mosaic = tiles[tiles["mosaic"] == mosaic]
            boxes = self._boxes(of_mosaic, mosaic)
            if boxes:
                edges = [of_mosaic[f"core_{edge}"] for edge in ("x0", "x1", "y0", "y1")]
                under = pd.concat([box.meets(*edges) for box in boxes], axis=1).any(axis=1)
                found[mosaic] = of_mosaic.loc[under & (of_mosaic["state"] == "live"), "tile"].tolist()
        return found

    def pixels_of_boxes(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> int:
        """Return the total number of pixels in the train and validation boxes of a training set."""
        boxes = [
            box
            for mosaic in self._teachers(tiles, wildcards)
            for box in self._boxes(tiles[tiles["mosaic"] == mosaic], mosaic)
        ]
        return sum(box.pixels for box in boxes)

    def tiles(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> list[Names]:
        """Return the mosaic and name of each tile under the boxes of a training set."""
        found = self.tiles_of_mosaics(tiles, wildcards)
        return [{"mosaic": mosaic, "tile": tile} for mosaic in found for tile in found[mosaic]]

    def files(self, tiles: pd.DataFrame, wildcards: Mapping[str, str], column: str) -> list[str]:
        """Return the paths in a column of the sheet for the mosaics of a training set that have boxes."""
        mosaics = self.tiles_of_mosaics(tiles, wildcards)
        return [path for mosaic in mosaics if (path := self._plan.sheet_value(mosaic, column))]

    def grounds(
        self, tiles: pd.DataFrame, wildcards: Mapping[str, str], tile: str, noise: str
    ) -> dict[str, dict[str, object]]:
        """Return the arguments of `training_data.read_ground` for each mosaic of a training set with boxes.

        Parameters
        ----------
        tiles, wildcards
            Tile table and wildcards of the rule.
        tile, noise
            Path patterns of the files of a tile and of its noise.
        """
        return {
            mosaic: {
                "image": self._plan.image(mosaic) | self._plan.sheet_values(mosaic, "primary_beam"),
                **self._plan.sheet_values(mosaic, *GROUND_COLUMNS),
                "tiles": [tile.format(mosaic=mosaic, tile=one) for one in under],
                "noise": [noise.format(mosaic=mosaic, tile=one) for one in under],
            }
            for mosaic, under in self.tiles_of_mosaics(tiles, wildcards).items()
        }

    def stamps(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> dict[str, list[int]]:
        """Return the stamps of the truths and primary beams of the same mosaics."""
        mosaics = self.tiles_of_mosaics(tiles, wildcards)
        return self._plan.stamps(mosaics, "truth", "primary_beam")

    def validated(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> list[Names]:
        """Return the readable mosaics of a training set with a truth and a validation box."""
        teachers = self._teachers(tiles, wildcards)
        mosaics = [mosaic for mosaic in teachers if self._plan.sheet_value(mosaic, "validation_box")]
        return self._plan.with_finders(mosaics, wildcards)

    def validated_boxes(
        self, tiles: pd.DataFrame, wildcards: Mapping[str, str]
    ) -> dict[str, dict[str, object]]:
        """Return the boxes of the `validated` mosaics, in their order."""
        mosaics = [names["mosaic"] for names in self.validated(tiles, wildcards)]
        return {mosaic: self._plan.sheet_values(mosaic, *BOXES) for mosaic in mosaics}

    def combined(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> list[Names]:
        """Return the `validated` mosaics with each finder that the combined finder joins."""
        finders = self._plan.finders[wildcards["finder"]]["of"]
        validated = self.validated(tiles, wildcards)
        return [names | {"finder": finder} for names in validated for finder in finders]

    def networks(self, tiles: pd.DataFrame, _wildcards: Mapping[str, str] | None = None) -> list[Names]:
        """Return the training set and finder of each network that is trained."""
        plan = self._plan
        finders = [finder for finder in plan.finders_of("convosource") if not plan.finders[finder]["model"]]
        used = {plan.sheet_value(mosaic, "training_set") for mosaic in plan.readable_mosaics(tiles)}
        return [{"training_set": one, "finder": finder} for one in sorted(used) for finder in finders]

    @property
    def calibrated_finders(self) -> list[str]:
        """The finders whose scores are calibrated on a simulation: those with the general network."""
        return [name for name, one in self._plan.finders.items() if one.get("model") == GENERAL]

    def calibration(self, tiles: pd.DataFrame, wildcards: Mapping[str, str], learned: str) -> str | list[str]:
        """Return the filled-in path pattern of a finder's calibration; an empty list if it has none."""
        if wildcards["finder"] not in self.calibrated_finders:
            return []
        return learned.format(**{**wildcards, **self._plan.names(tiles, wildcards)})

    def simulated_blocks(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> list[Names]:
        """Return the blocks of live tiles of the simulated mosaic of a training set."""
        return self._plan.blocks(tiles, _simulated(wildcards))

    def simulated_tiles(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> list[Names]:
        """Return the live tiles of the simulated mosaic of a training set."""
        return self._plan.live_tiles(tiles, _simulated(wildcards))

    def simulated_boxes(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> list[list[int]]:
        """Return the edges (x0, x1, y0, y1) of the boxes of the simulated mosaic of a training set."""
        mosaic = _simulated(wildcards)["mosaic"]
        boxes = self._boxes(tiles[tiles["mosaic"] == mosaic], mosaic)
        return [[box.x0, box.x1, box.y0, box.y1] for box in boxes]

    def simulated_radius(
        self, tiles: pd.DataFrame, wildcards: Mapping[str, str], radius: Callable[..., float]
    ) -> float:
        """Return the matching radius of the simulated mosaic of a training set, by a method of `SizePlan`."""
        return radius(tiles, _simulated(wildcards))

    def described(self, wildcards: Mapping[str, str]) -> Mosaic:
        """Return the mosaic that the simulation of a training set is like."""
        return self._plan.mosaics[f"{wildcards['training_set']}{MATCHED}"].like

    def described_name(self, wildcards: Mapping[str, str]) -> str:
        """Return its name."""
        return self.described(wildcards).mosaic

    def described_image(self, wildcards: Mapping[str, str]) -> str:
        """Return the path of its image."""
        return self.described(wildcards).image

    def described_source(self, wildcards: Mapping[str, str]) -> dict[str, object]:
        """Return the fields of `images.ImageSource` of its image, without the path."""
        row = self.described(wildcards)
        return {column: getattr(row, column) for column in OF_AN_IMAGE}

    def _teachers(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> list[str]:
        """Return the readable mosaics with truth of a training set from which a finder learns."""
        plan = self._plan
        rows = [row for row in plan.mosaics.values() if row.training_set == wildcards["training_set"]]
        chosen = {row.mosaic for row in teachers(rows, plan.finders[wildcards["finder"]]) if row.truth}
        return [mosaic for mosaic in plan.readable_mosaics(tiles) if mosaic in chosen]

    @property
    def simulated_sets(self) -> list[str]:
        """The training sets with a simulated mosaic that is like one of theirs."""
        return [row.training_set for row in self._plan.mosaics.values() if row.like]

    def _boxes(self, of_mosaic: pd.DataFrame, mosaic: str) -> list[Box]:
        """Return the train and validation boxes of a mosaic, from its tiles."""
        shape = (int(of_mosaic["core_y1"].max()), int(of_mosaic["core_x1"].max()))
        return [parse_box(text, shape) for text in self._plan.sheet_values(mosaic, *BOXES).values() if text]


def _simulated(wildcards: Mapping[str, str]) -> dict[str, str]:
    """Return the wildcards with the simulated mosaic of their training set."""
    return {**wildcards, "mosaic": f"{wildcards['training_set']}{MATCHED}"}
