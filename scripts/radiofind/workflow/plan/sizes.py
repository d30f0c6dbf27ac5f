"""Resolve the sizes of a configuration to the pixels of each mosaic, with the beams in the tile table."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from radiofind.mosaics.sizes import are_in_beams, in_pixels, radius_in_pixels
from radiofind.workflow.plan.mosaics import Names, Plan


class SizePlan:
    """The noise boxes and matching radii of each mosaic, in pixels.

    With sizes in pixels, no answer depends on a beam.

    Parameters
    ----------
    plan
        The mosaics and finders.
    """

    def __init__(self, plan: Plan) -> None:
        self._config = plan.config
        self._tiles, self._beams = None, {}

    def noise(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> Mapping[str, object]:
        """Return the settings of the noise measurement of the wildcards' mosaic, with sizes in pixels."""
        settings = self._config["noise"]
        if not are_in_beams(settings):
            return settings
        return in_pixels(settings, beam_pixels=self._beam(tiles, wildcards["mosaic"]))

    def noise_box(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> int:
        """Return the side of the noise boxes of the wildcards' mosaic."""
        return self.noise(tiles, wildcards)["box_pixels"]

    def rms_box(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> list[int]:
        """Return side and distance of the noise boxes of the wildcards' mosaic, in the order of PyBDSF."""
        noise = self.noise(tiles, wildcards)
        return [noise["box_pixels"], noise["step_pixels"]]

    def radius(self, tiles: pd.DataFrame, wildcards: Mapping[str, str]) -> float:
        """Return the matching radius of the wildcards' mosaic."""
        return self._radius(tiles, wildcards["mosaic"])

    def radii(
        self,
        tiles: pd.DataFrame,
        wildcards: Mapping[str, str],
        mosaics: Callable[[pd.DataFrame, Mapping[str, str]], list[Names]],
    ) -> dict[str, dict[str, float]]:
        """Return the matching radius of each mosaic of a training set, as ``radius_pixels``.

        Parameters
        ----------
        tiles, wildcards
            Tile table and wildcards of the rule.
        mosaics
            Method of a plan that returns the mosaics.
        """
        found = [names["mosaic"] for names in mosaics(tiles, wildcards)]
        return {mosaic: {"radius_pixels": self._radius(tiles, mosaic)} for mosaic in found}

    def _radius(self, tiles: pd.DataFrame, mosaic: str) -> float:
        """Return the matching radius of a mosaic."""
        match = self._config["match"]
        return radius_in_pixels(match, beam_pixels=self._beam(tiles, mosaic) if are_in_beams(match) else 0.0)

    def _beam(self, tiles: pd.DataFrame, mosaic: str) -> float:
        """Return the beam of a mosaic in pixels; cached for a tile table."""
        if self._tiles is not tiles:
            first = tiles.drop_duplicates("mosaic")
            self._tiles = tiles
            self._beams = dict(zip(first["mosaic"], first["beam_major_pixels"].astype(float), strict=True))
        return self._beams[mosaic]
