"""Sources near known positions get positions, fluxes and shapes with correct errors, also in blends."""

import numpy as np
import pytest
from scipy.optimize import least_squares

from radiofind.catalogues.detections import complete
from radiofind.finders.fitting import CANDIDATE, measure_sources
from radiofind.finders.source_stamps import WHITE

pytestmark = pytest.mark.slow

GRID = np.array([(x, y) for y in range(30, 420, 30) for x in range(30, 420, 30)])
"""Positions far enough apart for isolated sources."""
SHAPE = {"major": 7.0, "minor": 5.0, "angle_deg": 30.0}
FITTED = ["apparent_peak_flux", "apparent_total_flux", "major", "minor", "position_angle", "dc_major"]


def scattered(peak, *shape, seed=1):
    """Sources near the positions of the grid."""
    shift = np.random.default_rng(seed).uniform(-0.5, 0.5, GRID.shape)
    return [(x, y, peak, *shape) for x, y in GRID + shift]


def measured(field, sources, *, off=0.3, seed=2):
    """Measure sources with inaccurate initial positions."""
    places = np.array([source[:2] for source in sources], dtype=float)
    start = places + np.random.default_rng(seed).uniform(-off, off, places.shape)
    return measure_sources(field, start[:, 0], start[:, 1]), places


def scatter(values):
    return 1.4826 * np.median(np.abs(values - np.median(values)))


@pytest.mark.parametrize("snr", [6, 30])
def test_point_sources_have_place_and_flux_within_their_errors(sky, fields_of, snr):
    sources = scattered(snr * sky.rms)
    (field,) = fields_of(sky.make((450, 450), sources), rms=sky.rms)
    found, places = measured(field, sources)
    errors = found[["e_ra", "e_dec"]].to_numpy() / sky.pixel_arcsec
    pulls = np.column_stack(
        [
            (found[["x", "y"]].to_numpy() - places) / errors,
            (found["apparent_peak_flux"] - snr * sky.rms) / found["e_apparent_peak_flux"],
        ]
    )
    assert np.abs(np.median(pulls, axis=0)).max() < 0.35
    assert min(scatter(pull) for pull in pulls.T) > 0.6
    assert max(scatter(pull) for pull in pulls.T) < 1.25
    assert found["apparent_total_flux"].median() == pytest.approx(snr * sky.rms, rel=0.08)
    assert found["dc_major"].isna().mean() > 0.95
    unchanged = found["major"] == found["major"].min()
    assert unchanged.any() and found.loc[unchanged, "e_major"].isna().all()
    point = found["major"] < 1.0001 * sky.beam_pixels * sky.pixel_arcsec
    expected = found["e_apparent_peak_flux"][point].to_numpy()
    assert found["e_apparent_total_flux"][point].to_numpy() == pytest.approx(expected)
    assert errors.mean() == pytest.approx(sky.beam_pixels / sky.fwhm / snr, rel=0.25)


def test_wide_sources_have_their_size_angle_and_flux(sky, fields_of):
    sources = scattered(50 * sky.rms, SHAPE)
    (field,) = fields_of(sky.make((450, 450), sources), rms=sky.rms)
    found, _ = measured(field, sources)
    flux = 50 * sky.rms * 7 * 5 / sky.beam_pixels**2
    pulls = (found["apparent_total_flux"] - flux) / found["e_apparent_total_flux"]
    assert found["apparent_total_flux"].median() == pytest.approx(flux, rel=0.02)
    assert 0.6 < scatter(pulls) < 1.3
    expected = {"major": 7, "minor": 5, "dc_major": np.sqrt(7**2 - 4**2), "dc_minor": 3}
    for name, pixels in expected.items():
        assert found[name].median() == pytest.approx(pixels * sky.pixel_arcsec, rel=0.03), name
    for name in ("position_angle", "dc_position_angle"):
        assert found[name].median() == pytest.approx(30, abs=2), name
    for name in ("major", "minor", "position_angle"):
        assert 0.7 < scatter((found[name] - found[name].median()) / found[f"e_{name}"]) < 1.3, name


