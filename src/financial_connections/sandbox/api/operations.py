"""The eleven operations: parameters that passed the contract → an answer, or a refusal."""

from collections.abc import Callable
from typing import Any

from attrs import frozen

from financial_connections.sandbox.api import accounts, render
from financial_connections.sandbox.api.errors import Refusal, missing_object
from financial_connections.sandbox.api.holders import require_holder, require_one
from financial_connections.sandbox.api.pagination import Log, T, Window
from financial_connections.sandbox.api.records import Account, Merchant
from financial_connections.sandbox.api.refreshes import (
    count_poll,
    request_refresh,
    require_permission,
)
from financial_connections.sandbox.api.render import JSON
from financial_connections.sandbox.api.sessions import check_session, create_session
from financial_connections.sandbox.api.state import State
from financial_connections.sandbox.api.transactions import selection

_ACCOUNT = "financial connections account"


@frozen
class Request:
    """A request that may run: `ids` from the path, `params` checked against the
    contract.
    """

    state: State
    merchant: Merchant
    ids: dict[str, str]
    params: dict[str, Any]

    def account(self) -> Account:
        """Return the account in the path."""
        account = self.merchant.accounts.get(self.ids["account"])
        if account is None:
            raise missing_object(_ACCOUNT, self.ids["account"], param="account")
        return account


def _list_accounts(request: Request) -> JSON:
    holder, session = (
        request.params.get("account_holder", {}),
        request.params.get("session"),
    )
    require_one(holder, "customer", "account", within="account_holder")
    for kind, holder_id in holder.items():
        require_one(
            {f"account_holder[{kind}]": holder_id, **request.params},
            f"account_holder[{kind}]",
            "session",
        )
        require_holder(request.state, request.merchant, kind, holder_id)
    if session is not None and session not in request.merchant.sessions:
        raise _unknown_reference(request, "financial connections session", "session")
    wanted = set(holder.values())

    def keep(account: Account) -> bool:
        return (not wanted or account.holder in wanted) and (
            session is None or account.session == session
        )

    page = request.merchant.accounts.page(
        _window(request, request.merchant.accounts, _ACCOUNT), keep
    )
    return render.listing(page, render.account, render.ACCOUNTS_URL)


def _retrieve_account(request: Request) -> JSON:
    account = request.account()
    count_poll(request.state, request.merchant, account)
    return render.account(account)


def _disconnect(request: Request) -> JSON:
    account = request.account()
    accounts.disconnect(request.state, request.merchant, account)
    return render.account(account)


def _refresh(request: Request) -> JSON:
    account = request.account()
    request_refresh(
        request.state, request.merchant, account, request.params["features"]
    )
    return render.account(account)


def _subscribe(request: Request) -> JSON:
    account = request.account()
    accounts.subscribe(request.state, request.merchant, account)
    return render.account(account)


def _unsubscribe(request: Request) -> JSON:
    account = request.account()
    accounts.unsubscribe(account)
    return render.account(account)


def _list_owners(request: Request) -> JSON:
    account = request.account()
    accounts.require_data(request.state, account)
    ownership = request.merchant.ownerships.get(request.params["ownership"])
    if ownership is None or ownership.account != account.id:
        raise _unknown_reference(
            request, "financial connections account ownership", "ownership"
        )
    window = _window(request, ownership.owners, "financial connections account owner")
    url = f"{render.ACCOUNTS_URL}/{account.id}/owners"
    return render.listing(ownership.owners.page(window), render.owner, url)


def _create_session(request: Request) -> JSON:
    return render.session(
        create_session(request.state, request.merchant, request.params)
    )


def _retrieve_session(request: Request) -> JSON:
    session = request.merchant.sessions.get(request.ids["session"])
    if session is None:
        raise missing_object(
            "financial connections session", request.ids["session"], param="session"
        )
    return render.session(session)


def _list_transactions(request: Request) -> JSON:
    account = request.merchant.accounts.get(request.params["account"])
    if account is None:
        raise _unknown_reference(request, _ACCOUNT, "account")
    accounts.require_data(request.state, account)
    require_permission(request.state, account, "transactions")
    window = _window(request, account.transactions, "financial connections transaction")
    page = account.transactions.page(
        window, selection(request.state, account, request.params)
    )
    return render.listing(page, render.transaction, render.TRANSACTIONS_URL)


def _retrieve_transaction(request: Request) -> JSON:
    transaction = request.merchant.transactions.get(request.ids["transaction"])
    if transaction is None:
        noun = "financial connections transaction"
        raise missing_object(noun, request.ids["transaction"], param="transaction")
    account = request.merchant.accounts.get(transaction.account)
    if account is not None:
        accounts.require_data(request.state, account)
    return render.transaction(transaction)


def _window(request: Request, log: Log[T], noun: str) -> Window:
    params = request.params
    if "starting_after" in params and "ending_before" in params:
        raise Refusal(
            message="Received both starting_after and ending_before parameters. Please pass in only one.",
            param="starting_after",
        )
    for name in ("starting_after", "ending_before"):
        if name in params and params[name] not in log:
            raise _unknown_reference(request, noun, name)
    return Window(
        limit=params.get("limit", Window().limit),
        starting_after=params.get("starting_after"),
        ending_before=params.get("ending_before"),
    )


def _unknown_reference(request: Request, noun: str, param: str) -> Refusal:
    status = request.state.rules.unknown_reference_status
    return missing_object(noun, request.params[param], param=param, status=status)


HANDLERS: dict[str, Callable[[Request], JSON]] = {
    "list_accounts": _list_accounts,
    "retrieve_account": _retrieve_account,
    "disconnect_account": _disconnect,
    "refresh_account": _refresh,
    "subscribe_account": _subscribe,
    "unsubscribe_account": _unsubscribe,
    "list_account_owners": _list_owners,
    "create_session": _create_session,
    "retrieve_session": _retrieve_session,
    "list_transactions": _list_transactions,
    "retrieve_transaction": _retrieve_transaction,
}
"""What each operation of the contract does, by operationId."""

CHECKS: dict[str, Callable[[dict[str, Any]], None]] = {"create_session": check_session}
"""What parameters must satisfy beyond their schema, before anything runs."""
