"""Classifiers in a small survey: which jobs run, which run again, what they make, and what faults cost."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
import yaml
from astropy.table import Table

from radiofind.workflow.job_costs import costs_of
from workflow.jobs import SURVEY_WIDE
from workflow.runs import copy_of, planned, run
from workflow.skies import write_sheet
from workflow.test_what_changed import what_changed

pytestmark = pytest.mark.slow

SIDE = 400
FINDERS = ("pybdsf", "peaks")
SHEET = f"""
mosaic simulate train_box validation_box
sky sky 0:200,0:{SIDE} 200:300,0:{SIDE}
"""
TILES = ["y000x000"]
TINY = {"size_pixels": 24, "validation_fraction": 0.2, "test_fraction": 0.25}
CLASSIFIERS = {
    "datasets": {
        "galaxies": {
            "kind": "simulated",
            "classes": ["compact", "FRII"],
            "images_per_class": 12,
            "pixel_arcsec": 0.6,
            "beam_arcsec": 1.2,
            **TINY,
        },
        "mine": {"kind": "file", "path": "data/mine.h5", "test": "valid"},
        "counts": {"kind": "components", "finder": "pybdsf", "most_per_class": 24, **TINY},
    },
    "networks": {
        "small": {"architecture": "simple", "epochs": 1, "seeds": [1, 2], "augment": False},
        "folded": {"architecture": "simple", "epochs": 2, "seeds": [1], "folds": 2},
    },
    "train_with": ["galaxies/small", "galaxies/folded", "mine/small", "counts/small"],
    "classify_sources": {"by": "truth"},
}
CONFIGURATION = {
    "mosaics": "sheet.tsv",
    "tiling": {"core_pixels": SIDE, "halo_pixels": 30},
    "noise": {"box_pixels": 60, "step_pixels": 30},
    "finders": {"pybdsf": {"kind": "pybdsf"}, "peaks": {"kind": "peaks"}},
    "find_with": list(FINDERS),
    "snr": [2, 5],
    "classifiers": CLASSIFIERS,
    "simulations": {"sky": {"size_pixels": SIDE, "frequency_mhz": 560, "exposure_h": 1000, "seed": 1}},
}
MEMBERS = {"small": ("seed1", "seed2"), "folded": ("seed1-fold1", "seed1-fold2")}
MAKERS = {"galaxies": "simulate_dataset", "mine": "copy_dataset", "counts": "cut_dataset"}
REPORTED = {"write_report", "record_provenance", "all"}
BY_NETWORK = {"classify_sources": {"by": "network", "dataset": "galaxies", "network": "small"}}


def with_classifiers(**settings):
    """Return the configuration with other settings of the classifiers."""
    return CONFIGURATION | {"classifiers": CLASSIFIERS | settings}


def make_survey(folder: Path) -> Path:
    """Make the files of the survey."""
    (folder / "data").mkdir(parents=True)
    write_sheet(folder / "sheet.tsv", SHEET)
    write_cutouts(folder / "data/mine.h5")
    (folder / "survey.yaml").write_text(yaml.safe_dump(CONFIGURATION))
    return folder


def write_cutouts(path: Path, label=None) -> None:
    """Write a user's labelled cutouts: Gaussians of two widths."""
    rng = np.random.default_rng(1)
    offset = np.arange(20) - 9.5
    square = offset[:, None] ** 2 + offset**2
    label = np.arange(24) % 2 if label is None else label
    images = [np.exp(-square / 2 / (2 + 3 * (one % 2)) ** 2) + rng.normal(0, 0.05, (20, 20)) for one in label]
    with h5py.File(path, "w") as file:
        file.attrs["classes"] = ["narrow", "wide"]
        file["image"], file["label"] = np.array(images, dtype=np.float32), label
        file["split"] = np.array(["train", "train", "train", "valid"] * 6, dtype="S")[np.argsort(label)]


def member_jobs(dataset, network):
    """Jobs that train a classifier and score it."""
    members = {f"train_classifier {dataset} {network} {member}" for member in MEMBERS[network]}
    return members | {f"evaluate_classifier {dataset} {network}"}


def classifier_jobs():
    """All jobs of the classifiers that are trained."""
    trained = [entry.split("/") for entry in CLASSIFIERS["train_with"]]
    made = {f"{MAKERS[dataset]} {dataset}" for dataset, _ in trained}
    return made.union(*(member_jobs(*pair) for pair in trained))


def class_jobs():
    """Jobs of the classes of sources, by truth."""
    rules = ("train_source_classes", "classify_sources", "evaluate_classes")
    return {f"{rule} sky {finder}" for rule in rules for finder in FINDERS}


