"""Truth files of all formats become one table, or an error that names the place."""

import re

import numpy as np
import pandas as pd
import pytest
from astropy import units as u
from astropy.table import MaskedColumn, Table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz.watching import watched
from radiofind.evaluation.placed_truth import place_truth, with_snr
from radiofind.evaluation.truth import COLUMNS, TruthError, read_truth

SDC1_ROW = "{id} -0.1 -29.1 {ra} {dec} {flux} 0.5 1 1 0 1 {code}"


def sdc1_line(id=7, ra=-0.25, dec=-29.5, flux=1e-6, code=3, more=""):
    return SDC1_ROW.format(id=id, ra=ra, dec=dec, flux=flux, code=code) + more


def write(path, *lines):
    path.write_text("".join(line + "\n" for line in lines))
    return path


def test_sdc1_gives_the_centroid_the_flux_and_the_class(tmp_path):
    path = write(tmp_path / "t.txt", sdc1_line(), sdc1_line(id=8, ra=0.5, code=1), sdc1_line(id=9, code=2.0))
    table = read_truth(path, truth_format="sdc1")
    assert table["truth_id"].tolist() == ["7", "8", "9"]
    assert table["ra"].tolist() == [359.75, 0.5, 359.75]
    assert table["dec"].tolist() == [-29.5] * 3
    assert table["total_flux"].tolist() == [1e-6] * 3
    assert table["class"].tolist() == ["sfg", "ss_agn", "fs_agn"]


def test_sdc1_headers_and_blank_lines_are_passed_over(tmp_path):
    header = ["# a comment", "", "COLUMN1: ID [none] name", *["COLUMN"] * 15, "ID RA(core) DEC(core)"]
    path = write(tmp_path / "t.txt", *header, sdc1_line(), "", sdc1_line(id=8))
    assert read_truth(path, truth_format="sdc1")["truth_id"].tolist() == ["7", "8"]


def test_sdc1_sources_that_were_not_put_into_the_image_are_no_truth(tmp_path):
    lines = [sdc1_line(id=i, more=f" {i % 2} 10.5 20.5") for i in range(5)]
    assert read_truth(write(tmp_path / "t.txt", *lines), truth_format="sdc1")["truth_id"].tolist() == [
        "1",
        "3",
    ]


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ([sdc1_line(more=" 1")], "12 or 15 columns in .*t.txt, line 1, received 13"),
        (["# h", sdc1_line(), sdc1_line(id=8)[:-2]], "12 columns in .*, line 3, received 11"),
        ([sdc1_line(), sdc1_line(id=8, more=" 1 2 3")], "12 columns in .*, line 2, received 15"),
        ([sdc1_line(), sdc1_line(id=8, flux="1e-6x")], "number in .*, line 2, column 6, received '1e-6x'"),
        ([sdc1_line(), "", sdc1_line(id=8, ra="nan")], "number in .*, line 3, column 4, received 'nan'"),
        ([sdc1_line(code=4)], "class 1, 2 or 3 in .*, received 4.0 in source 1"),
        ([sdc1_line(), sdc1_line(id=8, dec=91)], "dec from -90 to 90 in .*, received 91.0 in source 2"),
        ([sdc1_line(), sdc1_line()], "each truth_id once in .*, received 7 in source 2"),
    ],
)
def test_a_bad_sdc1_file_is_an_error_that_names_the_place(tmp_path, lines, complaint):
    with pytest.raises(ValueError, match=complaint):
        read_truth(write(tmp_path / "t.txt", *lines), truth_format="sdc1")


def test_a_tiny_negative_right_ascension_stays_below_360(tmp_path):
    path = write(tmp_path / "t.txt", sdc1_line(ra="-1e-20"), sdc1_line(id=8, ra=360))
    assert read_truth(path, truth_format="sdc1")["ra"].tolist() == [0, 0]


