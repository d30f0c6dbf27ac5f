"""What a network sees of a cutout: never a NaN, in the middle, of the right size, on one scale."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from radiofind.classifiers.preparation import CENTRINGS, SCALINGS, Preparation, measure_rms, prepare

NO_RMS = np.array([np.nan])


def source(shape=(40, 40), at=(20, 20), *, peak=1.0, width=2.0):
    rows, columns = np.indices(shape)
    distance = (rows - at[0]) ** 2 + (columns - at[1]) ** 2
    return (peak * np.exp(-0.5 * distance / width**2)).astype(np.float32)


def noise(n=20, side=64, rms=1e-4, seed=1):
    return np.random.default_rng(seed).normal(scale=rms, size=(n, side, side)).astype(np.float32)


def plain(size, **changes):
    return Preparation(**{"size_pixels": size, "scaling": "raw", **changes})


def seen(image, preparation, rms=NO_RMS):
    return prepare(image[None], rms, preparation)[0, :, :, 0]


def brightest(image):
    return tuple(int(place) for place in np.unravel_index(image.argmax(), image.shape))


@settings(max_examples=80, deadline=None, derandomize=True)
@given(
    arrays(np.float32, st.tuples(st.integers(0, 3), st.integers(1, 9), st.integers(1, 9))),
    st.builds(
        Preparation,
        size_pixels=st.integers(1, 12),
        binning=st.integers(1, 3),
        clip_rms=st.sampled_from([0.0, 4.0]),
        centring=st.sampled_from(CENTRINGS),
        scaling=st.sampled_from(SCALINGS),
        wide=st.integers(1, 3),
        circle=st.booleans(),
    ),
    st.sampled_from([np.nan, 1e-3]),
)
@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")
def test_any_cutout_becomes_finite_numbers_of_the_right_shape(images, preparation, rms):
    images = np.clip(images, -1e30, 1e30)  # sums of such pixels are finite, NaN stays
    found = prepare(images, np.full(len(images), rms), preparation)
    assert found.dtype == np.float32
    planes = 1 + (preparation.wide > 1)
    assert found.shape == (len(images), preparation.size_pixels, preparation.size_pixels, planes)
    assert np.isfinite(found).all()
    if preparation.scaling in ("peak", "sqrt"):
        assert np.abs(found[..., 0]).max(initial=0) <= 1


@pytest.mark.parametrize("scaling", SCALINGS)
@pytest.mark.parametrize("centring", CENTRINGS)
def test_an_empty_cutout_stays_empty(scaling, centring):
    options = Preparation(16, binning=2, clip_rms=3, centring=centring, scaling=scaling)
    assert not prepare(np.zeros((2, 20, 30), np.float32), None, options).any()
    assert not prepare(np.full((2, 20, 30), np.nan, np.float32), None, options).any()


def test_a_cutout_is_cropped_around_its_middle():
    image = np.arange(36, dtype=np.float32).reshape(6, 6)
    assert (seen(image, plain(4)) == image[1:5, 1:5]).all()


def test_a_small_cutout_is_filled_up_with_zeros():
    image = np.arange(1, 13, dtype=np.float32).reshape(3, 4)
    assert (seen(image, plain(8)) == np.pad(image, ((3, 2), (2, 2)))).all()


def test_pixels_are_averaged():
    image = np.arange(16, dtype=np.float32).reshape(4, 4)
    assert seen(image, plain(2, binning=2)).tolist() == [[2.5, 4.5], [10.5, 12.5]]


def test_pixels_below_so_many_times_the_given_noise_are_zero():
    image = np.array([[3.9, 4.0], [-5.0, 8.0]], dtype=np.float32)
    assert seen(image, plain(2, clip_rms=4), np.array([1.0])).tolist() == [[0, 4], [0, 8]]
    assert seen(image, plain(2, clip_rms=4), np.array([1.5])).tolist() == [[0, 0], [0, 8]]


def test_without_clipping_noise_stays():
    image = noise(1)[0]
    assert (seen(image, plain(64), np.array([1.0])) == image).all()


def test_noise_that_is_not_given_is_measured_for_each_image():
    images = np.concatenate([noise(1, rms=1e-4), noise(1, rms=1e-2)])
    images[:, 30, 30] = 20e-4
    left = prepare(images, np.array([np.nan, np.nan]), plain(64, clip_rms=6))
    assert np.argwhere(left).tolist() == [[0, 30, 30, 0]]
    given = prepare(images, np.array([1.0, np.nan]), plain(64, clip_rms=6))
    assert not given.any()


def test_the_noise_is_that_of_the_border_without_sources():
    images = noise(10, side=64, rms=1e-4)
    images[:, 20:44, 20:44] += 1.0
    images[:, 2, :10] += 1e-2
    assert measure_rms(images) == pytest.approx(1e-4, rel=0.15)
    large = noise(3, side=300, rms=2.0)
    assert measure_rms(large) == pytest.approx(2.0, rel=0.05)


def test_blank_pixels_do_not_lower_the_noise():
    images = noise(5, side=64)
    images[:, :, :7] = np.nan
    images[:, :3] = np.nan
    assert measure_rms(images) == pytest.approx(1e-4, rel=0.15)


@pytest.mark.parametrize("at", [(20, 20), (12, 27), (31, 9)])
def test_the_centroid_is_moved_to_the_middle_by_whole_pixels(at):
    image = source(at=at)
    image[image < 0.01] = 0
    moved = seen(image, plain(17, centring="centroid"))
    assert brightest(moved) == (8, 8)
    assert moved.max() == image.max()
    assert set(np.unique(moved)) <= set(np.unique(image))


def test_the_centroid_of_an_odd_cutout_lies_in_the_middle_of_an_odd_input():
    assert brightest(seen(source((41, 41), (13, 25)), plain(21, centring="centroid"))) == (10, 10)


def test_the_centroid_is_that_of_the_flux_and_not_of_the_peak():
    image = np.zeros((41, 41), dtype=np.float32)
    image[20, 10], image[20, 20], image[20, 21] = 1.0, 0.6, 0.4
    assert brightest(seen(image, plain(41, centring="centroid"))) == (20, 15)


def test_what_was_clipped_does_not_move_the_centre():
    image = source((41, 41), (20, 20), peak=100.0)
    image[:, :8] += 3.0
    moved = seen(image, plain(41, centring="centroid", clip_rms=4), np.array([1.0]))
    assert brightest(moved) == (20, 20)


def test_what_is_moved_out_on_one_side_does_not_come_in_on_the_other():
    image = source((41, 41), (20, 4), peak=100.0)
    image[20, 40] = 1.0
    moved = seen(image, plain(41, centring="centroid"))
    assert brightest(moved) == (20, 20)
    assert not moved[:, :10].any()


def test_a_bright_source_far_out_does_not_move_the_centre():
    image = source((121, 121), (63, 58)) + source((121, 121), (4, 4), peak=100.0)
    assert brightest(seen(image, plain(31, centring="centroid"))) == (15, 15)


def test_the_second_plane_shows_more_sky_around_the_same_middle():
    image = source((61, 61), (27, 33), width=3.0)
    image[2:5, 2:5] = 0.5
    found = prepare(image[None], NO_RMS, plain(21, wide=3, centring="centroid"))[0]
    assert brightest(found[..., 0]) == brightest(found[..., 1]) == (10, 10)
    assert found[..., 0].max() == image.max()
    assert found[10, 10, 1] == pytest.approx(image[26:29, 32:35].mean())
    assert found[:5, :5, 0].max() < 0.1 < found[:5, :5, 1].max()


def test_both_planes_have_one_scale():
    image = source((61, 61), (30, 30), peak=3e-3)
    raw, scaled = (
        prepare(image[None], NO_RMS, Preparation(21, wide=3, scaling=scaling))[0]
        for scaling in ("raw", "peak")
    )
    assert np.allclose(scaled * 3e-3, raw)


def test_within_a_circle_a_turned_cutout_shows_the_same():
    found = seen(np.ones((9, 9), dtype=np.float32), plain(9, circle=True))
    assert found[4].all() and found[:, 4].all()
    assert not found[[0, 0, 8, 8], [0, 8, 0, 8]].any()
    assert found.sum() == pytest.approx(np.pi * 4.5**2, rel=0.1)


def test_without_centring_nothing_is_moved():
    assert brightest(seen(source(at=(12, 27)), plain(40))) == (12, 27)


def test_the_brightest_pixel_that_is_seen_becomes_one():
    image = source((41, 41), (20, 20), peak=3e-3)
    image[0, 0] = 5.0
    found = seen(image, Preparation(21))
    assert found.max() == 1 and found[10, 13] == pytest.approx(image[20, 23] / 3e-3)


def test_the_root_keeps_signs():
    image = np.array([[4.0, 1.0], [-0.25, 0.0]], dtype=np.float32)
    assert seen(image, Preparation(2, scaling="sqrt")).tolist() == [[1, 0.5], [-0.25, 0]]


@pytest.mark.parametrize("scaling", ["raw", "2019"])
def test_the_scaling_of_2019_only_makes_zeros_of_blank_pixels(scaling):
    image = np.array([[4e-3, np.nan], [-2e-4, 1e-5]], dtype=np.float32)
    assert (seen(image, Preparation(2, scaling=scaling)) == np.nan_to_num(image)).all()


def test_a_cutout_in_another_unit_looks_the_same():
    image = noise(1, rms=1e-4)[0] + source((64, 64), (33, 30), peak=1e-2)
    options = Preparation(32, clip_rms=3, centring="centroid", scaling="peak")
    assert np.allclose(seen(image, options), seen(image * np.float32(1e3), options), atol=1e-6)


def test_each_image_is_prepared_by_itself():
    images = noise(4) + source((64, 64), (25, 40), peak=1e-2) * np.arange(4)[:, None, None]
    options = Preparation(24, binning=2, clip_rms=3, centring="centroid", scaling="sqrt")
    together = prepare(images, np.full(4, np.nan), options)
    alone = [prepare(images[number : number + 1], NO_RMS, options)[0] for number in range(4)]
    assert (together == np.stack(alone)).all()


def test_the_given_images_stay_as_they_are():
    images = noise(2)
    before = images.copy()
    prepare(images, None, Preparation(32, clip_rms=3))
    assert (images == before).all()


@pytest.mark.parametrize(
    "wrong",
    [
        {"size_pixels": 0},
        {"binning": 0},
        {"wide": 0},
        {"clip_rms": -1},
        {"clip_rms": np.nan},
        {"centring": "peak"},
        {"scaling": "log"},
    ],
)
def test_a_preparation_that_cannot_be_is_told(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Preparation(**{"size_pixels": 8, **wrong})


def test_the_words_that_were_received_are_told_in_their_order():
    with pytest.raises(ValueError, match="'none' and 'log'"):
        Preparation(8, scaling="log")


def test_images_and_noise_of_other_shapes_are_told():
    with pytest.raises(ValueError, match=r"images .*\(8, 8\)"):
        prepare(np.zeros((8, 8)), None, plain(8))
    with pytest.raises(ValueError, match="rms .* 2 images"):
        prepare(np.zeros((2, 8, 8)), np.ones(3), plain(8, clip_rms=1))
    with pytest.raises(ValueError, match=r"rms .*\(2, 1\).* 2 images"):
        prepare(np.zeros((2, 8, 8)), np.ones((2, 1)), plain(8, clip_rms=1))


def test_negative_pixels_do_not_move_the_centre_and_are_not_below_minus_one():
    image = source((41, 41), (20, 20))
    image[0, 0] = -500.0
    found = seen(image, Preparation(41, centring="centroid"))
    assert brightest(found) == (20, 20) and found.min() == -1


def test_blank_pixels_of_the_border_do_not_let_noise_through_the_clipping():
    images = noise(5)
    images[:, :, :7] = images[:, :3] = np.nan
    measured, found = measure_rms(images), prepare(images, None, plain(64, clip_rms=3))
    assert (found == prepare(images, measured, plain(64, clip_rms=3))).all()
    assert 0 < (found > 0).mean() < 0.005


def test_a_border_without_pixels_has_no_noise():
    assert measure_rms(np.full((2, 9, 9), np.nan)).tolist() == [0, 0]


@pytest.mark.parametrize(
    "side",
    [np.s_[:, :8], np.s_[:, -8:], np.s_[:, :, :8], np.s_[:, :, -8:]],
    ids=["low", "up", "left", "right"],
)
def test_the_noise_is_measured_on_each_side(side):
    images = np.full((3, 64, 64), np.nan, dtype=np.float32)
    images[side] = noise(3)[side]
    assert measure_rms(images) == pytest.approx(1e-4, rel=0.2)


@pytest.mark.parametrize("shape", [(16, 64), (64, 16), (7, 30)])
def test_the_border_is_an_eighth_of_the_smaller_side_and_at_least_a_pixel(shape):
    rng = np.random.default_rng(1)
    images, width = rng.normal(size=(200, *shape)), max(1, min(shape) // 8)
    images[:, width:-width, width:-width] *= 100
    assert np.median(measure_rms(images)) == pytest.approx(1, rel=0.1)


def test_a_background_is_no_noise():
    assert measure_rms(noise(5) + np.float32(1)) == pytest.approx(1e-4, rel=0.15)


def test_a_source_that_fills_a_third_of_the_border_is_left_out_of_the_noise():
    images = noise(20, side=128)
    images[:, :, :48] += 20e-4
    assert np.median(measure_rms(images)) == pytest.approx(1e-4, rel=0.1)


def test_the_noise_of_a_large_border_is_that_of_all_its_sides():
    images = noise(3, side=512, rms=1.0)
    images[:, 256:] *= 9
    assert (measure_rms(images) > 1.15).all()


def test_pixels_that_are_infinite_count_as_blank():
    image = np.array([[np.inf, 1.0], [-np.inf, 0.5]], dtype=np.float32)
    assert seen(image, Preparation(2)).tolist() == [[0, 1], [0, 0.5]]


def test_the_middle_of_an_even_cutout_is_the_middle_of_an_odd_input():
    assert brightest(seen(source((6, 6), (3, 3), width=0.5), plain(5))) == (2, 2)
    assert brightest(seen(source((7, 7), (3, 3), width=0.5), plain(4))) == (2, 2)


def test_a_brighter_source_that_only_the_second_plane_shows_does_not_change_the_scale():
    image = source((61, 61), (30, 30))
    image[:6, :6] = 50.0
    found = prepare(image[None], NO_RMS, Preparation(21, wide=3))[0]
    assert found[..., 0].max() == 1 and found[..., 1].max() == pytest.approx(50)


def test_a_cutout_below_zero_throughout_has_no_scale_and_is_empty():
    assert not seen(-source(), Preparation(40)).any()


def test_a_cutout_below_zero_throughout_is_not_moved():
    image = -source(at=(12, 27))
    assert (seen(image, plain(40, centring="centroid")) == image).all()


def test_numbers_of_any_kind_become_float32():
    images = np.arange(32).reshape(2, 4, 4)
    for kind in (float, np.int16):
        assert prepare(images.astype(kind), None, plain(4, clip_rms=1)).dtype == np.float32
