"""More secrets to plant, written after the finder was finished and without a look at what it knows.

Other services, other spellings of names, other places than `planted` has: what a finder that was made for that list may
have missed.  `Plant` and the makers of random text are shared, nothing else is.
"""
# ruff: noqa: E501

from __future__ import annotations

import base64
import json
import random
import string
from collections.abc import Callable, Iterator

from tests.security.planted import ALNUM, DIGITS, HEX, LETTERS, UPPER, URLSAFE, Make, Plant, mixed, some, std64, web64

SMALL = string.ascii_lowercase


# --- what people and machines think of as passwords


def phrase(rng: random.Random) -> str:
    """Four words and a number, as diceware makes them."""
    words = (
        "correct",
        "horse",
        "battery",
        "staple",
        "cloud",
        "purple",
        "anchor",
        "velvet",
        "garden",
        "tundra",
        "pixel",
    )
    return "-".join(rng.sample(words, 4)) + some(rng, DIGITS, 2)


def keyboard(rng: random.Random) -> str:
    return (
        rng.choice(["qwe", "asd", "zxc", "1qaz", "!QAZ"])
        + rng.choice(["RTY", "fgh", "2wsx", "@WSX", "vbn"])
        + some(rng, DIGITS, 3)
    )


def company(rng: random.Random) -> str:
    """A name, a year, a sign: what policies of passwords bring forth."""
    name = rng.choice(
        ["Acme", "Contoso", "Sommer", "Welcome", "Frankfurt", "Liverpool", "Ferrari", "Chocolat", "DataTeam"]
    )
    return (
        name
        + rng.choice(["", "_", ".", "@"])
        + str(rng.randrange(2015, 2027))
        + rng.choice(["!", "?", "#", "$", "*", "!!"])
    )


def exclaimed(rng: random.Random) -> str:
    """A word and a sign."""
    return rng.choice(
        ["letmein", "opensesame", "sunshine", "trustno1", "iloveyou", "dragonfly", "swordfish"]
    ) + rng.choice(["!", "!!", "1!", "#1", "$"])


def leet(rng: random.Random) -> str:
    word = rng.choice(["password", "secretary", "administrator", "elephant", "mississippi", "telephone"])
    return "".join(
        {"a": "@", "e": "3", "i": "1", "o": "0", "s": "$"}.get(one, one) if rng.random() < 0.9 else one.upper()
        for one in word
    )


def generated(rng: random.Random) -> str:
    """What a keychain makes: groups joined with dashes."""
    return "-".join(mixed(rng, ALNUM, 6) for _ in range(3))


def signs(rng: random.Random) -> str:
    """All that a keyboard has, but quotes, blanks, and what separates the parts of an address, a shell line or a template."""
    return mixed(rng, ALNUM, 9) + "".join(rng.sample("!^*+=_~.-", 3)) + mixed(rng, ALNUM, 4)


def digits(rng: random.Random) -> str:
    return rng.choice("123456789") + some(rng, DIGITS, rng.randrange(7, 12))