def test_slightly_wide_sources_keep_their_total_flux(sky, fields_of):
    sources = scattered(15 * sky.rms, {"major": 5.2, "minor": 4.2})
    (field,) = fields_of(sky.make((450, 450), sources), rms=sky.rms)
    found, _ = measured(field, sources)
    flux = 15 * sky.rms * 5.2 * 4.2 / sky.beam_pixels**2
    assert found["apparent_total_flux"].median() == pytest.approx(flux, rel=0.05)


def test_a_source_is_no_wider_than_allowed(sky, fields_of):
    shape = {"major": 40.0, "minor": 20.0, "angle_deg": 30.0}
    (field,) = fields_of(sky.make((200, 200), [(100, 100, 1.0, shape)]), rms=sky.rms)
    found = measure_sources(field, np.array([100.0]), np.array([100.0]))
    assert found["major"].tolist() == pytest.approx([5 * sky.beam_pixels * sky.pixel_arcsec], rel=1e-6)


def test_a_source_that_is_not_gaussian_has_larger_errors(sky, fields_of):
    sources = [(60, 60, 0.5, {"major": 6.0}), (60, 60, 0.5, {"major": 14.0}), (160, 60, 1.0, {"major": 8.0})]
    (field,) = fields_of(sky.make((120, 220), sources), rms=sky.rms)
    found = measure_sources(field, np.array([60.0, 160.0]), np.array([60.0, 60.0]))
    errors = found[["e_ra", "e_apparent_peak_flux", "e_apparent_total_flux"]]
    assert (errors.loc[0] > 5 * errors.loc[1]).all()


def test_flux_is_measured_from_the_mean(sky, fields_of):
    pixels = sky.make((200, 200), [(100.2, 99.6, 1.0)])
    (field,) = fields_of(pixels + np.float32(0.5))
    found = measure_sources(field, np.array([100.0]), np.array([100.0]))
    assert found["apparent_total_flux"].tolist() == pytest.approx([1], rel=0.01)


@pytest.mark.parametrize("angle_deg", [0.0, 60.0, 150.0])
@pytest.mark.parametrize("size", [1, 4])
def test_beams_of_any_shape_are_point_sources(sky, fields_of, angle_deg, size):
    shape = {"major": 5.0 * size, "minor": 3.5 * size, "angle_deg": angle_deg}
    sources = [(80.3, 90.7, 1.0, shape), (200.2, 180.4, 2.0, shape)]
    cards = {
        name: shape[key] * sky.pixel_arcsec / 3600 for name, key in (("BMAJ", "major"), ("BMIN", "minor"))
    }
    (field,) = fields_of(sky.make((280, 280), sources, rms=1e-6), rms=1e-3, BPA=angle_deg, **cards)
    found, places = measured(field, sources)
    assert found["apparent_total_flux"].to_numpy() == pytest.approx([1, 2], rel=1e-3)
    assert found[["x", "y"]].to_numpy() == pytest.approx(places, abs=0.02)
    turned = (found["position_angle"].to_numpy() - angle_deg + 90) % 180 - 90
    assert turned == pytest.approx([0, 0], abs=1)
    assert found["dc_major"].isna().all()
    assert found["major"].to_numpy() == pytest.approx([10 * size] * 2, rel=1e-2)


@pytest.mark.parametrize(("apart", "ratio"), [(1.0, 1.0), (1.0, 0.1), (0.75, 0.5)])
def test_a_blend_is_separated(sky, fields_of, apart, ratio):
    sources = [(60.2, 60.4, 1.0), (60.2 + apart * sky.beam_pixels, 60.4, ratio)]
    (field,) = fields_of(sky.make((120, 120), sources, rms=1e-6), rms=1e-3)
    found, places = measured(field, sources)
    assert found["apparent_total_flux"].to_numpy() == pytest.approx([1, ratio], rel=0.05)
    assert found[["x", "y"]].to_numpy() == pytest.approx(places, abs=0.1)


