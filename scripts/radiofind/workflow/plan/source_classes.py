"""Say how the sources of catalogues are classified, from the configuration and the sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from radiofind.workflow.plan.classifiers import NOT_CLASSIFIED
from radiofind.workflow.plan.mosaics import Names, Plan
from radiofind.workflow.plan.training import BOXES
from radiofind.workflow.stamps import stamps_of

WITHOUT_CLASSES = ("meerkat_sim",)
"""Formats of truths that tell of no classes."""


class SourceClassPlan:
    """The catalogues whose sources are classified, and by what.

    Parameters
    ----------
    plan
        The mosaics and finders.
    """

    def __init__(self, plan: Plan) -> None:
        classifiers = plan.config.get("classifiers", NOT_CLASSIFIED)
        self._plan = plan
        self._chosen = classifiers["classify_sources"] or {}
        self._network = classifiers["networks"].get(self._chosen.get("network"), {})

    def finders_by(self, how: str) -> list[str]:
        """Return the finders whose sources are classified by ``truth``, or by a ``network``: all or none."""
        return list(self._plan.finders) if self._by(how) else []

    def taught_mosaics(self, readable: Sequence[str], training_set: str) -> list[str]:
        """Return the mosaics of a training set whose train boxes teach the classes of sources.

        Parameters
        ----------
        readable
            All mosaics that can be read.
        training_set
            Its name.
        """
        rows = [self._plan.mosaics[name] for name in readable]
        return [
            row.mosaic
            for row in rows
            if row.training_set == training_set
            and row.truth
            and row.train_box
            and row.truth_format not in WITHOUT_CLASSES
        ]

    def classified_mosaics(self, readable: Sequence[str]) -> list[str]:
        """Return those of the mosaics that can be read whose sources are classified."""
        if not self._by("truth"):
            return list(readable) if self._chosen else []
        rows = self._plan.mosaics
        return [name for name in readable if self.taught_mosaics(readable, rows[name].training_set)]

    def partner_mosaics(self, readable: Sequence[str], mosaic: str) -> list[str]:
        """Return the other mosaics of the same field that can be read."""
        rows = self._plan.mosaics
        others = [name for name in readable if name != mosaic and rows[name].field == rows[mosaic].field]
        return others if rows[mosaic].field else []

    def classified(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> list[Names]:
        """Return the mosaics and finders whose catalogues are classified."""
        mosaics = self.classified_mosaics(self._plan.readable_mosaics(tiles))
        return self._plan.with_finders(mosaics, wildcards)

    def scored(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> list[Names]:
        """Return the mosaics and finders whose classes are scored: those that come from truths."""
        classified = self.classified_mosaics(self._plan.readable_mosaics(tiles)) if self._by("truth") else []
        scored = [mosaic for mosaic in self._plan.scored_mosaics(tiles) if mosaic in classified]
        return self._plan.with_finders(scored, wildcards)

    def taught(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> list[Names]:
        """Return the mosaics of a training set whose train boxes teach the classes of a finder."""
        readable = self._plan.readable_mosaics(tiles)
        return self._plan.with_finders(self.taught_mosaics(readable, wildcards["training_set"]), wildcards)

    def taught_boxes(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> dict[str, dict[str, object]]:
        """Return the boxes of the same mosaics, in their order."""
        mosaics = [names["mosaic"] for names in self.taught(tiles, wildcards)]
        return {mosaic: self._plan.sheet_values(mosaic, *BOXES) for mosaic in mosaics}

    def taught_images(
        self, tiles: pd.DataFrame, wildcards: Mapping[str, str]
    ) -> dict[str, dict[str, object]]:
        """Return what the sheet says of the images of the same mosaics."""
        return {names["mosaic"]: self._plan.image(names["mosaic"]) for names in self.taught(tiles, wildcards)}

    def partners(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> list[Names]:
        """Return the partners of the mosaic of the wildcards, or of all that teach a training set."""
        fields = self._fields(tiles, wildcards)
        return [{"mosaic": other} for others in fields.values() for other in others]

    def partner_images(
        self, tiles: pd.DataFrame, wildcards: Mapping[str, str], catalogue: str
    ) -> dict[str, dict[str, dict[str, object]]]:
        """Return by mosaic what the sheet says of the images of its partners, by their catalogues."""
        return {
            mosaic: {
                catalogue.format(**{**wildcards, "mosaic": other}): self._plan.image(other)
                for other in others
            }
            for mosaic, others in self._fields(tiles, wildcards).items()
        }

    def image_files(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> list[str]:
        """Return the images of the same mosaics and of their partners."""
        fields = self._fields(tiles, wildcards)
        mosaics = [*fields, *(other for others in fields.values() for other in others)]
        return [self._plan.sheet_value(mosaic, "image") for mosaic in mosaics]

    def exported(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> Names:
        """Return the folder of the catalogue that is exported: that with classes, if there are some."""
        classified = self.classified_mosaics(self._plan.readable_mosaics(tiles))
        return {"folder": "classified/" if wildcards["mosaic"] in classified else ""}

    def truth_name(self, wildcards: Mapping[str, str]) -> str:
        """Return what catalogues call the classes that come from a truth."""
        return f"truth of {self._plan.sheet_value(wildcards['mosaic'], 'training_set')}"

    def applied(self, _tiles: pd.DataFrame, _wildcards: Mapping[str, str], trained: str) -> str:
        """Return a file of the network that another run has trained, or the pattern, filled in."""
        if self.applied_model:
            return self.applied_model.removesuffix(".keras") + Path(trained).suffix
        return trained.format(dataset=self._chosen["dataset"], network=self._chosen["network"])

    @property
    def applied_model(self) -> str | None:
        """The network of another run that classifies sources; None where none does, or one is trained."""
        return self._network.get("model") if self._by("network") else None

    @property
    def applied_files(self) -> list[str]:
        """The files of that network and of its record."""
        model = self.applied_model
        return [model, f"{model.removesuffix('.keras')}.json"] if model else []

    @property
    def applied_stamps(self) -> dict[str, list[int]]:
        """Stamps of the same files: new ones may be old."""
        return stamps_of(self.applied_files)

    @property
    def applied_name(self) -> str:
        """What catalogues call the network that classifies sources; empty where none does."""
        if not self._by("network"):
            return ""
        return self._chosen["network"] if self.applied_model else "{dataset}/{network}".format(**self._chosen)

    @property
    def applied_architecture(self) -> dict[str, str]:
        """Architecture and recipe of that network, as the configuration has them."""
        return {key: self._network[key] for key in ("architecture", "recipe")}

    @property
    def applied_threads(self) -> int:
        """Processor threads with which it is applied."""
        return self._network.get("threads", 1)

    def _by(self, how: str) -> bool:
        """Return whether sources are classified by ``truth``, or by a ``network``."""
        return self._chosen.get("by") == how

    def _fields(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> dict[str, list[str]]:
        """Return the partners by mosaic: that of the wildcards, or those that teach a training set."""
        readable = self._plan.readable_mosaics(tiles)
        if wildcards.get("mosaic"):
            mosaics = [wildcards["mosaic"]]
        else:
            mosaics = self.taught_mosaics(readable, wildcards["training_set"])
        return {mosaic: self.partner_mosaics(readable, mosaic) for mosaic in mosaics}
