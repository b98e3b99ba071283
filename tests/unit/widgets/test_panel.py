"""The panel's view over a scripted panel: what it shows, what it asks for, and what it sends."""

from __future__ import annotations

import base64
import re
import threading
from dataclasses import replace
from typing import Any

import pytest
from ipywidgets import HTML
from ipywidgets.widgets.widget import _instances

from jpe_magics.core.summary.progress import Steps
from jpe_magics.core.summary.targets import TargetRow
from jpe_magics.errors import JpeError, OptionError, PublishError
from jpe_magics.model.artifact import Artifact, File
from jpe_magics.model.finding import Finding
from jpe_magics.model.notebook import Cell
from jpe_magics.model.parameter import Parameter
from jpe_magics.model.progress import Progress, TaskState
from jpe_magics.panel.state import Blocked, PanelState, Past, Places, Question, Work
from jpe_magics.results import Export, Submission
from jpe_magics.widgets.history import when
from jpe_magics.widgets.panel import history_view, panel_view
from jpe_magics.widgets.theme import SHEET
from tests.unit.widgets.conftest import Wire
from tests.unit.widgets.fake_panel import CODE, DONE, FILES, OPEN, PREVIEW, RECORD, REPORT, ROWS, Fake, form, rows
from tests.unit.widgets.walk import (
    CHANGES,
    HISTORY,
    PARAMETERS,
    REJECTIONS,
    control,
    find,
    html,
    press,
    put,
    select,
    shows,
    text,
    walk,
)
from tests.unit.widgets.walk import PREVIEW as PREVIEW_TAB

#: What works in JupyterLab, Notebook 7, classic Notebook and VS Code, and needs no other package.
PORTABLE = {
    "VBox",
    "HBox",
    "Tab",
    "Button",
    "ToggleButtons",
    "Dropdown",
    "Text",
    "Textarea",
    "Checkbox",
    "Combobox",
    "HTML",
}


@pytest.fixture
def view(fake: Fake) -> Any:
    return panel_view(fake)


def mode(view: Any) -> Any:
    return find(view, "jpe-mode")


def fault(view: Any) -> str:
    """What went wrong in the panel itself; its place is made when something first does."""
    return text(find(view, "jpe-fault")) if shows(view, "jpe-fault") else ""


# --- cards


def test_a_card_for_each_target_tells_what_answers(view: Any) -> None:
    chosen, other = find(view, "jpe-card-airflow"), find(view, "jpe-card-ilum")
    # Gitea alone is down: the target can be used without it
    assert {"jpe-chosen", "jpe-down"} & set(chosen._dom_classes) == {"jpe-chosen"}
    assert not {"jpe-chosen", "jpe-down"} & set(other._dom_classes)
    assert "✓ airflow answers" in text(chosen)
    assert "✗ gitea no answer" in text(chosen)
    assert 'title="http://gitea:80 tried gitea"' in html(chosen)
    assert "ilum switched off" in text(other)
    assert "Operating mode: Connected" in text(view)
    soon = find(view, "jpe-announced")
    assert 'class="jpe-card jpe-soon jpe-card-dbt"' in html(soon)
    assert "coming soon" in text(soon)
    assert not shows(view, "jpe-card-dbt"), "what can't be chosen has no button"


def test_a_card_of_a_package_that_does_not_load_says_why(fake: Fake) -> None:
    broken = TargetRow("shell", "shell", "of jpe-target-shell", False, fault="ModuleNotFoundError: No module named 'x'")
    fake.state = replace(OPEN, targets=(*rows(), broken))
    shown = html(find(panel_view(fake), "jpe-announced")).partition("jpe-card-shell")[2]
    assert "✗ does not load: ModuleNotFoundError: No module named &#x27;x&#x27;" in shown
    assert "coming soon" not in shown


def test_badges_come_later(fake: Fake, wire: Wire) -> None:
    fake.state = replace(OPEN, targets=rows(airflow="unknown", gitea="unknown", ilum="unknown"), operating="")
    view = panel_view(fake)
    assert text(view).count("asking …") == 3
    wire.clear()
    fake.tell(targets=rows(airflow="down", gitea="unknown", ilum="unknown"))
    assert wire.changed == [{"_dom_classes"}, {"value"}, {"tooltip"}]
    assert "tried airflow" in find(view, "jpe-card-airflow").children[0].tooltip
    assert "looking what answers" in text(view)


def test_what_nobody_set_up_is_grey_and_says_what_sets_it_up(fake: Fake) -> None:
    targets = rows(airflow="unset", gitea="unset", ilum="down")
    badges = tuple(replace(one, hint=f"set {one.backend}_url") for one in targets[0].badges)
    fake.state = replace(OPEN, targets=(replace(targets[0], badges=badges), *targets[1:]))
    view = panel_view(fake)
    chosen, other = find(view, "jpe-card-airflow"), find(view, "jpe-card-ilum")
    assert "\N{INFORMATION SOURCE} airflow not set up" in text(chosen)
    assert {"jpe-down", "jpe-unset"} <= set(chosen._dom_classes), "dashed as well, and in grey"
    assert "airflow: set airflow_url" in text(chosen)
    assert "airflow: tried airflow" not in text(chosen), "that is for the tooltip"
    assert "tried airflow" in chosen.children[0].tooltip
    assert 'class="jpe-badge jpe-neutral" data-backend="airflow" data-state="unset"' in html(chosen)
    assert 'class="jpe-badge jpe-bad" data-backend="ilum"' in html(other)
    assert "jpe-unset" not in other._dom_classes


def test_a_card_is_chosen_by_its_button(view: Any, fake: Fake) -> None:
    press(find(find(view, "jpe-card-ilum"), "jpe-choose"))
    assert fake.asked == [("choose", "ilum")]
    fields = form("ilum", "service")
    fake.tell(target="ilum", fields=fields, values={"mode": "service", "name": "kpi"}, button="Create Ilum Service")
    assert find(find(view, "jpe-card-ilum"), "jpe-choose").description.startswith("✓")
    assert control(view, "name").value == "kpi"
    assert not shows(view, "jpe-field-dag_id")
    assert mode(view).value == "service"
    assert find(view, "jpe-export").description == "Create Ilum Service"


# --- the form


def test_the_form_has_labels_help_and_what_counts(view: Any) -> None:
    dag = control(view, "dag_id")
    assert (dag.description, dag.value) == ("DAG id (required)", "etl")
    assert control(view, "schedule").placeholder == "none"
    assert "letters, digits" in text(find(view, "jpe-field-dag_id"))


