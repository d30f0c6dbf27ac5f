"""Completeness from fake sources: which of them count as found, and the same numbers whatever the tiling."""

import json

import numpy as np
import pandas as pd
import pytest

from radiofind.catalogues.block_tables import TileNote, write_tiles
from radiofind.catalogues.detections import Found
from radiofind.evaluation.completeness import (
    COLUMNS,
    OF_BINS,
    OF_SHAPES,
    OF_SOURCES,
    completeness_by_shape,
    completeness_by_snr,
    measure_completeness,
)
from radiofind.evaluation.found_again import find_again
from radiofind.evaluation.further_searches import merge_search
from radiofind.finders.peaks import find_peaks
from radiofind.mosaics.field import read_field
from radiofind.mosaics.images import ImageSource
from radiofind.mosaics.injections import Injections
from radiofind.mosaics.tile_images import write_image
from radiofind.mosaics.tiles import read_tile, tiles_of

RADIUS = 3.0


def catalogue_of(*rows):
    """Return a catalogue of sources at x, y with a flux."""
    table = pd.DataFrame(rows, columns=["x", "y", "apparent_total_flux"], dtype=float)
    return on_sky(table).assign(e_apparent_total_flux=0.1, e_ra=0.5, e_dec=0.5, resolved=False)


def injected_at(*rows):
    return on_sky(pd.DataFrame(rows, columns=["x", "y", "injected_flux"], dtype=float)).assign(shape="point")


def on_sky(table):
    """Return a table with positions on the sky: pixels of an arcsecond, around right ascension 0."""
    return table.assign(ra=(-table["x"] / 3600 / np.cos(np.deg2rad(60))) % 360, dec=60 + table["y"] / 3600)


def found_of(injected, found, before):
    components = injected[["x", "y", "injected_flux"]].assign(source=np.arange(len(injected)))
    return find_again(injected, components, found, before, radius_pixels=RADIUS)


NOTHING = catalogue_of()


@pytest.mark.parametrize(
    ("what", "found", "before", "counts"),
    [
        ("a new detection", [(11, 10, 2.1)], [], True),
        ("a new detection of little flux", [(11, 10, 0.5)], [], True),
        ("nothing", [], [], False),
        ("a detection out of reach", [(13.1, 10, 2)], [], False),
        ("a detection that was there, as bright", [(11, 10, 9)], [(11, 10, 9)], False),
        ("one that rose by less than half", [(11, 10, 2.4)], [(11.2, 10, 1.5)], False),
        ("one that rose by more than half", [(11, 10, 2.6)], [(11.2, 10, 1.5)], True),
        ("a brighter one that rose", [(11, 10, 4.1)], [(11.2, 10, 2.1)], False),
        ("two that became one and rose", [(10, 10, 2.6)], [(9, 10, 0.7), (11, 10, 0.8)], True),
        (
            "two, brighter together, that became one and rose",
            [(10, 10, 4)],
            [(9, 10, 1), (11, 10, 1.1)],
            False,
        ),
        ("two that became one and hardly rose", [(10, 10, 2.4)], [(9, 10, 0.7), (11, 10, 0.8)], False),
        ("a new one between others", [(10, 10, 2), (6, 10, 9)], [(6, 10, 9)], True),
        ("one that was there and moved", [(12, 10, 9)], [(14, 10, 9)], False),
    ],
)
def test_a_match_counts_if_the_detection_is_new_or_mostly_what_was_injected(what, found, before, counts):
    table = found_of(injected_at((10, 10, 2)), catalogue_of(*found), catalogue_of(*before))
    assert table["found"].tolist() == [counts], what
    assert table["blended"].tolist() == [counts and bool(before) and what != "a new one between others"]
    assert table["flux_ratio"].notna().tolist() == [counts]


def test_what_was_there_does_not_take_the_match_from_what_is_new():
    """Though it is closer."""
    found, before = catalogue_of((10.5, 10, 9), (7.2, 10, 2.2)), catalogue_of((10.5, 10, 9))
    table = found_of(injected_at((10, 10, 2)), found, before)
    assert table["found_flux"].item() == pytest.approx(2.2) and table["d_x_pixels"].item() == pytest.approx(
        -2.8
    )


