"""The reference says everything that there is, and nothing that is not."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

import pytest

import jpe_magics
from jpe_magics import cli, errors
from jpe_magics.adapters.declared import DECLARED
from jpe_magics.answers import HISTORY_OPTIONS
from jpe_magics.core.options import COMMON, parse
from jpe_magics.core.tags import Tags, read_tags
from jpe_magics.errors import CODES
from jpe_magics.local.command import _parser as livy_parser
from jpe_magics.model.finding import Rejection
from jpe_magics.model.notebook import Cell
from jpe_magics.model.option import Option
from jpe_magics.results import Export
from jpe_magics.targets import get_target
from tests.docs.pages import REFERENCE, ROOT, code_lines, everything, generated, named, written
from tools.docs import codes, commands, livy, python_api, rejections
from tools.docs.examples import read, run
from tools.docs.imports import Import, drawing, layers_of, needed

TARGETS = ("airflow", "ilum", "py")


def page(name: str) -> str:
    return generated()[REFERENCE / name]


def documented_options(text: str) -> dict[str, list[str]]:
    """The options on a page by their program, as they are written."""
    found: dict[str, list[str]] = {}
    for kind, what in re.findall(r"\{(program|option)\} (.+)", text):
        if kind == "program":
            options = found.setdefault(what, [])
        else:
            options.append(what)
    return found


def flags(options: Iterable[Option]) -> list[str]:
    return [option.flag for option in options]


def test_every_option_stands_in_the_reference_and_no_other() -> None:
    found = documented_options(page("magics.md") + page("targets.md"))
    shown = {program: [one.split()[0].strip(",") for one in options] for program, options in found.items()}
    declared = {
        f"export_pipeline {name}": flags(get_target(name).options) for name in TARGETS if get_target(name).options
    }
    assert shown == {"export_pipeline": flags(COMMON), "jpe_history": flags(HISTORY_OPTIONS), **declared}


@pytest.mark.parametrize("target", TARGETS)
def test_what_is_known_of_an_option_is_said(target: str) -> None:
    text = page("targets.md")
    for option in get_target(target).options:
        (entry,) = [
            one
            for one in re.split(r"^:{3,}\{option\} ", text.partition(f"(target-{target})=")[2], flags=re.MULTILINE)[1:]
            if one.split()[0].strip(",") == option.flag
        ][:1]
        assert option.help.split(";")[0][1:40].split("_")[0] in entry.replace("\\", "")
        for said in (
            option.setting,
            f"metadata.jpe.{option.name}" if option.preset else "",
            option.example,
            *option.modes,
            *option.choices,
        ):
            assert said in entry, (option.flag, said)


def test_every_setting_stands_in_the_reference_and_no_other() -> None:
    text = page("settings.md")
    assert re.findall(r"\{confval\} (\w+)", text) == list(DECLARED)
    for name, one in DECLARED.items():
        entry = re.split(r"\{confval\} ", text)[1 + list(DECLARED).index(name)]
        assert not one.env or f"environment: `{one.env}`" in entry
        if one.default_value and isinstance(one.default_value, str) and not one.secret and name != "audit_log":
            assert f"default: `{one.default_value}`" in entry


def test_the_reference_shows_nothing_of_the_machine_that_made_it() -> None:
    for path, text in generated().items():
        assert not re.search(r"/(root|home|Users|tmp|work)/", text), named(path)


def test_every_rejection_kind_is_explained_and_no_other() -> None:
    kinds = [*Rejection.KINDS, *Rejection.PREFIXES]
    assert list(rejections.explained()) == kinds
    assert re.findall(r"^\((rejection-[\w-]+)\)=$", page("rejections.md"), re.MULTILINE) == [
        rejections.name_of(kind) for kind in kinds
    ]


@pytest.mark.parametrize("kind", [*Rejection.KINDS, *Rejection.PREFIXES])
def test_a_rejections_example_shows_it(kind: str) -> None:
    done = run(read(rejections.explained()[kind]["example"]))
    assert isinstance(done, Export)
    found = {one.kind for one in done.report.rejected}
    assert any(one == kind or (kind.endswith(":") and one.startswith(kind)) for one in found), found


def test_every_code_is_explained_and_no_other() -> None:
    told = codes.explained()
    assert list(told) == list(CODES)
    assert all(
        set(one) <= {"means", "do", "example"} and one["means"].strip() and one["do"].strip() for one in told.values()
    )
    assert re.findall(r"^\((jpe\d+)\)=$", page("codes.md"), re.MULTILINE) == [code.lower() for code in CODES]
    assert {code[3] for code in CODES} == set(codes.GROUPS)


@pytest.mark.parametrize("code", [code for code, told in codes.explained().items() if "example" in told])
def test_a_codes_example_shows_it(code: str) -> None:
    assert code in codes.said(code, read(codes.explained()[code]["example"]))


def test_an_example_that_does_not_show_its_code_is_an_error() -> None:
    with pytest.raises(ValueError, match="the example of JPE330 does not show it"):
        codes.said("JPE330", read("n = 1\n"))


def test_every_code_is_used_somewhere() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "jpe_magics").rglob("*.py"))
    used = re.findall(
        r"JPE\d{3}", source.replace("".join(f'    "{code}": "{told}",\n' for code, told in CODES.items()), "")
    )
    assert set(used) == set(CODES)


def test_every_public_name_stands_in_the_reference_and_no_other() -> None:
    text = page("python.md")
    shown = re.findall(r"^\.\. (?:autoclass|autofunction|py:data):: (\S+)$", text, re.MULTILINE)
    assert len(shown) == len(set(shown))
    assert set(shown) == python_api.documented()
    assert {name for name in shown if name.count(".") == 1} == {f"jpe_magics.{name}" for name in jpe_magics.__all__}
    assert {
        f"jpe_magics.errors.{name}"
        for name, one in vars(errors).items()
        if isinstance(one, type) and issubclass(one, errors.JpeError)
    } <= set(shown)
    for name in shown:
        module, _, last = name.rpartition(".")
        assert hasattr(import_module(module), last), name


def test_every_command_stands_in_the_reference_and_no_other() -> None:
    assert set(commands.COMMANDS) == set(cli._COMMANDS)
    text = page("commands.md")
    for action in livy_parser()._actions:
        assert all(flag in text for flag in action.option_strings)
    assert all(f"## `jpe {name}`" in text for name in commands.COMMANDS)


def test_the_exit_codes_are_those_of_the_errors() -> None:
    shown = {int(code) for code in re.findall(r"^\| (\d+) \|", page("commands.md"), re.MULTILINE)}
    assert shown == {0, *(one.exit_code for one in python_api.error_classes())}


def test_every_call_of_the_livy_stands_in_the_reference_and_no_other() -> None:
    assert list(livy.CALLS.keys() ^ set(livy.served())) == []
    assert all(
        f"| `{method}` | `{path.replace('|', chr(92) + '|')}` |" in page("livy.md") for method, path in livy.served()
    )


def test_every_tag_stands_in_the_reference_and_no_other() -> None:
    table = re.findall(r"^\| (`.+?) \|", (REFERENCE / "tags.md").read_text(encoding="utf-8"), re.MULTILINE)
    tags = [tag.replace("<name>", "x").replace("<n>", "3") for cell in table for tag in re.findall(r"`([^`]+)`", cell)]
    shaped = {tag: changed(read_tags(Cell("n = 1", 0, 1, "a", tags=(tag,)), steps=frozenset({"x"}))) for tag in tags}
    assert all(shaped.values()), shaped
    assert set().union(*shaped.values()) == Tags.__annotations__.keys() - {"rejections", "findings"}


def changed(tags: Tags) -> set[str]:
    """The names of what these tags ask for."""
    assert tags.rejections == ()
    return {name for name in Tags.__annotations__ if getattr(tags, name) != getattr(Tags(), name)} - {"findings"}


#: Variables that are no settings: that of `jpe livy`, those of the tests, and one that a recipe invents.
OTHER_VARIABLES = {"JPE_LIVY_PASSWORD", "JPE_UPDATE_GOLDEN", "JPE_EXPLORE", "JPE_GIT_SIGN_OFF"}
VARIABLE = re.compile(r"\b(?:JPE|AIRFLOW|GITEA|ILUM)_[A-Z][A-Z_]*[A-Z]\b(?!_)")


@pytest.mark.parametrize("path", sorted(everything()), ids=named)
def test_no_page_names_a_variable_that_is_none(path: Path) -> None:
    known = {one.env for one in DECLARED.values()} | OTHER_VARIABLES
    assert set(VARIABLE.findall(everything()[path])) <= known


@pytest.mark.parametrize("path", sorted(everything()), ids=named)
def test_no_page_names_a_code_that_is_none(path: Path) -> None:
    assert set(re.findall(r"\bJPE\d{3}\b", everything()[path])) <= set(CODES)


LINE = re.compile(r"(?:^|\s)(?P<word>%export_pipeline|%jpe_history|jpe export|jpe history|jpe livy)(?P<rest> .*|$)")
EVERY = {"--help"}


def known_flags(word: str, rest: str) -> set[str]:
    """The options that a line with this magic or command may have."""
    if word == "jpe livy":
        return {flag for action in livy_parser()._actions for flag in action.option_strings}
    if word.endswith("history"):
        options: Iterable[Option] = HISTORY_OPTIONS
        return {flag for option in options for flag in (option.flag, f"--no-{option.flag[2:]}")}
    named_targets = [name for name in TARGETS if re.search(rf"\s{name}\b", rest)]
    own = [option for name in named_targets or TARGETS for option in get_target(name).options]
    return {flag for option in (*COMMON, *own) for flag in (option.flag, f"--no-{option.flag[2:]}")} | {"--report"}


#: Pages that show what is wrong, and the target that the plugin of *Write a target* adds.
WRONG_ON_PURPOSE = {"docs/reference/codes.md", "docs/write-a-target/index.md"}


@pytest.mark.parametrize(
    "path", sorted(path for path in everything() if named(path) not in WRONG_ON_PURPOSE), ids=named
)
def test_no_page_shows_an_option_that_is_none(path: Path) -> None:
    for line in code_lines(everything()[path]):
        if found := LINE.search(line):
            shown = set(re.findall(r"(?<=\s)--[a-z][a-z-]*", found["rest"]))
            assert shown <= known_flags(found["word"], found["rest"]) | EVERY, line


WHOLE_LINE = re.compile(
    r"^(?:\w+ = )?%export_pipeline (?P<rest>(?:airflow|ilum|py)\b.*)|^jpe export \S+ (?P<words>(?:airflow|ilum|py)\b.*)"
)


def exports() -> list[tuple[str, str, bool]]:
    """Every line of the pages that exports: its page, what stands from the target on, and whether a shell reads it."""
    found = []
    for path, text in everything().items():
        if named(path) in WRONG_ON_PURPOSE:
            continue
        for line in code_lines(text):
            whole = WHOLE_LINE.search(line)
            rest = (whole["rest"] or whole["words"] or "") if whole else ""
            if rest and not re.search(r"[…\[{]", rest):
                found.append((named(path), rest, line.startswith("jpe ")))
    return found


@pytest.mark.parametrize(("page_", "rest", "in_a_shell"), exports())
def test_every_line_that_exports_can_be_read(page_: str, rest: str, in_a_shell: bool) -> None:
    command = re.split(r"\s(?:2>&1|[|>]+)\s", rest)[0] if in_a_shell else rest
    words = shlex.split(command, comments=in_a_shell)
    report = Option("report", "path", "")
    own = (*get_target(words[0]).options, report) if in_a_shell else get_target(words[0]).options
    given = parse(words[0], own, words[1:])
    options = {name: value for name, value in given.values.items() if name in flags_by_name(words[0])}
    if {option.name for option in get_target(words[0]).options if option.required} <= options.keys():
        get_target(words[0]).check(options)


def flags_by_name(target: str) -> set[str]:
    return {option.name for option in get_target(target).options}


def test_these_pages_are_read() -> None:
    assert len(exports()) > 20
    names = {named(path) for path in written()}
    assert {"README.md", "CONTRIBUTING.md", "docs/index.md", "docs/reference/tags.md"} <= names
    assert "docs/reference/codes.md" not in names


def test_the_layers_are_those_of_the_contract() -> None:
    layers = layers_of(ROOT / "pyproject.toml")
    assert layers[0] == ("cli", "magics")
    assert layers[-1] == ("version",)
    parts = {part for layer in layers for part in layer}
    there = {
        path.stem
        for path in (ROOT / "jpe_magics").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").is_file()
    }
    assert there - parts == {"__init__", "__main__"}
    assert parts <= there


def test_the_picture_has_a_box_for_each_part_and_a_line_for_each_way() -> None:
    found = [Import("a", "b", 1), Import("b", "c", 2), Import("a", "c", 1), Import("a", "d", 3)]
    assert needed(found) == (("a", "b"), ("b", "c"), ("a", "d"))
    svg = drawing((("a",), ("b", "x"), ("c", "d")), found)
    assert re.findall(r"<text[^>]*>(\w+)</text>", svg) == ["a", "b", "x", "c", "d"]
    assert svg.count("marker-end") == 3