@pytest.mark.parametrize(
    ("option", "kind", "value"),
    [
        ("dag_id", "Text", "daily"),
        ("session_conf", "Textarea", "a.b=1\nc.d=2"),
        ("catchup", "Checkbox", True),
        ("retries", "Text", "4"),
        ("push", "Checkbox", False),
        ("trigger", "Checkbox", False),
    ],
)
def test_what_is_typed_is_sent(view: Any, fake: Fake, option: str, kind: str, value: object) -> None:
    press(find(view, "jpe-more"))
    one = control(view, option)
    assert type(one).__name__ == kind
    put(one, value=value)
    assert fake.asked == [("set", option, value)]


def test_the_mode_is_a_toggle(view: Any, fake: Fake) -> None:
    assert [label for label, _ in mode(view).options] == ["per cell", "batch"]
    put(mode(view), index=1)
    assert fake.asked == [("set", "mode", "batch")]


def test_more_options_are_made_on_demand(view: Any) -> None:
    before = len(_instances)
    assert not shows(view, "jpe-field-owner")
    press(find(view, "jpe-more"))
    assert shows(view, "jpe-field-owner")
    assert len(_instances) > before + 20
    press(find(view, "jpe-more"))
    assert not shows(view, "jpe-field-owner")
    made = len(_instances)
    press(find(view, "jpe-more"))
    assert len(_instances) == made


def test_a_message_stands_beside_its_field(view: Any, fake: Fake) -> None:
    fake.tell(errors={"dag_id": "no <blanks>"})
    shown = html(find(view, "jpe-field-dag_id"))
    assert 'role="alert"' in shown
    assert "✗" in shown
    assert "no &lt;blanks&gt;" in shown
    assert html(view).count("no &lt;blanks&gt;") == 1, "and nowhere else"
    fake.tell(errors={})
    assert "alert" not in html(find(view, "jpe-field-dag_id"))


def test_what_has_yet_to_be_filled_in_is_said_gently(view: Any, fake: Fake) -> None:
    fake.tell(missing=frozenset({"dag_id"}), preview=None)
    assert "to be filled in" in text(find(view, "jpe-field-dag_id"))
    assert "alert" not in html(find(view, "jpe-field-dag_id"))
    label = next(field.label for field in OPEN.fields if field.option.name == "dag_id")
    assert f"no preview yet: fill in {label}." in text(view)
    fake.tell(missing=frozenset(), errors={"dag_id": "DAG id is needed"})
    assert "to be filled in" not in text(view)
    assert "no preview yet: mend what is marked above." in text(view)


def test_who_types_keeps_the_control_where_only_its_placeholder_changes(view: Any, fake: Fake) -> None:
    dag, wait = control(view, "dag_id"), form()
    put(dag, value="half a na")
    fake.tell(fields=tuple(replace(one, placeholder="from the notebook") for one in wait))
    assert control(view, "dag_id") is dag
    assert (dag.value, dag.placeholder) == ("half a na", "from the notebook")
    fake.tell(fields=tuple(replace(one, label="another") for one in wait))
    assert control(view, "dag_id") is not dag


def test_a_wrong_field_that_is_folded_away_is_opened(view: Any, fake: Fake) -> None:
    fake.tell(errors={"retries": "a whole number"})
    assert "a whole number" in text(find(view, "jpe-field-retries"))


def test_what_belongs_to_no_field_is_said_below_the_buttons(view: Any, fake: Fake) -> None:
    fake.tell(errors={"": "all of it is wrong"})
    assert "all of it is wrong" in text(find(view, "jpe-banner"))


def test_what_changes_elsewhere_shows_in_the_field(view: Any, fake: Fake) -> None:
    fake.tell(values={**OPEN.values, "dag_id": "renamed", "push": False})
    assert control(view, "dag_id").value == "renamed"
    assert control(view, "push").value is False
    assert fake.asked == []


def test_a_late_state_takes_back_nothing_that_was_typed_since(view: Any, fake: Fake) -> None:
    dag = control(view, "dag_id")
    for value in ("d", "da", "dai"):
        put(dag, value=value)
    for value in ("d", "dai"):  # one of them is never told
        fake.tell(values={**OPEN.values, "dag_id": value})
        assert dag.value == "dai"
    fake.tell(values={**OPEN.values, "dag_id": "etl"})
    assert dag.value == "etl"
    assert [words[2] for words in fake.asked] == ["d", "da", "dai"]


def test_the_switches_are_on_where_the_default_is_left(view: Any) -> None:
    assert control(view, "trigger").value is True
    assert control(view, "push").value is True


# --- messages


def test_a_keystroke_sends_what_differs_and_no_widget(wire: Wire, view: Any, fake: Fake) -> None:
    view.close()
    fake.listeners.clear()
    shown = panel_view(fake)
    living = len(_instances)
    wire.clear()
    put(control(shown, "dag_id"), value="etl_")
    fake.tell(values={**OPEN.values, "dag_id": "etl_"}, line="%export_pipeline airflow --dag-id etl_", stale=True)
    files = (File("etl_.py", CODE.replace("load", "load_")),)
    fake.tell(preview=Export(REPORT, Artifact(files), files, preview=True), stale=False)
    assert len(_instances) == living
    assert wire.count("comm_open") == 0
    # the preview's first lines, with the magic's line in them, and the code
    assert wire.changed == [{"value"}, {"value"}]
    assert len(wire.messages) == 3, "one is the echo of the key"
    assert wire.bytes < 6_000


def test_nothing_is_sent_for_what_nobody_sees(fake: Fake, wire: Wire) -> None:
    panel_view(fake)
    wire.clear()
    fake.tell(past=Past((*ROWS, *ROWS)), before=None, stale=False)
    assert wire.messages == []


def test_a_panel_opens_with_one_message_for_each_widget(fake: Fake, wire: Wire) -> None:
    """What one waits for: the cards, the form and the buttons; nothing of it is sent empty first."""
    fake.state = replace(OPEN, reading=True, preview=None, past=Past())
    view = panel_view(fake)
    for name in ("jpe-choose", "jpe-form", "jpe-field-dag_id", "jpe-export"):
        assert shows(view, name)
    assert "Reading the notebook" in text(view)
    assert not shows(view, "jpe-pages")
    assert {kind for kind, _, _ in wire.messages} == {"comm_open"}
    assert wire.count("comm_open") < 62
    assert wire.bytes < 50_000


