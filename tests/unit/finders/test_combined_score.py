"""The score weights the evidence of finders by the model, and a model that does not fit is refused."""

import json
from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest

from radiofind.catalogues.columns import CATALOGUE, conform
from radiofind.catalogues.detections import DEFAULTS
from radiofind.finders.combined import join_catalogues
from radiofind.finders.combined_score import (
    EvidenceModel,
    has_scores,
    measure_evidence,
    read_model,
    score_sources,
)

MODEL = EvidenceModel(
    of=["a", "b"],
    train_snr=2.0,
    radius_pixels=3.0,
    features={
        f"{finder}:{name}": {"mean": 0.5, "scale": 2.0, "coefficient": weight}
        for finder in "ab"
        for name, weight in (("log_snr", 3.0), ("found", 1.0), ("faint_peak_snr", 0.0), ("log_peak_snr", 0.0))
    },
    intercept=-1.0,
    inverse_strength=1.0,
    left_out_log_loss=0.3,
    n_rows=10,
    n_matched=5,
)


def catalogue(x, snr, peak_snr=4.0, score=np.nan):
    table = pd.DataFrame({"x": x, "y": 0.0, "snr": snr, "peak_snr": peak_snr, "score": score})
    table = table.assign(**{name: value for name, value in DEFAULTS.items() if name not in table})
    names = [f"s{row}" for row in range(len(table))]
    return conform(table.assign(source_id=names, tile="t", mosaic="m", finder="f"), CATALOGUE)


def joined_of(**catalogues):
    return join_catalogues(catalogues, radius_pixels=3)


def test_evidence_is_zero_where_a_finder_found_nothing():
    joined = joined_of(
        a=catalogue([0.0, 10.0], [np.e, 1], [7, 2]), b=catalogue([0.0], [np.e**2], score=[0.75])
    )
    evidence = measure_evidence(joined, scored=["b"])
    assert evidence.columns.tolist() == [
        *("a:found", "a:faint_peak_snr", "a:log_peak_snr", "a:log_snr"),
        *("b:found", "b:faint_peak_snr", "b:log_peak_snr", "b:log_snr", "b:logit_score"),
    ]
    assert evidence.to_numpy() == pytest.approx(
        np.array([[1, 5, np.log(7), 1, 1, 4, np.log(4), 2, np.log(3)], [1, 2, np.log(2), 0, 0, 0, 0, 0, 0]])
    )


def test_evidence_is_finite_whatever_was_measured():
    snr = [np.nan, -3.0, 0.0, np.inf, 1e9]
    joined = joined_of(a=catalogue(np.arange(5) * 10.0, snr, snr, [0.0, 1.0, np.nan, 0.5, 1.0]))
    evidence = measure_evidence(joined, scored=["a"])
    assert np.isfinite(evidence).all(axis=None)
    assert (np.sign(evidence["a:logit_score"]) == [-1, 1, 0, 0, 1]).all()


def test_the_score_is_the_logistic_function_of_the_weighed_evidence():
    joined = joined_of(a=catalogue([0.0, 10.0], [8, 4]), b=catalogue([0.0], [5]))
    logits = [
        -1 + (1 - 0.5) / 2 + 3 * (np.log(8) - 0.5) / 2 + (1 - 0.5) / 2 + 3 * (np.log(5) - 0.5) / 2,
        -1 + (1 - 0.5) / 2 + 3 * (np.log(4) - 0.5) / 2 + (0 - 0.5) / 2 + 3 * (0 - 0.5) / 2,
    ]
    assert score_sources(MODEL, joined, train_snr=2) == pytest.approx(1 / (1 + np.exp(-np.array(logits))))


def test_no_sources_have_no_scores():
    nothing = joined_of(a=catalogue([], []), b=catalogue([], []))
    assert score_sources(MODEL, nothing, train_snr=2).shape == (0,)


def test_a_model_of_other_finders_or_another_snr_is_refused():
    one = catalogue([0.0], [5])
    with pytest.raises(ValueError, match=r"finders.*\ba, b\b.*\bb, a\b"):
        score_sources(MODEL, joined_of(b=one, a=one), train_snr=2)
    with pytest.raises(ValueError, match=r"train_snr.*\b2\.0\b.*\b5\b"):
        score_sources(MODEL, joined_of(a=one, b=one), train_snr=5)


def test_a_model_of_other_evidence_is_refused():
    one = catalogue([0.0], [5])
    fewer = {name: weights for name, weights in MODEL.features.items() if name != "b:found"}
    for features in (fewer, MODEL.features | {"b:size": MODEL.features["b:found"]}):
        with pytest.raises(ValueError, match="evidence"):
            score_sources(replace(MODEL, features=features), joined_of(a=one, b=one), train_snr=2)


def test_a_finder_without_the_scores_that_the_model_wants_is_refused():
    model = replace(MODEL, features=MODEL.features | {"b:logit_score": MODEL.features["a:found"]})
    one, scored = catalogue([0.0], [5]), catalogue([0.0], [5], score=[0.5])
    assert score_sources(model, joined_of(a=one, b=scored), train_snr=2).shape == (1,)
    assert score_sources(model, joined_of(a=one, b=catalogue([], [])), train_snr=2).shape == (1,)
    with pytest.raises(ValueError, match=r"scores.*\bb\b.*none"):
        score_sources(model, joined_of(a=one, b=one), train_snr=2)


def test_a_finder_has_scores_when_one_row_has():
    joined = joined_of(a=catalogue([0.0, 9.0], [5, 5], score=[np.nan, 0.5]), b=catalogue([0.0], [5]))
    assert has_scores(joined, "a")
    assert not has_scores(joined, "b")


def test_a_model_is_read_as_it_was_written(tmp_path):
    path = tmp_path / "combined.json"
    path.write_text(json.dumps(asdict(MODEL), sort_keys=True))
    assert read_model(path) == MODEL


@pytest.mark.parametrize(
    "content",
    [
        "no json",
        "[]",
        "{}",
        json.dumps(asdict(MODEL) | {"features": ["a:found"]}),
        json.dumps(asdict(MODEL) | {"features": {"a:found": {"mean": 1}}}),
        json.dumps(asdict(MODEL) | {"features": {"a:found": {"mean": 1, "scale": "x", "coefficient": 1}}}),
    ],
)
def test_a_file_that_is_not_a_model_is_an_error_that_names_it(tmp_path, content):
    path = tmp_path / "combined.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"combined\.json"):
        read_model(path)
