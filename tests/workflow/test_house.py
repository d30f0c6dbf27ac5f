"""The rules of the house: what every rule has, who imports what, and which versions belong together."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import yaml
from packaging.markers import Marker

from radiofind.jobs import code_digest
from radiofind.workflow.stages import STAGES
from workflow.runs import REPOSITORY

PACKAGE = REPOSITORY / "scripts/radiofind"
RULE = re.compile(r"^(?:rule|checkpoint) (\w+):\n((?:    .*\n|\n)+)", re.MULTILINE)
RULES = {
    name: text
    for path in sorted((REPOSITORY / "rules").glob("*.smk"))
    for name, text in RULE.findall(path.read_text())
}
INHERITED = re.compile(r"^use rule (\w+) as (\w+) with:$", re.MULTILINE)
FURTHER = {
    name: of
    for path in sorted((REPOSITORY / "rules").glob("*.smk"))
    for of, name in INHERITED.findall(path.read_text())
}
"""Rules that are like others but for their files, with those others."""
SCRIPTS = {path.stem: path for path in sorted((REPOSITORY / "scripts").glob("*.py"))}
PARTS = ("output", "log", "benchmark", "conda", "threads", "resources", "params", "message", "script")
DISTRIBUTIONS = {"sklearn": "scikit-learn", "yaml": "pyyaml", "dask_jobqueue": "dask-jobqueue"}
"""Distributions whose name is not that of their module."""
WITHOUT_GPU = {"tensorflow-cpu": "tensorflow"}
"""Distributions of the lock that stand for others, which environments take for their libraries for GPUs."""
LOCKED = re.compile(r"^([\w.-]+)(?:\[.*?\])?==(\S+)(?: ; ([^\\]+))?", re.MULTILINE)


@cache
def syntax_of(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(path.read_text())))


def imports_of(path: Path) -> set[str]:
    """Return the names that a file imports, in full, as ``radiofind.catalogues.columns`` or ``numpy``."""
    found = set()
    for node in syntax_of(path):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            of_room = (PACKAGE.parent / node.module.replace(".", "/")).is_dir()
            found |= {f"{node.module}.{alias.name}" for alias in node.names} if of_room else {node.module}
    return found


def used_in_package(path: Path) -> set[Path]:
    """Return the files of the package that a file imports, or names, as a program or a template."""
    names = imports_of(path) if path.suffix == ".py" else set()
    modules = {PACKAGE.parent / f"{name.replace('.', '/')}.py" for name in names if "radiofind." in name}
    text = path.read_text()
    return modules | {file for file in PACKAGE.rglob("*.*") if f'"{file.name}"' in text}


def files_of(script: Path) -> set[Path]:
    """Return a script and all files of the package that it uses, however far."""
    found, waiting = set(), {script}
    while waiting:
        path = waiting.pop()
        found.add(path)
        waiting |= used_in_package(path) - found
    return found


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def env_of(path: Path) -> tuple[str, dict[str, str]]:
    """Return the version of Python and those that an environment asks of pip."""
    *others, last = yaml.safe_load(path.read_text())["dependencies"]
    (python,) = (part.split("=")[1] for part in others if part.startswith("python="))
    return python, {
        normal(re.sub(r"\[.*\]", "", name)): version
        for name, version in (line.split("==") for line in last["pip"])
    }


def locked_for(python: str) -> dict[str, str]:
    """Return the versions of the lock for a version of Python."""
    environment = {"python_version": python, "python_full_version": f"{python}.9"}
    rows = LOCKED.findall((REPOSITORY / "requirements.lock").read_text())
    return {
        WITHOUT_GPU.get(normal(name), normal(name)): version
        for name, version, marker in rows
        if not marker or Marker(marker).evaluate(environment)
    }


def tracked_files() -> list[Path]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True).stdout
    return [REPOSITORY / name for name in filter(None, listed.split("\0")) if (REPOSITORY / name).is_file()]


def test_each_rule_belongs_to_one_stage():
    assert sorted(rule for rules in STAGES.values() for rule in rules) == sorted([*RULES, *FURTHER])
    assert set(FURTHER.values()) <= set(RULES)


def test_rules_and_scripts_have_the_same_names():
    assert set(RULES) == set(SCRIPTS)


@pytest.mark.parametrize("name", RULES)
def test_rule_has_all_parts(name):
    parts = re.findall(r"^    (\w+):", RULES[name], re.MULTILINE)
    assert set(PARTS) <= set(parts)
    assert re.findall(r'"\.\./scripts/(\w+)\.py"', RULES[name]) == [name]
    assert f'code=digest_of("{name}")' in RULES[name]
    asked = re.findall(r"(mem_mb=memory_of|runtime=time_of)\(\"(\w+)\", (.+)\),", RULES[name])
    (memory, first, holds), (time, second, goes_through) = asked
    assert (memory, time) == ("mem_mb=memory_of", "runtime=time_of")
    assert first == second == name and holds == goes_through
    assert f'"logs/{name}/' in RULES[name] and f'"benchmarks/{name}/' in RULES[name]


@pytest.mark.parametrize("name", SCRIPTS)
def test_script_is_short_and_does_nothing_when_imported(name):
    lines = [line for line in SCRIPTS[name].read_text().splitlines() if line.strip()]
    assert len(lines) <= 30
    *imports, guard = ast.parse(SCRIPTS[name].read_text()).body[1:]
    assert all(isinstance(node, ast.Import | ast.ImportFrom) for node in imports)
    assert ast.unparse(guard).startswith("if __name__ == '__main__':")


FORBIDDEN_IMPORTS = ("pickle", "cPickle", "cloudpickle", "dill", "joblib", "marshal", "shelve", "pty")
FORBIDDEN_CALLS = (
    *("eval", "exec", "compile", "__import__", "os.system", "os.popen", "subprocess.getoutput"),
    *("yaml.load", "yaml.full_load", "yaml.unsafe_load", "pd.read_pickle", "pd.eval"),
    *("subprocess.getstatusoutput", "keras.config.enable_unsafe_deserialization"),
)
"""They run what stands in a file or in a name; subprocess with a list of arguments does not."""
UNSAFE_OPTIONS = {"shell": False, "allow_pickle": False, "safe_mode": True}
"""The only value that each of them may have."""


def unsafe_parts(text: str) -> list[str]:
    """Return what in a program could run a command or an object that comes from a file."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] + [getattr(node, "module", "")]
            found += [name for name in names if name and name.split(".")[0] in FORBIDDEN_IMPORTS]
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            found += [name] if name in FORBIDDEN_CALLS or name.endswith((".query", ".to_pickle")) else []
            for option in node.keywords:
                if option.arg in UNSAFE_OPTIONS:
                    safe = ast.unparse(option.value) == str(UNSAFE_OPTIONS[option.arg])
                    found += [] if safe else [ast.unparse(option)]
    return found


