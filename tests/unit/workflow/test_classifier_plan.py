"""What is trained and classified, from the configuration and the sheet."""

import pytest

from radiofind.workflow.classifier_plan import NOT_CLASSIFIED, ClassifierPlan, seed_and_fold
from radiofind.workflow.config.sheet import Mosaic
from radiofind.workflow.plan import Plan

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
MOSAICS = {
    row.mosaic: row
    for row in (
        Mosaic(
            "a", "a.fits", truth="a.txt", truth_format="sdc1", train_box="all", training_set="s", field="f"
        ),
        Mosaic("b", "b.fits", training_set="s", field="f"),
        Mosaic("c", "c.fits", truth="c.txt", truth_format="sdc1", training_set="c", field="f"),
        Mosaic("d", "d.fits", truth="d.txt", truth_format="meerkat_sim", train_box="all", training_set="d"),
        Mosaic("e", "e.fits", training_set="d"),
    )
}
READABLE = list(MOSAICS)


def plan_of(**changes):
    return ClassifierPlan(CLASSIFIERS | changes, MOSAICS)


def test_only_what_is_trained_counts():
    plan = plan_of()
    assert list(plan.datasets) == ["galaxies", "mine", "cut", "plain"]
    assert list(plan.networks) == ["net", "folded", "fetched"]
    assert plan.datasets_of("file") == ["mine"]
    assert plan.datasets_of("components", "morphology") == ["cut", "plain"]
    assert [plan.is_cut(name) for name in plan.datasets] == [False, False, True, True]


def test_nothing_is_trained_and_classified_without_classifiers():
    plan = ClassifierPlan(NOT_CLASSIFIED, MOSAICS)
    assert plan.expand("{dataset}/{network}") == plan.all_members == plan.given_files == []
    assert plan.classified(READABLE) == []
    config = {"finders": {"p": {"kind": "peaks"}}, "find_with": ["p"]}
    assert Plan(config, list(MOSAICS.values())).classifiers.trained == []


def test_a_member_is_trained_for_each_seed_and_fold():
    plan = plan_of()
    assert plan.members("net") == ["seed1", "seed7"]
    assert plan.members("folded") == ["seed1-fold1", "seed1-fold2", "seed7-fold1", "seed7-fold2"]
    assert plan.all_members[:3] == [
        ("galaxies", "net", "seed1"),
        ("galaxies", "net", "seed7"),
        ("mine", "net", "seed1"),
    ]
    assert len(plan.all_members) == 10


@pytest.mark.parametrize(
    ("member", "seed", "fold"), [("seed1", 1, None), ("seed20-fold3", 20, 3), ("seed0-fold10", 0, 10)]
)
def test_the_name_of_a_member_tells_seed_and_fold(member, seed, fold):
    assert seed_and_fold(member) == {"seed": seed, "fold": fold}


def test_a_member_depends_on_no_other_member():
    more = {"net": NETWORK | {"seeds": [1, 2, 3]}, "folded": NETWORK | {"seeds": [5], "folds": 2}}
    plan, other = plan_of(), plan_of(networks=CLASSIFIERS["networks"] | more)
    assert plan.member_settings("net", "seed1") == other.member_settings("net", "seed1")
    assert "folds" not in plan.member_settings("net", "seed1")
    assert plan.member_settings("folded", "seed1-fold1")["folds"] == 2


def test_files_of_a_data_set_are_named_once_for_all_that_is_trained_on_it():
    plan = plan_of(train_with=["galaxies/net", "galaxies/folded"])
    assert plan.expand("{dataset}.h5") == ["galaxies.h5"]
    assert plan.expand("{dataset}/{network}") == ["galaxies/net", "galaxies/folded"]
    assert plan.pixels_of("galaxies") == 600
    large = {"most_per_class": 5, "size_pixels": 10}
    sets = {
        "counts": {"kind": "components", "finder": "p", "classes": "four", **large},
        "shapes": {"kind": "morphology", "finder": "p", **large},
    }
    cut = plan_of(datasets=sets, train_with=["counts/net", "shapes/net"])
    assert [cut.pixels_of(name) for name in sets] == [2000, 1500]


def test_files_that_the_user_gave_are_those_that_are_used():
    assert plan_of().given_files == ["mine.h5", "start.h5"]
    frozen = plan_of(classify_sources={"by": "network", "dataset": None, "network": "frozen"})
    assert frozen.given_files == ["mine.h5", "start.h5", "old/model.keras", "old/model.json"]
    assert plan_of().weights_of("fetched") == ""


def test_weights_are_noticed_when_other_ones_take_their_place():
    plan = plan_of()
    assert [list(plan.weights_stamps(name)) for name in plan.networks] == [[], ["file start.h5"], []]


def test_settings_of_a_data_set_are_without_what_names_files_and_finders():
    assert plan_of().dataset_settings("mine") == {"test": "valid"}
    assert plan_of().dataset_settings("cut") == {"image": "masked", "mask_rms": 4.0}


def test_cutouts_are_masked_where_the_data_set_is():
    plan = plan_of()
    assert [plan.mask_rms(name) for name in plan.datasets] == [None, None, 4.0, None]


def test_classes_are_taught_by_truths_that_tell_them_in_train_boxes():
    plan = plan_of(classify_sources={"by": "truth", "dataset": None, "network": None})
    assert [plan.taught(READABLE, name) for name in ("s", "c", "d")] == [["a"], [], []]
    assert plan.classified(READABLE) == ["a", "b"]
    assert plan.classified(["b", "c", "d"]) == []


def test_a_network_classifies_all_mosaics():
    trained = plan_of(classify_sources={"by": "network", "dataset": "mine", "network": "net"})
    assert trained.classified(READABLE) == READABLE
    assert trained.applied_model == "results/classifiers/mine/net/model.keras"
    assert (trained.applied_name, trained.applied_settings) == ("mine/net", {"threads": 2})
    assert trained.applied_architecture == {"architecture": "default", "recipe": "default"}
    frozen = plan_of(classify_sources={"by": "network", "dataset": None, "network": "frozen"})
    assert (frozen.applied_name, frozen.applied_model) == ("frozen", "old/model.keras")


def test_a_classifier_of_another_run_is_noticed_when_another_one_takes_its_place():
    trained = plan_of(classify_sources={"by": "network", "dataset": "mine", "network": "net"})
    assert trained.applied_stamps == {}
    frozen = plan_of(classify_sources={"by": "network", "dataset": None, "network": "frozen"})
    assert list(frozen.applied_stamps) == ["file old/model.keras", "file old/model.json"]


def test_the_partners_of_a_mosaic_are_the_others_of_its_field_that_can_be_read():
    plan = plan_of()
    found = [plan.partners(READABLE, name) for name in READABLE]
    assert found == [["b", "c"], ["a", "c"], ["a", "b"], [], []]
    assert plan.partners(["a", "c", "d"], "a") == ["c"]
    assert plan.partners(["a"], "a") == []
