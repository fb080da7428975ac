"""Convert objects into values of SQL statements. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from financial_connections._decoding import to_strict, write_json
from financial_connections.errors import InvalidArgumentError
from financial_connections.models import Account, RefreshStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from financial_connections.models import Transaction

_MAX_BIGINT = 2**63 - 1


def values_of_want(
    account: str | Account, stripe_account: str | None, tenant: str | None
) -> dict[str, str | bool | None]:
    """Return the values of a request to sync an account.

    Args:
        account: The account or its ID.
        stripe_account: Connected account that it belongs to.
        tenant: Tenant that it belongs to; None for the present one, and for
            the connected account if it is new.

    Raises:
        InvalidArgumentError: The account is neither an ID nor an `Account` with one.
    """
    account_id: object = account
    refresh = None
    if isinstance(account, Account):
        account_id, refresh = account.id, account.transaction_refresh
    if not isinstance(account_id, str) or not account_id or "\0" in account_id:
        raise InvalidArgumentError("account must be the ID of an account or an Account")
    has_succeeded = refresh is not None and refresh.status == RefreshStatus.SUCCEEDED
    return {
        "account": account_id,
        "stripe_account": stripe_account,
        "tenant": (stripe_account or "") if tenant is None else tenant,
        "has_tenant": tenant is not None,
        "refresh": refresh.id if refresh is not None and has_succeeded else None,
    }


def columns_of(transactions: Sequence[Transaction]) -> dict[str, list[Any]]:
    """Return the values of each column of `fc_transaction`.

    `data` contains everything that the server sent. A value that does not fit into
    another column is NULL there.

    Args:
        transactions: The transactions of a batch.
    """
    unique = {transaction.id: transaction for transaction in transactions}.values()
    return {
        "ids": [transaction.id for transaction in unique],
        "amounts": [_integer(transaction.amount) for transaction in unique],
        "currencies": [_text(transaction.currency) for transaction in unique],
        "statuses": [_text(transaction.status) for transaction in unique],
        "transacted_at": [_integer(item.transacted_at) for item in unique],
        "data": [_json(transaction) for transaction in unique],
    }


def _integer(value: int | None) -> int | None:
    return value if value is not None and abs(value) <= _MAX_BIGINT else None


def _text(value: str | None) -> str | None:
    # PostgreSQL's text cannot contain NUL characters; its json can, as escapes.
    return None if value is None or "\0" in value else str(value)


def _json(transaction: Transaction) -> str:
    value = transaction.to_dict()
    text = write_json(value).decode()
    # Python's parser accepts NaN and infinities, which are not JSON.
    if "NaN" in text or "Infinity" in text:
        text = write_json(to_strict(value)).decode()
    return text
