"""PostgreSQL's refusals in other languages, for drivers that show no SQLSTATE beside them.

The words are those of the server's own catalogues: https://github.com/postgres/postgres/tree/master/src/backend/po
"""

import re

from bot.diagnosis.lines.pattern import Pattern, pattern
from bot.diagnosis.lines.quoted import DATABASE, QUOTES, named

PASSWORD: tuple[Pattern, ...] = (
    pattern(
        "postgres-password",
        DATABASE,
        "passwort-authentifizierung|인증을 실패|authentification par mot de passe|autentificaci|パスワード認証|认证失败|密碼驗證|автентифікацію|şifre doğrulama"
        "|проверку подлинности|autenticazione con password|do tipo senha falhou|autoryzacja hasłem|lösenordsautentisering",
        rf"Passwort-Authentifizierung für Benutzer {named('user')} fehlgeschlagen"
        rf"|사용자 {named('user1')}의 password 인증을 실패"
        rf"|authentification par mot de passe échouée pour l.utilisateur {{1,2}}{named('user2')}"
        rf"|autentificación password falló para el usuario {named('user3')}"
        rf"|ユーザー ?{named('user4')} ?のパスワード認証に失敗|用户 ?{named('user5')} ?Password 认证失败"
        rf"|пользователь {named('user6')} не прошёл проверку подлинности"
        rf"|autenticazione con password fallita per l.utente {named('user7')}"
        rf"|autenticação do tipo senha falhou para o usuário {named('user8')}"
        rf"|autoryzacja hasłem nie powiodła się dla użytkownika {named('user9')}"
        rf"|lösenordsautentisering misslyckades för användare {named('user10')}"
        rf"|用户 ?{named('user11')} ?的密码认证失败|密碼驗證使用者 ?{named('user12')} ?失敗"
        rf"|користувач {named('user13')} не пройшов автентифікацію|{named('user14')} kullanıcısı için şifre doğrulaması başarısız",
    ),
)
# Facts that hang on the words alone.
UNENCRYPTED = re.compile(
    r"(?i)no encryption|SSL off|keine Verschlüsselung|sin cifrado|aucun chiffrement|nessuna crittografia|暗号化なし|암호화 안함"
    r"|без шифрования|без шифрування|ingen kryptering|未加密"
)
MAY_NOT_LOG_IN = re.compile(
    r"(?i)not permitted to log in|keine Berechtigung zum Einloggen|no se le permite conectarse|pas autorisé à se connecter"
    r"|non è consentito effettuare|ログインが許可されません|접속을 허용하지 않음|вход запрещён|вхід не дозволений"
    r"|tillåts inte logga in|不允许角色|不允許角色"
)
_BETWEEN = rf"[^{QUOTES}\n]{{1,30}}"


def _three(number: int) -> str:
    """Host, user and database, in this order in every language."""
    names = (named(f"{name}{number}") for name in ("host", "user", "database"))
    host, user, database = names
    return rf"{host}{_BETWEEN}{user}(?:{_BETWEEN}{database})?"


