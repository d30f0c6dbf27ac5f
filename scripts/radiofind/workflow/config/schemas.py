"""Check values against a JSON schema, with messages for users, and fill in defaults."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping, Sequence

import jsonschema

from radiofind.errors import closest, quoted, shown
from radiofind.files import NAME_RULE
from radiofind.workflow.config.messages import Fault, Keys
from radiofind.workflow.config.sizes import EXACTLY_ONE
from radiofind.workflow.config.yaml_lines import as_text

TYPES = {
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "boolean": "true or false",
    "array": "a list",
    "object": "keys with values",
    "null": "null",
}

EXPECTED = {
    "const": "{}",
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "minItems": "a list of {} or more",
    "maxItems": "a list of {} or fewer",
    "minProperties": "{} name or more",
    "uniqueItems": "each entry once",
    "minLength": "text that is not empty",
    "pattern": NAME_RULE,
}
"""Messages by keyword of our schemas; other keywords need more than their value."""


LARGEST_INTEGER = 2**53
"""Above this, not all integers are exact as floating-point numbers."""

NOTHING = "nothing"
"""What was received if a key is missing."""


def faults_of(value: object, schema: Mapping, at: Keys = ()) -> list[Fault]:
    """Return the faults in a value, one for each place.

    Parameters
    ----------
    value
        A configuration or a part of it.
    schema
        JSON schema; ``refused`` may list keys with their replacements, and ``expected`` may describe a
        pattern in words.
    at
        Path of keys to the value.
    """
    faults = [fault for error in _Validator(schema).iter_errors(value) for fault in _faults(error, at)]
    return list({fault.keys: fault for fault in reversed(faults)}.values())[::-1]


def completed(value: object, schema: Mapping) -> object:
    """Return a valid value with the schema's defaults and in its order, and whole numbers as integers.

    A key that is given in another unit has no default.
    """
    if isinstance(value, Mapping):
        known, rest = schema.get("properties", {}), schema.get("additionalProperties") or {}
        given = [key for keys in schema.get(EXACTLY_ONE, []) if value.keys() & set(keys) for key in keys]
        defaults = {
            key: copy.deepcopy(part["default"])
            for key, part in known.items()
            if "default" in part and key not in given
        }
        filled = {**defaults, **value}
        keys = [key for key in known if key in filled] + [key for key in value if key not in known]
        return {key: completed(filled[key], known.get(key, rest)) for key in keys}
    if isinstance(value, list):
        return [completed(part, schema.get("items", {})) for part in value]
    if isinstance(value, float) and schema.get("type") == "integer":
        return int(value)
    return value


def _faults(error: jsonschema.ValidationError, at: Keys) -> Iterator[Fault]:
    """Yield the faults behind one error of the validator, which may concern several keys."""
    keys, value = (*at, *error.absolute_path), error.instance
    if "propertyNames" in error.relative_schema_path:
        yield Fault((*keys, value), _expected_name(error), shown(value))
    elif error.validator == "additionalProperties":
        yield from _unknown_keys(value, error.schema, keys)
    elif error.validator == "required":
        missing = [key for key in error.validator_value if key not in value]
        yield from (Fault((*keys, key), "a value", NOTHING) for key in missing)
    elif error.validator == "dependentRequired":
        yield from _missing_with_others(value, error.validator_value, keys)
    elif error.validator == EXACTLY_ONE:
        yield _choice(value, error.validator_value, keys)
    else:
        yield Fault(keys, _expected(error), quoted(value), value)


def _expected_name(error: jsonschema.ValidationError) -> str:
    """Return in words what a schema expects of a name."""
    if error.validator == "not":
        taken = ", ".join(error.validator_value["enum"])
        return f"a name that results/ does not use itself ({taken})"
    return NAME_RULE


def _missing_with_others(value: Mapping, needed: Mapping[str, Sequence[str]], keys: Keys) -> Iterator[Fault]:
    """Yield a fault for each key that is missing although another one says nothing without it."""
    others: dict[str, list[str]] = {}
    for key, wanted in needed.items():
        for missing in (one for one in wanted if key in value and one not in value):
            others.setdefault(missing, []).append(key)
    for missing, given in others.items():
        yield Fault((*keys, missing), f"a value beside {', '.join(given)} (null to train a network)", NOTHING)


def _choice(value: Mapping, choice: Sequence[str], keys: Keys) -> Fault:
    """Return the fault that all keys of a choice are given, or none."""
    first, *_, last = choice
    if last in value:
        instead = as_text((*keys, first))
        return Fault((*keys, last), f"this or {instead}", "both: remove one of them", value[last])
    return Fault((*keys, first), f"a value (or {last})", NOTHING)


def _unknown_keys(value: Mapping, schema: Mapping, keys: Keys) -> Iterator[Fault]:
    """Yield a fault for each key that the schema does not have, with the key to use instead."""
    known = schema.get("properties", {})
    instead = {key: row["instead"] for row in schema.get("refused", []) for key in row["options"]}
    for key in value:
        if key in instead:
            yield Fault((*keys, key), instead[key], f"the option {key}")
        elif key not in known:
            hint = closest(key, known) or f" (the keys are {', '.join(known)})"
            yield Fault((*keys, key), "a known key", f"{shown(key)}{hint}")


def _expected(error: jsonschema.ValidationError) -> str:
    """Return in words what a schema expects of a value."""
    asked = error.validator_value
    if error.validator == "type":
        names = [asked] if isinstance(asked, str) else asked
        return " or ".join(TYPES[name] for name in names) + _typing_hint(error.instance, names)
    if error.validator == "enum":
        return "one of " + ", ".join("null" if choice is None else str(choice) for choice in asked)
    if error.validator == "pattern" and "expected" in error.schema:
        return error.schema["expected"]
    return EXPECTED[error.validator].format(asked)


def _typing_hint(value: object, types: list[str]) -> str:
    """Return a hint on how to write a value that YAML took for another type; empty if not applicable."""
    if isinstance(value, str) and {"number", "integer"} & set(types):
        try:
            float(value)
        except ValueError:
            return ""
        return " (to YAML this is text: write it without quotes, and an exponent as in 83.0e-6)"
    if "string" in types and not isinstance(value, Mapping | list):
        return " (put it in quotes)"
    return ""


def _check_choices(
    validator: jsonschema.Draft202012Validator, choices: list, value: object, schema: Mapping
) -> Iterator[jsonschema.ValidationError]:
    """Yield an error for each choice of which several keys are given, or none and none has a default."""
    for choice in choices if validator.is_type(value, "object") else []:
        given = [key for key in choice if key in value]
        needed = not any("default" in schema["properties"][key] for key in choice)
        if len(given) > 1 or (needed and not given):
            yield jsonschema.ValidationError("", validator_value=choice)


def _is_number(_checker: jsonschema.TypeChecker, value: object) -> bool:
    """Return whether a value is a finite number, as ``.nan`` in YAML would pass every limit."""
    return (isinstance(value, int) and not isinstance(value, bool)) or (
        isinstance(value, float) and math.isfinite(value)
    )


def _is_integer(checker: jsonschema.TypeChecker, value: object) -> bool:
    """Return whether a value is a whole number, however it is written."""
    return _is_number(checker, value) and abs(value) <= LARGEST_INTEGER and value == int(value)


_Validator = jsonschema.validators.extend(
    jsonschema.Draft202012Validator,
    validators={EXACTLY_ONE: _check_choices},
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine_many(
        {"number": _is_number, "integer": _is_integer}
    ),
)
