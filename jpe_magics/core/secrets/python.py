"""Secrets in Python code that parses: literals by what they are bound to."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise, zip_longest
from typing import Any

from jpe_magics.core.secrets.names import asks, is_property
from jpe_magics.core.secrets.text import COLUMNS, SETTERS, is_secret
from jpe_magics.core.secrets.values import ANYTHING, CREDIBLE, RANDOM, SIGNED, WORD, level, word_set

#: A literal and what it is: the expression, the text that it evaluates to, what it looks like.
Found = tuple[ast.expr, str, str]

#: Calls that hand on what they are given.
_WRAPPERS = word_set(
    "str bytes bytearray repr lit encode decode strip lower upper quote quote_plus b64encode b64decode broadcast"
    " secret secretstr secretbytes securestring field variable constant var param parameter default format join"
    " option argument"
)
#: Look-ups whose second argument is a default.
_LOOKUPS = word_set("get getenv pop getorelse get_or_default")
#: Calls that take a login, and which of their arguments, from 0, is the secret of it.
_LOGINS = {
    **dict.fromkeys(
        word_set(
            "login httpbasicauth httpdigestauth httpproxyauth httpntlmauth basicauth basic_auth basicauthentication"
            " digestauth plaincredentials basicawscredentials personalaccesstokenauth"
        ),
        1,
    ),
    **dict.fromkeys(word_set("clientsecretcredential clientsecretcredentials ftp ftp_tls"), 2),
}


def find_bound(nodes: Iterable[ast.AST]) -> Iterator[Found]:
    """Yield the literals that stand at password-like names: assignments of all forms, arguments, defaults,
    dictionary entries, settings of options and variables, results of functions."""
    for node in nodes:
        look = _LOOKS.get(type(node))
        if look is not None:
            yield from look(node)


def _assign(node: ast.Assign) -> Iterator[Found]:
    for target in node.targets:
        yield from _bind(target, node.value)


def _each(node: ast.For | ast.comprehension) -> Iterator[Found]:
    if isinstance(node.iter, (ast.List, ast.Tuple, ast.Set)):
        for one in node.iter.elts:
            yield from _bind(node.target, one)


def _assign_one(node: ast.AnnAssign | ast.AugAssign | ast.NamedExpr) -> Iterator[Found]:
    if node.value is not None:
        yield from _bind(node.target, node.value)


def _keyword(node: ast.keyword) -> Iterator[Found]:
    if node.arg:
        yield from _named(node.arg, node.value)


def _dictionary(node: ast.Dict) -> Iterator[Found]:
    for key, value in zip(node.keys, node.values, strict=True):
        if key is not None:
            yield from _bind(key, value)


def _sequence(node: ast.Tuple | ast.List) -> Iterator[Found]:
    """Look at pairs, ("password", …), and at the options of a command, ["tool", "--password", …]."""
    if len(node.elts) == 2:
        key = node.elts[0]
        likely = CREDIBLE if isinstance(node, ast.Tuple) else RANDOM  # a list may be one of columns
        yield from _pair(key, node.elts[1], 0 if is_property(_name(key)) else likely)
    for option, value in pairwise(node.elts):
        if isinstance(option, ast.Constant) and isinstance(option.value, str) and option.value.startswith("--"):
            yield from _pair(option, value, 0)


def _function_result(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[Found]:
    for statement in node.body:
        if isinstance(statement, ast.Return) and statement.value is not None:
            yield from _named(node.name, statement.value)


def _bind(target: ast.expr, value: ast.expr) -> Iterator[Found]:
    if isinstance(target, (ast.Tuple, ast.List)):
        if isinstance(value, (ast.Tuple, ast.List)):
            for left, right in zip(target.elts, value.elts, strict=False):
                yield from _bind(left, right)
        return
    yield from _named(_name(target), value)


def _name(target: ast.expr) -> str:
    """Return the name that a target or key gives to a value, "" if it has none."""
    if isinstance(target, ast.Name):
        return target.id
    if isinstance(target, ast.Attribute):
        return target.attr
    if isinstance(target, ast.Subscript):
        last = target.slice.elts[-1:] if isinstance(target.slice, ast.Tuple) else [target.slice]  # df.loc[0, "token"]
        return _name(last[0]) if last and isinstance(last[0], ast.Constant) else ""
    if isinstance(target, ast.Starred):
        return _name(target.value)
    if isinstance(target, (ast.Constant, ast.JoinedStr, ast.BinOp)):
        return folded(target) or ""
    return ""


def _named(name: str, value: ast.expr, least: int = 0) -> Iterator[Found]:
    wanted, what = asks(name)
    if not wanted:
        return
    if what == "credentials" and isinstance(value, ast.Tuple) and len(value.elts) == 2:
        # requests' auth=(user, password)
        yield from _literals(value.elts[1], ANYTHING, "password")
        return
    yield from _literals(value, max(wanted, least), what)


def _literals(value: ast.expr, wanted: int, what: str) -> Iterator[Found]:
    """Yield the literals that `value` can evaluate to, or that go into it, where they are secrets."""
    todo = [(value, wanted)]
    while todo:
        one, needed = todo.pop()
        text = folded(one)
        if text is not None and "{}" in text and not isinstance(one, ast.Constant):
            yield from _parts(one, what)
        elif text is not None:
            if is_secret(text, needed, what):
                yield one, _credentials(text), what
        elif isinstance(one, ast.Constant):
            if type(one.value) is int and one.value >= 1000 and what == "password" and needed == ANYTHING:
                yield one, str(one.value), what
        else:
            branches, least = _branches(one)
            todo += [(branch, max(needed, least)) for branch in branches]


def _branches(value: ast.expr) -> tuple[list[ast.expr], int]:
    """Return the expressions that `value` may become or is made of, and the level that they must have at least."""
    if isinstance(value, ast.IfExp):
        return [value.body, value.orelse], 0
    if isinstance(value, ast.BoolOp):
        return value.values, 0
    if isinstance(value, (ast.NamedExpr, ast.Await, ast.Starred)):
        return [value.value], 0
    if isinstance(value, (ast.List, ast.Tuple, ast.Set)):
        return value.elts, CREDIBLE
    if isinstance(value, ast.BinOp):
        operations = summed(value)
        return [operations[-1].left, *(one.right for one in operations)], CREDIBLE
    if isinstance(value, ast.Call) and _function(value).lower() in _WRAPPERS:
        receiver = [value.func.value] if isinstance(value.func, ast.Attribute) else []
        keywords = [one.value for one in value.keywords if one.arg in ("default", "value")]
        return [*value.args, *keywords, *receiver], 0
    return [], 0


def _parts(value: ast.expr, what: str) -> Iterator[Found]:
    """Yield the fixed parts of a text put together at run time that are more than words."""
    for node in ast.walk(value):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = _credentials(node.value.strip())
            if len(text) >= 8 and level(text) >= CREDIBLE and "://" not in text and not text.endswith(("=", ":")):
                yield node, text, what


def _credentials(text: str) -> str:
    """Return a header's value without the scheme in front of it."""
    scheme, blank, rest = text.strip().partition(" ")
    return rest.strip() if blank and scheme.lower() in ("bearer", "basic", "token", "apikey", "digest") else text


