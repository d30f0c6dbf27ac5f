"""Decide which mosaics, tiles and finders a run has, from its configuration, sheet and tile table."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from radiofind.finders.kinds import WITH_COMPONENTS, WITH_FITTED_FLUXES, WITH_SCORES
from radiofind.mosaics.blocks import blocks_of, tiles_in
from radiofind.workflow.config.frozen_models import model_file, record_of
from radiofind.workflow.config.sheet import Mosaic
from radiofind.workflow.plan.tile_table import live_tiles
from radiofind.workflow.stamps import stamps_of

NEVER = "(?!)"
"""Pattern that matches nothing; an empty pattern would not be a constraint."""
BESIDE_THE_SEARCH = ("tiles_per_job", "probability_maps", "pybdsf_tables", "model_images")
"""Settings of finders on which no detection depends."""
OF_THE_RUN = ("dask", "strict")
"""Keys of the configuration on which no result depends."""
OF_AN_IMAGE = ("beam", "frequency_hz", "plane")
"""Columns of the sheet that are fields of `images.ImageSource`."""

Names = dict[str, str]
"""Wildcards that fill in one path of a pattern."""


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
    """The configuration without keys that do not affect results."""

    def __init__(self, config: Mapping, mosaics: Sequence[Mosaic]) -> None:
        self.config = config
        self.science = {key: part for key, part in config.items() if key not in OF_THE_RUN}
        self.finders = {name: config["finders"][name] for name in config["find_with"]}
        self.mosaics = {mosaic.mosaic: mosaic for mosaic in mosaics}
        self.training_sets = sorted({mosaic.training_set for mosaic in mosaics})

    @staticmethod
    def one_of(names: Collection[str]) -> str:
        """Return a pattern that matches these names and nothing else."""
        return "|".join(re.escape(name) for name in names) or NEVER

    def finders_of(self, *kinds: str) -> list[str]:
        """Return the finders of these kinds that run."""
        return [name for name, settings in self.finders.items() if settings["kind"] in kinds]

    def fit_components(self, finder: str) -> bool:
        """Return whether a finder has a catalogue of Gaussians."""
        return finder in self.finders_of(*WITH_COMPONENTS)

    def sheet_value(self, mosaic: str, column: str) -> object:
        """Return the value of a mosaic in a column of the sheet; None if empty."""
        return getattr(self.mosaics[mosaic], column)

    def sheet_values(self, mosaic: str, *columns: str) -> dict[str, object]:
        """Return the values of a mosaic in several columns of the sheet."""
        return {column: self.sheet_value(mosaic, column) for column in columns}

    def given_files(self, mosaics: Iterable[str], *columns: str) -> list[str]:
        """Return the files in some columns of the sheet for mosaics that are not simulated."""
        rows = [self.mosaics[mosaic] for mosaic in mosaics if not self.mosaics[mosaic].simulate]
        return [path for row in rows for column in columns if (path := getattr(row, column))]

    def stamps(self, mosaics: Iterable[str], *columns: str) -> dict[str, list[int]]:
        """Return the stamps of the same files, by path (see `stamps.stamps_of`)."""
        return stamps_of(self.given_files(mosaics, *columns))

    def model_files(self, finder: str) -> list[str]:
        """Return the files of a finder's frozen model (two for a network); empty if the finder is trained."""
        model = self.finders[finder].get("model")
        return list(dict.fromkeys([str(model_file(model)), str(record_of(model))])) if model else []

    def start_files(self, _tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> str | list[str]:
        """Return the network from which the training of a finder starts; an empty list if it starts anew."""
        start = self.finders[wildcards["finder"]]["start_from"]
        return str(model_file(start)) if start else []

    def model_stamps(self, wildcards: Mapping[str, str]) -> dict[str, list[int]]:
        """Return the stamps of the files of a finder's frozen model."""
        return stamps_of(self.model_files(wildcards["finder"]))

    def simulation_settings(self, wildcards: Mapping[str, str]) -> Mapping[str, object]:
        """Return the settings of a simulation."""
        return self.config["simulations"][wildcards["simulation"]]

    def finder_settings(self, wildcards: Mapping[str, str]) -> dict[str, object]:
        """Return the settings of a finder that affect its results."""
        settings = self.finders[wildcards["finder"]]
        return {key: value for key, value in settings.items() if key not in BESIDE_THE_SEARCH}

    def fluxes_from(self, wildcards: Mapping[str, str]) -> list[str]:
        """Return the finders that a combined finder joins, those that fit Gaussians first."""
        finders = self.finders[wildcards["finder"]]["of"]
        fitting = [
            finder for kind in WITH_FITTED_FLUXES for finder in finders if finder in self.finders_of(kind)
        ]
        return fitting + [finder for finder in finders if finder not in fitting]

    def setting(self, wildcards: Mapping[str, str], key: str) -> object:
        """Return one setting of a finder."""
        return self.finders[wildcards["finder"]][key]

    def settings(self, wildcards: Mapping[str, str], *keys: str) -> dict[str, object]:
        """Return some settings of a finder."""
        return {key: self.setting(wildcards, key) for key in keys}

    def sheet_row(self, wildcards: Mapping[str, str], *columns: str) -> dict[str, object]:
        """Return the values of the wildcard's mosaic in several columns of the sheet."""
        return self.sheet_values(wildcards["mosaic"], *columns)

    def sheet_file(self, wildcards: Mapping[str, str], column: str) -> str | list[str]:
        """Return a path from the sheet; an empty list if the sheet has none."""
        return self.sheet_value(wildcards["mosaic"], column) or []

    def file_stamps(self, wildcards: Mapping[str, str], *columns: str) -> dict[str, list[int]]:
        """Return the stamps of the mosaic's files in the sheet: a replacement may have an older time."""
        return self.stamps([wildcards["mosaic"]], *columns)

    def image_source(self, wildcards: Mapping[str, str]) -> dict[str, object]:
        """Return the fields of `images.ImageSource` without the path, which does not affect results."""
        return self.sheet_row(wildcards, *OF_AN_IMAGE)

    def file(self, _tiles: pd.DataFrame, wildcards: Mapping[str, str], column: str) -> str | list[str]:
        """Return `sheet_file`, for rules after the checkpoint."""
        return self.sheet_file(wildcards, column)

    def names(self, _tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> Names:
        """Return the training set of the wildcards' mosaic; empty if they have no mosaic."""
        if not wildcards.get("mosaic"):
            return {}
        return {"training_set": self.sheet_value(wildcards["mosaic"], "training_set")}

    def model(self, tiles: pd.DataFrame, wildcards: Mapping[str, str], learned: str) -> str:
        """Return a file of a finder's frozen model, or the filled-in path pattern of the model it trains."""
        given = self.finders[wildcards["finder"]]["model"]
        if given:
            return str(model_file(given).with_suffix(Path(learned).suffix))
        return learned.format(**{**wildcards, **self.names(tiles, wildcards)})

    def components(self, _tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> list[Names]:
        """Return one empty set of names if the finder has a catalogue of Gaussians, else none."""
        return [{}] if self.fit_components(wildcards["finder"]) else []

    def combined(self, _tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> list[Names]:
        """Return the finders that a combined finder joins."""
        return [{"finder": finder} for finder in self.finders[wildcards["finder"]]["of"]]

    def live_tiles(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> list[Names]:
        """Return the live tiles of a mosaic, those with valid pixels."""
        return [{"tile": tile} for tile in live_tiles(tiles, wildcards["mosaic"])]

    def blocks(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> list[Names]:
        """Return the blocks of live tiles of a mosaic; each is one job of a finder."""
        tiles_per_job = self.finders[wildcards["finder"]]["tiles_per_job"]
        blocks = blocks_of(live_tiles(tiles, wildcards["mosaic"]), tiles_per_job)
        return [{"block": block} for block in blocks]

    def tiles_of_block(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> list[Names]:
        """Return the live tiles of a block."""
        inside = tiles_in(wildcards["block"])
        if len(inside) > 1:
            live = set(live_tiles(tiles, wildcards["mosaic"]))
            inside = [tile for tile in inside if tile in live]
        return [{"tile": tile} for tile in inside]

    def readable_mosaics(self, tiles: pd.DataFrame) -> list[str]:
        """Return the mosaics whose image can be read, in the order of the sheet."""
        unreadable = set(tiles.loc[tiles["state"] == "unreadable", "mosaic"])
        return [mosaic for mosaic in self.mosaics if mosaic not in unreadable]

    def observed_mosaics(self, tiles: pd.DataFrame) -> list[str]:
        """Return the readable mosaics of the sheet, without simulations that are like them."""
        return [mosaic for mosaic in self.readable_mosaics(tiles) if not self.mosaics[mosaic].like]

    def scored_mosaics(self, tiles: pd.DataFrame) -> list[str]:
        """Return the readable mosaics that have a truth: those of the sheet, or else the simulations."""
        candidates = (self.observed_mosaics(tiles), self.readable_mosaics(tiles))
        of_sheet, all_of_them = ([one for one in names if self.mosaics[one].truth] for names in candidates)
        return of_sheet or all_of_them

    def searched_mosaics(self, tiles: pd.DataFrame) -> list[str]:
        """Return the readable mosaics that all finders search; simulations that are like others if scored."""
        wanted = {*self.observed_mosaics(tiles), *self.scored_mosaics(tiles)}
        return [mosaic for mosaic in self.readable_mosaics(tiles) if mosaic in wanted]

    def searched(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> list[Names]:
        """Return the mosaics that all finders search with all finders, or with the wildcards' finder."""
        return self.with_finders(self.searched_mosaics(tiles), wildcards)

    def scored(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> list[Names]:
        """Return the readable mosaics with a truth, with all finders or with the wildcards' finder."""
        return self.with_finders(self.scored_mosaics(tiles), wildcards)

    def with_components(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> list[Names]:
        """Return the mosaics that all finders search with those that have a catalogue of Gaussians."""
        return [names for names in self.searched(tiles, wildcards) if self.fit_components(names["finder"])]

    def scored_with_scores(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> list[Names]:
        """Return the readable mosaics that have a truth with the finders that give scores."""
        finders = self.finders_of(*WITH_SCORES)
        return [names for names in self.scored(tiles, wildcards) if names["finder"] in finders]

    def probability_maps(self, tiles: pd.DataFrame, _wildcards: Mapping[str, str]) -> list[Names]:
        """Return the mosaic, finder and tile of each probability map to make."""
        return [
            {**names, "tile": tile}
            for names in self._asked_for(tiles, "probability_maps")
            for tile in live_tiles(tiles, names["mosaic"])
        ]

    def with_pybdsf_tables(self, tiles: pd.DataFrame, _wildcards: Mapping[str, str]) -> list[Names]:
        """Return the mosaic and finder of each catalogue to export with PyBDSF's own columns."""
        return self._asked_for(tiles, "pybdsf_tables")

    def with_model_images(self, tiles: pd.DataFrame, _wildcards: Mapping[str, str]) -> list[Names]:
        """Return the mosaic and finder of each model to draw."""
        return self._asked_for(tiles, "model_images")

    def with_noise(self, tiles: pd.DataFrame, _wildcards: Mapping[str, str]) -> list[Names]:
        """Return the readable mosaics, without simulations that are like others."""
        return [{"mosaic": mosaic} for mosaic in self.observed_mosaics(tiles)]

    def image_files(self, tiles: pd.DataFrame, _wildcards: Mapping[str, str]) -> list[str]:
        """Return the images of the mosaics that all finders search."""
        return [self.sheet_value(mosaic, "image") for mosaic in self.searched_mosaics(tiles)]

    def images(self, tiles: pd.DataFrame, _wildcards: Mapping[str, str]) -> dict[str, dict[str, object]]:
        """Return the arguments of `images.ImageSource` for the mosaics that all finders search."""
        return {mosaic: self.image(mosaic) for mosaic in self.searched_mosaics(tiles)}

    def image(self, mosaic: str) -> dict[str, object]:
        """Return the arguments of `images.ImageSource` for a mosaic, from the sheet."""
        return {"path": self.sheet_value(mosaic, "image"), **self.sheet_values(mosaic, *OF_AN_IMAGE)}

    def _asked_for(self, tiles: pd.DataFrame, key: str) -> list[Names]:
        """Return the mosaics that all finders search with each finder that has a setting switched on."""
        finders = [finder for finder, settings in self.finders.items() if settings.get(key)]
        return [
            {"mosaic": mosaic, "finder": finder}
            for mosaic in self.searched_mosaics(tiles)
            for finder in finders
        ]

    def with_finders(self, mosaics: Iterable[str], wildcards: Mapping[str, str]) -> list[Names]:
        """Return mosaics and their training sets with all finders, or with the wildcards' finder."""
        finders = [wildcards["finder"]] if wildcards.get("finder") else list(self.finders)
        return [
            {"mosaic": mosaic, "finder": finder, "training_set": self.mosaics[mosaic].training_set}
            for mosaic in mosaics
            for finder in finders
        ]
