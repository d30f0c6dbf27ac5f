"""What may happen to jobs on a cluster, to the cluster, and to Snakemake on its login node."""

from __future__ import annotations

import os
import signal
import time

from workflow.faults.harness import Fault, Scene, Strike, wait_for
from workflow.faults.names import PEAKS, PEAKS_AGAIN, PEAKS_FOUND, log_of
from workflow.runs import newest_log

READING = Strike(PEAKS, "pause", "open noise/y000x000.fits")
WRITING = Strike(PEAKS, "pause", "rename peaks/y000x000.parquet")
FOUND = (f"results/{PEAKS_FOUND}",)
ASKS_ACCOUNTING = "Falling back to 'sacct'"
"""What the plugin says when the controller has not answered."""
WRITTEN_AFTER_S = 10
"""The controller writes down within five seconds (SAVE_MAX_WAIT) that a job runs. One that dies before holds
the job when it comes back ("launch failed requeued held"), until a person releases it."""
SIX_QUESTIONS_S = 10
"""The plugin asks once a second, and without `slurm-status-attempts` five times in all."""


def the_job(scene: Scene) -> dict[str, str]:
    """Return what SLURM tells of the only job that runs."""
    (line,) = scene.place.call("scontrol", "--oneliner", "show", "job", *running(scene)).splitlines()
    return dict(field.split("=", 1) for field in line.split() if "=" in field)


def running(scene: Scene) -> list[str]:
    """Return the numbers of all jobs that have not ended."""
    return scene.place.call("squeue", "--noheader", "--format=%i").split()


def cancel(scene: Scene) -> None:
    """Cancel the job."""
    scene.place.call("scancel", *running(scene))


def shorten(scene: Scene) -> None:
    """Give the job one minute, and let it take longer."""
    scene.place.call("scontrol", "update", f"jobid={the_job(scene)['JobId']}", "timelimit=1")
    wait_for(lambda: not running(scene))


def lose_node(scene: Scene) -> None:
    """Take the node of the job away, wait until it runs elsewhere, and bring the node back."""
    node = the_job(scene)["NodeList"]
    scene.place.call("scontrol", "update", f"nodename={node}", "state=down", "reason=test")
    wait_for(lambda: running(scene) and the_job(scene)["JobState"] == "RUNNING")
    assert the_job(scene)["NodeList"] != node
    scene.place.call("scontrol", "update", f"nodename={node}", "state=resume")


def lose_controller(scene: Scene) -> None:
    """Let the controller die, the job go on, Snakemake ask how it goes, and the controller come back."""
    time.sleep(WRITTEN_AFTER_S)
    scene.place.stop("slurmctld")
    scene.go()
    _let_it_ask(scene)
    scene.place.start("slurmctld", "scontrol", "ping")


def lose_controller_and_accounting(scene: Scene) -> None:
    """Do the same to both."""
    time.sleep(WRITTEN_AFTER_S)
    scene.place.stop("slurmctld")
    scene.place.stop("slurmdbd")
    scene.go()
    _let_it_ask(scene)
    scene.place.start("slurmdbd", "sacctmgr", "show", "cluster")
    scene.place.start("slurmctld", "scontrol", "ping")


def _let_it_ask(scene: Scene) -> None:
    """Wait until Snakemake has asked in vain."""
    wait_for(lambda: ASKS_ACCOUNTING in newest_log(scene.folder))
    time.sleep(SIX_QUESTIONS_S)


def kill_snakemake(scene: Scene) -> None:
    """Kill Snakemake, and end its jobs as docs/cluster.md says."""
    os.kill(scene.process.pid, signal.SIGKILL)
    scene.process.wait()
    scene.place.call("scancel", "--name", the_job(scene)["JobName"])
    wait_for(lambda: not running(scene))


def interrupt(scene: Scene) -> None:
    """Press Ctrl-C, after which no job may be left."""
    os.kill(scene.process.pid, signal.SIGINT)
    wait_for(lambda: not running(scene))


FAULTS = {
    fault.name: fault
    for fault in (
        Fault(
            "job cancelled with scancel",
            removed=PEAKS_AGAIN[:1],
            targets=FOUND,
            strikes=(READING,),
            meanwhile=cancel,
            ends_well=True,
            tells=(log_of(PEAKS), "CANCELLED"),
        ),
        Fault(
            "job over its time limit",
            removed=PEAKS_AGAIN[:1],
            targets=FOUND,
            strikes=(WRITING,),
            meanwhile=shorten,
            ends_well=True,
            tells=(log_of(PEAKS), "TIMEOUT"),
        ),
        Fault(
            "node taken down while its job runs, and brought back later",
            removed=PEAKS_AGAIN[:1],
            targets=FOUND,
            strikes=(READING,),
            meanwhile=lose_node,
            ends_well=True,
        ),
        Fault(
            "controller of SLURM dead, which Snakemake asks in vain while a job runs",
            removed=PEAKS_AGAIN[:1],
            targets=FOUND,
            strikes=(READING,),
            meanwhile=lose_controller,
            ends_well=True,
        ),
        Fault(
            "controller and accounting of SLURM dead, which Snakemake asks in vain while a job runs",
            removed=PEAKS_AGAIN[:1],
            targets=FOUND,
            strikes=(READING,),
            meanwhile=lose_controller_and_accounting,
            ends_well=True,
        ),
        Fault(
            "kill -9 of Snakemake while its job runs, which is cancelled",
            removed=PEAKS_AGAIN[:1],
            targets=FOUND,
            strikes=(WRITING,),
            meanwhile=kill_snakemake,
            absent=(PEAKS_FOUND,),
        ),
        Fault(
            "Ctrl-C while a job runs",
            removed=PEAKS_AGAIN[:1],
            targets=FOUND,
            strikes=(READING,),
            meanwhile=interrupt,
            absent=(PEAKS_FOUND,),
        ),
    )
}
"""By name."""
