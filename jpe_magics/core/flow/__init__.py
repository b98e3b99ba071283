"""The steps of a flow: how a pipeline is published, started, followed, stopped.

A flow is a generator: it yields steps and is sent what came of each (in the way of httpx's `auth_flow`),
so that a target says what is to happen and does no input or output itself.  One driver
(`jpe_magics.adapters.drive`) carries the steps out for all targets: it adds addresses, credentials, time
limits, retries and redaction, and it can be stopped between any two steps and in the middle of a wait.

====== ============================================== ==============
step   does                                           sends back
====== ============================================== ==============
Place  puts a file into a folder of this machine      `Published`
Push   commits a file with the git program            `Pushed`
Call   sends one HTTP request to a backend            `Answer`
Wait   waits                                          the clock's seconds
Tell   tells people how far it is                     None
Made   says that something was made outside           None
State  says what state the run or record is in now    None
====== ============================================== ==============

A step that can't be done throws a `JpeError` into the flow, at the `yield`; for a `Call` that is
`NoAnswer` where no answer came.  The flow may have another way; what it does not catch ends it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any

from jpe_magics.model.artifact import File
from jpe_magics.model.planned import Form
from jpe_magics.model.progress import Progress, TaskState
from jpe_magics.model.publication import Published


@dataclass(frozen=True)
class Place:
    """Put a file into a folder of this machine; sends back a `Published`.

    `replace` allows to overwrite what is not ours (a `.bak` of it stays).  `others`: see `Surroundings`.
    """

    folder: str
    file: File
    replace: bool = False
    others: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Push:
    """Commit `file` to `branch` of the git remote `remote` and push it; sends back a `Pushed`.

    `file.path` is the path in the repository.  `author` is "Name <address>", "" for git's own setting.
    `replace` allows to overwrite a file that is not ours.  `others`: see `Surroundings`.
    """

    remote: str
    branch: str
    file: File
    message: str
    author: str = ""
    replace: bool = False
    others: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Pushed:
    """What a `Push` did; `commit` is the id of the branch's commit now, whether or not a new one was made."""

    published: Published
    commit: str


@dataclass(frozen=True)
class Call:
    """One HTTP request to a backend's API ("airflow", "gitea", "ilum"); sends back an `Answer`.

    `path` begins with a slash, stands below the backend's configured address, and is percent-encoded already.
    A value that is not None in `body` goes as JSON, a `form` as multipart/form-data.  A GET is repeated by the driver
    where no answer or a 5xx came, anything else only with `repeat`, which says that doing it twice is the same as once.
    `limit` are the seconds that it may take in all, and then it is not repeated; 0: the driver's own limits.
    """

    backend: str
    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    form: Form | None = None
    repeat: bool = False
    accept: str = "application/json"
    limit: float = 0


@dataclass(frozen=True)
class Answer:
    """A backend's answer, whatever its status; `json` is None where the body is no JSON.

    `text` is the body as text, cut at a limit that the driver sets (`json` is of the whole body).
    """

    status: int
    json: Any = None
    text: str = ""
    content_type: str = ""

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300


@dataclass(frozen=True)
class Wait:
    """Wait so many seconds (0: not at all); sends back the seconds of a clock that only goes forward."""

    seconds: float = 0


@dataclass(frozen=True)
class Tell:
    """Tell people how far it is."""

    progress: Progress


@dataclass(frozen=True)
class Made:
    """Say that something was made outside; it is in the history before the flow goes on."""

    published: Published


@dataclass(frozen=True)
class State:
    """Say what state the record is in now: "exported", or a run's ("queued", "running", "success", "failed").

    `error` says why, where it failed.  `tasks` are the run's, for those who look.  `detail` is what there is to
    say of it now where there is no run; no history keeps it.
    """

    status: str
    error: str = ""
    tasks: tuple[TaskState, ...] = ()
    detail: str = ""


@dataclass(frozen=True)
class Surroundings:
    """What a flow may know of the place it runs in.

    `setting` returns a setting's value by its name (a `Secret` for a secret one), `is_set` tells whether
    anything but the default gives it.  `notebook_folder` is the folder of the notebook, "" where it has none;
    `notebook` its name.  `id` is this submission's own, no other's (letters, digits and dashes).  `others` are the
    places (a file's real path, a commit's `Published.place`) that are known to hold what another notebook of
    that path made.
    """

    setting: Callable[[str], Any]
    is_set: Callable[[str], bool] = lambda name: False  # noqa: ARG005
    notebook_folder: str = ""
    notebook: str = ""
    user: str = ""
    id: str = ""
    others: Mapping[str, str] = field(default_factory=dict)


Step = Place | Push | Call | Wait | Tell | Made | State
#: What comes back is the step's own type (table above), which a generator's type can't say.
Flow = Generator[Step, Any, None]
