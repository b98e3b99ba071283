"""Random notebooks, put together of every construct that a wrapper could give another meaning.

A program is a list of parts; a part is a construct with its own number and seed, so that parts can be
left out and the others stay as they are (that is how a failing program is made small).  What a program
says about itself goes by `print` and by the names that it binds.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

#: Makes the fragments of code of one part, in order; they end up in one cell or in several.
Construct = Callable[[random.Random, int], list[str]]
CONSTRUCTS: dict[str, Construct] = {}
#: Constructs that Livy's own interpreter gives another meaning, to an exported DAG and to a Sparkmagic notebook
#: alike: its namespace is not the module `__main__`, and it compiles statement by statement without regard to
#: `from __future__` (`fake_shell.py` in Apache Livy).
NOT_IN_LIVY = frozenset({"pickling", "future"})
QUOTES = '"""'
LINES = [
    "select n",
    "    from t  ",
    "\twhere n > 0",
    "",
    "  %who",
    "!ls",
    "'''",
    "é 数据 🚀",
    "{{ ds }} {% if %}",
    "\\n",
]
LINES += ["# no comment", "def f():", "        pass", "global n", "from __future__ import annotations"]


def construct(make: Construct) -> Construct:
    CONSTRUCTS[make.__name__] = make
    return make


@dataclass(frozen=True)
class Program:
    """`parts` are (construct, number, seed); `fails` tells that a cell raises; `values` change the parameters."""

    parts: tuple[tuple[str, int, int], ...]
    fails: bool = False
    parameters: dict[str, tuple[object, object]] = field(default_factory=dict)

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset(kind for kind, _, _ in self.parts)

    def cells(self, changed: bool = False) -> list[str]:
        """Return the notebook's cells; `changed` puts other values into the parameter cell."""
        cells = ["base = 5"]
        if self.parameters:
            lines = [f"{name} = {pair[changed]!r}" for name, pair in self.parameters.items()]
            cells = ["\n".join(["# @pipeline-params", *lines, 'said = f"{rows}-{label}"']), *cells]
            cells.append("print(rows + 1, not dry, regions[:1], label.upper(), share / 2, said)")
        for _, joined, code in sorted(self._fragments()):
            # `n = 1` and then `global n` in one cell is refused: only IPython takes it.
            if joined and len(cells) > 1 and not code.startswith("global "):
                cells[-1] += f"\n{code}"
            else:
                cells.append(code)
        return cells

    def _fragments(self) -> Iterator[tuple[float, bool, str]]:
        for kind, number, seed in self.parts:
            rng = random.Random(seed)
            place = float(number)
            for code in CONSTRUCTS[kind](rng, number):
                yield place, rng.random() < 0.3, code
                place += rng.random() * 3
        if self.fails:
            yield 6.5, True, "before = [base]\ndef broken(x):\n    return x / (base - 5)\nbroken(before[0])\nafter = 1"

    def without(self, kinds: frozenset[str]) -> Program:
        return Program(tuple(part for part in self.parts if part[0] not in kinds), self.fails, self.parameters)

    def smaller(self) -> Iterator[Program]:
        for place in range(len(self.parts)):
            yield Program(self.parts[:place] + self.parts[place + 1 :], self.fails, self.parameters)
        if self.fails:
            yield Program(self.parts, False, self.parameters)
        if self.parameters:
            yield Program(self.parts, self.fails)


def program(seed: int) -> Program:
    """Return the program of that number: nine constructs, mostly with parameters, seldom with a cell that fails."""
    rng = random.Random(seed)
    kinds = rng.sample(sorted(CONSTRUCTS), 9)
    parts = tuple((kind, number, rng.randrange(10**6)) for number, kind in enumerate(kinds))
    parameters: dict[str, tuple[object, object]] = {}
    if rng.random() < 0.8:
        parameters = {
            "rows": (rng.randrange(9), rng.randrange(9, 99)),
            "dry": rng.choice([(False, True), (True, False)]),
            "share": (0.5, 0.25),
            "regions": (["EU"], ["US", "a;b"]),
            "label": ("x", "7"),
        }
    return Program(parts, rng.random() < 0.15, parameters)


