"""Write what the tests of faults saw into the documentation.

PYTEST_ADDOPTS=--junitxml=faults.xml make test-all
PYTHONPATH=tests:scripts .venv/bin/python -m workflow.faults.table faults.xml
"""

from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ET

from slurm.slurm_faults import FAULTS as FAULTS_ON_SLURM
from workflow.faults.faults import FAULTS
from workflow.runs import REPOSITORY

PAGE = REPOSITORY / "docs/reliability.md"
TABLES = {"faults": FAULTS, "faults on SLURM": FAULTS_ON_SLURM}
"""The faults by the marks on the page between which their table stands."""
HEAD = "| fault | what happened | files compared | result |\n|---|---|---|---|\n"


def main(path: str) -> None:
    """Read the record of the tests, and write the tables of which it tells."""
    seen = _seen(path)
    page = PAGE.read_text()
    for mark, faults in TABLES.items():
        if not seen.keys() & faults.keys():
            continue
        rows = [f"| {name} | {seen.get(name, 'not tried on this machine | |')} |\n" for name in faults]
        place = rf"(?<=<!-- {mark} -->\n).*(?=<!-- end of {mark} -->)"
        page = re.sub(place, lambda _, rows=rows: HEAD + "".join(rows), page, flags=re.DOTALL)
    PAGE.write_text(page)


def _seen(path: str) -> dict[str, str]:
    """Return what the tests saw of each fault, as the last columns of its row."""
    seen = {}
    for case in ET.parse(path).iter("testcase"):
        told = {one.get("name"): one.get("value") for one in case.iter("property")}
        if "fault" in told:
            ended_well = not any(True for _ in case.iter("failure"))
            seen[told["fault"]] = f"{told['happened']} | {told['compared']} | {_result(ended_well)}"
    return seen


def _result(ended_well: bool) -> str:
    """Return in words how a fault ended."""
    return "all identical" if ended_well else "not the same"


if __name__ == "__main__":
    main(sys.argv[1])
