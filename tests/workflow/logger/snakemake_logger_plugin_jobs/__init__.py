"""A logger of Snakemake that writes one line per job, rule and wildcards, to the file named in JOBS_FILE."""

from __future__ import annotations

import os
from logging import FileHandler, LogRecord

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

ORDER = (
    *("simulation", "training_set", "mosaic", "finder", "realisation", "tile", "block"),
    *("dataset", "network", "member"),
)


class LogHandler(LogHandlerBase, FileHandler):
    """Writes the jobs as `runs.Run` gives them."""

    writes_to_stream = False
    writes_to_file = True
    has_filter = True
    has_formatter = True
    needs_rulegraph = False

    def __post_init__(self) -> None:
        FileHandler.__init__(self, os.environ["JOBS_FILE"])

    def emit(self, record: LogRecord) -> None:
        if getattr(record, "event", None) == LogEvent.JOB_INFO:
            FileHandler.emit(self, record)

    def format(self, record: LogRecord) -> str:
        return " ".join(
            [record.rule_name, *(record.wildcards[key] for key in ORDER if key in record.wildcards)]
        )
