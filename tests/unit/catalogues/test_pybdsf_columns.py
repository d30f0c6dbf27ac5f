"""Files with PyBDSF's own columns, against the files that PyBDSF writes itself."""

import bdsf
import numpy as np
import pandas as pd
import pytest
from astropy.table import Table

from radiofind.catalogues.columns import CATALOGUE, COMPONENT, conform, empty
from radiofind.catalogues.pybdsf_columns import write_gaussian_list, write_source_list
from radiofind.finders.pybdsf import find_sources

SOURCES = [(40.0, 40.0, 6e-3), (100.0, 42.0, 4e-3), (110.0, 48.0, 4e-3), (60.0, 110.0, 3e-3)]


@pytest.fixture
def tables(sky, fields_of, pybdsf_in_process):
    """A function that returns sources and Gaussians as a catalogue has them."""
    (field,) = fields_of(sky.make((150, 150), SOURCES), rms=sky.rms)
    found = find_sources(field, finder="f", options={}, time_limit_s=100)
    named = found.components.assign(component_id=[f"g{number}" for number in range(len(found.components))])
    return conform(found.detections, CATALOGUE), conform(named, COMPONENT)


def test_the_files_have_the_names_units_and_values_of_pybdsf(sky, tables, write_fits, tmp_path):
    catalogue, components = tables
    write_source_list(catalogue, tmp_path / "c.srl.fits")
    write_gaussian_list(components, catalogue, tmp_path / "c.gaul.fits")
    image = write_fits(sky.make((150, 150), SOURCES), n_axes=4)
    theirs = bdsf.process_image(str(image), rms_value=sky.rms, rms_map=False, mean_map="zero", quiet=True)
    for kind in ("srl", "gaul"):
        own, path = Table.read(tmp_path / f"c.{kind}.fits"), str(tmp_path / f"theirs.{kind}.fits")
        theirs.write_catalog(outfile=path, format="fits", catalog_type=kind)
        plain = Table.read(path)
        assert set(own.colnames) <= set(plain.colnames)
        assert {name: own[name].unit for name in own.colnames} == {
            name: plain[name].unit for name in own.colnames
        }
        own.sort("RA"), plain.sort("RA")
        assert own["S_Code"].tolist() == plain["S_Code"].tolist()
        assert own["Total_flux"].tolist() == pytest.approx(plain["Total_flux"].tolist(), rel=0.02)
        assert own["RA"].tolist() == pytest.approx(plain["RA"].tolist(), abs=0.02 / 3600)
        for name in ("E_RA", "Maj", "E_Maj", "Min", "Isl_rms"):
            assert own[name].tolist() == pytest.approx(plain[name].tolist(), rel=0.1)
        islands = [pd.factorize(np.asarray(table["Isl_id"], dtype=int))[0].tolist() for table in (own, plain)]
        assert islands[0] == islands[1]


def test_the_gaussians_point_to_their_sources(tables, tmp_path):
    catalogue, components = tables
    write_source_list(catalogue, tmp_path / "c.srl.fits")
    write_gaussian_list(components, catalogue, tmp_path / "c.gaul.fits")
    sources, gaussians = Table.read(tmp_path / "c.srl.fits"), Table.read(tmp_path / "c.gaul.fits")
    assert sources["Source_id"].tolist() == list(range(len(catalogue)))
    named = catalogue["source_id"].to_numpy()[gaussians["Source_id"]]
    assert named.tolist() == components["source_id"].tolist()
    numbers = dict(zip(sources["Source_id"], sources["Isl_id"], strict=True))
    assert gaussians["Isl_id"].tolist() == [numbers[source] for source in gaussians["Source_id"]]


def test_no_source_gives_files_with_all_columns(tables, tmp_path):
    for number, parts in enumerate((tables, (empty(CATALOGUE), empty(COMPONENT)))):
        write_source_list(parts[0], tmp_path / f"{number}.srl.fits")
        write_gaussian_list(parts[1], parts[0], tmp_path / f"{number}.gaul.fits")
    for kind in ("srl", "gaul"):
        full, none = (Table.read(tmp_path / f"{number}.{kind}.fits") for number in range(2))
        assert len(none) == 0 and none.colnames == full.colnames
