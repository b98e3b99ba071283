"""What a dropped print or display takes with it: arguments that only compute.

The lists below are the published ones.  A call that is not on them may do anything (create, upload,
run), so it is kept as a statement of its own, once and in order.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple, TypeGuard

#: Builtin functions and types that only compute.
PURE_FUNCTIONS = frozenset(
    """
    abs all any ascii bin bool bytearray bytes callable chr complex dict dir divmod enumerate filter float format
    frozenset getattr hasattr hash hex id int isinstance issubclass len list locals globals map max memoryview min
    object oct ord pow range repr reversed round set slice sorted str sum super tuple type vars zip
    """.split()  # noqa: SIM905 - a table of words
)

#: Methods, and functions of modules (`np.mean`, `os.path.join`), that only compute whatever they belong to.
PURE_METHODS = frozenset(
    """
    abspath agg alias all any argmax argmin asDict astype basename between bit_length capitalize casefold cast ceil
    center copy corr cos count countDistinct cov cumsum date decode desc describe difference dirname distinct dot
    dropna dumps encode endswith exists exp expandtabs fillna filter find first floor format format_map
    fromisoformat getNumPartitions getcwd groupBy groupby head index intersection is_dir is_file isalnum isalpha
    isclose isdecimal isdigit isdir isfile isidentifier isin isinf islower isna isnan isnull isnumeric isoformat
    isspace issubset issuperset istitle isupper items iterrows itertuples join keys limit ljust log log10 log2 lower
    lstrip max mean median memory_usage min mode monotonic month most_common nlargest notna notnull now nsmallest
    nunique orderBy partition perf_counter process_time quantile removeprefix removesuffix reshape reset_index rfind
    rindex rjust round rpartition rsplit rstrip select selectExpr set_index sin sort_index sort_values split
    splitext splitlines sqrt startswith std strftime strip strptime substr sum swapcase symmetric_difference tail
    take time timestamp title toPandas to_list today tolist toordinal total_seconds translate transpose union unique
    upper utcnow value_counts values var weekday where year zfill
    """.split()  # noqa: SIM905 - a table of words
)

#: Functions that return before they have called what they were given.
_LAZY = frozenset({"map", "filter"})
#: Arguments that hold a function which the call will run.
_FUNCTION_ARGUMENTS = frozenset({"key", "default", "func"})

_OWN_MEANING = (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)
#: What evaluates its parts not always, not once, or (a string) has none with a position before Python 3.12.
_CONDITIONAL = (ast.BoolOp, ast.IfExp, ast.ListComp, ast.SetComp, ast.DictComp, ast.JoinedStr)


class Purity(NamedTuple):
    """Knows what only computes in this notebook.

    `bound` are names that the notebook binds itself (its own `len` may do anything), `borrowed` those
    that it imports from IPython (`HTML`, `Markdown`: they only show), `iterators` those that hold one:
    whatever looks into it takes from it.
    """

    bound: frozenset[str] = frozenset()
    borrowed: frozenset[str] = frozenset()
    iterators: frozenset[str] = frozenset()

    def kept(self, call: ast.Call, *, tried: bool = False) -> tuple[ast.expr, ...]:
        """Return the expressions within the arguments of `call` that must still be evaluated, in order.

        Where the call is `tried` (an error is caught around it), so must everything that could raise one.

        >>> call = ast.parse("print(len(a), f(b).count(), 'x')", mode="eval").body
        >>> [ast.unparse(one) for one in Purity().kept(call)]
        ['f(b)']
        """
        found: list[ast.expr] = []
        for argument in (*call.args, *(keyword.value for keyword in call.keywords)):
            whole = self._takes(argument) or (tried and _may_raise(argument))
            parts = None if whole else self._impure(argument)
            found += [argument] if parts is None else parts
        return tuple(found)

    def _impure(self, whole: ast.expr) -> list[ast.expr] | None:
        """Return the outermost parts of `whole` that do more than compute.

        None where such a part hides in something that only its consumer runs (a generator, a lambda, a
        `map`): then the whole must stay.
        """
        found: list[ast.expr] = []
        stack: list[ast.AST] = [whole]
        while stack:
            node = stack.pop()
            if isinstance(node, _OWN_MEANING) or (isinstance(node, ast.Call) and not self._is_pure(node)):
                found.append(node)
            elif _is_conditional(node):
                if self._hides(node):
                    found.append(node)
            elif isinstance(node, (ast.Lambda, ast.GeneratorExp)):
                if self._hides(node):
                    return None
            elif isinstance(node, ast.Call):
                if self._runs_unknown(node):
                    return None
                inner: list[ast.AST] = [node.func, *node.args, *(keyword.value for keyword in node.keywords)]
                stack += reversed(inner)
            else:
                stack += reversed(list(_evaluated(node)))
        return found

    def _takes(self, argument: ast.expr) -> bool:
        """Tell whether the argument does more with an iterator than naming it."""
        if not self.iterators or isinstance(argument, ast.Name):
            return False
        return any(isinstance(one, ast.Name) and one.id in self.iterators for one in ast.walk(argument))

    def _is_pure(self, call: ast.Call) -> bool:
        if isinstance(call.func, ast.Name):
            name = call.func.id
            return name in self.borrowed or (name in PURE_FUNCTIONS and name not in self.bound)
        return isinstance(call.func, ast.Attribute) and call.func.attr in PURE_METHODS

    def _runs_unknown(self, call: ast.Call) -> bool:
        """Tell whether a pure call is handed a function that may do anything (`map(f, xs)`, `sorted(xs, key=f)`)."""
        given = [keyword.value for keyword in call.keywords if keyword.arg in _FUNCTION_ARGUMENTS]
        if isinstance(call.func, ast.Name) and call.func.id in _LAZY:
            given += call.args[:1]
        return any(
            (isinstance(one, ast.Name) and (one.id in self.bound or one.id not in PURE_FUNCTIONS))
            or (isinstance(one, ast.Attribute) and one.attr not in PURE_METHODS)
            for one in given
        )

    def _hides(self, node: ast.AST) -> bool:
        """Tell whether anything below `node` does more than compute, or binds a name."""
        return any(
            isinstance(one, _OWN_MEANING)
            or (isinstance(one, ast.Call) and (not self._is_pure(one) or self._runs_unknown(one)))
            for one in ast.walk(node)
        )


def _may_raise(node: ast.expr) -> bool:
    """Tell whether evaluating `node` is more than naming things."""
    plain = (ast.Constant, ast.Name, ast.JoinedStr, ast.FormattedValue, ast.Tuple, ast.List, ast.expr_context)
    return not all(isinstance(one, plain) for one in ast.walk(node))


def _is_conditional(node: ast.AST) -> TypeGuard[ast.expr]:
    chained = isinstance(node, ast.Compare) and len(node.ops) > 1
    return chained or isinstance(node, _CONDITIONAL) or node.__class__.__name__ == "TemplateStr"


def _evaluated(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the children of `node` in the order in which Python evaluates them."""
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if key is not None:
                yield key
            yield value
    else:
        yield from (one for one in ast.iter_child_nodes(node) if isinstance(one, (ast.expr, ast.keyword)))