def catalogue_jobs():
    """Jobs of the catalogues."""
    jobs = {f"measure_noise sky {tile}" for tile in TILES}
    jobs |= {f"find_{finder} sky {finder} {tile}" for finder in FINDERS for tile in TILES}
    rules = ("merge_detections", "export_catalogue", "tune_cuts", "match_catalogue", "evaluate_finder")
    jobs |= {f"{rule} sky {finder}" for rule in rules for finder in FINDERS}
    jobs |= {f"{rule} sky pybdsf" for rule in ("merge_components", "export_components")}
    return jobs | {f"{rule} sky" for rule in ("summarise_noise", "map_rms", "place_truth")}


def plan_with(folder, overlay):
    """Return the jobs of a dry run with further settings of the classifiers."""
    path = folder / "overlay.yaml"
    path.write_text(yaml.safe_dump({"classifiers": overlay}))
    return planned(folder, "--configfile", folder / "survey.yaml", path)


@pytest.fixture(scope="module")
def survey(tmp_path_factory):
    """The survey after a full run; not to be changed."""
    folder = make_survey(tmp_path_factory.mktemp("classifiers") / "survey")
    done = run(folder, figures=True, graphs=False)
    assert done.code == 0, done.output
    first = {"simulate sky", "fingerprint_mosaic sky", "index_tiles"}
    expected = first | SURVEY_WIDE | catalogue_jobs() | classifier_jobs() | class_jobs()
    assert sorted(done.jobs) == sorted(expected)
    return folder


@pytest.fixture(scope="module")
def results(survey):
    return survey / "results"


@pytest.fixture(scope="module")
def applied(survey, tmp_path_factory):
    """A copy after a run in which a network classifies the sources."""
    folder = copy_of(survey, tmp_path_factory.mktemp("applied") / "survey")
    shutil.rmtree(folder / "results/sky/catalogues/classified")
    (folder / "survey.yaml").write_text(yaml.safe_dump(with_classifiers(**BY_NETWORK)))
    done = run(folder)
    assert done.code == 0, done.output
    rules = ("apply_classifier", "export_catalogue")
    assert set(done.jobs) == REPORTED.union(f"{rule} sky {finder}" for rule in rules for finder in FINDERS)
    return folder


def test_data_sets_of_no_mosaic_wait_for_no_mosaic(tmp_path):
    folder = make_survey(tmp_path / "survey")
    for dataset in ("galaxies", "mine"):
        target = f"results/classifiers/{dataset}/small/metrics.csv"
        assert planned(folder, target) == {f"{MAKERS[dataset]} {dataset}"} | member_jobs(dataset, "small")


def test_nothing_is_to_be_done_after_a_run(survey, applied):
    assert planned(survey) == set()
    assert planned(applied) == set()


def test_no_classifiers_are_no_jobs(survey):
    left = {f"export_catalogue sky {finder}" for finder in FINDERS}
    assert plan_with(survey, {"train_with": [], "classify_sources": None}) == REPORTED | left


@pytest.mark.parametrize(
    ("settings", "pairs"),
    [
        ({"small": {"epochs": 2}}, [("galaxies", "small"), ("mine", "small"), ("counts", "small")]),
        ({"folded": {"clip_rms": 2}}, [("galaxies", "folded")]),
        ({"folded": {"folds": 3}}, None),
        ({"small": {"seeds": [1]}}, "fewer"),
    ],
)
def test_setting_of_a_network_concerns_that_network_alone(survey, settings, pairs):
    jobs = plan_with(survey, {"networks": settings}) - REPORTED
    if pairs is None:
        parts = {f"train_classifier galaxies folded seed1-fold{fold}" for fold in (1, 2, 3)}
        assert jobs == parts | {"evaluate_classifier galaxies folded"}
    elif pairs == "fewer":
        assert jobs == {f"evaluate_classifier {dataset} small" for dataset in MAKERS}
    else:
        assert jobs == set().union(*(member_jobs(*pair) for pair in pairs))


def test_seed_added_trains_one_member_more(survey):
    jobs = plan_with(survey, {"networks": {"small": {"seeds": [1, 2, 3]}}})
    added = {f"train_classifier {dataset} small seed3" for dataset in MAKERS}
    assert jobs == REPORTED | added | {f"evaluate_classifier {dataset} small" for dataset in MAKERS}


