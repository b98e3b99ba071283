"""Every row of the decision table: notebook, first line → kind, language, body."""

from __future__ import annotations

import pytest

from jpe_magics.core.classify import Classified, classify
from jpe_magics.core.read import notebook_from_cells
from jpe_magics.errors import NotebookError


def read(*cells, kernel="python3", sessions=None, metadata=None):
    told = {"kernelspec": {"name": kernel}} if kernel else {}
    shaped = [{"cell_type": "code", "source": one} if isinstance(one, str) else one for one in cells]
    return classify(notebook_from_cells(shaped, name="nb", metadata={**told, **(metadata or {})}), sessions)


def code(source, **metadata):
    return {"cell_type": "code", "source": source, "metadata": metadata}


def rejected(one: Classified):
    return [(rejection.kind, rejection.line, rejection.end_line) for rejection in one.rejections]


def codes(one: Classified):
    return [finding.code for finding in one.findings]


LIVE = {"etl": "pyspark", "ml": "spark", "stats": "sparkr"}
PY, SCALA = "x = 1", "val x = 1"

# kernel, live sessions, source → kind, language, body
TABLE = [
    # IPython kernel
    ("python3", None, PY, "plain", "python", PY),
    (None, None, PY, "plain", "python", PY),
    ("my-env", None, PY, "plain", "python", PY),
    ("python3", LIVE, "%%spark -s etl\nx = 1", "spark", "python", PY),
    ("python3", LIVE, "%%spark -s ml\nx = 1", "scala", "scala", PY),
    ("python3", LIVE, "%%spark --session=stats\nx = 1", "r", "r", PY),
    ("python3", {"only": "spark"}, f"%%spark\n{SCALA}", "scala", "scala", SCALA),
    ("python3", None, "%%spark\nx = 1", "spark", "python", PY),
    ("python3", None, "%%spark -c sql\nSELECT 1", "sql", "sql", "SELECT 1"),
    ("python3", None, "%%spark --context sql -s x\nSELECT 1", "sql", "sql", "SELECT 1"),
    ("python3", None, "%%spark add -s x -l python -u http://h", None, "", ""),
    ("python3", None, "%%spark delete -s x", None, "", ""),
    ("python3", None, "%%spark cleanup", None, "", ""),
    ("python3", None, "%%spark logs", None, "", ""),
    ("python3", None, "%%spark info", None, "", ""),
    ("python3", None, '%%spark config\n{"driverMemory": "1G"}', None, "", ""),
    ("python3", None, "%%sql\nSELECT 1", "sql", "sql", "SELECT 1"),
    ("python3", None, "%%sql SELECT *\nFROM t", "sql", "sql", "SELECT *\nFROM t"),
    ("python3", None, "%%SQL\nSELECT 1", "sql", "sql", "SELECT 1"),
    ("python3", None, "%%pyspark\nx = 1", "pyspark", "python", PY),
    ("python3", None, f"%%scala\n{SCALA}", "scala", "scala", SCALA),
    ("python3", None, f"%%scalaspark\n{SCALA}", "scala", "scala", SCALA),
    ("python3", None, "%%sparkr\nx <- 1", "r", "r", "x <- 1"),
    ("python3", None, "%%rspark\nx <- 1", "r", "r", "x <- 1"),
    ("python3", None, "%%local\nx = 1", "plain", "python", PY),
    ("python3", None, "%%time\nx = 1", "plain", "python", PY),
    ("python3", None, "%%capture out\nx = 1", "plain", "python", PY),
    ("python3", None, "%%prun -s time\nx = 1", "plain", "python", PY),
    ("python3", None, "%%pipeline_params\nx = 1", "plain", "python", PY),
    ("python3", None, "%%time\n%%sql -o top\nSELECT 1", "sql", "sql", "SELECT 1"),
    ("python3", None, "%%capture\n%%time\n\n%%spark\nx = 1", "spark", "python", PY),
    ("python3", None, "%%bash\nls", "plain", "", ""),
    ("python3", None, "%%timeit\nx = 1", "plain", "", ""),
    ("python3", None, "%%html\n<b>", "plain", "", ""),
    ("python3", None, "%%configure\n{}", None, "", ""),
    ("python3", None, "%%send_to_spark -i x", None, "", ""),
    ("python3", None, "# note\n%%spark\nx = 1", "plain", "python", "# note\n%%spark\nx = 1"),
    ("python3", None, "%matplotlib inline\nx = 1", "plain", "python", "%matplotlib inline\nx = 1"),
    ("python3", None, "%load_ext jpe_magics\nx = 1", "plain", "python", "%load_ext jpe_magics\nx = 1"),
    ("python3", None, "\n  \n    %%spark\n    x = 1", "spark", "python", PY),
    ("python3", None, "%%spark\n    x = 1\n    y = 2", "spark", "python", "x = 1\ny = 2"),
    # Sparkmagic's kernels
    ("pysparkkernel", None, PY, "pyspark", "python", PY),
    ("pyspark3kernel", None, PY, "pyspark", "python", PY),
    ("pysparkkernel", None, "    x = 1\n    y = 2", "pyspark", "python", "x = 1\ny = 2"),
    ("pysparkkernel", None, "%%spark\nx = 1", "pyspark", "python", PY),
    ("pysparkkernel", None, "%spark\nx = 1", "pyspark", "python", PY),
    ("pysparkkernel", None, "%%spark -c True\nx = 1", "pyspark", "python", PY),
    ("pysparkkernel", None, "%%pyspark\nx = 1", "pyspark", "python", PY),
    ("pysparkkernel", None, "%%sql\nSELECT 1", "sql", "sql", "SELECT 1"),
    ("pysparkkernel", None, "%%local\nx = 1", "plain", "python", PY),
    ("pysparkkernel", None, "%local\nx = 1", "plain", "python", PY),
    ("pysparkkernel", None, "%%local x = 1\ny = 2", "plain", "python", "x = 1\ny = 2"),
    ("pysparkkernel", None, "%matplotlib inline\nx = 1", "plain", "python", "%matplotlib inline\nx = 1"),
    ("pysparkkernel", None, "%load_ext jpe_magics", "plain", "python", "%load_ext jpe_magics"),
    ("pysparkkernel", None, "%%configure -f\n{}", None, "", ""),
    ("pysparkkernel", None, "%%info", None, "", ""),
    ("pysparkkernel", None, "%%logs", None, "", ""),
    ("pysparkkernel", None, "%%cleanup -f", None, "", ""),
    ("pysparkkernel", None, "%%delete -f -s 0", None, "", ""),
    ("pysparkkernel", None, "%%help", None, "", ""),
    ("pysparkkernel", None, "%info", None, "", ""),
    ("pysparkkernel", None, "%%send_to_spark -i x", None, "", ""),
    ("pysparkkernel", None, "%%pretty\ndf.show()", "pyspark", "python", "df.show()"),
    ("pysparkkernel", None, "!ls\nx = 1", "pyspark", "python", "!ls\nx = 1"),
    ("pysparkkernel", None, "x = 1\n%timeit x", "pyspark", "python", "x = 1\n%timeit x"),
    # the whole text goes to Spark unless the magic is its very beginning
    ("pysparkkernel", None, "\n%%sql\nSELECT 1", "pyspark", "python", "\n%%sql\nSELECT 1"),
    ("pysparkkernel", None, "# a\n%%sql\nSELECT 1", "pyspark", "python", "# a\n%%sql\nSELECT 1"),
    # IPython's own cell magics run what they wrap on Jupyter's side
    ("pysparkkernel", None, "%%time\nx = 1", "plain", "python", PY),
    ("pysparkkernel", None, "%%time\n%%spark\nx = 1", "pyspark", "python", PY),
    ("pysparkkernel", None, "%%time\n%%sql\nSELECT 1", "sql", "sql", "SELECT 1"),
    ("pysparkkernel", None, "%%pipeline_params\nx = 1", "plain", "python", PY),
    ("sparkkernel", None, SCALA, "scala", "scala", SCALA),
    ("sparkkernel", None, f"%%spark\n{SCALA}", "scala", "scala", SCALA),
    ("sparkkernel", None, "%%local\nx = 1", "plain", "python", PY),
    ("sparkkernel", None, "%%sql\nSELECT 1", "sql", "sql", "SELECT 1"),
    ("sparkrkernel", None, "x <- 1", "r", "r", "x <- 1"),
    ("python3", {"": "pyspark"}, PY, "pyspark", "python", PY),
    ("pysparkkernel", {"": "spark"}, SCALA, "scala", "scala", SCALA),
    ("conda-env-sm_sparkmagic-pysparkkernel__SAGEMAKER_INTERNAL__arn:x", None, PY, "pyspark", "python", PY),
    # Synapse, Fabric, Glue
    ("synapse_pyspark", None, PY, "pyspark", "python", PY),
    ("synapse_pyspark", None, "%%time\nx = 1", "pyspark", "python", PY),
    ("synapse_pyspark", None, f"%%spark\n{SCALA}", "scala", "scala", SCALA),
    ("synapse_pyspark", None, "%%pyspark\nx = 1", "pyspark", "python", PY),
    ("synapse_pyspark", None, "%%PySpark\nx = 1", "pyspark", "python", PY),
    ("synapse_pyspark", None, "%%sql\nSELECT 1", "sql", "sql", "SELECT 1"),
    ("synapse_pyspark", None, "# ten\n\n%%sql\nSELECT 1", "sql", "sql", "SELECT 1"),
    ("synapse_pyspark", None, "# note\n%%pyspark\nx = 1", "pyspark", "python", "# note\nx = 1"),
    ("synapse_pyspark", None, "x = 1\n%%sql\nSELECT 1", "pyspark", "python", "x = 1\n%%sql\nSELECT 1"),
    ("synapse_pyspark", None, "%%sparkr\nx <- 1", "r", "r", "x <- 1"),
    ("synapse_pyspark", None, "%%csharp\nvar x = 1;", "plain", "", ""),
    ("synapse_pyspark", None, "%run other\nx = 1", "pyspark", "python", "%run other\nx = 1"),
    ("synapse_spark", None, SCALA, "scala", "scala", SCALA),
    ("glue_pyspark", None, PY, "pyspark", "python", PY),
    ("glue_pyspark", None, "%idle_timeout 60\n\n%%sql\nSELECT 1", "sql", "sql", "SELECT 1"),
    ("glue_spark", None, SCALA, "scala", "scala", SCALA),
    ("conda-env-sm_glue_is-glue_pyspark__SAGEMAKER_INTERNAL__arn:x", None, PY, "pyspark", "python", PY),
    # Databricks heads whole cells with one percent sign
    ("python3", None, "%sql\nSELECT 1", "plain", "", ""),
    ("python3", None, "%sh\nls", "plain", "", ""),
    ("python3", None, "%md # Title", "plain", "", ""),
    ("python3", None, "%sql SELECT a\nFROM t", "plain", "", ""),
    ("python3", None, "%sql SELECT a\nx = 1", "plain", "python", "%sql SELECT a\nx = 1"),
    (
        "python3",
        None,
        "%sql sqlite://\n%sql SELECT 1\nx = 1",
        "plain",
        "python",
        "%sql sqlite://\n%sql SELECT 1\nx = 1",
    ),
]


