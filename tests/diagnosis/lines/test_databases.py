"""What MySQL, MongoDB, Redis and Prisma say beside a wrong password, and PostgreSQL in the languages of its catalogues."""

import pytest

from bot.diagnosis.lines.known import PATTERNS, known_lines
from tests.diagnosis.lines.test_known import SAMPLES
from tests.diagnosis.lines.test_wordings import DRIVERS

Facts = dict[str, str]
SERVERS: tuple[tuple[str, str, Facts], ...] = (
    ("Error 1142 (42000): SELECT command denied to user 'app'@'10.0.0.9' for table 'orders'", "mysql-command-denied", {"privilege": "SELECT", "user": "app", "host": "10.0.0.9", "kind": "table", "object": "orders"}),
    ("ERROR 1142 (42000): INSERT, UPDATE command denied to user 'app'@'%' for table `shop`.`orders`", "mysql-command-denied", {"privilege": "INSERT, UPDATE", "user": "app", "host": "%", "kind": "table", "database": "shop", "object": "orders"}),
    ("ERROR 1227 (42000): Access denied; you need (at least one of) the SUPER privilege(s) for this operation", "mysql-command-denied", {"privilege": "SUPER"}),
    ("ERROR 1130 (HY000): Host '10.42.0.9' is not allowed to connect to this MySQL server", "mysql-host-denied", {"host": "10.42.0.9"}),
    ("Error 1226 (42000): User 'app' has exceeded the 'max_user_connections' resource (current value: 5)", "mysql-too-many-connections", {"limit": "max_user_connections"}),
    ("ERROR 1862 (HY000): Your password has expired. To log in you must change it using a client that supports expired passwords.", "mysql-login-blocked", {"state": "expired"}),
    ("Error 1820 (HY000): You must reset your password using ALTER USER statement before executing this statement.", "mysql-login-blocked", {"state": "expired"}),
    ("ERROR 3118 (HY000): Access denied for user 'app'@'10.0.0.9'. Account is locked.", "mysql-login-blocked", {"state": "locked", "user": "app", "host": "10.0.0.9"}),
    ("java.sql.SQLNonTransientConnectionException: Public Key Retrieval is not allowed", "mysql-login-blocked", {"state": "public-key"}),
    ("Error: ER_NOT_SUPPORTED_AUTH_MODE: Client does not support authentication protocol requested by server; consider upgrading MySQL client", "mysql-login-blocked", {"state": "plugin"}),
    ("ERROR 2059 (HY000): Authentication plugin 'caching_sha2_password' cannot be loaded: No such file", "mysql-login-blocked", {"state": "plugin", "plugin": "caching_sha2_password"}),
    ("ERROR 1524 (HY000): Plugin 'mysql_native_password' is not loaded", "mysql-login-blocked", {"state": "plugin", "plugin": "mysql_native_password"}),
    ("PDOException: SQLSTATE[HY000] [2054] The server requested authentication method unknown to the client [caching_sha2_password]", "mysql-login-blocked", {"state": "plugin", "plugin": "caching_sha2_password"}),
    ("org.postgresql.util.PSQLException: The authentication type 10 is not supported. Check that you have configured the pg_hba.conf file", "postgres-login-blocked", {"state": "scram"}),
    ("psql: error: authentication method 10 not supported", "postgres-login-blocked", {"state": "scram"}),
    ("MongoServerError: Command find requires authentication", "mongo-noauth", {"password": "NO"}),
    ("(Unauthorized) there are no users authenticated", "mongo-noauth", {"password": "NO"}),
    ('(Unauthorized) not authorized on shop to execute command { insert: "orders", ordered: true }', "mongo-unauthorized", {"database": "shop", "object": "insert"}),
    ("redis.exceptions.NoPermissionError: this user has no permissions to run the 'xreadgroup' command", "redis-noperm", {"kind": "command", "object": "xreadgroup"}),
    ("NOPERM User worker has no permissions to run the 'config|get' command", "redis-noperm", {"kind": "command", "user": "worker", "object": "config|get"}),
    ("NOPERM this user has no permissions to access one of the keys used as arguments", "redis-noperm", {"kind": "key"}),
    ("NOPERM No permissions to access a channel", "redis-noperm", {"kind": "channel"}),
    ("ReplyError: NOPERM something new", "redis-noperm", {}),
    ("ERR max number of clients reached", "redis-too-many-connections", {}),
    ("DENIED Redis is running in protected mode because protected mode is enabled and no password is set", "redis-protected", {}),
    ("redis.exceptions.TimeoutError: Timeout connecting to server", "dial-timeout", {}),
    ("Error: P1003: Database `shop` does not exist on the database server at `db.data:3306`.", "database-missing", {"database": "shop", "host": "db.data", "port": "3306"}),
    ("Error: P1010: User `app` was denied access on the database `shop.public`", "db-auth", {"user": "app", "database": "shop.public"}),
)  # fmt: skip
HBA: Facts = {"host": "10.0.0.3", "user": "app", "database": "shop"}
TRANSLATED: tuple[tuple[str, str, Facts], ...] = (
    ("kein pg_hba.conf-Eintrag für Host »10.0.0.3«, Benutzer »app«, Datenbank »shop«, keine Verschlüsselung", "postgres-hba", HBA),
    ("pg_hba.conf lehnt Verbindung ab für Host »10.0.0.3«, Benutzer »app«, Datenbank »shop«, SSL-Verschlüsselung", "postgres-hba", HBA),
    ("no hay una línea en pg_hba.conf para «10.0.0.3», usuario «app», base de datos «shop», sin cifrado", "postgres-hba", HBA),
    ("aucune entrée dans pg_hba.conf pour l'hôte « 10.0.0.3 », utilisateur « app »,", "postgres-hba", {"host": "10.0.0.3", "user": "app"}),
    ("nessuna voce in pg_hba.conf per l'host \"10.0.0.3\", utente \"app\", database \"shop\", nessuna crittografia", "postgres-hba", HBA),
    ('pg_hba.conf の設定でホスト "10.0.0.3"、ユーザー "app"、データベース "shop", 暗号化なしの接続を拒否しました', "postgres-hba", HBA),
    ('호스트 "10.0.0.3", 사용자 "app", 데이터베이스 "shop", 암호화 안함 연결에 대한 설정이 pg_hba.conf 파일에 없습니다.', "postgres-hba", HBA),
    ('в pg_hba.conf нет записи для компьютера "10.0.0.3", пользователя "app", базы "shop", без шифрования', "postgres-hba", HBA),
    ('没有适用于主机 "10.0.0.3", 用户 "app", 数据库 "shop", 未加密 的 pg_hba.conf 条目', "postgres-hba", HBA),
    ("Rolle »ghost« existiert nicht", "postgres-role-missing", {"user": "ghost"}),
    ("no existe el rol «ghost»", "postgres-role-missing", {"user": "ghost"}),
    ("le rôle « ghost » n'existe pas", "postgres-role-missing", {"user": "ghost"}),
    ('ロール"ghost"は存在しません', "postgres-role-missing", {"user": "ghost"}),
    ('"ghost" 롤(role) 없음', "postgres-role-missing", {"user": "ghost"}),
    ('"ghost" 롤은 접속을 허용하지 않음', "postgres-role-missing", {"user": "ghost"}),
    ('роль "ghost" не существует', "postgres-role-missing", {"user": "ghost"}),
    ('для роли "ghost" вход запрещён', "postgres-role-missing", {"user": "ghost"}),
    ('角色 "ghost" 不存在', "postgres-role-missing", {"user": "ghost"}),
    ("Datenbank »nope« existiert nicht", "postgres-database-missing", {"database": "nope"}),
    ("no existe la base de datos «nope»", "postgres-database-missing", {"database": "nope"}),
    ("la base de données « nope » n'existe pas", "postgres-database-missing", {"database": "nope"}),
    ('データベース"nope"は存在しません', "postgres-database-missing", {"database": "nope"}),
    ('"nope" 데이터베이스 없음', "postgres-database-missing", {"database": "nope"}),
    ('база данных "nope" не существует', "postgres-database-missing", {"database": "nope"}),
    ('数据库 "nope" 不存在', "postgres-database-missing", {"database": "nope"}),
    ("authentification par mot de passe échouée pour l'utilisateur  « app »", "postgres-password", {"user": "app"}),
    ('用户 "app" 的密码认证失败', "postgres-password", {"user": "app"}),
    ('"app" kullanıcısı için şifre doğrulaması başarısız oldu', "postgres-password", {"user": "app"}),
    ("최대 동시 접속자 수를 초과했습니다.", "postgres-too-many-connections", {}),
    ("извините, уже слишком много клиентов", "postgres-too-many-connections", {}),
    ("droit refusé pour la table orders", "postgres-permission", {"kind": "table", "object": "orders"}),
    ("public 스키마(schema) 접근 권한 없음", "postgres-permission", {"kind": "schema", "object": "public"}),
)  # fmt: skip
# Sentences with the same words that are no refusals.
OTHERS = (
    "Rolle »ghost« wurde angelegt",
    "datenbank backup existiert nicht mehr im bucket",
    "не удалось прочитать pg_hba.conf",
    'loaded 12 lines of pg_hba.conf for user "app"',
    "GET /login/no-permissions 200",
    "redis: protected mode is off",
    "config: max number of clients: 10000",
    "plugin 'metrics' is not loaded",
    "this endpoint requires authentication",
    "Your password has expired reminder mails: 12 sent",
)


@pytest.mark.parametrize(
    ("line", "id_", "facts"), SERVERS, ids=[f"{n}-{s[1]}" for n, s in enumerate(SERVERS)]
)
def test_a_server_s_words_are_known(line: str, id_: str, facts: Facts) -> None:
    (found,) = known_lines([line])

    assert (found.id, dict(found.facts)) == (id_, facts)


@pytest.mark.parametrize("head", ["", "org.postgresql.util.PSQLException: FATAL: ", "FATAL:  "])
@pytest.mark.parametrize(
    ("line", "id_", "facts"), TRANSLATED, ids=[f"{n}-{s[1]}" for n, s in enumerate(TRANSLATED)]
)
def test_postgresql_is_understood_without_a_code(head: str, line: str, id_: str, facts: Facts) -> None:
    (found,) = known_lines([head + line])

    assert (found.id, dict(found.facts)) == (id_, facts)


@pytest.mark.parametrize("line", OTHERS)
def test_the_same_words_about_something_else_are_none(line: str) -> None:
    assert known_lines([line]) == ()


def test_every_kind_has_a_sample() -> None:
    assert {pattern.id for pattern in PATTERNS} == {id_ for _, id_, _ in (*SAMPLES, *DRIVERS, *SERVERS)}