def test_each_detection_is_found_once_and_without_the_flux_that_was_there():
    found = catalogue_of((10, 10, 3.5), (50, 50, 1.5))
    table = found_of(injected_at((10, 11, 2), (10, 12, 2), (51, 50, 1)), found, catalogue_of((10, 10, 1.5)))
    assert table["found"].tolist() == [True, False, True]
    assert table["found_flux"].tolist()[::2] == [2, 1.5] and table["flux_ratio"].tolist()[::2] == [1, 1.5]
    assert table["e_found_flux"].tolist()[::2] == [0.1, 0.1]
    assert table.loc[2, ["d_x_pixels", "d_y_pixels"]].tolist() == [-1, 0]


def double_of(found, before=()):
    """Return what is found of a double of flux 2 with its points at x 6 and 14."""
    injected = injected_at((10, 10, 2)).assign(shape="double")
    components = pd.DataFrame({"source": 0, "x": [6.0, 14.0], "y": 10.0, "injected_flux": 1.0})
    table = find_again(
        injected, components, catalogue_of(*found), catalogue_of(*before), radius_pixels=RADIUS
    )
    assert table[["flux_pull", "ra_pull", "dec_pull"]].isna().all(axis=None)
    return table.iloc[0]


@pytest.mark.parametrize(
    ("what", "found", "before", "number", "flux", "x"),
    [
        ("as two", [(6, 10, 0.9), (14, 10, 1.2)], [], 2, 2.1, (6 * 0.9 + 14 * 1.2) / 2.1),
        ("as one", [(10.5, 10, 2.1)], [], 1, 2.1, 10.5),
        ("one point", [(5, 10, 0.9)], [], 1, 0.9, 5),
        ("nothing", [], [], 0, np.nan, np.nan),
        ("out of reach", [(17.1, 10, 2), (10, 13.1, 2)], [], 0, np.nan, np.nan),
        ("what was there", [(6, 10, 3)], [(6, 10, 3)], 0, np.nan, np.nan),
        (
            "one point, the other on a brighter source",
            [(6, 10, 2.1), (14, 10, 1)],
            [(6, 10, 1.1)],
            1,
            1.0,
            14,
        ),
        ("one point on a fainter source", [(6, 10, 1.2)], [(6, 10, 0.6)], 1, 0.6, 6),
        ("as one, on a source brighter than a point", [(10, 10, 2.6)], [(10, 10, 1.5)], 1, 1.1, 10),
    ],
)
def test_a_double_is_found_as_one_or_as_two(what, found, before, number, flux, x):
    table = double_of(found, before)
    assert (table["found"], table["n_detections"]) == (number > 0, number), what
    assert table["found_flux"] == pytest.approx(flux, nan_ok=True)
    assert table["flux_ratio"] == pytest.approx(flux / 2, nan_ok=True)
    assert table["d_x_pixels"] == pytest.approx(x - 10, nan_ok=True)
    assert table["e_found_flux"] == pytest.approx(0.1 * np.sqrt(number) if number else np.nan, nan_ok=True)
    assert table["blended"] == (bool(before) and number > 0 and "other" not in what)


def test_a_detection_is_of_a_double_or_of_another_source_and_of_this_one_pulls_are_known():
    injected = injected_at((10, 10, 2), (15, 10, 1)).assign(shape=["double", "point"])
    components = pd.DataFrame({"source": [0, 0, 1], "x": [6.0, 14.0, 15.0], "y": 10.0, "injected_flux": 1.0})
    found = catalogue_of((15, 10, 1.2), (6, 10, 1))
    table = find_again(injected, components, found, NOTHING, radius_pixels=RADIUS)
    assert table["n_detections"].tolist() == [1, 1] and table["d_x_pixels"].tolist() == [-4, 0]
    assert table["flux_pull"].tolist() == pytest.approx([np.nan, 2], nan_ok=True)


def sources_of(*shapes):
    """Return fake sources of SNR 8, of which those below 1.5 beams are found."""
    rows = [(shape, size, size < 1.5) for shape, sizes in shapes for size in sizes]
    table = pd.DataFrame(rows, columns=["shape", "size_beams", "found"])
    return table.assign(injected_snr=8.0, **dict.fromkeys(set(OF_SOURCES) - {"injected_snr", "found"}, 1.0))


