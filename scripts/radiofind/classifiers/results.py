"""Combine the members of a classifier into an ensemble, and predict the test cutouts with each member."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from radiofind.classifiers.architectures.capsules import STEPS, perturb_capsules, reconstruct
from radiofind.classifiers.capsule_views import CapsuleViews, no_views
from radiofind.classifiers.cutouts import Cutouts
from radiofind.classifiers.ensembles import ensemble_of, ensemble_record
from radiofind.classifiers.members import member_of, split_digest
from radiofind.classifiers.models import load_member, read_classifier
from radiofind.classifiers.predictions import tabulate_predictions
from radiofind.classifiers.preparation import Preparation, prepare
from radiofind.networks.backend import set_up
from radiofind.networks.lean_keras import keras

VIEWS_PER_CLASS = 4
"""Number of test cutouts per class for which reconstructions are made."""


@dataclass(frozen=True)
class MemberFiles:
    """A trained member."""

    name: str
    """``seed1`` or ``seed1-fold2``."""
    network: str
    """Its ``.keras`` file."""
    record: str
    """Its ``.json`` file."""

    def read_record(self) -> dict[str, object]:
        """Return its training record."""
        return json.loads(Path(self.record).read_text())


def member_files(names: Sequence[str], networks: Sequence[str], records: Sequence[str]) -> list[MemberFiles]:
    """Return the members of a classifier from their names and files, in the same order."""
    return [MemberFiles(*one) for one in zip(names, networks, records, strict=True)]


def predict_members(cutouts: Cutouts, members: Sequence[MemberFiles], *, threads: int) -> pd.DataFrame:
    """Return the predictions of each member for its test cutouts.

    Parameters
    ----------
    cutouts
        The data set on which they were trained.
    members
        The members, one or more.
    threads
        Threads of one operation on a CPU.

    Returns
    -------
    pandas.DataFrame
        As from `predictions.tabulate_predictions`.

    Raises
    ------
    ValueError
        If a member was trained on another split of the data set.
    """
    set_up(threads=threads, seed=0)
    return pd.concat([_predict(cutouts, member) for member in members], ignore_index=True)


def joined_members(members: Sequence[MemberFiles]) -> tuple[keras.Model, dict[str, object]]:
    """Return the ensemble, one network that averages the members, and its record."""
    networks = [load_member(member.network) for member in members]
    return ensemble_of(networks), ensemble_record([member.read_record() for member in members])


def view_capsules(cutouts: Cutouts, member: MemberFiles) -> CapsuleViews:
    """Return a member's reconstructions of some test cutouts; empty for a member without capsules.

    Parameters
    ----------
    cutouts
        The data set.
    member
        The member.
    """
    network, record = load_member(member.network), member.read_record()
    rows = _views(cutouts.label, _test_rows(cutouts, record, member))
    if "capsules" not in {layer.name for layer in network.layers} or not len(rows):
        return no_views(cutouts.classes)
    images = prepare(cutouts.image[rows], cutouts.rms[rows], Preparation(**record["preparation"]))
    lengths = keras.Model(network.get_layer("image").output, network.get_layer("lengths").output)
    first = np.unique(cutouts.label[rows], return_index=True)[1]
    return CapsuleViews(
        classes=cutouts.classes,
        image=images[..., 0],
        reconstruction=reconstruct(network, images)[..., 0],
        label=cutouts.label[rows].astype(int),
        predicted=np.asarray(lengths.predict_on_batch(images)).argmax(axis=1),
        perturbed=perturb_capsules(network, images[first])[..., 0],
        perturbed_of=first,
        steps=np.array(STEPS),
    )


def _predict(cutouts: Cutouts, member: MemberFiles) -> pd.DataFrame:
    """Return the predictions of a member for its test cutouts."""
    rows = _test_rows(cutouts, member.read_record(), member)
    classifier = read_classifier(member.network, member.record)
    probabilities = classifier.predict_classes(cutouts.image[rows], cutouts.rms[rows])
    return tabulate_predictions(cutouts, probabilities, rows=rows, member=member.name)


def _test_rows(cutouts: Cutouts, record: Mapping[str, object], files: MemberFiles) -> np.ndarray:
    """Return the indices of a member's test cutouts."""
    member = member_of(cutouts, record["settings"], record["seed"], record["fold"])
    if (found := split_digest(member)) != record["split_digest"]:
        raise ValueError(
            f"{files.record}: this member was trained on split {record['split_digest']}, but the data set "
            f"has split {found}; remove the member to train it again"
        )
    return np.flatnonzero(member.split == "test")


def _views(label: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the first rows of each class."""
    chosen = [rows[label[rows] == one][:VIEWS_PER_CLASS] for one in np.unique(label[rows])]
    return np.concatenate(chosen) if chosen else rows[:0]