@construct
def star_import(rng: random.Random, k: int) -> list[str]:
    module, use = rng.choice(
        [("math", "floor(pi * {a})"), ("string", "capwords('a b') * {a}"), ("bisect", "bisect([1], {a})")]
    )
    use = use.format(a=rng.randrange(1, 9))
    return [f"from {module} import *", f"def star{k}():\n    return {use}\nprint(star{k}())"]


@construct
def future(rng: random.Random, k: int) -> list[str]:
    if rng.random() < 0.2:  # no feature where none is imported: annotations are values then
        return [f"def typed{k}(x: int, *more: [base]) -> 'text':\n    return x", f"print(typed{k}.__annotations__)"]
    code = f"def typed{k}(x: nowhere{k}, *more: {rng.choice('ab')}[nothing]) -> 'text':\n    return x"
    field = f"class Typed{k}:\n    field: nowhere{k} | None = {rng.randrange(9)}"
    below = f"{field}\nprint(Typed{k}.__annotations__, typed{k}.__annotations__)"
    line = "from __future__ import annotations"
    return [line, code, below] if rng.random() < 0.5 else [f"{line}\n{code}", below]


@construct
def global_names(rng: random.Random, k: int) -> list[str]:
    return [
        f"count{k} = {rng.randrange(9)}\ndef bump{k}(by=1):\n    global count{k}, made{k}\n    count{k} += by\n    made{k} = by",
        f"bump{k}()\nbump{k}({rng.randrange(9)})\nprint(count{k}, made{k})",
        f"global count{k}\ncount{k} *= 2\nif count{k}:\n    global inner{k}\n    inner{k} = count{k}",
        f"class Holder{k}:\n    global held{k}\n    held{k} = count{k}\nprint(held{k})",
    ]


@construct
def names_of_other_cells(rng: random.Random, k: int) -> list[str]:
    a, b = rng.randrange(9), rng.randrange(9)
    return [
        f"print('later{k}' in globals())\nrate{k} = {a}\ndef cost{k}(x, extra=rate{k}):\n    return x * rate{k} + later{k} + extra + base",
        f"later{k} = {b}\nprint(cost{k}(2))",
        f"rate{k} = {b}\nlater{k} += 1\ndel_me{k} = 1\nprint(cost{k}(3), [cost{k}(n) for n in (1, rate{k})])",
        f"del del_me{k}\nprint('del_me{k}' in globals(), 'rate{k}' in globals(), 'rate{k}' in locals())",
    ]


@construct
def recursion(rng: random.Random, k: int) -> list[str]:
    n = rng.randrange(2, 9)
    return [
        f"def even{k}(n):\n    return n == 0 or odd{k}(n - 1)",
        f"def odd{k}(n):\n    return n != 0 and even{k}(n - 1)\nprint(even{k}({n}), odd{k}({n}))",
        f"fib{k} = lambda n: n if n < 2 else fib{k}(n - 1) + fib{k}(n - 2)\nfound{k} = [fib{k}(n) for n in range({n})]",
        (
            f"def outer{k}():\n    seen = []\n    def walk(n):\n        nonlocal seen\n        seen = [*seen, n]\n"
            f"        return seen if n == 0 else walk(n - 1)\n    return walk({n})\nwalked{k} = outer{k}()"
        ),
    ]


@construct
def classes(rng: random.Random, k: int) -> list[str]:
    a = rng.randrange(1, 9)
    return [
        (
            f"class Shape{k}:\n    unit = {a}\n    table = [n for n in range(unit)]\n    def area(self):\n"
            f"        return self.unit * scale{k} + self.__hidden()\n    def __hidden(self):\n        return len(__class__.__name__)"
        ),
        (
            f"scale{k} = {rng.randrange(9)}\nclass Square{k}(Shape{k}):\n    '''A square.\n\n        Indented.\n    '''\n"
            f"    def area(self):\n        return super().area() + base\nprint(Square{k}().area(), Square{k}.__module__)"
        ),
        (
            f"from dataclasses import dataclass, field\n@dataclass(order=True)\nclass Row{k}:\n    'A row.'\n    n: int\n"
            f"    tags: list = field(default_factory=list)\nrow{k} = Row{k}({a}, ['x'])\nprint(row{k}, row{k} < Row{k}({a + 1}))"
        ),
        f"shape{k} = Square{k}()\nshape{k}.note = {a}\nprint(type(shape{k}) is Square{k}, isinstance(shape{k}, Shape{k}))",
    ]


