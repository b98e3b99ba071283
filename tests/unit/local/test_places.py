from __future__ import annotations

from dataclasses import replace

import pytest

from jpe_magics.local.options import CATALOG, LivyOptions
from jpe_magics.local.places import Places
from jpe_magics.local.protocol import LivyError


def test_a_place_is_free_again_when_it_was_left_once_or_twice(options: LivyOptions) -> None:
    places = Places(replace(options, max_sessions=2))
    first, _ = places.take({}), places.take({})
    with pytest.raises(LivyError) as refused:
        places.take({})
    assert refused.value.body == {"msg": "Rejected, too many sessions are being created!"}
    first.leave()
    first.leave()
    places.take({})
    with pytest.raises(LivyError):
        places.take({})


def test_one_place_has_the_catalog_while_it_is_taken(options: LivyOptions) -> None:
    places = Places(options)
    assert not places.take({CATALOG: "in-memory"}).keeps_catalog
    holder = places.take({})
    assert holder.keeps_catalog
    assert not places.take({}).keeps_catalog
    holder.leave()
    assert places.take({}).keeps_catalog