def _defaults(node: ast.arguments) -> Iterator[Found]:
    positional = [*node.posonlyargs, *node.args]
    for argument, default in zip(reversed(positional), reversed(node.defaults), strict=False):
        yield from _named(argument.arg, default)
    for argument, given in zip_longest(node.kwonlyargs, node.kw_defaults):
        if given is not None:
            yield from _named(argument.arg, given)


def _function(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else _name(node.func)


def _call(node: ast.Call) -> Iterator[Found]:
    function = _function(node).lower()
    function = function.strip("_") or function
    place = _LOGINS.get(function)
    if place is not None:
        yield from (one for word in node.keywords if word.arg == "key" for one in _literals(word.value, WORD, "key"))
        if len(node.args) > place:
            yield from _literals(node.args[place], ANYTHING, "password")
            return
    if function.endswith("b64encode") and node.args:
        # user:password, as it goes behind `Basic`
        user, colon, password = (folded(node.args[0]) or "").partition(":")
        if colon and not any(map(str.isspace, user)) and not password.startswith("/") and level(password) >= SIGNED:
            yield node.args[0], password, "password"
    arguments = node.args[1:] if function == "setattr" else node.args
    named = {one.arg: one.value for one in node.keywords}
    for name in ("key", "name"):
        if name in named and "value" in named:  # xcom_push(key="token", value="…")
            yield from _pair(named[name], named["value"], 0)
    if not arguments:
        return
    known = function in SETTERS or function in _LOOKUPS
    if len(arguments) == 2:
        yield from _pair(arguments[0], arguments[1], 0 if known else RANDOM if function in COLUMNS else CREDIBLE)
    elif known and len(arguments) > 2:
        # dbutils.widgets.text("password", "default", "label"), config.set("section", "password", "value")
        yield from _pair(arguments[0], arguments[1], 0)
        yield from _pair(arguments[1], arguments[2], 0)
    for keyword in node.keywords:
        if keyword.arg in ("default", "value", "fallback", "defaultValue", "envvar_default"):
            for argument in arguments[:2]:
                yield from _pair(argument, keyword.value, 0)


def _pair(key: ast.expr, value: ast.expr, least: int) -> Iterator[Found]:
    if isinstance(key, (ast.Constant, ast.JoinedStr, ast.BinOp)):
        yield from _named(_name(key).strip("-"), value, least)


def _compare(node: ast.Compare) -> Iterator[Found]:
    for left, right in ((node.left, node.comparators[0]), (node.comparators[0], node.left)):
        if isinstance(left, (ast.Name, ast.Attribute, ast.Subscript)) and isinstance(right, ast.Constant):
            yield from _named(_name(left), right, SIGNED)


#: Which nodes bind a value to a name, and how.
_LOOKS: dict[type[ast.AST], Callable[[Any], Iterator[Found]]] = {
    ast.Assign: _assign,
    ast.AnnAssign: _assign_one,
    ast.AugAssign: _assign_one,
    ast.NamedExpr: _assign_one,
    ast.keyword: _keyword,
    ast.Dict: _dictionary,
    ast.For: _each,
    ast.comprehension: _each,
    ast.arguments: _defaults,
    ast.Call: _call,
    ast.Compare: _compare,
    ast.Tuple: _sequence,
    ast.List: _sequence,
    ast.FunctionDef: _function_result,
    ast.AsyncFunctionDef: _function_result,
}


def folded(node: ast.expr) -> str | None:
    """Return the text that a literal evaluates to, with `{}` for what is filled in at run time; None if it is none."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bytes):
            return node.value.decode("latin-1")
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(_filled(one) for one in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        sums = summed(node)
        parts = [folded(sums[-1].left), *(folded(one.right) for one in reversed(sums))]
        if all(part is None for part in parts):
            return None
        return "".join("{}" if part is None else part for part in parts)
    return None


def _filled(part: ast.expr) -> str:
    """Return a part of an f-string; of a value in braces the text where that is a literal, else `{}`."""
    if isinstance(part, ast.FormattedValue) and not part.format_spec and isinstance(part.value, ast.Constant):
        part = part.value
    text = folded(part) if isinstance(part, ast.Constant) else None
    return "{}" if text is None else text


def summed(node: ast.BinOp) -> list[ast.BinOp]:
    """Return the sums in `a + b + c`, the outermost first: a long one leans to the left, too deep to recurse into."""
    found = [node]
    while isinstance(found[-1].left, ast.BinOp) and isinstance(found[-1].left.op, ast.Add):
        found.append(found[-1].left)
    return found
