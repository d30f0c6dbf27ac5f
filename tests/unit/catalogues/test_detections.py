"""Names, noise at sources, reasons, and empty tables."""

import numpy as np
import pandas as pd
import pytest
from astropy.coordinates import SkyCoord

from radiofind.catalogues.columns import APPARENT, CATALOGUE, DETECTION, conform, empty
from radiofind.catalogues.detections import Found, complete, name_islands, name_sources, reason_to_skip
from radiofind.mosaics.box import Box
from radiofind.mosaics.field import value_at


def test_names_are_truncated_positions():
    ra = np.array([15.0 * (1 + 23 / 60 + 45.6789 / 3600), 0.0, 359.9999999, -1e-17, 10])
    dec = np.array([-30.0 - 1 / 60 - 2.349 / 3600, -0.0001, -1e-9, 89.9999999, 0])
    assert name_sources(ra, dec) == [
        "J012345.678-300102.34",
        "J000000.000-000000.36",
        "J235959.999-000000.00",
        "J000000.000+895959.99",
        "J004000.000+000000.00",
    ]


def test_a_name_leads_back_to_the_position():
    rng = np.random.default_rng(1)
    ra, dec = rng.uniform(0, 360, 200), np.rad2deg(np.arcsin(rng.uniform(-1, 1, 200)))
    names = pd.Series(name_sources(ra, dec))
    parts = names.str.extract(r"^J(\d\d)(\d\d)(\d\d\.\d{3})([+-])(\d\d)(\d\d)(\d\d\.\d\d)$")
    assert parts.notna().all(axis=None)
    back = SkyCoord(
        [
            f"{h}h{m}m{s}s {sign}{d}d{arcmin}m{arcsec}s"
            for h, m, s, sign, d, arcmin, arcsec in parts.to_numpy()
        ]
    )
    offset = (ra - back.ra.deg) * 3600
    assert np.all((offset > -1e-6) & (offset < 0.015 + 1e-6))
    assert np.all(np.abs(dec - back.dec.deg) * 3600 < 0.01 + 1e-6)


def test_repeated_names_get_a_suffix_and_no_name_is_no_error():
    assert name_sources(np.array([1.0, 2, 1, 1]), np.array([3.0, 3, 3, 3])) == [
        "J000400.000+030000.00",
        "J000800.000+030000.00",
        "J000400.000+030000.00b",
        "J000400.000+030000.00c",
    ]
    assert name_sources(np.zeros(0), np.zeros(0)) == []


def test_an_empty_table_has_all_columns_with_their_types():
    for columns in (DETECTION, CATALOGUE):
        table = empty(columns)
        assert table.empty
        assert {column.name: column.dtype for column in columns} == table.dtypes.astype(str).to_dict()
    assert Found().detections.columns.tolist() == [column.name for column in DETECTION]
    with pytest.raises(ValueError, match="no column ra, dec"):
        conform(empty(DETECTION).drop(columns=["ra", "dec"]), DETECTION)


@pytest.fixture
def field(sky, fields_of):
    return fields_of(sky.make((80, 90), [(30.25, 40.75, 2e-3)]), rms=2e-4)[0]


def test_a_measurement_becomes_a_full_row(field):
    fluxes = {"apparent_peak_flux": [2e-3], "apparent_total_flux": [4e-3]}
    errors = {"e_apparent_peak_flux": [1e-4], "e_apparent_total_flux": [2e-4]}
    from_pixels = complete(
        pd.DataFrame({"x": [30.25], "y": [40.75], **fluxes, **errors}), sky=field, finder="f"
    )
    row = from_pixels.to_dict("records")[0]
    assert list(row) == [column.name for column in DETECTION]
    assert (row["mosaic"], row["tile"], row["finder"], row["flags"]) == ("field", "y000x000", "f", "")
    assert [row[flux] for flux in APPARENT] == [row[apparent] for apparent in APPARENT.values()]
    assert (row["rms"], row["snr"], row["peak_snr"]) == pytest.approx((2e-4, 20, 10))
    assert (row["n_components"], row["island"], row["island_cut"], row["crossings"]) == (1, -1, False, "")
    assert np.isnan([row[name] for name in ("major", "dc_minor", "score", "e_ra")]).all()
    x, y = field.header.coordinates.to_pixels(row["ra"], row["dec"])
    assert (x, y) == pytest.approx((30.25, 40.75), abs=1e-6)
    assert row["source_id"] == name_sources([row["ra"]], [row["dec"]])[0]


def test_noise_at_a_source_is_that_of_its_pixel_or_near_it():
    box = Box(10, 60, 20, 60)
    rms = np.random.default_rng(1).uniform(1, 2, box.shape)
    rms[:5, :5] = np.nan
    rms[20:, 25:] = np.nan
    x, y = np.array([30, 30.4, 9, 70, 11, 58]), np.array([30, 30.4, 30, 30, 22, 58])
    near_corner = np.nanmedian(rms[:13, :12])
    expected = [rms[10, 20], rms[10, 20], rms[10, 0], rms[10, 49], near_corner, np.nan]
    assert value_at(rms, x, y, box) == pytest.approx(expected, nan_ok=True)


def test_an_island_has_the_name_of_its_brightest_source():
    table = pd.DataFrame(
        {
            "source_id": ["a", "b", "c", "d", "e"],
            "island": [4, 4, -1, 7, -1],
            "apparent_peak_flux": [1.0, 2.0, 5.0, np.nan, 1.0],
        }
    )
    assert name_islands(table).tolist() == ["b", "b", "", "d", ""]
    assert name_islands(table[:0]).tolist() == []


def test_a_tile_that_cannot_be_searched_has_a_reason(sky):
    pixels = sky.make((50, 50))
    rms = np.full((50, 50), sky.rms)
    assert reason_to_skip(pixels, rms) == ""
    assert reason_to_skip(np.full_like(pixels, np.nan), rms) == "blank"
    assert reason_to_skip(np.full_like(pixels, 3), rms) == "constant"
    assert reason_to_skip(pixels, np.full_like(rms, np.nan)) == "no noise could be measured"
    assert reason_to_skip(pixels, np.zeros_like(rms)) == "no noise could be measured"
