"""A job that fails is told in a line: which, why, and where its log lies."""

import pytest

from radiofind.workflow.failures import (
    describe_failure,
    is_interrupt,
    plain_error,
    quarantine_lines,
    why_failed,
)
from radiofind.workflow.lines import LONGEST_LINE
from radiofind.workflow.progress import Job

COMMAND = "Command 'set -euo pipefail;  python x.py' "
TRACEBACK = """INFO radiofind.jobs.job_log: started
Traceback (most recent call last):
  File "a.py", line 1, in <module>
    raise KeyError("inner")
KeyError: 'inner'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "a.py", line 3, in <module>
    raise InputFileError("a.fits: cut short")
radiofind.errors.InputFileError: a.fits: cut short
  an indented line
INFO radiofind.jobs.memory_log: script used at most 159 MiB of memory
"""


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "job.log"
    path.write_text(TRACEBACK)
    return path


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (f"{COMMAND}returned non-zero exit status 1.", "InputFileError: a.fits: cut short"),
        ("", "InputFileError: a.fits: cut short"),
        (f"{COMMAND}died with <Signals.SIGKILL: 9>.", "killed (SIGKILL)"),
        (f"{COMMAND}returned non-zero exit status 137.", "killed (SIGKILL)"),
        (f"{COMMAND}returned non-zero exit status 255.", "InputFileError: a.fits: cut short"),
    ],
)
def test_reason_is_the_last_error_of_the_log_or_the_signal(log, told, why):
    assert why_failed(log, told) == why


def test_error_without_a_message_or_a_module_is_told(log):
    log.write_text("Traceback (most recent call last):\n  File\nMemoryError\n")
    assert why_failed(log) == "MemoryError"


def test_long_log_is_read_from_its_end(log):
    log.write_text("x" * 200_000 + "\n" + TRACEBACK)
    assert why_failed(log) == "InputFileError: a.fits: cut short"


def test_without_an_error_in_the_log_the_reason_is_what_snakemake_says(log):
    log.write_text("INFO radiofind.jobs.job_log: started\n")
    for path in (log, log.with_name("gone.log"), ""):
        assert why_failed(path, f"{COMMAND}returned non-zero exit status 3.") == "exit status 3"
        assert (
            why_failed(path, "\nSLURM-job '7' failed: 'TIMEOUT'.\nmore") == "SLURM-job '7' failed: 'TIMEOUT'."
        )
        assert why_failed(path)


def test_job_that_ctrl_c_has_ended_is_known():
    assert is_interrupt(f"{COMMAND}died with <Signals.SIGINT: 2>.")
    assert is_interrupt(f"{COMMAND}returned non-zero exit status 130.")
    assert not is_interrupt(f"{COMMAND}died with <Signals.SIGKILL: 9>.")


def test_failure_names_job_try_reason_and_log():
    job = Job(3, "find_peaks", ("m", "peaks", "y000x001"), "logs/y000x001.log")
    line = describe_failure(job, 2, retries=3, reason="OSError: full")
    assert line == "find_peaks m peaks y000x001 failed (try 2 of 4): OSError: full; see logs/y000x001.log"
    assert "try" not in describe_failure(job, 1, retries=0, reason="OSError: full")


def test_long_reason_leaves_the_log_its_place():
    job = Job(3, "find_peaks", ("m", "peaks"), "logs/find_peaks.log")
    line = describe_failure(job, 1, retries=0, reason="x\n" * 500)
    assert len(line) == LONGEST_LINE and line.isprintable() and line.endswith("...; see logs/find_peaks.log")


def test_tiles_in_quarantine_are_found_in_a_block(tmp_path):
    block = "y000x000-1x2"
    job = Job(1, "find_peaks", ("m", "peaks", block), output=f"{tmp_path}/{block}.parquet", block=block)
    assert list(quarantine_lines(job)) == []
    (tmp_path / "y000x001.parquet.quarantined").write_text("hung\n" * 99)
    (line,) = quarantine_lines(job)
    assert line.startswith("find_peaks m peaks y000x001 in quarantine: hung") and len(line) == LONGEST_LINE


def test_error_is_shown_without_places_in_the_code():
    text = 'WorkflowError in file "/a b/common.smk", line 37:\nsheet.tsv, line 2: wrong\n  File "/x", line 1'
    assert plain_error(text) == "sheet.tsv, line 2: wrong"
    assert plain_error("WorkflowError:\nwrong") == "wrong"
    assert plain_error("WorkflowError:") == "WorkflowError:"
    missing = "MissingInputException in rule x in file y, line 1:\nMissing input files for rule x:\n  a.fits"
    assert plain_error(missing) == missing