def test_completeness_is_told_of_all_sources_and_of_each_shape_and_size():
    sources = sources_of(
        ("point", [0.0] * 3), ("double", [0.5, 1.0, 1.4, 1.8]), ("extended", [2.999, 3.0001])
    )
    sources["blended"] = False
    table = completeness_by_shape(sources, mosaic="m", finder="f")
    assert tuple(table.columns) == COLUMNS and {*OF_SHAPES} < {*sources.columns}
    shown = table[["shape", "size_low_beams", "size_high_beams", "n_injected", "n_found"]]
    expected = [
        ("all", np.nan, np.nan, 9, 6),
        ("point", np.nan, np.nan, 3, 3),
        ("extended", 2.0, 3.0, 2, 0),
        ("double", 0.5, 1.0, 1, 1),
        ("double", 1.0, 2.0, 3, 2),
    ]
    pd.testing.assert_frame_equal(shown, pd.DataFrame(expected, columns=shown.columns), check_dtype=False)
    of_all = completeness_by_snr(sources, mosaic="m", finder="f")
    pd.testing.assert_frame_equal(table.loc[:0, list(OF_BINS)], of_all)


@pytest.mark.parametrize("points", [3, 0])
def test_points_alone_have_the_rows_of_all_sources_and_no_more(points):
    sources = sources_of(("point", [0.0] * points)).assign(blended=False)
    table = completeness_by_shape(sources, mosaic="m", finder="f")
    assert tuple(table.columns) == COLUMNS and table["shape"].tolist() == ["all"] * (points > 0)


def test_completeness_is_that_of_the_finder():
    """One that finds a known fraction at each signal to noise."""
    rng = np.random.default_rng(1)
    snr = 10 ** rng.uniform(0, 2, 4000)
    places = np.column_stack([np.arange(4000) * 10.0, np.zeros(4000), snr])
    injected = injected_at(*places).assign(injected_snr=snr)
    known = np.clip(np.log10(snr) / 2, 0, 1)
    hit = rng.uniform(size=4000) < known
    found = catalogue_of(*(places[hit] * [1, 1, 1.2] + [1, 0, 0]))
    table = completeness_by_snr(found_of(injected, found, NOTHING), mosaic="m", finder="f")
    assert tuple(table.columns) == OF_BINS
    assert table["n_injected"].sum() == 4000 and table["n_found"].sum() == hit.sum()
    for row in table.itertuples():
        inside = (snr >= row.snr_low) & (snr < row.snr_high)
        assert row.completeness_low <= row.completeness <= row.completeness_high
        assert row.completeness == hit[inside].mean()
        assert row.completeness == pytest.approx(known[inside].mean(), abs=0.1)
    assert table["flux_ratio"].to_numpy() == pytest.approx(1.2)


def test_pulls_tell_by_what_errors_are_too_small():
    """Of flux by 2 and of position by 3; blended sources do not count, nor bins with few sources."""
    rng = np.random.default_rng(2)
    places = np.column_stack([rng.permutation(3000) * 10.0, np.zeros(3000), np.full(3000, 20.0)])
    injected = injected_at(*places).assign(injected_snr=np.where(np.arange(3000) < 2990, 20.0, 50.0))
    found = catalogue_of(*(places + rng.normal(size=(3000, 3)) * [0.3, 0.3, 0.2] + [0, 0, 0.1]))
    found = found.assign(e_ra=0.1, e_dec=0.1)
    before = catalogue_of(*places[:500] * [1, 1, 0.1])
    found.loc[:499, "apparent_total_flux"] += 10
    sources = found_of(injected, found, before)
    assert sources["blended"].sum() == 500
    table = completeness_by_snr(sources, mosaic="m", finder="f").set_index("n_injected")
    assert table.loc[2990, "flux_pull"] == pytest.approx(1, abs=0.15)
    assert table.loc[2990, "flux_pull_width"] == pytest.approx(2, rel=0.08)
    assert table.loc[2990, "position_pull_width"] == pytest.approx(3, rel=0.08)
    assert table.loc[10, ["flux_pull_width", "position_pull_width"]].isna().tolist() == [True, False]


