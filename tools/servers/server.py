"""What the real servers have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Self


class Server(ABC):
    """A context manager: it is ready inside of the `with` block, and nothing of it runs behind that."""

    url: str

    @abstractmethod
    def start(self) -> None:
        """Start it and return when it is ready; raises `ServerError` and leaves nothing running."""

    @abstractmethod
    def stop(self) -> None:
        """End all its processes; raises `ServerError` for one that can't be ended."""

    @abstractmethod
    def logs(self, lines: int = 40) -> str:
        """Return the last lines that its processes have logged."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
