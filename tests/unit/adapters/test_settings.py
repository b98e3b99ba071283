from __future__ import annotations

import json
import subprocess
import sys

import pytest
from traitlets import TraitError
from traitlets.config import Config

from jpe_magics.adapters.declared import DECLARED, JpeMagics
from jpe_magics.adapters.settings import CONFIGURED, DEFAULT, Settings
from jpe_magics.errors import SettingsError
from jpe_magics.model.secret import Secret


def made(environ=None, config=None, folders=()):
    return Settings(
        JpeMagics.of(config=Config({"JpeMagics": config or {}})), environ or {}, lambda: [str(f) for f in folders]
    )


def test_defaults_are_those_of_the_contract():
    settings = made()
    expected = {
        "ilum_api_url": "http://ilum-core:9888/api/v1",
        "airflow_api_url": "http://ilum-airflow-api-server:8080",
        "git_api_url": "http://ilum-gitea-http:3000/api/v1",
        "airflow_enabled": True,
        "airflow_jwt_subject": "",
        "airflow_jwt_role": "user",
        "git_provider": "auto",
        "git_branch": "main",
        "git_dags_path": "dags",
        "local_dags_folder": "dags",
        "default_cluster_id": "default",
        "default_livy_conn_id": "ilum-livy-proxy",
        "default_mode": "per_cell",
        "enabled_cell_kinds": ("auto",),
        "probe_timeout": 1.5,
        "visibility_timeout": 120,
        "request_timeout": 10,
        "templates_dir": "",
    }
    assert {name: settings.get(name) for name in expected} == expected
    assert all(settings.origin(name) == DEFAULT and not settings.is_set(name) for name in expected)
    assert len(settings.get("spark_images")) == 6
    assert "" in settings.get("spark_images").values()
    assert settings.get("audit_log").endswith("/.jupyter/jpe-audit.jsonl")
    assert not settings.get("audit_log").startswith("~")


def test_every_setting_of_the_contract_has_its_variable():
    assert {name: one.env for name, one in DECLARED.items()} == {
        "ilum_api_url": "ILUM_API_URL",
        "ilum_token": "ILUM_TOKEN",
        "ilum_ui_url": "ILUM_UI_URL",
        "airflow_enabled": "JPE_AIRFLOW_ENABLED",
        "airflow_api_url": "AIRFLOW_API_URL",
        "airflow_ui_url": "AIRFLOW_UI_URL",
        "airflow_token": "AIRFLOW_TOKEN",
        "airflow_jwt_secret": "AIRFLOW_JWT_SECRET",
        "airflow_jwt_subject": "AIRFLOW_JWT_SUBJECT",
        "airflow_jwt_role": "AIRFLOW_JWT_ROLE",
        "airflow_jwt_audience": "AIRFLOW_JWT_AUDIENCE",
        "airflow_jwt_issuer": "AIRFLOW_JWT_ISSUER",
        "airflow_username": "AIRFLOW_USERNAME",
        "airflow_password": "AIRFLOW_PASSWORD",
        "git_provider": "JPE_GIT_PROVIDER",
        "git_api_url": "GITEA_API_URL",
        "git_ui_url": "GITEA_UI_URL",
        "git_token": "GITEA_TOKEN",
        "git_username": "GITEA_USERNAME",
        "git_password": "GITEA_PASSWORD",
        "git_owner": "JPE_GIT_OWNER",
        "git_repository": "JPE_GIT_REPOSITORY",
        "git_branch": "JPE_GIT_BRANCH",
        "git_dags_path": "JPE_GIT_DAGS_PATH",
        "git_remote_url": "JPE_GIT_REMOTE_URL",
        "git_commit_message": "JPE_GIT_COMMIT_MESSAGE",
        "git_author": "JPE_GIT_AUTHOR",
        "local_dags_folder": "JPE_LOCAL_DAGS_FOLDER",
        "notebook_path": "JPE_NOTEBOOK_PATH",
        "default_cluster_id": "JPE_DEFAULT_CLUSTER_ID",
        "default_livy_conn_id": "JPE_DEFAULT_LIVY_CONN_ID",
        "default_mode": "JPE_DEFAULT_MODE",
        "spark_images": "",
        "enabled_cell_kinds": "JPE_ENABLED_CELL_KINDS",
        "probe_timeout": "JPE_PROBE_TIMEOUT",
        "visibility_timeout": "JPE_VISIBILITY_TIMEOUT",
        "request_timeout": "JPE_REQUEST_TIMEOUT",
        "ca_bundle": "JPE_CA_BUNDLE",
        "audit_log": "JPE_AUDIT_LOG",
        "templates_dir": "JPE_TEMPLATES_DIR",
    }


