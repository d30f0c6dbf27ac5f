"""Batches of cutouts for training, which are turned, mirrored, shifted and rescaled on the fly.

The random numbers of a batch depend on seed, epoch and place in the epoch alone: after an interruption the
same batches come again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import affine_transform

ORDER, CHANGES = 0, 1
"""What the random numbers of an epoch are for."""


@dataclass(frozen=True)
class Augmentation:
    """What may be done to a cutout, which changes neither its class nor its brightness."""

    rotate: bool = True
    """Turned by any angle: no direction on the sky is another one."""
    flip: bool = True
    """Mirrored, one of two."""
    shift_pixels: int = 0
    """Moved by at most so many whole pixels along each axis."""
    scale: float = 0.0
    """Largest relative change of size (0: none)."""

    def __post_init__(self) -> None:
        if self.shift_pixels < 0 or not 0 <= self.scale < 1:
            raise ValueError(
                "Expected shift_pixels of at least 0 and scale from 0 to below 1, "
                f"received {self.shift_pixels} and {self.scale}"
            )


def augment(
    images: np.ndarray,
    augmentation: Augmentation,
    generator: np.random.Generator,
    *,
    planes: Sequence[int] = (1,),
) -> np.ndarray:
    """Return images that are changed at random, each in its own way, by one bilinear interpolation.

    Parameters
    ----------
    images
        Shape (n, rows, columns) or (n, rows, columns, planes).
    augmentation
        What may be done to them.
    generator
        Source of the random numbers; each image takes five, whatever is done to it.
    planes
        How much sky each plane shows, in terms of the first; a shift is smaller in one that shows more.

    Returns
    -------
    numpy.ndarray of float32
        Of the same shape, with 0 where nothing was seen.
    """
    stack = np.asarray(images, dtype=np.float32).reshape(*images.shape[:3], len(planes))
    turned, moved = _affine(generator.uniform(size=(5, len(stack))), augmentation)
    changed = [
        _resampled(np.ascontiguousarray(stack[..., place]), turned, moved / wide)
        for place, wide in enumerate(planes)
    ]
    return np.stack(changed, axis=-1).reshape(images.shape)


class CutoutBatches:
    """Batches of the cutouts of train (see `training.Batches`), each of them once an epoch."""

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
        """Take the rows of train, and no others: whatever is given here is trained on.

        Parameters
        ----------
        images
            Prepared, shape (n, size, size, planes).
        label
            Place of the class, shape (n,).
        n_classes
            Number of classes.
        batch_size
            Largest number of images in a batch; the batches of an epoch differ by one at most.
        seed
            Of order and augmentation.
        augmentation
            What may be done to the images; nothing when None.
        balanced
            Whether rows weigh such that all classes weigh the same.
        planes
            As for `augment`.

        Raises
        ------
        ValueError
            When there are no images, not one label for each, or a label that is not one of the classes.
        """
        label = np.asarray(label).astype(int)
        if not len(images) or label.shape != (len(images),):
            raise ValueError(
                f"Expected images and a label for each, received {len(images)} images and labels of "
                f"shape {label.shape}"
            )
        if batch_size < 1 or label.min() < 0 or label.max() >= n_classes:
            raise ValueError(
                f"Expected a batch_size of at least 1 and labels from 0 to {n_classes - 1}, "
                f"received {batch_size} and {label.min()} to {label.max()}"
            )
        self._images, self._label, self._seed = images, label, seed
        self._augmentation, self._planes = augmentation, tuple(planes)
        self._targets = np.eye(n_classes, dtype=np.float32)
        self._weights = _class_weights(label, n_classes) if balanced else np.ones(n_classes, np.float32)
        self.batches_per_epoch = -(-len(images) // batch_size)
        """Batches in an epoch."""

    def batch(self, epoch: int, index: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return inputs, targets and weights of a batch, the same for the same two numbers.

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
        """Return a source of random numbers of its own."""
        # As a key: numbers of a seed are filled up with zeros, so that [1, 2] and [1, 2, 0] are the same.
        return np.random.default_rng(np.random.SeedSequence([self._seed, epoch], spawn_key=purpose))


def _class_weights(label: np.ndarray, n_classes: int) -> np.ndarray:
    """Return a weight for each class, the lower the more rows it has; 1 on average over rows."""
    counts = np.bincount(label, minlength=n_classes)
    return (len(label) / np.maximum(counts, 1) / np.count_nonzero(counts)).astype(np.float32)


def _affine(draws: np.ndarray, augmentation: Augmentation) -> tuple[np.ndarray, np.ndarray]:
    """Return what leads from a new pixel to an old one: matrices (n, 2, 2) and shifts before them (n, 2)."""
    angle, mirror, zoom, *shift = draws
    angle = 2 * np.pi * angle * augmentation.rotate
    sign = np.where((mirror < 0.5) & augmentation.flip, -1.0, 1.0)
    size = 1 + augmentation.scale * (2 * zoom - 1)
    turned = np.array([[np.cos(angle), -np.sin(angle) * sign], [np.sin(angle), np.cos(angle) * sign]]) / size
    widest = augmentation.shift_pixels
    moved = np.floor(np.array(shift) * (2 * widest + 1)) - widest
    return np.moveaxis(turned, 2, 0), moved.T


def _resampled(images: np.ndarray, matrix: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """Return images (n, rows, columns) turned around their middle and moved, by bilinear interpolation."""
    middle = (np.array(images.shape[1:]) - 1) / 2
    new = np.empty_like(images)
    for number, (turned, moved) in enumerate(zip(matrix, shift, strict=True)):
        # grid-constant: between the last pixel and nothing, too, is interpolated.
        affine_transform(
            images[number],
            turned,
            offset=middle - turned @ (middle + moved),
            output=new[number],
            order=1,
            mode="grid-constant",
        )
    return new
