"""Text that looks like code, Jinja or an end of something, through real Airflows: it arrives as it was written.

Airflow renders fields of operators as Jinja templates at run time, after any check of ours; so this is asked of it.
"""

from __future__ import annotations

from typing import Any

import pytest

from jpe_magics.model.parameter import Parameter
from tests.live.test_dag_loads import airflow, rendered

__all__ = ["airflow"]

HOSTILE = (
    "{{ 7 * 7 }}",
    "{{ ds }} {{ params }} {{ conn.x.password }} {{ var.value.x }}",
    "{% include '/etc/passwd' %}",
    "{% raw %}{{ ds }}{% endraw %}",
    "{# gone? #}",
    "{%- for x in range(3) -%} {{ x }} {%- endfor -%}",
    "{{ macros.datetime.now() }} {{ ''.__class__.__mro__ }}",
    "{{ unclosed",
    "%} }} #} {{ {%",
    "/etc/passwd.sql",
    "echo hi.sh",
    "x.json",
    "'''\nimport os\n'''",
    '"""\n"""',
    "\\' \\\" \\\\ \\n \\x41 \\N{BULLET}",
    "a\r\nb\rc\x0b\x0c\x85\u2028d",
    "\0 \u202e \ufeff é数🚀",
    "${HOME} $(id) `id` %(x)s {0} {x}",
    "</script><script>alert(1)</script>",
    "__var __type {'__type': 'dict', '__var': {}}",
    "",
)


def cells() -> list[tuple[str, str]]:
    """Return a cell for each text: as a literal of it, in a comment, and in a string over lines."""
    made = []
    for number, text in enumerate(HOSTILE):
        comment = " ".join(text.replace("\0", " ").split())
        long = text.replace("\\", "\\\\").replace("'", "\\'").replace("\0", "\\0").replace("\r", "\\r")
        made.append(
            (f"cell_{number}", f"# {comment}\ntext_{number} = {text!r}\nlong_{number} = '''{long}\n'''\ntext_{number}")
        )
    return made


@pytest.mark.parametrize("mode", ["per_cell", "batch"])
def test_hostile_text_arrives_as_it_was_written(
    airflow: Any,
    livy: Any,
    mode: str,
    pipeline_of: Any,
    load_template: Any,
) -> None:
    whole = [text for text in HOSTILE if "\0" not in text]
    parameters = [Parameter(f"p{number}", "str", text, description=text) for number, text in enumerate(whole)]
    parameters += [Parameter("more", "dict", {text: [text] for text in whole})]
    big = "{{ ds }}{% x %}'\"\\\n" * 50_000
    code = [*cells(), ("big", f"big = {big!r}"), ("seen", "seen = dict(config)")]
    pipeline = pipeline_of(code, parameters, whole=mode == "batch")
    options = {
        "owner": HOSTILE[0],
        "description": "\n".join(whole),
        "tags": [one for one in whole if one and "\n" not in one][:6],
    }
    told, log = airflow(
        rendered(pipeline, load_template, mode=mode, **options), livy, conf={"p1": "{{ 7 * 7 }}{# x #}"}
    )
    assert told.get("state") == "success", log[-4000:]
    names = livy.made[0].namespace
    for number, text in enumerate(HOSTILE):
        assert names[f"text_{number}"] == text
        assert names[f"long_{number}"] == f"{text}\n"
    assert names["big"] == big
    expected = {f"p{number}": text for number, text in enumerate(whole)} | {"more": {text: [text] for text in whole}}
    assert {**names["seen"]} == expected | {"p1": "{{ 7 * 7 }}{# x #}"}
    assert told["description"] == options["description"]
    assert set(options["tags"]) <= set(told["tags"])
    assert set(told["owners"]) == {HOSTILE[0]}
