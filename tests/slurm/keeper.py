"""Run a SLURM until standard input ends, which it does also when the process that started it dies.

unshare --mount --net python -m slurm.keeper FOLDER

In namespaces of its own, so that it neither sees nor disturbs a SLURM that the machine has: what it mounts
over /etc/slurm and the ports on which it listens exist for its own processes alone.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import socket
import stat
import struct
import subprocess
import sys
import time
from pathlib import Path

from slurm.settings import ACCOUNT, CLUSTER, DATABASE, GPUS, NODES, files_of

TIME_LIMIT_S = 60
BECOME_SUBREAPER = 36
"""See prctl(2)."""
SET_FLAGS, IS_UP, SET_ADDRESS = 0x8914, 1, 0x8916
"""Of a network interface; see netdevice(7)."""
EXAMPLE_ADDRESS = "192.0.2.1"
"""Of nobody, by RFC 5737."""
DATABASE_IS_MADE = (
    f"CREATE DATABASE {DATABASE['name']}; "
    f"CREATE USER '{DATABASE['user']}'@'127.0.0.1' IDENTIFIED BY '{DATABASE['password']}'; "
    f"GRANT ALL ON {DATABASE['name']}.* TO '{DATABASE['user']}'@'127.0.0.1';"
)


def main(folder: Path) -> None:
    """Start SLURM, say so by a file, and stop it when standard input ends."""
    adopt_orphans()
    try:
        prepare(folder)
        start(folder)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody else asks how the orphans ended
        (folder / "ready").touch()
        sys.stdin.read()
    finally:
        end_all()


def adopt_orphans() -> None:
    """Become the parent of servers and jobs whose own parent has ended, so that none is left as a zombie."""
    ctypes.CDLL(None).prctl(BECOME_SUBREAPER, 1, 0, 0, 0)


def prepare(folder: Path) -> None:
    """Make folders, settings and a network of one machine."""
    for name in ("etc", "log", "controller", "database", "tmp"):
        (folder / name).mkdir()
    for name, text in files_of(folder).items():
        (folder / "etc" / name).write_text(text)
        (folder / "etc" / name).chmod(0o600)
    for number in range(1, GPUS + 1):  # a GPU must have a device; these are twins of /dev/null
        os.mknod(folder / f"gpu{number}", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    (folder / "munge.key").write_bytes(os.urandom(128))
    (folder / "munge.key").chmod(0o400)
    (folder / "hosts").write_text(f"127.0.0.1 localhost {socket.gethostname()}\n")
    call("mount", "--bind", folder / "etc", "/etc/slurm")
    call("mount", "--bind", folder / "hosts", "/etc/hosts")
    set_up_network()


def set_up_network() -> None:
    """Let the machine reach itself, also by an address of its own, without which SLURM does not listen."""
    family, address = socket.AF_INET, socket.inet_aton(EXAMPLE_ADDRESS)
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sh22x", b"lo", IS_UP))
        fcntl.ioctl(any_socket, SET_ADDRESS, struct.pack("16shH4s16x", b"lo:1", family, 0, address))


def start(folder: Path) -> None:
    """Start all servers, each when those that it needs are up."""
    files = (f"--{name}-file={folder}/munge.{name}" for name in ("key", "pid", "log", "seed"))
    call("munged", "--force", f"--socket={folder}/munge.socket", *files)
    start_database(folder, folder / "database.socket")
    call("slurmdbd")
    until_it_works("sacctmgr", "--noheader", "show", "cluster")
    for added in (f"cluster {CLUSTER}", f"account {ACCOUNT}", f"user root account={ACCOUNT}"):
        call("sacctmgr", "--immediate", "add", *added.split())
    call("slurmctld", "-i")
    until_it_works("scontrol", "ping")
    for node in NODES:
        call("slurmd", "-N", node)
    idle = ("sinfo", "--noheader", "--Node", "--states=idle", "--format=%N")
    until_it_works(*idle, says=frozenset(NODES))


def start_database(folder: Path, address: Path) -> None:
    """Start the database of the accounting.

    Its folder for temporary files is its own: databases that start remove what they find of others in /tmp.
    """
    options = ["--no-defaults", "--user=root", f"--datadir={folder}/database", f"--tmpdir={folder}/tmp"]
    call("mariadb-install-db", "--skip-test-db", *options)
    options += [f"--socket={address}", "--bind-address=127.0.0.1"]
    options += [f"--port={DATABASE['port']}", "--innodb-flush-log-at-trx-commit=0"]
    with (folder / "log/database").open("w") as log:
        subprocess.Popen(["mariadbd", *options], stdout=log, stderr=log)
    client = ("mariadb", "--no-defaults", f"--socket={address}", "--user=root")
    until_it_works(*client, "--execute=SELECT 1")
    call(*client, f"--execute={DATABASE_IS_MADE}")


def call(*command: str | Path) -> str:
    """Run a program, and return what it says; raise if it fails."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.stdout.strip()}")
    return done.stdout


def until_it_works(*command: str | Path, says: frozenset[str] = frozenset()) -> None:
    """Wait until a program succeeds and says these words; raise if it takes too long."""
    end = time.monotonic() + TIME_LIMIT_S
    while True:
        try:
            if says <= set((said := call(*command)).split()):
                return
        except RuntimeError as error:
            said = str(error)
        if time.monotonic() > end:
            raise RuntimeError(f"still waiting after {TIME_LIMIT_S} s: {said}")
        time.sleep(0.05)


def end_all() -> None:
    """Kill all processes in this namespace but this one: servers, jobs, and what jobs have left."""
    while others := others_here():
        for process in others:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.05)


def others_here() -> list[int]:
    """Return the other processes that share the mounts of this one, and have not ended."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if (entry / "ns/mnt").readlink() == Path("/proc/self/ns/mnt").readlink():
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]))
