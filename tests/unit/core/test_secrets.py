"""Where hits are, what is shown of them, and that no input is too odd or too long."""

from __future__ import annotations

import ast
import html
import json
import re
import time
import urllib.parse

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jpe_magics.core.secrets import Hit, Redactor, find_secrets, mask, shown
from jpe_magics.core.secrets.names import asks
from jpe_magics.model.secret import Secret

AWS_ID = "AKIAIOSFODNN7EXAMPLE"
AWS_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        (f'access_key = "{AWS_ID}"\nsecret_key = "{AWS_SECRET}"', [(1, 1), (2, 2)]),
        ("%matplotlib inline\n\npassword = 'hunter2'", [(3, 3)]),
        ("%%spark -s s1\nx = 1\npassword = 'hunter2'", [(3, 3)]),
        ("%%spark\n    x = 1\n    password = 'hunter2'", [(3, 3)]),
        ("!curl \\\n  -H 'Authorization: Bearer abcdef1234567890' \\\n  https://x\npw = 'hunter2'", [(2, 2), (4, 4)]),
        ("x = (spark.read\n  .option('password',\n    'T0p-s3cret-77')\n)", [(3, 3)]),
        ('conf = """\nuser: etl\npassword: T0p-s3cret-77\n"""', [(3, 3)]),
        ("é = 'ü'; password = 'hunter2'\n# token: ghp_" + "aB3" * 12, [(1, 1), (2, 2)]),
        ("password = ('T0p-'\n            's3cret-77')", [(1, 2)]),
        ("sql = '''\n%s and x\n!= 3\n'''\npassword = 'hunter2'", [(5, 5)]),
        ("total = (100\n  % 7)\npassword = 'hunter2'", [(3, 3)]),
        ("password = 'hunter2'; url = 'postgresql://app:hunter3@db/app'", [(1, 1), (1, 1)]),
        ("password = 'hunter2'\n\x0cpassword = 'hunter3'", [(1, 1), (2, 2)]),
    ],
)  # fmt: skip
def test_lines_are_those_of_the_cell(source, lines):
    assert [(hit.line, hit.end_line) for hit in find_secrets(source)] == lines


@pytest.mark.parametrize(
    ("source", "language"),
    [
        ('val df = spark.read.option("password", "T0p-s3cret-77").load()', "scala"),
        ('val conf = Map("password" -> "T0p-s3cret-77")', "scala"),
        ('val url = "jdbc:postgresql://db/etl?user=etl&password=T0ps3cret77Xq"', "scala"),
        ('print "jdbc:postgresql://db/etl?user=etl&password=T0ps3cret77Xq"', "python"),
        ("SET spark.hadoop.fs.s3a.secret.key=" + AWS_SECRET, "sql"),
        ('password <- "T0p-s3cret-77"', "r"),
        ('{"conf": {"spark.hadoop.fs.s3a.secret.key": "' + AWS_SECRET + '"}}', "json"),
        ("export DB_PASSWORD=hunter2", "shell"),
    ],
)
def test_other_languages(source, language):
    assert len(find_secrets(source, language)) == 1


def test_one_literal_is_one_hit():
    source = f"headers = {{'Authorization': 'Bearer {'ghp_' + 'aB3' * 12}'}}"
    (hit,) = find_secrets(source)
    assert hit.what == "GitHub token"


def test_a_value_is_in_no_repr():
    (hit,) = find_secrets("password = 'hunter2'")
    assert hit.value == "hunter2"
    assert "hunter2" not in repr(hit)
    assert "hunter2" not in repr(Redactor([hit]))