def test_errors_that_are_not_positive_give_no_pulls():
    found = catalogue_of((11, 10, 2)).assign(e_ra=0.0, e_dec=np.nan)
    table = found_of(injected_at((10, 10, 2)), found, NOTHING)
    assert table[["ra_pull", "dec_pull"]].isna().all(axis=None) and table["flux_pull"].item() == 0


def test_without_sources_there_are_no_bins():
    nothing = found_of(injected_at().assign(injected_snr=1.0), NOTHING, NOTHING)
    assert tuple(completeness_by_snr(nothing, mosaic="m", finder="f").columns) == OF_BINS


INJECTED = {"seed": 1, "beams_per_source": 100, "flux_snr": [2, 50], "slope": 1.6, "double_fraction": 0.3}


@pytest.fixture
def searched(sky, write_fits, tmp_path):
    """A function that searches a mosaic cut into tiles, as it is and with fake sources; one tile may fail."""
    rng = np.random.default_rng(5)
    places = [(x, y, 10 ** rng.uniform(-3.3, -2)) for x, y in rng.uniform(0, 300, (60, 2))]
    pixels = sky.make((300, 300), places)
    pixels[:40, 250:] = np.nan
    path = write_fits(pixels)
    header = ImageSource(path).read_header()
    rms = np.where(np.isnan(pixels), np.nan, np.linspace(1, 1.5, 300) * sky.rms).astype(np.float32)

    def search(core_pixels, failing=""):
        folder, tiling = tmp_path / str(core_pixels), {"core_pixels": core_pixels, "halo_pixels": 25}
        found, tiles, noise = {0: [], 1: []}, [], {}
        for tile in tiles_of(header.shape, **tiling):
            place = folder / "tiles" / f"{tile.name}.json"
            place.parent.mkdir(parents=True, exist_ok=True)
            core, box = ([one.x0, one.x1, one.y0, one.y1] for one in (tile.core, tile.box))
            place.write_text(json.dumps({"tile": tile.name, "core": core, "box": box, **tiling}))
            noise[tile.name] = str(folder / f"{tile.name}.fits")
            planes = {"MEAN": np.zeros(tile.box.shape), "RMS": rms[tile.box.slices]}
            write_image(planes, noise[tile.name], header=header, box=tile.box)
            for number, paths in found.items():
                injected = {**INJECTED, "realisation": number} if number else None
                field = read_field(
                    "m", ImageSource(path, injected=injected), tile=place, noise=noise[tile.name]
                )
                fails = bool(number) and tile.name == failing
                table = (Found() if fails else find_peaks(field, finder="f", threshold=5.0)).detections
                paths.append(str(folder / str(number) / f"{tile.name}.parquet"))
                write_tiles([table], [TileNote(tile.name, "", failed=fails)], paths[-1])
            tiles.append(read_tile(place))
        return measure_completeness(
            [Injections(**INJECTED, realisation=1)],
            found[1],
            tiles,
            noise=noise,
            header=header,
            catalogue=merge_search(found[0], tiles),
            failed={},
            radius_pixels=RADIUS,
        )

    return search


def test_sources_and_what_is_found_of_them_are_the_same_whatever_the_tiling(searched):
    tables = [searched(size).sort_values(["x", "y"], ignore_index=True) for size in (300, 150)]
    assert len(tables[0]) > 40 and 0.3 < tables[0]["found"].mean() < 0.9
    pd.testing.assert_frame_equal(*tables, check_exact=True)
    bright = tables[0][tables[0]["injected_snr"] > 10]
    assert bright["found"].mean() > 0.8
    assert bright["flux_ratio"].median() == pytest.approx(1, abs=0.1)
    doubles = tables[0][tables[0]["shape"] == "double"]
    assert len(doubles) > 10 and {*doubles["n_detections"]} == {0, 1, 2}
    assert doubles["size_beams"].between(0.5, 3).all()
    ra, dec = bright[["ra", "dec"]].to_numpy().T
    assert ((ra < 1) | (ra > 359)).all() and (np.abs(dec + 30) < 1).all()


def test_tiles_in_which_a_search_failed_do_not_count(searched):
    every, fewer = searched(150), searched(150, failing="y001x000")
    gone = (every["x"] < 149.5) & (every["y"] > 149.5)
    assert 0 < gone.sum() < len(every)
    assert sorted(fewer["x"]) == sorted(every["x"][~gone])
