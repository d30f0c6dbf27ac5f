"""A frozen network that does not suit a mosaic is told before the search."""

import pandas as pd
import pytest

from radiofind.errors import InputFileError
from radiofind.mosaics.tiles import tiles_of
from radiofind.workflow.network_limits import check_networks

NETWORKS = {"net": {"recipe": "default", "pixels_per_beam": 3.0, "reach_pixels": 13}}


def tiles(state="live", halo_pixels=20, **shapes):
    rows = [
        {"mosaic": mosaic, "tile": tile.name, "state": state}
        | {f"core_{edge}": getattr(tile.core, edge) for edge in ("x0", "x1", "y0", "y1")}
        | {edge: getattr(tile.box, edge) for edge in ("x0", "x1", "y0", "y1")}
        for mosaic, shape in shapes.items()
        for tile in tiles_of(shape, core_pixels=50, halo_pixels=halo_pixels)
    ]
    return pd.DataFrame(rows)


def complaint(table, **widths):
    with pytest.raises(InputFileError) as caught:
        check_networks(table, widths, NETWORKS)
    return str(caught.value).splitlines()


def test_each_mosaic_with_another_beam_is_told_with_its_finder():
    table = tiles(a=(90, 90), b=(90, 90), c=(90, 90))
    first, second, _ = complaint(table, a=2.0, b=3.2, c=4.2)
    assert first.startswith("net, a: ") and "3.00" in first and "2.00" in first
    assert second.startswith("net, c: ")


def test_a_halo_narrower_than_the_reach_is_told_once_a_mosaic():
    lines = complaint(tiles(halo_pixels=20, a=(200, 200), b=(200, 200), one=(40, 40)), a=3.0, b=6.1, one=6.1)
    assert len(lines) == 2 and lines[0].startswith("net, b: ")
    assert "at least 28" in lines[0] and "received 20" in lines[0]


def test_what_is_not_searched_does_not_matter():
    check_networks(tiles(state="blank", a=(90, 90)), {"a": 9.0}, NETWORKS)
    check_networks(tiles(a=(90, 90)), {"a": None}, NETWORKS)
    check_networks(tiles(a=(90, 90)), {"a": 4.5}, {})