@pytest.mark.parametrize(
    ("value", "what", "expected"),
    [
        (AWS_ID, "AWS access key", "AKIA…"),
        (AWS_SECRET, "AWS secret key", "***"),
        ("github_pat_x", "GitHub token", "github_pat_…"),
        ("eyJhbGciOiJIUzI1NiJ9.x.y", "JSON web token", "eyJ…"),
        ("sk-a-password", "password", "***"),
        ("", "password", "***"),
    ],
)
def test_mask(value, what, expected):
    assert mask(value, what) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (f'access_key = "{AWS_ID}"', 'access_key = "AKIA…"'),
        (f'  secret_key = "{AWS_SECRET}"  # mine', 'secret_key = "***"  # mine'),
        (f"key = '{AWS_ID[:8]}' + '{AWS_ID[8:]}'", "key = 'AKIA…' + '***'"),
        ("password = ('T0p-'\n            's3cret-77')", "password = ('***' …"),
        ("password = 'a' + 'pässwörd\\n1'", "password = '***' + '***'"),
        ("x = 1\npassword = 'hunter2'", "password = '***'"),
    ],
)
def test_the_line_that_is_shown(source, expected):
    hit = find_secrets(source)[-1]
    assert shown(source, hit, Redactor(find_secrets(source))) == expected


def test_a_long_line_is_cut():
    source = "password = 'hunter2'  # " + "x " * 500
    (hit,) = find_secrets(source)
    assert len(shown(source, hit, Redactor([hit]), width=60)) == 60


@given(st.text(min_size=4, max_size=30).filter(lambda text: text.strip() == text and len(set(text)) > 2))
def test_every_spelling_of_a_value_is_redacted(value):
    redact = Redactor([Hit(1, 1, value, "password")])
    for spelled in (
        value,
        repr(value)[1:-1],
        json.dumps(value),
        json.dumps(value, ensure_ascii=False),
        html.escape(value),
    ):
        assert value not in redact(f"[{spelled}]")
        assert spelled.strip('"') not in redact(f"[{spelled}]")
    if value.isprintable():
        assert urllib.parse.quote(value, safe="") not in redact(urllib.parse.quote(f"?{value}", safe="?"))


def test_secret_settings_are_redacted_too_and_empty_ones_are_not():
    redact = Redactor([], [Secret("hunter2"), Secret("")])
    assert redact("a hunter2 b") == "a *** b"
    assert Redactor([], [Secret("")])("abc") == "abc"


def test_short_values_are_redacted_where_they_stand_alone():
    redact = Redactor([Hit(1, 1, "ab", "password")])
    assert redact("p='ab', tab, ab") == "p='***', tab, ***"


def test_the_longer_of_two_values_goes_first():
    redact = Redactor([Hit(1, 1, "abcd", "password"), Hit(1, 1, "abcdefgh", "password")])
    assert redact("abcdefgh abcd") == "*** ***"


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("dbPassword", "password"),
        ("PGPASSWORD", "password"),
        ("spark.hadoop.fs.s3a.secret.key", "secret key"),
        ("fs.azure.account.key.acct.dfs.core.windows.net", "account key"),
        ("X-Api-Key", "API key"),
        ("APIKey", "API key"),
        ("awsSecretAccessKey", "access key"),
        ("client_secret", "secret"),
        ("token_count", ""),
        ("passenger", ""),
        ("passwordColumn", ""),
        ("key_vault_name", ""),
        ("authors", ""),
    ],
)
def test_names(name, what):
    assert asks(name)[1] == what


NASTY = st.lists(
    st.sampled_from(
        ["password", "=", "'", '"', '"""', "\\", "\n", "#", "%", "!", "{", "}", "(", ")", ":", ",", " ", "hunter2",
        "f'", "é",
         "İ", "\x00", "\u202e", "\ud800", "://", "@", "eyJ", ".", "-u", "curl ", "%%spark\n", "token", "[", "]",
         "\r", "\t", "+"]
    ),
    max_size=40,
).map("".join)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.one_of(NASTY, st.text()), st.sampled_from(["python", "scala", "sql", "shell"]))
def test_odd_input_never_fails_and_hits_are_in_the_source(source, language):
    lines = source.count("\n") + 1
    redact = Redactor(find_secrets(source, language))
    for hit in find_secrets(source, language):
        assert 1 <= hit.line <= hit.end_line <= lines
        assert hit.value
        shown(source, hit, redact)


