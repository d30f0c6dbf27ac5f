"""Read dataclasses from JSON files; pydantic checks the types of their fields."""

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
    """Return the dataclass, or the list of dataclasses, in a JSON file.

    Parameters
    ----------
    path
        The file. Further keys in it are ignored.
    kind
        The dataclass, or a list of it.
    what
        What the file should be, for the error message.
    use
        A further check: raises an error if the content cannot be used.

    Raises
    ------
    ValueError
        If the file cannot be read or is not of this kind.
    """
    try:
        content = TypeAdapter(kind).validate_json(Path(path).read_bytes(), strict=True)
        if use:
            use(content)
    except ValidationError as error:
        raise ValueError(f"{path}: not {what}: {_problem(error)}") from error
    except (FileNotFoundError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{path}: not {what}: {reason(error)}") from error
    return content


def _problem(error: ValidationError) -> str:
    """Return what is wrong with a file: all missing keys, or the first wrong value."""
    missing = [_key(one) for one in error.errors() if one["type"] == "missing"]
    if missing:
        return f"missing {', '.join(missing)}"
    first = error.errors()[0]
    return f"{_key(first)} {shown(str(first['input']))} ({first['msg']})".strip()


def _key(problem: dict) -> str:
    """Return the key of a problem, for example ``calibration.a``."""
    return ".".join(map(str, problem["loc"]))
