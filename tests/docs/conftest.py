"""The tests of the documentation leave alone what is this machine's user's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from jpe_magics.adapters.declared import DECLARED


@pytest.fixture(scope="session", autouse=True)
def nobody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home of the tests' own, and no setting of the environment."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for one in DECLARED.values():
            if one.env in os.environ:
                patch.delenv(one.env)
        for name in ("HOME", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
            (home / name.lower()).mkdir()
            patch.setenv(name, str(home / name.lower()))
        yield home
