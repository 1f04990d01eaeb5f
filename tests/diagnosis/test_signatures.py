"""The line that an on-call engineer would quote, from logs as real programs write them."""

import pytest

from bot.diagnosis.signatures import find_error

JAVA = """\
2026-01-01 12:00:00.000  INFO 1 --- [main] com.shop.Application : Starting Application
2026-01-01 12:00:04.000 ERROR 1 --- [main] o.s.boot.SpringApplication : Application run failed
org.springframework.beans.factory.BeanCreationException: Error creating bean with name 'entityManagerFactory'
	at org.springframework.beans.factory.support.AbstractBeanFactory.create(AbstractBeanFactory.java:1770)
	... 15 common frames omitted
Caused by: org.hibernate.HibernateException: Access to DialectResolutionInfo cannot be null
	at org.hibernate.engine.Dialect.determine(Dialect.java:100)
	... 30 more
Caused by: java.net.UnknownHostException: postgres.shop.svc
	at java.base/java.net.InetAddress.getAllByName(InetAddress.java:1)"""
PYTHON = """\
[2026-01-01 12:00:00 +0000] [7] [INFO] Booting worker with pid: 7
[2026-01-01 12:00:01 +0000] [7] [ERROR] Exception in worker process
Traceback (most recent call last):
  File "/app/manage.py", line 22, in <module>
    main()
django.core.exceptions.ImproperlyConfigured: The SECRET_KEY setting must not be empty.
[2026-01-01 12:00:01 +0000] [7] [INFO] Worker exiting (pid: 7)
[2026-01-01 12:00:01 +0000] [1] [ERROR] Shutting down: Master"""
PYTHON_CHAIN = """\
Traceback (most recent call last):
  File "/app/a.py", line 1, in f
KeyError: 'DATABASE_URL'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/app/b.py", line 2, in g
RuntimeError: DATABASE_URL is required"""
GO_PANIC = """\
2026/01/01 12:00:00 connecting to redis
panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x4a]

goroutine 1 [running]:
main.main()
	/src/main.go:12 +0x1d
exit status 2"""
RUST = """\
thread 'main' panicked at src/main.rs:4:5:
called `Result::unwrap()` on an `Err` value: Os { code: 2, kind: NotFound }
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace"""
NODE = """\
/app/index.js:10
    throw new Error('Missing DATABASE_URL');
    ^

Error: Missing DATABASE_URL
    at Object.<anonymous> (/app/index.js:10:11)
    at Module._compile (node:internal/modules/cjs/loader:1256:14)

Node.js v18.19.0"""
NODE_NPM = """\
TypeError [ERR_INVALID_ARG_TYPE]: The "path" argument must be of type string
    at new NodeError (node:internal/errors:405:5)
npm ERR! code ELIFECYCLE
npm ERR! Exit status 1"""
RUBY = """\
=> Booting Puma
/app/config/boot.rb:12:in `fetch': key not found: "REDIS_URL" (KeyError)
	from /app/config/boot.rb:12:in `<main>'"""
DOTNET = """\
info: Microsoft.Hosting.Lifetime[0]
Unhandled exception. System.InvalidOperationException: No connection string named 'Default'
   at Program.<Main>$(String[] args) in /src/Program.cs:line 5"""
LOKI = """\
level=info ts=2026-01-01T12:00:00Z caller=main.go:103 msg="Starting Loki"
failed parsing config: /etc/loki/config.yaml: yaml: unmarshal errors:
  line 42: field enforce_metric_name not found in type validation.plain"""
MYSQL = """\
2026-01-01T12:00:00.000000Z 0 [ERROR] [MY-012595] [InnoDB] The error means mysqld does not have the access rights
2026-01-01T12:00:00.000000Z 0 [ERROR] [MY-010119] [Server] Aborting"""
ZAP = """\
{"level":"info","ts":1.7e9,"msg":"errors channel opened","error":null}
{"level":"fatal","ts":1.7e9,"msg":"cannot open database","error":"dial tcp 10.0.0.1:5432: connect: connection refused","stacktrace":"main.main\\n\\t/src/main.go:1"}
{"level":"info","ts":1.7e9,"msg":"bye"}"""
PINO = """\
{"level":30,"msg":"listening"}
{"level":50,"err":{"type":"Error","message":"connect ECONNREFUSED 10.0.0.1:6379","stack":"..."},"msg":"redis"}"""
ECS = '{"log.level":"ERROR","message":"Exception while starting","error":{"message":"Port 8080 in use"}}'
PROMETHEUS = """\
ts=2026-01-01T12:00:00.000Z caller=main.go:583 level=info msg="Starting Prometheus Server"
ts=2026-01-01T12:00:01.000Z caller=main.go:1180 level=error err="opening storage failed: lock DB directory: resource temporarily unavailable\""""
SLOG = 'time=2026-01-01T12:00:01.000Z level=ERROR source=main.go:1 msg="Error loading config" err="open /etc/p.yml: no such file or directory"'
PHP = "[01-Jan-2026 12:00:00 UTC] PHP Fatal error:  Uncaught PDOException: SQLSTATE[HY000] [2002] Connection refused"


