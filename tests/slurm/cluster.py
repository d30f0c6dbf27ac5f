"""A SLURM of the tests: start it, talk to it, stop and start its servers."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from slurm.profile_copy import copy_profile
from workflow.runs import REPOSITORY, Place

PROGRAMS = {
    "munged": "munge",
    "mariadbd": "mariadb-server",
    "slurmctld": "slurm-wlm",
    "slurmd": "slurm-wlm",
    "slurmdbd": "slurmdbd",
    "sbatch": "slurm-client",
}
"""What is called, and the Debian packages that have it; see also .ci/run."""
PLUGINS = {
    "select_cons_tres.so": "slurm-wlm-basic-plugins",
    "accounting_storage_mysql.so": "slurm-wlm-mysql-plugin",
}
OF_OTHERS = ("SLURM_", "SBATCH_", "SRUN_")
"""Variables by which a user of another SLURM, whose tests these may be, chooses what it does."""
START_LIMIT_S = 240
FOR_ADMINISTRATORS = "/usr/local/sbin:/usr/sbin:/sbin"


class NoSlurm(Exception):
    """No SLURM can be had here; says why."""


@dataclass(frozen=True)
class Cluster(Place):
    """A running SLURM, and how the workflow runs on it."""

    folder: Path = Path()
    """Its state and logs."""

    def call(self, *command: str) -> str:
        """Return what a program says that sees this SLURM."""
        done = subprocess.run(
            [*self.within, *command], env=environment(), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout

    def start(self, server: str, *question: str) -> None:
        """Start a server, and wait until it answers a question."""
        self.call(server)
        end = time.monotonic() + START_LIMIT_S
        while subprocess.run([*self.within, *question], capture_output=True, check=False).returncode:
            assert time.monotonic() < end, f"{server} does not answer: {question}"
            time.sleep(0.2)

    def stop(self, server: str) -> None:
        """Kill a server: ``slurmctld``, ``slurmdbd``, or ``slurmd-`` and a node."""
        process = int((self.folder / f"{server}.pid").read_text())
        os.kill(process, signal.SIGKILL)
        while (Path("/proc") / str(process)).exists():
            time.sleep(0.05)


@contextmanager
def started_cluster(folder: Path) -> Iterator[Cluster]:
    """Start a SLURM that keeps its state in a new folder; it ends with the block, or with this process."""
    if missing := missing_packages():
        raise NoSlurm(f"what is missing comes with apt-get install {' '.join(missing)}")
    if not can_unshare():
        raise NoSlurm("namespaces of mounts and networks take the rights of an administrator")
    folder.mkdir()
    command = ["unshare", "--mount", "--net", sys.executable, "-m", "slurm.keeper", folder]
    with (folder / "keeper").open("w") as log:
        keeper = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=log, stderr=log, env=environment(), start_new_session=True
        )
    try:
        _wait_for_start(keeper, folder)
        within = (
            "nsenter",
            f"--target={keeper.pid}",
            "--mount",
            "--net",
            "--",
            "env",
            f"--chdir={REPOSITORY}",
        )
        yield Cluster(copy_profile(folder / "profile"), within, folder)
    finally:
        keeper.stdin.close()
        keeper.wait()


def _wait_for_start(keeper: subprocess.Popen, folder: Path) -> None:
    """Wait until a SLURM is up."""
    end = time.monotonic() + START_LIMIT_S
    while not (folder / "ready").exists():
        if keeper.poll() is not None or time.monotonic() > end:
            raise NoSlurm(f"it did not start: {(folder / 'keeper').read_text().strip()[-2000:]}")
        time.sleep(0.05)


def missing_packages() -> list[str]:
    """Return the Debian packages that would have to be installed."""
    path = environment()["PATH"]
    found = {file.name for file in Path("/usr/lib").glob("*/slurm-wlm/*.so")}
    missing = {package for name, package in PROGRAMS.items() if not shutil.which(name, path=path)}
    return sorted(missing | {package for name, package in PLUGINS.items() if name not in found})


def can_unshare() -> bool:
    """Return whether this process may leave the mounts and the network of the machine."""
    command = ["unshare", "--mount", "--net", "true"]
    return os.geteuid() == 0 and subprocess.run(command, capture_output=True, check=False).returncode == 0


def environment() -> dict[str, str]:
    """Return an environment in which programs of administrators are found, and the modules of the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OF_OTHERS)}
    path = f"{os.environ.get('PATH', '')}:{FOR_ADMINISTRATORS}"
    return kept | {"PATH": path, "PYTHONPATH": str(REPOSITORY / "tests")}