#: Class → makers of its values and names that people give it.
NAMED: dict[str, tuple[tuple[Make, ...], tuple[str, ...]]] = {
    "password, by people": ((phrase, keyboard, company, leet), (
        "PASSWORD", "user_password", "keystorePassword", "DbPass", "db_pass", "SNOWFLAKE_PWD", "login_passwd", "MyPassword",
        "password_prod", "hive_metastore_password", "sudo_password", "passWord", "rds_master_password", "adminpwd", "ldapPassword",
    )),
    "password, a word and a sign": ((exclaimed,), ("PASS", "password", "pw", "user_pw", "Pwd", "passwd", "DB_PASS", "pass_")),
    "password, made": ((generated, signs), (
        "pw", "PASS", "teradata_password", "keyPassword", "vertica_pwd", "ftpPass", "sa_password", "secret_password", "bind_password",
        "es_password", "MSSQL_SA_PASSWORD", "clickhouse_password", "passphrase", "key_passphrase",
    )),
    "password, digits": ((digits,), ("password", "db_password", "mysqlPassword")),
    "AWS secret": ((lambda r: mixed(r, ALNUM + "/+", 40),), (
        "AWS_SECRET_KEY", "aws_secret", "secretKey", "minio_secret_key", "awsSecretKey", "s3_secret", "SECRET_ACCESS_KEY",
    )),
    "hexadecimal key": ((lambda r: some(r, HEX, 32), lambda r: some(r, HEX, 64)), (
        "DD_API_KEY", "twilio_auth_token", "apikey", "openai_apikey", "ALPHAVANTAGE_API_KEY", "shared_secret", "fred_api_key",
        "weather_apikey", "SECRET_KEY", "django_secret_key", "nasa_api_key",
    )),
    "service token": ((
        lambda r: "shpat_" + some(r, HEX, 32), lambda r: "lin_api_" + mixed(r, ALNUM, 40), lambda r: "glsa_" + mixed(r, ALNUM, 32) + "_" + some(r, HEX, 8),
        lambda r: "NRAK-" + some(r, UPPER + DIGITS, 27), lambda r: "ntn_" + mixed(r, ALNUM, 46), lambda r: "gsk_" + mixed(r, ALNUM, 52),
        lambda r: "r8_" + mixed(r, ALNUM, 37), lambda r: "pplx-" + mixed(r, ALNUM, 48), lambda r: f"dp.pt.{mixed(r, ALNUM, 43)}",
        lambda r: f"{some(r, DIGITS, 10)}:AA{mixed(r, URLSAFE, 33)}", lambda r: f"{mixed(r, ALNUM, 14)}.atlasv1.{mixed(r, URLSAFE, 60)}",
        lambda r: "LTAI5t" + mixed(r, ALNUM, 18), lambda r: f"pat{mixed(r, ALNUM, 14)}.{some(r, HEX, 64)}", lambda r: "EAAC" + mixed(r, ALNUM, 120),
        lambda r: "PMAK-" + some(r, HEX, 24) + "-" + some(r, HEX, 34), lambda r: "sq0atp-" + mixed(r, URLSAFE, 22), lambda r: some(r, SMALL + "234567", 52),
        lambda r: "ATCTT3xFfG" + mixed(r, URLSAFE, 60), lambda r: "CFPAT-" + mixed(r, URLSAFE, 43), lambda r: "00" + mixed(r, URLSAFE, 40),
    ), (
        "API_TOKEN", "apiToken", "access_token", "grafana_token", "TELEGRAM_BOT_TOKEN", "accessTokenSecret", "pat_token", "token",
        "bearerToken", "refresh_token", "azure_devops_pat", "wandb_api_key", "GROQ_API_KEY", "notion_token", "influx_token", "client_secret",
        "slack_signing_secret", "CONSUMER_SECRET", "oauth_token", "consumerKey", "motherduck_token",
    )),
    "key in base64": ((lambda r: std64(r, 32), lambda r: std64(r, 64), lambda r: web64(r, 48)), (
        "cosmos_key", "storage_key", "sharedAccessKey", "event_hub_key", "primary_access_key", "AZURE_STORAGE_ACCESS_KEY", "blob_account_key",
        "confluent_api_secret", "signing_key", "encryptionKey", "master_key", "hmac_key", "sas_key", "accountKey",
    )),
    "UUID": ((lambda r: "-".join(some(r, HEX, size) for size in (8, 4, 4, 4, 12)),), ("heroku_api_key", "access_key", "apiKey", "secret_key", "api_secret")),
}  # fmt: skip

