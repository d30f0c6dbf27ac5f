"""Whatever users bring is read, or told to be wrong with its place; and nothing else happens."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from fuzz import seeds
from fuzz.fuzz_parsers import PARSERS
from fuzz.watching import watched
from untrusted.mutations import wrong_files

FEW, MANY = 40, 2000
"""Files that each parser gets in `make test` and in `make test-all`; the same ones in every run."""

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with the files that the seeds name."""
    seeds.make_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def examine(parser, folder, examples):
    """Give a parser so many files, and return how many it got."""
    given_to_it = []

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(wrong_files(parser))
    def gets(content):
        given_to_it.append(len(content))
        PARSERS[parser](content, folder)

    gets()
    return len(given_to_it)


@pytest.mark.parametrize("parser", PARSERS)
def test_the_seeds_are_right(folder, parser):
    assert [PARSERS[parser](content, folder) for content in seeds.SEEDS[parser]] == [[]] * len(
        seeds.SEEDS[parser]
    )


@pytest.mark.parametrize("parser", PARSERS)
def test_a_parser_reads_a_file_or_tells_what_is_wrong_with_it(folder, parser):
    assert examine(parser, folder, FEW) >= FEW


@pytest.mark.exhaustive
@pytest.mark.parametrize("parser", PARSERS)
def test_a_parser_reads_each_of_many_files_or_tells_what_is_wrong_with_it(folder, parser):
    assert examine(parser, folder, MANY) >= MANY


def test_the_parsers_get_ten_thousand_files():
    assert len(PARSERS) * MANY >= 10_000


@pytest.mark.parametrize(
    "act",
    [
        lambda: Path("../outside").write_text("x"),
        lambda: Path("../outside").mkdir(),
        lambda: subprocess.run(["true"], check=True),
        lambda: os.system("true"),
        lambda: pickle.loads(pickle.dumps(Path("x"))),
    ],
    ids=["write", "mkdir", "run", "shell", "pickle"],
)
def test_what_a_parser_must_not_do_is_noticed(folder, act):
    (folder / "inner").mkdir()
    os.chdir(folder / "inner")
    with watched(folder / "inner") as seen:
        act()
        assert seen
        seen.clear()
        Path("inside").write_text("x")
        assert seen == []


def test_the_fuzz_target_starts_as_a_program():
    program = Path(__file__).parents[1] / "fuzz/fuzz_parsers.py"
    done = subprocess.run([sys.executable, program, "nothing"], capture_output=True, text=True, check=False)
    assert done.stderr == f"Expected the name of a parser ({', '.join(PARSERS)}), received nothing\n"
