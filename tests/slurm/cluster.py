"""A SLURM of the tests: start it, talk to it, stop and start its servers."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

KEEPER = Path(__file__).with_name("keeper.py")
PROGRAMS = {
    "munged": "munge",
    "mariadbd": "mariadb-server",
    "slurmctld": "slurm-wlm",
    "slurmd": "slurm-wlm",
    "slurmdbd": "slurmdbd",
    "sacctmgr": "slurm-client",
    "nsenter": "util-linux",
}
"""What is called, and the Debian packages that have it."""
PLUGINS = {"select_cons_tres.so": "slurm-wlm-basic-plugins", "accounting_storage_mysql.so": "slurm-wlm-mysql-plugin"}
START_LIMIT_S = 120
ADMINISTRATOR_PATH = "/usr/local/sbin:/usr/sbin:/sbin"


class NoSlurm(Exception):
    """No SLURM can be had here; says why."""


@dataclass(frozen=True)
class Cluster:
    """A running SLURM."""

    folder: Path
    """Its state and logs."""
    keeper: int
    """The process that runs it; its namespaces are those of the cluster."""

    @property
    def within(self) -> tuple[str, ...]:
        """The beginning of commands that are to see this SLURM; they take no further process."""
        spaces = ("nsenter", f"--target={self.keeper}", "--mount", "--net", "--")
        return (*spaces, "env", f"--chdir={Path.cwd()}")

    def call(self, *command: str) -> str:
        """Return what a program says that sees this SLURM."""
        done = subprocess.run(
            [*self.within, *command], env=environment(), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout

    def stop(self, server: str) -> None:
        """Stop a server, by the name of its file of settings or of its node."""
        process = int((self.folder / f"{server}.pid").read_text())
        os.kill(process, signal.SIGKILL)
        _wait_for_end(process)

    def start(self, *command: str) -> None:
        """Start a server that puts itself into the background."""
        self.call(*command)


def start_cluster(folder: Path) -> Cluster:
    """Start a SLURM that lives as long as somebody locks ``folder/users``, and keeps its state in the folder."""
    if missing := missing_packages():
        raise NoSlurm(f"these Debian packages are missing: {' '.join(missing)}")
    if not can_unshare():
        raise NoSlurm("namespaces of mounts and networks take the rights of an administrator")
    command = ["unshare", "--mount", "--net", sys.executable, KEEPER, folder]
    with (folder / "keeper").open("w") as log:
        keeper = subprocess.Popen(command, stdout=log, stderr=log, env=environment(), start_new_session=True)
    end = time.monotonic() + START_LIMIT_S
    while not (folder / "ready").exists():
        if keeper.poll() is not None or time.monotonic() > end:
            raise NoSlurm(f"SLURM did not start: {(folder / 'keeper').read_text().strip()[-2000:]}")
        time.sleep(0.05)
    return Cluster(folder, keeper.pid)


def missing_packages() -> list[str]:
    """Return the Debian packages that would have to be installed."""
    programs = [
        package for name, package in PROGRAMS.items() if not shutil.which(name, path=environment()["PATH"])
    ]
    found = {path.name for path in Path("/usr/lib").glob("*/slurm-wlm/*.so")}
    return sorted({*programs, *(package for name, package in PLUGINS.items() if name not in found)})


def can_unshare() -> bool:
    """Return whether this process may leave the mounts and the network of the machine."""
    command = ["unshare", "--mount", "--net", "true"]
    return os.geteuid() == 0 and subprocess.run(command, capture_output=True, check=False).returncode == 0


def environment() -> dict[str, str]:
    """Return the environment in which programs of administrators are found, and no other SLURM."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SLURM_")}
    return kept | {"PATH": f"{os.environ.get('PATH', '')}:{ADMINISTRATOR_PATH}"}


def _wait_for_end(process: int) -> None:
    """Wait until a process that is no child of this one has ended."""
    with suppress(ProcessLookupError):
        while True:
            os.kill(process, 0)
            time.sleep(0.05)
