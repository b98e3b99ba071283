"""A request that is refused."""


class Refusal(Exception):  # noqa: N818 - an answer, not a fault of the server
    """The request is answered with `status` and `{"message": …}`; 409 is Ilum's "validation exception"."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


def not_found(what: str, key: str) -> Refusal:
    """Return the refusal for what is not there."""
    return Refusal(404, f"{what} {key} was not found")
