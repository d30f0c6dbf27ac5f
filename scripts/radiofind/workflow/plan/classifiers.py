"""Decide which classifiers a run trains, from its configuration."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property

import pandas as pd

from radiofind.workflow.plan.mosaics import Names, Plan
from radiofind.workflow.stamps import stamps_of

NOT_CLASSIFIED: Mapping[str, object] = {
    "datasets": {},
    "networks": {},
    "train_with": [],
    "classify_sources": None,
}
"""A configuration without classifiers."""
MEMBER = r"seed\d+(-fold\d+)?"
"""Pattern of the names of members."""
KINDS_OF_CATALOGUES = ("components", "morphology")
"""Kinds of data sets that are cut around the sources of a catalogue."""
CLASSES_OF = {"components": {"two": 2, "four": 4}, "morphology": {None: 3}}
"""Number of classes of these kinds of data sets, by the setting ``classes``."""
NOT_OF_A_MEMBER = ("seeds", "folds", "model")
"""Settings of a network that do not affect a single member, except `folds` for members of a fold."""


class ClassifierPlan:
    """The data sets and networks that a configuration trains.

    Parameters
    ----------
    plan
        The mosaics and finders.
    """

    def __init__(self, plan: Plan) -> None:
        classifiers = plan.config.get("classifiers", NOT_CLASSIFIED)
        self._plan = plan
        self.trained = [tuple(entry.split("/")) for entry in classifiers["train_with"]]
        """Data set and network of each classifier."""
        self.datasets = {name: classifiers["datasets"][name] for name, _ in self.trained}
        self.networks = {name: classifiers["networks"][name] for _, name in self.trained}

    def datasets_of(self, *kinds: str) -> list[str]:
        """Return the data sets of these kinds that are used for training."""
        return [name for name, settings in self.datasets.items() if settings["kind"] in kinds]

    def is_cut(self, wildcards: Mapping[str, str]) -> bool:
        """Return whether the cutouts of a data set are taken from the mosaics of the survey."""
        return self._dataset(wildcards)["kind"] in KINDS_OF_CATALOGUES

    def kind_of_dataset(self, wildcards: Mapping[str, str]) -> str:
        """Return the kind of a data set."""
        return self._dataset(wildcards)["kind"]

    def dataset_settings(self, wildcards: Mapping[str, str]) -> dict[str, object]:
        """Return the settings of a data set without its kind, file and finder."""
        named = ("kind", "path", "finder")
        return {key: value for key, value in self._dataset(wildcards).items() if key not in named}

    def dataset_file(self, wildcards: Mapping[str, str]) -> str:
        """Return the user's file of a data set."""
        return self._dataset(wildcards)["path"]

    def dataset_stamps(self, wildcards: Mapping[str, str]) -> dict[str, list[int]]:
        """Return the stamp of the user's file of a data set."""
        return stamps_of([self.dataset_file(wildcards)])

    def mask_rms(self, wildcards: Mapping[str, str]) -> float | None:
        """Return the threshold (rms) below which the cutouts of a data set are masked; None if unmasked."""
        settings = self._dataset(wildcards)
        return settings["mask_rms"] if settings.get("image") == "masked" else None

    def pixels_of(self, wildcards: Mapping[str, str]) -> int:
        """Return the number of pixels of a simulated data set, or the maximum of one cut around sources."""
        settings = self._dataset(wildcards)
        if self.is_cut(wildcards):
            number = settings["most_per_class"] * CLASSES_OF[settings["kind"]][settings.get("classes")]
        else:
            number = settings["images_per_class"] * len(settings["classes"])
        return number * settings["size_pixels"] ** 2

    def catalogues(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> list[Names]:
        """Return mosaic and finder of the catalogues around whose sources a data set is cut."""
        finder = self._dataset(wildcards)["finder"]
        return [{"mosaic": mosaic, "finder": finder} for mosaic in self._plan.observed_mosaics(tiles)]

    def components(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> list[Names]:
        """Return the same mosaics and finders if the finder has a catalogue of Gaussians, else nothing."""
        catalogues = self.catalogues(tiles, wildcards)
        return [names for names in catalogues if self._plan.fit_components(names["finder"])]

    def members(self, wildcards: Mapping[str, str]) -> list[str]:
        """Return the names of the members of a network: one per seed, and per fold if it has folds."""
        settings = self._network(wildcards)
        folds = range(1, settings["folds"] + 1)
        ends = [f"-fold{fold}" for fold in folds] or [""]
        return [f"seed{seed}{end}" for seed in settings["seeds"] for end in ends]

    def member_settings(self, wildcards: Mapping[str, str]) -> dict[str, object]:
        """Return the settings on which a member depends, other than its seed and fold."""
        settings = self._network(wildcards)
        own = {key: value for key, value in settings.items() if key not in NOT_OF_A_MEMBER}
        return own if self.seed_and_fold(wildcards)["fold"] is None else own | {"folds": settings["folds"]}

    @staticmethod
    def seed_and_fold(wildcards: Mapping[str, str]) -> dict[str, int | None]:
        """Return ``seed`` and ``fold`` (or None) from the name of a member, ``seed1`` or ``seed1-fold2``."""
        seed, fold = re.fullmatch(r"seed(\d+)(?:-fold(\d+))?", wildcards["member"]).groups()
        return {"seed": int(seed), "fold": int(fold) if fold else None}

    def threads(self, wildcards: Mapping[str, str]) -> int:
        """Return the number of threads of a training."""
        return self._network(wildcards)["threads"]

    def weights(self, wildcards: Mapping[str, str]) -> list[str]:
        """Return the file with the initial weights of a network, if any."""
        weights = self._network(wildcards)["weights"]
        return [] if weights in (None, "imagenet") else [weights]

    def weights_stamps(self, wildcards: Mapping[str, str]) -> dict[str, list[int]]:
        """Return the stamp of the file with the initial weights."""
        return stamps_of(self.weights(wildcards))

    def all(self, _tiles: object = None, _wildcards: object = None) -> list[Names]:
        """Return the data set and network of all classifiers."""
        return [{"dataset": dataset, "network": network} for dataset, network in self.trained]

    def all_members(self, _tiles: object = None, _wildcards: object = None) -> list[Names]:
        """Return the data set, network and name of all members of all classifiers."""
        return [names | {"member": member} for names in self.all() for member in self.members(names)]

    @cached_property
    def given_files(self) -> list[str]:
        """The user's files: data sets and weights."""
        datasets = [settings["path"] for settings in self.datasets.values() if settings["kind"] == "file"]
        return datasets + [path for name in self.networks for path in self.weights({"network": name})]

    def _dataset(self, wildcards: Mapping[str, str]) -> Mapping[str, object]:
        """Return all settings of a data set."""
        return self.datasets[wildcards["dataset"]]

    def _network(self, wildcards: Mapping[str, str]) -> Mapping[str, object]:
        """Return all settings of a network."""
        return self.networks[wildcards["network"]]