def test_the_rest_follows_when_the_notebook_was_read(fake: Fake, wire: Wire) -> None:
    fake.state = replace(OPEN, reading=True, preview=None)
    view = panel_view(fake)
    shown = view.children
    fake.tell(reading=False, preview=PREVIEW)
    assert "unique-marker" in html(find(view, "jpe-preview"))
    assert "Reading the notebook" not in text(view)
    assert view.children[: len(shown) - 1] == shown[:-1], "what stands there is not made anew"
    assert find(view, "jpe-pages").titles[1] == "Rejections (1), warnings (1)"
    assert wire.count("comm_open") < 85
    assert wire.count("comm_close") == 1
    assert wire.bytes < 70_000


def test_what_was_made_before_the_notebook_was_read_is_offered_when_there_is_a_place(fake: Fake) -> None:
    fake.state = replace(OPEN, reading=True, preview=None)
    view = panel_view(fake)
    fake.tell(done=PREVIEW)
    assert "etl.py is ready: press Save." in text(view)
    fake.tell(reading=False, preview=PREVIEW)
    assert 'download="etl.py"' in html(find(view, "jpe-links"))


def test_what_was_typed_meanwhile_is_not_taken_back_by_what_is_proposed(fake: Fake, wire: Wire) -> None:
    """The thread that has read the notebook tells what it proposes when the first key is known already."""
    opened = fake.state = replace(OPEN, values={**OPEN.values, "dag_id": ""})
    dag = control(panel_view(fake), "dag_id")
    proposed = replace(opened, values={**opened.values, "dag_id": "of_the_file"})
    put(dag, value="e")
    fake.state = typed = replace(proposed, values={**opened.values, "dag_id": "e"})
    wire.clear()
    for state, before in ((proposed, opened), (typed, proposed)):
        for listener in fake.listeners:
            listener(state, before)
    assert dag.value == "e"
    assert "of_the_file" not in str(wire.messages)
    fake.tell(values={**opened.values, "dag_id": "another"})
    assert dag.value == "another", "what is told later counts"


# --- the preview


def test_the_preview(view: Any) -> None:
    shown = find(view, "jpe-preview")
    assert "1 of 2 tasks are named" in text(shown)
    assert "Name your tasks" in text(shown)
    assert "live notebook, 3 cells" in text(shown)
    assert "%export_pipeline airflow --dag-id etl" in text(shown)
    assert "unique-marker" in text(shown)
    assert 'aria-label="Task graph of 2 tasks: load; cell_2 after load"' in html(shown)


def test_code_stands_once_wherever_one_looks(view: Any, fake: Fake) -> None:
    record = replace(RECORD, files=({"path": "etl.py", "text": CODE},))
    fake.tell(past=Past(ROWS, record=record), before=replace(RECORD, files=()))
    for page in (PREVIEW_TAB, CHANGES, PREVIEW_TAB, HISTORY):
        select(view, page)
        assert state_of(view).count("unique-marker") == 1, page
    put(find(view, "jpe-record-part"), index=1)
    assert state_of(view).count("unique-marker") == 1
    select(view, PREVIEW_TAB)
    assert state_of(view).count("unique-marker") == 1
    assert "unique-marker" in html(find(view, "jpe-preview"))


def test_news_of_code_wait_until_it_is_looked_at(view: Any, fake: Fake) -> None:
    other = (File("etl.py", CODE.replace("unique-marker", "other-marker")),)
    select(view, CHANGES)
    fake.tell(preview=Export(REPORT, Artifact(other), other, preview=True))
    assert "other-marker" in html(find(view, "jpe-changes"))
    assert state_of(view).count("other-marker") == 1
    select(view, HISTORY)
    fake.tell(past=Past(ROWS, record=replace(RECORD, files=({"path": "a.py", "text": CODE},))))
    put(find(view, "jpe-record-part"), index=1)
    select(view, PREVIEW_TAB)
    assert "other-marker" in html(find(view, "jpe-files"))
    fake.tell(past=replace(fake.state.past, record=replace(RECORD, status="failed", files=({"text": CODE},))))
    assert "unique-marker" not in state_of(view)
    assert "other-marker" in html(find(view, "jpe-files"))
    select(view, HISTORY)
    assert "unique-marker" in html(find(view, "jpe-record-told"))
    assert "other-marker" not in state_of(view)


def state_of(view: Any) -> str:
    return "\n".join(str(one.get_state()) for one in _instances.values())


def test_a_download_is_made_when_it_is_asked_for(view: Any) -> None:
    assert "data:" not in html(view)
    press(find(view, "jpe-download"))
    address = re.search(r'href="data:text/x-python;base64,([^"]+)"', html(view))
    assert address is not None
    assert base64.b64decode(address[1]).decode() == CODE
    assert 'download="etl.py"' in html(view)
    assert "unique-marker" not in html(view), "the link takes the code's place"
    press(find(view, "jpe-back"))
    assert "data:" not in html(view)
    assert "unique-marker" in html(view)


def test_no_download_of_secrets(view: Any, fake: Fake) -> None:
    real = (File("etl.py", CODE.replace("unique-marker", "hunter2horse")),)
    fake.tell(preview=Export(REPORT, Artifact(real), FILES, preview=True))
    assert not shows(view, "jpe-download")
    assert "there is no download" in text(view)
    assert "hunter2horse" not in state_of(view)


def test_a_download_goes_when_secrets_come(view: Any, fake: Fake) -> None:
    press(find(view, "jpe-download"))
    real = (File("etl.py", "password"),)
    fake.tell(preview=Export(REPORT, Artifact(real), FILES, preview=True))
    assert "data:" not in html(view)
    assert not shows(view, "jpe-back")


def test_an_old_preview_is_not_downloaded(view: Any, fake: Fake) -> None:
    button = find(view, "jpe-download")
    press(button)
    assert len(links(view)) == 1
    fake.tell(stale=True, errors={"dag_id": "wrong"})
    assert links(view) == [], "nor by a link that was made before"
    assert button.disabled
    other = (File("etl.py", "newer = 1\n"),)
    fake.tell(preview=Export(REPORT, Artifact(other), other, preview=True), stale=False, errors={})
    assert links(view) == [("etl.py", "newer = 1\n")]
    assert not button.disabled


@pytest.mark.parametrize("held_up", ["errors", "parameter_errors", "missing", "notice"])
def test_a_download_that_can_not_come_is_not_offered(view: Any, fake: Fake, held_up: str) -> None:
    by = {"missing": frozenset({"dag_id"}), "notice": OptionError("the notebook can't be read")}
    fake.tell(stale=True, **{held_up: by.get(held_up, {"dag_id": "wrong"})})
    assert find(view, "jpe-download").disabled
    fake.tell(stale=False)
    assert not find(view, "jpe-download").disabled


