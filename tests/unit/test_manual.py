"""The tables of the manual are those of the schemas and of the table of columns."""

import runpy
from pathlib import Path

import pytest

from radiofind.catalogues.columns import CATALOGUE

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def tables():
    """The program that makes the tables."""
    return runpy.run_path(str(REPOSITORY / "docs/tables.py"))


def test_the_tables_are_up_to_date(tables, capsys):
    assert tables["main"](["--check"]) == 0, capsys.readouterr().out


def test_every_table_stands_in_a_page(tables):
    pages = "".join((REPOSITORY / name).read_text() for name in tables["PAGES"])
    assert all(f"<!-- table {name} -->" in pages for name in tables["TABLES"])


def test_a_table_is_made_anew_and_the_rest_of_a_page_stays(tables):
    page = "before\n\n<!-- table columns -->\n\n| old |\n\n<!-- end of table -->\n\nafter\n"
    start, rest = tables["with_tables"](page).split("| column | unit | UCD | meaning |\n")
    table, end = rest.split("\n<!-- end")
    assert (start, end) == ("before\n\n<!-- table columns -->\n\n", " of table -->\n\nafter\n")
    assert [line.split("`")[1] for line in table.splitlines()[1:]] == [column.name for column in CATALOGUE]


def test_keys_have_unit_default_and_meaning(tables):
    rows = [line.split(" | ") for line in tables["keys"]().splitlines()]
    by_key = {row[0].strip("| `"): row[1:] for row in rows}
    assert by_key["tiling.core_pixels"][:2] == ["pixels", "2000"]
    assert by_key["mosaics"][1] == "`config/mosaics.tsv`"
    assert by_key["find_with"][1] == "`[pybdsf, peaks]`"
    assert "classifiers.train_with" not in by_key
    assert all(len(row) == 4 for row in rows if "---" not in row[0])


def test_kinds_of_data_sets_that_say_the_same_share_a_row(tables):
    rows = [line.split(" | ")[:2] for line in tables["dataset_keys"]().splitlines()]
    assert ["| `split_seed`", "all"] in rows
    assert ["| `lowest_peak_snr`", "components, morphology"] in rows
