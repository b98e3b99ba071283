"""Planted secrets: every class in every place, with values made by chance and none of the finder's patterns."""

from __future__ import annotations

import base64
import json
import random
import string

import pytest

from jpe_magics.core.secrets import Redactor, find_secrets

pytestmark = pytest.mark.one_python

BASE62 = string.ascii_letters + string.digits
SEEDS = range(12)


def pick(rng: random.Random, alphabet: str, length: int) -> str:
    return "".join(rng.choice(alphabet) for _ in range(length))


def b64(rng: random.Random, size: int) -> str:
    return base64.b64encode(rng.randbytes(size)).decode()


def b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def aws_secret(rng: random.Random) -> str:
    return b64(rng, 30)


def jwt(rng: random.Random) -> str:
    header = json.dumps({"alg": rng.choice(["HS256", "RS256", "HS512"]), "typ": "JWT"}).encode()
    claims = json.dumps({"sub": pick(rng, string.digits, 4), "exp": rng.randrange(10**9)}).encode()
    return ".".join([b64url(header), b64url(claims), b64url(rng.randbytes(32))])


def password(rng: random.Random) -> str:
    letters = pick(rng, BASE62, rng.randrange(8, 16))
    return letters[:4] + rng.choice("!_-.+") + letters[4:] + rng.choice(string.digits)


def word_password(rng: random.Random) -> str:
    return rng.choice(["hunter2", "swordfish", "minioadmin", "admin", "letmein", "Sommer2024", "qwertz99", "airflow"])


#: class → (made by, a name that it would have)
VALUES = {
    "AWS key id": (lambda r: "AKIA" + pick(r, string.ascii_uppercase + "234567", 16), "aws_access_key_id"),
    "AWS temporary key id": (lambda r: "ASIA" + pick(r, string.ascii_uppercase + "234567", 16), "x"),
    "AWS secret key": (aws_secret, "aws_secret_access_key"),
    "JWT": (jwt, "x"),
    "GitHub": (lambda r: r.choice(["ghp_", "gho_", "ghs_"]) + pick(r, BASE62, 36), "x"),
    "GitHub fine-grained": (lambda r: f"github_pat_{pick(r, BASE62, 22)}_{pick(r, BASE62, 59)}", "x"),
    "GitLab": (lambda r: "glpat-" + pick(r, BASE62 + "_-", 20), "x"),
    "Slack": (
        lambda r: f"xoxb-{pick(r, string.digits, 12)}-{pick(r, string.digits, 13)}-{pick(r, BASE62, 24)}",
        "x",
    ),
    "Slack webhook": (
        lambda r: "https://hooks.slack.com/services/T" + pick(r, string.ascii_uppercase + string.digits, 8)
        + "/B" + pick(r, string.ascii_uppercase + string.digits, 8) + "/" + pick(r, BASE62, 24),
        "x",
    ),
    "Google": (lambda r: "AIza" + pick(r, BASE62 + "_-", 35), "x"),
    "Databricks": (lambda r: "dapi" + pick(r, "0123456789abcdef", 32), "x"),
    "Azure storage key": (lambda r: b64(r, 64), "account_key"),
    "password": (password, "password"),
    "weak default": (word_password, "password"),
    "hex token": (lambda r: r.randbytes(20).hex(), "api_token"),
    "opaque token": (lambda r: pick(r, BASE62, 32), "token"),
    "client secret": (lambda r: pick(r, BASE62 + "~._-", 34) + "a1", "client_secret"),
}  # fmt: skip

