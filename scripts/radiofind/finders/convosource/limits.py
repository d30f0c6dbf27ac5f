"""Where a trained network may be used: the beams it knows, and the halo it needs.

A job checks it before it searches, and `index_tiles` before there are such jobs, without Keras.
"""

from __future__ import annotations

from radiofind.mosaics.tiles import Tile

GENERAL = "general"
"""The network that ships with radiofind, as `model` of a finder."""
TOLERANCE = {"paper": 1.3, "default": 1.3, "deepsource": 1.3, "general": 1.5}
"""Largest ratio between the width of a beam in pixels (after binning) and that of the training, by recipe.
With 1.5 some binning fits every beam that is not too narrow."""

SCALINGS = {
    "paper": "jansky_times_1e7",
    **dict.fromkeys(("default", "deepsource", "general"), "asinh_of_snr"),
}
"""Input scaling of each recipe."""
REACH_PIXELS = {"paper": 6, "default": 13, "deepsource": 10, "general": 13}
"""Radius of the receptive field of each recipe's network, in its pixels."""


class ModelError(ValueError):
    """A network that does not suit an image or the tiling; the tile is not to blame."""


def fitting_factor(width_pixels: float, *, wanted: float, recipe: str, image: object) -> int:
    """Return the side of a bin in pixels with which the beam is as wide as in the training of a network.

    Parameters
    ----------
    width_pixels
        Width of the beam (see `binning.pixels_per_beam`).
    wanted
        Width of the beam in the training, in pixels of the network.
    recipe
        The recipe of the network.
    image
        The image, for the error message.

    Raises
    ------
    ModelError
        If the width remains wrong by more than the recipe tolerates.
    """
    factor = max(round(width_pixels / wanted), 1)
    found = width_pixels / factor
    if max(found / wanted, wanted / found) > TOLERANCE[recipe]:
        before = f" ({width_pixels:.2f} before binning)" if factor > 1 else ""
        raise ModelError(
            f"{image}: expected a beam of {wanted:.2f} pixels as in training, received {found:.2f}{before}; "
            "train a network for this image"
        )
    return factor


def check_halo(tile: Tile, *, reach_pixels: int, factor: int, image: object) -> None:
    """Raise an error if the halo of a tile is narrower than the receptive field of a network.

    Parameters
    ----------
    tile
        The tile; a mosaic of one tile has no halo, and needs none.
    reach_pixels
        Radius of the receptive field, in pixels of the network.
    factor
        Side of a bin (see `fitting_factor`).
    image
        The image, for the error message.

    Raises
    ------
    ModelError
        If the halo is too narrow.
    """
    core, box, needed = tile.core, tile.box, (reach_pixels + 1) * factor
    widest = max(core.x0 - box.x0, box.x1 - core.x1, core.y0 - box.y0, box.y1 - core.y1)
    if 0 < widest < needed:
        binned = f" (bins of {factor} x {factor} pixels)" if factor > 1 else ""
        raise ModelError(
            f"{image}: expected tiling.halo_pixels or halo_beams to give at least {needed} pixels{binned}, "
            f"received {widest}; the network sees that far"
        )
