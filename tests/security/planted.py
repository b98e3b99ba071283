"""Secrets to plant: values made by chance for every class, spelled in many places.

Nothing of the finder is used here, neither its patterns nor its words: values are made as the services' own
documentation says that theirs look, places are taken from what people write in notebooks.
"""

from __future__ import annotations

import base64
import json
import random
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass

LETTERS, DIGITS, UPPER = string.ascii_letters, string.digits, string.ascii_uppercase
ALNUM, HEX = LETTERS + DIGITS, "0123456789abcdef"
URLSAFE = ALNUM + "-_"
Make = Callable[[random.Random], str]


@dataclass(frozen=True)
class Plant:
    """A value in a cell's source; `kind` is its class, `place` the name of the syntax around it."""

    kind: str
    place: str
    source: str
    value: str


def some(rng: random.Random, letters: str, length: int) -> str:
    return "".join(rng.choices(letters, k=length))


def mixed(rng: random.Random, letters: str, length: int) -> str:
    """As `some`, with a capital, a small letter and a digit at least: what generators of tokens see to."""
    body = [*some(rng, letters, length - 3), rng.choice(UPPER), rng.choice(string.ascii_lowercase), rng.choice(DIGITS)]
    rng.shuffle(body)
    return "".join(body)


def std64(rng: random.Random, size: int) -> str:
    return base64.b64encode(rng.randbytes(size)).decode()


def web64(rng: random.Random, size: int) -> str:
    return base64.urlsafe_b64encode(rng.randbytes(size)).decode().rstrip("=")


def jwt(rng: random.Random) -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    claims = {"sub": some(rng, DIGITS, 6), "iss": "https://id.example.org", "exp": rng.randrange(2_000_000_000)}
    header = {"alg": rng.choice(["HS256", "RS256", "ES384"]), "typ": "JWT", "kid": some(rng, HEX, 8)}
    return ".".join((part(header), part(claims), web64(rng, rng.choice([32, 48, 64]))))


def strong(rng: random.Random) -> str:
    """What a password manager makes: some signs among letters and digits, none that a quote or URL would need spelled."""
    body = mixed(rng, ALNUM, rng.randrange(10, 20))
    at = rng.randrange(2, len(body) - 2)
    return body[:at] + rng.choice("!-_.~*") + body[at:]


def by_hand(rng: random.Random) -> str:
    """What people think of: a word, a number, a sign."""
    word = rng.choice(["Winter", "Berlin", "dragon", "Warehouse", "monkey", "Spark", "Kafka", "etlUser", "bigdata"])
    return (
        word
        + rng.choice(["", "-", "_", "@", "#"])
        + some(rng, DIGITS, rng.randrange(2, 5))
        + rng.choice(["", "!", "$"])
    )


def weak(rng: random.Random) -> str:
    return rng.choice(
        ["minioadmin", "postgres", "hunter2", "letmein", "admin123", "qwerty", "root", "airflow", "s3cr3t"]
    )


def pem(kind: str) -> Make:
    def make(rng: random.Random) -> str:
        body = "\n".join(std64(rng, 48) for _ in range(rng.randrange(4, 8)))
        return f"-----BEGIN {kind}-----\n{body}\n-----END {kind}-----"

    return make


