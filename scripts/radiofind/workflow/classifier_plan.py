"""Say which classifiers a run trains, from its configuration."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property

from radiofind.workflow.config.sheet import Mosaic
from radiofind.workflow.stamps import stamps_of

NOT_CLASSIFIED: Mapping[str, object] = {
    "datasets": {},
    "networks": {},
    "train_with": [],
    "classify_sources": None,
}
"""A configuration without classifiers."""
MEMBER = r"seed\d+(-fold\d+)?"
"""A pattern of the names of members."""
KINDS_OF_CATALOGUES = ("components", "morphology")
"""Data sets that are cut around the sources of a catalogue."""
CLASSES_OF = {"components": {"two": 2, "four": 4}, "morphology": {None: 3}}
"""Number of classes of data sets of these kinds, by the setting ``classes``."""
NOT_OF_A_MEMBER = ("seeds", "folds", "model")
"""Settings of a network on which no single member of it depends, but for those of a fold."""
WITHOUT_CLASSES = ("meerkat_sim",)
"""Formats of truths that tell of no classes."""


class ClassifierPlan:
    """The data sets and networks that a configuration trains, and how it classifies sources.

    Parameters
    ----------
    classifiers
        The part of the checked configuration.
    mosaics
        The rows of the sheet by name.
    """

    def __init__(self, classifiers: Mapping, mosaics: Mapping[str, Mosaic]) -> None:
        self._mosaics = mosaics
        self.trained = [tuple(entry.split("/")) for entry in classifiers["train_with"]]
        """Data set and network of each classifier."""
        self.datasets = {name: classifiers["datasets"][name] for name, _ in self.trained}
        self.networks = {name: classifiers["networks"][name] for _, name in self.trained}
        self._chosen = classifiers["classify_sources"] or {}
        self._known = classifiers["networks"]

    def datasets_of(self, *kinds: str) -> list[str]:
        """Return the data sets of these kinds on which something is trained."""
        return [name for name, settings in self.datasets.items() if settings["kind"] in kinds]

    def is_cut(self, dataset: str) -> bool:
        """Return whether the cutouts of a data set are taken from the mosaics of the survey."""
        return self.datasets[dataset]["kind"] in KINDS_OF_CATALOGUES

    def dataset_settings(self, dataset: str) -> dict[str, object]:
        """Return the settings of a data set but for its kind, its file and its finder."""
        named = ("kind", "path", "finder")
        return {key: value for key, value in self.datasets[dataset].items() if key not in named}

    def members(self, network: str) -> list[str]:
        """Return the names of the members of a network: one for each seed, and fold if there are some."""
        settings = self.networks[network]
        folds = range(1, settings["folds"] + 1)
        ends = [f"-fold{fold}" for fold in folds] or [""]
        return [f"seed{seed}{end}" for seed in settings["seeds"] for end in ends]

    def member_settings(self, network: str, member: str) -> dict[str, object]:
        """Return the settings on which a member depends, besides its seed and its fold."""
        settings = self.networks[network]
        own = {key: value for key, value in settings.items() if key not in NOT_OF_A_MEMBER}
        return own if seed_and_fold(member)["fold"] is None else own | {"folds": settings["folds"]}

    @cached_property
    def all_members(self) -> list[tuple[str, str, str]]:
        """Data set, network and name of all members."""
        return [(*pair, member) for pair in self.trained for member in self.members(pair[1])]

    def expand(self, pattern: str) -> list[str]:
        """Return the paths of a pattern with ``{dataset}`` and perhaps ``{network}`` for what is trained."""
        paths = [pattern.format(dataset=dataset, network=network) for dataset, network in self.trained]
        return list(dict.fromkeys(paths))

    def pixels_of(self, dataset: str) -> int:
        """Return the pixels of a simulated data set, or the most that one cut around sources may have."""
        settings = self.datasets[dataset]
        if self.is_cut(dataset):
            number = settings["most_per_class"] * CLASSES_OF[settings["kind"]][settings.get("classes")]
        else:
            number = settings["images_per_class"] * len(settings["classes"])
        return number * settings["size_pixels"] ** 2

    def classifies_by(self, how: str) -> bool:
        """Return whether sources are classified by ``truth``, or by a ``network``."""
        return self._chosen.get("by") == how

    def taught(self, readable: Sequence[str], training_set: str) -> list[str]:
        """Return the mosaics of a training set whose train boxes teach the classes of sources.

        Parameters
        ----------
        readable
            All mosaics that can be read.
        training_set
            Its name.
        """
        rows = [self._mosaics[name] for name in readable]
        return [
            row.mosaic
            for row in rows
            if row.training_set == training_set
            and row.truth
            and row.train_box
            and row.truth_format not in WITHOUT_CLASSES
        ]

    def classified(self, readable: Sequence[str]) -> list[str]:
        """Return those of the mosaics that can be read whose sources are classified."""
        if not self.classifies_by("truth"):
            return list(readable) if self._chosen else []
        return [name for name in readable if self.taught(readable, self._mosaics[name].training_set)]

    def partners(self, readable: Sequence[str], mosaic: str) -> list[str]:
        """Return the other mosaics of the same field that can be read."""
        field = self._mosaics[mosaic].field
        others = [name for name in readable if name != mosaic and self._mosaics[name].field == field]
        return others if field else []

    @property
    def applied_name(self) -> str:
        """What catalogues call the network that classifies sources."""
        given = self._known[self._chosen["network"]]["model"]
        return self._chosen["network"] if given else "{dataset}/{network}".format(**self._chosen)

    @property
    def applied_model(self) -> str:
        """That network, as the path of its file."""
        given = self._known[self._chosen["network"]]["model"]
        return given or "results/classifiers/{dataset}/{network}/model.keras".format(**self._chosen)

    @property
    def applied_architecture(self) -> dict[str, str]:
        """Architecture and recipe of that network, as the configuration has them."""
        settings = self._known[self._chosen["network"]]
        return {key: settings[key] for key in ("architecture", "recipe")}

    @property
    def applied_settings(self) -> dict[str, object]:
        """Settings with which it is applied."""
        return {"threads": self._known[self._chosen["network"]]["threads"]}

    def mask_rms(self, dataset: str) -> float | None:
        """Return below how many rms the cutouts of a data set are masked; None where they are not."""
        settings = self.datasets[dataset]
        return settings["mask_rms"] if settings.get("image") == "masked" else None

    @property
    def given_files(self) -> list[str]:
        """The files that the user gave: data sets, weights, and a classifier of another run."""
        datasets = [settings["path"] for settings in self.datasets.values() if settings["kind"] == "file"]
        weights = [path for name in self.networks if (path := self.weights_of(name))]
        return datasets + weights + self._frozen

    def weights_of(self, network: str) -> str:
        """Return the file of weights that a network begins with; empty without one."""
        weights = self.networks[network]["weights"]
        return "" if weights in (None, "imagenet") else weights

    def weights_stamps(self, network: str) -> dict[str, list[int]]:
        """Return the stamp of that file; nothing without one."""
        weights = self.weights_of(network)
        return stamps_of([weights] if weights else [])

    def stamps(self, dataset: str) -> dict[str, list[int]]:
        """Return the stamp of the file that the user gave for a data set."""
        return stamps_of([self.datasets[dataset]["path"]])

    @property
    def applied_stamps(self) -> dict[str, list[int]]:
        """Stamps of the files of a classifier of another run that is applied."""
        return stamps_of(self._frozen)

    @property
    def _frozen(self) -> list[str]:
        """The files of a classifier of another run that is applied; none where one is trained."""
        given = self._known[self._chosen["network"]]["model"] if self.classifies_by("network") else None
        return [given, f"{given.removesuffix('.keras')}.json"] if given else []


def seed_and_fold(member: str) -> dict[str, int | None]:
    """Return ``seed`` and ``fold`` of a member; None for no fold.

    Parameters
    ----------
    member
        Its name, as ``seed1`` or ``seed1-fold2``.
    """
    seed, fold = re.fullmatch(r"seed(\d+)(?:-fold(\d+))?", member).groups()
    return {"seed": int(seed), "fold": int(fold) if fold else None}
