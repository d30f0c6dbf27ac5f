"""The mosaic sheet: what it gives, and that every mistake is told with file, line and column."""

from __future__ import annotations

import os
import string
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from radiofind.workflow.config.sheet import COLUMNS, Mosaic, SheetError, read_sheet

CONFIG = Path(__file__).parents[4] / "config"

PRESETS = sorted(path.stem for path in (CONFIG / "presets").glob("*.tsv"))
HEADER = "mosaic\timage\tprimary_beam\ttruth\ttruth_format\tsimulate"


@pytest.fixture
def folder(tmp_path):
    """A folder with the files that sheets name."""
    for name in ("a.fits", "beam.fits", "truth.txt"):
        (tmp_path / name).touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "dangling.fits").symlink_to(tmp_path / "gone.fits")
    return tmp_path


def read(folder, text, encoding="utf-8"):
    (folder / "s.tsv").write_bytes(text.encode(encoding))
    return read_sheet("s.tsv", simulations={"demo"}, base=folder)


def complaint(folder, text):
    with pytest.raises(SheetError) as caught:
        read(folder, text)
    return str(caught.value)


def test_a_row_gives_a_mosaic(folder):
    text = (
        "mosaic\timage\tprimary_beam\ttruth\ttruth_format\ttrain_box\tvalidation_box\tbeam\tfrequency_hz\tfield\tcentre\tregion\tweight\n"
        "m\ta.fits\tbeam.fits\ttruth.txt\tsdc1\t0:10,0:20\t10:15,0:20\t6,5.5,-10\t144e6\tf\t359.5,-30\thealpix:16:9\tbeam.fits\n"
    )
    assert read(folder, text) == [
        Mosaic(
            mosaic="m",
            image="a.fits",
            primary_beam="beam.fits",
            truth="truth.txt",
            truth_format="sdc1",
            train_box="0:10,0:20",
            validation_box="10:15,0:20",
            training_set="m",
            beam=(6.0, 5.5, -10.0),
            frequency_hz=144e6,
            field="f",
            centre=(359.5, -30.0),
            region="healpix:16:9",
            weight="beam.fits",
            line=2,
        )
    ]


@pytest.mark.parametrize(
    "text",
    [
        "mosaic\timage\t\nm\ta.fits\t\n",
        "mosaic\timage\t\t\nm\ta.fits\n",
        "mosaic\timage\nm\ta.fits\t\t\n",
        "mosaic\t\timage\nm\t\ta.fits\n",
    ],
)
def test_blank_columns_are_skipped(folder, text):
    (mosaic,) = read(folder, text)
    assert (mosaic.mosaic, mosaic.image) == ("m", "a.fits")


def test_a_column_without_a_name_that_holds_something_is_told(folder):
    assert "s.tsv, line 1, column" in complaint(folder, "mosaic\timage\t\nm\ta.fits\t1\nn\ta.fits\t\n")


def test_a_path_may_start_at_home(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder.resolve()))
    (mosaic,) = read(folder, "mosaic\timage\tplane\nm\t~/a.fits\t3\n")
    assert (mosaic.image, mosaic.plane) == (f"{folder.resolve()}/a.fits", 3)


@pytest.mark.parametrize("column", ["region", "weight"])
def test_a_region_or_weight_without_a_file_is_told(folder, column):
    message = complaint(folder, f"mosaic\timage\t{column}\nm\ta.fits\tb.fits\n")
    assert message.startswith(f"s.tsv, line 2, column {column}: ") and message.endswith(
        "b.fits (no such file)"
    )


def test_a_region_is_a_cell_or_a_file(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder.resolve()))
    one, two = read(folder, "mosaic\timage\tregion\nm\ta.fits\thealpix:16:0\nn\ta.fits\t~/beam.fits\n")
    assert one.region_file is None and two.region_file == two.region == f"{folder.resolve()}/beam.fits"


def test_a_simulated_mosaic_gets_the_paths_of_its_simulation(folder):
    one, two = read(folder, "mosaic\tsimulate\none\tdemo\ntwo\tdemo\n")
    assert one.image == two.image == "results/simulations/demo/image.fits"
    assert one.primary_beam == "results/simulations/demo/primary_beam.fits"
    assert one.truth == "results/simulations/demo/truth.txt"
    assert one.truth_format == "sdc1"
    assert (one.training_set, two.training_set) == ("one", "two")


