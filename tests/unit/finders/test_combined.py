"""Catalogues of several finders become one, with the best measurements, whatever the order of rows."""

import numpy as np
import pandas as pd
import pytest

from radiofind.catalogues.columns import CATALOGUE, conform, empty
from radiofind.catalogues.detections import DEFAULTS
from radiofind.finders.combined import combine, failed_in_parts, join_catalogues, read_joined
from radiofind.tables import write_parquet


def catalogue(xy, **columns):
    """A row per position, near RA 0, Dec -30, with errors of 0.1 arcsec."""
    xy = np.reshape(np.asarray(xy, float), (-1, 2))
    rows = DEFAULTS | {"e_ra": 0.1, "e_dec": 0.1, "tile": "y000x000", "mosaic": "m", "finder": "f"} | columns
    table = pd.DataFrame({"x": xy[:, 0], "y": xy[:, 1]})
    table = table.assign(**{name: value for name, value in rows.items() if name not in table})
    table = table.assign(ra=10 - table["x"] / 1000, dec=-30 + table["y"] / 1000)
    names = [f"{finder}{row}" for row, finder in enumerate(table["finder"])]
    return conform(table.assign(source_id=names), CATALOGUE)


def combined(catalogues, radius=3.0, fluxes_from=None):
    joined = join_catalogues(catalogues, radius_pixels=radius)
    score = np.full(len(joined.rows), 0.5)
    return combine(joined, finder="both", fluxes_from=fluxes_from or list(catalogues), score=score)


def random_catalogues(seed, finders=("a", "b", "c")):
    """A crowded sky on a lattice, so that there are ties, which each finder finds with its own errors."""
    rng = np.random.default_rng(seed)
    found = {}
    for finder in finders:
        xy = np.unique(np.round(rng.uniform(0, 30, (60, 2)) * 2) / 2, axis=0)
        n = len(xy)
        fluxes = {"apparent_total_flux": rng.uniform(1, 9, n), "apparent_peak_flux": rng.uniform(1, 9, n)}
        errors = {"e_ra": rng.choice([0.1, 0.2, np.nan], n), "e_dec": rng.choice([0.1, 0.3], n)}
        found[finder] = catalogue(xy, finder=finder, **fluxes, **errors)
    return found


def slow_join(catalogues, radius):
    """Sources joined by plain loops over all pairs of each finder with the sources so far, closest first."""
    sources = []
    for finder, table in catalogues.items():
        rows = table.sort_values(["y", "x"]).to_dict("records")
        places = [min(source.values(), key=position_error) for source in sources]
        every = [
            (np.hypot(place["x"] - row["x"], place["y"] - row["y"]), i, j)
            for i, place in enumerate(places)
            for j, row in enumerate(rows)
        ]
        taken = set()
        for distance, i, j in sorted(every):
            if distance <= radius and finder not in sources[i] and j not in taken:
                sources[i][finder] = rows[j]
                taken.add(j)
        sources += [{finder: row} for j, row in enumerate(rows) if j not in taken]
    return {frozenset((finder, row["source_id"]) for finder, row in source.items()) for source in sources}


def position_error(row):
    area = row["e_ra"] * row["e_dec"]
    return area if np.isfinite(area) else 1e9


@pytest.mark.parametrize("seed", range(6))
def test_sources_are_those_of_a_slow_version(seed):
    catalogues = random_catalogues(seed)
    joined = join_catalogues(catalogues, radius_pixels=2)
    names = joined.detections["source_id"].to_numpy()
    found = {
        frozenset((finder, names[row]) for finder, row in zip(joined.finders, rows, strict=True) if row >= 0)
        for rows in joined.rows
    }
    assert found == slow_join(catalogues, 2)
    assert len(joined.rows) == len(found)


def test_every_row_is_in_one_source_and_rows_of_one_finder_are_never_joined():
    catalogues = random_catalogues(1)
    joined = join_catalogues(catalogues, radius_pixels=2)
    used = np.sort(joined.rows[joined.rows >= 0])
    assert used.tolist() == list(range(sum(map(len, catalogues.values()))))
    assert len(combined({"a": catalogue([[5, 5], [5.1, 5]])})) == 2


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_rows_and_so_of_tiles_changes_nothing(seed):
    catalogues = random_catalogues(seed)
    shuffled = {
        finder: table.sample(frac=1, random_state=seed + n)
        for n, (finder, table) in enumerate(catalogues.items())
    }
    pd.testing.assert_frame_equal(combined(catalogues), combined(shuffled))


def test_the_closest_pair_is_joined_first_and_the_radius_is_inclusive():
    one = catalogue([[10, 10], [50, 50]])
    other = catalogue([[12, 10], [10.5, 10], [53, 50]])
    joined = join_catalogues({"a": one, "b": other}, radius_pixels=3)
    assert len(joined.rows) == 3
    pairs = joined.where((joined.rows >= 0).all(axis=1))
    x = joined.detections["x"].to_numpy()[pairs.rows]
    assert sorted(x.tolist()) == [[10, 10.5], [50, 53]]
    assert len(join_catalogues({"a": one, "b": other}, radius_pixels=2.9).rows) == 4


def test_a_third_finder_is_joined_at_the_best_position_so_far():
    first = catalogue([[10, 10]], e_ra=0.5)
    second = catalogue([[12, 10]], e_ra=0.1)
    third = catalogue([[14.5, 10]])
    assert len(combined({"a": first, "b": second, "c": third})) == 1
    assert len(combined({"a": first.assign(e_ra=0.01), "b": second, "c": third})) == 2