def test_a_faint_neighbour_does_not_run_away(sky, fields_of):
    pixels = sky.make((120, 120), [(60, 60, 1.0, SHAPE)])
    (field,) = fields_of(pixels, rms=sky.rms)
    start = np.array([60.0, 64.0, 58.0]), np.array([60.0, 61.0, 66.0])
    found = measure_sources(field, *start)
    shift = np.hypot(found["x"] - start[0], found["y"] - start[1])
    assert shift.max() <= 2 + 1e-9
    assert (found["apparent_peak_flux"] >= 0).all()
    assert found["major"].max() <= 5 * sky.beam_pixels * sky.pixel_arcsec + 1e-6
    assert found["apparent_total_flux"].sum() == pytest.approx(7 * 5 / 4**2, rel=0.05)


def test_sources_at_a_blank_border_and_at_the_edge_keep_their_flux(sky, fields_of):
    sources = [(60.2, 60.4, 1.0), (1.3, 30.2, 1.0), (30.0, 118.6, 1.0)]
    pixels = sky.make((120, 120), sources, rms=1e-4)
    pixels[:, 62:] = np.nan
    (field,) = fields_of(pixels, rms=1e-3)
    found, places = measured(field, sources)
    assert found["apparent_peak_flux"].to_numpy() == pytest.approx([1, 1, 1], rel=0.01)
    assert found[["x", "y"]].to_numpy() == pytest.approx(places, abs=0.03)


def test_a_source_centred_outside_stays_on_the_edge(sky, fields_of):
    (field,) = fields_of(sky.make((90, 90), [(-1.0, 40.0, 1.0), (50.0, 90.2, 1.0)]), rms=sky.rms)
    found = measure_sources(field, np.array([0.0, 50.0]), np.array([40.0, 89.0]))
    assert (found["x"][0], found["y"][1]) == (0, 89)


def test_sources_on_blank_pixels_are_not_measured(sky, fields_of):
    pixels = sky.make((120, 120), [(30, 30, 1.0)])
    pixels[:, 62:] = np.nan
    (field,) = fields_of(pixels, rms=sky.rms)
    found = measure_sources(field, np.array([90.0, 30.0, 66.0]), np.array([20.0, 30.0, 60.0]))
    assert found.loc[[0, 2], ["x", "y"]].to_numpy().tolist() == [[90, 20], [66, 60]]
    assert found.loc[[0, 2]].drop(columns=["x", "y"]).isna().all(axis=None)
    assert found.loc[1, "apparent_peak_flux"] == pytest.approx(1, rel=0.01)


def test_a_hole_has_no_flux(sky, fields_of):
    (field,) = fields_of(sky.make((120, 120), [(60, 60, -0.01)]), rms=sky.rms)
    found = measure_sources(field, np.array([60.4]), np.array([60.0]))
    assert found[["x", "apparent_peak_flux", "apparent_total_flux"]].to_numpy().tolist() == [[60.4, 0, 0]]


def test_the_order_of_the_rows_does_not_matter(sky, fields_of):
    rng = np.random.default_rng(4)
    sources = [(x, y, 10**f) for x, y, f in rng.uniform([5, 5, -3.5], [135, 135, -1], (75, 3))]
    (field,) = fields_of(sky.make((140, 140), sources))
    x, y = np.array([source[:2] for source in sources]).T
    order = rng.permutation(len(x))
    plain, mixed = measure_sources(field, x, y), measure_sources(field, x[order], y[order])
    np.testing.assert_allclose(mixed, plain.iloc[order], rtol=1e-5, atol=1e-10)


