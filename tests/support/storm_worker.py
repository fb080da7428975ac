"""A process that reads all transactions of accounts at once, as one of several.

Its arguments are the URL of a sandbox, an API key, an event loop and IDs of accounts.
It prints the number of transactions by account, and the errors of those that failed.
"""

import json
import sys

import anyio

from financial_connections import AsyncClient
from tests.support.storm import read_all


async def main(url, key, accounts):
    async with AsyncClient(key, base_url=url) as client:
        counts, errors = await read_all(client, accounts)
    sys.stdout.write(json.dumps([counts, [repr(error) for error in errors]]))


if __name__ == "__main__":
    url, key, backend, *accounts = sys.argv[1:]
    anyio.run(main, url, key, accounts, backend=backend)
