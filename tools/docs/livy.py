"""The page of `jpe livy`: the calls that it answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from jpe_magics.local.batch_calls import BATCH
from jpe_magics.local.calls import COMMON
from jpe_magics.local.session_calls import SESSION
from tools.docs.markdown import code, intro, table

#: What each call does.
CALLS: Mapping[tuple[str, str], str] = {
    ("GET", "/version"): "Livy's version, as a client asks for it",
    ("GET", "/sessions"): "the sessions, in pages (`from`, `size`)",
    (
        "POST",
        "/sessions",
    ): "starts a session: `kind` (`pyspark` or `sql`), `name`, `conf`, and Livy's fields for memory, cores, files",
    ("GET", "/sessions/{id}"): "one session, by its number or its name",
    ("DELETE", "/sessions/{id}"): "ends a session and forgets it",
    ("GET", "/sessions/{id}/state"): "its state alone",
    ("GET", "/sessions/{id}/log"): "its log, in pages (`from`, `size`)",
    ("POST", "/sessions/{id}/connect"): "says that somebody still uses it",
    ("POST", "/sessions/{id}/stop"): "ends it; it can be asked for a while yet",
    ("POST", "/sessions/{id}/interrupt"): "ends it too, as in Livy",
    ("POST", "/sessions/{id}/statements"): "runs code: `code`, `kind`",
    ("GET", "/sessions/{id}/statements"): "its statements, in pages (`from`, `size`, `order`)",
    ("GET", "/sessions/{id}/statements/{statement}"): "one statement with its output",
    ("POST", "/sessions/{id}/statements/{statement}/cancel"): "cancels one",
    ("POST", "/sessions/{id}/completion"): "what could be typed next: `code`, `kind`, `cursor`",
    ("POST", "/sessions/{id}/upload-pyfile"): "takes a Python file (multipart field `file`) that statements can import",
    ("POST", "/sessions/{id}/upload-file"): "takes any file",
    ("POST", "/sessions/{id}/add-pyfile"): "adds a Python file of this machine: `uri`",
    ("POST", "/sessions/{id}/add-file"): "adds any file of this machine: `uri`",
    (
        "POST",
        "/sessions/{id}/(upload|add)-jar",
    ): "refused: a running session takes no jar; name it in `jars` or `conf` when it is made",
    ("GET", "/batches"): "the batches, in pages",
    ("POST", "/batches"): "runs a Python file: `file`, `args`, `name`, `conf`",
    ("GET", "/batches/{id}"): "one batch",
    ("DELETE", "/batches/{id}"): "ends a batch and forgets it",
    ("GET", "/batches/{id}/state"): "its state alone",
    ("GET", "/batches/{id}/log"): "its log, in pages",
}


def page() -> str:
    """Return the page."""
    if missing := [one for one in served() if one not in CALLS]:
        raise LookupError(f"these calls are not described in {__name__}.CALLS: {missing}")
    return "\n".join(
        (
            intro("livy"),
            table(
                ("method", "path", "does"),
                ((code(method), code(path), CALLS[method, path]) for method, path in served()),
            ),
            "Anything else is 404, or 405 with the methods that the path has. Answers have Livy's fields and states.\n",
        )
    )


def served() -> Iterator[tuple[str, str]]:
    """Yield method and path of every call that is answered, a path's variable parts in braces."""
    yield "GET", "/version"
    for prefix, routes in (("/sessions", COMMON + SESSION), ("/batches", COMMON + BATCH)):
        for method, pattern, _ in routes:
            readable = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"{\1}", pattern).replace("(?:", "(")
            yield method, prefix + readable