def test_meerkat_sim_columns_are_found_by_the_header(tmp_path):
    path = write(tmp_path / "t.txt", "# format:name i dec_d ra_d q", "S1 2e-6 -19 12.5 0", "S2 3e-6 -20 13 0")
    table = read_truth(path, truth_format="meerkat_sim")
    assert table.to_numpy().tolist() == [["S1", 12.5, -19, 2e-6, ""], ["S2", 13, -20, 3e-6, ""]]


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        (["S1 12 -19 1e-6"], "'# format:name ra_d dec_d i' in .*t.txt, line 1, received 'S1 12"),
        (["# format:name ra_d dec_d", "S1 12 -19"], "line 1, received"),
        (["# format:name ra_d dec_d i", "S1 12 -19"], "4 columns in .*, line 2, received 3"),
        (
            ["# format:name ra_d dec_d i", "S1 12 -19 1", "S2 12 south 1"],
            "line 3, column 3, received 'south'",
        ),
    ],
)
def test_a_bad_meerkat_sim_file_is_an_error_that_names_the_place(tmp_path, lines, complaint):
    with pytest.raises(ValueError, match=complaint):
        read_truth(write(tmp_path / "t.txt", *lines), truth_format="meerkat_sim")


@pytest.mark.parametrize("name", ["t.fits", "t.vot", "t.csv", "t.parquet", "t.ecsv", "t.txt"])
def test_tables_of_all_kinds_are_read_alike(tmp_path, name):
    rows = {
        "ID": ["a", "b"],
        "RA": [-10.0, 20.0],
        "Dec": [1.0, 2.0],
        "total_flux": [1e-3, 2e-3],
        "Class": ["SFG", "FRI"],
    }
    options = {"format": "votable"} if name == "t.vot" else {"format": "ascii"} if name == "t.txt" else {}
    Table(rows).write(tmp_path / name, **options)
    table = read_truth(tmp_path / name, truth_format="table")
    assert table.to_numpy().tolist() == [["a", 350, 1, 1e-3, "sfg"], ["b", 20, 2, 2e-3, ""]]
    assert table.dtypes.to_dict() == pd.DataFrame(columns=list(COLUMNS)).astype(COLUMNS).dtypes.to_dict()


def test_the_units_of_a_table_are_honoured(tmp_path):
    table = Table({"ra": [1.0] * u.hourangle, "dec": [60.0] * u.arcmin, "total_flux": [5.0] * u.mJy})
    table.write(tmp_path / "t.ecsv")
    read = read_truth(tmp_path / "t.ecsv", truth_format="table")
    assert read[["ra", "dec", "total_flux"]].to_numpy()[0] == pytest.approx([15, 1, 5e-3])
    assert read[["truth_id", "class"]].to_numpy().tolist() == [["0", ""]]


@pytest.mark.parametrize(
    ("columns", "complaint"),
    [
        ({"ra": [1.0], "dec": [1.0]}, "columns ra, dec, total_flux in .*, received ra, dec"),
        ({"ra": ["one"], "dec": [1.0], "total_flux": [1.0]}, "column ra of .* in deg"),
        ({"ra": [1.0], "dec": [1.0], "total_flux": [1.0] * u.m}, "column total_flux of .* in Jy"),
        ({"ra": [1.0], "dec": [np.nan], "total_flux": [1.0]}, "finite dec in .*, received nan in source 1"),
        (
            {"ra": MaskedColumn([1, 2], mask=[False, True]), "dec": [1.0, 1], "total_flux": [1.0, 1]},
            "finite ra in .*, received nan in source 2",
        ),
    ],
)
def test_a_bad_table_is_an_error_that_names_the_column(tmp_path, columns, complaint):
    Table(columns).write(tmp_path / "t.ecsv")
    with pytest.raises(ValueError, match=complaint):
        read_truth(tmp_path / "t.ecsv", truth_format="table")


@pytest.mark.parametrize("name", ["t.fits", "t.unknown"])
def test_what_is_no_table_is_an_error_that_names_the_file(tmp_path, name):
    with pytest.raises(ValueError, match=f"Expected .*{name}"):
        read_truth(write(tmp_path / name, "nothing of the kind"), truth_format="table")


