"""What the train box teaches of the classes holds on fresh sky, however rare a class or a feature is."""

import json
import logging
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import log_softmax

from radiofind.classifiers.sources.class_training import ClassLesson, fit_source_classes, make_class_lesson
from radiofind.classifiers.sources.classes import apply, read_class_model
from radiofind.classifiers.sources.features import FEATURES, features_of
from radiofind.evaluation.placed_truth import CLASSES
from radiofind.mosaics.box import parse_box
from radiofind.mosaics.regions import Area
from radiofind.networks.logistic import STRENGTHS, UNTRIED

pytestmark = pytest.mark.slow

SHAPE = (1000, 1000)
AREA = Area("m", SHAPE, parse_box("0:500,0:1000", SHAPE), parse_box("500:600,0:1000", SHAPE))
TERMS = {"snr_min": 1.0, "radius_pixels": 3.0, "beam_arcsec": 6.0}


def random_lesson(seed, n=600, *, rare=0.05, alpha=False):
    """Features whose means differ by class; some sizes are not known, and two classes are rare."""
    rng = np.random.default_rng(seed)
    classes = rng.choice(CLASSES, n, p=[rare, rare, 1 - 2 * rare])
    means = {"ss_agn": [1, -1, 1, 0, -0.8], "fs_agn": [1, 1, 0, 0, 0], "sfg": [0, 0, 0, 0, -0.8]}
    values = np.array([means[name] for name in classes]) + rng.normal(0, [0.7, 0.7, 0.7, 0.7, 0.2], (n, 5))
    features = pd.DataFrame(values, columns=list(FEATURES))
    features.loc[rng.uniform(size=n) < 0.2, ["log_major", "log_axis_ratio"]] = np.nan
    if not alpha:
        features["spectral_index"] = np.nan
    return ClassLesson(features, classes, rng.integers(0, 60, n))


def fit(*lessons):
    return fit_source_classes(lessons, origin="truth.parquet")


def recalls(model, lesson):
    said = np.array(model.classes)[apply(model, lesson.features).argmax(axis=1)]
    return np.array([np.mean(said[lesson.classes == name] == name) for name in CLASSES])


def test_rare_classes_are_found_on_fresh_sky():
    model, fresh = fit(random_lesson(1)), random_lesson(2, 6000)
    assert recalls(model, fresh).min() > 0.55
    assert recalls(model, fresh).mean() > 0.7
    assert model.inverse_strength in STRENGTHS
    assert model.left_out_log_loss < 0.8


def test_probabilities_are_right_where_classes_are_equally_common():
    model, fresh = fit(random_lesson(1, 6000)), random_lesson(2, 20000, rare=1 / 3)
    said = apply(model, fresh.features)
    assert said.sum(axis=1) == pytest.approx(1)
    for column, name in enumerate(CLASSES):
        for low in np.arange(0, 1, 0.2):
            chosen = (said[:, column] >= low) & (said[:, column] < low + 0.2)
            assert chosen.sum() > 100
            of_class = np.mean(fresh.classes[chosen] == name)
            assert said[chosen, column].mean() == pytest.approx(of_class, abs=0.07)


def test_the_spectral_index_helps_where_it_is_known():
    fresh = random_lesson(2, 4000, alpha=True)
    with_alpha, without = fit(random_lesson(1, alpha=True)), fit(random_lesson(1))
    assert recalls(with_alpha, fresh).mean() > recalls(without, fresh).mean() + 0.05
    # What was never seen in training says nothing.
    blind = ClassLesson(fresh.features.assign(spectral_index=np.nan), fresh.classes, fresh.patch)
    assert apply(without, fresh.features) == pytest.approx(apply(without, blind.features))
    assert np.isfinite(apply(with_alpha, blind.features)).all()


def test_that_something_is_not_known_may_itself_tell_the_class():
    lesson = random_lesson(1)
    features = lesson.features.assign(log_major=np.where(lesson.classes == "fs_agn", np.nan, 0.1))
    model = fit(ClassLesson(features, lesson.classes, lesson.patch))
    assert recalls(model, ClassLesson(features, lesson.classes, lesson.patch))[1] > 0.95


@pytest.mark.parametrize("given", [CLASSES, ("fs_agn", "sfg")])
def test_the_weights_are_those_of_the_obvious_way(given):
    lesson = random_lesson(3, 300)
    kept = np.isin(lesson.classes, given)
    lesson = ClassLesson(lesson.features[kept], lesson.classes[kept], lesson.patch[kept])
    model = fit(lesson)
    known = lesson.features.iloc[:, :4]
    unknown = known.isna().to_numpy(float)
    terms = np.hstack([((known - known.mean()) / known.std(ddof=0)).fillna(0), unknown])
    place = np.array([given.index(name) for name in lesson.classes])
    weight = len(place) / (len(given) * np.bincount(place))[place]
    n_terms = terms.shape[1] + 1
    # Two classes have one set of weights, whose half each is given here.
    penalty = 1 if len(given) > 2 else 2

    def penalised(weights):
        weights = weights.reshape(len(given), n_terms)
        said = log_softmax(terms @ weights[:, 1:].T + weights[:, 0], axis=1)
        loss = -(weight * said[np.arange(len(place)), place]).sum()
        return loss + penalty * (weights[:, 1:] ** 2).sum() / (2 * model.inverse_strength)

    best = minimize(penalised, np.zeros(len(given) * n_terms), options={"gtol": 1e-6}).x
    weights = best.reshape(len(given), n_terms)
    expected = np.exp(log_softmax(terms @ weights[:, 1:].T + weights[:, 0], axis=1))
    columns = [CLASSES.index(name) for name in given]
    assert apply(model, lesson.features)[:, columns] == pytest.approx(expected, abs=2e-3)


