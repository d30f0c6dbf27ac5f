"""Jobs request one to three times the memory and at least three times the time that they use.

The run is by the program itself, as a user starts it, and no job of it is a fork (see `forked`).
"""

from __future__ import annotations

from statistics import median

import pytest
import yaml

from radiofind.workflow.job_costs import costs_of
from radiofind.workflow.needs import NEEDS
from radiofind.workflow.resources import LEAST_MINUTES, SECONDS_IN_MINUTE, SNAKEMAKE_MIB
from workflow.cases import cases
from workflow.jobs import CLASSIFIER_RULES
from workflow.runs import SNAKEMAKE, planned, run
from workflow.skies import CONFIGURATION, FINDERS, SKY, make_survey, write_sheet
from workflow.test_house import RULES

pytestmark = pytest.mark.slow

OTHERS = {
    *("map_probability", "measure_spectral_index"),
    *("describe_sky", "simulate_matched", "calibrate_scores"),
}
"""The survey asks for no probability maps, has no fields, and a truth."""
RULES_RUN = set(RULES) - OTHERS - CLASSIFIER_RULES
"""For classifiers see test_classifiers."""
OF_LEARNERS = {
    *("cut_patches", "train_convosource", "find_convosource", "train_combined", "combine_catalogues"),
    "evaluate_scores",
}
"""Rules of finders that learn."""
OTHERS_MIB = 10
"""The shell that starts a script, which Snakemake counts with it."""


SIDE = 300
SHEET = f"""
mosaic simulate train_box validation_box
sky sky 0:{SIDE // 2},0:{SIDE} {SIDE // 2}:{SIDE},0:{SIDE}
"""


FINDERS_OF = {"default finders": ["pybdsf", "peaks"], "all finders": list(FINDERS)}
FEW = ("default finders",)
"""In every `make test`; all of them in `make test-all`."""


@pytest.fixture(scope="module", params=cases(FINDERS_OF, FEW))
def costs(request, tmp_path_factory):
    """What the jobs of a survey of one tile cost."""
    folder = tmp_path_factory.mktemp("costs")
    write_sheet(folder / "sheet.tsv", SHEET)
    mine = {
        "tiling": CONFIGURATION["tiling"] | {"core_pixels": SIDE},
        "simulations": {"sky": SKY | {"size_pixels": SIDE}},
        "find_with": FINDERS_OF[request.param],
        "survey": CONFIGURATION["survey"] | {"products": ["votable", "moc", "hats"]},
        "injections": {"finders": ["peaks"]},
    }
    (folder / "survey.yaml").write_text(yaml.safe_dump(CONFIGURATION | mine))
    done = run(folder, "--benchmark-extended", snakemake=[SNAKEMAKE])
    assert done.code == 0, done.output
    found = list(costs_of(folder))
    assert len(found) == len(done.jobs) - 1, "all but `all`"
    missing = RULES_RUN - {cost.rule for cost in found}
    assert missing <= (OF_LEARNERS if request.param in FEW else set())
    return found


def test_memory_is_at_least_what_snakemake_saw(costs):
    seen = [cost for cost in costs if cost.sampled_mib > cost.peak_mib + OTHERS_MIB]
    assert seen == []
    assert max(cost.sampled_mib / cost.peak_mib for cost in costs) > 0.9


def test_memory_requested_is_one_to_three_times_what_is_used_besides_that_of_snakemake(costs):
    assert [cost for cost in costs if cost.memory_ratio < 1] == []
    assert [cost for cost in costs if cost.asked_mib - SNAKEMAKE_MIB > 3 * cost.peak_mib] == []


def test_time_that_is_asked_for_is_at_least_three_times_what_is_used_and_ten_minutes(costs):
    # The middle one of a rule's jobs: single ones may have waited for a machine that had other work.
    rules = {cost.rule for cost in costs}
    ratios = {rule: median(one.time_ratio for one in costs if one.rule == rule) for rule in rules}
    assert {rule: ratio for rule, ratio in ratios.items() if ratio < 3} == {}
    assert min(cost.asked_seconds for cost in costs) >= LEAST_MINUTES * SECONDS_IN_MINUTE


def test_what_a_target_takes_is_planned_before_the_tiles_are_known(tmp_path):
    folder = make_survey(tmp_path / "survey")
    jobs = planned(folder, "results/strip/catalogues/peaks.fits")
    assert {"fingerprint_mosaic strip", "index_tiles", "export_catalogue strip peaks"} <= jobs


def test_every_rule_says_what_it_needs():
    assert set(NEEDS) == set(RULES)
