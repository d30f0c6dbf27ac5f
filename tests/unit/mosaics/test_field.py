"""The pixels of a tile may be changed before a search; its noise stays."""

import json

import numpy as np
import pytest

from radiofind.mosaics.field import read_field
from radiofind.mosaics.images import ImageSource
from radiofind.mosaics.tile_images import write_image
from radiofind.mosaics.tiles import tiles_of

TILING = {"core_pixels": 100, "halo_pixels": 20}
INJECTED = {"seed": 1, "realisation": 1, "beams_per_source": 100, "flux_snr": [5, 50], "slope": 1.6}


@pytest.fixture
def read(sky, write_fits, tmp_path):
    """A function that reads one of the tiles of a mosaic."""
    pixels = sky.make((200, 200))
    pixels[:30, :30] = np.nan
    path = write_fits(pixels)
    header = ImageSource(path).read_header()
    rms = np.where(np.isnan(pixels), np.nan, np.linspace(1, 2, 200) * sky.rms)

    def one(number, **change):
        tile = list(tiles_of(header.shape, **TILING))[number]
        core, box = ([each.x0, each.x1, each.y0, each.y1] for each in (tile.core, tile.box))
        description = {"tile": tile.name, "core": core, "box": box, **TILING}
        (tmp_path / "tile.json").write_text(json.dumps(description))
        planes = {"MEAN": np.full(tile.box.shape, 0.1 * sky.rms), "RMS": rms[tile.box.slices]}
        write_image(planes, tmp_path / "noise.fits", header=header, box=tile.box)
        source = ImageSource(path, **change)
        return read_field("m", source, tile=tmp_path / "tile.json", noise=tmp_path / "noise.fits")

    return one


def test_negated_pixels_have_the_negated_mean_and_the_same_noise(read):
    plain, negated = read(0), read(0, negated=True)
    np.testing.assert_array_equal(negated.pixels, -plain.pixels)
    np.testing.assert_array_equal(negated.mean, -plain.mean)
    np.testing.assert_array_equal(negated.rms, plain.rms)


def test_fake_sources_are_added_to_the_pixels_and_nothing_else_changes(read):
    plain, injected = read(0), read(0, injected=INJECTED)
    added = injected.pixels - plain.pixels
    np.testing.assert_array_equal(np.isnan(injected.pixels), np.isnan(plain.pixels))
    assert np.nanmax(added / plain.rms) > 5 and np.nanmin(added) >= 0
    np.testing.assert_array_equal(injected.rms, plain.rms)
    np.testing.assert_array_equal(injected.mean, plain.mean)


def test_neighbouring_tiles_have_the_same_pixels_where_they_overlap(read):
    """But next to their edges: there a source beyond the tile has the noise of the nearest pixel."""
    fields = [read(number, injected=INJECTED) for number in range(4)]
    shared = [
        field.pixels[slice(*rows), slice(*columns)]
        for field, (rows, columns) in zip(fields, OVERLAP, strict=True)
    ]
    for other in shared[1:]:
        assert other.tobytes() == shared[0].tobytes()


REACH = 11
"""How far a source is drawn, and a pixel more."""
OVERLAP = [
    ((80 + REACH, 120 - REACH), (80 + REACH, 120 - REACH)),
    ((80 + REACH, 120 - REACH), (REACH, 40 - REACH)),
    ((REACH, 40 - REACH), (80 + REACH, 120 - REACH)),
    ((REACH, 40 - REACH), (REACH, 40 - REACH)),
]
"""Rows and columns of the middle of the mosaic in each tile."""
