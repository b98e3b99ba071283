from __future__ import annotations

from typing import Any

import pytest

from jpe_magics.core.coerce import coerce, type_of
from jpe_magics.model.parameter import Parameter
from jpe_magics.widgets.parameters import typed


@pytest.mark.parametrize("value", [["EU", None], {"a": 1.5, "b": "ü"}, (1, [True]), "EU", 3, 0.5, True])
def test_what_a_field_proposes_may_be_typed(value: Any) -> None:
    shown = typed(Parameter("p", type_of(value), value))
    assert repr(coerce(type_of(value), shown)) == repr(value)
