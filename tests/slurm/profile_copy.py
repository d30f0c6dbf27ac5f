"""The profile of the tests' own site: profiles/slurm with the lines changed in which sites differ."""

from __future__ import annotations

from pathlib import Path

from slurm.settings import ACCOUNT
from workflow.runs import REPOSITORY

PROFILE = Path("profiles/slurm/config.v8+.yaml")
OF_THE_SITE = {
    "slurm_account:": ACCOUNT,
    "slurm-init-seconds-before-status-checks:": "1",
    "max-status-checks-per-second:": "1",
}
"""What the tests change: the account, and how often they ask how the jobs go."""


def copy_profile(folder: Path) -> Path:
    """Copy the profile as profiles/README.md says, and return the folder of the copy."""
    lines = (REPOSITORY / PROFILE).read_text().splitlines()
    for key, value in OF_THE_SITE.items():
        (number,) = (number for number, line in enumerate(lines) if line.lstrip().startswith(key))
        before, _, _ = lines[number].partition(":")
        lines[number] = f"{before}: {value}"
    folder.mkdir()
    (folder / PROFILE.name).write_text("\n".join(lines) + "\n")
    return folder
