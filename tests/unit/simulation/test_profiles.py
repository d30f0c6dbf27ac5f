from __future__ import annotations

from itertools import islice

import numpy as np
import pandas as pd
import pytest

from radiofind.mosaics.gaussians import FWHM
from radiofind.simulation.populations import (
    DISC,
    FS_AGN,
    GAUSSIAN,
    LOBE_OFFSET,
    LOBED,
    SFG,
    SS_AGN,
    draw_sources,
)
from radiofind.simulation.profiles import (
    DISC_VARIANCES,
    DISC_WEIGHTS,
    Canvas,
    components_of,
    correlated_noise,
    largest_radius,
    primary_beam_at,
)

PIXEL, BEAM = 0.6, 1.5
BEAM_PIXELS = BEAM / PIXEL
BEAM_AREA = 2 * np.pi * (BEAM_PIXELS / FWHM) ** 2
RMS = 2.6e-7


def source(**values: float) -> pd.DataFrame:
    defaults = {"x_cent": 150.3, "y_cent": 149.6, "flux": 1e-5, "core_frac": 0.0, "b_maj": 1.0, "b_min": 0.5}
    defaults |= {"pa": 30.0, "size": GAUSSIAN, "class": SFG, "lobe_share": 0.5}
    row = defaults | values
    return pd.DataFrame([{"x_core": row["x_cent"], "y_core": row["y_cent"]} | row])


SOURCES = {
    "compact": source(),
    "faint": source(flux=1e-7),
    "disc": source(size=DISC, b_maj=8.0, b_min=4.0, flux=1e-4),
    "flat": source(**{"class": FS_AGN}, core_frac=0.7, b_maj=0.5, b_min=0.5),
    "lobed": source(**{"class": SS_AGN}, size=LOBED, core_frac=0.05, b_maj=30.0, b_min=15.0),
    "faint lobed": source(**{"class": SS_AGN}, size=LOBED, b_maj=60.0, b_min=30.0, flux=1e-7),
}


def paint(
    sources: pd.DataFrame,
    *,
    side: int = 300,
    faintest: float = 0.02 * RMS,
    block_rows: int = 64,
    reach: int = largest_radius(pixel_arcsec=PIXEL, beam_arcsec=BEAM),
) -> np.ndarray:
    canvas = Canvas((side, side), block_rows=block_rows, reach=reach)
    rows = [(first, min(first + block_rows, side)) for first in range(0, side, block_rows)]
    finished = []
    block_of = np.rint(sources["y_cent"].to_numpy()) // block_rows
    for block in range(len(rows) + canvas.lag_blocks):
        if block < len(rows):
            components = components_of(sources[block_of == block], pixel_arcsec=PIXEL, beam_arcsec=BEAM)
            canvas.paint(components, beam_pixels=BEAM_PIXELS, faintest=faintest)
        if block >= canvas.lag_blocks:
            finished.append(canvas.take(rows[block - canvas.lag_blocks]))
    return np.concatenate(finished)


def paint_slowly(sources: pd.DataFrame, side: int) -> np.ndarray:
    """Evaluate every component on every pixel."""
    y, x = np.mgrid[:side, :side]
    image = np.zeros((side, side))
    for part in components_of(sources, pixel_arcsec=PIXEL, beam_arcsec=BEAM).itertuples():
        inverse = np.linalg.inv([[part.xx, part.xy], [part.xy, part.yy]])
        dx, dy = x - part.x, y - part.y
        shape = np.exp(-0.5 * (inverse[0, 0] * dx**2 + 2 * inverse[0, 1] * dx * dy + inverse[1, 1] * dy**2))
        image += part.flux * BEAM_AREA * shape / (2 * np.pi * np.sqrt(part.xx * part.yy - part.xy**2))
    return image


def many_sources(side: int, count: int = 80) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    kinds = [SOURCES[name] for name in ("compact", "disc", "flat", "lobed")]
    table = pd.concat([kinds[number % 4] for number in range(count)], ignore_index=True)
    x, y = rng.uniform(-0.5, side - 0.5, (2, count))
    return table.assign(pa=rng.uniform(0, 360, count), x_cent=x, y_cent=y, x_core=x, y_core=y)


def test_mixture_is_an_exponential_disc():
    radius = np.linspace(0.1, 8, 80)[:, None]
    enclosed = 1 - np.exp(-(radius**2) / (2 * np.array(DISC_VARIANCES)))
    mixture = (DISC_WEIGHTS * enclosed).sum(axis=1)
    exponential = 1 - (1 + radius[:, 0]) * np.exp(-radius[:, 0])
    assert np.abs(mixture - exponential).max() < 2e-4
    assert sum(DISC_WEIGHTS) == pytest.approx(1)


@pytest.mark.parametrize("name", SOURCES)
def test_flux_of_a_source_is_its_true_flux(name):
    image = paint(SOURCES[name])
    assert image.sum(dtype=float) / BEAM_AREA == pytest.approx(SOURCES[name]["flux"].item(), rel=0.005)


@pytest.mark.parametrize("name", SOURCES)
def test_centroid_of_a_source_is_its_true_centroid(name):
    image = paint(SOURCES[name]).astype(float)
    y, x = np.mgrid[:300, :300]
    assert (image * x).sum() / image.sum() == pytest.approx(150.3, abs=0.02)
    assert (image * y).sum() / image.sum() == pytest.approx(149.6, abs=0.02)


