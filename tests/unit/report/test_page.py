"""The report says what is in its data, and what is missing."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from radiofind.evaluation.metrics import CURVE_COLUMNS
from radiofind.mosaics.box import Box
from radiofind.report.data import COLUMNS, ReportData
from radiofind.report.frozen_models import FrozenModel
from radiofind.report.page import render, write_report
from radiofind.report.sky_view import SkyView
from radiofind.workflow.tile_index import DIGESTS, SIZES

pytestmark = pytest.mark.slow

NASTY = '<script>alert("1")</script>'
N_MATCHED = {"pybdsf": 812, "peaks": 700}
CLASSES = {"all": 1.0, "ss_agn": 0.1, "fs_agn": 0.05, "sfg": 0.85}


def score_rows(mosaic, finder, n_matched, **other):
    """Scores of 1 234 truth sources and 1 000 detections, for all classes, cuts and metrics."""
    f1 = 2 * n_matched / 2234
    shared = {"mosaic": mosaic, "finder": finder, "region": "test", "cut_value": 3.0, "snr_min": 5.0}
    shared |= {"f1_low": f1 - 0.01, "f1_high": f1 + 0.01, "f1": f1, "chance_matches": 12.3} | other
    return [
        shared
        | {"metric": metric, "cut": cut, "class": name, "n_truth": round(1234 * share)}
        | {"n_detections": 1000 if name == "all" else np.nan, "n_matched": n_matched * share}
        | {"completeness": n_matched / 1234, "reliability": n_matched / 1000}
        for metric in ("one_to_one", "legacy", "random")
        for cut in ("as_found", "tuned")
        for name, share in CLASSES.items()
    ]


def scores_of(finders=N_MATCHED, mosaics=("m",), **other):
    rows = [row for m in mosaics for f, n in finders.items() for row in score_rows(m, f, n, **other)]
    return pd.DataFrame(rows, columns=list(COLUMNS["scores"]))


def curves_of(mosaic="m"):
    rows = [
        (mosaic, finder, "test", "as_found", quantity, snr, 2 * snr, 20, 0.5, 0.4, 0.6)
        for finder in N_MATCHED
        for quantity in ("completeness", "reliability", "flux_ratio", "offset_x", "offset_y")
        for snr in (1.0, 2.0)
    ]
    return pd.DataFrame(rows, columns=list(CURVE_COLUMNS))


def calibrations_of(*regions, finder="pybdsf"):
    """A reliability diagram of two bins, of which the scores of one are too high."""
    rows = [
        ("m", finder, region, 2.0, low, low + 0.1, n, low + 0.05, matched, matched - 0.05, matched + 0.05)
        for region in regions
        for low, n, matched in ((0.45, 40, 0.52), (0.75, 60, 0.6))
    ]
    return table("calibrations", *rows)


def training_of(*f1, finder="pybdsf"):
    rows = [("m", finder, "paper", 2.0, epoch, 0.5, 0.6, value) for epoch, value in enumerate(f1, start=1)]
    return table("training", *rows)


def table(name, *rows):
    return pd.DataFrame(rows, columns=list(COLUMNS[name]))


def tile_row(tile, state="live", reason="", mosaic="m"):
    valid = float(state == "live")
    return (mosaic, tile, *(0,) * 8, valid, *SIZES.values(), *[""] * len(DIGESTS), state, reason)


def view_of():
    box = Box(10, 30, 40, 60)
    pixels = np.random.default_rng(2).normal(0, 7e-8, box.shape)
    truth = pd.DataFrame({"x": [15.0], "y": [50.0], "class": ["sfg"]})
    return SkyView("m", pixels, box, 7e-8, truth, {name: truth[["x", "y"]] for name in N_MATCHED})


def data_of(**other):
    content = {
        "scores": scores_of(),
        "curves": table("curves"),
        "tiles": table("tiles", tile_row("y000x000"), tile_row("y000x001", "blank", "no valid pixel")),
        "empty_tiles": table("empty_tiles"),
        "quarantine": table("quarantine"),
        "warnings": table("warnings"),
        "catalogues": table("catalogues", ("m", "pybdsf", 23456, 7), ("m", "peaks", 1300, 0)),
        "noise": table("noise", ("m", 7.12e-8, 0.25, 0.6)),
        "covered": table("covered"),
        "area": table("area"),
        "views": [],
        "cuts": table("cuts", ("m", "pybdsf", 5.0, "peak_snr", 4.25, 0.8)),
        "calibrations": table("calibrations"),
        "training": table("training"),
        "config_text": "snr: [5]  # <limits>\n",
        "versions": {"bdsf": "1.14.0"},
    }
    return ReportData(**(content | other))


def full():
    """Data with every figure; the other tests do without most of them, because drawing takes time."""
    area = table("area", ("m", 6e-8, 0.1), ("m", 9e-8, 0.25))
    calibrations, training = calibrations_of("validation", "test"), training_of(0.6, 0.7, 0.7, 0.65)
    return data_of(
        curves=curves_of(), area=area, views=[view_of()], calibrations=calibrations, training=training
    )


def nothing():
    tables = {name: pd.DataFrame() for name in COLUMNS}
    return ReportData(**tables, views=[], config_text="", versions={})


def words(page):
    """The text of a page as it is read: without tags, line breaks and styles."""
    body = page[page.index("<body>") :]
    return " ".join(re.sub(r"<[^>]*>", " ", body).replace("&gt;", ">").split())


class Balance(HTMLParser):
    """Checks that tags are closed in order, and collects what a browser would fetch."""

    def __init__(self):
        super().__init__()
        self.opened, self.fetched, self.images = [], [], []

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "img"):
            self.opened.append(tag)
        self.fetched += [value for name, value in attrs if name in ("src", "href", "srcset", "data")]
        self.images += [dict(attrs)] if tag == "img" else []

    def handle_endtag(self, tag):
        assert self.opened.pop() == tag


@pytest.fixture(scope="module")
def page():
    return render(full())


@pytest.mark.parametrize("kind", ["full", "nothing"])
def test_page_is_well_formed_and_fetches_nothing(kind, page):
    parser = Balance()
    parser.feed(page if kind == "full" else render(nothing()))
    assert parser.opened == []
    assert all(target.startswith(("data:", "#")) for target in parser.fetched)
    assert all(image["alt"] for image in parser.images)
    assert "http" not in "".join(parser.fetched)


def test_page_is_the_same_for_the_same_data(page):
    assert page == render(full())


def test_all_figures_are_there(page):
    parser = Balance()
    parser.feed(page)
    assert len(parser.images) == 7


def test_numbers_are_those_of_the_data(page):
    text = words(page)
    assert "pybdsf tuned 1,234 1,000 812 0.658 0.812 0.727 0.717–0.737 12.3" in text
    assert "peaks as found 1,234 1,000 700 0.567 0.700 0.627 0.617–0.637 12.3" in text
    assert "Sources: pybdsf 23,456, peaks 1,300." in text
    assert "0.0712 0.25 0.6" in text
    assert "m pybdsf 5 peak_snr 4.25 0.800" in text
    assert "bdsf 1.14.0" in text


def test_best_finder_is_named_and_marked(page):
    assert "SNR > 5: pybdsf (as found) is best with F1 0.727" in words(page)
    assert "the intervals do not overlap" in words(page)
    marked = re.findall(r'<tr class="best">\s*<th scope="row">(.*?)</th>', page, re.DOTALL)
    assert len(marked) == 2 and all("pybdsf" in cell for cell in marked)


def test_classes_and_their_truth_are_shown(page):
    assert "SNR > 5 123 truth 62 truth 1,049 truth" in words(page)


def test_classes_are_shown_by_all_metrics():
    scores = scores_of({"pybdsf": 812})
    sfg = scores["class"] == "sfg"
    scores.loc[sfg & (scores["metric"] == "random"), "n_matched"] = 0.111 * 1049
    scores.loc[sfg & (scores["metric"] == "legacy"), "completeness"] = 0.999
    text = words(render(data_of(scores=scores)))
    assert "one to one chance legacy one to one chance legacy one to one chance legacy SNR > 5" in text
    rows = "0.660 0.660 0.658 0.655 0.655 0.658 0.658 0.111 0.999"
    assert f"pybdsf as found {rows} pybdsf tuned {rows} Chance" in text


def test_legacy_completeness_of_classes_is_left_out_where_mosaics_are_pooled():
    scores = scores_of({"pybdsf": 812}, mosaics=("m", "n"))
    text = words(render(data_of(scores=scores)))
    assert "SS-AGN FS-AGN SFG one to one chance one to one chance one to one chance SNR > 5" in text
    assert "pybdsf tuned 0.660 0.660 0.655 0.655 0.658 0.658 Chance" in text


def test_scores_as_probabilities_are_judged_and_listed(page):
    text = words(page)
    assert (
        "pybdsf, truth above SNR 2, 100 detections: the matched fraction agrees with the score in 1 of 2"
        in text
    )
    assert "pybdsf 2 0.75 0.85 60 0.800 0.600 0.550 0.650" in text
    assert "Light: the validation region" in text and 'href="#calibration"' in page


def test_validation_is_not_said_to_lie_behind_itself():
    scores = scores_of(region="validation")
    text = words(render(data_of(scores=scores, calibrations=calibrations_of("validation"))))
    assert "one to one, validation region" in text and "Light" not in text


@pytest.mark.parametrize("calibrations", [table("calibrations"), calibrations_of("train")])
def test_there_is_no_diagram_without_scores_in_the_region(calibrations):
    page = render(data_of(calibrations=calibrations))
    assert "Scores as probabilities" not in page and "#calibration" not in page


def test_diagrams_follow_the_order_of_the_finders():
    both = pd.concat([calibrations_of("test", finder="peaks"), calibrations_of("test", finder="pybdsf")])
    text = words(render(data_of(calibrations=both)))
    assert text.index("pybdsf, truth above SNR 2") < text.index("peaks, truth above SNR 2")


def sections_with(text, page):
    parts = re.findall(r'<section id="(\w+)">(.*?)</section>', page, re.DOTALL)
    return [name for name, part in parts if text in part]


def test_scores_of_a_frozen_model_are_said_to_be_so_wherever_they_count():
    frozen = [FrozenModel("pybdsf", "old/<net>.keras", "deep", ("a", "b"), 2.0)]
    content = {"frozen": frozen, "calibrations": calibrations_of("test")}
    cuts = table("cuts", ("m", "pybdsf", 5.0, "score", 0.4, 0.8))
    page = render(data_of(cuts=cuts, **content))
    text = "old/&lt;net&gt;.keras</code> (training set deep, mosaics a, b, truth above SNR 2)"
    assert sections_with(text, page) == ["scores", "calibration", "tiles", "methods"]
    assert sections_with(text, render(data_of(**content))) == ["scores", "calibration", "tiles"]
    assert "frozen" not in render(data_of(calibrations=calibrations_of("test")))


def test_scores_of_the_general_network_are_said_to_be_calibrated_on_a_simulation():
    frozen = [FrozenModel("pybdsf", "general", general=True)]
    page = render(data_of(frozen=frozen, calibrations=calibrations_of("test")))
    assert "simulated sky" in page and "frozen" not in page


def test_a_mosaic_simulated_to_be_like_another_is_not_counted_with_the_survey():
    tiles = data_of().tiles
    tiles = pd.concat([tiles, tiles.assign(mosaic="m-simulated")], ignore_index=True)
    catalogues = table("catalogues", ("m", "peaks", 1300, 0), ("m-simulated", "peaks", 77, 0))
    page = render(data_of(tiles=tiles, catalogues=catalogues))
    first = page[: page.index("<section")]
    assert "1 mosaic, and m-simulated" in first and "1,300" in first and "1,377" not in first
    assert "Without scores" not in page or "m-simulated" not in page[page.index("Without scores") :][:200]


def test_many_mosaics_of_a_frozen_model_are_counted():
    names = tuple(f"field{number}" for number in range(12))
    origin = FrozenModel("net", "net.keras", mosaics=names).origin
    assert "field4 and 7 more" in origin and "field5" not in origin


def test_network_is_listed_with_its_first_best_epoch(page):
    assert "pybdsf m paper 2 4 2 0.700" in words(page)
    assert 'href="#training"' in page


def test_network_without_f1_and_without_catalogue_is_listed():
    text = words(render(data_of(training=training_of(np.nan, np.nan, finder="new"))))
    assert "new m paper 2 2 1 –" in text


def test_there_is_no_training_without_networks():
    page = render(data_of())
    assert "Training</h2>" not in page and "#training" not in page


def test_names_and_configuration_are_escaped():
    scores = scores_of({NASTY: 5})
    catalogues = table("catalogues", (NASTY, NASTY, 1, 0))
    tiles = table("tiles", tile_row("", "unreadable", NASTY, mosaic=NASTY))
    others = {"calibrations": calibrations_of("test", finder=NASTY), "training": training_of(1, finder=NASTY)}
    page = render(data_of(scores=scores, catalogues=catalogues, tiles=tiles, config_text=NASTY, **others))
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_missing_truth_is_said():
    none = pd.DataFrame()
    text = words(render(data_of(scores=none, curves=none, cuts=none)))
    assert "No truth was given" in text and "Without truth there are no curves" in text
    assert "No cut was tuned" in text


def test_truth_outside_all_mosaics_is_said():
    scores = scores_of().assign(n_truth=0, n_matched=0, f1=0.0, completeness=np.nan)
    assert "No truth source above an SNR limit" in words(render(data_of(scores=scores)))


def test_scores_of_another_region_are_announced():
    scores = pd.concat([scores_of(region="validation"), scores_of(n_truth=0).assign(n_truth=0)])
    text = words(render(data_of(scores=scores)))
    assert "These are the scores of the validation region" in text and "Validation region" in text


def test_missing_tuned_cut_and_classes_are_said():
    scores = scores_of()
    scores = scores[(scores["cut"] == "as_found") & (scores["class"] == "all")]
    text = words(render(data_of(scores=scores)))
    assert "No cut was tuned" in text and "The truth has no classes" in text


def test_mosaics_are_pooled_and_listed():
    text = words(render(data_of(scores=scores_of(mosaics=("m", "n")))))
    assert "pybdsf tuned 2,468 2,000 1,624 0.658 0.812 0.727 0.720–0.734 24.6" in text
    assert "Scores of each mosaic" in text


def test_mosaic_without_scores_is_named():
    tiles = table("tiles", tile_row("y000x000"), tile_row("y000x000", mosaic="lotss"))
    assert "Without scores, because there is no truth or the image cannot be read: lotss." in words(
        render(data_of(tiles=tiles))
    )


def test_quarantined_blank_and_unreadable_tiles_are_listed():
    tiles = table(
        "tiles",
        tile_row("y000x000"),
        tile_row("y000x001", "blank", "no valid pixel"),
        tile_row("", "unreadable", "no SIMPLE card", mosaic="broken"),
    )
    empty = table(
        "empty_tiles",
        ("m", "net", "y000x000", "constant"),
        ("m", "peaks", "y000x000", "no source found"),
    )
    failed = (
        "m",
        "y000x000",
        "pybdsf",
        "PyBDSF crashed with signal 11",
        "logs/a.log",
        "rm results/a.parquet",
    )
    text = words(render(data_of(tiles=tiles, empty_tiles=empty, quarantine=table("quarantine", failed))))
    assert "2 mosaics, 1 unreadable . 2 tiles: 1 live, 1 blank, 1 in quarantine" in text
    assert "m y000x000 pybdsf PyBDSF crashed with signal 11 logs/a.log rm results/a.parquet" in text
    assert "1 pair of tile and finder without searchable pixels" in text
    assert "m y000x000 net constant" in text
    assert "m y000x001 no valid pixel" in text
    assert "broken no SIMPLE card" in text
    assert "m y000x000 peaks" not in text
    assert "Searched without finding a source: 1 pair" in text


def test_a_part_of_a_survey_is_announced():
    tiles = data_of().tiles
    outside = tiles.iloc[[0]].assign(tile="y009x009", state="left_out")
    page = render(data_of(tiles=pd.concat([tiles, outside]), only={"m": "0:50,0:60"}))
    assert "m 0:50,0:60" in page and "1 left out" in page
    assert "left out" not in render(data_of())


def test_warnings_are_told_once_for_each_kind_and_at_the_top():
    rows = [("m", f"y000x{n:03d}", "pybdsf", f"fluxes are {n} times too high") for n in range(3, 1203)]
    page = render(data_of(warnings=table("warnings", ("m", "", "", "no <unit>"), *rows)))
    text = words(page)
    assert "1 in quarantine" not in text and "1,201 warnings ( below )" in text
    assert "no &lt;unit&gt;" in page
    assert "fluxes are 3 times too high m y000x003 pybdsf 1,200 1" in text
    assert "fluxes are 4 times" not in text
    assert len(page) < len(render(data_of())) + 3000


def test_nothing_but_a_word_is_said_without_warnings():
    text = words(render(data_of()))
    assert "Warnings None. Tiles in quarantine None." in text
    assert "0 warnings" not in text


def test_places_where_emission_covers_noise_boxes_are_told():
    covered = table("covered", ("m", 10.12345, -30.5, 12), ("m", 11.0, -31.25, 1))
    text = words(render(data_of(covered=covered)))
    assert "2 places" in text and "m 10.1235 -30.5000 12" in text and "m 11.0000 -31.2500 1" in text
    assert "covers" not in words(render(data_of()))


def test_unknown_beam_and_noise_are_dashes():
    noise = table("noise", ("m", np.nan, 0.0, 0.6)).assign(beam=None)
    assert "m – 0 0.6 –" in words(render(data_of(noise=noise)))


def test_report_is_whole_or_absent(tmp_path):
    write_report(nothing(), tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text().endswith("</html>\n")
    with pytest.raises(AttributeError):
        write_report(replace(nothing(), views=[None]), tmp_path / "other.html")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
