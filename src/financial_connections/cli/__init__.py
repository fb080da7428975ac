"""The `fincon` command: Financial Connections from the shell.

Requires the `financial-connections[cli]` extra. The command only uses the public API
of this package.
"""

import sys
from collections.abc import Sequence
from importlib.util import find_spec

__all__ = ["main"]


def main(args: Sequence[str] | None = None) -> int:
    """Run `fincon`.

    Args:
        args: Arguments, excluding the program name. Defaults to `sys.argv[1:]`.

    Returns:
        The exit status.
    """
    if any(find_spec(name) is None for name in ("jmespath", "rich", "typer")):
        sys.stderr.write(
            "fincon requires: pip install 'path/to/financial-connections[cli]'\n"
        )
        return 2
    try:
        # Imported here because it requires the packages checked above.
        from financial_connections.cli.command import run  # noqa: PLC0415

        return run(sys.argv[1:] if args is None else args)
    except KeyboardInterrupt:  # during the imports, before `run` can handle it
        sys.stderr.write("fincon: interrupted\n")
        return 130
