"""Augmentation changes neither what is seen nor how bright it is, and is the same when it is asked again."""

import time

import h5py
import numpy as np
import pytest

from radiofind.classifiers.augmentation import Augmentation, CutoutBatches, augment
from radiofind.classifiers.cutouts import read_user_cutouts
from radiofind.classifiers.preparation import Preparation, prepare

NOTHING = Augmentation(rotate=False, flip=False)
EVERYTHING = Augmentation(shift_pixels=3, scale=0.1)


def generator(seed=1):
    return np.random.default_rng(seed)


def blob(side=41, at=(0.0, 0.0), width=2.0):
    """A source so many pixels from the middle."""
    rows, columns = np.indices((side, side)) - (side - 1) / 2
    return np.exp(-0.5 * ((rows - at[0]) ** 2 + (columns - at[1]) ** 2) / width**2).astype(np.float32)


def place_of(image):
    """Centroid from the middle, in rows and columns."""
    rows, columns = np.indices(image.shape) - (image.shape[0] - 1) / 2
    return np.array([(image * rows).sum(), (image * columns).sum()]) / image.sum()


def three(side=61):
    """Sources of which no mirror image can be turned into them: one above, a faint one right, none left."""
    return blob(side, (-12, 0)) + 0.5 * blob(side, (0, 9))


def many(image, augmentation, n=200, seed=1):
    return augment(np.repeat(image[None], n, axis=0), augmentation, generator(seed))


def seeded_images(n=10, side=16, seed=1):
    return generator(seed).normal(size=(n, side, side, 1)).astype(np.float32)


def batches(n=10, **options):
    label = options.pop("label", np.arange(n) % 2)
    return CutoutBatches(seeded_images(n), label, **{"n_classes": 2, "batch_size": 4, "seed": 1, **options})


def rows_of(found, n=10):
    """Places of images that were not changed."""
    known = {image.tobytes(): row for row, image in enumerate(seeded_images(n))}
    return [known[image.tobytes()] for image in found]


def test_nothing_to_do_leaves_the_images_as_they_are():
    images = seeded_images()
    assert (augment(images, NOTHING, generator()) == images).all()
    assert (augment(images[..., 0], NOTHING, generator()) == images[..., 0]).all()


def test_the_given_images_stay_as_they_are():
    images = seeded_images()
    augment(images, EVERYTHING, generator())
    assert (images == seeded_images()).all()


def test_a_source_is_turned_around_the_middle_by_any_angle():
    turned = many(blob(at=(0, 10)), Augmentation(flip=False))
    places = np.array([place_of(image) for image in turned])
    assert np.hypot(*places.T) == pytest.approx(10, abs=0.05)
    angles = np.rad2deg(np.arctan2(*places.T)) % 360
    assert np.histogram(angles, bins=12, range=(0, 360))[0].min() > 0
    assert len(np.unique(np.round(angles % 90))) > 30


def test_half_of_the_images_are_mirrored():
    found = many(blob(at=(0, 10)), Augmentation(rotate=False))
    sides = np.array([place_of(image)[1] for image in found])
    assert np.abs(sides) == pytest.approx(10, abs=1e-3)
    assert 70 < np.sum(sides < 0) < 130


@pytest.mark.parametrize("flip", [False, True])
def test_turning_alone_mirrors_nothing(flip):
    found = many(three(), Augmentation(flip=flip))
    handed = []
    for image in found:
        bright, faint = (
            place_of(np.where(part, image, 0)) for part in (image > 0.6, (image > 0.3) & (image < 0.45))
        )
        handed.append(np.sign(bright[0] * faint[1] - bright[1] * faint[0]))
    assert set(handed) == ({-1, 1} if flip else {handed[0]})


def test_images_are_shifted_by_whole_pixels_up_to_the_limit():
    image = blob()
    found = many(image, Augmentation(rotate=False, flip=False, shift_pixels=2), n=400)
    shifts = np.array([place_of(moved) for moved in found])
    assert np.abs(shifts - np.rint(shifts)).max() < 1e-3
    assert {tuple(shift) for shift in np.rint(shifts).astype(int).tolist()} == {
        (row, column) for row in range(-2, 3) for column in range(-2, 3)
    }
    (row, column), moved = np.rint(shifts[0]).astype(int), found[0]
    assert np.allclose(moved[5:-5, 5:-5], np.roll(image, (row, column), (0, 1))[5:-5, 5:-5])


