"""Which names code binds and reads, by Python's own scope rules ("Naming and binding" in its reference).

`symtable` knows scopes but no positions, so the scopes are followed here, over the tree.  Nothing
recurses: a chain of a thousand `+` or `elif` is a deep tree.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, cast

from jpe_magics.core.remembered import Remembered
from jpe_magics.core.tree import parsed, tree_of

#: Fields that hold no node with a name in it, or (`id`, `name`, …) are looked at where they belong.
_BARE = frozenset(
    {"arg", "attr", "conversion", "ctx", "id", "is_async", "kind", "level", "module", "name", "names", "op", "ops"}
    | {"simple", "type_comment", "type_ignores"}
)
#: What opens a scope, or binds names that are no `Name` nodes.
_SPECIAL: frozenset[type[ast.AST]] = frozenset(
    {
        *(ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef),
        *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
        *(ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal, ast.NamedExpr, ast.AugAssign, ast.AnnAssign),
        *(ast.ExceptHandler, ast.MatchAs, ast.MatchStar, ast.MatchMapping),
        *([ast.TypeAlias] if hasattr(ast, "TypeAlias") else []),
    }
)
_STATEMENTS: frozenset[type[ast.AST]] = frozenset(ast.stmt.__subclasses__())
#: What holds statements, and opens no scope.
_HOLDERS: frozenset[type[ast.AST]] = frozenset(
    {
        *(ast.Module, ast.match_case),
        *(one for one in _STATEMENTS - _SPECIAL if {"body", "cases"}.intersection(one._fields)),
    }
)


class Scope:
    """One scope: `kind` is "module", "function" (lambdas too), "class" or "inner" (comprehensions, type parameters).

    `deferred` tells that what stands in it runs when a function is called.
    """

    __slots__ = ("bound", "deferred", "globals", "kind", "nonlocals", "parent")

    def __init__(self, kind: str, parent: Scope | None = None) -> None:
        self.kind = kind
        self.parent = parent
        self.deferred: bool = kind == "function" or (parent is not None and parent.deferred)
        self.bound: dict[str, ast.stmt | None] = {}  # to the statement that binds it first
        self.globals: set[str] = set()
        self.nonlocals: set[str] = set()


class Use:
    """One place where `name` is bound or read (`x += 1` does both).

    `node` is the syntax node, `stmt` the innermost statement that it stands in (a compound one for what
    stands in its head), `home` the scope in which the name lives, None for the module's.
    """

    __slots__ = ("binds", "deferred", "home", "name", "node", "reads", "stmt")

    def __init__(
        self, name: str, node: ast.AST, stmt: ast.stmt | None, binds: bool, reads: bool, deferred: bool
    ) -> None:
        self.name = name
        self.node = node
        self.stmt = stmt
        self.binds = binds
        self.reads = reads
        self.deferred = deferred
        self.home: Scope | None = None

    @property
    def line(self) -> int:
        """The 1-based line of the statement (nodes inside f-strings have no true line before Python 3.12)."""
        return self.stmt.lineno if self.stmt else 1


@Remembered
def uses(tree: ast.Module) -> tuple[Use, ...]:
    """Return every use of a name in `tree`, in textual order; a star import binds `*`.

    They are remembered with the tree, as `tree_of` remembers that: nobody may change them.
    """
    return _Walk().uses(tree)


class ModuleNames(NamedTuple):
    """The names of a module: those that it binds (`*` too), those that it reads, and those read before they are bound.

    What a function reads counts as read when the last line has run.
    """

    bound: frozenset[str]
    read: frozenset[str]
    read_first: frozenset[str]


@Remembered
def module_names(code: str) -> ModuleNames:
    """Return the names of `code` at module level; no tree is kept for their sake."""
    tree = tree_of.get(code)
    return names_of(_Walk().uses(parsed(code)) if tree is None else uses(tree))


def names_of(found: Iterable[Use]) -> ModuleNames:
    """Return the names at module level of the code whose uses these are, in textual order."""
    bound: set[str] = set()
    read: set[str] = set()
    first: set[str] = set()
    for use in run_order([use for use in found if use.home is None]):
        if use.reads:
            read.add(use.name)
            if use.name not in bound:
                first.add(use.name)
        if use.binds:
            bound.add(use.name)
    return ModuleNames(frozenset(bound), frozenset(read), frozenset(first))


def bound_names(code: str) -> frozenset[str]:
    """Return the names that `code` binds at module level, also from functions by `global` (not `*`)."""
    bound = module_names(code).bound
    return bound - {"*"} if "*" in bound else bound


def free_names(code: str) -> frozenset[str]:
    """Return the names that `code` reads, at any depth, and binds at module level nowhere.

    >>> sorted(free_names("def f(a):\\n    return a + b\\nc = [spark for d in f(1)]"))
    ['b', 'spark']
    """
    found = module_names(code)
    return found.read - found.bound


def first_reads(codes: Sequence[str]) -> frozenset[str]:
    """Return the names that the cells, run in order, read before any of them has bound them.

    What a function reads counts as read when the last line of its cell has run; a name that is bound
    in any way (in one branch only, say) counts as bound.
    """
    bound: set[str] = set()
    read: set[str] = set()
    for found in map(module_names, codes):
        read |= found.read_first - bound
        bound |= found.bound
    return frozenset(read)


def run_order(found: Iterable[Use]) -> list[Use]:
    """Return the uses as they take effect: a statement reads before it binds, functions run last."""
    found = list(found)
    place: dict[int, int] = {}
    keys = [(use.deferred, place.setdefault(id(use.stmt), len(place)), not use.reads) for use in found]
    return [found[at] for at in sorted(range(len(found)), key=keys.__getitem__)]


class _Walk:
    """Notes uses while the tree is walked from top to bottom, and finds their homes once all are seen."""

    def __init__(self) -> None:
        self.module = Scope("module")
        self.found: list[Use] = []
        self.within: list[tuple[Use, Scope]] = []  # those of them that stand in other scopes than the module's

    def uses(self, tree: ast.Module) -> tuple[Use, ...]:
        stack: list[tuple[ast.AST, Scope, ast.stmt | None]] = [(tree, self.module, None)]
        while stack:
            node, scope, stmt = stack.pop()
            cls = node.__class__
            if cls in _STATEMENTS:
                stmt = cast("ast.stmt", node)
            if cls in _SPECIAL:
                stack += [(one, at, stmt) for one, at in self._special(node, scope, stmt)][::-1]
            elif cls in _HOLDERS:
                stack += [(one, scope, stmt) for one in _children(node)]
            else:
                rest = self._expression(node, scope, stmt)
                stack += [(one, scope, stmt) for one in rest]
        return self._at_home()

    def _expression(self, whole: ast.AST, scope: Scope, stmt: ast.stmt | None) -> list[ast.AST]:
        """Note the names of a node that holds no statement; return what is left to do, the first one last.

        That is what opens a scope, or binds names in a way of its own, and all behind it.  Most nodes of a notebook
        are met here.
        """
        todo: list[Any] = [whole]
        while todo:
            node = todo.pop()
            cls = node.__class__
            if cls is ast.Name:
                if node.ctx.__class__ is ast.Load:
                    self._keep(Use(node.id, node, stmt, False, True, scope.deferred), scope)
                else:
                    self._name(node, scope, stmt)
            elif cls in _SPECIAL:
                return [*todo, node]
            else:
                for field in _fields[cls]:
                    value = getattr(node, field)
                    if value.__class__ is list:
                        todo += value[::-1]
                    else:
                        todo.append(value)
        return todo

    def _note(
        self, name: str, node: ast.AST, scope: Scope, stmt: ast.stmt | None, binds: bool = True, reads: bool = False
    ) -> None:
        if binds:
            scope.bound.setdefault(name, stmt)
        self._keep(Use(name, node, stmt, binds, reads, scope.deferred), scope)

    def _keep(self, use: Use, scope: Scope) -> None:
        self.found.append(use)
        if scope is not self.module:
            self.within.append((use, scope))

    def _name(self, node: ast.Name, scope: Scope, stmt: ast.stmt | None) -> None:
        stored = node.ctx.__class__ is ast.Store
        if node.ctx.__class__ is ast.Del:
            scope.bound.setdefault(node.id, stmt)  # makes it local, though it must have been bound before
        self._note(node.id, node, scope, stmt, stored, not stored)

    def _special(self, node: ast.AST, scope: Scope, stmt: ast.stmt | None) -> Iterable[tuple[ast.AST, Scope]]:
        """Note what a node binds that is no plain name; return its children with their scopes."""
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            return self._function(node, scope, stmt)
        if isinstance(node, ast.ClassDef):
            return self._class(node, scope, stmt)
        if isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            return _comprehension(node, scope)
        if isinstance(node, ast.AnnAssign):
            return _annotated(node, scope, stmt)
        inner: Iterable[ast.AST] = ()
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for one in node.names:
                whole = isinstance(node, ast.ImportFrom)
                self._note(one.asname or (one.name if whole else one.name.split(".")[0]), one, scope, stmt)
        elif isinstance(node, ast.Global):
            scope.globals.update(node.names)
        elif isinstance(node, ast.Nonlocal):
            scope.nonlocals.update(node.names)
        elif isinstance(node, ast.NamedExpr):
            owner = scope
            while owner.kind == "inner" and owner.parent:
                owner = owner.parent
            self._note(node.target.id, node.target, owner, stmt)
            inner = (node.value,)
        elif isinstance(node, ast.AugAssign):
            if isinstance(node.target, ast.Name):
                self._note(node.target.id, node.target, scope, stmt, True, True)
                inner = (node.value,)
            else:
                inner = (node.target, node.value)
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar, ast.MatchMapping)):
            name = node.rest if isinstance(node, ast.MatchMapping) else node.name
            if name:
                self._note(name, node, scope, stmt)
            inner = ast.iter_child_nodes(node)
        else:  # `type X[T] = …` of Python 3.12
            self._note(getattr(node, "name").id, node, scope, stmt)  # noqa: B009
            outer = self._type_scope(node, scope, stmt)
            return (*_bounds(node, outer), (getattr(node, "value"), outer))  # noqa: B009
        return ((one, scope) for one in inner)

    def _function(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, scope: Scope, stmt: ast.stmt | None
    ) -> Iterator[tuple[ast.AST, Scope]]:
        arguments = node.args
        named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        named += [one for one in (arguments.vararg, arguments.kwarg) if one]
        outer = scope
        body: list[ast.AST] = [node.body] if isinstance(node, ast.Lambda) else [*node.body]
        if not isinstance(node, ast.Lambda):
            self._note(node.name, node, scope, stmt)
            yield from ((one, scope) for one in node.decorator_list)
            outer = self._type_scope(node, scope, stmt)
            yield from _bounds(node, outer)
            yield from ((one.annotation, outer) for one in named if one.annotation)
            if node.returns:
                yield node.returns, outer
        yield from ((one, scope) for one in (*arguments.defaults, *arguments.kw_defaults) if one)
        inner = Scope("function", outer)
        inner.bound.update((one.arg, stmt) for one in named)
        yield from ((one, inner) for one in body)

    def _class(self, node: ast.ClassDef, scope: Scope, stmt: ast.stmt | None) -> Iterator[tuple[ast.AST, Scope]]:
        self._note(node.name, node, scope, stmt)
        yield from ((one, scope) for one in node.decorator_list)
        outer = self._type_scope(node, scope, stmt)
        yield from _bounds(node, outer)
        yield from ((one, outer) for one in (*node.bases, *node.keywords))
        inner = Scope("class", outer)
        yield from ((one, inner) for one in node.body)

    def _type_scope(self, node: ast.AST, scope: Scope, stmt: ast.stmt | None) -> Scope:
        names = [one.name for one in getattr(node, "type_params", ())]
        if not names:
            return scope
        inner = Scope("inner", scope)
        inner.bound.update((name, stmt) for name in names)
        return inner

    def _at_home(self) -> tuple[Use, ...]:
        homes: dict[tuple[int, str], Scope] = {}
        for use, scope in self.within:
            key = (id(scope), use.name)
            if scope.kind == "class" and not use.binds and scope.bound.get(use.name) is use.stmt:
                home = _home(use.name, scope, skip_own=True)  # `spark = spark` in a class reads the one outside
            elif key in homes:
                home = homes[key]
            else:
                home = homes[key] = _home(use.name, scope)
            use.home = None if home is self.module else home
        return tuple(self.found)


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes right below `node` that can hold a name, the last one first."""
    for field in _fields[node.__class__]:
        value = getattr(node, field)
        if value.__class__ is list:
            yield from reversed(value)
        elif value is not None:
            yield value


