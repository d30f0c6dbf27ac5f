"""The warnings of a run are listed, grouped by kind, and told at its end in few lines."""

import pandas as pd
import pytest

from radiofind.files import write_csv, write_parquet
from radiofind.workflow.closing_lines import LONGEST_LINE, closing_lines, print_closing_lines
from radiofind.workflow.quarantine import COLUMNS as QUARANTINE_COLUMNS
from radiofind.workflow.run_warnings import COLUMNS, GROUP_COLUMNS, group_warnings, list_warnings

SUM = "total fluxes add up to {} times the flux of the image (normal: 0.3 to 2.5): check beam"
UNIT = "no unit (card BUNIT): Jy/beam is assumed"


def table(path, **metadata):
    write_parquet(pd.DataFrame({"x": [1.0]}), path, metadata=metadata)
    return path


def warnings_of(*rows):
    return pd.DataFrame(rows, columns=list(COLUMNS))


def test_warnings_of_images_come_first_and_those_of_tiles_have_their_finder(tmp_path):
    tiles = table(tmp_path / "tiles.parquet", warnings={"b": [UNIT, "narrow"]})
    texts = {"y000x001": [SUM.format(53), "odd"], "y000x003": ["odd"]}
    catalogues = {
        ("a", "deep"): table(tmp_path / "deep.parquet", warnings=texts),
        ("a", "peaks"): table(tmp_path / "peaks.parquet", warnings={}),
        ("b", "peaks"): table(tmp_path / "others.parquet", warnings={"y000x000": ["odd"]}),
    }
    assert list_warnings(catalogues, tiles).to_numpy().tolist() == [
        ["b", "", "", UNIT],
        ["b", "", "", "narrow"],
        ["a", "y000x001", "deep", SUM.format(53)],
        ["a", "y000x001", "deep", "odd"],
        ["a", "y000x003", "deep", "odd"],
        ["b", "y000x000", "peaks", "odd"],
    ]


def test_no_warnings_are_a_table_without_rows(tmp_path):
    none = list_warnings({}, table(tmp_path / "tiles.parquet", warnings={}))
    assert none.empty and tuple(none.columns) == COLUMNS
    assert group_warnings(none).empty and tuple(group_warnings(none).columns) == GROUP_COLUMNS


def test_thousands_of_tiles_with_one_kind_of_warning_are_one_row():
    rows = [(f"m{n % 3}", f"y000x{n:03d}", "deep", SUM.format(3 + n / 100)) for n in range(5000)]
    rows += [("m0", "y000x000", "peaks", SUM.format(4)), ("m1", "", "", UNIT), ("m2", "", "", UNIT)]
    assert group_warnings(warnings_of(*rows)).to_numpy().tolist() == [
        ["m0", "y000x000", "deep", SUM.format("3.0"), 3, 5000],
        ["m0", "y000x000", "peaks", SUM.format(4), 1, 1],
        ["m1", "", "", UNIT, 2, 0],
    ]


@pytest.fixture
def write(tmp_path):
    """A function that writes what a run leaves, and returns what is told of it."""

    def lines(*, warnings=(), quarantine=(), unreadable=()):
        write_csv(warnings_of(*warnings), tmp_path / "warnings.csv")
        failed = pd.DataFrame(quarantine, columns=list(QUARANTINE_COLUMNS))
        write_csv(failed, tmp_path / "quarantine.csv")
        rows = [("good", "live", ""), *((name, "unreadable", reason) for name, reason in unreadable)]
        write_parquet(pd.DataFrame(rows, columns=["mosaic", "state", "reason"]), tmp_path / "tiles.parquet")
        return closing_lines(tmp_path)

    return lines


def test_nothing_is_told_of_a_run_without_anything_odd(write, tmp_path, capsys):
    assert write() == []
    print_closing_lines(tmp_path)
    assert closing_lines(tmp_path / "missing") == []
    assert capsys.readouterr() == ("", "")


def test_warnings_are_counted_and_the_first_of_each_kind_are_told(write, tmp_path, capsys):
    deep = [("1", f"y000x{n:03d}", "NA", SUM.format(n)) for n in range(3, 6)]
    others = [("b", "y000x000", "peaks", f"{word} odd") for word in ("very", "rather", "somewhat")]
    lines = write(warnings=[("1", "", "", UNIT), ("b", "", "", UNIT), *deep, *others])
    assert lines == [
        f"8 warnings: see {tmp_path}/warnings.csv",
        f"  1 and 1 mosaic more: {UNIT}",
        f"  1 y000x003 NA and 2 tiles more: {SUM.format(3)}",
        "  b y000x000 peaks: very odd",
    ]
    print_closing_lines(tmp_path)
    assert capsys.readouterr().err.splitlines() == lines


def test_quarantine_and_unreadable_mosaics_are_told(write, tmp_path):
    failed = [("m", f"y000x00{n}", finder, "hung", "log", "rm") for n in range(3) for finder in ("a", "b")]
    lines = write(quarantine=failed, unreadable=[("broken", "data/broken.fits: no SIMPLE card")])
    assert lines == [
        f"3 tiles in quarantine: see {tmp_path}/quarantine.csv",
        "  m y000x000 a: hung",
        "  m y000x000 b: hung",
        "1 mosaic left out, because files cannot be read: see the report",
        "  broken: data/broken.fits: no SIMPLE card",
    ]


def test_lines_are_few_short_and_printable(write):
    long = "x\x1b[31m\n" * 200
    lines = write(
        warnings=[("m", "y000x000", f"f{n}", f"{long}{letter}") for n, letter in enumerate("abcdef")],
        quarantine=[("m", f"y000x00{n}", "f", long, "", "") for n in range(9)],
        unreadable=[(f"m{n}", long) for n in range(9)],
    )
    assert len(lines) == 10
    assert all(len(line) <= LONGEST_LINE < 200 and line.isprintable() for line in lines)


def test_files_that_are_cut_short_or_of_another_version_tell_nothing(write, tmp_path):
    write(warnings=[("m", "", "", UNIT)], quarantine=[("m", "y", "f", "hung", "", "")])
    (tmp_path / "warnings.csv").write_text("")
    (tmp_path / "tiles.parquet").write_bytes(b"PAR1")
    assert len(closing_lines(tmp_path)) == 2
    (tmp_path / "quarantine.csv").write_text("a,b\n1,2\n")
    assert closing_lines(tmp_path) == []
