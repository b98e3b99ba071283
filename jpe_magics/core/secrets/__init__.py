"""Secret-looking literals: found in a cell as the user sees it, and kept out of everything that is shown."""

from jpe_magics.core.secrets.find import find_secrets
from jpe_magics.core.secrets.given import find_given_secrets, find_run_secrets, find_said_secrets
from jpe_magics.core.secrets.redact import Hit, Redactor, mask, shown

__all__ = [
    "Hit",
    "Redactor",
    "find_given_secrets",
    "find_run_secrets",
    "find_said_secrets",
    "find_secrets",
    "mask",
    "shown",
]
