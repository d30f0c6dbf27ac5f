"""Peaks have the positions and fluxes of their sources, and do not depend on the tiling."""

import numpy as np
import pytest

from radiofind.finders.peaks import find_peaks

CORNERS = [(40.3, 50.8), (120.0, 60.5), (200.49, 70.2), (80.75, 150.25), (160.1, 220.9)]


def peaks_of(field, threshold=5.0):
    return find_peaks(field, finder="peaks", threshold=threshold)


def test_isolated_sources_come_back_between_the_pixels(sky, fields_of):
    sources = [(x, y, peak) for (x, y), peak in zip(CORNERS, [1.0, 0.5, 0.2, 0.1, 0.05], strict=True)]
    (field,) = fields_of(sky.make((260, 240), sources, rms=1e-6), rms=1e-3)
    found = peaks_of(field).detections.sort_values("total_flux", ascending=False)
    x, y, peak = np.transpose(sources)
    assert len(found) == 5
    assert found["x"].to_numpy() == pytest.approx(x, abs=0.05)
    assert found["y"].to_numpy() == pytest.approx(y, abs=0.05)
    assert found["total_flux"].to_numpy() == pytest.approx(peak, rel=0.01)
    assert found["peak_flux"].to_numpy() == pytest.approx(peak, rel=0.03)
    assert found["peak_snr"].to_numpy() == pytest.approx(peak / 1e-3, rel=0.03)
    assert found["e_ra"].to_numpy() == pytest.approx(8 * 1e-3 / (2 * peak), rel=0.05)
    ra, dec = field.header.coordinates.to_sky(x, y)
    assert found["ra"].to_numpy() == pytest.approx(ra % 360, abs=0.1 / 3600)
    assert found["dec"].to_numpy() == pytest.approx(dec, abs=0.1 / 3600)


@pytest.mark.parametrize("angle_deg", [0, 30, 90, 150])
def test_the_flux_is_right_with_an_elliptic_beam(sky, fields_of, angle_deg):
    shape = {"major": 6.0, "minor": 3.0, "angle_deg": angle_deg}
    beam = {"BMAJ": 12 / 3600, "BMIN": 6 / 3600, "BPA": float(angle_deg)}
    (field,) = fields_of(sky.make((90, 90), [(40.3, 50.6, 1.0, shape)], rms=1e-6), rms=1e-3, **beam)
    found = peaks_of(field).detections
    assert found["total_flux"].tolist() == pytest.approx([1], rel=0.02)


def test_only_peaks_above_the_threshold_are_found(sky, fields_of):
    pixels = sky.make((200, 200), rms=1.0)
    (field,) = fields_of(pixels, rms=1.0)
    tables = [peaks_of(field, threshold).detections for threshold in (0.5, 2, 3)]
    assert len(tables[0]) > len(tables[1]) > len(tables[2]) > 0
    assert all(np.all(field.pixels.max() >= table["rms"]) for table in tables)
    nothing = peaks_of(field, 100)
    assert (nothing.detections.empty, nothing.reason) == (True, "no source found")


def slow_maxima(field, threshold):
    """Pixels above all later neighbours and not below the earlier ones, one at a time."""
    height = field.pixels - field.mean
    rows, columns = height.shape
    found = []
    for row, column in np.ndindex(rows, columns):
        here = height[row, column]
        if not here > threshold * field.rms[row, column]:
            continue
        around = {
            (j, i): height[j, i]
            for j in range(max(row - 1, 0), min(row + 2, rows))
            for i in range(max(column - 1, 0), min(column + 2, columns))
            if (j, i) != (row, column) and np.isfinite(height[j, i])
        }
        if all(here > value if at > (row, column) else here >= value for at, value in around.items()):
            found.append((column, row))
    return found


def test_maxima_are_those_of_a_slow_search(sky, fields_of):
    pixels = np.round(sky.make((90, 100), rms=1.0), 1)  # rounded, so that neighbours are equal
    pixels[30:50, 20:40] = np.nan
    pixels[70, 70] = np.nan
    (field,) = fields_of(pixels)
    found = peaks_of(field, 1.0).detections
    expected = np.array(slow_maxima(field, 1.0))
    assert len(found) == len(expected) > 50
    offsets = found[["x", "y"]].to_numpy()[:, np.newaxis] - expected
    assert np.abs(offsets).max(axis=2).min(axis=0).max() <= 0.5 + 1e-6


def test_a_plateau_is_one_detection(sky, fields_of):
    pixels = np.random.default_rng(1).uniform(-1e-3, 1e-3, (60, 60))
    pixels[20:22, 30:33] = 1.0
    pixels[40, 40:42] = 2.0
    pixels[50, 10], pixels[51, 11] = 3.0, 3.0
    (field,) = fields_of(pixels, rms=0.1)
    assert sorted(np.round(peaks_of(field).detections["peak_flux"])) == [1, 2, 3]


def test_a_peak_beside_a_blank_stays_on_its_pixel(sky, fields_of):
    pixels = sky.make((60, 60), [(30.3, 20.3, 1.0), (0, 50, 1.0)], rms=1e-6)
    pixels[:, 31:] = np.nan
    (field,) = fields_of(pixels, rms=1e-3)
    found = peaks_of(field).detections.sort_values("y")
    assert found["x"].tolist() == [30, 0]
    assert found["y"].to_numpy() == pytest.approx([20.3, 50], abs=0.05)
    assert np.isfinite(found["total_flux"]).all()


@pytest.mark.parametrize(("core", "halo"), [(50, 5), (100, 20), (130, 30)])
def test_any_tiling_gives_the_same_peaks(sky, fields_of, core, halo):
    rng = np.random.default_rng(5)
    sources = [(x, y, 10**f) for x, y, f in rng.uniform([0, 0, -3.5], [210, 230, -1], (60, 3))]
    sources += [(49.5, 49.5, 0.01), (99.5, 120, 0.01), (150, 99.5, 0.01)]
    pixels = sky.make((230, 210), sources)
    columns = ["x", "y", "peak_flux", "total_flux", "snr"]
    whole = peaks_of(fields_of(pixels)[0], 4).detections
    parts = []
    for field in fields_of(pixels, core_pixels=core, halo_pixels=halo):
        found = peaks_of(field, 4).detections
        parts += found[field.tile.core.holds(found["x"], found["y"])][columns].to_numpy().tolist()
    assert sorted(parts) == sorted(whole[columns].to_numpy().tolist())


@pytest.mark.parametrize(("value", "reason"), [(np.nan, "blank"), (1.0, "constant")])
def test_blank_and_constant_tiles_give_an_empty_table_and_a_reason(fields_of, value, reason):
    (field,) = fields_of(np.full((80, 80), value), rms=1.0)
    found = peaks_of(field)
    assert found.detections.empty
    assert reason in found.reason
