"""Each source of a sky is one primary row of the survey, whatever mosaics see it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits

from radiofind.catalogues.class_columns import with_classes
from radiofind.catalogues.columns import CORRECTED, RELIABLE, SURVEY, empty
from radiofind.survey.directions import positions_of
from radiofind.survey.learned import Learned
from radiofind.survey.regions import holds
from unit.survey.mosaics import BEAM, catalogue, centre_in_rings, detect, make_mosaic, merge, scatter_sources


def ring(dec, number):
    """Centres around a pole."""
    return [(360 * place / number, dec) for place in range(number)]


def grid(ra, dec, side, step=0.9):
    """Centres of mosaics that overlap."""
    places = step * (np.arange(side) - (side - 1) / 2)
    return [((ra + x / np.cos(np.deg2rad(dec + y))) % 360, dec + y) for x in places for y in places]


SKIES = {
    "4 mosaics": ((150, 30), grid(150, 30, 2)),
    "9 mosaics": ((150, -30), grid(150, -30, 3)),
    "across ra 0": ((0, 60), grid(0, 60, 2)),
    "a ring around the pole": ((0, 90), [*ring(89.2, 5), (0, 90)]),
}


def with_source(survey, catalogues):
    """The rows of a survey with the number of the true source of each."""
    known = pd.concat(catalogues.values())[["mosaic", "source_id", "source"]]
    return survey.merge(known, on=["mosaic", "source_id"], validate="one_to_one")


@pytest.fixture(params=SKIES, scope="module")
def sky(request, tmp_path_factory):
    """Footprints, sources, and a catalogue of each mosaic."""
    (ra, dec), centres = SKIES[request.param]
    rng = np.random.default_rng(3)
    folder = tmp_path_factory.mktemp("sky")
    footprints = [make_mosaic(folder, f"m{n}", *one, blank=0.05) for n, one in enumerate(centres)]
    sources = scatter_sources(rng, 400, ra=ra, dec=dec, radius_deg=1.6)
    return footprints, {one.mosaic: detect(sources, one, rng) for one in footprints}


def test_each_source_is_one_primary_row_and_none_is_lost(sky):
    footprints, catalogues = sky
    rows = with_source(merge(catalogues, footprints)[0], catalogues)
    assert len(rows) == sum(map(len, catalogues.values()))
    assert rows["source"].nunique() > 200 and rows["n_mosaics"].max() > 2
    per_source = rows.groupby("source")
    assert (per_source["is_primary"].sum() == 1).all()
    assert (per_source["n_mosaics"].first() == per_source.size()).all()
    assert len(rows[["source", "name"]].drop_duplicates()) == rows["source"].nunique()
    assert rows.loc[rows["is_primary"], "name"].is_unique
    assert not rows["flags"].str.contains("unconfirmed").any()


def test_the_order_of_mosaics_and_of_rows_does_not_matter(sky):
    footprints, catalogues = sky
    first, summary = merge(catalogues, footprints)
    turned = {name: catalogues[name].sample(frac=1, random_state=1) for name in reversed(catalogues)}
    again, other_summary = merge(turned, footprints[::-1])
    pd.testing.assert_frame_equal(first, again)
    assert summary == other_summary
    assert first["ra"].is_monotonic_increasing


@pytest.fixture
def pair(tmp_path):
    """Two mosaics whose boundary is at right ascension 10.5."""
    return [make_mosaic(tmp_path, "a", 10, 0), make_mosaic(tmp_path, "b", 11, 0)]


def test_rows_have_what_further_searches_tell_of_them(pair):
    tables = {"a": catalogue("a", [10.2, 10.3], 0, snr=[5.0, 1000.0], e_total_flux=0.1)}
    tables["b"] = catalogue("b", 11.2, 0, resolved=True)
    values = {"flux_factor": 0.8, "error_factor": 2.0, "completeness": 0.7}
    correction = pd.DataFrame({"resolved": False, "snr_low": [1.0, 10.0], "snr_high": [10.0, 40.0], **values})
    bins = pd.DataFrame({"snr_low": [3.0], "snr_high": 8.0, "reliability": 0.9})
    rows = merge(tables, pair, learned=Learned(flux_correction=correction, reliability=bins))[0]
    assert list(rows.columns) == [column.name for column in SURVEY + CORRECTED + RELIABLE]
    assert rows["reliability"].tolist() == pytest.approx([0.9, np.nan, np.nan], nan_ok=True)
    assert rows["corrected_total_flux"].tolist() == pytest.approx([0.8, 1.0, np.nan], nan_ok=True)
    assert rows["e_corrected_total_flux"].tolist() == pytest.approx([0.16, 0.2, np.nan], nan_ok=True)
    assert rows["completeness"].tolist() == pytest.approx([0.7, 0.7, np.nan], nan_ok=True)


@pytest.mark.parametrize("shift", [-30, -1e-3, 0, 1e-3, 30])
def test_a_source_on_the_boundary_is_kept_once_wherever_its_copies_fall(pair, shift):
    """Also if each mosaic has it on its own side, or each on the other's."""
    for apart in (20, -20, 0):
        middle = 10.5 + shift / 3600
        tables = {
            "a": catalogue("a", middle - apart / 3600, 0.2),
            "b": catalogue("b", middle + apart / 3600, 0.2),
        }
        rows = merge(tables, pair)[0]
        assert rows["is_primary"].sum() == 1 and rows["n_mosaics"].tolist() == [2, 2]
        if shift:
            assert rows.loc[rows["is_primary"], "mosaic"].item() == ("a" if shift < 0 else "b")


