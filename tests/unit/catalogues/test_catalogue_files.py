"""Catalogues as Parquet say what their columns are."""

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from radiofind.catalogues.catalogue_files import write_catalogue
from radiofind.catalogues.class_columns import columns_of, with_classes
from radiofind.catalogues.columns import CATALOGUE, empty
from radiofind.files import read_metadata


def told(path):
    """What the schema of a file says of each column."""
    schema = pq.read_schema(path)
    decoded = {name: schema.field(name).metadata or {} for name in schema.names}
    return {
        name: {key.decode(): value.decode() for key, value in metadata.items()}
        for name, metadata in decoded.items()
    }


@pytest.fixture
def catalogue():
    """Two sources."""
    return (
        empty(CATALOGUE)
        .reindex(range(2))
        .fillna({"n_components": 1, "tile": "y000x000"})
        .astype({column.name: column.dtype for column in CATALOGUE})
    )


@pytest.mark.parametrize("rows", [0, 2])
def test_columns_have_their_units_ucds_and_descriptions(catalogue, tmp_path, rows):
    path = tmp_path / "c.parquet"
    write_catalogue([catalogue[:rows]], path, metadata={"n": 3})
    assert read_metadata(path) == {"n": 3}
    assert len(pd.read_parquet(path)) == rows
    columns = told(path)
    assert list(columns) == [column.name for column in CATALOGUE]
    assert columns["e_ra"] == {
        "unit": "arcsec",
        "ucd": "stat.error;pos.eq.ra",
        "description": "Error of the right ascension on the sky",
    }
    assert "unit" not in columns["snr"]


def test_class_columns_have_them_too(catalogue, tmp_path):
    classified = with_classes(catalogue, np.full((2, 2), 0.5), ["a", "b"], "net")
    write_catalogue([classified], tmp_path / "c.parquet", columns=columns_of(classified))
    assert told(tmp_path / "c.parquet")["probability_b"]["ucd"] == "stat.probability;src.class"
    assert pd.read_parquet(tmp_path / "c.parquet")["class"].tolist() == ["a", "a"]
