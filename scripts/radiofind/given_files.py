"""Check the files of a user before a library opens them, and tell bad files from a failing disk."""

from __future__ import annotations

import errno
import gzip
import os
import re
from pathlib import Path

from radiofind.errors import shown

NOT_OF_THE_FILE = frozenset(
    {
        *(errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.ENOTCONN, errno.EHOSTDOWN, errno.EHOSTUNREACH),
        *(errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.ENOMEM),
    }
)
"""Error numbers of a disk, a network or a limit; the file itself may be fine."""

PACKINGS = {b"PK\x03\x04": "zip", b"\x1f\x9d": "compress", b"BZh": "bzip2", b"\xfd7zXZ": "xz"}
"""First bytes of compressed files that astropy would unpack into a temporary folder, whatever their size."""

COUNTS = re.compile(rb"(Z?NAXIS|TFIELDS) *=[ +]*([0-9]{4,})")
"""FITS cards that count other cards, with more than the 999 that the standard allows."""

CARD_BYTES = 80
FIRST_BYTES = 1_000_000
"""Bytes in which to look for headers: enough for the primary header and that of a compressed image."""


def path_trouble(path: str, base: Path) -> str:
    """Return why a path, relative to a folder, cannot be an input, or an empty text."""
    if re.search("[{}]", path):
        return "has { or }, which Snakemake takes for wildcards"
    return file_trouble(base / path) or permission_trouble(base / path)


def file_trouble(path: Path) -> str:
    """Return why a path is not a file, or an empty text."""
    try:
        if path.is_file():
            return ""
        if path.is_dir():
            return "a folder"
        return "a broken link" if path.is_symlink() else "no such file"
    except OSError as error:
        return error.strerror or "not a path"


def permission_trouble(path: Path) -> str:
    """Return why a file may not be read, or an empty text."""
    return "" if os.access(path, os.R_OK) else "no permission to read it"


def raise_if_not_of_the_file(error: Exception, path: str | Path) -> None:
    """Raise an error again, naming the file, if the system rather than the file is to blame.

    Parameters
    ----------
    error
        The error raised while the file was read. Format errors have no error number.
    path
        The file.
    """
    if isinstance(error, MemoryError):
        raise MemoryError(f"{path}: not enough memory to read it; give the job more") from error
    if isinstance(error, OSError) and error.errno in NOT_OF_THE_FILE:
        raise OSError(error.errno, f"{path}: cannot be read: {error.strerror}") from error


def packing_trouble(path: Path) -> str:
    """Return the compression of a file if it is not supported, or an empty text."""
    with path.open("rb") as file:
        start = file.read(max(map(len, PACKINGS)))
    how = next((how for magic, how in PACKINGS.items() if start.startswith(magic)), "")
    return how and f"a {how} file (unpack it, or compress it with gzip)"


def count_trouble(path: Path) -> str:
    """Return the FITS card with a count that would keep astropy busy for days, or an empty text."""
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    with gzip.open(path) if packed else path.open("rb") as file:
        start = file.read(FIRST_BYTES)
    # Not a search, which takes ten times as long.
    cards = (COUNTS.match(start, place) for place in range(0, len(start), CARD_BYTES))
    return next((f"card {card[1].decode()} of {shown(card[2].decode())}" for card in cards if card), "")
