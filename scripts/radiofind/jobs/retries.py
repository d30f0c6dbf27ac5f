"""Give up a tile on which a job fails again and again, so that it does not stop a survey."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from radiofind.errors import InputFileError

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

MOST = 3
"""Attempts before a tile is given up."""
SURROUNDINGS = (OSError, ImportError, InputFileError)
"""A full disk, a missing library, an image that was spoilt since it was indexed: no tile is to blame."""
SUFFIX = ".attempts"
KILLED = "killed, out of memory, or over its time limit"


def attempt(
    work: Callable[[], Result],
    *,
    place: str | Path,
    give_up: Callable[[str], Result],
    never_blame: tuple[type[Exception], ...] = (),
    made_of: object = None,
) -> Result:
    """Return the result of some work, or what stands for it when it has failed too often.

    Parameters
    ----------
    work
        What may fail.
    place
        The file that the work is for. Attempts that have begun and not ended are kept beside it, also when
        the process is killed, in a file with the further suffix ``.attempts``.
    give_up
        Makes the result of work that was given up, from the reason.
    never_blame
        Errors that are not the fault of this tile, besides `SURROUNDINGS`: they are raised, and do not count.
    made_of
        What JSON can hold: code, settings and inputs of the result. Attempts to make it of something else, as
        before a mistake was mended, do not count.

    Raises
    ------
    Exception
        What `work` raises. It is given up when the process starts anew, because one that has run out of
        memory may not be able to write even that.
    """
    digest = hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()
    record = _Record(Path(f"{place}{SUFFIX}"), digest)
    failures = record.read()
    if len(failures) >= MOST:
        reason = f"given up after {len(failures)} attempts; the last one: {failures[-1]}"
        logger.warning("%s", reason)
        return give_up(reason)
    record.keep([*failures, KILLED])
    try:
        result = work()
    except (KeyboardInterrupt, *SURROUNDINGS, *never_blame):
        record.keep(failures)
        raise
    except Exception as error:
        record.keep([*failures, f"{type(error).__name__}: {error}".splitlines()[0]])
        raise
    record.keep([])
    return result


def forget_attempts(place: str | Path) -> None:
    """Remove the record of the attempts to make a file, once the file is written."""
    Path(f"{place}{SUFFIX}").unlink(missing_ok=True)


@dataclass(frozen=True)
class _Record:
    """The attempts to make a file that failed."""

    path: Path
    """A text: what they were to make, then a line for each."""
    digest: str
    """What is to be made."""

    def read(self) -> list[str]:
        """Return the attempts that failed to make the same."""
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        return lines[1:] if lines[:1] == [self.digest] else []

    def keep(self, failures: list[str]) -> None:
        """Write down the attempts that failed; no file for none."""
        if failures:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_text("".join(f"{line}\n" for line in (self.digest, *failures)))
        else:
            self.path.unlink(missing_ok=True)