@pytest.mark.parametrize("code", ["newer = 1\n", CODE])
def test_a_download_of_what_is_being_typed_comes_with_its_preview(view: Any, fake: Fake, code: str) -> None:
    """A click on the button takes the focus from a field, whose text comes first."""
    fake.tell(stale=True)
    press(find(view, "jpe-download"))
    assert links(view) == []
    assert "unique-marker" in html(find(view, "jpe-files")), "the code of before stays until then"
    files = (File("etl.py", code),)
    fake.tell(preview=PREVIEW if code == CODE else Export(REPORT, Artifact(files), files, preview=True), stale=False)
    assert links(view) == [("etl.py", code)]
    assert shows(view, "jpe-links")
    assert "unique-marker" not in html(find(view, "jpe-files"))
    press(find(view, "jpe-back"))
    assert links(view) == []


def test_several_files_have_tabs(view: Any, fake: Fake) -> None:
    files = (File("a.py", "a = 1\n"), File("b.json", "{}", "json"))
    fake.tell(preview=Export(REPORT, Artifact(files), files, preview=True))
    assert find(view, "jpe-files").children[0].titles == ("a.py", "b.json")
    fake.tell(preview=PREVIEW)
    assert "unique-marker" in html(find(view, "jpe-files"))


def test_a_refusal_and_an_old_preview_say_so(view: Any, fake: Fake) -> None:
    fake.tell(stale=True, errors={"dag_id": "wrong"})
    assert "before the last change: mend what is marked above." in text(view)
    fake.tell(errors={}, parameter_errors={"n": "must be a whole number"})
    assert "before the last change: mend n in the tab Parameters." in text(view)
    fake.tell(errors={"dag_id": "wrong"}, parameter_errors={"n": "no", "region": "no"})
    both = "mend what is marked above, and mend n, region in the tab Parameters."
    assert f"This is the preview before the last change: {both}" in text(view)
    fake.tell(errors={"run_param": "there is no such parameter"}, parameter_errors={})
    assert "before the last change: mend what is marked in the tab Parameters." in text(view)
    fake.tell(preview=None)
    assert "There is no preview yet: mend what is marked in the tab Parameters." in text(view)
    fake.tell(preview=PREVIEW, errors={}, parameter_errors={})
    assert "before the last change" not in text(view), "it only has yet to be made"
    refused = Export(replace(REPORT, status=400), error=OptionError("no way", hint="another way"), preview=True)
    fake.tell(preview=refused, stale=False, errors={})
    assert "Not to be exported: JPE001: no way" in text(view)
    fake.tell(preview=None)
    assert "no preview yet" in text(view)
    assert "unique-marker" not in html(view)


def links(view: Any) -> list[tuple[str, str]]:
    """The names and texts of the files that the view has links to."""
    found = re.findall(r'<a download="([^"]+)" href="data:text/x-python;base64,([^"]+)"', html(view))
    return [(name, base64.b64decode(text).decode()) for name, text in found]


def test_a_script_that_was_made_has_its_link_where_the_button_was(view: Any, fake: Fake) -> None:
    fake.tell(button="Download .py")
    select(view, HISTORY)
    press(find(view, "jpe-export"))
    assert fake.asked == [("export", "airflow")]
    assert links(view) == [], "nothing is saved before it is made"
    newest = (File("etl.py", "newest = 1\n"),)
    fake.tell(done=Export(REPORT, Artifact(newest), newest, preview=True))
    assert find(view, "jpe-pages").selected_index == PREVIEW_TAB
    assert links(view) == [("etl.py", "newest = 1\n")], "what was asked for, and not an older preview"
    told = text(find(view, "jpe-banner"))
    assert "etl.py is ready: press Save" in told
    assert "Preview" not in told


def test_the_button_in_the_preview_makes_a_link_in_its_place(view: Any, fake: Fake) -> None:
    button = find(view, "jpe-download")
    row = next(one for one in walk(view) if button in getattr(one, "children", ()))
    press(button)
    assert row.children[0] is find(view, "jpe-links"), "the next key Tab leads there"
    assert [name for name, _ in links(view)] == ["etl.py"]
    assert "unique-marker" not in html(find(view, "jpe-files")), "the text stands in the view once"
    fake.tell(past=Past())
    assert len(links(view)) == 1
    press(find(view, "jpe-back"))
    assert links(view) == []
    assert "unique-marker" in html(find(view, "jpe-files"))


def test_what_is_not_looked_at_is_not_sent(wire: Wire, view: Any, fake: Fake) -> None:
    other = (File("etl.py", "other_marker = 1\n"),)
    select(view, PARAMETERS)
    wire.clear()
    fake.tell(preview=Export(REPORT, Artifact(other), other, preview=True))
    assert "other_marker" not in str(wire.messages)
    select(view, PREVIEW_TAB)
    assert "other_marker" in html(find(view, "jpe-files"))
    files = (*other, File("second.py", "second_marker = 1\n"))
    wire.clear()
    fake.tell(preview=Export(REPORT, Artifact(files), files, preview=True))
    assert "second_marker" not in str(wire.messages)
    put(find(view, "jpe-files").children[0], selected_index=1)
    assert "second_marker" in html(find(view, "jpe-files"))
    assert "other_marker" not in html(find(view, "jpe-files"))


def test_a_script_with_secrets_is_not_saved_and_says_why(view: Any, fake: Fake) -> None:
    real = (File("etl.py", "key = 'hunter2horse'"),)
    fake.tell(button="Download .py", done=Export(REPORT, Artifact(real), FILES, preview=True))
    assert links(view) == []
    assert "Not saved: the file holds secrets" in text(find(view, "jpe-banner"))
    assert "hunter2horse" not in state_of(view)


def test_a_script_that_is_refused_is_not_saved(view: Any, fake: Fake) -> None:
    fake.tell(done=Export(replace(REPORT, status=422, error="no cell is left"), error=JpeError("x"), preview=True))
    assert links(view) == []
    assert "no cell is left" in text(find(view, "jpe-banner"))


def focused(wire: Wire) -> list[str]:
    """The ids of the widgets that were given the cursor."""
    custom = [(name, data) for _, name, data in wire.messages if data.get("method") == "custom"]
    return [name for name, data in custom if data["content"] == {"do": "focus"}]


