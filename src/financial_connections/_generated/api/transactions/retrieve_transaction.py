"""Generated code. Do not edit."""

from collections.abc import Sequence

from financial_connections._generated.models.transaction import Transaction
from financial_connections._request import Request, RequestOptions, Sender


async def retrieve_transaction(
    sender: Sender,
    transaction: str,
    *,
    expand: Sequence[str] | None = None,
    options: RequestOptions | None = None,
) -> Transaction:
    """Retrieve a transaction.

    Args:
        sender: Sends the request.
        transaction: ID of the transaction (`fctxn_…`).
        expand: Paths of the fields to expand, whose IDs are replaced with the objects
            they refer to. By default, no field is expanded.
        options: Overrides the client's settings for this call.

    Returns:
        The transaction.
    """
    request = Request(
        "GET",
        "/v1/financial_connections/transactions/{transaction}",
        ids={"transaction": transaction},
        params={"expand": expand},
        arrays=("expand",),
        expandable=(),
    )
    return await sender.send(request, Transaction, options)
