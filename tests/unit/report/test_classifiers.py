"""The report tells of classifiers what is in its data, and looks as ever without them."""

import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from radiofind.classifiers.capsule_views import CapsuleViews, no_views, write_capsule_views
from radiofind.classifiers.cutouts import Cutouts, write_cutouts
from radiofind.classifiers.evaluation import score_members
from radiofind.classifiers.predictions import tabulate_predictions
from radiofind.classifiers.sources.scores import COLUMNS as SOURCE_SCORES
from radiofind.classifiers.sources.scores import CONFUSION_COLUMNS as SOURCE_CLASSES
from radiofind.files import write_json
from radiofind.report.classifier_inputs import (
    MOST_MISTAKES,
    check_hdf5,
    read_classifier_report,
    read_names,
)
from radiofind.report.classifiers import ClassifierReport, classifier_parts
from radiofind.report.page import render
from radiofind.report.published import PUBLISHED
from radiofind.tables import write_csv, write_parquet
from unit.report.test_page import Balance, data_of, words

pytestmark = pytest.mark.slow

CLASSES = ("compact", "<b>FRI")
RECORD = {
    "architecture": "convnet8",
    "recipe": "paper",
    "variant": "default",
    "parameters": 7446259,
    "device": "1 thread of a processor",
    "epoch": 2,
    "history": [
        {"epoch": 1, "loss": 0.5, "validation_loss": 0.6, "validation_error": 0.3},
        {"epoch": 2, "loss": 0.4, "validation_loss": 0.5, "validation_error": 0.2},
    ],
}


