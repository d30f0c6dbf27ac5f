"""What is trained and classified, from the configuration and the sheet."""

import pandas as pd
import pytest

from radiofind.workflow.config.sheet import Mosaic
from radiofind.workflow.plan.classifiers import ClassifierPlan
from radiofind.workflow.plan.mosaics import Plan
from radiofind.workflow.plan.source_classes import SourceClassPlan

NETWORK = {
    "architecture": "default",
    "recipe": "default",
    "epochs": 5,
    "seeds": [1, 7],
    "folds": 0,
    "threads": 2,
    "precision": "auto",
    "weights": None,
    "model": None,
}
CLASSIFIERS = {
    "datasets": {
        "galaxies": {"kind": "simulated", "classes": ["a", "b"], "images_per_class": 3, "size_pixels": 10},
        "mine": {"kind": "file", "path": "mine.h5", "test": "valid"},
        "cut": {"kind": "morphology", "finder": "peaks", "image": "masked", "mask_rms": 4.0},
        "plain": {"kind": "components", "finder": "pybdsf", "image": "fits", "mask_rms": 4.0},
        "unused": {"kind": "file", "path": "unused.h5"},
    },
    "networks": {
        "net": NETWORK,
        "folded": NETWORK | {"folds": 2, "weights": "start.h5"},
        "fetched": NETWORK | {"weights": "imagenet"},
        "frozen": NETWORK | {"model": "old/model.keras"},
    },
    "train_with": ["galaxies/net", "mine/net", "cut/folded", "plain/fetched"],
    "classify_sources": None,
}
MOSAICS = [
    Mosaic("a", "a.fits", truth="a.txt", truth_format="sdc1", train_box="all", training_set="s", field="f"),
    Mosaic("b", "b.fits", training_set="s", field="f"),
    Mosaic("c", "c.fits", truth="c.txt", truth_format="sdc1", training_set="c", field="f"),
    Mosaic("d", "d.fits", truth="d.txt", truth_format="meerkat_sim", train_box="all", training_set="d"),
    Mosaic("e", "e.fits", training_set="d"),
]
READABLE = [row.mosaic for row in MOSAICS]
FINDERS = {"pybdsf": {"kind": "pybdsf"}, "peaks": {"kind": "peaks"}}


def base(**changes):
    config = {"finders": FINDERS, "find_with": list(FINDERS), "classifiers": CLASSIFIERS | changes}
    return Plan(config, MOSAICS)


def plan_of(**changes):
    return ClassifierPlan(base(**changes))


def classes_of(**chosen):
    return SourceClassPlan(base(classify_sources={"dataset": None, "network": None} | chosen))


@pytest.fixture
def tiles():
    """All mosaics can be read but the last."""
    rows = [(name, "y000x000", "live") for name in READABLE[:-1]] + [(READABLE[-1], "", "unreadable")]
    return pd.DataFrame(rows, columns=["mosaic", "tile", "state"])


def test_only_what_is_trained_counts():
    plan = plan_of()
    assert list(plan.datasets) == ["galaxies", "mine", "cut", "plain"]
    assert list(plan.networks) == ["net", "folded", "fetched"]
    assert plan.datasets_of("file") == ["mine"]
    assert plan.datasets_of("components", "morphology") == ["cut", "plain"]
    assert [plan.is_cut({"dataset": name}) for name in plan.datasets] == [False, False, True, True]
    assert plan.kind_of_dataset({"dataset": "cut"}) == "morphology"
    assert plan.dataset_file({"dataset": "mine"}) == "mine.h5"
    assert list(plan.dataset_stamps({"dataset": "mine"})) == ["file mine.h5"]


