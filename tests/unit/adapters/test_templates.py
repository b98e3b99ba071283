from __future__ import annotations

import pytest

from jpe_magics.adapters import templates
from jpe_magics.adapters.templates import package_templates, template_loader
from jpe_magics.errors import RenderError, SettingsError


@pytest.fixture
def ours(tmp_path, monkeypatch):
    folder = tmp_path / "ours"
    (folder / "airflow").mkdir(parents=True)
    (folder / "airflow" / "dag.py.j2").write_text("ours")
    (tmp_path / "outside").write_text("outside")
    monkeypatch.setattr("jpe_magics.adapters.templates.package_templates", lambda: folder)
    return folder


def test_the_users_own_template_wins_and_ours_fill_the_gaps(ours, tmp_path):
    own = tmp_path / "own"
    (own / "py").mkdir(parents=True)
    (own / "py" / "script.py.j2").write_text("own: ü", encoding="utf-8")
    load = template_loader(str(own))
    assert (load("airflow/dag.py.j2"), load("py/script.py.j2"), load("py/none.j2")) == ("ours", "own: ü", None)
    (own / "airflow").mkdir()
    (own / "airflow" / "dag.py.j2").write_text("own")
    assert load("airflow/dag.py.j2") == "own"
    assert template_loader()("airflow/dag.py.j2") == "ours"


@pytest.mark.parametrize(
    "name",
    ["../outside", "airflow/../../outside", "/etc/passwd", "", "airflow", "a\0b", "..\\outside", "airflow/dag.py.j2/x"],
)
def test_names_that_lead_nowhere(ours, name):
    assert template_loader()(name) is None


def test_a_templates_folder_that_is_none(tmp_path):
    with pytest.raises(SettingsError, match="templates_dir"):
        template_loader(str(tmp_path / "nothing"))


def test_a_template_that_is_no_text(ours):
    (ours / "airflow" / "dag.py.j2").write_bytes(b"\xff\xff")
    with pytest.raises(RenderError, match="no UTF-8"):
        template_loader()("airflow/dag.py.j2")


def test_a_checkout_has_them_beside_the_package():
    assert package_templates().is_dir()
    assert package_templates().name == "templates"


def test_an_installed_package_has_them_inside(tmp_path, monkeypatch):
    (tmp_path / "jpe_magics" / "templates").mkdir(parents=True)
    monkeypatch.setattr(templates, "__file__", str(tmp_path / "jpe_magics" / "adapters" / "templates.py"))
    assert templates.package_templates() == tmp_path / "jpe_magics" / "templates"
