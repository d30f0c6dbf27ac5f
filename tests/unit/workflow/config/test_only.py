"""The key `only` is checked against the sheet, and leaves out what it does not name."""

import json

import pytest
import yaml

from radiofind.workflow.config.configuration import ConfigurationError
from radiofind.workflow.config.inputs import read_inputs
from unit.workflow.config.test_configuration import CONFIG, DEFAULT, merged
from unit.workflow.config.test_frozen_models import NETWORK

SHEET = """mosaic	simulate	train_box	validation_box	training_set
a	sky	0:200,0:400	200:400,0:200	s
b	sky			s
c	sky	0:200,0:400	200:400,0:200	c
"""
SKY = "simulations: {sky: {size_pixels: 400, frequency_mhz: 560, exposure_h: 8, seed: 1}}\n"
TRAINED = "finders: {convosource: {model: null}}\n"
LEARNS = f"find_with: [peaks, convosource]\n{TRAINED}"


@pytest.fixture
def inputs(tmp_path, monkeypatch):
    """A function that returns what is read of a configuration on the sheet."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.tsv").write_text(SHEET)

    def read(text, sheet=SHEET):
        (tmp_path / "s.tsv").write_text(sheet)
        (tmp_path / "mine.yaml").write_text(f"mosaics: s.tsv\n{SKY}{text}")
        config = merged(
            yaml.safe_load(DEFAULT.read_text()), yaml.safe_load((tmp_path / "mine.yaml").read_text())
        )
        return read_inputs(config, repository=CONFIG.parent, overlays=["mine.yaml"])

    return read


def complaint(inputs, text, sheet=SHEET):
    with pytest.raises(ConfigurationError) as told:
        inputs(text, sheet)
    return str(told.value)


def test_without_it_all_mosaics_are_searched(inputs):
    config, mosaics = inputs("")
    assert config["only"] is None
    assert [row.mosaic for row in mosaics] == ["a", "b", "c"]


def test_mosaics_that_it_does_not_name_are_left_out(inputs):
    config, mosaics = inputs("only: {c: all, a: '0:50,0:50'}\n")
    assert config["only"] == {"c": "all", "a": "0:50,0:50"}
    assert [row.mosaic for row in mosaics] == ["a", "c"]


@pytest.mark.parametrize(
    ("only", "key", "told"),
    [
        ("{d: all}", "only.d", "a, b, c"),
        ("{a: '0:401,0:400'}", "only.a", "0:400,0:400"),
        ("{a: '50:50,0:400'}", "only.a", "50:50,0:400"),
        ("{a: left}", "only.a", "x0:x1,y0:y1"),
        ("{a: 0:50,0:50}", "only.a", "in quotes"),
        ("{a: }", "only.a", "None"),
        ("{}", "only", "1 name or more"),
        ("a", "only", "keys with values"),
    ],
)
def test_a_mistake_is_told_with_file_line_and_key(inputs, only, key, told):
    message = complaint(inputs, f"only: {only}\n")
    assert f"mine.yaml, line 3: {key}: " in message and told in message


def test_the_size_of_an_image_that_cannot_be_read_is_left_to_the_run(inputs, tmp_path):
    (tmp_path / "bad.fits").write_bytes(b"no image")
    inputs("only: {a: '0:500,0:500'}\n", "mosaic\timage\na\tbad.fits\n")


@pytest.mark.parametrize("box", ["all", "0:400,0:400"])
def test_what_a_finder_learns_from_may_be_searched_with_more(inputs, box):
    inputs(f"{LEARNS}only: {{a: '{box}'}}\n")


@pytest.mark.parametrize("finder", ["convosource", "combined"])
def test_what_a_finder_learns_from_must_be_searched(inputs, finder):
    message = complaint(
        inputs, f"{TRAINED}find_with: [pybdsf, convosource, combined]\nonly: {{a: '0:200,0:400'}}\n"
    )
    assert message.startswith("mine.yaml, line 5: only.a: ") and "validation_box" in message
    assert finder in message and "train_box" not in message


def test_a_mosaic_that_others_learn_from_must_not_be_left_out(inputs):
    message = complaint(inputs, f"{LEARNS}only: {{b: all}}\n")
    assert message.startswith("mine.yaml, line 5: only.a: ") and "train_box" in message


def test_nothing_is_learned_where_a_model_is_given_or_for_other_training_sets(inputs, tmp_path):
    (tmp_path / "net.keras").touch()
    (tmp_path / "net.json").write_text(json.dumps(NETWORK))
    model = "finders: {convosource: {model: net.keras}}\n"
    inputs(f"{model}find_with: [peaks, convosource]\nonly: {{b: all}}\n")
    inputs(f"{model}find_with: [peaks]\nonly: {{c: all}}\n")


def test_boxes_from_which_classes_are_learned_must_be_searched(inputs):
    classify = "classifiers: {classify_sources: {by: truth}}\n"
    inputs(f"{classify}only: {{a: '0:200,0:400'}}\n")
    assert "train_box" in complaint(inputs, f"{classify}only: {{a: '0:199,0:400'}}\n")
