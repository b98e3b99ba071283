"""What was kept back: places, names and services that neither list before has, written when the finder was done with them.

What is measured here was not mended for.  Harmless lines are kept back too.
"""
# ruff: noqa: E501

from __future__ import annotations

import random
from collections.abc import Iterator

from tests.security.planted import ALNUM, DIGITS, HEX, UPPER, URLSAFE, Make, Plant, mixed, some, std64, web64
from tests.security.planted_anew import company, generated, planted_anew, signs


def sentence(rng: random.Random) -> str:
    """Words run together, a number in the middle."""
    words = ("blue", "Tiger", "river", "Mango", "stone", "Falcon", "night", "Copper", "maple", "Rocket")
    one, two, three = rng.sample(words, 3)
    return f"{one}{two}{some(rng, DIGITS, 3)}{three}"


def initials(rng: random.Random) -> str:
    return f"{some(rng, UPPER, 2)}{rng.choice('!+_.')}{some(rng, DIGITS, 4)}{rng.choice('!+_.')}{some(rng, ALNUM, 4)}"


NAMED: dict[str, tuple[tuple[Make, ...], tuple[str, ...]]] = {
    "password": ((sentence, initials, company, generated, signs), (
        "DATABASE_PASSWORD", "hana_password", "exasolPwd", "sftp_pass", "oldPassword", "new_password", "passwort", "repo_password", "couchdbPassword",
        "_password", "PWD_PROD", "netezza_passwd", "wifi_password", "pkcs12_password", "DREMIO_PASSWORD",
    )),
    "token": ((
        lambda r: "secret_" + mixed(r, ALNUM, 43), lambda r: "xkeysib-" + some(r, HEX, 64) + "-" + mixed(r, ALNUM, 16), lambda r: "sntrys_" + web64(r, 60),
        lambda r: "phc_" + mixed(r, ALNUM, 43), lambda r: f"v2.local.{web64(r, 90)}", lambda r: "1//0" + mixed(r, URLSAFE, 90), lambda r: mixed(r, UPPER + DIGITS + "abcdef", 24),
        lambda r: "u-" + mixed(r, URLSAFE, 40), lambda r: "ops_" + web64(r, 200), lambda r: f"{mixed(r, ALNUM, 24)}.{mixed(r, ALNUM, 6)}.{mixed(r, URLSAFE, 27)}",
    ), (
        "sentry_auth_token", "BREVO_API_KEY", "posthog_api_key", "discord_bot_token", "google_refresh_token", "paseto_token", "opsgenie_api_key", "TRELLO_TOKEN",
        "pagerdutyToken", "jira_api_token", "dbt_cloud_token", "mlflow_tracking_token", "prefect_api_key", "planetscale_token",
    )),
    "key": ((lambda r: std64(r, 32), lambda r: some(r, HEX, 48), lambda r: mixed(r, ALNUM, 20), lambda r: mixed(r, ALNUM + "/+", 40)), (
        "wasabi_secret_key", "oss_access_key_secret", "linode_secret_key", "batch_account_key", "search_api_key", "maps_api_key", "private_key", "aesKey_secret",
        "r2_secret_access_key", "storage_account_access_key", "ibm_cos_secret_key", "cognitive_services_api_key",
    )),
}  # fmt: skip
PLACES = {
    "positional pair": "conf.add_pair('{n}', {q})",
    "tuple list": "opts = [('user', 'u'), ('{n}', {q}), ('x', 'y')]",
    "dict(zip)": "d = dict([('{n}', {q})])",
    "nested dict()": "x = dict(a=dict(b=dict({n}={q})))",
    "merge": "cfg = {{**base, '{n}': {q}}}",
    "dict |": "cfg = base | {{'{n}': {q}}}",
    "inline if": "{n} = {q} if env == 'prod' else ''",
    "chained =": "self.a = self.{n} = {q}",
    "unpacking": "user, {n}, host = 'u', {q}, 'h'",
    "star": "connect(*args, {n}={q}, **kw)",
    "builder chain": "s = (SparkSession.builder\n     .appName('x')\n     .config('spark.hadoop.fs.{n}', {q})\n     .getOrCreate())",
    "reader chain": "(spark.readStream.format('kafka')\n  .option('kafka.{n}', {q})\n  .load())",
    "writer": "df.write.jdbc(url, 't', mode='append', properties={{'{n}': {q}, 'driver': 'x'}})",
    "hadoop": "spark.sparkContext._jsc.hadoopConfiguration().set('fs.x.{k}', {q})",
    "pandas": "pd.read_sql(q, con, params={{'{n}': {q}}})",
    "polars": "pl.scan_parquet(p, storage_options={{'{n}': {q}}})",
    "attrs": "@define\nclass C:\n    {n}: str = field(default={q})",
    "Pydantic": "class C(BaseModel):\n    {n}: SecretStr = SecretStr({q})",
    "argparse list": "args = p.parse_args(['--{k}', {q}])",
    "fire": "main(**{{'{n}': {q}}})",
    "exec env": "os.execvpe('x', ['x'], {{'{U}': {q}}})",
    "putenv": "os.putenv('{U}', {q})",
    "string build": "s = 'Server=h;' + '{n}=' + {q} + ';'",
    "join pair": "s = '='.join(['{n}', {q}])",
    "percent dict": "s = 'a=%(a)s {n}={v}' % d",
    "raw triple": "s = r'''\n{n} = {v}\n'''",
    "f triple": "s = f'''\nhost: {{h}}\n{n}: {v}\n'''",
    "JSON lines": 's = \'{{"a": 1}}\\n{{"{n}": "{v}"}}\'',
    "JSON bytes": 's = b\'{{"{n}":"{v}"}}\'',
    "JS object": "s = '''var c = {{ {c}: '{v}' }};'''",
    "TOML table": "s = '''\n[x.y]\n{n} = '{v}'\n'''",
    "k8s env": "s = '''\nenv:\n  - name: {U}\n    value: {v}\n'''",
    "compose": "s = '''\nenvironment:\n  - {U}={v}\n'''",
    "properties colon": "s = '''\n{n}: {v}\n'''",
    "URL parameter": "s = 'https://h/p?a=1&{n}={v}&b=2'",
    "URL fragment": "s = 'https://h/cb#{n}={v}&state=x'",
    "comment arrow": "# {n} -> {v}",
    "trailing comment": "x = 1  # {n}: {v}",
    "block comment": "# cfg = {{\n#   '{n}': '{v}',\n# }}",
    "string statement": "'''\n{n} = '{v}'\n'''",
    "%%bash inline": "%%bash\n{U}={v} ./run.sh --x",
    "%%bash set": '%%bash\n: ${{{U}:="{v}"}}\nrun',
    "%%bash declare": "%%bash\ndeclare -x {U}='{v}'",
    "%%script": "%%script bash\nexport {U}={v}",
    "%%cmd": "%%cmd\nset {U}={v}",
    "PowerShell": '%%powershell\n$env:{U} = "{v}"',
    "! java": "!java -D{n}={v} -jar x.jar",
    "! conf": '!spark-submit --conf "spark.hadoop.x.{n}={v}" a.py',
    "! option =": "!tool --{k}={v}",
    "! build-arg": "!docker build --build-arg {U}={v} .",
    "! -e quoted": '!docker run -e "{U}={v}" img',
    "! python -c": "!python -c \"{n}='{v}'; print(1)\"",
    "captured": "out = !{U}={v} env",
    "system": "get_ipython().system('export {U}={v}')",
    "run_line_magic": "get_ipython().run_line_magic('env', '{U}={v}')",
    "%%local": "%%local\ncfg = dict({n}={q})",
    "%%sparkSQL": "%%sql -o df\nSELECT * FROM jdbc(url => 'x', {n} => '{v}')",
    "SQL map": "%%sql\nCREATE CATALOG c WITH ('type'='jdbc', '{n}'='{v}')",
    "Scala triple": '%%scala\nval s = """{n}={v}"""',
    "Scala case": '%%scala\ncase class C({c}: String = "{v}")',
    "Scala conf": '%%scala\nspark.conf.set("spark.x.{n}", "{v}")',
    "Java": '%%java\nString {c} = "{v}";',
    "R list": '%%R\nx <- list({n} = "{v}")',
    "C#": '%%csharp\nvar {c} = "{v}";',
    "%%configure args": '%%configure -f\n{{"args": ["--{k}", "{v}"]}}',
    "%%configure env": '%%configure -f\n{{"conf": {{"spark.executorEnv.{U}": "{v}", "spark.yarn.appMasterEnv.{U}": "{v}"}}}}',
    "CRLF YAML": "s = '''\r\n{n}: \"{v}\"\r\n'''",
    "tab": "if x:\n\t{n}\t=\t{q}",
    "non-ASCII around": "straße = 'ä'; {n} = {q}  # ✓",
}
CONNECTIONS = {
    "clickhouse": "c = 'clickhouse+native://default:{v}@ch:9000/x'",
    "teradata": "e = create_engine('teradatasql://dbc:{v}@td')",
    "db2": "c = 'ibm_db_sa://u:{v}@h:50000/x'",
    "nats": "nc = await nats.connect('nats://u:{v}@h:4222')",
    "ldap": "l = 'ldaps://cn=admin:{v}@ldap.example.net'",
    "smb": "p = 'smb://dom;u:{v}@h/share/x'",
    "proxies": "r = requests.get(u, proxies={{'https': 'http://u:{v}@proxy.example.net:8080'}})",
    "celery": "app = Celery(broker='pyamqp://u:{v}@h//')",
    "URL in YAML": "y = '''\nurl: postgres://u:{v}@h:5432/x\n'''",
    "URL in JSON": 'j = \'{{"dsn": "mysql://u:{v}@h/x"}}\'',
    "URL in .env": "%%writefile .env\nDATABASE_URL=postgres://u:{v}@h/x",
    "URL in bash": "%%bash\npsql postgres://u:{v}@h/x -c '\\dt'",
    "pip config": "!pip config set global.index-url https://u:{v}@nexus.example.net/simple",
    "npm": "!npm config set //registry.example.net/:_authToken={t}",
    "twine": "!twine upload -u __token__ -p {t} dist/*",
    "git extraheader": "!git -c http.extraHeader='Authorization: Basic {b}' fetch",
    "gh": "!GH_TOKEN={t} gh pr list",
    "helm": "!helm repo add x https://h --username u --password {v}",
    "kubectl": "!kubectl create secret docker-registry r --docker-password={v}",
    "ansible": "!ansible-playbook x.yml -e 'db_password={v}'",
    "terraform": "!terraform apply -var db_password={v}",
    "keytool": "!keytool -list -keystore x.jks -storepass {v}",
    "scp": "!sshpass -p {v} scp a u@h:/b",
    "lftp": "!lftp -u u,{v} sftp://h",
    "mysqldump": "!mysqldump -uroot -p{v} db > a.sql",
    "SQL Server": "c = 'mssql+pyodbc:///?odbc_connect=Driver=x;Uid=u;Pwd={v};'",
    "quoted DSN": "c = quote_plus('DRIVER=x;SERVER=h;UID=u;PWD={v}')",
    "dbutils mount": "dbutils.fs.mount(source='wasbs://c@x', mount_point='/mnt/x', extra_configs={{'fs.azure.account.key.x.blob.core.windows.net': '{k}'}})",
    "mount OAuth": "cfg = {{'fs.azure.account.auth.type': 'OAuth', 'fs.azure.account.oauth2.client.secret': '{t}'}}",
    "SAS fixed": "spark.conf.set('fs.azure.sas.fixed.token.x.dfs.core.windows.net', 'sv=2022-11-02&ss=bf&sig={s}')",
    "BlobService": "b = BlobServiceClient(account_url=u, credential='{k}')",
    "conn string keyword": "b = BlobServiceClient.from_connection_string('DefaultEndpointsProtocol=https;AccountName=x;AccountKey={k}')",
    "Service Bus": "!az servicebus send --connection-string 'Endpoint=sb://x/;SharedAccessKeyName=r;SharedAccessKey={k}'",
    "s3fs": "fs = s3fs.S3FileSystem(key='{i}', secret='{w}')",
    "minio": "c = Minio('h:9000', access_key='x', secret_key='{w}', secure=False)",
    "duckdb": "con.sql(\"CREATE SECRET (TYPE s3, KEY_ID '{i}', SECRET '{w}')\")",
    "glue": "c = glue.create_connection(ConnectionInput={{'ConnectionProperties': {{'USERNAME': 'u', 'PASSWORD': '{v}'}}}})",
    "bearer in JSON": 'j = \'{{"headers": {{"Authorization": "Bearer {t}"}}}}\'',
    "bearer raw": "req = 'GET / HTTP/1.1\\r\\nAuthorization: Bearer {t}\\r\\n\\r\\n'",
    "bearer concatenated": "h = {{'Authorization': 'Bearer ' + '{t}'}}",
    "bearer format": "h = {{'Authorization': 'Bearer {{}}'.format('{t}')}}",
    "ApiKey scheme": "h = {{'Authorization': 'ApiKey {t}'}}",
    "basic in aiohttp": "a = aiohttp.BasicAuth('u', '{v}')",
    "basic b64encode": "h = {{'Authorization': b'Basic ' + base64.b64encode(b'u:{v}')}}",
    "proxy header": "h = {{'Proxy-Authorization': 'Basic {b}'}}",
    "X-API-KEY": "h = {{'X-API-KEY': '{h}'}}",
    "api-key": "h = {{'api-key': '{h}', 'x': 'y'}}",
    "apikey header curl": "!curl -H 'apikey: {t}' https://h",
    "xtoken": '!curl -X POST -H "X-Token: {t}" https://h',
    "cookie header": "!curl --cookie 'access_token={t}' https://h",
    "query sig": "u = 'https://prod-1.westeurope.logic.azure.com/workflows/x/triggers/manual/paths/invoke?api-version=1&sig={m}{m}'",
    "query code": "u = 'https://x.azurewebsites.net/api/f?access_key={t}'",
    "snowflake connector": "c = snowflake.connector.connect('x', user='u', password='{v}')",
    "oracledb": "c = oracledb.connect(user='u', password='{v}', dsn='h/x')",
    "pymssql": "c = pymssql.connect(server='h', user='u', password='{v}', database='d')",
    "redis": "r = redis.Redis(host='h', password='{v}')",
    "kafka-python": "p = KafkaProducer(sasl_plain_username='u', sasl_plain_password='{v}')",
    "confluent": "s = SchemaRegistryClient({{'url': 'x', 'basic.auth.user.info': 'ABCDEFGH:{t}'}})",
    "elastic": "es = Elasticsearch('https://h', basic_auth=('elastic', '{v}'))",
    "elastic api": "es = Elasticsearch('https://h', api_key='{k}')",
    "spark jaas": '%%configure -f\n{{"conf": {{"spark.x.sasl.jaas.config": "x.PlainLoginModule required username=\\"u\\" password=\\"{v}\\";"}}}}',
    "ssl": "spark.conf.set('spark.ssl.historyServer.keyPassword', '{v}')",
    "hive metastore": "spark.conf.set('hive.metastore.client.plain.password', '{v}')",
    "%%spark -c": "%spark add -s x -l python -u https://h -a u -t Basic_Access -p '{v}'",
    "%manage": "%%send_to_spark -i password -t str -n p\nlivy_password = '{v}'",
    "%sql jdbc": "%sql --connection_string mssql+pymssql://sa:{v}@h/x",
    "ipython-sql env": "%env DATABASE_URL=postgresql://u:{v}@h/x",
}


