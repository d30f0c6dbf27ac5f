"""Patches contain pixels, noise and truth of the boxes; bad boxes are refused before training."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import h5py
import numpy as np
import pandas as pd
import pytest
from astropy.io import fits

from radiofind.finders.convosource.labels import label_truth, measure_level, read_strips
from radiofind.finders.convosource.patches import (
    PLACES,
    PLANES,
    cut_patches,
    read_origin,
    read_patches,
    regions_of,
    solution_map,
)
from radiofind.finders.convosource.training_data import read_ground
from radiofind.mosaics.box import Box
from radiofind.mosaics.images import ImageSource, read_header
from radiofind.mosaics.regions import training_box
from radiofind.mosaics.tile_images import write_image
from radiofind.mosaics.tiles import tiles_of

SHAPE = (180, 330)
TRAIN, VALIDATION = "0:200,0:180", "200:330,0:180"
INNER = {"train": Box(0, 187, 0, 180), "validation": Box(213, 330, 0, 180)}
OPTIONS = {"train_snr": 2.0, "train_rms": "local", "stride_pixels": 50}


class Files:
    """The files of one mosaic, as the rule passes them to `read_ground`."""

    def __init__(self, folder, sky, *, name="a", blank=(), core_pixels=100):
        self.folder, self.name = folder / name, name
        self.folder.mkdir()
        rng = np.random.default_rng(len(name))
        self.pixels = rng.normal(0, 1e-4, SHAPE).astype(np.float32)
        for x, y in blank:
            self.pixels[y, x] = np.nan
        # Noise differs from pixel to pixel and between the halos of neighbours, so that mistakes show.
        self.mean = rng.normal(0, 1e-5, SHAPE).astype(np.float32)
        self.rms = rng.uniform(1e-4, 2e-4, SHAPE).astype(np.float32)
        self.image = self.folder / "image.fits"
        fits.writeto(self.image, self.pixels, sky.cards(SHAPE))
        self.header = read_header(self.image)
        self.tiles, self.noise = [], []
        for tile in tiles_of(SHAPE, core_pixels=core_pixels, halo_pixels=10):
            self._write_tile(tile)

    def _write_tile(self, tile):
        description = {"tile": tile.name, "core": None, "box": None}
        for key in ("core", "box"):
            box = getattr(tile, key)
            description[key] = [box.x0, box.x1, box.y0, box.y1]
        self.tiles.append(self.folder / f"{tile.name}.json")
        self.tiles[-1].write_text(json.dumps(description))
        planes = {}
        for name, plane in (("MEAN", self.mean), ("RMS", self.rms)):
            planes[name] = np.full(tile.box.shape, 7.0)
            planes[name][tile.core.within(tile.box)] = plane[tile.core.slices]
        self.noise.append(self.folder / f"{tile.name}.fits")
        write_image(planes, self.noise[-1], header=self.header, box=tile.box)

    def write_truth(self, table):
        """Write rows of x, y, flux in Jy and class."""
        x, y, flux, kind = (np.array(column) for column in zip(*table, strict=True))
        ra, dec = self.header.coordinates.to_sky(x.astype(float), y.astype(float))
        truth = pd.DataFrame({"ra": ra, "dec": dec, "total_flux": flux.astype(float), "class": kind})
        truth.to_csv(self.folder / "truth.csv", index=False)
        return self.folder / "truth.csv"

    def ground(self, truth, **changes):
        path = truth if hasattr(truth, "exists") else self.write_truth(truth)
        cells = {"truth": path, "truth_format": "table"}
        cells |= {"tiles": self.tiles, "noise": self.noise, "train_box": TRAIN, "validation_box": VALIDATION}
        image = ImageSource(self.image, primary_beam=changes.pop("primary_beam", None))
        return read_ground(self.name, image, **cells | changes)


SOURCES = [
    (20.3, 30.4, 1e-3, "sfg"),
    (186.4, 90.0, 1e-3, "fs_agn"),
    (190.0, 90.0, 1e-3, "sfg"),  # in the gap
    (100.0, 100.0, 1e-3, "ss_agn"),
    (100.2, 99.8, 2e-3, ""),  # brighter, in the same pixel
    (99.8, 100.1, 5e-4, "sfg"),
    (60.0, 60.0, 1e-5, "sfg"),  # faint
    (220.0, 10.0, 1e-3, "sfg"),
]


@pytest.fixture
def files(tmp_path, sky):
    return Files(tmp_path, sky)


def cut(tmp_path, *grounds, **options):
    path = tmp_path / "patches.h5"
    cut_patches(path, grounds, **OPTIONS | options)
    return path


@pytest.mark.parametrize("stride", [50, 17])
def test_patches_cover_the_box_without_its_gap_and_contain_its_pixels(tmp_path, files, stride):
    path = cut(tmp_path, files.ground(SOURCES), stride_pixels=stride)
    for split, inner in INNER.items():
        patches = read_patches(path, split)
        seen = np.zeros(SHAPE, dtype=int)
        for number, (x, y) in enumerate(zip(patches.x0, patches.y0, strict=True)):
            place = slice(y, y + 50), slice(x, x + 50)
            seen[place] += 1
            np.testing.assert_array_equal(patches.image[number], files.pixels[place])
            np.testing.assert_array_equal(patches.mean[number], files.mean[place])
            np.testing.assert_array_equal(patches.rms[number], files.rms[place])
        covered = np.zeros(SHAPE, dtype=bool)
        covered[inner.slices] = True
        np.testing.assert_array_equal(seen > 0, covered)
        assert len({*zip(patches.x0, patches.y0, strict=True)}) == len(patches.x0)


def test_only_train_patches_overlap(tmp_path, files):
    side_by_side = cut(tmp_path, files.ground(SOURCES))
    number = {split: len(read_patches(side_by_side, split).x0) for split in INNER}
    assert number == {"train": 4 * 4, "validation": 3 * 4}
    path = cut(tmp_path, files.ground(SOURCES), stride_pixels=25)
    assert len(read_patches(path, "train").x0) == 7 * 7
    assert len(read_patches(path, "validation").x0) == number["validation"]


def test_solution_has_the_class_of_the_brightest_source_above_the_limit_in_its_pixel(tmp_path, files):
    (train,) = regions_of(read_patches(cut(tmp_path, files.ground(SOURCES)), "train"))
    marked = {(x, y): train.solution[y, x] for y, x in np.argwhere(train.solution)}
    assert marked == {(20, 30): 3, (186, 90): 2, (100, 100): 4}


def test_truth_is_all_that_lies_in_the_box_whatever_its_snr(tmp_path, files):
    (train,) = regions_of(read_patches(cut(tmp_path, files.ground(SOURCES)), "train"))
    wanted = [row for row in SOURCES if row[0] < 187]
    np.testing.assert_allclose(train.truth["x"], [row[0] for row in wanted], atol=1e-6)
    np.testing.assert_allclose(train.truth["y"], [row[1] for row in wanted], atol=1e-6)
    assert train.truth["code"].tolist() == [3, 2, 1, 4, 3, 3]
    noise = [files.rms[round(row[1]), round(row[0])] for row in wanted]
    np.testing.assert_allclose(train.truth["snr"], [row[2] for row in wanted] / np.array(noise), rtol=1e-5)


def test_noise_of_the_paper_is_the_mean_over_the_train_box_for_both_splits(tmp_path, files):
    path = cut(tmp_path, files.ground(SOURCES), train_rms="mean")
    mean = files.rms[INNER["train"].slices].mean(dtype=float)
    for split, flux in (("train", SOURCES[0][2]), ("validation", SOURCES[-1][2])):
        assert read_patches(path, split).truth["snr"].iloc[0] == pytest.approx(flux / mean, rel=1e-6)


def test_apparent_flux_counts(tmp_path, files, sky):
    beam = np.full(SHAPE, 0.5, dtype=np.float32)
    fits.writeto(tmp_path / "beam.fits", beam, sky.cards(SHAPE))
    plain, seen = (
        read_patches(cut(tmp_path, files.ground(SOURCES, primary_beam=path)), "train").truth["snr"]
        for path in (None, tmp_path / "beam.fits")
    )
    np.testing.assert_allclose(seen, plain / 2, rtol=1e-6)


@pytest.mark.parametrize("stride", [50, 31])
def test_regions_are_the_boxes_put_together_again(tmp_path, files, sky, stride):
    other = Files(tmp_path, sky, name="bb")
    grounds = [files.ground(SOURCES), other.ground([(250.0, 9.0, 1e-3, "sfg")], train_box=None)]
    path = cut(tmp_path, *grounds, stride_pixels=stride)
    (train,) = regions_of(read_patches(path, "train"))
    both = regions_of(read_patches(path, "validation"))
    assert [region.mosaic for region in both] == [0, 1]
    assert train.box == INNER["train"] and {region.box for region in both} == {INNER["validation"]}
    for region, its in ((train, files), (both[0], files), (both[1], other)):
        np.testing.assert_array_equal(region.pixels, its.pixels[region.box.slices])
        np.testing.assert_array_equal(region.mean, its.mean[region.box.slices])
        np.testing.assert_array_equal(region.rms, its.rms[region.box.slices])
        marked = region.truth[region.truth["snr"] > 2]
        np.testing.assert_array_equal(region.solution, solution_map(marked, region.box))
    assert both[1].truth["x"].tolist() == pytest.approx([250.0])


def test_file_says_where_its_patches_come_from(tmp_path, files):
    origin = read_origin(cut(tmp_path, files.ground(SOURCES), stride_pixels=25))
    assert {key: origin[key] for key in OPTIONS} == OPTIONS | {"stride_pixels": 25}
    assert origin["mosaics"] == ["a"]
    told = origin["origin"]["a"]
    boxes = {"train": "0:187,0:180", "validation": "213:330,0:180"}
    assert told["image"] == str(files.image)
    assert (told["train_box"], told["validation_box"]) == (TRAIN, VALIDATION)
    assert {split: told[f"inner_{split}_box"] for split in boxes} == boxes
    assert told["beam"] == pytest.approx([8.0, 8.0, 0.0]) and told["pixel_arcsec"] == pytest.approx(2.0)
    assert told["median_rms"] == pytest.approx(np.median(files.rms[INNER["train"].slices]), rel=0.02)


def test_datasets_are_chunked_by_patch_and_packed(tmp_path, files):
    with h5py.File(cut(tmp_path, files.ground(SOURCES))) as file:
        for split in INNER:
            for name, dtype in PLANES.items():
                dataset = file[split][name]
                assert (dataset.chunks, dataset.compression, dataset.shuffle) == ((1, 50, 50), "gzip", True)
                assert dataset.dtype == dtype
            assert {len(file[split][name]) for name in (*PLANES, *PLACES)} == {len(file[split]["x0"])}


def test_the_same_ground_gives_the_same_file(tmp_path, files):
    once = cut(tmp_path, files.ground(SOURCES)).read_bytes()
    assert cut(tmp_path, files.ground(SOURCES)).read_bytes() == once


def test_tiles_that_are_not_under_the_boxes_are_not_needed(tmp_path, files):
    cells = {"train_box": "0:80,0:80", "validation_box": "0:80,115:180"}
    truth = [(20, 30, 1e-3, "sfg"), (20, 150, 1e-3, "sfg"), (300, 150, 1e-3, "sfg")]
    whole = cut(tmp_path, files.ground(truth, **cells)).read_bytes()
    under = [number for number, tile in enumerate(files.tiles) if tile.stem in ("y000x000", "y001x000")]
    assert 0 < len(under) < len(files.tiles)
    cells["tiles"], cells["noise"] = ([paths[n] for n in under] for paths in (files.tiles, files.noise))
    assert cut(tmp_path, files.ground(truth, **cells)).read_bytes() == whole


def test_noise_maps_are_kept_only_while_rows_need_them(monkeypatch, files):
    ground, opened = files.ground(SOURCES), []
    from radiofind.finders.convosource import labels

    read = labels.read_planes
    monkeypatch.setattr(labels, "read_planes", lambda path, *names: opened.append(path) or read(path, *names))
    rows = [Box(0, 187, y, y + 50) for y in (0, 20, 40, 60, 80, 100, 120, 130)]
    assert [strip.box for strip in read_strips(ground, rows)] == rows
    assert len(opened) == len(set(opened)) == sum(tile.core.x0 < 187 for tile in ground.noise)


def fails(tmp_path, *grounds, **options):
    with pytest.raises(ValueError, match=".") as told:
        cut(tmp_path, *grounds, **options)
    assert not list(tmp_path.glob("*.h5")) and not list(tmp_path.glob(".*.h5"))
    return str(told.value)


def test_a_box_without_truth_is_an_error(tmp_path, files):
    message = fails(tmp_path, files.ground(SOURCES[:3]))
    assert message.startswith(f"a, validation_box {VALIDATION}: ")
    assert str(files.folder / "truth.csv") in message
    assert fails(tmp_path, files.ground(SOURCES[-1:])).startswith(f"a, train_box {TRAIN}: ")


@pytest.mark.parametrize("split", INNER)
def test_a_box_without_truth_above_the_limit_is_an_error(tmp_path, files, split):
    truth = [(20, 30, 1e-3, "sfg"), (220, 10, 1e-3, "sfg")]
    faint = 0 if split == "train" else 1
    truth[faint] = (*truth[faint][:2], 1.5e-4 * 1.2, "sfg")
    message = fails(tmp_path, files.ground(truth))
    box = {"train": TRAIN, "validation": VALIDATION}[split]
    assert message.startswith(f"a, {split}_box {box}: ")
    assert "train_snr (2 x rms)" in message


def test_the_truth_of_another_field_is_an_error_that_names_both_skies(tmp_path, files):
    elsewhere = pd.DataFrame({"ra": [359.0, 10.0], "dec": [40.0, 41.0], "total_flux": [1.0, 1.0]})
    elsewhere.to_csv(tmp_path / "other.csv", index=False)
    with pytest.raises(ValueError, match="^a: ") as told:
        files.ground(tmp_path / "other.csv")
    assert "RA 359.894 to 0.106 and Dec -30.050 to -29.950 deg" in str(told.value)
    assert "RA 359.000 to 10.000 and Dec 40.000 to 41.000 deg" in str(told.value)
    assert str(files.image) in str(told.value) and str(tmp_path / "other.csv") in str(told.value)


def test_an_empty_truth_is_an_error(tmp_path, files):
    (tmp_path / "none.csv").write_text("ra,dec,total_flux\n")
    with pytest.raises(ValueError, match=r"\b0 .*none\.csv \(no sky\)"):
        files.ground(tmp_path / "none.csv")


def test_blank_pixels_are_an_error_that_names_their_number_and_the_first(tmp_path, sky):
    files = Files(tmp_path, sky, blank=[(60, 70), (30, 71), (195, 5)])
    message = fails(tmp_path, files.ground(SOURCES))
    assert re.match(rf"a, train_box {TRAIN}: .*\b2 blank", message)
    assert "x=60, y=70" in message and str(files.image) in message


def test_a_tile_without_noise_counts_as_blank(tmp_path, files):
    ground = files.ground(SOURCES)
    last = max(ground.noise, key=lambda tile: (tile.core.y0, tile.core.x0))
    ground = replace(ground, noise={tile: path for tile, path in ground.noise.items() if tile != last})
    assert f"a, validation_box {VALIDATION}" in fails(tmp_path, ground)


def test_pixels_with_noise_zero_count_as_blank(tmp_path, sky, files):
    tile = next(iter(files.ground(SOURCES).noise))
    planes = {"MEAN": np.zeros(tile.box.shape), "RMS": np.zeros(tile.box.shape)}
    write_image(planes, files.noise[0], header=files.header, box=tile.box)
    assert "blank" in fails(tmp_path, files.ground(SOURCES))


def test_a_box_smaller_than_a_patch_is_an_error(files):
    with pytest.raises(ValueError, match="a, train_box: .*50 x 50.* 0:62,0:180"):
        files.ground(SOURCES, train_box="0:62,0:180")
    assert training_box(Box(0, 63, 0, 180), SHAPE) == Box(0, 50, 0, 180)


def test_an_image_smaller_than_a_patch_is_an_error():
    with pytest.raises(ValueError, match="50 x 50.*0:300,0:49"):
        training_box(Box(0, 300, 0, 49), (49, 300))


def test_a_training_set_needs_both_boxes(tmp_path, files):
    ground = files.ground(SOURCES, validation_box=None)
    message = fails(tmp_path, ground)
    assert "validation_box" in message and message.endswith(" a")
    assert "train_box" in fails(tmp_path)


def test_an_unknown_noise_is_an_error(tmp_path, files):
    message = fails(tmp_path, files.ground(SOURCES), train_rms="median")
    assert "train_rms" in message and "median" in message


def test_level_of_a_mosaic_without_train_box_is_that_of_its_validation_box(files):
    level = measure_level(files.ground(SOURCES, train_box=None))
    assert level.mean == pytest.approx(files.rms[INNER["validation"].slices].mean(dtype=float), rel=1e-6)


def test_truth_labels_do_not_depend_on_the_order_of_the_truth(files):
    one = label_truth(files.ground(SOURCES), "train", train_snr=2)
    two = label_truth(files.ground(SOURCES[::-1]), "train", train_snr=2)
    pd.testing.assert_frame_equal(
        *(table.sort_values(["x", "y"]).reset_index(drop=True) for table in (one, two))
    )
    box = INNER["train"]
    np.testing.assert_array_equal(solution_map(one, box), solution_map(two, box))
