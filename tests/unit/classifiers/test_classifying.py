"""Sources of a catalogue are classified by what a network sees in their cutouts."""

import json

import numpy as np
import pandas as pd
import pytest

from radiofind.catalogues.columns import CATALOGUE, empty
from radiofind.classifiers import classifying
from radiofind.classifiers.classifying import SourceClassifier, apply_classifier, read_source_classifier
from radiofind.classifiers.models import TrainedClassifier
from radiofind.classifiers.preparation import Preparation
from radiofind.classifiers.survey_inputs import read_survey_sources
from radiofind.classifiers.survey_sources import MosaicSources
from radiofind.mosaics.images import ImageSource, read_header
from radiofind.tables import write_parquet

SIDE = 12
WIDE = [(60, 150), (200, 40)]
NARROW = [(40, 60), (150, 150), (230, 210)]


def of_width(images):
    """Tell wide from narrow sources: by the part of the flux that lies outside of the middle."""
    outside = images[..., 0].sum(axis=(1, 2)) - images[:, 5:7, 5:7, 0].sum(axis=(1, 2))
    wide = np.clip(outside / images[..., 0].sum(axis=(1, 2)), 0, 1)
    return np.column_stack([1 - wide, wide])


def classifier(*, pixel_arcsec=2.0, binning=1, mask_rms=None, predict=of_width):
    """A network that needs no training."""
    preparation = Preparation(SIDE, binning=binning, scaling="raw")
    network = TrainedClassifier(("narrow", "wide"), preparation, 1, pixel_arcsec, predict)
    return SourceClassifier(network, SIDE * binning, mask_rms)


@pytest.fixture
def mosaic(sky, write_fits):
    """A mosaic with narrow and wide sources, and its catalogue."""
    narrow = [(x, y, 0.02, {"major": 1.0}) for x, y in NARROW]
    pixels = sky.make((260, 300), [*narrow, *((x, y, 0.02, {"major": 6.0}) for x, y in WIDE)], rms=1e-6)
    return MosaicSources("m", read_header(write_fits(pixels)), catalogue_of([*NARROW, *WIDE]))


def catalogue_of(positions, rms=1e-6):
    """A catalogue of sources at these positions."""
    x, y = np.array(positions, dtype=float).reshape(-1, 2).T
    table = {column.name: "" if column.dtype == "str" else np.zeros(len(x)) for column in CATALOGUE}
    table |= {"x": x, "y": y, "rms": rms, "major": 8.0, "minor": 8.0}
    names = [f"s{number}" for number in range(len(x))]
    return pd.DataFrame(table | {"source_id": names}).astype({one.name: one.dtype for one in CATALOGUE})


@pytest.mark.parametrize("mask_rms", [None, 4.0])
def test_each_source_gets_the_class_of_its_own_cutout(mosaic, mask_rms):
    found = apply_classifier(mosaic, classifier(mask_rms=mask_rms), name="net")
    assert list(found["class"]) == ["narrow"] * 3 + ["wide"] * 2
    assert list(found["source_id"]) == list(mosaic.catalogue["source_id"])
    assert set(found["classifier"]) == {"net"}


def test_a_network_of_masked_cutouts_sees_masked_ones(mosaic):
    seen = []

    def look(images):
        seen.append(images)
        return of_width(images)

    noisy = MosaicSources("m", mosaic.header, mosaic.catalogue.assign(rms=1e-3))
    apply_classifier(noisy, classifier(mask_rms=4.0, predict=look), name="net")
    apply_classifier(noisy, classifier(predict=look), name="net")
    assert (seen[0] == 0).mean() > 0.5 and (seen[1] == 0).mean() == 0
    assert np.array_equal(seen[0], np.where(seen[1] < 4e-3, 0, seen[1]))


