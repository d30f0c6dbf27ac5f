"""The workflow is a part of another one: same results, same jobs, its own paths."""

from __future__ import annotations

import pytest

from workflow.runs import REPOSITORY, planned, run

pytestmark = pytest.mark.slow

OTHER = f"""
module radiofind:
    snakefile:
        "{REPOSITORY}/Snakefile"
    config:
        config


use rule * from radiofind


rule weigh_catalogue:
    default_target: True
    input:
        "results/strip/catalogues/pybdsf.parquet",
        rules.all.input,
    output:
        "count.txt",
    shell:
        "wc -c {{input[0]}} > {{output}}"
"""


def test_another_workflow_goes_on_with_the_catalogues(copy):
    other = copy / "Snakefile"
    other.write_text(OTHER)
    assert planned(copy, "-s", other) == {"weigh_catalogue"}
    (copy / "results/scores.txt").unlink()
    done = run(copy, "-s", other)
    assert done.code == 0, done.output
    ran = {job.split()[0] for job in done.jobs}
    assert ran == {"weigh_catalogue", "tabulate_scores", "record_provenance"}
    assert (copy / "count.txt").exists()
    assert planned(copy) == set(), "Expected the workflow by itself to find nothing to do."
