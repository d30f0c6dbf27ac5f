"""Read what was learned, without a network, from a JSON file with the fields of a dataclass."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import TypeVar

Model = TypeVar("Model")


def read_json_model(
    path: str | Path, kind: type[Model], *, what: str, use: Callable[[Model], object]
) -> Model:
    """Return the model that a JSON file describes.

    Parameters
    ----------
    path
        A file with the fields of the dataclass, and perhaps more.
    kind
        The dataclass.
    what
        What the file is to be, for the error.
    use
        Makes some use of a model, and raises when it is none that can be used.

    Raises
    ------
    ValueError
        When it is not such a file.
    """
    names = [field.name for field in fields(kind)]
    try:
        content = json.loads(Path(path).read_text())
        model = kind(**{name: content[name] for name in names})
        use(model)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"Expected {what} in {path}, received {error!r}") from error
    return model
