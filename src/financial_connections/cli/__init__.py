"""The command `fincon`: Financial Connections from a shell.

Needs the extra `financial-connections[cli]`. It is made of public names only.
"""

import sys
from collections.abc import Sequence
from importlib.util import find_spec

__all__ = ["main"]


def main(args: Sequence[str] | None = None) -> int:
    """Run the command with these arguments, or the program's; return its exit status."""
    if any(find_spec(name) is None for name in ("babel", "rich", "typer")):
        sys.stderr.write("fincon needs: pip install 'financial-connections[cli]'\n")
        return 2
    try:
        from financial_connections.cli.command import run  # noqa: PLC0415 - its imports are the extra

        return run(sys.argv[1:] if args is None else args)
    except KeyboardInterrupt:  # before anything is ready to handle it
        sys.stderr.write("fincon: interrupted\n")
        return 130
