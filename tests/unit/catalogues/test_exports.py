"""Catalogues read again by the tools of astronomers."""

import numpy as np
import pandas as pd
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.io.votable.ucd import check_ucd
from astropy.table import Table
from astropy.wcs import WCS
from regions import Regions

from radiofind.catalogues.class_columns import LONGEST_CLASS, class_columns, with_classes
from radiofind.catalogues.columns import CATALOGUE, conform, empty, ucd_in_band
from radiofind.catalogues.exports import write_fits_table, write_regions
from radiofind.mosaics.images import read_header

NUMBERS = [column.name for column in CATALOGUE if column.dtype != "str"]


@pytest.fixture
def catalogue():
    rng = np.random.default_rng(1)
    table = pd.DataFrame({name: rng.uniform(1, 9, 5) for name in NUMBERS})
    table["source_id"] = ["J1", "J000123.456-300012.34b", "x" * 90, "J4", "J5"]
    table["flags"] = ["", "", "island_cut", "", "a,b"]
    table = table.assign(
        ra=[0.01, 359.99, 0, 0.02, 0.03], dec=-30.0, position_angle=[0, 30, 90, 170.0, np.nan]
    )
    table[["major", "minor"]] = [[20, 10], [8, 8], [np.nan, np.nan], [12, 3], [30, np.nan]]
    words = {"tile": "y000x000", "mosaic": "m", "finder": "f", "source_code": "S", "island_id": "J1"}
    return conform(table.assign(**words), CATALOGUE)


@pytest.fixture
def image(write_fits):
    """The mosaic of the catalogue."""
    cards = {"TELESCOP": "MeerKAT", "OBJECT": "", "DATE-OBS": "2020-01-02"}
    return read_header(write_fits(np.zeros((60, 60), dtype=np.float32), "field.fits", **cards))


def test_the_fits_table_says_where_its_sources_come_from(catalogue, tmp_path, image):
    write_fits_table(catalogue, tmp_path / "c.fits", image=image)
    header = fits.getheader(tmp_path / "c.fits", "CATALOGUE")
    told = {name: header.get(name) for name in ("RADESYS", "IMAGE", "FREQ", "TELESCOP", "DATE-OBS", "OBJECT")}
    expected = {"RADESYS": "ICRS", "IMAGE": "field.fits", "FREQ": 1.4e9}
    assert told == expected | {"TELESCOP": "MeerKAT", "DATE-OBS": "2020-01-02", "OBJECT": None}
    beam = image.beam
    assert (header["BMAJ"], header["BMIN"]) == pytest.approx(
        (beam.major_arcsec / 3600, beam.minor_arcsec / 3600)
    )
    number = list(catalogue.columns).index("total_flux") + 1
    assert header[f"TUCD{number}"] == "phot.flux.density;em.radio.750-1500MHz"


def test_cards_and_names_that_fits_does_not_know_do_no_harm(catalogue, tmp_path, write_fits):
    path = write_fits(np.zeros((60, 60), dtype=np.float32), "fjärd\t1.fits", OBJECT="x", TELESCOP="VLA")
    card = b"OBJECT  = 'x       '"
    content = path.read_bytes()
    assert card in content
    path.write_bytes(content.replace(card, b"OBJECT  = x y z 12  "))
    write_fits_table(catalogue, tmp_path / "c.fits", image=read_header(path))
    header = fits.getheader(tmp_path / "c.fits", "CATALOGUE")
    assert (header["IMAGE"], header["TELESCOP"]) == ("fj\\xe4rd\\t1.fits", "VLA")
    assert "OBJECT" not in header


@pytest.mark.parametrize("frequency_mhz", [10, 20, 144, 399, 560, 750, 1400, 2999, 3000, 9200, 15000, 30000])
def test_ucds_are_words_of_the_vocabulary_in_every_band(frequency_mhz):
    for column in CATALOGUE + class_columns(["a"]):
        assert check_ucd(ucd_in_band(column, 1e6 * frequency_mhz), check_controlled_vocabulary=True)


