from __future__ import annotations

from jpe_magics.magics.views import MOST, ShownViews


class View:
    def __init__(self) -> None:
        self.closed = 0

    def close(self) -> None:
        self.closed += 1


def test_views_of_one_cell_are_closed_together() -> None:
    views, one, two = ShownViews(), View(), View()
    views.add(one, "a")
    views.add(two, "b")
    views.close("a")
    views.close("a")
    assert (one.closed, two.closed) == (1, 0)
    views.close()
    assert (one.closed, two.closed) == (1, 1)


def test_the_oldest_of_too_many_are_closed() -> None:
    views, shown = ShownViews(), [View() for _ in range(MOST + 3)]
    for view in shown:
        views.add(view, "")
    assert [view.closed for view in shown] == [1] * 3 + [0] * MOST