def test_a_shift_is_in_pixels_of_the_new_image_whatever_else_is_done():
    found = many(blob(81), Augmentation(shift_pixels=5, scale=0.3))
    shifts = np.array([place_of(image) for image in found])
    assert np.abs(shifts - np.rint(shifts)).max() < 0.05
    assert np.abs(shifts).max() == pytest.approx(5, abs=0.05)


def test_sizes_change_by_at_most_the_given_part():
    found = many(blob(81, (0, 20)), Augmentation(rotate=False, flip=False, scale=0.2))
    sizes = np.array([place_of(image)[1] for image in found]) / 20
    assert 0.795 < sizes.min() < 0.85 and 1.15 < sizes.max() < 1.205
    areas = found.sum(axis=(1, 2)) / blob(81).sum()
    assert areas == pytest.approx(sizes**2, rel=0.03)


def test_brightness_stays():
    found = many(blob(at=(3, 5)), Augmentation())
    assert found.sum(axis=(1, 2)) == pytest.approx(blob().sum(), rel=0.01)
    # Between pixels the peak of a narrow source is a little lower.
    assert found.max(axis=(1, 2)) == pytest.approx(0.95, abs=0.05)
    assert found.min() >= 0


def test_outside_of_an_image_there_is_nothing():
    found = many(np.ones((40, 40), np.float32), Augmentation(flip=False), n=50)
    assert found[:, 10:30, 10:30] == pytest.approx(1, abs=1e-5)
    corners = found[:, [0, 0, -1, -1], [0, -1, 0, -1]]
    assert np.median(corners) == 0


def test_each_image_is_changed_in_its_own_way():
    found = many(three(), EVERYTHING, n=20)
    assert len({image.tobytes() for image in found}) == 20


def test_the_same_generator_gives_the_same_images():
    first, second, other = (many(three(), EVERYTHING, n=3, seed=seed) for seed in (1, 1, 2))
    assert (first == second).all() and (first != other).any()


def test_a_batch_of_32_takes_less_time_than_a_step_of_training():
    images = seeded_images(32, side=64)
    times = []
    for _ in range(10):
        start = time.perf_counter()
        augment(images, EVERYTHING, generator())
        times.append(time.perf_counter() - start)
    assert min(times) < 0.05  # 0.005 where it was measured; a loop over pixels takes seconds


@pytest.mark.parametrize("wrong", [{"shift_pixels": -1}, {"scale": -0.1}, {"scale": 1.0}])
def test_an_augmentation_that_cannot_be_is_told(wrong):
    with pytest.raises(ValueError, match="shift_pixels .*scale"):
        Augmentation(**wrong)


@pytest.mark.parametrize(("n", "size", "expected"), [(10, 4, 3), (8, 4, 2), (3, 8, 1), (9, 4, 3)])
def test_every_image_comes_once_an_epoch(n, size, expected):
    given = batches(n, batch_size=size)
    assert given.batches_per_epoch == expected
    for epoch in (0, 1):
        found = [given.batch(epoch, index)[0] for index in range(given.batches_per_epoch)]
        assert sorted(rows_of(np.concatenate(found), n)) == list(range(n))
        assert max(map(len, found)) <= size and max(map(len, found)) - min(map(len, found)) <= 1


def test_the_order_changes_from_epoch_to_epoch_and_with_the_seed():
    orders = [
        rows_of(np.concatenate([given.batch(epoch, index)[0] for index in range(3)]))
        for given, epoch in ((batches(), 0), (batches(), 1), (batches(seed=2), 0))
    ]
    assert len({tuple(order) for order in orders}) == 3


def test_a_batch_is_the_same_whatever_was_asked_before():
    one, other = batches(augmentation=EVERYTHING), batches(augmentation=EVERYTHING)
    for index in (0, 1, 2):
        one.batch(0, index)
    for found, expected in zip(one.batch(2, 1), other.batch(2, 1), strict=True):
        assert (found == expected).all() and found.dtype == expected.dtype == np.float32


def test_an_image_is_changed_in_another_way_in_each_epoch_and_batch():
    images = np.repeat(three()[None, :, :, None], 8, axis=0)
    given = CutoutBatches(images, np.zeros(8), n_classes=2, batch_size=4, seed=1, augmentation=Augmentation())
    found = [
        image.tobytes() for epoch in (0, 1) for index in (0, 1) for image in given.batch(epoch, index)[0]
    ]
    assert len(set(found)) == 16


