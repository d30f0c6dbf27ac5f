"""A tile is given up after several failed attempts; nothing else is."""

import multiprocessing
import os
import signal

import pytest

from radiofind.jobs.retries import MOST, attempt, end_attempts
from radiofind.mosaics.headers import ImageError


def given_up(reason):
    return f"nothing: {reason}"


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
    assert attempt(lambda: "found", place=place, give_up=given_up) == "found"
    assert files_beside(place) == []


def test_work_that_fails_again_and_again_is_given_up_with_the_last_reason(place):
    for _ in range(MOST):
        with pytest.raises(ValueError, match="too bright"):
            attempt(fail, place=place, give_up=given_up)
        assert files_beside(place) == ["tile.parquet.attempts"]
    for _ in range(2):
        # A second time, since the substitute may not have been written.
        substitute = attempt(fail, place=place, give_up=given_up)
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
                attempt(fail, place=place, give_up=given_up)
        assert attempt(lambda: 1, place=place, give_up=given_up) == 1
        assert files_beside(place) == []


def test_work_that_is_killed_is_given_up_without_another_try(place):
    for _ in range(MOST):
        process = multiprocessing.get_context("fork").Process(
            target=attempt,
            args=(lambda: os.kill(os.getpid(), signal.SIGKILL),),
            kwargs={"place": place, "give_up": given_up},
        )
        process.start()
        process.join()
        assert process.exitcode == -signal.SIGKILL
    tried = []
    assert "killed" in attempt(lambda: tried.append(1), place=place, give_up=given_up)
    assert tried == []


def test_attempts_before_a_mistake_was_mended_do_not_count(place):
    for _ in range(MOST):
        with pytest.raises(ValueError, match="too bright"):
            attempt(fail, place=place, give_up=given_up, made_of={"code": "1"})
    assert attempt(lambda: "found", place=place, give_up=given_up, made_of={"code": "2"}) == "found"
    for made_of in ({"code": "1"}, {"code": "2"}, {"code": "1"}, None):
        with pytest.raises(ValueError, match="too bright"):
            attempt(fail, place=place, give_up=given_up, made_of=made_of)


def test_attempts_of_an_older_format_do_not_count(place):
    place.parent.mkdir()
    place.with_name("tile.parquet.attempts").write_text("killed\n" * MOST)
    assert attempt(lambda: "found", place=place, give_up=given_up) == "found"


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
            attempt(failing_with(error), place=place, give_up=given_up, never_blame=(KeyError,))
    assert files_beside(place) == []
