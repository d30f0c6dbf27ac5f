"""The recipes of containers do what `make setup` does, and the manual names the versions of the lock.

Nothing builds the containers here.
"""

from __future__ import annotations

import re
import shutil
import subprocess

from workflow.runs import REPOSITORY
from workflow.test_house import locked_for

DOCKERFILE = (REPOSITORY / "containers/Dockerfile").read_text()
DEFINITION = (REPOSITORY / "containers/radiofind.def").read_text()
TARGET = "/opt/radiofind"


def section(name: str) -> list[str]:
    """Return the lines of a section of the definition for apptainer."""
    text = re.search(rf"^%{name}\n((?:    .*\n|\n)*)", DEFINITION, re.MULTILINE)[1]
    return [line.strip() for line in text.splitlines() if line.strip()]


def commands() -> list[list[str]]:
    """Return the commands of each RUN of the Dockerfile."""
    runs = re.findall(r"^RUN ((?:.*\\\n)*.*)", DOCKERFILE, re.MULTILINE)
    return [[part.strip() for part in run.replace("\\\n", "").split("&&")] for run in runs]


def copied() -> list[str]:
    """Return the files that the Dockerfile copies."""
    *names, folder = re.search(r"^COPY (.*)", DOCKERFILE, re.MULTILINE)[1].split()
    assert folder == f"{TARGET}/"
    return names


def test_both_recipes_do_the_same():
    *installed, tried = commands()
    assert section("post") == sum(installed, [])
    assert section("test") == tried
    assert section("files") == [f"{name} {TARGET}/{name}" for name in copied()]
    base = re.search(r"^From: (\S+)", DEFINITION, re.MULTILINE)[1]
    assert re.search(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)[1] == base
    assert f"PATH={TARGET}/.venv/bin:$PATH" in DOCKERFILE
    assert section("environment") == [f"export PATH={TARGET}/.venv/bin:$PATH"]


def test_copied_files_are_all_that_setup_needs(tmp_path):
    ignored = (REPOSITORY / ".dockerignore").read_text().splitlines()
    assert [line[1:] for line in ignored if line.startswith("!")] == copied()
    for name in copied():
        shutil.copyfile(REPOSITORY / name, tmp_path / name)
    assert f"PIP_NO_CACHE_DIR=1 make --directory {TARGET} setup" in section("post")
    command = ["make", "--dry-run", "--directory", tmp_path, "setup"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert "-m venv .venv" in done.stdout
    assert re.search(r"pip install .*--require-hashes -r requirements\.lock", done.stdout)


def test_manual_names_the_tensorflow_of_the_lock():
    named = re.findall(r"tensorflow\[and-cuda\]==([\d.]+)", (REPOSITORY / "docs/software.md").read_text())
    assert named == [locked_for("3.11")["tensorflow"]]