@construct
def pickling(rng: random.Random, k: int) -> list[str]:
    return [
        (
            f"import enum, pickle, typing\nclass Job{k}:\n    def __init__(self, n):\n        self.n = n\n"
            f"class Color{k}(enum.Enum):\n    RED = {rng.randrange(9)}\nclass Pair{k}(typing.NamedTuple):\n    a: 'Job{k}'\n    b: int"
        ),
        (
            f"def double{k}(x):\n    return x * 2\njob{k} = pickle.loads(pickle.dumps(Job{k}({rng.randrange(9)})))\n"
            f"print(type(job{k}) is Job{k}, job{k}.n, pickle.loads(pickle.dumps(double{k})) is double{k})"
        ),
        f"print(pickle.loads(pickle.dumps(Color{k}.RED)) is Color{k}.RED, typing.get_type_hints(Pair{k})['a'] is Job{k})",
        (
            f"import __main__\nprint(__main__.__dict__ is globals(), __main__.job{k} is job{k})\n"
            f"import inspect\nprint(inspect.getsource(double{k}))"
        ),
    ]


@construct
def comprehensions(rng: random.Random, k: int) -> list[str]:
    a = rng.randrange(2, 9)
    return [
        f"n{k} = {a}\nn = 'outside'\nsquares{k} = [n * n{k} for n in range(4)]\nprint(n, squares{k})",
        f"lazy{k} = (n{k} + i for i in range(3))\nadders{k} = [lambda x, i=i: x + i + n{k} for i in range(3)]",
        f"n{k} += 10\ntotal{k} = sum(lazy{k})\nprint(total{k}, [add(1) for add in adders{k}])",
        (
            f"grid{k} = {{i: {{j: i * j for j in range(i) if j != n{k}}} for i in range({a})}}\n"
            f"found{k} = any((last{k} := i) > 2 for i in range(5))\nprint(last{k}, found{k})"
        ),
        f"class Scoped{k}:\n    size = {a}\n    cells = [base for _ in range(size)]\nprint(Scoped{k}.cells, 'i' in globals())",
    ]


@construct
def long_strings(rng: random.Random, k: int) -> list[str]:
    text = "\n".join(rng.choices(LINES, k=rng.randrange(2, 7)))
    kept = text.replace("\\n", "")
    return [
        f"query{k} = {rng.choice(['', 'r'])}{QUOTES}{text}\n{QUOTES}\nprint(repr(query{k}))",
        (
            f"def told{k}():\n    text = {QUOTES}\n{kept.replace('{', '(').replace('}', ')')}\n    {{}}{QUOTES}\n    return text.format(base)\n"
            f"asked{k} = told{k}()\nprint(asked{k})"
        ),
        f"shown{k} = f{QUOTES}a{{base}}\n   {{base:>{rng.randrange(2, 9)}}}\n{QUOTES}; joined{k} = 'a' \\\n    'b'\nprint(shown{k} + joined{k})",
        f"if base:\n    nested{k} = {QUOTES}\nleft\n    right{QUOTES}\n    # a comment\nprint(nested{k}.splitlines())",
    ]


