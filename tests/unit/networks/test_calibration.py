"""Scores are probabilities on fresh data, keep the order of the raw outputs, and survive few detections."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from radiofind.evaluation.calibration import fit_calibration
from radiofind.files import write_json
from radiofind.json_files import read_json
from radiofind.networks.calibration import Calibration, ScoreCalibration, calibrate, read_score_calibration

IDENTITY = Calibration(a=1.0, b=1.0, c=0.0, n_detections=0, n_matched=0)

GRID = np.linspace(0, 1, 501)


def detections(n, seed=1, *, truth=None):
    """Raw outputs, and matches whose probability is a function of them."""
    rng = np.random.default_rng(seed)
    raw = rng.beta(0.8, 1.2, n)
    return raw, rng.random(n) < (truth or distorted)(raw)


def distorted(raw):
    """A beta distortion: low raw outputs are too low, and high ones far too high."""
    return expit(0.6 * np.log(raw) - 0.3 * np.log1p(-raw) - 0.8)


def worst_bin(score, matched):
    """Largest difference between mean score and matched fraction in ten bins, in standard errors."""
    bins = np.minimum((score * 10).astype(int), 9)
    off = []
    for number in np.unique(bins):
        part = bins == number
        error = np.sqrt(np.sum(score[part] * (1 - score[part]))) / part.sum()
        off.append(abs(score[part].mean() - matched[part].mean()) / error)
    return max(off)


def test_scores_are_probabilities_on_fresh_detections():
    calibration = fit_calibration(*detections(50_000, seed=1))
    raw, matched = detections(10_000, seed=2)
    assert worst_bin(calibrate(calibration, raw), matched) < 3.5
    assert worst_bin(raw, matched) > 10


def test_known_distortion_is_recovered():
    calibration = fit_calibration(*detections(100_000))
    assert (calibration.a, calibration.b, calibration.c) == pytest.approx((0.6, 0.3, -0.8), abs=0.05)


def test_many_detections_outweigh_the_prior():
    raw, matched = detections(20_000)
    features = np.column_stack([np.log(raw), -np.log1p(-raw)])
    free = LogisticRegression(C=np.inf, tol=1e-8).fit(features, matched)
    calibration = fit_calibration(raw, matched)
    expected = free.predict_proba(features)[:, 1]
    assert calibrate(calibration, raw) == pytest.approx(expected, abs=0.002)


def test_cost_has_no_lower_point_nearby():
    raw, matched = detections(40, seed=3)
    found = fit_calibration(raw, matched)

    def cost(a, b, c):
        n = np.array([np.sum(~matched), np.sum(matched)])
        target = np.where(matched, (n[1] + 1) / (n[1] + 2), 1 / (n[0] + 2))
        score = expit(a * np.log(raw) - b * np.log(1 - raw) + c)
        likelihood = np.sum(target * np.log(score) + (1 - target) * np.log(1 - score))
        return 0.5 * ((a - 1) ** 2 + (b - 1) ** 2) - likelihood

    best = np.array([found.a, found.b, found.c])
    steps = np.random.default_rng(4).normal(0, 0.05, (500, 3))
    assert all(cost(*(best + step)) > cost(*best) for step in steps)


@pytest.mark.parametrize("n", [0, 1, 2, 30, 1000])
@pytest.mark.parametrize(
    "truth", [distorted, lambda raw: 1 - raw, lambda raw: raw > 0.5, lambda raw: raw * 0, lambda raw: raw + 1]
)
def test_score_never_falls_as_the_raw_output_rises(n, truth):
    scores = calibrate(fit_calibration(*detections(n, truth=truth)), GRID)
    assert np.all(np.diff(scores) >= 0)
    assert np.all((scores >= 0) & (scores <= 1))


def test_outputs_that_mean_the_opposite_give_one_score_for_all():
    raw, matched = detections(20_000, truth=lambda raw: 1 - raw)
    scores = calibrate(fit_calibration(raw, matched), raw)
    assert np.ptp(scores) < 0.01
    assert scores.mean() == pytest.approx(matched.mean(), abs=0.01)


def test_no_detection_leaves_the_raw_outputs_as_they_are():
    calibration = fit_calibration(np.zeros(0), np.zeros(0, dtype=bool))
    assert calibrate(calibration, GRID) == pytest.approx(GRID, abs=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_thirty_detections_are_better_than_none_and_keep_the_order(seed):
    calibration = fit_calibration(*detections(30, seed=seed))
    raw, _ = detections(1000, seed=99)
    scores = calibrate(calibration, raw)
    assert np.all(np.diff(scores[np.argsort(raw)]) > 0)
    wrong, before = np.abs(scores - distorted(raw)).mean(), np.abs(raw - distorted(raw)).mean()
    assert wrong < before
    assert 0.1 < calibration.a < 2 and 0.1 < calibration.b < 2


@pytest.mark.parametrize("outcome", [True, False])
def test_one_outcome_is_not_taken_for_certainty(outcome):
    raw, _ = detections(30)
    scores = calibrate(fit_calibration(raw, np.full(30, outcome)), raw)
    assert scores.mean() == pytest.approx(31 / 32 if outcome else 1 / 32, abs=0.01)
    assert np.ptp(scores) > 0.005


def test_missing_outputs_stay_missing_and_do_not_count():
    raw, matched = detections(200)
    gaps = np.where(np.arange(200) % 7 == 0, np.nan, raw)
    calibration = fit_calibration(gaps, matched)
    assert calibration == fit_calibration(gaps[np.isfinite(gaps)], matched[np.isfinite(gaps)])
    assert calibration.n_detections == np.isfinite(gaps).sum()
    assert calibration.n_matched == matched[np.isfinite(gaps)].sum()
    assert np.array_equal(np.isnan(calibrate(calibration, gaps)), np.isnan(gaps))


def test_saturated_outputs_are_calibrated():
    raw, matched = detections(500)
    raw[matched & (raw > 0.6)], raw[~matched & (raw < 0.4)] = 1.0, 0.0
    calibration = fit_calibration(raw.astype(np.float32), matched)
    assert calibrate(calibration, np.array([0.0, 1.0])) == pytest.approx([0, 1], abs=0.1)


def test_raw_outputs_outside_0_to_1_are_refused():
    with pytest.raises(ValueError, match=r"-2\.0 to 0\.5"):
        fit_calibration(np.array([-2.0, 0.5, np.nan]), np.ones(3, dtype=bool))
    with pytest.raises(ValueError, match=r"0\.5 to 1\.5"):
        calibrate(IDENTITY, np.array([1.5, 0.5]))


def test_as_many_matches_as_outputs_are_expected():
    with pytest.raises(ValueError, match=r"\(3,\).*\(2,\)"):
        fit_calibration(np.full(3, 0.5), np.ones(2, dtype=bool))


def test_json_gives_the_same_calibration_back(tmp_path):
    calibration = fit_calibration(*detections(100))
    write_json(asdict(calibration), tmp_path / "a.json")
    assert read_json(tmp_path / "a.json", Calibration, what="a calibration") == calibration


@pytest.mark.parametrize("change", [{"a": -1.0}, {"c": float("nan")}, {"b": "1"}, {"n_matched": None}])
def test_json_of_an_invalid_calibration_is_refused(change, tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(asdict(IDENTITY) | change))
    with pytest.raises(ValueError, match=r"a\.json: .*a calibration"):
        read_json(tmp_path / "a.json", Calibration, what="a calibration")


def test_a_calibration_on_a_simulated_sky_comes_with_the_warnings_about_it(tmp_path):
    scores = ScoreCalibration(fit_calibration(*detections(100)), ("odd beam", "crowded"))
    write_json(asdict(scores), tmp_path / "a.json")
    assert read_score_calibration(tmp_path / "a.json") == scores
    assert read_score_calibration(None) == ScoreCalibration()


@pytest.mark.parametrize("text", ["{", "[]", '{"warnings": []}', '{"curve": {"a": 1}, "warnings": []}'])
def test_what_is_no_calibration_of_scores_is_refused(text, tmp_path):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(ValueError, match=r"a\.json"):
        read_score_calibration(tmp_path / "a.json")


def test_scores_of_the_identity_are_the_raw_outputs():
    assert logit(calibrate(IDENTITY, np.array([0.2, 0.9]))) == pytest.approx(logit([0.2, 0.9]))
