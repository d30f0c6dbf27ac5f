"""Ask for a script to be run in a fork (see `forked_jobs`); end as it ends: ``ask_fork.py SOCKET SCRIPT``.

Each job starts this program, and so it imports little.
"""

import os
import socket
import sys

KILLED = 137
"""Exit code when the fork has ended without a word."""


def ask(path: str, script: str) -> int:
    """Let a script run in a fork, and return its exit code."""
    variables = (name + b"=" + value for name, value in os.environb.items())
    job = b"\0".join([script.encode(), *variables])
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        socket.send_fds(connection, [b"files"], [os.open(".", os.O_RDONLY), 1, 2])
        connection.sendall(b"%d\n" % len(job) + job)
        return int(connection.recv(16) or KILLED)


if __name__ == "__main__":
    sys.exit(ask(*sys.argv[1:]))
