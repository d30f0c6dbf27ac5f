"""The SLURM of the tests leaves the machine as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from slurm.cluster import PLUGINS, PROGRAMS, started_cluster
from slurm.settings import NODES
from workflow.runs import REPOSITORY


def test_continuous_integration_installs_all_that_is_needed():
    needed = {*PROGRAMS.values(), *PLUGINS.values()}
    assert needed <= set((REPOSITORY / ".ci/run").read_text().split())


def files_of_the_machine() -> list[Path]:
    """Return what lies where SLURM looks for its settings."""
    return sorted(Path("/etc/slurm").iterdir())


def processes_that_name(text: str) -> list[str]:
    """Return the command lines that hold a text."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return [line for line in found if text in line]


@pytest.mark.slow
def test_two_clusters_run_side_by_side_and_nothing_of_them_stays(cluster, tmp_path):
    before = files_of_the_machine()
    with started_cluster(tmp_path / "other") as other:
        assert files_of_the_machine() == before
        other.call("sbatch", "--hold", "--wrap", "true")
        assert other.call("squeue", "--noheader") and not cluster.call("squeue", "--noheader")
        assert set(other.call("sinfo", "--noheader", "--Node", "--format=%N").split()) == set(NODES)
        assert processes_that_name(str(tmp_path / "other"))
    assert not processes_that_name(str(tmp_path / "other"))
