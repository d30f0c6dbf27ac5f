"""A change of the mosaic changes exactly the tiles that depend on it."""

import errno
import io
import json
import os

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits

from radiofind.files import write_json
from radiofind.mosaics.field import read_field
from radiofind.mosaics.images import ImageSource, read_header
from radiofind.mosaics.tile_images import write_image
from radiofind.mosaics.tiles import edge_lines, read_tile, tile_from, tiles_of
from radiofind.workflow import fingerprints as module
from radiofind.workflow.fingerprints import fingerprint_mosaic
from radiofind.workflow.tile_index import (
    COLUMNS,
    describe_tile,
    describe_tiles,
    index_tiles,
    update_tile_files,
)

SHAPE = (210, 260)
TILING = {"core_pixels": 50, "halo_pixels": 10}
BOXES = {"box_pixels": 8, "step_pixels": 5}
REACH = 25
"""A step, and two boxes and a half."""
TILES = list(tiles_of(SHAPE, **TILING))


@pytest.fixture
def pixels():
    pixels = np.random.default_rng(1).normal(size=SHAPE).astype(np.float32)
    pixels[:90, :90] = np.nan
    return pixels


def fingerprints(path, **more):
    given = {key: more.pop(key) for key in ("beam", "frequency_hz", "plane", "primary_beam") if key in more}
    return fingerprint_mosaic(ImageSource(path, **given), tiling=TILING, noise=BOXES, **more).tiles


def changed(one, other):
    assert one["tile"].tolist() == other["tile"].tolist()
    return set(one["tile"][one["fingerprint"] != other["fingerprint"]])


@pytest.mark.slow
def test_a_pixel_changes_exactly_the_tiles_that_depend_on_it(write_fits, pixels):
    first = fingerprints(write_fits(pixels))
    rng = np.random.default_rng(2)
    for _ in range(20):
        x, y = rng.integers(SHAPE[1]), rng.integers(SHAPE[0])
        other = pixels.copy()
        other[y, x] = 1 if np.isnan(other[y, x]) else np.nextafter(other[y, x], 9)
        expected = {
            tile.name
            for tile in TILES
            if tile.box.x0 - REACH <= x < tile.box.x1 + REACH
            and tile.box.y0 - REACH <= y < tile.box.y1 + REACH
        }
        assert changed(first, fingerprints(write_fits(other))) == expected


def test_cards_that_matter_change_all_tiles_and_others_none(write_fits, pixels):
    first = fingerprints(write_fits(pixels))
    everything = {tile.name for tile in TILES}
    for cards in ({"DATE": "2026-01-01", "OBJECT": "a"}, {"history": ["made again"]}, {}):
        assert changed(first, fingerprints(write_fits(pixels, **cards))) == set()
    for cards in ({"CRVAL2": -31.0}, {"BMAJ": 3e-3}, {"RESTFRQ": 1e9}, {"BUNIT": "mJy/beam"}):
        assert changed(first, fingerprints(write_fits(pixels, **cards))) == everything
    assert changed(first, fingerprints(write_fits(pixels), beam=(9.0, 8.0, 0.0))) == everything
    assert changed(first, fingerprints(write_fits(pixels), frequency_hz=1e9)) == everything


def test_the_width_of_the_beam_is_that_of_the_sheet_or_the_header(write_fits, pixels):
    def width(path, **more):
        return fingerprint_mosaic(ImageSource(path, **more), tiling=TILING, noise=BOXES).pixels_per_beam

    path = write_fits(pixels)
    header = read_header(path)
    assert width(path) == pytest.approx(header.beam.major_arcsec / header.pixel_arcsec, rel=0.01)
    assert width(path, beam=(9.0, 4.0, 0.0)) == pytest.approx(6 / header.pixel_arcsec)
    path.write_bytes(path.read_bytes()[:1000])
    assert width(path) is None


def test_another_nan_and_another_name_are_no_change(write_fits, pixels):
    first = fingerprints(write_fits(pixels))
    pixels.view(np.uint32)[np.isnan(pixels)] = 0xFFC00001
    assert np.isnan(pixels).any()
    pixels[0, 0] = 0
    assert changed(first, fingerprints(write_fits(pixels, "other.fits"))) == set()