#: Places where a value stands at its name.
NAMED_PLACES = {
    "assignment": "{n} = {q}",
    "annotated": "{n}: str = {q}",
    "attribute": "self.{n} = {q}",
    "tuple": "user, {n} = 'etl', {q}",
    "keyword argument": "client = connect(host='db', {n}={q})",
    "dictionary": "conf = {{'user': 'etl', '{n}': {q}}}",
    "dict()": "conf = dict(user='etl', {n}={q})",
    "default": "def connect(host, {n}={q}):\n    return host",
    "keyword-only default": "async def connect(*, {n}: str = {q}): ...",
    "lambda default": "f = lambda {n}={q}: {n}",
    "class attribute": "class Config:\n    {n} = {q}",
    "environment": "import os\nos.environ['{n}'] = {q}",
    "setdefault": "os.environ.setdefault('{n}', {q})",
    "look-up with default": "v = os.getenv('{n}', {q})",
    "or": "{n} = os.environ.get('X') or {q}",
    "conditional": "{n} = {q} if local else None",
    "option": "df = (spark.read.format('jdbc')\n      .option('user', 'etl')\n      .option('{n}', {q}))",
    "conf.set": "spark.conf.set('spark.hadoop.{n}', {q})",
    "builder": "b = SparkSession.builder.config('spark.{n}', {q}).getOrCreate()",
    "subscript": "settings['db']['{n}'] = {q}",
    "wrapped": "{n} = SecretStr({q})",
    "encoded": "{n} = {q}.encode()",
    "bytes": "{n} = b{q}",
    "walrus": "if ({n} := {q}): pass",
    "function": "def get_{n}():\n    return {q}",
    "camel": "{camel} = {q}",
    "kebab": "headers = {{'X-{kebab}': {q}}}",
    "upper": "DB_{upper} = {q}",
    "implicit concatenation": "{n} = ({q1}\n     {q2})",
    "sum": "{n} = {q1} + {q2}",
    "argparse": "p.add_argument('--{kebab}', default={q})",
    "widget": "dbutils.widgets.text('{n}', {q})",
    "comment": "x = 1  # {n} = {q}",
    "comment on its own": "# {n} = {q}",
    "YAML in a string": 'conf = """\nuser: etl\n{n}: {v}\n"""',
    "JSON in a string": 'conf = \'{{"user": "etl", "{n}": "{v}"}}\'',
    "env file in a string": 'env = """\nUSER=etl\n{upper}={v}\n"""',
    "connection string": "c = 'Server=db;User Id=etl;{n}={v};Encrypt=true'",
    "shell": "!export {upper}={v} && ./run.sh",
    "shell option": "!tool --{kebab} {v} run",
    "shell option with =": "!tool --{kebab}={v} run",
    "after a magic": "%matplotlib inline\n{n} = {q}",
    "below a cell magic": "%%spark\n{n} = {q}",
    "indented below a cell magic": "%%spark\n    {n} = {q}\n    x = 1",
    "%env": "%env {upper}={v}",
    "%env with a blank": "%set_env {upper} {v}",
    "%%bash": "%%bash\nexport {upper}={v}\n./run.sh",
    "%%configure": '%%configure -f\n{{"conf": {{"spark.hadoop.{n}": "{v}"}}}}',
    "not valid Python": "print 'x'\n{n} = {q}",
    "Scala": '%%scala\nval {camel} = "{v}"',
    "SQL options": "%%sql\nCREATE TABLE t USING jdbc OPTIONS (url 'jdbc:x', user 'etl', {n} '{v}')",
    "SQL set": "%%sql\nSET spark.hadoop.{n}={v}",
    "nested call": "run(Job(conf={{'a': [{{'{n}': {q}}}]}}))",
    "list of pairs": "conf.setAll([('spark.a', '1')]); conf.set('{n}', {q})",
    "comparison": "ok = {n} == {q}",
    "command list": "subprocess.run(['tool', '--{kebab}', {q}])",
}
#: Comparisons and `or`s with a plain word, and unquoted words in code and comments, say nothing.
NOT_FOR_WORDS = {"comparison", "comment", "list of pairs"}
#: Places where a value stands alone, for what its own format gives away.
BARE_PLACES = {
    "positional argument": "client = connect('s3', {q})",
    "list": "values = [1, {q}]",
    "f-string": "url = f'https://{{host}}/x?y={v}&z={{z}}'",
    "string in prose": "note = 'please use {v} for now'",
    "comment": "# old one was {v}",
    "shell": "!curl https://example.org/{v}/x",
    "header": "h = {{'Authorization': 'Bearer {v}'}}",
    "curl": '!curl -H "Authorization: Bearer {v}" https://example.org',
    "sum": "x = {q1} + {q2}",
    "implicit concatenation": "f({q1} {q2})",
    "escaped": "x = 'a\\n{v}\\nb'",
    "multi-line string": 'x = """\n  first\n  {v}\n"""',
    "not valid Python": "print 'x', '{v}'",
    "Scala": '%%scala\nval x = Seq("{v}")',
    "SQL": "%%sql\nSELECT '{v}' AS x",
}


def spell(place: str, name: str, value: str) -> str:
    words = name.split("_")
    half = len(value) // 2
    return place.format(
        n=name, v=value, q=repr(value), q1=repr(value[:half]), q2=repr(value[half:]),
        camel=words[0] + "".join(word.title() for word in words[1:]),
        kebab="-".join(words), upper=name.upper(),
    )  # fmt: skip


def planted():
    for kind, (make, name) in VALUES.items():
        named = name != "x"
        for place, code in (NAMED_PLACES if named else BARE_PLACES).items():
            if not (kind == "weak default" and place in NOT_FOR_WORDS):
                yield pytest.param(kind, place, code, make, name, id=f"{kind}-{place}")
    for kind in ("AWS key id", "AWS secret key"):
        for place, code in BARE_PLACES.items():
            # put together at run time or in a URL, forty characters of a secret key are one path among others
            if kind == "AWS key id" or place not in ("shell",):
                yield pytest.param(kind, place, code, VALUES[kind][0], "x", id=f"{kind}-bare-{place}")


