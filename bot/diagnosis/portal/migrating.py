"""With which tool a workload migrates its database, by its log, its image and the names of its variables. Pure.

A tool is named only where something is unmistakably of it; a program whose tool nothing tells is not given one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.diagnosis.evidence import ContainerSpec


@dataclass(frozen=True, slots=True)
class Tool:
    """`shows` lists what has not run yet, `runs` runs it: both inside the program's own container."""

    key: str
    name: str
    shows: str
    runs: str
    marks: re.Pattern[str]


# Written in Go, where the program itself migrates at its start, if it is told to (GORM's AutoMigrate).
GO = "go"
# pgx and lib/pq are the drivers of Go, and only a Go program names its own source like this.
_GO = re.compile(r"\(SQLSTATE 42P01\)|\bpq: |\bgorm\b|\b[\w./-]+\.go:\d+")
# What is of one of several frameworks of a language stands before what is of the language's usual library.
TOOLS: tuple[Tool, ...] = (
    Tool(
        "django",
        "Django",
        "python manage.py showmigrations --plan",
        "python manage.py migrate --noinput",
        re.compile(r"\bdjango\.|\bDJANGO_\w+|\bmanage\.py\b"),
    ),
    Tool(
        "flask-migrate",
        "Flask-Migrate",
        "flask db current",
        "flask db upgrade",
        re.compile(r"\bflask_(?:migrate|sqlalchemy)\b|\bFLASK_APP\b|\bflask db "),
    ),
    Tool(
        "alembic",
        "Alembic",
        "alembic current",
        "alembic upgrade head",
        re.compile(r"\bsqlalchemy\.|\bsqlalche\.me\b|\balembic\b|\bALEMBIC_\w+"),
    ),
    Tool(
        "rails",
        "Rails",
        "bundle exec rails db:migrate:status",
        "bundle exec rails db:migrate",
        re.compile(r"\bActiveRecord::|\bPG::UndefinedTable\b|\bRAILS_\w+"),
    ),
    Tool(
        "prisma",
        "Prisma",
        "npx prisma migrate status",
        "npx prisma migrate deploy",
        re.compile(r"\bPrismaClient|\bprisma[:.]|\bPRISMA_\w+|\bprisma migrate\b"),
    ),
    Tool(
        "typeorm",
        "TypeORM",
        "npx typeorm migration:show --dataSource=DATA_SOURCE.js",
        "npx typeorm migration:run --dataSource=DATA_SOURCE.js",
        re.compile(r"\btypeorm\b|\bTYPEORM_\w+|\bQueryFailedError\b"),
    ),
    Tool(
        "sequelize",
        "Sequelize",
        "npx sequelize-cli db:migrate:status",
        "npx sequelize-cli db:migrate",
        re.compile(r"\bSequelize\w*Error\b|\bsequelize\b"),
    ),
    Tool(
        "laravel",
        "Laravel",
        "php artisan migrate:status",
        "php artisan migrate --force",
        re.compile(r"\bIlluminate\\|\bartisan\b|\bLARAVEL_\w+"),
    ),
    Tool(
        "flyway",
        "Flyway",
        "flyway info",
        "flyway migrate",
        re.compile(
            r"\borg\.flywaydb\b|\bFLYWAY_\w+|\bSPRING_FLYWAY_\w+|(?:^|/)flyway(?:[:/@]|$)", re.MULTILINE
        ),
    ),
    Tool(
        "liquibase",
        "Liquibase",
        "liquibase status",
        "liquibase update",
        re.compile(
            r"\bliquibase\.\w|\bLIQUIBASE_\w+|\bSPRING_LIQUIBASE_\w+|(?:^|/)liquibase(?:[:/@]|$)",
            re.MULTILINE,
        ),
    ),
)


def tool_of(lines: Sequence[str], spec: ContainerSpec | None, variables: Sequence[str]) -> Tool | str | None:
    """The tool; GO for a program that migrates by itself; None where nothing tells."""
    given = [*variables]
    if spec is not None:
        given += [spec.image, " ".join((*spec.command, *spec.args))]
    seen = "\n".join((*lines, *given))
    found = next((tool for tool in TOOLS if tool.marks.search(seen)), None)
    return found or (GO if _GO.search("\n".join(lines)) else None)
