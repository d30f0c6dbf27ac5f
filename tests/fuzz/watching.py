"""See what a parser does beside reading: files it would write, programs and connections it would start."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NEVER = frozenset(
    {
        *("os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty", "os.spawn", "subprocess.Popen"),
        *("pickle.find_class", "urllib.Request", "socket.connect", "socket.getaddrinfo", "ctypes.dlopen"),
    }
)
"""Events of Python (audit events, in its documentation) that reading a file never causes."""

NOT_OUTSIDE = frozenset(
    {
        *(
            "os.mkdir",
            "os.rename",
            "os.remove",
            "os.rmdir",
            "os.link",
            "os.symlink",
            "os.truncate",
            "os.chmod",
        ),
        *("os.chown", "shutil.move", "shutil.rmtree", "tempfile.mkstemp", "tempfile.mkdtemp"),
    }
)
"""Events that are about a path, which may be one of the folder."""

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
COMPILED = ".pyc"
"""A module that is imported for the first time is loaded from, and may be stored in, a file of this kind."""

_watched: list[tuple[str, list[str]]] = []


@contextmanager
def watched(folder: Path) -> Iterator[list[str]]:
    """Yield a list to which everything is added that a reader must not do, but for files in a folder."""
    watch = (str(folder.resolve()) + os.sep, [])
    _watched.append(watch)
    try:
        yield watch[1]
    finally:
        _watched.remove(watch)


def _audit(event: str, arguments: tuple) -> None:
    """Note an event for all who watch."""
    if not _watched:
        return
    changes = event in NOT_OUTSIDE or (event == "open" and _writes(*arguments))
    path = str(Path(arguments[0]).resolve()) if changes and isinstance(arguments[0], str | Path) else ""
    for folder, seen in _watched:
        if event in NEVER or (changes and not path.startswith(folder)):
            seen.append(f"{event} {arguments!r}")


def _writes(path: object, _mode: object, flags: object) -> bool:
    """Return whether a file is opened to be written."""
    return isinstance(flags, int) and bool(flags & WRITING) and COMPILED not in str(path)


# A hook stays for as long as the process lives; it does nothing while nobody watches.
sys.addaudithook(_audit)
