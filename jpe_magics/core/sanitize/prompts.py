"""Prompts that were copied along with the code: `>>> `, `... `, `In [1]: `, `   ...: `."""

from __future__ import annotations

import re

from jpe_magics.core.sanitize.valid import Fault, parse
from jpe_magics.model.text import Text

_CLASSIC_FIRST = re.compile(r">>>(?: |$)")
_CLASSIC = re.compile(r"\s*(?:>>>|\.\.\.)(?: |$)")
_IPYTHON = re.compile(r"(?:(?:\[(?:nav|ins)\])? )?In \[\d+\]: |\s*\.{3,}: ?")


def without_prompts(text: Text) -> Text:
    """Return a cell without its prompts, as IPython takes them off (`inputtransformer2.PromptStripper`).

    They count where the first line with text in it, or the one below, starts with one; then every line
    loses its own.  A blank result of that stays a blank line, so lines keep their numbers.
    """
    if ">>>" not in text.text and "In [" not in text.text and "...:" not in text.text:
        return text
    lines = text.text.split("\n")
    at = next((at for at, line in enumerate(lines) if line.strip()), 0)
    for row in range(at, min(at + 2, len(lines))):
        prompt = _CLASSIC if _CLASSIC_FIRST.match(lines[row]) else _IPYTHON
        if prompt.match(lines[row]) and (row == at or isinstance(parse(text.text), Fault)):
            break  # a second line of valid code shows prompts in a string at most
    else:
        return text
    return Text("\n".join(prompt.sub("", line, count=1) for line in lines), text.lines)
