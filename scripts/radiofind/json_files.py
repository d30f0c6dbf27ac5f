"""Read dataclasses from JSON files; pydantic compares what they hold with the types of the fields."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from radiofind.errors import reason, shown

Content = TypeVar("Content")


def read_json(
    path: str | Path, kind: type[Content], *, what: str, use: Callable[[Content], object] | None = None
) -> Content:
    """Return what a JSON file describes.

    Parameters
    ----------
    path
        A file with the fields of a dataclass, and perhaps more, or with a list of such.
    kind
        The dataclass, or a list of it.
    what
        What the file is to be, for the error.
    use
        Makes some use of what was read, and raises when it cannot be used.

    Raises
    ------
    ValueError
        When it is not such a file.
    """
    try:
        content = TypeAdapter(kind).validate_json(Path(path).read_bytes(), strict=True)
        if use:
            use(content)
    except ValidationError as error:
        raise ValueError(f"{path}: expected {what}, received {_problem(error)}") from error
    except (FileNotFoundError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{path}: expected {what}, received {reason(error)}") from error
    return content


def _problem(error: ValidationError) -> str:
    """Return in words what is wrong with a file: all that is missing, or the first wrong value."""
    missing = [_key(one) for one in error.errors() if one["type"] == "missing"]
    if missing:
        return f"none of {', '.join(missing)}"
    first = error.errors()[0]
    return f"{_key(first)} {shown(str(first['input']))} ({first['msg']})".strip()


def _key(problem: dict) -> str:
    """Return where a problem lies, as ``calibration.a``."""
    return ".".join(map(str, problem["loc"]))
