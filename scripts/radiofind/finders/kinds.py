"""The kinds of finders. A new kind is a row here, a schema, a rules file and a script."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """What is so of all finders of a kind."""

    searches_tiles: bool = True
    """Whether it searches the pixels of tiles; the others work on catalogues."""
    keeps_components: bool = False
    """Whether the Gaussians of its sources are a catalogue of their own."""
    gives_scores: bool = False
    """Whether it says how likely each detection is a source."""
    fits_fluxes: bool = False
    """Whether its fluxes are fitted; a combined catalogue takes them from such a finder if it can."""
    trained_on: tuple[str, ...] = ()
    """Columns of the sheet that a mosaic of a training set must have, for a kind that learns."""
    model_suffix: str = ""
    """What it has learned is stored in a file with this suffix."""


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
"""By the name that the configuration uses."""

OF_TILES = tuple(name for name, kind in KINDS.items() if kind.searches_tiles)
WITH_COMPONENTS = tuple(name for name, kind in KINDS.items() if kind.keeps_components)
WITH_SCORES = tuple(name for name, kind in KINDS.items() if kind.gives_scores)
WITH_FITTED_FLUXES = tuple(name for name, kind in KINDS.items() if kind.fits_fluxes)
"""Names of kinds, in the order of the table."""