def test_rows_hold_boxes_and_valid_fractions(write_fits, pixels):
    table = fingerprints(write_fits(pixels))
    assert tuple(table.columns) == COLUMNS
    for tile, row in zip(TILES, table.to_dict("records"), strict=True):
        assert tile_from(describe_tile(row)) == tile
        assert row["valid_fraction"] == pytest.approx(np.isfinite(pixels[tile.box.slices]).mean())
        assert row["reason"] == ""
        sizes = {name: row[name] for name in ("core_pixels", "halo_pixels", "reach_pixels")}
        assert sizes == TILING | {"reach_pixels": REACH}


IN_BEAMS = {"core_pixels": 50, "halo_beams": 3.4}, {"box_beams": 3, "step_pixels": 5}


def in_beams(path, tiling=None, noise=None):
    """Return the fingerprints of an image with sizes in beams."""
    tiling, noise = IN_BEAMS[0] | (tiling or {}), IN_BEAMS[1] | (noise or {})
    return fingerprint_mosaic(ImageSource(path), tiling=tiling, noise=noise).tiles


def test_sizes_in_beams_are_those_of_each_mosaic(write_fits, pixels, sky):
    wide = 5 * sky.pixel_arcsec / 3600
    for name, beam, expected in (
        ("narrow.fits", {"BMAJ": 0.8 * wide, "BMIN": 0.4 * wide, "BPA": 30}, (4, 14, 5 + 2 * 12 + 6)),
        ("wide.fits", {"BMAJ": wide, "BMIN": wide}, (5, 17, 5 + 2 * 15 + 7)),
    ):
        table = in_beams(write_fits(pixels, name, **beam))
        sizes = table[["beam_major_pixels", "halo_pixels", "reach_pixels"]].drop_duplicates()
        assert tuple(sizes.to_numpy()[0]) == pytest.approx(expected, rel=1e-3)
        halo = expected[1]
        tiling = {"core_pixels": 50, "halo_pixels": halo}
        assert [tile_from(describe_tile(row)) for row in table.to_dict("records")] == list(
            tiles_of(SHAPE, **tiling)
        )
        box = round(3 * expected[0])
        same = {"tiling": tiling, "noise": {"box_pixels": box, "step_pixels": 5}}
        pd.testing.assert_frame_equal(
            fingerprint_mosaic(ImageSource(write_fits(pixels, name, **beam)), **same).tiles, table
        )


@pytest.mark.parametrize(
    ("sizes", "told"),
    [
        ({"tiling": {"halo_beams": 2}}, ("at least 13", "tiling.halo_beams 2 (10 pixels)")),
        (
            {"tiling": {"halo_beams": 10}},
            ("less than tiling.core_pixels 50", "tiling.halo_beams 10 (50 pixels)"),
        ),
        ({"noise": {"box_beams": 1.5}}, ("at least 10", "noise.box_beams 1.5 (8 pixels)")),
        ({"noise": {"step_pixels": 16}}, ("at most noise.box_beams 3 (15 pixels)", "noise.step_pixels 16")),
    ],
)
def test_sizes_that_are_impossible_for_a_beam_leave_the_mosaic_out(write_fits, pixels, sky, sizes, told):
    path = write_fits(pixels, BMAJ=5 * sky.pixel_arcsec / 3600, BMIN=2 * sky.pixel_arcsec / 3600)
    table = in_beams(path, **sizes)
    (reason,) = table["reason"]
    expected, received = told
    assert table["tile"].tolist() == [""]
    assert f"{path}: expected {expected}" in reason and f"received {received}; " in reason
    assert reason.endswith("beam is 5 pixels")


