"""Everything that can stop us, as one tree; each error carries a code and says what, where and what to do.

::

    JpeError
    ├── OptionError         a magic's or command's options are wrong                 exit code 2
    ├── SettingsError       a setting's value is wrong                               exit code 2
    ├── NotebookError       the notebook can't be found, read or trusted to be now   exit code 3
    ├── ExportRefused       the notebook was read, but may not be exported           exit code 3
    │   ├── SecretsFound        secret-looking literals (JPE's HTTP 400)
    │   ├── InvalidCells        a cell that is to be exported is not valid Python (422)
    │   └── EmptyPipeline       no cell is left (422)
    ├── RenderError         a template or an artifact is broken: our fault, or a user's template   exit code 3
    ├── PublishError        the artifact could not be written, pushed or started     exit code 4
    │   ├── NoAnswer            a server was asked and gave no answer
    │   └── Interrupted         the user stopped it                                  exit code 130
    ├── RunFailed           a followed run ended badly                               exit code 5
    └── HistoryError        a record can't be found or read                          exit code 2

Problems that let us go on are no exceptions but values: `jpe_magics.model.finding`.
"""

from __future__ import annotations

from collections.abc import Sequence

#: What each code stands for.  JPE0xx options and settings, JPE1xx finding and reading the notebook,
#: JPE2xx refusals, JPE3xx findings (warnings in the report), JPE4xx rendering, JPE5xx publishing and
#: running, JPE6xx history, JPE7xx the Livy on your laptop, JPE8xx our own faults.
CODES: dict[str, str] = {
    "JPE001": "an option is wrong",
    "JPE002": "an unknown target",
    "JPE003": "a target that is not there yet",
    "JPE004": "a parameter value that can't be converted, or a parameter that does not exist",
    "JPE010": "a setting has a wrong value",
    "JPE101": "no notebook was found",
    "JPE102": "the notebook file can't be read",
    "JPE103": "the file is not a notebook",
    "JPE104": "two sources name different notebooks",
    "JPE105": "the notebook's state is doubtful",
    "JPE106": "the notebook is not a Python notebook",
    "JPE201": "secret-looking literals",
    "JPE202": "a cell is not valid Python",
    "JPE203": "nothing is left to export",
    "JPE204": "one task name is asked for in two places",
    "JPE205": "the code of a parameter cell failed",
    "JPE310": "the language of a Sparkmagic session is assumed",
    "JPE311": "a magic line that its magic refuses",
    "JPE312": "a local copy that the export does not make",
    "JPE313": "an SQL result that is a Spark DataFrame now",
    "JPE314": "SQL text that the notebook's magic would have changed",
    "JPE315": "a name that no exported cell defines",
    "JPE316": "a module that only the notebook writes",
    "JPE317": "session settings that are not carried over",
    "JPE318": "a tag that does not fit its cell",
    "JPE319": "a package that an image must hold",
    "JPE320": "Kale's graph tags are not used yet",
    "JPE321": "a prev: tag that names no step",
    "JPE322": "several tags where one counts",
    "JPE323": "a tag that is almost one of ours",
    "JPE330": "a name that was taken out is still read",
    "JPE331": "a function that does nothing any more",
    "JPE332": "a helper that one platform's notebooks have",
    "JPE333": "a display call that is left in as a value",
    "JPE334": "a call that needs a person or ends the process",
    "JPE335": "an import of IPython",
    "JPE340": "a cell that has not run in this kernel",
    "JPE341": "a cell that ran out of order",
    "JPE342": "a cell that was edited since it ran",
    "JPE343": "a cell whose text or tags ran but are not saved",
    "JPE344": "the record of executed cells is incomplete",
    "JPE345": "the live notebook could not be read from the front end",
    "JPE346": "a cell that ran otherwise than the named file says",
    "JPE347": "several pages show the notebook, with different contents",
    "JPE360": "an assignment that is no parameter",
    "JPE361": "neighbouring cells of one name are one task",
    "JPE362": "a task name that a merged task does not use",
    "JPE363": "the notebook binds the name config itself",
    "JPE364": "injected parameters that can't be read",
    "JPE365": "cells that the default kinds leave out of a Spark notebook",
    "JPE366": "a name that only a skipped cell makes",
    "JPE367": "a parameter that is assigned more than once",
    "JPE401": "a template could not be rendered",
    "JPE402": "the artifact is not valid Python",
    "JPE501": "a file could not be written",
    "JPE502": "something that is not ours stands in the way",
    "JPE503": "the publishing provider is not available",
    "JPE504": "a server gives no answer",
    "JPE505": "a server refuses the login, or lacks one",
    "JPE506": "a server does not allow what is asked",
    "JPE507": "a repository, branch or folder is not there",
    "JPE508": "a server answers with an error",
    "JPE509": "git failed",
    "JPE510": "a run that was followed failed",
    "JPE511": "stopped by the user",
    "JPE512": "Airflow can't import the DAG",
    "JPE513": "Airflow does not show the DAG in time",
    "JPE514": "Airflow is not in a state to run anything",
    "JPE515": "the run could not be started",
    "JPE516": "there is nothing that can be run again, stopped or asked for",
    "JPE517": "it is not known whether a run was started",
    "JPE601": "no such record",
    "JPE602": "the history can't be written",
    "JPE603": "the history can't be read",
    "JPE701": "PySpark is missing",
    "JPE702": "Java is missing",
    "JPE703": "a port that can't be used",
    "JPE704": "a password file that can't be used",
    "JPE705": "the system can't run this",
    "JPE706": "a work folder that can't be used",
    "JPE801": "something failed that should not have",
}


