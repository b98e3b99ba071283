"""More harmless lines, written without a look at what the finder knows; shares follow what public notebooks hold.

Of what looks like a secret in them: 121 placeholders, 94 look-ups, 93 words as keys and columns, 150 tokens and keys of
other trades, 18 hashes, 9 times `-p` of other magics.
"""
# ruff: noqa: E501

from __future__ import annotations

import base64
import random
import uuid
from collections.abc import Iterator

from tests.security.planted import ALNUM, HEX, mixed, some

NAMES = (
    "PASSWORD", "password", "db_pass", "pg_password", "sql_pwd", "apikey", "API_KEY", "mapbox_token", "secret_key", "clientSecret",
    "sas_token", "access_key", "storageKey", "auth_token", "jwt_secret", "hf_token", "kafka_password", "openai_api_key", "credentials",
)  # fmt: skip
PLACEHOLDERS = (
    "<your password>", "<YOUR_API_KEY>", "<api-key>", "<secret>", "<<password>>", "<PASTE-TOKEN-HERE>", "<redacted>", "<fill in>", "[your-key]",
    "[REDACTED]", "{your_key}", "{{your_key}}", "{API_KEY}", "${env:PASSWORD}", "${DB_PASSWORD}", "$DB_PASSWORD", "$(DB_PASSWORD)", "%DB_PASSWORD%",
    "yourpassword", "your-access-key", "your_secret_key", "yourKeyHere", "YOUR-TOKEN", "YOUR_SECRET_ACCESS_KEY", "your key goes here", "myPassword",
    "my_password", "insert_your_key", "INSERT KEY HERE", "enter-your-token", "put your password here", "add-your-key", "replace-me", "REPLACE_WITH_TOKEN",
    "replaceme", "change-me", "CHANGEME", "ChangeMe", "todo", "FILL_ME_IN", "fill_me", "placeholder", "PLACEHOLDER", "example", "example-key", "dummy",
    "dummy_token", "fake-token", "fake_password", "xxx", "XXXX-XXXX-XXXX", "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", "xxxxx", "***", "*****", "######",
    "----", "______", "..........", "sk-xxxxxxxxxxxxxxxxxxxx", "sk-...", "hf_xxxxxxxxxxxxxx", "hf_...", "ghp_...", "eyJhbGciOi...", "AKIA...", "AKIA****************",
    "dapiXXXXXXXXXXXXXXXX", "pk.eyJ1...", "(hidden)", "hidden", "omitted", "removed", "None", "null", "nil", "n/a", "undefined", "empty", "not set", "unset",
    "secret", "secret_name", "password", "token", "api_key", "access_key", "the-password", "<client-secret>", "<tenant-id>", "<service-principal-secret>",
    "@Microsoft.KeyVault(SecretUri=https://kv.vault.azure.net/secrets/x)", "vault:secret/data/db#password", "op://prod/db/password", "file:///run/secrets/db",
    "/run/secrets/db_password", "projects/1/secrets/db/versions/latest", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-abcdef", "ssm:/prod/db/password",
)  # fmt: skip
BOUND = (
    "{n} = {q}", "{n}: str = {q}", "conn = connect(user='u', {n}={q})", "cfg = dict(host='h', {n}={q})", "cfg = {{'{n}': {q}, 'x': 1}}", "os.environ['{U}'] = {q}",
    "df = spark.read.option('{n}', {q}).load()", "spark.conf.set('spark.x.{n}', {q})", "# {n} = {q}", '%%configure -f\n{{"conf": {{"spark.x.{n}": "{v}"}}}}',
    "opts = '{{\"{n}\": \"{v}\"}}'", "h = {{'X-{n}': {q}}}", "{n} = os.getenv('{U}', {q})",
)  # fmt: skip
LOOKED_UP = (
    "os.environ['{U}']", "os.environ.get('{U}')", "os.getenv('{U}', '')", "os.getenv('{U}') or getpass()", "environ.get('{U}', None)", "config('{U}')", "env('{U}')",
    "env.str('{U}')", "dotenv_values()['{U}']", "getpass.getpass('{n}: ')", "getpass(prompt='Enter the {n}')", "input('{n}? ')", "click.prompt('{n}', hide_input=True)",
    "dbutils.secrets.get('scope', '{k}')", "dbutils.secrets.get(scope = 'kv-prod', key = '{k}')", "mssparkutils.credentials.getSecretWithLS('ls', '{k}')",
    "mssparkutils.credentials.getSecret('kv', '{k}', 'ls')", "client.get_secret('{k}').value", "SecretClient(vault_url=u, credential=c).get_secret('{k}').value",
    "sm.get_secret_value(SecretId='{k}')['SecretString']", "json.loads(sm.get_secret_value(SecretId='prod/db')['SecretString'])['{n}']", "keyring.get_password('svc', 'u')",
    "hvac.Client().secrets.kv.read_secret_version(path='db')['data']['data']['{n}']", "secretmanager.access_secret_version(name=name).payload.data.decode()",
    "ssm.get_parameter(Name='/prod/{k}', WithDecryption=True)['Parameter']['Value']", "Variable.get('{k}')", "BaseHook.get_connection('x').password", "Secret('{k}').get()",
    "userdata.get('{U}')", "UserSecretsClient().get_secret('{U}')", "st.secrets['{n}']", "st.secrets.db.{n}", "conf['db']['{n}']", "config['db'].get('{n}')", "cfg.get('db', '{n}')",
    "cp.get('default', '{n}')", "yaml.safe_load(open('c.yml'))['{n}']", "json.load(f)['{n}']", "open('/run/secrets/{k}').read()", "Path('~/.{k}').expanduser().read_text().strip()",
    "args.{n}", "settings.{n}", "self.{n}", "creds['{n}']", "creds.{n}", "params['{n}']", "row['{n}']", "request.headers['{n}']", "widgets['{n}'].value", "dbutils.widgets.get('{n}')",
    "base64.b64encode(x).decode()", "secrets.token_hex(16)", "secrets.token_urlsafe()", "uuid4().hex", "hashlib.sha256(x).hexdigest()", "generate_password(12)", "Fernet.generate_key()",
    "boto3.Session().get_credentials().secret_key", "get_token('https://x.azure.net/.default').token", "DefaultAzureCredential()", "mint(user)", "f(x)[0]", "'' if local else load()",
)  # fmt: skip
COLUMNS = (
    "df = df.withColumn('{n}', F.lit(''))", "df = df.withColumnRenamed('{n}', '{n}_old')", "df.select('{n}', 'id').show()", "df['{n}'] = df['{n}'].str.lower()", "df.drop(columns=['{n}'])",
    "df.pivot_table(index='{n}', values='n')", "df.sort_values('{n}', ascending=False)", "df.groupby(['{n}', 'day']).size()", "s = StructType([StructField('{n}', StringType())])",
    "spark.sql(\"select max({n}), '{n}' as name from users\")", "spark.sql('''CREATE TABLE u (id INT, {n} STRING)''')", "%%sql\nSELECT {n}, count(*) AS n FROM log GROUP BY 1",
    "%%sql\nCREATE TABLE users (id BIGINT, {n} VARCHAR(255))", "%%sql\nSELECT * FROM t WHERE {n} IS NOT NULL", "%%sql\nUPDATE users SET {n} = NULL WHERE id = 1",
    "df = df.merge(o, on='{n}', how='left')", "dtypes = {{'{n}': 'str', 'x': 'int'}}", "rename = {{'{n}': 'b', 'c': 'd'}}", "mask = df['{n}'] == 'yes'", "df.filter(df['{n}'].isin('a', 'b'))",
    "print(f'{n}: {{{n}}}')", "print('{n} not found')", "raise KeyError('{n}')", "if '{n}' not in cfg: raise ValueError('missing {n}')", "assert {n}, 'set {n} first'", "assert {n} is not None",
    "parser.add_argument('--{k}', help='the {n} to use', required=True)", "parser.add_argument('--{k}', default=None)", "def f(url, {n}=None, x=1): pass", "def f({n}: str) -> str: return {n}",
    "f(url, {n}={n})", "f(url, {n}=cfg.{n})", "{n} = ''", "{n} = None", "{n} = []", "{n} = {{}}", "{n} = 0", "{n}_len = 16", "len_{n} = len({n})", "{n}_is_set = bool({n})", "del {n}",
    "labels = {{'{n}': 'Your {n}'}}", "desc = 'The {n} is read from the environment'", "# the {n} comes from the vault", "# {n}: see the wiki", "# TODO: rotate {n} each month", "'''Connect.\n\n{n}: the secret of the account\n'''",
    "w = widgets.Text(description='{n}')", "dbutils.widgets.text('{n}', '', 'The {n}')", "log.debug('got %s for {n}', len(x))", "x = {n} if {n} else None", "return_{n} = 'no'", "with open(f'{{{n}_file}}') as f: pass",
    "{n}_path = 's3://conf/{n}.json'", "{n}_field = 'c_17'", "{n}_env_var = '{U}'", "{n}_header = 'X-Api'", "{n}_type = 'bearer'", "{n}_expires = '2026-01-01'", "{n}_url = 'https://id.example.com/oauth'",
    "config = {{'{n}_column': 'pw', '{n}_id': 'a17'}}", "%env {U}", "!echo ${U}", "!export {U}=$(cat f)", "!tool --{k} ${U}", "!tool --{k}-file f.txt", "%%bash\nexport {U}=$(vault read x)",
)  # fmt: skip
TRADES = (
    # language models and texts
    "tokens = text.split()", "token = tokens[0]", "token = 'the'", "token='{w}'", "mask_token = '[MASK]'", "bos_token='<s>'", "unk_token = '<unk>'", "tokenizer.add_tokens(['<{w}>'])", "special_tokens = {{'additional_special_tokens': ['<{w}>']}}",
    "stop_tokens = ['\\n\\n', '###']", "next_token = tokenizer.decode(i)", "max_new_tokens = 256", "tokens_per_second = 31.5", "token_pattern=r'\\b\\w+\\b'", "vec = TfidfVectorizer(token_pattern='{w}')", "num_tokens = 1_000_000",
    "eos_token_id = 50256", "token_counts['{w}'] += 1", "if token in ('{w}', 'and'): pass", "token == '{W}'", "for token in ['{w}', '{x}']: pass", "tok = Tokenizer(num_words=5000, oov_token='<OOV>')", "oov_token = 'OOV'",
    "tokenization = 'bpe'", "tokenizer_name = 'gpt2-medium'", "tokenizer_path = 'models/{w}.model'", "padding_token='PAD'", "sep_token='</s>'", "separator_token = ' '", "token_embedding = 'glove.6B.100d'", "key_phrases = ['{w} {x}']",
    # keys of things
    "key = '{w}'", "key='{w}_{x}'", "keys = ['{w}', '{x}']", "df.sort(key='{w}')", "sorted(x, key=lambda r: r['{w}'])", "key_column = '{w}'", "join_key = '{w}_id'", "partition_key = '{w}_date'", "primary_key = ['{w}_id', 'day']", "foreign_key='{x}.id'",
    "sort_keys=True", "surrogate_key = 'sk_{w}'", "merge_key = '{w}-{x}'", "natural_key = '{W}-001'", "group_key = 'by {w}'", "cache_key = f'{w}:{{user}}'", "redis_key = '{w}:2026-05-21'", "s3_key = 'raw/{w}/2026/05/21/part-0.parquet'",
    "Key='raw/{w}.csv'", "s3.get_object(Bucket='lake', Key='in/{w}/{x}.json')", "s3.put_object(Bucket='lake', Key='out/{uuid}.json', Body=b)", "key_prefix = 'in/{w}/'", "hotkey = 'ctrl+s'", "key_pair_name = '{w}-keypair'", "KeyName='emr-{w}'", "ec2_key_name = '{w}'",
    "kms_key_id = 'alias/{w}'", "KMSKeyId='arn:aws:kms:eu-west-1:123456789012:key/{uuid}'", "key_arn = 'arn:aws:kms:us-east-1:111122223333:key/{uuid}'", "public_key = 'k.pub'", "ssh_public_key = 'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQ{b} me@host'",
    "instrumentation_key_name = '{w}'", "sasl_mechanism = 'SCRAM-SHA-512'", "keywords = '{w},{x}'", "keyboard_layout = 'qwerty'", "keystore_type = 'PKCS12'", "keystore_location = '/etc/x/client.jks'", "keyspace = '{w}_prod'", "monkey = '{w}'", "turnkey = 'yes'",
    "keyframe = 'frame_0031'", "encoding_key = 'utf-8'", "answer_key = 'ABBDC'", "key_metric = 'p95_latency'", "keyed_by = '{w}'", "colour_key = '{{hex6}}'", "legend_key='{w}'",
    # names that sound like it
    "passengers = 'passengers.csv'", "passing = 'north'", "passed_tests = '12/12'", "n_pass = 'pass'", "pass_fail = 'PASS'", "result = 'PASS'", "status = 'PASS!'", "PASS = 'PASS'", "PASS, FAIL = 'pass', 'fail'", "pass_mark = '✓'", "bypass_cache = 'true'",
    "overpass_url = 'https://overpass-api.de/api/interpreter'", "query = 'way[highway=pass]'", "compass = 'NNE'", "author = '{w} {x}'", "authors = ['A. {W}', 'B. {X}']", "authority_url = 'https://login.microsoftonline.com/{uuid}'", "auth_method = 'pkce'", "auth = ('kerberos')",
    "authorization_endpoint = '/oauth2/authorize'", "auth_provider_x509_cert_url = 'https://www.googleapis.com/oauth2/v1/certs'", "'auth_uri': 'https://accounts.google.com/o/oauth2/auth'", "Auth='Kerberos'", "credential_type = 'ManagedIdentity'", "credential = DefaultAzureCredential()",
    "secretariat = '{w}'", "secret_santa = ['{w}', '{x}']", "patterns = '{w}*'", "path = '/home/{w}/pat'", "pathology = '{w}'", "patient_id = 'P{number}'", "spat = 'x'", "sas_dataset = 'sasuser.{w}'", "saskatchewan = 'SK'", "pwd_cmd = 'pwd'", "!pwd && ls", "jwtype = 'RS256'",
    "credit_card_type = 'visa'", "creditability = '{w}'", "accreditation = 'A+'", "tokenized_col = '{w}_tok'", "token_bucket = 'rate-{w}'", "token_price_usd = '0.31'", "erc20_token = 'USDC'", "nft_token_name = 'Crypto {W}'", "token_symbol = 'WETH'", "pair = 'token0/token1'",
    "page_token = None", "next_page_token = 'CAUQAA'", "resp.get('nextPageToken')", "continuation_token = None", "csrf = soup.find('meta', {{'name': 'csrf-token'}})['content']", "token_url = 'https://id.example.com/token'", "cancel_token.cancel()", "lexer.token('ID')", "t_token = r'[a-z]+'",
    # urls, mails, numbers
    "u = 'https://{w}.example.com/a?page=2&key=value'", "u = 'https://example.com/api?token=' + token", "u = f'https://example.com/api?api_key={{key}}'", "u = 'https://user:password@example.com'", "u = 'postgres://postgres@localhost/{w}'", "u = 'jdbc:postgresql://h:5432/{w}?ssl=true'",
    "u = f'mongodb://{{u}}:{{p}}@h/{w}'", "u = 'redis://localhost:6379/0'", "m = '{w}@example.com'", "at = '12:30@{w}'", "note = 'call {w}: 5pm @ office'", "url = 'https://medium.com/@{w}/{x}-{hex12}'", "url = 'git@github.com:{w}/{x}.git'", "img = 'data:image/gif;base64,{b}'",
    "print('Basic statistics of {w}')", "basic = 'Basic'", "text = 'bearer of the {w}'", "h = {{'Authorization': 'Bearer {{}}'.format(token)}}", "h = {{'Authorization': f'Bearer {{tok}}'}}", "h = {{'Authorization': 'Bearer %s' % tok}}", "h = {{'Authorization': 'Bearer <token>'}}", "h = {{'Authorization': 'Basic ' + b64}}",
    "h = {{'Content-Type': 'application/json', 'Accept': '*/*'}}", "h['x-api-key'] = key", "!curl -H \"Authorization: Bearer $TOKEN\" https://example.com", "!curl -u \"$USER:$PASSWORD\" https://example.com", "!curl -u me https://example.com", "auth=(user, password)", "auth=(USER, os.environ['PASSWORD'])",
)  # fmt: skip
HASHES = (
    "revision = '{sha1}'", "revision='{sha1}'", "sha256 = '{sha256}'", "expected = '{md5}'", "hash_ = '{sha256}'", "etag = '{md5}'", "dataset_hash = '{sha256}'", "commit_id = '{sha1}'", "checkpoint = 'model-{hex12}.ckpt'", "run = mlflow.get_run('{md5}')", "experiment_id = '{number}'",
    "model_uri = 'runs:/{md5}/model'", "!git checkout {sha1}", "!git show {hex12}", "image = 'x@sha256:{sha256}'", "fingerprint = 'SHA256:{b43}'", "assert md5(x) == '{md5}'", "b = '0x{sha256}'", "tx = '0x{sha256}'", "address = '0x{sha1}'", "uuid = '{uuid}'", "tenant_id = '{uuid}'", "client_id = '{uuid}'",
    "object_id='{uuid}'", "workspace_id = '{uuid}'", "trace_id = '{md5}'", "span_id = '{hex16}'", "session_id = '{uuid}'", "request_id = '{uuid}'", "correlationId: '{uuid}'", "cluster = '0521-{number6}-abcd1234'", "gist = 'https://gist.github.com/{w}/{md5}'", "sheet_id = '1{b43}'",
    "drive = 'https://drive.google.com/file/d/1{a32}/view'", "video_id = 'a{a10}'", "colab = 'https://colab.research.google.com/drive/1{a32}'", "blob = 'sha1:{sha1}'", "path = 's3a://b/{md5}/part-0000.snappy.parquet'", "delta = '_delta_log/00000000000000000010.json'", "hdfs = '/user/x/.Trash/{hex16}'",
    "integrity = 'sha384-{b64}'", "%pip install 'x @ git+https://github.com/{w}/{x}@{sha1}'", "job_id = 'job_{a12}'", "stripe_customer = 'cus_{a14}'", "order_no = 'ORD-{number}'", "iban = 'DE89370400440532013000'", "vin = '1HGCM82633A004352'", "isin = 'US0378331005'",
)  # fmt: skip
LINES = (
    "%run ./etl -p {w}", "%papermill -p n 3", "!papermill a.ipynb b.ipynb -p day 2026-05-21 -p name {w}", "!mkdir -p out/{w}", "!cp -p a b", "!docker run -p 5432:5432 {w}", "!ssh -p 2222 host", "!nc -zv host -p 80", "!tar -xpf a.tar", "!ps -p 12345", "%timeit -p 3 f()", "%prun -s cumulative -p f()",
    "!psql -h db -p 5432 -U {w}", "!mysql -u root -p", "!mysql -h db -u root -p {w} < a.sql", "!redis-cli -h {w} -p 6379", "!mongosh -p 27017", "!spark-submit --properties-file x.conf -p", "%%time -p\nx = 1", "!useradd -p", "!curl -p https://example.com", "!unzip -p a.zip {w}.csv", "!grep -P '\\d+' {w}.txt",
    "!docker login -u me --password-stdin", "!az login", "!az login --identity", "!aws configure", "!aws configure list", "!gh auth login", "!huggingface-cli login", "!databricks configure --token", "!kaggle datasets download -d {w}/{x}", "!wandb login", "!gcloud auth login", "!kubectl get secret {w} -o yaml",
    "!passwd", "!cat /etc/passwd", "!ls ~/.aws/credentials", "!chmod 600 key.pem", "!ssh -i key.pem me@host", "!ssh-keygen -t ed25519", "!openssl x509 -in cert.pem -text", "!git config credential.helper store", "!pip install jupyter-token", "%load_ext dotenv\n%dotenv", "%env", "%env JUPYTER_TOKEN", "%who str",
)  # fmt: skip
WORDS = (
    "orders",
    "customer",
    "region",
    "taxi",
    "ratings",
    "sensor",
    "weather",
    "invoice",
    "shipment",
    "product",
    "basket",
    "account",
)


