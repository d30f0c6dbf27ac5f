"""A tile is given up after several failed attempts; nothing else is."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from radiofind.jobs.retries import MOST, attempt, end_attempts
from radiofind.mosaics.headers import ImageError


def given_up(reason):
    return f"nothing: {reason}"


TERMS = {"give_up": given_up, "limit_s": 1e9}


def fail():
    raise ValueError("too bright\nsecond line")


def failing_with(error):
    def work():
        raise error

    return work


@pytest.fixture
def place(tmp_path):
    return tmp_path / "detections/tile.parquet"


def files_beside(place):
    return [path.name for path in place.parent.iterdir()] if place.parent.exists() else []


def test_work_that_succeeds_leaves_no_trace(place):
    assert attempt(lambda: "found", place=place, **TERMS) == "found"
    assert files_beside(place) == []


def test_work_that_fails_again_and_again_is_given_up_with_the_last_reason(place):
    for _ in range(MOST):
        with pytest.raises(ValueError, match="too bright"):
            attempt(fail, place=place, **TERMS)
        assert files_beside(place) == ["tile.parquet.attempts"]
    for _ in range(2):
        # A second time, since the substitute may not have been written.
        substitute = attempt(fail, place=place, **TERMS)
        assert substitute.startswith("nothing: ") and str(MOST) in substitute
        assert substitute.endswith("ValueError: too bright")
    end_attempts(place, failed="too bright")
    assert files_beside(place) == ["tile.parquet.quarantined"]
    assert place.with_name("tile.parquet.quarantined").read_text() == "too bright\n"
    end_attempts(place)
    assert files_beside(place) == []


def test_success_forgets_earlier_failures(place):
    for _ in range(2):
        for _ in range(MOST - 1):
            with pytest.raises(ValueError, match="too bright"):
                attempt(fail, place=place, **TERMS)
        assert attempt(lambda: 1, place=place, **TERMS) == 1
        assert files_beside(place) == []


def test_work_that_is_killed_is_given_up_without_another_try(place):
    for _ in range(MOST):
        process = multiprocessing.get_context("fork").Process(
            target=attempt,
            args=(lambda: os.kill(os.getpid(), signal.SIGKILL),),
            kwargs={"place": place, **TERMS},
        )
        process.start()
        process.join()
        assert process.exitcode == -signal.SIGKILL
    tried = []
    assert "killed" in attempt(lambda: tried.append(1), place=place, **TERMS)
    assert tried == []


@contextmanager
def working(work, place, limit_s):
    """Start a process that attempts some work, and yield it when the work has begun."""
    begun = place.parent / "begun"

    def begin():
        # A shell that starts the tests in the background lets them ignore SIGINT.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        begun.parent.mkdir(parents=True, exist_ok=True)
        begun.touch()
        work()

    process = multiprocessing.get_context("fork").Process(
        target=attempt, args=(begin,), kwargs={"place": place, **TERMS, "limit_s": limit_s}
    )
    process.start()
    try:
        wait_for(begun.exists)
        yield process
    finally:
        process.kill()
        process.join()


def wait_for(happens):
    """Wait until something is so."""
    for _ in range(1000):
        if happens():
            return
        time.sleep(0.02)
    pytest.fail("it does not happen")


def end(work, place, number, limit_s):
    """Send a signal to a process that attempts some work."""
    with working(work, place, limit_s) as process:
        os.kill(process.pid, number)
        process.join()
        assert process.exitcode != 0
    (place.parent / "begun").unlink()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_work_that_is_ended_before_its_time_is_not_to_blame(place, number):
    for _ in range(MOST):
        end(lambda: time.sleep(60), place, number, limit_s=1e9)
        assert files_beside(place) == []
    assert attempt(lambda: "found", place=place, **TERMS) == "found"


def test_work_that_is_ended_for_its_time_limit_is_given_up_in_the_end(place):
    for _ in range(MOST):
        end(lambda: time.sleep(60), place, signal.SIGTERM, limit_s=0)
    assert "time limit" in attempt(lambda: "found", place=place, **TERMS)


def test_a_job_that_was_ended_keeps_the_count_of_its_own_failures(place):
    with pytest.raises(ValueError, match="too bright"):
        attempt(fail, place=place, **TERMS)
    end(lambda: time.sleep(60), place, signal.SIGTERM, limit_s=1e9)
    _, *failures = place.with_name("tile.parquet.attempts").read_text().splitlines()
    assert failures == ["ValueError: too bright"]


def test_a_program_that_the_work_runs_ends_with_it(place, tmp_path):
    pid = tmp_path / "pid"
    program = (
        f"import os, time; print(os.getpid(), '', file=open({str(pid)!r}, 'w'), flush=True); time.sleep(60)"
    )
    with working(lambda: subprocess.run([sys.executable, "-c", program]), place, limit_s=1e9) as process:
        wait_for(lambda: pid.exists() and pid.read_text().endswith("\n"))
        os.kill(process.pid, signal.SIGTERM)
        process.join()
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


def test_what_a_signal_does_is_as_before_when_the_work_is_done(place):
    before = signal.getsignal(signal.SIGTERM)
    attempt(lambda: 1, place=place, **TERMS)
    assert signal.getsignal(signal.SIGTERM) == before


def test_attempts_before_a_mistake_was_mended_do_not_count(place):
    for _ in range(MOST):
        with pytest.raises(ValueError, match="too bright"):
            attempt(fail, place=place, **TERMS, made_of={"code": "1"})
    assert attempt(lambda: "found", place=place, **TERMS, made_of={"code": "2"}) == "found"
    for made_of in ({"code": "1"}, {"code": "2"}, {"code": "1"}, None):
        with pytest.raises(ValueError, match="too bright"):
            attempt(fail, place=place, **TERMS, made_of=made_of)


def test_attempts_of_an_older_format_do_not_count(place):
    place.parent.mkdir()
    place.with_name("tile.parquet.attempts").write_text("killed\n" * MOST)
    assert attempt(lambda: "found", place=place, **TERMS) == "found"


@pytest.mark.parametrize(
    "error",
    [
        OSError(28, "No space left"),
        ImportError("bdsf"),
        ImageError("a.fits: expected a FITS image"),
        KeyboardInterrupt(),
        KeyError("a"),
    ],
)
def test_errors_that_are_not_the_fault_of_a_tile_do_not_count(place, error):
    for _ in range(2 * MOST):
        with pytest.raises(type(error)):
            attempt(failing_with(error), place=place, **TERMS, never_blame=(KeyError,))
    assert files_beside(place) == []