REFUSALS: tuple[Pattern, ...] = (
    pattern(
        "postgres-hba",
        DATABASE,
        "pg_hba",
        rf"(?:kein pg_hba\.conf-Eintrag für|pg_hba\.conf lehnt Verbindung ab für) Host {_three(1)}"
        rf"|(?:no hay una línea en pg_hba\.conf para|pg_hba\.conf rechaza la conexión para el servidor) {_three(2)}"
        rf"|(?:aucune entrée dans pg_hba\.conf pour|pg_hba\.conf rejette la connexion pour) l.hôte {_three(3)}"
        rf"|(?:nessuna voce in pg_hba\.conf per|pg_hba\.conf rifiuta connessioni per) l.host {_three(4)}"
        rf"|pg_hba\.conf (?:に|の設定で)ホスト ?{_three(5)}"
        rf"|(?:в pg_hba\.conf нет записи для компьютера|pg_hba\.conf отвергает подключение: компьютер) {_three(6)}"
        rf"|(?:ingen rad i pg_hba\.conf|pg_hba\.conf avvisar anslutning) för värd {_three(7)}"
        rf"|(?:в pg_hba\.conf немає запису|pg_hba\.conf відхиляє підключення) для хосту {_three(8)}"
        rf"|호스트 {_three(9)}[^\n]{{0,80}}pg_hba\.conf"
        rf"|没有适用于主机 {_three(10)}[^\n]{{0,40}}pg_hba\.conf|pg_hba\.conf 拒绝来自主机 {_three(11)}"
        rf"|沒有主機 {_three(12)}[^\n]{{0,40}}pg_hba\.conf|pg_hba\.conf 拒絕主機 {_three(13)}",
    ),
    pattern(
        "postgres-role-missing",
        DATABASE,
        "rolle |el rol |le rôle |il ruolo|ロール|롤|роль |ролі |rollen |角色",
        rf"(?:Rolle {named('user')} existiert nicht|no existe el rol {named('user1')}|le rôle {named('user2')} n.existe pas"
        rf"|il ruolo {named('user3')} non esiste|ロール ?{named('user4')} ?は存在しません|{named('user5')} 롤\(role\) 없음"
        rf"|роль {named('user6')} не (?:существует|існує)|rollen {named('user7')} finns inte|角色 ?{named('user8')} ?不存在)"
        rf"(?![^\n]{{0,40}}42704)",
    ),
    pattern(
        "postgres-role-missing",
        DATABASE,
        "rolle |al rol |le rôle |al ruolo|ロール|롤|для ролі|для роли|roll |角色",
        rf"Rolle {named('user')} hat keine Berechtigung zum Einloggen|al rol {named('user1')} no se le permite conectarse"
        rf"|le rôle {named('user2')} n.est pas autorisé à se connecter|al ruolo {named('user3')} non è consentito effettuare"
        rf"|ロール ?{named('user4')} ?はログインが許可されません|{named('user5')} 롤은 접속을 허용하지 않음"
        rf"|для рол[иі] {named('user6')} (?:вход запрещён|вхід не дозволений)|roll {named('user7')} tillåts inte logga in"
        rf"|不允许角色 ?{named('user8')} ?进行登录|不允許角色 ?{named('user9')} ?登入",
    ),
    pattern(
        "postgres-database-missing",
        DATABASE,
        "datenbank |base de datos|base de données|il database|データベース|데이터베이스|база данных|базы|бази даних|databasen|数据库|資料庫",
        rf"Datenbank {named('database')} existiert nicht|no existe la base de datos {named('database1')}"
        rf"|la base de données {named('database2')} n.existe pas|il database {named('database3')} non esiste"
        rf"|データベース ?{named('database4')} ?は存在しません|{named('database5')} 데이터베이스 없음"
        rf"|база данных {named('database6')} не существует|бази даних {named('database7')} не існує"
        rf"|databasen {named('database8')} (?:existerar|finns) inte|(?:数据库|資料庫) ?{named('database9')} ?不存在",
    ),
    pattern(
        "postgres-too-many-connections",
        DATABASE,
        "schon zu viele|demasiados clientes|trop de clients|troppi client|クライアント数|동시 접속자|много клиентов|забагато клієнтів"
        "|för många klienter|客户端连接过多|客戶端過多",
        r"tut mir leid, schon zu viele Verbindungen|lo siento, ya tenemos demasiados clientes|désolé, trop de clients sont déjà"
        r"|spiacente, troppi client già connessi|現在クライアント数が多すぎます|최대 동시 접속자 수를 초과했습니다"
        r"|извините, уже слишком много клиентов|вибачте, вже забагато клієнтів|ledsen, för många klienter|客户端连接过多"
        r"|抱歉，客戶端過多",
    ),
    *(
        pattern(
            "postgres-permission",
            DATABASE,
            "keine berechtigung|permiso denegado|droit refusé|permesso negato|アクセスが拒否|권한 없음|нет доступа|немає дозволу"
            "|rättighet saknas|权限不足|權限不足",
            rf"keine Berechtigung für {words[0]} (?P<object>\S{{1,128}})|permiso denegado al? {words[1]} (?P<object1>\S{{1,128}})"
            rf"|droit refusé pour l[ea] {words[2]} (?P<object2>\S{{1,128}})|permesso negato per l[ao] {words[3]} (?P<object3>\S{{1,128}})"
            rf"|{words[4]} (?P<object4>\S{{1,128}}) へのアクセスが拒否|\b(?P<object5>[\w$.]{{1,128}}) {words[5]} ?접근 권한 없음"
            rf"|(?:нет доступа к|немає дозволу для) {words[6]} (?P<object6>\S{{1,128}})|rättighet saknas för {words[7]} (?P<object7>\S{{1,128}})"
            rf"|对{words[8]} (?P<object8>\S{{1,128}}) 的权限不足|對 ?{words[9]} (?P<object9>\S{{1,128}}) 的權限不足",
            kind=kind,
        )
        for kind, words in (
            (
                "table",
                (
                    "Tabelle",
                    "la tabla",
                    "table",
                    "tabella",
                    "テーブル",
                    "테이블에 대한",
                    "(?:таблице|таблиці)",
                    "tabell",
                    "表",
                    "資料表",
                ),
            ),
            (
                "schema",
                (
                    "Schema",
                    "esquema",
                    "schéma",
                    "schema",
                    "スキーマ",
                    r"스키마\(schema\)",
                    "(?:схеме|схеми)",
                    "schema",
                    "模式",
                    "schema",
                ),
            ),
        )
    ),
)
