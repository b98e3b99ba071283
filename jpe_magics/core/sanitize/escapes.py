"""IPython's own syntax (`%magic`, `!command`, `name?`, `x = !command`), found and set aside.

The rules are those of IPython's `inputtransformer2`; a test holds them to it.  They are written anew
because its transformers lose the positions, start over for each escape (a cell of `n` magics is read
`n` times), differ between versions, and cost a shell command a fifth of a second to import.
"""

from __future__ import annotations

import keyword
import re
import tokenize
import unicodedata
from dataclasses import dataclass, field

from jpe_magics.core.sanitize.magics import HELP, SHELL, Magic, help_target
from jpe_magics.core.sanitize.taken import Taken
from jpe_magics.core.sanitize.valid import Fault, is_expression, parse
from jpe_magics.model.text import Text

#: What a cell that is no Python must hold somewhere for a scan to be worth its time.
_HINT = re.compile(r"^[ \t\f]*[%!?,;/]|=[ \t]*[%!]|\?[ \t]*$", re.MULTILINE)
_ASSIGNED = re.compile(r"=[ \t]*(?:%[ \t]*\w|!)")
#: Cell magics that run their body in the notebook's namespace: where IPython refuses one for its place, the body stays.
_CELL_WRAPPERS = frozenset({"time", "capture", "prun"})
#: What the names that stand for escapes begin with, followed by a number.
_STEM = re.compile("_jpe_held_+")
#: `%time %time …`: so many magics are taken off a line, for each of which it is looked at anew; the rest is a magic.
_MOST_PEELED = 20


@dataclass
class Scan:
    """A cell with a name in place of each escape, so that it parses as Python.

    `held` maps those names to what they stand for, `taken` are magics taken off the code that they ran
    (`%time`), `fault` is what IPython itself would refuse.
    """

    text: Text
    held: dict[str, Taken] = field(default_factory=dict)
    taken: list[Taken] = field(default_factory=list)
    fault: Fault | None = None


def scan(text: Text, automagic: frozenset[str] = frozenset()) -> Scan:
    """Return `text` with its escapes set aside; `automagic` are the words that are magics without `%` here."""
    if not automagic and not _HINT.search(text.text):
        return Scan(text)
    return _Scanner(text, automagic).scan()


