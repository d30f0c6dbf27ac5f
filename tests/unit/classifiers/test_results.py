"""Members become one classifier, and each is asked about the cutouts that it has never seen."""

import json
from dataclasses import replace

import numpy as np
import pytest

from blobs import CLASSES, cutouts_of
from eager import without_graphs
from radiofind.classifiers.models import read_classifier
from radiofind.classifiers.results import joined_members, member_files, predict_members, view_capsules
from radiofind.classifiers.training import train_member
from radiofind.files import write_json
from radiofind.networks.saving import save_network

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread")]

SETTINGS = {
    **{"architecture": "simple", "recipe": "default", "variant": "default", "epochs": 1, "clip_rms": 0},
    **{"augment": False, "threads": 1, "precision": "float32", "weights": None},
}


def trained(folder, cutouts, names, **changes):
    """Return the files of members that were trained for an epoch."""
    for name, numbers in names.items():
        network, record, _ = train_member(
            cutouts, settings=SETTINGS | changes, **numbers, state=folder / "state", code="x"
        )
        save_network(network, folder / f"{name}.keras")
        write_json(record, folder / f"{name}.json")
    return member_files(
        list(names), *([str(folder / f"{name}.{end}") for name in names] for end in ("keras", "json"))
    )


@pytest.fixture(scope="module", autouse=True)
def at_once():
    """Without graphs also what is made once for all tests."""
    with without_graphs():
        yield


@pytest.fixture(scope="module")
def cutouts():
    return cutouts_of(36)


@pytest.fixture(scope="module")
def members(tmp_path_factory, cutouts):
    """Two members of the split of the data set."""
    names = {f"seed{seed}": {"seed": seed, "fold": None} for seed in (1, 2)}
    return trained(tmp_path_factory.mktemp("members"), cutouts, names)


def test_each_member_answers_for_the_test_alone(cutouts, members):
    found = predict_members(cutouts, members, threads=1)
    test = np.flatnonzero(cutouts.split == "test")
    assert [list(rows["row"]) for _, rows in found.groupby("member")] == [list(test)] * 2
    one, other = (read_classifier(member.network, member.record) for member in members)
    for classifier, (_, rows) in zip((one, other), found.groupby("member"), strict=True):
        expected = classifier.predict_classes(cutouts.image[test], cutouts.rms[test])
        assert np.allclose(rows[[f"probability_{name}" for name in CLASSES]], expected)
        assert list(rows["class"]) == [CLASSES[label] for label in cutouts.label[test]]


def test_members_of_folds_answer_for_each_cutout_once(cutouts, tmp_path):
    names = {f"seed1-fold{fold}": {"seed": 1, "fold": fold} for fold in (1, 2)}
    found = predict_members(cutouts, trained(tmp_path, cutouts, names, folds=2), threads=1)
    assert sorted(found["row"]) == list(range(len(cutouts.label)))
    assert set(found["member"]) == set(names)


def test_a_member_of_another_split_is_refused(cutouts, members):
    other = replace(cutouts, split=np.roll(cutouts.split, 3))
    with pytest.raises(ValueError, match=r"seed1\.json: .*split"):
        predict_members(other, members, threads=1)


def test_the_joined_classifier_averages_its_members(cutouts, members, tmp_path):
    network, record = joined_members(members)
    save_network(network, tmp_path / "model.keras")
    write_json(record, tmp_path / "model.json")
    joined = read_classifier(tmp_path / "model.keras", tmp_path / "model.json")
    parts = [
        read_classifier(one.network, one.record).predict_classes(cutouts.image, cutouts.rms)
        for one in members
    ]
    assert np.allclose(joined.predict_classes(cutouts.image, cutouts.rms), np.mean(parts, axis=0), atol=1e-5)
    assert [member["seed"] for member in json.loads((tmp_path / "model.json").read_text())["members"]] == [
        1,
        2,
    ]


def test_networks_without_capsules_draw_nothing(cutouts, members):
    assert len(view_capsules(cutouts, members[0]).image) == 0


def test_capsules_draw_test_cutouts_of_each_class(cutouts, tmp_path):
    (member,) = trained(tmp_path, cutouts, {"seed1": {"seed": 1, "fold": None}}, architecture="capsnet")
    views = view_capsules(cutouts, member)
    assert views.image.shape == views.reconstruction.shape == (9, 48, 48)
    assert sorted(views.label) == [0] * 3 + [1] * 3 + [2] * 3
    assert views.perturbed.shape == (3, 16, len(views.steps), 48, 48)
    assert list(views.label[views.perturbed_of]) == [0, 1, 2]
    unchanged = views.perturbed[:, 0, np.flatnonzero(views.steps == 0)[0]]
    assert np.allclose(unchanged, views.reconstruction[views.perturbed_of], atol=1e-5)
