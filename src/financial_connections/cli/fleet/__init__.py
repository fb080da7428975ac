"""The `fincon fleet` commands."""

from financial_connections.cli.fleet import accounts, queue
from financial_connections.cli.fleet.demo import demonstrate
from financial_connections.cli.fleet.worker import work
from financial_connections.cli.group import Command, command_group, format_examples

__all__ = ["app"]

app = command_group("Sync accounts with many workers, through PostgreSQL.")
app.command(
    "init", cls=Command, epilog=format_examples("DATABASE_URL=… fincon fleet init")
)(queue.init)
app.command(
    "add",
    cls=Command,
    epilog=format_examples(
        "fincon fleet add fca_123 --tenant customer_1", "fincon fleet add --all"
    ),
)(accounts.add)
app.command(
    "work",
    cls=Command,
    epilog=format_examples(
        "fincon fleet work --concurrency 32 --share-limit",
        "fincon fleet work --until-idle",
    ),
)(work)
app.command("feed", cls=Command, epilog=format_examples("fincon fleet feed"))(
    queue.feed
)
app.command(
    "status",
    cls=Command,
    epilog=format_examples("fincon fleet status --json | jq .dead"),
)(accounts.status)
app.command("dead", cls=Command, epilog=format_examples("fincon fleet dead"))(
    accounts.dead
)
app.command(
    "revive",
    cls=Command,
    epilog=format_examples("fincon fleet revive fca_123", "fincon fleet revive --all"),
)(accounts.revive)
app.command(
    "demo",
    cls=Command,
    epilog=format_examples("fincon fleet demo --accounts 100"),
)(demonstrate)
