"""The files of a survey, read again by the tools of astronomers."""

import io
import re
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.io.votable import parse, validate
from astropy.io.votable.ucd import check_ucd
from astropy.table import Table
from pyarrow import parquet as pq
from regions import Regions

from radiofind.catalogues import records, votables
from radiofind.catalogues.catalogue_files import described_columns, write_catalogue
from radiofind.catalogues.class_columns import class_columns
from radiofind.catalogues.columns import CORRECTED, RELIABLE, SURVEY
from radiofind.catalogues.records import Layout, widths_in
from radiofind.files import read_metadata
from radiofind.survey.band import Band, band_of
from radiofind.survey.products import PRODUCTS

BAND = Band(frequency_hz=1.44e8, beam_arcsec=6.0)
COLUMNS = SURVEY + CORRECTED + RELIABLE + class_columns(["FRI", "FR II"])
N_ROWS = 25
HISTORY = ["code merge_survey: <0123> & more", "x" * 72]


def values_of(column, n_rows, rng):
    """Return random values of a column, texts of several lengths and numbers with some missing."""
    if column.dtype == "str":
        return ["x" * rng.integers(0, 12) for _ in range(n_rows)]
    if column.dtype == "bool":
        return rng.uniform(size=n_rows) < 0.6
    if column.dtype == "int64":
        return rng.integers(0, 9, n_rows)
    numbers = rng.lognormal(0, 3, n_rows)
    return np.where(rng.uniform(size=n_rows) < 0.1, np.nan, numbers)


@pytest.fixture(params=[N_ROWS, 1, 0])
def survey(request, tmp_path, monkeypatch):
    """Write a survey, of which ten rows are read at a time, and return its rows and its path."""
    rng = np.random.default_rng(5)
    table = pd.DataFrame({column.name: values_of(column, request.param, rng) for column in COLUMNS})
    table["name"] = [f"LBAS J{number:06d}.00-{number:06d}.0" for number in range(len(table))]
    table["class"] = rng.choice(["", "FRI", "FR II"], len(table))
    table["ra"], table["dec"] = np.linspace(359.9, 360.1, len(table)) % 360, -30.0
    table = table.astype({column.name: column.dtype for column in COLUMNS})
    path = tmp_path / "survey.parquet"
    write_catalogue([table], path, columns=COLUMNS)
    monkeypatch.setattr(records, "BATCH_ROWS", 10)
    monkeypatch.setattr(votables, "LINE_BYTES", 300)
    return table, path


def write(survey, product, folder):
    path = folder / f"peaks.{product}"
    PRODUCTS[product](survey[1], path, band=BAND, history=HISTORY)
    return path


def field_text(path, name):
    """Return the XML of a column of a VOTable."""
    return re.search(rf'<FIELD [^>]*name="{name}".*?</FIELD>', path.read_text(), re.DOTALL)[0]


def assert_same_rows(read: Table, table: pd.DataFrame):
    assert read.colnames == list(table.columns)
    assert len(read) == len(table)
    for name in table.columns:
        values = np.ma.asarray(read[name])
        if table[name].dtype == "str":
            assert np.ma.filled(values.astype(str), "").tolist() == table[name].tolist()
        else:
            numbers = np.ma.filled(values.astype(float), np.nan)
            assert np.array_equal(numbers, table[name].to_numpy(dtype=float), equal_nan=True)
            assert values.dtype.kind == table[name].dtype.kind


def test_the_columns_of_a_survey_are_read_again(survey):
    assert described_columns(survey[1]) == COLUMNS


@pytest.mark.filterwarnings("ignore:No table..len")
def test_the_keys_of_parquet_tell_astropy_columns_units_and_ucds(survey, tmp_path):
    table = survey[0][[column.name for column in SURVEY]]
    layout = Layout(SURVEY, widths_in(table, SURVEY), len(table), BAND.frequency_hz)
    path = tmp_path / "described.parquet"
    keys = votables.parquet_keys(layout)
    write_catalogue([table], path, columns=SURVEY, metadata={"told": 1}, keys=lambda: keys)
    assert read_metadata(path) == {"told": 1} and described_columns(path) == SURVEY
    keys = pq.read_metadata(path).metadata
    assert keys[b"IVOA.VOTable-Parquet.version"] == b"1.0"
    described = io.BytesIO(keys[b"IVOA.VOTable-Parquet.content"])
    assert validate(described, output=io.StringIO(), xmllint=False)
    if len(table):  # astropy cannot read a Parquet file without rows
        read = Table.read(path, format="parquet.votable")
        assert_same_rows(read, table)
        assert read["total_flux"].unit == u.Jy
        assert read["total_flux"].meta["ucd"] == "phot.flux.density;em.radio.100-200MHz"


