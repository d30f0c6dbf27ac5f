"""What a SLURM of several nodes on one machine is told: the texts of its files in /etc/slurm."""

from __future__ import annotations

import socket
from pathlib import Path

ACCOUNT = "tests"
CLUSTER = "radiofind"
CPU_NODES = ("n1", "n2", "n3")
GPU_NODES = ("n4",)
NODES = (*CPU_NODES, *GPU_NODES)
GPUS = 2
"""Of each node that has any."""
NODE = "CPUs=4 RealMemory=16000"
"""What each node claims to have; the machine need not have it."""
DATABASE = {"port": "13306", "user": "slurm", "password": "slurm", "name": "accounting"}
"""Reached from the cluster's own network alone."""


def files_of(folder: Path) -> dict[str, str]:
    """Return the files of /etc/slurm by name, for a cluster that keeps its state in a folder."""
    return {
        "slurm.conf": _controller(folder),
        "slurmdbd.conf": _accounting(folder),
        "gres.conf": "".join(f"NodeName={node} Name=gpu File={folder}/gpu[1-{GPUS}]\n" for node in GPU_NODES),
        "cgroup.conf": "CgroupAutomount=no\nConstrainCores=no\nConstrainRAMSpace=no\n",
    }


def _controller(folder: Path) -> str:
    """Return what controller and nodes are told.

    Processes are found in /proc and not by cgroups, which not all machines lend. So limits of memory are not
    kept. A job whose node is lost starts again after the lifetime of a credential.
    """
    host = socket.gethostname().partition(".")[0]
    nodes = "".join(_node(number, name, host) for number, name in enumerate(NODES))
    return f"""
ClusterName={CLUSTER}
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=20
StateSaveLocation={folder}/controller
SlurmdSpoolDir={folder}/node-%n
SlurmctldLogFile={folder}/log/slurmctld.log
SlurmdLogFile={folder}/log/slurmd-%n.log
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePass={folder}/munge.socket
AccountingStorageTRES=gres/gpu
AccountingStorageEnforce=associations
AccountingStoreFlags=job_comment
SchedulerType=sched/backfill
SchedulerParameters=sched_min_interval=0,bf_interval=1,batch_sched_delay=0
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
MinJobAge=300
ReturnToService=1
SlurmdTimeout=60
KillWait=2
MpiDefault=none
SwitchType=switch/none
SlurmdParameters=config_overrides
GresTypes=gpu
{nodes}
PartitionName=cpu Nodes={",".join(CPU_NODES)} Default=YES MaxTime=2-00:00:00 State=UP
PartitionName=gpu Nodes={",".join(GPU_NODES)} MaxTime=1-00:00:00 State=UP
"""


def _node(number: int, name: str, host: str) -> str:
    """Return the line of a node."""
    gpu = f" Gres=gpu:{GPUS}" if name in GPU_NODES else ""
    address = f"NodeHostname={host} NodeAddr=127.0.0.1 Port={17000 + number}"
    return f"NodeName={name} {address} {NODE} State=UNKNOWN{gpu}\n"


def _accounting(folder: Path) -> str:
    """Return what the accounting is told."""
    return f"""
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
DbdHost=localhost
SlurmUser=root
LogFile={folder}/log/slurmdbd.log
PidFile={folder}/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={DATABASE["port"]}
StorageUser={DATABASE["user"]}
StoragePass={DATABASE["password"]}
StorageLoc={DATABASE["name"]}
"""
