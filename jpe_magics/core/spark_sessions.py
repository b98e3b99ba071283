"""Which language a Sparkmagic session speaks."""

from __future__ import annotations

import re
from collections.abc import Mapping

from jpe_magics.core.kernels import SESSION_LANGUAGES
from jpe_magics.core.magic_options import parse_options

_ADD = re.compile(r"^[ \t]*%%?spark[ \t]+(.*)$", re.MULTILINE)
_LANGUAGES = frozenset({"python", "scala", "r"})


class SparkSessions:
    """The sessions that a notebook's `%%spark` cells may name, live ones and those that its text adds.

    The text is read cell by cell (`read`), so that a cell sees the sessions of the cells above it.
    """

    def __init__(self, live: Mapping[str, str] | None) -> None:
        known = {name: SESSION_LANGUAGES.get(kind, "") for name, kind in (live or {}).items() if name}
        self._live = {name: language for name, language in known.items() if language}
        self._text: dict[str, str] = {}

    def __bool__(self) -> bool:
        """Whether any session is known."""
        return bool(self._live or self._text)

    def read(self, source: str) -> None:
        """Take note of the `%spark add -s NAME -l LANG` lines of a cell; the later of two wins."""
        if "%spark" not in source:
            return
        for line in _ADD.findall(re.sub(r"\\\n", " ", source)):
            options = parse_options("spark", line)
            language = options["language"].lower()
            if options.words[:1] == ("add",) and language in _LANGUAGES:
                name = options["session"]
                if name in self._text and options["skip"]:
                    continue  # -k: an existing session stays
                self._text.pop(name, None)  # to the end: the last one added is the last one here
                self._text[name] = language

    def language(self, name: str) -> tuple[str, bool]:
        """Return the language of session `name`, and whether that is known rather than assumed.

        "" asks for the session of a cell that names none: Sparkmagic wants exactly one to exist then.
        """
        for known in (self._live, self._text):
            if name in known:
                return known[name], True
            if not name and known:
                return list(known.values())[-1], len(set(known.values())) == 1
        return "python", False
