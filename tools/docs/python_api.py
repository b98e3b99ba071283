"""The page of the Python API: directives by which Sphinx takes over the docstrings."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator
from importlib import import_module
from typing import NamedTuple

from jpe_magics import errors
from tools.docs.markdown import block, code, intro, table, told


class Group(NamedTuple):
    """Names that belong together, each as module and name."""

    title: str
    told: str
    names: tuple[tuple[str, str], ...]


#: The nouns that the results are made of, and what a target of another package is made with.
GROUPS = (
    Group(
        "What the results are made of",
        "What `Export.report`, `Export.record` and the others hold. All of them are frozen, and none holds a secret.",
        (
            ("jpe_magics.model.report", "Report"),
            ("jpe_magics.model.finding", "Rejection"),
            ("jpe_magics.model.finding", "Finding"),
            ("jpe_magics.model.parameter", "Parameter"),
            ("jpe_magics.model.task", "PreparedCell"),
            ("jpe_magics.model.task", "Task"),
            ("jpe_magics.model.artifact", "Artifact"),
            ("jpe_magics.model.artifact", "File"),
            ("jpe_magics.model.artifact", "Boilerplate"),
            ("jpe_magics.model.publication", "Published"),
            ("jpe_magics.model.record", "Record"),
            ("jpe_magics.model.record", "Row"),
        ),
    ),
    Group(
        "For targets of other packages",
        "A target is an object that fits `Target`, named in the entry point group `jpe_magics.targets`.",
        (
            ("jpe_magics.core.target", "Target"),
            ("jpe_magics.core.target", "PublishesOnly"),
            ("jpe_magics.model.option", "Option"),
            ("jpe_magics.model.option", "Request"),
            ("jpe_magics.model.task", "Pipeline"),
            ("jpe_magics.model.planned", "Planned"),
            ("jpe_magics.core.flow", "Surroundings"),
            ("jpe_magics.core.flow", "Place"),
            ("jpe_magics.core.flow", "Push"),
            ("jpe_magics.core.flow", "Pushed"),
            ("jpe_magics.core.flow", "Call"),
            ("jpe_magics.core.flow", "Answer"),
            ("jpe_magics.core.flow", "Wait"),
            ("jpe_magics.core.flow", "Tell"),
            ("jpe_magics.core.flow", "Made"),
            ("jpe_magics.core.flow", "State"),
            ("jpe_magics.core.literal", "Code"),
            ("jpe_magics.core.literal", "literal"),
            ("jpe_magics.core.render", "render"),
        ),
    ),
)
_FUNCTIONS = ("load_ipython_extension", "unload_ipython_extension")
_CLASSES = ("Session", "Export", "Submission")


def page() -> str:
    """Return the page."""
    return "\n".join(
        (
            intro("python"),
            "## `jpe_magics`\n",
            *(_class(f"jpe_magics.{name}") for name in _CLASSES),
            _directive("py:data", "jpe_magics.__version__", ":type: str\n\nThe version of the package.\n"),
            *(_directive("autofunction", f"jpe_magics.{name}") for name in _FUNCTIONS),
            told("errors"),
            block(_tree()),
            table(("error", "code unless another is said", "exit code"), (_error_row(one) for one in error_classes())),
            *(_class(f"jpe_magics.errors.{one.__name__}", ":show-inheritance:\n") for one in error_classes()),
            *(part for group in GROUPS for part in _group(group)),
        )
    )


def error_classes() -> Iterator[type[errors.JpeError]]:
    """Yield our errors in the order of their module."""
    for one in vars(errors).values():
        if inspect.isclass(one) and issubclass(one, errors.JpeError):
            yield one


def documented() -> set[str]:
    """Return the names that the page documents, each with its module."""
    names = {f"jpe_magics.{name}" for name in (*_CLASSES, *_FUNCTIONS, "__version__")}
    names |= {f"jpe_magics.errors.{one.__name__}" for one in error_classes()}
    return names | {f"{module}.{name}" for group in GROUPS for module, name in group.names}


def _group(group: Group) -> Iterator[str]:
    yield f"## {group.title}\n"
    yield group.told + "\n"
    for module, name in group.names:
        public = f"{module}.{name}"
        is_function = inspect.isroutine(getattr(import_module(module), name))
        yield _directive("autofunction", public) if is_function else _class(public)


def _tree() -> str:
    """Return the tree of the errors as their module draws it."""
    drawn = (errors.__doc__ or "").partition("::\n\n")[2].partition("\n\n")[0]
    return textwrap.dedent(drawn)


def _error_row(one: type[errors.JpeError]) -> tuple[str, str, str]:
    return (
        f"{{py:class}}`~jpe_magics.errors.{one.__name__}`",
        f"[{code(one.default_code)}](#{one.default_code.lower()})",
        str(one.exit_code),
    )


def _class(name: str, options: str = "") -> str:
    """Return the directive for a class by its public name, with more of autodoc's options, a line each."""
    return _directive("autoclass", name, f":members:\n{options}")


def _directive(name: str, argument: str, options: str = "") -> str:
    body = f".. {name}:: {argument}\n" + "".join(f"   {line}\n" if line else "\n" for line in options.splitlines())
    return f"```{{eval-rst}}\n{body}```\n"