def look_alikes_anew(seed: int = 0) -> Iterator[str]:
    """Yield each line once; for one seed the same ones every time."""
    rng = random.Random(f"harmless {seed}")
    seen: set[str] = set()
    for line in _lines(rng):
        if line not in seen:
            seen.add(line)
            yield line


def _lines(rng: random.Random) -> Iterator[str]:
    for value in PLACEHOLDERS:
        for code in rng.sample(BOUND, 2):
            yield code.format(**_named(rng.choice(NAMES)), q=repr(value), v=value)
    for call in LOOKED_UP:
        for name in rng.sample(NAMES, 2):
            spelled = _named(name)
            yield f"{name} = {call.format(**spelled)}"
    for code in COLUMNS:
        for name in rng.sample(NAMES, 2):
            yield code.format(**_named(name))
    for code in (*TRADES, *HASHES, *LINES):
        word, other = rng.sample(WORDS, 2)
        yield code.format(
            w=word, x=other, W=word.title(), X=other.title(), uuid=uuid.UUID(bytes=rng.randbytes(16)), number=rng.randrange(10**6, 10**9),
            number6=rng.randrange(10**5, 10**6), hex6=some(rng, HEX, 6), hex12=some(rng, HEX, 12), hex16=some(rng, HEX, 16), md5=some(rng, HEX, 32),
            sha1=some(rng, HEX, 40), sha256=some(rng, HEX, 64), b=base64.b64encode(rng.randbytes(120)).decode(), a32=mixed(rng, ALNUM, 32),
            a10=mixed(rng, ALNUM, 10), a12=mixed(rng, ALNUM, 12), a14=mixed(rng, ALNUM, 14), b43=mixed(rng, ALNUM, 43),
            b64=base64.b64encode(rng.randbytes(48)).decode(),
        )  # fmt: skip


def _named(name: str) -> dict[str, str]:
    words = "".join(
        f"_{one}" if one.isupper() and before.islower() else one for before, one in zip(" " + name, name, strict=False)
    ).lower()
    return {"n": name, "U": words.upper(), "k": words.replace("_", "-")}
