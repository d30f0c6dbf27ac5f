"""Make a labelled data set from the survey's own catalogues: cutouts around sources, labelled by a rule.

Detections of one object in overlapping mosaics form a group, as do sources on one island of the mask:
groups are never in two splits. Other sources may appear in several cutouts, unless cutouts are masked.
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
"""Maximum relative difference between the pixel sizes of mosaics in one data set."""


@dataclass(frozen=True)
class SurveySettings:
    """The sources to cut out, their labelling rule, and masking."""

    kind: str
    """``components``: labels by `component_labels`; ``morphology``: by `morphology`."""
    size_pixels: int
    """Side of the cutouts."""
    classes: str = "two"
    """For ``components`` the set of classes, ``two`` or ``four``."""
    image: str = "fits"
    """``fits``: the unchanged image; ``masked``: 0 below `mask_rms` and outside the source."""
    mask_rms: float = 4.0
    """Threshold in rms of the mask, for masked images and for the rule of ``morphology``."""
    lowest_peak_snr: float = 5.0
    """Sources with a lower peak_snr are left out."""
    least_flux: float = 0.0
    """For ``morphology``, sources with less flux (Jy) above the mask are left out."""
    most_per_class: int = 10_000
    """Maximum number of sources per class, drawn at random."""
    seed: int = 1
    """Seed of that draw."""

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
        The mosaics, one or more, with the same pixel size.
    settings
        Sources, labelling rule and masking.
    validation_fraction, test_fraction, split_seed
        See `splits.split_of`.

    Returns
    -------
    Cutouts
        In the order of the mosaics and their catalogues; Jy/beam of the flat-noise image. `name` is
        ``{mosaic}/{source_id}``; `group` is the source_id of one of the detections linked by distances of a
        beam or less, or by an island above `mask_rms` within a cutout.

    Raises
    ------
    ValueError
        If there is no mosaic, a setting is unknown, pixel sizes differ, or a class has too few objects for
        all splits.
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
    """Raise if there is no mosaic, or a setting is unknown."""
    if not mosaics:
        raise ValueError("no mosaic can be read: nothing to cut the data set from")
    known = {"kind": KINDS, "image": IMAGES, "classes": tuple(component_labels.CLASSES)}
    for name, expected in known.items():
        received = getattr(settings, name)
        if received not in expected:
            raise ValueError(f"Expected {name} {' or '.join(expected)}, received {received!r}")


def _common_scale(mosaics: Sequence[MosaicSources]) -> float:
    """Return the common pixel size of all mosaics in arcsec; raise if they differ."""
    first, *others = mosaics
    scale = first.header.pixel_arcsec
    for other in others:
        if abs(other.header.pixel_arcsec / scale - 1) > SAME_SCALE:
            raise ValueError(
                "the mosaics of a data set must have one pixel size, but it is "
                f"{scale:.6g} arcsec in {first.name} and {other.header.pixel_arcsec:.6g} in {other.name}"
            )
    return scale


def _label(mosaic: MosaicSources, settings: SurveySettings) -> pd.DataFrame:
    """Return the sufficiently bright sources of a mosaic, with their classes or reasons for having none."""
    table = mosaic.catalogue.assign(mosaic=mosaic.name)
    bright = (table["peak_snr"] >= settings.lowest_peak_snr) & (table["rms"] > 0)
    whole = ~table["flags"].str.contains("island_cut").astype(bool)
    table = table[bright & whole].reset_index(drop=True)
    logger.info("%s: %d of %d sources are bright and uncut", mosaic.name, len(table), len(mosaic.catalogue))
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
    """Return and log the number of sources per class and per reason to leave them out."""
    counts = sources["class"].replace("", "no class").value_counts()
    told = ", ".join(f"{name} {number}" for name, number in counts.items()) or "no sources"
    logger.info("sources by class, in the data set or left out: %s", told)
    return told


def _check_classes(sources: pd.DataFrame, settings: SurveySettings, n_splits: int, place: str) -> None:
    """Raise if a class has too few objects for all splits."""
    for name in settings.class_names:
        objects = sources.loc[sources["class"] == name, "group"].nunique()
        if objects < n_splits:
            raise ValueError(
                f"class {name} has {objects} objects above peak_snr {settings.lowest_peak_snr:g}, but needs "
                f"{n_splits} or more, in {place}"
            )


def _draw(sources: pd.DataFrame, settings: SurveySettings) -> pd.DataFrame:
    """Return at most `most_per_class` sources of each class, in their order."""
    kept = []
    for number, name in enumerate(settings.class_names):
        # Sorted by name, so that the draw does not depend on the order of the rows.
        own = sources[sources["class"] == name].sort_values(["source_id", "mosaic"])
        drawn = np.random.default_rng([settings.seed, number]).permutation(len(own))
        kept.append(own.index[drawn[: settings.most_per_class]])
    return sources.loc[np.sort(np.concatenate(kept))].reset_index(drop=True)


def _check_train(label: np.ndarray, split: np.ndarray, settings: SurveySettings) -> None:
    """Raise if a class has no example in train."""
    for number, name in enumerate(settings.class_names):
        if not ((label == number) & (split == "train")).any():
            found = f"none of the {(label == number).sum()} cutouts of class {name}"
            raise ValueError(f"{found} is in train; lower test_fraction or validation_fraction")


def _cut(
    mosaics: Sequence[MosaicSources], sources: pd.DataFrame, settings: SurveySettings
) -> tuple[np.ndarray, np.ndarray]:
    """Return the cutouts of all sources, and the pairs of sources on one island."""
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