LONG = {
        "letters": "a", "terms": "pass", "settings": "token=", "open quotes": 'token="', "schemes": "://a:",
        "jwt": "eyJ",
        "base64": "aB3/", "blanks": "password  ", "headers": "bearer ", "authorization": "authorization: ",
        "mysql": "mysql ",
        "curl": "curl -u ", "keys": "-----BEGIN PRIVATE KEY-----", "names": "key_", "dotted": "a.key.", "quotes": '"',
        "slack": "xoxb-a-", "export": "export ", "backslashes": "\\", "comments": "#token ", "sums": '"a" + ',
        "lines": "\n",
        "escapes": "!ls\n", "calls": "f(password,", "identified": "IDENTIFIED BY '", "brackets": "[", "sas": "sig=%2",
        "braces": "{password", "options": '.option("password", ',
}  # fmt: skip


@pytest.mark.parametrize("head", ["", "x = '''", "# "])
@pytest.mark.parametrize("unit", LONG.values(), ids=LONG)
def test_a_long_line_takes_linear_time(unit, head):
    begun = time.process_time()
    find_secrets(head + unit * (100_000 // len(unit)))
    # linear takes 0.01 s to 0.2 s of processor time; anything worse takes minutes
    assert time.process_time() - begun < 5


@pytest.mark.parametrize("unit", ["a", "aB3/", "pass ", 'x = "word", "another word"  '])
def test_a_line_of_a_megabyte(unit):
    begun = time.process_time()
    find_secrets(unit * (1_000_000 // len(unit)))
    assert time.process_time() - begun < 10


DEEP = {
    "sum of names": "password = " + "+".join(["a"] * 5000),
    "differences": "password = " + "-".join(["a"] * 3000),
    "conditions": "password = " + "x if a else " * 900 + "y",
    "branches": "if a: pass\n" + "elif token: pass\n" * 3000,
    "brackets": "password = " + "[" * 90 + "]" * 90,
    "attributes": "token = a" + ".b" * 3000,
    "signs": "token = " + "-" * 3000 + "1",
    "parts": "x = " + " ".join(['"pass"'] * 20_000),
    "hits on a line": "x = [" + ",".join(f"'AKIA{n:016}'" for n in range(20_000)) + "]",
    "hits on lines": "\n".join(f"password_{n} = 'hunter{n}-x'" for n in range(10_000)),
}


@pytest.mark.parametrize("source", DEEP.values(), ids=DEEP)
def test_deep_and_crowded_code_takes_linear_time(source):
    begun = time.process_time()
    hits = find_secrets(source)
    assert time.process_time() - begun < 5
    assert len(hits) in (0, 10_000, 20_000)


def test_what_others_have_hung_on_a_shared_node_is_not_followed():
    """As `executing` does, and so every traceback that IPython shows; operators are shared by all trees."""
    tree = ast.parse("a = b + (c - d) * e if not f and g < h else i")
    for node in ast.walk(tree):
        for below in ast.iter_child_nodes(node):
            below.parent = node
    try:
        (hit,) = find_secrets("n = 1\nlogin(a * b + c if not d and e < f else g, password='hunter2')", "python")
        assert hit.line == 2
    finally:
        for node in ast.walk(tree):
            vars(node).pop("parent", None)


@given(
    st.lists(st.text("ab[(|\\.é", min_size=4, max_size=9), min_size=1, max_size=40), st.text("ab[(|\\.é", max_size=60)
)
def test_the_longest_secret_that_stands_there_is_masked(values, text):
    redact = Redactor(Hit(1, 1, value, "password") for value in values)
    flat = "|".join(re.escape(value) for value in sorted(redact._masked, key=len, reverse=True))
    assert redact(text) == re.sub(flat, "***", text)


def test_many_and_long_secrets_take_little_time_and_memory():
    values = (
        [f"S3cr{'x' * (n % 50)}{n:06d}" for n in range(20_000)] + ["k" * n for n in range(4, 400)] + ["v" * 2_000_000]
    )
    text = "\n".join(f"a = '{value}'" for value in values)
    start = time.process_time()
    told = Redactor(Hit(1, 1, value, "password") for value in values)(text)
    assert set(told.split("\n")) == {"a = '***'"}
    assert time.process_time() - start < 60  # an hour, one after the other
