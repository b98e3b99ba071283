from __future__ import annotations

from jpe_magics.local.bodies import session_request
from jpe_magics.local.files import Files
from jpe_magics.local.protocol import SessionState
from jpe_magics.local.views import session_view


def test_a_session_shows_what_it_was_asked_for_but_no_secret() -> None:
    conf = {"spark.x": "1", "spark.hadoop.fs.s3a.secret.key": "hunter2", "spark.ssl.keyPassword": "hunter2"}
    request = session_request({"conf": conf, "driverCores": 2, "ttl": "1h", "archives": None}, Files())
    view = session_view(3, SessionState.IDLE, request, {"appId": "a", "sparkUiUrl": "http://ui"}, ["line"])
    assert view == {
        "id": 3,
        "name": None,
        "appId": "a",
        "owner": None,
        "proxyUser": None,
        "state": "idle",
        "kind": "shared",
        "appInfo": {"driverLogUrl": None, "sparkUiUrl": "http://ui"},
        "log": ["line"],
        "ttl": "1h",
        "idleTimeout": None,
        "driverMemory": None,
        "driverCores": 2,
        "executorMemory": None,
        "executorCores": 0,
        "numExecutors": 0,
        "heartbeatTimeoutInSecond": 0,
        "queue": None,
        "jars": [],
        "pyFiles": [],
        "files": [],
        "archives": [],
        "conf": {key: value if key == "spark.x" else "*********(redacted)" for key, value in conf.items()},
    }
    assert "hunter2" not in repr(request)
