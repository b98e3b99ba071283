"""Whose certificates servers may show: the usual authorities, or those of one file alone.

Certificates and the names in them are always checked; there is no setting that turns that off.
"""

from __future__ import annotations

import os
import ssl
from functools import lru_cache
from pathlib import Path

from jpe_magics.errors import SettingsError

SETTING = "ca_bundle (JPE_CA_BUNDLE)"
#: OpenSSL's own variable, which most programs follow.
VARIABLE = "SSL_CERT_FILE"
#: What to do where a server's certificate is refused.
HINT = f"if an authority of your own has signed it, let {SETTING} name the PEM file with that authority"


def authorities(configured: str) -> str:
    """Return the whole path of the PEM file whose authorities alone count, "" for the usual ones.

    `configured` is the setting ca_bundle; raises `SettingsError` where it names no file.  Without it SSL_CERT_FILE
    counts where it names one, as for OpenSSL.
    """
    if configured:
        if not Path(configured).is_file():
            raise _wrong(SETTING, f"names no file: {configured}")
        return str(Path(configured).absolute())
    named = os.environ.get(VARIABLE, "")
    return str(Path(named).absolute()) if named and Path(named).is_file() else ""


def trusting(file: str) -> ssl.SSLContext:
    """Return what accepts certificates of the authorities in `file` only; raise `SettingsError` where it has none."""
    try:
        return _trusting(file, Path(file).stat().st_mtime_ns)
    except OSError as error:  # an ssl.SSLError is one
        why = "holds no certificates in PEM" if isinstance(error, ssl.SSLError) else f"can't be read: {error.strerror}"
    raise _wrong(f"{SETTING} or {VARIABLE}", f"{why}: {file}")


@lru_cache(maxsize=4)
def _trusting(file: str, changed: int) -> ssl.SSLContext:  # noqa: ARG001 - another text, another context
    context = ssl.create_default_context(cafile=file)
    if not context.get_ca_certs():
        raise ssl.SSLError("no certificate of an authority")
    return context


def _wrong(setting: str, why: str) -> SettingsError:
    hint = "let it name a PEM file with the authorities' certificates, or remove it to trust the usual ones"
    return SettingsError(f"{setting} {why}", where=setting, hint=hint)
