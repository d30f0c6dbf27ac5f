"""Explain why a job runs, from Snakemake's reason and the provenance of its last result."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

CODE = re.compile(r"[0-9a-f]{16}")
"""A digest as `code_digest.digest_of` makes it."""
OF_THE_SHEET = {
    *("image", "primary_beam", "truth", "truth_format", "beam", "frequency_hz", "plane"),
    *("train_box", "validation_box", "training_set"),
}
STAMPED = "file "
"""Prefix of the names of stamps; see `Plan.stamps`."""
FOLLOWING = {"tiles", "noise"}
"""Parameters with paths of tile files, which change with the tiles."""
OF_TILES = ("tiles", "noise")
"""Folders with one file per tile."""
OF_THE_TILING = ("core_pixels", "halo_pixels", "reach_pixels")
SHOWN = 3
"""Number of changed settings shown; the others are counted."""
WIDEST = 30
"""Maximum length of a value."""

NOT_MADE = object()
"""Placeholder for an unknown value."""


@dataclass(frozen=True)
class Reason:
    """Why Snakemake runs a job."""

    forced: bool = False
    """It was interrupted, or is forced on the command line."""
    missing: bool = False
    """A result is missing."""
    updated: tuple[str, ...] = ()
    """Inputs that are newer than its results; empty if a result is missing."""
    follows: tuple[str, ...] = ()
    """Inputs that other jobs will remake."""
    inputs: bool = False
    """Its set of inputs has changed."""
    before: tuple[object, ...] | None = ()
    """Values of parameters that are gone; None if they cannot be read."""
    now: tuple[object, ...] | None = ()
    """Values of parameters that are new."""
    environment: bool = False
    """Its software environment has changed."""

    @property
    def is_own(self) -> bool:
        """Whether the job has a cause of its own, other than a missing result or other jobs."""
        params = self.before != () or self.now != ()
        return self.forced or bool(self.updated) or self.inputs or params or self.environment


def reason_of_tile(reason: Reason, tile: str, *, is_kept: bool) -> Reason:
    """Return the part of a block job's reason that concerns one tile; empty if the tile is kept.

    Parameters
    ----------
    reason
        The reason of the job.
    tile
        The tile.
    is_kept
        Whether its detections are kept, so that a missing result does not make the job search it again.
    """
    return replace(
        reason,
        missing=reason.missing and not is_kept,
        updated=tuple(path for path in reason.updated if _concerns(path, tile)),
        follows=tuple(path for path in reason.follows if _concerns(path, tile)),
        # The inputs of a block change if tiles become live or blank; those tiles have their own reasons.
        inputs=False,
    )


def _concerns(path: str, tile: str) -> bool:
    """Return whether a file concerns a tile: it is not the file of another tile."""
    place = Path(path)
    return place.parent.name not in OF_TILES or place.stem == tile


def describe_params(
    reason: Reason, *, rule: str, subject: str, recorded: Mapping[str, object]
) -> Iterator[str]:
    """Yield descriptions of changed parameters of a job: code, settings, sheet.

    Parameters
    ----------
    reason
        Why the job runs.
    rule
        Its rule.
    subject
        The owner of the settings, such as a finder.
    recorded
        Its last parameters by name, as far as they are known.
    """
    if reason.before is None or reason.now is None:
        yield f"settings of {subject} have changed"
        return
    before, now = _without_code(reason.before), _without_code(reason.now)
    if len(before) < len(reason.before) or len(now) < len(reason.now):
        yield f"code of {rule} has changed"
    told = [
        (name, f"{name} {_shown(old)} -> {_shown(new)}".strip())
        for name, old, new in _changes(before, now, recorded)
    ]
    stamped = [name.removeprefix(STAMPED) for name, _ in told if name.startswith(STAMPED)]
    of_files = [path for path in stamped if path not in reason.updated]  # newer inputs: see `Changes`
    told = [(name, text) for name, text in told if not name.startswith(STAMPED)]
    of_sheet = [text for name, text in told if name.split(".")[-1] in OF_THE_SHEET]
    of_subject = [
        text for name, text in told if text not in of_sheet and name.split(".")[-1] not in FOLLOWING
    ]
    if of_files:
        yield f"files have been replaced: {_some(of_files)}"
    if of_sheet:
        yield f"the sheet has changed: {_some(of_sheet)}"
    if of_subject:
        yield f"settings of {subject} have changed: {_some(of_subject)}"
    elif told and not of_sheet:
        yield "the tiles under its boxes have changed"


def describe_tile_change(recorded: Mapping[str, object] | None, now: Mapping[str, object] | None) -> str:
    """Return what has changed in a tile since its result was made; empty if nothing has.

    Parameters
    ----------
    recorded
        The digests of the tile recorded in its result, and the tiling if recorded; None without a record.
    now
        The content of the tile's file; None if there is no file.
    """
    if not recorded or not now:
        return "pixels, header or tiling have changed"
    tiling = [
        f"{key} {recorded[key]} -> {now.get(key)}"
        for key in OF_THE_TILING
        if key in recorded and recorded[key] != now.get(key)
    ]
    if tiling:
        # Sizes in beams change with the beam, which stands in the header.
        what = "header and " if recorded.get("header") != now.get("header") else ""
        return f"{what}tiling or noise box {'have' if what else 'has'} changed: {', '.join(tiling)}"
    changed = [key for key in ("pixels", "header") if recorded.get(key) != now.get(key)]
    if changed == ["header"]:
        return "header has changed"
    # Larger boxes have other digests: if their sizes are not recorded, they may be the cause.
    sizes_known = OF_THE_TILING[0] in recorded
    causes = {"pixels": "pixels" if sizes_known else "pixels (or tiling or noise box)", "header": "header"}
    return f"{' and '.join(causes[key] for key in changed)} have changed" if changed else ""


def read_values(values: Iterable[str]) -> tuple[object, ...] | None:
    """Parse values of parameters written as Python literals; None if one is not a literal."""
    try:
        return tuple(map(ast.literal_eval, values))
    except (ValueError, SyntaxError):
        return None


def _without_code(values: Sequence[object]) -> list[object]:
    """Return the values without digests of code."""
    return [value for value in values if not (isinstance(value, str) and CODE.fullmatch(value))]


def _changes(
    before: list[object], now: list[object], recorded: Mapping[str, object]
) -> Iterator[tuple[str, object, object]]:
    """Yield the name, old and new value of each change; the name may be unknown (empty)."""
    now = list(now)
    for old in before:
        new = _partner(old, now)
        if new is not NOT_MADE:
            now.remove(new)
        if isinstance(old, dict) and isinstance(new, dict):
            yield from _changed_keys(old, new)
        else:
            yield _name_of(old, recorded), old, new
    for new in now:
        yield "", NOT_MADE, new


def _partner(old: object, candidates: list[object]) -> object:
    """Return the new value that most likely replaces an old one."""
    if isinstance(old, dict):
        alike = [new for new in candidates if isinstance(new, dict)]
        return max(alike, key=lambda new: len(old.keys() & new.keys()), default=NOT_MADE)
    return next((new for new in candidates if not isinstance(new, dict)), NOT_MADE)


def _changed_keys(old: Mapping, new: Mapping, above: str = "") -> Iterator[tuple[str, object, object]]:
    """Yield the name, old and new value of each key in which two mappings differ."""
    for key in [*old, *(key for key in new if key not in old)]:
        one, other = old.get(key), new.get(key)
        if isinstance(one, dict) and isinstance(other, dict):
            yield from _changed_keys(one, other, f"{above}{key}.")
        elif one != other:
            yield f"{above}{key}", one, other


def _name_of(value: object, recorded: Mapping[str, object]) -> str:
    """Return the name under which a value is recorded; empty if unknown."""
    as_recorded = json.loads(json.dumps(value, default=str))
    return next((name for name, known in recorded.items() if known == as_recorded), "")


def _shown(value: object) -> str:
    """Return a value as text of limited length."""
    if value is NOT_MADE:
        return "?"
    text = "none" if value is None else str(value)
    return text if len(text) <= WIDEST else f"{text[:WIDEST]}..."


def _some(texts: Sequence[str]) -> str:
    """Return the first few texts and the number of the others."""
    more = f" and {len(texts) - SHOWN} more" if len(texts) > SHOWN else ""
    return ", ".join(texts[:SHOWN]) + more