def test_comments_blank_lines_and_missing_columns_are_fine(folder):
    text = "# about\n\nmosaic\timage\n \t \n#x\ta.fits\nm\ta.fits\n\n"
    assert [mosaic.mosaic for mosaic in read(folder, text)] == ["m"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_byte_order_mark_spaces_and_quotes_of_spreadsheets_are_tolerated(folder, encoding, end):
    text = end.join(["mosaic\timage \ttrain_box", ' m\t a.fits\t"0:10,0:20"', ""])
    (mosaic,) = read(folder, text, encoding)
    assert (mosaic.mosaic, mosaic.image, mosaic.train_box) == ("m", "a.fits", "0:10,0:20")


def test_mosaics_may_share_a_training_set(folder):
    sheet = read(folder, "mosaic\timage\ttraining_set\na\ta.fits\tt\nb\ta.fits\tt\n")
    assert [mosaic.training_set for mosaic in sheet] == ["t", "t"]


def test_everything_may_be_trained_on(folder):
    (mosaic,) = read(folder, "mosaic\timage\ttrain_box\nm\ta.fits\tall\n")
    assert mosaic.train_box == "all"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "s.tsv: expected a header and at least one mosaic"),
        ("mosaic\timage\n# m\ta.fits\n", "s.tsv: expected a header and at least one mosaic"),
        ("mosaic\timages\nm\ta.fits\n", "s.tsv, line 1, column images: expected one of mosaic, image"),
        ("mosaic\timages\nm\ta.fits\n", "(did you mean image?)"),
        ("mosaic image\nm a.fits\n", "s.tsv, line 1, column mosaic image: expected one of"),
        (
            "mosaic\timage\timage\nm\ta.fits\ta.fits\n",
            "s.tsv, line 1, column image: expected each column once",
        ),
        ("image\na.fits\n", "s.tsv, line 1, column mosaic: expected this column"),
        ("mosaic\timage\nm\ta.fits\t1\n", "s.tsv, line 2, column image: expected 2 fields"),
        (
            "mosaic\timage\nm\n",
            "s.tsv, line 2, column image: expected 2 fields, separated by tabs, received 1",
        ),
        ("mosaic\timage\n\ta.fits\n", "s.tsv, line 2, column mosaic: expected a name"),
        ("mosaic\timage\n../m\ta.fits\n", "s.tsv, line 2, column mosaic: expected a name"),
        ("mosaic\timage\nm;rm\ta.fits\n", "received m;rm"),
        ("mosaic\timage\nmodels\ta.fits\n", "s.tsv, line 2, column mosaic: expected a name other than"),
    ],
)
def test_a_wrong_sheet_is_told(folder, text, told):
    assert told in complaint(folder, text)


@pytest.mark.parametrize(
    ("row", "column", "told"),
    [
        ("m\tb.fits\t\t\t\t", "image", "received b.fits (no such file)"),
        ("m\tfolder\t\t\t\t", "image", "received folder (a folder)"),
        ("m\tdangling.fits\t\t\t\t", "image", "dangling.fits"),
        ("m\ta.fits\tb.fits\t\t\t", "primary_beam", "received b.fits (no such file)"),
        ("m\ta.fits\t\tt.txt\tsdc1\t", "truth", "received t.txt (no such file)"),
        ("m\t\t\t\t\t", "image", "expected a path here or a name in column simulate"),
        ("m\ta.fits\t\t\t\tdemo", "image", "expected an empty field, as column simulate"),
        ("m\t\t\ttruth.txt\t\tdemo", "truth", "expected an empty field, as column simulate"),
        ("m\t\t\t\t\tdem", "simulate", "expected one of demo, received dem (did you mean demo?)"),
        ("m\ta.fits\t\ttruth.txt\t\t", "truth_format", "expected one of sdc1, meerkat_sim, table"),
        ("m\ta.fits\t\ttruth.txt\tsdc2\t", "truth_format", "received sdc2"),
        ("m\ta.fits\t\t\tsdc1\t", "truth", "expected a path, as truth_format is sdc1"),
    ],
)
def test_a_wrong_path_is_told(folder, row, column, told):
    message = complaint(folder, f"{HEADER}\n{row}\n")
    assert f"s.tsv, line 2, column {column}: " in message
    assert told in message


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *(
            ("train_box", box)
            for box in ("0:10", "0:10,5:5", "9:3,0:10", "-1:9,0:9", "0:1.5,0:9", "0:9;0:9", "ALL")
        ),
        *(("validation_box", box) for box in ("0:10,0:10,0:10", "a:b,c:d", "0:10,0:99999999999")),
        *(("centre", centre) for centre in ("10", "10,20,30", "10 20", "360,0", "-1,0", "10,91", "nan,0")),
        *(("beam", beam) for beam in ("6", "6,6", "5,6,0", "6,0,0", "6,6,x", "nan,6,0", "6,6,0,0")),
        *(("frequency_hz", frequency) for frequency in ("144", "-1e9", "inf", "144 MHz", "1e9,2e9")),
        *(("plane", plane) for plane in ("-1", "1.5", "first", "1,2")),
        *(("training_set", name) for name in ("a b", "../t", ".t")),
        *(("field", name) for name in ("a/b", "-f")),
        *(("region", region) for region in ("healpix:16", "healpix:3:1", "healpix:16:3072", "healpix:a:b")),
    ],
)
def test_a_wrong_value_is_told(folder, column, value):
    message = complaint(folder, f"mosaic\timage\t{column}\nm\ta.fits\t{value}\n")
    assert message.startswith(f"s.tsv, line 2, column {column}: expected ")
    assert message.endswith(f"received {value}")


