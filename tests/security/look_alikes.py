"""Lines that look as if they held a secret and hold none, as real notebooks have them.

Modelled on what was counted in public notebooks: of the literals at password-like names 61 % are placeholders and
31 % names or prose; the rest of what is alike are look-ups, columns, hashes, ids, and the tokens of other trades.
"""

from __future__ import annotations

import base64
import random
import uuid
from collections.abc import Iterator

NAMES = (
    "password", "db_password", "passwd", "api_key", "apiKey", "secret", "client_secret", "token", "access_token",
    "account_key", "storage_account_key", "aws_secret_access_key", "auth_token", "JDBC_PASSWORD", "sas_token",
)  # fmt: skip
PLACEHOLDERS = (
    "<password>", "<your-api-key>", "<insert key here>", "YOUR_KEY_HERE", "your-password", "your_token", "ENTER PASSWORD",
    "xxxxxxxxxxxx", "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX", "****", "********", "...", "…", "<...>", "-", "?",
    "TODO", "TBD", "FIXME", "changeme", "change_me", "REPLACE_ME", "replace with your key", "none", "None", "null", "N/A",
    "{password}", "${PASSWORD}", "$PASSWORD", "{{ password }}", "{{password}}", "%PASSWORD%", "%(password)s", "@password@",
    "#{password}", "__PASSWORD__", "[password]", "(password)", "my-secret", "mypassword", "my_api_key", "secret", "password",
    "dummy", "fake", "example", "placeholder", "hidden", "REDACTED", "<REDACTED>", "masked", "[REMOVED]", "test_token",
    "the password", "your account key", "<storage-account-access-key>", "<access-key>", "<sas>", "sk-...", "sk-xxxxxxxx",
    "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "AKIAXXXXXXXXXXXXXXXX", "eyJ...", "paste your token", "<TOKEN>",
)  # fmt: skip
BOUND = (
    "{n} = {q}", "connect(host='db', {n}={q})", "opts = {{'user': 'etl', '{n}': {q}}}", "spark.conf.set('spark.x.{n}', {q})",
    "df = spark.read.option('{n}', {q}).load()", "# {n} = {q}", "!export {upper}='{v}'", "%env {upper}={v}",
)  # fmt: skip
LOOKED_UP = (
    "os.environ[{q}]", "os.getenv({q})", "os.environ.get({q}, '')", "getpass.getpass({q})", "getpass('Password: ')",
    "dbutils.secrets.get(scope='prod', key={q})", "mssparkutils.credentials.getSecret('kv-prod', {q})",
    "notebookutils.credentials.getSecret('https://kv.vault.azure.net/', {q})", "Variable.get({q})", "conf[{q}]",
    "config.get('db', {q})", "keyring.get_password('dwh', 'etl')", "vault.read('secret/data/db')['data'][{q}]",
    "boto3.client('secretsmanager').get_secret_value(SecretId={q})['SecretString']", "Path('/run/secrets/db').read_text()",
    "open('/etc/app/token').read().strip()", "json.load(open('credentials.json'))[{q}]", "widgets.Password(description={q})",
    "args.password", "settings.DB_PASSWORD", "creds.secret_key", "st.secrets[{q}]", "userdata.get({q})",
    "Secret.load({q}).get()", "TokenLibrary.getSecret('kv', {q})", "hook.get_connection('dwh').password",
)  # fmt: skip
KEYS_OF_SECRETS = ("db-password", "API_TOKEN", "storage-key", "prod/dwh/password", "openai_api_key")
DATA = (
    "df = df.select('user', '{n}')", "df = df.drop('{n}', 'ts')", "df['{n}'].isnull().sum()", "df = df.rename(columns={{'{n}': 'x_{n}'}})",
    "df = df.withColumn('{n}', lit(None))", "df = df.withColumn('{n}_hash', sha2(col('{n}'), 256))", "assert '{n}' in df.columns",
    "schema.add('{n}', StringType())", "StructField('{n}', StringType(), True)", "df.groupBy('{n}').count()",
    "spark.sql('SELECT {n}, count(*) FROM users GROUP BY {n}')", "df.filter(df.{n} == '')", "df.filter(col('{n}').isNotNull())",
    "cols = ['id', '{n}', 'created']", "types = {{'id': 'bigint', '{n}': 'string'}}", "df.agg({{'{n}': 'count'}})",
    "df.fillna({{'{n}': 'missing'}})", "row = {{'id': 1, '{n}': None}}", "x = y['{n}']", "print('{n}:', {n})", "del {n}",
    "raise ValueError('{n} is missing')", "log.info('no {n} was given, using the default')", "if not {n}: raise SystemExit",
    "labels = {{'{n}': 'The {n} of the service account'}}", "help = 'Set {n} in the environment first'",
    "df.write.option('{n}', {n}).save()", "connect({n}={n})", "spark.conf.set('spark.hadoop.x.{n}', {n})",
    "def connect(user, {n}=None): ...", "{n} = None", "{n} = ''", "{n}_length = 12", "{n}_file = '/etc/app/{n}.txt'",
    "{n}_column = 'col_7'", "{n}_name = 'prod-dwh-01'", "min_{n}_length = 8", "has_{n} = 'yes'", "{n}_url = 'https://id.example.org/t'",
)  # fmt: skip
IDS = (
    "commit = '{sha1}'", "!git checkout {sha1}", "image = 'repo/x@sha256:{sha256}'", "md5 = '{md5}'", "checksum = '{sha256}'",
    "assert digest == '{sha256}'", "run_id = '{uuid}'", "df.filter(col('id') == '{uuid}')", "tenant_id = '{uuid}'",
    "client_id = '{uuid}'", "subscription_id = '{uuid}'", "cluster_id = '0923-164208-meows279'", "etag = '\"{md5}\"'",
    "path = 's3://lake/part-00000-{uuid}-c000.snappy.parquet'", "path = 'dbfs:/x/{md5}/y'", "%pip install x==1.2 --hash=sha256:{sha256}",
    "arn = 'arn:aws:iam::123456789012:role/GlueServiceRole'", "arn = 'arn:aws:kms:eu-west-1:123456789012:key/{uuid}'",
    "account_id = '123456789012'", "vpc = 'subnet-0bb1c79de3EXAMPLE'", "sheet = '1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms'",
    "video = 'https://youtu.be/dQw4w9WgXcQ'", "doi = 'https://doi.org/10.1038/s41586-021-03819-2'",
    "link = 'https://www.kaggle.com/datasets/user/name?datasetId={number}'", "img = 'data:image/png;base64,{image}'",
    "color = '#{hex6}'", "key = {number}", "offset = '0x{md5}'", "hdfs = 'hdfs://nn:8020/user/etl/{sha1}'",
    "url = 'https://raw.githubusercontent.com/org/repo/{sha1}/data.csv'", "seed = {number}", "mac = '00:1A:2B:3C:4D:5E'",
    "cell_id = '{md5}'", "version = '3.5.1-{hex6}'", "b = bytes.fromhex('{md5}')", "topic = 'orders-v{number}'",
    "notebook = 'https://adb-1234567890.11.azuredatabricks.net/?o={number}#notebook/{number}'",
)  # fmt: skip
TRADES = (
    "tokens = nltk.word_tokenize(text)", "token = '{word}'", "if token == '{word}': n += 1", "tokenizer = Tokenizer(inputCol='{word}', outputCol='tokens')",
    "pad_token = '[PAD]'", "eos_token = '<|endoftext|>'", "tokens = ['{word}', '{word2}', 'the']", "stop_token='</s>'", "max_tokens=2048",
    "token_type_ids = enc['token_type_ids']", "tok = AutoTokenizer.from_pretrained('bert-base-{word}-uncased')", "key = '{word}'",
    "key='{word}_id'", "sort_key = '{word}'", "df.sort(key=lambda r: r['{word}'])", "partitionKey = '/{word}/{word2}'", "primary_key='{word}_{word2}'",
    "join(on_key='{word}')", "foreign_keys = ['{word}_id', '{word2}_id']", "plt.legend(['{word}', 'secret'])", "title = 'The secret of {word}'",
    "r.set('key:{word}', 1)", "producer.send('{word}', key=b'{word2}')", "reader.option('kafka.security.protocol', 'SASL_SSL')",
    "kafka = {{'sasl.mechanism': 'PLAIN', 'security.protocol': 'SASL_SSL'}}", "spark.conf.set('spark.authenticate.secret.file', '/etc/spark/secret')",
    "spark.conf.set('fs.s3a.aws.credentials.provider', 'com.amazonaws.auth.profile.ProfileCredentialsProvider')",
    "spark.conf.set('fs.azure.account.auth.type', 'OAuth')", "auth = 'kerberos'", "auth=None", "auth_type = 'basic'", "authenticator = 'externalbrowser'",
    "credentials = 'application_default'", "author = 'Jane {word}'", "authority = 'https://login.microsoftonline.com/common'",
    "passenger = '{word}'", "passed = 'yes'", "compass = 'north'", "bypass='{word}'", "passing_grade = '60percent'", "pass_rate = '0.93'",
    "pwd = os.getcwd()", "!pwd", "cwd = '/home/{word}/work'", "path = '/etc/passwd'", "secretary = 'Ms {word}'", "keyboard = 'qwertz'",
    "keywords = '{word}, {word2}'", "keyspace = '{word}_v2'", "monkey = 'Kong'", "turkey = 'TR-34'", "hotkey='ctrl+shift+k'", "keyfile = '{word}.pem'",
    "pattern = r'(?i)password\\s*=\\s*(\\S+)'", "rule = 'Passwords must have 12 characters, one digit and one sign'", "patient = 'P-{number}'",
    "sas_program = '{word}.sas'", "sas_url = 'https://x.blob.core.windows.net/c?<sas>'", "patch = 'v{number}'", "path_key = 'in/{word}/{word2}.csv'",
    "html = '<input type=\"password\" name=\"password\" id=\"pw\">'", "css = '.token {{ color: red }}'", "basic = 'Basic {word}s of Spark'",
    "note = 'Bearer of good news: {word}'", "text = 'authorization: required for {word}'", "!ps aux | grep -p {word}", "%run ./setup -p {word}",
    "!docker run -p 8888:8888 {word}", "!mkdir -p data/{word}", "!ssh -p 2222 etl@{word}", "%%spark -o {word} -q\nx = 1", "!curl -u $USER:$PASS https://example.org",
    "!curl -O https://example.org/{word}.zip", "url = 'https://user@example.org/{word}'", "mail = 'a.{word}@example.org'", "at = 'https://medium.com/@{word}/x-1'",
    "u = f'postgresql://{{user}}:{{pw}}@{{host}}/{word}'", "u = 'postgresql://<user>:<password>@<host>/{word}'", "u = 'jdbc:postgresql://db:5432/{word}'",
    "u = 'mysql://user:password@localhost/{word}'", "time = 'at 10:30:00@utc {word}'", "ratio = 'a:b@c'", "x = 'key1:{word};key2:{word2}'",
    "h = {{'Authorization': f'Bearer {{token}}'}}", "h = {{'Authorization': 'Bearer ' + token}}", "h = {{'x-api-key': os.environ['{word}']}}",
    "params = {{'key': api_key, 'q': '{word}'}}", "cfg = {{'token': {{'type': '{word}', 'ttl': 3600}}}}", "csrf_token = soup.find('input')['value']",
)  # fmt: skip
WORDS = (
    "orders",
    "customer",
    "spark",
    "taxi",
    "region",
    "weather",
    "iris",
    "bronze",
    "movie",
    "flight",
    "sensor",
    "invoice",
)


