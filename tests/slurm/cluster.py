"""Starts a real Slurm on this machine, from Debian's packages, and stops it again: one node, on the loopback.

The daemons stay in the foreground and end with the process that started them, however that ends.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, final

from attrs import define, field

CONFIG = Path("/etc/slurm/slurm.conf")
"""Snakemake's job steps drop SLURM_CONF, so that the configuration must lie where Slurm looks."""
PACKAGES = "slurm-wlm munge"
_PROGRAMS = ("setpriv", "munged", "slurmctld", "slurmd", "sbatch", "srun", "scontrol", "squeue", "scancel")
_PATH = f"{os.environ['PATH']}:/usr/sbin"

_CONF = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
SlurmctldPort={controller_port}
SlurmdPort={node_port}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
PlugStackConfig={folder}/plugstack.conf
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
GresTypes=gpu
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
SchedulerParameters=sched_interval=1,batch_sched_delay=0,sched_min_interval=10000
MinJobAge=600
SlurmdTimeout=10
SlurmdParameters=config_overrides
KillWait=2
MpiDefault=none
ReturnToService=2
DefMemPerCPU=100
NodeName={host} NodeAddr=127.0.0.1 CPUs=4 Sockets=1 CoresPerSocket=4 ThreadsPerCore=1 RealMemory=8000 Gres=gpu:1 State=UNKNOWN
PartitionName=all Nodes={host} Default=YES MaxTime=60 State=UP
"""


class SlurmError(Exception):
    """Slurm can't be started, or doesn't do what a test needs of it."""


@final
@define(eq=False)
class Cluster:
    """A running Slurm of one node."""

    folder: Path
    _daemons: dict[str, subprocess.Popen[bytes]] = field(
        factory=dict[str, subprocess.Popen[bytes]], init=False
    )

    def start(self, name: str) -> None:
        """Start one of its daemons: 'munged', 'slurmctld' or 'slurmd'."""
        arguments = {
            "munged": [f"--{each}" for each in _munge_options(self.folder)],
            "slurmctld": ["-D", "-c", "-f", f"{self.folder}/slurm.conf"],
            "slurmd": ["-D", "-f", f"{self.folder}/slurm.conf"],
        }[name]
        with (self.folder / f"{name}.log").open("ab") as log:
            # The kernel ends it when the process that started it ends.
            self._daemons[name] = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", name, *arguments],
                stdout=log,
                stderr=log,
                env={**os.environ, "PATH": _PATH},
            )

    def kill(self, name: str) -> None:
        """Kill a daemon at once, as a crash does."""
        self._daemons[name].kill()
        self._daemons.pop(name).wait()

    def stop(self) -> None:
        """Cancel all jobs and stop the daemons, in the order in which they need each other."""
        if "slurmctld" in self._daemons:
            subprocess.run(["scancel", "--full", "--signal=KILL", "--user=root"], check=False, timeout=30)
            subprocess.run(["scancel", "--user=root"], check=False, timeout=30)
        for name in ("slurmd", "slurmctld", "munged"):
            daemon = self._daemons.pop(name, None)
            if daemon is not None:
                daemon.terminate()
                try:
                    daemon.wait(timeout=20)
                except subprocess.TimeoutExpired:
                    daemon.kill()
                    daemon.wait()

    def wait_until_idle(self) -> None:
        """Wait until the node takes jobs."""
        self.wait(lambda: self.ask("sinfo", "--noheader", "--format=%T").strip() == "idle", "node is idle")

    def wait(self, is_so: Callable[[], Any], what: str, seconds: float = 60) -> None:
        """Wait until something is so. Raises SlurmError."""
        end = time.monotonic() + seconds
        while not is_so():
            if time.monotonic() > end:
                logs = "\n".join(
                    path.read_text(errors="replace")[-2000:] for path in self.folder.glob("*.log")
                )
                raise SlurmError(f"not after {seconds:g} s: {what}\n{logs}\n{self.ask('squeue', '--all')}")
            time.sleep(0.1)

    def ask(self, *words: str) -> str:
        """Give what a command of Slurm's prints; nothing where the controller doesn't answer."""
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=30)
        return done.stdout

    def jobs(self) -> list[Mapping[str, str]]:
        """Give all jobs that the controller knows, ended ones too, in the order of their numbers."""
        told = self.ask("scontrol", "--oneliner", "show", "jobs").splitlines()
        jobs = [dict(word.split("=", 1) for word in line.split() if "=" in word) for line in told]
        return sorted(
            (job for job in jobs if job.get("JobId", "").isdigit()), key=lambda job: int(job["JobId"])
        )


def _munge_options(folder: Path) -> list[str]:
    return [
        "foreground",
        "force",
        f"key-file={folder}/munge.key",
        f"socket={folder}/munge.socket",
        f"pid-file={folder}/munge.pid",
        f"log-file={folder}/munge.log",
        f"seed-file={folder}/munge.seed",
    ]


def missing() -> list[str]:
    """Name what this machine lacks to run a Slurm."""
    found = [program for program in _PROGRAMS if shutil.which(program, path=_PATH) is None]
    return [*found, *([] if os.geteuid() == 0 else ["root's rights"])]


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _write_configuration(folder: Path) -> None:
    host = socket.gethostname().partition(".")[0]
    for name in ("state", "spool"):
        (folder / name).mkdir()
    (folder / "plugstack.conf").touch()
    (folder / "munge.key").write_bytes(os.urandom(128))
    (folder / "munge.key").chmod(0o400)
    (folder / "gres.conf").write_text("Name=gpu File=/dev/zero\n")
    (folder / "slurm.conf").write_text(
        _CONF.format(host=host, folder=folder, controller_port=_free_port(), node_port=_free_port())
    )


@contextmanager
def slurm(folder: Path) -> Generator[Cluster]:
    """Run a Slurm whose files lie in a folder of its own, which only root may write to.

    Raises:
        SlurmError: a program is missing, this isn't root, or another Slurm is configured here.
    """
    lacking = missing()
    if lacking:
        raise SlurmError(f"missing: {', '.join(lacking)}; as root, apt-get install {PACKAGES}")
    if CONFIG.exists() and not CONFIG.is_symlink():
        raise SlurmError(f"{CONFIG} exists: this machine has a Slurm of its own")
    _write_configuration(folder)
    CONFIG.unlink(missing_ok=True)  # a link that a killed run left
    CONFIG.symlink_to(folder / "slurm.conf")
    cluster = Cluster(folder)
    try:
        cluster.start("munged")
        cluster.wait((folder / "munge.socket").exists, "munged listens")
        cluster.start("slurmctld")
        cluster.start("slurmd")
        cluster.wait_until_idle()
        yield cluster
    finally:
        cluster.stop()
        CONFIG.unlink(missing_ok=True)
