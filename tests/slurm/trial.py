"""Run a command on a SLURM that is started for it.

PYTHONPATH=tests python -m slurm.trial .venv/bin/python benchmarks/cluster.py FOLDER --profile PROFILE

PROFILE, as it stands, is replaced by a copy of profiles/slurm that fits this SLURM.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from slurm.cluster import environment, started_cluster


def main() -> int:
    """Start SLURM, run the command, and return its exit code."""
    with tempfile.TemporaryDirectory() as folder, started_cluster(Path(folder) / "state") as cluster:
        words = [str(cluster.profile) if word == "PROFILE" else word for word in sys.argv[1:]]
        return subprocess.run([*cluster.within, *words], env=environment(), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
