"""Gaussians get the name of their source in the survey."""

from __future__ import annotations

import pandas as pd
import pytest

from radiofind.catalogues.catalogue_files import write_catalogue
from radiofind.catalogues.columns import COMPONENT, SURVEY_COMPONENT, empty
from radiofind.survey import merging
from radiofind.survey.components import write_components
from radiofind.survey.merging import write_survey
from unit.survey.mosaics import catalogue, make_mosaic, write_inputs

TABLES = {
    "a": catalogue("a", [359.9, 0.0, 0.1], 0),
    # The name of a source of another mosaic, at another place.
    "b": catalogue("b", [0.1, 0.2], 0).assign(source_id=["J000000.000+000000.00", "other"]),
    "empty": catalogue("empty", [], 0),
}


@pytest.fixture
def survey(tmp_path, monkeypatch):
    """A survey of row groups of two rows, and the Gaussians of its mosaics, two of each source."""
    monkeypatch.setattr(merging, "ROWS_OF_GROUP", 2)
    footprints = [make_mosaic(tmp_path, name, ra, 0) for name, ra in zip(TABLES, (0, 0.3, 9), strict=True)]
    write_survey(
        write_inputs(TABLES, footprints, tmp_path),
        tmp_path / "survey.parquet",
        prefix="TEST",
        frequency_hz=1.4e9,
    )
    paths = {}
    for name, table in TABLES.items():
        both = pd.concat([table.assign(component_id="2", ra=(table["ra"] + 1e-3) % 360), table])
        paths[name] = tmp_path / f"{name}.components.parquet"
        gaussians = both.fillna({"component_id": "1"})[[column.name for column in COMPONENT]]
        write_catalogue([gaussians], paths[name], columns=COMPONENT)
    return tmp_path / "survey.parquet", paths, tmp_path / "components.parquet"


def test_each_gaussian_has_the_name_of_its_source(survey):
    write_components(*survey)
    found, sources = pd.read_parquet(survey[2]), pd.read_parquet(survey[0])
    pd.testing.assert_series_equal(found.dtypes, empty(SURVEY_COMPONENT).dtypes)
    assert len(found) == 10 and found.groupby("mosaic")["ra"].is_monotonic_increasing.all()
    both = found.merge(sources, on=["mosaic", "source_id"], suffixes=("", "_of_source"))
    assert (both["name"] == both["name_of_source"]).all() and len(both) == 10
    assert both["is_primary"].tolist() == both["is_primary_of_source"].tolist()
    assert found["is_primary"].sum() == 8


def test_gaussians_of_a_source_that_the_survey_lacks_are_an_error(survey):
    path = survey[1]["b"]
    write_catalogue([pd.read_parquet(path).assign(source_id="J1")], path, columns=COMPONENT)
    with pytest.raises(ValueError, match=r"b\.components.*J1"):
        write_components(*survey)
    assert not survey[2].exists()


def test_a_survey_without_a_source_has_no_gaussians(survey):
    pd.read_parquet(survey[0])[:0].to_parquet(survey[0])
    write_components(*survey)
    pd.testing.assert_frame_equal(pd.read_parquet(survey[2]), empty(SURVEY_COMPONENT))
