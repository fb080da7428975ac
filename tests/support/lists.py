"""A model of a paginated list."""

import anyio
from attrs import frozen

from financial_connections.pagination import Pager


@frozen
class Item:
    id: str | None


@frozen
class ItemList:
    data: list | None
    has_more: bool | None
    url: str | None = "/v1/items"
    request_id: str | None = "req_1"

    def to_dict(self):
        return {"count": len(self.data or ())}


class Server:
    """A list, newest first, that is paginated like Stripe's and records requests."""

    def __init__(self, count, default_limit=10):
        self.ids = [f"i{n}" for n in range(count)]
        self.requests = []
        self.default_limit = default_limit

    async def __call__(self, *, limit, starting_after, ending_before, options):
        await anyio.lowlevel.checkpoint()
        self.requests.append((limit, starting_after or ending_before))
        limit = limit or self.default_limit
        if ending_before:
            end = self.ids.index(ending_before)
            start = max(0, end - limit)
            return ItemList([Item(i) for i in self.ids[start:end]], start > 0)
        start = self.ids.index(starting_after) + 1 if starting_after else 0
        return ItemList(
            [Item(i) for i in self.ids[start : start + limit]],
            start + limit < len(self.ids),
        )


def pager_of(*pages):
    """Return a pager that receives `pages`, regardless of its requests."""
    remaining = list(pages)

    async def fetch(**_):
        return remaining.pop(0)

    return Pager(fetch)


async def ids(items):
    return [item.id async for item in items]
