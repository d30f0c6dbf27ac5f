"""The catalogue of a mosaic has every source once, and the same ones for any tiling."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from scipy.spatial import cKDTree

from radiofind.catalogues.block_tables import TileNote, write_tiles
from radiofind.catalogues.catalogue_files import write_catalogue
from radiofind.catalogues.columns import CATALOGUE, DETECTION, conform, empty
from radiofind.catalogues.detections import DEFAULTS
from radiofind.catalogues.merging import (
    correct_for_primary_beam,
    detection_reader,
    keep_detections,
    merge_components,
    merge_detections,
    settle_islands,
)
from radiofind.files import read_metadata
from radiofind.finders.peaks import find_peaks
from radiofind.finders.pybdsf import find_sources
from radiofind.mosaics.tiles import tiles_of
from radiofind.networks.calibration import Calibration

pytestmark = pytest.mark.slow

LEFT, MIDDLE, RIGHT = tiles_of((100, 300), core_pixels=100, halo_pixels=20)
"""Their boxes have the columns 0 to 119, 80 to 219 and 180 to 299."""


def ones(ra, dec):
    return np.ones(len(ra))


def source(name, x, *, island=-1, pixels=0, cut=False, crossings="", flags=""):
    """A detection in row 50; where its island meets edges is given as columns."""
    places = " ".join(f"{column}:50" for column in crossings.split())
    return {
        **DEFAULTS,
        **{"source_id": name, "x": x, "y": 50.0, "ra": x / 1000, "dec": 1.0, "flags": flags, "finder": "f"},
        **{"island": island, "island_pixels": pixels, "island_cut": cut, "crossings": places, "mosaic": "m"},
    }


def tables_of(**rows):
    """Detections by tile, from lists of sources by the name of the tile."""
    tiles = {"left": LEFT, "middle": MIDDLE, "right": RIGHT}
    tables = {tile.name: empty(DETECTION) for tile in tiles.values()}
    for name, found in rows.items():
        tile = tiles[name].name
        tables[tile] = conform(pd.DataFrame(found).assign(tile=tile), DETECTION)
    return tables


def merged(**rows):
    """Names of the merged sources, with their flags where they have some."""
    tables = tables_of(**rows)
    parts = merge_detections(lambda tile: tables[tile.name], [LEFT, MIDDLE, RIGHT], beam_at=ones)
    catalogue = pd.concat(parts)
    assert list(catalogue.columns) == [column.name for column in CATALOGUE]
    marks = catalogue["source_id"] + catalogue["flags"].where(
        catalogue["flags"] == "", " " + catalogue["flags"]
    )
    return sorted(marks)


def test_a_source_without_an_island_is_of_the_core_that_holds_it():
    assert merged(
        left=[source("a", 99.4), source("b", 99.5), source("c", 110)],
        middle=[source("a", 99.4), source("b", 99.5), source("c", 110), source("d", 190)],
        right=[source("d", 190)],
    ) == ["a", "b", "c", "d"]


def test_a_view_that_is_not_cut_wins_and_keeps_its_sources_outside_its_core_too():
    whole = {"island": 4, "pixels": 50, "crossings": "119"}
    part = {"island": 7, "pixels": 40, "cut": True, "crossings": "119"}
    assert merged(
        left=[source("cut1", 95, **part), source("cut2", 90, **part), source("own", 20, island=8)],
        middle=[source("w1", 85, **whole), source("w2", 115, **whole)],
    ) == ["own", "w1", "w2"]


def test_of_views_that_are_all_cut_the_one_with_most_pixels_wins_and_is_flagged():
    left = [source("a", 60, island=1, pixels=70, cut=True, crossings="80 119", flags="old")]
    middle = [source("b", 90, island=1, pixels=90, cut=True, crossings="80 119", flags="old")]
    assert merged(left=left, middle=middle) == ["a old,island_cut", "b old,island_cut"]
    left[0]["x"] = 85.0
    assert merged(left=left, middle=middle) == ["b old,island_cut"]


def test_of_equal_views_the_first_tile_wins():
    same = {"island": 1, "pixels": 90, "cut": True, "crossings": "80 119"}
    rows = {"left": [source("a", 85, **same)], "middle": [source("b", 110, **same)]}
    assert merged(**rows) == ["a island_cut"]


def test_a_losing_view_keeps_what_lies_in_its_core_beyond_the_box_of_the_winner():
    cut = {"island": 1, "cut": True, "crossings": "80 119"}
    left = [source(name, x, pixels=70, **cut) for name, x in [("far", 79.4), ("near", 79.5), ("other", 105)]]
    middle = [source("winner", 100, pixels=90, **cut)]
    assert merged(left=left, middle=middle) == ["far island_cut", "winner island_cut"]


def test_a_chain_of_views_is_one_island():
    left = [source("a", 70, island=1, pixels=60, cut=True, crossings="80 119")]
    middle = [source("b", 150, island=2, pixels=200, cut=True, crossings="80 119 180 219")]
    right = [source("c", 200, island=3, pixels=90, cut=True, crossings="180 219"), source("d", 280, island=4)]
    assert merged(left=left, middle=middle, right=right) == ["a island_cut", "b island_cut", "d"]
    right[0]["x"] = 240.0
    assert merged(left=left, middle=middle, right=right) == [
        "a island_cut",
        "b island_cut",
        "c island_cut",
        "d",
    ]


def test_two_islands_of_one_tile_may_be_one_in_the_next():
    part = {"cut": True, "pixels": 30}
    left = [
        source("a", 90, island=1, crossings="80", **part),
        source("b", 85, island=2, crossings="119", **part),
    ]
    middle = [source("w", 95, island=1, pixels=65, crossings="80 119")]
    assert merged(left=left, middle=middle) == ["w"]


def test_islands_that_share_no_pixel_have_nothing_to_do_with_each_other():
    left = [source("a", 60, island=1, pixels=70, cut=True, crossings="80")]
    middle = [source("b", 115, island=1, pixels=90, cut=True, crossings="119")]
    assert merged(left=left, middle=middle) == ["a island_cut", "b island_cut"]


def test_a_source_that_all_tiles_see_whole_is_there_once():
    same = {"island": 1, "pixels": 30, "crossings": "80"}
    assert merged(left=[source("a", 82, **same)], middle=[source("a", 82, **same)]) == ["a"]
    assert merged(left=[source("a", 105, **same)], middle=[source("a", 105, **same)]) == ["a"]


def test_a_source_in_the_core_of_a_tile_that_does_not_see_its_island_is_not_lost():
    right = [source("tail", 170, island=1, pixels=400, crossings="180 219")]
    assert merged(right=right) == ["tail"]


def test_an_island_without_a_gaussian_is_a_source_only_where_no_tile_sees_it_whole():
    part = {"island": 7, "pixels": 40, "cut": True, "crossings": "119", "flags": "unfitted"}
    whole = {"island": 4, "pixels": 50, "crossings": "119", "flags": "unfitted"}
    assert merged(left=[source("a", 95, **part)], middle=[source("a", 95, **whole)]) == []
    cut = {**whole, "cut": True}
    assert merged(left=[source("a", 95, **part)], middle=[source("b", 96, **cut)]) == [
        "b unfitted,island_cut"
    ]


def test_settled_views_name_the_winner():
    tables = tables_of(
        left=[source("a", 60, island=3, pixels=70, cut=True, crossings="80 119")],
        middle=[source("b", 90, island=5, pixels=60, crossings="80 119")],
    )
    settled = settle_islands(pd.concat(tables.values(), ignore_index=True))
    assert settled.to_numpy().tolist() == [[LEFT.name, 3, MIDDLE.name, ""], [MIDDLE.name, 5, MIDDLE.name, ""]]
    by_name = {tile.name: tile for tile in (LEFT, MIDDLE, RIGHT)}
    kept = keep_detections(tables[LEFT.name], tile=LEFT, tiles=by_name, settled=settled)
    assert kept["source_id"].tolist() == ["a"]  # beyond the box of the winner


def test_no_tiles_and_empty_tiles_give_an_empty_catalogue(tmp_path):
    assert merged() == []
    assert list(merge_detections(None, [], beam_at=ones)) == []
    write_catalogue(merge_detections(None, [], beam_at=ones), tmp_path / "c.parquet", metadata={"a": 1})
    table = pd.read_parquet(tmp_path / "c.parquet")
    assert table.dtypes.astype(str).to_dict() == {column.name: column.dtype for column in CATALOGUE}
    assert read_metadata(tmp_path / "c.parquet") == {"a": 1}


def test_parts_become_one_file_or_none(tmp_path):
    tables = tables_of(left=[source("a", 10), source("b", 20)], right=[source("c", 290)])
    write_tiles(tables.values(), [TileNote(name, "key") for name in tables], tmp_path / "block.parquet")
    read = detection_reader(dict.fromkeys(tables, tmp_path / "block.parquet"))
    path = tmp_path / "out" / "catalogue.parquet"
    write_catalogue(merge_detections(read, [LEFT, MIDDLE, RIGHT], beam_at=ones), path, metadata={"n": 3})
    assert pd.read_parquet(path)["source_id"].tolist() == ["a", "b", "c"]
    assert read_metadata(path) == {"n": 3}
    first = path.read_bytes()

    def broken():
        yield conform(tables[LEFT.name], CATALOGUE)
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        write_catalogue(broken(), path)
    assert path.read_bytes() == first
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_fluxes_are_divided_by_the_primary_beam():
    table = conform(pd.DataFrame([source(name, 10) for name in "abcd"]).assign(tile="t"), DETECTION)
    table[["apparent_peak_flux", "apparent_total_flux", "e_apparent_total_flux"]] = [2.0, 3.0, 0.5]
    corrected = correct_for_primary_beam(table, np.array([1.0, 0.5, 0.0, np.nan]))
    assert corrected["peak_flux"].to_numpy() == pytest.approx([2, 4, np.nan, np.nan], nan_ok=True)
    assert corrected["total_flux"].to_numpy() == pytest.approx([3, 6, np.nan, np.nan], nan_ok=True)
    assert corrected["e_total_flux"].to_numpy() == pytest.approx([0.5, 1, np.nan, np.nan], nan_ok=True)
    assert corrected["apparent_total_flux"].tolist() == [3] * 4


def test_the_primary_beam_is_taken_at_the_source():
    tables = tables_of(left=[{**source("a", 10), "ra": 30.0, "apparent_total_flux": 1.0}])
    (part, *_) = merge_detections(lambda tile: tables[tile.name], [LEFT], beam_at=lambda ra, dec: ra / 60)
    assert part["total_flux"].tolist() == [2.0]
    (part,) = merge_components(
        lambda tile: tables[tile.name], [LEFT], catalogue=part, beam_at=lambda ra, dec: ra / 60
    )
    assert part["total_flux"].tolist() == [2.0]


def test_scores_follow_the_curve_of_the_mosaic():
    tables = tables_of(left=[source("a", 10) | {"score": 0.5}, source("b", 20) | {"score": 0.9}])
    merge = partial(merge_detections, lambda tile: tables[tile.name], [LEFT], beam_at=ones)
    plain, changed = (pd.concat(merge(curve=curve)) for curve in (None, Calibration(1.0, 1.0, -1.0, 9, 5)))
    assert plain["score"].tolist() == [0.5, 0.9]
    np.testing.assert_allclose(changed["score"], 1 / (1 + np.exp([1, 1 - np.log(9)])), rtol=1e-6)


def test_components_follow_their_sources():
    tables = tables_of(
        left=[source("a", 90), source("a", 95), source("b", 105)],
        middle=[source("a", 90), source("b", 105), source("b", 106)],
    )
    catalogue = pd.DataFrame({"source_id": ["a", "b"], "tile": [LEFT.name, MIDDLE.name]})
    parts = list(
        merge_components(
            lambda tile: tables[tile.name], [LEFT, MIDDLE, RIGHT], catalogue=catalogue, beam_at=ones
        )
    )
    assert pd.concat(parts)[["source_id", "x"]].to_numpy().tolist() == [
        ["a", 90],
        ["a", 95],
        ["b", 105],
        ["b", 106],
    ]
    assert pd.concat(parts)["component_id"].is_unique
    nothing = merge_components(lambda tile: tables[tile.name], [LEFT], catalogue=catalogue[:0], beam_at=ones)
    assert pd.concat(nothing).empty


def search(field, finder):
    """What a finder finds in a tile."""
    if finder == "peaks":
        return find_peaks(field, finder=finder, threshold=5)
    options = {"thresh_pix": 5.0, "thresh_isl": 3.0, "group_by_isl": True}
    return find_sources(field, finder=finder, options=options, time_limit_s=100)


def catalogue_of(fields, finder):
    """Catalogue and components of a mosaic."""
    tiles = [field.tile for field in fields]
    found = {field.tile.name: search(field, finder) for field in fields}
    parts = merge_detections(lambda tile: found[tile.name].detections, tiles, beam_at=ones)
    catalogue = pd.concat(parts, ignore_index=True)
    parts = merge_components(
        lambda tile: found[tile.name].components, tiles, catalogue=catalogue, beam_at=ones
    )
    return catalogue, pd.concat(parts, ignore_index=True)


def assert_same_sources(one, other):
    """The same rows within 0.01 pixels and 0.1 %, in any order."""
    assert len(one) == len(other)
    if one.empty:
        return
    distance, partner = cKDTree(one[["x", "y"]]).query(other[["x", "y"]])
    assert distance.max() < 0.01
    assert len(set(partner)) == len(one)
    matched = one.iloc[partner].reset_index(drop=True)
    for column in ("total_flux", "peak_flux", "snr", "major", "n_components"):
        expected = matched[column].to_numpy(float)
        assert other[column].to_numpy(float) == pytest.approx(expected, rel=1e-3, nan_ok=True), column
    assert matched["flags"].tolist() == other["flags"].tolist()


SEAMS = [39.5, 59.5, 79.5]
"""Of tiles of 40 and of 60 pixels."""


@pytest.fixture
def crowded(sky):
    """A mosaic with sources on seams and corners, and one that halos of 30 pixels do not always hold."""
    rng = np.random.default_rng(6)
    sources = [(x, y, 10**f) for x, y, f in rng.uniform([0, 0, -3.3], [120, 120, -1.5], (20, 3))]
    sources += [(seam, 15 + 9 * n, 5e-3) for n, seam in enumerate(SEAMS)]
    sources += [(110 - 9 * n, seam, 5e-3) for n, seam in enumerate(SEAMS)]
    sources += [(59.5, 59.5, 0.01), (39.5, 39.5, 0.01), (79.5, 39.5, 0.01)]
    sources += [(55, 95, 3e-3, {"major": 22.0, "minor": 10.0, "angle_deg": 70})]
    pixels = sky.make((120, 120), sources)
    pixels[:15, 100:] = np.nan
    return pixels


@pytest.mark.usefixtures("pybdsf_in_process")
@pytest.mark.parametrize(("finder", "least"), [("peaks", 25), ("pybdsf", 15)])
def test_1_4_and_9_tiles_give_the_same_catalogue(crowded, fields_of, finder, least):
    whole, components = catalogue_of(fields_of(crowded), finder)
    assert len(whole) >= least
    assert len(components) >= (least if finder == "pybdsf" else 0)
    for core, number in ((60, 4), (40, 9)):
        fields = fields_of(crowded, core_pixels=core, halo_pixels=30)
        assert len(fields) == number
        parts, parts_components = catalogue_of(fields, finder)
        assert_same_sources(whole, parts)
        assert_same_sources(components, parts_components)
        assert parts["source_id"].is_unique


@pytest.mark.usefixtures("pybdsf_in_process")
def test_an_island_larger_than_the_halo_is_there_once_and_flagged(sky, fields_of):
    huge = {"major": 30.0, "minor": 8.0, "angle_deg": 90.0}
    pixels = sky.make((80, 200), [(101.0, 40, 0.01, huge), (30, 20, 0.01), (170, 60, 0.01)])
    (whole,) = fields_of(pixels, rms=sky.rms)
    halves = fields_of(pixels, core_pixels=100, halo_pixels=20, rms=sky.rms)
    assert all(search(half, "pybdsf").detections["island_cut"].any() for half in halves)
    one, many = catalogue_of([whole], "pybdsf")[0], catalogue_of(halves, "pybdsf")[0]
    assert set(one["flags"]) == {""}
    large = many["major"] > 30
    assert many.loc[large, "flags"].tolist() == ["island_cut"]
    assert many.loc[large, "total_flux"].item() == pytest.approx(one["total_flux"].max(), rel=0.02)
    assert_same_sources(one[one["major"] < 30].reset_index(drop=True), many[~large].reset_index(drop=True))


@pytest.mark.usefixtures("pybdsf_in_process")
def test_an_island_whose_gaussians_pybdsf_refuses_does_not_vanish(sky, fields_of):
    round_one = {"major": 33.0, "minor": 33.0}
    pixels = sky.make((120, 200), [(100.0, 60, 0.01, round_one), (30, 20, 0.01)])
    halves = fields_of(pixels, core_pixels=100, halo_pixels=10, rms=sky.rms)
    catalogue = catalogue_of(halves, "pybdsf")[0]
    (cut,) = catalogue[catalogue["flags"] == "large_island,island_cut"].to_dict("records")
    assert abs(cut["x"] - 100) < 12
    assert 0.3 < cut["total_flux"] / (0.01 * (33.0 / sky.beam_pixels) ** 2) < 1.0
    assert cut["major"] < 33 * sky.pixel_arcsec and np.isnan(cut["e_major"])
