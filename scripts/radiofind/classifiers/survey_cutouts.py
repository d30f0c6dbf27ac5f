"""Make a labelled data set from the survey's own catalogues: cutouts around sources, labelled by rule.

Detections of one object in overlapping mosaics are one group, and so are sources on one island above the
mask: they are never in two splits. What else lies in a cutout may lie in another one too, unless cutouts are
masked.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from radiofind.classifiers import component_labels, morphology
from radiofind.classifiers.component_labels import label_components
from radiofind.classifiers.cutouts import Cutouts
from radiofind.classifiers.morphology import class_of, measure_morphology
from radiofind.classifiers.splits import split_of
from radiofind.classifiers.survey_sources import MosaicSources, group_on_sky, masked_batches

logger = logging.getLogger(__name__)

KINDS = ("components", "morphology")
IMAGES = ("fits", "masked")
SAME_SCALE = 1e-3
"""Largest relative difference between the pixels of mosaics in one data set."""


@dataclass(frozen=True)
class SurveySettings:
    """Which sources become cutouts, of which class, and what of the image they show."""

    kind: str
    """``components``: labels by `component_labels`; ``morphology``: by `morphology`."""
    size_pixels: int
    """Side of the cutouts."""
    classes: str = "two"
    """For ``components`` the set of classes, ``two`` or ``four``."""
    image: str = "fits"
    """``fits``: the image as it is; ``masked``: 0 below `mask_rms` and outside the source."""
    mask_rms: float = 4.0
    """Threshold of the mask in rms: of the images if masked, and of the rule of ``morphology``."""
    lowest_peak_snr: float = 5.0
    """Sources of lower peak_snr are left out."""
    least_flux: float = 0.0
    """For ``morphology``, sources of less flux above the mask are left out, Jy."""
    most_per_class: int = 10_000
    """Of classes with more sources so many are drawn."""
    seed: int = 1
    """Of that draw."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes, in the order of their labels."""
        if self.kind == "morphology":
            return morphology.CLASSES
        return component_labels.CLASSES[self.classes]


def cut_dataset(
    mosaics: Sequence[MosaicSources],
    settings: SurveySettings,
    *,
    validation_fraction: float,
    test_fraction: float,
    split_seed: int,
) -> Cutouts:
    """Return labelled cutouts of the sources of all mosaics.

    Parameters
    ----------
    mosaics
        The mosaics, one or more, with pixels of the same size.
    settings
        Which sources, which classes, which images.
    validation_fraction, test_fraction, split_seed
        See `splits.split_of`.

    Returns
    -------
    Cutouts
        In the order of the mosaics and of their catalogues; Jy/beam of the flat-noise image. `name` is the
        mosaic and the source_id with a stroke between; `group` is the source_id of one of the detections that
        are linked by distances of a beam or less, or by an island above `mask_rms` that
        joins them within a cutout.

    Raises
    ------
    ValueError
        When there is no mosaic, when a setting is not known, when pixels differ in size, or when a class has
        too few objects to be in all splits.
    """
    _check(mosaics, settings)
    scale = _common_scale(mosaics)
    sources = pd.concat([_label(mosaic, settings) for mosaic in mosaics], ignore_index=True)
    told = _told_counts(sources)
    sources = _draw(sources, settings)
    images, links = _cut(mosaics, sources, settings)
    beam = max(mosaic.header.beam.major_arcsec for mosaic in mosaics)
    sources["group"] = group_on_sky(sources, radius_arcsec=beam, links=links)
    n_splits = 1 + (validation_fraction > 0) + (test_fraction > 0)
    _check_classes(sources, settings, n_splits, f"{', '.join(mosaic.name for mosaic in mosaics)} ({told})")
    label = sources["class"].map(settings.class_names.index).to_numpy(np.uint8)
    group = sources["group"].to_numpy(dtype=str)
    split = split_of(
        label, group, validation_fraction=validation_fraction, test_fraction=test_fraction, seed=split_seed
    )
    _check_train(label, split, settings)
    return Cutouts(
        image=images,
        label=label,
        split=split,
        group=group,
        name=(sources["mosaic"] + "/" + sources["source_id"]).to_numpy(dtype=str),
        rms=sources["rms"].to_numpy(np.float32),
        classes=settings.class_names,
        pixel_arcsec=scale,
    )


def _check(mosaics: Sequence[MosaicSources], settings: SurveySettings) -> None:
    """Raise when there is no mosaic, or a setting is not known."""
    if not mosaics:
        raise ValueError("Expected one mosaic or more for a data set, received none")
    known = {"kind": KINDS, "image": IMAGES, "classes": tuple(component_labels.CLASSES)}
    for name, expected in known.items():
        received = getattr(settings, name)
        if received not in expected:
            raise ValueError(f"Expected {name} {' or '.join(expected)}, received {received!r}")