#: Where a value stands at its name: `n` as it is, `U` for the environment, `k` with dashes, `c` in camel case.
PLACES = {
    # calls and chains
    "dict() call": "db = dict(host='x', **dict({n}={q}))",
    "keyword, last": "cur = dbapi.connect('h', 5439, user='u', {n}={q})",
    "keyword of a keyword": "run(cfg=Config(db=Db({n}={q})))",
    "partial": "connect = functools.partial(connect, {n}={q})",
    "chained option": 'df = (spark.read\n  .format(\'jdbc\')\n  .option("url", url)\n  .option("{n}", "{v}")\n  .load())',
    "chained option on one line": "df.write.mode('append').option('{c}', '{v}').option('x', 1).save()",
    "options of a dict() call": "df = spark.read.options(**dict(user='u', {n}={q})).load()",
    "config(map=)": "spark = SparkSession.builder.config(map={{'spark.x.{n}': {q}}}).getOrCreate()",
    "properties": "df = spark.read.jdbc(url, 't', properties={{'user': 'u', '{n}': {q}}})",
    "set chain": "conf = SparkConf().setMaster('x').set('spark.hadoop.{k}', {q}).set('a', 'b')",
    "setdefault": "os.environ.setdefault('{U}', {q})",
    "environ.update": "os.environ.update({U}={q}, A='1')",
    "environ |=": "os.environ |= {{'{U}': {q}}}",
    "monkeypatch": "monkeypatch.setenv('{U}', {q})",
    "env= of a process": "subprocess.run(['x'], env={{**os.environ, '{U}': {q}}})",
    "Field": "class S(BaseSettings):\n    {n}: str = Field(default={q}, repr=False)",
    "TypedDict": "x = Creds({{'{n}': {q}}})",
    "namedtuple": "x = Creds(user='u', {n}={q})._asdict()",
    "SimpleNamespace": "a = SimpleNamespace(user='u', {n}={q})",
    "nested subscripts": "cfg['db']['prod']['{n}'] = {q}",
    "attribute chain": "app.config.db.{n} = {q}",
    "loc": "df.loc[0, '{n}'] = {q}",
    "header update": "s.headers.update({{'X-{k}': {q}}})",
    "params": "r = requests.post(u, data={{'grant_type': 'x', '{n}': {q}}})",
    "json=": "r = httpx.post(u, json={{'{c}': {q}}})",
    "typer": "def main({n}: str = typer.Option({q}, help='x')): ...",
    "assert": "assert {n} != {q}",
    "ternary in a call": "f({n}=None if local else {q})",
    "or in a call": "f({n}=os.getenv('{U}') or {q})",
    "getenv in a call": "f(x, {n}=os.environ.get('{U}', {q}))",
    "comprehension": "xs = [connect(h, {n}={q}) for h in hosts]",
    "return of a dict": "def cfg():\n    return {{'u': 1, '{n}': {q}}}",
    "yield": "def cfg():\n    yield dict({n}={q})",
    "with": "with connect(host='x', {n}={q}) as c, open('x') as f:\n    pass",
    "async": "async def f():\n    async with aio.connect({n}={q}) as c:\n        await c.ping()",
    "match": "match mode:\n    case 'prod':\n        {n} = {q}\n    case _:\n        {n} = None",
    "global": "def f():\n    global {n}\n    {n} = {q}",
    "class attribute": "class Config:\n    HOST = 'x'\n    {U} = {q}",
    "comment of a test": "x = 1\n# old: {n} = {q}\ny = 2",
    "commented out": "# df = spark.read.option('{n}', '{v}').load()",
    "commented keyword": "c = connect(host='h')  # was connect({n}='{v}')",
    # texts in texts
    "f-string, text": "dsn = f'host={{host}} user={{user}} {n}={v} sslmode=require'",
    "f-string, nested": "cmd = f\"run --{k} {{'{v}'}} --x\"",
    "f-string, JSON": 'body = f\'{{{{"{n}": "{v}", "n": {{n}}}}}}\'',
    "JSON in a string": 'payload = \'{{"{n}": "{v}"}}\'',
    "JSON in JSON": 'payload = \'{{"a": "{{\\\\"{n}\\\\": \\\\"{v}\\\\"}}"}}\'',
    "JSON, triple": 'cfg = json.loads("""{{\n  "a": [1, 2],\n  "{n}" : "{v}"\n}}""")',
    "YAML, triple": "cfg = '''\n- name: x\n  auth:\n    {n}: \"{v}\"\n'''",
    "YAML, bare": "cfg = '''\nservices:\n  db:\n    {k}: {v}\n    port: 5432\n'''",
    "dotenv": "env = '''\n# prod\nHOST=h\n{U}={v}\nPORT=1\n'''",
    "XML": "x = '''<conf><{n}>{v}</{n}></conf>'''",
    "Hadoop XML": "x = '''\n<property>\n  <name>fs.x.{n}</name>\n  <value>{v}</value>\n</property>\n'''",
    "HCL": 'tf = """\nprovider "x" {{\n  {n} = "{v}"\n}}\n"""',
    "INI with colon": "ini = '''\n[db]\n{n} : {v}\n'''",
    "percent": "q = 'user=%s;{n}={v};db=%s' % (u, d)",
    "format": "q = 'user={{}};{n}={v};db={{}}'.format(u, d)",
    "joined": "q = ';'.join(['user=u', '{n}={v}', 'db=x'])",
    "template": "t = Template('user=$u {n}={v}')",
    "print": "print('{n} is: {v}')",
    "log": "log.info('connecting with {n}={v}')",
    "docstring": '"""Example:\n\n    >>> connect({n}={q})\n"""',
    # cells of other languages, magics
    "%%sql OPTIONS": '%%sql\nCREATE TEMPORARY VIEW v\nUSING org.apache.spark.sql.jdbc\nOPTIONS (\n  url "jdbc:x",\n  {n} "{v}"\n)',
    "%%sql TBLPROPERTIES": "%%sql\nALTER TABLE t SET TBLPROPERTIES ('{n}'='{v}')",
    "%%sql SET": "%%sql\nSET spark.hadoop.{k}={v};\nSELECT 1",
    "%%sql secret": "%%sql\nCREATE SECRET s (TYPE S3, {n} '{v}')",
    "%%sql comment": "%%sql\n-- {n} = '{v}'\nSELECT 1",
    "spark.sql": 'spark.sql("SET spark.hadoop.{k}={v}")',
    "spark.sql, view": "spark.sql('''CREATE VIEW v USING jdbc OPTIONS (url 'x', {n} '{v}')''')",
    "%%configure": '%%configure -f\n{{\n  "driverMemory": "2G",\n  "conf": {{\n    "spark.hadoop.x.{k}": "{v}"\n  }}\n}}',
    "%%configure, one line": '%%configure -f {{"conf": {{"spark.x.{n}": "{v}"}}}}',
    "%%configure, JSON within": '%%configure\n{{"conf": {{"spark.x": "{{\\"{n}\\": \\"{v}\\"}}"}}}}',
    "%env": "%env {U} {v}",
    "%env =": "%env {U} = {v}",
    "%%bash export": '%%bash\nset -euo pipefail\nexport {U}="{v}"\npython x.py',
    "%%bash here": "%%bash\npython - <<PY\n{n} = '{v}'\nPY",
    "%%sh option": "%%sh\nspark-submit --conf spark.x.{n}={v} a.py",
    "! with env": "!env {U}={v} dbt run",
    "! --set": "!helm install x y --set auth.{n}={v}",
    "! --from-literal": "!kubectl create secret generic s --from-literal={k}={v}",
    "! quoted option": '!tool run --{k}="{v}" --x 1',
    "! single quotes": "!tool --{k} '{v}'",
    "!! echo": "!!echo '{U}={v}' >> .env",
    "%%writefile .env": "%%writefile .env\nHOST=h\n{U}={v}",
    "%%writefile JSON": '%%writefile conf.json\n{{"db": {{"{n}": "{v}"}}}}',
    "%%writefile YAML": "%%writefile profiles.yml\nx:\n  outputs:\n    dev:\n      {n}: {v}",
    "%%writefile Dockerfile": "%%writefile Dockerfile\nFROM x\nENV {U}={v}\nENV {U} {v}",
    "%run": "%run ./job --{k} {v}",
    "%%cython": "%%cython\n{n} = '{v}'",
    "Scala val": '%%scala\nval {c}: String = "{v}"',
    "Scala put": '%%scala\nprops.setProperty("{n}", "{v}")',
    "Scala map": '%%scala\nval o = Map("url" -> u, "{n}" -> "{v}")',
    "Scala argument": '%%scala\nconnect(user = "u", {c} = "{v}")',
    "R setenv": '%%sparkr\nSys.setenv({U} = "{v}")',
    "R argument": '%%sparkr\ndf <- read.jdbc(url, "t", {n} = "{v}")',
    "JavaScript": '%%javascript\nconst {c} = "{v}";',
    "HTML input": '%%html\n<input type="hidden" name="{n}" value="{v}">',
    "%%spark cell": "%%spark -s x\nopts = {{\n    'a': 1,\n    '{n}': '{v}',\n}}",
    "below prompts": ">>> {n} = {q}\n>>> connect()",
    "broken below": "{n} = {q}\nfor x in\n",
    "Python 2 print": "print {n}\n{n} = {q}",
}

