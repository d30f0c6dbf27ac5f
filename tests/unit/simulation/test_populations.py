from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from radiofind.simulation.populations import (
    BRIGHTEST_JY,
    DISC,
    FLAT_SPECTRUM,
    FS_AGN,
    GAUSSIAN,
    LOBED,
    POPULATIONS,
    SFG,
    SS_AGN,
    STAR_FORMING,
    STEEP_SPECTRUM,
    count_above,
    draw_sources,
)

PIXEL = 0.6
SIDE = 2000
AREA_ARCMIN2 = (SIDE * PIXEL / 60) ** 2


def draw(
    seed: int = 1, *, frequency_mhz: float = 560.0, pixel_arcsec: float = PIXEL, **options
) -> pd.DataFrame:
    return draw_sources(
        np.random.default_rng(seed),
        **{"columns": SIDE, "rows": (0, SIDE), "pixel_arcsec": pixel_arcsec, "frequency_mhz": frequency_mhz}
        | options,
    )


@pytest.fixture(scope="module")
def sources() -> pd.DataFrame:
    return draw()


@pytest.mark.parametrize("population", POPULATIONS, ids=lambda population: str(population.code))
def test_counts_agree_with_the_table_at_every_node(sources, population):
    fluxes = sources.loc[sources["class"] == population.code, "flux"].to_numpy()
    for flux, per_arcmin2 in zip(population.flux_jy, population.per_arcmin2, strict=True):
        expected = per_arcmin2 * AREA_ARCMIN2
        assert abs((fluxes >= flux).sum() - expected) < 4 * np.sqrt(expected)
    assert population.flux_jy[0] * (1 - 1e-9) <= fluxes.min() < population.flux_jy[1]


@pytest.mark.parametrize("population", POPULATIONS, ids=lambda population: str(population.code))
def test_counts_go_on_as_a_power_law_beyond_the_table(population):
    last = population.flux_jy[-1]
    near, far = count_above(population, np.array([last * 2, last * 20]))
    assert near == pytest.approx(population.per_arcmin2[-1] * 2**population.bright_slope)
    assert far == pytest.approx(near * 10**population.bright_slope)
    assert count_above(population, np.array([BRIGHTEST_JY * 1.01])) == 0


def test_density_multiplies_the_counts(sources):
    assert len(draw(density=0.1)) == pytest.approx(len(sources) / 10, rel=0.05)


def test_no_sources_is_a_table_with_all_columns(sources):
    empty = draw(density=1e-9)
    assert len(empty) == 0
    assert list(empty) == list(sources)


@pytest.mark.parametrize("flux", [2.07e-7, 4.34e-7, 2.33e-6])
def test_sizes_agree_with_the_table(sources, flux):
    near = (sources["class"] == SFG) & sources["flux"].between(flux / 1.1, flux * 1.1)
    table = dict(zip(STAR_FORMING.shape_flux_jy, STAR_FORMING.size_arcsec, strict=True))[flux]
    found = np.quantile(sources.loc[near, "b_maj"], [0.1, 0.5, 0.9])
    np.testing.assert_allclose(found, [table[2], table[4], table[6]], rtol=0.08)


def test_fluxes_scale_with_the_spectrum_of_the_class(sources):
    higher = draw(frequency_mhz=1400.0)
    for population in (STEEP_SPECTRUM, FLAT_SPECTRUM, STAR_FORMING):
        chosen = sources["class"] == population.code
        ratio = higher.loc[chosen, "flux"] / sources.loc[chosen, "flux"]
        np.testing.assert_allclose(ratio, 2.5**population.spectral_index)
    pd.testing.assert_series_equal(higher["b_maj"], sources["b_maj"])


def test_only_extended_sources_are_discs_and_lobes(sources):
    size, kind = sources["size"], sources["class"]
    assert set(size[kind == SFG]) == {GAUSSIAN, DISC}
    assert set(size[kind == SS_AGN]) == {GAUSSIAN, LOBED}
    assert set(size[kind == FS_AGN]) == {GAUSSIAN}
    discs, lobed = sources[size == DISC], sources[size == LOBED]
    assert np.sqrt(discs["b_maj"] * discs["b_min"]).min() > 3 * PIXEL
    assert lobed["b_maj"].min() > 3.4 * PIXEL
    assert (draw(pixel_arcsec=0.2)["size"] == DISC).mean() > 10 * (size == DISC).mean()


def test_discs_are_listed_by_their_scale_length_not_their_fwhm(sources):
    sharper = draw(pixel_arcsec=PIXEL / 2, columns=2 * SIDE, rows=(0, 2 * SIDE))
    changed = (sharper["size"] == DISC) & (sources["size"] == GAUSSIAN)
    assert changed.any()
    np.testing.assert_allclose(sources["b_maj"][changed] / sharper["b_maj"][changed], np.sqrt(2))
    np.testing.assert_allclose(sources["b_min"][changed] / sharper["b_min"][changed], np.sqrt(2))


def test_only_flat_spectrum_and_lobed_sources_have_cores(sources):
    with_core = sources["core_frac"] > 0
    assert set(sources.loc[with_core, "class"]) == {SS_AGN, FS_AGN}
    assert sources.loc[sources["class"] == FS_AGN, "core_frac"].between(0.48, 1).all()
    assert not with_core[(sources["class"] == SS_AGN) & (sources["size"] == GAUSSIAN)].any()


def test_positions_fill_the_rows_asked_for():
    band = draw(rows=(256, 512))
    assert band["x_cent"].between(-0.5, SIDE - 0.5).all()
    assert band["y_cent"].between(255.5, 511.5).all()
    counts, _, _ = np.histogram2d(band["x_cent"], band["y_cent"], bins=4)
    assert np.abs(counts - counts.mean()).max() < 4.5 * np.sqrt(counts.mean())


def test_major_axes_are_the_longer_ones(sources):
    assert (sources["b_maj"] >= sources["b_min"]).all()
    assert sources.loc[sources["class"] == SFG, "pa"].between(-90, 90).all()
    assert sources["pa"].between(-90, 360).all()