@pytest.mark.parametrize("truth_format", ["sdc1", "meerkat_sim", "table"])
def test_an_empty_file_is_an_empty_table(tmp_path, truth_format):
    table = read_truth(write(tmp_path / "t.csv"), truth_format=truth_format)
    assert table.empty
    assert list(table.columns) == list(COLUMNS)


def test_a_file_of_headers_alone_is_an_empty_table(tmp_path):
    assert read_truth(write(tmp_path / "a", "# nothing", "ID RA"), truth_format="sdc1").empty
    assert read_truth(write(tmp_path / "b", "# format:name ra_d dec_d i"), truth_format="meerkat_sim").empty
    assert read_truth(write(tmp_path / "c.csv", "ra,dec,total_flux"), truth_format="table").empty


def test_an_unknown_format_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="sdc1, meerkat_sim, table, received 'sdc2'"):
        read_truth(write(tmp_path / "t"), truth_format="sdc2")


def truth(n=3):
    return pd.DataFrame(
        {"truth_id": list("abc"), "ra": 1.0, "dec": 1.0, "total_flux": [1.0, 2.0, 4.0], "class": ""}
    ).iloc[:n]


def test_truth_off_the_valid_pixels_is_left_out():
    beam, rms = np.array([0.5, 0.5, np.nan]), np.array([0.1, np.nan, 0.1])
    placed = place_truth(truth(), np.arange(3.0), np.arange(3.0), primary_beam=beam, rms=rms)
    assert placed["truth_id"].tolist() == ["a"]
    assert placed[["x", "primary_beam", "apparent_total_flux", "rms"]].to_numpy().tolist() == [
        [0, 0.5, 0.5, 0.1]
    ]


def test_truth_snr_is_over_the_median_or_the_local_noise():
    ones = np.ones(3)
    placed = place_truth(truth(), ones, ones, primary_beam=ones, rms=np.array([1.0, 2.0, 8.0]))
    assert with_snr(placed, truth_rms="median", median_rms=2.0)["snr"].tolist() == [0.5, 1, 2]
    assert with_snr(placed, truth_rms="local", median_rms=2.0)["snr"].tolist() == [1, 1, 0.5]
    with pytest.raises(ValueError, match="median or local, received 'mean'"):
        with_snr(placed, truth_rms="mean", median_rms=2.0)


def test_no_truth_has_a_place_and_snr_too():
    none = np.zeros(0)
    placed = place_truth(truth(0), none, none, primary_beam=none, rms=none)
    assert with_snr(placed, truth_rms="median", median_rms=np.nan).empty


VOTABLE = """<?xml version="1.0"?>
<VOTABLE version="1.4"><RESOURCE><TABLE>
<FIELD name="ra" datatype="double"/><FIELD name="dec" datatype="double"/>
<FIELD name="total_flux" datatype="double"/>
<DATA><BINARY><STREAM href="{link}"/></BINARY></DATA></TABLE></RESOURCE></VOTABLE>
"""


@pytest.mark.parametrize("link", ["http://example.invalid/x", "file:///etc/hostname"])
def test_a_votable_that_keeps_its_rows_elsewhere_is_refused_and_they_are_not_fetched(tmp_path, link):
    with watched(tmp_path) as seen, pytest.raises(TruthError, match=f"t.vot, line 5, .* link to '{link}'"):
        read_truth(write(tmp_path / "t.vot", VOTABLE.format(link=link)), truth_format="table")
    assert seen == []


@pytest.mark.parametrize(
    ("start", "name"), [(b"PK\x03\x04", "zip"), (b"BZh9", "bzip2"), (b"\xfd7zXZ\x00", "xz")]
)
@pytest.mark.parametrize("truth_format", ["sdc1", "table"])
def test_other_compressions_than_gzip_are_refused_and_not_unpacked(tmp_path, start, name, truth_format):
    (tmp_path / "t.csv").write_bytes(start + bytes(100))
    with watched(tmp_path) as seen, pytest.raises(TruthError, match=rf"t\.csv.*{name}"):
        read_truth(tmp_path / "t.csv", truth_format=truth_format)
    assert seen == []