def test_the_band_is_that_of_the_frequency():
    (flux,) = [column for column in CATALOGUE if column.name == "peak_flux"]
    bands = {10: "", 20: ".20-100MHz", 144: ".100-200MHz", 1500: ".1500-3000MHz", 11999: ".6-12GHz", 5e4: ""}
    for frequency_mhz, band in bands.items():
        assert ucd_in_band(flux, 1e6 * frequency_mhz) == f"phot.flux.density;em.radio{band};stat.max"


def test_the_fits_table_has_all_values_units_and_descriptions(catalogue, tmp_path, image):
    write_fits_table(catalogue, tmp_path / "c.fits", image=image)
    table = Table.read(tmp_path / "c.fits")
    assert table.colnames == list(catalogue.columns)
    for column in CATALOGUE:
        if column.dtype == "str":
            texts = np.ma.filled(np.ma.asarray(table[column.name].astype(str)), "")
            assert texts.tolist() == catalogue[column.name].tolist()
        else:
            values = np.ma.filled(np.ma.asarray(table[column.name], dtype=float), np.nan)
            assert np.array_equal(values, catalogue[column.name].astype(float), equal_nan=True)
        assert (table[column.name].unit or u.dimensionless_unscaled) == u.Unit(column.unit or "")
    with fits.open(tmp_path / "c.fits") as hdus:
        hdus.verify("exception")
        comments = [hdus[1].header[f"TCOMM{number}"] for number in range(1, len(CATALOGUE) + 1)]
    assert comments == [column.description for column in CATALOGUE]  # which TOPCAT shows


@pytest.mark.parametrize("rows", [0, 1])
def test_short_tables_have_all_columns_too(catalogue, tmp_path, rows, image):
    table = catalogue[:rows] if rows else empty(CATALOGUE)
    write_fits_table(table, tmp_path / "c.fits", image=image)
    read = Table.read(tmp_path / "c.fits")
    assert len(read) == rows
    assert read.colnames == list(catalogue.columns)
    assert read["total_flux"].unit == u.Jy
    assert read["n_components"].dtype.kind == "i"
    assert read["source_id"].dtype.kind in "SU"


def test_regions_have_the_place_size_and_angle_of_the_sources(catalogue, tmp_path, sky):
    write_regions(catalogue, tmp_path / "c.reg", beam_arcsec=6.0, colour="cyan")
    regions = Regions.read(tmp_path / "c.reg")
    assert len(regions) == 5
    wcs = WCS(sky.cards((300, 300)))
    for region, row in zip(regions, catalogue.to_dict("records"), strict=True):
        place = SkyCoord(row["ra"], row["dec"], unit="deg")
        assert region.center.separation(place) < 1 * u.mas
        sizes = np.nan_to_num([row["minor"], row["major"]], nan=6.0)
        assert [region.width.to_value("arcsec"), region.height.to_value("arcsec")] == pytest.approx(
            sizes, abs=1e-3
        )
        assert region.meta["tag"] == [row["source_id"]]
        assert region.visual["facecolor"] == "cyan"
        if sizes[1] > sizes[0]:
            angle = np.nan_to_num(row["position_angle"])
            tip = place.directional_offset_by(angle * u.deg, 0.45 * sizes[1] * u.arcsec)
            side = place.directional_offset_by((angle + 90) * u.deg, 0.45 * sizes[1] * u.arcsec)
            assert region.contains(tip, wcs)
            assert not region.contains(side, wcs)


def test_an_empty_region_file_can_be_read(tmp_path):
    write_regions(empty(CATALOGUE), tmp_path / "c.reg", beam_arcsec=6.0)
    assert (tmp_path / "c.reg").read_text().startswith("# Region file format: DS9\n")
    assert len(Regions.read(tmp_path / "c.reg")) == 0


