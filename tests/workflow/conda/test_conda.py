"""Each rule runs in its own conda environment, which holds all that it needs."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from workflow import test_classifiers as classified
from workflow.cases import cases
from workflow.conda.stand_in import install_conda, make_environment
from workflow.faults.comparison import compare
from workflow.runs import REPOSITORY, run
from workflow.skies import make_survey
from workflow.test_house import RULES, SCRIPTS, files_of, imports_of
from workflow.test_matched import make_survey_without_truth

pytestmark = pytest.mark.slow

ENVIRONMENTS = {path.stem: path for path in sorted((REPOSITORY / "envs").glob("*.yaml"))}
OF_SNAKEMAKE = "snakemake"
"""The environment of Snakemake itself."""
ENVIRONMENT_OF = {name: re.search(r"envs/(\w+)\.yaml", text)[1] for name, text in RULES.items()}
NOT_IN_A_FULL_RUN = {"map_probability": "results/strip/probability/net/y000x000.fits"}
FEW = {"train_with": ["galaxies/small", "mine/small", "counts/small"]}
"""Classifiers of all kinds of data sets."""
WITHOUT_TRUTH = {
    "injections": {"finders": ["peaks", "net"]},
    "survey": {"prefix": "TEST", "products": ["moc", "hats"]},
}
"""What a survey without truth asks for."""
SMALL = ("images", OF_SNAKEMAKE)
"""Environments in every `make test`; all of them in `make test-all`."""
NEEDED = {
    **{"images": "pyarrow", "learning": "scikit-learn", "network": "tensorflow[and-cuda]"},
    **{"pybdsf": "bdsf", "report": "matplotlib", "tables": "pyarrow"},
    OF_SNAKEMAKE: "snakemake-executor-plugin-slurm",
}
"""A package of each environment that no other package of it brings along."""
MODULES = {
    **{"scikit-learn": "sklearn", "tensorflow[and-cuda]": "tensorflow"},
    "snakemake-executor-plugin-slurm": "snakemake_executor_plugin_slurm",
}
IMPORT = """
import importlib, sys
sys.path.append(sys.argv[1])
for name in sys.argv[2:]:
    importlib.import_module(name)
"""


def imported_by(rule: str) -> set[str]:
    """Return the modules that a script and the files of the package that it uses import, however late."""
    files = [path for path in files_of(SCRIPTS[rule]) if path.suffix == ".py"]
    return set().union(*map(imports_of, files))


def imported_in(environment: str) -> set[str]:
    """Return the modules that are imported in an environment."""
    if environment == OF_SNAKEMAKE:
        text = "".join(path.read_text() for path in (REPOSITORY / "rules").glob("*.smk"))
        ours = re.findall(r"^from (radiofind[\w.]*) import", text, re.MULTILINE)
        plugins = "snakemake_executor_plugin_slurm", "snakemake_logger_plugin_survey"
        return {*ours, "snakemake.cli", *plugins, "pyarrow.parquet"}
    return set().union(*(imported_by(rule) for rule, name in ENVIRONMENT_OF.items() if name == environment))


def import_in(environment: str, python: Path) -> subprocess.CompletedProcess:
    """Import all modules of an environment, with nothing from elsewhere but our package."""
    command = [python, "-I", "-c", IMPORT, REPOSITORY / "scripts", *sorted(imported_in(environment))]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def run_in_conda(tmp_path):
    """A function that runs the workflow with an environment for each rule, and one for Snakemake itself."""
    python = make_environment(ENVIRONMENTS[OF_SNAKEMAKE], tmp_path / "snakemake")
    programs = install_conda(tmp_path / "conda")
    environment = {"PATH": f"{programs}:{os.environ['PATH']}", "TESTIMONIES": str(tmp_path / "testimonies")}

    def run_there(folder, *arguments):
        done = run(
            folder,
            *("--sdm", "conda", "--conda-prefix", tmp_path / "environments"),
            *arguments,
            environment=environment,
            snakemake=(python, "-P", "-m", "snakemake"),
        )
        assert done.code == 0, done.output
        return done

    return run_there


@pytest.mark.parametrize("environment", cases(ENVIRONMENTS, SMALL))
def test_modules_import_in_their_own_environment(environment, tmp_path):
    done = import_in(environment, make_environment(ENVIRONMENTS[environment], tmp_path / "environment"))
    assert done.returncode == 0, done.stderr


@pytest.mark.exhaustive
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_package_that_an_environment_lacks_is_noticed(environment, tmp_path):
    content = yaml.safe_load(ENVIRONMENTS[environment].read_text())
    packages = content["dependencies"][-1]["pip"]
    packages.remove(next(line for line in packages if line.startswith(f"{NEEDED[environment]}==")))
    (tmp_path / "poor.yaml").write_text(yaml.safe_dump(content))
    done = import_in(environment, make_environment(tmp_path / "poor.yaml", tmp_path / "environment"))
    module = MODULES.get(NEEDED[environment], NEEDED[environment])
    assert f"ModuleNotFoundError: No module named '{module}" in done.stderr


def test_a_job_runs_in_the_environment_of_its_rule(run_in_conda, tmp_path):
    run_in_conda(make_survey(tmp_path / "survey"), "results/hard/fingerprints.parquet")
    environment = ENVIRONMENT_OF["fingerprint_mosaic"]
    assert told_by(tmp_path / "testimonies") == ({("fingerprint_mosaic", environment)}, set())


@pytest.mark.exhaustive
def test_each_rule_runs_in_its_own_environment_and_gives_the_same(survey, run_in_conda, tmp_path):
    """Snakemake has little that a job could borrow, since it is in an environment of its own."""
    folder = make_survey(tmp_path / "survey")
    assert sorted(run_in_conda(folder).jobs) == sorted(survey.full_run.jobs)
    n_files, differences = compare(folder / "results", survey.folder / "results")
    assert differences == [] and n_files > 100
    for target in NOT_IN_A_FULL_RUN.values():
        run_in_conda(folder, target)
    other = classified.make_survey(tmp_path / "classified")
    for more in ({}, classified.BY_NETWORK):
        (other / "survey.yaml").write_text(yaml.safe_dump(classified.with_classifiers(**FEW, **more)))
        run_in_conda(other)
    run_in_conda(make_survey_without_truth(tmp_path / "without_truth", **WITHOUT_TRUTH))
    seen, borrowed = told_by(tmp_path / "testimonies")
    assert seen == set(ENVIRONMENT_OF.items()) | {("pybdsf_process", "pybdsf")}
    assert borrowed == set()


def told_by(testimonies: Path) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Return in which environments programs ran, and what of their imports they had from elsewhere."""
    seen, borrowed = set(), set()
    for testimony in map(json.loads, testimonies.read_text().splitlines()):
        name = re.fullmatch(r"(?:.*/scripts/\w+\.|.*/radiofind/(?:\w+/)*)(\w+)\.py", testimony["program"])
        if name:
            content = Path(testimony["prefix"] + ".yaml").read_text()
            seen |= {(name[1], stem) for stem, path in ENVIRONMENTS.items() if path.read_text() == content}
        if name and name[1] in SCRIPTS:
            modules = imported_by(name[1]) & set(testimony["borrowed"])
            borrowed |= {(name[1], module) for module in modules if not module.startswith("radiofind")}
    return seen, borrowed
