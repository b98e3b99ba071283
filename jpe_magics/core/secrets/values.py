"""How much a literal looks like a secret, by itself."""

from __future__ import annotations

import re
from itertools import pairwise

from jpe_magics.core.secrets.pattern import pattern


def word_set(text: str) -> frozenset[str]:
    """Return the words of `text`."""
    return frozenset(text.split())


#: The levels: what can't be one; what reads like a name of several words; one word; a word with a sign or a
#: digit; something that is no word; something that only chance writes.
HARMLESS, ANYTHING, WORD, SIGNED, CREDIBLE, RANDOM = range(6)

#: The beginning of a long value says what it is.
_ENOUGH = 256
_HOLE = pattern(
    r"<[A-Za-z][\w .:/|-]*>|^(?:\[\w+\])?<[A-Z ]+$"  # <your-password>
    r"|\{[\w .:!'\"\[\]/()-]*\}"  # {password}, {{ secrets/scope/key }}, ${VAR}
    r"|\$\([\w ./-]+\)|%\(\w+\)s"
)
_BLANKED = pattern(r"x{4,}|X{4,}|\*{3,}|\.{3,}|…|•|_{4,}|#{4,}|\?{3,}")
_WHOLLY = pattern(
    r"[\W_xX]*"
    r"|\[[^\]]*\]|\([^)]*\)|«.*»"
    r"|#[\w -]+#|@[\w -]+@|%[\w -]+%|__\w+__"
    r"|\$[A-Za-z_]\w*|%[sdr]|:\w+"  # shell variables, marks of print and of SQL
    r"|--[a-z]+(?:-[a-z]+)*"  # options of commands
    r"|(?:env|vault|secret|secrets|keyvault|ssm|gcp|op|file|ref|arn|projects|kv|sops)(?::|/|://)\S+"
    r"|@Microsoft\.KeyVault.*"
    r"|(?:var)?char\(\d+\)|[A-Za-z]+Type(?:\(\))?"
)
_REFERENCE = pattern(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*){2,}(?::\w+)?")
_LOCATOR = pattern(r"[A-Za-z][A-Za-z0-9+.-]*:/{1,3}\S*|[A-Za-z]:\\\S*")
_PATH = pattern(r"(?:~|\.{1,2})?/[\w.@%+= -]+(?:/[\w.@%+={}*-]*)*|[\w.-]+(?:/[\w.-]+)+")
_FILE = pattern(
    r"@?[\w ./\\-]+\.(?:json|pem|p12|pfx|txt|ya?ml|key|crt|cer|jks|pickle|pkl|ini|cfg|conf|env|csv|parquet|py|ipynb|xml"
    r"|toml|html?|md|log|zip|gz|png|jpe?g|db|sqlite)"
)
_EMAIL = pattern(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_UUID = pattern(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_HEX = pattern(r"[0-9a-f]{32,}|[0-9A-F]{32,}")
_NAME_PART = pattern(r"[a-z]{2,}\d{0,2}|[A-Z][a-z]+\d{0,2}|[A-Z]{2,}\d{0,2}|\d{1,4}|[a-zA-Z]\d?")
_CAMEL = pattern(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SPLIT = pattern(r"[-_./:, ]+")

#: Alone or joined to a name they say that the value is yet to be written.
_YET_TO_COME = word_set(
    "your yours my change changeme replace replaceme insert enter fill put add paste example dummy fake placeholder"
    " todo tbd fixme here goes redacted hidden masked removed omitted censored"
)
#: Alone they are types, states, methods or aggregates, as in schemas and mappings.
_NO_VALUE = word_set(
    "any array auto avg base64 basic bcrypt bearer binary blank body bool boolean bytes category char"
    " client_credentials code cookie count custom date datetime decimal default delete digest dict double drop empty"
    " encrypt encrypted env environ environment expired external false file first float hash hashed header iam ignore"
    " incorrect int integer interactive invalid jwt kerberos keep key keyring last ldap list local long mask max md5"
    " mean min missing mode n/a na nan nil no none not_set null number nunique oauth oauth1 oauth2 object off on oidc"
    " optional plain plaintext prompt query raw required saml session sha1 sha256 sha512 size sso std str string sum"
    " system text timestamp true unchanged undefined unique unknown unset utf8 utf-8 valid varchar vault windows wrong"
    " yes passed failed failure success succeeded error done ready ok okay"
)
#: What such values are called: a value made of these is a name, not a value.
_CALLED = pattern(
    r"(?:.*(?:password|passwd|passphrase|apikey|accesskey|secretkey)|pwd|pass|pw|secrets?|tokens?|keys?|credentials?"
    r"|creds?|auth|authorization)$"
)


def level(value: str) -> int:
    """Return how much `value` looks like a secret: HARMLESS, ANYTHING, WORD, SIGNED, CREDIBLE or RANDOM.

    Harmless are empty and blanked-out values, placeholders, names of secrets, paths, addresses and
    prose; weak defaults (`admin`, `minioadmin`) are words.

    >>> [level(one) for one in ("<your-password>", "us-east-1", "minioadmin", "minioadmin!", "T0p-s3cret-77")]
    [0, 1, 2, 3, 4]
    """
    value = value.strip()[:_ENOUGH]
    if not value or len(value) == 1 or _BLANKED.search(value) or _WHOLLY.fullmatch(value):
        return HARMLESS
    if _HOLE.search(value):
        rest = re.split(r"[\W_]+", _HOLE.sub(" ", value))
        filled = any(len(part) >= 6 and not _is_name_part(part) for part in rest)
        return CREDIBLE if filled and not _LOCATOR.match(value) else HARMLESS
    if _is_random(value):
        return RANDOM
    if (
        value.lower().rstrip("!?.") in _NO_VALUE
        or _LOCATOR.fullmatch(value)
        or _FILE.fullmatch(value)
        or _REFERENCE.fullmatch(value)
        or _is_path(value)
    ):
        return HARMLESS
    parts = [part for part in _SPLIT.split(value.strip("\"'!?*&")) if part]
    words = [word.lower() for part in parts for word in (_CAMEL.findall(part) if _is_camel(part) else [part])]
    if any(word in _YET_TO_COME for word in (*words, *_camel_words(value))) and all(word.isalpha() for word in words):
        return HARMLESS
    if words and _CALLED.match(words[-1]) and all(word.isalnum() for word in words) and not value[-1].isdigit():
        return HARMLESS
    if len(words) > 1 and any(_CALLED.match(word) for word in words) and all(word.isalpha() for word in words):
        return HARMLESS
    if any(one.isspace() for one in value):
        return HARMLESS if is_prose(value) else CREDIBLE
    if _EMAIL.fullmatch(value):
        return ANYTHING
    if len(value) >= 6 and not all(_is_name_part(part) for part in parts):
        return CREDIBLE
    if len(parts) > 1:
        return ANYTHING
    return SIGNED if len(value) >= 6 and not value.isalpha() else WORD


def is_prose(value: str) -> bool:
    """Tell whether most of the words are made of letters, as in a label or a sentence.

    >>> is_prose("Password for the database:"), is_prose("T0p s3cret 77")
    (True, False)
    """
    words = value.split()
    plain = sum(word.strip("\"'.,:;!?()").replace("-", "").replace("'", "").isalpha() for word in words)
    return len(words) > 1 and plain * 3 >= len(words) * 2


def is_identifier(value: str) -> bool:
    """Tell whether `value` is spelled like a name of something in code (`conf.password`, `args[0]`, `f(x)`)."""
    return re.fullmatch(r"[A-Za-z_$][\w$]*(?:\.[A-Za-z_]\w*)*(?:[(\[].*)?", value) is not None


def is_blanked(value: str) -> bool:
    """Tell whether a value of a known format is only a picture of one: `AKIAXXXXXXXXXXXXXXXX`, `ghp_****`."""
    return re.search(r"(.)\1{6,}|\*{3,}|\.{3,}|…|<|\{|\$\{", value) is not None


def is_id(value: str) -> bool:
    """Tell whether this is a UUID or a hexadecimal digest, which only a name can make a secret."""
    return bool(_UUID.fullmatch(value) or _HEX.fullmatch(value))


def turns(value: str) -> int:
    """Return how often neighbours are of different kinds (upper case, lower case, digit, other)."""
    kinds = [3 if not one.isalnum() else 2 if one.isdigit() else 1 if one.isupper() else 0 for one in value]
    return sum(left != right for left, right in pairwise(kinds))


def _is_random(value: str) -> bool:
    """Long, unbroken, of three kinds of characters, and changing too often between them for words."""
    if is_id(value):
        return True
    if len(value) < 20 or any(one.isspace() for one in value) or _LOCATOR.match(value):
        return False
    kinds = sum(any(test(one) for one in value) for test in (str.isupper, str.islower, str.isdigit))
    return kinds == 3 and turns(value) * 100 >= len(value) * 32


def _is_path(value: str) -> bool:
    return bool(_PATH.fullmatch(value)) and not any(
        len(part) >= 8 and turns(part) * 3 >= len(part) for part in re.split(r"[\W_]+", value)
    )


def _is_name_part(part: str) -> bool:
    return bool(_NAME_PART.fullmatch(part)) or _is_camel(part)


def _camel_words(value: str) -> list[str]:
    """Return the words of `yourKeyHere`, none where one is no word."""
    words = _CAMEL.findall(value) if value.isalpha() else []
    return [word.lower() for word in words] if min(map(len, words), default=0) >= 3 else []


def _is_camel(part: str) -> bool:
    """Letters only, in words as people write them; neither `aBcDeFgH` nor twenty letters without a pause."""
    if not part.isalpha() or not part.isascii():
        return False
    words = _CAMEL.findall(part)
    return (
        len(words) * 4 <= max(len(part), 8)
        and max(map(len, words)) < 20
        and all(len(word) < 5 or not set("aeiouyAEIOUY").isdisjoint(word) for word in words)
    )