def test_the_position_is_that_of_the_smallest_error_and_its_tile_comes_with_it():
    one = catalogue([[10, 10], [30, 10], [50, 10], [70, 10]], e_ra=[0.1, 0.3, np.nan, 0.0], tile="y000x001")
    other = catalogue([[11, 10], [31, 10], [51, 10], [71, 10]], e_ra=[0.2, 0.2, 0.2, 0.2])
    table = combined({"a": one, "b": other}).sort_values("x")
    assert table["x"].tolist() == [10, 31, 51, 71]
    assert table["tile"].tolist() == ["y000x001", "y000x000", "y000x000", "y000x000"]
    assert table["e_ra"].tolist() == [0.1, 0.2, 0.2, 0.2]
    assert table["ra"].tolist() == pytest.approx([9.99, 9.969, 9.949, 9.929])


def test_of_unknown_or_equal_errors_the_first_finder_gives_the_position():
    for error in (np.nan, np.inf, 0.2):
        one, other = catalogue([[10, 10]], e_ra=error), catalogue([[11, 10]], e_ra=error)
        assert combined({"a": one, "b": other})["x"].tolist() == [10]
        assert combined({"b": other, "a": one})["x"].tolist() == [11]
    alone = catalogue([[10, 10], [30, 10]], e_ra=np.inf)
    assert sorted(combined({"a": empty(CATALOGUE), "b": alone})["x"]) == [10, 30]


def test_flux_shape_and_noise_come_from_the_preferred_finder_that_fitted():
    measured = {
        "apparent_total_flux": 8.0,
        "apparent_peak_flux": 6.0,
        "rms": 2.0,
        "snr": 4.0,
        "peak_snr": 3.0,
    }
    fitted = catalogue([[10, 10], [30, 10]], **measured, major=2.5, n_components=3, flags=["", "unfitted"])
    peaks = catalogue([[10, 10], [30, 10], [50, 10]], apparent_total_flux=1.0, rms=1.0, snr=1.0, e_ra=0.01)
    table = combined({"peaks": peaks, "fit": fitted}, fluxes_from=["fit", "peaks"]).sort_values("x")
    assert table["apparent_total_flux"].tolist() == [8, 1, 1]
    assert table["n_components"].tolist() == [3, 1, 1]
    assert table["major"].notna().tolist() == [True, False, False]
    assert (table["snr"] == table["apparent_total_flux"] / table["rms"]).all()
    only = combined({"fit": fitted})
    assert only["apparent_total_flux"].tolist() == [8, 8]


def test_flags_are_those_of_all_rows_and_say_who_found_the_source():
    one = catalogue([[10, 10], [30, 10]], flags=["island_cut", "unfitted,island_cut"])
    other = catalogue([[10, 10], [50, 10]], flags=["edge,island_cut", ""])
    table = combined({"b": one, "a.x": other}).sort_values("x")
    assert table["flags"].tolist() == ["edge,island_cut,by_b,by_a.x", "island_cut,unfitted,by_b", "by_a.x"]


def test_the_catalogue_has_all_columns_and_new_names_from_the_position():
    one, other = catalogue([[10, 10], [10, 10], [40, 10]]), catalogue([[11, 10]], e_ra=0.01)
    table = combined({"a": one, "b": other})
    assert table.columns.tolist() == [column.name for column in CATALOGUE]
    assert table["finder"].tolist() == ["both"] * 3
    assert table["source_id"].is_unique
    assert table["source_id"].is_monotonic_increasing
    assert set(table["mosaic"]) == {"m"}
    assert table["score"].tolist() == [0.5] * 3
    assert "J003957.360-295924.00" in set(table["source_id"])


def test_scores_stay_with_their_sources():
    joined = join_catalogues({"a": catalogue([[50, 10], [10, 10], [30, 10]])}, radius_pixels=3)
    table = combine(joined, finder="c", fluxes_from=["a"], score=joined.places()["x"].to_numpy() / 100)
    assert (table["score"] == table["x"] / 100).all()


def test_empty_catalogues_give_an_empty_one():
    nothing = empty(CATALOGUE)
    assert combined({"a": nothing, "b": nothing}).dtypes.equals(combined({"a": catalogue([[1, 1]])}).dtypes)
    assert len(combined({"a": nothing, "b": nothing})) == 0
    assert len(combined({"a": nothing, "b": catalogue([[1, 1]])})) == 1
    assert len(combined({"a": catalogue([[1, 1]]), "b": nothing})) == 1


def test_fluxes_must_come_from_the_finders_that_were_joined():
    with pytest.raises(ValueError, match=r"fluxes_from.*\ba, b\b.*\ba$"):
        combined({"a": catalogue([[1, 1]]), "b": catalogue([[1, 1]])}, fluxes_from=["a"])


def test_catalogues_are_read_by_finder(tmp_path):
    for finder, x in (("a", 1), ("b", 9)):
        write_parquet(catalogue([[x, 1]]), tmp_path / f"{finder}.parquet")
    joined = read_joined({finder: tmp_path / f"{finder}.parquet" for finder in "ba"}, radius_pixels=3)
    assert joined.finders == ("b", "a")
    assert joined.detections["x"].tolist() == [9, 1]


def test_a_tile_that_a_part_could_not_search_is_told_with_the_part(tmp_path):
    failed = {"a": {"y000x000": "killed"}, "b": {"y000x001": "crashed"}, "c": {}}
    paths = {name: tmp_path / f"{name}.parquet" for name in failed}
    for name, path in paths.items():
        write_parquet(empty(CATALOGUE), path, metadata={"failed_tiles": failed[name]})
    assert failed_in_parts(paths) == {"y000x000": "a: killed", "y000x001": "b: crashed"}
