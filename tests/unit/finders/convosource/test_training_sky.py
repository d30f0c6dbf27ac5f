"""Training and validation data: boxes of several mosaics, binned to similar beams, and scaled."""

import numpy as np
import pytest

from radiofind.finders.convosource.batches import CropBatches, PatchBatches
from radiofind.finders.convosource.binning import Grid
from radiofind.finders.convosource.patches import cut_patches
from radiofind.finders.convosource.recipes import RECIPES
from radiofind.finders.convosource.training_sky import read_training_sky, search_validation
from radiofind.mosaics.box import Box

SHAPE = (140, 260)
BOXES = {"train_box": "0:130,0:140", "validation_box": "130:260,0:140"}
SOURCES = [
    (30.4, 40.2, 2e-3, "sfg"),
    (80.0, 100.0, 1.5e-4, "fs_agn"),
    (100.3, 20.8, 1e-3, "ss_agn"),
    (170.6, 30.3, 3e-3, "sfg"),
    (220.2, 110.7, 1e-3, "fs_agn"),
]
SETTINGS = {"train_snr": 2.0, "augment": "all", "epochs": 3, "batches_per_epoch": 5, "seed": 4}


@pytest.fixture
def read(tmp_path):
    """A function that cuts the patches of mosaics and reads them for a recipe."""

    def build(*grounds, recipe="default", **settings):
        cut_patches(tmp_path / "p.h5", grounds, train_snr=2.0, train_rms="local", stride_pixels=50)
        return read_training_sky(tmp_path / "p.h5", recipe=RECIPES[recipe], settings=SETTINGS | settings)

    return build


def wide(sky, times):
    """Header cards of a beam wider by a factor."""
    return dict.fromkeys(("BMAJ", "BMIN"), times * sky.beam_pixels * sky.pixel_arcsec / 3600)


def test_boxes_are_shown_as_the_recipe_says(sky, ground_of, read):
    pixels = sky.make(SHAPE, [source[:3] for source in SOURCES])
    shown = read(ground_of(pixels, SOURCES, **BOXES))
    (box,) = shown.validation
    (region,) = shown.validation_regions
    assert region.box == Box(x0=143, x1=260, y0=0, y1=140)
    assert box.grid == Grid(1, 143, 0)
    np.testing.assert_allclose(box.inputs, np.arcsinh(pixels[:, 143:] / sky.rms / 2), atol=1e-5)
    assert np.argwhere(box.target > 0.8).tolist() == [[30, 171 - 143], [111, 220 - 143]]
    assert (shown.pixels_per_beam, shown.train_snr) == (pytest.approx(4.0), 2.0)
    assert shown.origin["numbers"] == dict.fromkeys(("train", "validation"), {"patches": 9, "truth": 2})
    assert shown.origin["mosaics"] == ["a"]


def test_each_recipe_gets_its_batches(sky, ground_of, read):
    ground = ground_of(sky.make(SHAPE), SOURCES, **BOXES)
    crops, patches = (read(ground, recipe=recipe).batches for recipe in ("default", "paper"))
    assert isinstance(crops, CropBatches)
    assert (crops.augment, crops.epochs, crops.batches_per_epoch, crops.seed) == ("all", 3, 5, 4)
    assert isinstance(patches, PatchBatches)
    assert (len(patches.copies), patches.seed) == (9 * 7, 4)
    assert len(read(ground, recipe="paper", augment="extended").batches.copies) == 9 + 6


def test_mosaics_are_binned_until_their_beams_are_alike(sky, ground_of, read):
    narrow = ground_of(sky.make(SHAPE), SOURCES, "a", train_box="0:130,0:140")
    broad = ground_of(sky.make(SHAPE, seed=2), SOURCES, "b", validation_box="130:260,0:140", **wide(sky, 2.1))
    shown = read(narrow, broad)
    assert [box.grid.factor for box in shown.batches.examples] == [1]
    assert [box.grid for box in shown.validation] == [Grid(2, 144, 0)]
    assert shown.pixels_per_beam == pytest.approx(4.2)


def test_the_paper_leaves_mosaics_as_they_are(sky, ground_of, read):
    ground = ground_of(sky.make(SHAPE), SOURCES, **BOXES, **wide(sky, 3))
    shown = read(ground, recipe="paper")
    assert shown.validation[0].grid.factor == 1
    assert shown.pixels_per_beam == pytest.approx(12.0)


def test_mosaics_that_do_not_look_alike_are_refused(sky, ground_of, read):
    narrow = ground_of(sky.make(SHAPE), SOURCES, "a", **BOXES)
    broad = ground_of(sky.make(SHAPE), SOURCES, "b", **BOXES, **wide(sky, 1.45))
    with pytest.raises(ValueError, match=r"\bb\b.*5\.80.*\ba\b.*4\.00"):
        read(narrow, broad)


def test_training_ends_on_the_mosaics_with_both_boxes_if_there_are_any(sky, ground_of, read):
    train, validation = ({key: BOXES[key]} for key in BOXES)
    both = ground_of(sky.make(SHAPE), SOURCES, "both", **BOXES)
    trains = ground_of(sky.make(SHAPE), SOURCES, "trains", **train)
    watched = ground_of(sky.make(SHAPE), SOURCES, "watched", **validation)
    assert [box.final for box in read(trains, both).batches.examples] == [False, True]
    assert [box.final for box in read(both, trains).batches.examples] == [True, False]
    assert [box.final for box in read(trains, watched).batches.examples] == [True]


@pytest.mark.parametrize("times", [1, 2])
def test_peaks_in_the_validation_boxes_are_in_mosaic_pixels(sky, ground_of, read, times):
    shown = read(ground_of(sky.make(SHAPE), SOURCES, **BOXES, **wide(sky, times)))
    targets = {box.inputs.shape: box.target for box in shown.validation}

    def know(inputs):
        """Return the target, like a perfect network."""
        reach = shown.recipe.reach_pixels
        rows, columns = (size - 2 * reach for size in inputs.shape[1:3])
        return np.pad(targets[rows, columns], reach)[np.newaxis, ..., np.newaxis]

    maps, [(truth, detections)] = search_validation(shown, know, turns=1)
    np.testing.assert_array_equal(maps[0], shown.validation[0].target)
    assert set(truth["region"]) == set(detections["region"]) == {"validation"}
    wanted = [source[:2] for source in SOURCES if source[0] > 143]
    np.testing.assert_allclose(truth[["x", "y"]], wanted, atol=1e-6)
    np.testing.assert_allclose(detections.sort_values("x")[["x", "y"]], wanted, atol=0.05 * times)
    assert detections["score"].between(0.8, 1).all()
