"""A file of cutouts that holds something else is told to be wrong, by what and where, at once."""

import re
import time

import pytest

from fuzz.fuzz_parsers import PARSERS
from untrusted.odd_cutouts import ODD, odd_file

AT_ONCE = 5
"""Seconds, on a machine that does other things as well: what is bounded takes a hundredth of it."""


@pytest.mark.parametrize("case", ODD)
def test_what_an_odd_file_holds_is_told_at_once(tmp_path, case):
    content, begun = odd_file(case), time.process_time()
    (told,) = PARSERS["cutouts"](content, tmp_path)
    assert re.fullmatch(f"{re.escape(str(tmp_path))}/cutouts.h5: {ODD[case][1]}.*", told)
    assert time.process_time() - begun < AT_ONCE
