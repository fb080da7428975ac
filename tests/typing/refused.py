"""What a user's type checker must refuse: an `ignore` that is not needed is an error.
Not run.
"""

import financial_connections
from financial_connections import AsyncClient, Page, RequestOptions
from financial_connections.models import Account


async def misspelt(client: AsyncClient) -> None:
    await client.accounts.refresh("fca_1", features=["balances"])  # type: ignore[list-item] # pyright: ignore
    await client.accounts.refresh("fca_1", features="balance")  # type: ignore[arg-type] # pyright: ignore
    await client.accounts.refresh("fca_1")  # type: ignore[call-overload] # pyright: ignore
    await client.accounts.retrieve("fca_1", expand=["owner"])  # type: ignore[list-item] # pyright: ignore
    await client.transactions.retrieve("fctxn_1", expand=["account"])  # type: ignore[list-item] # pyright: ignore
    client.accounts.list(account_holder={"costumer": "cus_1"})  # type: ignore[call-overload] # pyright: ignore
    client.accounts.list("cus_1")  # type: ignore[call-overload] # pyright: ignore
    client.transactions.list()  # type: ignore[call-arg] # pyright: ignore
    await client.accounts.list().collect()  # type: ignore[call-arg] # pyright: ignore
    client.with_options(timout=5)  # type: ignore[call-arg] # pyright: ignore
    AsyncClient(timout=5)  # type: ignore[call-arg] # pyright: ignore
    RequestOptions(stripe_version=2024)  # type: ignore[arg-type] # pyright: ignore


def absent() -> None:
    financial_connections.AsyncClinet  # type: ignore[attr-defined] # pyright: ignore # noqa: B018


def nullable(account: Account, page: Page[Account]) -> None:
    account.balance.current  # type: ignore[union-attr] # pyright: ignore # noqa: B018
    account.ownership.owners  # type: ignore[union-attr] # pyright: ignore # noqa: B018
    page.data[0].last4.upper()  # type: ignore[union-attr] # pyright: ignore
    assert_cents(account.last4)  # type: ignore[arg-type] # pyright: ignore


def assert_cents(_: int) -> None: ...


def constructed() -> None:
    Account("fca_1")  # type: ignore[call-arg] # pyright: ignore
    Account(id=5)  # type: ignore[arg-type] # pyright: ignore
    Account(id=None)  # type: ignore[arg-type] # pyright: ignore
    Account(identifier="fca_1")  # type: ignore[call-arg] # pyright: ignore


def frozen(account: Account) -> None:
    account.balance = None  # type: ignore[misc] # pyright: ignore
    _ = account.staus  # type: ignore[attr-defined] # pyright: ignore