def test_any_tiling_gives_the_same_sources(sky, fields_of):
    rng = np.random.default_rng(5)
    sources = [(x, y, 10**f) for x, y, f in rng.uniform([0, 0, -3.2], [250, 250, -1], (60, 3))]
    pixels = sky.make((251, 251), sources)
    x, y = np.array([source[:2] for source in sources]).T
    cards = {
        "BMAJ": 16 / 3600,
        "BMIN": 16 / 3600,
    }  # two pixels per sample, so that the sampling must be anchored
    (whole,) = fields_of(pixels, rms=sky.rms, **cards)
    expected = measure_sources(whole, x, y)
    for field in fields_of(pixels, core_pixels=103, halo_pixels=40, rms=sky.rms, **cards):
        inside = field.tile.box.holds(x, y)
        owned = field.tile.core.holds(x[inside], y[inside])
        found = measure_sources(field, x[inside], y[inside])
        np.testing.assert_allclose(found[owned], expected[inside][owned], rtol=1e-4, atol=1e-9)


def slow_fit(field, x, y, start):
    """Fit a Gaussian to all pixels within two beams of a pixel, with noise correlated like the beam."""
    rows, columns = np.indices(field.pixels.shape)
    near = np.hypot(columns - round(x), rows - round(y)) <= 8.0
    place = np.column_stack([columns[near], rows[near]]).astype(float)
    sigma = 4.0 / np.sqrt(8 * np.log(2))
    apart = np.linalg.norm(place[:, None] - place, axis=2)
    whiten = np.linalg.cholesky(
        np.linalg.inv(np.exp(-0.5 * (apart / sigma) ** 2) + WHITE * np.eye(len(place)))
    )

    def misfit(parameters):
        peak, x, y, major, minor, angle = parameters
        west, north = place[:, 0] - x, place[:, 1] - y
        along = -west * np.sin(angle) + north * np.cos(angle)
        across = west * np.cos(angle) + north * np.sin(angle)
        model = peak * np.exp(-4 * np.log(2) * ((along / major) ** 2 + (across / minor) ** 2))
        return whiten.T @ (field.pixels[near] - model)

    return least_squares(misfit, start, x_scale=[1e-3, 1, 1, 1, 1, 1], xtol=1e-12, ftol=1e-12).x


def test_one_source_agrees_with_a_slow_fit(sky, fields_of):
    source = (60.3, 59.8, 80 * sky.rms, SHAPE)
    (field,) = fields_of(sky.make((120, 120), [source]), rms=sky.rms)
    found = measured(field, [source])[0].iloc[0]
    peak, x, y, major, minor, angle = slow_fit(field, 60, 60, [80 * sky.rms, 60, 60, 8, 5, 0.5])
    assert found["apparent_peak_flux"] == pytest.approx(peak, rel=2e-3)
    assert found[["x", "y"]].tolist() == pytest.approx([x, y], abs=0.01)
    assert found["major"] == pytest.approx(major * sky.pixel_arcsec, rel=5e-3)
    assert found["minor"] == pytest.approx(minor * sky.pixel_arcsec, rel=5e-3)
    assert found["position_angle"] == pytest.approx(np.rad2deg(angle) % 180, abs=0.5)


def test_faint_sources_are_point_sources(sky, fields_of):
    sources = scattered(2.5 * sky.rms, SHAPE)
    (field,) = fields_of(sky.make((450, 450), sources), rms=sky.rms)
    found, _ = measured(field, sources)
    faint = found["apparent_peak_flux"] < 0.8 * CANDIDATE * sky.rms
    assert faint.sum() > 100
    assert found["major"][faint].to_numpy() == pytest.approx(sky.beam_pixels * sky.pixel_arcsec)


def test_no_positions_give_an_empty_table_with_all_columns(sky, fields_of):
    (field,) = fields_of(sky.make((90, 90), [(40, 40, 1.0)]), rms=sky.rms)
    nothing = measure_sources(field, np.zeros(0), np.zeros(0))
    something = measure_sources(field, np.array([40.0]), np.array([40.0]))
    assert len(nothing) == 0
    assert nothing.columns.tolist() == something.columns.tolist()
    assert complete(nothing, sky=field, finder="convosource").empty
    assert complete(something, sky=field, finder="convosource")[FITTED[:2]].notna().all(axis=None)
