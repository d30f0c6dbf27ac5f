"""What was learned is read from JSON, or it is told what the file should be."""

from dataclasses import dataclass

import pytest

from radiofind.files import write_json
from radiofind.finders.json_models import read_json_model


@dataclass(frozen=True)
class Line:
    slope: float
    ends: dict[str, float]


def width(line):
    return line.ends["high"] - line.ends["low"]


def test_a_model_is_read_and_what_else_is_in_the_file_left(tmp_path):
    write_json({"slope": 2.0, "ends": {"low": 0.0, "high": 1.0}, "provenance": {}}, tmp_path / "a.json")
    found = read_json_model(tmp_path / "a.json", Line, what="a line", use=width)
    assert found == Line(2.0, {"low": 0.0, "high": 1.0})


@pytest.mark.parametrize(
    "content", ["no JSON", "[]", "{}", '{"slope": 1, "ends": {}}', '{"slope": 1, "ends": 3}']
)
def test_a_file_that_is_no_model_is_named(tmp_path, content):
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(ValueError, match=r"Expected a line in .*a\.json, received"):
        read_json_model(tmp_path / "a.json", Line, what="a line", use=width)
