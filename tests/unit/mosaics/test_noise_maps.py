"""The noise map of a tile, also where it cannot be measured."""

import numpy as np

from radiofind.mosaics.box import Box
from radiofind.mosaics.images import read_header
from radiofind.mosaics.noise import noise_settings
from radiofind.mosaics.noise_maps import give_up, map_noise


def test_noise_of_a_tile_is_blank_where_its_pixels_are(write_fits):
    pixels = np.random.default_rng(4).normal(5e-6, 2e-6, (200, 240)).astype(np.float32)
    pixels[60, 70] = np.nan
    box = Box(50, 150, 40, 120)
    settings = noise_settings(box_pixels=50, step_pixels=25)
    noise = map_noise(read_header(write_fits(pixels)), box, settings=settings)
    assert noise.failed == ""
    assert set(noise.planes) == {"MEAN", "RMS"} and noise.rms.shape == box.shape
    assert np.argwhere(np.isnan(noise.rms)).tolist() == [[20, 20]]
    assert np.nanmax(np.abs(noise.rms / 2e-6 - 1)) < 0.15
    assert noise.told == {"failed": "", "covered_nodes": []}


def test_nodes_that_emission_covers_are_told_with_the_map_and_in_the_log(write_fits, caplog):
    pixels = np.random.default_rng(4).normal(0, 2e-6, (300, 300)).astype(np.float32)
    pixels += 1e-3 * np.exp(-((np.hypot(*(np.indices(pixels.shape) - 150)) / 25) ** 2)).astype(np.float32)
    box = Box(100, 300, 100, 300)
    with caplog.at_level("INFO"):
        noise = map_noise(
            read_header(write_fits(pixels)), box, settings=noise_settings(box_pixels=50, step_pixels=25)
        )
    nodes = noise.told["covered_nodes"]
    assert [150, 150] in nodes and all(100 <= value < 300 for node in nodes for value in node)
    assert f"{len(nodes)} nodes" in caplog.text
    assert noise.rms[50, 50] < 4e-6


def test_noise_that_could_not_be_measured_is_blank_and_says_why():
    noise = give_up(Box(50, 150, 40, 120), "killed")
    assert noise.failed == "killed"
    assert all(plane.shape == (80, 100) and np.isnan(plane).all() for plane in noise.planes.values())