#: Classes that any text gives away.
TELLING: dict[str, Make] = {
    "AWS key id": lambda r: r.choice(["AKIA", "ASIA"]) + some(r, UPPER + "234567", 16),
    "JWT": jwt,
    "GitHub classic": lambda r: r.choice(["ghp_", "gho_", "ghu_", "ghs_", "ghr_"]) + mixed(r, ALNUM, 36),
    "GitHub fine-grained": lambda r: f"github_pat_{mixed(r, ALNUM, 22)}_{mixed(r, ALNUM, 59)}",
    "GitLab": lambda r: r.choice(["glpat-", "gldt-", "glrt-", "glptt-"]) + mixed(r, URLSAFE, 20),
    "Slack bot": lambda r: f"xoxb-{some(r, DIGITS, 12)}-{some(r, DIGITS, 12)}-{mixed(r, ALNUM, 24)}",
    "Slack user": lambda r: f"xoxp-{some(r, DIGITS, 12)}-{some(r, DIGITS, 12)}-{some(r, DIGITS, 12)}-{some(r, HEX, 32)}",
    "Slack app": lambda r: f"xapp-1-A{some(r, UPPER + DIGITS, 10)}-{some(r, DIGITS, 13)}-{some(r, HEX, 64)}",
    "Slack webhook": lambda r: f"https://hooks.slack.com/services/T{some(r, UPPER + DIGITS, 10)}/B{some(r, UPPER + DIGITS, 10)}/{mixed(r, ALNUM, 24)}",
    "Google API": lambda r: "AIza" + mixed(r, URLSAFE, 35),
    "Databricks": lambda r: "dapi" + some(r, HEX, 32),
    "Hugging Face": lambda r: "hf_" + mixed(r, LETTERS, 34),
    "OpenAI": lambda r: "sk-proj-" + mixed(r, URLSAFE, 48),
    "Anthropic": lambda r: "sk-ant-api03-" + mixed(r, URLSAFE, 93) + "AA",
    "npm": lambda r: "npm_" + mixed(r, ALNUM, 36),
    "PyPI": lambda r: "pypi-AgEIcHlwaS5vcmc" + mixed(r, URLSAFE, 120),
    "Stripe": lambda r: r.choice(["sk_live_", "rk_live_", "sk_test_"]) + mixed(r, ALNUM, 24),
    "SendGrid": lambda r: f"SG.{mixed(r, URLSAFE, 22)}.{mixed(r, URLSAFE, 43)}",
    "Vault": lambda r: "hvs." + mixed(r, URLSAFE, 90),
    "Azure storage key": lambda r: std64(r, 64),
    "Azure client secret": lambda r: f"{some(r, ALNUM, 3)}8Q~{mixed(r, ALNUM + '_.-', 33)}a",
    "AWS secret key": lambda r: mixed(r, ALNUM + "/+", 40),
}  # fmt: skip
#: Classes that only their name gives away: what makes the value, and names that people give it.
NAMED: dict[str, tuple[Make, tuple[str, ...]]] = {
    "password": (strong, ("password", "db_password", "jdbcPassword", "passwd", "pwd", "PGPASSWORD", "smtp_pass")),
    "password by hand": (by_hand, ("password", "mysql_pwd", "truststore_password", "adminPassword", "passphrase")),
    "weak password": (weak, ("password", "minio_password", "rootPassword", "db_passwd")),
    "AWS secret key at its name": (
        lambda r: mixed(r, ALNUM + "/+", 40),
        ("aws_secret_access_key", "secretAccessKey", "s3_secret_key", "AWS_SECRET_ACCESS_KEY"),
    ),
    "AWS session token": (lambda r: "IQoJb3JpZ2lu" + std64(r, 270), ("aws_session_token", "sessionToken")),
    "account key": (lambda r: std64(r, 64), ("account_key", "storageAccountKey", "azure_storage_key")),
    "client secret": (lambda r: mixed(r, URLSAFE, 40), ("client_secret", "oauthClientSecret", "app_secret")),
    "opaque token": (lambda r: mixed(r, ALNUM, 32), ("token", "api_token", "accessToken", "ILUM_TOKEN", "bearer_token")),
    "hexadecimal token": (lambda r: some(r, HEX, 40), ("api_token", "gitea_token", "authToken", "private_token")),
    "UUID as a key": (
        lambda r: "-".join(some(r, HEX, size) for size in (8, 4, 4, 4, 12)), ("api_key", "x_api_key", "subscription_key"),
    ),
    "API key": (lambda r: mixed(r, ALNUM, 32), ("api_key", "apiKey", "OPENWEATHER_API_KEY", "x_api_key")),
    "Fernet key": (lambda r: base64.urlsafe_b64encode(r.randbytes(32)).decode(), ("fernet_key", "encryption_key")),
    "signing secret": (lambda r: some(r, HEX, 64), ("jwt_secret", "signing_secret", "webhook_secret", "secret_key")),
}  # fmt: skip

