"""Sources of a catalogue are classified by what a network sees in their cutouts."""

import json

import numpy as np
import pandas as pd
import pytest

from radiofind import classifying
from radiofind.classifier_models import TrainedClassifier
from radiofind.classifying import SourceClassifier, apply_classifier, read_source_classifier
from radiofind.columns import CATALOGUE, empty
from radiofind.files import write_parquet
from radiofind.images import read_header
from radiofind.preparation import Preparation
from radiofind.survey_inputs import read_survey_sources
from radiofind.survey_sources import MosaicSources

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


def test_a_source_without_noise_has_no_class_where_cutouts_are_masked(mosaic):
    rms = np.where(np.arange(5) == 1, np.nan, 1e-6)
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


def test_pixels_of_another_size_are_refused(mosaic):
    with pytest.raises(
        ValueError, match=r"Expected pixels that can be binned to 1 arcsec.* received 2 arcsec"
    ):
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
        ({"mask_rms": None}, "none of cutout_pixels"),
        ({"cutout_pixels": "x", "mask_rms": None}, ".*'x'"),
        ([], "none of cutout_pixels, mask_rms"),
    ):
        record.write_text(json.dumps(wrong))
        with pytest.raises(ValueError, match=f"model.json: expected .* received {received}"):
            read_source_classifier("model.keras", record, threads=1)


def test_a_classifier_that_does_not_know_its_pixels_says_so(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(classifying, "set_up", lambda **_: None)
    record = tmp_path / "model.json"
    record.write_text(json.dumps({"cutout_pixels": 30, "mask_rms": None}))
    for pixel_arcsec, warnings in ((2.0, 0), (np.nan, 1)):
        network = classifier(pixel_arcsec=pixel_arcsec).network
        monkeypatch.setattr(classifying, "read_classifier", lambda *_, network=network: network)
        read_source_classifier("model.keras", record, threads=1)
        assert caplog.text.count("size of pixels unknown") == warnings


@pytest.mark.parametrize("fitted", [True, False])
def test_mosaics_are_read_with_their_sources_in_their_order(tmp_path, sky, write_fits, fitted):
    images, tables = {}, {"catalogues": [], "components": []}
    for number, name in enumerate(["b", "a"]):
        image = write_fits(sky.make((50, 60 + number)), f"{name}.fits")
        images[name] = {"image": image, "beam": (6.0, 5.0, 0.0), "frequency_hz": None}
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
