"""Scores trained on validation regions, and on nothing else, are calibrated on a fresh sky."""

import json
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from radiofind.catalogues.columns import CATALOGUE, conform
from radiofind.catalogues.detections import DEFAULTS
from radiofind.finders.combined import join_catalogues
from radiofind.finders.combined_score import measure_evidence, score_sources
from radiofind.finders.combined_training import learn_evidence, make_lesson
from radiofind.mosaics.box import parse_box
from radiofind.mosaics.regions import Area
from radiofind.networks.logistic import STRENGTHS, UNTRIED

SHAPE = (1000, 1000)
AREA = Area("m", SHAPE, None, parse_box("0:500,0:1000", SHAPE))
TERMS = {"train_snr": 2.0, "radius_pixels": 3.0}


def catalogue(x, y, snr, score=np.nan):
    table = pd.DataFrame({"x": x, "y": y, "snr": snr, "peak_snr": snr, "score": score}).astype(float)
    table = table.assign(**{name: value for name, value in DEFAULTS.items() if name not in table})
    names = [f"s{x:.3f},{y:.3f}" for x, y in zip(table["x"], table["y"], strict=True)]
    return conform(
        table.assign(source_id=names, tile="t", mosaic="m", finder="f", e_ra=0.1, e_dec=0.1), CATALOGUE
    )


def truth_of(xy, snr=9.0):
    xy = np.reshape(np.asarray(xy, float), (-1, 2))
    return pd.DataFrame({"x": xy[:, 0], "y": xy[:, 1], "snr": snr})


