"""Nodes that emission covers are told as places on the sky."""

import numpy as np
import pytest

from radiofind.mosaics.box import Box
from radiofind.mosaics.images import read_header
from radiofind.mosaics.noise_places import covered_places, nodes_in


def test_nodes_closer_than_a_box_are_one_place_and_the_largest_comes_first(write_fits):
    coordinates = read_header(write_fits(np.zeros((300, 400), dtype=np.float32))).coordinates
    nodes = [(350, 250), (50, 50), (100, 50), (50, 100), (150, 50)]
    places = covered_places(nodes, coordinates, box_pixels=60)
    assert [place["n_nodes"] for place in places] == [4, 1]
    ra, dec = coordinates.to_sky(np.array([87.5, 350]), np.array([62.5, 250]))
    assert [place["ra"] for place in places] == pytest.approx(list(ra))
    assert [place["dec"] for place in places] == pytest.approx(list(dec))
    assert covered_places(nodes[::-1], coordinates, box_pixels=60) == places


def test_no_nodes_are_no_place():
    assert covered_places([], None, box_pixels=60) == []


def test_nodes_of_a_tile_are_those_in_its_core():
    nodes = [[50, 0], [100, 0], [99, 49], [60, 50], [49, 1]]
    assert nodes_in(Box(50, 100, 0, 50), nodes) == [(50, 0), (99, 49)]
