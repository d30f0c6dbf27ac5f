"""Flags tell of bright and of close neighbours, and of width."""

import numpy as np
import pandas as pd
import pytest

from radiofind.survey.flags import count_flags, flags_by_neighbours, with_flag
from unit.survey.mosaics import BEAM, catalogue


def flags_at(beams, *, flux=1.0, **columns):
    """The flags of sources at distances (beams) along a parallel, across right ascension 0."""
    ra = (359.9 + np.array(beams) * BEAM / 3600 / np.cos(np.deg2rad(60))) % 360
    return flags_by_neighbours(catalogue("m", ra, 60.0, flux=flux, **columns), beam_arcsec=BEAM).tolist()


@pytest.mark.parametrize(
    ("distance", "ratio", "flagged"), [(5, 60, True), (5, 40, False), (7.9, 60, True), (8.1, 1e6, False)]
)
def test_a_faint_source_near_a_bright_one_may_be_its_side_lobe(distance, ratio, flagged):
    assert flags_at([0, distance], flux=[1.0, ratio]) == ["near_bright" * flagged, ""]


def test_neighbours_of_less_than_one_and_a_half_beams_are_blended():
    assert flags_at([0, 1.4, 3]) == ["blended", "blended", ""]
    assert flags_at([0, 1.6]) == ["", ""]


def test_wide_is_wider_than_two_and_a_half_beams_and_unknown_is_not():
    assert flags_at([0, 10, 20], major=[2.4 * BEAM, 2.6 * BEAM, np.nan]) == ["", "wide", ""]


def test_flags_of_the_search_stay_in_front():
    assert flags_at([0, 1], flags=["near_blank", ""], major=[3 * BEAM, BEAM]) == [
        "near_blank,blended,wide",
        "blended",
    ]


def test_no_sources_have_no_flags():
    assert flags_at([]) == []


def test_each_word_is_counted():
    flags = with_flag(pd.Series(["", "a", "ab", "b,a"]), "c", np.array([True, True, False, False]))
    assert flags.tolist() == ["c", "a,c", "ab", "b,a"]
    assert count_flags(flags) == {"a": 2, "ab": 1, "b": 1, "c": 2}
