"""A survey as a HATS collection: read with pyarrow, and with LSDB where it is installed."""

import numpy as np
import pandas as pd
import pyarrow.dataset as pds
import pyarrow.parquet as pq
import pytest
from scipy.spatial import cKDTree

from radiofind.catalogues.catalogue_files import write_catalogue
from radiofind.catalogues.columns import SURVEY, conform
from radiofind.survey import hats
from radiofind.survey.band import Band
from radiofind.survey.directions import angle_of, chord_of, chords, unit_vectors
from radiofind.survey.hats import export_hats
from radiofind.survey.hats_files import INDEX
from radiofind.survey.healpix import cells_of

pytestmark = pytest.mark.slow

BAND = Band(frequency_hz=1.44e8, beam_arcsec=60.0)
WIDTH_ARCSEC = 120
"""Of the margins: two beams."""


def scattered(number, *, ra, dec, side_deg=1.0, seed=1):
    """A survey of sources at random within a square around a place, many of them in pairs, sorted."""
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(-side_deg / 2, side_deg / 2, (2, number))
    half = number // 2
    x[half:], y[half:] = (place[: number - half] + rng.normal(0, 0.02, number - half) for place in (x, y))
    # On a plane that touches the sky.
    down = np.cos(np.deg2rad(dec)) - np.deg2rad(y) * np.sin(np.deg2rad(dec))
    height = np.sin(np.deg2rad(dec)) + np.deg2rad(y) * np.cos(np.deg2rad(dec))
    positions = {
        "ra": (ra + np.rad2deg(np.arctan2(np.deg2rad(x), down))) % 360,
        "dec": np.rad2deg(np.arctan2(height, np.hypot(np.deg2rad(x), down))),
    }
    table = pd.DataFrame({column.name: np.zeros(number) for column in SURVEY}).assign(**positions)
    texts = {column.name: "" for column in SURVEY if column.dtype == "str"}
    table = conform(table.assign(**texts), SURVEY).sort_values(["ra", "dec"], ignore_index=True)
    return table.assign(name=[f"T{number:05d}" for number in range(number)])


@pytest.fixture
def export(tmp_path, monkeypatch):
    """Write a survey as a HATS collection of small partitions, and return its folder."""

    def write(table, *, most_rows=50, name="peaks", band=BAND):
        write_catalogue([table], tmp_path / f"{name}.parquet", columns=SURVEY, metadata={"survey": {}})
        monkeypatch.setattr(hats, "MOST_ROWS", most_rows)
        folder = tmp_path / "hats" / name
        export_hats(tmp_path / f"{name}.parquet", folder, band=band, history=["code: <1>", "second line"])
        return folder

    return write


def tables_in(folder):
    """Return the rows of each partition, by order and pixel."""
    listed = pd.read_csv(folder / "partition_info.csv")
    found = {}
    for order, pixel in listed.itertuples(index=False):
        place = f"Norder={order}/Dir={pixel // 10_000 * 10_000}/Npix={pixel}.parquet"
        found[order, pixel] = pq.read_table(folder / "dataset" / place).to_pandas()
    assert len(list(folder.rglob("Npix=*.parquet"))) == len(found)
    return found


def properties_of(path):
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def names_near(table, part):
    """Return the names of rows that are in the width of a margin of a partition, but not in it."""
    others = table[~table["name"].isin(part["name"])]
    tree = cKDTree(unit_vectors(part["ra"], part["dec"]))
    distance = tree.query(unit_vectors(others["ra"], others["dec"]))[0]
    return set(others["name"][distance <= chord_of(WIDTH_ARCSEC)])


PLACES = [(0.0, 0.0), (359.9, -70.0), (45.0, 41.8), (100.0, 90.0), (200.0, -89.5), (90.0, 20.0)]
"""On a corner of four cells, across ra 0, where the caps begin (three cells meet there), and at the poles."""


@pytest.mark.parametrize(("ra", "dec"), PLACES)
def test_each_row_is_in_one_partition_and_its_neighbours_are_in_the_margin(export, ra, dec):
    table = scattered(300, ra=ra, dec=dec)
    folder = export(table)
    parts, margin = tables_in(folder / "peaks"), tables_in(folder / f"peaks_{WIDTH_ARCSEC}arcs")
    rows = pd.concat(parts.values()).sort_values("name", ignore_index=True)
    pd.testing.assert_frame_equal(rows.drop(columns=INDEX), table)
    n_near = 0
    for (order, pixel), part in parts.items():
        assert 0 < len(part) <= 50
        assert part[INDEX].is_monotonic_increasing
        assert (cells_of(part["ra"].to_numpy(), part["dec"].to_numpy(), order=order) == pixel).all()
        beside = margin.get((order, pixel), part[:0])
        assert beside[INDEX].is_monotonic_increasing and beside["name"].is_unique
        assert not set(beside["name"]) & set(part["name"])
        near = names_near(table, part)
        assert near <= set(beside["name"])
        n_near += len(near)
    assert len(parts) > 5 and n_near > 20
    assert sum(map(len, margin.values())) < 25 * n_near


