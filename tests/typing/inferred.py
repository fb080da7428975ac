"""What a user's type checker must infer. Not run: mypy and pyright read it."""

from collections import Counter
from collections.abc import Sequence
from typing import assert_never, assert_type

from financial_connections import (
    AsyncClient,
    Page,
    Pager,
    RawResponse,
    ResponseInfo,
    expanded,
    id_of,
)
from financial_connections.models import (
    Account,
    AccountOwner,
    AccountOwnership,
    AccountStatus,
    AccountWithOwnership,
    Balance,
    CashBalance,
    Customer,
    PaymentMethodType,
    Permission,
    RefreshStatus,
    Session,
    Transaction,
)
from financial_connections.params import AccountExpand
from financial_connections.sync import Batch
from financial_connections.webhooks import AccountEvent, UnknownEvent


async def calls(client: AsyncClient) -> None:
    assert_type(client.accounts.list(), Pager[Account])
    assert_type(await client.accounts.list(), Page[Account])
    assert_type(await client.accounts.retrieve("fca_1"), Account)
    assert_type(await client.accounts.refresh("fca_1", features=["balance"]), Account)
    assert_type(
        client.accounts.list_owners("fca_1", ownership="fcaowns_1"), Pager[AccountOwner]
    )
    assert_type(await client.sessions.retrieve("fcsess_1"), Session)
    assert_type(client.transactions.list(account="fca_1"), Pager[Transaction])
    assert_type(await client.transactions.retrieve("fctxn_1"), Transaction)
    assert_type(await client.send_raw("GET", "/v1/balance"), RawResponse)


async def pages(client: AsyncClient) -> None:
    pager = client.transactions.list(account="fca_1")
    async for transaction in pager:
        assert_type(transaction, Transaction)
    async for page in pager.pages():
        assert_type(page, Page[Transaction])
        assert_type(page[0], Transaction)
        assert_type(page[:2], list[Transaction])
        for item in page:
            assert_type(item, Transaction)
        assert_type(page.data, list[Transaction])
        assert_type(await page.next(), Page[Transaction] | None)
    assert_type(await pager.collect(max_items=10), list[Transaction])
    assert_type(pager.take(3), Pager[Transaction])
    async with pager.prefetch() as items:
        async for item in items:
            assert_type(item, Transaction)


async def many_accounts(client: AsyncClient, saved: dict[str, str | None]) -> None:
    accounts = client.accounts.list()
    pairs: list[tuple[str | None, Account]] = []

    async def load_cursor(account: str) -> str | None:
        return saved[account]

    async with client.transactions.sync_many(
        accounts, load_cursor=load_cursor
    ) as changes:
        async for batch in changes:
            assert_type(batch, Batch)
            assert_type(batch.stripe_account, str | None)
        assert_type(changes.progress.accounts, int)
    client.transactions.sync_many(saved)
    client.transactions.sync_many(["fca_1"], load_cursor=saved.get)
    client.transactions.sync_many(pairs, oldest_first=True)
    async with client.accounts.refresh_many(
        accounts, features=["balance"]
    ) as refreshes:
        async for account in refreshes:
            assert_type(account, Account)
        assert_type(refreshes.skipped, dict[str, int | None])
        assert_type(refreshes.progress.skipped, int)
    async with client.accounts.refresh_many(
        pairs, features=["ownership"], expand=["ownership"]
    ) as expanded_refreshes:
        async for expanded_account in expanded_refreshes:
            assert_type(expanded_account, AccountWithOwnership)
            assert_type(expanded_account.ownership, AccountOwnership | None)
    async with client.transactions.list_many(accounts) as transactions:
        async for transaction in transactions:
            assert_type(transaction, Transaction)


async def responses(client: AsyncClient) -> None:
    page = await client.accounts.list()
    assert_type(page.response, ResponseInfo | None)
    assert_type(page.data[0].response, ResponseInfo | None)
    raw = await client.with_options(stripe_version=None).send_raw("GET", "/v1/balance")
    assert_type(raw.headers["Request-Id"], str)
    assert_type(raw.seconds, float)


async def guaranteed_values(client: AsyncClient, page: Page[Transaction]) -> None:
    account = await client.accounts.retrieve("fca_1")
    assert_type(account.id, str)
    assert_type(account.status, AccountStatus)
    assert_type(account.supported_payment_method_types, list[PaymentMethodType])
    transactions = client.transactions.list(account=account.id)
    cents = sum([transaction.amount async for transaction in transactions])
    assert_type(cents, int)
    totals: Counter[str] = Counter()
    for transaction in page.data:
        totals[transaction.currency] += transaction.amount
        assert_type(transaction.status_transitions.posted_at, int | None)
    session = await client.sessions.retrieve("fcsess_1")
    assert_type(session.accounts.data, list[Account])
    assert_type([item.id for item in session.accounts.data], list[str])


