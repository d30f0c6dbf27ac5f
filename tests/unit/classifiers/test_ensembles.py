"""Ensembles: one network that averages its members, and one record."""

import keras
import numpy as np
import pytest

from radiofind.classifiers.architectures.capsules import build_capsnet
from radiofind.classifiers.architectures.convnets import build_simple
from radiofind.classifiers.architectures.table import classifying_part
from radiofind.classifiers.ensembles import SHARED, ensemble_of, ensemble_record
from radiofind.classifiers.models import load_classifier
from radiofind.networks.saving import save_network

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread")]


@pytest.fixture
def images():
    return np.random.default_rng(1).normal(size=(3, 16, 16, 1)).astype(np.float32)


def members_of(number=2, n_classes=3, size=16):
    return [build_simple(size, n_classes, {}) for _ in range(number)]


def test_an_ensemble_averages_its_members_and_reloads(images, tmp_path):
    members = members_of(3)
    save_network(ensemble_of(members), tmp_path / "a.keras")
    expected = np.mean([np.asarray(member(images)) for member in members], axis=0)
    found = np.asarray(load_classifier(tmp_path / "a.keras")(images))
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert np.abs(expected - np.asarray(members[0](images))).max() > 1e-3


def test_the_same_members_make_the_same_bytes(tmp_path):
    members = members_of()
    for name in "ab":
        save_network(ensemble_of(members), tmp_path / f"{name}.keras")
    assert (tmp_path / "a.keras").read_bytes() == (tmp_path / "b.keras").read_bytes()


def test_an_ensemble_of_capsules_has_no_decoders(images, tmp_path):
    settings = {"filters": 4, "kernel": 3, "capsules": 2, "primary_kernel": 5, "decoder": (8, 16)}
    members = [build_capsnet(16, 3, settings) for _ in range(2)]
    save_network(ensemble_of(members), tmp_path / "a.keras")
    loaded = load_classifier(tmp_path / "a.keras")
    assert loaded.count_params() == 2 * classifying_part(members[0]).count_params()
    expected = np.mean([np.asarray(classifying_part(member)(images)) for member in members], axis=0)
    np.testing.assert_allclose(np.asarray(loaded(images)), expected, rtol=1e-5)


def test_an_ensemble_of_one_is_that_one(images):
    (member,) = members_of(1)
    np.testing.assert_array_equal(np.asarray(ensemble_of([member])(images)), np.asarray(member(images)))


def test_members_that_have_been_read_make_an_ensemble(images, tmp_path):
    for name, member in zip("ab", members_of(), strict=True):
        save_network(member, tmp_path / f"{name}.keras")
    members = [keras.saving.load_model(tmp_path / f"{name}.keras", safe_mode=True) for name in "ab"]
    expected = np.mean([np.asarray(member(images)) for member in members], axis=0)
    np.testing.assert_allclose(np.asarray(ensemble_of(members)(images)), expected, rtol=1e-5)


@pytest.mark.parametrize("other", [{"n_classes": 4}, {"size": 20}, None])
def test_members_that_do_not_fit_together_are_an_error(other):
    members = [] if other is None else [*members_of(1), *members_of(1, **other)]
    with pytest.raises(ValueError, match="shape"):
        ensemble_of(members)


def record_of(seed, **changes):
    shared = {key: key for key in SHARED}
    return shared | {"seed": seed, "fold": None, "parameters": 10, "history": [seed]} | changes


def test_the_record_of_an_ensemble_is_what_its_members_share():
    found = ensemble_record([record_of(1), record_of(2, fold=3)])
    assert found["members"] == [{"seed": 1, "fold": None}, {"seed": 2, "fold": 3}]
    assert found["parameters"] == 20
    assert {key: found[key] for key in SHARED} == {key: key for key in SHARED}
    assert "history" not in found


def test_records_that_differ_where_they_must_not_are_an_error():
    with pytest.raises(ValueError, match="turns: turns and 8"):
        ensemble_record([record_of(1), record_of(2, turns=8)])
    with pytest.raises(ValueError, match="at least one member"):
        ensemble_record([])
