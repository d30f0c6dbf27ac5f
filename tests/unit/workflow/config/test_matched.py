"""Networks that learn from simulations bring a simulated mosaic for each training set."""

import pytest
import yaml

from radiofind.mosaics.box import parse_box
from radiofind.workflow.config.inputs import read_inputs
from radiofind.workflow.config.sheet import SheetError
from unit.workflow.config.test_configuration import CONFIG, DEFAULT, merged

ROWS = [
    ("mosaic", "simulate", "training_set", "train_box", "validation_box"),
    ("a", "sky", "s", "", ""),
    ("b", "sky", "s", "", ""),
    ("c", "sky", "", "0:200,0:400", "200:400,0:400"),
]
SHEET = "".join("\t".join(row) + "\n" for row in ROWS)
SKY = "simulations: {sky: {size_pixels: 400, frequency_mhz: 560, exposure_h: 8, seed: 1}}\n"
SIMULATION = """find_with: [pybdsf, convosource, combined]
finders: {convosource: {training: simulation, model: null}}
"""


@pytest.fixture
def inputs(tmp_path, monkeypatch):
    """A function that returns what is read of a configuration on the sheet."""
    monkeypatch.chdir(tmp_path)

    def read(text, sheet=SHEET):
        (tmp_path / "s.tsv").write_text(sheet)
        (tmp_path / "mine.yaml").write_text(f"mosaics: s.tsv\n{SKY}{text}")
        mine = yaml.safe_load((tmp_path / "mine.yaml").read_text())
        config = merged(yaml.safe_load(DEFAULT.read_text()), mine)
        return read_inputs(config, repository=CONFIG.parent, overlays=["mine.yaml"])

    return read


def test_each_training_set_has_a_mosaic_like_its_first(inputs):
    config, mosaics = inputs(SIMULATION)
    assert [row.mosaic for row in mosaics] == ["a", "b", "c", "s-simulated", "c-simulated"]
    matched = {row.mosaic: row for row in mosaics if row.like}
    assert {name: row.like.mosaic for name, row in matched.items()} == {
        "s-simulated": "a",
        "c-simulated": "c",
    }
    row = matched["s-simulated"]
    assert row.training_set == "s" and row.primary_beam is None
    assert (row.truth_format, row.simulate) == ("sdc1", row.mosaic)
    size = config["matched_simulation"]["size_pixels"]
    train, validation = (parse_box(box, (size, size)) for box in (row.train_box, row.validation_box))
    assert train.x1 == validation.x0 and not train.overlap(validation)
    assert validation.x1 < size and train.pixels > validation.pixels


@pytest.mark.parametrize(
    "text",
    ["", "find_with: [peaks]\nfinders: {convosource: {training: simulation, model: null}}\n"],
    ids=["no network", "a network that does not run"],
)
def test_nothing_is_simulated_for_nobody(inputs, text):
    _config, mosaics = inputs(text)
    assert [row.mosaic for row in mosaics] == ["a", "b", "c"]


def test_a_training_set_without_truth_needs_a_simulation(inputs):
    with pytest.raises(SheetError, match="training: simulation"):
        inputs("find_with: [peaks, convosource]\nfinders: {convosource: {model: null}}\n")


def test_the_general_network_needs_a_simulation_for_its_scores_and_no_boxes(inputs):
    _config, mosaics = inputs("find_with: [pybdsf, convosource, combined]\n")
    assert [row.mosaic for row in mosaics] == ["a", "b", "c", "s-simulated", "c-simulated"]


def test_a_part_of_the_survey_has_the_same_simulation(inputs):
    _config, mosaics = inputs(SIMULATION + "only: {b: all}\n")
    assert [row.mosaic for row in mosaics] == ["b", "s-simulated"]
    assert mosaics[1].like.mosaic == "a"


def test_boxes_from_which_nobody_learns_need_not_be_searched(inputs):
    text = (
        SIMULATION.replace("pybdsf, convosource, combined", "pybdsf, convosource")
        + "only: {c: '0:50,0:50'}\n"
    )
    _config, mosaics = inputs(text)
    assert [row.mosaic for row in mosaics] == ["c", "c-simulated"]


def test_names_of_such_mosaics_are_kept_for_them(inputs):
    with pytest.raises(SheetError, match="line 2, column mosaic.*-simulated"):
        inputs("", SHEET.replace("a\tsky", "s-simulated\tsky"))
    with pytest.raises(SheetError, match="line 2, column simulate.*-simulated"):
        inputs("", SHEET.replace("a\tsky", "a\tsky-simulated"))
