"""The same failures in the words of many drivers and SDKs, and their neighbours that mean something else."""

import pytest

from bot.diagnosis.lines.known import known_lines

Facts = dict[str, str]
DRIVERS: tuple[tuple[str, str, Facts], ...] = (
    # -- PostgreSQL: pgx, GORM over it, logrus, zap, psycopg, Django, JDBC, Sequelize
    (
        'failed to connect to `user=app database=shop`: 10.0.0.1:5432 (db): server error: FATAL: password authentication failed for user "app" (SQLSTATE 28P01); 10.0.0.1:5432 (db): server error: FATAL: no pg_hba.conf entry for host "10.0.0.3", user "app", database "shop", no encryption (SQLSTATE 28000)',
        "postgres-password",
        {"user": "app"},
    ),
    (
        '[error] failed to initialize database, got error failed to connect to `host=db user=app`: server error (FATAL: database "shop" does not exist (SQLSTATE 3D000))',
        "postgres-database-missing",
        {"database": "shop"},
    ),
    (
        r'time="2026-01-01T00:00:00Z" level=fatal msg="no database" error="pq: password authentication failed for user \"app\""',
        "postgres-password",
        {"user": "app"},
    ),
    (
        r'2026-01-01T00:00:00Z	ERROR	main.go:12	no database	{"error": "pq: role \"ghost\" does not exist"}',
        "postgres-role-missing",
        {"user": "ghost"},
    ),
    (
        'django.db.utils.OperationalError: connection to server at "db" (10.0.0.1), port 5432 failed: FATAL:  password authentication failed for user "app"',
        "postgres-password",
        {"user": "app"},
    ),
    (
        'django.db.utils.ProgrammingError: relation "auth_user" does not exist',
        "postgres-undefined-table",
        {"relation": "auth_user"},
    ),
    (
        "org.postgresql.util.PSQLException: Connection to db.shop:5432 refused. Check that the hostname and port are correct",
        "connection-refused",
        {"host": "db.shop", "port": "5432"},
    ),
    (
        "SequelizeConnectionRefusedError: connect ECONNREFUSED 10.0.0.1:5432",
        "connection-refused",
        {"host": "10.0.0.1", "port": "5432"},
    ),
    ("SequelizeHostNotFoundError: getaddrinfo ENOTFOUND db.shop", "no-such-host", {"host": "db.shop"}),
    (
        "Npgsql.NpgsqlException (0x80004005): Failed to connect to 10.0.0.1:5432 ---> System.Net.Sockets.SocketException (111): Connection refused",
        "connection-refused",
        {"host": "10.0.0.1", "port": "5432"},
    ),
    # -- Prisma
    (
        "Authentication failed against database server at `db`, the provided database credentials for `app` are not valid.",
        "db-auth",
        {"host": "db", "user": "app"},
    ),
    (
        "User `app` was denied access on the database `shop.public`",
        "db-auth",
        {"user": "app", "database": "shop.public"},
    ),
    (
        "Can't reach database server at `db.shop`:`5432`",
        "unreachable",
        {"host": "db.shop", "port": "5432"},
    ),
    (
        "Can't reach database server at `db.shop:5432`",
        "unreachable",
        {"host": "db.shop", "port": "5432"},
    ),
    (
        "The table `public.users` does not exist in the current database.",
        "table-missing",
        {"table": "public.users"},
    ),
    (
        "Timed out fetching a new connection from the connection pool. (More info: http://pris.ly/d/connection-pool",
        "pool-exhausted",
        {},
    ),
    # -- MySQL
    (
        "django.db.utils.OperationalError: (1045, \"Access denied for user 'app'@'10.0.0.9' (using password: YES)\")",
        "mysql-access-denied",
        {"user": "app", "host": "10.0.0.9", "password": "YES"},
    ),
    (
        "pymysql.err.OperationalError: (2003, \"Can't connect to MySQL server on 'db' ([Errno 111] Connection refused)\")",
        "connection-refused",
        {"host": "db"},
    ),
    (
        "ERROR 2003 (HY000): Can't connect to MySQL server on 'db:3306' (111)",
        "connection-refused",
        {"host": "db", "port": "3306"},
    ),
    ("ERROR 2003 (HY000): Can't connect to MySQL server on 'db' (115)", "unreachable", {"host": "db"}),
    ("com.mysql.cj.jdbc.exceptions.CommunicationsException: Communications link failure", "unreachable", {}),
    (
        "Host '10.0.0.9' is not allowed to connect to this MySQL server",
        "mysql-host-denied",
        {"host": "10.0.0.9"},
    ),
    ("Error 1146 (42S02): Table 'shop.users' doesn't exist", "table-missing", {"table": "shop.users"}),
    # -- pools
    (
        "HikariPool-1 - Connection is not available, request timed out after 30000ms.",
        "pool-exhausted",
        {"pool": "HikariPool-1"},
    ),
    (
        "sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00",
        "pool-exhausted",
        {},
    ),
    ("SequelizeConnectionAcquireTimeoutError [SequelizeConnectionAcquireTimeoutError]", "pool-exhausted", {}),
    # -- MongoDB, Redis, Kafka
    ("MongoServerError: bad auth : authentication failed", "mongo-auth", {}),
    (
        "MongoServerError: not authorized on shop to execute command { find: 'users' }",
        "mongo-unauthorized",
        {"database": "shop", "object": "find"},
    ),
    (
        "MongooseServerSelectionError: connect ECONNREFUSED 10.0.0.1:27017",
        "connection-refused",
        {"host": "10.0.0.1", "port": "27017"},
    ),
    ("MongoServerSelectionError: Server selection timed out after 30000 ms", "unreachable", {}),
    (
        "[ioredis] Unhandled error event: Error: connect ETIMEDOUT 10.0.0.1:6379",
        "dial-timeout",
        {"host": "10.0.0.1", "port": "6379"},
    ),
    (
        "ReplyError: ERR AUTH <password> called without any password configured for the default user.",
        "redis-noauth",
        {"unexpected": "yes"},
    ),
    (
        "StackExchange.Redis.RedisConnectionException: It was not possible to connect to the redis server(s). UnableToConnect on redis:6379/Interactive",
        "unreachable",
        {"host": "redis", "port": "6379"},
    ),
    (
        "(AuthenticationFailure, None, last-recv: 94) AuthenticationFailure on redis:6379/Interactive",
        "redis-wrongpass",
        {},
    ),
    (
        "[Producer clientId=p] Connection to node -1 (kafka.shop/10.0.0.7:9092) could not be established. Broker may not be available.",
        "unreachable",
        {"host": "10.0.0.7", "port": "9092"},
    ),
    (
        "org.apache.kafka.common.errors.TopicAuthorizationException: Not authorized to access topics: [orders]",
        "kafka-auth",
        {"topic": "orders"},
    ),
    # -- object stores
    (
        "operation error S3: PutObject, https response error StatusCode: 403, RequestID: 7Z, HostID: x/y=, api error AccessDenied: Access Denied",
        "s3-access-denied",
        {"operation": "PutObject"},
    ),
    (
        'botocore.exceptions.ClientError: An error occurred (AccessDenied) when calling the PutObject operation: User: arn:aws:sts::1:assumed-role/app/x is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::shop-files/a" because no identity-based policy allows',
        "s3-access-denied",
        {"operation": "PutObject", "bucket": "shop-files"},
    ),
    (
        "botocore.exceptions.ClientError: An error occurred (AccessDenied) when calling the UploadPart operation: no",
        "s3-access-denied",
        {"operation": "UploadPart"},
    ),
    (
        "InvalidAccessKeyId: The AWS Access Key Id you provided does not exist in our records.",
        "s3-bad-credentials",
        {"code": "InvalidAccessKeyId"},
    ),
    (
        "S3Exception: The request signature we calculated does not match the signature you provided. (SignatureDoesNotMatch)",
        "s3-bad-credentials",
        {"code": "SignatureDoesNotMatch"},
    ),
    ("NoSuchBucket: The specified bucket does not exist", "s3-no-such-bucket", {}),
    (
        "api error AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity",
        "aws-role-denied",
        {"how": "WithWebIdentity"},
    ),
    ("CredentialsProviderError: Could not load credentials from any providers", "s3-no-credentials", {}),
    (
        "googleapi: Error 403: app@x.iam does not have storage.objects.get access to the Google Cloud Storage object.",
        "s3-access-denied",
        {"operation": "storage.objects.get"},
    ),
    ("ServiceAccount 'tempo' not found", "service-account-missing", {"name": "tempo"}),
    # -- life of a process
    ("      Reason:       OOMKilled", "oom-killed", {}),
    ("      Exit Code:    137", "exit-137", {}),
    ("container app exited with code 137", "exit-137", {}),
    ("java.lang.OutOfMemoryError: Java heap space", "heap-exhausted", {"kind": "Java heap space"}),
    (
        "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
        "heap-exhausted",
        {"kind": "heap"},
    ),
    (
        "Warning  Unhealthy  Liveness probe failed: HTTP probe failed with statuscode: 503",
        "liveness-failed",
        {"probe": "Liveness", "reason": "HTTP probe failed with statuscode: 503"},
    ),
    (
        "INFO 1 --- [main] shop.OrderApplicationKt : Started OrderApplicationKt in 161.359 seconds (process running for 165)",
        "slow-start",
        {"program": "OrderApplicationKt", "seconds": "161.359"},
    ),
    ("listen tcp :8080: bind: address already in use", "port-in-use", {"port": "8080"}),
    ("Error: listen EADDRINUSE: address already in use :::3000", "port-in-use", {"port": "3000"}),
    ("Web server failed to start. Port 8080 was already in use.", "port-in-use", {"port": "8080"}),
    ("write /data/wal/0001: no space left on device", "disk-full", {"path": "/data/wal/0001"}),
    ("No endpoint GET /actuator/prometheus.", "actuator-missing", {"path": "/actuator/prometheus"}),
    (
        '10.0.0.1 "GET /api/actuator/prometheus HTTP/1.1" 404 -',
        "actuator-missing",
        {"path": "/api/actuator/prometheus"},
    ),
    # -- the platform
    ("Error: EACCES: permission denied, open '/data/x'", "permission-denied", {"path": "/data/x"}),
    (
        "PermissionError: [Errno 13] Permission denied: '/data/x'",
        "permission-denied",
        {"path": "/data/x"},
    ),
    ("x509: certificate has expired or is not yet valid", "x509-expired", {}),
    (
        "x509: certificate is valid for db, not db.shop.svc",
        "x509-name-mismatch",
        {"host": "db.shop.svc"},
    ),
    ("pq: SSL is not enabled on the server", "tls-not-spoken", {}),
    ("yaml: line 12: did not find expected key", "yaml-parse", {"line": "12"}),
    (
        'Failed to pull image "prom/prometheus:v2.56.1": not found',
        "image-pull",
        {"image": "prom/prometheus:v2.56.1", "reason": "not found"},
    ),
    ("web-1   0/1   ImagePullBackOff   0   3m", "image-pull", {}),
    ("connect: no route to host", "no-route", {}),
    ("Error: connect EHOSTUNREACH 10.0.0.1:5432", "no-route", {"host": "10.0.0.1", "port": "5432"}),
    ("could not create tracer provider", "otel-fatal", {}),
    ("client error: 404: Post /api/v1/query", "prometheus-404", {}),
    (
        "ambiguous import: found package a.b/c/d in multiple modules:",
        "go-ambiguous-import",
        {"package": "a.b/c/d"},
    ),
)
NEIGHBOURS = (
    "Started OrderApplicationKt in 5.359 seconds",
    "exit code 1374",
    "processed 137 orders",
    "the pool has 5 connections available",
    'GET /actuator/prometheus HTTP/1.1" 200 404',
    "INFO listening, address already in use elsewhere is fine",
    "table users exists",
    "credentials loaded",
    "not authorized to see this page",
    "argument list: 404",
    "Readiness probe is configured",
    "connection pool of size 5 created",
)


@pytest.mark.parametrize(
    ("line", "id_", "facts"), DRIVERS, ids=[f"{n}-{s[1]}" for n, s in enumerate(DRIVERS)]
)
def test_a_driver_s_words_are_known(line: str, id_: str, facts: Facts) -> None:
    (found,) = known_lines([line])

    assert (found.id, dict(found.facts)) == (id_, facts)


@pytest.mark.parametrize("line", NEIGHBOURS)
def test_what_only_looks_like_one_is_none(line: str) -> None:
    assert known_lines([line]) == ()
