"""Stand in for ``conda``, as Snakemake calls it, where there is none and no conda-forge to install from.

Its channel is the software that the tests run with: an environment is made of the packages that its file
names, in these very versions, of what they require in turn, and of nothing else. So it shows which
environment a job runs in and what is missing there. It cannot show that conda-forge and PyPI have them.
"""

from __future__ import annotations

import json
import sys
import venv
from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError
from pathlib import Path

import yaml
from packaging.requirements import Requirement

WITNESS = Path(__file__).with_name("witness") / "sitecustomize.py"
PYTHON = f"python={sys.version_info.major}.{sys.version_info.minor}"
WITHOUT_GPU = {"tensorflow": "tensorflow-cpu"}
"""Distributions that stand for others, whose libraries for GPUs the tests do without."""
ANSWERS = {
    "--version": "conda 24.7.1",
    "clean -y --tarballs": "",
    "config --get channel_priority --json": json.dumps({"get": {"channel_priority": "strict"}}),
}


class MissingPackage(Exception):
    """The channel does not have a package in the version that is asked for."""


def install_conda(folder: Path) -> Path:
    """Make a folder with this program as ``conda``, and return the one to be put on PATH."""
    programs = {
        "conda": f'#!/bin/sh\nexec "{sys.executable}" "{Path(__file__)}" "{folder}" "$@"\n',
        "activate": 'export PATH="$1/bin:$PATH"\n',
    }
    (folder / "bin").mkdir(parents=True)
    for name, text in programs.items():
        (folder / "bin" / name).write_text(text)
        (folder / "bin" / name).chmod(0o755)
    return folder / "bin"


def answer(folder: str, *arguments: str) -> str:
    """Do what one call asks, and return what conda would print."""
    call = " ".join(arguments)
    if call == "info --json":
        return json.dumps({"conda_prefix": folder, "platform": "linux-64"})
    if call.startswith("env create "):
        options = dict(zip(arguments, arguments[1:], strict=False))
        make_environment(Path(options["--file"]), Path(options["--prefix"]))
        return ""
    return ANSWERS[call]


def make_environment(file: Path, prefix: Path) -> Path:
    """Make the environment that a file describes, and return its Python."""
    *packages, last = yaml.safe_load(file.read_text())["dependencies"]
    if packages != [PYTHON, "pip"]:
        raise MissingPackage(f"{file}: expected {PYTHON} and pip, received {packages}")
    venv.create(prefix, symlinks=True)
    (site,) = prefix.glob("lib/python*/site-packages")
    for distribution in closure(last["pip"]):
        link_files(distribution, site)
    (site / WITNESS.name).symlink_to(WITNESS)
    return prefix / "bin/python"


def closure(lines: Iterable[str]) -> list[Distribution]:
    """Return all distributions that some requirements lead to."""
    waiting, found = [Requirement(line) for line in lines], {}
    while waiting:
        wanted = waiting.pop()
        distribution = distribution_of(wanted)
        for extra in {"", *(wanted.extras if wanted.name not in WITHOUT_GPU else ())}:
            if (distribution.name, extra) not in found:
                found[distribution.name, extra] = distribution
                waiting += required_by(distribution, extra)
    return [distribution for (_, extra), distribution in found.items() if not extra]


def distribution_of(wanted: Requirement) -> Distribution:
    """Return what the channel has for a requirement."""
    try:
        distribution = Distribution.from_name(WITHOUT_GPU.get(wanted.name, wanted.name))
    except PackageNotFoundError as error:
        raise MissingPackage(f"expected {wanted}, which is not installed here") from error
    if distribution.version not in wanted.specifier:
        raise MissingPackage(f"expected {wanted}, received version {distribution.version}")
    return distribution


def required_by(distribution: Distribution, extra: str) -> list[Requirement]:
    """Return what a distribution requires on this machine."""
    requirements = map(Requirement, distribution.requires or ())
    return [part for part in requirements if not part.marker or part.marker.evaluate({"extra": extra})]


def link_files(distribution: Distribution, site: Path) -> None:
    """Put links to the files of a distribution into a folder of packages; its programs are left out."""
    for name in distribution.files or ():
        if ".." not in name.parts:
            (site / name).parent.mkdir(parents=True, exist_ok=True)
            (site / name).symlink_to(distribution.locate_file(name))


if __name__ == "__main__":
    print(answer(*sys.argv[1:]))
