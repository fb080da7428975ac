"""Handlers of all operations."""

from collections.abc import Callable
from typing import Any

from attrs import frozen

from financial_connections.sandbox.api import accounts, merchants, numbers, render
from financial_connections.sandbox.api.errors import APIError, missing_object
from financial_connections.sandbox.api.event_log import (
    RETENTION,
    event_filter,
    render_event,
)
from financial_connections.sandbox.api.holders import (
    KINDS,
    reject_conflict,
    require_holder,
)
from financial_connections.sandbox.api.pagination import Collection, PageRequest, T
from financial_connections.sandbox.api.records import Account, Holder, Merchant
from financial_connections.sandbox.api.refreshes import (
    count_poll,
    request_refresh,
    require_permission,
)
from financial_connections.sandbox.api.render import JSON
from financial_connections.sandbox.api.render_session import session_json
from financial_connections.sandbox.api.sessions import check_session, create_session
from financial_connections.sandbox.api.state import State
from financial_connections.sandbox.api.transactions import transaction_filter

_ACCOUNT = "financial connections account"


@frozen
class ValidatedRequest:
    """A request that matches the contract, with its path IDs and parameters."""

    state: State
    merchant: Merchant
    ids: dict[str, str]
    params: dict[str, Any]

    def account(self) -> Account:
        """Return the account identified by the path."""
        account = self.merchant.accounts.get(self.ids["account"])
        if account is None:
            raise missing_object(_ACCOUNT, self.ids["account"], param="account")
        return account


def _list_accounts(request: ValidatedRequest) -> JSON:
    holder, session = (
        request.params.get("account_holder", {}),
        request.params.get("session"),
    )
    reject_conflict(holder, *KINDS, within="account_holder")
    holders = [Holder(kind, holder_id) for kind, holder_id in holder.items()]
    for item in holders:
        reject_conflict(
            {f"account_holder[{item.kind}]": item.id, **request.params},
            f"account_holder[{item.kind}]",
            "session",
        )
        require_holder(request.state, request.merchant, item)
    if session is not None and session not in request.merchant.sessions:
        raise _unknown_reference(request, "financial connections session", "session")

    def keep(account: Account) -> bool:
        return (not holders or account.holder in holders) and (
            session is None or account.id in request.merchant.sessions[session].accounts
        )

    page = request.merchant.accounts.page(
        _page_request(request, request.merchant.accounts, _ACCOUNT), keep
    )
    return render.list_object(page, render.account, render.ACCOUNTS_URL)


def _retrieve_account(request: ValidatedRequest) -> JSON:
    account = request.account()
    count_poll(request.state, request.merchant, account)
    numbers.count_poll(request.state, request.merchant, account)
    return render.account(account)


def _disconnect(request: ValidatedRequest) -> JSON:
    account = request.account()
    accounts.disconnect(request.state, request.merchant, account)
    return render.account(account)


def _refresh(request: ValidatedRequest) -> JSON:
    account = request.account()
    request_refresh(
        request.state, request.merchant, account, request.params["features"]
    )
    return render.account(account)


def _subscribe(request: ValidatedRequest) -> JSON:
    account = request.account()
    accounts.subscribe(request.state, request.merchant, account)
    return render.account(account)


def _unsubscribe(request: ValidatedRequest) -> JSON:
    account = request.account()
    accounts.unsubscribe(account)
    return render.account(account)


def _list_owners(request: ValidatedRequest) -> JSON:
    account = request.account()
    accounts.require_data(request.state, account)
    ownership = request.merchant.ownerships.get(request.params["ownership"])
    if ownership is None or ownership.account != account.id:
        raise _unknown_reference(
            request, "financial connections account ownership", "ownership"
        )
    page_request = _page_request(
        request, ownership.owners, "financial connections account owner"
    )
    url = f"{render.ACCOUNTS_URL}/{account.id}/owners"
    return render.list_object(ownership.owners.page(page_request), render.owner, url)


def _create_session(request: ValidatedRequest) -> JSON:
    return session_json(create_session(request.state, request.merchant, request.params))


def _retrieve_session(request: ValidatedRequest) -> JSON:
    session = request.merchant.sessions.get(request.ids["session"])
    if session is None:
        raise missing_object(
            "financial connections session", request.ids["session"], param="session"
        )
    return session_json(session)


def _list_transactions(request: ValidatedRequest) -> JSON:
    account = request.merchant.accounts.get(request.params["account"])
    if account is None:
        raise _unknown_reference(request, _ACCOUNT, "account")
    accounts.require_data(request.state, account)
    require_permission(request.state, account, "transactions")
    page_request = _page_request(
        request, account.transactions, "financial connections transaction"
    )
    page = account.transactions.page(
        page_request, transaction_filter(request.state, account, request.params)
    )
    return render.list_object(page, render.transaction, render.TRANSACTIONS_URL)


def _retrieve_transaction(request: ValidatedRequest) -> JSON:
    transaction = request.merchant.transactions.get(request.ids["transaction"])
    if transaction is None:
        noun = "financial connections transaction"
        raise missing_object(noun, request.ids["transaction"], param="transaction")
    account = request.merchant.accounts.get(transaction.account)
    if account is not None:
        accounts.require_data(request.state, account)
    return render.transaction(transaction)


def _list_events(request: ValidatedRequest) -> JSON:
    events, since = request.merchant.events, request.state.now - RETENTION
    for name in ("starting_after", "ending_before"):
        cursor = events.get(request.params.get(name, ""))
        if cursor is not None and cursor.created < since:
            raise _unknown_reference(request, "event", name)
    page_request = _page_request(request, events, "event")
    page = events.page(page_request, event_filter(request.params, since=since))
    return render.list_object(page, render_event, "/v1/events")


def _retrieve_event(request: ValidatedRequest) -> JSON:
    event = request.merchant.events.get(request.ids["id"])
    if event is None or event.created < request.state.now - RETENTION:
        raise missing_object("event", request.ids["id"], param="id")
    return render_event(event)


def _page_request(
    request: ValidatedRequest, items: Collection[T], noun: str
) -> PageRequest:
    params = request.params
    if "starting_after" in params and "ending_before" in params:
        raise APIError(
            message="Received both starting_after and ending_before parameters."
            " Please pass in only one.",
            param="starting_after",
        )
    for name in ("starting_after", "ending_before"):
        if name in params and params[name] not in items:
            raise _unknown_reference(request, noun, name)
    return PageRequest(
        limit=params.get("limit", PageRequest().limit),
        starting_after=params.get("starting_after"),
        ending_before=params.get("ending_before"),
    )


def _unknown_reference(request: ValidatedRequest, noun: str, param: str) -> APIError:
    status = request.state.rules.unknown_reference_status
    return missing_object(noun, request.params[param], param=param, status=status)


def _create_customer(request: ValidatedRequest) -> JSON:
    email, name = request.params.get("email"), request.params.get("name")
    customer = merchants.add_customer(
        request.state, request.merchant, email=email, name=name
    )
    return render.customer(request.merchant.customers[customer])


HANDLERS: dict[str, Callable[[ValidatedRequest], JSON]] = {
    "list_accounts": _list_accounts,
    "list_events": _list_events,
    "retrieve_event": _retrieve_event,
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
    "create_customer": _create_customer,
}
"""Handlers by operationId."""

CHECKS: dict[str, Callable[[dict[str, Any]], None]] = {"create_session": check_session}
"""Parameter checks that go beyond the schema, by operationId."""