async def values_that_can_be_null(client: AsyncClient) -> None:
    account = await client.accounts.retrieve("fca_1", expand=["ownership"])
    assert_type(account.last4, str | None)
    assert_type(account.permissions, list[Permission] | None)
    assert_type(account.balance, Balance | None)
    if account.balance:
        assert_type(account.balance.current, dict[str, int])
        assert_type(account.balance.cash, CashBalance | None)
    if account.ownership:
        assert_type(account.ownership.owners.data, list[AccountOwner])
        assert_type(account.ownership.owners.has_more, bool)
    if account.balance_refresh:
        assert_type(account.balance_refresh.status, RefreshStatus)
        assert_type(account.balance_refresh.next_refresh_available_at, int | None)


def constructors() -> None:
    assert_type(Account(), Account)
    assert_type(Transaction(id="fctxn_1", amount=-1250), Transaction)
    assert_type(Account(balance=Balance(current={"usd": 1}), last4=None), Account)


def helpers(
    ownership: str | AccountOwnership, customer: str | Customer | None, nothing: None
) -> None:
    assert_type(id_of(ownership), str)
    assert_type(id_of("fcaowns_1"), str)
    assert_type(id_of(customer), str | None)
    assert_type(id_of(AccountOwnership()), str)
    assert_type(expanded(ownership), AccountOwnership)
    assert_type(expanded(customer), Customer | None)
    # mypy warns about calls that return None.
    expanded(nothing)
    id_of(nothing)


def events(event: AccountEvent | UnknownEvent) -> None:
    assert_type(event.id, str)
    assert_type(event.type, str)
    assert_type(event.api_version, str | None)
    if isinstance(event, AccountEvent):
        assert_type(event.data.object, Account)
        assert_type(event.data.object.id, str)


async def expansion(client: AsyncClient) -> None:
    account = await client.accounts.retrieve("fca_1")
    assert_type(account.ownership, str | AccountOwnership | None)
    assert_type(expanded(account.ownership), AccountOwnership | None)
    assert_type(id_of(account.ownership), str | None)
    wide = await client.accounts.retrieve("fca_1", expand=["ownership"])
    assert_type(wide, AccountWithOwnership)
    assert_type(wide.ownership, AccountOwnership | None)
    async for item in client.accounts.list(expand=["ownership"]):
        assert_type(item.ownership, AccountOwnership | None)
    fresh = await client.accounts.refresh_and_wait(
        "fca_1", features=["ownership"], expand=["ownership"]
    )
    assert_type(fresh, AccountWithOwnership)
    both = await client.accounts.retrieve(
        "fca_1", expand=["ownership", "account_holder.customer"]
    )
    assert_type(both, AccountWithOwnership)
    await every_combination_of_paths(client)


async def every_combination_of_paths(client: AsyncClient) -> None:
    accounts = client.accounts
    # Without `ownership`, nothing is narrowed.
    assert_type(await accounts.retrieve("fca_1", expand=None), Account)
    assert_type(await accounts.retrieve("fca_1", expand=[]), Account)
    assert_type(
        await accounts.retrieve("fca_1", expand=["account_holder.customer"]), Account
    )
    assert_type(
        await accounts.retrieve(
            "fca_1", expand=["account_holder.account", "account_holder.customer"]
        ),
        Account,
    )
    # With `ownership`, at any position of a list or a tuple, it is.
    retrieved = await accounts.retrieve(
        "fca_1", expand=["account_holder.account", "ownership"]
    )
    assert_type(retrieved.ownership, AccountOwnership | None)
    retrieved = await accounts.retrieve(
        "fca_1",
        expand=["ownership", "account_holder.account", "account_holder.customer"],
    )
    assert_type(retrieved.ownership, AccountOwnership | None)
    retrieved = await accounts.retrieve(
        "fca_1", expand=("account_holder.account", "ownership")
    )
    assert_type(retrieved.ownership, AccountOwnership | None)
    listed = accounts.list(expand=["ownership", "account_holder.customer"])
    assert_type(listed, Pager[AccountWithOwnership])
    refreshed = await accounts.refresh(
        "fca_1", features=["ownership"], expand=["ownership", "account_holder.customer"]
    )
    assert_type(refreshed.ownership, AccountOwnership | None)
    waited = await accounts.refresh_and_wait(
        "fca_1", features=["ownership"], expand=["account_holder.customer", "ownership"]
    )
    assert_type(waited.ownership, AccountOwnership | None)
    waited = await accounts.wait_for_refresh(
        "fca_1", features=["ownership"], expand=["ownership", "account_holder.account"]
    )
    assert_type(waited.ownership, AccountOwnership | None)
    assert_type(
        await accounts.wait_for_refresh("fca_1", features=["ownership"]), Account
    )


async def paths_that_are_not_known(
    client: AsyncClient, paths: Sequence[AccountExpand]
) -> None:
    account = await client.accounts.retrieve("fca_1", expand=paths)
    assert_type(account, Account)
    assert_type(client.accounts.list(expand=paths), Pager[Account])


def matching(status: AccountStatus) -> str:
    match status:
        case AccountStatus.ACTIVE:
            return "open"
        case AccountStatus.INACTIVE | AccountStatus.PENDING:
            return "waiting"
        case AccountStatus.DISCONNECTED:
            return "gone"
        case _:
            assert_never(status)