#: Addresses, headers and commands: `v` a password, `t` a token, `k` a key in base64, `b` a pair in base64.
CONNECTIONS = {
    "redshift": "url = 'redshift+psycopg2://etl:{v}@cl.abc.eu-west-1.redshift.amazonaws.com:5439/dev'",
    "snowflake URL": "engine = create_engine('snowflake://ETL:{v}@xy12345.eu-central-1/DB/PUBLIC?warehouse=WH')",
    "oracle": "engine = create_engine(\"oracle+oracledb://scott:{v}@ora:1521/?service_name=X\")",
    "trino": "conn = 'trino://u:{v}@trino.example.com:443/hive'",
    "elasticsearch": "es = Elasticsearch(['https://elastic:{v}@es01:9200'])",
    "ftp": "df = pd.read_csv('ftp://u:{v}@ftp.example.com/a.csv')",
    "sftp": "p = 'sftp://u:{v}@10.0.0.5:22/in/x.csv'",
    "hive2": "u = 'jdbc:hive2://h:10000/default;user=u;password={v}'",
    "oracle thin": "u = 'jdbc:oracle:thin:u/{v}@//ora:1521/x'",
    "mysql JDBC": 'u = "jdbc:mysql://h/x?useSSL=false&user=u&password={v}"',
    "URL in a comment": "# see https://u:{v}@jenkins.example.com/job/x",
    "URL in %%sql": "%%sql\nCREATE TABLE t USING jdbc OPTIONS (url 'jdbc:postgresql://u:{v}@h/x')",
    "URL in %%configure": '%%configure -f\n{{"conf": {{"spark.jars.repositories": "https://u:{v}@repo.example.com/maven"}}}}',
    "URL in a dict() call": "c = dict(broker='amqp://u:{v}@mq//')",
    "URL in Scala": '%%scala\nval u = "mongodb://u:{v}@m1,m2/x?replicaSet=r"',
    "URL in a shell line": "!wget https://u:{v}@files.example.com/a.zip",
    "URL with an e-mail": "u = 'https://etl%40example.com:{v}@dav.example.com/x'",
    "pip": "!pip install --extra-index-url=https://tok:{t}@pkgs.dev.azure.com/o/_packaging/f/pypi/simple/ x",
    "git token as user": "!git clone https://{t}:x-oauth-basic@github.com/o/r.git",
    "ODBC braces": "c = pyodbc.connect('Driver={{{{SQL Server}}}};Server=h;Uid=u;Pwd={{{{{v}}}}};')",
    "ADO spaces": "c = 'Data Source = h; User ID = u; Password = {v}; Encrypt = True'",
    "Cosmos": "c = 'AccountEndpoint=https://x.documents.azure.com:443/;AccountKey={k};'",
    "Event Hubs": 'c = "Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=s;SharedAccessKey={k};EntityPath=e"',
    "IoT": "c = 'HostName=x.azure-devices.net;DeviceId=d;SharedAccessKey={k}'",
    "App Insights SAS": "u = 'wasbs://c@x.blob.core.windows.net/?sv=2022-11-02&ss=b&srt=sco&sp=rl&se=2030-01-01T00:00:00Z&st=2026&spr=https&sig={s}'",
    "wasb key": "spark.conf.set('fs.azure.account.key.lake.blob.core.windows.net', \"{k}\")",
    "OAuth secret": "spark.conf.set('fs.azure.account.oauth2.client.secret.lake.dfs.core.windows.net', '{t}')",
    "adl credential": "spark.conf.set('fs.adl.oauth2.credential', '{t}')",
    "s3a": "hc = sc._jsc.hadoopConfiguration(); hc.set('fs.s3a.access.key', 'x'); hc.set('fs.s3a.secret.key', '{w}')",
    "s3a per bucket": "spark.conf.set('fs.s3a.bucket.raw.secret.key', '{w}')",
    "gs": "spark.conf.set('fs.gs.auth.service.account.private.key', '{k}')",
    "metastore": '%%configure -f\n{{"conf": {{"spark.hadoop.javax.jdo.option.ConnectionPassword": "{v}"}}}}',
    "keystore": '%%configure -f\n{{"conf": {{"spark.ssl.keyStorePassword": "{v}"}}}}',
    "authenticate": '%%configure -f\n{{"conf": {{"spark.authenticate.secret": "{t}"}}}}',
    "jaas": "o = {{'kafka.sasl.jaas.config': 'org.apache.kafka.common.security.scram.ScramLoginModule required username=\\'u\\' password=\\'{v}\\';'}}",
    "jaas in Scala": '%%scala\n.option("kafka.sasl.jaas.config", "x.PlainLoginModule required username=\\"u\\" password=\\"{v}\\";")',
    "librdkafka": "p = Producer({{'bootstrap.servers': 'h', 'sasl.username': 'u', 'sasl.password': '{v}'}})",
    "basic, built": "h = {{'authorization': 'Basic ' + '{b}'}}",
    "basic, f-string": "h = {{'Authorization': f'Basic {b}'}}",
    "basic, multi-line": "req = '''GET /x HTTP/1.1\nHost: h\nAuthorization: Basic {b}\nAccept: */*\n'''",
    "basic, shell": "!curl -s --header 'Authorization: Basic {b}' https://h/x",
    "basic, %%bash": '%%bash\ncurl -H "Authorization: Basic {b}" \\\n  https://h/x',
    "bearer, lower": "h = {{'authorization': 'bearer {t}'}}",
    "bearer, f-string": "h['Authorization'] = f\"Bearer {t}\"",
    "bearer, keyword": "s = Session(headers=dict(Authorization='Bearer {t}'))",
    "bearer, joined": "h = {{'Authorization': ' '.join(['Bearer', '{t}'])}}",
    "bearer, tuple": "headers = [('Accept', '*/*'), ('Authorization', 'Bearer {t}')]",
    "bearer, wget": "!wget --header='Authorization: Bearer {t}' https://h/x",
    "bearer, http": "!http GET https://h/x Authorization:'Bearer {t}'",
    "bearer, Scala": '%%scala\nval r = http.header("Authorization", "Bearer {t}")',
    "x-auth-token": "r = requests.get(u, headers={{'X-Auth-Token': '{t}'}})",
    "Ocp-Apim": "r = requests.get(u, headers={{'Ocp-Apim-Subscription-Key': '{h}'}})",
    "functions key": "r = requests.get(u, headers={{'x-functions-key': '{t}'}})",
    "PRIVATE-TOKEN": "!curl --header 'PRIVATE-TOKEN: {t}' https://gitlab.example.com/api/v4/x",
    "X-Vault-Token": "!curl -H 'X-Vault-Token: {t}' https://vault:8200/v1/x",
    "cookie": "s.cookies.set('sessionid_token', '{t}')",
    "query key": "df = pd.read_json('https://api.example.com/v1?symbol=X&apikey={t}')",
    "query, first": "u = 'https://api.example.com/v1?api_key={h}&date=2026-01-01'",
    "query, camel": "u = f'https://api.example.com/v1?q={{q}}&accessToken={t}'",
    "query in a shell line": "!curl 'https://api.example.com/v1?token={t}&x=1'",
    "requests tuple": "requests.get(u, auth=('u', {q}))",
    "session.auth": "s.auth = ('u', {q})",
    "httpx BasicAuth": "c = httpx.Client(auth=httpx.BasicAuth('u', {q}))",
    "imap": "m.login('a@example.com', {q})",
    "paramiko": "ssh.connect('h', username='u', password={q})",
    "curl -u": "!curl --silent -u 'u:{v}' https://h",
    "curl -uglued": "!curl -uetl:{v} https://h/x",
    "wget": "!wget --user=u --password={v} https://h/x",
    "mysql": "!mysql --host=h --user=u --password='{v}' -e 'select 1'",
    "mysql -p": "!mysql -u u -p'{v}' x",
    "redis-cli": "!redis-cli -h h -a {v} ping",
    "mongo": "!mongosh 'mongodb://h' -u u -p {v}",
    "psql": "!psql \"host=h user=u password={v}\" -c 'select 1'",
    "sqlcmd": "!sqlcmd -S h -U sa -P '{v}' -Q 'select 1'",
    "beeline": "!beeline -u jdbc:hive2://h -n u -p {v}",
    "docker run": "!docker run -d -e POSTGRES_PASSWORD={v} postgres:16",
    "docker login": "!echo x; docker login r.example.com --username u --password {v}",
    "az": "!az login --service-principal -u 0b1c -p {t} --tenant x",
    "aws configure": "!aws configure set aws_secret_access_key {w}",
    "databricks": "!databricks configure --token {t}",
    "snowsql": "!SNOWSQL_PWD={v} snowsql -a x -u u",
    "sshpass": "!sshpass -p{v} scp a h:b",
    "openssl": "!openssl pkcs12 -in a.p12 -passin pass:{v} -nodes",
    "zip": "!unzip -P {v} a.zip",
    "%sql": "%sql mysql+pymysql://u:{v}@h:3306/x",
    "%%sql line": "%%sql postgresql://u:{v}@h/x\nselect 1",
    "%spark": "%spark add -s sess -l python -t Basic_Access -u https://cl.example.com/livy -a admin -p {v}",
    "%spark long": "%spark add --session s --language python --url https://h/livy --user u --password {v}",
    "%%spark": "%%spark config\n{{\"conf\": {{\"spark.x.password\": \"{v}\"}}}}",
    "SQL user": "spark.sql(\"CREATE USER u WITH PASSWORD '{v}'\")",
    "SQL identified": "cur.execute('ALTER USER u IDENTIFIED BY \"{v}\"')",
    "SQL login": "%%sql\nCREATE LOGIN u WITH PASSWORD = '{v}', CHECK_POLICY = OFF",
    "COPY INTO": "%%sql\nCOPY INTO t FROM 's3://x' CREDENTIALS = (AWS_KEY_ID = 'x' AWS_SECRET_KEY = '{w}')",
    "COPY redshift": "q = \"COPY t FROM 's3://x' credentials 'aws_access_key_id={i};aws_secret_access_key={w}'\"",
    "storage integration": "%%sql\nCREATE STAGE s URL='azure://x' CREDENTIALS=(AZURE_SAS_TOKEN='?sv=2022&sig={s}')",
    "boto3": "s3 = boto3.client('s3', aws_access_key_id='{i}', aws_secret_access_key='{w}')",
    "storage_options": "pd.read_parquet('s3://x', storage_options={{'key': '{i}', 'secret': '{w}'}})",
    "adlfs": "fs = AzureBlobFileSystem(account_name='x', account_key='{k}')",
    "kaggle": "!echo '{{\"username\":\"u\",\"key\":\"{h}\"}}' > kaggle.json",
    "kaggle environ": "os.environ['KAGGLE_KEY'] = '{h}'",
    "wandb": "wandb.login(key='{g}')",
    "huggingface": "login(token='hf_{f}')",
    "openai": "client = OpenAI(api_key='sk-{f}{f}')",
    "genai": "genai.configure(api_key='{t}')",
    "Azure OpenAI": "c = AzureOpenAI(azure_endpoint='x', api_key='{h}')",
    "SPN": "cred = ClientSecretCredential('t', 'c', '{t}')",
    "SPN keywords": "cred = ClientSecretCredential(tenant_id='t', client_id='c', client_secret='{t}')",
    "snowflake options": "opts = {{\n 'sfURL': 'x', 'sfUser': 'U',\n 'sfPassword': '{v}',\n 'sfDatabase': 'D'}}",
    "neo4j": "d = GraphDatabase.driver('bolt://h', auth=('neo4j', {q}))",
    "cassandra": "a = PlainTextAuthProvider(username='c', password={q})",
    "airflow Connection": "c = Connection(conn_id='x', conn_type='postgres', login='u', password={q})",
    "airflow URI": "os.environ['AIRFLOW_CONN_X'] = 'postgres://u:{v}@h:5432/x'",
    "Slack hook": "requests.post('https://hooks.slack.com/services/T0{U9}/B0{U9}/{m}', json=x)",
}  # fmt: skip
PEMS = ("PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY", "PGP PRIVATE KEY BLOCK")
KEY_PLACES = {
    "dict() call": "creds = dict(type='service_account', private_key='''{v}''')",
    "service account JSON": "sa = '''{j}'''",
    "environ": "os.environ['SF_KEY'] = {r}",
    "option": "df = df.option('pem_private_key', {r})",
    "%%writefile": "%%writefile id_key\n{v}",
    "%%bash echo": "%%bash\necho '{v}' > k.pem",
    "indented": "def key():\n    return textwrap.dedent('''\n{indented}\n    ''')",
    "f-string": "k = f'''{v}'''",
    "list of lines": "k = '\\n'.join([{listed}])",
    "%%configure": "%%configure -f\n{conf}",
}


