"""Groups (services): warm drivers that take the executions of their group one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial, wraps
from typing import Any, TypeVar, cast

from tools.servers.ilum_core.jobs import Jobs, error_of
from tools.servers.ilum_core.program import Program
from tools.servers.ilum_core.records import Definition, Group, Instance, Job
from tools.servers.ilum_core.refusal import Refusal, not_found
from tools.servers.ilum_core.state import State

_LOOK_SECONDS = 0.1


_Method = TypeVar("_Method", bound=Callable[..., Any])


def _locked(method: _Method) -> _Method:
    """Let nobody else change anything while the method looks and acts."""

    @wraps(method)
    def inside(self: Groups, *words: Any, **more: Any) -> Any:
        with self._state.changed:
            return method(self, *words, **more)

    return cast("_Method", inside)


class Groups:
    """All groups, also the archived ones."""

    def __init__(self, state: State, jobs: Jobs) -> None:
        self._state, self._jobs = state, jobs

    @_locked
    def create(self, definition: Definition) -> Group:
        """Make a group and start its drivers; raise `Refusal` 409 for a name that is taken."""
        name, now = definition.get("name"), self._state.clock
        living = (one for one in self._state.groups.values() if one.state == "ACTIVE")
        if self._state.readings.unique_names == "living" and any(one.definition.get("name") == name for one in living):
            raise Refusal(409, f"Group with name {name} already exists")
        if definition.get("kind", "JOB") != "JOB":
            raise Refusal(409, "groups of kind CODE are not part of this stand-in")
        group = Group(definition, now.milliseconds(), now.seconds(), definition.get("scale", 1))
        self._state.groups[group.id] = group
        self._fill(group)
        return group

    def get(self, key: str) -> Group:
        """Return a group; raise `Refusal` 404."""
        if key not in self._state.groups:
            raise not_found("Group", key)
        return self._state.groups[key]

    def named(self, name: str) -> Group:
        """Return the newest group of that name, an active one before others; raise `Refusal` 404."""
        found = [one for one in self._state.groups.values() if one.definition.get("name") == name]
        if not found:
            raise not_found("Group", name)
        return next((one for one in reversed(found) if one.state == "ACTIVE"), found[-1])

    def update(self, group: Group, values: Mapping[str, Any]) -> None:
        """Change what the form names; drivers that run keep what they were started with."""
        group.definition.fields.update(values)
        if "scale" in values:
            self.rescale(group, values["scale"])

    @_locked
    def rescale(self, group: Group, scale: int) -> None:
        """Start drivers or end some."""
        self._active(group)
        group.scale = scale
        for job in group.drivers[scale:]:
            self._jobs.stop(job, "FINISHED")
        if not group.resting:
            self._fill(group)

    @_locked
    def rest(self, group: Group, why: str = "paused") -> None:
        """Let the drivers go; "idle" until the next execution, "paused" until `resume`."""
        self._active(group)
        group.resting = why
        for job in group.drivers:
            self._jobs.stop(job, "FINISHED")

    @_locked
    def resume(self, group: Group, *, anew: bool = False) -> None:
        """Start the drivers that are missing; `anew` ends those that run."""
        self._active(group)
        for job in group.drivers if anew else ():
            self._jobs.stop(job, "FINISHED")
        group.resting = ""
        self._fill(group)

    @_locked
    def stop(self, group: Group) -> None:
        """Archive a group; its drivers are canceled."""
        if group.state == "ACTIVE":
            group.state, group.archived = "ARCHIVED", self._state.clock.milliseconds()
        for job in group.drivers:
            self._jobs.stop(job)
        self._give_up(group, "the group was stopped")

    @_locked
    def delete(self, group: Group) -> None:
        """Stop a group and forget it with its jobs."""
        self.stop(group)
        for job in group.jobs:
            self._jobs.delete(job)
        self._state.groups.pop(group.id, None)

    @_locked
    def execute(self, group: Group, body: Any) -> Instance:
        """Take an execution and return its instance; raise `Refusal` 409 for what the group can't run."""
        job_class, config = _asked(body)
        self._active(group)
        if group.resting == "paused":
            raise Refusal(409, f"Group {group.id} is paused")
        if group.resting:
            self.resume(group)
        reading = self._state.readings
        if not group.drivers and reading.dead_driver == "refuse":
            raise Refusal(409, f"Group {group.id} has no running job")
        if reading.params_as_text:
            config = {name: _as_text(value) for name, value in config.items()}
        instance = Instance(group.id, job_class, config, self._state.clock.milliseconds())
        group.instances.append(instance)
        group.waiting.append(instance)
        group.last_used = self._state.clock.seconds()
        self._state.changed.notify_all()
        if not group.drivers and reading.dead_driver == "error":
            self._give_up(group, "the group has no running job")
        return instance

    @_locked
    def let_idle_ones_rest(self) -> None:
        """Pause the groups with `autoPause` that nobody has used for long."""
        before = self._state.clock.seconds() - self._state.idle_seconds
        for group in self._state.groups.values():
            busy = group.waiting or any(job.state != "READY" for job in group.drivers)
            if group.definition.get("autoPause") and group.drivers and not busy and group.last_used < before:
                self.rest(group, "idle")

    def _active(self, group: Group) -> None:
        if group.state != "ACTIVE":
            raise Refusal(409, f"Group {group.id} is archived")

    def _fill(self, group: Group) -> None:
        for _ in range(group.scale - len(group.drivers)):
            log = self._state.folder(f"{group.id}-{len(group.jobs)}") / "job.log"
            log.touch()
            job = Job(group.definition.copy(), log, self._state.clock.milliseconds(), "INTERACTIVE", group.id)
            group.jobs.append(job)
            self._state.add(job, partial(self._drive, group, job))

    def _drive(self, group: Group, job: Job) -> None:
        """Run a driver until it ends, or is ended."""
        state = self._state
        state.move(job, "STARTING")
        program = job.program = state.runner.driver(job, state.readings)
        if job.ended or state.closing:  # it was stopped before there was a program to end
            program.end()
        if hello := program.heard():
            job.app = hello["app"]
            state.move(job, "READY")
            while (instance := self._next(group, job, program)) and self._answer(job, instance, program):
                pass
        code = program.wait(5)
        program.close()
        log = job.log.read_text(encoding="utf-8", errors="replace")
        state.move(job, "FAILED", f"the driver ended with exit code {code}\n{error_of(log)}")
        if not group.drivers and not group.resting and state.readings.dead_driver != "wait":
            self._give_up(group, "the group has no running job")

    def _next(self, group: Group, job: Job, program: Program) -> Instance | None:
        """Return the next execution for a driver; None where it has ended."""
        state = self._state
        with state.changed:
            while not (job.ended or state.closing or program.code is not None):
                if group.waiting:
                    instance = group.waiting.popleft()
                    instance.job, instance.started = job.id, state.clock.milliseconds()
                    state.move(job, "BUSY")
                    return instance
                state.changed.wait(_LOOK_SECONDS)
        return None

    def _answer(self, job: Job, instance: Instance, program: Program) -> bool:
        """Run an execution; return whether the driver is still there."""
        program.say({"jobClass": instance.job_class, "jobConfig": instance.config})
        answer = program.heard()
        group = self._state.groups.get(instance.group)
        if group is not None:
            group.last_used = self._state.clock.seconds()
        lost = {"error": {"message": f"the driver of job {job.id} has ended", "stackTrace": ""}}
        with self._state.changed:  # who sees the result sees the driver ready
            self._end(instance, lost if answer is None else answer)
            if answer is not None:
                self._state.move(job, "READY")
        return answer is not None

    @_locked
    def _give_up(self, group: Group, why: str) -> None:
        while group.waiting:
            self._end(group.waiting.popleft(), {"error": {"message": why, "stackTrace": ""}})

    def _end(self, instance: Instance, answer: Mapping[str, Any]) -> None:
        with self._state.changed:
            instance.result, instance.error = answer.get("result"), answer.get("error")
            instance.ended_at = self._state.clock.milliseconds()
            self._state.feed.add("instance", instance.info())


def _asked(body: Any) -> tuple[str, dict[str, Any]]:
    """Return class and config of an execution."""
    if not isinstance(body, dict) or body.get("type") != "interactive_job_execute":
        raise Refusal(409, "type must be interactive_job_execute in a group of kind JOB")
    job_class, config = body.get("jobClass"), body.get("jobConfig")
    if not isinstance(job_class, str) or not job_class or not isinstance(config, dict):
        raise Refusal(409, "jobClass and jobConfig must be given")
    return job_class, config


def _as_text(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, (int, float)) else value
