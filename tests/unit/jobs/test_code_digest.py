"""A digest changes with the code that a script runs, and with no other."""

import shutil

import pytest

from radiofind.jobs import code_digest


@pytest.fixture(scope="module")
def scripts(tmp_path_factory):
    """A copy of all code. Its modules are parsed once: no test changes what one of them imports."""
    folder = tmp_path_factory.mktemp("code") / "scripts"
    return shutil.copytree(code_digest.SCRIPTS, folder, ignore=shutil.ignore_patterns("__pycache__"))


@pytest.fixture
def digest(scripts, monkeypatch):
    """A function that returns the digest of a script while some files are changed."""
    monkeypatch.setattr(code_digest, "SCRIPTS", scripts)
    monkeypatch.setattr(code_digest, "PACKAGE", scripts / "radiofind")

    def of(script, *files):
        contents = {scripts / file: (scripts / file).read_bytes() for file in files}
        for path, content in contents.items():
            path.write_bytes(content + b"\n# changed\n")
        code_digest.digest_of.cache_clear()
        changed = code_digest.digest_of(script)
        for path, content in contents.items():
            path.write_bytes(content)
        return changed

    yield of
    code_digest.digest_of.cache_clear()


@pytest.mark.parametrize(
    ("script", "counts", "not_used"),
    [
        (
            "find_peaks",
            ["find_peaks.py", "radiofind/finders/peaks.py", "radiofind/mosaics/tiles.py"],
            "radiofind/finders/pybdsf.py",
        ),
        (
            "find_pybdsf",
            ["radiofind/finders/pybdsf.py", "radiofind/finders/pybdsf_process.py"],
            "radiofind/finders/peaks.py",
        ),
        (
            "merge_detections",
            ["radiofind/catalogues/columns.py", "radiofind/files.py"],
            "radiofind/finders/pybdsf_process.py",
        ),
        ("measure_noise", ["radiofind/mosaics/noise.py", "radiofind/mosaics/images.py"], "find_peaks.py"),
        (
            "write_report",
            ["radiofind/report/page.py", "radiofind/report/templates/report.html.j2"],
            "radiofind/catalogues/merging.py",
        ),
    ],
)
def test_a_change_counts_where_the_code_is_used(digest, script, counts, not_used):
    first = digest(script)
    assert digest(script) == first == digest(script, not_used)
    changed = [digest(script, file) for file in counts]
    assert len({first, *changed}) == len(counts) + 1


def test_every_script_has_a_digest_of_its_own(digest):
    names = [path.stem for path in code_digest.SCRIPTS.glob("*.py")]
    assert len(names) > 10
    digest(names[0])
    assert len({code_digest.digest_of(name) for name in names}) == len(names)


def test_a_file_that_counts_exists():
    for files in code_digest.USED_BY.values():
        for file in files:
            assert (code_digest.PACKAGE / file).is_file()


def test_imports_of_all_spellings_count(tmp_path, monkeypatch):
    texts = {
        "script.py": "from radiofind.room.two import name\n",
        "radiofind/room/one.py": "def f():\n    from radiofind.room import three\n",
        "radiofind/room/two.py": "import radiofind.room.one\n",
        "radiofind/room/three.py": "from radiofind import four\n",
        "radiofind/four.py": "from radiofind.room.two import name\n",
    }
    (tmp_path / "radiofind" / "room").mkdir(parents=True)
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(code_digest, "SCRIPTS", tmp_path)
    monkeypatch.setattr(code_digest, "PACKAGE", tmp_path / "radiofind")
    code_digest.digest_of.cache_clear()
    digests = {code_digest.digest_of("script")}
    for name, text in texts.items():
        (tmp_path / name).write_text(f"{text}# changed\n")
        code_digest.digest_of.cache_clear()
        digests.add(code_digest.digest_of("script"))
    assert len(digests) == len(texts) + 1
    code_digest.digest_of.cache_clear()


SEARCHES = ("measure_noise", "find_peaks", "find_pybdsf", "find_convosource", "map_probability")
"""Scripts that process single tiles."""


@pytest.mark.parametrize("script", SEARCHES)
def test_changes_in_unrelated_modules_search_no_tile_again(digest, script):
    others = ("evaluation/truth.py", "evaluation/truth_tables.py", "workflow/config/messages.py")
    assert {digest(script, f"radiofind/{other}") for other in others} == {digest(script)}


@pytest.mark.parametrize("script", SEARCHES)
def test_searches_reach_neither_evaluation_nor_workflow(script):
    rooms = {name.split("/")[0] for name in code_digest.modules_of(script)}
    assert "mosaics" in rooms and not rooms & {
        "evaluation",
        "workflow",
        "report",
        "classifiers",
        "simulation",
    }