def test_a_press_in_vain_names_the_fields_and_goes_to_the_first(wire: Wire, view: Any, fake: Fake) -> None:
    wrong = {"schedule": "must be a date", "retries": "must be a whole number"}
    fake.tell(errors=wrong)
    wire.clear()
    fake.tell(blocked=Blocked(("retries", "schedule"), press=1))
    assert "Nothing was done yet: mend Schedule and Retries first." in text(find(view, "jpe-banner"))
    assert focused(wire) == [control(view, "schedule").comm.comm_id], "the first in the form"
    assert "must be a whole number" in text(find(view, "jpe-field-retries"))
    fake.tell(blocked=Blocked(("retries", "schedule"), press=2))
    assert len(focused(wire)) == 2, "each press goes there again"
    fake.tell(errors={"retries": "must be a whole number"})
    assert "mend Retries first" in text(find(view, "jpe-banner"))
    assert len(focused(wire)) == 2, "who types keeps the cursor"
    fake.tell(errors={})
    assert "Nothing was done" not in text(find(view, "jpe-banner"))


def test_a_press_in_vain_opens_what_is_folded_away(wire: Wire, view: Any, fake: Fake) -> None:
    fake.tell(errors={"retries": "must be a whole number"}, blocked=Blocked(("retries",), press=1))
    assert focused(wire) == [control(view, "retries").comm.comm_id]


def test_a_press_in_vain_goes_to_the_parameters(wire: Wire, view: Any, fake: Fake) -> None:
    fake.tell(parameters={"n": "many"}, parameter_errors={"n": "must be a whole number"})
    fake.tell(blocked=Blocked(parameters=("n",), press=1))
    assert find(view, "jpe-pages").selected_index == PARAMETERS
    assert "mend the parameter n first" in text(find(view, "jpe-banner"))
    assert len(focused(wire)) == 1


def test_presets_are_offered_and_anything_else_may_be_typed(fake: Fake) -> None:
    fields = tuple(
        replace(one, presets=("Cluster default", "Mine")) if one.option.name == "image" else one
        for one in form("ilum", "single")
    )
    fake.state = replace(OPEN, target="ilum", fields=fields, values={"mode": "single"})
    image = control(panel_view(fake), "image")
    assert (type(image).__name__, image.options, image.ensure_option) == (
        "Combobox",
        ("Cluster default", "Mine"),
        False,
    )
    put(image, value="registry/spark:4")
    assert fake.asked == [("set", "image", "registry/spark:4")]


def test_a_view_without_a_kernel_says_how_to_open_it_again(view: Any, fake: Fake) -> None:
    """The front end gives it a class then, and the style sheet shows what is hidden else."""
    assert "kernel was restarted" in text(find(view, "jpe-lost"))
    assert "%export_pipeline" in text(find(view, "jpe-lost"))
    assert "%jpe_history" in text(find(history_view(fake), "jpe-lost"))
    assert ".jpe-lost.jpe-lost{display:none}" in SHEET
    assert re.search(r"\.jupyter-widgets-disconnected>\.jpe-lost\.jpe-lost\{display:block\}", SHEET)
    assert re.search(r"\.jupyter-widgets-disconnected :is\(\.jpe-banner,", SHEET)


# --- the other tabs


def test_the_titles_count(view: Any) -> None:
    titles = ("Preview", "Rejections (1), warnings (1)", "Parameters (2)", "Changes", "History")
    assert find(view, "jpe-pages").titles == titles
    assert text(find(view, "jpe-rejections")) == "", "it is told when it is looked at"
    select(view, REJECTIONS)
    warnings, _, taken = text(find(view, "jpe-rejections")).partition("Taken out (1)")
    assert "%ls <i>" in taken
    assert "JPE315" in warnings, "what may fail comes before what was only taken out"


def test_warnings_are_counted_in_the_title_and_told_in_the_preview(view: Any, fake: Fake) -> None:
    idle = [Finding.of(Cell("", number, number), "JPE340", "has not run") for number in (2, 3)]
    lost = Finding.of(Cell("", 1, 1), "JPE330", "a name")
    fake.tell(preview=replace(PREVIEW, report=replace(REPORT, warnings=(lost, REPORT.warnings[0], *idle))))
    assert find(view, "jpe-pages").titles[1] == "Rejections (1), warnings (3)", "cells that have not run are one row"
    assert "! 3 warnings: see Rejections." in text(find(view, "jpe-preview"))
    fake.tell(preview=replace(PREVIEW, report=replace(REPORT, warnings=(lost,))))
    assert "! 1 warning: see Rejections." in text(find(view, "jpe-preview"))
    fake.tell(preview=replace(PREVIEW, report=replace(REPORT, warnings=())))
    assert find(view, "jpe-pages").titles[1] == "Rejections (1)"
    assert "see Rejections" not in text(view)


def test_the_changes_since_the_last_export(view: Any, fake: Fake) -> None:
    select(view, CHANGES)
    assert "<del>-old = 1</del>" in html(find(view, "jpe-changes"))
    fake.tell(before=None)
    assert "was not exported before" in text(find(view, "jpe-changes"))


def test_parameters_have_two_fields_each(view: Any, fake: Fake) -> None:
    assert not any("jpe-param" in one._dom_classes for one in walk(view))
    select(view, PARAMETERS)
    default, region = (one for one in walk(view) if "jpe-param" in one._dom_classes)
    run, _ = (one for one in walk(view) if "jpe-run-param" in one._dom_classes)
    assert (default.description, default.placeholder) == ("Default in the pipeline", "3")
    assert (run.description, run.placeholder) == ("This run only", "as in the pipeline")
    assert (default.tooltip, run.tooltip) == ("n: default in the pipeline", "n: this run only")
    assert "how many" in text(find(view, "jpe-parameters"))
    put(default, value="4")
    put(run, value="5")
    assert fake.asked == [("set_parameter", "n", "4", False), ("set_parameter", "n", "5", True)]
    fake.tell(parameters={"region": "US"})
    assert region.value == "US"
    fake.tell(errors={"param": "n must be a number"})
    assert "n must be a number" in text(find(view, "jpe-parameters"))


def test_a_text_is_proposed_as_it_is_typed(view: Any) -> None:
    """With the quotes of its literal people would type them too, and have them in the value."""
    select(view, PARAMETERS)
    fields = [one for one in walk(view) if "jpe-param" in one._dom_classes]
    assert [one.placeholder for one in fields] == ["3", "EU"]


def test_rows_of_parameters_come_and_go(view: Any, fake: Fake) -> None:
    select(view, PARAMETERS)
    living = len(_instances)
    many = tuple(Parameter(f"p{n}", "int", n) for n in range(100))
    fake.tell(preview=Export(replace(REPORT, parameters=many), Artifact(FILES), FILES))
    assert sum("jpe-param" in one._dom_classes for one in walk(view)) == 60
    assert "100 parameters; the first 60" in text(view)
    fake.tell(preview=PREVIEW)
    assert len(_instances) == living


