from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import maximum_filter

from radiofind.mosaics.gaussians import FWHM
from radiofind.simulation.beams import beam_covariance
from radiofind.simulation.galaxies import (
    NEIGHBOUR_SNR,
    TRUTH_COLUMNS,
    GalaxySettings,
    draw_galaxies,
    paint_galaxies,
)
from radiofind.simulation.galaxy_images import beam_noise, paint_components
from radiofind.simulation.galaxy_shapes import BEND_DEG, DRAWERS

ELLIPTICAL = (9.0, 5.4, 30.0)
LONE = GalaxySettings(images_per_class=30, neighbours_per_arcmin2=0.0)
ARMED = ("FRI", "FRII")


def noiseless(settings: GalaxySettings) -> tuple[np.ndarray, pd.DataFrame]:
    objects, components = draw_galaxies(settings, np.random.default_rng(settings.seed))
    return paint_galaxies(objects, components, settings, None), objects


def around_host(galaxy: pd.Series, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the distance of each pixel from the host, pixels, and its direction, deg."""
    y, x = np.indices((size, size))
    return np.hypot(y - galaxy["y"], x - galaxy["x"]), np.degrees(
        np.arctan2(y - galaxy["y"], x - galaxy["x"])
    )


def apart(first, second) -> np.ndarray:
    """Return the angle between directions, deg, from 0 to 180."""
    return np.abs((first - second + 180) % 360 - 180)


def moments(image: np.ndarray) -> np.ndarray:
    """Return the variances and the covariance of a noiseless image: xx, xy, yy, pixels2."""
    y, x = np.indices(image.shape)
    weight = image / image.sum()
    dx, dy = x - (x * weight).sum(), y - (y * weight).sum()
    return np.array([(weight * a * b).sum() for a, b in ((dx, dx), (dx, dy), (dy, dy))])


def edge_ratios(image: np.ndarray, galaxy: pd.Series, *, beam_pixels: float) -> list[float]:
    """Return d/Maxd of each arm from the image: brightest over farthest pixel within 60 deg of the arm."""
    distance, direction = around_host(galaxy, len(image))
    ratios = []
    for arm in (galaxy["angle_deg"], galaxy["angle_deg"] + 180):
        wedge = (apart(direction, arm) < 60) & (image > 0.04 * image.max()) & (distance > beam_pixels)
        brightest = np.where(wedge, image, 0).argmax()
        ratios.append(distance.flat[brightest] / distance[wedge].max())
    return ratios


def test_noise_has_the_rms_that_is_set():
    settings = GalaxySettings(images_per_class=40, neighbours_per_arcmin2=0.0, rms_jy_per_beam=3e-4)
    generator = np.random.default_rng(settings.seed)
    objects, components = draw_galaxies(settings, generator)
    noisy = paint_galaxies(objects, components, settings, generator)
    noise = noisy - paint_galaxies(objects, components, settings, None)
    assert noise.std() == pytest.approx(3e-4, rel=0.02)
    assert abs(noise.mean()) < 0.02 * 3e-4


def test_noise_is_correlated_as_the_beam():
    beam = beam_covariance(ELLIPTICAL, pixel_arcsec=1.8)
    noise = beam_noise(200, 64, beam=beam, generator=np.random.default_rng(1))
    for rows, columns in ((1, 0), (0, 1), (2, 1), (2, -1), (0, 3)):
        product = noise[:, 8:-8, 8:-8] * np.roll(noise, (-rows, -columns), axis=(1, 2))[:, 8:-8, 8:-8]
        xx, xy, yy = beam
        exponent = (yy * columns**2 - 2 * xy * rows * columns + xx * rows**2) / (xx * yy - xy**2)
        assert product.mean() == pytest.approx(np.exp(-0.5 * exponent), abs=0.03)


def test_noise_at_opposite_edges_and_in_different_images_is_independent():
    beam = beam_covariance(5.4, pixel_arcsec=1.8)
    noise = beam_noise(300, 32, beam=beam, generator=np.random.default_rng(1))
    assert abs((noise[:, 0] * noise[:, -1]).mean()) < 0.05
    assert abs((noise[:, :, 0] * noise[:, :, -1]).mean()) < 0.05
    assert abs((noise[1:] * noise[:-1]).mean()) < 0.02


@pytest.mark.parametrize("beam", [5.4, ELLIPTICAL])
def test_compact_galaxies_look_like_the_beam(beam):
    settings = replace(LONE, classes=("compact",), images_per_class=3, beam_arcsec=beam)
    images, _ = noiseless(settings)
    major, minor = (beam, beam) if beam == 5.4 else beam[:2]
    for image in images:
        xx, xy, yy = moments(image)
        sigma = np.sqrt(np.linalg.eigvalsh([[xx, xy], [xy, yy]]))
        assert sigma * FWHM * 1.8 == pytest.approx([minor, major], rel=1e-3)


def test_angle_of_the_beam_goes_from_north_through_east():
    images, _ = noiseless(
        replace(LONE, classes=("compact",), images_per_class=1, beam_arcsec=ELLIPTICAL, offset_pixels=0.0)
    )
    xx, xy, yy = moments(images[0])
    towards_east = -0.5 * np.degrees(np.arctan2(2 * xy, yy - xx))
    assert towards_east == pytest.approx(30.0, abs=0.1)


def test_components_are_painted_as_their_formula_says():
    beam = beam_covariance(ELLIPTICAL, pixel_arcsec=1.8)
    components = pd.DataFrame(
        [[1, 10.3, 12.8, 2.0, 5.0, 1.5, 2.0], [0, 3.0, 30.5, 1.0, 0, 0, 0], [1, 20.0, 5.0, 0.5, 1.0, 0, 1.0]],
        columns=["object", "x", "y", "flux", "xx", "xy", "yy"],
    )
    expected = np.zeros((3, 32, 32))
    beam_area = 2 * np.pi * np.sqrt(beam[0] * beam[2] - beam[1] ** 2)
    for row in components.itertuples():
        matrix = np.array([[row.xx + beam[0], row.xy + beam[1]], [row.xy + beam[1], row.yy + beam[2]]])
        inverse, area = np.linalg.inv(matrix), 2 * np.pi * np.sqrt(np.linalg.det(matrix))
        for y, x in np.ndindex(32, 32):
            offset = np.array([x - row.x, y - row.y])
            density = np.exp(-0.5 * offset @ inverse @ offset) / area
            expected[int(row.object), y, x] += row.flux * density * beam_area
    images = paint_components(components, n_images=3, size_pixels=32, beam=beam)
    assert images == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("name", DRAWERS)
def test_galaxies_of_every_class_have_the_flux_and_peak_of_their_truth_and_lie_in_the_cutout(name):
    settings = replace(LONE, classes=(name,), images_per_class=20)
    images, objects = noiseless(settings)
    area = 2 * np.pi * (settings.beam_pixels / FWHM) ** 2
    assert images.sum(axis=(1, 2)) / area == pytest.approx(objects["flux_jy"].to_numpy(), rel=0.03)
    assert images.max(axis=(1, 2)) == pytest.approx(objects["snr"].to_numpy() * 1.5e-4, rel=1e-4)
    assert objects["snr"].between(10, 100).all()
    assert objects["size_arcsec"].max() <= 0.72 * 64 * 1.8


def test_host_lies_near_the_middle_where_the_truth_says():
    images, objects = noiseless(replace(LONE, classes=("compact",), offset_pixels=2.0, images_per_class=100))
    y, x = np.indices(images.shape[1:])
    for name, places in (("x", x), ("y", y)):
        centre = (images * places).sum(axis=(1, 2)) / images.sum(axis=(1, 2))
        assert centre == pytest.approx(objects[name].to_numpy(), abs=0.01)
        assert np.abs(centre - 31.5).max() == pytest.approx(2.0, abs=0.1)


def test_snr_is_uniform_in_its_logarithm():
    _, objects = noiseless(replace(LONE, classes=("compact",), images_per_class=400, size_pixels=36))
    assert np.mean(np.log10(objects["snr"])) == pytest.approx(1.5, abs=0.05)


def test_fri_are_darker_and_frii_brighter_at_their_edges():
    settings = replace(LONE, classes=ARMED, images_per_class=100)
    images, objects = noiseless(settings)
    ratios = np.array(
        [
            edge_ratios(image, galaxy, beam_pixels=settings.beam_pixels)
            for image, (_, galaxy) in zip(images, objects.iterrows(), strict=True)
        ]
    )
    # In short arms the beam, not the jet, determines the brightest point and the end.
    for arm in (1, 2):
        long = (objects[f"max_d{arm}_arcsec"] > 3.5 * settings.beam_arcsec).to_numpy()
        fri = (objects["class"] == "FRI").to_numpy()
        assert (fri & long).sum() > 20 and (~fri & long).sum() > 20
        assert (ratios[fri & long, arm - 1] < 0.5).all()
        assert (ratios[~fri & long, arm - 1] > 0.5).all()
        true_ratio = objects[f"d{arm}_arcsec"] / objects[f"max_d{arm}_arcsec"]
        assert (true_ratio[fri] < 0.5).all() and (true_ratio[~fri] > 0.5).all()


def test_hot_spots_lie_where_the_truth_says():
    images, objects = noiseless(replace(LONE, classes=("FRII",)))
    for image, (_, galaxy) in zip(images, objects.iterrows(), strict=True):
        distance, direction = around_host(galaxy, len(image))
        near_arm = apart(direction, galaxy["angle_deg"]) < 60
        brightest = np.where(near_arm & (distance > 3), image, 0).argmax()
        assert distance.flat[brightest] * 1.8 == pytest.approx(galaxy["d1_arcsec"], abs=2.5)
        assert apart(direction.flat[brightest], galaxy["angle_deg"]) < 15


def test_arms_of_bent_galaxies_make_the_angle_of_the_truth():
    images, objects = noiseless(replace(LONE, classes=("bent",), images_per_class=80))
    assert set(objects["kind"]) == {"FRI", "FRII"}
    assert objects["bend_deg"].between(*BEND_DEG).all() and np.ptp(objects["bend_deg"]) > 70
    for image, (_, galaxy) in zip(images, objects.iterrows(), strict=True):
        distance, direction = around_host(galaxy, len(image))
        if galaxy["kind"] == "FRII":
            reach = np.where(distance > 4, image, 0)
        else:
            reach = np.where(image > 0.03 * image.max(), distance, 0)
        first = direction.flat[reach.argmax()]
        second = direction.flat[np.where(apart(direction, first) > 45, reach, 0).argmax()]
        measured = 180 - apart(first, second)
        assert measured == pytest.approx(galaxy["bend_deg"], abs=18)


def test_size_is_the_largest_distance_between_the_host_and_the_ends():
    _, objects = noiseless(replace(LONE, classes=("bent",), images_per_class=80))
    first, second = objects["max_d1_arcsec"], objects["max_d2_arcsec"]
    cosine = np.cos(np.radians(180 - objects["bend_deg"]))
    between = np.sqrt(first**2 + second**2 - 2 * first * second * cosine)
    expected = np.maximum(np.maximum(first, second), between)
    assert objects["size_arcsec"].to_numpy() == pytest.approx(expected.to_numpy())
    assert (first > between).any() and (between > first).any()


def test_straight_galaxies_are_nearly_straight():
    _, objects = noiseless(replace(LONE, classes=ARMED, images_per_class=100))
    assert objects["bend_deg"].quantile(0.95) < 15
    total = objects["max_d1_arcsec"] + objects["max_d2_arcsec"]
    assert objects["size_arcsec"].to_numpy() == pytest.approx(total.to_numpy(), rel=0.05)


@pytest.mark.parametrize("name", ["1_component", "2_component", "3_component", "4_component"])
def test_components_are_separate(name):
    images, objects = noiseless(replace(LONE, classes=(name,), images_per_class=40))
    assert (objects["n_components"] == int(name[0])).all()
    for image in images:
        peaks = (image == maximum_filter(image, size=3)) & (image > 0.05 * image.max())
        assert peaks.sum() == int(name[0])


def test_classes_of_2018_hold_their_numbers_of_components():
    names = ("compact", *(f"{n}_component_extended" for n in ("single", "two", "multiple")), "extended")
    _, objects = noiseless(replace(LONE, classes=names, images_per_class=50))
    found = {name: set(rows) for name, rows in objects.groupby("class")["n_components"]}
    assert [found[name] for name in names] == [{1}, {1}, {2}, {3, 4}, {1, 2, 3, 4}]
    single = objects[objects["class"] == "single_component_extended"]
    assert (single["size_arcsec"] >= 1.5 * 5.4).all()


def test_unresolved_galaxies_are_hardly_wider_than_the_beam():
    images, _ = noiseless(replace(LONE, classes=("unresolved",)))
    widest = [np.sqrt(max(moments(image)[[0, 2]])) * FWHM * 1.8 for image in images]
    assert 5.4 < max(widest) < 5.4 * 1.12


def test_truth_of_a_point_has_no_arms():
    _, objects = noiseless(replace(LONE, classes=("compact",)))
    assert tuple(objects.columns) == TRUTH_COLUMNS
    assert objects[["d1_arcsec", "max_d1_arcsec", "angle_deg", "bend_deg"]].isna().all(axis=None)
    assert (objects["size_arcsec"] == 0).all()


def test_neighbours_have_the_density_and_brightness_of_the_settings():
    settings = replace(LONE, classes=("compact",), images_per_class=500, neighbours_per_arcmin2=0.5)
    objects, components = draw_galaxies(settings, np.random.default_rng(1))
    expected = 0.5 * (64 * 1.8 / 60) ** 2
    assert objects["n_neighbours"].mean() == pytest.approx(expected, rel=0.1)
    others = components[components["neighbour"]]
    assert (
        others["object"].value_counts().reindex(objects.index, fill_value=0).eq(objects["n_neighbours"]).all()
    )
    alone = others.assign(object=np.arange(len(others)), x=32.0, y=32.0)
    images = paint_components(alone, n_images=len(alone), size_pixels=64, beam=settings.beam)
    snr = images.max(axis=(1, 2)) / settings.rms_jy_per_beam
    assert snr.min() > NEIGHBOUR_SNR[0] * 0.999 and snr.max() < NEIGHBOUR_SNR[1]
    assert np.mean(snr > 10) == pytest.approx((1 / 10 - 1 / 100) / (1 / 3 - 1 / 100), abs=0.05)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"classes": ("FRI", "FRIII")}, r"classes.*\bcompact, .*\['FRI', 'FRIII'\]"),
        ({"classes": ("FRI", "FRI")}, r"classes.*\['FRI', 'FRI'\]"),
        ({"classes": ()}, r"classes.*\[\]"),
        ({"images_per_class": 0}, r"images_per_class.*\b0$"),
        ({"rms_jy_per_beam": -1.0}, r"rms_jy_per_beam.*-1\.0$"),
        ({"neighbours_per_arcmin2": -1}, r"neighbours_per_arcmin2.*-1$"),
        ({"snr": (100, 10)}, r"snr.*\[100, 10\]"),
        ({"beam_arcsec": 1.8}, r"beam_arcsec.*\b2 to 100 pixels.*1\.8"),
        ({"beam_arcsec": (5.4, 5.4)}, r"beam_arcsec.*\(5\.4, 5\.4\)"),
        ({"size_pixels": 20}, r"size_pixels.*\b20$"),
    ],
)
def test_settings_out_of_range_are_errors(values, message):
    with pytest.raises(ValueError, match=message):
        GalaxySettings(**values)