def test_the_highest_source_wins(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    (first / "jpe_config.json").write_text(json.dumps({"gitBranch": "json-1"}))
    (first / "jpe_config.py").write_text("c.JpeMagics.git_branch = 'py-1'\nc.JpeMagics.git_owner = 'py-1'")
    (second / "jpe_config.json").write_text(json.dumps({"git_branch": "json-2", "gitRepository": "json-2"}))
    folders = (first, second)
    settings = made({"JPE_GIT_BRANCH": "env"}, {"git_branch": "config"}, folders)
    assert (settings.get("git_branch"), settings.origin("git_branch")) == ("env", "environment JPE_GIT_BRANCH")
    settings = made({"JPE_GIT_BRANCH": "  "}, {"git_branch": "config"}, folders)
    assert (settings.get("git_branch"), settings.origin("git_branch")) == ("config", CONFIGURED)
    settings = made({}, {}, folders)
    assert settings.get("git_branch") == "json-1"
    assert settings.origin("git_branch") == f"jpe_config.json: {first / 'jpe_config.json'}"
    assert (settings.get("git_owner"), settings.origin("git_owner")) == (
        "py-1",
        f"jpe_config.py: {first / 'jpe_config.py'}",
    )
    assert settings.get("git_repository") == "json-2"
    assert settings.is_set("git_repository")
    assert settings.get("git_dags_path") == "dags"


@pytest.mark.parametrize("nested", [False, True])
def test_the_camel_case_names_of_the_json_file(tmp_path, nested):
    content = {
        "ilumApiUrl": "https://ilum.example.org/api/v1/",
        "airflowApiUrl": "https://airflow.example.org",
        "gitApiUrl": "https://git.example.org/api/v1",
        "gitProvider": "local",
        "defaultClusterId": "c2",
        "defaultLivyConnId": "livy",
        "defaultMode": "batch",
        "sparkImages": {"mine": "registry.example.org/spark:4"},
        "enabledCellKinds": ["spark", "sql"],
        "airflowJwtRole": "op",
    }
    (tmp_path / "jpe_config.json").write_text(json.dumps({"JpeMagics": content} if nested else content))
    settings = made(folders=(tmp_path,))
    assert settings.get("ilum_api_url") == "https://ilum.example.org/api/v1"
    assert settings.get("enabled_cell_kinds") == ("spark", "sql")
    assert settings.get("spark_images") == {"mine": "registry.example.org/spark:4"}
    assert (settings.get("git_provider"), settings.get("default_cluster_id")) == ("local", "c2")
    assert (settings.get("default_livy_conn_id"), settings.get("default_mode")) == ("livy", "batch")
    assert settings.get("airflow_jwt_role") == "op"


def test_files_are_read_when_first_needed_and_never_from_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "jpe_config.json").write_text("not even JSON")
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_CONFIG_PATH"):
        monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    settings = Settings(JpeMagics(), {})
    assert settings.get("git_branch") == "main"

    def never() -> list[str]:
        raise AssertionError("asked for files")

    assert Settings(JpeMagics(), {"JPE_GIT_BRANCH": "x"}, never).get("git_branch") == "x"


def test_jupyters_config_path_is_where_files_are_found(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    (tmp_path / "jpe_config.json").write_text('{"gitBranch": "jupyter"}')
    assert Settings(JpeMagics(), {}).get("git_branch") == "jupyter"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "not JSON (line 1)"),
        ("[]", "must hold an object"),
        ('{"JpeMagics": 3}', "must hold an object"),
        ('{"gitBranchh": "x"}', "no setting 'gitBranchh'"),
        ('{"ilumApiUrl": 3}', "ilum_api_url must be"),
        ('{"gitToken": ["s3cr3t"]}', "git_token must be text"),
    ],
)
def test_a_wrong_json_file(tmp_path, content, said):
    (tmp_path / "jpe_config.json").write_text(content)
    with pytest.raises(SettingsError) as caught:
        made(folders=(tmp_path,)).get("git_branch")
    assert said in caught.value.message
    assert str(tmp_path / "jpe_config.json") in caught.value.where
    assert "s3cr3t" not in str(caught.value)


