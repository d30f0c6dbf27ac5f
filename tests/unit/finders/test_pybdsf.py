"""PyBDSF finds the sources with the noise of the workflow; failures of a tile and of the machine differ."""

import errno
import logging
from dataclasses import replace

import numpy as np
import pytest

from radiofind.catalogues.columns import DETECTION
from radiofind.catalogues.detections import Found
from radiofind.finders import pybdsf, pybdsf_process
from radiofind.finders.pybdsf import find_sources

pytestmark = pytest.mark.slow

OPTIONS = {"thresh_pix": 5.0, "thresh_isl": 3.0}
LARGE = {"major": 10.0, "minor": 6.0, "angle_deg": 30.0}
SOURCES = [
    (40.3, 50.6, 0.02),
    (110.0, 60.0, 0.05, LARGE),
    (60, 120, 0.03),
    (66, 122, 0.02),
    (130, 130, 1.5e-3),
]


def search(field, scratch=None, time_limit_s=100, **options):
    return find_sources(
        field, finder="pybdsf", options={**OPTIONS, **options}, time_limit_s=time_limit_s, scratch=scratch
    )


def test_sources_come_back_in_our_units_and_no_file_remains(sky, fields_of, tmp_path, caplog):
    (field,) = fields_of(sky.make((170, 160), SOURCES), rms=sky.rms)
    (tmp_path / "scratch").mkdir()
    caplog.set_level(logging.INFO)
    found = search(field, scratch=tmp_path / "scratch", group_by_isl=True)
    assert list((tmp_path / "scratch").iterdir()) == []
    assert "Number of islands found" in caplog.text
    assert found.reason == ""
    table = found.detections.sort_values("y").reset_index(drop=True)
    assert list(table.columns) == [column.name for column in DETECTION]
    assert table["x"].to_numpy() == pytest.approx([40.3, 110, 62.4, 130], abs=0.3)
    assert table["y"].to_numpy() == pytest.approx([50.6, 60, 120.8, 130], abs=0.3)
    ra, dec = field.header.coordinates.to_sky(table["x"], table["y"])
    assert table[["ra", "dec"]].to_numpy() == pytest.approx(np.transpose([ra % 360, dec]), abs=1e-7)

    point, large, pair, faint = table.to_dict("records")
    assert (point["peak_flux"], point["total_flux"]) == pytest.approx((0.02, 0.02), rel=0.03)
    assert (point["major"], point["minor"]) == pytest.approx((8, 8), rel=0.05)
    assert point["dc_major"] < 3
    assert (large["peak_flux"], large["total_flux"]) == pytest.approx((0.05, 0.05 * 60 / 16), rel=0.02)
    assert (large["major"], large["minor"]) == pytest.approx((20, 12), rel=0.02)
    assert (large["dc_major"], large["dc_minor"]) == pytest.approx((18.33, 8.94), rel=0.03)
    assert (large["position_angle"], large["dc_position_angle"]) == pytest.approx((30, 30), abs=1)
    assert pair["total_flux"] == pytest.approx(0.05, rel=0.03)
    assert table["n_components"].tolist() == [1, 1, 2, 1]
    assert 0.01 < point["e_ra"] < 0.1  # about beam / (2 SNR), arcsec
    assert sky.rms / 2 < point["e_peak_flux"] < 2 * sky.rms
    assert table["rms"].to_numpy() == pytest.approx([sky.rms] * 4)
    assert table["snr"].to_numpy() == pytest.approx(table["apparent_total_flux"] / sky.rms)
    assert faint["peak_snr"] == pytest.approx(15, abs=4)

    parts = found.components.set_index("source_id").loc[pair["source_id"]]
    assert sorted(parts["x"].round()) == [60, 66]
    assert len(found.components) == 5
    assert not table["island_cut"].any()
    assert set(table["crossings"]) == {""}
    reach = np.sqrt(np.log2(0.05 / 3e-4))  # of the three-sigma contour, in half widths
    assert large["island_pixels"] == pytest.approx(np.pi / 4 * 60 * reach**2, rel=0.1)


@pytest.mark.usefixtures("pybdsf_in_process")
def test_the_noise_of_the_workflow_is_used(sky, fields_of):
    pixels = sky.make((120, 120), [(40, 40, 0.02), (80, 40, 7 * sky.rms), (40, 80, 7 * sky.rms)])
    (true,), (double,) = fields_of(pixels, rms=sky.rms), fields_of(pixels, rms=2 * sky.rms)
    many, few = search(true).detections, search(double).detections
    assert (len(many), len(few)) == (3, 1)
    bright = many.loc[many["snr"].idxmax()]
    assert few["snr"].item() == pytest.approx(bright["snr"] / 2, rel=0.02)


@pytest.mark.usefixtures("pybdsf_in_process")
def test_the_mean_of_the_workflow_is_used_even_where_it_hardly_varies(sky, fields_of):
    (field,) = fields_of(sky.make((120, 120), [(30, 40, 0.002), (90, 80, 0.002)]), rms=sky.rms)
    slope = np.linspace(-sky.rms, sky.rms, 120, dtype=np.float32) * np.ones((120, 1), dtype=np.float32)
    tilted = replace(field, mean=field.mean + slope, pixels=field.pixels + slope)
    expected, found = search(field).detections, search(tilted).detections
    assert len(found) == 2
    assert found["total_flux"].to_numpy() == pytest.approx(expected["total_flux"], rel=2e-3)


