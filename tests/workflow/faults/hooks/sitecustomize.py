"""Strike inside a job, at the moment that the harness names.

Python imports a module of this name when it starts; the harness puts its folder on PYTHONPATH. In a job of
the workflow, and in the programs that a job starts, it listens to what the interpreter does.
"""

from __future__ import annotations

import functools
import importlib
import json
import os
import resource
import signal
import sys
import time
from pathlib import Path

FOLDER = Path(os.environ.get("STRIKES_FOLDER", "/nonexistent"))
"""Holds ``strikes.json``; receives a file ``struck-{strike}-{time}`` for each strike, and ``go``."""
JOB = "STRUCK_JOB"
"""Variable by which the programs that a job starts know its name."""
SCRIPT = ".snakemake/scripts/"
"""In the command line of each job."""
TIME_LIMIT_S = 5


def listen(event, arguments):
    """Hear of each audit event of the interpreter."""
    if event not in ("open", "os.rename") or not arguments:
        return
    path = str(arguments[0 if event == "open" else 1])
    if JOB not in os.environ and path.startswith("logs/"):
        begin(path.removeprefix("logs/").removesuffix(".log"))
    for strike in list(waiting):
        kind, _, part = strike["moment"].partition(" ")
        if event.endswith(kind) and part in path:
            strike_now(strike)


def begin(job):
    """Learn which job this is, and lie in wait for it."""
    os.environ[JOB] = job
    for number, strike in enumerate(json.loads((FOLDER / "strikes.json").read_text())):
        strike["number"] = number
        kind, _, place = strike["moment"].partition(" ")
        if strike["job"] != job or strike["child"] == in_script:
            continue
        if kind == "start":
            strike_now(strike)
        elif kind == "call":
            lie_in_wait(strike, *place.split(":"))
        else:
            waiting.append(strike)


def lie_in_wait(strike, module, name, number):
    """Strike in the call of this number of a function."""
    *owners, name = name.split(".")
    owner = functools.reduce(getattr, owners, importlib.import_module(module))
    function, calls = getattr(owner, name), iter(range(1, 10**9))

    def struck(*arguments, **options):
        if next(calls) == int(number) and strike_now(strike):
            options["timeout"] = TIME_LIMIT_S
        return function(*arguments, **options)

    setattr(owner, name, struck)


def strike_now(strike):
    """Strike, if it has not been done often enough; say whether a shorter time limit is to be given."""
    for number in range(strike["times"]):
        try:
            (FOLDER / f"struck-{strike['number']}-{number}").touch(exist_ok=False)
        except FileExistsError:
            continue
        return ACTIONS[strike["action"]]()
    return False


def pause():
    """Wait until the harness says go."""
    while not (FOLDER / "go").exists():
        time.sleep(0.05)


def hang():
    """Do nothing for ever, and do not listen to a request to end."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(3600)


def starve():
    """Leave no memory."""
    resource.setrlimit(resource.RLIMIT_AS, (2**20, resource.RLIM_INFINITY))


ACTIONS = {
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "end": lambda: os.kill(os.getpid(), signal.SIGTERM),
    "pause": pause,
    "hang": hang,
    "starve": starve,
    "hurry": lambda: True,
}

waiting = []
in_script = any(SCRIPT in argument for argument in sys.orig_argv)
if FOLDER.is_dir() and (in_script or JOB in os.environ):
    if JOB in os.environ:
        begin(os.environ[JOB])
    sys.addaudithook(listen)
