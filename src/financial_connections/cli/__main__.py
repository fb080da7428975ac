"""`python -m financial_connections.cli`: the command `fincon`."""

import sys

from financial_connections.cli import main

if __name__ == "__main__":
    sys.exit(main())
