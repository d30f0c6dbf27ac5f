"""Another file has another stamp, also when it is older."""

import os

from radiofind.workflow.stamps import stamp_of


def test_a_file_put_in_the_place_of_another_has_another_stamp(tmp_path):
    path = tmp_path / "a"
    assert stamp_of(path) == []
    path.write_text("one")
    os.utime(path, (5, 5))
    first = stamp_of(path)
    path.write_text("two")
    os.utime(path, (4, 4))
    second = stamp_of(path)
    path.write_text("three")
    os.utime(path, (5, 5))
    assert len({str(stamp) for stamp in (first, second, stamp_of(path))}) == 3
    os.utime(path, ns=(0, 5 * 10**9 + 7))
    assert stamp_of(path) == [5, 5]  # not all disks and copies keep more than seconds
