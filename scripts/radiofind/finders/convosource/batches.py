"""Draw the batches for the training of a network: whole patches, or random crops of the boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from radiofind.finders.convosource.binning import Grid, grid_of
from radiofind.finders.convosource.patches import PatchSet, Region
from radiofind.finders.convosource.recipes import Recipe
from radiofind.finders.convosource.targets import single_pixels
from radiofind.networks.orientations import turned

AGN = (1, 2)
"""Codes of the classes to which the augmentation ``extended`` applies (SS-AGN, FS-AGN)."""
PAPER_WAYS = (1, 2, 3, 4, 6)
"""Orientations of patches in the paper: three rotations, and mirrored left to right and top to bottom."""
FINAL_PART = 1 / 3
"""Last part of a training, which uses only mosaics with a validation box: the network is meant for those."""

Batch = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Input and target, shape (n, rows, columns, 1), and weights (n, rows, columns)."""


@dataclass(frozen=True)
class Example:
    """A box of a mosaic with the target of a network."""

    inputs: np.ndarray
    """2D float32 ndarray, scaled by the recipe."""
    target: np.ndarray
    """What the network is taught, same shape."""
    agn: np.ndarray
    """Whether the pixel contains an AGN, same shape."""
    grid: Grid
    """The lattice of bins in the mosaic."""
    final: bool
    """Whether the last part of a training draws from it."""


def example_of(region: Region, *, recipe: Recipe, factor: int, train_snr: float, final: bool) -> Example:
    """Return the input and the target of a network for a box of a mosaic.

    Parameters
    ----------
    region
        The box.
    recipe
        The recipe of the network.
    factor
        Pixels along the side of a bin.
    train_snr
        SNR above which truth is marked.
    final
        Whether the last part of the training draws from it.
    """
    grid = grid_of(region.box, factor)
    planes = (grid.bin(plane, region.box) for plane in (region.pixels, region.mean, region.rms))
    inputs = recipe.scale(*planes)
    truth = region.truth[region.truth["snr"] > train_snr]
    x, y = grid.to_bins(truth["x"].to_numpy(), truth["y"].to_numpy())
    agn = truth["code"].isin(AGN).to_numpy()
    pixels = single_pixels(inputs, x[agn], y[agn]) > 0
    return Example(inputs, recipe.target(inputs, x, y), pixels, grid, final)


@dataclass(frozen=True)
class CropBatches:
    """Random crops of the examples, randomly rotated and mirrored, for recipes that crop."""

    examples: Sequence[Example]
    """The examples, from each of which equally many crops are drawn."""
    recipe: Recipe
    """The recipe, which sets size and number of the crops."""
    augment: str
    """Crops to rotate and mirror at random: ``all``, those with an AGN (``extended``), or ``none``."""
    epochs: int
    """Epochs of the training."""
    batches_per_epoch: int
    """Batches in an epoch."""
    seed: int
    """Seed of the random crops."""

    def batch(self, epoch: int, index: int) -> Batch:
        """Return a batch, which depends only on the seed, the epoch and its index in the epoch."""
        rng = np.random.default_rng([self.seed, epoch, index])
        final = epoch >= self.epochs * (1 - FINAL_PART)
        examples = [example for example in self.examples if example.final or not final]
        crop = min(self.recipe.crop_pixels, *(side for one in self.examples for side in one.inputs.shape))
        drawn = [
            self._crop(examples[rng.integers(len(examples))], crop, rng) for _ in range(self.recipe.batch)
        ]
        inputs, target = (np.stack(part)[..., np.newaxis] for part in zip(*drawn, strict=True))
        return inputs, target, _inner_weights(len(drawn), crop, self.recipe.reach_pixels // 2)

    def _crop(self, example: Example, side: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return inputs and target of one random crop."""
        rows, columns = example.inputs.shape
        row, column = rng.integers(rows - side + 1), rng.integers(columns - side + 1)
        place = slice(row, row + side), slice(column, column + side)
        way = rng.integers(8)
        if self.augment == "none" or (self.augment == "extended" and not example.agn[place].any()):
            way = 0
        return turned(example.inputs[place], way), turned(example.target[place], way)


@dataclass(frozen=True)
class PatchBatches:
    """The patches in a new order in each epoch, some of them several times, for the recipe ``paper``."""

    inputs: np.ndarray
    """Scaled patches, shape (n, rows, columns)."""
    target: np.ndarray
    """Target probability, same shape."""
    copies: np.ndarray
    """Number of a patch and its orientation (see `orientations.turned`), shape (m, 2)."""
    batch_patches: int
    """Patches in a batch."""
    seed: int
    """Seed of the order."""

    @property
    def batches_per_epoch(self) -> int:
        """Batches in an epoch; the last one may be smaller."""
        return -(-len(self.copies) // self.batch_patches)

    def batch(self, epoch: int, index: int) -> Batch:
        """Return a batch, which depends only on the seed, the epoch and its index in the epoch."""
        order = np.random.default_rng([self.seed, epoch]).permutation(len(self.copies))
        chosen = self.copies[order[index * self.batch_patches : (index + 1) * self.batch_patches]]
        inputs = np.stack([turned(self.inputs[patch], way) for patch, way in chosen])[..., np.newaxis]
        target = np.stack([turned(self.target[patch], way) for patch, way in chosen])[..., np.newaxis]
        return inputs, target, np.ones(inputs.shape[:3], dtype=np.float32)


def patch_batches(patches: PatchSet, *, recipe: Recipe, augment: str, seed: int) -> PatchBatches:
    """Return the batches of the paper: each patch once, selected ones seven times (section 3.2 and code).

    Parameters
    ----------
    patches
        The patches of the train boxes.
    recipe
        The recipe of the network.
    augment
        Selected patches: ``none``, those with an AGN (``extended``), or ``all``.
    seed
        Seed of the order.

    Notes
    -----
    Selected patches are repeated unchanged, mirrored both ways, and rotated by 90, 180 and 270 degrees.
    """
    inputs = np.stack(
        [recipe.scale(*planes) for planes in zip(patches.image, patches.mean, patches.rms, strict=True)]
    )
    target = (patches.solution > 0).astype(np.float32)
    selected = {
        "none": np.zeros(len(inputs), dtype=bool),
        "extended": np.isin(patches.solution, AGN).any(axis=(1, 2)),
        "all": np.ones(len(inputs), dtype=bool),
    }[augment]
    ways = (0, *PAPER_WAYS)
    copies = [(patch, 0) for patch in range(len(inputs))]
    copies += [(patch, way) for patch in np.flatnonzero(selected) for way in ways]
    return PatchBatches(inputs, target, np.array(copies), recipe.batch, seed)


def _inner_weights(number: int, side: int, margin: int) -> np.ndarray:
    """Return weights that exclude the margin of crops, where the network sees zeros instead of sky."""
    weights = np.zeros((number, side, side), dtype=np.float32)
    margin = min(margin, (side - 1) // 2)
    weights[:, margin : side - margin, margin : side - margin] = 1
    return weights
