"""What goes wrong with a server."""


class ServerError(RuntimeError):
    """A server did not start, ended by itself or can't be ended; the message holds its last log lines."""
