"""Write what the tests of faults saw into the documentation.

PYTEST_ADDOPTS=--junitxml=faults.xml make test
PYTHONPATH=tests:scripts .venv/bin/python -m workflow.faults.table faults.xml
"""

from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ET

from workflow.faults.faults import FAULTS
from workflow.runs import REPOSITORY

PAGE = REPOSITORY / "docs/reliability.md"
PLACE = re.compile(r"(?<=<!-- faults -->\n).*(?=<!-- end of faults -->)", re.DOTALL)
HEAD = "| fault | what happened | files compared | result |\n|---|---|---|---|\n"


def main(path: str) -> None:
    """Read the record of the tests and write the table."""
    seen = {}
    for case in ET.parse(path).iter("testcase"):
        told = {one.get("name"): one.get("value") for one in case.iter("property")}
        if "fault" in told:
            ended_well = not any(True for _ in case.iter("failure"))
            seen[told["fault"]] = f"{told['happened']} | {told['compared']} | {_result(ended_well)}"
    rows = [
        f"| {name} | {seen.get(name, 'not tried: this machine allows no mount | |')} |\n" for name in FAULTS
    ]
    PAGE.write_text(PLACE.sub(lambda _: HEAD + "".join(rows), PAGE.read_text()))


def _result(ended_well: bool) -> str:
    """Return in words how a fault ended."""
    return "all identical" if ended_well else "not the same"


if __name__ == "__main__":
    main(sys.argv[1])
