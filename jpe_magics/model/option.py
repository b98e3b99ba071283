"""Declarations of options: one declaration feeds the parser, the completions, the form and the docs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

#: What an option's text becomes: `list` splits at commas, `map` is a repeatable KEY=VALUE, `flag` has
#: a `--no-` form, `choice` takes one of `choices`.
TYPES = ("str", "int", "float", "list", "map", "flag", "choice", "path")


@dataclass(frozen=True)
class Option:
    """One option of a target or of every target.

    `name` is its Python name (`dag_id`); the magic's and the command's spelling is `--dag-id`.
    `default` is what counts when neither the line, the environment, the notebook's metadata nor a
    setting says anything; `setting` names the setting that does.  `preset` tells that
    `metadata.jpe` of the notebook may give it.  `label` is its name in a form ("" for one made of `name`);
    `main` tells that a form shows it at once, `modes` in which modes of the target it means something (none
    named: in all).
    """

    name: str
    type: str
    help: str
    default: Any = None
    choices: tuple[str, ...] = ()
    metavar: str = ""
    required: bool = False
    setting: str = ""
    preset: bool = False
    example: str = ""
    label: str = ""
    main: bool = False
    modes: tuple[str, ...] = ()

    @property
    def flag(self) -> str:
        return "--" + self.name.replace("_", "-")


@dataclass(frozen=True)
class Request:
    """What is asked for: one target with its options, and the options common to all.

    `options` are the target's own, by Python name, checked and complete.  `parameters` are the values
    of `--param` as text; `run_parameters` those of `--run-param`, typed
    once the notebook's parameters are known.  `output` is a path, "" for none.
    """

    target: str
    options: dict[str, Any]
    kinds: tuple[str, ...] = ("auto",)
    allow_secrets: bool = False
    keep_rejections: bool = False
    preview: bool = False
    output: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    run_parameters: tuple[tuple[str, Any], ...] = ()
    notebook: str = ""
    trigger: bool | None = None
    push: bool = True
    wait: bool = False
    allow_unsaved: bool = False
    replace: bool = False
