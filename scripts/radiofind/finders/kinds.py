"""The kinds of finders. A new kind is a row here, a schema, a rules file and a script."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """The properties of a kind of finder."""

    searches_tiles: bool = True
    """Whether it searches the pixels of tiles rather than catalogues."""
    keeps_components: bool = False
    """Whether it also makes a catalogue of Gaussian components."""
    gives_scores: bool = False
    """Whether it gives each detection a probability of being real."""
    fits_fluxes: bool = False
    """Whether it fits fluxes; a combined catalogue prefers the fluxes of such finders."""
    trained_on: tuple[str, ...] = ()
    """Columns of the sheet that a training set needs, in one mosaic or more, for a kind that is trained."""
    model_suffix: str = ""
    """Suffix of the file of a trained model."""


KINDS: Mapping[str, Kind] = {
    "pybdsf": Kind(keeps_components=True, fits_fluxes=True),
    "peaks": Kind(),
    "convosource": Kind(
        gives_scores=True,
        fits_fluxes=True,
        trained_on=("truth", "train_box", "validation_box"),
        model_suffix=".keras",
    ),
    "combined": Kind(
        searches_tiles=False,
        gives_scores=True,
        trained_on=("truth", "validation_box"),
        model_suffix=".json",
    ),
}
"""The kinds by their names in the configuration."""

OF_TILES = tuple(name for name, kind in KINDS.items() if kind.searches_tiles)
WITH_COMPONENTS = tuple(name for name, kind in KINDS.items() if kind.keeps_components)
WITH_SCORES = tuple(name for name, kind in KINDS.items() if kind.gives_scores)
WITH_FITTED_FLUXES = tuple(name for name, kind in KINDS.items() if kind.fits_fluxes)
"""Names of the kinds with each property, in the order of the table."""
