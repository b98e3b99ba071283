"""The cell magics that the classifier knows, and why a cell of theirs goes."""

from __future__ import annotations

#: Magics that run their body in the notebook's own namespace, and why their line goes.
WRAPPERS = {
    "time": "measures the cell; its body is kept",
    "capture": "catches the cell's output; its body is kept",
    "prun": "profiles the cell; its body is kept",
}

#: Magics whose name says the language of the body, in any kernel.
LANGUAGES = {
    "pyspark": "python",
    "scala": "scala",
    "scalaspark": "scala",
    "sparkr": "r",
    "rspark": "r",
    "sql": "sql",
    "sparksql": "sql",
}

#: Magics that set something up or ask for something: such a cell holds no code.
SETUP = {
    "configure": "configures the session",
    "send_to_spark": "sends a value from the local kernel, which an artifact does not have",
    "info": "shows the sessions",
    "logs": "shows the session's log",
    "help": "shows help",
    "cleanup": "deletes sessions; the artifact manages its own",
    "delete": "deletes a session; the artifact manages its own",
}

#: Subcommands of Sparkmagic's `%%spark` in an IPython kernel, with the same reasons.
SUBCOMMANDS = {
    "add": "adds a session; the artifact manages its own",
    "config": SETUP["configure"],
    "info": SETUP["info"],
    "logs": SETUP["logs"],
    "cleanup": SETUP["cleanup"],
    "delete": SETUP["delete"],
}

#: Magics that hand their body to a shell.
SHELLS = frozenset({"!", "bash", "sh", "script", "cmd", "sx", "system", "zsh", "powershell", "pwsh"})

#: IPython's other cell magics whose body is no code of the notebook.
_GONE = {
    "timeit": "measures, repeats its body and keeps no names",
    "debug": "is interactive",
    "writefile": "writes its body to a file: it is no code of the notebook",
    "file": "writes its body to a file: it is no code of the notebook",
    **dict.fromkeys(("html", "HTML", "javascript", "js", "latex", "markdown", "svg", "SVG"), "only shows something"),
    **dict.fromkeys(("python", "python2", "python3", "pypy", "perl", "ruby"), "runs in a process of its own"),
}


def why_gone(name: str) -> tuple[str, str]:
    """Return the kind of rejection of a whole cell under `%%name`, and its reason."""
    if name in SHELLS or name.startswith("!"):
        return "shell", f"a %%{name} cell is a shell script: the whole cell goes"
    if name in _GONE:
        return "magic", f"%%{name} {_GONE[name]}; the whole cell goes"
    return "magic", f"%%{name} is not known here: what it wraps may be any language, so the whole cell goes"
