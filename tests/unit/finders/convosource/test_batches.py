"""Batches of a training depend only on seed, epoch and index, and agree with their boxes."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from radiofind.finders.convosource.batches import (
    CropBatches,
    Example,
    example_of,
    patch_batches,
)
from radiofind.finders.convosource.binning import Grid
from radiofind.finders.convosource.patches import PatchSet, Region
from radiofind.finders.convosource.recipes import RECIPES
from radiofind.mosaics.box import Box
from radiofind.networks.orientations import turned_back

RECIPE = replace(RECIPES["default"], batch=8, crop_pixels=12, reach_pixels=5)


def example(number, *, shape=(30, 40), final=True, agn=()):
    """A box whose pixels all differ, and whose target identifies the pixel."""
    inputs = np.arange(np.prod(shape), dtype=np.float32).reshape(shape) + 1e4 * number
    known = np.zeros(shape, dtype=bool)
    for x, y in agn:
        known[y, x] = True
    return Example(inputs, -inputs, known, Grid(1, 0, 0), final)


def crops(*examples, augment="all", epochs=6, seed=1, recipe=RECIPE):
    return CropBatches(examples, recipe, augment, epochs=epochs, batches_per_epoch=4, seed=seed)


def ways_of(inputs):
    """The orientations that a crop of an `example` may have."""
    steps = inputs[0, 1] - inputs[0, 0], inputs[1, 0] - inputs[0, 0]
    return {
        way
        for way in range(8)
        for plain in [turned_back(inputs, way)]
        if plain[0, 1] - plain[0, 0] == 1 and plain[1, 0] - plain[0, 0] == 40 and steps
    }


def test_a_batch_depends_on_seed_epoch_and_place_alone():
    batches = crops(example(0), example(1))
    for again in (batches, crops(example(0), example(1))):
        for one, other in zip(batches.batch(2, 3), again.batch(2, 3), strict=True):
            np.testing.assert_array_equal(one, other)
    first = batches.batch(2, 3)[0]
    others = [batches.batch(2, 2), batches.batch(1, 3), crops(example(0), example(1), seed=2).batch(2, 3)]
    assert not any(np.array_equal(first, other[0]) for other in others)


def test_crops_lie_in_their_box_and_their_target_is_turned_with_them():
    inputs, target, weights = crops(example(0), example(1)).batch(0, 0)
    assert inputs.shape == target.shape == (8, 12, 12, 1)
    assert weights.shape == (8, 12, 12)
    np.testing.assert_array_equal(target, -inputs)
    for crop in inputs[..., 0]:
        (way,) = ways_of(crop)
        plain = turned_back(crop, way)
        np.testing.assert_array_equal(plain - plain[0, 0], np.add.outer(np.arange(12) * 40, np.arange(12)))


def test_every_place_of_every_box_is_drawn():
    boxes = [example(0, shape=(14, 17)), example(1, shape=(16, 15))]
    batches = crops(*boxes)
    seen = np.concatenate([batches.batch(0, index)[0].ravel() for index in range(40)])
    assert all(np.isin(box.inputs, seen).all() for box in boxes)


def test_augmentation_turns_all_crops_or_those_with_an_agn_or_none():
    boxes = [example(0, agn=[(20, 15)]), example(1)]

    def turns(augment):
        batches = crops(*boxes, augment=augment)
        drawn = np.concatenate([batches.batch(0, index)[0] for index in range(60)])[..., 0]
        with_agn = np.isin(drawn, boxes[0].inputs[boxes[0].agn]).any(axis=(1, 2))
        ways = np.array([ways_of(crop).pop() for crop in drawn])
        return set(ways[with_agn].tolist()), set(ways[~with_agn].tolist())

    assert turns("none") == ({0}, {0})
    assert turns("extended") == (set(range(8)), {0})
    assert turns("all") == (set(range(8)), set(range(8)))


def test_weights_leave_out_the_margin_where_the_network_sees_no_sky():
    weights = crops(example(0)).batch(0, 0)[2]
    inner = np.zeros((12, 12))
    inner[2:-2, 2:-2] = 1
    np.testing.assert_array_equal(weights, np.broadcast_to(inner, weights.shape))


def test_crops_of_a_box_narrower_than_a_crop_are_as_narrow():
    inputs, _target, weights = crops(example(0, shape=(3, 40)), example(1)).batch(0, 0)
    assert inputs.shape == (8, 3, 3, 1)
    assert weights[0].sum() == 1


def test_the_last_third_is_drawn_from_mosaics_with_a_validation_box():
    batches = crops(example(0, final=False), example(1, final=True), epochs=6)
    drawn = [np.unique(batches.batch(epoch, 0)[0] >= 1e4).tolist() for epoch in range(6)]
    assert drawn == [[False, True]] * 4 + [[True]] * 2


@pytest.fixture
def region():
    box = Box(x0=11, x1=51, y0=6, y1=36)
    pixels = np.random.default_rng(1).normal(size=box.shape).astype(np.float32)
    truth = pd.DataFrame({"x": [20.5, 30.0, 40.0], "y": [10.5, 20.0, 30.0], "snr": [5.0, 1.0, 9.0]})
    truth = truth.assign(code=[3, 1, 2])
    noise = np.full(box.shape, 2, dtype=np.float32)
    return Region(0, box, pixels, 0 * noise, noise, np.zeros(box.shape, "u1"), truth)


def test_an_example_shows_binned_snr_and_truth_above_the_limit(region):
    shown = example_of(region, recipe=RECIPE, factor=2, train_snr=2.0, final=False)
    assert (shown.grid, shown.final) == (Grid(2, 12, 6), False)
    means = region.pixels[:, 1:39].reshape(15, 2, 19, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(shown.inputs, np.arcsinh(means / 4), atol=1e-6)
    assert shown.target.shape == shown.agn.shape == (15, 19)
    # Bin 4 from column 12 has the columns 20 and 21; bin 2 of the rows has its centre at 10.5.
    assert shown.target[2, 4] == 1
    assert np.argwhere(shown.agn).tolist() == [[12, 14]]
    assert shown.target[7, 9] == 0


def patch_set(n=6, codes=(0, 1, 2, 3, 4, 0)):
    rng = np.random.default_rng(3)
    solution = np.zeros((n, 50, 50), dtype=np.uint8)
    for patch, code in enumerate(codes):
        solution[patch, 10 + patch, 20] = code
    image = rng.normal(size=solution.shape).astype(np.float32)
    places = np.zeros(n, dtype=np.int32)
    return PatchSet(image, 0 * image, np.ones_like(image), solution, places, places, places, pd.DataFrame())


@pytest.mark.parametrize(
    ("augment", "repeated"), [("none", []), ("extended", [1, 2]), ("all", [0, 1, 2, 3, 4, 5])]
)
def test_selected_patches_come_seven_times_with_the_turns_of_the_paper(augment, repeated):
    patches, recipe = patch_set(), replace(RECIPES["paper"], batch=10)
    batches = patch_batches(patches, recipe=recipe, augment=augment, seed=1)
    drawn = [batches.batch(0, index) for index in range(batches.batches_per_epoch)]
    shown = [
        (inputs.tobytes(), target.tobytes())
        for batch in drawn
        for inputs, target in zip(batch[0][..., 0], batch[1][..., 0], strict=True)
    ]
    wanted = []
    for number, (image, solution) in enumerate(zip(patches.image, patches.solution, strict=True)):
        pair = (image * np.float32(1e7)).astype(np.float32), (solution > 0).astype(np.float32)
        wanted.append(pair)
        if number in repeated:
            wanted.append(pair)
            wanted += [tuple(map(turn, pair)) for turn in (np.fliplr, np.flipud)]
            wanted += [tuple(np.rot90(plane, turns) for plane in pair) for turns in (1, 2, 3)]
    assert sorted(shown) == sorted(tuple(plane.tobytes() for plane in pair) for pair in wanted)
    assert {len(batch[0]) for batch in drawn[:-1]} <= {10}
    assert all((batch[2] == 1).all() and batch[2].shape == batch[0].shape[:3] for batch in drawn)


def test_patches_come_in_another_order_in_each_epoch_and_in_the_same_for_the_same_numbers():
    options = {"recipe": replace(RECIPES["paper"], batch=6), "augment": "none"}
    batches = patch_batches(patch_set(), seed=1, **options)
    again = patch_batches(patch_set(), seed=1, **options)
    other = patch_batches(patch_set(), seed=2, **options)
    first = batches.batch(0, 0)[0]
    np.testing.assert_array_equal(first, again.batch(0, 0)[0])
    assert not np.array_equal(first, batches.batch(1, 0)[0])
    assert not np.array_equal(first, other.batch(0, 0)[0])