def test_an_ecsv_of_objects_makes_none(tmp_path):
    header = ["%ECSV 1.0", "---", "datatype:", "- {name: ra, datatype: float64}"]
    header += ["- {name: dec, datatype: float64}", "- {name: total_flux, datatype: float64}"]
    lines = [f"# {line}" for line in header] + ["# meta: !!python/object/apply:os.system ['touch made']"]
    path = write(tmp_path / "t.ecsv", *lines, "ra dec total_flux", "1 2 3")
    with watched(tmp_path) as seen, pytest.raises(TruthError, match="t.ecsv, received what cannot be read"):
        read_truth(path, truth_format="table")
    assert seen == [] and not (tmp_path / "made").exists()


@pytest.mark.parametrize("name", ["t.pickle", "t.html", "t.tex", "t.json", "t.hdf5", "t"])
def test_a_table_of_another_kind_is_refused_by_its_name(tmp_path, name):
    with pytest.raises(TruthError, match=f"a file that ends in .fits, .*, received .*{name}"):
        read_truth(write(tmp_path / name, "ra dec total_flux"), truth_format="table")


def test_a_fits_table_may_be_packed_with_gzip(tmp_path):
    Table({"ra": [1.0], "dec": [2.0], "total_flux": [3.0]}).write(tmp_path / "t.fits.gz")
    assert read_truth(tmp_path / "t.fits.gz", truth_format="table")["total_flux"].tolist() == [3]


def test_what_is_not_there_is_told(tmp_path):
    with pytest.raises(TruthError, match="t.txt, received no such file"):
        read_truth(tmp_path / "t.txt", truth_format="sdc1")
    with pytest.raises(TruthError, match=", received a folder"):
        read_truth(tmp_path, truth_format="table")


def test_several_numbers_in_one_field_are_told(tmp_path):
    Table({"ra": [[1.0, 2.0]], "dec": [2.0], "total_flux": [3.0]}).write(tmp_path / "t.fits")
    with pytest.raises(TruthError, match="column ra of .*t.fits with one number a row"):
        read_truth(tmp_path / "t.fits", truth_format="table")


def test_a_byte_order_mark_hides_no_source_and_old_encodings_in_comments_do_no_harm(tmp_path):
    path = tmp_path / "t.txt"
    path.write_bytes(b"\xef\xbb\xbf" + sdc1_line().encode() + b"\n" + sdc1_line(id="b\xe9").encode("latin-1"))
    assert read_truth(path, truth_format="sdc1")["truth_id"].tolist() == ["7", "b\\xe9"]
    path.write_bytes(b"# caf\xe9 \x22quoted\n" + sdc1_line().encode() + b"\n")
    assert read_truth(path, truth_format="sdc1")["truth_id"].tolist() == ["7"]


FIELD = st.one_of(
    st.floats(-80, 80).map(repr),
    st.floats(-80, 80).map(repr),
    st.sampled_from(["1", "nan", "x", '"', "'1'", "1e400", "1_0", "#", "\x0b", "\xa0", "1\x002", "a\x85b"]),
)


@settings(derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.tuples(*[FIELD] * 11, st.sampled_from(["1", "2", "2.0", "4"])), max_size=4),
    st.sampled_from(["\n", "\r\n", "\n\n", "\r"]),
    st.sampled_from([" ", "\t", "  "]),
)
def test_what_is_read_of_sdc1_is_what_stands_there(tmp_path, rows, end, gap):
    lines = [sdc1_line(), *(gap.join(row) for row in rows)]
    (tmp_path / "t.txt").write_bytes(end.join(lines).encode())
    try:
        table = read_truth(tmp_path / "t.txt", truth_format="sdc1")
    except TruthError:
        return
    plain = [re.split("[ \t]+", line) for line in lines]
    assert table["truth_id"].tolist() == [fields[0] for fields in plain]
    assert table["dec"].tolist() == pytest.approx([float(fields[4]) for fields in plain])
