"""Simulated galaxies as a labelled data set."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from radiofind.classifiers.simulated_cutouts import simulate_cutouts
from radiofind.simulation.galaxies import simulate_galaxies
from radiofind.simulation.galaxy_settings import GalaxySettings


def test_same_seed_gives_the_same_bytes_and_another_seed_does_not():
    settings = GalaxySettings(images_per_class=5)
    first, again = simulate_cutouts(settings), simulate_cutouts(settings)
    assert first.image.tobytes() == again.image.tobytes()
    assert (first.split == again.split).all()
    assert not np.array_equal(first.image, simulate_cutouts(replace(settings, seed=2)).image)


def test_cutouts_are_labelled_in_the_order_of_the_classes():
    settings = GalaxySettings(classes=["compact", "FRII"], images_per_class=20, size_pixels=48)
    cutouts, (_, objects) = simulate_cutouts(settings), simulate_galaxies(settings)
    assert cutouts.classes == ("compact", "FRII")
    assert [cutouts.classes[label] for label in cutouts.label] == objects["class"].tolist()
    assert cutouts.image.shape == (40, 48, 48) and np.isfinite(cutouts.image).all()
    assert (cutouts.image.dtype, cutouts.label.dtype, cutouts.rms.dtype) == ("float32", "uint8", "float32")
    assert len(set(cutouts.group)) == 40 and set(cutouts.split) == {"train", "valid", "test"}
    assert (cutouts.rms == np.float32(1.5e-4)).all() and cutouts.pixel_arcsec == 1.8