# --- work, its outcome, questions


def test_the_buttons(view: Any, fake: Fake) -> None:
    for name, *asked in (("jpe-preview-now", "preview"), ("jpe-export", "export", "airflow"), ("jpe-save", "save")):
        press(find(view, name))
        assert fake.asked[-1] == tuple(asked)
    fake.tell(can_save=False)
    assert not shows(view, "jpe-save")


@pytest.mark.parametrize("name", ["jpe-export", "jpe-yes", "jpe-run"])
def test_a_double_click_is_one(fake: Fake, name: str) -> None:
    now = [10.0]
    fake.state = replace(OPEN, past=Past(ROWS, record=RECORD, actions=frozenset({"run"})))
    view = panel_view(fake, clock=lambda: now[0])
    fake.tell(question=Question("Overwrite?", "replace", "Overwrite"))
    select(view, HISTORY)
    button = find(view, name)
    fake.fails = OptionError("that can't be")
    press(button)
    now[0] += 0.3
    press(button)
    assert len(fake.asked) == 1
    assert "that can't be" in text(find(view, "jpe-fault")), "what went wrong in the first stays"
    now[0] += 0.5
    press(button)
    assert len(fake.asked) == 2


def test_work_shows_its_step_and_can_be_stopped(fake: Fake) -> None:
    view = panel_view(fake, clock=lambda: 20.0)
    tasks = (TaskState("load", "success", 1, 3.2),)
    steps = Steps().told(Progress("waiting for <Airflow>", "not yet", 0.35, tasks, 120), 12.0)
    fake.tell(work=Work("Create DAG", steps, 8.0))
    shown = html(find(view, "jpe-work"))
    assert "Create DAG · 12 s" in shown
    assert "waiting for &lt;Airflow&gt;" in shown
    assert '<progress max="100"' in shown
    assert 'value="35"' in shown
    assert "load" in shown
    assert find(view, "jpe-export").disabled
    press(find(view, "jpe-stop"))
    assert fake.asked == [("stop",)]
    fake.tell(work=Work("Create DAG", steps, 8.0, stopping=True))
    assert find(view, "jpe-stop").disabled
    assert find(view, "jpe-stop").description == "Stopping …"
    fake.tell(work=None)
    assert not shows(view, "jpe-stop")
    assert not find(view, "jpe-export").disabled


def test_the_outcome_has_links_and_no_code(view: Any, fake: Fake) -> None:
    fake.tell(done=DONE)
    shown = html(find(view, "jpe-banner"))
    assert "jpe-good" in shown
    assert 'href="http://airflow/dags/etl/runs/1"' in shown
    assert "unique-marker" not in shown
    assert 'role="status"' in shown
    fake.tell(done=replace(DONE, error=PublishError("the disk is full", hint="make room")))
    shown = html(find(view, "jpe-banner"))
    assert "jpe-bad" in shown
    assert "make room" in shown
    fake.tell(done=Submission("run", RECORD))
    assert "No run was started." in text(find(view, "jpe-banner"))


def test_a_question_has_two_buttons(wire: Wire, view: Any, fake: Fake) -> None:
    fake.tell(question=Question("Overwrite <etl.py>?", "replace", "Overwrite", "Keep it", destroys=True))
    assert "Overwrite &lt;etl.py&gt;?" in html(find(view, "jpe-question"))
    yes, no = find(view, "jpe-yes"), find(view, "jpe-no")
    assert (yes.description, yes.button_style) == ("Overwrite", "danger")
    assert (no.description, no.button_style) == ("Keep it", "")
    assert find(view, "jpe-question").children[1].children == (no, yes), "what changes nothing comes first"
    assert focused(wire) == [no.comm.comm_id], "and an Enter does that"
    press(find(view, "jpe-yes"))
    press(find(view, "jpe-no"))
    assert fake.asked == [("answer", True), ("answer", False)]
    fake.tell(question=None)
    assert find(view, "jpe-question").children == ()


def test_a_notice_is_shown(view: Any, fake: Fake) -> None:
    fake.tell(notice=JpeError("no notebook was found", code="JPE101", hint="name one"))
    assert "JPE101: no notebook was found" in text(find(view, "jpe-fault"))
    assert "name one" in text(find(view, "jpe-fault"))
    fake.tell(notice=None)
    assert fault(view) == ""


# --- faults


def test_what_an_action_raises_is_shown(view: Any, fake: Fake) -> None:
    fake.fails = OptionError("that can't be", hint="do otherwise")
    put(control(view, "dag_id"), value="x")
    assert "that can't be" in text(find(view, "jpe-fault"))
    assert "do otherwise" in text(find(view, "jpe-fault"))
    fake.fails = ZeroDivisionError("hunter2horse")
    press(find(view, "jpe-export"))
    assert "ZeroDivisionError" in text(find(view, "jpe-fault"))
    assert "hunter2horse" not in text(view)
    fake.fails = None
    press(find(view, "jpe-preview-now"))
    assert fault(view) == ""


def test_a_state_that_can_t_be_drawn_is_told(view: Any, fake: Fake) -> None:
    broken: Any = replace(PREVIEW, report=None)
    fake.tell(preview=broken)
    assert "AttributeError" in text(find(view, "jpe-fault"))
    fake.tell(preview=PREVIEW, past=Past(ROWS))
    assert "1 of 2 tasks" in text(view)


# --- the history


def test_the_history_is_drawn_when_it_is_looked_at(view: Any, fake: Fake) -> None:
    assert not any("jpe-row" in one._dom_classes for one in walk(view))
    select(view, HISTORY)
    buttons = [one for one in walk(view) if "jpe-row" in one._dom_classes]
    assert [one.description for one in buttons] == [f"▸ {when(row.time)}" for row in ROWS]
    shown = text(find(view, "jpe-history"))
    for word in ("✓ success", "✗ failed", "\N{INFORMATION SOURCE} running", "etl_4", "target:  airflow", "by:  anna"):
        assert word in shown
    press(buttons[1])
    assert fake.asked == [("show", ROWS[1].id)]


