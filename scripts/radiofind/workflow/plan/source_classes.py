"""Decide how the sources of catalogues are classified, from the configuration and the sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from radiofind.workflow.plan.classifiers import NOT_CLASSIFIED
from radiofind.workflow.plan.mosaics import Names, Plan
from radiofind.workflow.plan.training import BOXES
from radiofind.workflow.stamps import stamps_of

WITHOUT_CLASSES = ("meerkat_sim",)
"""Formats of truths without classes."""


class SourceClassPlan:
    """The catalogues whose sources are classified, and the classifiers.

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
        """Return the finders whose sources are classified by ``truth`` or by ``network``: all or none."""
        return list(self._plan.finders) if self._by(how) else []

    def taught_mosaics(self, readable: Sequence[str], training_set: str) -> list[str]:
        """Return the mosaics of a training set from whose train boxes the classes of sources are learned.

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
        """Return the readable mosaics whose sources are classified."""
        if not self._by("truth"):
            return list(readable) if self._chosen else []
        rows = self._plan.mosaics
        return [name for name in readable if self.taught_mosaics(readable, rows[name].training_set)]

    def partner_mosaics(self, readable: Sequence[str], mosaic: str) -> list[str]:
        """Return the other readable mosaics of the same field."""
        rows = self._plan.mosaics
        others = [name for name in readable if name != mosaic and rows[name].field == rows[mosaic].field]
        return others if rows[mosaic].field else []

    def classified(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> list[Names]:
        """Return the mosaics and finders whose catalogues are classified."""
        mosaics = self.classified_mosaics(self._plan.observed_mosaics(tiles))
        return self._plan.with_finders(mosaics, wildcards)

    def scored(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> list[Names]:
        """Return the mosaics and finders whose classes are scored: those learned from the truth."""
        classified = self.classified_mosaics(self._plan.observed_mosaics(tiles)) if self._by("truth") else []
        scored = [mosaic for mosaic in self._plan.scored_mosaics(tiles) if mosaic in classified]
        return self._plan.with_finders(scored, wildcards)

    def taught(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> list[Names]:
        """Return the mosaics of a training set from whose train boxes a finder's classes are learned."""
        readable = self._plan.observed_mosaics(tiles)
        return self._plan.with_finders(self.taught_mosaics(readable, wildcards["training_set"]), wildcards)

    def taught_boxes(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> dict[str, dict[str, object]]:
        """Return the boxes of the same mosaics, in their order."""
        mosaics = [names["mosaic"] for names in self.taught(tiles, wildcards)]
        return {mosaic: self._plan.sheet_values(mosaic, *BOXES) for mosaic in mosaics}

    def taught_images(
        self, tiles: pd.DataFrame, wildcards: Mapping[str, str]
    ) -> dict[str, dict[str, object]]:
        """Return the arguments of `images.ImageSource` for the same mosaics."""
        return {names["mosaic"]: self._plan.image(names["mosaic"]) for names in self.taught(tiles, wildcards)}

    def partners(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> list[Names]:
        """Return the partners of the wildcards' mosaic, or of all mosaics a training set learns from."""
        fields = self._fields(tiles, wildcards)
        return [{"mosaic": other} for others in fields.values() for other in others]

    def with_partners(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> list[Names]:
        """Return the mosaics and finders whose field has other readable mosaics."""
        readable = self._plan.observed_mosaics(tiles)
        mosaics = [mosaic for mosaic in readable if self.partner_mosaics(readable, mosaic)]
        return self._plan.with_finders(mosaics, wildcards)

    def partner_images(
        self, tiles: pd.DataFrame, wildcards: Mapping[str, str], catalogue: str
    ) -> dict[str, dict[str, dict[str, object]]]:
        """Return the arguments of `images.ImageSource` for partners, by mosaic and their catalogue."""
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
        """Return the folder of the catalogue to export: the classified one, if the mosaic is classified."""
        classified = self.classified_mosaics(self._plan.observed_mosaics(tiles))
        return {"folder": "classified/" if wildcards["mosaic"] in classified else ""}

    def truth_name(self, wildcards: Mapping[str, str]) -> str:
        """Return the name of the classifier learned from the truth, for the column ``classifier``."""
        return f"truth of {self._plan.sheet_value(wildcards['mosaic'], 'training_set')}"

    def applied(self, _tiles: pd.DataFrame, _wildcards: Mapping[str, str], trained: str) -> str:
        """Return a file of the frozen network, or the filled-in path pattern of the network trained here."""
        if self.applied_model:
            return self.applied_model.removesuffix(".keras") + Path(trained).suffix
        return trained.format(dataset=self._chosen["dataset"], network=self._chosen["network"])

    @property
    def applied_model(self) -> str | None:
        """The frozen network that classifies sources; None if the network is trained here, or not used."""
        return self._network.get("model") if self._by("network") else None

    @property
    def applied_files(self) -> list[str]:
        """The files of the frozen network and of its record."""
        model = self.applied_model
        return [model, f"{model.removesuffix('.keras')}.json"] if model else []

    @property
    def applied_stamps(self) -> dict[str, list[int]]:
        """Stamps of the files of the frozen network: a replacement may have an older time."""
        return stamps_of(self.applied_files)

    @property
    def applied_name(self) -> str:
        """Name of the network that classifies sources, for the column ``classifier``; empty without one."""
        if not self._by("network"):
            return ""
        return self._chosen["network"] if self.applied_model else "{dataset}/{network}".format(**self._chosen)

    @property
    def applied_architecture(self) -> dict[str, str]:
        """Architecture and recipe of the network that classifies sources."""
        return {key: self._network[key] for key in ("architecture", "recipe")}

    @property
    def applied_threads(self) -> int:
        """Number of threads with which that network is applied."""
        return self._network.get("threads", 1)

    def _by(self, how: str) -> bool:
        """Return whether sources are classified in this way (``truth`` or ``network``)."""
        return self._chosen.get("by") == how

    def _fields(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> dict[str, list[str]]:
        """Return partners by mosaic, for the wildcards' mosaic or for all a training set learns from."""
        readable = self._plan.observed_mosaics(tiles)
        if wildcards.get("mosaic"):
            mosaics = [wildcards["mosaic"]]
        else:
            mosaics = self.taught_mosaics(readable, wildcards["training_set"])
        return {mosaic: self.partner_mosaics(readable, mosaic) for mosaic in mosaics}
