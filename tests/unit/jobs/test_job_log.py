"""A log begins with time and host, holds everything that the job prints, and ends with the peak memory."""

import os
import re
import socket
import subprocess
import sys

from radiofind.jobs.job_log import utc

JOB = """
import os, sys
from radiofind.jobs.job_log import log_to
log_to(sys.argv[1])
print("from python")
sys.stdout.flush()
os.system("echo from a child")
raise ValueError("the end")
"""


def run_job(path):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", JOB, str(path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == done.stderr == ""
    return path.read_text().splitlines()


def test_log_begins_with_time_and_host_and_holds_what_the_job_prints(tmp_path):
    first, *lines = run_job(tmp_path / "job.log")
    host = re.escape(socket.gethostname())
    assert re.search(rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{6}}Z.*{host}", first)
    assert lines[:2] == ["from python", "from a child"]
    assert lines[-2] == "ValueError: the end"
    assert re.search(r"script.* \d+ MiB", lines[-1])


def test_log_is_replaced(tmp_path):
    (tmp_path / "job.log").write_text("of the run before\n" * 100)
    assert not any("before" in line for line in run_job(tmp_path / "job.log"))


def test_times_are_utc_and_sort_as_text():
    assert utc(0) == "1970-01-01T00:00:00.000000Z"
    assert utc(1.5e9 + 0.25) == "2017-07-14T02:40:00.250000Z"
    times = [9.9e8, 1e9, 1e9 + 0.01, 1e9 + 0.1, 1e9 + 1]
    assert sorted(map(utc, times)) == list(map(utc, times))
