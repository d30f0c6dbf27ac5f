"""Figures of the report."""

import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from radiofind.mosaics.box import Box
from radiofind.report.figures import (
    calibration_figure,
    f1_figure,
    fractions_figure,
    measurements_figure,
    noise_figure,
    training_figure,
)
from radiofind.report.sky_view import SkyView, sky_figure
from radiofind.report.style import COLOURS, RoundNumbers, styles_of

pytestmark = pytest.mark.slow

FINDERS = ["pybdsf", "peaks"]
STYLES = styles_of(FINDERS)


def pooled():
    rows = [(f, cut, snr, 0.5, 0.4, 0.6) for f in FINDERS for cut in ("as_found", "tuned") for snr in (1, 5)]
    return pd.DataFrame(rows, columns=["finder", "cut", "snr_min", "f1", "f1_low", "f1_high"])


def curves(quantities, mosaics=("m",)):
    rows = [
        (mosaic, finder, "as_found", quantity, snr, 2 * snr, n, 0.5, 0.4, 0.6)
        for mosaic in mosaics
        for finder in FINDERS
        for quantity in quantities
        for snr, n in ((1, 50), (2, 5), (4, 1))
    ]
    columns = ["mosaic", "finder", "cut", "quantity", "snr_low", "snr_high", "n", "value", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def calibrations(n=50):
    """Rows of pooled reliability diagrams, a step further from the diagonal for each region."""
    rows = [
        (finder, region, 2.0, score - 0.05, score + 0.05, n, score, score * factor, 0.0, 1.0)
        for finder in FINDERS
        for region, factor in (("test", 1.0), ("train", 0.5), ("validation", 0.9))
        for score in (0.2, 0.5, 0.8)
    ]
    columns = [
        "finder",
        "region",
        "snr_min",
        "score_low",
        "score_high",
        "n",
        "score",
        "matched",
        "low",
        "high",
    ]
    return pd.DataFrame(rows, columns=columns)


def epochs(n=30, finder="pybdsf"):
    number = np.arange(1, n + 1)
    loss = np.where(number == 1, 1e6, 1 / number)
    table = pd.DataFrame({"epoch": number, "loss": loss, "validation_loss": loss, "validation_f1": 1 - loss})
    return table.assign(training_set="m", finder=finder, recipe="default", train_snr=2.0)


def view(**other):
    box = Box(100, 140, 200, 230)
    pixels = np.random.default_rng(1).normal(0, 1e-6, box.shape)
    pixels[:5, :5] = np.nan
    truth = pd.DataFrame({"x": [110.0, 120.0], "y": [210.0, 215.0], "class": ["sfg", ""]})
    found = {"pybdsf": truth[["x", "y"]], "peaks": truth.iloc[:0]}
    content = {"pixels": pixels, "box": box, "rms": 1e-6, "truth": truth, "detections": found}
    return SkyView(mosaic="m", **(content | other))


def all_figures():
    measured = ("flux_ratio", "offset_x", "offset_y")
    area = pd.DataFrame({"mosaic": list("aabb"), "rms": [1e-6, 2e-6] * 2, "area_deg2": [0.1, 0.2] * 2})
    return [
        f1_figure(pooled(), STYLES),
        fractions_figure(curves(("completeness", "reliability")).drop(columns="mosaic"), STYLES),
        measurements_figure(curves(measured), STYLES),
        measurements_figure(curves(measured, mosaics=("a", "b")), STYLES),
        noise_figure(area),
        sky_figure(view(), STYLES, pixel_arcsec=0.6),
        calibration_figure(calibrations(), STYLES, region="test"),
        training_figure(epochs(), STYLES),
    ]


def n_texts(svg, text):
    """How often a text is drawn; matplotlib leaves it as a comment beside the outlines."""
    return svg.count(f"<!-- {text} -->")


@pytest.fixture(scope="module")
def figures():
    return all_figures()


def test_same_data_give_the_same_bytes(figures):
    assert figures == all_figures()


def test_figures_are_svg_without_a_date(figures):
    for svg in figures:
        assert ET.fromstring(svg).tag.endswith("svg")
        assert "<dc:date>" not in svg


def test_finder_has_the_same_colour_in_all_figures(figures):
    for svg in (*figures[:4], *figures[5:]):
        assert STYLES["pybdsf"].colour in svg


def test_ten_finders_have_styles():
    styles = styles_of([f"f{number}" for number in range(10)])
    assert len(styles) == 10 and styles["f0"].colour == COLOURS[0]


def test_names_are_not_formulas(figures):
    styles = styles_of(["$x_1$ <b>"])
    svg = f1_figure(pooled().assign(finder="$x_1$ <b>"), styles)
    assert n_texts(svg, "$x_1$ &lt;b&gt;") == 1


def test_sky_names_what_it_shows(figures):
    svg = figures[5]
    assert n_texts(svg, "truth: SFG") == n_texts(svg, "truth: no class") == n_texts(svg, "pybdsf") == 1
    assert n_texts(svg, "truth: SS-AGN") == 0


def test_scale_bar_is_round_and_left_out_when_the_pixel_is_not_known(figures):
    assert n_texts(figures[5], "2″") == 1
    assert "″" not in sky_figure(view(), STYLES, pixel_arcsec=np.nan)


def test_sky_without_truth_and_detections():
    none = pd.DataFrame(columns=["x", "y", "class"])
    svg = sky_figure(view(truth=none, detections={}), STYLES, pixel_arcsec=None)
    assert "truth" not in svg


def test_bins_with_few_sources_are_not_drawn():
    few = curves(("completeness", "reliability")).drop(columns="mosaic")
    assert fractions_figure(few, STYLES) == fractions_figure(few[few["n"] >= 5], STYLES)


@pytest.mark.parametrize(
    "limits", [(1, 1000), (4, 6), (4, 8), (3, 30), (0.5, 200), (1e-3, 1e8), (5, 5.3), (0.92, 1.17)]
)
def test_an_axis_of_any_length_has_a_few_round_ticks(limits):
    low, high = limits
    ticks = [tick for tick in RoundNumbers().tick_values(low, high) if low <= tick <= high]
    assert 3 <= len(ticks) <= 7
    assert max(len(f"{tick:g}") for tick in ticks) <= 6


@pytest.mark.parametrize("edges", [(4.0, 5.0, 6.0, 8.0), (5.0, 6.3)])
def test_ticks_of_few_bins_are_plain_numbers(edges):
    first = curves(("completeness", "flux_ratio", "offset_x", "offset_y")).query("snr_low == 1")
    bins = [first.assign(snr_low=low, snr_high=high) for low, high in pairwise(edges)]
    narrow = pd.concat(bins, ignore_index=True)
    drawn = (fractions_figure(narrow.drop(columns="mosaic"), STYLES), measurements_figure(narrow, STYLES))
    for svg in drawn:
        assert n_texts(svg, "6") >= 1 and "10^" not in svg


def test_finders_stay_beside_their_snr_limit():
    """Points of neighbouring limits do not mix, also where the limits are close."""
    styles = styles_of([f"f{number}" for number in range(9)])
    one = pooled().query("finder == 'peaks' and snr_min == 5")
    rows = pd.concat([one.assign(finder=finder) for finder in styles])
    near = pd.concat([rows, rows.assign(snr_min=5.5)])
    (axes,) = f1_figure.__wrapped__(near, styles).axes
    first, second = np.array([line.get_xdata() for line in axes.lines if len(line.get_xdata()) == 2]).T
    assert first.max() < np.sqrt(5 * 5.5) < second.min()
    low, high = axes.get_xlim()
    assert low < first.min() and second.max() < high


def test_reliability_diagram_shows_one_region_and_validation_behind_it(figures):
    without_train = calibrations().query("region != 'train'")
    assert figures[6] == calibration_figure(without_train, STYLES, region="test")
    assert n_texts(figures[6], "test") == n_texts(figures[6], "validation") == 1
    assert figures[6] != calibration_figure(calibrations().query("region == 'test'"), STYLES, region="test")
    assert n_texts(figures[6], "pybdsf, truth above SNR 2") == 1


def test_validation_is_not_drawn_twice():
    alone = calibrations().query("region == 'validation'")
    svg = calibration_figure(calibrations(), STYLES, region="validation")
    assert svg == calibration_figure(alone, STYLES, region="validation")
    assert n_texts(svg, "validation") == 1
    assert "opacity: 0.4" in calibration_figure(calibrations(), STYLES, region="test")
    assert "opacity: 0.4" not in svg


def test_score_bins_with_few_detections_are_counted_but_not_drawn():
    few, line = calibrations(n=4), f"stroke: {STYLES['pybdsf'].colour}"
    assert line not in calibration_figure(few, STYLES, region="test")
    assert line in calibration_figure(calibrations(n=5), STYLES, region="test")


def test_finders_without_probabilities_have_no_panel():
    svg = calibration_figure(calibrations().query("finder == 'peaks'"), STYLES, region="test")
    assert n_texts(svg, "peaks, truth above SNR 2") == 1 and "<!-- pybdsf" not in svg


def test_first_epoch_does_not_flatten_the_loss():
    high = epochs()
    low = high.assign(loss=high["loss"].clip(upper=1), validation_loss=high["validation_loss"].clip(upper=1))
    texts = [re.findall("<!-- .* -->", training_figure(part, STYLES)) for part in (high, low)]
    assert texts[0] == texts[1]


@pytest.mark.parametrize("losses", [[0.5], [np.nan, np.nan], [0.1, 0.1], [1.0, np.inf, 0.5]])
def test_odd_histories_are_drawn(losses):
    history = epochs(len(losses)).assign(loss=losses, validation_loss=losses, validation_f1=np.nan)
    assert n_texts(training_figure(history, STYLES), "pybdsf, recipe default, trained on m") == 1


def test_each_network_has_its_row():
    both = pd.concat([epochs(), epochs(finder="peaks")])
    svg = training_figure(both, STYLES)
    assert n_texts(svg, "Loss") == 2
    assert STYLES["pybdsf"].colour in svg and STYLES["peaks"].colour in svg
