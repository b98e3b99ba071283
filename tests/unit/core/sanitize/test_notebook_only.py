"""What exists in a notebook only: IPython's names, our own lines, shared sessions, and what they leave behind."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jpe_magics.core.sanitize import Sanitized

Clean = Callable[..., tuple[Sanitized, ...]]
Kinds = Callable[[Sanitized], list[tuple[str, int, int]]]


@pytest.mark.parametrize(
    ("source", "code", "found"),
    [
        ("get_ipython().system('ls')\nx = 1", "x = 1", [("shell", 1, 1)]),
        ("files = get_ipython().getoutput('ls')", "", [("shell", 1, 1)]),
        ("get_ipython().magic('matplotlib inline')", "", [("magic", 1, 1)]),
        ("get_ipython().run_line_magic('pinfo', 'df')", "", [("help", 1, 1)]),
        ("get_ipython().run_cell_magic('bash', '', 'ls')", "", [("magic", 1, 1)]),
        ("import IPython\nIPython.get_ipython().system('x')", "", [("ipython", 1, 1), ("shell", 2, 2)]),
        ("get_ipython().run_line_magic('time', 'x = f()')", "x = f()", [("magic", 1, 1)]),
        ("v = get_ipython().run_line_magic('time', 'f(x)')", "v = f(x)", [("magic", 1, 1)]),
        ("if a:\n    get_ipython().run_line_magic('time', 'f()')", "if a:\n    f()", [("magic", 2, 2)]),
        (
            "get_ipython().run_cell_magic('time', '', 'a = 1\\nprint(a)\\n!ls\\nif a:\\n    b = 2\\n')",
            "a = 1\nif a:\n    b = 2",
            [("magic", 1, 1), ("display", 1, 1), ("shell", 1, 1)],
        ),
        ("get_ipython().run_cell('x = 1')", "x = 1", [("ipython", 1, 1)]),
        ("if a:\n    get_ipython().run_cell_magic('time', '', 'a\\nb')", "if a:\n    pass", [("magic", 2, 2)]),
        ("x = _\ny = Out[3] + In[2]\n_3.show()\nq = 1", "q = 1", [("ipython", n, n) for n in (1, 2, 3)]),
        ("z = __ + _i1\n_i\n_oh", "", [("ipython", n, n) for n in (1, 2, 3)]),
        ("exit\nquit\nx = 1", "x = 1", [("ipython", 1, 1), ("ipython", 2, 2)]),
        ("if get_ipython():\n    a()\nelse:\n    b()\nx = 1", "x = 1", [("ipython", 1, 4)]),
        ("if a:\n    pass\nelif get_ipython():\n    x = 1\nelse:\n    y = 2", "if a:\n    pass", [("ipython", 3, 6)]),
        ("@get_ipython().on\n@b\ndef f():\n    pass\n@c\ndef g(): pass", "@c\ndef g(): pass", [("ipython", 1, 4)]),
        ("ip = get_ipython()\nif ip:\n    ip.magic('x')\nx = 1", "x = 1", [("ipython", 1, 1), ("ipython", 2, 3)]),
        ("ip = get_ipython()\nif ip:\n  ip.magic('x')\n  f()", "if ip:\n  f()", [("ipython", 1, 1), ("magic", 3, 3)]),
        ("from IPython import get_ipython\nget_ipython().system('x')", "", [("ipython", 1, 1), ("shell", 2, 2)]),
    ],
)  # fmt: skip
def test_ipythons_names(clean: Clean, kinds: Kinds, source: str, code: str, found: list[tuple[str, int, int]]) -> None:
    (one,) = clean(source)
    assert (one.code.text, kinds(one)) == (code, found)


@pytest.mark.parametrize(
    "source",
    [
        "try:\n    get_ipython()\n    a = True\nexcept NameError:\n    a = False",
        "try:\n    ip = get_ipython()\nexcept (ImportError, NameError):\n    ip = None\nif ip:\n    ip.magic('x')",
        "try:\n    get_ipython().magic('x')\nexcept:\n    pass",
        "if 'get_ipython' in globals():\n    get_ipython().magic('x')",
        "shell = get_ipython() if 'get_ipython' in globals() else None",
        "import sys\nif 'ipykernel' in sys.modules:\n    get_ipython().system('x')",
        "from contextlib import suppress\nwith suppress(NameError):\n    get_ipython().system('x')",
        "def notebook():\n    try:\n        return get_ipython().x\n    except NameError:\n        return False",
        "for _ in range(3):\n    f(_)\ng(_)",
        "_, x = f()\ny = _",
        "z = [_ for _ in y]\nf = lambda _: _\nmatch z:\n    case [_, *_]: pass\n    case _: pass",
        "def f(In, Out):\n    return In + Out",
        "import gettext\n_ = gettext.gettext\nx = _('a')",
        "x.get_ipython()\na.In[3]",
        "def f():\n    from IPython import get_ipython\n    return get_ipython()",
    ],
)
def test_guarded_and_own_names_stay(same: Callable[[str], None], source: str) -> None:
    same(source)


@pytest.mark.parametrize(
    "source",
    [
        "%load_ext jpe_magics\n%reload_ext jpe_magics\n%unload_ext jpe_magics",
        "%export_pipeline airflow \\\n  --dag-id x\nresult = %export_pipeline py",
        "%jpe_history 3\n%config JpeMagics.a = 1\n%jpe_history?\n?%export_pipeline",
        "get_ipython().run_line_magic('export_pipeline', 'py')\nr = get_ipython().magic('%jpe_history')",
        "export_pipeline py\njpe_history",
        "%time %export_pipeline py",
    ],
)
@pytest.mark.parametrize("keep", [False, True])
def test_our_lines_go_silently(clean: Clean, source: str, keep: bool) -> None:
    one, after = clean(f"{source}\nx = 1\nif x:\n    %export_pipeline py", "y = 2", keep=keep)
    assert (one.code.text, one.rejections, one.ours) == ("x = 1\nif x:\n    pass", (), True)
    assert (after.code.text, after.ours) == ("y = 2", False)


@pytest.mark.parametrize(
    "stop",
    [
        *("spark.stop()", "sc.stop()", "spark.sparkContext.stop()", "session.stop()", "context.stop()"),
        *("SparkSession.builder.getOrCreate().stop()", "SparkContext.getOrCreate().stop()"),
    ],
)
def test_a_shared_session_is_not_stopped(clean: Clean, stop: str) -> None:
    made = "session = SparkSession.builder.appName('a').getOrCreate()\ncontext = session.sparkContext\n"
    source = f"{made}try:\n    go()\nfinally:\n    {stop}"
    (one,) = clean(source)
    assert one.code.text == f"{made}try:\n    go()\nfinally:\n    pass"
    assert [(found.kind, found.text) for found in one.rejections] == [("session", stop)]
    (one,) = clean(source, shared=False)
    assert (one.code.text, one.rejections) == (source, ())


def test_other_stops_stay(same: Callable[[str], None]) -> None:
    same("query.stop()\nspark.stop\nx = spark.stop()\nspark.stop_all()")


def test_keep(clean: Clean, kinds: Kinds) -> None:
    source = (
        "%matplotlib inline\nif a:\n    !ls \\\n      -l\nprint(f())\nfor x in y:\n    z = !ls\n    go()\ndf?\n"
        "x = 1; get_ipython().system('b')\n%time y = 3\npip install x\nh = display(3)"
    )
    (one,) = clean(source, keep=True)
    assert one.code.text == (
        "# %matplotlib inline\nif a:\n    # !ls \\\n    #   -l\n    pass\nprint(f())\nfor x in y:\n    # z = !ls\n"
        "    go()\n# df?\nx = 1\ny = 3\n# pip install x\nh = display(3)"
    )
    (dropped,) = clean(source)
    assert kinds(one) == kinds(dropped)


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        (["x = !ls", "y = x", "z = x"], [[], [1], [1]]),
        (["x = !ls\ny = x\nx = 2\nz = x", "x"], [[2], []]),
        (["x = []", "x = !ls", "x = 1; y = x", "x"], [[], [], [], []]),
        (["x = !ls", "x = x + 1", "x"], [[], [1], []]),
        (["x = !ls", "def f():\n    return x\n\nlambda x: x"], [[], [2]]),
        (["def f():\n    out = !ls\n    return out", "out"], [[3], []]),
        (["if a:\n    x = !ls\nelse:\n    x = 1", "x"], [[], []]),
        (["ip = get_ipython()", "ip.user_ns"], [[], [1]]),
        (["for a in Out:\n    b = a", "print(a)\nc = b"], [[], [2]]),
        (["h = display(1, display_id=True)\nwhile a:\n    h.update(2)\nh.close()"], [[4]]),
        (["%run helper.py\nx = clean(1)\nimport os", "y = len(other(os))", "clean"], [[2], [1], [1]]),
        (["x = 1\n%pip install y\nprint(x)", "x"], [[], []]),
    ],
)
def test_what_reads_a_lost_name(clean: Clean, cells: list[str], found: list[list[int]]) -> None:
    done = clean(*cells)
    assert [[one.line for one in cell.findings if one.code == "JPE330"] for cell in done] == found


def test_a_function_that_does_nothing_any_more(clean: Clean) -> None:
    (one,) = clean(
        "def fetch(u):\n    '''Get it.'''\n    !wget {u}\n\ndef show(x):\n    print(x)\n\ndef go():\n    !ls\n    go()"
    )
    assert [(found.code, found.line, found.text.split()[0]) for found in one.findings] == [("JPE331", 1, "fetch")]


def test_what_has_no_one_to_talk_to(clean: Clean) -> None:
    one, _ = clean("dbutils.fs.ls('/')\nx = mssparkutils.x\ndisplayHTML('a')\nn = input()\nexit()", "dbutils = 1")
    assert [(found.code, found.line) for found in one.findings] == [
        ("JPE332", 2),
        ("JPE332", 3),
        ("JPE334", 4),
        ("JPE334", 5),
    ]
    assert one.rejections == ()