@pytest.mark.parametrize(("kernel", "sessions", "source", "kind", "language", "body"), TABLE)
def test_decision_table(kernel, sessions, source, kind, language, body):
    (one,) = read(source, kernel=kernel, sessions=sessions)
    assert (one.kind, one.language, one.body.text) == (kind, language, body)
    assert one.gone == (language == "")


@pytest.mark.parametrize(
    ("metadata", "kind"),
    [
        ({"language_info": {"name": "pyspark"}}, "pyspark"),
        ({"language_info": {"name": "scala"}}, "scala"),
        ({"language_info": {"name": "sparkR"}}, "r"),
        ({"language_info": {"name": "ipython"}}, "plain"),
        ({"kernel_info": {"name": "synapse_pyspark"}}, "pyspark"),
        ({"kernelspec": {"name": "pyspark", "language": "python"}}, "plain"),
        ({"kernelspec": {"name": "python3"}, "language_info": {"name": "pyspark"}}, "plain"),
        ({"kernelspec": "pysparkkernel", "language_info": [1]}, "plain"),
    ],
)
def test_the_kernel_is_found_in_the_metadata(metadata, kind):
    assert [one.kind for one in read("x = 1", kernel=None, metadata=metadata)] == [kind]


def test_a_notebook_of_a_foreign_language_is_refused():
    with pytest.raises(NotebookError, match="julia") as raised:
        read("x = 1", kernel="julia-1.9", metadata={"language_info": {"name": "julia"}})
    assert raised.value.code == "JPE106"