def held_out() -> Iterator[Plant]:
    """Yield what was kept back, under seeds of its own."""
    return planted_anew(range(900, 902), PLACES, NAMED, CONNECTIONS)


HARMLESS = (
    "{n} = load_secret('{w}')", "{n} = Secret.from_name('{w}-{k}')", "{n}=await vault.get('{w}')", "{n} = cfg[{w!r}]['{n}']", "{n} = ctx.obj['{n}']", "connect({n}=next(rows))",
    "{n}: str", "{n}: str | None = None", "def set_{n}(self, value): self._v = value", "class Bad{c}(Exception): ...", "from app.{n} import check", "import {n}_store", "@requires('{n}')\ndef f(): ...",
    "df.select(col('{n}').alias('x'))", "df = df.withColumn('{n}', regexp_replace('{n}', '.', '*'))", "df.agg(countDistinct('{n}'))", "df.na.fill('', subset=['{n}'])", "df.dropDuplicates(['{n}'])", "df.createOrReplaceTempView('{n}_{w}')",
    "%%sql\nDESCRIBE {w}_{n}", "%%sql\nSELECT md5({n}) FROM {w}", "%%sql\nALTER TABLE {w} DROP COLUMN {n}", "%%sql\nSELECT '{w}' AS {n}_kind", "print('please set {U} first')", "print('Enter {n}:')", "log.warning('{n} expired, refreshing')",
    "assert '{n}' not in out", "if {n} == '': raise ValueError", "if {n} != other: pass", "st.text_input('{n}', type='password')", "help('{n}')", "'{n}'.upper()", "x = '{n}=' + {n}", "x = f'{n}={{{n}}}'", "x = '{n}=%s' % {n}", "x = '{n}={{}}'.format({n})",
    "url = f'https://h/{w}?{n}={{{n}}}'", "s = 'user=u {n}=' + read()", "%%bash\ntest -n \"${U}\"", "%%bash\necho ${{{U}}}", "!export {U}", "!unset {U}", "!tool --{k} \"${U}\"", "!tool --{k}=@file.txt", "!tool --{k}-stdin < f", "!tool --no-{k}", "!tool --help | grep {k}",
    "%%configure -f\n{{\"conf\": {{\"spark.x.{n}.file\": \"/etc/{w}\"}}}}", "%%configure -f\n{{\"conf\": {{\"spark.x.{n}.enabled\": \"true\"}}}}", "%%configure -f\n{{\"conf\": {{\"spark.x.{n}.provider\": \"com.example.Provider\"}}}}", "spark.conf.unset('spark.x.{n}')", "spark.conf.get('spark.x.{n}')",
    "'''\n{n}: the {w}'s secret, a str\n'''", "# {n} must not be empty", "# see {n} in the docs of {w}", "# NOTE: {n} is rotated by the platform", "{n}_rows = 17", "{n}_version = 'v2'", "{n}_scope = 'read:{w}'", "{n}_ttl = '15m'", "{n}_algorithm = 'HS256'", "{n}_hint = 'first pet'",
    "{n}_created_at = '2026-01-01'", "{n}_policy = 'strong'", "{n}_regex = '^[a-z]+$'", "{n}_label = 'Your {w}'", "n_{n}s = 3", "is_{n} = True", "{n}_count = 4", "max_{n}_age = '90d'", "{n} = ...", "{n} = f.{n}", "{n} = -1", "{n} = b''", "{n} = ()", "{n} = ''.join(parts)", "{n} = \"\"\"\"\"\"",
    "{n} = '<{w}>'", "{n} = '<your {w} {k}>'", "{n} = 'YOUR_{W}_{U}'", "{n} = '{{{{ {w}.{n} }}}}'", "{n} = '${{{{ secrets.{U} }}}}'", "{n} = '$({U})'", "{n} = 'xxxxxxxx'", "{n} = '********'", "{n} = '...'", "{n} = '[{w}]'", "{n} = 'your-{w}-{k}'", "{n} = 'TODO: {w}'", "{n} = 'see vault'",
    "{n} = 'replace-with-{w}'", "{n} = 'insert {w} here'", "{n} = 'example_{w}'", "<xml><{n}></{n}></xml>", "x = '<label for=\"{n}\">{w}</label>'", "x = '<{n}>{{}}</{n}>'", "x = '<th>{n}</th><td>{w}</td>'", "x = '<input name=\"{n}\" value=\"\">'", "x = '{n} is required'", "x = 'the {n} was rejected by {w}'",
    "x = 'your {n} is wrong'", "x = 'if {n} is empty, ask {w}'", "token = '{w}'", "tokens.append('{w}')", "word_token = '{w}ing'", "key = ('{w}', '{x}')", "order_by_key = '{w}_{x}'", "dict_key='{W}{X}'", "sort_key=['{w}', '{x}']", "s.set_index('{w}_key')", "KEY = '{w}'", "key_name = '{w}.{x}'", "passes = 3",
    "n_passes = '3'", "pass_rate = '97.5%'", "second_pass = 'refine'", "pass_through = '{w}'", "passenger_count = '2'", "pwdist = '3.1'", "sha = '{sha1}'", "digest='{sha256}'", "build = '{md5}'", "ref = '{sha1}'", "dataset = '{uuid}'", "!git reset --hard {sha1}", "workspace = 'abfss://{uuid}@onelake.dfs.fabric.microsoft.com/{w}'",
    "u = 'https://api.example.net/v1/{w}/{uuid}'", "u = 'https://{w}.s3.amazonaws.com/{sha1}.csv'", "p = 'wasbs://{w}@{x}lake.blob.core.windows.net/{md5}'", "p = 's3://{w}/{uuid}/{x}'", "p = 'gs://{w}-{number}/{x}'", "p = 'dbfs:/{w}/{sha1}'", "model = 'sentence-transformers/all-MiniLM-L6-v2'", "model='gpt-4o-mini-2024-07-18'",
    "cron = '0 5 * * *'", "serial = 'SN-{number}-A7'", "lat, lon = '52.5200', '13.4050'", "plate = 'B-XY 1234'", "isbn = '978-3-16-148410-0'", "color = '#A1B2C3'", "mime = 'application/vnd.apache.parquet'", "tz = 'America/Argentina/Buenos_Aires'", "cls = 'org.apache.spark.sql.delta.catalog.DeltaCatalog'",
    "pkg = 'io.delta:delta-spark_2.12:3.2.0'", "jar = 'hadoop-azure-3.3.4.jar'", "expr = '(?<![a-z])key(?![a-z])'", "fmt = '%Y-%m-%dT%H:%M:%S.%fZ'", "b64 = 'SGVsbG8sIFdvcmxkIQ=='", "geo = 'u33dc1v0xupz'", "h3 = '8928308280fffff'", "!mongosh --port 27017 {w}", "!redis-cli -h {w} -n 2", "!zip -r {w}.zip {x}", "!unzip -o {w}.zip",
)  # fmt: skip
HARMLESS_NAMES = (
    "password",
    "db_password",
    "api_key",
    "auth_token",
    "client_secret",
    "access_key",
    "sasToken",
    "jwt_secret",
)


def harmless() -> Iterator[str]:
    """Yield harmless lines that were kept back."""
    rng = random.Random("kept back")
    words = ("orders", "ratings", "parcel", "tariff", "meter", "branch")
    for code in HARMLESS:
        for name in rng.sample(HARMLESS_NAMES, 3 if "{n}" in code else 2):
            word, other = rng.sample(words, 2)
            spaced = name.replace("T", "_T").lower()
            yield code.format(
                n=name, U=spaced.upper(), k=spaced.replace("_", "-"), c=name.title().replace("_", ""), w=word, x=other, W=word.upper(), X=other.upper(),
                sha1=some(rng, HEX, 40), sha256=some(rng, HEX, 64), md5=some(rng, HEX, 32), number=rng.randrange(10**7, 10**8),
                uuid="-".join(some(rng, HEX, size) for size in (8, 4, 4, 4, 12)),
            )  # fmt: skip
