"""What the class of a source is told from besides its catalogue."""

import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from radiofind.classifiers.sources.inputs import read_context
from radiofind.mosaics.images import ImageSource
from radiofind.tables import write_parquet

BEAM = 8.0


@pytest.fixture
def field(tmp_path, sky, write_fits):
    """A catalogue, its image, and two of its sources at half the frequency, with twice the flux."""
    catalogue = pd.DataFrame({"ra": [0.0, 0.01, 0.02], "dec": -30.0, "total_flux": [1.0, 2.0, 3.0]})
    other = catalogue.assign(total_flux=2 * catalogue["total_flux"])[::-1][:2]
    write_parquet(other, tmp_path / "other.parquet")
    first, second = (write_fits(sky.make((40, 40)), f"{name}.fits") for name in "ab")
    partner = ImageSource(second, frequency_hz=0.7e9, beam=(9.0, 4.0, 0.0))
    return catalogue, ImageSource(first), (tmp_path / "other.parquet", partner)


def test_one_frequency_tells_the_beam_alone(field):
    catalogue, image, _ = field
    found = read_context(catalogue, image, {})
    assert found == {"beam_arcsec": pytest.approx(BEAM), "spectral_index": None}
    elliptical = read_context(catalogue, replace(image, beam=(9.0, 4.0, 0.0)), {})
    assert elliptical["beam_arcsec"] == pytest.approx(6.0)


def test_two_frequencies_tell_the_spectral_index_of_what_is_in_both(field):
    catalogue, image, (path, partner) = field
    index = read_context(catalogue, image, {path: partner})["spectral_index"]
    assert index[1:] == pytest.approx(-1.0) and np.isnan(index[0])


def test_a_partner_of_the_same_frequency_tells_nothing(field):
    catalogue, image, (path, partner) = field
    assert (
        read_context(catalogue, image, {path: replace(partner, frequency_hz=1.4e9)})["spectral_index"] is None
    )


def test_a_higher_frequency_tells_the_index_as_a_lower_one_does(field):
    catalogue, image, (path, partner) = field
    index = read_context(catalogue, image, {path: replace(partner, frequency_hz=2.8e9)})["spectral_index"]
    assert index[1:] == pytest.approx(1.0)


def test_of_several_frequencies_the_most_different_one_tells_the_index(field):
    catalogue, image, (path, partner) = field
    others = []
    for number, hz in enumerate((1.4e9, 1.2e9, 2.8e9, 0.35e9, 2.0e9)):
        others.append((path.with_stem(f"other{number}"), replace(partner, frequency_hz=hz)))
        shutil.copy(path, others[-1][0])
    for several in (dict(others), dict(others[::-1])):
        index = read_context(catalogue, image, several)["spectral_index"]
        assert index[1:] == pytest.approx(-0.5)


@pytest.mark.parametrize("beam", [(9.0, 4.0, 0.0), (12.0, 12.0, 0.0)], ids=["smaller", "larger"])
def test_sources_are_the_same_within_half_the_larger_beam(field, beam):
    catalogue, image, (path, partner) = field
    reach = max(BEAM, np.sqrt(beam[0] * beam[1])) / 2
    for distance, same in ((0.95 * reach, True), (1.05 * reach, False)):
        moved = catalogue.assign(dec=catalogue["dec"] + distance / 3600)
        index = read_context(moved, image, {path: replace(partner, beam=beam)})["spectral_index"]
        assert np.isfinite(index[1:]).all() == same
