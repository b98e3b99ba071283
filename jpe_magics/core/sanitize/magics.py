"""IPython's line magics: which there are, what to do about each, and why it goes."""

from __future__ import annotations

import re
from typing import NamedTuple

#: The line magics that automagic finds without `%`: IPython's own (`%lsmagic` of IPython 8 and 9), its shell
#: aliases, and ours.  `sc` is left out: in every Spark notebook that is the SparkContext.
LINE_MAGICS = frozenset(
    """
    alias alias_magic autoawait autocall automagic bookmark cat cd clear code_wrap colors conda config connect_info cp
    debug dhist dirs doctest_mode ed edit env gui hist history killbgscripts ldir less lf lk ll load load_ext loadpy
    logoff logon logstart logstate logstop ls lsmagic lx macro magic mamba man matplotlib micromamba mkdir more mv
    notebook page pastebin pdb pdef pdoc pfile pinfo pinfo2 pip popd pprint precision prun psearch psource pushd pwd
    pycat pylab qtconsole quickref recall rehashx reload_ext rep rerun reset reset_selective rm rmdir run save
    set_env subshell sx system tb time timeit unalias unload_ext uv who who_ls whos xdel xmode
    export_pipeline jpe_history
    """.split()  # noqa: SIM905 - a table of words
)

#: Line magics that run the code behind them in the notebook's namespace, and the form of their options.
_RUNNING = {
    "time": r"--no-raise-error",
    "prun": r"-[lsTD][ \t]*(?:'[^']*'|\"[^\"]*\"|[^\s'\"]+)|-[rq]",
}

_SHELL = frozenset({"sx", "system", "sc"})
_HELP = frozenset({"pinfo", "pinfo2", "psearch", "pdoc", "pdef", "psource", "pfile", "quickref", "lsmagic", "magic"})

_REASONS = {
    "pip": "install packages in the job's image or environment",
    "conda": "install packages in the job's image or environment",
    "mamba": "install packages in the job's image or environment",
    "uv": "install packages in the job's image or environment",
    "run": "it runs another file: put that code into this notebook or into a module",
    "load": "it loads code into the notebook: load it once, and keep the code",
    "cd": "a job has a working folder of its own: use whole paths",
    "env": "set the variable with os.environ, or in the job's environment",
    "set_env": "set the variable with os.environ, or in the job's environment",
    "pylab": "it imports names: import numpy and matplotlib where they are needed",
    "time": "it measures; what it measured stays",
    "prun": "it profiles; what it profiled stays",
    "timeit": "it measures, and keeps no names",
    "debug": "it is interactive",
    "store": "it keeps values between notebooks: write them to a file or a table",
}


class Magic(NamedTuple):
    """A magic line: `%name arguments`."""

    name: str
    arguments: str

    @classmethod
    def of(cls, line: str) -> Magic:
        """Return what stands behind the `%`."""
        name, arguments = (*re.split(r"\s+", line.strip(), maxsplit=1), "")[:2]
        return cls(name, arguments)

    @property
    def ours(self) -> bool:
        """Whether this is a line of our own, which is dropped silently."""
        first = (*self.arguments.split(), "")[0].strip("'\"")
        if self.name in ("load_ext", "reload_ext", "unload_ext"):
            return first == "jpe_magics"
        if self.name == "config":
            return re.match(r"JpeMagics\b", first) is not None
        return self.name in ("export_pipeline", "jpe_history")

    @property
    def code(self) -> str:
        """The code that the magic runs in the notebook's namespace, "" where it runs none."""
        if self.name not in _RUNNING:
            return ""
        return re.sub(rf"^(?:(?:{_RUNNING[self.name]})(?:[ \t]+|$))*", "", self.arguments)

    @property
    def kind(self) -> str:
        """The kind of rejection."""
        return "shell" if self.name in _SHELL else "help" if self.name in _HELP else "magic"

    @property
    def reason(self) -> str:
        """Why it goes."""
        if self.kind == "help":
            return HELP
        if self.kind == "shell":
            return SHELL
        return f"%{self.name}: {_REASONS.get(self.name, 'a line magic works in a notebook only')}"


SHELL = "a shell command runs on the notebook's machine only: use subprocess, or prepare the job's image"
HELP = "help has no place in a job"


def help_target(line: str) -> str | None:
    """Return what a line asks help for (`df?`, `%%spark??`), None where it does not; IPython's `HelpEnd` rule."""
    asked = re.search(r"(%{0,2}(?!\d)[\w*]+(?:\.(?!\d)[\w*]+|\[-?[0-9]+\])*)\?\??$", line.rstrip())
    return asked[1] if asked else None
