"""The cards' badges: what nobody has set up is no fault."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from jpe_magics.answers import find_targets, set_up
from jpe_magics.core.summary import targets_text
from jpe_magics.model.badge import Badge

Until = Callable[..., Any]


def states(panel: Any) -> dict[str, str]:
    return {badge.backend: badge.state for row in panel.state.targets for badge in row.badges}


def test_an_address_that_nobody_set_is_not_set_up_and_one_that_somebody_set_is_down(
    user: Any, wait_until: Until
) -> None:
    user.environ |= {"JPE_AIRFLOW_ENABLED": "true", "JPE_PROBE_TIMEOUT": "0.5"}
    del user.environ["ILUM_API_URL"]
    panel = user.panel()
    wait_until(lambda: panel.state.operating)
    assert states(panel) == {"airflow": "down", "gitea": "down", "ilum": "unset"}
    told = next(badge.tried for row in panel.state.targets for badge in row.badges if badge.backend == "ilum")
    assert told.startswith("http://ilum-core:9888/api/v1: no ")
    assert told.endswith("its address is not set up: set ILUM_API_URL, or the setting ilum_api_url")
    assert panel.state.operating == "Standalone"


@pytest.mark.parametrize("state", ["ok", "refused", "off"])
def test_what_answers_or_is_switched_off_is_told_as_it_is(user: Any, state: str) -> None:
    del user.environ["GITEA_API_URL"]
    badge = Badge("gitea", state, "http://gitea:3000", "tried")
    assert set_up(user.session, badge) is badge


@pytest.mark.parametrize(
    ("provider", "hint"),
    [
        ("local", "none is needed: git_provider is local"),
        ("git", "none is needed: git_provider is git"),
        ("auto", "its address is not set up: set GITEA_API_URL, or the setting git_api_url"),
    ],
)
def test_a_gitea_that_nothing_would_go_to_is_not_asked_for(user: Any, provider: str, hint: str) -> None:
    del user.environ["GITEA_API_URL"]
    user.environ["JPE_GIT_PROVIDER"] = provider
    assert set_up(user.session, Badge("gitea", "down", "http://gitea:3000", "")).hint == hint


def test_the_table_of_targets_says_so_too(user: Any) -> None:
    user.environ["JPE_PROBE_TIMEOUT"] = "0.5"
    del user.environ["ILUM_API_URL"]
    shown = targets_text(find_targets(user.session).rows)
    assert "\N{INFORMATION SOURCE} ilum not set up" in shown
    assert "✗ gitea down" in shown
    assert "set ILUM_API_URL" in " ".join(shown.split())
