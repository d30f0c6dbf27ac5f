"""Record the provenance of all results: digests of inputs and results, and the jobs that wrote them."""

from pathlib import Path

from radiofind.files import write_json
from radiofind.jobs.job_log import log_to
from radiofind.workflow.run_record import Scope, earlier_record, record_inventory

if __name__ == "__main__":
    log_to(snakemake.log[0])
    # Snakemake removes the output before the job starts. A copy is kept next to the log, so that large files
    # that have not changed are not read again. (An output marked `update` stays, but if its job fails
    # Snakemake restores it as a new file and takes it for up to date.)
    copy = Path(snakemake.log[0]).with_suffix(".json")
    record = record_inventory(
        snakemake.params.given,
        scope=Scope(
            snakemake.params.patterns,
            snakemake.params.names,
            snakemake.params.tiles_per_job,
            snakemake.params.left_out,
        ),
        configuration=snakemake.params.configuration,
        known=earlier_record(copy),
        threads=snakemake.threads,
    )
    write_json(record, copy)
    write_json(record, snakemake.output.provenance)
