"""Labels by component counts, and the line between compact and extended."""

import numpy as np
import pandas as pd
import pytest

from radiofind.classifiers.component_labels import CLASSES, is_resolved, label_components

RESOLVED = {"apparent_total_flux": 2.0, "dc_major": 5.0}
UNFITTED = {"n_components": 0, "dc_major": np.nan, "e_apparent_total_flux": np.nan, "flags": "island_cut"}


def catalogue(*rows):
    """Sources of peak 1 and total 1.02 with errors of 1 %, but for what is given."""
    plain = {
        "n_components": 1,
        "dc_major": 0.0,
        "apparent_peak_flux": 1.0,
        "apparent_total_flux": 1.02,
        "e_apparent_peak_flux": 0.01,
        "e_apparent_total_flux": 0.01,
        "flags": "",
    }
    table = pd.DataFrame([{**plain, **row} for row in rows], columns=list(plain))
    return table.astype({name: type(value) for name, value in plain.items()})


@pytest.mark.parametrize(
    ("classes", "expected"),
    [
        ("two", ["compact", "", "extended", "extended", "extended"]),
        (
            "four",
            [
                *("compact", "single_component_extended", "two_component_extended"),
                *("multiple_component_extended", "multiple_component_extended"),
            ],
        ),
    ],
)
def test_sources_are_labelled_by_their_components(classes, expected):
    rows = [{}, RESOLVED, *({"n_components": number, **RESOLVED} for number in (2, 3, 9))]
    labels = label_components(catalogue(*rows), classes=classes)
    assert labels.tolist() == expected
    assert set(expected) - {""} == set(CLASSES[classes])


@pytest.mark.parametrize("classes", ["two", "four"])
@pytest.mark.parametrize(
    "row",
    [
        UNFITTED,
        UNFITTED | {"flags": ""},
        {"n_components": 2, "flags": "island_cut,unfitted"},
        {"flags": "island_cut"},
        RESOLVED | {"e_apparent_total_flux": np.nan},
        RESOLVED | {"apparent_total_flux": np.nan},
    ],
)
def test_sources_that_cannot_be_told_are_left_out(classes, row):
    assert label_components(catalogue({}, row), classes=classes).tolist() == ["compact", ""]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"apparent_total_flux": 1.09, "dc_major": 5.0}, 0),  # what smearing does to a point source
        ({"apparent_total_flux": 1.15, "dc_major": 5.0}, 1),
        ({"apparent_total_flux": 1.15, "dc_major": 0.0}, 0),  # deconvolves to a point
        ({"apparent_total_flux": 1.15, "dc_major": np.nan}, 0),
        ({"apparent_total_flux": 1.6, "dc_major": 5.0, "e_apparent_peak_flux": 0.2}, 0),  # faint
        ({"apparent_total_flux": 1.6, "dc_major": 5.0, "e_apparent_total_flux": 0.4}, 0),
        ({"apparent_total_flux": 2.5, "dc_major": 5.0, "e_apparent_peak_flux": 0.2}, 1),
        ({"apparent_total_flux": 0.5, "dc_major": 5.0}, 0),
    ],
)
def test_a_source_is_resolved_when_its_excess_is_significant(row, expected):
    assert is_resolved(catalogue(row)).tolist() == [expected]


def test_point_sources_are_compact_and_wide_ones_extended_at_any_snr():
    rng = np.random.default_rng(8)
    error = 1 / np.repeat([5.0, 20.0, 100.0, 1000.0], 500)
    for ratio, lowest, highest in ((1.0, 0.0, 0.01), (4.0, 0.8, 1.0)):
        total, peak = (np.maximum(flux + error * rng.normal(size=2000), error) for flux in (ratio, 1.0))
        sources = catalogue(*[{"dc_major": 3.0}] * 2000).assign(
            apparent_total_flux=total,
            apparent_peak_flux=peak,
            e_apparent_total_flux=error,
            e_apparent_peak_flux=error,
        )
        assert lowest <= is_resolved(sources).mean() <= highest


def test_no_sources_have_no_labels():
    assert label_components(catalogue(), classes="two").shape == (0,)


def test_an_unknown_set_is_an_error_that_names_the_known():
    with pytest.raises(ValueError, match="Expected classes two or four, received 'three'"):
        label_components(catalogue({}), classes="three")
