"""The warnings of a run are listed and grouped by kind."""

import pandas as pd

from radiofind.tables import write_parquet
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
