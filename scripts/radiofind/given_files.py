"""Look at a file that a user gave before a library opens it, and tell its own faults from those of a disk."""

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
"""Numbers of errors of a disk, a network or a limit: what they keep from being read may be right."""

PACKINGS = {b"PK\x03\x04": "zip", b"\x1f\x9d": "compress", b"BZh": "bzip2", b"\xfd7zXZ": "xz"}
"""First bytes of packed files that astropy unpacks into a temporary folder, whatever their size."""

COUNTS = re.compile(rb"(Z?NAXIS|TFIELDS) *=[ +]*([0-9]{4,})")
"""Cards of FITS that tell how many others there are, with more than the 999 that the standard allows."""

CARD_BYTES = 80
FIRST_BYTES = 1_000_000
"""Of an image that is packed, or in an extension, the headers lie here; and those of any other as well."""


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