class _Fields(dict[type, tuple[str, ...]]):
    """The fields of a node that can hold a name, the last one first; none of what is no node (None, a text)."""

    def __missing__(self, cls: type) -> tuple[str, ...]:
        fields = getattr(cls, "_fields", ()) if cls is not ast.Constant else ()
        found = self[cls] = tuple(field for field in reversed(fields) if field not in _BARE)
        return found


_fields = _Fields()


def _comprehension(
    node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp, scope: Scope
) -> Iterator[tuple[ast.AST, Scope]]:
    inner = Scope("inner", scope)
    for place, one in enumerate(node.generators):
        yield one.target, inner
        yield one.iter, inner if place else scope  # the first iterable is evaluated outside
        yield from ((test, inner) for test in one.ifs)
    results = (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)
    yield from ((one, inner) for one in results)


def _bounds(node: ast.AST, scope: Scope) -> Iterator[tuple[ast.AST, Scope]]:
    """Yield what stands in the type parameters of `node` (`[T: bound = default]`)."""
    yield from ((one, scope) for param in getattr(node, "type_params", ()) for one in ast.iter_child_nodes(param))


def _annotated(node: ast.AnnAssign, scope: Scope, stmt: ast.stmt | None) -> Iterator[tuple[ast.AST, Scope]]:
    if scope.kind != "function":
        yield node.annotation, scope  # a function never evaluates the annotations of its variables
    if node.value:
        yield node.value, scope
    if node.value or not isinstance(node.target, ast.Name):
        yield node.target, scope
    elif scope.kind != "module":
        scope.bound.setdefault(node.target.id, stmt)  # makes it local, though it binds nothing


def _outermost(scope: Scope) -> Scope:
    while scope.parent is not None:
        scope = scope.parent
    return scope


def _home(name: str, scope: Scope, *, skip_own: bool = False) -> Scope:
    """Return the scope in which `name`, used in `scope`, lives."""
    at = scope
    while at.parent is not None:
        if name in at.globals:
            return _outermost(at)
        own = name in at.bound and name not in at.nonlocals and not (skip_own and at is scope)
        if own and (at.kind != "class" or at is scope):
            return at
        at = at.parent
    return at