def test_a_class_without_an_example_is_told_and_never_given(caplog):
    lesson = random_lesson(1)
    kept = lesson.classes != "fs_agn"
    with caplog.at_level(logging.WARNING):
        model = fit(ClassLesson(lesson.features[kept], lesson.classes[kept], lesson.patch[kept]))
    assert "no source of class fs_agn in the train boxes: it is never given" in caplog.text
    assert model.n_examples["fs_agn"] == 0
    said = apply(model, lesson.features)
    assert (said[:, 1] == 0).all()
    assert said.sum(axis=1) == pytest.approx(1)
    assert recalls(model, lesson)[[0, 2]].min() > 0.7


def test_where_there_is_one_class_every_source_is_of_it(tmp_path):
    lesson = random_lesson(1)
    kept = lesson.classes == "sfg"
    model = fit(ClassLesson(lesson.features[kept], lesson.classes[kept], lesson.patch[kept]))
    assert (apply(model, lesson.features) == [0, 0, 1]).all()
    assert model.inverse_strength is None
    (tmp_path / "m.json").write_text(json.dumps(asdict(model)))
    assert read_class_model(tmp_path / "m.json") == model


def test_truth_without_classes_gives_none_and_a_warning_with_the_name_of_its_file(caplog, tmp_path):
    lesson = random_lesson(1)
    nothing = ClassLesson(lesson.features[:0], lesson.classes[:0], lesson.patch[:0])
    for lessons in ([nothing], [nothing, nothing], []):
        caplog.clear()
        model = fit_source_classes(lessons, origin="truth.parquet")
        assert "class ss_agn, fs_agn, sfg" in caplog.text and "column class of truth.parquet" in caplog.text
        assert model.n_examples == dict.fromkeys(CLASSES, 0)
        assert np.isnan(apply(model, lesson.features)).all()
        (tmp_path / "m.json").write_text(json.dumps(asdict(model)))
        assert read_class_model(tmp_path / "m.json") == model


def test_a_source_without_flux_is_not_classified():
    model, features = fit(random_lesson(1)), random_lesson(2, 5).features
    features.loc[2, "log_total_flux"] = np.nan
    said = apply(model, features)
    assert np.isnan(said[2]).all()
    assert np.isfinite(said[[0, 1, 3, 4]]).all()
    assert apply(model, features[:0]).shape == (0, 3)


def test_values_beyond_what_was_seen_count_as_the_ends():
    lesson = random_lesson(1)
    model, source = fit(lesson), random_lesson(2, 1).features
    highest = lesson.features["log_total_flux"].max()
    far, end = (apply(model, source.assign(log_total_flux=flux)) for flux in (highest + 9, highest))
    assert far == pytest.approx(end)
    assert end != pytest.approx(apply(model, source.assign(log_total_flux=highest - 1)))


def test_few_patches_are_learned_from_without_cross_validation():
    lesson = random_lesson(1)
    few = ClassLesson(lesson.features, lesson.classes, lesson.patch % 4)
    assert (fit(few).inverse_strength, fit(few).left_out_log_loss) == (UNTRIED, None)
    # The patches of two mosaics are eight, although they have the same numbers.
    assert fit(few, few).left_out_log_loss is not None


def flux_lesson(flux, classes, patch):
    features = pd.DataFrame(np.nan, index=range(len(flux)), columns=list(FEATURES))
    return ClassLesson(features.assign(log_total_flux=flux), np.array(classes), np.asarray(patch))


def test_the_strength_is_the_one_that_does_best_on_patches_left_out():
    rng = np.random.default_rng(1)
    classes = np.repeat(CLASSES, 60)
    noise = fit(flux_lesson(rng.normal(size=180), classes, np.arange(180) % 20))
    clear = fit(flux_lesson(np.repeat([-1.0, 0, 1], 60), classes, np.arange(180) % 20))
    assert (noise.inverse_strength, clear.inverse_strength) == (min(STRENGTHS), max(STRENGTHS))


