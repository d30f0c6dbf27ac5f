"""Ensembles: several trained classifiers that are used, and kept, as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import keras
from keras import layers

from radiofind.classifiers.architectures.table import classifying_part

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
"""Keys of a record that all members of an ensemble have in common."""


def ensemble_of(networks: Sequence[keras.Model]) -> keras.Model:
    """Return one network that averages the probabilities of several.

    Parameters
    ----------
    networks
        Members for cutouts of one size and the same classes; what does not classify is left out.

    Returns
    -------
    keras.Model
        From ``image`` to ``probabilities``, as a member has them, and with their weights.

    Raises
    ------
    ValueError
        When there are none, or they do not fit together.
    """
    parts = [classifying_part(network) for network in networks]
    shapes = sorted({str((part.input_shape, part.output_shape)) for part in parts})
    if len(shapes) != 1:
        raise ValueError(f"Expected members with the same shapes, received {' and '.join(shapes) or 'none'}")
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
    """Return the record of an ensemble, from those of its members.

    Parameters
    ----------
    records
        In the order of the members.

    Raises
    ------
    ValueError
        When there are none, or they differ in what an ensemble has once.
    """
    if not records:
        raise ValueError("Expected the records of one member or more, received none")
    first = records[0]
    for record in records[1:]:
        differing = [key for key in SHARED if record[key] != first[key]]
        if differing:
            key = differing[0]
            raise ValueError(
                f"Expected members of one {key}, received {first[key]} and {record[key]}; "
                "members that are removed are trained anew"
            )
    members = [{"seed": record["seed"], "fold": record["fold"]} for record in records]
    parameters = sum(record["parameters"] for record in records)
    return {key: first[key] for key in SHARED} | {"members": members, "parameters": parameters}