def test_what_changed_tells_which_network_is_trained_anew(survey, tmp_path):
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(yaml.safe_dump({"classifiers": {"networks": {"folded": {"clip_rms": 2}}}}))
    told = [line for line in what_changed(survey, overlay) if "member of a classifier" in line]
    assert len(told) == 1 and "of folded in galaxies" in told[0] and "settings of folded" in told[0]


def test_data_set_that_changes_trains_what_is_trained_on_it(survey):
    jobs = plan_with(survey, {"datasets": {"galaxies": {"seed": 2}}})
    trained = member_jobs("galaxies", "small") | member_jobs("galaxies", "folded")
    assert jobs == REPORTED | {"simulate_dataset galaxies"} | trained


def test_file_of_the_user_that_changes_is_copied_anew(survey, tmp_path):
    folder = copy_of(survey, tmp_path / "copy")
    write_cutouts(folder / "data/mine.h5", label=np.arange(24) % 2)
    with h5py.File(folder / "data/mine.h5", "a") as file:
        file["image"][0] += 1
    assert planned(folder) == REPORTED | {"copy_dataset mine"} | member_jobs("mine", "small")


def test_tiles_that_change_concern_no_data_set_but_those_that_are_cut(survey, tmp_path):
    folder = copy_of(survey, tmp_path / "copy")
    tile = folder / "results/sky/tiles/y000x000.json"
    # With other bytes: Snakemake looks at them before it believes the time of a small file.
    tile.write_text(tile.read_text() + "\n")
    jobs = planned(folder)
    trained = {job for job in jobs if "classifier" in job or "dataset" in job}
    assert trained == {"cut_dataset counts"} | member_jobs("counts", "small")
    assert class_jobs() < jobs


def test_files_of_a_classifier_are_whole(results):
    for pair in CLASSIFIERS["train_with"]:
        network = pair.split("/")[1]
        folder = results / "classifiers" / pair
        names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
        members = {f"members/{member}.{kind}" for member in MEMBERS[network] for kind in ("keras", "json")}
        tables = {"metrics.csv", "confusion.csv", "predictions.parquet", "capsules.h5"}
        assert names == members | tables | {"model.keras", "model.json"}


def test_scores_are_of_each_member_of_their_mean_and_of_all_together(results):
    for dataset in MAKERS:
        scores = pd.read_csv(results / f"classifiers/{dataset}/small/metrics.csv", keep_default_na=False)
        assert set(scores["member"]) == {"seed1", "seed2", "mean", "ensemble"}
        assert set(scores["dataset"]) == {dataset} and set(scores["network"]) == {"small"}


def test_every_cutout_is_once_the_test_of_a_fold(results):
    predictions = pd.read_parquet(results / "classifiers/galaxies/folded/predictions.parquet")
    for member in ("ensemble", *MEMBERS["folded"]):
        rows = predictions.loc[predictions["member"] == member, "row"]
        assert rows.is_unique and len(rows) in (24, 12) and (len(rows) == 24) == (member == "ensemble")


def test_catalogues_have_classes_in_all_their_formats(results, applied):
    expected = {
        results: ("truth of sky", ["ss_agn", "fs_agn", "sfg"]),
        applied / "results": ("galaxies/small", ["compact", "FRII"]),
    }
    for place, (name, classes) in expected.items():
        for finder in FINDERS:
            found = pd.read_parquet(place / f"sky/catalogues/classified/{finder}.parquet")
            known = found[found["class"] != ""]
            assert len(known) > 20 and set(known["class"]) <= set(classes)
            assert set(known["classifier"]) == {name}
            assert np.allclose(known[[f"probability_{one}" for one in classes]].sum(axis=1), 1)
            table = Table.read(place / f"sky/catalogues/{finder}.fits")
            assert [str(one) for one in table["class"]] == list(found["class"])
            assert known["class"].iloc[0] in (place / f"sky/catalogues/{finder}.reg").read_text()


def test_classes_of_sources_are_scored_on_the_truth(results):
    for finder in FINDERS:
        scores = pd.read_csv(results / f"sky/classes/{finder}.csv")
        chosen = scores[(scores["metric"] == "accuracy") & (scores["region"] == "test")]
        assert (chosen["n"] > 5).all() and chosen["value"].between(0, 1).all()


def test_a_mosaic_of_no_field_tells_no_spectral_index(results):
    """Of mosaics in a field see test_frequencies."""
    model = json.loads((results / "models/sky/peaks.classes.json").read_text())
    assert [model["features"]["spectral_index"][name] for name in ("mean", "low", "high")] == [0, 0, 0]


def test_report_tells_of_classifiers(results):
    page = (results / "report.html").read_text()
    for words in ("galaxies", "folded", "counts", "SFG"):
        assert words in page