def test_files_and_properties_are_those_of_hats(export):
    table = scattered(400, ra=10, dec=50)
    folder = export(table)
    margin = f"peaks_{WIDTH_ARCSEC}arcs"
    assert properties_of(folder / "collection.properties") == {
        "obs_collection": "peaks",
        "hats_primary_table_url": "peaks",
        "all_margins": margin,
        "default_margin": margin,
    }
    told = properties_of(folder / "peaks/hats.properties")
    assert told == properties_of(folder / "peaks/properties")
    assert (told["obs_collection"], told["dataproduct_type"], told["hats_nrows"]) == (
        "peaks",
        "object",
        "400",
    )
    assert (told["hats_col_ra"], told["hats_col_healpix"], told["hats_col_healpix_order"]) == (
        "ra",
        INDEX,
        "29",
    )
    assert "# second line" in (folder / "peaks/hats.properties").read_text().splitlines()
    told = properties_of(folder / margin / "hats.properties")
    assert (told["dataproduct_type"], told["hats_margin_threshold"]) == ("margin", str(WIDTH_ARCSEC))
    assert (told["obs_collection"], told["hats_primary_table_url"]) == (margin, "peaks")
    for name in ("peaks", margin):
        dataset = folder / name / "dataset"
        rows = pds.parquet_dataset(dataset / "_metadata").to_table().num_rows
        assert rows == sum(map(len, tables_in(folder / name).values()))
        schema = pq.read_schema(dataset / "_common_metadata")
        assert schema.names == [INDEX, *(column.name for column in SURVEY)]
        assert schema.field("total_flux").metadata[b"unit"] == b"Jy"


def test_few_rows_are_one_partition(export):
    folder = export(scattered(30, ra=10, dec=50))
    ((order, _),) = tables_in(folder / "peaks")
    assert order == 0
    assert sum(map(len, tables_in(folder / f"peaks_{WIDTH_ARCSEC}arcs").values())) == 0


def test_a_survey_without_rows_is_one_partition_without_rows(export):
    folder = export(scattered(0, ra=0, dec=0))
    for name in ("peaks", f"peaks_{WIDTH_ARCSEC}arcs"):
        (rows,) = tables_in(folder / name).values()
        assert len(rows) == 0 and properties_of(folder / name / "properties")["hats_nrows"] == "0"


def test_rows_at_one_place_stay_in_one_partition(export):
    table = scattered(80, ra=10, dec=50).assign(ra=10.0, dec=50.0)
    ((order, _),) = tables_in(export(table) / "peaks")
    assert order == hats.order_of_margins(WIDTH_ARCSEC)


@pytest.mark.parametrize(("beam", "width"), [(60.0, 120), (2.5, 10), (7.3, 15), (np.nan, 10)])
def test_margins_are_two_beams_wide_but_not_too_narrow(beam, width):
    assert hats.margin_arcsec(Band(1.44e8, beam)) == width


def test_the_same_survey_is_the_same_bytes_and_replaces_an_older_one(export):
    folder = export(scattered(120, ra=0, dec=30, seed=2))
    export(scattered(100, ra=0, dec=30))
    old = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    export(scattered(100, ra=0, dec=30))
    new = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert old == new


def test_a_collection_that_fails_is_absent(export, monkeypatch, tmp_path):
    monkeypatch.setattr(hats, "write_properties", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        export(scattered(100, ra=0, dec=30))
    assert not list((tmp_path / "hats").iterdir())


@pytest.fixture
def opened(export):
    """Write a survey across ra 0, and return its rows and the catalogue that LSDB opens."""
    lsdb = pytest.importorskip("lsdb", reason="lsdb is not installed")
    table = scattered(600, ra=359.9, dec=41.8)
    return table, lsdb.open_catalog(export(table))


def test_lsdb_reads_all_rows_and_finds_those_in_a_cone(opened):
    table, catalogue = opened
    assert len(catalogue.compute()) == len(catalogue) == 600
    found = catalogue.cone_search(ra=0.05, dec=41.8, radius_arcsec=2400).compute()
    centre = unit_vectors(np.array([0.05]), np.array([41.8]))
    distance = angle_of(chords(unit_vectors(table["ra"], table["dec"]), centre))
    assert sorted(found["name"]) == sorted(table["name"][distance <= 2400]) and len(found) > 50


def test_lsdb_matches_across_the_edges_of_partitions(opened):
    """Each row to its nearest other one: without margins, some would lack theirs."""
    table, catalogue = opened
    pairs = catalogue.crossmatch(catalogue, n_neighbors=2, radius_arcsec=100, suffixes=("", "_b")).compute()
    found = pairs[pairs["name"] != pairs["name_b"]].set_index("name")["name_b"]
    directions = unit_vectors(table["ra"], table["dec"])
    distance = np.array([angle_of(chords(directions, one)) for one in directions])
    np.fill_diagonal(distance, np.inf)
    nearest = distance.argmin(axis=1)
    near = distance.min(axis=1) <= 100
    expected = dict(zip(table["name"][near], table["name"].to_numpy()[nearest[near]], strict=True))
    assert found.to_dict() == expected and near.sum() > 100