class JpeError(Exception):
    """Base of all our errors.

    `message` says what is wrong, `where` the place (a cell and line, a file, an option), `hint` what to
    do next.  Under IPython only these lines are displayed, no traceback (`_render_traceback_`, which
    IPython looks for on any exception).  No argument may hold a secret: callers mask first.
    """

    default_code = "JPE001"
    exit_code = 3

    def __init__(self, message: str, *, code: str | None = None, where: str = "", hint: str = "") -> None:
        self.code = code or self.default_code
        if self.code not in CODES:
            raise AssertionError(f"{self.code} is not in jpe_magics.errors.CODES")
        self.message = message
        self.where = where
        self.hint = hint
        super().__init__(message)

    def lines(self) -> list[str]:
        """Return what a person is shown: one line for what, one for where, one for what to do."""
        shown = [f"{self.code}: {self.message}"]
        if self.where:
            shown.append(f"  at: {self.where}")
        if self.hint:
            shown.append(f"  do: {self.hint}")
        return shown

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def _render_traceback_(self) -> Sequence[str]:
        return self.lines()


class OptionError(JpeError):
    """A magic's or command's options are wrong."""

    default_code = "JPE001"
    exit_code = 2


class SettingsError(JpeError):
    """A setting has a value that it can't have."""

    default_code = "JPE010"
    exit_code = 2


class NotebookError(JpeError):
    """The notebook can't be found or read, or may not be what the user sees."""

    default_code = "JPE102"


class ExportRefused(JpeError):  # noqa: N818 - it names what happened, as the tree above reads
    """The notebook was read but may not be exported; `status` is JPE's HTTP word for it."""

    default_code = "JPE203"
    status = 422


class SecretsFound(ExportRefused):
    """Secret-looking literals stand in cells that are to be exported."""

    default_code = "JPE201"
    status = 400


class InvalidCells(ExportRefused):
    """A cell that is to be exported is not valid Python, or two cells contradict each other."""

    default_code = "JPE202"


class EmptyPipeline(ExportRefused):
    """No cell is left to export."""

    default_code = "JPE203"


class RenderError(JpeError):
    """A template or the artifact made from it is broken."""

    default_code = "JPE401"


class PublishError(JpeError):
    """The artifact was made but could not be written, pushed or started."""

    default_code = "JPE501"
    exit_code = 4


class NoAnswer(PublishError):  # noqa: N818 - it names what happened
    """A server was asked and gave no answer; `arrived` tells whether it may have got the request all the same."""

    default_code = "JPE504"
    arrived = True


class Interrupted(PublishError):  # noqa: N818
    """The user stopped it; the message says what is done already, the hint how to go on.

    `unclear` tells whether a request was under way that may have been done all the same.
    """

    default_code = "JPE511"
    exit_code = 130
    unclear = False


class RunFailed(JpeError):  # noqa: N818
    """A run that was followed to its end did not succeed."""

    default_code = "JPE510"
    exit_code = 5


class HistoryError(JpeError):
    """A record can't be found, or the history can't be read."""

    default_code = "JPE601"
    exit_code = 2