def cutouts_of(n=60, classes=CLASSES):
    rng = np.random.default_rng(1)
    names = np.array([f"J{place:03d}" for place in range(n)])
    return Cutouts(
        image=rng.normal(size=(n, 8, 8)).astype("float32"),
        label=(np.arange(n) % len(classes)).astype("uint8"),
        split=np.array(["train", "valid", "test"])[np.arange(n) // 2 % 3],
        group=names,
        name=names,
        rms=np.ones(n, "float32"),
        classes=classes,
        pixel_arcsec=1.8,
    )


def predictions_of(cutouts, n_wrong, members=("seed1", "seed2")):
    """The first test cutouts are taken for the next class, each with less certainty than the one before."""
    rows = np.flatnonzero(cutouts.split == "test")
    wrong = np.arange(len(rows)) < n_wrong
    answer = (cutouts.label[rows] + wrong) % len(cutouts.classes)
    sure = np.linspace(0.95, 0.75, len(rows))[:, None]
    probability = (1 - sure) / len(cutouts.classes) + sure * np.eye(len(cutouts.classes))[answer]
    tables = [tabulate_predictions(cutouts, probability, rows=rows, member=member) for member in members]
    return pd.concat(tables, ignore_index=True)


def written(folder, dataset="galaxies", networks=("net",), *, n=60, n_wrong=4, record=RECORD, views=None):
    """Write what there is of some networks on one data set, and return the paths."""
    cutouts = cutouts_of(n)
    write_cutouts(cutouts, folder / dataset / "cutouts.h5")
    files = {"cutouts": [folder / dataset / "cutouts.h5"], "metrics": [], "predictions": [], "members": []}
    for network in networks:
        place = folder / dataset / network
        predictions = predictions_of(cutouts, n_wrong)
        scores = score_members(predictions, seed=1, dataset=dataset, network=network)
        write_parquet(predictions, place / "predictions.parquet")
        write_csv(scores, place / "metrics.csv")
        for member in ("seed1", "seed2"):
            write_json(record, place / "members" / f"{member}.json")
            files["members"].append(place / "members" / f"{member}.json")
        files["metrics"].append(place / "metrics.csv")
        files["predictions"].append(place / "predictions.parquet")
        if views is not None:
            write_capsule_views(views, place / "capsules.h5")
            files.setdefault("views", []).append(place / "capsules.h5")
    return files


def read(files):
    return read_classifier_report(files["cutouts"], **{key: files[key] for key in files if key != "cutouts"})


def capsule_views():
    image = np.random.default_rng(2).random((2, 8, 8)).astype("float32")
    perturbed = np.random.default_rng(3).random((1, 4, 3, 8, 8)).astype("float32")
    place = np.array([0, 1])
    return CapsuleViews(CLASSES, image, image, place, place, perturbed, place[:1], np.array([-0.1, 0, 0.1]))


def confusion(*rows, region="test", mosaic="m", finder="pybdsf", snr_min=2.0):
    table = [(mosaic, finder, region, snr_min, *row) for row in rows]
    return pd.DataFrame(table, columns=list(SOURCE_CLASSES))


def source_scores(*rows):
    return pd.DataFrame([("m", "pybdsf", "test", 2.0, *row) for row in rows], columns=list(SOURCE_SCORES))


N_OTHER_IMAGES = 1
"""Figures of the rest of the page: that of F1."""

FIGURES = (
    *("answers_figure", "class_scores_figure", "confusion_figure", "history_figure"),
    *("mistakes_figure", "reconstructions_figure", "perturbations_figure"),
)

SEEN = (("sfg", "sfg", 90), ("sfg", "", 10), ("ss_agn", "ss_agn", 3), ("ss_agn", "sfg", 1))


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    return read(written(tmp_path_factory.mktemp("run"), views=capsule_views()))


@pytest.fixture(scope="module")
def page(report):
    return render(data_of(classifiers=report))


@pytest.fixture
def text_of(monkeypatch):
    """The words of a page whose figures are not drawn, because that takes time."""

    def undrawn(report):
        for name in FIGURES:
            monkeypatch.setattr(f"radiofind.report.classifiers.{name}", lambda *_, **__: "<svg/>")
        return words(render(data_of(scores=pd.DataFrame(), classifiers=report)))

    return undrawn


def test_page_without_classifiers_has_no_trace_of_them():
    page = render(data_of())
    assert page == render(data_of(classifiers=None)) == render(data_of(classifiers=ClassifierReport()))
    body = page[page.index("<body>") :]
    assert "lassifier" not in body and "#classes" not in body and "ublished" not in body


def test_page_is_well_formed_and_fetches_nothing(page):
    parser = Balance()
    parser.feed(page)
    assert parser.opened == []
    assert all(target.startswith(("data:", "#")) for target in parser.fetched)
    assert all(image["alt"] for image in parser.images)
    assert len(parser.images) == 6 + N_OTHER_IMAGES


def test_page_is_the_same_for_the_same_files(page, tmp_path):
    again = read(written(tmp_path, views=capsule_views()))
    assert page == render(data_of(classifiers=again))


def test_names_are_escaped(page):
    assert "<b>FRI" not in page and "&lt;b&gt;FRI" in page


def test_scores_are_those_of_the_files(report, page):
    scores = report.metrics.set_index(["member", "metric", "class"])
    row = scores.loc[("ensemble", "accuracy", "")]
    text = words(page)
    assert row["value"] == pytest.approx(16 / 20)
    assert f"net ensemble {row['value']:.3f} {row['low']:.3f}–{row['high']:.3f}" in text
    assert "2 members, mean 0.800" in text
    recall = scores.loc[("ensemble", "recall", "compact")]
    assert f"{recall['value']:.3f} {recall['low']:.3f}–{recall['high']:.3f}" in text


def test_training_and_data_are_told(page):
    text = words(page)
    assert "net convnet8 paper default 2 7,446,259 2 2 1 thread of a processor" in text
    assert "compact 10 10 10" in text


def test_surest_mistakes_are_shown_with_their_pictures(tmp_path):
    found = read(written(tmp_path, n=240, n_wrong=30)).classifiers[0].mistakes
    cutouts = cutouts_of(240)
    assert len(found) == MOST_MISTAKES
    assert [one.probability for one in found] == sorted((one.probability for one in found), reverse=True)
    for one in found:
        place = int(one.name[1:])
        np.testing.assert_array_equal(one.image, cutouts.image[place])
        assert one.true == CLASSES[cutouts.label[place]] != one.predicted


def test_mistakes_are_counted(page, tmp_path, text_of):
    assert "net: 4 of 20 test cutouts misclassified. Above" in words(page)
    text = text_of(read(written(tmp_path / "1", n=240, n_wrong=30)))
    assert "net: 30 of 80 test cutouts misclassified; shown are the 18 " in text
    text = text_of(read(written(tmp_path / "2", n_wrong=0)))
    assert "net misclassified none of 20 test cutouts." in text


def test_capsules_are_shown_for_networks_that_have_some(page, tmp_path, text_of):
    assert "net: reconstructions of one cutout" in words(page)
    without = read(written(tmp_path, views=no_views(CLASSES)))
    assert "reconstructions" not in text_of(without)


def test_data_set_without_test_cutouts_is_told(tmp_path, text_of):
    files = written(tmp_path)
    path = files["predictions"][0]
    write_parquet(pd.read_parquet(path).iloc[:0], path)
    write_csv(pd.read_csv(files["metrics"][0]).iloc[:0], files["metrics"][0])
    text = text_of(read(files))
    assert "There are no test cutouts" in text and "2 members" not in text


def test_data_sets_are_told_one_after_the_other(tmp_path, text_of):
    one, other = written(tmp_path), written(tmp_path, "first", ("net", "other"))
    report = read({key: [*one[key], *other[key]] for key in one})
    text = text_of(report)
    assert text.index("Data set galaxies") < text.index("Data set first")
    assert [part["name"] for part in classifier_parts(report)["classifier_datasets"]] == ["galaxies", "first"]


def test_published_figures_stand_beside_ours_and_are_marked(page):
    text = words(page)
    text = text[text.index("Comparison with published results") :]
    ours, published = text.index("macro precision 0.800"), text.index("average precision 0.943")
    assert text.index("Architecture convnet8") < ours < published < text.index("not trained here")
    assert "average precision 0.943 published, on other data Lukic et al. 2019, MNRAS 487, 1729" in text
    assert text.count("published, on other data") == len(PUBLISHED)
    assert "other data, classes and splits" in text


def test_published_figures_are_fractions_with_a_source():
    assert all(0.5 < one.value < 1 for one in PUBLISHED)
    assert all(re.search(r"MNRAS \d+, \d+|arXiv:\d{4}\.\d{5}", one.reference) for one in PUBLISHED)
    values = {one.architecture: one.value for one in PUBLISHED if "2019" in one.reference}
    assert values == {"convnet4": 0.933, "convnet8": 0.943, "transfer": 0.944, "capsnet": 0.897}
    accuracies = [one.value for one in PUBLISHED if "2018" in one.reference and not one.of_class]
    assert accuracies == [0.974, 0.935, 0.948]


def test_classes_of_sources_are_compared_with_the_constant_answer(text_of):
    text = text_of(ClassifierReport(source_classes=confusion(*SEEN)))
    assert "SNR > 2 pybdsf 104 0.825 0.500 0.894 0.962 (SFG) 0.750 0.900" in text
    assert "Recall of SS-AGN Recall of SFG" in text and "Recall of no class" not in text
    assert 'href="#classifiers"' not in text and "Data set" not in text


def test_interval_of_the_classes_is_that_of_one_mosaic(text_of):
    scores = source_scores(
        ("balanced_accuracy", "", 0.825, 0.7, 0.9, 104), ("recall", "sfg", 0.9, 0.8, 0.95, 100)
    )
    report = ClassifierReport(source_classes=confusion(*SEEN), source_scores=scores)
    text = text_of(report)
    assert "pybdsf 104 0.825 0.700–0.900 0.500" in text
    assert "pybdsf m 2 recall SFG 0.900 0.800 0.950 100" in text
    two = pd.concat([confusion(*SEEN), confusion(*SEEN, mosaic="n")])
    text = text_of(replace(report, source_classes=two))
    assert "pybdsf 208 0.825 0.500" in text and "of 2 mosaics together" in text


def test_a_mosaic_without_sources_in_the_region_does_not_hide_the_interval_of_another(text_of):
    scores = source_scores(("balanced_accuracy", "", 0.825, 0.7, 0.9, 104))
    empty = source_scores(("balanced_accuracy", "", np.nan, np.nan, np.nan, 0)).assign(mosaic="n")
    report = ClassifierReport(
        source_classes=pd.concat([confusion(*SEEN), confusion(*SEEN, mosaic="n", region="train")]),
        source_scores=pd.concat([scores, empty]),
    )
    text = text_of(report)
    assert "pybdsf 104 0.825 0.700–0.900 0.500" in text and "mosaics together" not in text


def test_classes_of_another_region_are_announced(text_of):
    tables = [confusion(*SEEN, region="validation"), confusion(("sfg", "sfg", 0))]
    text = text_of(ClassifierReport(source_classes=pd.concat(tables)))
    assert "These are the scores of the validation region." in text


def test_sources_without_matches_have_no_section():
    report = ClassifierReport(source_classes=confusion(("sfg", "sfg", 0)))
    assert classifier_parts(report)["source_classes"] is None


def test_finders_stay_in_their_order_within_an_snr():
    tables = [confusion(*SEEN, finder=f, snr_min=s) for f in ("pybdsf", "a") for s in (5.0, 2.0)]
    rows = classifier_parts(ClassifierReport(source_classes=pd.concat(tables)))["source_classes"]["rows"]
    assert [(row["snr_min"], row["finder"]) for row in rows] == [
        (2, "pybdsf"),
        (2, "a"),
        (5, "pybdsf"),
        (5, "a"),
    ]


def test_files_of_sources_are_told_apart_by_their_columns(tmp_path):
    write_csv(confusion(*SEEN, finder="1", mosaic="NA"), tmp_path / "1.confusion.csv")
    write_csv(source_scores(("accuracy", "", 0.9, np.nan, np.nan, 104)), tmp_path / "1.csv")
    paths = [tmp_path / "1.confusion.csv", tmp_path / "1.csv"]
    report = read_classifier_report([], metrics=[], predictions=[], members=[], source_classes=paths)
    found = report.source_classes
    assert set(found["finder"]) == {"1"} and set(found["mosaic"]) == {"NA"}
    assert found["predicted"].tolist() == ["sfg", "", "ss_agn", "sfg"] and found["n"].sum() == 104
    assert report.source_scores["class"].tolist() == [""] and report.source_scores["low"].isna().all()


def test_views_that_are_cut_short_are_noticed(tmp_path):
    path = tmp_path / "capsules.h5"
    for views in (no_views(CLASSES), capsule_views()):
        write_capsule_views(views, path)
        check_hdf5(path)
        path.write_bytes(path.read_bytes()[:-100])
        with pytest.raises(OSError, match="truncated"):
            check_hdf5(path)


def test_there_is_nothing_to_tell_without_files():
    assert read_classifier_report([], metrics=[], predictions=[], members=[]) is None


def test_empty_tables_keep_their_types(tmp_path):
    write_csv(pd.DataFrame(columns=list(SOURCE_CLASSES)), tmp_path / "1.csv")
    assert read_names(tmp_path / "1.csv").columns.tolist() == list(SOURCE_CLASSES)
    report = read_classifier_report(
        [], metrics=[], predictions=[], members=[], source_classes=[tmp_path / "1.csv"]
    )
    assert render(data_of(classifiers=report)) == render(data_of())


def test_members_of_other_folders_and_broken_records_are_not_guessed(tmp_path, text_of):
    files = written(tmp_path, record={"architecture": "default"})
    report = read(files)
    assert report.members[["dataset", "network", "member"]].to_numpy().tolist() == [
        ["galaxies", "net", "seed1"],
        ["galaxies", "net", "seed2"],
    ]
    assert report.history.empty
    text = text_of(report)
    assert re.search("net default – – 2 – – – –", text)
    assert json.loads(files["members"][0].read_text()) == {"architecture": "default"}


def test_class_without_sources_does_not_make_the_constant_answer_worse(monkeypatch):
    monkeypatch.setattr("radiofind.report.classifiers.confusion_figure", lambda *_, **__: "")
    report = ClassifierReport(source_classes=confusion(*SEEN, ("sfg", "fs_agn", 2)))
    (row,) = classifier_parts(report)["source_classes"]["rows"]
    assert row["balanced_constant"] == 0.5 and set(row["recalls"]) == {"SFG", "SS-AGN"}