def random_sky(seed, n=1500):
    """Separate sources on a lattice; finder b finds some of the sources of a, and is seldom wrong."""
    rng = np.random.default_rng(seed)
    places = rng.permutation(9801)[:n]
    x, y = 10.0 * (places % 99) + 7, 10.0 * (places // 99) + 7
    real = rng.uniform(size=n) < 0.5
    snr = 2 + np.where(real, rng.exponential(3, n), rng.exponential(0.6, n))
    by_b = rng.uniform(size=n) < np.where(real, 0.7, 0.1)
    a = catalogue(x + rng.normal(0, 0.3, n), y, snr)
    b = catalogue(x[by_b], y[by_b], snr[by_b] * 1.2)
    joined = join_catalogues({"a": a, "b": b}, radius_pixels=3)
    return joined, truth_of(np.column_stack([x, y])[real])


def lesson_of(joined, truth, area=AREA):
    return make_lesson(joined, truth=truth, area=area, **TERMS)


def one_finder(x, y, snr, **columns):
    return join_catalogues({"a": catalogue(x, y, snr, **columns)}, radius_pixels=3)


def test_scores_are_probabilities_on_fresh_sky():
    model = learn_evidence([lesson_of(*random_sky(1, n=6000))], train_snr=2.0)
    fresh = [random_sky(seed) for seed in range(2, 6)]
    scores = np.concatenate([score_sources(model, joined, train_snr=2) for joined, _ in fresh])
    everywhere = Area("m", SHAPE, None, parse_box("all", SHAPE))
    real = np.concatenate([lesson_of(*sky, everywhere).matched for sky in fresh])
    for low in np.arange(0, 1, 0.2):
        chosen = (scores >= low) & (scores < low + 0.2)
        assert chosen.sum() > 100
        assert scores[chosen].mean() == pytest.approx(real[chosen].mean(), abs=0.07)


def test_sources_of_two_finders_score_higher_than_those_of_one():
    joined, truth = random_sky(1)
    score = score_sources(learn_evidence([lesson_of(joined, truth)], train_snr=2.0), joined, train_snr=2)
    evidence = measure_evidence(joined, scored=())
    faint = evidence["a:log_peak_snr"].between(np.log(3), np.log(4))
    assert score[faint & (evidence["b:found"] == 1)].min() > score[faint & (evidence["b:found"] == 0)].max()


def test_the_weights_are_those_of_a_direct_fit():
    lesson = lesson_of(*random_sky(3, n=600))
    model = learn_evidence([lesson], train_snr=2.0)
    assert model.inverse_strength in STRENGTHS
    raw = measure_evidence(lesson.joined, scored=()).to_numpy()
    scale = raw.std(axis=0)
    standard = (raw - raw.mean(axis=0)) / np.where(scale == 0, 1, scale)
    sign = np.where(lesson.matched, 1, -1)

    def penalised(weights):
        loss = np.logaddexp(0, -sign * (standard @ weights[1:] + weights[0])).sum()
        return loss + (weights[1:] ** 2).sum() / (2 * model.inverse_strength)

    best = minimize(penalised, np.zeros(1 + raw.shape[1]), method="BFGS", options={"gtol": 1e-6}).x
    learned = [model.intercept, *(feature["coefficient"] for feature in model.features.values())]
    assert learned == pytest.approx(best, abs=2e-3)


def test_a_lesson_is_the_validation_region_alone():
    x, y = [100, 200, 300, 495, 600], [100, 100, 100, 100, 60]
    joined = one_finder(x, y, [5, 5, 5, 5, 5])
    truth = truth_of([[100, 101], [200, 100], [300, 104], [495, 100], [600, 60]], snr=[9, 2, 9, 9, 9])
    lesson = lesson_of(joined, truth)
    assert lesson.matched.tolist() == [True, False, False]
    assert lesson.patch.tolist() == [42, 44, 46]
    assert lesson.n_truth == 2
    assert len(lesson.joined.rows) == 3


def test_of_two_detections_of_one_truth_only_the_closer_is_real():
    lesson = lesson_of(one_finder([100, 102], [100, 100], [9, 5]), truth_of([[101.5, 100]]))
    assert lesson.matched.tolist() == [False, True]


def test_the_order_of_rows_does_not_change_the_model():
    joined, truth = random_sky(4, n=400)
    names = dict(zip("ab", joined.rows.T, strict=True))
    shuffled = {
        finder: joined.detections.iloc[rows[rows >= 0]].sample(frac=1, random_state=1)
        for finder, rows in names.items()
    }
    other = join_catalogues(shuffled, radius_pixels=3)
    one, two = (learn_evidence([lesson_of(sky, truth)], train_snr=2.0) for sky in (joined, other))
    assert one == two


def test_scores_of_finders_are_evidence_where_there_are_any():
    n = 200
    rng = np.random.default_rng(1)
    x, y = 10.0 * (np.arange(n) % 40) + 5, 10.0 * (np.arange(n) // 40) + 5
    score = rng.uniform(size=n)
    real = rng.uniform(size=n) < score
    joined = one_finder(x, y, np.full(n, 5.0), score=score)
    truth = truth_of(np.column_stack([x, y])[real])
    model = learn_evidence([lesson_of(joined, truth)], train_snr=2.0)
    assert score_sources(model, joined, train_snr=2) == pytest.approx(score, abs=0.1)
    without = learn_evidence([lesson_of(one_finder(x, y, np.full(n, 5.0)), truth)], train_snr=2.0)
    assert "a:logit_score" in model.features
    assert "a:logit_score" not in without.features


def test_when_all_or_none_are_real_the_score_is_the_rate():
    joined = one_finder([100, 200, 300], [100] * 3, [5, 6, 7])
    truth = truth_of([[100, 100], [200, 100], [300, 100]])
    for sky, rate in ((truth, 4 / 5), (truth_of([[400, 400]]), 1 / 5)):
        model = learn_evidence([lesson_of(joined, sky)], train_snr=2.0)
        assert score_sources(model, joined, train_snr=2) == pytest.approx([rate] * 3)
        assert model.inverse_strength is None
    nothing = learn_evidence([lesson_of(one_finder([], [], []), truth)], train_snr=2.0)
    assert score_sources(nothing, joined, train_snr=2) == pytest.approx([0.5] * 3)


def test_few_patches_are_learned_from_without_cross_validation():
    x, y = np.arange(20, 420, 50), np.full(8, 20)
    real = np.arange(8) % 2 == 0
    truth = truth_of(np.column_stack([x, y])[real])
    few = lesson_of(one_finder(x[:4], y[:4], np.where(real, 9, 4)[:4]), truth[truth["x"] < 220])
    alone = learn_evidence([few], train_snr=2.0)
    assert (alone.inverse_strength, alone.left_out_log_loss) == (UNTRIED, None)
    high, low = score_sources(alone, one_finder([10, 20], [10, 10], [9, 4]), train_snr=2)
    assert high > 0.5 > low
    # The two mosaics have eight patches together, although the numbers are the same.
    assert learn_evidence([few, few], train_snr=2.0).left_out_log_loss is not None


def test_patches_are_left_out_whole():
    rng = np.random.default_rng(2)
    x, y = np.tile(np.arange(40), 10), np.repeat(np.arange(10) * 50, 40)
    snr, real = np.repeat(rng.uniform(2, 9, 10), 40), np.repeat(np.arange(10) % 2 == 0, 40)
    joined = join_catalogues({"a": catalogue(x, y, snr)}, radius_pixels=0.1)
    truth = truth_of(np.column_stack([x, y])[real])
    lesson = make_lesson(joined, truth=truth, area=AREA, train_snr=2, radius_pixels=0.1)
    assert lesson.matched.tolist() == real.tolist()
    assert learn_evidence([lesson], train_snr=2.0).left_out_log_loss > np.log(2)


def test_no_truth_in_any_validation_box_is_an_error():
    joined = one_finder([100, 700], [100, 100], [9, 9])
    expected = r"validation boxes.*\b1 mosaics.*SNR 2\b"
    for truth, area in (
        (truth_of([[700, 100]]), AREA),
        (truth_of([[100, 100]], snr=2), AREA),
        (truth_of([[100, 100]]), Area("m", SHAPE)),
    ):
        with pytest.raises(ValueError, match=expected):
            learn_evidence([lesson_of(joined, truth, area)], train_snr=2.0)
    with pytest.raises(ValueError, match=r"\b0 mosaics"):
        learn_evidence([], train_snr=2.0)


def test_each_mosaic_matches_within_its_own_radius_and_the_model_records_the_mean():
    truth, joined = truth_of([[104, 100]]), one_finder([100], [100], [9])
    lessons = [
        make_lesson(joined, truth=truth, area=AREA, train_snr=2, radius_pixels=radius) for radius in (3, 5)
    ]
    assert [lesson.matched.tolist() for lesson in lessons] == [[False], [True]]
    model = learn_evidence(lessons, train_snr=2)
    assert (model.n_rows, model.n_matched, model.radius_pixels) == (2, 1, 4.0)


def test_a_model_is_plain_json():
    model = learn_evidence([lesson_of(*random_sky(5, n=300))], train_snr=2.0)
    assert json.loads(json.dumps(asdict(model))) == asdict(model)
    assert (model.of, model.train_snr, model.radius_pixels) == (["a", "b"], 2.0, 3.0)
    assert model.n_rows > model.n_matched > 0