def test_a_rare_class_counts_as_much_as_a_frequent_one_when_the_strength_is_chosen():
    # The rare classes cannot be told from each other, the frequent one from both.
    classes = np.repeat(["ss_agn", "fs_agn", "sfg"], [20, 20, 2000])
    model = fit(flux_lesson(np.where(classes == "sfg", 0.0, 1.0), classes, np.arange(2040) % 20))
    assert model.left_out_log_loss == pytest.approx(2 / 3 * np.log(2), abs=0.1)


def test_a_handful_of_examples_in_a_handful_of_patches_is_enough_to_learn():
    model = fit(flux_lesson([0, 0, 1, 1, 2, 2.0], np.repeat(CLASSES, 2), range(6)))
    assert (model.inverse_strength, model.left_out_log_loss) == (UNTRIED, None)


def test_one_example_of_a_class_is_enough_to_learn():
    lesson = random_lesson(1)
    first = np.flatnonzero(lesson.classes == "fs_agn")[:1]
    kept = np.append(np.flatnonzero(lesson.classes != "fs_agn"), first)
    model = fit(ClassLesson(lesson.features.iloc[kept], lesson.classes[kept], lesson.patch[kept]))
    assert model.n_examples["fs_agn"] == 1
    assert model.left_out_log_loss is None
    assert apply(model, lesson.features.iloc[first]).argmax() == 1


def test_patches_are_left_out_whole():
    rng = np.random.default_rng(5)
    patch = np.repeat(np.arange(30), 20)
    features = pd.DataFrame(np.nan, index=range(600), columns=list(FEATURES))
    features["log_total_flux"] = np.repeat(rng.uniform(0, 1, 30), 20)
    classes = np.repeat(rng.permutation(np.repeat(CLASSES, 10)), 20)
    assert fit(ClassLesson(features, classes, patch)).left_out_log_loss > np.log(3) - 0.02


def test_a_model_is_plain_json(tmp_path):
    model = fit(random_lesson(1))
    (tmp_path / "m.json").write_text(json.dumps(asdict(model) | {"provenance": {}}))
    assert read_class_model(tmp_path / "m.json") == model


@pytest.mark.parametrize("change", ["cut", "missing", "class", "feature", "text"])
def test_another_file_is_refused_by_name(change, tmp_path):
    content = asdict(fit(random_lesson(1)))
    if change == "missing":
        del content["intercepts"]
    if change == "class":
        content["classes"] = ["sfg"]
    if change == "feature":
        content["features"]["redshift"] = content["features"]["log_major"]
    if change == "text":
        content["features"]["log_major"]["mean"] = "large"
    text = json.dumps(content)
    (tmp_path / "m.json").write_text(text[:-9] if change == "cut" else text)
    with pytest.raises(ValueError, match=r"m\.json"):
        read_class_model(tmp_path / "m.json")


def tables(x, snr=9.0, name="sfg"):
    """Truth and a catalogue whose sources lie one pixel off."""
    n = len(x)
    truth = pd.DataFrame({"truth_id": [f"t{i}" for i in range(n)], "x": x, "y": 100.0}).astype({"x": float})
    truth = truth.assign(**{"class": name, "snr": snr, "apparent_total_flux": 1.0})
    found = pd.DataFrame({"source_id": [f"s{i}" for i in range(n)], "x": truth["x"] + 1, "y": 100.0})
    found = found.assign(apparent_total_flux=1.0, snr=snr, peak_snr=snr, peak_flux=1.0, minor=6.0)
    return AREA.label(truth), AREA.label(found.assign(total_flux=10.0 ** np.arange(n), major=6.0))


def test_a_lesson_is_of_matched_sources_of_known_class_in_the_train_box_alone():
    truth, found = tables(
        [50, 100, 150, 200, 250, 550, 800],
        snr=[9, 0.5, 9, 9, 9, 9, 9],
        name=["ss_agn", "sfg", "", "sfg", "fs_agn", "sfg", "sfg"],
    )
    found.loc[3, "x"] += 9
    found = AREA.label(found).iloc[::-1].reset_index(drop=True)
    alpha = np.arange(7.0)
    lesson = make_class_lesson(found, truth, **TERMS, spectral_index=alpha)
    assert lesson.classes.tolist() == ["ss_agn", "fs_agn"]
    assert lesson.features["log_total_flux"].tolist() == [0, 4]
    assert lesson.features["spectral_index"].tolist() == [6, 2]
    assert lesson.patch.tolist() == [41, 45]


def test_a_source_that_cannot_be_classified_is_not_learned_from():
    truth, found = tables([50, 100])
    found.loc[0, "total_flux"] = -1
    lesson = make_class_lesson(found, truth, **TERMS)
    assert (len(lesson.features), len(lesson.classes), len(lesson.patch)) == (1, 1, 1)
    assert lesson.features["log_total_flux"].tolist() == [1]


def test_an_empty_catalogue_teaches_nothing():
    truth, found = tables([50, 100])
    lesson = make_class_lesson(found[:0], truth, **TERMS)
    assert len(lesson.classes) == 0
    assert list(lesson.features) == list(features_of(found, beam_arcsec=6.0))