@pytest.mark.parametrize("path", sorted((REPOSITORY / "scripts").rglob("*.py")), ids=lambda path: path.stem)
def test_no_program_runs_what_stands_in_a_file(path):
    assert unsafe_parts(path.read_text()) == []


@pytest.mark.parametrize(
    "text",
    [
        *(
            "import pickle",
            "from joblib import load",
            "eval(x)",
            "os.system(f'ls {name}')",
            "yaml.load(text)",
        ),
        *("subprocess.run(x, shell=True)", "np.load(x, allow_pickle=True)", "load_model(x, safe_mode=False)"),
        *("table.query(text)", "subprocess.run(x, shell=given)"),
    ],
)
def test_what_could_run_a_file_is_noticed(text):
    assert unsafe_parts(text)


def test_no_rule_gives_a_shell_a_name():
    texts = {
        path.name: path.read_text()
        for path in [REPOSITORY / "Snakefile", *(REPOSITORY / "rules").glob("*.smk")]
    }
    directive = re.compile(r"^\s*(?:shell|run)\s*:|\bshell\(", re.MULTILINE)
    assert [name for name, text in texts.items() if directive.search(text)] == []


def test_package_does_not_know_snakemake():
    named = [
        path.name
        for path in PACKAGE.rglob("*.py")
        if re.search(r"\bsnakemake\.|import snakemake", path.read_text())
    ]
    assert named == []


@pytest.mark.parametrize("name", RULES)
def test_environment_has_what_the_script_imports(name):
    (environment,) = re.findall(r'"\.\./(envs/\w+\.yaml)"', RULES[name])
    tops = {
        name.split(".")[0]
        for path in files_of(SCRIPTS[name])
        if path.suffix == ".py"
        for name in imports_of(path)
    }
    needed = {DISTRIBUTIONS.get(top, top) for top in tops - set(sys.stdlib_module_names) - {"radiofind"}}
    assert needed <= set(env_of(REPOSITORY / environment)[1])


@pytest.mark.parametrize("path", sorted((REPOSITORY / "envs").glob("*.yaml")), ids=lambda path: path.stem)
def test_environment_has_the_versions_of_the_lock(path):
    python, versions = env_of(path)
    assert versions.items() <= locked_for(python).items()


@pytest.mark.slow
def test_digest_of_a_rule_changes_with_each_file_that_it_uses(monkeypatch):
    before = {name: code_digest.digest_of(name) for name in SCRIPTS}
    for name, script in SCRIPTS.items():
        for changed in files_of(script):
            monkeypatch.setattr(Path, "read_bytes", lambda path, changed=changed: contents(path, changed))
            code_digest.digest_of.cache_clear()
            assert code_digest.digest_of(name) != before[name], f"{name} does not notice {changed.name}"
    monkeypatch.undo()
    code_digest.digest_of.cache_clear()


def contents(path, changed):
    """Return what a file holds, and more if it is the one that has changed."""
    with path.open("rb") as stream:
        return stream.read() + (b"# changed\n" if path == changed else b"")


def test_no_target_in_a_manual_is_taken_for_a_configuration():
    """What follows --configfile is one, up to the next option or two dashes."""
    pages = [*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").glob("*.md"), *REPOSITORY.glob("[cp]*/*.md")]
    lines = [line for page in pages for line in page.read_text().splitlines() if "--configfile" in line]
    assert any("results/" in line for line in lines)
    assert [line for line in lines if re.search(r"--configfile(?: [^-\s]\S*)* results/", line)] == []


def test_no_file_names_a_machine():
    machine = re.compile(
        rb"/(?:home|Users|root|work)/\w|https?://[^/\s]*(?:mirror|artifactory|nexus|localhost|127\.0\.0\.1)"
    )
    assert [
        path.name for path in tracked_files() if machine.search(path.read_bytes()) and path != Path(__file__)
    ] == []


def test_lock_names_no_registry():
    for name in ("requirements.lock", "requirements.in"):
        assert not re.search(
            r"https?:|^\s*-(?:i|-index-url|-extra-index-url|-find-links)\b",
            (REPOSITORY / name).read_text(),
            re.MULTILINE,
        )