@pytest.mark.parametrize(
    ("language", "kind"),
    [("sparksql", "sql"), ("scala", "scala"), ("sparkr", "r"), ("r", "r"), ("python", "pyspark"), ("csharp", "plain")],
)
def test_synapse_keeps_the_cell_language_in_metadata(language, kind):
    first, second = read(code("x", microsoft={"language": language}), "y = 1", kernel="synapse_pyspark")
    assert (first.kind, first.gone) == (kind, language == "csharp")
    assert second.kind == "pyspark"


@pytest.mark.parametrize("metadata", [{"microsoft": "sparksql"}, {"microsoft": {"language": 3}}])
def test_cell_language_of_the_wrong_type_is_none(metadata):
    assert read(code("x = 1", **metadata), kernel="synapse_pyspark")[0].kind == "pyspark"


# source (in an IPython kernel) → rejections as kind, line, last line
REJECTED = [
    ("%%time\nx = 1", [("magic", 1, 1)]),
    ("\n\n%%time\n\nx = 1", [("magic", 3, 3)]),
    ("%%capture\n%%time\nx = 1", [("magic", 1, 1), ("magic", 2, 2)]),
    ("%%pipeline_params\nx = 1", []),
    ("%%spark\nx = 1", []),
    ("%%local\nx = 1", []),
    ("%%sql\nSELECT 1", []),
    ("%%dax x\nEVALUATE\n", [("magic", 1, 3)]),
    ("%%writefile a.py\nx = 1", [("magic", 1, 2)]),
    ("%%python\nx = 1", [("magic", 1, 2)]),
    ("%%timeit\nx = 1", [("magic", 1, 2)]),
    ("%%debug\nx = 1", [("magic", 1, 2)]),
    ("%%configure\n{}", [("magic", 1, 2)]),
    ("%%send_to_spark -i a", [("magic", 1, 1)]),
    ("%%time\n%%timeit\nx = 1", [("magic", 1, 1), ("magic", 2, 3)]),
    ("%%bash\nls", [("shell", 1, 2)]),
    ("%%sh\nls", [("shell", 1, 2)]),
    ("%%script bash\nls", [("shell", 1, 2)]),
    ("%%!\nls", [("shell", 1, 2)]),
    ("%%cmd\ndir", [("shell", 1, 2)]),
    ("%sh\nls", [("shell", 1, 2)]),
    ("%%spark?", [("help", 1, 1)]),
    ("%%time??", [("help", 1, 1)]),
    ("%%\nx = 1", [("magic", 1, 2)]),
]