@pytest.mark.usefixtures("pybdsf_in_process")
def test_the_threshold_is_that_of_the_configuration_also_without_sources(sky, fields_of):
    # For so noisy an image PyBDSF expects no sources, and would choose another threshold by default.
    (field,) = fields_of(1e4 * sky.make((120, 120)), rms=1e4 * sky.rms)
    found = search(field, thresh_pix=3.0, thresh_isl=2.0).detections
    assert len(found) > 2
    assert 3 <= found["peak_snr"].min() < 3.6


@pytest.mark.usefixtures("pybdsf_in_process")
def test_options_reach_pybdsf(sky, fields_of):
    (field,) = fields_of(sky.make((170, 160), SOURCES), rms=sky.rms)
    apart = search(field, thresh_pix=50.0, group_by_isl=False).detections
    together = search(field, thresh_pix=50.0, group_by_isl=True).detections
    assert sorted(apart["n_components"]) == [1, 1, 1, 1]
    assert sorted(together["n_components"]) == [1, 1, 2]


@pytest.mark.usefixtures("pybdsf_in_process")
def test_a_half_blank_tile_gives_the_sources_of_the_other_half(sky, fields_of):
    pixels = sky.make((140, 140), [(30, 40, 0.02), (110, 40, 0.02), (71, 100, 0.02)])
    pixels[:, 70:] = np.nan
    (field,) = fields_of(pixels)
    found = search(field).detections
    assert found["x"].round().tolist()[:1] == [30]
    assert np.isfinite(found["rms"]).all()
    assert found["x"].max() < 73


@pytest.mark.usefixtures("pybdsf_in_process")
def test_noise_alone_gives_no_source_and_a_reason(sky, fields_of):
    (field,) = fields_of(sky.make((100, 100)), rms=sky.rms)
    found = search(field, thresh_pix=8.0)
    assert found.reason == "no source found"
    assert found.detections.empty
    assert found.components.empty


@pytest.mark.usefixtures("pybdsf_in_process")
def test_an_island_knows_where_it_meets_the_edges_of_tiles(sky, fields_of):
    pixels = sky.make((80, 160), [(91, 50, 0.02), (40, 65, 0.02), (158, 20, 0.02)])
    left, right = fields_of(pixels, core_pixels=80, halo_pixels=15, rms=sky.rms)
    assert (left.edges_x.tolist(), left.edges_y.tolist()) == ([65, 94], [])
    one, other = search(left).detections, search(right).detections
    cut, whole = one[one["x"] > 80].iloc[0], other[other["x"] < 140].iloc[0]
    assert (cut["island_cut"], whole["island_cut"]) == (True, False)
    assert whole["island_pixels"] > cut["island_pixels"]
    places = np.array([place.split(":") for place in whole["crossings"].split()], dtype=int)
    assert set(places[:, 0]) == {94}
    assert places[:, 1].min() < 48 < 52 < places[:, 1].max()
    assert cut["crossings"] == whole["crossings"]
    for table in (
        one[one["x"] < 80],
        other[other["x"] > 140],
    ):  # away from edges, or at the edge of the mosaic
        assert table[["island_cut", "crossings"]].to_numpy().tolist() == [[False, ""]]


@pytest.fixture
def instead(tmp_path, monkeypatch):
    """A function that replaces the program that runs PyBDSF."""

    def replace(program):
        (tmp_path / "pybdsf_process.py").write_text(program)
        monkeypatch.setattr(pybdsf, "__file__", str(tmp_path / "pybdsf.py"))

    return replace


@pytest.fixture
def field(sky, fields_of):
    return fields_of(sky.make((60, 60)), rms=sky.rms)[0]


def test_an_error_of_pybdsf_is_a_reason(sky, field):
    found = search(field, thresh_pix="high")
    assert found.reason.startswith("PyBDSF: ")
    assert "\n" not in found.reason
    assert found.detections.empty


def test_a_hanging_pybdsf_is_stopped(field, instead, tmp_path):
    instead("import time; time.sleep(60)")
    (tmp_path / "scratch").mkdir()
    found = search(field, time_limit_s=0.5, scratch=tmp_path / "scratch")
    assert "PyBDSF" in found.reason and "0.5 s" in found.reason
    assert found.detections.empty
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_crash_of_pybdsf_is_a_reason(field, instead):
    instead("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    assert search(field).reason.endswith(" 11")


@pytest.mark.parametrize(
    "program",
    [
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
        "raise MemoryError",
        "import nothing_of_the_kind",
    ],
)
def test_a_failure_that_is_not_the_fault_of_the_tile_is_an_error(field, instead, tmp_path, program):
    instead(program)
    (tmp_path / "scratch").mkdir()
    with pytest.raises(RuntimeError, match=r"PyBDSF.* -?\d+"):
        search(field, scratch=tmp_path / "scratch")
    assert list((tmp_path / "scratch").iterdir()) == []


@pytest.mark.parametrize("trouble", [MemoryError(), OSError(errno.ENOMEM, "Cannot allocate memory")])
def test_trouble_of_the_machine_ends_the_program_and_does_not_blame_the_tile(tmp_path, monkeypatch, trouble):
    def fail(*_arguments):
        raise trouble

    (tmp_path / "options.json").write_text("{}")
    monkeypatch.setattr(pybdsf_process, "find_sources", fail)
    with pytest.raises(type(trouble)):
        pybdsf_process.main(tmp_path)
    assert not (tmp_path / "error.txt").exists()


@pytest.mark.parametrize(("value", "reason"), [(np.nan, "blank"), (1.0, "constant")])
def test_blank_and_constant_tiles_never_reach_pybdsf(fields_of, instead, value, reason):
    instead("raise SystemExit(1)")
    (field,) = fields_of(np.full((80, 80), value), rms=1.0)
    found = search(field)
    assert reason in found.reason
    assert found.detections.dtypes.equals(Found().detections.dtypes)