class _Scanner:
    """Feeds a cell to Python's tokenizer line by line, which tells where a statement starts.

    The tokenizer asks for a line only when it has told all about those before, so an escape is set
    aside before it would be taken for Python.
    """

    def __init__(self, text: Text, automagic: frozenset[str]) -> None:
        self.numbers = text.lines
        self.lines = text.text.split("\n")
        self.automagic = automagic
        self.stem = _unused(text.text)
        hints = list(_HINT.finditer(text.text))
        end = hints[-1].end() if hints else 0
        #: The last line that can hold an escape: behind it nothing needs to be looked at.
        self.last = len(self.lines) if automagic else text.text.count("\n", 0, end)
        self.at = self.end = 0  # the next line to feed, and the last line of the escape that starts there
        self.fresh = True  # whether that line starts a statement
        self.out: list[str] = []
        self.out_numbers: list[int] = []
        self.held: dict[str, Taken] = {}
        self.taken: list[Taken] = []
        self.fault: Fault | None = None
        self.silent = False  # whether a line of our own is set aside
        self.peeled: list[Taken] = []  # the magics that were taken off the next line

    def scan(self) -> Scan:
        depth = 0
        try:
            for token in tokenize.generate_tokens(self._next_line):
                if token.type == tokenize.OP and token.string in ("(", "[", "{"):
                    depth += 1
                elif token.type == tokenize.OP and token.string in (")", "]", "}"):
                    depth = max(depth - 1, 0)
                elif token.type == tokenize.NEWLINE or (token.type == tokenize.NL and not depth):
                    self.fresh = True
        except (tokenize.TokenError, SyntaxError, UnicodeError):
            pass  # no Python from here on: the parser will say so, with the line
        while self.at < len(self.lines):
            self._feed()
        return Scan(Text("\n".join(self.out), tuple(self.out_numbers)), self.held, self.taken, self.fault)

    def _next_line(self) -> str:
        if self.at > self.last or self.at >= len(self.lines):
            return ""
        if self.fresh:
            self.fresh = False
            self._set_aside()
        if "\0" in self.lines[self.at]:  # no Python, and the tokenizer of 3.13 may fail on it with a SystemError
            self.last = self.at - 1
            return ""
        return self._feed() + "\n"

    def _feed(self) -> str:
        line = self.lines[self.at]
        self.out.append(line)
        self.out_numbers.append(self.numbers[self.at])
        self.at = self.end = max(self.end, self.at) + 1
        return line

    def _set_aside(self) -> None:
        """Put a name in place of the escape on the next line, if there is one."""
        self.silent = False
        self.peeled = []
        while one := self._look():  # `%time !ls`: what a magic runs is looked at as IPython does, once more
            self.peeled.append(one)
        if not self.silent:
            self.taken += self.peeled  # what ran a line of our own goes as silently

    def _look(self) -> Taken | None:
        """Set the next line's escape aside; return a magic that was taken off the code which it ran."""
        line = self.lines[self.at]
        bare = line.lstrip(" \t\f")
        indent = line[: len(line) - len(bare)]
        if bare[:1] in ("%", "!", "?"):
            return self._escape(indent, bare)
        if bare[:1] in (",", ";", "/"):
            return self._autocall(indent, bare)
        if _ASSIGNED.search(bare) and (place := _assigned(line)) is not None:
            return self._escape(line[:place], line[place:])
        if bare.rstrip().endswith("?") and (target := help_target(bare)) and _asks(line):
            self._hold(indent, *_help(target))
        elif self.automagic and is_automagic(bare, self.automagic):
            return self._magic(indent, bare)
        return None

    def _escape(self, before: str, escape: str) -> Taken | None:
        """Set aside what starts with `%`, `!` or `?`."""
        if escape.startswith("!"):
            self._hold(before, "shell", SHELL)
        elif escape.startswith("?") or help_target(escape):
            self._hold(before, *_help(help_target(escape) or escape))
        elif escape.startswith("%%"):
            name = Magic.of(escape[2:]).name
            if name not in _CELL_WRAPPERS:
                message = f"%%{name} stands below other lines: a cell magic must be on the first line of its cell"
                self.fault = self.fault or Fault(len(self.out) + 1, message)
            self._hold(before, "magic", f"%%{name} belongs on the first line of its cell; the lines below stay")
        else:
            return self._magic(before, escape)
        return None

    def _magic(self, before: str, escape: str) -> Taken | None:
        """Set aside a line magic, or take it off the code that it runs."""
        whole = [escape, *self.lines[self.at + 1 : self._last_line() + 1]]
        # as inputtransformer2.assemble_continued_line
        magic = Magic.of(" ".join([*(line.rstrip()[:-1] for line in whole[:-1]), whole[-1].rstrip()]).lstrip("%"))
        assigned = bool(before.strip())
        runs = magic.code and len(self.peeled) < _MOST_PEELED
        if not runs or (assigned and not is_expression(magic.code)):
            self._hold(before, "" if magic.ours else magic.kind, magic.reason)
            return None
        taken = self._taken("magic", magic.reason)
        self.lines[self.at] = before + Magic.of(escape.lstrip("%")).code
        if assigned:
            self.taken.append(taken)
            return None
        return taken

    def _autocall(self, indent: str, bare: str) -> Taken | None:
        """Write `,f a b`, `;f a b` and `/f a b` as the calls that IPython makes of them."""
        name, _, arguments = bare[1:].strip().partition(" ")
        if not all(part.isidentifier() for part in name.split(".")):
            return None
        self.end = self.at
        taken = self._taken("magic", "the line is written as the call that IPython makes of it")
        written = {
            ",": '"' + '", "'.join(arguments.split()) + '"',
            ";": f'"{arguments}"',
            "/": ", ".join(arguments.split()),
        }[bare[0]]
        self.lines[self.at] = f"{indent}{name}({written})"
        return taken

    def _hold(self, before: str, kind: str, reason: str) -> None:
        self.end = self._last_line()
        self.silent = not kind
        name = f"{self.stem}{len(self.held)}"
        self.held[name] = self._taken(kind, reason, len(before))
        self.lines[self.at] = before + name

    def _taken(self, kind: str, reason: str, skip: int = 0) -> Taken:
        """Return the escape on the next line and those that continue it, from the column `skip` on."""
        last = self._last_line()
        text = "\n".join([self.lines[self.at][skip:], *self.lines[self.at + 1 : last + 1]])
        return Taken(kind, reason, text.strip(), self.numbers[self.at], self.numbers[last])

    def _last_line(self) -> int:
        """Return the index of the last line of a statement that backslashes extend."""
        last = self.at
        while self.lines[last].endswith("\\") and last + 1 < len(self.lines):
            last += 1
        return last


