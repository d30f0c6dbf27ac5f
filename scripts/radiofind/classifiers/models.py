"""Trained classifiers as files: the network, and the record that says what it sees and what it tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np

from radiofind.classifiers.architectures.table import classifying_part
from radiofind.classifiers.preparation import Preparation, prepare
from radiofind.json_files import read_json
from radiofind.networks.backend import compiles_kernels
from radiofind.networks.orientations import turned
from radiofind.networks.records import check_keras
from radiofind.networks.saving import load_network

AT_ONCE = 256
"""Cutouts that are classified at once; few enough for the memory of a laptop."""

TOLERANCE = 1.3
"""Largest ratio of the pixels, after binning, of cutouts that one classifier may see."""


@dataclass(frozen=True)
class Record:
    """What is needed of the record of a training to use its network."""

    classes: tuple[str, ...]
    """In the order of its outputs."""
    preparation: Preparation
    """How cutouts become its inputs."""
    turns: int
    """Orientations over which its probabilities are averaged."""
    pixel_arcsec: float | None
    """Side of the pixels that it was trained on; None where it is not known."""
    keras: str
    """Version that made it."""


@dataclass(frozen=True)
class TrainedClassifier:
    """A network that is ready to tell classes."""

    classes: tuple[str, ...]
    """Names of the classes, in the order of the probabilities."""
    preparation: Preparation
    """What it sees of a cutout."""
    turns: int
    """Orientations over which its probabilities are averaged."""
    pixel_arcsec: float
    """Side of a pixel of the cutouts that it was trained on; NaN where unknown."""
    predict: Callable[[np.ndarray], np.ndarray]
    """From (n, size, size, planes) prepared cutouts to probabilities (n, n_classes)."""

    def predict_classes(
        self, images: np.ndarray, rms: np.ndarray | None, pixel_arcsec: float = np.nan
    ) -> np.ndarray:
        """Return the probability of each class.

        Parameters
        ----------
        images
            Cutouts, shape (n, rows, columns), in any unit linear in brightness.
        rms
            Noise in the same unit, shape (n,); NaN, or None, where unknown.
        pixel_arcsec
            Side of their pixels; NaN: that of the cutouts of the training.

        Returns
        -------
        numpy.ndarray of float32, shape (n, n_classes)
            Sums to 1 for each cutout.

        Raises
        ------
        ValueError
            When the pixels cannot be binned to about those of the training.
        """
        inputs = prepare(images, rms, self._preparation_for(pixel_arcsec))
        return averaged(self.predict, inputs, n_classes=len(self.classes), turns=self.turns)

    def _preparation_for(self, pixel_arcsec: float) -> Preparation:
        """Return the preparation by which the network sees pixels as large as in its training."""
        if not np.isfinite(pixel_arcsec * self.pixel_arcsec):
            return self.preparation
        wanted = self.pixel_arcsec * self.preparation.binning
        binning = max(round(wanted / pixel_arcsec), 1)
        found = binning * pixel_arcsec
        if max(found / wanted, wanted / found) > TOLERANCE:
            raise ValueError(
                f"Expected pixels that can be binned to {wanted:.3g} arcsec, as in the training of the "
                f"classifier, received {pixel_arcsec:.3g} arcsec; train one on cutouts with such pixels"
            )
        return replace(self.preparation, binning=binning)


def averaged(
    predict: Callable[[np.ndarray], np.ndarray], inputs: np.ndarray, *, n_classes: int, turns: int
) -> np.ndarray:
    """Return the mean probabilities over orientations of prepared cutouts.

    Parameters
    ----------
    predict
        From (n, size, size, planes) to (n, n_classes).
    inputs
        Shape (n, size, size, planes).
    n_classes
        Number of classes.
    turns
        Orientations: as they are, then by quarter turns, then mirrored; 1 to 8.

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
        When a file is not what it should be, was made by another major version of Keras, or the two do not
        belong together.
    """
    known = read_json(record, Record, what="the record of a classifier")
    check_keras(known.keras, record, what="classifier")
    part = load_classifier(network)
    seen, found = known.preparation, (part.input_shape, part.output_shape)
    shape = (None, seen.size_pixels, seen.size_pixels, len(seen.planes))
    expected = shape, (None, len(known.classes))
    if found != expected:
        raise ValueError(f"{network}: expected a network from and to {expected}, received {found}")
    part.compile(jit_compile=compiles_kernels())
    return TrainedClassifier(
        classes=known.classes,
        preparation=known.preparation,
        turns=known.turns,
        pixel_arcsec=np.nan if known.pixel_arcsec is None else known.pixel_arcsec,
        predict=part.predict_on_batch,
    )


def load_classifier(path: str | Path) -> keras.Model:
    """Return the part of a network in a ``.keras`` file that classifies; in safe mode, nothing in it is run.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    ValueError
        When it is not such a file, needs code to be loaded, or holds no classifier.
    """
    return classifying_part(load_member(path))


def load_member(path: str | Path) -> keras.Model:
    """Return a network as it was trained, perhaps with a decoder, from a ``.keras`` file in safe mode.

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
        received = f"one without a layer {', '.join(sorted(missing))}"
        raise ValueError(f"{path}: expected a classifier in a .keras file, received: {received}")
    return network
