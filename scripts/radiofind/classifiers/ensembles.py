"""Combine several trained classifiers into one network, an ensemble."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from radiofind.classifiers.architectures.table import classifying_part
from radiofind.networks.lean_keras import keras, layers

SHARED = (
    "architecture",
    "recipe",
    "variant",
    "settings",
    "classes",
    "pixel_arcsec",
    "preparation",
    "turns",
    "keras",
)
"""Keys of a record that must be equal for all members of an ensemble."""


def ensemble_of(networks: Sequence[keras.Model]) -> keras.Model:
    """Return one network that averages the probabilities of several networks.

    Parameters
    ----------
    networks
        Members with the same input size and classes; only their classifying parts are used.

    Returns
    -------
    keras.Model
        From ``image`` to ``probabilities``, like a member, with the weights of all.

    Raises
    ------
    ValueError
        If there are none, or they have different shapes.
    """
    parts = [classifying_part(network) for network in networks]
    shapes = sorted({str((part.input_shape, part.output_shape)) for part in parts})
    if len(shapes) != 1:
        raise ValueError(f"members of an ensemble must have one shape, not {' and '.join(shapes) or 'none'}")
    if len(parts) == 1:
        return parts[0]
    image = keras.Input(parts[0].input_shape[1:], name="image")
    members = [
        keras.Model(part.inputs[0], part.outputs[0], name=f"member{number}")(image)
        for number, part in enumerate(parts, start=1)
    ]
    average = layers.Average(name="probabilities", dtype="float32")(members)
    return keras.Model(image, average, name="ensemble")


def ensemble_record(records: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """Return the record of an ensemble, from the records of its members.

    Parameters
    ----------
    records
        In the order of the members.

    Raises
    ------
    ValueError
        If there are none, or they differ in a key that an ensemble has once.
    """
    if not records:
        raise ValueError("an ensemble needs at least one member")
    first = records[0]
    for record in records[1:]:
        differing = [key for key in SHARED if record[key] != first[key]]
        if differing:
            key = differing[0]
            raise ValueError(
                f"members of an ensemble differ in {key}: {first[key]} and {record[key]}; "
                "remove the outdated members to train them again"
            )
    members = [{"seed": record["seed"], "fold": record["fold"]} for record in records]
    parameters = sum(record["parameters"] for record in records)
    return {key: first[key] for key in SHARED} | {"members": members, "parameters": parameters}