@pytest.mark.parametrize("none", [np.nan, 0.0])
def test_a_source_without_noise_has_no_class_where_cutouts_are_masked(mosaic, none):
    rms = np.where(np.arange(5) == 1, none, 1e-6)
    unknown = MosaicSources("m", mosaic.header, mosaic.catalogue.assign(rms=rms))
    found = apply_classifier(unknown, classifier(mask_rms=4.0), name="net")
    assert list(found["class"]) == ["narrow", "", "narrow", "wide", "wide"]
    assert np.isnan(found["probability_wide"][1])


def test_a_catalogue_without_sources_stays_one(mosaic):
    bare = MosaicSources("m", mosaic.header, empty(CATALOGUE))
    found = apply_classifier(bare, classifier(), name="net")
    assert len(found) == 0 and list(found.columns[-2:]) == ["probability_wide", "classifier"]


def test_cutouts_show_as_much_sky_as_in_the_training():
    assert classifier(pixel_arcsec=4.0).side_for(2.0) == 2 * SIDE
    assert classifier(pixel_arcsec=np.nan).side_for(2.0) == SIDE
    assert classifier(pixel_arcsec=2.0).side_for(1.7) == 15, "not less: 14.1 are needed"


@pytest.mark.parametrize("mask_rms", [None, 3.0])
def test_smaller_pixels_are_binned_to_those_of_the_training(mosaic, mask_rms):
    seen = []

    def look(images):
        seen.append(images)
        return of_width(images)

    bright = MosaicSources("m", mosaic.header, mosaic.catalogue[3:].assign(rms=1e-12, x=150.0, y=130.0))
    apply_classifier(bright, classifier(pixel_arcsec=4.0, mask_rms=mask_rms, predict=look), name="net")
    (images,) = seen
    assert images.shape == (2, SIDE, SIDE, 1)
    assert mask_rms or images[:, [0, -1]].all(), "cutouts reach to the edge of what is seen"


def test_masking_takes_the_sides_and_the_noise_of_the_training(mosaic, monkeypatch):
    asked = []

    def masked(_mosaic, _table, **options):
        asked.append(options)
        return iter(())

    monkeypatch.setattr(classifying, "masked_batches", masked)
    one = classifier(pixel_arcsec=4.0, mask_rms=3.0)
    apply_classifier(mosaic, one, name="net")
    assert asked == [{"size_pixels": one.side_for(mosaic.header.pixel_arcsec), "mask_rms": 3.0}]
    assert asked[0]["size_pixels"] >= 2 * SIDE


@pytest.mark.parametrize("mask_rms", [None, 4.0])
def test_each_source_is_clipped_by_its_own_noise(mosaic, mask_rms):
    def blank(images):
        return np.column_stack([images.any(axis=(1, 2, 3)), ~images.any(axis=(1, 2, 3))]).astype(float)

    rms = np.array([np.nan, 1e-6, 1e-6, 1.0, 1e-6])
    own = classifier(mask_rms=mask_rms, predict=blank)
    preparation = Preparation(SIDE, clip_rms=4.0, scaling="raw")
    network = TrainedClassifier(("seen", "blank"), preparation, 1, 2.0, blank)
    found = apply_classifier(
        MosaicSources("m", mosaic.header, mosaic.catalogue.assign(rms=rms)),
        SourceClassifier(network, own.cutout_pixels, mask_rms),
        name="net",
    )
    assert list(found["class"][1:]) == ["seen", "seen", "blank", "seen"]


def test_the_log_tells_how_many_are_of_each_class(mosaic, caplog):
    caplog.set_level("INFO")
    rms = np.where(np.arange(5) == 1, np.nan, 1e-6)
    unknown = MosaicSources("m", mosaic.header, mosaic.catalogue.assign(rms=rms))
    apply_classifier(unknown, classifier(mask_rms=4.0), name="net")
    apply_classifier(MosaicSources("bare", mosaic.header, empty(CATALOGUE)), classifier(), name="net")
    told = [record.message for record in caplog.records if record.name == "radiofind.classifiers.classifying"]
    assert set(told[0].removeprefix("m: ").split(", ")) == {"2 narrow", "2 wide", "1 of no class"}
    assert told[1] == "bare: no sources"