@pytest.fixture
def damaged(tmp_path, write_fits, pixels):
    """Files that are no usable image, by their kind."""
    good = write_fits(pixels)
    packed = write_fits(np.nan_to_num(pixels), "packed.fits.fz")
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").write_text("nothing of the kind")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "cut").write_bytes(good.read_bytes()[:100_000])
    (tmp_path / "cut.fits.fz").write_bytes(packed.read_bytes()[: packed.stat().st_size // 2])
    scrambled = bytearray(packed.read_bytes())
    scrambled[-20_000:-9_000:7] = bytes(len(scrambled[-20_000:-9_000:7]))
    (tmp_path / "scrambled.fits.fz").write_bytes(scrambled)
    fits.PrimaryHDU(np.ones((2, 20, 20))).writeto(tmp_path / "cube")
    return tmp_path


@pytest.mark.parametrize("name", ["folder", "text", "dangling", "cut", "cut.fits.fz", "cube", "missing"])
def test_what_cannot_be_read_is_recorded_and_not_raised(damaged, name):
    table = fingerprints(damaged / name)
    assert tuple(table.columns) == COLUMNS
    assert table["tile"].tolist() == [""]
    assert str(damaged / name) in table["reason"].item()


def test_a_scrambled_file_does_not_raise(damaged):
    assert len(fingerprints(damaged / "scrambled.fits.fz")) >= 1


@pytest.mark.parametrize("broken", ["image", "primary_beam", "truth"])
def test_a_disk_that_fails_leaves_no_mosaic_out(write_fits, pixels, tmp_path, monkeypatch, broken):
    """What was recorded as unreadable would stay so until the file is another."""
    files = {"image": write_fits(pixels), "primary_beam": write_fits(pixels, "b.fits")}
    files["truth"] = tmp_path / "t.csv"
    files["truth"].write_text("ra,dec,total_flux\n1,2,3\n")
    opened = io.open

    def open_or_fail(file, *arguments, **options):
        if str(file) == str(files[broken]):
            raise OSError(errno.EIO, "Input/output error")
        return opened(file, *arguments, **options)

    monkeypatch.setattr("io.open", open_or_fail)
    monkeypatch.setattr("builtins.open", open_or_fail)
    with pytest.raises(OSError, match=f"{files[broken].name}.*Input/output error"):
        fingerprints(files["image"], **{k: v for k, v in files.items() if k != "image"}, truth_format="table")


def test_no_usable_card_is_recorded_with_its_name(write_fits, pixels):
    assert "card BMAJ" in fingerprints(write_fits(pixels, BMAJ=None))["reason"].item()
    assert "RESTFRQ" in fingerprints(write_fits(pixels, RESTFRQ=None))["reason"].item()


def test_a_bad_primary_beam_or_truth_is_recorded_before_tiles_are_searched(write_fits, pixels, tmp_path):
    image, truth = write_fits(pixels), tmp_path / "truth.csv"
    truth.write_text("ra,dec,flux\n1,2,3\n")
    reason = fingerprints(image, truth=truth, truth_format="table")["reason"].item()
    assert reason == f"Expected columns ra, dec, total_flux in {truth}, received ra, dec, flux"
    assert str(truth) in fingerprints(image, primary_beam=truth)["reason"].item()
    assert len(fingerprints(image, primary_beam=image)) == len(TILES)
    cut = tmp_path / "beam.fits"
    cut.write_bytes(image.read_bytes()[: image.stat().st_size // 2])
    assert str(cut) in fingerprints(image, primary_beam=cut)["reason"].item()


@pytest.mark.parametrize("which", ["image", "primary_beam", "truth"])
def test_a_file_that_is_written_while_it_is_read_has_no_fingerprints(
    write_fits, pixels, tmp_path, monkeypatch, which
):
    files = {"image": write_fits(pixels), "primary_beam": write_fits(pixels, "b.fits")}
    files["truth"] = tmp_path / "t.csv"
    files["truth"].write_text("ra,dec,total_flux\n1,2,3\n")
    read, changing = module.read_pixels, files[which]

    def read_slowly(header, box):
        with changing.open("ab") as file:
            file.write(bytes(2880))
        return read(header, box)

    monkeypatch.setattr(module, "read_pixels", read_slowly)
    with pytest.raises(RuntimeError, match=f"{changing.name}: .*changed"):
        fingerprints(files.pop("image"), **files, truth_format="table")


def test_tiles_are_live_blank_or_unreadable(write_fits, pixels, tmp_path):
    tables = {"good": fingerprints(write_fits(pixels)), "bad": fingerprints(tmp_path / "missing")}
    tiles = index_tiles(tables)
    states = dict(zip(tiles["mosaic"] + tiles["tile"], tiles["state"], strict=True))
    assert states.pop("bad") == "unreadable"
    assert states["goody000x000"] == "blank"
    assert states["goody001x001"] == "live"
    assert set(states.values()) == {"live", "blank"}
    assert set(tiles.loc[tiles["state"] == "blank", "reason"]) == {"no valid pixel"}
    assert set(tiles.loc[tiles["state"] == "live", "reason"]) == {""}
    assert str(tmp_path / "missing") in tiles.loc[tiles["state"] == "unreadable", "reason"].item()


def test_tiles_of_a_mosaic_that_cannot_be_read_are_neither_described_nor_forgotten(
    write_fits, pixels, tmp_path
):
    blank = write_fits(np.full(SHAPE, np.nan, np.float32), "blank.fits")
    tables = {"good": fingerprints(write_fits(pixels)), "bad": fingerprints(tmp_path / "missing")}
    tiles = index_tiles(tables | {"blank": fingerprints(blank)})
    described = describe_tiles(tiles)
    assert set(described) == {"good", "blank"} and described["blank"] == {}
    live = tiles[(tiles["mosaic"] == "good") & (tiles["state"] == "live")]
    assert list(described["good"]) == live["tile"].tolist()
    row = live.to_dict("records")[0]
    assert described["good"][row["tile"]] == describe_tile(row)


def test_tiles_outside_a_box_are_left_out_and_keep_their_files(write_fits, pixels):
    tables = {name: fingerprints(write_fits(pixels)) for name in ("good", "other")}
    everything = index_tiles(tables)
    tiles = index_tiles(tables, only={"good": "100:101,60:61"})
    changed = tiles[tiles["state"] != everything["state"]]
    assert set(changed["mosaic"]) == {"good"} and set(changed["state"]) == {"left_out"}
    live = tiles[(tiles["mosaic"] == "good") & (tiles["state"] == "live")]
    assert len(live) == 1
    assert live["core_x0"].item() <= 100 < live["core_x1"].item()
    assert live["core_y0"].item() <= 60 < live["core_y1"].item()
    described = [describe_tiles(table) for table in (everything, tiles)]
    assert described[0] == described[1]


def test_a_mosaic_that_cannot_be_read_is_no_error_where_a_box_of_it_is_searched(tmp_path):
    tiles = index_tiles({"bad": fingerprints(tmp_path / "missing")}, only={"bad": "0:10,0:10"})
    assert tiles["state"].tolist() == ["unreadable"]


def test_a_tile_table_survives_parquet(write_fits, pixels, tmp_path):
    table = fingerprints(write_fits(pixels))
    table.to_parquet(tmp_path / "f.parquet")
    again = pd.read_parquet(tmp_path / "f.parquet").to_dict("records")[0]
    assert describe_tile(again) == describe_tile(table.to_dict("records")[0])


def test_tile_files_are_rewritten_only_when_they_change(write_fits, pixels, tmp_path):
    folder = tmp_path / "tiles"
    rows = fingerprints(write_fits(pixels)).to_dict("records")[:4]
    descriptions = {row["tile"]: describe_tile(row) for row in rows}
    update_tile_files(descriptions, folder)
    assert sorted(path.stem for path in folder.iterdir()) == sorted(descriptions)
    for name, description in descriptions.items():
        path = folder / f"{name}.json"
        assert json.loads(path.read_text()) == description
        assert read_tile(path) == tile_from(description)
        os.utime(path, (1, 1))
    (folder / "notes.txt").touch()
    first, second, gone, damaged = list(descriptions)
    (folder / f"{damaged}.json").write_text("{")
    del descriptions[gone]
    descriptions[second] = {**descriptions[second], "fingerprint": "another"}
    update_tile_files(descriptions, folder)
    assert (folder / f"{first}.json").stat().st_mtime == 1
    assert (folder / f"{second}.json").stat().st_mtime > 1
    assert json.loads((folder / f"{damaged}.json").read_text()) == descriptions[damaged]
    assert not (folder / f"{gone}.json").exists()
    assert (folder / "notes.txt").exists()
    update_tile_files({}, folder)
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]


def test_a_field_is_the_tile_with_its_noise_and_all_edges(write_fits, pixels, tmp_path):
    image = write_fits(pixels)
    row = fingerprints(image).to_dict("records")[8]
    write_json(describe_tile(row), tmp_path / "tile.json")
    header, tile = read_header(image), TILES[8]
    planes = {"MEAN": pixels[tile.box.slices], "RMS": 2 * pixels[tile.box.slices]}
    write_image(planes, tmp_path / "noise.fits", header=header, box=tile.box)
    files = {"tile": tmp_path / "tile.json", "noise": tmp_path / "noise.fits"}
    field = read_field("m", ImageSource(image), **files)
    assert field.tile == tile
    assert np.array_equal(field.pixels, pixels[tile.box.slices], equal_nan=True)
    assert np.array_equal(field.rms, 2 * field.mean, equal_nan=True)
    assert field.edges_x.tolist() == edge_lines(260, **TILING).tolist()
    assert field.edges_y.tolist() == edge_lines(210, **TILING).tolist()