def test_a_misspelt_name_gets_a_suggestion(tmp_path):
    (tmp_path / "jpe_config.json").write_text('{"gitBranchh": "x"}')
    with pytest.raises(SettingsError) as caught:
        made(folders=(tmp_path,)).get("git_branch")
    assert caught.value.hint == "did you mean git_branch?"


def test_a_wrong_python_file(tmp_path):
    (tmp_path / "jpe_config.py").write_text("raise ValueError('s3cr3t')")
    with pytest.raises(SettingsError, match="could not be run: ValueError") as caught:
        made(folders=(tmp_path,)).get("git_branch")
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("AIRFLOW_API_URL", "ftp://x", "not 'ftp://x'"),
        ("AIRFLOW_API_URL", "airflow:8080", "an address like"),
        ("AIRFLOW_API_URL", "http://", "an address like"),
        ("AIRFLOW_API_URL", "http://x:99999", "an address like"),
        ("AIRFLOW_API_URL", "http://x y", "an address like"),
        ("AIRFLOW_API_URL", "http://x/?a=1", "without ?"),
        ("AIRFLOW_API_URL", "http://x\nHost: y", "one line"),
        ("AIRFLOW_API_URL", "https://u:s3cr3t@x", "without user name and password"),
        ("JPE_PROBE_TIMEOUT", "soon", "a number of seconds"),
        ("JPE_PROBE_TIMEOUT", "0", "a number of seconds"),
        ("JPE_PROBE_TIMEOUT", "nan", "a number of seconds"),
        ("JPE_PROBE_TIMEOUT", "inf", "a number of seconds"),
        ("JPE_DEFAULT_MODE", "both", "per_cell, batch"),
        ("JPE_GIT_PROVIDER", "github", "auto, gitea, git, local"),
        ("JPE_AIRFLOW_ENABLED", "perhaps", "true or false"),
        ("JPE_ENABLED_CELL_KINDS", "spark,r", "auto, or some of"),
        ("JPE_ENABLED_CELL_KINDS", "auto,spark", "auto, or some of"),
        ("JPE_GIT_REMOTE_URL", "https://u:s3cr3t@git/x.git", "without a password"),
        ("JPE_GIT_REMOTE_URL", "https://s3cr3t@git/x.git", "without a password"),
        ("JPE_AUDIT_LOG", "~no-such-user/audit.jsonl", "no such user"),
        ("GITEA_API_URL", "http://git/api/v1?token=s3cr3t", "without ?"),
        ("JPE_GIT_REMOTE_URL", "--upload-pack=x", "git remote"),
        ("JPE_GIT_REMOTE_URL", "ext::sh -c x", "git remote"),
    ],
)
def test_wrong_values_name_setting_origin_and_what_is_allowed(variable, value, said):
    name = next(name for name, one in DECLARED.items() if one.env == variable)
    with pytest.raises(SettingsError) as caught:
        made({variable: value}).get(name)
    assert caught.value.message.startswith(f"{name} must be ")
    assert said in caught.value.message
    assert caught.value.where == f"environment {variable}"
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("AIRFLOW_API_URL", " https://airflow.example.org/base/ ", "https://airflow.example.org/base"),
        ("AIRFLOW_API_URL", "http://[::1]:8080", "http://[::1]:8080"),
        ("JPE_AIRFLOW_ENABLED", "False", False),
        ("JPE_AIRFLOW_ENABLED", "1", True),
        ("JPE_ENABLED_CELL_KINDS", "spark, sql", ("spark", "sql")),
        ("JPE_REQUEST_TIMEOUT", "2.5", 2.5),
        ("JPE_GIT_REMOTE_URL", "git@example.org:team/dags.git", "git@example.org:team/dags.git"),
        ("JPE_GIT_REMOTE_URL", "ssh://git@example.org:22/team/dags.git", "ssh://git@example.org:22/team/dags.git"),
        ("GITEA_TOKEN", "s3cr3t\n", Secret("s3cr3t")),
    ],
)
def test_values_are_brought_into_one_form(variable, value, expected):
    name = next(name for name, one in DECLARED.items() if one.env == variable)
    assert made({variable: value}).get(name) == expected


