"""What is said at the end of a run: sources, what was left out, warnings, and where the results lie."""

import pandas as pd
import pytest

from radiofind.tables import write_csv, write_parquet
from radiofind.workflow.closing_lines import closing_lines, left_out_lines, what_was_left_out
from radiofind.workflow.lines import LONGEST_LINE
from radiofind.workflow.quarantine import COLUMNS as QUARANTINE_COLUMNS
from radiofind.workflow.run_warnings import COLUMNS

UNIT = "no unit (card BUNIT): Jy/beam is assumed"


@pytest.fixture
def write(tmp_path):
    """A function that writes what a run leaves, and returns what is said of it."""

    def lines(*, warnings=(), quarantine=(), unreadable=(), live=("good",), left_out=(), finders=()):
        write_csv(pd.DataFrame(warnings, columns=list(COLUMNS)), tmp_path / "warnings.csv")
        failed = pd.DataFrame(quarantine, columns=list(QUARANTINE_COLUMNS))
        write_csv(failed, tmp_path / "quarantine.csv")
        rows = [(name, "live", "") for name in live]
        rows += [(name, "unreadable", reason) for name, reason in unreadable]
        rows += [(name, "left_out", "outside") for name in left_out]
        write_parquet(pd.DataFrame(rows, columns=["mosaic", "state", "reason"]), tmp_path / "tiles.parquet")
        return closing_lines(tmp_path, finders=finders)

    return lines


def write_catalogue(folder, mosaic, finder, rows):
    path = folder / mosaic / "catalogues" / f"{finder}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_parquet(pd.DataFrame({"x": range(rows)}), path)


def test_nothing_is_said_of_a_run_that_made_nothing(write, tmp_path):
    assert write() == []
    assert closing_lines(tmp_path / "missing", finders=["peaks"]) == []
    assert what_was_left_out(tmp_path / "missing") == what_was_left_out(tmp_path) == ""


def test_sources_are_counted_by_finder_over_the_mosaics_of_the_sheet(write, tmp_path):
    for mosaic, number in {"a": 1200, "b": 34, "removed": 5}.items():
        write_catalogue(tmp_path, mosaic, "deep", number)
    write_catalogue(tmp_path, "a", "peaks", 7)
    write_catalogue(tmp_path, "a", "dropped", 7)
    (line,) = write(live=("a", "b", "a"), finders=["peaks", "deep", "none"])
    assert line == "sources: peaks 7 (in 1 of 2 mosaics), deep 1,234"


def test_catalogue_that_is_cut_short_is_not_counted(write, tmp_path):
    write_catalogue(tmp_path, "a", "deep", 3)
    write_catalogue(tmp_path, "b", "deep", 0)
    (tmp_path / "b/catalogues/deep.parquet").write_bytes(b"PAR1")
    assert write(live=("a", "b"), finders=["deep"]) == ["sources: deep 3 (in 1 of 2 mosaics)"]


def test_results_are_named_when_they_are_there(write, tmp_path):
    (tmp_path / "report.html").touch()
    (tmp_path / "a/catalogues").mkdir(parents=True)
    (tmp_path / "a/catalogues/deep.fits").touch()
    report, catalogues = write()
    assert report.endswith(f": {tmp_path}/report.html") and "catalogues/FINDER.fits" in catalogues


def test_the_survey_is_named_with_each_source_once(write, tmp_path):
    (tmp_path / "survey").mkdir()
    for finder, sources in {"deep": 1234, "peaks": 0, "dropped": 7}.items():
        path = tmp_path / "survey" / f"{finder}.parquet"
        write_parquet(pd.DataFrame({"x": range(9)}), path, metadata={"survey": {"sources": sources}})
    write_parquet(pd.DataFrame({"x": [1]}), tmp_path / "survey/strange.parquet")
    (line,) = write(finders=["deep", "strange", "peaks", "none"])
    assert line == f"survey in {tmp_path}/survey/, each source once: deep 1,234, peaks 0"


def test_warnings_are_counted_and_the_first_of_each_kind_are_told(write, tmp_path):
    deep = [("1", f"y000x{n:03d}", "NA", f"{n} times the flux") for n in range(3, 6)]
    others = [("b", "y000x000", "peaks", f"{word} odd") for word in ("very", "rather", "somewhat")]
    lines = write(warnings=[("1", "", "", UNIT), ("b", "", "", UNIT), *deep, *others])
    assert lines == [
        f"8 warnings, all of them in {tmp_path}/warnings.csv:",
        f"  1 and 1 mosaic more: {UNIT}",
        "  1 y000x003 NA and 2 tiles more: 3 times the flux",
        "  b y000x000 peaks: very odd",
        f"  and 2 more: see {tmp_path}/warnings.csv",
    ]


def test_tiles_in_quarantine_and_mosaics_left_out_are_told(write, tmp_path):
    failed = [("m", f"y000x00{n}", finder, "hung", "log", "rm") for n in range(3) for finder in ("a", "b")]
    unreadable = [(f"m{n}", f"m{n}.fits: no SIMPLE card") for n in range(18)]
    lines = write(quarantine=failed, unreadable=unreadable)
    mosaics = [
        "18 mosaics left out:",
        "  m0: m0.fits: no SIMPLE card",
        "  m1: m1.fits: no SIMPLE card",
        "  m2: m2.fits: no SIMPLE card",
        f"  and 15 more: see {tmp_path}/report.html",
    ]
    assert lines == [
        *mosaics,
        f"3 tiles in quarantine, with log and remedy in {tmp_path}/quarantine.csv:",
        "  m y000x000 a: hung",
        "  m y000x000 b: hung",
        "  m y000x001 a: hung",
        f"  and 3 more: see {tmp_path}/quarantine.csv",
    ]
    assert left_out_lines(tmp_path) == mosaics
    assert what_was_left_out(tmp_path) == "18 mosaics and 3 tiles"


def test_lines_are_few_short_and_printable(write, tmp_path):
    long = "x\x1b[31m\n" * 200
    finders = [f"finder{n}" for n in range(30)]
    for finder in finders:
        write_catalogue(tmp_path, "good", finder, 1)
    lines = write(
        warnings=[("m", "y000x000", f"f{n}", f"{long}{letter}") for n, letter in enumerate("abcdef")],
        quarantine=[("m", f"y000x00{n}", "f", long, "", "") for n in range(9)],
        unreadable=[(f"m{n}", long) for n in range(9)],
        finders=finders,
    )
    assert len(lines) == 16
    assert all(len(line) <= LONGEST_LINE < 200 and line.isprintable() for line in lines)


def test_files_that_are_cut_short_or_of_another_version_tell_nothing(write, tmp_path):
    write(warnings=[("m", "", "", UNIT)], quarantine=[("m", "y", "f", "hung", "", "")])
    (tmp_path / "warnings.csv").write_text("")
    (tmp_path / "tiles.parquet").write_bytes(b"PAR1")
    assert len(closing_lines(tmp_path, finders=["f"])) == 2
    (tmp_path / "quarantine.csv").write_text("a,b\n1,2\n")
    assert closing_lines(tmp_path, finders=["f"]) == []
    assert what_was_left_out(tmp_path) == ""


def test_tiles_outside_the_boxes_of_only_are_counted(write):
    assert any(line.startswith("2 tiles") and "only" in line for line in write(left_out=["good", "good"]))
    assert not any("only" in line for line in write())