def test_targets_are_those_of_the_images():
    given = batches(label=np.array([0, 1, 2, 0, 1, 2, 2, 2, 2, 0]), n_classes=4)
    for index in range(3):
        images, targets, weights = given.batch(0, index)
        expected = np.array([0, 1, 2, 0, 1, 2, 2, 2, 2, 0])[rows_of(images)]
        assert targets.shape == (len(images), 4) and (targets.argmax(axis=1) == expected).all()
        assert (targets.sum(axis=1) == 1).all() and (weights == 1).all()


def test_balanced_classes_weigh_the_same():
    label = np.array([0, 0, 0, 0, 0, 0, 0, 1, 1, 3])
    given = batches(label=label, n_classes=4, balanced=True)
    _, *parts = zip(*(given.batch(0, index) for index in range(3)), strict=True)
    targets, weights = map(np.concatenate, parts)
    assert (targets * weights[:, None]).sum(axis=0) == pytest.approx([10 / 3, 10 / 3, 0, 10 / 3])
    assert weights.mean() == pytest.approx(1)


@pytest.mark.parametrize(
    ("images", "label", "options"),
    [
        (0, [], {}),
        (3, [0, 1], {}),
        (2, [0, 2], {}),
        (2, [-1, 0], {}),
        (2, [0, 1], {"batch_size": 0}),
    ],
)
def test_batches_that_cannot_be_are_told(images, label, options):
    with pytest.raises(ValueError, match="images|labels"):
        CutoutBatches(
            seeded_images(images), np.array(label), **{"n_classes": 2, "batch_size": 4, "seed": 1, **options}
        )


def marked_set(path, *, own_split):
    """Thirty objects with a copy each, turned or mirrored; all pixels of an object have its own values."""
    rng = generator(5)
    objects = rng.uniform(0.1, 0.9, size=(30, 12, 12)) + np.arange(30)[:, None, None]
    copies = [np.rot90(image.T if number % 2 else image, number % 4) for number, image in enumerate(objects)]
    with h5py.File(path, "w") as file:
        file["image"] = np.concatenate([objects, copies])
        file["label"] = np.tile(np.arange(30) % 3, 2).astype(np.uint8)
        file.attrs["classes"] = ["a", "b", "c"]
        if own_split:  # in which each object of test has its copy in train or valid
            first = np.where(np.arange(30) < 9, "test", "train")
            second = np.where(np.arange(30) < 3, "valid", "train")
            file["split"] = np.concatenate([first, second]).astype("S5")
    return path


@pytest.mark.parametrize("own_split", [False, True])
def test_no_copy_of_an_object_of_the_test_is_trained_on(tmp_path, own_split):
    cutouts = read_user_cutouts(marked_set(tmp_path / "set.h5", own_split=own_split), seed=3)
    inputs = prepare(cutouts.image, cutouts.rms, Preparation(12, scaling="raw"))
    train = cutouts.split == "train"
    given = CutoutBatches(inputs[train], cutouts.label[train], n_classes=3, batch_size=8, seed=1)
    trained_on = {
        int(pixel) for index in range(given.batches_per_epoch) for pixel in given.batch(0, index)[0].ravel()
    }
    seen_in = {
        name: set(cutouts.image[cutouts.split == name].astype(int).ravel().tolist())
        for name in ("valid", "test")
    }
    assert trained_on and seen_in["test"] and seen_in["valid"]
    assert trained_on.isdisjoint(seen_in["test"]) and trained_on.isdisjoint(seen_in["valid"])
    assert seen_in["valid"].isdisjoint(seen_in["test"])
    assert trained_on | seen_in["valid"] | seen_in["test"] == set(range(30))


def test_a_plane_that_shows_more_sky_is_turned_alike_and_shifted_less():
    image = np.zeros((1, 33, 33, 2), dtype=np.float32)
    image[0, 16, 22, 0] = image[0, 16, 18, 1] = 1
    options = Augmentation(rotate=True, flip=True, shift_pixels=6)
    for seed in range(20):
        found = augment(image, options, np.random.default_rng(seed), planes=(1, 3))[0]
        rows, columns = np.indices((33, 33)) - 16
        places = [
            np.array([(rows * plane).sum(), (columns * plane).sum()]) / plane.sum()
            for plane in np.moveaxis(found, -1, 0)
        ]
        assert np.allclose(places[0], 3 * places[1], atol=0.4)
