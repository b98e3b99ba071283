"""Templates → text, under one rule: only `Code` is ever written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from jpe_magics.core.header import LOOK, made_from
from jpe_magics.core.literal import Code, comment, identifier, literal
from jpe_magics.errors import RenderError

#: Returns the source of a template by its name ("airflow/dag.py.j2"), None where there is none.
LoadTemplate = Callable[[str], "str | None"]


def render(template: str, values: Mapping[str, Any], load: LoadTemplate) -> str:
    """Return the template filled with `values`; the text ends with one newline.

    Every `{{ … }}` must evaluate to `Code`: plain values go through the filters `literal`, `identifier`
    and `comment`.  Anything else, an unknown name or a broken template raises `RenderError`; so does a template
    that is given a `header` (`header_lines`) and does not write it.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: _with_its_name(name, load(name))),
        undefined=jinja2.StrictUndefined,
        finalize=_only_code,
        autoescape=False,  # noqa: S701  Python is written, no HTML; `finalize` takes its place
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        bytecode_cache=_compiled(),
    )
    environment.filters.update(literal=literal, identifier=identifier, comment=comment)
    try:
        text = environment.get_template(template).render(values)
    except (jinja2.TemplateError, *_FAULTS) as error:
        raise RenderError(
            f"the template could not be rendered: {_reason(error)}",
            where=_place(error, template),
            hint="mend the template, or unset templates_dir to use ours",
        ) from error
    if "header" in values and made_from(text) is None:
        raise RenderError(
            "the template leaves out the header, by which the next export knows the file as its own",
            where=template,
            hint="begin it as ours begins, with the lines of `header` ({% for line in header %}), among the "
            f"first {LOOK}; or unset templates_dir to use ours",
        )
    return text.rstrip("\n") + "\n"


#: Templates that are kept compiled; ours are a dozen.
MOST_COMPILED = 64


@lru_cache(maxsize=1)
def _compiled() -> Any:
    """Return where Jinja keeps the code that it made of templates, so that a second preview need not make it again.

    The code is found by the template's name and source: an edited template is compiled anew.
    """
    import jinja2

    class Compiled(jinja2.BytecodeCache):
        def __init__(self) -> None:
            self._codes: dict[tuple[str, str], Any] = {}

        def load_bytecode(self, bucket: Any) -> None:
            bucket.code = self._codes.get((bucket.key, bucket.checksum))

        def dump_bytecode(self, bucket: Any) -> None:
            if len(self._codes) >= MOST_COMPILED:
                self._codes.clear()
            self._codes[bucket.key, bucket.checksum] = bucket.code

    return Compiled()


#: What an expression in a template can raise.
_FAULTS = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


def _with_its_name(name: str, source: str | None) -> tuple[str, str, None] | None:
    """Return the source with a file name, which Jinja then writes into tracebacks."""
    return None if source is None else (source, f"template {name}", None)


def _place(error: Exception, template: str) -> str:
    """Return the template and line where `error` arose: what a syntax error says, else the innermost one that ran."""
    name, line = getattr(error, "filename", None), getattr(error, "lineno", None)
    frame = error.__traceback__ if line is None else None
    while frame is not None:
        if frame.tb_frame.f_code.co_filename.startswith("template "):
            name, line = frame.tb_frame.f_code.co_filename, frame.tb_lineno
        frame = frame.tb_next
    name = str(name or template).removeprefix("template ")
    return f"{name}, line {line}" if line else name


def _reason(error: Exception) -> str:
    import jinja2

    if isinstance(error, jinja2.TemplateNotFound):
        return f"there is no template {error.name}"
    return str(error) or type(error).__name__


def _only_code(value: Any) -> Any:
    if isinstance(value, Code):
        return value
    raise TypeError(f"{type(value).__name__} {str(value)[:40]!r} was written without the filter literal")
