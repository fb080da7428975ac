"""The transactions of one account, and requests for them that delay no others."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from financial_connections._generated.api.transactions import list_transactions
from financial_connections._request import RequestOptions
from financial_connections.errors import APIResponseError
from financial_connections.pagination import Pager
from financial_connections.pagination.page import require_cursor
from financial_connections.pagination.pager import LARGEST_PAGE
from financial_connections.sync.pieces import Piece

if TYPE_CHECKING:
    from financial_connections._decoding import ModelT
    from financial_connections._request import Request, Sender
    from financial_connections.events import ClientEvent
    from financial_connections.models import Transaction
    from financial_connections.pagination import Page
    from financial_connections.params import TimestampRange


class NoRoomError(Exception):
    """A request would delay others."""


@frozen
class _SenderWithRoom:
    """A sender that only sends what delays no other requests."""

    sender: Sender

    async def send(
        self,
        request: Request,
        result_type: type[ModelT],
        options: RequestOptions | None,
    ) -> ModelT:
        if not self.has_room(request, options):
            raise NoRoomError
        return await self.sender.send(request, result_type, options)

    def has_room(self, request: Request, options: RequestOptions | None) -> bool:
        return self.sender.has_room(request, options)

    def emit(self, event: ClientEvent) -> None:
        self.sender.emit(event)


@frozen
class TransactionSource:
    """The transactions of one account.

    Args:
        sender: Sends the requests.
        account: ID of the account.
        limit: Number of transactions on a page; None means 100.
        options: Overrides the client's settings for each request.
    """

    sender: Sender
    account: str
    limit: int | None
    options: RequestOptions | None

    @property
    def size(self) -> int:
        """Number of transactions on a page."""
        return LARGEST_PAGE if self.limit is None else self.limit

    def pager(
        self,
        starting_after: str | None,
        *,
        refresh: str | None = None,
        transacted_at: TimestampRange | None = None,
        limit: int | None = None,
    ) -> Pager[Transaction]:
        """Return a pager, which requests a page when it is awaited.

        Args:
            starting_after: ID of the transaction after which the page begins.
            refresh: Only transactions that were touched after this refresh.
            transacted_at: Only transactions made at these times.
            limit: Number of transactions, if it is not that of a page.
        """
        fetch = partial(
            list_transactions,
            self.sender,
            account=self.account,
            transacted_at=transacted_at,
            transaction_refresh=None if refresh is None else {"after": refresh},
        )
        return Pager(
            fetch,
            limit=limit or self.size,
            starting_after=starting_after,
            options=self.options,
        )

    def with_room(self) -> TransactionSource:
        """Return the same source, for requests that may fail and must not delay any."""
        options = evolve(self.options or RequestOptions(), max_retries=0)
        return evolve(self, sender=_SenderWithRoom(self.sender), options=options)


def piece_from(page: Page[Transaction]) -> Piece[Transaction]:
    """Return the transactions of a page.

    Raises:
        APIResponseError: A sync would skip something on the page.
        PaginationError: There are more pages, but no cursor to continue from.
    """
    require_cursor(page)
    is_truncated = "data" in getattr(page._list, "misfits", ())
    ids = [transaction.id for transaction in page.data]
    if is_truncated or not all(isinstance(key, str) and key for key in ids):
        raise APIResponseError(
            "a page of transactions contains an item that is not an object or has no "
            "ID; the cursor does not advance past it",
            request_id=page.request_id,
        )
    return Piece(ids, page.data, page.has_more)