@construct
def decorators(rng: random.Random, k: int) -> list[str]:
    return [
        (
            f"import functools\ncalls{k} = []\ndef logged{k}(tag):\n    def wrap(f):\n        @functools.wraps(f)\n        def inner(*args):\n"
            f"            calls{k}.append((tag, f.__name__, args))\n            return f(*args)\n        return inner\n    return wrap"
        ),
        f"@logged{k}('outer')\n@logged{k}({rng.randrange(9)})\ndef add{k}(x, y=base):\n    return x + y\nprint(add{k}(1), calls{k})",
        f"@functools.lru_cache(maxsize=None)\ndef slow{k}(n):\n    calls{k}.append(n)\n    return n + base\nsums{k} = [slow{k}(n) for n in (1, 2, 1)]",
        (
            f"def register{k}(cls):\n    calls{k}.append(cls.__qualname__)\n    return cls\n@register{k}\nclass Plugin{k}:\n"
            f"    @property\n    def name(self):\n        return self.make()\n    @staticmethod\n    def make():\n        return len(calls{k})\nprint(Plugin{k}().name)"
        ),
    ]


@construct
def main_guard(rng: random.Random, k: int) -> list[str]:
    return [
        f"def main{k}():\n    global ran{k}\n    ran{k} = __name__\n    return {rng.randrange(9)} + base",
        f'if __name__ == "__main__":\n    result{k} = main{k}()\nelse:\n    result{k} = "not main"\nprint(result{k})',
    ]


@construct
def flow(rng: random.Random, k: int) -> list[str]:
    return [
        f"try:\n    1 / 0\nexcept ZeroDivisionError as error{k}:\n    why{k} = str(error{k})\nfinally:\n    done{k} = True\nprint(why{k}, 'error{k}' in globals())",
        f"import contextlib\n@contextlib.contextmanager\ndef scope{k}():\n    order{k}.append('in')\n    yield base\n    order{k}.append('out')\norder{k} = []",
        f"with scope{k}() as inside{k}:\n    order{k}.append(inside{k})\nfor i{k} in range({rng.randrange(1, 9)}):\n    pass\nelse:\n    order{k}.append('else')",
        (
            f"first{k}, *rest{k} = order{k}\nasync def soon{k}():\n    return base\n"
            f"try:\n    soon{k}().send(None)\nexcept StopIteration as stop:\n    value{k} = stop.value\nprint(value{k})"
        ),
    ]


@construct
def binds_config(rng: random.Random, k: int) -> list[str]:
    how = rng.choice(
        [
            "config = {'mine': %d}",
            "def config():\n    return %d",
            "for config in range(%d):\n    pass",
            "class config:\n    n = %d",
        ]
    )
    return [how % rng.randrange(1, 9), f"print(type(config).__name__)\nkept{k} = config"]


@construct
def binds_spark(rng: random.Random, k: int) -> list[str]:
    if rng.random() < 0.3:
        return [f"spark = 'flint{k}'", "spark += str(base)\nprint(spark)"]
    return [
        f"def rows{k}(n):\n    return spark.range(n).collect()",
        "from pyspark.sql import SparkSession\nspark = SparkSession.builder.appName('nb').config('spark.sql.a', 1).getOrCreate()",
        f"print(rows{k}({rng.randrange(1, 9)}), spark.conf.get('spark.sql.a'), type(spark).__name__)",
    ]


@construct
def binds_sc(rng: random.Random, k: int) -> list[str]:
    if rng.random() < 0.5:
        return [f"sc = {{'scale': {rng.randrange(9)}}}", f"sc['more'] = base\nprint(sc)\nscale{k} = sc['scale']"]
    return [
        "from pyspark import SparkContext\nsc = SparkContext.getOrCreate()",
        f"def total{k}():\n    return sum(sc.parallelize([1, {rng.randrange(9)}]))\nprint(total{k}())",
    ]


@construct
def reads_spark(rng: random.Random, k: int) -> list[str]:
    session = "(spark if hasattr(spark, 'range') else __import__('pyspark.sql').sql.SparkSession.builder.getOrCreate())"
    return [
        f"session{k} = {session}\nprint(session{k}.conf.get('spark.sql.own{k}', 'unset'), 'view{k}' in session{k}.catalog.listTables())",
        f"session{k}.conf.set('spark.sql.own{k}', {rng.randrange(9)})\nsession{k}.range({rng.randrange(1, 9)}).createOrReplaceTempView('view{k}')",
        f"rows{k} = session{k}.table('view{k}').collect()\nprint(rows{k}, session{k}.conf.get('spark.sql.own{k}'))",
    ]
