"""A digest changes with the code that a script runs, and with no other."""

import shutil

import pytest

from radiofind import digests


@pytest.fixture
def digest(tmp_path, monkeypatch):
    """A function that returns the digest of a script after lines were added to files."""
    scripts, copies = digests.SCRIPTS, iter(range(100))

    def of(script, *files):
        folder = tmp_path / str(next(copies))
        shutil.copytree(scripts, folder, ignore=shutil.ignore_patterns("__pycache__"))
        for file in files:
            with (folder / file).open("a") as code:
                code.write("\n# changed\n")
        monkeypatch.setattr(digests, "SCRIPTS", folder)
        monkeypatch.setattr(digests, "PACKAGE", folder / "radiofind")
        digests.digest_of.cache_clear()
        return digests.digest_of(script)

    yield of
    digests.digest_of.cache_clear()


@pytest.mark.parametrize(
    ("script", "counts", "not_used"),
    [
        ("find_peaks", ["find_peaks.py", "radiofind/peaks.py", "radiofind/tiling.py"], "radiofind/pybdsf.py"),
        ("find_pybdsf", ["radiofind/pybdsf.py", "radiofind/run_pybdsf.py"], "radiofind/peaks.py"),
        ("merge_detections", ["radiofind/columns.py", "radiofind/files.py"], "radiofind/run_pybdsf.py"),
        ("measure_noise", ["radiofind/noise.py", "radiofind/images.py"], "find_peaks.py"),
        (
            "write_report",
            ["radiofind/report.py", "radiofind/templates/report.html.j2"],
            "radiofind/merging.py",
        ),
    ],
)
def test_a_change_counts_where_the_code_is_used(digest, script, counts, not_used):
    first = digest(script)
    assert digest(script) == first == digest(script, not_used)
    changed = [digest(script, file) for file in counts]
    assert len({first, *changed}) == len(counts) + 1


def test_every_script_has_a_digest_of_its_own(digest):
    names = [path.stem for path in digests.SCRIPTS.glob("*.py")]
    assert len(names) > 10
    digest(names[0])
    assert len({digests.digest_of(name) for name in names}) == len(names)


def test_a_file_that_counts_exists():
    for files in digests.USED_BY.values():
        for file in files:
            assert (digests.PACKAGE / file).is_file()


def test_imports_of_all_spellings_count(tmp_path, monkeypatch):
    (tmp_path / "radiofind").mkdir()
    texts = {
        "script.py": "from radiofind.two import name\n",
        "radiofind/one.py": "def f():\n    from radiofind import three\n",
        "radiofind/two.py": "import radiofind.one\n",
        "radiofind/three.py": "from radiofind.two import name\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(digests, "SCRIPTS", tmp_path)
    monkeypatch.setattr(digests, "PACKAGE", tmp_path / "radiofind")
    digests.digest_of.cache_clear()
    first = digests.digest_of("script")
    (tmp_path / "radiofind" / "three.py").write_text(texts["radiofind/three.py"] + "# changed\n")
    digests.digest_of.cache_clear()
    assert digests.digest_of("script") != first
    digests.digest_of.cache_clear()
