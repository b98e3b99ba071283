"""A value that must not be shown."""

from __future__ import annotations


class Secret:
    """Holds a secret; prints, formats and compares as `***`.

    It can't be pickled, copied into JSON or joined to a string by accident: only `reveal` gives the
    value, and only code that puts it into a request's header or a generated token calls that.

    >>> f"{Secret('hunter2')}", repr(Secret("hunter2")), bool(Secret(""))
    ('***', "Secret('***')", False)
    """

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """Return the value itself."""
        return self.__value

    def __bool__(self) -> bool:
        return bool(self.__value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other.reveal() == self.__value

    def __hash__(self) -> int:
        return hash((Secret, self.__value))

    def __repr__(self) -> str:
        return "Secret('***')"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return format("***", spec)

    def __reduce__(self) -> str:
        raise TypeError("a Secret can't be pickled")
