"""Mosaics of different frequencies are no survey, and are told before the search."""

import pytest

from radiofind.errors import InputFileError
from radiofind.workflow.survey_limits import check_frequencies


def test_the_lowest_and_the_highest_frequency_are_told_with_their_mosaics():
    with pytest.raises(InputFileError) as caught:
        check_frequencies({"a": 145e6, "low": 144e6, "high": 150e6, "b": 149e6})
    text = str(caught.value)
    assert "low with 144 MHz" in text and "high with 150 MHz" in text and "survey: null" in text


@pytest.mark.parametrize(
    "frequencies", [{}, {"a": None}, {"a": 1.4e9}, {"a": 1.4e9, "b": None}, {"a": 144e6, "b": 146.8e6}]
)
def test_frequencies_within_two_per_cent_and_unknown_ones_are_fine(frequencies):
    check_frequencies(frequencies)
