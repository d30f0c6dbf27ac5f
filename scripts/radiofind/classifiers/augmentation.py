"""Make batches of cutouts for training, randomly rotated, mirrored, shifted and rescaled.

The random numbers of a batch depend only on seed, epoch and index in the epoch: after an interruption the
same batches are made again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import affine_transform

ORDER, CHANGES = 0, 1
"""Purposes of the random numbers of an epoch."""


@dataclass(frozen=True)
class Augmentation:
    """Random changes to a cutout that affect neither its class nor its brightness."""

    rotate: bool = True
    """Rotate by any angle, as no direction on the sky is special."""
    flip: bool = True
    """Mirror half of the cutouts."""
    shift_pixels: int = 0
    """Maximum shift along each axis, whole pixels."""
    scale: float = 0.0
    """Maximum relative change of size (0: none)."""

    def __post_init__(self) -> None:
        if self.shift_pixels < 0 or not 0 <= self.scale < 1:
            raise ValueError(
                "shift_pixels must be at least 0 and scale from 0 to below 1, "
                f"not {self.shift_pixels} and {self.scale}"
            )


def augment(
    images: np.ndarray,
    augmentation: Augmentation,
    generator: np.random.Generator,
    *,
    planes: Sequence[int] = (1,),
) -> np.ndarray:
    """Return randomly changed images, each by a single bilinear interpolation.

    Parameters
    ----------
    images
        Shape (n, rows, columns) or (n, rows, columns, planes).
    augmentation
        The allowed changes.
    generator
        Source of random numbers; each image takes five, whatever the changes.
    planes
        Sky shown by each plane, relative to the first; shifts are smaller in planes that show more.

    Returns
    -------
    numpy.ndarray of float32
        Same shape, with 0 outside the original image.
    """
    stack = np.asarray(images, dtype=np.float32).reshape(*images.shape[:3], len(planes))
    turned, moved = _affine(generator.uniform(size=(5, len(stack))), augmentation)
    changed = [
        _resampled(np.ascontiguousarray(stack[..., place]), turned, moved / wide)
        for place, wide in enumerate(planes)
    ]
    return np.stack(changed, axis=-1).reshape(images.shape)


class CutoutBatches:
    """Batches of the training cutouts (see `training.Batches`), each cutout once per epoch."""

    def __init__(
        self,
        images: np.ndarray,
        label: np.ndarray,
        *,
        n_classes: int,
        batch_size: int,
        seed: int,
        augmentation: Augmentation | None = None,
        balanced: bool = False,
        planes: Sequence[int] = (1,),
    ) -> None:
        """Take the rows of train only: everything passed here is used for training.

        Parameters
        ----------
        images
            Prepared, shape (n, size, size, planes).
        label
            Index of the class, shape (n,).
        n_classes
            Number of classes.
        batch_size
            Largest number of images in a batch; the batches of an epoch differ by one at most.
        seed
            Seed of order and augmentation.
        augmentation
            The allowed changes; None for no changes.
        balanced
            Whether to weight rows such that all classes have equal weight.
        planes
            As for `augment`.

        Raises
        ------
        ValueError
            If there are no images, images and labels differ in number, or a label is not a class.
        """
        label = np.asarray(label).astype(int)
        if not len(images) or label.shape != (len(images),):
            raise ValueError(
                f"there must be a label for each image, not {len(images)} images and labels of shape "
                f"{label.shape}"
            )
        if batch_size < 1 or label.min() < 0 or label.max() >= n_classes:
            raise ValueError(
                f"batch_size must be at least 1 and labels from 0 to {n_classes - 1}, "
                f"not {batch_size} and {label.min()} to {label.max()}"
            )
        self._images, self._label, self._seed = images, label, seed
        self._augmentation, self._planes = augmentation, tuple(planes)
        self._targets = np.eye(n_classes, dtype=np.float32)
        self._weights = _class_weights(label, n_classes) if balanced else np.ones(n_classes, np.float32)
        self.batches_per_epoch = -(-len(images) // batch_size)
        """Number of batches in an epoch."""

    def batch(self, epoch: int, index: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return inputs, targets and weights of a batch, reproducible for the same epoch and index.

        Parameters
        ----------
        epoch, index
            Counted from 0.

        Returns
        -------
        inputs : numpy.ndarray of float32, shape (batch, size, size, planes)
            Images.
        targets : numpy.ndarray of float32, shape (batch, n_classes)
            1 for the class of an image and 0 for the others.
        weights : numpy.ndarray of float32, shape (batch,)
            1 on average over all rows.
        """
        order = self._generator(epoch, ORDER).permutation(len(self._images))
        rows = np.array_split(order, self.batches_per_epoch)[index]
        images = np.asarray(self._images[rows], dtype=np.float32)
        if self._augmentation:
            generator = self._generator(epoch, CHANGES, index)
            images = augment(images, self._augmentation, generator, planes=self._planes)
        return images, self._targets[self._label[rows]], self._weights[self._label[rows]]

    def _generator(self, epoch: int, *purpose: int) -> np.random.Generator:
        """Return an independent random generator for a purpose in an epoch."""
        # As a spawn key: seeds are padded with zeros, so that [1, 2] and [1, 2, 0] would be equal.
        return np.random.default_rng(np.random.SeedSequence([self._seed, epoch], spawn_key=purpose))


def _class_weights(label: np.ndarray, n_classes: int) -> np.ndarray:
    """Return the weight of each class, inverse to its number of rows; 1 on average over rows."""
    counts = np.bincount(label, minlength=n_classes)
    return (len(label) / np.maximum(counts, 1) / np.count_nonzero(counts)).astype(np.float32)


def _affine(draws: np.ndarray, augmentation: Augmentation) -> tuple[np.ndarray, np.ndarray]:
    """Return the maps from new to old pixels: matrices (n, 2, 2), and shifts applied first (n, 2)."""
    angle, mirror, zoom, *shift = draws
    angle = 2 * np.pi * angle * augmentation.rotate
    sign = np.where((mirror < 0.5) & augmentation.flip, -1.0, 1.0)
    size = 1 + augmentation.scale * (2 * zoom - 1)
    turned = np.array([[np.cos(angle), -np.sin(angle) * sign], [np.sin(angle), np.cos(angle) * sign]]) / size
    widest = augmentation.shift_pixels
    moved = np.floor(np.array(shift) * (2 * widest + 1)) - widest
    return np.moveaxis(turned, 2, 0), moved.T


def _resampled(images: np.ndarray, matrix: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """Return images (n, rows, columns) transformed around their middle, by bilinear interpolation."""
    middle = (np.array(images.shape[1:]) - 1) / 2
    new = np.empty_like(images)
    for number, (turned, moved) in enumerate(zip(matrix, shift, strict=True)):
        # grid-constant also interpolates between the last pixel and the outside.
        affine_transform(
            images[number],
            turned,
            offset=middle - turned @ (middle + moved),
            output=new[number],
            order=1,
            mode="grid-constant",
        )
    return new
