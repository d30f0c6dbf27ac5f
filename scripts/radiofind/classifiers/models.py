"""Read trained classifiers from their files: the network, and the record with its preparation and classes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from radiofind.classifiers.architectures.table import classifying_part
from radiofind.classifiers.preparation import Preparation, prepare
from radiofind.json_files import read_json
from radiofind.networks.backend import compiles_kernels
from radiofind.networks.lean_keras import keras
from radiofind.networks.orientations import turned
from radiofind.networks.records import check_keras
from radiofind.networks.saving import load_network

AT_ONCE = 256
"""Cutouts classified at once; few enough for the memory of a laptop."""

TOLERANCE = 1.3
"""Maximum ratio of the pixel sizes, after binning, of cutouts for one classifier."""


@dataclass(frozen=True)
class Record:
    """The part of a training record needed to use the network."""

    classes: tuple[str, ...]
    """Names of the classes, in the order of the outputs."""
    preparation: Preparation
    """Preparation of its input."""
    turns: int
    """Orientations over which its probabilities are averaged."""
    pixel_arcsec: float | None
    """Pixel size of the training cutouts; None if unknown."""
    keras: str
    """Version of Keras that wrote it."""


@dataclass(frozen=True)
class TrainedClassifier:
    """A trained network, ready to classify cutouts."""

    classes: tuple[str, ...]
    """Names of the classes, in the order of the probabilities."""
    preparation: Preparation
    """Preparation of its input."""
    turns: int
    """Orientations over which its probabilities are averaged."""
    pixel_arcsec: float
    """Pixel size of the training cutouts; NaN if unknown."""
    predict: Callable[[np.ndarray], np.ndarray]
    """Maps prepared cutouts (n, size, size, planes) to probabilities (n, n_classes)."""

    def predict_classes(
        self, images: np.ndarray, rms: np.ndarray | None, pixel_arcsec: float = np.nan
    ) -> np.ndarray:
        """Return the probability of each class.

        Parameters
        ----------
        images
            Cutouts, shape (n, rows, columns), in any unit linear in brightness.
        rms
            Noise in the same unit, shape (n,); NaN or None if unknown.
        pixel_arcsec
            Their pixel size; NaN for that of the training cutouts.

        Returns
        -------
        numpy.ndarray of float32, shape (n, n_classes)
            Sums to 1 for each cutout.

        Raises
        ------
        ValueError
            If no binning brings the pixel size close enough to that of the training.
        """
        inputs = prepare(images, rms, self._preparation_for(pixel_arcsec))
        return averaged(self.predict, inputs, n_classes=len(self.classes), turns=self.turns)

    def _preparation_for(self, pixel_arcsec: float) -> Preparation:
        """Return the preparation with a binning that matches the pixel size of the training."""
        if not np.isfinite(pixel_arcsec * self.pixel_arcsec):
            return self.preparation
        wanted = self.pixel_arcsec * self.preparation.binning
        binning = max(round(wanted / pixel_arcsec), 1)
        found = binning * pixel_arcsec
        if max(found / wanted, wanted / found) > TOLERANCE:
            raise ValueError(
                f"pixels of {pixel_arcsec:.3g} arcsec cannot be binned to the {wanted:.3g} arcsec of the "
                "classifier's training; train one on cutouts with such pixels"
            )
        return replace(self.preparation, binning=binning)


def averaged(
    predict: Callable[[np.ndarray], np.ndarray], inputs: np.ndarray, *, n_classes: int, turns: int
) -> np.ndarray:
    """Return the mean probabilities over orientations of prepared cutouts.

    Parameters
    ----------
    predict
        Maps (n, size, size, planes) to (n, n_classes).
    inputs
        Shape (n, size, size, planes).
    n_classes
        Number of classes.
    turns
        Number of orientations, 1 to 8: unchanged, rotated by multiples of 90 deg, then mirrored.

    Returns
    -------
    numpy.ndarray of float32, shape (n, n_classes)
        Sums to 1 for each cutout.
    """
    total = np.zeros((len(inputs), n_classes), dtype=np.float64)
    for start in range(0, len(inputs), AT_ONCE):
        part = inputs[start : start + AT_ONCE]
        for way in range(turns):
            total[start : start + AT_ONCE] += np.asarray(
                predict(np.ascontiguousarray(turned(part, way, axes=(1, 2))))
            )
    return (total / total.sum(axis=1, keepdims=True)).astype(np.float32)


def read_classifier(network: str | Path, record: str | Path) -> TrainedClassifier:
    """Return a trained classifier.

    Parameters
    ----------
    network
        The ``.keras`` file, of a member or of an ensemble.
    record
        The ``.json`` file that was written with it.

    Raises
    ------
    ValueError
        If a file is invalid, was made by another major version of Keras, or the two do not belong together.
    """
    known = read_json(record, Record, what="the record of a classifier")
    check_keras(known.keras, record, what="classifier")
    part = load_classifier(network)
    seen, found = known.preparation, (part.input_shape, part.output_shape)
    shape = (None, seen.size_pixels, seen.size_pixels, len(seen.planes))
    expected = shape, (None, len(known.classes))
    if found != expected:
        raise ValueError(f"{network}: expected a network with input and output {expected}, received {found}")
    part.compile(jit_compile=compiles_kernels())
    return TrainedClassifier(
        classes=known.classes,
        preparation=known.preparation,
        turns=known.turns,
        pixel_arcsec=np.nan if known.pixel_arcsec is None else known.pixel_arcsec,
        predict=part.predict_on_batch,
    )


def load_classifier(path: str | Path) -> keras.Model:
    """Return the classifying part of a network from a ``.keras`` file, in safe mode: no code in it is run.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    ValueError
        If it is not such a file, needs code to be loaded, or contains no classifier.
    """
    return classifying_part(load_member(path))


def load_member(path: str | Path) -> keras.Model:
    """Return a complete network, including any decoder, from a ``.keras`` file in safe mode.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    ValueError
        As for `load_classifier`.
    """
    network = load_network(path, what="classifier")
    missing = {"image", "probabilities"} - {layer.name for layer in network.layers}
    if missing:
        raise ValueError(f"{path}: not a classifier: it has no layer {' and '.join(sorted(missing))}")
    return network
