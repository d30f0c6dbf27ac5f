"""The classifiers in the configuration: defaults, and that mistakes are told with file, line and key."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import yaml

from radiofind.classifiers.architectures.table import ARCHITECTURES
from radiofind.classifiers.survey_cutouts import SurveySettings
from radiofind.simulation import galaxy_settings
from radiofind.simulation.galaxy_settings import GalaxySettings
from radiofind.workflow.config import classifiers as classifier_configuration
from radiofind.workflow.config.configuration import check_config
from unit.workflow.config.test_configuration import CONFIG, SCHEMAS, check, complaint, leaves
from unit.workflow.config.test_configuration import folder as folder

GALAXIES = "{kind: simulated}"
TWO_SETS = "{kind: simulated}\n    galaxies: {kind: simulated}"


def classifiers(*, train_with="[d/n]", dataset=GALAXIES, network="{}", more=""):
    """Return an overlay with the data set `d` on its third line and the network `n` on its fifth."""
    return (
        "classifiers:\n  datasets:\n"
        f"    d: {dataset}\n  networks:\n    n: {network}\n  train_with: {train_with}\n{more}"
    )


def test_without_classifiers_there_are_none(folder):
    config = {"mosaics": "config/mosaics.tsv", "finders": {"p": {"kind": "peaks"}}, "find_with": ["p"]}
    expected = {"datasets": {}, "networks": {}, "train_with": [], "classify_sources": None}
    assert check_config(config, schemas=SCHEMAS, base=folder)["classifiers"] == expected


def test_data_sets_and_networks_have_the_defaults_of_their_schemas(folder):
    found = check(folder, classifiers())["classifiers"]
    galaxies, network = found["datasets"]["d"], found["networks"]["n"]
    assert galaxies["classes"] == ["compact", "FRI", "FRII", "bent"] and galaxies["snr"] == [10, 100]
    split = {key: galaxies[key] for key in ("validation_fraction", "test_fraction", "split_seed")}
    assert split == {"validation_fraction": 0.15, "test_fraction": 0.2, "split_seed": 1}
    assert (network["seeds"], network["folds"], network["model"]) == ([1, 2, 3], 0, None)


@pytest.mark.parametrize(
    ("settings", "place", "told"),
    [
        (
            {"train_with": "[d]"},
            "line 6: classifiers.train_with[0]",
            "expected a data set and a network as data set/network, received d",
        ),
        ({"train_with": "[d/n/x]"}, "line 6: classifiers.train_with[0]", "received d/n/x"),
        (
            {"train_with": "[d/n, e/n]"},
            "line 6: classifiers.train_with[1]",
            "expected one of classifiers.datasets (d), received e in e/n",
        ),
        (
            {"dataset": TWO_SETS, "train_with": "[galaxy/n]"},
            "line 7: classifiers.train_with[0]",
            "received galaxy (did you mean galaxies?) in galaxy/n",
        ),
        (
            {"train_with": "[d/m]"},
            "line 6: classifiers.train_with[0]",
            "expected one of classifiers.networks (n), received m in d/m",
        ),
        ({"train_with": "[d/n, d/n]"}, "line 6: classifiers.train_with", "expected each entry once"),
        (
            {"network": "{model: x.keras}"},
            "line 6: classifiers.train_with[0]",
            "expected a network that is trained (n has a model), received d/n",
        ),
        ({"dataset": "{}"}, "line 3: classifiers.datasets.d.kind", "expected one of components, file,"),
        ({"dataset": "{kind: h5}"}, "line 3: classifiers.datasets.d.kind", "simulated, received h5"),
        ({"dataset": "{kind: file}"}, "line 3: classifiers.datasets.d.path", "expected a value"),
        (
            {"dataset": "{kind: file, path: gone.h5}"},
            "line 3: classifiers.datasets.d.path",
            "expected the path of a file, received gone.h5 (no such file",
        ),
        ({"dataset": "{kind: file, path: config}"}, "line 3: classifiers.datasets.d.path", "a folder"),
        (
            {"dataset": "{kind: file, path: 'a{b}.h5'}"},
            "line 3: classifiers.datasets.d.path",
            "has { or }, which Snakemake takes for wildcards",
        ),
        (
            {"dataset": "{kind: file, path: x, test: train}"},
            "line 3: classifiers.datasets.d.test",
            "expected one of test, valid, received 'train'",
        ),
        (
            {"dataset": "{kind: simulated, classes: [FRI]}"},
            "line 3: classifiers.datasets.d.classes",
            "expected a list of 2 or more",
        ),
        (
            {"dataset": "{kind: simulated, classes: [FRI, FRIII]}"},
            "line 3: classifiers.datasets.d.classes[1]",
            "expected one of compact, unresolved, FRI, FRII, bent, ",
        ),
        (
            {"dataset": "{kind: simulated, snr: [100, 10]}"},
            "line 3: classifiers.datasets.d.snr",
            "expected the smaller number first, received [100, 10]",
        ),
        ({"dataset": "{kind: simulated, snr: [10]}"}, "classifiers.datasets.d.snr", "a list of 2 or more"),
        (
            {"dataset": "{kind: simulated, beam_arcsec: 3}"},
            "line 3: classifiers.datasets.d.beam_arcsec",
            "expected 2 to 100 pixels of pixel_arcsec (1.8), received 3",
        ),
        (
            {"dataset": "{kind: simulated, beam_arcsec: [200, 100, 0], size_pixels: 1000}"},
            "line 3: classifiers.datasets.d.beam_arcsec",
            "expected 2 to 100 pixels of pixel_arcsec (1.8), received [200, 100, 0]",
        ),
        (
            {"dataset": "{kind: simulated, beam_arcsec: [6, 5]}"},
            "line 3: classifiers.datasets.d.beam_arcsec",
            "expected a list of 3 or more",
        ),
        (
            {"dataset": "{kind: simulated, size_pixels: 32}"},
            "line 3: classifiers.datasets.d.size_pixels",
            "expected at least 10.7 beams (33 pixels), received 32",
        ),
        (
            {"dataset": "{kind: simulated, beam_arcsec: [18, 4.5, 0], size_pixels: 53}"},
            "line 3: classifiers.datasets.d.size_pixels",
            "expected at least 10.7 beams (54 pixels), received 53",
        ),
        (
            {"dataset": "{kind: simulated, validation_fraction: 0.5, test_fraction: 0.5}"},
            "line 3: classifiers.datasets.d.validation_fraction",
            "expected less than 1 together with test_fraction (0.5), received 0.5",
        ),
        (
            {"dataset": "{kind: components, finder: peaks}"},
            "line 3: classifiers.datasets.d.finder",
            "expected a finder of find_with of kind pybdsf: pybdsf, received peaks",
        ),
        (
            {"dataset": "{kind: morphology, finder: peeks}"},
            "line 3: classifiers.datasets.d.finder",
            "expected a finder of find_with: pybdsf, peaks, received peeks (did you",
        ),
        ({"dataset": "{kind: morphology}"}, "line 3: classifiers.datasets.d.finder", "expected a value"),
        (
            {"dataset": "{kind: components, finder: pybdsf, classes: three}"},
            "line 3: classifiers.datasets.d.classes",
            "expected one of two, four",
        ),
        ({"network": "{depth: 3}"}, "line 5: classifiers.networks.n.depth", "expected a known key"),
        (
            {"network": "{architecture: resnet}"},
            "line 5: classifiers.networks.n.architecture",
            "expected one of default, rgz2018, convnet4, convnet8, simple, capsnet, transfer",
        ),
        (
            {"network": "{recipe: paper}"},
            "line 5: classifiers.networks.n.recipe",
            "expected default, as no publication describes the architecture default, received paper",
        ),
        (
            {"network": "{architecture: convnet8, variant: filters}"},
            "line 5: classifiers.networks.n.variant",
            "expected default, as only capsnet has others (the architecture is convnet8), received filters",
        ),
        (
            {"network": "{architecture: capsnet, weights: imagenet}"},
            "line 5: classifiers.networks.n.weights",
            "expected null, as only transfer has others (the architecture is capsnet), received imagenet",
        ),
        (
            {"network": "{architecture: transfer, weights: w.h5}"},
            "line 5: classifiers.networks.n.weights",
            "expected the path of a file, received w.h5 (no such file",
        ),
        (
            {"network": "{folds: 1}"},
            "line 5: classifiers.networks.n.folds",
            "expected 2 or more, or 0 for none",
        ),
        ({"network": "{seeds: [1, 1]}"}, "line 5: classifiers.networks.n.seeds", "expected each entry once"),
        ({"network": "{seeds: []}"}, "line 5: classifiers.networks.n.seeds", "expected a list of 1 or more"),
        ({"network": "{seeds: [-1]}"}, "line 5: classifiers.networks.n.seeds[0]", "expected at least 0"),
        (
            {"network": "{seeds: [4294967296]}"},
            "line 5: classifiers.networks.n.seeds[0]",
            "expected at most 4294967295",
        ),
        ({"network": "{clip_rms: 6}"}, "line 5: classifiers.networks.n.clip_rms", "expected at most 5"),
        ({"network": "{epochs: 0}"}, "line 5: classifiers.networks.n.epochs", "expected at least 1"),
        (
            {"more": "  classify_sources: {by: eye}\n"},
            "line 7: classifiers.classify_sources.by",
            "expected one of truth, network, received 'eye'",
        ),
        (
            {"more": "  classify_sources: {by: network}\n"},
            "line 7: classifiers.classify_sources.network",
            "expected one of classifiers.networks (n), received nothing",
        ),
        (
            {"more": "  classify_sources: {by: network, network: m}\n"},
            "line 7: classifiers.classify_sources.network",
            "received m",
        ),
        (
            {"more": "  classify_sources: {by: network, network: n}\n"},
            "line 7: classifiers.classify_sources.dataset",
            "expected a data set with which train_with trains n: d, received nothing",
        ),
        (
            {"more": "  classify_sources: {by: network, network: n, dataset: galaxies}\n"},
            "line 7: classifiers.classify_sources.dataset",
            "expected a data set with which train_with trains n: d, received galaxies",
        ),
        (
            {
                "network": "{}\n    default: {}",
                "more": "  classify_sources: {by: network, network: defalt}\n",
            },
            "line 8: classifiers.classify_sources.network",
            "received defalt (did you mean default?)",
        ),
        (
            {
                "dataset": TWO_SETS,
                "train_with": "[galaxies/n]",
                "more": "  classify_sources: {by: network, network: n, dataset: galaxy}\n",
            },
            "line 8: classifiers.classify_sources.dataset",
            "expected a data set with which train_with trains n: galaxies, received galaxy (did you mean gal",
        ),
        (
            {
                "network": "{}\n    mn: {}",
                "train_with": "[d/mn]",
                "more": "  classify_sources: {by: network, network: n, dataset: d}\n",
            },
            "line 8: classifiers.classify_sources.dataset",
            "expected a data set with which train_with trains n: none, received d",
        ),
        (
            {
                "network": "{model: x.h5}",
                "train_with": "[]",
                "more": "  classify_sources: {by: network, network: n}\n",
            },
            "line 5: classifiers.networks.n.model",
            "expected the path of a file that ends in .keras, received x.h5",
        ),
        (
            {
                "network": "{model: x.keras}",
                "train_with": "[]",
                "more": "  classify_sources: {by: network, network: n}\n",
            },
            "line 5: classifiers.networks.n.model",
            "expected the path of a file, received x.keras (no such file",
        ),
    ],
)
def test_a_mistake_is_told_with_file_line_and_key(folder, settings, place, told):
    message = complaint(folder, classifiers(**settings))
    assert message.startswith("mine.yaml, ") and f"{place}: " in message
    assert told in message


@pytest.mark.parametrize(
    "settings",
    [
        {"dataset": "{kind: file, path: mine.h5, test: valid}"},
        {"dataset": "{kind: components, finder: pybdsf, classes: four}"},
        {"dataset": "{kind: simulated, beam_arcsec: [6, 5, 30], size_pixels: 33}"},
        {"dataset": "{kind: simulated, snr: [10, 10]}"},
        {"dataset": "{kind: simulated, beam_arcsec: 3.6, size_pixels: 22}"},
        {"dataset": "{kind: simulated, beam_arcsec: [180, 90, 0], size_pixels: 1000}"},
        {"dataset": "{kind: morphology, finder: peaks}"},
        {"network": "{architecture: transfer, weights: mine.h5}"},
        {"network": "{architecture: transfer, weights: imagenet}"},
        {"network": "{architecture: capsnet, variant: decoder, recipe: paper}"},
        {"network": "{folds: 5}"},
        {"train_with": "[]", "dataset": "{kind: file, path: gone.h5}", "network": "{folds: 1}"},
        {"more": "  classify_sources: {by: network, network: n, dataset: d}\n"},
        {
            "network": "{model: mine.keras}",
            "train_with": "[]",
            "more": "  classify_sources: {by: network, network: n}\n",
        },
    ],
)
def test_what_is_right_or_is_not_used_is_taken(folder, settings):
    for name in ("mine.h5", "mine.keras", "mine.json"):
        (folder / name).touch()
    check(folder, classifiers(**settings))


def test_mistakes_of_finders_and_classifiers_are_told_together(folder):
    wrong = "classifiers: {networks: {default: {epochs: a}}}\n"
    told = complaint(folder, f"finders: {{peaks: {{threshold: a}}}}\n{wrong}")
    assert "finders.peaks.threshold" in told and "classifiers.networks.default.epochs" in told


@pytest.mark.parametrize("finders", ["find_with: [gone]\n", "find_with: 3\n", "finders: 3\n"])
def test_data_sets_of_finders_that_are_faulty_themselves_are_not_checked(folder, finders):
    told = complaint(folder, finders + classifiers(dataset="{kind: components, finder: pybdsf}"))
    assert finders.split(":")[0] in told


def schemas():
    """Return the schemas of the data sets and of networks."""
    return [*sorted((SCHEMAS / "datasets").glob("*.yaml")), SCHEMAS / "network.schema.yaml"]


@pytest.mark.parametrize("path", schemas(), ids=lambda path: path.stem)
def test_every_key_has_a_description_a_unit_and_a_line_in_the_readme(path):
    text = (CONFIG / "README.md").read_text()
    section = text[text.index("### Classifiers") : text.index("### Dask")]
    for key, part in leaves(yaml.safe_load(path.read_text()), ""):
        assert part.get("description") and "unit" in part, key
        assert f"`{key}" in section, key


def test_limits_of_simulated_data_sets_are_those_of_the_simulator():
    assert galaxy_settings.BEAM_PIXELS == classifier_configuration.BEAM_PIXELS
    assert np.isclose(classifier_configuration.LEAST_BEAMS, galaxy_settings.LEAST_BEAMS)


def test_choices_of_networks_are_those_of_the_architectures():
    keys = yaml.safe_load((SCHEMAS / "network.schema.yaml").read_text())["properties"]
    assert set(keys["architecture"]["enum"]) == set(ARCHITECTURES)
    assert set(keys["recipe"]["enum"]) == {name for one in ARCHITECTURES.values() for name in one.recipes}
    assert set(keys["variant"]["enum"]) == {name for one in ARCHITECTURES.values() for name in one.variants}
    without = {name for name, one in ARCHITECTURES.items() if "paper" not in one.recipes}
    assert without == set(classifier_configuration.WITHOUT_PAPER)


def test_settings_of_data_sets_are_those_of_what_makes_them():
    split = {"validation_fraction", "test_fraction", "split_seed"}
    makers = {
        "simulated": {field.name for field in fields(GalaxySettings)},
        "components": {field.name for field in fields(SurveySettings)} | split,
        "morphology": {field.name for field in fields(SurveySettings)} | split,
    }
    for kind, known in makers.items():
        keys = yaml.safe_load((SCHEMAS / f"datasets/{kind}.schema.yaml").read_text())["properties"]
        assert set(keys) - {"kind", "finder"} <= known


def test_names_of_kinds_are_those_of_their_files():
    for path in schemas()[:-1]:
        kind = yaml.safe_load(path.read_text())["properties"]["kind"]
        assert kind["const"] == Path(path).name.split(".")[0]
