"""Run `fincon` as `python -m financial_connections.cli`."""

import sys

from financial_connections.cli import main

if __name__ == "__main__":
    sys.exit(main())