def test_the_history_is_filtered(view: Any, fake: Fake) -> None:
    select(view, HISTORY)
    put(find(view, "jpe-search"), value="daily")
    target = find(view, "jpe-target")
    assert [value for _, value in target.options] == ["", "airflow", "ilum", "py"]
    put(target, index=1)
    assert fake.asked == [("find", "daily", ""), ("find", "daily", "airflow")]
    fake.tell(past=Past(search="daily", target="airflow", skipped=2))
    assert "Nothing was found." in text(find(view, "jpe-history"))
    assert "2 lines of the log are cut" in text(find(view, "jpe-history"))


def test_many_rows_come_by_the_page(view: Any, fake: Fake) -> None:
    fake.tell(past=Past(tuple(replace(ROWS[0], id=f"{n}") for n in range(50))))
    select(view, HISTORY)
    for count in (20, 40, 50):
        assert sum("jpe-row" in one._dom_classes for one in walk(view)) == count
        if count < 50:
            press(find(view, "jpe-older"))
    assert not shows(view, "jpe-older")
    fake.tell(past=Past(ROWS))
    assert sum("jpe-row" in one._dom_classes for one in walk(view)) == 3


def test_a_record_has_the_buttons_that_its_target_knows(view: Any, fake: Fake) -> None:
    select(view, HISTORY)
    fake.tell(past=Past(ROWS, record=RECORD, actions=frozenset({"run"})))
    shown = {name for one in walk(view) for name in one._dom_classes}
    assert "jpe-run" in shown
    assert not {"jpe-stop-run", "jpe-refresh"} & shown
    fake.tell(past=Past(ROWS, record=replace(RECORD, id="other"), actions=frozenset()))
    assert not {"jpe-run", "jpe-run-param"} & {name for one in walk(view) for name in one._dom_classes}


def test_a_card_is_dashed_where_its_own_backend_does_not_answer(fake: Fake) -> None:
    fake.state = replace(OPEN, targets=rows(airflow="down", gitea="ok", ilum="ok"))
    view = panel_view(fake)
    assert "jpe-down" in find(view, "jpe-card-airflow")._dom_classes
    assert "jpe-down" not in find(view, "jpe-card-ilum")._dom_classes
    view.close()


def test_a_value_of_the_wrong_type_is_told_beside_its_parameter(view: Any, fake: Fake) -> None:
    select(view, PARAMETERS)
    name = PREVIEW.report.parameters[0].name
    fake.tell(parameter_errors={name: "must be a number <b>"})
    assert "must be a number &lt;b&gt;" in html(find(view, "jpe-parameters"))
    fake.tell(parameter_errors={})
    assert "must be a number" not in html(find(view, "jpe-parameters"))


def test_a_record_is_opened_run_stopped_and_asked_for(view: Any, fake: Fake) -> None:
    select(view, HISTORY)
    fake.tell(past=Past(ROWS, record=RECORD, actions=frozenset({"run", "stop", "status"})))
    shown = html(find(view, "jpe-record"))
    assert 'href="http://airflow/dags/etl/runs/0"' in shown
    assert "old = 1" not in shown
    put(find(view, "jpe-run-param"), value="7")
    for name in ("jpe-run", "jpe-stop-run", "jpe-refresh", "jpe-record-close"):
        press(find(view, name))
    assert fake.asked == [
        ("act", "run", RECORD.id, {"n": "7"}),
        ("act", "stop", RECORD.id, None),
        ("act", "status", RECORD.id, None),
        ("show", ""),
    ]
    put(find(view, "jpe-record-part"), index=1)
    assert "old" in text(find(view, "jpe-record-told"))
    put(find(view, "jpe-record-part"), index=2)
    assert "no export of this pipeline before it" in text(find(view, "jpe-record-told"))
    fake.tell(past=replace(fake.state.past, record=replace(RECORD, status="failed")))
    assert find(view, "jpe-run-param").value == "7", "the same record with news keeps what was typed"
    fake.tell(past=Past(ROWS))
    assert find(view, "jpe-record").children == ()


def test_the_history_alone(fake: Fake) -> None:
    view = history_view(fake)
    assert {"jpe-history-view", "jpe-history"} <= {name for one in walk(view) for name in one._dom_classes}
    assert "etl_4" in text(view)
    fake.tell(past=Past(ROWS, error=JpeError("can't be read", code="JPE603")))
    assert "JPE603: can't be read" in text(view)
    assert repr(view) == "<Export history: the summary below says the same>"


# --- the whole


def test_only_what_every_front_end_has(view: Any, fake: Fake) -> None:
    press(find(view, "jpe-more"))
    for page in range(5):
        select(view, page)
    fake.tell(past=Past(ROWS, record=RECORD), work=Work("x"), question=Question("q", "replace", "Yes"))
    shown = walk(view)
    assert {type(one).__name__ for one in shown} - {"View"} <= PORTABLE
    assert {one._model_module for one in shown} == {"@jupyter-widgets/controls"}
    assert "<script" not in "".join(one.value for one in shown if hasattr(one, "value") and isinstance(one.value, str))


def test_hostile_texts_stay_texts(fake: Fake) -> None:
    evil = '"><img src=x onerror=alert(1)><script>'
    report = replace(
        REPORT,
        source=evil,
        tasks=tuple(replace(one, id=evil + one.id, upstream=()) for one in REPORT.tasks),
        parameters=(Parameter("n", "str", evil, description=evil),),
        rejected=tuple(replace(one, text=evil, reason=evil) for one in REPORT.rejected),
    )
    files = (File(evil, evil),)
    fake.state = replace(
        OPEN,
        targets=tuple(replace(one, title=evil, description=evil) for one in rows(airflow="down")),
        values={"dag_id": evil},
        errors={"dag_id": evil, "": evil},
        line=evil,
        preview=Export(report, Artifact(files), files),
        question=Question(evil, "replace", evil),
        notice=PublishError(evil, where=evil, hint=evil),
        past=Past((replace(ROWS[0], name=evil, link=f"javascript:{evil}"),), record=replace(RECORD, name=evil)),
        work=Work(evil, Steps().told(Progress(evil, evil), 1.0), 0.0),
    )
    view = panel_view(fake)
    for page in range(5):
        select(view, page)
        shown = html(view)
        assert "&lt;img" in shown
        assert "<img" not in shown
        assert "<script" not in shown
    select(view, PREVIEW_TAB)
    press(find(view, "jpe-download"))
    assert "<img" not in html(view)