@pytest.mark.parametrize(
    ("log", "wanted"),
    [
        pytest.param(JAVA, "Caused by: java.net.UnknownHostException: postgres.shop.svc", id="java"),
        pytest.param(
            PYTHON,
            "django.core.exceptions.ImproperlyConfigured: The SECRET_KEY setting must not be empty.",
            id="python",
        ),
        pytest.param(PYTHON_CHAIN, "RuntimeError: DATABASE_URL is required", id="python-chain"),
        pytest.param(
            GO_PANIC,
            "panic: runtime error: invalid memory address or nil pointer dereference",
            id="go",
        ),
        pytest.param(
            RUST,
            "thread 'main' panicked at src/main.rs:4:5: called `Result::unwrap()` on an `Err` value: "
            "Os { code: 2, kind: NotFound }",
            id="rust",
        ),
        pytest.param(NODE, "Error: Missing DATABASE_URL", id="node"),
        pytest.param(
            NODE_NPM,
            'TypeError [ERR_INVALID_ARG_TYPE]: The "path" argument must be of type string',
            id="node-npm",
        ),
        pytest.param(
            RUBY,
            '/app/config/boot.rb:12:in `fetch\': key not found: "REDIS_URL" (KeyError)',
            id="ruby",
        ),
        pytest.param(
            DOTNET,
            "Unhandled exception. System.InvalidOperationException: No connection string named 'Default'",
            id="dotnet",
        ),
        pytest.param(
            LOKI,
            "failed parsing config: /etc/loki/config.yaml: yaml: unmarshal errors: "
            "line 42: field enforce_metric_name not found in type validation.plain",
            id="loki",
        ),
        pytest.param(
            MYSQL,
            "0 [ERROR] [MY-012595] [InnoDB] The error means mysqld does not have the access rights",
            id="mysql-farewell",
        ),
        pytest.param(
            ZAP,
            "cannot open database: dial tcp 10.0.0.1:5432: connect: connection refused",
            id="json-zap",
        ),
        pytest.param(PINO, "redis: connect ECONNREFUSED 10.0.0.1:6379", id="json-pino"),
        pytest.param(ECS, "Exception while starting: Port 8080 in use", id="json-ecs"),
        pytest.param(
            PROMETHEUS,
            "opening storage failed: lock DB directory: resource temporarily unavailable",
            id="logfmt",
        ),
        pytest.param(
            SLOG, "Error loading config: open /etc/p.yml: no such file or directory", id="logfmt-slog"
        ),
        pytest.param(
            PHP,
            "[01-Jan-2026 12:00:00 UTC] PHP Fatal error:  Uncaught PDOException: "
            "SQLSTATE[HY000] [2002] Connection refused",
            id="php",
        ),
        pytest.param(
            "exec /otelcol-contrib: no such file or directory",
            "exec /otelcol-contrib: no such file or directory",
            id="exec",
        ),
        pytest.param(
            "starting\n/entrypoint.sh: line 3: flyway: command not found",
            "/entrypoint.sh: line 3: flyway: command not found",
            id="shell",
        ),
        pytest.param(
            'nginx: [emerg] host not found in upstream "api" in /etc/nginx/nginx.conf:3',
            'nginx: [emerg] host not found in upstream "api" in /etc/nginx/nginx.conf:3',
            id="nginx",
        ),
        pytest.param(
            '2026-01-01 12:00:00.1 UTC [1] FATAL:  password authentication failed for user "board_db"\n'
            "2026-01-01 12:00:00.2 UTC [1] LOG:  database system is shut down",
            '[1] FATAL:  password authentication failed for user "board_db"',
            id="postgres",
        ),
        pytest.param(
            "E0101 12:00:00.000000       1 leaderelection.go:330] error retrieving resource lock",
            "E0101 12:00:00.000000       1 leaderelection.go:330] error retrieving resource lock",
            id="klog",
        ),
        pytest.param(
            "** (RuntimeError) could not find environment variable SECRET_KEY_BASE",
            "** (RuntimeError) could not find environment variable SECRET_KEY_BASE",
            id="elixir",
        ),
        pytest.param(
            "Error opening file\nERROR later and last",
            "ERROR later and last",
            id="of-equals-the-last",
        ),
    ],
)
def test_quotes_the_line_that_names_the_error(log: str, wanted: str) -> None:
    found = find_error(log.splitlines())

    assert found is not None
    assert found.text == wanted


@pytest.mark.parametrize(
    "log",
    [
        "",
        "listening on :8080\nGET /healthz 200 1ms",
        "INFO  compiled with 0 errors\n12 passed, 0 failed=0",
        'level=info msg="error handler registered"',
        '{"level":"info","msg":"request failed, retried","error":"timeout"}',
        '{"msg":"done","error":null,"failed":false}',
        "2026-01-01 12:00:00 DEBUG could not find cache entry, will load it",
        "Scan finished with no errors",
        "sync done: errors: 0",
        "\tat com.shop.Main.run(Main.java:1)",
    ],
)
def test_a_healthy_log_has_no_error(log: str) -> None:
    assert find_error(log.splitlines()) is None


def test_a_warning_is_weaker_than_an_error_before_it() -> None:
    found = find_error(["ERROR disk is full", "WARN request failed, retrying"])

    assert found is not None
    assert found.text == "ERROR disk is full"


def test_context_is_a_few_lines_around() -> None:
    lines = [f"line {number}" for number in range(10)]
    lines[5] = "panic: boom"

    found = find_error(lines)

    assert found is not None
    assert found.context == ("line 3", "line 4", "panic: boom", "line 6", "line 7", "line 8")


@pytest.mark.parametrize(
    "line", ["{" * 100_000 + "}", '{"a":' * 50_000 + "}", "a" * 1_000_000, "(" * 3000 + " at "]
)
def test_hostile_lines_cost_nothing(line: str) -> None:
    found = find_error([line] * 20)

    assert found is None or len(found.text) <= 500
