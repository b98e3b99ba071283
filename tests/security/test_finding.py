"""How many of the planted secrets are found, and how many harmless lines are taken for one.

Run with `-s` to see the figures for each class.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

import pytest

from jpe_magics.core.secrets import Redactor, find_secrets
from tests.security.held_out import harmless, held_out
from tests.security.look_alikes import look_alikes
from tests.security.look_alikes_anew import look_alikes_anew
from tests.security.planted import Plant, planted
from tests.security.planted_anew import planted_anew

pytestmark = pytest.mark.one_python

#: How often each class stands in each place, with other values.
SEEDS = range(3)
FEWEST_PLANTED, LEAST_RECALL = 200, 0.99
FEWEST_HARMLESS, MOST_FLAGGED = 350, 0.01


def is_kept_out(plant: Plant) -> bool:
    """Tell whether it is found, and nothing of it is left where what was found is masked."""
    hits = find_secrets(plant.source)
    masked = Redactor(hits)(plant.source)
    half = len(plant.value) // 2
    parts = [plant.value] if plant.value in plant.source else [plant.value[:half], plant.value[half:]]
    return bool(hits) and not any(part in masked for part in parts if len(part) > 3)


@pytest.mark.parametrize(
    "plants",
    [lambda: planted(SEEDS), lambda: planted_anew(SEEDS), held_out],
    ids=["known", "anew", "kept back"],
)
def test_planted_secrets_are_found(plants: Callable[[], Iterable[Plant]]) -> None:
    all_of: Counter[str] = Counter()
    found: Counter[str] = Counter()
    places: dict[str, set[str]] = {}
    missed: list[Plant] = []
    for plant in plants():
        all_of[plant.kind] += 1
        places.setdefault(plant.kind, set()).add(plant.place)
        if is_kept_out(plant):
            found[plant.kind] += 1
        else:
            missed.append(plant)
    for kind, count in all_of.items():
        print(f"{kind:30} {found[kind]:5} of {count:5} in {len(places[kind]):3} places: {found[kind] / count:7.2%}")
    print(f"{'all':30} {found.total():5} of {all_of.total():5}: {found.total() / all_of.total():.2%}")
    assert all_of.total() >= FEWEST_PLANTED
    assert min(map(len, places.values())) >= 5
    assert found.total() / all_of.total() >= LEAST_RECALL, missed[:20]
    # no class is paid for by the others
    assert min(found[kind] / count for kind, count in all_of.items()) >= 0.97, missed[:20]


@pytest.mark.parametrize("lines", [look_alikes, look_alikes_anew, harmless], ids=["known", "anew", "kept back"])
def test_harmless_lines_are_let_through(lines: Callable[[], Iterable[str]]) -> None:
    flagged = {line: [hit.what for hit in find_secrets(line)] for line in lines()}
    wrong = {line: kinds for line, kinds in flagged.items() if kinds}
    print(f"{len(wrong)} of {len(flagged)} harmless lines are flagged: {len(wrong) / len(flagged):.2%}")
    assert len(flagged) >= FEWEST_HARMLESS
    assert len(wrong) / len(flagged) <= MOST_FLAGGED, wrong


@pytest.mark.parametrize(
    "source", ["PASS = 'letmein!'", "connect(PASS='letmein!')", 'pass_ = "letmein!"', "# PASS='letmein!'"]
)
def test_a_word_and_a_sign_is_a_password(source: str) -> None:
    assert [hit.value for hit in find_secrets(source)] == ["letmein!"]


@pytest.mark.parametrize(
    "source", ["PASS = 'PASS!'", "PASS = 'passed!'", "PASS = 'ok'", "# first pass: great!", "second_pass = 'round2'"]
)
def test_a_pass_is_not_always_a_password(source: str) -> None:
    assert find_secrets(source) == ()
