"""Figures of the report."""

import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest

from radiofind.figures import f1_figure, fractions_figure, measurements_figure, noise_figure
from radiofind.plotting import COLOURS, styles_of
from radiofind.sky_view import SkyView, sky_figure
from radiofind.tiling import Box

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
    for svg in (*figures[:4], figures[5]):
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