@pytest.mark.parametrize(("source", "expected"), REJECTED)
def test_what_is_taken_out(source, expected):
    assert rejected(read(source)[0]) == expected


def test_line_magics_above_a_late_cell_magic_are_reported_one_by_one():
    (one,) = read('%idle_timeout 60\n# note\n%%configure\n{"--x": "delta"}', kernel="glue_pyspark")
    assert rejected(one) == [("magic", 1, 1), ("magic", 3, 4)]
    assert one.conf == {}
    assert codes(one) == ["JPE317"]


def test_help_on_a_cell_magic_leaves_the_code_below():
    (one,) = read("%%spark?\nx = 1")
    assert (one.kind, one.body.text, one.body.lines, one.gone) == ("plain", "x = 1", (2,), False)
    assert read("%%spark?")[0].kind is None


def test_lines_lead_back_to_the_cell():
    (one,) = read("\n%%time\n%%spark\n    x = 1\n\n    y = 2")
    assert (one.body.text, one.body.lines) == ("x = 1\n\ny = 2", (4, 5, 6))
    assert [rejection.line for rejection in one.rejections] == [2]


def test_bodies_for_spark_are_dedented_as_sparkmagic_does_also_in_strings():
    (one,) = read('x = """\n   \n"""', kernel="pysparkkernel")
    assert one.body.text == 'x = """\n\n"""'
    (one,) = read('x = """\n   \n"""')
    assert one.body.text == 'x = """\n   \n"""'


def test_ipython_takes_the_first_lines_indentation_off():
    assert read('    x = """\na"""\n    y = 1')[0].body.text == 'x = """\na"""\ny = 1'
    assert read("    # note\n  x = 1")[0].body.text == "  # note\nx = 1"


@pytest.mark.parametrize(
    ("adds", "session", "kind"),
    [
        ("%spark add -s a -l python -u http://h", "-s a", "spark"),
        ("%spark add -s a -l scala -u http://h", "-s a", "scala"),
        ("%spark add -s a -l scala -u http://h", "", "scala"),
        ("%spark add -s a -l scala \\\n  -u http://h", "-s a", "scala"),
        ("%spark add -s a -l scala\n%spark add -s a -l python", "-s a", "spark"),
        ("%spark add -s a -l scala\n%spark add -s a -l python -k", "-s a", "scala"),
        ("%spark add -s a -l scala", "-s other", "spark"),
    ],
)
def test_the_text_says_which_language_a_session_speaks(adds, session, kind):
    assert read(adds, f"%%spark {session}\nx = 1")[1].kind == kind