#: Where a value stands that needs no name.
BARE = {
    "argument": "s3 = boto3.client('s3', 'eu-central-1', {q})",
    "list over lines": "creds = [\n    'etl',  # who\n    {q},\n]",
    "f-string": "r = requests.get(f'{{base}}/v1?k={v}&n={{n}}')",
    "docstring": 'def load():\n    """Load it.\n\n    For now with {v}\n    """\n    return 1',
    "comment": "x = 1  # TODO: take {v} out",
    "print": "print('using', {q})",
    "bytes": "body = b'{v}'",
    "raw triple quotes": 'note = r"""\n{v}\n"""',
    "joined": "t = {q1} \\\n    {q2}",
    "added": "t = ({q1}\n     + {q2})",
    "dictionary value": "cfg = {{'a': {{'b': [{{'c': {q}}}]}}}}",
    "lambda": "get = lambda: {q}",
    "match": "match x:\n    case 1:\n        y = {q}",
    "decorator": "@uses({q})\ndef f(): ...",
    "shell": "!tool login {v} --quiet",
    "shell over lines": "!tool login \\\n   {v} \\\n   --quiet",
    "header": "h = {{'Authorization': 'Bearer {v}'}}",
    "curl": "!curl -s -H 'Authorization: Bearer {v}' https://api.example.org/v2/items",
    "%%bash": "%%bash\nset -e\ntool --with {v}",
    "%%sh heredoc": "%%sh\ncat > x.env <<EOF\nVALUE={v}\nEOF",
    "%%configure": '%%configure -f\n{{"conf": {{"spark.executorEnv.VALUE": "{v}"}}}}',
    "%%sql": "%%sql\nSELECT * FROM t WHERE x = '{v}'",
    "%%writefile": "%%writefile app.yml\nvalue: {v}",
    "line magic": "%env VALUE={v}",
    "Scala": '%%scala\nval x = Map("a" -> "{v}")',
    "Python 2": "print 'now'\nx = {q}",
    "broken": "def f(:\n    x = {q}",
    "CRLF": "import os\r\nx = {q}\r\ny = 2",
    "after unicode": "größe = 'ä€😀'; x = {q}",
    "escaped in JSON": 's = \'{{"a": "{v}"}}\'',
}
#: Where a value stands at its name.
WITH_NAME = {
    "assignment": "{n} = {q}",
    "annotated": "{n}: Final[str] = {q}",
    "several targets": "a = b = {n} = {q}",
    "tuple": "(host, {n}) = ('db', {q})",
    "attribute": "self._cfg.{n} = {q}",
    "item": "settings['x']['{n}'] = {q}",
    "keyword": "conn = connect(host='db', {n}={q}, timeout=3)",
    "keyword over lines": "conn = connect(\n    host='db',\n    {n}=(\n        {q}\n    ),\n)",
    "dict literal": "opts = {{'user': 'etl', \"{n}\": {q}, 'z': 1}}",
    "dict call": "opts = dict(user='etl', {n}={q})",
    "dict in list": "runs = [{{'kind': 'x', 'config': {{'{n}': {q}}}}}]",
    "update": "opts.update({{'{n}': {q}}})",
    "default": "def connect(host, port=1, *, {n}: str = {q}) -> None: ...",
    "class": "@dataclass\nclass Conf:\n    host: str = 'db'\n    {n}: str = {q}",
    "Enum": "class S(Enum):\n    {upper} = {q}",
    "walrus": "while ({n} := {q}) and go(): break",
    "conditional": "{n} = secret_of('x') if prod else {q}",
    "fallback": "{n} = os.environ.get('NOT_SET') or {q}",
    "getenv default": "{n} = os.getenv('{upper}', {q})",
    "environ": "os.environ['{upper}'] = {q}",
    "putenv": "os.putenv('{upper}', {q})",
    "option": "df = spark.read.format('jdbc').option('url', u).option('{n}', {q}).load()",
    "option over lines": "(df.write\n   .option(\n       '{n}',\n       {q})\n   .save())",
    "options": "df = spark.read.options(user='etl', {n}={q}).load()",
    "options dict": "df = spark.read.options(**{{'{n}': {q}}}).load()",
    "conf.set": "spark.conf.set('spark.hadoop.fs.x.{n}', {q})",
    "sc hadoop": "sc._jsc.hadoopConfiguration().set('fs.x.{n}', {q})",
    "builder": "spark = SparkSession.builder.config('spark.x.{n}', {q}).getOrCreate()",
    "SparkConf": "conf = SparkConf().setAll([('spark.master', 'x'), ('spark.x.{n}', {q})])",
    "wrapped": "{n} = SecretStr({q})",
    "encoded": "{n} = {q}.encode('utf-8')",
    "bytes": "{n} = b{q}",
    "raw": "{n} = r{q}",
    "f-string whole": "{n} = f{q}",
    "in two": "{n} = {q1} {q2}",
    "added": "{n} = {q1} + {q2}",
    "continued": "{n} = \\\n    {q}",
    "return": "def {n}():\n    return {q}",
    "lambda": "get = lambda {n}={q}: {n}",
    "argparse": "p.add_argument('--{kebab}', default={q})",
    "click": "@click.option('--{kebab}', default={q})\ndef main(): ...",
    "widgets": "dbutils.widgets.text('{n}', {q}, 'label')",
    "setattr": "setattr(cfg, '{n}', {q})",
    "semicolon": "import os; {n} = {q}; x = 1",
    "in a loop": "for i in range(3):\n\tif i:\n\t\t{n} = {q}",
    "try": "try:\n    connect({n}={q})\nexcept OSError:\n    pass",
    "comment": "# {n} = {q}",
    "comment behind": "connect()  # {n}={q}",
    "docstring": 'def f():\n    """Use it so:\n\n    connect({n}={q})\n    """',
    "YAML": 'y = """\ndb:\n  user: etl\n  {n}: {v}\n"""',
    "INI": "ini = '''\n[db]\nuser = etl\n{n} = {v}\n'''",
    "properties": 'p = """\nuser=etl\n{n}={v}\n"""',
    "JSON": 'j = \'{{"user": "etl", "{n}": "{v}"}}\'',
    "JSON escaped": 'j = "{{\\"user\\": \\"etl\\", \\"{n}\\": \\"{v}\\"}}"',
    "TOML": 't = """\n[db]\n{n} = "{v}"\n"""',
    "ADO": "c = 'Server=db,1433;Database=x;User Id=etl;{n}={v};Encrypt=yes'",
    "os.system": "os.system('tool --{kebab} {v} run')",
    "subprocess": "subprocess.run(['tool', '--{kebab}', {q}, 'run'], check=True)",
    "subprocess equals": "subprocess.run(['tool', '--{kebab}={v}'])",
    "shell export": "!export {upper}={v}; run",
    "shell prefix": "!{upper}={v} python run.py",
    "shell option": "!tool --{kebab} {v} --x",
    "shell captured": "out = !tool --{kebab}={v}",
    "docker": "!docker run -e {upper}={v} img",
    "%env": "%env {upper}={v}",
    "%set_env": "%set_env {upper} {v}",
    "%%bash": "%%bash\n{upper}='{v}'\nrun",
    "%%spark": "%%spark\n{n} = {q}",
    "%%pyspark indented": "%%pyspark\n    {n} = {q}\n    y = 1",
    "%%local": "%%local\n{n} = {q}",
    "%%pipeline_params": "%%pipeline_params\n{n} = {q}",
    "%%configure": '%%configure -f\n{{"conf": {{"spark.x.{n}": "{v}", "spark.y": "1"}}}}',
    "%%sql set": "%%sql\nSET spark.x.{n} = {v}",
    "%%sql options": "%%sql\nCREATE TABLE t USING jdbc OPTIONS (\n  url 'jdbc:x',\n  {n} '{v}'\n)",
    "Scala": '%%scala\nval {camel} = "{v}"',
    "Scala option": '%%scala\nval df = spark.read.option("{n}", "{v}").load()',
    "R": '%%sparkr\n{n} <- "{v}"',
    "Python 2": "print 'x'\n{n} = {q}",
    "broken": "if x\n    {n} = {q}",
    "CRLF": "import os\r\n{n} = {q}\r\n",
    "after unicode": "näme = '😀😀'; {n} = {q}",
}
#: Named values that only a name and a clear assignment to it make a secret.
WORDS_SAY_NOTHING = frozenset({"comment behind", "comment", "SparkConf", "docstring"})
#: Logins in addresses and commands: `{v}` is a password.
CONNECTIONS = {
    "postgresql URL": "e = create_engine('postgresql+psycopg2://etl:{v}@db.example.org:5432/dwh')",
    "URL in an f-string": "e = create_engine(f'mysql://etl:{v}@{{host}}/{{db}}')",
    "mongodb+srv": "c = MongoClient('mongodb+srv://etl:{v}@cluster0.ab1cd.mongodb.net/x?retryWrites=true')",
    "redis without a user": "r = redis.from_url('redis://:{v}@cache:6379/0')",
    "amqp in YAML": 'y = """\nbroker: amqps://app:{v}@mq.example.org/vhost\n"""',
    "JDBC semicolons": "u = 'jdbc:sqlserver://db:1433;databaseName=x;user=etl;password={v};trust=true'",
    "JDBC query": "u = 'jdbc:postgresql://db/x?user=etl&password={v}&ssl=true'",
    "ODBC": "c = pyodbc.connect('DRIVER={{ODBC Driver 18}};SERVER=db;UID=etl;PWD={v}')",
    "libpq": "c = psycopg2.connect(\"host=db dbname=x user=etl password='{v}'\")",
    "libpq bare": "c = psycopg2.connect('host=db dbname=x user=etl password={v}')",
    "snowflake": "sf = {{'sfURL': 'x.snowflakecomputing.com', 'sfUser': 'etl', 'sfPassword': '{v}'}}",
    "jaas": 'o = \'org.apache.kafka.common.security.plain.PlainLoginModule required username="u" password="{v}";\'',
    "git remote": "!git clone https://etl:{v}@git.example.org/team/x.git",
    "pip index": "%pip install --index-url https://etl:{v}@pypi.example.org/simple x",
    "proxy": "!export https_proxy=http://etl:{v}@proxy:3128",
    "curl -u": "!curl -u etl:{v} https://example.org/x",
    "curl --user": "!curl --user 'etl:{v}' https://example.org/x",
    "requests auth": "r = requests.get(u, auth=('etl', '{v}'))",
    "HTTPBasicAuth": "r = requests.get(u, auth=HTTPBasicAuth('etl', '{v}'))",
    "smtp login": "smtp.login('etl@example.org', '{v}')",
    "%spark add": "%spark add -s s1 -l python -u http://livy:8998 -a etl -p {v}",
    "%%spark -p": "%%spark -s s1 -a etl -p {v}\nx = 1",
    "%sql": "%sql postgresql://etl:{v}@db/dwh",
    "sshpass": "!sshpass -p '{v}' ssh etl@host ls",
    "mysql": "!mysql -h db -u etl -p{v} x < a.sql",
    "docker login": "!docker login -u etl -p {v} registry.example.org",
    "IDENTIFIED BY": "%%sql\nCREATE USER etl IDENTIFIED BY '{v}'",
    "PGPASSWORD": "!PGPASSWORD={v} psql -h db x",
    "shared access key": "c = 'Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=r;SharedAccessKey={k}'",
    "account key": "c = 'DefaultEndpointsProtocol=https;AccountName=x;AccountKey={k};EndpointSuffix=core.windows.net'",
    "abfss": "spark.conf.set('fs.azure.account.key.x.dfs.core.windows.net', '{k}')",
    "SAS": "u = 'https://x.blob.core.windows.net/c?sv=2023-11-03&sp=rl&se=2027-01-01&sig={s}'",
    "s3a URL": "df = spark.read.csv('s3a://{i}:{w}@bucket/x.csv')",
    "basic header": "h = {{'Authorization': 'Basic {b}'}}",
    "curl basic": '!curl -H "Authorization: Basic {b}" https://example.org',
    "cookie": "h = {{'Cookie': 'session_token={t}; lang=de'}}",
    "query": "r = requests.get('https://example.org/v1/x?access_token={t}&n=1')",
    "api key in a query": "r = requests.get(f'https://example.org/x?q={{q}}&api_key={t}')",
    "token scheme": "h = {{'Authorization': 'token {t}'}}",
    "x-api-key": "h = {{'X-Api-Key': '{t}', 'Accept': '*/*'}}",
}
KEYS: dict[str, Make] = {
    one: pem(one)
    for one in (
        "RSA PRIVATE KEY", "EC PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY", "ENCRYPTED PRIVATE KEY",
        "DSA PRIVATE KEY",
    )
}  # fmt: skip
KEY_PLACES = {
    "triple quotes": 'key = """{v}"""',
    "below a name": "private_key = '''\n{v}\n'''",
    "escaped": "key = {r}",
    "JSON": "j = '{j}'",
    "joined": "key = ({lines})",
    "heredoc": "%%bash\ncat > ~/.ssh/id <<EOF\n{v}\nEOF",
    "%%writefile": "%%writefile key.pem\n{v}",
    "comment": "{commented}",
}