def test_history_is_told_in_both_files(catalogue, tmp_path, image):
    history = ["code find_peaks: 0123", "x" * 70]
    write_fits_table(catalogue, tmp_path / "c.fits", image=image, history=history)
    write_regions(catalogue, tmp_path / "c.reg", beam_arcsec=5, history=history)
    assert list(fits.getheader(tmp_path / "c.fits", 1)["HISTORY"]) == history
    assert (tmp_path / "c.reg").read_text().count("# code find_peaks: 0123\n") == 1
    assert len(Regions.read(tmp_path / "c.reg", format="ds9")) == len(catalogue)


NAMES = ["FRI", "FR II", "bent"]


def test_the_longest_name_of_a_class_fits_into_a_fits_table(catalogue, tmp_path, image):
    names = [LONGEST_CLASS * "a", LONGEST_CLASS * "b"]
    write_fits_table(
        with_classes(catalogue, np.full((5, 2), 0.5), names, "net"), tmp_path / "c.fits", image=image
    )
    assert Table.read(tmp_path / "c.fits").colnames[-3:-1] == [f"probability_{name}" for name in names]


@pytest.fixture
def classified(catalogue):
    said = [[1, 0, 0], [0.2, 0.7, 0.1], [np.nan] * 3, [0, 0, 1], [0.5, 0.25, 0.25]]
    return with_classes(catalogue, said, NAMES, "truth of m")


@pytest.mark.parametrize("rows", [0, 5])
def test_classes_are_in_the_fits_table_with_descriptions(classified, tmp_path, rows, image):
    write_fits_table(classified[:rows], tmp_path / "c.fits", image=image)
    table = Table.read(tmp_path / "c.fits")
    assert table.colnames == list(classified.columns)
    for name in ("class", "classifier"):
        texts = np.ma.filled(np.ma.asarray(table[name].astype(str)), "")
        assert texts.tolist() == classified[name][:rows].tolist()
    for name in NAMES:
        values = np.ma.filled(np.ma.asarray(table[f"probability_{name}"], dtype=float), np.nan)
        assert np.array_equal(values, classified[f"probability_{name}"][:rows], equal_nan=True)
    with fits.open(tmp_path / "c.fits") as hdus:
        hdus.verify("exception")
        first = len(CATALOGUE) + 1
        comments = [hdus[1].header[f"TCOMM{first + number}"] for number in range(len(NAMES) + 2)]
    assert comments == [column.description for column in class_columns(NAMES)]


def test_regions_of_a_class_have_its_colour_and_its_name(classified, tmp_path):
    write_regions(classified, tmp_path / "c.reg", beam_arcsec=6.0, colour="green")
    regions = Regions.read(tmp_path / "c.reg")
    tags = [
        [name, label] if label else [name] for name, label in classified[["source_id", "class"]].to_numpy()
    ]
    assert [region.meta["tag"] for region in regions] == tags
    colours = ["red", "cyan", "green", "yellow", "red"]
    assert [region.visual["facecolor"] for region in regions] == colours
    assert "# class FR II: cyan\n" in (tmp_path / "c.reg").read_text()


def test_more_classes_than_colours_can_be_written(catalogue, tmp_path):
    names = [f"c{number}" for number in range(12)]
    write_regions(with_classes(catalogue, np.eye(12)[7:], names, "c"), tmp_path / "c.reg", beam_arcsec=6.0)
    colours = [region.visual["facecolor"] for region in Regions.read(tmp_path / "c.reg")]
    assert colours == ["yellow", "magenta", "blue", "red", "cyan"]


def test_a_catalogue_without_classes_names_none_in_its_regions(catalogue, tmp_path):
    write_regions(catalogue, tmp_path / "c.reg", beam_arcsec=6.0)
    assert "class" not in (tmp_path / "c.reg").read_text()
    assert "color=" not in (tmp_path / "c.reg").read_text().partition("icrs")[2]
