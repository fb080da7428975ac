"""The database of a fleet: its option, connections and errors."""
# ruff: noqa: PLC0415 - lazy imports keep help and completion fast

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated

import typer

from financial_connections.cli.failure import DatabaseError, UsageError

if TYPE_CHECKING:
    from financial_connections.fleet import PostgresStore

DatabaseURL = Annotated[
    str | None,
    typer.Option(
        "--database-url",
        metavar="URL",
        help="Connection URL of the database; overrides DATABASE_URL, which unlike an"
        " argument is not visible to other users of the machine.",
    ),
]

_CONNECT_SECONDS = 10
_UNREACHABLE = (
    "the database cannot be reached, or rejected the user; check DATABASE_URL or"
    " --database-url, and the server"
)
_NO_TABLES = "the tables of the fleet are missing or out of date; run fincon fleet init"


def database_url(value: str | None) -> str:
    """Return the connection URL of the database.

    Args:
        value: Value of `--database-url`.

    Raises:
        UsageError: The URL is missing or invalid, or an extra is missing.
    """
    if any(find_spec(name) is None for name in ("procrastinate", "psycopg_pool")):
        raise UsageError(
            "fincon fleet requires:"
            " pip install 'path/to/financial-connections[cli,fleet]'"
        )
    from psycopg import Error
    from psycopg.conninfo import conninfo_to_dict

    url = value or os.environ.get("DATABASE_URL")
    if not url:
        raise UsageError("no database; set DATABASE_URL or use --database-url")
    try:
        conninfo_to_dict(url)
    except Error:
        # Its message quotes the URL, with the password.
        raise UsageError(
            "DATABASE_URL or --database-url is not a connection URL of PostgreSQL"
        ) from None
    return url


@asynccontextmanager
async def open_store(url: str) -> AsyncGenerator["PostgresStore"]:
    """Open the store, and turn errors of the database into errors of the command.

    Args:
        url: Connection URL.

    Raises:
        DatabaseError: The database cannot be reached.
        UsageError: The tables do not exist.
    """
    import psycopg

    from financial_connections import ConfigurationError
    from financial_connections.fleet import PostgresStore

    try:
        # A pool would wait for a long time.
        connection = await psycopg.AsyncConnection.connect(
            url, connect_timeout=_CONNECT_SECONDS
        )
        await connection.close()
        async with PostgresStore(url) as store:
            yield store
    except psycopg.OperationalError:
        raise DatabaseError(_UNREACHABLE) from None
    except psycopg.errors.UndefinedTable:
        raise UsageError(_NO_TABLES) from None
    except ConfigurationError as error:
        if "`PostgresStore.migrate`" in str(error):
            raise UsageError(_NO_TABLES) from None
        raise


async def require_queue(url: str) -> None:
    """Check that the tables of Procrastinate exist.

    Args:
        url: Connection URL.

    Raises:
        UsageError: The tables do not exist.
    """
    from financial_connections.fleet import procrastinate

    app = procrastinate.create_app(url)
    async with app.open_async():
        if not await app.check_connection_async():
            raise UsageError(_NO_TABLES)
