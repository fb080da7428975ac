"""The main class of the sandbox."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from itertools import compress
from typing import Any, Literal, Self

import anyio
import httpx

from financial_connections.sandbox.api import (
    accounts,
    completion,
    linking,
    manualentry,
    merchants,
    transactions,
)
from financial_connections.sandbox.api.contract import load_contract
from financial_connections.sandbox.api.credentials import Key, require_test_key
from financial_connections.sandbox.api.events import EventPayload
from financial_connections.sandbox.api.ids import Ids
from financial_connections.sandbox.api.linking import NewAccount
from financial_connections.sandbox.api.pipeline import API
from financial_connections.sandbox.api.records import Merchant
from financial_connections.sandbox.api.state import State
from financial_connections.sandbox.api.terms import (
    FEATURES,
    PERMISSIONS,
    Category,
    Permission,
    Subcategory,
)
from financial_connections.sandbox.api.versions import response_at
from financial_connections.sandbox.clock import Clock
from financial_connections.sandbox.delivery import WebhookDelivery
from financial_connections.sandbox.demo import add_demo_data
from financial_connections.sandbox.faults import Fault
from financial_connections.sandbox.institution import Institution
from financial_connections.sandbox.quirks import Quirk
from financial_connections.sandbox.rules import Feature, RateLimits, Rules
from financial_connections.sandbox.traffic import Traffic
from financial_connections.sandbox.webhooks import Delivery, Webhook


class Sandbox:
    """An in-memory Financial Connections API for tests, demos and examples.

    Serve it with `async with serve(sandbox) as server`. The methods of a sandbox do
    what an API client cannot: they play the customer who links an account or the
    institution that has new data, and they let time pass. They take and return IDs, and
    you can call them from any thread.

    Args:
        seed: Seed for all IDs and data. The same seed produces the same data.
        clock: The sandbox's clock. Frozen by default: use `advance` to move it.
        rules: Settings for behaviour that Stripe does not specify.
        api_key: The platform's API key.
        webhook_hosts: Names of hosts, without a port, that may receive webhooks in
            addition to this machine.

    Attributes:
        webhook_hosts: Names of hosts, in lower case, that may receive webhooks in
            addition to this machine. You can add further hosts.

    Raises:
        ValueError: `api_key` is not a test key.
    """

    def __init__(
        self,
        seed: int = 0,
        *,
        clock: Clock | None = None,
        rules: Rules | None = None,
        api_key: str = "sk_test_sandbox",
        webhook_hosts: Collection[str] = (),
    ) -> None:
        require_test_key(api_key)
        self.api_key = api_key
        self.clock = clock or Clock()
        contract, ids = load_contract(), Ids(seed)
        platform = Merchant(ids.new("acct"), int(self.clock.now()))
        self._state = State(
            self.clock, ids, rules or Rules(), contract.version, platform
        )
        self._state.run_due()
        self.api = API(self._state, contract)
        self.api.keys[api_key] = Key(api_key, platform)
        self.webhook_hosts = {host.lower() for host in webhook_hosts}
        self.delivery = WebhookDelivery(self._state, self.webhook_hosts)
        self.institution = Institution(self._state)

    def __repr__(self) -> str:
        return f"Sandbox(api_key={self.api_key!r}, accounts={len(self.accounts)})"

    @classmethod
    def demo(cls, seed: int = 0, *, clock: Clock | None = None) -> Self:
        """Return a sandbox with a customer who has six accounts.

        The accounts are a checking account with 1,250 transactions and two owners, a
        savings account, a credit card, an investment account, an inactive account and a
        disconnected one. Refreshing the checking account fetches a new balance and two
        new transactions, and posts a pending transaction.

        Args:
            seed: Seed for all IDs and data.
            clock: The sandbox's clock; frozen by default.
        """
        sandbox = cls(seed, clock=clock)
        add_demo_data(sandbox)
        return sandbox

    @property
    def customers(self) -> list[str]:
        """IDs of the platform's customers, oldest first."""
        return list(self._state.platform.customers)

    @property
    def accounts(self) -> list[str]:
        """IDs of the platform's linked accounts, oldest first."""
        return [account.id for account in self._state.platform.accounts]

    @property
    def events(self) -> list[dict[str, Any]]:
        """All snapshot events so far, oldest first, in the form that is sent."""
        with self._state.up_to_date() as state:
            return [response_at(state.version, event) for event in state.events]

    @property
    def notifications(self) -> list[dict[str, Any]]:
        """All thin events so far, oldest first, in the form that is sent."""
        with self._state.up_to_date() as state:
            return list(state.notifications)

    @property
    def rate_limits(self) -> RateLimits:
        """The limits on the number of requests, which you can change at any time.

        Previous requests count towards the new limits.
        """
        return self.api.limiter.limits

    @rate_limits.setter
    def rate_limits(self, limits: RateLimits) -> None:
        with self._state.lock:
            self.api.limiter.change(limits, self.clock.elapsed())

    @property
    def traffic(self) -> Traffic:
        """The numbers of requests so far, and the most in any second."""
        with self._state.lock:
            return self.api.meter.traffic()

    def reset_traffic(self) -> None:
        """Start counting requests again."""
        with self._state.lock:
            self.api.meter.reset()

    def add_customer(
        self,
        customer: str | None = None,
        *,
        email: str | None = None,
        name: str | None = None,
        stripe_account: str | None = None,
    ) -> str:
        """Add a customer and return its ID.

        Args:
            customer: ID for the customer (`cus_…`); generated by default.
            email: Email address of the customer.
            name: Name of the customer.
            stripe_account: Connected account to add the customer to; the platform by
                default.

        Raises:
            LookupError: The connected account does not exist.
            ValueError: The ID does not start with `cus_`, or is already in use.
        """
        with self._state.up_to_date() as state:
            merchant = state.find_merchant(stripe_account)
            return merchants.add_customer(
                state, merchant, customer, email=email, name=name
            )

    def add_connected_account(self) -> str:
        """Add a Stripe account connected to the platform, and return its ID.

        You can pass the ID as `stripe_account` or use it as an account holder.
        """
        with self._state.up_to_date() as state:
            return merchants.add_connected_account(state)

    def add_customer_account(self, *, stripe_account: str | None = None) -> str:
        """Add a customer that is represented by an account, and return its ID.

        You can use the ID as the `customer_account` of an account holder.

        Args:
            stripe_account: Connected account to add the customer to; the platform by
                default.

        Raises:
            LookupError: The connected account does not exist.
        """
        with self._state.up_to_date() as state:
            merchant = state.find_merchant(stripe_account)
            return merchants.add_customer_account(state, merchant)

    def add_key(
        self, *, read_only: bool = False, stripe_account: str | None = None
    ) -> str:
        """Add an API key and return it.

        Args:
            read_only: Whether to add a restricted key that can only read.
            stripe_account: Connected account that the key belongs to; the platform by
                default.

        Raises:
            LookupError: The connected account does not exist.
        """
        with self._state.lock:
            merchant = self._state.find_merchant(stripe_account)
            secret = self._state.ids.new("rk_test" if read_only else "sk_test")
            self.api.keys[secret] = Key(secret, merchant, may_write=not read_only)
            return secret

    def add_account(
        self,
        *,
        customer: str | None = None,
        category: Category = "cash",
        subcategory: Subcategory | None = None,
        institution_name: str = "Example Bank",
        display_name: str | None = None,
        last4: str | None = None,
        currency: str = "usd",
        permissions: Sequence[Permission] = PERMISSIONS,
        balance: int | None = None,
        owners: int = 0,
        transactions: int = 0,
        history_days: int = 180,
        tokenized: bool = False,
        refreshed: Sequence[Feature] | None = None,
        stripe_account: str | None = None,
    ) -> str:
        """Link an account without a session, and return its ID.

        Args:
            customer: Customer or connected account that holds the account; a new
                customer by default.
            category: Broad type of the account.
            subcategory: Specific type of the account; the most common one by default.
            institution_name: Name of the institution.
            display_name: Name of the account; based on its type by default.
            last4: Last four digits of the account number; random by default.
            currency: Three-letter currency code in lower case.
            permissions: Permissions that the account holder grants.
            balance: Balance at the institution, in cents; random by default.
            owners: Number of owners at the institution; 0 is treated as 1.
            transactions: Number of transactions at the institution. If there are
                enough of them, a checking account has a rent once and a salary twice a
                month.
            history_days: Number of days, at most 3,650, over which the transactions are
                spread evenly.
            tokenized: Whether the institution issues a tokenized account number, which
                can expire.
            refreshed: Features to refresh immediately. By default, these are the
                features for which you pass `balance`, `owners` or `transactions`.
            stripe_account: Connected account that links the account; the platform by
                default.

        Raises:
            LookupError: The customer or the connected account does not exist.
            ValueError: The category, subcategory or permissions do not exist, or
                `history_days` is out of range.
        """
        new = NewAccount(
            category=category,
            subcategory=subcategory,
            institution_name=institution_name,
            display_name=display_name,
            last4=last4,
            currency=currency,
            permissions=permissions,
            balance=balance,
            owners=owners or 1,
            transactions=transactions,
            history_days=history_days,
            tokenized=tokenized,
        )
        passed = (balance is not None, owners > 0, transactions > 0)
        features = compress(FEATURES, passed) if refreshed is None else refreshed
        with self._state.up_to_date() as state:
            merchant = state.find_merchant(stripe_account)
            holder = customer or merchants.add_customer(state, merchant)
            return linking.add_account(state, merchant, holder, new, features)

    def complete(
        self, session: str, accounts: Sequence[NewAccount | str] | None = None
    ) -> list[str]:
        """Complete a session as a consenting customer, and return the account IDs.

        Args:
            session: ID or client secret of the session.
            accounts: Accounts to link, or IDs of accounts to link again. They get the
                session's permissions. By default, one new account that the session's
                filters allow.

        Raises:
            LookupError: The session does not exist, or its account holder does not have
                the account to link again.
            ValueError: The session is not open, its filters or limits do not allow the
                accounts, or an account to link again is disconnected.
        """
        with self._state.up_to_date() as state:
            merchant, record = state.find_session(session)
            linked = completion.complete(state, merchant, record, accounts)
            return [account.id for account in linked]

    def cancel(self, session: str) -> None:
        """Cancel a session as a customer who does not consent.

        Args:
            session: ID or client secret of the session.

        Raises:
            LookupError: The session does not exist.
            ValueError: The session is not open.
        """
        with self._state.lock:
            completion.cancel(self._state.find_session(session)[1])

    def enter_bank_account(
        self,
        session: str,
        *,
        routing_number: str = "110000000",
        account_number: str = "000123456789",
    ) -> str:
        """Complete a session by entering a bank account manually.

        The session then has a `bank_account_token`, but no accounts.

        Args:
            session: ID or client secret of the session.
            routing_number: Routing number, nine digits.
            account_number: Account number, 4 to 17 digits.

        Returns:
            The ID of the token.

        Raises:
            LookupError: The session does not exist.
            ValueError: The session is not open or does not allow manual entry, or a
                number has the wrong format.
        """
        with self._state.up_to_date() as state:
            return manualentry.enter_bank_account(
                state, state.find_session(session)[1], routing_number, account_number
            )

    def add_transactions(
        self,
        account: str,
        count: int = 1,
        *,
        status: Literal["pending", "posted"] = "posted",
        transacted_at: int | None = None,
        at_next_refresh: bool = False,
    ) -> list[str]:
        """Add transactions at the institution, and return their IDs.

        Args:
            account: ID of the account.
            count: Number of transactions.
            status: Status of the transactions.
            transacted_at: Time of the transactions, in seconds since the epoch; the
                sandbox's current time by default.
            at_next_refresh: Whether the change waits for the next successful refresh.
                By default, the account is refreshed immediately.

        Raises:
            LookupError: The account does not exist.
            ValueError: The account is not active, so it cannot be refreshed now.
        """
        with self._state.up_to_date() as state:
            return transactions.add_transactions(
                state,
                account,
                count,
                status=status,
                transacted_at=transacted_at,
                at_next_refresh=at_next_refresh,
            )

    def post(self, transaction: str, *, at_next_refresh: bool = False) -> None:
        """Post a pending transaction at the institution.

        Args:
            transaction: ID of the transaction.
            at_next_refresh: Whether the change waits for the next successful refresh.
                By default, the account is refreshed immediately.

        Raises:
            LookupError: The transaction does not exist.
            ValueError: The transaction is not pending, or its account is not active.
        """
        with self._state.up_to_date() as state:
            transactions.settle_transaction(
                state, transaction, "posted", at_next_refresh=at_next_refresh
            )

    def void(self, transaction: str, *, at_next_refresh: bool = False) -> None:
        """Void a pending transaction at the institution.

        Args:
            transaction: ID of the transaction.
            at_next_refresh: Whether the change waits for the next successful refresh.
                By default, the account is refreshed immediately.

        Raises:
            LookupError: The transaction does not exist.
            ValueError: The transaction is not pending, or its account is not active.
        """
        with self._state.up_to_date() as state:
            transactions.settle_transaction(
                state, transaction, "void", at_next_refresh=at_next_refresh
            )

    def set_balance(self, account: str, cents: int) -> None:
        """Set the balance at the institution, to be fetched by the next refresh.

        Args:
            account: ID of the account.
            cents: Balance in cents; negative if the account holder owes money.

        Raises:
            LookupError: The account does not exist.
        """
        with self._state.lock:
            self._state.find_account(account)[1].institution.balance = cents

    def fail_refreshes(self, account: str, *features: Feature) -> None:
        """Make all further refreshes of an account fail.

        Args:
            account: ID of the account.
            *features: Features whose refreshes fail; all of them by default.

        Raises:
            LookupError: The account does not exist.
        """
        with self._state.lock:
            institution = self._state.find_account(account)[1].institution
            institution.failing = set(features or FEATURES)

    def restore_refreshes(self, account: str) -> None:
        """Make refreshes of an account succeed again.

        Args:
            account: ID of the account.

        Raises:
            LookupError: The account does not exist.
        """
        with self._state.lock:
            self._state.find_account(account)[1].institution.failing = set()

    def deactivate(self, account: str, *, after: float = 0) -> None:
        """Deactivate an account on behalf of its institution.

        Args:
            account: ID of the account.
            after: Delay in seconds of sandbox time; 0 deactivates it immediately.

        Raises:
            LookupError: The account does not exist.
            ValueError: The account is disconnected.
        """
        with self._state.up_to_date() as state:
            accounts.schedule_change_of_status(state, account, "inactive", after)

    def reactivate(self, account: str, *, after: float = 0) -> None:
        """Reactivate an account on behalf of its institution.

        Args:
            account: ID of the account.
            after: Delay in seconds of sandbox time; 0 reactivates it immediately.

        Raises:
            LookupError: The account does not exist.
            ValueError: The account is disconnected.
        """
        with self._state.up_to_date() as state:
            accounts.schedule_change_of_status(state, account, "active", after)

    def disconnect(self, account: str) -> None:
        """Disconnect an account permanently.

        Args:
            account: ID of the account.

        Raises:
            LookupError: The account does not exist.
        """
        with self._state.up_to_date() as state:
            accounts.disconnect(state, *state.find_account(account))

    def advance(self, seconds: float) -> None:
        """Move the clock forward and run everything that becomes due.

        Args:
            seconds: Number of seconds to add.

        Raises:
            ValueError: `seconds` is negative.
        """
        with self._state.lock:
            self.clock.advance(seconds)
            self._state.run_due()

    def inject(self, *faults: Fault) -> None:
        """Inject faults into the next requests.

        Args:
            *faults: Faults to inject, in this order.
        """
        with self._state.lock:
            for fault in faults:
                self.api.faults.add(fault)

    def set_quirks(self, *quirks: Quirk) -> None:
        """Make responses violate the contract in ways that have been observed.

        * `account_is_linked_account`: the `object` of an account is `linked_account`.
        * `account_pending`: an account with a pending refresh has the status `pending`.
        * `next_refresh_absent`: refreshes lack `next_refresh_available_at`.
        * `owners_null`: `owners` is null in an ownership.
        * `session_url_empty`: `url` is empty in the account list of a session.
        * `session_without_accounts`: sessions lack `accounts`.
        * `session_without_permissions`: sessions lack `permissions`.
        * `undefined_currency`: balances have the currency `undefined`.

        Args:
            *quirks: Quirks to apply to all further responses. They replace any earlier
                ones, so calling this without arguments removes all quirks.
        """
        with self._state.lock:
            self.api.quirks = set(quirks)

    def add_webhook(
        self,
        url: str,
        *,
        secret: str | None = None,
        api_version: str | None = None,
        event_payload: EventPayload = "snapshot",
        out_of_order: bool = False,
        duplicated: bool = False,
    ) -> Webhook:
        """Send all further events to a URL.

        A running server sends events automatically. Without a server, call
        `deliver_webhooks`.

        Args:
            url: URL of the endpoint. It must use http and a loopback address, or http
                or https and a host in `webhook_hosts`.
            secret: Secret used to sign events; generated by default.
            api_version: API version of the events; the contract's version by default.
            event_payload: `snapshot` for events with the account in them, or `thin` for
                events with only a reference to it. To receive both, add two endpoints.
            out_of_order: Whether to send events in random order.
            duplicated: Whether to send every event twice.

        Returns:
            The endpoint, including its `secret`.

        Raises:
            ValueError: The URL is invalid, or its host may not receive webhooks.
        """
        return self.delivery.add(
            url,
            secret=secret,
            api_version=api_version,
            event_payload=event_payload,
            out_of_order=out_of_order,
            duplicated=duplicated,
        )

    @property
    def webhooks(self) -> list[Webhook]:
        """All webhook endpoints, oldest first."""
        return self.delivery.webhooks

    def remove_webhooks(self) -> None:
        """Stop sending events to any endpoint."""
        self.delivery.remove_all()

    async def deliver_webhooks(
        self,
        client: httpx.AsyncClient | None = None,
        *,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> list[Delivery]:
        """Send every pending event, making up to five attempts for each.

        Args:
            client: HTTP client to send events with; a new one by default.
            sleep: Async function that is called with the number of seconds to wait
                between attempts.

        Returns:
            All attempts, each with the status of its response.
        """
        return await self.delivery.deliver(client, sleep)
