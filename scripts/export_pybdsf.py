"""Export a catalogue of PyBDSF with the columns of PyBDSF's own files."""

import pandas as pd

from radiofind.catalogues.pybdsf_columns import write_gaussian_list, write_source_list
from radiofind.jobs.corrupt_files import watch_for_damage
from radiofind.jobs.job_log import log_to

if __name__ == "__main__":
    log_to(snakemake.log[0])
    watch_for_damage(snakemake.input)
    catalogue = pd.read_parquet(snakemake.input.catalogue)
    components = pd.read_parquet(snakemake.input.components)
    write_source_list(catalogue, snakemake.output.sources)
    write_gaussian_list(components, catalogue, snakemake.output.gaussians)
