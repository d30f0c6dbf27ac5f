"""A dataclass is read from JSON, or it is told what the file should be."""

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


def test_a_model_is_read_and_what_else_is_in_the_file_left(tmp_path):
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
def test_a_file_that_is_no_model_is_named(tmp_path, content):
    if content is not None:
        (tmp_path / "a.json").write_text(content)
    with pytest.raises(ValueError, match=r"a\.json: expected a line, received"):
        read_json(tmp_path / "a.json", Line, what="a line", use=width)


def test_all_that_is_missing_is_named_or_the_first_wrong_value(tmp_path):
    write_json({"more": 1}, tmp_path / "a.json")
    with pytest.raises(ValueError, match="received none of slope, ends$"):
        read_json(tmp_path / "a.json", Line, what="a line")
    write_json({"slope": 1, "ends": {"low": "far"}}, tmp_path / "a.json")
    with pytest.raises(ValueError, match="received ends.low far"):
        read_json(tmp_path / "a.json", Line, what="a line")


def test_a_list_is_read_as_it_was_written(tmp_path):
    lines = [Line(float(number), {}) for number in range(3)]
    write_json([asdict(line) for line in lines], tmp_path / "a.json")
    assert read_json(tmp_path / "a.json", list[Line], what="lines") == lines