def test_a_source_that_its_owner_lacks_is_unconfirmed(pair):
    tables = {"a": catalogue("a", [10.2, 10.6], [0, 0], flags="near_blank"), "b": catalogue("b", [], 0)}
    rows = merge(tables, pair)[0]
    assert rows["is_primary"].tolist() == [True, False]
    assert rows["flags"].tolist() == ["near_blank", "near_blank,unconfirmed"]
    assert rows["n_mosaics"].tolist() == [1, 1]


def test_a_source_where_its_owner_is_blank_belongs_to_the_next(tmp_path):
    mosaics = [make_mosaic(tmp_path, "a", 10, 0), make_mosaic(tmp_path, "b", 11, 0, blank=0.5)]
    rows = merge({"a": catalogue("a", 10.55, 0), "b": catalogue("b", [], 0)}, mosaics)[0]
    assert rows["is_primary"].tolist() == [True] and rows["flags"].tolist() == [""]


def test_a_source_beyond_all_pixels_still_has_a_primary_row(pair):
    """The fit of a source at the edge may put it outside."""
    tables = {"a": catalogue("a", 10, 1.5), "b": catalogue("b", 10, 1.5)}
    rows = merge(tables, pair)[0]
    assert rows["is_primary"].tolist() == [True, False] and rows["mosaic"].tolist() == ["a", "b"]


@pytest.fixture
def padded(tmp_path):
    """Mosaics whose regions are neighbouring cells of half a degree, and which are larger."""
    first = 12 * 128**2 // 2 + 40
    cells = [first, first + 1, first + 512, first + 513]
    return [
        make_mosaic(tmp_path, f"m{cell}", *centre_in_rings(128, cell), region=f"healpix:128:{cell}")
        for cell in cells
    ]