def _spelled(name: str, value: str) -> dict[str, str]:
    """Return the spellings of a name, and the value quoted; split at underscores and where small letters end."""
    spaced = "".join(
        f" {one}" if one.isupper() and before.islower() else one for before, one in zip(" " + name, name, strict=False)
    )
    words = [word.lower() for word in spaced.replace("_", " ").split()]
    return {
        "n": name, "v": value, "q": repr(value), "U": "_".join(words).upper(), "k": "-".join(words),
        "c": words[0] + "".join(map(str.title, words[1:])),
    }  # fmt: skip


def planted_anew(seeds: range, places: dict[str, str] = PLACES, named: dict[str, tuple[tuple[Make, ...], tuple[str, ...]]] = NAMED,
                 connections: dict[str, str] = CONNECTIONS) -> Iterator[Plant]:  # fmt: skip
    """Yield a plant for every class and place, once for each of `seeds`."""
    for seed in seeds:
        for kind, (makers, names) in named.items():
            for place, code in places.items():
                rng = random.Random(f"anew {seed} {kind} {place}")
                name, value = rng.choice(names), rng.choice(makers)(rng)
                yield Plant(kind, place, code.format(**_spelled(name, value)), value)
        for place, code in connections.items():
            yield connection(place, code, random.Random(f"anew {seed} {place}"))
        for kind in PEMS:
            for place in KEY_PLACES:
                yield _key(kind, place, random.Random(f"anew {seed} {kind} {place}"))


