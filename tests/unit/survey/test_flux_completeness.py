"""Completeness by flux: that of sources spread evenly over the sky, as a simulation of them gives it."""

import numpy as np
import pandas as pd
import pytest

from radiofind.survey.flux_completeness import BY_CELL, BY_FLUX, completeness_by_cell, completeness_by_flux

SLOPE, FLUX_SNR = 1.6, (1, 50)
OPTIONS = {"slope": SLOPE, "flux_snr": FLUX_SNR, "finder": "f"}
PLACES = {"ra": np.array([10.0, 40.0]), "rms": np.array([1e-4, 3e-4])}
AREAS = np.array([1.0, 4.0])
"""Two halves of the sky, one with three times the noise, and with a beam of four times the area."""


def power_law(rng, low, high, number):
    """Return numbers between two with dN/dS ~ S^-SLOPE."""
    low, high = (edge ** (1 - SLOPE) for edge in (low, high))
    return (low + rng.random(number) * (high - low)) ** (1 / (1 - SLOPE))


def is_found(flux, rms, size, rng):
    """Return whether a toy finder finds sources: peaks above 5 sigma, and 19 of 20 at any flux."""
    peak = flux / (1 + size) + rng.normal(0, rms)
    return (peak > 5 * rms) & (rng.random(len(flux)) < 0.95)


def draw_fakes(seed, number=20_000, sizes=(0.0,)):
    """Return fake sources at both places with what the toy finder finds of them."""
    rng = np.random.default_rng(seed)
    place = rng.choice(2, number, p=(1 / AREAS) / (1 / AREAS).sum())
    rms, size = PLACES["rms"][place], rng.choice(sizes, number)
    snr = power_law(rng, *FLUX_SNR, number)
    found = is_found(snr * rms, rms, size, rng)
    found_flux = np.where(found, snr * rms, np.nan)
    shape = np.where(size > 0, "extended", "point")
    table = pd.DataFrame(
        {"rms": rms, "area": AREAS[place], "shape": shape, "size": size, "injected_snr": snr, "found": found}
    )
    return table.assign(
        ra=PLACES["ra"][place] + rng.random(number), dec=rng.random(number), found_flux=found_flux
    )


def truly_found(low, high, rms, size=0.0):
    """Return the fraction found of many sources of a range of flux, at random places with these noises."""
    rng = np.random.default_rng(9)
    rms = rng.choice(rms, 50_000)
    return is_found(power_law(rng, low, high, len(rms)), rms, size, rng).mean()


def misses(table, truth):
    """Return how many of the bins with at least 100 sources have an interval without the true value."""
    table = table[table["n_injected"] >= 100]
    assert len(table) >= 6
    outside = [
        not one.completeness_low - 0.005 <= truth(one) <= one.completeness_high + 0.005
        for one in table.itertuples()
    ]
    return sum(outside)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_each_place_counts_alike_at_each_flux(seed):
    table = completeness_by_flux(draw_fakes(seed), **OPTIONS)
    assert tuple(table.columns) == BY_FLUX and set(table["shape"]) == {"all"}
    assert misses(table, lambda one: truly_found(one.flux_low, one.flux_high, PLACES["rms"])) <= 1


def test_extended_sources_have_rows_of_their_own_by_size():
    table = completeness_by_flux(draw_fakes(1, sizes=(0.0, 1.0, 3.0)), **OPTIONS)
    kinds = table.groupby(["shape", "size_low", "size_high"])
    assert set(kinds.groups) == {("point", 0, 0), ("extended", 1, 2), ("extended", 2, 4)}
    for size, kind in ((0.0, ("point", 0, 0)), (3.0, ("extended", 2, 4))):
        rows = kinds.get_group(kind)
        assert (
            misses(rows, lambda one, s=size: truly_found(one.flux_low, one.flux_high, PLACES["rms"], s)) <= 1
        )
    counted = table[table["shape"] != "all"]["n_injected"].sum()
    assert counted == table[table["shape"] == "all"]["n_injected"].sum() == 20_000


def test_each_cell_has_the_completeness_of_its_own_noise():
    table = completeness_by_cell(draw_fakes(1), **OPTIONS)
    assert tuple(table.columns) == BY_CELL and table["n_injected"].sum() == 20_000
    assert len(set(table["healpix_order"])) == 1
    cells = table.drop_duplicates("healpix")
    assert len(cells) > 4 and 1000 <= table.groupby("healpix")["n_injected"].sum().mean() < 5000
    for ra, rms in zip(*PLACES.values(), strict=True):
        rows = table[abs(table["ra"] - ra) < 3]
        assert misses(rows, lambda one, r=rms: truly_found(one.flux_low, one.flux_high, [r])) <= 0.15 * len(
            rows
        )


def test_what_lies_above_the_injected_range_is_unknown_if_bright_sources_are_missed():
    fakes = draw_fakes(1)
    edge = FLUX_SNR[1] * PLACES["rms"].min()
    for missed, known in ((0.02, True), (0.5, False)):
        rng = np.random.default_rng(2)
        lost = (fakes["injected_snr"] > 10) & (rng.random(len(fakes)) < missed)
        rows = completeness_by_flux(fakes.assign(found_flux=fakes["found_flux"].mask(lost)), **OPTIONS)
        above = rows["flux_low"] >= edge
        assert above.any() and rows.loc[above, "completeness"].notna().all() == known
        assert rows.loc[rows["flux_high"] < edge, ["completeness", "completeness_low"]].notna().all(axis=None)


def test_a_size_without_bright_fake_sources_tells_nothing_of_brighter_ones():
    fakes = draw_fakes(1)
    size = np.where(fakes["injected_snr"] < 20, 10.0, 0.0)
    shape = np.where(size > 0, "extended", "point")
    lost = fakes["found_flux"].mask(size > 0)
    rows = completeness_by_flux(fakes.assign(size=size, shape=shape, found_flux=lost), **OPTIONS)
    large = rows.loc[rows["shape"] == "extended", "completeness"]
    assert len(large) > 5 and set(large.dropna()) == {0}


def test_if_all_are_doubles_they_have_rows_by_size():
    rows = completeness_by_flux(draw_fakes(1, sizes=(1.0, 3.0)).assign(shape="double"), **OPTIONS)
    assert set(rows["shape"]) == {"all", "double"}


def test_no_fake_source_is_a_result():
    for function in (completeness_by_flux, completeness_by_cell):
        assert len(function(draw_fakes(1, number=0), **OPTIONS)) == 0
    table = completeness_by_flux(draw_fakes(1).assign(found_flux=np.nan), **OPTIONS)
    table = table[table["completeness"].notna()]
    assert len(table) > 5 and set(table["completeness"]) == {0} and (table["completeness_high"] > 0).all()
