"""The sandbox as its users hold it in their hands."""

from functools import cached_property
from typing import Self

from starlette.types import ASGIApp

from financial_connections.sandbox.clock import Clock
from financial_connections.sandbox.delivery import Posting
from financial_connections.sandbox.http.app import application
from financial_connections.sandbox.http.server import Server, serve
from financial_connections.sandbox.institution import Institution
from financial_connections.sandbox.linking import Linking
from financial_connections.sandbox.rules import Rules


class Sandbox(Linking, Institution, Posting):
    """A Financial Connections API of your own: stateful, in memory, the same for the
    same seed.

    Talk to it over HTTP (`async with serve(sandbox) as server`, or `async with
    sandbox`), or in process by `httpx.ASGITransport(sandbox.app)`; `api_key` is the key
    it takes. Its methods play the parts that a client cannot: the customer who links an
    account, the institution that has new data, the time that passes. They take and
    return ids, and may be called from any thread.

    `clock` is frozen by default: `advance` it. `rules` settles what Stripe leaves open.
    """

    def __init__(
        self,
        seed: int = 0,
        *,
        clock: Clock | None = None,
        rules: Rules | None = None,
        api_key: str = "sk_test_sandbox",
    ) -> None:
        super().__init__(seed, clock=clock, rules=rules, api_key=api_key)
        self._server: Server | None = None

    def __repr__(self) -> str:
        return f"Sandbox(api_key={self.api_key!r}, accounts={len(self.accounts)})"

    @classmethod
    def demo(cls, seed: int = 0, *, clock: Clock | None = None) -> Self:
        """Return a sandbox with something of everything.

        One customer with six accounts: checking with 1,250 transactions and two owners,
        savings, a credit card, an investment, one that is inactive and one that is
        disconnected. A refresh brings a new balance, two new transactions, and posts a
        pending one.
        """
        sandbox = cls(seed, clock=clock)
        furnish(sandbox)
        return sandbox

    @cached_property
    def app(self) -> ASGIApp:
        """The ASGI application: the API, and the control endpoints below /_sandbox."""
        return application(self)

    async def __aenter__(self) -> Self:
        self._server = serve(self)
        self._server.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.stop()
        self._server = None

    @property
    def url(self) -> str:
        """Where the sandbox listens while it is entered by `async with`."""
        if self._server is None:
            raise RuntimeError(
                "the sandbox listens inside `async with` only; see also serve()"
            )
        return self._server.url


def furnish(sandbox: Sandbox) -> str:
    """Give a sandbox the customer and the accounts of the demo; return the customer."""
    customer = sandbox.add_customer(email="ada@example.com", name="Ada Example")
    disconnected = sandbox.add_account(
        customer=customer, institution_name="Sandcastle Savings"
    )
    sandbox.disconnect(disconnected)
    inactive = sandbox.add_account(
        customer=customer,
        subcategory="savings",
        institution_name="Nowhere Provincial Bank",
        balance=5_000,
    )
    sandbox.deactivate(inactive)
    sandbox.add_account(
        customer=customer, category="investment", balance=4_200_000, owners=1
    )
    sandbox.add_account(
        customer=customer, category="credit", balance=-68_125, transactions=240
    )
    sandbox.add_account(
        customer=customer, subcategory="savings", balance=1_250_000, transactions=36
    )
    checking = sandbox.add_account(
        customer=customer, balance=312_345, owners=2, transactions=1_249
    )
    [pending] = sandbox.add_transactions(checking, status="pending")
    sandbox.set_balance(checking, 308_995)
    sandbox.add_transactions(checking, 2, at_next_refresh=True)
    sandbox.post(pending, at_next_refresh=True)
    return customer
