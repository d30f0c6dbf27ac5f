"""Jobs are counted by stage, and shown in few lines."""

import io
import re

import pytest

from radiofind.workflow.display import Lines, display_for
from radiofind.workflow.lines import LONGEST_LINE, clock_time
from radiofind.workflow.plan_lines import plan_lines
from radiofind.workflow.progress import Job, Progress
from radiofind.workflow.stages import STAGES


def counts(progress, stage):
    found = progress.stages[stage]
    return found.done, found.running, found.failed, found.total


@pytest.fixture
def progress():
    found = Progress(retries=1)
    found.plan({"measure_noise": 2, "summarise_noise": 1, "find_peaks": 2, "all": 1})
    return found


def test_jobs_are_counted_by_stage(progress):
    assert [stage.name for stage in progress.planned] == ["noise", "peaks"]
    progress.start(Job(1, "measure_noise"))
    progress.start(Job(2, "find_peaks"))
    assert counts(progress, "noise") == (0, 1, 0, 3)
    assert progress.finish(1) == Job(1, "measure_noise")
    assert counts(progress, "noise") == (1, 0, 0, 3)
    assert (progress.all.done, progress.all.running, progress.all.total) == (1, 1, 5)


def test_target_is_no_job_and_a_rule_of_others_is(progress):
    progress.start(Job(9, "all"))
    assert progress.finish(9) is None and progress.all.total == 5
    progress.plan({"mine": 1})
    assert [stage.name for stage in progress.planned] == ["other"]


def test_job_that_is_started_again_has_not_failed(progress):
    for failures, failed in ((1, 0), (2, 1)):
        progress.start(Job(1, "find_peaks"))
        assert progress.fail(1) == (Job(1, "find_peaks"), failures)
        assert counts(progress, "peaks") == (0, 0, failed, 2)
    assert progress.fail(1) is None


def test_job_that_fails_once_and_then_not_is_done(progress):
    progress.start(Job(1, "find_peaks"))
    progress.fail(1)
    progress.start(Job(1, "find_peaks"))
    progress.finish(1)
    assert counts(progress, "peaks") == (1, 0, 0, 2)


def test_plan_that_grows_keeps_what_is_done(progress):
    progress.start(Job(1, "find_peaks"))
    progress.finish(1)
    progress.plan({"find_peaks": 400})
    assert counts(progress, "peaks") == (1, 0, 0, 400)
    assert [stage.name for stage in progress.planned] == ["peaks"]


class Clock:
    """A clock that stands still until it is moved."""

    seconds = 0.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def written():
    return []


@pytest.fixture
def lines(written, clock):
    return Lines(written.append, clock=clock)


def run_jobs(progress, rule, numbers):
    for number in numbers:
        progress.start(Job(number, rule))
        progress.finish(number)


def test_stage_that_is_complete_is_told_once(progress, lines, written, clock):
    run_jobs(progress, "find_peaks", [1])
    lines.update(progress)
    assert written == []
    run_jobs(progress, "find_peaks", [2])
    clock.seconds = 5
    lines.update(progress)
    lines.update(progress)
    assert written == ["0:00:05  peaks done (2 jobs)"]


def test_stage_that_grows_is_told_again(progress, lines, written):
    run_jobs(progress, "find_peaks", [1, 2])
    lines.update(progress)
    progress.plan({"find_peaks": 3})
    lines.update(progress)
    run_jobs(progress, "find_peaks", [3])
    lines.update(progress)
    assert [line.split("  ")[1] for line in written] == ["peaks done (2 jobs)", "peaks done (3 jobs)"]


def test_what_runs_is_told_now_and_then(progress, lines, written, clock):
    progress.start(Job(1, "find_peaks"))
    lines.update(progress)
    assert written == []
    clock.seconds = 31
    lines.update(progress)
    lines.update(progress)
    assert written == ["0:00:31  0 of 5 jobs; peaks 0 of 2, 1 running"]
    progress.begun = "submitted"
    progress.fail(1)
    progress.start(Job(1, "find_peaks"))
    progress.fail(1)
    progress.start(Job(2, "find_peaks"))
    clock.seconds = 62
    lines.update(progress)
    assert written[1:] == ["0:01:02  0 of 5 jobs; peaks 0 of 2, 1 submitted, 1 failed"]


def test_lines_of_a_run_of_three_days_are_few_and_short(lines, written, clock):
    progress = Progress()
    progress.plan({rule: 5000 for rules in STAGES.values() for rule in rules})
    for number, rule in enumerate(rule for rules in STAGES.values() for rule in rules):
        progress.start(Job(number, rule))
    for minute in range(3 * 24 * 60):
        clock.seconds = 60 * minute
        lines.update(progress)
    assert 20 < len(written) < 100
    assert all(len(line) <= LONGEST_LINE for line in written)


def test_what_is_no_terminal_gets_plain_lines(progress):
    stream = io.StringIO()
    display = display_for(stream)
    display.say("a [bold] line")
    display.update(progress)
    display.close()
    assert stream.getvalue() == "a [bold] line\n"


def test_terminal_gets_a_bar_for_each_stage(progress, monkeypatch):
    stream = io.StringIO()
    stream.isatty = lambda: True
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    display = display_for(stream)
    progress.plan({"find_peaks": 2})
    display.update(progress)
    progress.plan({"measure_noise": 2, "summarise_noise": 1, "find_peaks": 2})
    run_jobs(progress, "find_peaks", [1, 2])
    progress.start(Job(3, "measure_noise"))
    display.update(progress)
    display.say("find_pybdsf failed [Errno 28]")
    display.close()
    display.close()
    shown = re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", stream.getvalue())
    assert "find_pybdsf failed [Errno 28]\n" in shown.replace("\r", "")
    last = shown[shown.rindex("all ") :]
    rows = [line.split(maxsplit=2) for line in last.splitlines() if line.strip()]
    assert [name for name, _, _ in rows] == ["all", "noise", "peaks"]
    for (_, _, state), wanted in zip(rows, ("2 of 5, 1 running", "0 of 3, 1 running", "2 of 2"), strict=True):
        assert state.startswith(wanted)


def test_time_is_told_as_clocks_do():
    assert [clock_time(seconds) for seconds in (0.4, 61, 3 * 86400)] == ["0:00:00", "0:01:01", "72:00:00"]


def test_dry_run_is_told_by_stage():
    found = list(
        plan_lines({"find_peaks": 1200, "measure_noise": 2, "summarise_noise": 1, "all": 1, "mine": 1})
    )
    assert [line.split() for line in found[:3]] == [
        ["noise", "measure_noise", "2,", "summarise_noise", "1"],
        ["peaks", "find_peaks", "1,200"],
        ["other", "mine", "1"],
    ]
    assert found[3].startswith("1,204 jobs")
    assert not any("index_tiles" in line for line in found)
    assert any("after index_tiles" in line for line in plan_lines({"index_tiles": 1}))
