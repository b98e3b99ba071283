"""All that the panel shows, as one value: every change makes a new one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from jpe_magics.core.form import Field
from jpe_magics.core.summary.progress import Steps
from jpe_magics.core.summary.targets import TargetRow
from jpe_magics.errors import JpeError
from jpe_magics.model.record import Record, Row
from jpe_magics.results import Export, Submission


@dataclass(frozen=True)
class Work:
    """Work that goes on: what it is ("Create DAG", "Run", …), how far it is, and whether Stop was pressed.

    `began`, and the times in `steps`, are in the seconds of `time.monotonic`.
    """

    title: str
    steps: Steps = field(default_factory=Steps)
    began: float = 0.0
    stopping: bool = False


@dataclass(frozen=True)
class Question:
    """Something that is only done with a yes: `option` is the flag that the yes sets for this one export.

    `button` is what the yes says, `safe` the no, which is what counts unless somebody decides otherwise; `destroys`
    tells that the yes takes something away that was there.
    """

    text: str
    option: str
    button: str
    safe: str = "No"
    destroys: bool = False


@dataclass(frozen=True)
class Blocked:
    """What kept a press of the export button from doing anything: the names of wrong fields and parameters.

    `press` counts the presses, so that each one is another value.
    """

    fields: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    press: int = 0


@dataclass(frozen=True)
class Past:
    """The history as it is shown: the newest rows that match, the record that is open, and its predecessor.

    `actions` are what can be done with the open record: some of "run", "stop", "status".
    """

    rows: tuple[Row, ...] = ()
    search: str = ""
    target: str = ""
    skipped: int = 0
    record: Record | None = None
    before: Record | None = None
    actions: frozenset[str] = frozenset()
    error: JpeError | None = None


@dataclass(frozen=True)
class Places:
    """Where files go, as the settings say.

    `provider` is "gitea", "git", "local", "auto" (it depends on whether a Gitea answers), or "" where nothing is known.
    `folder` is the local one as a whole path, `chosen` tells that somebody has set it.  `repository` is "owner/name",
    `path` the folder in it, `remote` the address for git; `gitea` and `ilum` are addresses of APIs.  `lacking` names
    the variables without which no file can go to Gitea.  `runs` tells that a DAG is run without being asked for
    (Auto-trigger on "auto").
    """

    provider: str = ""
    folder: str = ""
    chosen: bool = False
    repository: str = ""
    branch: str = ""
    path: str = ""
    remote: str = ""
    gitea: str = ""
    lacking: tuple[str, ...] = ()
    ilum: str = ""
    runs: bool = False


@dataclass(frozen=True)
class PanelState:
    """What the panel shows.

    `targets` are the cards; their badges have the state "unknown" until the probes have answered, and
    `operating` ("Standalone", "Connected", "Ilum bundled") is "" so long.  `places` are what the settings say of where
    files go (see `jpe_magics.panel.destination`).  `target` is the chosen card's name;
    `fields` are its form, `values` what stands in the form by option name: text (lists with commas, maps as
    `NAME=VALUE` lines), True or False for flags, None for a flag that is left to its default.  `errors` holds
    a message by option name; "" is the key of one that belongs to no field.  `missing` names the fields that must be
    filled and are not yet: `errors` says so only once somebody has touched them, or pressed the button.  `parameters`
    and `run_parameters` are what was typed over parameters' defaults, as text by name; `parameter_errors` holds a
    message by the parameter's name.

    `preview` is the last preview (None while none was made), `stale` tells that the form has changed since, `line`
    is the magic's line that does the same, `button` what the export button says.  `blocked` is what was wrong when
    the button was pressed in vain, None for nothing.  `before` is this pipeline's last record, for *Changes*.  `work`
    is what goes on (None: nothing), `done` what the last work came to (a preview, where a file was only made to be
    downloaded), `question` what is asked about it.  `notice` is what went wrong in the panel itself, `can_save` tells
    that the front end can be asked to save the notebook.  `closed` tells that this is the last state, `because` why,
    where it was not the panel's own user who closed it.  `reading` tells that the notebook has yet to be read for the
    first time: so long the form has neither what the notebook says nor what was exported last.
    """

    targets: tuple[TargetRow, ...] = ()
    operating: str = ""
    places: Places = Places()
    target: str = ""
    fields: tuple[Field, ...] = ()
    values: Mapping[str, str | bool | None] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    parameters: Mapping[str, str] = field(default_factory=dict)
    run_parameters: Mapping[str, str] = field(default_factory=dict)
    parameter_errors: Mapping[str, str] = field(default_factory=dict)
    line: str = ""
    button: str = ""
    blocked: Blocked | None = None
    preview: Export | None = None
    stale: bool = True
    before: Record | None = None
    work: Work | None = None
    done: Export | Submission | None = None
    question: Question | None = None
    past: Past = Past()
    notice: JpeError | None = None
    can_save: bool = False
    reading: bool = False
    closed: bool = False
    because: str = ""
