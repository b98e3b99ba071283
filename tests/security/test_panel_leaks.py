"""The panel in a real kernel: secrets stand all around it, and none is in what a front end gets of it or saves."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.scripted_server import Asked, Say, ScriptedServer
from tests.security.front_end import FrontEnd
from tests.security.leaving import Leaving, Processes
from tests.security.planted import Plant
from tests.security.test_leaks import ALLOWED, ASKED, SETTINGS, plants, write

OPEN = "%load_ext jpe_magics\n%export_pipeline"
#: Written into the kernel's start-up folder: a cell that did it would count as not in the notebook.
LOGGING = "import logging\nlogging.basicConfig(filename={log!r}, level=logging.DEBUG, force=True)\n"
TARGETS = {"airflow": "Airflow", "ilum": "Ilum", "py": "Python"}


class Desk:
    """A notebook, a kernel with an open panel, servers that repeat all that they get, and what leaves of it all."""

    def __init__(self, folder: Path, leaving: Leaving, url: str) -> None:
        self.folder, self.leaving, self.log = folder, leaving, folder / "kernel.log"
        mine = ("HOME", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "TMPDIR")
        places = {name: folder / ("tmp" if name == "TMPDIR" else f"home/{name.lower()}") for name in mine}
        for place in places.values():
            place.mkdir(parents=True)
        startup = places["IPYTHONDIR"] / "profile_default" / "startup"
        startup.mkdir(parents=True)
        (startup / "log.py").write_text(LOGGING.format(log=str(self.log)), "utf-8")
        prefixes = ("JPE_", "JPY_", "GITEA_", "AIRFLOW_", "ILUM_", "SSL_", "GIT_")
        others = {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}
        self.environ = {
            **others,
            **{name: str(place) for name, place in places.items()},
            **{name: value for name, value in SETTINGS.items() if name != "AIRFLOW_TOKEN"},
            "JPE_AUDIT_LOG": str(folder / "audit.jsonl"),
            "JPE_NOTEBOOK_PATH": str(folder / "nb.ipynb"),
            "JPE_GIT_PROVIDER": "local",
            "JPE_LOCAL_DAGS_FOLDER": str(folder / "dags"),
            "JPE_REQUEST_TIMEOUT": "5",
            "AIRFLOW_API_URL": url,
            "AIRFLOW_USERNAME": "ada",
            "GITEA_API_URL": f"{url}/api/v1",
            "ILUM_API_URL": f"{url}/api/v1",
            "JPE_PROBE_TIMEOUT": "1.5",
        }
        self.front = FrontEnd(folder, self.environ)

    def open(self) -> FrontEnd:
        """Open the panel, and wait for its first preview."""
        self.front.run(OPEN)
        self.front.widget("jpe-pages")
        return self.front

    def shows(self, text: str) -> None:
        """Wait until a widget shows the text."""
        self.front.listen(lambda: text in self.front.texts())

    def choose(self, target: str) -> None:
        found = [
            state["description"]
            for state in self.front.states.values()
            if "jpe-choose" in state.get("_dom_classes", ())
        ]
        (title,) = (one for one in found if TARGETS[target] in one)
        self.front.press("jpe-choose", description=title)

    def look_everywhere(self) -> None:
        """Open every tab, what is folded away, and the newest record of the history."""
        front = self.front
        (pages,) = (comm for comm, state in front.states.items() if state.get("_model_name") == "TabModel")
        for index in range(len(front.states[pages]["children"])):
            front._send(pages, method="update", state={"selected_index": index}, buffer_paths=[])
            front.run("pass")
        if record := front.find("jpe-row-text") or front.find("jpe-row"):
            front._send(record, method="custom", content={"event": "click"})
            front.run("pass")

    def check(self, *typed: str) -> None:
        """Take all that left, and fail where a secret is in it; in the fields of these ids stands what was typed."""
        front, leaving = self.front, self.leaving
        leaving.add("states in the kernel", states := front.all_states())
        assert len(json.loads(states)) > 50
        for number, (comm, message) in enumerate(front.messages):
            if comm not in typed:  # what a field is told is what it sent: ipywidgets echoes it to other front ends
                leaving.add(f"message {number}", message)
        for field in typed:
            front.states.pop(field)
        leaving.add("widgets as the front end knows them", front.texts())
        leaving.add("saved notebook", front.saved([OPEN]))
        leaving.add("reprs", front.run("Out, dir()"))
        front.run("%unload_ext jpe_magics")
        leaving.add("states behind it", front.all_states())
        front.close()
        assert self.log.stat().st_size
        # Jupyter's own package comm logs each message that comes in, at DEBUG
        lines = self.log.read_bytes().split(b"\n")
        leaving.add("logs at DEBUG", *(line for line in lines if not (typed and b"DEBUG:Comm:handle_msg" in line)))
        leaving.files("history and settings", self.folder / "home")
        leaving.files("temporary files", self.folder / "tmp")
        for path in self.folder.glob("audit.jsonl*"):
            leaving.add(f"history: {path.name}", path.read_bytes())
        assert leaving.found() == [], "\n".join(leaving.found())


@pytest.fixture
def desk_of(tmp_path: Path) -> Iterator[Callable[[dict[str, str]], Desk]]:
    made: list[Desk] = []

    def echo(asked: Asked) -> Say:
        made[0].leaving.add("address of a request", asked.path, repr(asked.query))
        head = "; ".join(f"{name}: {value}" for name, value in asked.headers.items())
        told = f"you sent {head} and {asked.body.decode(errors='replace')}"
        return Say(
            400, {"detail": told, "message": told, "title": told}, {"X-Echo": asked.headers.get("authorization", "")}
        )

    with ScriptedServer(echo) as server:

        def make(secrets: dict[str, str]) -> Desk:
            made.append(Desk(tmp_path, Leaving({**secrets, **SETTINGS}), server.url))
            return made[0]

        yield make
        for desk in made:
            desk.front.close()


def test_what_was_found_is_nowhere_in_the_panel(tmp_path: Path, desk_of: Any) -> None:
    chosen: list[Plant] = random.Random(3).sample(plants(), 120)
    write(tmp_path / "nb.ipynb", *(one.source for one in chosen), "x = 1")
    desk = desk_of({f"{one.kind}, {one.place}": one.value for one in chosen if len(one.value) > 7})
    desk.open()
    desk.shows("JPE201")
    for target in TARGETS:
        desk.choose(target)
        desk.look_everywhere()
    desk.check()


def test_what_was_allowed_and_what_servers_repeat_is_nowhere_in_the_panel(tmp_path: Path, desk_of: Any) -> None:
    write(tmp_path / "nb.ipynb", ("api_token = ''", "parameters"), ALLOWED)
    desk = desk_of({"password": "Zq8-tR4w.Lm2", "URL": "Gk3_vN7-pX9"})
    front = desk.open()
    desk.choose("airflow")
    front.press("jpe-more")
    front.put(description="Export in spite of secrets", value=True)
    desk.shows("api_token")
    desk.look_everywhere()
    with Processes() as processes:
        front.press("jpe-export")
        desk.shows("you sent")
    desk.leaving.add("process arguments", *processes.arguments)
    desk.look_everywhere()
    front.put(description="Auto-trigger DAG", value=False)
    front.press("jpe-export")
    front.listen(lambda: [*(tmp_path / "dags").glob("*.py")])
    desk.look_everywhere()
    assert "Zq8-tR4w.Lm2" in next((tmp_path / "dags").glob("*.py")).read_text("utf-8")
    desk.check()


def test_what_is_typed_is_in_its_field_only(tmp_path: Path, desk_of: Any) -> None:
    """The field holds what stands in it; line, messages, preview, errors, history and logs don't."""
    write(tmp_path / "nb.ipynb", ("db_password = ''\napi_token = ''", "parameters"), "x = db_password + api_token")
    desk = desk_of({name: ASKED[name] for name in ("param", "run_param")})
    front = desk.open()
    desk.choose("airflow")
    (pages,) = (comm for comm, state in front.states.items() if state.get("_model_name") == "TabModel")
    for index in range(len(front.states[pages]["children"])):
        front._send(pages, method="update", state={"selected_index": index}, buffer_paths=[])
    fields = [front.widget("jpe-param"), front.widget("jpe-run-param")]
    for field, name in zip(fields, ("param", "run_param"), strict=True):
        front._send(field, method="update", state={"value": ASKED[name]}, buffer_paths=[])
    desk.shows("JPE201")
    front.press("jpe-export")
    desk.look_everywhere()
    front.run("pass")
    for field in fields:
        front._send(field, method="update", state={"value": ""}, buffer_paths=[])
    front.run("pass")
    desk.check(*fields)
