"""Record what the results are, what they were made from, and which jobs wrote them."""

from pathlib import Path

from radiofind.files import write_json
from radiofind.jobs.job_log import log_to
from radiofind.workflow.run_record import Scope, earlier_record, record_inventory

if __name__ == "__main__":
    log_to(snakemake.log[0])
    # Snakemake removes the output before the job starts. A copy lies beside the log, so that large files that
    # were not written since are not read again. (An output of the kind `update` stays, but when its job fails
    # Snakemake puts it back as a new file, and takes it for up to date.)
    copy = Path(snakemake.log[0]).with_suffix(".json")
    record = record_inventory(
        snakemake.params.given,
        scope=Scope(snakemake.params.patterns, snakemake.params.names, snakemake.params.tiles_per_job),
        configuration=snakemake.params.configuration,
        known=earlier_record(copy),
        threads=snakemake.threads,
    )
    write_json(record, copy)
    write_json(record, snakemake.output.provenance)
