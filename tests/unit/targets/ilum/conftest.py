"""An Ilum to talk to, and what is done with it: over real HTTP with the real driver, or by a clock of our own."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from jpe_magics.core.flow import Answer, Call, Flow, Made, State, Surroundings, Tell, Wait
from jpe_magics.errors import JpeError
from jpe_magics.model.artifact import Artifact, File
from jpe_magics.model.option import Request
from jpe_magics.model.record import Record
from jpe_magics.targets.ilum import target
from jpe_magics.targets.ilum.publish import publish

ID = "261121-030000-abc"


@pytest.fixture(scope="session")
def fake_ilum() -> ModuleType:
    """The module `tests/fake_ilum.py`."""
    name = "jpe_tests_fake_ilum"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).parents[3] / "fake_ilum.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


class Ilum:
    """A server, and exports to it; `shown` is what the last flow told."""

    def __init__(self, fake: Any, module: ModuleType, flows: ModuleType) -> None:
        self.fake, self._module, self._flows = fake, module, flows
        self.environ = {"ILUM_API_URL": fake.url, "ILUM_UI_URL": "http://ui"}
        self.shown = flows.Watched()

    def fault(self, method: str, path: str, how: str | int, times: int = 1, told: Any = None) -> None:
        self.fake.faults.append(self._module.Fault(method, path, how, times, told))

    def around(self, id: str = ID) -> Surroundings:
        return self._flows.around(self._flows.settings(**self.environ), id)

    def request(self, options: Mapping[str, Any], **asked: Any) -> Request:
        return Request("ilum", target.check({"name": "kpi", **options}), **asked)

    def artifact(self, options: Mapping[str, Any], code: str = "print(1)\n") -> Artifact:
        from jpe_magics.targets.ilum.view import RUN_TAG, module_name

        name = module_name(str(options.get("name", "kpi")))
        if options.get("mode", "single") != "single":
            code = f"# {RUN_TAG}\n{code}"  # which its run takes for what it is
        return Artifact((File(f"{name}.py", code),), {}, {"conf": {"spark.x": "1"}})

    def export(self, mode: str = "single", options: Mapping[str, Any] | None = None, id: str = ID, **asked: Any) -> Any:
        """Publish, and return what the flow told."""
        given = {"mode": mode, **({"cron": "0 5 * * *"} if mode == "cron" else {}), **(options or {})}
        code = asked.pop("code", "print(1)\n")
        self.shown = self._flows.Watched()
        request = self.request(given, **asked)
        self.options = request.options
        return self.drive(publish(self.artifact(given, code), request, self.around(id)))

    def drive(self, flow: Flow) -> Any:
        self.shown = self._flows.Watched()
        return self._flows.run(flow, self._flows.settings(**self.environ), self.shown)

    def refused(self, mode: str = "single", options: Mapping[str, Any] | None = None, **asked: Any) -> JpeError:
        """Return the error of an export that must fail."""
        with pytest.raises(JpeError) as caught:
            self.export(mode, options, **asked)
        return caught.value

    def record(self, shown: Any, **changed: Any) -> Record:
        """Return the record that the last export left, which told `shown`."""
        file = self.artifact(self.options).files[0]
        return Record(
            **{
                "id": ID,
                "target": "ilum",
                "status": "exported",
                "options": self.options,
                "files": ({"path": file.path, "sha256": file.sha256, "text": file.text},),
                "published": tuple(one.to_json() for one in shown.published),
                "rerun": {"session_conf": {"conf": {"spark.x": "1"}}},
                **changed,
            }
        )

    def again(self, record: Record, values: Mapping[str, Any] | None = None, wait: bool = False) -> Any:
        return self.drive(target.again(record, values or {}, wait, self.around("261121-040000-def")))

    def play(self, flow: Flow, until: Callable[[float], None] = lambda now: None) -> list[Any]:
        """Carry out `flow` without HTTP and by a clock of its own, and return its steps; `until` hears the time."""
        now, done = 0.0, []
        sent: Any = None
        while True:
            try:
                step = flow.send(sent)
            except StopIteration:
                return done
            done.append(step)
            sent = None
            if isinstance(step, Wait):
                now += step.seconds
                until(now)
                sent = now
            elif isinstance(step, Call):
                body = None if step.form is None else self._module._Form(dict(step.form.fields), {"pyFiles": b""}, 1)
                status, told = self.fake.answer(step.method, step.path, dict(step.query), body or step.body, "")
                sent = Answer(status, told)
            else:
                assert isinstance(step, (Made, State, Tell))


@pytest.fixture
def ilum(fake_ilum: ModuleType, flows: ModuleType) -> Iterator[Ilum]:
    with fake_ilum.FakeIlum() as running:
        yield Ilum(running, fake_ilum, flows)
