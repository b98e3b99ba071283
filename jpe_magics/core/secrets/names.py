"""Which names say that a secret is bound to them, and how much the value must say for itself."""

from __future__ import annotations

import re
from functools import lru_cache

from jpe_magics.core.secrets.pattern import pattern
from jpe_magics.core.secrets.values import ANYTHING, CREDIBLE, RANDOM, SIGNED, WORD, word_set

#: A quick test whether a text can hold such a name at all; for `lowered` text, where it is twenty times
#: faster than one that ignores case.
TERM = re.compile(r"pass|pwd|psw|pw|secret|token|key|auth|cred|bearer|jwt|pat(?![ht])|sas")

_WORDS = pattern(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_PASSWORD = pattern(r"(?:password|passwd|passwort|passphrase|passcode|pswd|pwd|psw)s?$|^pw$")
#: An Azure account in a Hadoop key: fs.azure.account.key.<account>.dfs.core.windows.net
_AZURE_ACCOUNT = pattern(r"\.[\w-]+\.(?:blob|dfs|file|queue|table)\.core\..*$")

#: `pass` by itself, and as the last part of a property: spark.x.pass
_JUST_PASS = pattern(r"(?i)\._*pass_*$")

#: What stands before `pass` where it means a password.
_PASS_OF = word_set(
    "admin auth db email ftp http https imap jdbc key keystore login mail mysql oracle pg postgres proxy redis root sf"
    " sftp smtp sql ssh store sudo svc trust truststore user usr"
)
#: What stands before `key`: of things that any literal gives away, and of things with a look of their own.
_KEY_OF = word_set("access account api private secret shared storage")
_KEY_PERHAPS = word_set(
    "admin aes app auth client consumer crypto deploy encrypt encryption fernet function hmac host jwt license master"
    " rest root service sign signing ssh subscription webhook"
)
_KEY_COMPOUND = pattern(r"(?:api|access|account|private|secret|storage|auth|app|encryption|signing)keys?$")
#: What stands before `token`: of things that let somebody in, and of texts and pages.
_TOKEN_OF = word_set(
    "access admin airflow api app auth aws azure bearer bot databricks deploy git gitea github gitlab hf ilum jupyter"
    " jwt oauth personal private pypi refresh sas secret security service session slack telegram user vault"
)
_TOKEN_OF_TEXT = word_set(
    "all begin bos cls continuation cur current decoder end eos first image in input last mask new next num out"
    " output pad page prev previous sep space special start stop sub text unk word"
)
_VAGUE = word_set("auth authorization bearer cred credential credentials creds jwt pat sas")

#: Words in front that make the name one of a fact about a secret.
_ABOUT = word_set(
    "allow check count disable enable expect forgot has hide invalid is len max min missing n need no num require"
    " requires show total use validate with wrong"
)
#: Words behind that make the name one of something that belongs to a secret.
_DESCRIPTOR = word_set(
    "age alg algo algorithm arn at audience authority backend box budget callback changed checker class col cols"
    " column columns cost count counts created css date days delim delimiter desc description dict dictionary digest"
    " dir domain dtype element embedding embeddings enabled encoder endpoint env exists expiration expired expires"
    " expiry factory field fields file filename fingerprint flow fmt folder form format freq frequency function"
    " generator grant handler hash hashed hashes help hint host id ids idx index input issuer kind label len length"
    " level lifetime limit list manager map mapping max message method min minimum mode msg name names num offset"
    " param parser path pattern placeholder policy pos position price prob prompt provider ratio realm ref reference"
    " regex region required reset rotation rule rules schema scheme scope score selector sep separator server size"
    " splitter stdin store strategy strength subject table text time timeout timestamp title ttl type types updated"
    " uri url usage used user username valid validator var variable vault vector version widget words xpath"
)


#: Characters of a name that are looked at; whole texts come as names too, and what is kept must stay small.
_LONGEST = 200


def lowered(text: str) -> str:
    """Return `text` in lower case with every character in its place (only that of İ would become two)."""
    return text.replace("\u0130", "i").lower()


def asks(name: str) -> tuple[int, str]:
    """Return which level of `values.level` makes a literal at this name a secret, and what it is then.

    Snake, camel, kebab and dotted spellings are understood.  The level is 0 for names that say nothing.

    >>> asks("dbPassword"), asks("spark.hadoop.fs.s3a.secret.key")[1], asks("token_count")
    ((1, 'password'), 'secret key', (0, ''))
    """
    return _asks(name[:_LONGEST])


@lru_cache(maxsize=4096)
def _asks(name: str) -> tuple[int, str]:
    words = [word.lower() for word in _WORDS.findall(_AZURE_ACCOUNT.sub("", name))]
    for place in range(len(words) - 1, -1, -1):
        level, what = _word(words[place], words[place - 1] if place and not _JUST_PASS.search(name) else "")
        if not level:
            continue
        if not _DESCRIPTOR.isdisjoint(words[place + 1 :]):
            return 0, ""
        if words[0] in _ABOUT and place:
            return RANDOM, what
        return level, what
    return 0, ""


def is_property(name: str) -> bool:
    """Tell whether this is the key of a setting of Spark, Hadoop or Hive, so that a value beside it is its value.

    >>> is_property("spark.hadoop.fs.s3a.secret.key"), is_property("users.password")
    (True, False)
    """
    return name.startswith(("spark.", "fs.", "hadoop.", "hive.", "dfs.", "ipc."))


def _word(word: str, before: str) -> tuple[int, str]:
    if _PASSWORD.search(word):
        return ANYTHING, "password"
    if before == "pass" and word in ("word", "phrase", "code"):
        return ANYTHING, "password"
    if word == "pass":
        return (ANYTHING if before in _PASS_OF else CREDIBLE if before else SIGNED), "password"
    if word.endswith("pass") and word[:-4] in _PASS_OF:
        return ANYTHING, "password"
    if word in ("key", "keys"):
        if before in _KEY_OF:
            return WORD, f"{before} {word}".replace("api", "API")
        return (CREDIBLE if before in _KEY_PERHAPS else RANDOM), "key"
    if _KEY_COMPOUND.search(word):
        return WORD, "key"
    if word.endswith("secret") or word == "secrets":
        return (WORD if word != "secrets" else CREDIBLE), "secret"
    if word.endswith("token"):
        if before in _TOKEN_OF_TEXT:
            return RANDOM, "token"
        return (WORD if before in _TOKEN_OF or word[:-5] in _TOKEN_OF else CREDIBLE), "token"
    if word in _VAGUE:
        return CREDIBLE, "credentials"
    return 0, ""