def test_closing_leaves_no_widget_and_no_code(fake: Fake, wire: Wire) -> None:
    before = len(_instances)
    view = panel_view(fake)
    press(find(view, "jpe-more"))
    for page in range(5):
        select(view, page)
    fake.tell(past=Past(ROWS, record=RECORD, actions=frozenset({"run", "stop", "status"})))
    select(view, PREVIEW_TAB)
    put(control(view, "dag_id"), value="hunter2horse")
    kept = walk(view)
    wire.clear()
    press(find(view, "jpe-close"))
    assert fake.asked[-1] == ("close",)
    assert len(_instances) == before
    assert not any("unique-marker" in getattr(one, "value", "") for one in kept if type(one).__name__ == "HTML")
    assert not any(getattr(one, "value", "") == "hunter2horse" for one in kept)
    assert any(data.get("state", {}).get("value") == "" for _, _, data in wire.messages), "the code is taken out first"
    assert wire.count("comm_close") > 100
    view.close()


def test_only_what_is_not_ours_is_taken_out_of_what_is_closed(fake: Fake, wire: Wire) -> None:
    """Each of these is a message; a help text and the style sheet may stay in a closed widget's state."""
    view = panel_view(fake)
    notes = [one for one in walk(find(view, "jpe-form")) if type(one).__name__ == "HTML"]
    assert len(notes) > 2
    fake.tell(errors={"dag_id": "hunter2horse"})
    wrong = next(one for one in notes if "hunter2horse" in one.value)
    lost = find(view, "jpe-lost")
    wire.clear()
    view.close()
    assert [one.value for one in notes if not one.value] == [wrong.value] == [""]
    assert lost.value
    emptied = [data for kind, _, data in wire.messages if kind == "comm_msg"]
    assert len(emptied) < 15


def test_opening_and_closing_again_leaves_nothing(fake: Fake) -> None:
    before = len(_instances)
    for _ in range(20):
        panel_view(fake)
        fake.tell(closed=True)
        fake.state, fake.listeners = OPEN, []
    assert len(_instances) == before


def test_news_and_keys_at_once(fake: Fake) -> None:
    view = panel_view(fake)
    dag = control(view, "dag_id")

    def news() -> None:
        for n in range(200):
            fake.tell(line=f"%export_pipeline {n}", values={**OPEN.values, "dag_id": f"k{n}"})

    thread = threading.Thread(target=news)
    thread.start()
    for n in range(200):
        put(dag, value=f"k{n}")
    thread.join(20)
    assert not thread.is_alive()
    assert fault(view) == ""
    assert "%export_pipeline 199" in text(view)


def test_a_key_that_meets_news_of_its_field_is_no_fault(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    """As ipywidgets fails where two threads change one control at once: its lock is a dict that one of them empties."""
    view = panel_view(fake)
    line, met = find(view, "jpe-preview").children[1], []
    send = type(line).send_state

    def meets(self: Any, key: Any = None) -> None:
        if self is line and not met:
            met.append(key)
            raise KeyError("value")
        send(self, key)

    monkeypatch.setattr(type(line), "send_state", meets)
    fake.tell(line="%export_pipeline py")
    assert met
    assert fault(view) == ""
    assert "%export_pipeline py" in text(view)


def test_a_view_whose_emptying_fails_is_closed_all_the_same(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    before = set(_instances)
    view = panel_view(fake)
    send = HTML.send_state

    def fails(self: Any, key: Any = None) -> None:
        if self.value == "":
            raise KeyError("value")
        send(self, key)

    monkeypatch.setattr(HTML, "send_state", fails)
    with pytest.raises(KeyError):
        view.close()
    assert set(_instances) == before


def test_an_empty_state_is_drawn(fake: Fake) -> None:
    fake.state = PanelState()
    view = panel_view(fake)
    assert find(view, "jpe-cards").children == ()
    assert not shows(view, "jpe-export")
    fake.tell(**{name: getattr(OPEN, name) for name in ("targets", "target", "fields", "values", "button")})
    assert control(view, "dag_id").value == "etl"
    assert repr(view) == "<Export panel: the summary below says the same>"


def test_a_press_means_the_target_that_the_pressed_button_names(fake: Fake) -> None:
    now = [10.0]
    view = panel_view(fake, clock=lambda: now[0])
    read = find(view, "jpe-export")
    fake.tell(target="ilum", fields=form("ilum", "single"), values={"mode": "single"}, button="Submit job")
    assert find(view, "jpe-export").description == "Submit job"
    press(read)  # it was under way when the card changed
    assert fake.asked == [("export", "airflow")]
    now[0] += 1
    press(find(view, "jpe-export"))
    assert fake.asked[1:] == [("export", "ilum")]
    fake.tell(target="airflow", fields=form(), values=OPEN.values, button="Create DAG")
    assert find(view, "jpe-export") is read, "a card that is chosen again brings its button back"


def test_a_double_click_is_one_on_the_button_of_another_card_too(fake: Fake) -> None:
    now = [10.0]
    view = panel_view(fake, clock=lambda: now[0])
    press(find(view, "jpe-export"))
    fake.tell(target="ilum", fields=form("ilum", "single"), values={"mode": "single"}, button="Submit job")
    now[0] += 0.3
    press(find(view, "jpe-export"))
    assert fake.asked == [("export", "airflow")]
    now[0] += 0.5
    press(find(view, "jpe-export"))
    assert fake.asked[1:] == [("export", "ilum")]


def test_where_the_file_goes_is_said_above_the_button_and_follows_the_form(fake: Fake) -> None:
    fake.state = replace(OPEN, places=Places("local", "/srv/<dags>", chosen=True))
    view = panel_view(fake)
    goes = find(view, "jpe-goes")
    assert text(goes).strip() == "Writes etl.py to the folder /srv/<dags>."
    assert "/srv/&lt;dags&gt;" in html(goes)
    fake.tell(values={**OPEN.values, "dag_id": "other"})
    assert "other.py" in text(goes)
    fake.tell(target="py", fields=form("py", ""), values={}, button="Download .py")
    assert "Makes a link that saves the file" in text(find(view, "jpe-goes"))


def test_a_line_that_does_more_than_the_button_says_so(view: Any, fake: Fake) -> None:
    fake.tell(line="%export_pipeline py", target="py", values={})
    assert "The same in one line, which writes the file into the working folder:" in text(view)
    fake.tell(line="%export_pipeline airflow", target="airflow")
    assert "The same in one line:" in text(view)


def test_a_download_pressed_while_a_card_has_no_preview_yet_comes_with_it(view: Any, fake: Fake) -> None:
    button, made = find(view, "jpe-download"), fake.state.preview
    fake.tell(preview=None)
    assert not shows(view, "jpe-download")
    press(button)  # the press was under way
    fake.tell(preview=made)
    assert shows(view, "jpe-links")
    assert 'download="etl.py"' in html(find(view, "jpe-links"))
