"""What a page of the sandbox costs at the start, in the middle and at the end: `python
-m benchmarks.sandbox_pages`.
"""

import base64
import statistics
import time

import anyio
import httpx

from financial_connections.sandbox import Sandbox
from financial_connections.sandbox.http.app import application

COUNT = 100_000
ROUNDS = 50


async def page_ms(client: httpx.AsyncClient, account: str, after: str | None) -> float:
    """Return the median milliseconds of a page of 100, through the ASGI application,
    without a socket.
    """
    params = {"account": account, "limit": "100"} | (
        {"starting_after": after} if after else {}
    )
    figures = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        answer = await client.get(
            "/v1/financial_connections/transactions", params=params
        )
        figures.append(1000 * (time.perf_counter() - started))
        assert answer.status_code == 200  # noqa: PLR2004
        assert len(answer.json()["data"]) == 100  # noqa: PLR2004
    return statistics.median(figures)


async def main() -> None:
    """Print a line a place."""
    sandbox = Sandbox(seed=1)
    account = sandbox.add_account()
    oldest_first = sandbox.add_transactions(account, COUNT)
    places = {
        "first": None,
        "middle": oldest_first[COUNT // 2],
        "last": oldest_first[100],
    }
    key = base64.b64encode(f"{sandbox.api_key}:".encode()).decode()
    transport = httpx.ASGITransport(application(sandbox))
    headers = {"Authorization": f"Basic {key}"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1", headers=headers
    ) as client:
        first = await page_ms(client, account, None)
        for name, after in places.items():
            figure = await page_ms(client, account, after)
            print(
                f"{name:6} page of {COUNT:,}: {figure:.2f} ms, {figure / first:.2f} of the first"
            )


if __name__ == "__main__":
    anyio.run(main)