def test_the_fits_table_has_all_rows_values_and_units(survey, tmp_path):
    path = write(survey, "fits", tmp_path)
    read = Table.read(path)
    assert_same_rows(read, survey[0])
    with fits.open(path) as hdus:
        hdus.verify("exception")
        header = hdus["CATALOGUE"].header
    for number, column in enumerate(COLUMNS, 1):
        assert (read[column.name].unit or u.dimensionless_unscaled) == u.Unit(column.unit)
        assert header[f"TCOMM{number}"] == column.description
        assert check_ucd(header[f"TUCD{number}"], check_controlled_vocabulary=True)
    assert path.stat().st_size % 2880 == 0
    assert header["FREQ"] == BAND.frequency_hz
    assert list(header["HISTORY"]) == HISTORY


def test_the_votable_is_valid_and_has_all_rows_values_and_units(survey, tmp_path):
    path = write(survey, "vot", tmp_path)
    assert validate(path, output=io.StringIO(), xmllint=False)
    document = parse(path, verify="exception")
    table = document.get_first_table()
    assert_same_rows(table.to_table(use_names_over_ids=True), survey[0])
    assert float(document.version) >= 1.4
    (frame,) = document.resources[0].coordinate_systems
    for column, field in zip(COLUMNS, table.fields, strict=True):
        assert (field.unit or u.dimensionless_unscaled) == u.Unit(column.unit)
        if field.unit:
            u.Unit(field.unit.to_string("vounit"), format="vounit")
        assert check_ucd(field.ucd, check_controlled_vocabulary=True, has_colon=True)
        assert field.description.split() == column.description.split()
        assert (field.ref == frame.ID) == (column.name in ("ra", "dec"))
        assert ("null=" in field_text(path, column.name)) == (column.dtype == "int64")
    assert frame.system == "ICRS"
    fluxes = {field.name: field.ucd for field in table.fields}
    assert fluxes["total_flux"] == "phot.flux.density;em.radio.100-200MHz"
    (made,) = document.resources[0].infos
    assert made.content.splitlines() == HISTORY


@pytest.mark.skipif(not shutil.which("stilts"), reason="stilts is not installed")
def test_stilts_finds_no_fault_in_the_votable(survey, tmp_path):
    path = write(survey, "vot", tmp_path)
    command = ["stilts", "votlint", "ucd=true", "unit=true", "validate=true", f"votable={path}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout + done.stderr == ""


def test_regions_are_the_primary_rows_with_their_names(survey, tmp_path):
    table, _ = survey
    regions = Regions.read(write(survey, "reg", tmp_path), format="ds9")
    primary = table[table["is_primary"]]
    assert [region.meta["tag"][0] for region in regions] == primary["name"].tolist()
    for region, row in zip(regions, primary.itertuples(), strict=True):
        assert (region.center.ra.deg, region.center.dec.deg) == pytest.approx((row.ra, row.dec), abs=1e-6)
        assert region.height.to_value("arcsec") == pytest.approx(np.nan_to_num(row.major, nan=6.0), abs=1e-3)


def test_the_band_is_that_of_most_images_and_the_beam_the_widest():
    images = [
        {"FREQ": 1.44e8, "BMAJ": 6 / 3600},
        {"FREQ": 1.45e8, "BMAJ": 9 / 3600},
        {"FREQ": 1.44e8, "BMAJ": 0},
    ]
    assert band_of(images) == Band(pytest.approx(1.44e8), pytest.approx(9.0))
    assert np.isnan(band_of([]).frequency_hz)


@pytest.mark.parametrize("product", PRODUCTS)
def test_a_survey_without_a_band_is_written_too(survey, tmp_path, product):
    PRODUCTS[product](survey[1], tmp_path / f"s.{product}", band=band_of([]))
    assert (tmp_path / f"s.{product}").stat().st_size > 0


@pytest.mark.parametrize("product", PRODUCTS)
def test_a_product_that_fails_is_absent(survey, tmp_path, product, monkeypatch):
    if product == "reg" or not len(survey[0]):
        pytest.skip("has no parts that could fail")
    monkeypatch.setattr("radiofind.catalogues.records.records_of", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write(survey, product, tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())
