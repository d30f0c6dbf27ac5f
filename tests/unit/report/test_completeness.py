"""What the report tells of completeness and reliability without truth, and of source counts."""

import numpy as np
import pandas as pd
import pytest

from radiofind.evaluation.counts import COLUMNS as COUNTS
from radiofind.evaluation.negation import COLUMNS as RELIABILITY
from radiofind.report.completeness import FRACTION, OF_SHAPES, limits_of, read_completeness_report
from radiofind.report.page import render
from radiofind.survey.flux_completeness import BY_FLUX
from radiofind.tables import write_csv
from unit.report.test_page import Balance, curves_of, data_of, scores_of, words

pytestmark = pytest.mark.slow

BINS = pd.DataFrame({"snr_low": [4.0, 6.3], "snr_high": [6.3, 10.0]})
FLUXES = pd.DataFrame({"flux_low": 1e-4 * 10.0 ** np.arange(4), "completeness": [0.0, 0.2, 0.8, 1.0]})
FLUXES = FLUXES.assign(
    n_injected=50, flux_high=10 * FLUXES["flux_low"], completeness_low=0.1, completeness_high=1.0
)
"""Bins with middles at 10^-3.5, 10^-2.5, ... Jy."""
FOUND = {"a": [30, 50], "b": [10, 44]}
"""Of 50 injected in each bin of each mosaic."""


@pytest.fixture
def read(tmp_path):
    """Write the tables of two mosaics and a survey, and return what is read of them."""

    def report(mixed=False, **given):
        paths = {name: [] for name in ("completeness", "reliabilities", "fluxes", "counts")}

        def write(kind, name, table):
            paths[kind].append(str(tmp_path / f"{kind}_{name}.csv"))
            write_csv(table, paths[kind][-1])

        for mosaic, found in FOUND.items():
            names = {"mosaic": mosaic, "finder": "pybdsf"}
            points = BINS.assign(**names, shape="all", size_low_beams=np.nan, size_high_beams=np.nan)
            points = points.assign(n_injected=50, n_found=found)
            sizes = points.assign(shape="double", size_low_beams=1.0, size_high_beams=2.0, n_found=[7, 9])
            shapes = [points.assign(shape="point"), sizes] if mixed else []
            write("completeness", mosaic, pd.concat([points, *shapes]))
            table = BINS.assign(**names, n_detections=100, n_negative=[3, 0], n_near_bright=0)
            write("reliabilities", mosaic, table.reindex(columns=list(RELIABILITY)))
        curve = FLUXES.assign(finder="pybdsf", shape="all")
        both = pd.concat([curve, curve.assign(shape="point", completeness=0.0)] if mixed else [curve])
        write("fluxes", "pybdsf", both.reindex(columns=list(BY_FLUX)))
        rows = {"flux_low": [1e-4, 1e-3], "flux_high": [1e-3, 1e-2], "n": [812, 0], "counts": [5.5, 0.0]}
        numbers = {**dict.fromkeys(COUNTS, 1.0), **rows, "finder": "pybdsf", "trusted": [True, False]}
        counts = pd.DataFrame(numbers | {"published": [4.321, np.nan], "published_source": "Author 2003"})
        write("counts", "pybdsf", counts)
        return read_completeness_report(**paths | given)

    return report


def page_of(report, **other):
    return render(
        data_of(**{"scores": pd.DataFrame(), "curves": pd.DataFrame()} | other, completeness=report)
    )


def test_mosaics_are_pooled(read):
    table = read().fractions
    assert tuple(table.columns) == FRACTION
    by = table.set_index(["quantity", "snr_low"])
    assert by["value"].tolist() == [0.4, 0.94, 0.97, 1.0] and by["n"].tolist() == [100, 100, 200, 200]
    # Wilson's interval of 40 of 100, and Garwood's limit of no event.
    assert by.loc[("completeness", 4.0), ["low", "high"]].tolist() == pytest.approx([0.309, 0.498], abs=1e-3)
    assert by.loc[("reliability", 6.3), "low"] == pytest.approx(1 - 3.689 / 200, abs=1e-4)


def test_the_page_shows_them_beside_the_truth(read):
    report = read()
    page = page_of(report, scores=scores_of(), curves=curves_of())
    text = words(page)
    assert 'href="#completeness"' in page and "Negation cannot see" in text
    assert "pybdsf completeness 4 6.3 100 0.400 0.309 0.498" in text and "812" in text and "4.321" in text
    parser = Balance()
    parser.feed(page)
    assert parser.opened == [] and "Dashed: from the truth" in text


def test_completeness_is_shown_by_shape_if_there_are_several(read):
    report = read(mixed=True)
    pd.testing.assert_frame_equal(report.fractions, read().fractions)
    assert tuple(report.shapes.columns) == OF_SHAPES and read().shapes.empty
    by = report.shapes.set_index(["shape", "snr_low"])["value"]
    assert by[("point", 4.0)] == 0.4 and by[("double", 6.3)] == 0.18 and len(by) == 4
    pages = page_of(read()), page_of(report)
    assert "By shape and size" not in pages[0] and pages[1].count("<img") == pages[0].count("<img") + 1
    assert "pybdsf double 1 2 4 6.3 100 0.140" in words(pages[1])


def test_the_page_tells_above_which_flux_the_survey_is_complete(read):
    report = read(mixed=True)
    assert report.limits["finder"].tolist() == ["pybdsf"] and len(report.fluxes) == 4
    limits = report.limits.iloc[0]
    # From .2 to .8 between 10^-2.5 and 10^-1.5, and from .8 to 1 between there and 10^-0.5.
    assert [limits[name] for name in ("half", "most")] == pytest.approx([10**-2.0, 10**-1.0])
    assert "pybdsf 0.01 0.1 0.1778" in words(page_of(report))


def test_a_limit_that_the_curve_does_not_cross_is_unknown():
    below, above = (limits_of(FLUXES.assign(finder="f", completeness=value)).iloc[0] for value in (0.3, 0.99))
    assert below.isna().sum() == above.isna().sum() == 3
    assert limits_of(pd.DataFrame()).empty


def test_a_limit_does_not_depend_on_a_few_bright_sources():
    table = FLUXES.assign(finder="f", n_injected=1000)
    few = table.iloc[[3]].assign(flux_low=1.0, flux_high=10.0, n_injected=3, completeness=0.66)
    without, with_few = (limits_of(one).iloc[0] for one in (table, pd.concat([table, few])))
    assert with_few["most"] == pytest.approx(without["most"], rel=0.02)
    unknown = few.assign(completeness=np.nan)
    assert limits_of(pd.concat([table, unknown])).iloc[0].equals(without)


def test_one_of_the_two_alone_is_a_report_and_none_is_no_section(read):
    assert read(completeness=[], reliabilities=[], fluxes=[], counts=[]) is None
    assert 'id="completeness"' not in page_of(None)
    assert set(read(reliabilities=[]).fractions["quantity"]) == {"completeness"}
    alone = read(completeness=[], fluxes=[], counts=[])
    assert set(alone.fractions["quantity"]) == {"reliability"} and alone.counts.empty
    page = page_of(alone)
    assert page.count("<img") == page_of(None).count("<img") + 1
    assert "Source counts" not in page and "Dashed" not in page