@pytest.mark.parametrize(
    ("given", "airflow", "git", "ilum"),
    [
        ({}, "http://ilum-airflow-api-server:8080", "http://ilum-gitea-http:3000", "http://ilum-core:9888"),
        (
            {"ILUM_UI_URL": "https://ilum.example.org/"},
            "https://ilum.example.org/external/airflow",
            "https://ilum.example.org/external/gitea",
            "https://ilum.example.org",
        ),
        (
            {"ILUM_UI_URL": "https://i", "AIRFLOW_API_URL": "https://a/base", "GITEA_API_URL": "https://g/api/v1"},
            "https://a/base",
            "https://g",
            "https://i",
        ),
        (
            {"AIRFLOW_UI_URL": "https://a", "GITEA_UI_URL": "https://g"},
            "https://a",
            "https://g",
            "http://ilum-core:9888",
        ),
    ],
)
def test_addresses_for_browsers_are_derived(given, airflow, git, ilum):
    settings = made(given)
    assert [settings.get(f"{one}_ui_url") for one in ("airflow", "git", "ilum")] == [airflow, git, ilum]
    if "AIRFLOW_UI_URL" not in given:
        assert settings.origin("airflow_ui_url") == "derived from airflow_api_url"
        assert not settings.is_set("airflow_ui_url")


def test_no_secret_is_ever_shown():
    config = JpeMagics.of(config=Config({"JpeMagics": {"git_token": "s3cr3t"}}))
    settings = Settings(config, {"AIRFLOW_PASSWORD": "s3cr3t-2"}, list)
    assert settings.get("git_token").reveal() == "s3cr3t"
    assert settings.secrets() == (Secret("s3cr3t-2"), Secret("s3cr3t"))
    shown = f"{config.git_token!r} {config.class_get_help(config)} {settings.table()} {settings!r} {config!r}"
    assert "s3cr3t" not in shown
    row = next(row for row in settings.table() if row.name == "git_token")
    assert (row.value, row.origin) == ("***", CONFIGURED)
    with pytest.raises(TraitError) as caught:
        config.git_token = ["s3cr3t"]
    assert "s3cr3t" not in str(caught.value)


def test_every_row_of_the_table_has_help_and_variable():
    for row in made().table():
        assert row.help
        assert row.env or row.name == "spark_images"
        assert row.env in row.help


def test_wrong_values_in_ipythons_config():
    with pytest.raises(SettingsError) as caught:
        JpeMagics.of(config=Config({"JpeMagics": {"default_mode": "both"}}))
    assert "default_mode must be one of per_cell, batch" in caught.value.message


def test_the_config_magic_shows_and_sets_without_secrets(capsys):
    from IPython.testing.globalipapp import get_ipython, start_ipython

    shell = start_ipython() or get_ipython()
    config = JpeMagics.of(parent=shell)
    shell.configurables.append(config)
    try:
        shell.run_line_magic("config", "JpeMagics.git_token = 's3cr3t'")
        shell.run_line_magic("config", "JpeMagics.git_branch = 'dev'")
        shell.run_line_magic("config", "JpeMagics")
        shown = capsys.readouterr().out + repr(shell.run_line_magic("config", "JpeMagics.git_token"))
    finally:
        shell.configurables.remove(config)
    assert "JpeMagics.git_branch" in shown
    assert "s3cr3t" not in shown
    settings = Settings(config, {}, list)
    assert settings.get("git_token").reveal() == "s3cr3t"
    assert settings.origin("git_branch") == CONFIGURED


def test_importing_it_is_cheap():
    heavy = ["httpx", "ipywidgets", "nbformat", "jinja2", "sqlite3", "anywidget", "pygments", "jupyter_core", "IPython"]
    code = f"import sys, jpe_magics.adapters.settings\nprint([name for name in {heavy} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
