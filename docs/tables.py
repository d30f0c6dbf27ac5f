"""Write the tables of keys and of columns in the manual, from the schemas and from the table of columns.

A page says where with ``<!-- table NAME -->`` and ``<!-- end of table -->`` on lines of their own.
`make docs` runs this program; with ``--check`` it changes nothing, and fails when a page is out of date.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import yaml

from radiofind.catalogues.columns import CATALOGUE, CORRECTED, RELIABLE, SPECTRAL, SURVEY, Column

REPOSITORY = Path(__file__).parents[1]
CONFIG = REPOSITORY / "config"
PAGES = ("config/README.md", "docs/catalogues.md", "docs/survey.md")
TABLE = re.compile(r"(<!-- table ([\w ]+) -->\n).*?(<!-- end of table -->)", re.DOTALL)
GROUPS = (
    "tiling",
    "noise",
    "match",
    "evaluation",
    "matched_simulation",
    "survey",
    "injections",
    "classify_sources",
)
"""Keys whose own keys stand in the same table."""
TABLES_OF_THEIR_OWN = ("classifiers", "dask")
"""Keys whose defaults another table tells."""
DATASETS = ("file", "simulated", "components", "morphology")
OF_EVERY_FINDER = ("kind", "tiles_per_job")

Row = tuple[str, ...]


def schema_of(name: str) -> dict:
    """Return a schema of the configuration."""
    return yaml.safe_load((CONFIG / "schemas" / f"{name}.schema.yaml").read_text())


def with_tables(page: str) -> str:
    """Return the text of a page with all its tables made anew."""
    return TABLE.sub(lambda match: f"{match[1]}\n{TABLES[match[2]]()}\n{match[3]}", page)


def main(arguments: Sequence[str]) -> int:
    """Rewrite the pages, or only name those that are out of date; return 1 then."""
    pages = {REPOSITORY / name: (REPOSITORY / name).read_text() for name in PAGES}
    outdated = {path: new for path, old in pages.items() if (new := with_tables(old)) != old}
    if "--check" in arguments:
        for path in outdated:
            print(f"{path.relative_to(REPOSITORY)} is out of date; `make docs` makes its tables anew")
        return int(bool(outdated))
    for path, text in outdated.items():
        path.write_text(text)
    return 0


def keys() -> str:
    """Return the table of the keys of the configuration."""
    properties, given = (
        schema_of("config")["properties"],
        yaml.safe_load((CONFIG / "config.yaml").read_text()),
    )
    return _table(("key", "unit", "default", "meaning"), _rows(properties, given))


def keys_in(*path: str, schema: str = "config", without: Sequence[str] = ()) -> str:
    """Return the table of the keys of a part of a schema."""
    part = schema_of(schema)
    for key in path:
        part = part[key]
    chosen = {key: value for key, value in part["properties"].items() if key not in without}
    return _table(("key", "unit", "default", "meaning"), _rows(chosen, {}))


def dataset_keys() -> str:
    """Return the table of the keys of all kinds of data sets; kinds that say the same share a row."""
    kinds: dict[Row, list[str]] = {}
    for kind in DATASETS:
        properties = schema_of(f"datasets/{kind}")["properties"]
        for row in _rows({key: value for key, value in properties.items() if key != "kind"}, {}):
            kinds.setdefault(row, []).append(kind)
    order = list(dict.fromkeys(row[0] for row in kinds))
    rows = [
        (key, "all" if len(which) == len(DATASETS) else ", ".join(which), *rest)
        for (key, *rest), which in sorted(kinds.items(), key=lambda one: order.index(one[0][0]))
    ]
    return _table(("key", "of kind", "unit", "default", "meaning"), rows)


def columns_in(columns: Sequence[Column]) -> str:
    """Return the table of the columns of a file."""
    rows = [
        (f"`{column.name}`", column.unit, column.ucd and f"`{column.ucd}`", column.description)
        for column in columns
    ]
    return _table(("column", "unit", "UCD", "meaning"), rows)


def _rows(properties: Mapping[str, Mapping], given: Mapping, above: str = "") -> Iterator[Row]:
    """Yield key, unit, default and meaning of each key, and of those in its groups of keys."""
    for key, part in properties.items():
        if key not in GROUPS or "null" in part["type"]:
            yield _row(f"{above}{key}", part, given.get(key))
        if key in GROUPS:
            yield from _rows(part["properties"], given.get(key) or {}, f"{above}{key}.")


def _row(key: str, part: Mapping, given: object) -> Row:
    """Return key, unit, default and meaning; the default is that of the schema, or what config.yaml says."""
    unit = "" if part.get("unit") in (None, "none") else part["unit"]
    default = part.get("default", given)
    needed = "default" not in part and given is None
    shown = "needed" if needed else "" if key in TABLES_OF_THEIR_OWN else _shown(default)
    if needed and key.endswith("_beams"):  # given instead of the same in pixels
        shown = "none"
    return f"`{key}`", unit, shown, part["description"].removesuffix(".")


def _shown(value: object) -> str:
    """Return a value as a user writes it."""
    if isinstance(value, Mapping):
        return ", ".join(f"`{key}`" for key in value) or "none"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:g}"
    return f"`{yaml.safe_dump([value], default_flow_style=True).strip()[1:-1]}`"


def _table(head: Row, rows: Iterable[Row]) -> str:
    """Return a table in Markdown."""
    lines = [" | ".join(row) for row in (head, ("---",) * len(head), *(map(_cell, row) for row in rows))]
    return "".join(f"| {line} |\n" for line in lines).replace("| --- |", "|---|").replace(" --- ", "---")


def _cell(text: str) -> str:
    """Return a text that ends no cell."""
    return " ".join(text.split()).replace("|", r"\|")


TABLES = {
    "keys": keys,
    "keys of convosource": lambda: keys_in(schema="finders/convosource", without=OF_EVERY_FINDER),
    "keys of combined": lambda: keys_in(schema="finders/combined", without=OF_EVERY_FINDER),
    "keys of classifiers": lambda: keys_in("properties", "classifiers"),
    "keys of data sets": dataset_keys,
    "keys of networks": lambda: keys_in(schema="network"),
    "keys of dask": lambda: keys_in("properties", "dask"),
    "keys of simulations": lambda: keys_in("properties", "simulations", "additionalProperties"),
    "columns": lambda: columns_in(CATALOGUE),
    "spectral": lambda: columns_in(SPECTRAL),
    "survey": lambda: columns_in([column for column in SURVEY if column not in CATALOGUE]),
    "corrected": lambda: columns_in(CORRECTED + RELIABLE),
}
"""What makes each table."""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