@pytest.mark.parametrize(
    ("train", "validation", "overlap"),
    [
        ("0:10,0:10", "10:20,0:10", False),
        ("0:10,0:10", "0:10,10:20", False),
        ("0:10,0:10", "9:20,9:20", True),
        ("0:100,0:100", "10:20,10:20", True),
        ("all", "10:20,10:20", True),
    ],
)
def test_boxes_may_touch_but_not_overlap(folder, train, validation, overlap):
    text = f"mosaic\timage\ttrain_box\tvalidation_box\nm\ta.fits\t{train}\t{validation}\n"
    if overlap:
        assert "s.tsv, line 2, column validation_box: expected no pixel of train_box" in complaint(
            folder, text
        )
    else:
        assert read(folder, text)


@pytest.mark.parametrize(
    "name", ["m" * 101, "provenance.json", "quarantine.csv", "warnings.csv", "\uff4d", "m\x00", "-m", ".."]
)
def test_a_name_that_could_not_be_a_folder_of_its_own_is_told(folder, name):
    assert "s.tsv, line 2, column mosaic: expected a name" in complaint(
        folder, f"mosaic\timage\n{name}\ta.fits\n"
    )


def test_the_longest_name_is_accepted(folder):
    assert read(folder, f"mosaic\timage\n{'m' * 100}\ta.fits\n")


def test_a_path_with_braces_is_told(folder):
    (folder / "a{b}.fits").touch()
    told = complaint(folder, "mosaic\timage\nm\ta{b}.fits\n")
    assert "line 2, column image: " in told and "received a{b}.fits (has { or }, which Snakemake" in told


def test_a_repeated_name_that_is_none_is_told_on_one_line(folder):
    told = complaint(folder, "mosaic\timage\nm\x86n\ta.fits\nm\x86n\ta.fits\n")
    assert all(line.isprintable() for line in told.splitlines()) and "as on line 2" in told


def test_a_repeated_name_is_told_with_both_lines_even_when_the_first_row_is_wrong(folder):
    message = complaint(folder, "mosaic\timage\nm\tb.fits\nn\ta.fits\nm\ta.fits\n")
    assert "s.tsv, line 4, column mosaic: expected each name once, received m, as on line 2" in message


def test_a_file_that_may_not_be_read_is_told(folder, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.R_OK or path.name != "a.fits")
    message = complaint(folder, "mosaic\timage\nm\ta.fits\n")
    assert "s.tsv, line 2, column image: expected the path of a file" in message
    assert "received a.fits (no permission to read it)" in message


def test_all_mistakes_are_told_at_once_but_not_without_end(folder):
    message = complaint(folder, "mosaic\timage\n" + "".join(f"m{i}\tb{i}.fits\n" for i in range(100)))
    assert "line 2, " in message
    assert "line 3, " in message
    assert message.endswith("... and 80 more")


def test_a_sheet_that_is_not_there_or_not_text_is_told(folder):
    with pytest.raises(SheetError, match="none.tsv: expected the mosaic sheet, received no such file"):
        read_sheet("none.tsv", base=folder)
    with pytest.raises(SheetError, match="s.tsv: expected text in UTF-8"):
        read(folder, "mosaic\timage\nm\ta.fits", "utf-16")


@pytest.mark.parametrize("sheet", ["demo", *(f"presets/{name}" for name in PRESETS)])
def test_the_sheets_that_come_along_are_right(tmp_path, sheet):
    text = (CONFIG / f"{sheet}.tsv").read_text()
    for path in {field for field in text.split() if field.startswith(("data/", "config/"))}:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    (tmp_path / "s.tsv").write_text(text)
    assert read_sheet(
        "s.tsv", simulations={"demo", "lotss_like", "mals_like", "racs_like", "vlass_like"}, base=tmp_path
    )


def test_the_readme_explains_every_column():
    readme = (CONFIG / "README.md").read_text()
    assert [column for column in COLUMNS if f"| `{column}` |" not in readme] == []


QUIET = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

CELL = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            "a.fits",
            "demo",
            "sdc1",
            "0:9,0:9",
            "all",
            "6,6,0",
            "1e9",
            "m",
            "#",
            '"',
            "folder",
            "",
            "healpix:1:0",
        ]
    ),
    st.text(string.printable, max_size=300),
)


@QUIET
@given(st.binary(max_size=200))
def test_any_bytes_give_mosaics_or_an_error_in_our_words(folder, content):
    (folder / "s.tsv").write_bytes(content)
    with pytest.raises(SheetError, match=r"s\.tsv"):
        read_sheet("s.tsv", base=folder)


@QUIET
@given(st.lists(st.lists(CELL, min_size=len(COLUMNS), max_size=len(COLUMNS)), min_size=1, max_size=3))
def test_any_cells_give_mosaics_or_an_error_in_our_words(folder, rows):
    text = "\n".join("\t".join(row) for row in [COLUMNS, *rows])
    try:
        mosaics = read(folder, text, "utf-8")
    except UnicodeEncodeError:
        return
    except SheetError as error:
        assert "s.tsv" in str(error)
    else:
        assert all(isinstance(mosaic, Mosaic) for mosaic in mosaics)
