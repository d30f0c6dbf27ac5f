"""Boxes of the mosaic sheet, regions with their gaps, and patches."""

import numpy as np
import pandas as pd
import pytest

from radiofind.mosaics.box import Box, parse_box
from radiofind.mosaics.regions import Area, assign_region, inner_box, patch_numbers, patches_in

SHAPE = (300, 400)


def test_a_box_is_columns_then_rows():
    assert parse_box(" 10:20,30:50 ", SHAPE) == Box(x0=10, x1=20, y0=30, y1=50)


def test_all_is_the_whole_mosaic_and_an_empty_cell_is_no_box():
    assert parse_box("all", SHAPE) == Box(x0=0, x1=400, y0=0, y1=300)
    assert parse_box("  ", SHAPE) is None


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("1:2", "x0:x1,y0:y1"),
        ("1:2,3:4,5:6", "x0:x1,y0:y1"),
        ("1:2:3,4:5", "x0:x1,y0:y1"),
        ("0:1.5,0:9", "x0:x1,y0:y1"),
        ("a:b,c:d", "x0:x1,y0:y1"),
        ("20:20,0:9", "no pixel"),
        ("0:9,20:10", "no pixel"),
        ("-1:9,0:9", "within 0:400,0:300"),
        ("0:401,0:9", "within 0:400,0:300"),
        ("0:9,0:301", "within 0:400,0:300"),
    ],
)
def test_a_bad_box_is_an_error_that_names_it(text, complaint):
    with pytest.raises(ValueError, match=complaint) as caught:
        parse_box(text, SHAPE)
    assert repr(text) in str(caught.value)


def test_the_gap_is_taken_out_only_inside_the_mosaic():
    assert inner_box(parse_box("0:100,50:300", SHAPE), SHAPE) == Box(x0=0, x1=87, y0=63, y1=300)
    assert inner_box(parse_box("all", SHAPE), SHAPE) == parse_box("all", SHAPE)


def test_a_box_narrower_than_its_gaps_is_an_error():
    inner_box(parse_box("100:127,0:300", SHAPE), SHAPE)
    with pytest.raises(ValueError, match=r"\b13\b.*100:126,0:300"):
        inner_box(parse_box("100:126,0:300", SHAPE), SHAPE)


def test_positions_on_borders_have_one_region_or_none():
    boxes = {
        "train_box": parse_box("0:100,0:300", SHAPE),
        "validation_box": parse_box("100:200,0:300", SHAPE),
    }
    x = np.array(
        [-0.51, -0.5, 86.49, 86.5, 112.49, 112.5, 186.49, 186.5, 199.49, 199.5, 399.49, 399.5, np.nan]
    )
    expected = ["", "train", "train", "", "", "validation", "validation", "", "", "test", "test", "", ""]
    assert assign_region(x, np.full(len(x), 5.0), **boxes, shape=SHAPE).tolist() == expected


def test_every_pixel_of_another_region_is_a_receptive_field_away():
    area = Area("m", SHAPE, parse_box("50:200,0:150", SHAPE), parse_box("200:300,40:300", SHAPE))
    rows, columns = np.indices(SHAPE)
    region = area.regions(columns.ravel(), rows.ravel()).reshape(SHAPE)
    near = [
        region[row : row + 14, column : column + 14]
        for row in range(0, 287, 3)
        for column in range(0, 387, 3)
    ]
    assert all(len(set(np.unique(window)) - {""}) < 2 for window in near)
    assert set(np.unique(region)) == {"", "train", "validation", "test"}


def test_without_boxes_all_is_test():
    region = assign_region(
        np.array([0, 399]), np.array([0, 299]), train_box=None, validation_box=None, shape=SHAPE
    )
    assert region.tolist() == ["test", "test"]


def test_overlapping_boxes_are_an_error():
    with pytest.raises(ValueError, match=r"0:400,0:300.*0:50,0:50"):
        Area("m", SHAPE, parse_box("all", SHAPE), parse_box("0:50,0:50", SHAPE)).regions(
            np.zeros(1), np.zeros(1)
        )


def test_patches_are_counted_row_by_row_and_none_is_outside():
    x, y = np.array([-0.5, 49.49, 49.5, 399, 0, 400, np.nan]), np.array([0, 0, 0, 299, 49.5, 0, 0])
    assert patch_numbers(x, y, shape=SHAPE).tolist() == [0, 0, 1, 47, 8, -1, -1]
    assert patches_in(SHAPE) == 48
    assert patches_in((51, 101)) == 6


def test_label_of_an_empty_table_has_the_columns():
    labelled = Area("m", SHAPE).label(pd.DataFrame({"x": [], "y": []}))
    assert list(labelled.columns) == ["x", "y", "region", "patch"]
    assert labelled.empty


def test_patches_of_a_region_are_those_that_may_hold_its_pixels():
    area = Area("m", (400, 600), train_box=Box(120, 260, 0, 400), validation_box=Box(300, 345, 105, 145))
    for region in ("train", "validation", "test"):
        y, x = np.mgrid[:400, :600]
        inside = area.regions(x.ravel(), y.ravel()) == region
        needed = set(patch_numbers(x.ravel()[inside], y.ravel()[inside], shape=area.shape))
        assert needed <= set(area.patches_of(region))
    assert set(area.patches_of("validation")) == {2 * 12 + 6}
    assert 3 not in area.patches_of("test")