@pytest.mark.parametrize(("kind", "place", "code", "make", "name"), list(planted()))
def test_planted_secrets_are_found_and_masked(kind, place, code, make, name):
    missed = []
    for seed in SEEDS:
        value = make(random.Random(f"{kind} {place} {seed}"))
        source = spell(code, name, value)
        hits = find_secrets(source)
        redacted = Redactor(hits)(source)
        half = len(value) // 2
        halves = (value[:half], value[half:]) if "{q1}" in code and half > 3 else (value,)
        if not hits or any(one in redacted for one in halves):
            missed.append(source)
    assert not missed


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    "code",
    [
        "url = 'postgresql://app:{v}@db.example.org:5432/app'",
        "engine = create_engine(f'mysql+pymysql://app:{v}@{{host}}/app')",
        "spark.read.jdbc(url='jdbc:sqlserver://db:1433;database=x;user=app;password={v};encrypt=true')",
        "!git clone https://oauth2:{v}@git.example.org/a/b.git",
        "# was mongodb+srv://app:{v}@cluster0.example.net/test",
        "%sql postgresql://app:{v}@db/app",
        'conf = """\nbroker: amqp://guest:{v}@mq:5672//\n"""',
        "!curl -u app:{v} https://example.org",
        "subprocess.run(['curl', '-u', 'app:{v}', 'https://example.org'])",
        "%spark add -s s1 -l python -u http://livy:8998 -a app -p {v}",
        "%%spark -s s1 -p {v}\nx = 1",
        "!sshpass -p {v} ssh etl@host",
        "!mysql -u app -p{v} -e 'select 1'",
        "!docker login -u app -p {v} example.org",
        "r = requests.get(url, auth=('app', '{v}'))",
        "r = requests.get(url, auth=HTTPBasicAuth('app', '{v}'))",
        "server.login('app@example.org', '{v}')",
        "psycopg2.connect('host=db dbname=x user=app password={v}')",
        'jaas = \'org.apache.kafka.PlainLoginModule required username="app" password="{v}";\'',
        'jaas = f\'PlainLoginModule required username="{{user}}" password="{v}";\'',
        "%%sql\nCREATE USER app IDENTIFIED BY '{v}'",
        "setattr(conf, 'password', '{v}')",
        "passwords = ['{v}']",
    ],
)
def test_passwords_in_connections_and_commands(code, seed):
    value = password(random.Random(f"{code} {seed}"))
    source = code.format(v=value)
    hits = find_secrets(source)
    assert hits, source
    assert value not in Redactor(hits)(source)


def test_basic_credentials_in_a_header():
    value = base64.b64encode(b"etl:Zk3-u77-Qp").decode()
    (hit,) = find_secrets(f"h = {{'Authorization': 'Basic {value}'}}")
    assert hit.value == value


def test_shared_access_signatures():
    signature = "l8%2BPpq3ZtYwV%2B1sdkIh0pWmF2qLr0Vn6bB9wWnN3eQU%3D"
    url = f"https://acct.blob.core.windows.net/c?sv=2022-11-02&ss=b&se=2026-01-01T00:00:00Z&sp=r&sig={signature}"
    (hit,) = find_secrets(f"url = '{url}'")
    assert hit.value == signature
    assert signature not in Redactor([hit])(url)


def test_account_keys_in_connection_strings_and_hadoop_settings():
    key = base64.b64encode(random.Random(1).randbytes(64)).decode()
    source = (
        f"c = 'DefaultEndpointsProtocol=https;AccountName=acct;AccountKey={key};EndpointSuffix=core.windows.net'\n"
        f"spark.conf.set('fs.azure.account.key.acct.dfs.core.windows.net', '{key}')"
    )
    assert [hit.line for hit in find_secrets(source)] == [1, 2]


PEM = (
    "-----BEGIN RSA PRIVATE KEY-----\n"
    + "\n".join(base64.b64encode(random.Random(line).randbytes(48)).decode() for line in range(5))
    + "\n-----END RSA PRIVATE KEY-----"
)


@pytest.mark.parametrize(
    "source",
    [
        f'pem = """{PEM}"""',
        f"pem = {PEM!r}",
        f"private_key = '''\n{PEM}\n'''",
        "load(" + " ".join(repr(line + "\n") for line in PEM.split("\n")) + ")",
        f"%%writefile key.pem\n{PEM}",
        f"%%bash\ncat > k <<X\n{PEM}\nX",
    ],
)
def test_private_keys_are_one_hit_over_all_their_lines(source):
    hits = find_secrets(source)
    assert len(hits) == 1
    assert hits[0].what == "private key"
    redacted = Redactor(hits)(source)
    assert not any(line in redacted for line in PEM.split("\n")[1:-1])
    # and a single line of it, somewhere else
    assert PEM.split("\n")[2] not in Redactor(hits)("error near " + PEM.split("\n")[2])