def test_pixels_of_another_size_are_refused(mosaic):
    with pytest.raises(ValueError, match=r"pixels of 2 arcsec .*binned to the 1 arcsec"):
        apply_classifier(mosaic, classifier(pixel_arcsec=1.0), name="net")


def test_a_record_must_say_what_the_cutouts_were(tmp_path, monkeypatch):
    monkeypatch.setattr(classifying, "set_up", lambda **_: None)
    network = classifier().network
    monkeypatch.setattr(classifying, "read_classifier", lambda *_: network)
    record = tmp_path / "model.json"
    for mask_rms in (None, 4.0):
        record.write_text(json.dumps({"cutout_pixels": 30, "mask_rms": mask_rms}))
        found = read_source_classifier("model.keras", record, threads=1)
        assert found == SourceClassifier(network, 30, mask_rms)
    for wrong, received in (
        ({"mask_rms": None}, "cutout_pixels"),
        ({"cutout_pixels": "x", "mask_rms": None}, "cutout_pixels.* x"),
        ({"cutout_pixels": 0, "mask_rms": None}, "cutout_pixels.* 0"),
        ({"cutout_pixels": 30.5, "mask_rms": None}, r"cutout_pixels.* 30\.5"),
        ({"cutout_pixels": np.inf, "mask_rms": None}, "cutout_pixels.* inf"),
        ({"cutout_pixels": 30, "mask_rms": -1}, "mask_rms.* -1"),
        ({"cutout_pixels": 30, "mask_rms": np.nan}, "mask_rms.* nan"),
        ({"cutout_pixels": 30}, "mask_rms"),
        ([], r"\[\]"),
    ):
        record.write_text(json.dumps(wrong))
        with pytest.raises(ValueError, match=rf"model\.json: .*{received}"):
            read_source_classifier("model.keras", record, threads=1)


def test_a_classifier_that_does_not_know_its_pixels_says_so(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(classifying, "set_up", lambda **_: None)
    record = tmp_path / "model.json"
    record.write_text(json.dumps({"cutout_pixels": 30, "mask_rms": None}))
    for pixel_arcsec, warnings in ((2.0, 0), (np.nan, 1)):
        network = classifier(pixel_arcsec=pixel_arcsec).network
        monkeypatch.setattr(classifying, "read_classifier", lambda *_, network=network: network)
        read_source_classifier("model.keras", record, threads=1)
        assert caplog.text.count("pixel size unknown") == warnings


def test_a_network_runs_on_the_threads_of_the_job(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(classifying, "set_up", lambda **options: asked.append(options))
    monkeypatch.setattr(classifying, "read_classifier", lambda *_: classifier().network)
    record = tmp_path / "model.json"
    record.write_text(json.dumps({"cutout_pixels": 30, "mask_rms": None}))
    read_source_classifier("model.keras", record, threads=7)
    assert [options["threads"] for options in asked] == [7]


@pytest.mark.parametrize("fitted", [True, False])
def test_mosaics_are_read_with_their_sources_in_their_order(tmp_path, sky, write_fits, fitted):
    images, tables = {}, {"catalogues": [], "components": []}
    for number, name in enumerate(["b", "a"]):
        image = write_fits(sky.make((50, 60 + number)), f"{name}.fits")
        images[name] = ImageSource(image, beam=(6.0, 5.0, 0.0))
        for what in tables if fitted else ["catalogues"]:
            path = tmp_path / f"{name}-{what}.parquet"
            write_parquet(catalogue_of([(number, len(what))]), path)
            tables[what].append(str(path))
    found = read_survey_sources(images, **tables)
    assert [one.name for one in found] == ["b", "a"]
    assert [one.header.shape for one in found] == [(50, 60), (50, 61)]
    assert {one.header.beam.major_arcsec for one in found} == {6.0}
    assert [one.catalogue["x"][0] for one in found] == [0, 1]
    assert [one.components is not None and one.components["y"][0] for one in found] == [fitted and 10] * 2


def test_nothing_is_read_of_no_mosaics():
    assert read_survey_sources({}, catalogues=[]) == []
