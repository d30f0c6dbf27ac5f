"""Jobs and plans start without libraries that they do not use: thousands of jobs wait for them."""

from __future__ import annotations

import re

import pytest

from workflow.loaded import SCRIPTS, loaded_by
from workflow.runs import REPOSITORY

pytestmark = pytest.mark.slow

PLANS = [
    line
    for name in ("common", "input_functions", "resources")
    for line in (REPOSITORY / "rules" / f"{name}.smk").read_text().splitlines()
    if re.match(r"from radiofind\.|import radiofind\.", line)
]
"""What rules import: Snakemake reads them at the start, and twice more in each job of SLURM."""

NETWORKS = {"keras", "tensorflow"}
FITS = {"sklearn", "scipy.stats", "scipy.optimize"}
PLOTS = {"matplotlib"}
CLUSTER = {"distributed", "dask_jobqueue"}
TABLES = {"pandas", "pyarrow", "dask"}
HEAVY = NETWORKS | FITS | PLOTS | CLUSTER

NEVER = {
    "index_tiles, record_provenance": HEAVY | {"scipy", "astropy", "h5py", "pydantic"},
    "measure_noise, map_rms": HEAVY | TABLES | {"scipy", "h5py", "pydantic"},
    "fingerprint_mosaic, place_truth, export_pybdsf, draw_model, export_survey": HEAVY
    | {"scipy", "h5py", "pydantic"},
    "measure_coverage, map_coverage, export_hats": NETWORKS | FITS | CLUSTER | {"scipy", "h5py", "pydantic"},
    "find_peaks, find_pybdsf, merge_detections, merge_components": HEAVY
    | {"scipy.spatial", "h5py", "pydantic"},
    "summarise_noise, merge_survey": HEAVY | {"h5py", "pydantic"},
    "match_catalogue, tune_cuts, evaluate_finder, tabulate_scores": HEAVY | {"astropy.table", "h5py"},
    "measure_completeness, measure_reliability, pool_completeness, pool_reliability": HEAVY
    | {"h5py", "pydantic"},
    "calibrate_fluxes, count_sources": HEAVY | {"h5py", "pydantic"},
    "map_completeness": NETWORKS | FITS | CLUSTER | {"h5py", "pydantic"},
    "combine_catalogues, classify_sources, evaluate_classes": HEAVY | {"h5py"},
    "describe_sky, simulate, simulate_matched": HEAVY | {"h5py"},
    "cut_patches": HEAVY | {"scipy", "pydantic"},
    "simulate_dataset, copy_dataset": HEAVY | {"pydantic"},
    "write_report": NETWORKS | {"sklearn", "scipy.stats"} | CLUSTER,
    "calibrate_scores": NETWORKS | PLOTS | CLUSTER,
    "find_convosource, map_probability": FITS | PLOTS | CLUSTER,
    "train_convosource, train_classifier, apply_classifier": {"sklearn"} | PLOTS | CLUSTER,
}
"""By scripts, what none of them loads when it is imported."""


@pytest.mark.parametrize("scripts", NEVER)
def test_a_job_loads_no_library_that_it_does_not_use(scripts):
    loaded = loaded_by(f"import {scripts}", SCRIPTS)  # together: what one loads, they have loaded
    assert "radiofind.files" in loaded
    assert loaded & NEVER[scripts] == set()


def test_pybdsf_starts_without_what_it_only_plots_with():
    loaded = loaded_by("import pybdsf_process", SCRIPTS / "radiofind/finders")
    assert "bdsf" in loaded
    assert loaded & (PLOTS | TABLES | {"sklearn", "radiofind"}) == set()


def test_a_plan_loads_no_library_of_the_jobs():
    loaded = loaded_by("\n".join(PLANS), SCRIPTS)
    assert "radiofind.workflow.config.inputs" in loaded
    assert loaded & (HEAVY | {"astropy", "scipy", "h5py", "pydantic", "dask"}) == set()