#: The makers of what stands in an address, a header or a command, by its letter.
VALUES: dict[str, Callable[[random.Random], str]] = {
    "w": lambda r: mixed(r, ALNUM + "/+", 40),
    "k": lambda r: std64(r, 64),
    "s": lambda r: mixed(r, ALNUM, 30) + "%2F" + mixed(r, ALNUM, 11) + "%3D",
    "t": lambda r: mixed(r, ALNUM, r.randrange(28, 44)),
    "h": lambda r: some(r, HEX, 32),
    "g": lambda r: some(r, HEX, 40),
    "f": lambda r: mixed(r, LETTERS + DIGITS, 34),
    "m": lambda r: mixed(r, ALNUM, 24),
    "b": lambda r: base64.b64encode(f"etl-user:{generated(r)}".encode()).decode(),
    "v": lambda r: r.choice([phrase, company, leet, generated, signs])(r).translate(str.maketrans("@#?/", "____")),
}


def connection(place: str, code: str, rng: random.Random) -> Plant:
    values = {mark: make(rng) for mark, make in VALUES.items()}
    values |= {
        "q": repr(values["v"]),
        "i": "AKIA" + some(rng, UPPER + "234567", 16),
        "U9": some(rng, UPPER + DIGITS, 9),
    }
    mark = next(one for one in (*VALUES, "q") if f"{{{one}}}" in code)
    return Plant("connection, header or command", place, code.format(**values), values["v" if mark == "q" else mark])


def _key(kind: str, place: str, rng: random.Random) -> Plant:
    lines = [f"-----BEGIN {kind}-----", *(std64(rng, 48) for _ in range(rng.randrange(3, 9))), f"-----END {kind}-----"]
    text = "\n".join(lines)
    spelled = {
        "v": text, "r": repr(text), "j": json.dumps({"type": "x", "private_key": text}, indent=1).replace("\\", "\\\\"),
        "indented": "\n".join(f"    {line}" for line in lines), "listed": ", ".join(map(repr, lines)),
        "conf": json.dumps({"conf": {"spark.x.pem": text}}),
    }  # fmt: skip
    return Plant("private key", f"{place} {kind}", KEY_PLACES[place].format(**spelled), lines[2])
