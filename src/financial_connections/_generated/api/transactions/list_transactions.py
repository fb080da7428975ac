"""Generated code. Do not edit."""

from collections.abc import Sequence
from datetime import datetime

from financial_connections._generated.models.timestamp_range import TimestampRange
from financial_connections._generated.models.transaction_list import TransactionList
from financial_connections._generated.models.transaction_refresh_filter import (
    TransactionRefreshFilter,
)
from financial_connections._request import Request, RequestOptions, Sender


async def list_transactions(
    sender: Sender,
    *,
    account: str,
    ending_before: str | None = None,
    expand: Sequence[str] | None = None,
    limit: int | None = None,
    starting_after: str | None = None,
    transacted_at: TimestampRange | int | datetime | None = None,
    transaction_refresh: TransactionRefreshFilter | None = None,
    options: RequestOptions | None = None,
) -> TransactionList:
    """List the transactions of an account, newest first.

    Args:
        sender: Sends the request.
        account: ID of the account (`fca_…`) whose transactions to list.
        ending_before: ID of an item. The page contains the items just before it in the
            list, which are newer. Cannot be combined with `starting_after`.
        expand: Paths of the fields to expand, whose IDs are replaced with the objects
            they refer to. By default, no field is expanded.
        limit: Maximum number of items on a page, from 1 to 100. Defaults to 10, or to
            100 when iterating over a list.
        starting_after: ID of an item. The page contains the items just after it in the
            list, which are older. Cannot be combined with `ending_before`. By default,
            the page starts with the newest item.
        transacted_at: Return only transactions made at this time, or within this range
            of times, such as `{"gte": …, "lt": …}`, in seconds since the epoch. By
            default, transactions from any time are returned. A `datetime` must have a
            time zone.
        transaction_refresh: Return only transactions that were added or changed after
            this refresh. By default, all transactions are returned.
        options: Overrides the client's settings for this call.

    Returns:
        A page of transactions.
    """
    request = Request(
        "GET",
        "/v1/financial_connections/transactions",
        params={
            "account": account,
            "ending_before": ending_before,
            "expand": expand,
            "limit": limit,
            "starting_after": starting_after,
            "transacted_at": transacted_at,
            "transaction_refresh": transaction_refresh,
        },
        arrays=("expand",),
        required=("account", "transaction_refresh[after]"),
        expandable=(),
    )
    return await sender.send(request, TransactionList, options)