def test_nothing_is_trained_and_classified_without_classifiers(tiles):
    plan = Plan({"finders": FINDERS, "find_with": ["peaks"]}, MOSAICS)
    classifiers, classes = ClassifierPlan(plan), SourceClassPlan(plan)
    assert (
        classifiers.trained == classifiers.all() == classifiers.all_members() == classifiers.given_files == []
    )
    assert classes.classified(tiles, {}) == classes.scored(tiles, {}) == classes.applied_files == []
    assert [classes.finders_by(how) for how in ("truth", "network")] == [[], []]


def test_a_member_is_trained_for_each_seed_and_fold():
    plan = plan_of()
    assert plan.members({"network": "net"}) == ["seed1", "seed7"]
    assert plan.members({"network": "folded"}) == ["seed1-fold1", "seed1-fold2", "seed7-fold1", "seed7-fold2"]
    members = [tuple(names.values()) for names in plan.all_members()]
    assert members[:3] == [
        ("galaxies", "net", "seed1"),
        ("galaxies", "net", "seed7"),
        ("mine", "net", "seed1"),
    ]
    assert len(members) == 10


@pytest.mark.parametrize(
    ("member", "seed", "fold"), [("seed1", 1, None), ("seed20-fold3", 20, 3), ("seed0-fold10", 0, 10)]
)
def test_the_name_of_a_member_tells_seed_and_fold(member, seed, fold):
    assert ClassifierPlan.seed_and_fold({"member": member}) == {"seed": seed, "fold": fold}


def test_a_member_depends_on_no_other_member():
    more = {"net": NETWORK | {"seeds": [1, 2, 3]}, "folded": NETWORK | {"seeds": [5], "folds": 2}}
    plan, other = plan_of(), plan_of(networks=CLASSIFIERS["networks"] | more)
    assert plan.member_settings({"network": "net", "member": "seed1"}) == other.member_settings(
        {"network": "net", "member": "seed1"}
    )
    assert "folds" not in plan.member_settings({"network": "net", "member": "seed1"})
    assert plan.member_settings({"network": "folded", "member": "seed1-fold1"})["folds"] == 2


def test_a_data_set_can_train_several_networks():
    plan = plan_of(train_with=["galaxies/net", "galaxies/folded"])
    assert [names["network"] for names in plan.all()] == ["net", "folded"]
    assert {names["dataset"] for names in plan.all()} == {"galaxies"}
    assert plan.pixels_of({"dataset": "galaxies"}) == 600
    large = {"most_per_class": 5, "size_pixels": 10}
    sets = {
        "counts": {"kind": "components", "finder": "p", "classes": "four", **large},
        "shapes": {"kind": "morphology", "finder": "p", **large},
    }
    cut = plan_of(datasets=sets, train_with=["counts/net", "shapes/net"])
    assert [cut.pixels_of({"dataset": name}) for name in sets] == [2000, 1500]


def test_files_that_the_user_gave_are_those_that_are_used():
    assert plan_of().given_files == ["mine.h5", "start.h5"]
    assert classes_of(by="network", network="frozen").applied_files == ["old/model.keras", "old/model.json"]
    assert plan_of().weights({"network": "fetched"}) == []


def test_weights_are_noticed_when_other_ones_take_their_place():
    plan = plan_of()
    assert [list(plan.weights_stamps({"network": name})) for name in plan.networks] == [
        [],
        ["file start.h5"],
        [],
    ]


def test_settings_of_a_data_set_are_without_what_names_files_and_finders():
    assert plan_of().dataset_settings({"dataset": "mine"}) == {"test": "valid"}
    assert plan_of().dataset_settings({"dataset": "cut"}) == {"image": "masked", "mask_rms": 4.0}


def test_cutouts_are_masked_where_the_data_set_is():
    plan = plan_of()
    assert [plan.mask_rms({"dataset": name}) for name in plan.datasets] == [None, None, 4.0, None]


def test_cutouts_are_cut_around_the_sources_of_one_finder(tiles):
    plan = plan_of()
    found = [plan.catalogues(tiles, {"dataset": name}) for name in ("plain", "cut")]
    assert [{names["finder"] for names in one} for one in found] == [{"pybdsf"}, {"peaks"}]
    assert [names["mosaic"] for names in found[0]] == READABLE[:-1]
    assert plan.components(tiles, {"dataset": "plain"}) == found[0]
    assert plan.components(tiles, {"dataset": "cut"}) == []


