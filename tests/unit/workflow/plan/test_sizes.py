"""Sizes in beams are resolved with the beam of each mosaic; sizes in pixels with none."""

import pandas as pd
import pytest

from radiofind.workflow.plan.mosaics import Plan
from radiofind.workflow.plan.sizes import SizePlan

NOISE = {"box_beams": 30, "step_beams": 7.5, "mean": "map", "bright": None}
MATCH = {"radius_beams": 0.7}


@pytest.fixture
def tiles():
    rows = [
        ("narrow", "y000x000", 4.0),
        ("narrow", "y000x001", 4.0),
        ("wide", "y000x000", 5.0),
        ("bad", "", 0.0),
    ]
    return pd.DataFrame(rows, columns=["mosaic", "tile", "beam_major_pixels"])


def sizes_of(noise=NOISE, match=MATCH):
    return SizePlan(Plan({"finders": {}, "find_with": [], "noise": noise, "match": match}, []))


def test_each_mosaic_has_its_own_boxes_and_radius(tiles):
    sizes = sizes_of()
    for mosaic, box, step, radius in (("narrow", 120, 30, 2.8), ("wide", 150, 38, 3.5)):
        wildcards = {"mosaic": mosaic, "tile": "y000x000"}
        expected = {"box_pixels": box, "step_pixels": step, "mean": "map", "bright": None}
        assert list(sizes.noise(tiles, wildcards).items()) == list(expected.items())
        assert sizes.noise_box(tiles, wildcards) == box
        assert sizes.rms_box(tiles, wildcards) == [box, step]
        assert sizes.radius(tiles, wildcards) == radius


def test_a_training_set_has_the_radius_of_each_of_its_mosaics(tiles):
    found = sizes_of().radii(
        tiles, {"training_set": "t"}, lambda _, __: [{"mosaic": "wide"}, {"mosaic": "narrow"}]
    )
    assert list(found) == ["wide", "narrow"]
    assert found == {"wide": {"radius_pixels": 3.5}, "narrow": {"radius_pixels": 2.8}}


def test_sizes_in_pixels_are_as_they_stand_whatever_the_beams():
    noise = {"box_pixels": 150, "step_pixels": 50, "mean": "map", "bright": None}
    sizes, tiles = sizes_of(noise, {"radius_pixels": 3}), pd.DataFrame({"mosaic": ["a"]})
    assert sizes.noise(tiles, {"mosaic": "a"}) == noise
    assert sizes.rms_box(tiles, {"mosaic": "a"}) == [150, 50]
    assert sizes.radius(tiles, {"mosaic": "a"}) == 3 and isinstance(sizes.radius(tiles, {"mosaic": "a"}), int)


def test_another_tile_table_has_other_beams(tiles):
    sizes = sizes_of()
    assert sizes.noise_box(tiles, {"mosaic": "wide"}) == 150
    assert sizes.noise_box(tiles.assign(beam_major_pixels=6.0), {"mosaic": "wide"}) == 180
