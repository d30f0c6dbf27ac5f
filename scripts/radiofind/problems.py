"""Tell a user everything that is wrong with a file at once, with what was expected and what was received."""

from __future__ import annotations

import difflib
import errno
import gzip
import os
import re
import sys
from collections.abc import Collection, Sequence
from pathlib import Path

LONGEST_NAME = 100
"""File systems take names of 255 bytes, and suffixes are added to these."""

NAME = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,{LONGEST_NAME - 1}}}")
"""Names of mosaics, finders, simulations and data sets: they become parts of paths."""

NAME_RULE = (
    "a name of letters, digits, '.', '_' and '-' that starts with a letter or digit"
    f" and has at most {LONGEST_NAME} characters"
)

NOT_OF_THE_FILE = frozenset(
    {
        *(errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.ENOTCONN, errno.EHOSTDOWN, errno.EHOSTUNREACH),
        *(errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.ENOMEM),
    }
)
"""Numbers of errors of a disk, a network or a limit: what they keep from being read may be right."""

PACKINGS = {b"PK\x03\x04": "zip", b"\x1f\x9d": "compress", b"BZh": "bzip2", b"\xfd7zXZ": "xz"}
"""First bytes of packed files that astropy unpacks into a temporary folder, whatever their size."""

COUNTS = re.compile(rb"(Z?NAXIS|TFIELDS) *=[ +]*([0-9]{4,})")
"""Cards of FITS that tell how many others there are, with more than the 999 that the standard allows."""

CARD_BYTES = 80
FIRST_BYTES = 1_000_000
"""Of an image that is packed, or in an extension, the headers lie here; and those of any other as well."""

MOST_LINES = 20
"""A longer list hides the first mistake, which is often the cause of the others."""

MOST_CHARACTERS = 80
MOST_OF_A_REASON = 200


def listed(problems: Sequence[str]) -> str:
    """Return one text of several problems, a line each, the last ones only counted when there are many."""
    lines = list(dict.fromkeys(problems))
    left = len(lines) - MOST_LINES
    return "\n".join([*lines[:MOST_LINES], *([f"... and {left} more"] if left > 0 else [])])


def shown(value: object) -> str:
    """Return a value as a message shows it, on one line and not too long."""
    return _short(value if isinstance(value, str) and value.isprintable() and value else quoted(value))


def quoted(value: object) -> str:
    """Return a value as Python writes it, and not too long."""
    try:
        return _short(repr(value))
    except ValueError:  # Python refuses to write integers of thousands of digits
        return f"a number of more than {sys.get_int_max_str_digits()} digits"


def reason(error: object) -> str:
    """Return what a library says of an error, on one line and not too long."""
    text = " ".join(str(error).split()) or type(error).__name__
    return _short("".join(sign if sign.isprintable() else "?" for sign in text), MOST_OF_A_REASON)


def _short(text: str, most: int = MOST_CHARACTERS) -> str:
    """Return the beginning of a text."""
    return text if len(text) <= most else f"{text[:most]}..."


def closest(word: object, known: Collection[str]) -> str:
    """Return a hint at the known word that is most like this one, or nothing."""
    near = difflib.get_close_matches(str(word), known, n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def path_trouble(path: str, base: Path) -> str:
    """Return why a path, from a folder, is not that of an input, or nothing if it is."""
    if re.search("[{}]", path):
        return "has { or }, which Snakemake takes for wildcards"
    return file_trouble(base / path) or permission_trouble(base / path)


def file_trouble(path: Path) -> str:
    """Return why a path does not lead to a file, or nothing if it does."""
    try:
        if path.is_file():
            return ""
        if path.is_dir():
            return "a folder"
        return "a link to nothing" if path.is_symlink() else "no such file"
    except OSError as error:
        return error.strerror or "not a path"


def permission_trouble(path: Path) -> str:
    """Return why a file may not be read, or nothing if it may."""
    return "" if os.access(path, os.R_OK) else "no permission to read it"


def raise_if_not_of_the_file(error: Exception, path: str | Path) -> None:
    """Raise an error again, with the file that was read, if the file is not to blame for it.

    Parameters
    ----------
    error
        What was raised while a file was read. Errors of formats have no number.
    path
        The file.
    """
    if isinstance(error, MemoryError):
        raise MemoryError(f"{path}: expected enough memory to read it, received too little") from error
    if isinstance(error, OSError) and error.errno in NOT_OF_THE_FILE:
        raise OSError(error.errno, f"{path}: expected to read it, received: {error.strerror}") from error


def packing_trouble(path: Path) -> str:
    """Return how a file is packed if it is in a way that is not read, or nothing."""
    with path.open("rb") as file:
        start = file.read(max(map(len, PACKINGS)))
    return next((f"one packed with {how}" for magic, how in PACKINGS.items() if start.startswith(magic)), "")


def count_trouble(path: Path) -> str:
    """Return the card of a FITS file with a count that would keep astropy busy for days, or nothing."""
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    with gzip.open(path) if packed else path.open("rb") as file:
        start = file.read(FIRST_BYTES)
    cards = (found for found in COUNTS.finditer(start) if found.start() % CARD_BYTES == 0)
    return next((f"card {found[1].decode()} of {shown(found[2].decode())}" for found in cards), "")
