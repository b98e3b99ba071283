from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import comm
import pytest
from comm.base_comm import BaseComm
from ipywidgets.widgets.widget import _instances

from tests.unit.widgets.fake_panel import OPEN, Fake


class Wire:
    """What goes to the front end: every message, with its size as JSON."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, str, dict[str, Any]]] = []

    def clear(self) -> None:
        self.messages.clear()

    @property
    def bytes(self) -> int:
        return sum(len(json.dumps(data)) for _, _, data in self.messages)

    @property
    def changed(self) -> list[set[str]]:
        """The names of the traits in each update, without the echoes of what the front end said itself."""
        return [
            set(data["state"])
            for kind, _, data in self.messages
            if kind == "comm_msg" and data.get("method") == "update"
        ]

    def count(self, kind: str) -> int:
        return sum(one == kind for one, _, _ in self.messages)


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    """Record what widgets send."""
    wire = Wire()

    class Recorded(BaseComm):
        def publish_msg(self, msg_type: str, data: Any = None, **_: Any) -> None:
            wire.messages.append((msg_type, self.comm_id, data or {}))

    monkeypatch.setattr(comm, "create_comm", lambda *words, **named: Recorded(*words, **named))
    return wire


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """Close what a test left open, so that counts of living widgets are the test's own."""
    before = set(_instances)
    yield
    for name in set(_instances) - before:
        left = _instances.get(name)  # a view's closing closes others
        if left is not None:
            left.close()


@pytest.fixture
def fake() -> Fake:
    return Fake(OPEN)
