"""The interface of services."""

from abc import ABC, abstractmethod


class IlumJob(ABC):
    """A class of a service."""

    @abstractmethod
    def run(self, spark, config):
        """Return a string or None."""
