"""Features come from the columns of a catalogue, and do not depend on its beam or on what is not known."""

import numpy as np
import pandas as pd
import pytest

from radiofind.classifiers.sources.features import FEATURES, features_of
from radiofind.evaluation.spectral_index import spectral_index_of

LOW, HIGH = 560e6, 1400e6
BOTH = {"frequencies_hz": (LOW, HIGH), "radius_arcsec": 1.0}


def catalogue(ra, dec, total, **columns):
    table = pd.DataFrame({"ra": ra, "dec": dec, "total_flux": total}).astype(float)
    return table.assign(**({"peak_flux": 1.0, "major": 2.0, "minor": 2.0} | columns))


def test_features_are_what_they_are_called():
    table = catalogue([0, 1], [0, 0], [0.1, 10], peak_flux=[0.1, 1.0], major=[6.0, 60], minor=[3.0, 60])
    features = features_of(table, beam_arcsec=6.0, spectral_index=np.array([-0.7, np.nan]))
    assert tuple(features.columns) == FEATURES
    assert features.iloc[0].tolist() == pytest.approx([-1, 0, 0, np.log10(0.5), -0.7])
    assert features.iloc[1].tolist() == pytest.approx([1, -1, 1, 0, np.nan], nan_ok=True)


def test_what_has_no_logarithm_is_not_known():
    table = catalogue([0] * 4, [0] * 4, [0, -1, np.nan, np.inf], major=np.nan, minor=np.nan)
    features = features_of(table, beam_arcsec=6.0)
    assert features.isna().all(axis=None)


def test_features_are_of_the_rows_in_their_order():
    table = catalogue([0, 1, 2], [0, 0, 0], [1, 10, 100])[::-1]
    features = features_of(table, beam_arcsec=6.0)
    assert features["log_total_flux"].to_dict() == {0: 2, 1: 1, 2: 0}
    assert len(features_of(table[:0], beam_arcsec=6.0)) == 0


def test_spectral_indices_of_another_catalogue_are_refused():
    with pytest.raises(ValueError, match=r"spectral indices .*\(3,\) for 2 sources"):
        features_of(catalogue([0, 1], [0, 0], [1, 1]), beam_arcsec=6.0, spectral_index=np.zeros(3))


def invented_field(n=50, seed=1):
    """Sources on a lattice 10 arcsec wide across RA 0, seen at both frequencies, in another order."""
    rng = np.random.default_rng(seed)
    alpha, flux = rng.uniform(-1.5, 0.5, n), rng.lognormal(-7, 1, n)
    ra = (np.arange(n) - n // 2) * (10 / 3600) / np.cos(np.deg2rad(30)) % 360
    jitter = rng.normal(0, 0.1 / 3600, (2, n))
    low = catalogue(ra, np.full(n, -30.0), flux)
    high = catalogue((ra + jitter[0]) % 360, -30 + jitter[1], flux * (HIGH / LOW) ** alpha)
    return low, high.sample(frac=1, random_state=seed), alpha


def test_spectral_indices_are_found_again():
    low, high, alpha = invented_field()
    assert spectral_index_of(low, high, **BOTH) == pytest.approx(alpha)
    swapped = spectral_index_of(high, low, frequencies_hz=(HIGH, LOW), radius_arcsec=1.0)
    assert swapped == pytest.approx(alpha[high.index])


def test_sources_without_a_partner_have_no_spectral_index():
    low, high, alpha = invented_field()
    high = high.assign(dec=np.where(high.index < 10, high["dec"] + 2 / 3600, high["dec"]))
    high.loc[20, "total_flux"] = 0.0
    index = spectral_index_of(low, high, **BOTH)
    known = np.isfinite(index)
    assert np.flatnonzero(~known).tolist() == [*range(10), 20]
    assert index[known] == pytest.approx(alpha[known])
    assert np.isnan(spectral_index_of(low, high[:0], **BOTH)).all()
    assert spectral_index_of(low[:0], high, **BOTH).shape == (0,)


def test_of_two_candidates_the_closer_is_the_partner_and_each_has_one():
    low = catalogue([0, 0.3 / 3600], [0, 0], [1, 1])
    high = catalogue([0.2 / 3600], [0], [0.4])
    index = spectral_index_of(low, high, **BOTH)
    assert np.isnan(index[0])
    assert index[1] == pytest.approx(-1)


def test_distances_are_those_on_the_sky():
    low, high = catalogue([10], [60], [1]), catalogue([10 + 1.8 / 3600], [60], [1])  # 0.9 arcsec
    assert spectral_index_of(low, high, **BOTH) == pytest.approx([0])
    assert np.isnan(spectral_index_of(low, high, frequencies_hz=(LOW, HIGH), radius_arcsec=0.89)).all()


@pytest.mark.parametrize("frequencies", [(LOW, LOW), (0, HIGH), (LOW, np.nan)])
def test_two_frequencies_are_needed(frequencies):
    low, high, _ = invented_field(3)
    with pytest.raises(ValueError, match="two different frequencies"):
        spectral_index_of(low, high, frequencies_hz=frequencies, radius_arcsec=1.0)
