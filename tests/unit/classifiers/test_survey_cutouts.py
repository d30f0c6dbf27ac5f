"""Data sets cut from mosaics and their catalogues."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from radiofind.catalogues.detections import name_sources
from radiofind.classifiers.survey_cutouts import SurveySettings, cut_dataset
from radiofind.classifiers.survey_sources import MosaicSources, group_on_sky, masked_batches
from radiofind.mosaics.images import read_header

WIDTH, HEIGHT = 700, 500
SPLIT = {"validation_fraction": 0.2, "test_fraction": 0.2, "split_seed": 1}
COUNTS = SurveySettings("components", size_pixels=25, classes="four")
SHAPES = SurveySettings("morphology", size_pixels=61)


def double(x, y, distance, peak=0.02):
    """Two lobes east and west of a position, with a bridge."""
    bridge = [(x + along, y, 0.002) for along in np.arange(-distance, distance + 1, 2.0)]
    return [(x - distance, y, peak), (x + distance, y, peak), *bridge]


@pytest.fixture
def survey(sky, write_fits):
    """A function that returns mosaics of one sky, by their first and last columns, with what is found in
    each."""
    grid = [(x, y) for y in range(40, HEIGHT - 30, 70) for x in range(45, WIDTH - 40, 70)]
    kinds = np.arange(len(grid)) % 4
    parts = {
        0: lambda x, y: [(x, y, 0.01)],
        1: lambda x, y: double(x, y, 18),
        2: lambda x, y: [*double(x, y, 20, peak=0.0), (x, y, 0.01)],
        3: lambda x, y: [(x, y, 0.005, {"major": 10.0})],
    }
    rows = [source for (x, y), kind in zip(grid, kinds, strict=True) for source in parts[kind](x, y)]
    pixels = sky.make((HEIGHT, WIDTH), rows)

    def mosaic(name, first=0, last=WIDTH, **cards):
        path = write_fits(pixels[:, first:last], f"{name}.fits", CRPIX1=WIDTH / 2 + 0.5 - first, **cards)
        header = read_header(path)
        inside = [first + 5 < x < last - 5 for x, _ in grid]
        x, y = np.array(grid, dtype=float)[inside].T
        return MosaicSources(name, header, catalogue_of(header, x - first, y, kinds[inside], sky.rms))

    return mosaic


def catalogue_of(header, x, y, kinds, rms):
    """What a finder says of the sources: as many components as their kind has, and sizes."""
    ra, dec = header.coordinates.to_sky(x, y)
    components = np.choose(kinds, [1, 2, 3, 1])
    major = np.choose(kinds, [8.0, 80.0, 60.0, 20.0])
    total = np.choose(kinds, [1.0, 2.0, 2.0, 3.0])
    return pd.DataFrame(
        {
            "source_id": name_sources(ra, dec),
            "x": x,
            "y": y,
            "ra": ra,
            "dec": dec,
            "major": major,
            "minor": 8.0,
            "position_angle": 90.0,
            "dc_major": np.where(major > 8, major, 0.0),
            "apparent_peak_flux": 1.0,
            "apparent_total_flux": total,
            "e_apparent_peak_flux": 0.01,
            "e_apparent_total_flux": 0.01,
            "rms": rms,
            "peak_snr": 50.0,
            "n_components": components,
            "flags": "",
        }
    )


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (
            COUNTS,
            {
                0: "compact",
                1: "two_component_extended",
                2: "multiple_component_extended",
                3: "single_component_extended",
            },
        ),
        (replace(COUNTS, classes="two"), {0: "compact", 1: "extended", 2: "extended"}),
        (SHAPES, {0: "unresolved", 1: "FRII", 2: "FRI"}),
    ],
)
def test_sources_are_cut_and_labelled_by_what_they_are(survey, settings, expected):
    mosaic = survey("deep")
    data = cut_dataset([mosaic], settings, **SPLIT)
    sources = mosaic.catalogue.set_index("source_id").loc[[name.split("/")[1] for name in data.name]]
    kinds = (np.arange(len(mosaic.catalogue)) % 4)[mosaic.catalogue["source_id"].isin(sources.index)]
    assert [data.classes[label] for label in data.label] == [expected[kind] for kind in kinds]
    assert np.isin(np.arange(len(mosaic.catalogue)) % 4, list(expected)).sum() == len(kinds)
    assert data.image.shape == (len(kinds), settings.size_pixels, settings.size_pixels)
    assert (data.image.dtype, data.label.dtype, data.rms.dtype) == (np.float32, np.uint8, np.float32)
    assert np.isfinite(data.image).all()
    assert data.pixel_arcsec == pytest.approx(2.0)
    assert set(data.split) == {"train", "valid", "test"}
    assert data.rms == pytest.approx(sources["rms"])


def test_images_are_as_they_are_or_masked(survey, sky):
    mosaic = survey("deep")
    plain = cut_dataset([mosaic], SHAPES, **SPLIT)
    masked = cut_dataset([mosaic], replace(SHAPES, image="masked"), **SPLIT)
    assert np.array_equal(plain.name, masked.name)
    kept = masked.image > 0
    assert np.array_equal(masked.image[kept], plain.image[kept])
    assert masked.image[kept].min() >= 4 * np.float32(sky.rms)
    assert (masked.image[~kept] == 0).all()
    above = (plain.image >= 4 * sky.rms).sum(axis=(1, 2))
    assert (kept.sum(axis=(1, 2)) > 0.9 * above).all()
    higher = cut_dataset([mosaic], replace(SHAPES, image="masked", mask_rms=6.0), **SPLIT)
    assert higher.image[higher.image > 0].min() >= 6 * np.float32(sky.rms)


def test_a_mask_keeps_what_the_ellipses_of_the_source_touch(sky, write_fits):
    # Two lobes without a bridge, at 45 deg, and an unrelated source closer to the host than they are.
    pixels = sky.make((90, 90), [(55, 55, 0.02), (35, 35, 0.02), (55, 35, 0.02)])
    header = read_header(write_fits(pixels))
    north_west = {"position_angle": 315.0 - 180.0, "minor": 8.0, "source_id": "a", "apparent_peak_flux": 0.02}
    north_east = north_west | {"position_angle": 45.0}
    host = {"x": 45.0, "y": 45.0, "rms": sky.rms, "apparent_peak_flux": 0.02}

    def kept(catalogue, components=None):
        mosaic = MosaicSources("deep", header, pd.DataFrame([catalogue]), components)
        (batch,) = masked_batches(mosaic, mosaic.catalogue, size_pixels=41, mask_rms=4.0)
        assert batch.hosts.tolist() == [[20.0, 20.0]]
        return [batch.masked[0][at] > 0 for at in ((30, 30), (10, 10), (10, 30))]

    # Columns grow to the west.
    assert kept(host | north_west | {"major": 70.0}) == [True, True, False]
    assert kept(host | north_east | {"major": 70.0}) == [False, False, True]
    assert kept(host | north_west | {"major": 8.0}) == [False, False, False]
    lobes = [{"x": at, "y": at, "major": 8.0, **north_west} for at in (55.0, 35.0)]
    other = {"x": 55.0, "y": 35.0, "major": 8.0, **north_west, "source_id": "b"}
    components = pd.DataFrame([lobes[0], other, lobes[1]])
    assert kept(host | north_east | {"major": 70.0}, components) == [True, True, False]
    assert kept(host | north_east | {"major": 70.0, "source_id": "c"}, components) == [False, False, False]


def test_sources_on_one_island_are_told_apart_by_their_ellipses_and_linked(sky, write_fits):
    places = np.array([[40.0, 45.0], [49.0, 45.0], [70.0, 45.0], [61.0, 49.0]])
    pixels = sky.make((90, 90), [(x, y, 0.02) for x, y in places[:3]])
    size = {"rms": sky.rms, "apparent_peak_flux": 0.02, "major": 8.0, "minor": 8.0, "position_angle": 0.0}
    table = pd.DataFrame(places, columns=["x", "y"]).assign(source_id=list("abcd"), **size)
    mosaic = MosaicSources("deep", read_header(write_fits(pixels)), table)
    (batch,) = masked_batches(mosaic, table, size_pixels=31, mask_rms=4.0)
    assert sorted(batch.links.tolist()) == [[0, 1], [1, 0]]
    images = dict(zip(batch.rows, batch.masked, strict=True))
    # They are as bright, so the line between them is half way.
    assert [np.flatnonzero(images[row].any(axis=0)) - 15 for row in (0, 1)] == [
        pytest.approx(np.arange(-4, 5)),
        pytest.approx(np.arange(-4, 5)),
    ]
    assert not images[3].any()
    without_size = MosaicSources("deep", mosaic.header, table.assign(major=np.nan))
    (batch,) = masked_batches(without_size, table, size_pixels=31, mask_rms=4.0)
    assert (dict(zip(batch.rows, batch.masked, strict=True))[0][15, [15, 24]] > 0).all()


def test_sources_on_one_island_are_one_object(survey):
    mosaic = survey("deep")
    lobes = mosaic.catalogue[mosaic.catalogue["n_components"] == 2].copy()
    lobes["x"] += 18
    lobes["ra"], lobes["dec"] = mosaic.header.coordinates.to_sky(lobes["x"], lobes["y"])
    lobes["source_id"] = [f"lobe of {name}" for name in lobes["source_id"]]
    both = replace(mosaic, catalogue=pd.concat([mosaic.catalogue, lobes], ignore_index=True))
    data = cut_dataset([both], replace(COUNTS, size_pixels=61), **SPLIT)
    group = dict(zip(data.name, data.group, strict=True))
    found = [name for name in group if "lobe of" in name]
    assert len(found) > 3
    assert all(group[name] == group[name.replace("lobe of ", "")] for name in found)
    assert len(set(group.values())) == len(group) - len(found)


def test_a_source_in_two_mosaics_is_one_object(survey):
    mosaics = [survey("east", 0, 420), survey("west", 250, WIDTH)]
    alone = [cut_dataset([mosaic], replace(COUNTS, classes="two"), **SPLIT) for mosaic in mosaics]
    data = cut_dataset(mosaics, replace(COUNTS, classes="two"), **SPLIT)
    assert len(data.name) == len(set(data.name)) == sum(len(one.name) for one in alone)
    both = pd.DataFrame({"group": data.group, "split": data.split, "label": data.label}).groupby("group")
    assert both.ngroups < len(data.name)
    assert both.size().max() == 2
    assert both.agg({"split": "nunique", "label": "nunique"}).to_numpy().max() == 1
    ids = np.array([name.split("/")[1] for name in data.name])
    again = [np.flatnonzero(data.group == group) for group in both.groups]
    overlap = [rows for rows in again if len(rows) == 2]
    assert len(overlap) == len(ids) - len(set(data.group))
    for one, other in overlap:
        assert data.image[one] == pytest.approx(data.image[other], abs=1e-7)


def test_positions_within_a_beam_are_one_object_also_across_ra_0():
    step = 4.0 / 3600
    ra = np.array([0.0, 360 - step, 0.5, 0.5 + 3 * step, 120.0, 120.0 + 2 * step, 120.0 + 4 * step])
    sources = pd.DataFrame({"ra": ra, "dec": 0.0, "source_id": list("bacdefg")})
    groups = group_on_sky(sources, radius_arcsec=8.1)
    assert groups.tolist() == ["a", "a", "c", "d", "e", "e", "e"]
    assert group_on_sky(sources, radius_arcsec=3.9).tolist() == list("bacdefg")
    poles = sources.assign(dec=89.99)  # there the same angles of RA are small
    assert len(set(group_on_sky(poles, radius_arcsec=0.5))) == 2
    assert group_on_sky(sources[:0], radius_arcsec=8).shape == (0,)


def test_what_is_faint_or_cut_or_without_noise_stays_out(survey):
    mosaic = survey("deep")
    table = mosaic.catalogue.copy()
    table.loc[4, "peak_snr"], table.loc[8, "flags"], table.loc[12, "rms"] = 4.9, "island_cut", np.nan
    for settings in (COUNTS, SHAPES):
        before = set(cut_dataset([mosaic], settings, **SPLIT).name)
        after = set(cut_dataset([replace(mosaic, catalogue=table)], settings, **SPLIT).name)
        assert before - after == {f"deep/{table['source_id'][row]}" for row in (4, 8, 12)}
        assert after < before


def test_classes_are_capped_by_a_draw_that_only_the_seed_changes(survey):
    mosaic = survey("deep")
    shuffled = replace(mosaic, catalogue=mosaic.catalogue.sample(frac=1, random_state=3))
    few = replace(COUNTS, most_per_class=6)
    first, again, other, all_of = (
        cut_dataset([one], settings, **SPLIT)
        for one, settings in [
            (mosaic, few),
            (shuffled, few),
            (mosaic, replace(few, seed=2)),
            (mosaic, COUNTS),
        ]
    )
    assert np.bincount(first.label).tolist() == [6] * 4
    assert set(first.name) == set(again.name) != set(other.name)
    rows = [list(all_of.name).index(name) for name in first.name]
    assert np.array_equal(first.image, all_of.image[rows])
    assert np.array_equal(first.label, all_of.label[rows])
    assert dict(zip(first.name, first.label, strict=True)) == dict(zip(again.name, again.label, strict=True))


@pytest.mark.parametrize("image", ["fits", "masked"])
def test_a_source_has_its_class_and_image_whatever_its_row(survey, image):
    mosaic = survey("deep")
    shuffled = replace(mosaic, catalogue=mosaic.catalogue.sample(frac=1, random_state=3))
    one, other = (cut_dataset([each], replace(SHAPES, image=image), **SPLIT) for each in (mosaic, shuffled))
    rows = [list(other.name).index(name) for name in one.name]
    assert rows != sorted(rows)
    assert np.array_equal(one.label, other.label[rows])
    assert np.array_equal(one.image, other.image[rows])


def test_a_class_with_too_few_objects_is_an_error_that_names_it_and_its_count(survey):
    mosaic = survey("deep")
    doubles = mosaic.catalogue["n_components"] == 2
    for left in (0, 2):
        catalogue = mosaic.catalogue[~doubles | (doubles.cumsum() <= left)]
        told = rf"two_component_extended has {left} objects above peak_snr 5.* 3 .*in deep \(.*compact 1"
        with pytest.raises(ValueError, match=told):
            cut_dataset([replace(mosaic, catalogue=catalogue)], COUNTS, **SPLIT)
    none = replace(mosaic, catalogue=mosaic.catalogue[:0])
    with pytest.raises(ValueError, match=r"compact has 0 .* in deep \(no sources\)"):
        cut_dataset([none], COUNTS, **SPLIT)


def test_a_class_without_an_example_in_train_is_an_error_that_names_it(survey, monkeypatch):
    monkeypatch.setattr(
        "radiofind.classifiers.survey_cutouts.split_of",
        lambda label, group, **_: np.where(label == 2, "test", "train"),
    )
    with pytest.raises(ValueError, match=r"none of the \d+ .*class two_component.* in train"):
        cut_dataset([survey("deep")], COUNTS, **SPLIT)


def test_pixels_of_two_sizes_are_an_error_that_names_both(survey):
    coarse = survey("coarse", CDELT1=-3 / 3600, CDELT2=3 / 3600)
    with pytest.raises(ValueError, match=r"2 arcsec in deep and 3 in coarse"):
        cut_dataset([survey("deep"), coarse], COUNTS, **SPLIT)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"kind": "shapes"}, "Expected kind components or morphology, received 'shapes'"),
        ({"image": "png"}, "Expected image fits or masked, received 'png'"),
        ({"classes": "three"}, "Expected classes two or four, received 'three'"),
    ],
)
def test_an_unknown_setting_is_an_error_that_names_the_known(survey, change, expected):
    with pytest.raises(ValueError, match=expected):
        cut_dataset([survey("deep")], replace(COUNTS, **change), **SPLIT)
    with pytest.raises(ValueError, match="no mosaic"):
        cut_dataset([], COUNTS, **SPLIT)
