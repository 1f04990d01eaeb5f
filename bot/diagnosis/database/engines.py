"""Which kind of database a text speaks of: by the names of servers, drivers and frameworks. Pure."""

import re

_ENGINES: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "postgres",
        re.compile(
            r"(?i)postgre[sx]|\bpgx\b|\blibpq\b|psycopg|asyncpg|\bpg8000\b|\bnpgsql|\bpq:|failed to connect to `[^`]*\bdatabase="
        ),
    ),
    ("mysql", re.compile(r"(?i)mysql|mariadb|\bmyxql")),
    ("mongo", re.compile(r"(?i)mongo")),
    ("redis", re.compile(r"(?i)redis|valkey|lettuce|jedis")),
)
_OF_DATABASE = re.compile(
    r"(?i)database|datasource|hikari|jdbc|gorm|\bsqlx?\b|sqlalchemy|\bdb\b|\bdb[_-]|\bsqlstate\b|\bpdo|sequelize|typeorm|prisma"
    r"|activerecord|dbconnection"
)


def named_engine(text: str) -> str:
    """postgres, mysql, mongo or redis; empty where the text names none."""
    return next((engine for engine, pattern in _ENGINES if pattern.search(text)), "")


def of_a_database(text: str) -> bool:
    """Whether it speaks of a database, of whatever kind."""
    return _OF_DATABASE.search(text) is not None or bool(named_engine(text))