def _spelled(name: str, value: str) -> dict[str, str]:
    words = [word.lower() for word in _words(name)]
    half = len(value) // 2
    return {
        "n": name, "v": value, "q": repr(value), "q1": repr(value[:half]), "q2": repr(value[half:]),
        "upper": "_".join(words).upper(), "kebab": "-".join(words),
        "camel": words[0] + "".join(word.title() for word in words[1:]),
    }  # fmt: skip


def _words(name: str) -> list[str]:
    if "_" in name or name.isupper() or name.islower():
        return name.split("_")
    spaced = "".join(" " + one if one.isupper() else one for one in name)
    return spaced.split()


def planted(seeds: range) -> Iterator[Plant]:
    """Yield a plant for every class and place, once for each of `seeds`."""
    for seed in seeds:
        for kind, make in TELLING.items():
            for place, code in BARE.items():
                value = make(random.Random(f"{seed} {kind} {place}"))
                if kind == "AWS secret key" and place in ("f-string", "added", "joined"):
                    continue  # part of a longer text, forty characters of chance are one path or id among others
                yield Plant(kind, place, code.format(**_spelled("x", value)), value)
        for kind, (make, names) in NAMED.items():
            for place, code in WITH_NAME.items():
                if kind == "weak password" and place in WORDS_SAY_NOTHING:
                    continue
                rng = random.Random(f"{seed} {kind} {place}")
                name, value = rng.choice(names), make(rng)
                yield Plant(kind, place, code.format(**_spelled(name, value)), value)
        for place, code in CONNECTIONS.items():
            yield _connection(place, code, random.Random(f"{seed} {place}"))
        for kind, make in KEYS.items():
            for place, code in KEY_PLACES.items():
                value = make(random.Random(f"{seed} {kind} {place}"))
                lines = value.split("\n")
                texts = {
                    "v": value, "r": repr(value), "j": json.dumps({"key": value}).replace("\\", "\\\\"),
                    "lines": "\n   ".join(repr(line + "\n") for line in lines),
                    "commented": "\n".join(f"# {line}" for line in lines),
                }  # fmt: skip
                yield Plant("private key", f"{place} {kind}", code.format(**texts), lines[2])


def _connection(place: str, code: str, rng: random.Random) -> Plant:
    values = {
        "v": strong(rng), "k": std64(rng, 32), "s": mixed(rng, ALNUM, 28) + "%2B" + mixed(rng, ALNUM, 14) + "%3D",
        "i": TELLING["AWS key id"](rng), "w": mixed(rng, ALNUM, 40), "t": mixed(rng, ALNUM, 30),
        "b": base64.b64encode(f"etl:{strong(rng)}".encode()).decode(),
    }  # fmt: skip
    mark = next(one for one in ("w", "k", "s", "t", "b", "v") if f"{{{one}}}" in code)
    return Plant("connection or header", place, code.format(**values), values[mark])
