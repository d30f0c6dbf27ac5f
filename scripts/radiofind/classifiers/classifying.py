"""Classify the sources of a catalogue by their cutouts, with a trained network."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from radiofind.catalogues.class_columns import with_classes
from radiofind.classifiers.models import TrainedClassifier, read_classifier
from radiofind.classifiers.survey_sources import MosaicSources, masked_batches
from radiofind.json_files import read_json
from radiofind.mosaics.cutting import cutouts_in_batches
from radiofind.networks.backend import set_up

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class CutoutRecord:
    """The part of a training record about its cutouts."""

    cutout_pixels: int
    mask_rms: float | None
    """As in `SourceClassifier`."""

    def __post_init__(self) -> None:
        """Raise if a value is impossible for cutouts."""
        if self.cutout_pixels < 1:
            raise ValueError(f"cutout_pixels {self.cutout_pixels}")
        if self.mask_rms is not None and not 0 <= self.mask_rms < math.inf:
            raise ValueError(f"mask_rms {self.mask_rms}")


@dataclass(frozen=True)
class SourceClassifier:
    """A trained classifier, with the size and mask of its training cutouts."""

    network: TrainedClassifier
    """The network."""
    cutout_pixels: int
    """Side of the training cutouts."""
    mask_rms: float | None
    """Threshold of the mask of the training cutouts, in rms; None if unmasked."""

    def side_for(self, pixel_arcsec: float) -> int:
        """Return the side of cutouts of the same angular size, for a mosaic with this pixel size."""
        scale = self.network.pixel_arcsec / pixel_arcsec
        return math.ceil(self.cutout_pixels * (scale if np.isfinite(scale) else 1))


def read_source_classifier(network: str | Path, record: str | Path, *, threads: int) -> SourceClassifier:
    """Return a trained classifier, ready to be applied to catalogues.

    Parameters
    ----------
    network
        ``model.keras``.
    record
        ``model.json``, written with it.
    threads
        Threads of one operation, if it runs on a CPU.

    Raises
    ------
    ValueError
        If a file is invalid.
    """
    set_up(threads=threads, seed=0)
    classifier = read_classifier(network, record)
    known = read_json(record, CutoutRecord, what="the record of a classifier")
    if not np.isfinite(classifier.pixel_arcsec):
        logger.warning("%s: pixel size unknown: assuming that of the mosaics", record)
    return SourceClassifier(classifier, known.cutout_pixels, known.mask_rms)


def apply_classifier(mosaic: MosaicSources, classifier: SourceClassifier, *, name: str) -> pd.DataFrame:
    """Return the catalogue of a mosaic with its sources classified by a network.

    Parameters
    ----------
    mosaic
        The image and its sources. Sources of unknown noise get no class if the network was trained on masked
        cutouts.
    classifier
        The network.
    name
        Its name in the column ``classifier``.

    Returns
    -------
    pandas.DataFrame
        As from `class_columns.with_classes`.

    Raises
    ------
    ValueError
        If the pixel size of the mosaic, after binning, differs by more than a factor of 1.3 from that of the
        training.
    """
    catalogue, network = mosaic.catalogue, classifier.network
    probabilities = np.full((len(catalogue), len(network.classes)), np.nan)
    rms = catalogue["rms"].to_numpy(np.float32)
    for rows, images in _batches(mosaic, classifier):
        probabilities[rows] = network.predict_classes(images, rms[rows], mosaic.header.pixel_arcsec)
    classified = with_classes(catalogue, probabilities, network.classes, name)
    counts = [f"{n} {name or 'of no class'}" for name, n in classified["class"].value_counts().items()]
    logger.info("%s: %s", mosaic.name, ", ".join(counts) or "no sources")
    return classified


def _batches(mosaic: MosaicSources, classifier: SourceClassifier) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield rows of the catalogue with cutouts like those of the training."""
    table, size = mosaic.catalogue, classifier.side_for(mosaic.header.pixel_arcsec)
    if classifier.mask_rms is None:
        x, y = table["x"].to_numpy(), table["y"].to_numpy()
        for batch in cutouts_in_batches(mosaic.header, x, y, size_pixels=size):
            yield batch.rows, batch.images
        return
    known = np.flatnonzero(table["rms"] > 0)
    chosen = table.iloc[known].reset_index(drop=True)
    for batch in masked_batches(mosaic, chosen, size_pixels=size, mask_rms=classifier.mask_rms):
        yield known[batch.rows], batch.masked
