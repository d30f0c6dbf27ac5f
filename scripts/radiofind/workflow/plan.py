"""Say which mosaics, tiles, finders and files a run has, from its configuration, sheet and tile table."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import pandas as pd

from radiofind.finders.kinds import WITH_COMPONENTS
from radiofind.mosaics.blocks import blocks_of, tiles_in
from radiofind.mosaics.box import Box, parse_box
from radiofind.workflow.classifier_plan import NOT_CLASSIFIED, ClassifierPlan
from radiofind.workflow.config.sheet import Mosaic
from radiofind.workflow.stamps import stamps_of

NEVER = "(?!)"
"""A pattern that matches nothing; an empty one would be no constraint at all."""
CATALOGUE_FORMATS = ("parquet", "fits", "reg")
BOXES = ("train_box", "validation_box")
GROUND_COLUMNS = ("image", "primary_beam", "truth", "truth_format", "beam", "frequency_hz", "plane", *BOXES)
"""What the sheet says of a mosaic that a network is trained on."""
REMEDY = "run again with --forcerun index_tiles"


class Plan:
    """The mosaics of a sheet and the finders of a configuration.

    Parameters
    ----------
    config
        The checked configuration.
    mosaics
        The rows of the sheet.
    """

    science: Mapping
    """The configuration without what no result depends on."""

    def __init__(self, config: Mapping, mosaics: Sequence[Mosaic]) -> None:
        self.science = {key: part for key, part in config.items() if key != "dask"}
        self.finders = {name: config["finders"][name] for name in config["find_with"]}
        self.mosaics = {mosaic.mosaic: mosaic for mosaic in mosaics}
        self.classifiers = ClassifierPlan(config.get("classifiers", NOT_CLASSIFIED), self.mosaics)
        self.training_sets = sorted({mosaic.training_set for mosaic in mosaics})
        self._names = frozenset(self.mosaics)
        self._sized, self._pixels = None, {}

    @staticmethod
    def one_of(names: Collection[str]) -> str:
        """Return a pattern that matches these names and nothing else."""
        return "|".join(re.escape(name) for name in names) or NEVER

    def finders_of(self, *kinds: str) -> list[str]:
        """Return the finders of these kinds that run."""
        return [name for name, settings in self.finders.items() if settings["kind"] in kinds]

    def sheet_value(self, mosaic: str, column: str) -> object:
        """Return what the sheet says of a mosaic; None where it is empty."""
        return getattr(self.mosaics[mosaic], column)

    def sheet_values(self, mosaic: str, *columns: str) -> dict[str, object]:
        """Return what the sheet says of a mosaic in several columns."""
        return {column: self.sheet_value(mosaic, column) for column in columns}

    def given_files(self, mosaics: Iterable[str], *columns: str) -> list[str]:
        """Return the files that the sheet names in some columns of mosaics, but for simulated ones."""
        rows = [self.mosaics[mosaic] for mosaic in mosaics if not self.mosaics[mosaic].simulate]
        return [path for row in rows for column in columns if (path := getattr(row, column))]

    def stamps(self, mosaics: Iterable[str], *columns: str) -> dict[str, list[int]]:
        """Return the stamps of the same files, by names that say what they are."""
        return stamps_of(self.given_files(mosaics, *columns))

    def model_files(self, finder: str) -> list[str]:
        """Return the files of the model that a finder is given, two of a network; none where it learns."""
        model = self.finders[finder].get("model")
        if not model:
            return []
        return [model, f"{model.removesuffix('.keras')}.json"] if model.endswith(".keras") else [model]

    def model_stamps(self, finder: str) -> dict[str, list[int]]:
        """Return the stamps of the same files, by names that say what they are."""
        return stamps_of(self.model_files(finder))

    def read_tiles(self, path: str, *, with_files: bool = False) -> pd.DataFrame:
        """Return the tile table, read and checked once for as long as it stays the same.

        Parameters
        ----------
        path
            The output of the checkpoint.
        with_files
            Whether to look for the files of all live tiles, too.

        Raises
        ------
        ValueError
            When it lacks a mosaic, which would otherwise pass for one without valid pixels, or the file of a
            tile has been lost.
        """
        return _read_tiles(str(path), Path(path).stat().st_mtime_ns, self._names, with_files)

    def live_tiles(self, tiles: pd.DataFrame, mosaic: str) -> list[str]:
        """Return the tiles of a mosaic that hold valid pixels."""
        chosen = (tiles["mosaic"] == mosaic) & (tiles["state"] == "live")
        return tiles.loc[chosen, "tile"].tolist()

    def blocks(self, tiles: pd.DataFrame, mosaic: str, finder: str) -> list[str]:
        """Return the blocks of tiles with valid pixels that are one job each of a finder."""
        return blocks_of(self.live_tiles(tiles, mosaic), self.finders[finder]["tiles_per_job"])

    def tiles_of_block(self, tiles: pd.DataFrame, mosaic: str, block: str) -> list[str]:
        """Return the tiles of a block that hold valid pixels."""
        inside = tiles_in(block)
        if len(inside) == 1:
            return inside
        live = set(self.live_tiles(tiles, mosaic))
        return [tile for tile in inside if tile in live]

    def pixels_of_tiles(self, tiles: pd.DataFrame) -> dict[str, dict[str, int]]:
        """Return the pixels of all live tiles, with their halos, by mosaic and tile."""
        if self._sized is not tiles:
            live = tiles[tiles["state"] == "live"]
            boxes = live[["x0", "x1", "y0", "y1"]].itertuples(index=False)
            self._sized, self._pixels = tiles, {mosaic: {} for mosaic in self.mosaics}
            for mosaic, tile, box in zip(live["mosaic"], live["tile"], boxes, strict=True):
                self._pixels.setdefault(mosaic, {})[tile] = Box(*map(int, box)).pixels
        return self._pixels

    def readable_mosaics(self, tiles: pd.DataFrame) -> list[str]:
        """Return the mosaics whose image can be read, in the order of the sheet."""
        unreadable = set(tiles.loc[tiles["state"] == "unreadable", "mosaic"])
        return [mosaic for mosaic in self.mosaics if mosaic not in unreadable]

    def scored_mosaics(self, tiles: pd.DataFrame, training_set: str | None = None) -> list[str]:
        """Return the readable mosaics that have a truth, of one training set or of all."""
        return [
            mosaic
            for mosaic in self.readable_mosaics(tiles)
            if self.mosaics[mosaic].truth and training_set in (None, self.mosaics[mosaic].training_set)
        ]

    def validated_mosaics(self, tiles: pd.DataFrame, training_set: str) -> list[str]:
        """Return the readable mosaics of a training set that have a truth and a validation box."""
        scored = self.scored_mosaics(tiles, training_set)
        return [mosaic for mosaic in scored if self.mosaics[mosaic].validation_box]

    def training_tiles(self, tiles: pd.DataFrame, training_set: str) -> dict[str, list[str]]:
        """Return the tiles with valid pixels whose cores meet a train or validation box, by mosaic.

        Parameters
        ----------
        tiles
            The tile table.
        training_set
            Name of the training set; mosaics without truth or without boxes are left out.
        """
        found = {}
        for mosaic in self.scored_mosaics(tiles, training_set):
            of_mosaic = tiles[tiles["mosaic"] == mosaic]
            boxes = self._boxes(of_mosaic, mosaic)
            if boxes:
                under = pd.concat([_meets(of_mosaic, box) for box in boxes], axis=1).any(axis=1)
                found[mosaic] = of_mosaic.loc[under & (of_mosaic["state"] == "live"), "tile"].tolist()
        return found

    def pixels_of_boxes(self, tiles: pd.DataFrame, training_set: str) -> int:
        """Return the pixels of all train and validation boxes of a training set together."""
        boxes = [
            box
            for mosaic in self.scored_mosaics(tiles, training_set)
            for box in self._boxes(tiles[tiles["mosaic"] == mosaic], mosaic)
        ]
        return sum(box.pixels for box in boxes)

    def _boxes(self, of_mosaic: pd.DataFrame, mosaic: str) -> list[Box]:
        """Return the train and validation boxes of a mosaic, from its tiles."""
        shape = (int(of_mosaic["core_y1"].max()), int(of_mosaic["core_x1"].max()))
        return [parse_box(text, shape) for text in self.sheet_values(mosaic, *BOXES).values() if text]

    def grounds(self, tiles: pd.DataFrame, training_set: str) -> dict[str, dict[str, object]]:
        """Return the arguments of `read_ground` for each mosaic of a training set that has boxes."""
        return {
            mosaic: self.sheet_values(mosaic, *GROUND_COLUMNS)
            | {
                "tiles": [f"results/{mosaic}/tiles/{tile}.json" for tile in under],
                "noise": [f"results/{mosaic}/noise/{tile}.fits" for tile in under],
            }
            for mosaic, under in self.training_tiles(tiles, training_set).items()
        }

    def trained_networks(self, tiles: pd.DataFrame) -> list[tuple[str, str]]:
        """Return training set and finder of the networks that are trained."""
        finders = [finder for finder in self.finders_of("convosource") if not self.finders[finder]["model"]]
        used = {self.mosaics[mosaic].training_set for mosaic in self.readable_mosaics(tiles)}
        return [(training_set, finder) for training_set in sorted(used) for finder in finders]

    def probability_maps(self, tiles: pd.DataFrame) -> list[str]:
        """Return the probability maps to make: all live tiles of the finders that keep them."""
        finders = [one for one in self.finders_of("convosource") if self.finders[one]["probability_maps"]]
        return [
            f"results/{mosaic}/probability/{finder}/{tile}.fits"
            for mosaic in self.readable_mosaics(tiles)
            for finder in finders
            for tile in self.live_tiles(tiles, mosaic)
        ]

    def expand(self, pattern: str, wildcards: Mapping[str, str], mosaics: Sequence[str]) -> list[str]:
        """Return the paths of a pattern for mosaics, and for all finders unless the wildcards name one.

        Parameters
        ----------
        pattern
            A path with ``{mosaic}``, ``{finder}`` or ``{training_set}`` as it may be.
        wildcards
            Wildcards of the rule.
        mosaics
            Names of the mosaics.
        """
        finders = [wildcards["finder"]] if "finder" in dict(wildcards) else list(self.finders)
        paths = [
            pattern.format(mosaic=mosaic, finder=finder, training_set=self.mosaics[mosaic].training_set)
            for mosaic in mosaics
            for finder in finders
        ]
        return list(dict.fromkeys(paths))

    def catalogues(self, tiles: pd.DataFrame) -> list[str]:
        """Return the catalogues to make: all readable mosaics, finders and formats."""
        mosaics = self.readable_mosaics(tiles)
        paths = [
            f"results/{mosaic}/catalogues/{finder}.{suffix}"
            for mosaic in mosaics
            for finder in self.finders
            for suffix in CATALOGUE_FORMATS
        ]
        components = [
            f"results/{mosaic}/catalogues/components/{finder}.parquet"
            for mosaic in mosaics
            for finder in self.finders_of(*WITH_COMPONENTS)
        ]
        classified = [
            f"results/{mosaic}/catalogues/classified/{finder}.parquet"
            for mosaic in self.classifiers.classified(mosaics)
            for finder in self.finders
        ]
        return paths + components + classified


def _meets(tiles: pd.DataFrame, box: Box) -> pd.Series:
    """Return whether the core of each tile shares pixels with a box."""
    return box.meets(*(tiles[f"core_{edge}"] for edge in ("x0", "x1", "y0", "y1")))


@lru_cache(maxsize=1)
def _read_tiles(path: str, _changed: int, mosaics: frozenset[str], with_files: bool) -> pd.DataFrame:
    """Return the tile table, checked; the time of its last change is part of the key."""
    try:
        tiles = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise ValueError(f"{path}: expected a table of tiles, received a damaged one; {REMEDY}") from error
    unknown = sorted(mosaics - set(tiles["mosaic"]))
    if unknown:
        raise ValueError(
            f"{path}: expected all mosaics of the sheet, received none of {', '.join(unknown)}; {REMEDY}"
        )
    if with_files:
        wanted = tiles["mosaic"].isin(mosaics) & (tiles["state"] == "live")
        for mosaic, live in tiles[wanted].groupby("mosaic"):
            _check_files(Path(path).parent / mosaic / "tiles", live["tile"])
    return tiles


def _check_files(folder: Path, tiles: Sequence[str]) -> None:
    """Raise when the folder of a mosaic lacks the file of a tile."""
    expected = {f"{tile}.json" for tile in tiles}
    lost = sorted(expected - ({path.name for path in folder.iterdir()} if folder.is_dir() else set()))
    if lost:
        raise ValueError(
            f"{folder}: expected the files of {len(expected)} tiles, received none of {len(lost)} of them, "
            f"{lost[0]} among others; {REMEDY}"
        )
