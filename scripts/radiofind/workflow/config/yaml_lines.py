"""Find the line number of a key in a YAML file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from radiofind.errors import reason, shown
from radiofind.workflow.config.messages import Keys, listed


class _Loader(yaml.SafeLoader):
    """YAML loader that reports the line of an invalid value, such as a date in month 13."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> object:
        """Return the value of a node."""
        try:
            return super().construct_object(node, deep)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            problem = f"a value that cannot be read ({reason(error)})"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark) from error


@dataclass(frozen=True)
class YamlFile:
    """A YAML file with its line numbers."""

    name: str
    """Its path, for messages."""
    root: yaml.Node | None
    """The nodes with their lines; None for an empty file or JSON with tabs."""
    content: object
    """Its content."""

    def line_of(self, keys: Keys) -> int | None:
        """Return the line, from 1, of a key or list entry; None if the file does not have it."""
        node, line = self.root, None
        for key in keys:
            node, line = _child(node, key)
        return line

    def value_of(self, keys: Keys) -> object:
        """Return the value of an existing key."""
        value = self.content
        for key in keys:
            value = value[key]
        return value


def read_yaml(path: str | Path, name: str) -> YamlFile:
    """Return a YAML file with its lines.

    Parameters
    ----------
    path
        The file.
    name
        Its name in messages.

    Raises
    ------
    ValueError
        If it cannot be read, is not YAML, or has a key twice in a mapping; the message gives file and line.
    """
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
        loader = _Loader(text)
        root = loader.get_single_node()
        _refuse_repeated_keys(root, name)
        return YamlFile(name, root, {} if root is None else loader.construct_document(root))
    except yaml.MarkedYAMLError as error:
        if _is_json(text):
            return YamlFile(name, None, json.loads(text))
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ValueError(
            f"{name}, line {line}: expected YAML, received a mistake: {reason(error.problem)}"
        ) from error
    except RecursionError as error:
        raise ValueError(f"{name}: expected YAML, received lists or keys in too many others") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ValueError(f"{name}: expected a YAML file in UTF-8, received: {reason(error)}") from error


def as_text(keys: Keys) -> str:
    """Return keys in the form used in messages: ``finders.pybdsf.thresh_pix`` or ``find_with[2]``."""
    text = "".join(f"[{shown(key)}]" if isinstance(key, int) else f".{shown(key)}" for key in keys)
    return text.removeprefix(".")


def _child(node: yaml.Node | None, key: str | int) -> tuple[yaml.Node | None, int | None]:
    """Return the node of a key, and the line of the key."""
    if isinstance(node, yaml.MappingNode):
        for key_node, value_node in reversed(node.value):
            if _key(key_node) == key:
                return value_node, key_node.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and 0 <= key < len(node.value):
        return node.value[key], node.value[key].start_mark.line + 1
    return None, None


def _key(node: yaml.Node) -> object:
    """Return the key in a node."""
    return _Loader("").construct_object(node, deep=True)


def _refuse_repeated_keys(root: yaml.Node | None, name: str) -> None:
    """Raise if a mapping has a key twice, as YAML would silently use the last one."""
    problems = [
        f"{name}, line {line}: {as_text(keys)}: expected each key once, received it on line {first} too"
        for keys, first, line in _repeated_keys(root, (), set())
    ]
    if problems:
        raise ValueError(listed(problems))


def _repeated_keys(node: yaml.Node | None, keys: Keys, seen: set[int]) -> Iterator[tuple[Keys, int, int]]:
    """Yield each repeated key, with its first line and the line of the repetition."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        lines: dict[object, int] = {}
        for key_node, value_node in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else id(key_node)
            line = key_node.start_mark.line + 1
            if key in lines:
                yield (*keys, key), lines[key], line
            lines[key] = line
            yield from _repeated_keys(value_node, (*keys, key), seen)
    elif isinstance(node, yaml.SequenceNode):
        for position, child in enumerate(node.value):
            yield from _repeated_keys(child, (*keys, position), seen)


def _is_json(text: str) -> bool:
    """Return whether a text is JSON, which allows tabs where YAML does not."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