def _common_scale(mosaics: Sequence[MosaicSources]) -> float:
    """Return the side of the pixels of all mosaics in arcsec; raise when there are two."""
    first, *others = mosaics
    scale = first.header.pixel_arcsec
    for other in others:
        if abs(other.header.pixel_arcsec / scale - 1) > SAME_SCALE:
            raise ValueError(
                "Expected mosaics with pixels of one size in a data set, received "
                f"{scale:.6g} arcsec in {first.name} and {other.header.pixel_arcsec:.6g} in {other.name}"
            )
    return scale


def _label(mosaic: MosaicSources, settings: SurveySettings) -> pd.DataFrame:
    """Return the sources of a mosaic that are bright enough, with their classes or why they have none."""
    table = mosaic.catalogue.assign(mosaic=mosaic.name)
    bright = (table["peak_snr"] >= settings.lowest_peak_snr) & (table["rms"] > 0)
    whole = ~table["flags"].str.contains("island_cut").astype(bool)
    table = table[bright & whole].reset_index(drop=True)
    logger.info("%s: %d of %d sources are bright and whole", mosaic.name, len(table), len(mosaic.catalogue))
    if settings.kind == "components":
        return table.assign(**{"class": label_components(table, classes=settings.classes)})
    classes = np.full(len(table), morphology.FAINT, dtype=object)
    batches = masked_batches(mosaic, table, size_pixels=settings.size_pixels, mask_rms=settings.mask_rms)
    for batch in batches:
        pairs = zip(batch.masked, batch.hosts, strict=True)
        classes[batch.rows] = [_class_of_cutout(image, host, mosaic, settings) for image, host in pairs]
    return table.assign(**{"class": classes})


def _class_of_cutout(
    image: np.ndarray, host: np.ndarray, mosaic: MosaicSources, settings: SurveySettings
) -> str:
    """Return the class of a masked cutout."""
    shape = measure_morphology(
        image, host=host, pixel_arcsec=mosaic.header.pixel_arcsec, beam_arcsec=mosaic.beam_arcsec
    )
    return class_of(shape, least_flux=settings.least_flux)


def _told_counts(sources: pd.DataFrame) -> str:
    """Return, and log, how many sources are of each class and of what is left out."""
    counts = sources["class"].replace("", "no class").value_counts()
    told = ", ".join(f"{name} {number}" for name, number in counts.items()) or "no sources"
    logger.info("sources by class, in the data set or left out: %s", told)
    return told


def _check_classes(sources: pd.DataFrame, settings: SurveySettings, n_splits: int, place: str) -> None:
    """Raise when a class has not an object for each split."""
    for name in settings.class_names:
        objects = sources.loc[sources["class"] == name, "group"].nunique()
        if objects < n_splits:
            raise ValueError(
                f"Expected {n_splits} or more objects of each class, received {objects} of class {name} "
                f"above peak_snr {settings.lowest_peak_snr:g} in {place}"
            )


def _draw(sources: pd.DataFrame, settings: SurveySettings) -> pd.DataFrame:
    """Return the sources of the classes, of each at most so many, in their order."""
    kept = []
    for number, name in enumerate(settings.class_names):
        # In the order of their names, so that the draw does not depend on that of the rows.
        own = sources[sources["class"] == name].sort_values(["source_id", "mosaic"])
        drawn = np.random.default_rng([settings.seed, number]).permutation(len(own))
        kept.append(own.index[drawn[: settings.most_per_class]])
    return sources.loc[np.sort(np.concatenate(kept))].reset_index(drop=True)


def _check_train(label: np.ndarray, split: np.ndarray, settings: SurveySettings) -> None:
    """Raise when a class has no example to train on."""
    for number, name in enumerate(settings.class_names):
        if not ((label == number) & (split == "train")).any():
            received = f"none of the {(label == number).sum()} of class {name}"
            raise ValueError(f"Expected an example of each class in train, received {received}")


def _cut(
    mosaics: Sequence[MosaicSources], sources: pd.DataFrame, settings: SurveySettings
) -> tuple[np.ndarray, np.ndarray]:
    """Return the cutouts of all sources, and which pairs of sources are on one island."""
    size = settings.size_pixels
    images = np.zeros((len(sources), size, size), dtype=np.float32)
    links = [np.zeros((0, 2), dtype=int)]
    for mosaic in mosaics:
        place = np.flatnonzero(sources["mosaic"] == mosaic.name)
        table = sources.iloc[place]
        for batch in masked_batches(mosaic, table, size_pixels=size, mask_rms=settings.mask_rms):
            images[place[batch.rows]] = batch.masked if settings.image == "masked" else batch.images
            links.append(place[batch.links])
    return images, np.concatenate(links)
