"""Which kind is a cell, and which part of it is code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from jpe_magics.core.cell_magics import LANGUAGES, SETUP, SUBCOMMANDS, WRAPPERS, why_gone
from jpe_magics.core.classified import Classified
from jpe_magics.core.databricks import databricks_head, is_databricks
from jpe_magics.core.heads import Head, dedent, ipython_head, leading_indent, lenient_head, sparkmagic_head
from jpe_magics.core.kernels import IPYTHON, REMOTE_KINDS, Kernel, cell_language, kernel_of
from jpe_magics.core.look import is_python, looks_like_scala
from jpe_magics.core.lost import notice_lost
from jpe_magics.core.magic_options import MagicLine, parse_options
from jpe_magics.core.remembered import Remembered
from jpe_magics.core.session_conf import read_conf
from jpe_magics.core.spark_sessions import SparkSessions
from jpe_magics.model.finding import Finding, Rejection
from jpe_magics.model.notebook import Cell, Notebook
from jpe_magics.model.text import Text

__all__ = ["Classified", "classify"]

#: What marks a parameter cell without a tag: its first line that is not blank.
_MARKER = re.compile(r"\s*# @pipeline[-_]params[ \t]*(\n|\Z)")


def classify(notebook: Notebook, sessions: Mapping[str, str] | None = None) -> tuple[Classified, ...]:
    """Return every code cell of `notebook` with its kind and body, in order.

    `sessions` maps the names of live Sparkmagic sessions to their kinds ("pyspark", "spark",
    "sparkr"); the key "" holds that of a live wrapper kernel itself.  What is live wins over the
    notebook's text and metadata.  Raises `NotebookError` JPE106 for a notebook of a foreign language.
    """
    reader = _Reader(kernel_of(notebook, sessions), SparkSessions(sessions), is_databricks(notebook))
    return notice_lost([reader.read(cell) for cell in notebook.code_cells])


@dataclass
class _Reader:
    """Reads cells in document order, and remembers the Sparkmagic sessions of the cells above."""

    kernel: Kernel
    sessions: SparkSessions
    databricks: bool
    assumed: set[str] = field(default_factory=set)  # sessions whose language was assumed, and said to be

    def read(self, cell: Cell) -> Classified:
        text, kernel = _text_of(cell.source), self.kernel
        inner_head = lenient_head if kernel.family in ("synapse", "glue") else ipython_head
        find_head = inner_head
        if kernel.family == "sparkmagic":
            # What does not start with % goes to Spark as it is; the rest stays on Jupyter's side.
            find_head = sparkmagic_head
            kernel = IPYTHON if cell.source.startswith("%") else kernel

        taken: list[Rejection] = []
        marked = False
        head = find_head(text)
        while head and not head.help and head.name in (*WRAPPERS, "pipeline_params"):
            if head.name in WRAPPERS:
                reason = f"%%{head.name} {WRAPPERS[head.name]}"
                taken.append(Rejection.of(cell, "magic", head.text, reason, head.line))
            marked = marked or head.name == "pipeline_params"
            text = head.rest
            head = inner_head(text)

        one = self._headed(cell, head, kernel) if head else self._bare(cell, text, kernel)
        self.sessions.read(cell.source)
        return _mark_parameters(one._replace(rejections=(*taken, *one.rejections)) if taken else one, marked)

    def _bare(self, cell: Cell, text: Text, kernel: Kernel) -> Classified:
        """Return a cell, or what is left of one, that no cell magic heads; it runs in `kernel`."""
        language = cell_language(cell) or kernel.language
        if language == "sql":
            return Classified(cell, "sql", language, text)
        if language not in REMOTE_KINDS:
            first = next((line for line in cell.source.split("\n") if line.strip()), "")
            return _gone(cell, "magic", first, f"the cell's language is {language}: the whole cell goes", 1)
        if kernel == IPYTHON and (head := databricks_head(text, self.databricks)):
            kind = "shell" if head.name == "sh" else "magic"
            reason = f"%{head.name} heads a Databricks cell of another language: the whole cell goes"
            return _gone(cell, kind, head.text, reason, head.line)
        body = dedent(text) if kernel.family == "sparkmagic" else leading_indent(text)
        return Classified(cell, kernel.kind(language), language, body)

    def _headed(self, cell: Cell, head: Head, kernel: Kernel) -> Classified:
        """Return a cell under a cell magic."""
        name = head.name
        if head.help:
            return self._help(cell, head, kernel)
        if name == "local":
            return Classified(cell, "plain", "python", leading_indent(_with_arguments(head)))
        if name == "spark":
            return self._spark(cell, head)
        if name == "pretty" and self.kernel.family == "sparkmagic":
            wrapper = Rejection.of(cell, "magic", head.text, "%%pretty only shows; its body is kept", head.line)
            return self._remote(cell, head, self.kernel.language)._replace(rejections=(wrapper,))
        if name.lower() in LANGUAGES:
            language = LANGUAGES[name.lower()]
            return self._sql(cell, head) if language == "sql" else self._remote(cell, head, language)
        if name in SETUP:
            return self._setup(cell, head, SETUP[name], configures=name == "configure")
        kind, reason = why_gone(name)
        return _gone(cell, kind, head.text, reason, head.line, head)

    def _help(self, cell: Cell, head: Head, kernel: Kernel) -> Classified:
        reason = "help has no place in a job"
        if not head.rest.text.strip():
            return _gone(cell, "help", head.text, reason, head.line)._replace(kind=None)
        rest = self._bare(cell, head.rest, kernel)
        asked = Rejection.of(cell, "help", head.text, reason, head.line)
        return rest._replace(rejections=(asked, *rest.rejections))

    def _spark(self, cell: Cell, head: Head) -> Classified:
        if self.kernel.family == "synapse":
            return self._remote(cell, head, "scala")
        if self.kernel.family != "ipython":
            options = parse_options("kernel-spark", head.arguments)
            one = self._remote(cell, head, self.kernel.language)
            return one._replace(findings=tuple(_line_findings(cell, head, options)))
        options = parse_options("spark", head.arguments)
        command = options.words[0].lower() if options.words else ""
        if command in SUBCOMMANDS:
            return self._setup(cell, head, SUBCOMMANDS[command], configures=command == "config")
        if options["context"] == "sql":
            return self._sql(cell, head, options)
        language, known = self.sessions.language(options["session"])
        findings = list(_line_findings(cell, head, options))
        if not known:
            body = head.rest.text
            if language == "python" and not is_python(dedent(head.rest).text) and looks_like_scala(body):
                language = "scala"
            findings += self._assumed(cell, head, options["session"], language)
        one = self._remote(cell, head, language)
        return one._replace(kind="spark" if language == "python" else one.kind, findings=tuple(findings))

    def _assumed(self, cell: Cell, head: Head, session: str, language: str) -> list[Finding]:
        """Say once for each session, and for each cell that is not taken for Python, what was assumed."""
        if session in self.assumed and language == "python":
            return []
        self.assumed.add(session)
        named = f"session {session}" if session else "the session"
        text = (
            f"nothing says which language {named} speaks, {language} is assumed:"
            f" export from the live kernel, or write %spark add {f'-s {session} ' if session else ''}-l LANGUAGE"
        )
        return [Finding.of(cell, "JPE310", text, head.line)]

    def _remote(self, cell: Cell, head: Head, language: str) -> Classified:
        """Return a cell whose body runs in Spark."""
        whole = head.rest if language == "python" else head.body or Text("", (head.line,))
        body = leading_indent(whole) if self.kernel.family in ("synapse", "glue") else dedent(whole)
        above = () if language == "python" else _above(cell, head)
        return Classified(cell, REMOTE_KINDS[language], language, body, rejections=above)

    def _sql(self, cell: Cell, head: Head, options: MagicLine | None = None) -> Classified:
        """Return an SQL cell: its text stays as it is, the options are no part of it."""
        sparkmagic = options is not None or self.kernel.family == "sparkmagic"
        options = options or parse_options("sql", head.arguments)
        body = head.body or Text("", (head.line,))
        findings = []
        if not sparkmagic and head.arguments and not head.arguments.startswith("-"):
            # ipython-sql and the notebooks of clouds take a query on the magic line as well
            body = _with_arguments(head._replace(prelude=None))
        elif options.refused:
            findings += _line_findings(cell, head, replace(options, values={}))
        if options["output"] and not options.output:
            text = f"-o {options['output']} can't name a variable: the result is not kept"
            findings.append(Finding.of(cell, "JPE311", text, head.line))
        if sparkmagic and "\\" in body.text:
            text = "Sparkmagic reads backslashes in a query as Python's escapes, the export leaves them as they are"
            findings.append(Finding.of(cell, "JPE314", text, head.line))
        return Classified(cell, "sql", "sql", body, _above(cell, head), tuple(findings), output=options.output)

    def _setup(self, cell: Cell, head: Head, reason: str, *, configures: bool) -> Classified:
        """Return a cell that holds no code; one that `configures` holds JSON for the session."""
        if not configures:
            reason = f"{head.text.split()[0]} {reason}"
            return _gone(cell, "magic", head.text, reason, head.line, head)._replace(kind=None)
        conf, foreign, fault = read_conf(
            head.body or Text("", (head.line,)), any_field=self.kernel.family not in ("synapse", "glue")
        )
        reason = f"it can't be read, and nothing of it counts: {fault}" if fault else f"it {reason} of the artifact"
        findings = []
        if foreign:
            text = f"Livy knows no {', '.join(foreign)}: not carried over"
            findings.append(Finding.of(cell, "JPE317", text, head.line))
        one = _gone(cell, "magic", head.text, reason, head.line, head)
        return one._replace(kind=None, conf=conf, findings=tuple(findings))


_text_of = Remembered(Text.of)


def _gone(cell: Cell, kind: str, text: str, reason: str, line: int, head: Head | None = None) -> Classified:
    """Return a cell that goes as a whole."""
    whole = Rejection.of(cell, kind, text, reason, line, cell.source.count("\n") + 1)
    above = _above(cell, head) if head else ()
    return Classified(cell, "plain", "", Text("", (line,)), (*above, whole), gone=True)


def _above(cell: Cell, head: Head) -> tuple[Rejection, ...]:
    """Return a rejection for each line magic above the head (comments and blanks go unsaid)."""
    if head.prelude is None:
        return ()
    lines = zip(head.prelude.text.split("\n"), head.prelude.lines, strict=True)
    return tuple(
        Rejection.of(cell, "magic", text.strip(), "a line magic has no place in a job", line)
        for text, line in lines
        if text.lstrip().startswith("%")
    )


def _with_arguments(head: Head) -> Text:
    """Return the rest of a cell with what stands behind the magic as its first line, where that is text."""
    if not head.arguments or head.arguments.startswith("-"):
        return head.rest
    first = Text(head.arguments, (head.line,))
    return head._replace(prelude=first).rest if head.body else first


def _line_findings(cell: Cell, head: Head, options: MagicLine) -> list[Finding]:
    findings = []
    if options.refused or options.words:
        text = f"%%{head.name} does not take this line: in the notebook the cell fails, its body is exported"
        findings.append(Finding.of(cell, "JPE311", text, head.line))
    if options["output"]:
        text = f"-o {options['output']} is dropped: the export makes no local pandas copy"
        findings.append(Finding.of(cell, "JPE312", text, head.line))
    return findings


def _mark_parameters(one: Classified, marked: bool) -> Classified:
    """Return `one` marked as a parameter cell where it is one: only Python assigns parameters."""
    tagged = "parameters" in one.cell.tags
    if one.language == "python" and not one.gone:
        return one._replace(parameters=True) if marked or tagged or _MARKER.match(one.body.text) else one
    if not (marked or tagged):
        return one
    text = "parameters can only stand in a Python cell: this one has none"
    return one._replace(findings=(*one.findings, Finding.of(one.cell, "JPE318", text, 1)))
