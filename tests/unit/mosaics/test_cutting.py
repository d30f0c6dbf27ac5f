"""Cutouts around sources, against slices of the whole mosaic."""

import numpy as np
import pytest

from radiofind.mosaics import cutting
from radiofind.mosaics.cutting import cutouts_in_batches, first_pixels
from radiofind.mosaics.images import read_header

pytestmark = pytest.mark.slow

SHAPE = (90, 70)


@pytest.fixture
def mosaic(write_fits):
    """Header and pixels of a mosaic with a different value in every pixel, and a blank corner."""
    pixels = np.arange(1, SHAPE[0] * SHAPE[1] + 1, dtype=np.float32).reshape(SHAPE)
    pixels[:10, :12] = np.nan
    pixels[50, 40] = 0  # some packages blank with zero
    return read_header(write_fits(pixels)), pixels


@pytest.fixture
def positions():
    """Positions on the mosaic, at its corners and off it."""
    rng = np.random.default_rng(5)
    x, y = rng.uniform(-0.5, SHAPE[1] - 0.5, 200), rng.uniform(-0.5, SHAPE[0] - 0.5, 200)
    x[:6], y[:6] = [0, 69, 0, 69, -3, 1e9], [0, 0, 89, 89, 95, -1e9]
    return x, y


def cut_cutouts(header, x, y, *, size_pixels):
    """All cutouts, in the order of the positions."""
    images = np.full((len(x), size_pixels, size_pixels), np.nan, dtype=np.float32)
    for batch in cutouts_in_batches(header, x, y, size_pixels=size_pixels):
        images[batch.rows] = batch.images
    return images


def slow_cutout(pixels, x, y, size):
    """The pixels with centres nearest to the position, one at a time."""
    cutout = np.zeros((size, size), dtype=np.float32)
    for row in range(size):
        for column in range(size):
            my, mx = (int(np.floor(at - (size - 1) / 2 + 0.5)) + i for at, i in ((y, row), (x, column)))
            if 0 <= my < pixels.shape[0] and 0 <= mx < pixels.shape[1] and np.isfinite(pixels[my, mx]):
                cutout[row, column] = pixels[my, mx]
    return cutout


@pytest.mark.parametrize("size", [1, 6, 9, 120])
@pytest.mark.parametrize("strip_pixels", [1, 2000, 2**24])
def test_cutouts_are_those_of_the_whole_mosaic(mosaic, positions, monkeypatch, size, strip_pixels):
    header, pixels = mosaic
    monkeypatch.setattr(cutting, "STRIP_PIXELS", strip_pixels)
    x, y = (part[:25] for part in positions) if size == 120 else positions
    cutouts = cut_cutouts(header, x, y, size_pixels=size)
    assert cutouts.dtype == np.float32
    assert cutouts.shape == (len(x), size, size)
    assert np.array_equal(cutouts, [slow_cutout(pixels, *at, size) for at in zip(x, y, strict=True)])


@pytest.mark.parametrize(("size", "middle"), [(7, 3), (8, 3.5)])
def test_the_source_is_within_half_a_pixel_of_the_middle(positions, size, middle):
    x, y = positions[0][6:], positions[1][6:]
    first_x, first_y = first_pixels(x, y, shape=SHAPE, size_pixels=size)
    for at, first in ((x, first_x), (y, first_y)):
        assert np.abs(at - first - middle).max() <= 0.5


def test_batches_hold_each_source_once_and_few_at_a_time(mosaic, positions):
    header, _ = mosaic
    x, y = positions
    whole = cut_cutouts(header, x, y, size_pixels=6)
    batches = list(cutouts_in_batches(header, x, y, size_pixels=6, batch=64))
    assert [len(batch.rows) for batch in batches] == [64, 64, 64, 8]
    assert sorted(np.concatenate([batch.rows for batch in batches])) == list(range(200))
    for batch in batches:
        assert np.array_equal(batch.images, whole[batch.rows])


def test_the_mosaic_is_read_in_strips_and_each_strip_once(mosaic, positions, monkeypatch):
    header, _ = mosaic
    boxes = []
    read_pixels = cutting.read_pixels
    monkeypatch.setattr(cutting, "read_pixels", lambda *given: boxes.append(given[1]) or read_pixels(*given))
    monkeypatch.setattr(cutting, "STRIP_PIXELS", 25 * SHAPE[1])
    cut_cutouts(header, *(part[6:] for part in positions), size_pixels=5)
    assert len(boxes) <= SHAPE[0] // 20 + 2
    assert max(box.pixels for box in boxes) <= 25 * SHAPE[1]


def test_a_single_source_reads_its_rectangle_alone(mosaic, monkeypatch):
    boxes = []
    monkeypatch.setattr(cutting, "read_pixels", lambda _, box: boxes.append(box) or np.ones(box.shape))
    assert cut_cutouts(mosaic[0], np.array([30.2]), np.array([60.0]), size_pixels=5).all()
    assert [(box.x0, box.x1, box.y0, box.y1) for box in boxes] == [(28, 33, 58, 63)]


def test_a_catalogue_without_sources_gives_no_cutouts(mosaic):
    none = np.zeros(0)
    assert cut_cutouts(mosaic[0], none, none, size_pixels=5).shape == (0, 5, 5)
    assert list(cutouts_in_batches(mosaic[0], none, none, size_pixels=5)) == []


def test_bad_positions_and_sizes_are_errors_that_name_them(mosaic):
    with pytest.raises(ValueError, match=r"row 1.*x=1\.0, y=nan"):
        cut_cutouts(mosaic[0], np.ones(2), np.array([2.0, np.nan]), size_pixels=5)
    with pytest.raises(ValueError, match=r"size_pixels.*0"):
        cut_cutouts(mosaic[0], np.ones(2), np.ones(2), size_pixels=0)