def test_peak_of_a_point_is_its_flux():
    point = source(b_maj=0.0, b_min=0.0, x_cent=150.0, y_cent=150.0)
    image = paint(point)
    assert image[150, 150] == pytest.approx(1e-5, rel=1e-4)
    assert image.max() == image[150, 150]


def test_position_angle_is_clockwise_from_west():
    image = paint(source(b_maj=9.0, b_min=1.0, pa=30.0)).astype(float)
    y, x = np.mgrid[:300, :300] - np.array([149.6, 150.3])[:, None, None]
    covariance = (image * x * y).sum(), (image * (x**2 - y**2)).sum()
    # Columns grow to the west and rows to the north, so clockwise from west is towards lower rows.
    assert np.degrees(np.arctan2(2 * covariance[0], covariance[1])) / 2 == pytest.approx(-30, abs=0.5)


def test_lobes_lie_along_the_position_angle_with_their_shares():
    lobed = source(**{"class": SS_AGN}, size=LOBED, b_maj=60.0, b_min=12.0, pa=0.0, lobe_share=0.7)
    parts = components_of(lobed, pixel_arcsec=PIXEL, beam_arcsec=BEAM)
    np.testing.assert_allclose(parts["x"], 150.3 + np.array([1, -1]) * LOBE_OFFSET * 60 / PIXEL)
    np.testing.assert_allclose(parts["flux"], [0.7e-5, 0.3e-5])


def test_cores_of_unequal_lobes_lie_off_the_centroid():
    drawn = draw_sources(
        np.random.default_rng(1), columns=400, rows=(0, 400), pixel_arcsec=PIXEL, frequency_mhz=560.0
    )
    lobed = drawn[drawn["size"] == LOBED]
    assert (np.hypot(lobed["x_core"] - lobed["x_cent"], lobed["y_core"] - lobed["y_cent"]) > 0.1).any()
    for row in range(10):
        one = lobed.iloc[[row]]
        parts = components_of(one, pixel_arcsec=PIXEL, beam_arcsec=BEAM)
        for axis in "xy":
            centroid = np.average(parts[axis], weights=parts["flux"])
            assert centroid == pytest.approx(one[f"{axis}_cent"].item(), abs=1e-6)


def test_blocks_together_are_the_whole_sky():
    sources = many_sources(240)
    expected = paint_slowly(sources, 240)
    for block_rows in (24, 64):
        # The ring has fewer rows than the image, so that slots are reused.
        fast = paint(sources, side=240, faintest=1e-11, block_rows=block_rows, reach=60)
        np.testing.assert_allclose(fast, expected, atol=1e-9, rtol=1e-4)


def test_nothing_wraps_around_the_edges():
    image = paint(source(x_cent=298.0, y_cent=2.0, b_maj=8.0, b_min=8.0))
    assert image[:50, 250:].sum() == pytest.approx(image.sum())
    assert image[2, 298] == image.max()


def test_memory_does_not_grow_with_the_height_of_the_image():
    rings = [Canvas((rows, 100), block_rows=64, reach=100)._ring for rows in (1_000, 1_000_000)]
    assert rings[0].nbytes == rings[1].nbytes


def noise(blocks: int, columns: int = 400, seed: int = 3, block_rows: int = 64) -> np.ndarray:
    parts = correlated_noise((seed, 1), columns, block_rows=block_rows, beam_pixels=BEAM_PIXELS)
    return np.concatenate(list(islice(parts, blocks)))


def test_noise_has_unit_strength_and_the_beam_as_autocorrelation():
    pixels = noise(10)
    assert pixels.std() == pytest.approx(1, rel=0.01)
    for lag in (1, 2, 3):
        expected = np.exp(-4 * np.log(2) * (lag / BEAM_PIXELS) ** 2)
        assert np.mean(pixels[:, lag:] * pixels[:, :-lag]) == pytest.approx(expected, abs=0.02)
        assert np.mean(pixels[lag:] * pixels[:-lag]) == pytest.approx(expected, abs=0.02)


def test_noise_has_no_seams_and_no_edges():
    pixels = noise(40, block_rows=16)
    across = np.mean(pixels[15:-1:16] * pixels[16::16])
    assert across == pytest.approx(np.exp(-4 * np.log(2) / BEAM_PIXELS**2), abs=0.03)
    assert pixels[:, [0, -1]].std() == pytest.approx(1, rel=0.1)
    assert pixels[[0]].std() == pytest.approx(1, rel=0.15)


def test_noise_of_a_block_does_not_depend_on_how_many_follow():
    np.testing.assert_array_equal(noise(2), noise(4)[:128])


def test_primary_beam_is_that_of_the_real_dish():
    degrees = np.radians([0.0, 0.492, 0.988, 1.526, 2.003])
    # Values of the released 560 MHz beam, which is not quite circular.
    np.testing.assert_allclose(
        primary_beam_at(degrees, 560.0), [0.999, 0.866, 0.530, 0.229, 0.051], atol=0.03
    )
    assert primary_beam_at(degrees, 1120.0)[1] == pytest.approx(primary_beam_at(2 * degrees, 560.0)[1])