def look_alikes() -> Iterator[str]:
    """Yield each line once; the same ones every time."""
    rng = random.Random(2026)
    seen: set[str] = set()
    for line in _lines(rng):
        if line not in seen:
            seen.add(line)
            yield line


def _lines(rng: random.Random) -> Iterator[str]:
    for value in PLACEHOLDERS:
        for code in rng.sample(BOUND, 3):
            name = rng.choice(NAMES)
            yield code.format(n=name, upper=name.upper(), q=repr(value), v=value)
    for call in LOOKED_UP:
        for name in rng.sample(NAMES, 3):
            yield f"{name} = {call.format(q=repr(rng.choice(KEYS_OF_SECRETS)))}"
    for code in DATA:
        for name in rng.sample([one for one in NAMES if one.islower()], 4):
            yield code.format(n=name)
    for code in (*IDS, *TRADES):
        for _ in range(2):
            word, word2 = rng.sample(WORDS, 2)
            yield code.format(
                sha1=rng.randbytes(20).hex(), sha256=rng.randbytes(32).hex(), md5=rng.randbytes(16).hex(), word=word,
                uuid=uuid.UUID(bytes=rng.randbytes(16)), number=rng.randrange(10**6, 10**9), hex6=rng.randbytes(3).hex(),
                image=base64.b64encode(rng.randbytes(300)).decode(), word2=word2,
            )  # fmt: skip