def test_a_live_session_wins_over_the_text():
    assert read("%spark add -s a -l scala", "%%spark -s a\nx = 1", sessions={"a": "pyspark"})[1].kind == "spark"


def test_sessions_below_a_cell_do_not_count():
    assert read("%%spark -s a\nx = 1", "%spark add -s a -l scala")[0].kind == "spark"


def test_an_assumed_language_is_said_once_for_each_session():
    cells = read("%%spark\nx = 1", "%%spark\ny = 1", "%%spark -s a\nz = 1")
    assert [codes(one) for one in cells] == [["JPE310"], [], ["JPE310"]]
    assert codes(read("%%spark\nx = 1", sessions={"a": "pyspark"})[0]) == []


@pytest.mark.parametrize(
    "source",
    [
        'val total = spark.table("t").count()',
        "import spark.implicits.{a, b}",
        "xs.map(x => x + 1)",
        "case class Row(a: Int)",
        "def f(x: Int) = {\n  x\n}",
    ],
)
def test_scala_in_a_session_of_unknown_language_is_seen(source):
    (one,) = read(f"%%spark\n{source}")
    assert (one.kind, one.language, codes(one)) == ("scala", "scala", ["JPE310"])


@pytest.mark.parametrize("source", ["df = # later", 'df = spark.sql("a => b"', "val = (", 'print "val x = 1"'])
def test_broken_python_is_not_taken_for_scala(source):
    assert read(f"%%spark\n{source}")[0].kind == "spark"


def test_a_known_python_session_is_never_guessed_to_be_scala():
    assert read("%%spark\nval x = 1", sessions={"a": "pyspark"})[0].kind == "spark"


@pytest.mark.parametrize(
    ("kernel", "source", "output", "found"),
    [
        ("pysparkkernel", "%%sql -o top -n 20 -q\nSELECT 1", "top", []),
        ("pysparkkernel", "%%sql -n -1 -m take\nSELECT 1", "", []),
        ("pysparkkernel", "%%sql -o class\nSELECT 1", "", ["JPE311"]),
        ("pysparkkernel", "%%sql --nope\nSELECT 1", "", ["JPE311"]),
        ("pysparkkernel", "%%sql SELECT 2\nSELECT 1", "", ["JPE311"]),
        ("pysparkkernel", "%%sql -o 'top\nSELECT 1", "", ["JPE311"]),
        ("pysparkkernel", "%%sql\nSELECT '\\d'", "", ["JPE314"]),
        ("python3", "%%spark -c sql -o top -q\nSELECT 1", "top", []),
        ("python3", "%%sql -o top\nSELECT '\\d'", "top", []),
    ],
)
def test_options_of_sql_cells(kernel, source, output, found):
    (one,) = read(source, kernel=kernel)
    assert (one.kind, one.output, codes(one)) == ("sql", output, found)
    assert one.body.text == source.split("\n")[1]


def test_the_output_of_spark_is_dropped_and_said():
    for kernel in ("pysparkkernel", "python3"):
        (one,) = read(
            "%%spark -o df\ndf = 1", kernel=kernel, sessions={"a": "pyspark"} if kernel == "python3" else None
        )
        assert (one.body.text, codes(one), one.output) == ("df = 1", ["JPE312"], "")


def test_a_line_that_sparkmagic_refuses_is_said():
    (one,) = read("%%spark -o df df2\ndf = 1", sessions={"a": "pyspark"})
    assert (one.kind, codes(one)) == ("spark", ["JPE311", "JPE312"])


