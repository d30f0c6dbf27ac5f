"""A dataclass is read from JSON, or an error says what is wrong with the file."""

from dataclasses import asdict, dataclass

import pytest

from radiofind.files import write_json
from radiofind.json_files import read_json


@dataclass(frozen=True)
class Line:
    slope: float
    ends: dict[str, float]


def width(line):
    return line.ends["high"] - line.ends["low"]


def test_further_keys_of_a_file_are_ignored(tmp_path):
    write_json({"slope": 2.0, "ends": {"low": 0.0, "high": 1.0}, "provenance": {}}, tmp_path / "a.json")
    found = read_json(tmp_path / "a.json", Line, what="a line", use=width)
    assert found == Line(2.0, {"low": 0.0, "high": 1.0})


@pytest.mark.parametrize(
    "content",
    [
        *("no JSON", "[]", "{}", "null", "", None),
        *(
            '{"slope": 1, "ends": {}}',
            '{"slope": 1, "ends": 3}',
            '{"slope": "1", "ends": {"low": 0, "high": 1}}',
        ),
    ],
)
def test_an_error_names_a_file_of_another_kind_and_the_kind_it_should_be(tmp_path, content):
    if content is not None:
        (tmp_path / "a.json").write_text(content)
    with pytest.raises(ValueError, match=r"a\.json.*a line"):
        read_json(tmp_path / "a.json", Line, what="a line", use=width)


def test_an_error_names_all_missing_keys_or_the_first_wrong_value(tmp_path):
    write_json({"more": 1}, tmp_path / "a.json")
    with pytest.raises(ValueError, match="slope, ends$"):
        read_json(tmp_path / "a.json", Line, what="a line")
    write_json({"slope": 1, "ends": {"low": "far"}}, tmp_path / "a.json")
    with pytest.raises(ValueError, match=r"ends\.low far"):
        read_json(tmp_path / "a.json", Line, what="a line")


def test_a_list_of_dataclasses_is_read(tmp_path):
    lines = [Line(float(number), {}) for number in range(3)]
    write_json([asdict(line) for line in lines], tmp_path / "a.json")
    assert read_json(tmp_path / "a.json", list[Line], what="lines") == lines
