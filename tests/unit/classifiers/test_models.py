"""Trained classifiers: written, read in safe mode, checked, and averaged over orientations."""

import json
import zipfile
from dataclasses import asdict

import keras
import numpy as np
import pytest
from keras import layers

from blobs import CLASSES, cutouts_of
from radiofind.classifiers.architectures.convnets import build_simple
from radiofind.classifiers.models import averaged, load_classifier, load_member, read_classifier
from radiofind.classifiers.preparation import Preparation, prepare
from radiofind.files import write_json
from radiofind.networks.saving import save_network

pytestmark = pytest.mark.usefixtures("one_thread")

PREPARATION = Preparation(16, scaling="sqrt", clip_rms=3.0)
RECORD = {
    "classes": list(CLASSES),
    "preparation": asdict(PREPARATION),
    "turns": 8,
    "pixel_arcsec": 1.8,
    "keras": keras.__version__,
}


@pytest.fixture
def stored(tmp_path):
    """A function that writes a network and its record, and returns where."""

    def write(network=None, **changes):
        paths = tmp_path / "a.keras", tmp_path / "a.json"
        save_network(build_simple(16, 3, {}) if network is None else network, paths[0])
        write_json(RECORD | changes, paths[1])
        return paths

    return write


def test_a_classifier_that_is_read_says_what_the_network_said(stored):
    cutouts, network = cutouts_of(number=12), build_simple(16, 3, {})
    classifier = read_classifier(*stored(network, turns=1))
    found = classifier.predict_classes(cutouts.image, cutouts.rms, 1.8)
    expected = np.asarray(network(prepare(cutouts.image, cutouts.rms, PREPARATION)))
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert found.dtype == np.float32
    assert (classifier.classes, classifier.preparation, classifier.turns) == (CLASSES, PREPARATION, 1)


def test_turned_and_mirrored_cutouts_get_the_same_probabilities(stored):
    cutouts = cutouts_of(number=6)
    classifier = read_classifier(*stored())
    found = classifier.predict_classes(cutouts.image, cutouts.rms)
    for turned in (np.rot90(cutouts.image, axes=(1, 2)), cutouts.image[:, ::-1]):
        np.testing.assert_allclose(classifier.predict_classes(turned, cutouts.rms), found, rtol=1e-4)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-6)


def test_all_eight_orientations_are_averaged_and_none_twice():
    image = np.arange(9.0).reshape(1, 3, 3, 1)
    seen = []

    def predict(inputs):
        seen.append(inputs[0, ..., 0].tolist())
        return inputs[:, 0, :2, 0] + 1

    found = averaged(predict, image, n_classes=2, turns=8)
    assert len({str(one) for one in seen}) == 8
    expected = np.mean([np.array(one)[0, :2] + 1 for one in seen], axis=0)
    np.testing.assert_allclose(found[0], expected / expected.sum(), rtol=1e-6)
    seen.clear()
    averaged(predict, image, n_classes=2, turns=1)
    assert seen == [image[0, ..., 0].tolist()]


def test_many_cutouts_are_classified_a_part_at_a_time_and_none_gives_none():
    sizes = []

    def predict(inputs):
        sizes.append(len(inputs))
        return inputs[:, 0, :2, 0]

    inputs = np.random.default_rng(1).uniform(0.1, 1, size=(600, 2, 2, 1))
    found = averaged(predict, inputs, n_classes=2, turns=1)
    assert sizes == [256, 256, 88]
    np.testing.assert_allclose(found[:, 0], inputs[:, 0, 0, 0] / inputs[:, 0, :, 0].sum(axis=1), rtol=1e-5)
    assert averaged(predict, inputs[:0], n_classes=2, turns=8).shape == (0, 2)


def test_smaller_pixels_are_binned_to_those_of_the_training(stored):
    cutouts = cutouts_of(number=6)
    classifier = read_classifier(*stored(preparation=asdict(Preparation(16, scaling="peak"))))
    coarse = classifier.predict_classes(cutouts.image, cutouts.rms, 1.8)
    fine = np.repeat(np.repeat(cutouts.image, 2, axis=1), 2, axis=2)
    np.testing.assert_allclose(classifier.predict_classes(fine, cutouts.rms, 0.9), coarse, rtol=1e-4)
    assert not np.allclose(classifier.predict_classes(fine, cutouts.rms, 1.8), coarse, rtol=1e-2)
    unknown = classifier.predict_classes(cutouts.image, cutouts.rms)
    np.testing.assert_allclose(unknown, coarse, rtol=1e-6)


@pytest.mark.parametrize("pixel_arcsec", [2.5, 1.35])
def test_pixels_of_another_size_are_an_error(stored, pixel_arcsec):
    cutouts, classifier = cutouts_of(number=3), read_classifier(*stored())
    with pytest.raises(ValueError, match=f"pixels of {pixel_arcsec:g} arcsec .*1.8 arcsec"):
        classifier.predict_classes(cutouts.image, cutouts.rms, pixel_arcsec)


def test_where_pixels_of_the_training_are_unknown_all_are_taken(stored):
    cutouts, classifier = cutouts_of(number=3), read_classifier(*stored(pixel_arcsec=None))
    assert np.isnan(classifier.pixel_arcsec)
    assert classifier.predict_classes(cutouts.image, cutouts.rms, 77.0).shape == (3, 3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"keras": "2.15.0"}, r"a\.json: .*Keras 2\.15\.0"),
        ({"turns": None}, r"a\.json.*turns"),
        (
            {"classes": ["a", "b"]},
            r"a.keras: .*\(None, 2\).* received .*None, 3",
        ),
        ({"preparation": {"size_pixels": 20}}, "a.keras: .*20, 20"),
        ({"preparation": {"pixels": 20}}, r"a\.json.*preparation"),
    ],
)
def test_files_that_do_not_belong_together_are_an_error(stored, changes, message):
    with pytest.raises(ValueError, match=message):
        read_classifier(*stored(**changes))


def test_a_record_without_what_is_needed_is_an_error(stored):
    network, record = stored()
    write_json({key: value for key, value in RECORD.items() if key != "turns"}, record)
    with pytest.raises(ValueError, match=r"a\.json.*turns"):
        read_classifier(network, record)


def test_a_file_that_is_no_classifier_is_an_error(tmp_path):
    path = tmp_path / "a.keras"
    path.write_bytes(b"no")
    with pytest.raises(ValueError, match=r"a\.keras: .*classifier"):
        load_classifier(path)
    given = keras.Input((16, 16, 1), name="image")
    save_network(keras.Model(given, layers.Conv2D(1, 1, name="map")(given)), path)
    with pytest.raises(ValueError, match=r"a\.keras: .*classifier.*probabilities"):
        load_classifier(path)


def test_code_in_a_file_is_not_run(tmp_path):
    given = keras.Input((4, 4, 1), name="image")
    flat = layers.Flatten(name="flat")(given)
    output = layers.Lambda(lambda x: x[:, :3], output_shape=(3,), name="probabilities")(flat)
    save_network(keras.Model(given, output), tmp_path / "a.keras")
    assert "lambda" in str(json.loads(zipfile.ZipFile(tmp_path / "a.keras").read("config.json"))).lower()
    with pytest.raises(ValueError, match=r"a\.keras: .*classifier"):
        load_member(tmp_path / "a.keras")