def test_each_source_in_one_of_the_regions_is_one_primary_row_and_none_outside_is(padded):
    rng = np.random.default_rng(8)
    ra, dec = centre_in_rings(128, 12 * 128**2 // 2 + 40)
    sources = scatter_sources(rng, 400, ra=ra + 0.3, dec=dec, radius_deg=1.0)
    catalogues = {one.mosaic: detect(sources, replace(one, region=None), rng) for one in padded}
    rows = with_source(merge(catalogues, padded)[0], catalogues)
    position = sources.set_index("source").loc[rows["source"], ["ra", "dec"]].to_numpy().T
    inside = np.any([holds(one.moc, *position) for one in padded], axis=0)
    # Errors of a few arcsec move some across the edge.
    edge = np.any([near_edge(one.moc, *position, 0.005) for one in padded], axis=0)
    primaries = rows.groupby("source")["is_primary"].sum()
    assert (primaries[rows.loc[inside & ~edge, "source"].unique()] == 1).all()
    assert (primaries[rows.loc[~inside & ~edge, "source"].unique()] == 0).all()
    assert (primaries <= 1).all() and 40 < primaries.sum() < 200
    outside = rows["flags"].str.contains("outside_region")
    assert outside[~inside & ~edge].all() and not outside[rows["is_primary"]].any()
    assert not rows["flags"].str.contains("unconfirmed")[~inside & ~edge].any()


def near_edge(region, ra, dec, distance):
    """Whether positions are within a distance (deg) of the edge of a region, along the axes."""
    steps = distance * np.array([(1, 0), (-1, 0), (0, 1), (0, -1)])
    around = [holds(region, ra + east, dec + north) for east, north in steps]
    return np.any(around, axis=0) != np.all(around, axis=0)


@pytest.mark.parametrize("apart", [5, -5])
def test_a_source_on_the_edge_of_regions_is_kept_once_wherever_its_copies_fall(padded, apart):
    """Also if each mosaic has it in the region of the other."""
    one, other = padded[0], padded[1]
    corner = 0.5 * (centre_of(one)[0] + centre_of(other)[0])
    for shift in (-10, 10):
        ra = corner + (shift + np.array([apart, -apart])) / 3600
        dec = centre_of(one)[1]
        rows = merge(
            {
                one.mosaic: catalogue(one.mosaic, ra[0], dec),
                other.mosaic: catalogue(other.mosaic, ra[1], dec),
            },
            [one, other],
        )[0]
        assert rows["is_primary"].sum() == 1 and rows["n_mosaics"].tolist() == [2, 2]
        assert rows.loc[rows["is_primary"], "mosaic"].item() == (one if shift < 0 else other).mosaic
        assert rows["flags"].str.contains("outside_region").tolist() == (~rows["is_primary"]).tolist()


def centre_of(footprint):
    return [float(part[0]) for part in positions_of(footprint.middle[np.newaxis])]


def test_a_source_in_a_region_on_a_blank_pixel_of_its_mosaic_has_a_primary_row(padded):
    """The fit of a source at a blank edge may put it there; another mosaic may have it, too."""
    one, other = padded[:2]
    for mosaic in (one, other):
        blank = np.full_like(fits.getdata(mosaic.rms.path), np.nan)
        fits.writeto(mosaic.rms.path, blank, fits.getheader(mosaic.rms.path), overwrite=True)
    ra, dec = centre_of(one)
    other = replace(other, centre=(ra, dec))
    one = replace(one, centre=(ra, dec + 0.3))
    tables = {each.mosaic: catalogue(each.mosaic, [ra, ra + 3], dec) for each in (one, other)}
    rows = merge(tables, [one, other])[0]
    assert rows["is_primary"].tolist() == (rows["mosaic"].eq(one.mosaic) & (rows["ra"] < ra + 1)).tolist()


def test_mosaics_that_share_no_sky_are_a_survey_too(tmp_path):
    mosaics = [make_mosaic(tmp_path, "a", 10, 0), make_mosaic(tmp_path, "b", 200, 70)]
    rows, summary = merge({"a": catalogue("a", 10, 0), "b": catalogue("b", 200, 70)}, mosaics)
    assert rows["is_primary"].all() and summary["agreement"] == {"pairs": 0}


def test_the_name_of_all_rows_is_made_of_the_position_of_the_primary_one(pair):
    tables = {"a": catalogue("a", 10.3, 0.1), "b": catalogue("b", 10.3 + 10 / 3600, 0.1)}
    rows = merge(tables, pair, prefix="LBAS")[0]
    assert set(rows["name"]) == {"LBAS J004112.00+000600.0"}


def test_nothing_found_is_a_survey_with_all_columns(pair):
    rows, summary = merge({"a": catalogue("a", [], 0), "b": catalogue("b", [], 0)}, pair)
    pd.testing.assert_frame_equal(rows, empty(SURVEY))
    assert summary["sources"] == 0
    pd.testing.assert_frame_equal(merge({}, [])[0], empty(SURVEY))


def test_classes_of_some_mosaics_are_kept(pair):
    classified = with_classes(catalogue("a", 10, 0), np.array([[0.2, 0.8]]), ["x", "y"], "network")
    rows = merge({"a": classified, "b": catalogue("b", 11, 0)}, pair)[0]
    assert rows["class"].tolist() == ["y", ""] and rows["classifier"].tolist() == ["network", ""]
    assert rows["probability_y"].tolist() == pytest.approx([0.8, np.nan], nan_ok=True)


def test_flags_and_the_agreement_of_mosaics_are_counted(pair):
    ra = 10.5 + np.linspace(-0.2, 0.2, 9)
    tables = {
        "a": catalogue("a", [*ra, 9.5], 0, flux=1.0, major=[*[BEAM] * 9, 3 * BEAM]),
        "b": catalogue("b", [*(ra + 6 / 3600), 10.8], 0, flux=1.1),
    }
    summary = merge(tables, pair)[1]
    assert (summary["rows"], summary["sources"]) == (20, 11)
    # Those of both mosaics are a beam apart.
    assert summary["flags"] == {"blended": 18, "wide": 1}
    assert summary["flags_of_primary_rows"] == {"blended": 9, "wide": 1}
    (both,) = summary["agreement_by_mosaics"]
    assert (both["mosaic"], both["other"], both["pairs"]) == ("a", "b", 9)
    assert both["flux_ratio"] == pytest.approx(1.1) and both["flux_scatter"] == pytest.approx(0)
    assert both["ra_offset_arcsec"] == pytest.approx(6, abs=1e-3) and both["dec_offset_arcsec"] == 0
