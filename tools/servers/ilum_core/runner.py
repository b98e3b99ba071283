"""How a job's file is run: in plain Python, where a stub stands for PySpark; `spark.py` has the real one."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tools.servers.ilum_core.program import Program
from tools.servers.ilum_core.readings import Readings
from tools.servers.ilum_core.records import Definition, Job

HERE = Path(__file__).parent


class NothingToRun(Exception):  # noqa: N818 - what the job's `error` will say
    """The job's class is in none of its files."""


class PythonRunner:
    """Runs every job and driver as a process of `python`; needs neither Spark nor Java and starts in some 0.1 s."""

    def __init__(self, python: str | Path = sys.executable) -> None:
        self.python = str(python)

    def start(self, work: Path) -> None:
        """Get ready to run things whose tables shall be kept below `work`."""

    def stop(self) -> None:
        """End what `start` has started."""

    def job(self, job: Job, readings: Readings) -> Program:
        """Start a single job; raise `NothingToRun`."""
        words = self.script(job, readings)
        return self.program([self.python, *words, *job.definition.get("args", [])], job, readings)

    def driver(self, job: Job, readings: Readings) -> Program:
        """Start a group's driver; its first message says that it is ready."""
        program = self.program([self.python, HERE / "driver.py"], job, readings, channel=True)
        definition = job.definition
        path = [str(definition.folder / part) for part in readings.modules_in]
        path += [str(one) for one in definition.files(*readings.modules_in) if one.suffix in (".zip", ".egg")]
        program.say({"path": path, "conf": self.conf(definition), "name": definition.get("name")})
        return program

    def script(self, job: Job, readings: Readings) -> list[str | Path]:
        """Return the script to run, and the words in front of the job's own arguments."""
        found = modules(job.definition, readings)
        named = job.definition.get("jobClass")
        if readings.job_class == "class" and named:
            module, _, class_name = named.rpartition(".")
            if module in found:
                return [HERE / "run_class.py", found[module], class_name]
        elif named in found or (not named and len(found) == 1):
            return [found[named] if named else next(iter(found.values()))]
        raise NothingToRun(f"java.lang.ClassNotFoundException: {named}")

    def program(self, command: list[str | Path], job: Job, readings: Readings, *, channel: bool = False) -> Program:
        """Start a command with the job's log and a folder of its own."""
        definition = job.definition
        return Program(
            command,
            log=job.log,
            environ=self.environ(definition, readings),
            folder=job.log.parent / "run",
            channel=channel,
        )

    def environ(self, definition: Definition, readings: Readings) -> dict[str, str]:
        """Return the environment of a job."""
        path = [str(HERE / "stub"), *(str(definition.folder / part) for part in readings.modules_in)]
        return {**os.environ, "PYTHONPATH": os.pathsep.join(path), "PYTHONDONTWRITEBYTECODE": "1"}

    def conf(self, definition: Definition) -> dict[str, str]:
        """Return the Spark properties of a job."""
        return definition.conf

    def works(self, job: Job) -> bool:  # noqa: ARG002 - nothing to wait for
        """Tell whether a job that was started has begun its work."""
        return True


def modules(definition: Definition, readings: Readings) -> dict[str, Path]:
    """Return the Python files that can be run, by module name: none where the language is Scala, Ilum's default."""
    if definition.get("language", "SCALA") != "PYTHON":
        return {}
    return {path.stem: path for path in definition.files(*readings.modules_in) if path.suffix == ".py"}