def test_record_tells_what_is_left_over_of_other_settings(applied):
    record = json.loads((applied / "results/provenance.json").read_text())
    classes = {f"results/sky/classes/{finder}{end}.csv" for finder in FINDERS for end in ("", ".confusion")}
    models = {f"results/models/sky/{finder}.classes.json" for finder in FINDERS}
    assert set(record["leftover"]) == classes | models
    assert "data/mine.h5" in record["inputs"]
    assert "results/classifiers/galaxies/folded/members/seed1-fold2.keras" in record["outputs"]


def test_model_says_what_it_is_made_of(results):
    model = json.loads((results / "classifiers/counts/small/model.json").read_text())
    assert {"train_classifier", "cut_dataset", "find_pybdsf"} <= set(model["provenance"]["code"])
    assert model["mask_rms"] is None and model["cutout_pixels"] == TINY["size_pixels"]


def test_classifier_of_another_run_is_applied_and_not_trained(survey, tmp_path):
    folder = copy_of(survey, tmp_path / "copy")
    for suffix in ("keras", "json"):
        shutil.copy(
            folder / f"results/classifiers/galaxies/small/model.{suffix}", folder / f"frozen.{suffix}"
        )
    classify = {"by": "network", "network": "frozen", "dataset": None}
    overlay = {
        "networks": {"frozen": {"model": "frozen.keras"}},
        "train_with": [],
        "classify_sources": classify,
    }
    (folder / "overlay.yaml").write_text(yaml.safe_dump({"classifiers": overlay}))
    target = "results/sky/catalogues/classified/peaks.parquet"
    (folder / target).unlink()
    done = run(folder, "--configfile", folder / "survey.yaml", folder / "overlay.yaml", "--", target)
    assert done.jobs == ["apply_classifier sky peaks"], done.output
    assert set(pd.read_parquet(folder / target)["classifier"]) == {"frozen"}


def test_bad_file_of_the_user_is_told_and_costs_no_catalogue(tmp_path):
    folder = make_survey(tmp_path / "survey")
    write_cutouts(folder / "data/mine.h5", label=np.array([0, 1, 2] * 8))
    settings = with_classifiers(train_with=["mine/small"], classify_sources=None) | {"find_with": ["peaks"]}
    (folder / "survey.yaml").write_text(yaml.safe_dump(settings))
    done = run(folder, "--retries", "0")
    assert done.code != 0
    log = (folder / "logs/copy_dataset/mine.log").read_text()
    assert re.search(r"data/mine\.h5: label\[2\]: expected 0 to 1.* received 2", log)
    assert (folder / "results/sky/catalogues/peaks.fits").exists()
    assert not (folder / "results/classifiers/mine").exists()


def test_network_for_other_pixels_is_refused_with_a_reason(survey, tmp_path):
    folder = copy_of(survey, tmp_path / "copy")
    for suffix in ("keras", "json"):
        shutil.copy(
            folder / f"results/classifiers/galaxies/small/model.{suffix}", folder / f"frozen.{suffix}"
        )
    record = json.loads((folder / "frozen.json").read_text()) | {"pixel_arcsec": 0.2}
    (folder / "frozen.json").write_text(json.dumps(record))
    classify = {"by": "network", "network": "frozen", "dataset": None}
    overlay = {
        "networks": {"frozen": {"model": "frozen.keras"}},
        "train_with": [],
        "classify_sources": classify,
    }
    (folder / "overlay.yaml").write_text(yaml.safe_dump({"classifiers": overlay}))
    target = "results/sky/catalogues/classified/peaks.parquet"
    (folder / target).unlink()
    done = run(
        folder,
        "--retries",
        "0",
        "--configfile",
        folder / "survey.yaml",
        folder / "overlay.yaml",
        "--",
        target,
    )
    assert done.code != 0
    log = (folder / "logs/apply_classifier/sky/peaks.log").read_text()
    assert "pixels of 0.604 arcsec" in log


@pytest.mark.exhaustive
def test_jobs_ask_for_what_they_use(tmp_path):
    folder = make_survey(tmp_path / "survey")
    done = run(folder, "--benchmark-extended", apart=None)  # without forks, which share memory
    assert done.code == 0, done.output
    ours = [cost for cost in costs_of(folder) if re.search("dataset|classif|class", cost.rule)]
    assert len(ours) == len(classifier_jobs() | class_jobs())
    assert [cost for cost in ours if not 1 <= cost.memory_ratio <= 3] == []
    assert [cost for cost in ours if cost.time_ratio < 3] == []
