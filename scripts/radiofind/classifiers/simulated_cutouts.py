"""Make data sets of kind `simulated`: labelled cutouts of simulated galaxies."""

from __future__ import annotations

import numpy as np
import pandas as pd

from radiofind.classifiers.cutouts import Cutouts
from radiofind.classifiers.splits import split_of
from radiofind.simulation.galaxies import simulate_galaxies
from radiofind.simulation.galaxy_settings import GalaxySettings


def simulate_cutouts(settings: GalaxySettings) -> Cutouts:
    """Return labelled cutouts of simulated galaxies, ordered by class.

    Parameters
    ----------
    settings
        The settings.
    """
    images, objects = simulate_galaxies(settings)
    label = pd.Categorical(objects["class"], categories=settings.classes).codes.astype(np.uint8)
    name = objects["name"].to_numpy(dtype=str)
    fractions = {"validation_fraction": settings.validation_fraction, "test_fraction": settings.test_fraction}
    return Cutouts(
        image=images,
        label=label,
        split=split_of(label, name, **fractions, seed=settings.split_seed),
        group=name,
        name=name,
        rms=np.full(len(images), settings.rms_jy_per_beam, dtype=np.float32),
        classes=tuple(settings.classes),
        pixel_arcsec=settings.pixel_arcsec,
    )
