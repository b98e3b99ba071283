"""Which card a panel begins with."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from jpe_magics.core.summary.targets import TargetRow
from jpe_magics.model.badge import Badge
from jpe_magics.panel.choosing import best
from jpe_magics.session import Session


def rows(airflow: str = "unknown", ilum: str = "unknown", gitea: str = "ok") -> tuple[TargetRow, ...]:
    return (
        TargetRow("coming", "Coming", available=False),
        TargetRow("airflow", "Airflow", badges=(Badge("airflow", airflow), Badge("gitea", gitea))),
        TargetRow("ilum", "Ilum", badges=(Badge("ilum", ilum),)),
        TargetRow("py", "Script"),
    )


@pytest.mark.parametrize(
    ("shown", "chosen", "last", "found"),
    [
        (rows("ok", "ok"), "airflow", "", "airflow"),
        (rows("ok", "ok"), "airflow", "ilum", "ilum"),
        (rows("down", "ok"), "airflow", "", "ilum"),
        (rows("down", "ok"), "ilum", "airflow", "ilum"),
        (rows("ok", "down"), "airflow", "ilum", "airflow"),
        (rows("down", "down"), "airflow", "", "airflow"),
        (rows("unset", "ok"), "airflow", "", "ilum"),
        (rows("unset", "unset"), "airflow", "", "airflow"),
        (rows("down", "down"), "airflow", "ilum", "ilum"),
        (rows("down", "ok", gitea="down"), "airflow", "py", "py"),
        (rows("off", "ok"), "airflow", "", "ilum"),
        (rows("off", "ok"), "airflow", "airflow", "airflow"),
        (rows("unknown", "ok"), "airflow", "", "airflow"),
        (rows("down", "unknown"), "airflow", "airflow", "airflow"),
        (rows(), "", "", "airflow"),
        (rows("ok", "ok"), "airflow", "gone", "airflow"),
        (rows()[:1], "", "", ""),
        ((), "", "", ""),
    ],
)
def test_the_card_to_begin_with(shown: tuple[TargetRow, ...], chosen: str, last: str, found: str) -> None:
    assert best(shown, chosen, last) == found


class Slow(Session):
    """A session whose probe ends only when it may."""

    may_answer: Callable[[], Any]

    def badges(self, tell: Any = None) -> Any:
        self.may_answer()
        return super().badges(tell)


def test_a_card_that_does_not_answer_is_left_for_one_that_does(
    user: Any, fake_ilum: ModuleType, wait_until: Callable[..., Any]
) -> None:
    with fake_ilum.FakeIlum() as ilum:
        user.environ |= {"ILUM_API_URL": ilum.url, "JPE_AIRFLOW_ENABLED": "true"}
        panel = user.panel()
        assert panel.state.target == "airflow"
        wait_until(lambda: panel.state.operating)
        wait_until(lambda: panel.state.target == "ilum")
        assert user.previewed(panel).preview.report.target == "ilum"


def test_who_has_touched_something_keeps_the_card(
    user: Any, fake_ilum: ModuleType, wait_until: Callable[..., Any]
) -> None:
    import threading

    touched = threading.Event()
    with fake_ilum.FakeIlum() as ilum:
        user.environ |= {"ILUM_API_URL": ilum.url, "JPE_AIRFLOW_ENABLED": "true"}
        session = Slow(environ=user.environ)
        session.may_answer = lambda: touched.wait(10)
        panel = user.panel(session)
        panel.set("owner", "ada")
        touched.set()
        wait_until(lambda: panel.state.operating)
        assert user.previewed(panel).target == "airflow"
        assert panel.state.values["owner"] == "ada"


def test_a_press_means_the_card_that_its_button_named(
    user: Any, fake_ilum: ModuleType, wait_until: Callable[..., Any]
) -> None:
    with fake_ilum.FakeIlum() as ilum:
        user.environ |= {"ILUM_API_URL": ilum.url, "JPE_AIRFLOW_ENABLED": "true"}
        del user.environ["AIRFLOW_API_URL"]  # nobody set one: the file is written, and no run is started
        panel = user.panel()
        shown = panel.state.target
        wait_until(lambda: panel.state.operating)
        wait_until(lambda: panel.state.target == "ilum")
        panel.export(shown)  # pressed before the card had changed, heard of after it
        state = wait_until(lambda: panel.state if panel.state.done else None)
        assert shown == state.target == state.done.report.target == "airflow"
        assert (user.folder / "dags" / "etl_daily.py").is_file()
        assert ilum.count("POST", "/job/submit") == 0
        assert user.previewed(panel).preview.report.target == "airflow"


def test_a_press_in_vain_on_the_card_before_shows_that_card(
    user: Any, fake_ilum: ModuleType, wait_until: Callable[..., Any]
) -> None:
    with fake_ilum.FakeIlum() as ilum:
        user.environ |= {"ILUM_API_URL": ilum.url, "JPE_AIRFLOW_ENABLED": "true"}
        panel = user.panel()
        wait_until(lambda: panel.state.operating)
        wait_until(lambda: panel.state.target == "ilum")
        user.previewed(panel)
        panel.set_parameter("n", "many")
        wait_until(lambda: panel.state.parameter_errors)
        panel.export("airflow")
        assert panel.state.target == "airflow"
        assert panel.state.blocked is not None
        assert panel.state.work is None