def test_classes_are_taught_by_truths_that_tell_them_in_train_boxes():
    plan = classes_of(by="truth")
    assert [plan.taught_mosaics(READABLE, name) for name in ("s", "c", "d")] == [["a"], [], []]
    assert plan.classified_mosaics(READABLE) == ["a", "b"]
    assert plan.classified_mosaics(["b", "c", "d"]) == []


def test_mosaics_that_teach_classes_come_with_their_boxes_images_and_partners(tiles):
    plan, wildcards = classes_of(by="truth"), {"training_set": "s", "finder": "peaks"}
    assert plan.taught(tiles, wildcards) == [{"mosaic": "a", **wildcards}]
    assert plan.taught_boxes(tiles, wildcards) == {"a": {"train_box": "all", "validation_box": None}}
    assert [image["path"] for image in plan.taught_images(tiles, wildcards).values()] == ["a.fits"]
    assert plan.partners(tiles, wildcards) == [{"mosaic": "b"}, {"mosaic": "c"}]
    of_a = plan.partner_images(tiles, wildcards, "{mosaic}/{finder}")["a"]
    assert {path: image["path"] for path, image in of_a.items()} == {"b/peaks": "b.fits", "c/peaks": "c.fits"}
    assert plan.image_files(tiles, wildcards) == ["a.fits", "b.fits", "c.fits"]
    assert plan.image_files(tiles, {"mosaic": "d", "finder": "peaks"}) == ["d.fits"]
    assert plan.truth_name({"mosaic": "b"}) == "truth of s"


def test_the_catalogue_with_classes_is_exported_where_there_is_one(tiles):
    plan = classes_of(by="truth")
    folders = [plan.exported(tiles, {"mosaic": mosaic})["folder"] for mosaic in ("a", "c")]
    assert folders == ["classified/", ""]
    assert {names["mosaic"] for names in plan.classified(tiles, {})} == {"a", "b"}
    assert {names["mosaic"] for names in plan.scored(tiles, {})} == {"a"}
    assert plan.finders_by("truth") == ["pybdsf", "peaks"]
    assert plan.finders_by("network") == []


def test_a_network_classifies_all_mosaics(tiles):
    model = "classifiers/{dataset}/{network}/model"
    trained = classes_of(by="network", dataset="mine", network="net")
    assert trained.classified_mosaics(READABLE) == READABLE
    assert trained.applied(tiles, {}, f"{model}.keras") == "classifiers/mine/net/model.keras"
    assert (trained.applied_name, trained.applied_threads) == ("mine/net", 2)
    assert trained.applied_architecture == {"architecture": "default", "recipe": "default"}
    assert trained.scored(tiles, {}) == []
    frozen = classes_of(by="network", network="frozen")
    assert frozen.applied_name == "frozen"
    assert [frozen.applied(tiles, {}, f"{model}{end}") for end in (".keras", ".json")] == frozen.applied_files


def test_a_classifier_of_another_run_is_noticed_when_another_one_takes_its_place():
    assert classes_of(by="network", dataset="mine", network="net").applied_stamps == {}
    frozen = classes_of(by="network", network="frozen")
    assert list(frozen.applied_stamps) == ["file old/model.keras", "file old/model.json"]


def test_the_partners_of_a_mosaic_are_the_others_of_its_field_that_can_be_read():
    plan = classes_of(by="truth")
    found = [plan.partner_mosaics(READABLE, name) for name in READABLE]
    assert found == [["b", "c"], ["a", "c"], ["a", "b"], [], []]
    assert plan.partner_mosaics(["a", "c", "d"], "a") == ["c"]
    assert plan.partner_mosaics(["a"], "a") == []
