"""Which sources are larger than points."""

import numpy as np
import pandas as pd
import pytest

from radiofind.catalogues.resolved import is_resolved
from radiofind.finders.fitting import measure_sources


def table(ratio, peak_snr, **more):
    """Sources of this total over peak flux."""
    return pd.DataFrame(
        {"apparent_peak_flux": 2.0, "apparent_total_flux": 2 * np.atleast_1d(ratio), "major": 9.0, **more}
    ).assign(peak_snr=peak_snr)


def test_the_same_ratio_is_significant_only_for_a_bright_source():
    assert is_resolved(table([1.5] * 4, [3.0, 5, 20, 100])).tolist() == [False, False, True, True]
    assert is_resolved(table([0.5, 1.0, 1.01, 1.2], 1e4)).tolist() == [False, False, False, True]


def test_a_source_without_a_size_or_a_flux_is_not_resolved():
    assert not is_resolved(table(5, 100, major=np.nan)).any()
    assert not is_resolved(table(np.nan, 100)).any()
    assert not is_resolved(table(-1.0, 100)).any()
    assert is_resolved(table(5, 100)[:0]).shape == (0,)


@pytest.mark.parametrize("peak_snr", [6, 30, 300])
def test_simulated_points_are_not_resolved_and_wide_sources_are(sky, fields_of, peak_snr):
    grid = [(x, y) for x in range(30, 600, 40) for y in range(30, 600, 40)]
    flagged = {}
    for major in (1.0, 2.0):
        sources = [(x, y, peak_snr * sky.rms, {"major": major * sky.beam_pixels}) for x, y in grid]
        (field,) = fields_of(sky.make((620, 620), sources), rms=sky.rms)
        found = measure_sources(field, *np.transpose(grid).astype(float))
        found["peak_snr"] = found["apparent_peak_flux"] / sky.rms
        flagged[major] = is_resolved(found).mean()
    assert flagged[1.0] <= 0.03
    assert flagged[2.0] > (0.3 if peak_snr < 10 else 0.99)