def _unused(code: str) -> str:
    """Return the beginning of names of which the code has none, however Python spells what stands there."""
    longest = max((len(one) for one in _STEM.findall(unicodedata.normalize("NFKC", code))), default=0)
    return "_jpe_held_" if not longest else "_jpe_held" + "_" * (longest - len("_jpe_held") + 1)


def _help(target: str) -> tuple[str, str]:
    """Return kind and reason of a line that asks for help on `target`."""
    return "" if Magic.of(target.strip("?% ")).ours else "help", HELP


def _tokens(line: str) -> list[tokenize.TokenInfo]:
    """Return the tokens of one line, as far as it is Python."""
    found: list[tokenize.TokenInfo] = []
    try:
        for token in tokenize.generate_tokens(iter([line + "\n", ""]).__next__):
            if token.type == tokenize.NEWLINE:
                break
            if token.string.strip():  # before Python 3.12 a blank in front of `!` is an error token
                found.append(token)
    except (tokenize.TokenError, SyntaxError, UnicodeError):
        pass
    return found


def _assigned(line: str) -> int | None:
    """Return the column of the `%` or `!` behind the line's first `=` outside of brackets."""
    tokens = _tokens(line)
    depth = 0
    for place, token in enumerate(tokens):
        if token.string in ("(", "[", "{"):
            depth += 1
        elif token.string in (")", "]", "}"):
            depth = max(depth - 1, 0)
        elif token.string == "=" and not depth:
            after = tokens[place + 1 : place + 3]
            if not after or place == 0:
                return None
            named = len(after) > 1 and after[1].type == tokenize.NAME
            return after[0].start[1] if after[0].string == "!" or (after[0].string == "%" and named) else None
    return None


def _asks(line: str) -> bool:
    """Tell whether a `?` ends the line, and no comment or string holds it."""
    tokens = _tokens(line)
    return bool(tokens) and tokens[-1].string == "?"


def is_automagic(bare: str, words: frozenset[str]) -> bool:
    """Tell whether a line that no `%` starts is a magic all the same (IPython's `AutoMagicChecker`).

    IPython looks at cells of one line only; here any line counts that starts with one of `words` and
    makes no sense as Python, where none of these words is a variable.
    """
    line = re.match(r"(\w+)([ \t]*)(.*)", bare, re.DOTALL)
    if not line or line[1] not in words or not (line[2] or not line[3]):
        return False
    rest = line[3].rstrip()
    if rest in ("", ".", "..", "/", "~", "-") or rest.startswith(("./", "../")):
        return True
    if rest[0] in "=,([.:" or re.match(r"[^\w\s'\"]+\s", rest):
        return False
    first = re.match(r"\w*", rest)
    if first and keyword.iskeyword(first[0]):
        return False
    return rest[0] in "-/~*" or isinstance(parse(bare), Fault)