@pytest.mark.parametrize("source", ["%%configure -f\n", "%%spark config\n", "\n  %%spark config\n"])
def test_session_settings(source):
    (one,) = read(source + '{"conf": {"spark.a": "1"}, "own": 2}')
    assert one.conf == {"conf": {"spark.a": "1"}, "own": 2}
    assert one.kind is None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"conf": {"spark.a": "1",}}', "line 2"),
        ('{"a": 1\n"b": 2}', "line 3"),
        ("[1]", "not a JSON object"),
        ("", "line 2"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_broken_session_settings_are_said_and_never_code(body, said):
    (one,) = read(f"%%configure -f\n{body}", kernel="pysparkkernel")
    (rejection,) = one.rejections
    assert (one.conf, one.gone, one.body.text, rejection.kind) == ({}, True, "", "magic")
    assert said in rejection.reason


@pytest.mark.parametrize(
    ("source", "tags", "marked"),
    [
        ("x = 1", ["parameters"], True),
        ("x = 1", ["Parameters"], False),
        ("# @pipeline-params\nx = 1", [], True),
        ("# @pipeline_params\t \nx = 1", [], True),
        ("\n\n# @pipeline-params\nx = 1", [], True),
        ("# @pipeline-params", [], True),
        ("%%spark\n\n    # @pipeline-params\n    x = 1", [], True),
        ("%%time\n# @pipeline-params\nx = 1", [], True),
        ("%%pipeline_params\nx = 1", [], True),
        ("%%pipeline_params\n%%spark\nx = 1", [], True),
        ("%%time\n%%pipeline_params\nx = 1", [], True),
        ("# @pipeline-params here\nx = 1", [], False),
        ("# @pipeline-paramsx\nx = 1", [], False),
        ("x = 1\n# @pipeline-params", [], False),
        ("%%bash\n# @pipeline-params", ["parameters"], False),
        ("%%sql\nSELECT 1", ["parameters"], False),
        ("%%scala\nval x = 1", ["parameters"], False),
    ],
)
def test_parameter_cells(source, tags, marked):
    assert read(code(source, tags=tags))[0].parameters == marked


def test_the_tag_parameters_on_a_cell_without_python_is_said():
    assert codes(read(code("%%sql\nSELECT 1", tags=["parameters"]))[0]) == ["JPE318"]


@pytest.mark.parametrize(
    ("cells", "where", "found", "line"),
    [
        (["%%writefile helpers.py\nx = 1", "y = 1\nfrom helpers import x"], 1, "JPE316", 2),
        (["%%writefile -a pkg/helpers.py\nx = 1", "import os, pkg.helpers as h"], 1, "JPE316", 1),
        (["%%file helpers.py\nx = 1", "import helpers"], 1, "JPE316", 1),
        (["%%capture out\nx = 1", "%%time\nout.show()"], 1, "JPE315", 2),
        (["%%send_to_spark -i a -t df -n b", "b.show()"], 0, "JPE315", 1),
        (["%%send_to_spark -i a"], 0, "JPE315", 1),
        (["%%send_to_spark -i a", "a = 1"], 0, "JPE315", 1),
    ],
)
def test_what_later_cells_lose_is_said(cells, where, found, line):
    one = read(*cells)[where]
    assert [(finding.code, finding.line) for finding in one.findings] == [(found, line)]


def test_the_lost_variable_is_named():
    assert "remote_df" in read("%%send_to_spark -i local_df -t df -n remote_df")[0].findings[0].text


@pytest.mark.parametrize(
    "cells",
    [
        ["import helpers", "%%writefile helpers.py\nx = 1"],
        ["%%writefile helpers.txt\nx = 1", "import helpers"],
        ["%%writefile helpers.py\nx = 1", "%%bash\nimport helpers"],
        ["%%writefile helpers.py\nx = 1", "x = 'helpers'"],
        ["%%capture\nx = 1", "x"],
        ["%%writefile\nx = 1", "import x"],
        ["%%pyspark\na = 1", "%%send_to_spark -i a"],
    ],
)
def test_nothing_is_lost(cells):
    assert [codes(one) for one in read(*cells)] == [[]] * len(cells)


def test_a_password_on_a_magic_line_reaches_no_finding():
    for one in read("%%spark add -s a -p hunter2 -l python", "%%spark -p hunter2 -o x y\nx = 1"):
        assert not any("hunter2" in finding.text for finding in one.findings)
        assert not any("hunter2" in rejection.reason for rejection in one.rejections)


@pytest.mark.parametrize("source", ["", "\n", "   ", "%", "%%", "%%%", "%%?", "\x00", "\ud800", "%%time\n" * 300])
@pytest.mark.parametrize("kernel", ["python3", "pysparkkernel", "synapse_pyspark", "glue_pyspark"])
def test_odd_cells_do_no_harm(source, kernel):
    (one,) = read(source, kernel=kernel)
    assert one.cell.source == source


def test_only_code_cells_are_classified():
    cells = read({"cell_type": "markdown", "source": "# a"}, "x = 1")
    assert [(one.cell.index, one.cell.number) for one in cells] == [(1, 1)]
