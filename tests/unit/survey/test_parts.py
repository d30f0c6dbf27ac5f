"""A survey is the same in however many zones it is merged."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

from radiofind.jobs.dask_workers import open_workers
from radiofind.survey import merging
from radiofind.survey.flags import NEAR_BEAMS
from radiofind.survey.merging import write_survey
from radiofind.survey.zones import Zone
from unit.survey.mosaics import BEAM, SIDE, catalogue, make_mosaic, write_inputs

pytestmark = pytest.mark.slow

STEP = BEAM / 3600
"""A beam in degrees."""
SKIES = {
    "middle": [(150, 30), (150.9, 30), (150.4, 30.5)],
    "across ra 0": [(359.9, 60), (0.9, 60), (0.4, 60.4)],
    "around the pole": [(0, 89.6), (120, 89.6), (240, 89.6), (0, 90)],
}


def crowded(rng, footprints, number=100):
    """Catalogues of sources so dense that groups chain, with giants, and with names of the same digits."""
    x, y = rng.uniform(10, SIDE - 10, (2, number))
    ra, dec = footprints[-1].rms.coordinates.to_sky(x, y)
    ra, dec = np.append(ra, ra[:20]), np.append(dec, dec[:20] + 1e-6)
    tables = {}
    for one in footprints:
        seen = one.searched_at(ra, dec) & (rng.uniform(size=len(ra)) < 0.8)
        shift = np.where(rng.uniform(size=number) < 0.3, 0, rng.normal(0, 0.4 * STEP, number))
        shift = np.append(shift, shift[:20])[seen]
        major = BEAM * rng.choice([1, 1, 1, 2, 30], seen.sum())
        flux = 10 ** rng.uniform(-3, 0, seen.sum())
        given = {"major": major, "flux": flux, "e_ra": 60.0, "e_dec": 60.0}
        tables[one.mosaic] = catalogue(one.mosaic, ra[seen], np.minimum(dec[seen] + shift, 90), **given)
    return tables


def written(given, folder, **options):
    path = folder / "survey.parquet"
    write_survey(given, path, prefix="TEST", frequency_hz=1.4e9, **options)
    return path.read_bytes(), pd.read_parquet(path)


@pytest.mark.parametrize("sky", SKIES)
def test_any_number_of_zones_gives_the_same_bytes(sky, tmp_path, monkeypatch):
    monkeypatch.setattr(merging, "ROWS_OF_GROUP", 50)
    rng = np.random.default_rng(6)
    footprints = [make_mosaic(tmp_path, f"m{n}", *centre) for n, centre in enumerate(SKIES[sky])]
    given = write_inputs(crowded(rng, footprints), footprints, tmp_path)
    whole, table = written(given, tmp_path)
    assert table["n_mosaics"].max() > 1 and table["name"].str.contains("[ab]$").any()
    assert table["flags"].str.contains("near_bright").any() and (~table["is_primary"]).any()
    for rows_of_zone in (len(table) // 2, len(table) // 6):
        assert written(given, tmp_path, rows_of_zone=rows_of_zone)[0] == whole


def in_zones(tables, edge, folder):
    """Survey of two mosaics in one zone, and in two of which the second begins at a right ascension."""
    footprints = [make_mosaic(folder, name, 10, 0) for name in tables]
    given = write_inputs(tables, footprints, folder)
    whole, table = written(given, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(merging, "zones_of", lambda *_, **__: [Zone(0, edge), Zone(edge, 360)])
        assert written(given, folder)[0] == whole
    return table


@pytest.mark.parametrize("number", [60, 61])
def test_a_chain_of_rows_that_is_longer_than_the_margin_is_followed_to_its_end(number, tmp_path):
    """Each row is a little nearer to the next than to the last, so its end decides which are pairs."""
    places = 9.4 + STEP * np.cumsum(0.45 - 0.002 * np.arange(number))
    tables = {name: catalogue(name, places[start::2], 0) for start, name in enumerate("ab")}
    rows = in_zones(tables, float(places[2]) + 1e-6, tmp_path)
    assert places[-1] - places[2] > 2 * NEAR_BEAMS * STEP
    assert rows["n_mosaics"].tolist() == [1] * (number % 2) + [2] * (number - number % 2)


def test_the_parts_of_a_giant_are_found_beyond_the_margin(tmp_path):
    tables = {"a": catalogue("a", 9.8, 0, major=60 * BEAM), "b": catalogue("b", 10.9, 0, major=50 * BEAM)}
    assert in_zones(tables, 10.2, tmp_path)["n_mosaics"].tolist() == [2, 2]


def test_names_of_the_same_digits_see_each_other_across_the_boundary(tmp_path):
    tables = {
        "a": catalogue("a", [10.00001, 10.00003], [0.00001, 0.0], major=1.0),
        "b": catalogue("b", [], 0),
    }
    names = in_zones(tables, 10.00002, tmp_path)["name"]
    assert names.str[-1].tolist() == ["a", "b"] and len(set(names.str[:-1])) == 1


@pytest.mark.parametrize("how", ["threads", "pickled"])
def test_zones_are_merged_by_workers(how, tmp_path):
    footprints = [make_mosaic(tmp_path, "a", 10, 0), make_mosaic(tmp_path, "b", 10.5, 0)]
    tables = crowded(np.random.default_rng(7), footprints, 30)
    given = write_inputs(tables, footprints, tmp_path)
    whole, _ = written(given, tmp_path)
    with open_workers(threads=2) as workers:
        apply = {
            "threads": workers.map,
            "pickled": lambda function, items: map(pickle.loads(pickle.dumps(function)), items),
        }[how]
        assert written(given, tmp_path, rows_of_zone=20, apply=apply)[0] == whole


def test_a_catalogue_that_changes_meanwhile_is_an_error(tmp_path):
    footprints = [make_mosaic(tmp_path, "a", 10, 0)]
    given = write_inputs({"a": catalogue("a", [10, 10.1], 0)}, footprints, tmp_path)
    write_inputs({"a": catalogue("a", [10], 0)}, footprints, tmp_path)
    with pytest.raises(ValueError, match="changed"):
        written(given, tmp_path)
    assert not (tmp_path / "survey.parquet").exists()


@pytest.mark.parametrize("ra", [np.nan, -1.0, 361.0])
def test_a_row_that_is_not_on_the_sky_is_an_error(ra, tmp_path):
    footprints = [make_mosaic(tmp_path, "a", 10, 0)]
    with pytest.raises(ValueError, match=r"a\.parquet"):
        write_inputs({"a": catalogue("a", [10, ra], 0).assign(source_id=["x", "y"])}, footprints, tmp_path)
